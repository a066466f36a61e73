
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_advice.h"


/* a token with its address in a reply, about */
#define NGX_PICKYASSIST_TOKEN_SIZE  80


#define ngx_pickyassist_warn(cf, pass, fmt, ...)                              \
    ngx_log_error(NGX_LOG_WARN, (cf)->log, 0, fmt " in %s:%ui", __VA_ARGS__,  \
                  (pass)->file, (pass)->line)


static void ngx_pickyassist_advise_size(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_advise_networks(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_advise_url(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_advise_block(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_advise_ports(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass);
static void ngx_pickyassist_advise_port(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass, ngx_str_t *server, in_port_t port);


void
ngx_pickyassist_advise(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pickyassist_ssl_conf_t  *ssl;

    ssl = &plcf->ssl;

    if (plcf->endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {
        ngx_pickyassist_advise_size(cf, plcf);
        ngx_pickyassist_advise_networks(cf, plcf);
    }

    ngx_pickyassist_advise_url(cf, plcf);

    if (plcf->pass->ssl && ssl->certificate_key.len && !ssl->certificate.len) {
        ngx_pickyassist_warn(cf, plcf->pass,
                             "\"pickyassist_ssl_certificate_key\" has no "
                             "effect without \"%s\"",
                             "pickyassist_ssl_certificate");
    }
}


static void
ngx_pickyassist_advise_size(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    size_t  size;

    if (plcf->max_ips <= plcf->max_response_size / NGX_PICKYASSIST_TOKEN_SIZE) {
        return;
    }

    size = plcf->max_ips / 1024 * NGX_PICKYASSIST_TOKEN_SIZE
           + (plcf->max_ips % 1024 * NGX_PICKYASSIST_TOKEN_SIZE + 1023) / 1024;

    ngx_pickyassist_warn(cf, plcf->pass,
                         "the tokens for \"pickyassist_max_ips\" addresses may "
                         "not fit into \"pickyassist_max_response_size\", and "
                         "would be lost; %ui addresses need about %uzk,",
                         plcf->max_ips, size);
}


/* a request needs an address that both directives let pass */

static void
ngx_pickyassist_advise_networks(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_str_t    text;
    pa_cidr_t   *cidr;
    ngx_uint_t   i;
    u_char       buf[PA_IP_TEXT_LEN];

    if (plcf->ip_allow == NULL) {
        return;
    }

    cidr = plcf->ip_allow->elts;

    for (i = 0; i < plcf->ip_allow->nelts; i++) {

        if (!pa_cidr_is_refused(plcf->ip_policy, &cidr[i])) {
            continue;
        }

        text.data = buf;
        text.len = pa_ip_format(&cidr[i].ip, buf) - buf;

        ngx_pickyassist_warn(cf, plcf->pass,
                             "\"pickyassist_ip_policy\" (here \"%s\") refuses "
                             "all addresses of \"%V/%d\", which "
                             "\"pickyassist_ip_allow\" allows,",
                             plcf->ip_policy == PA_IP_POLICY_PUBLIC
                             ? "public" : "unicast", &text, cidr[i].prefix);
    }
}


static void
ngx_pickyassist_advise_url(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pickyassist_pass_t  *pass;

    pass = plcf->pass;

    /* as "proxy_pass" is often written; no path means the vendor's */

    if (pass->path.data[0] == '/'
        && (pass->path.len == 1 || pass->path.data[1] == '?'))
    {
        ngx_pickyassist_warn(cf, pass,
                             "\"pickyassist_pass\": the path \"%V\" is not an "
                             "endpoint of the vendor; without a path, the URL "
                             "leads to the one that \"%s\" names,",
                             &pass->path, "pickyassist_endpoint");
    }

    if (pass->upstream && (pass->upstream->flags & NGX_HTTP_UPSTREAM_CREATE)) {
        ngx_pickyassist_advise_block(cf, plcf);
        ngx_pickyassist_advise_ports(cf, pass);

    } else if (pass->url.family != AF_UNIX) {
        ngx_pickyassist_advise_port(cf, pass, &pass->url.url, pass->url.port);
    }
}


/* the name of a block is that of the vendor for TLS and in "Host" */

static void
ngx_pickyassist_advise_block(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_str_t               *host;
    ngx_pickyassist_pass_t  *pass;

    pass = plcf->pass;
    host = &pass->host;

    if (!pass->ssl
        || ngx_strlchr(host->data, host->data + host->len, '.') != NULL)
    {
        return;
    }

    if (plcf->upstream.ssl_verify && plcf->ssl.name.len == 0) {
        ngx_pickyassist_warn(cf, pass,
                             "the vendor's certificate would have to be for "
                             "\"%V\", the name of an \"upstream\" block; name "
                             "the block after the vendor's host, or set "
                             "\"pickyassist_ssl_name\" and \"%s\"",
                             host, "pickyassist_set_header Host");
        return;
    }

    if (ngx_pickyassist_find_header(plcf->headers, "Host") == NULL) {
        ngx_pickyassist_warn(cf, pass,
                             "the vendor would get \"Host: %V\", the name of "
                             "an \"upstream\" block; name the block after the "
                             "vendor's host, or set \"%s\"",
                             host, "pickyassist_set_header Host");
    }
}


/* "server" takes port 80 where none is said, whatever the URL's scheme is */

static void
ngx_pickyassist_advise_ports(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass)
{
    ngx_uint_t                   i;
    ngx_http_upstream_server_t  *server;

    server = pass->upstream->servers->elts;

    for (i = 0; i < pass->upstream->servers->nelts; i++) {

        if (ngx_pickyassist_has_port(&server[i])) {
            ngx_pickyassist_advise_port(cf, pass, &server[i].name,
                                  ngx_inet_get_port(server[i].addrs->sockaddr));
        }
    }
}


static void
ngx_pickyassist_advise_port(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass,
    ngx_str_t *server, in_port_t port)
{
    if (pass->ssl && port == 80) {
        ngx_pickyassist_warn(cf, pass,
                             "\"https://\" leads to port 80 of \"%V\", where "
                             "TLS is unlikely; its port is usually %d,",
                             server, 443);

    } else if (!pass->ssl && port == 443) {
        ngx_pickyassist_warn(cf, pass,
                             "\"http://\" leads to port 443 of \"%V\", where "
                             "TLS is likely; use \"%s\"",
                             server, "https://");
    }
}
