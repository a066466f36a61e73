
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_pass.h"


static ngx_int_t ngx_pickyassist_parse_url(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_pickyassist_pass_t *pass);
static ngx_uint_t ngx_pickyassist_has_user(ngx_str_t *url);
static ngx_int_t ngx_pickyassist_invalid_url(ngx_conf_t *cf, ngx_str_t *arg,
    char *reason, char *hint);
static ngx_int_t ngx_pickyassist_check_url(ngx_conf_t *cf, ngx_url_t *url);
static void ngx_pickyassist_set_host(ngx_pickyassist_pass_t *pass);
static ngx_int_t ngx_pickyassist_set_path(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass, ngx_uint_t endpoint);
static ngx_int_t ngx_pickyassist_set_name(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass);
static ngx_int_t ngx_pickyassist_find_upstream(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass);
static ngx_uint_t ngx_pickyassist_has_resolver(ngx_conf_t *cf);
static ngx_int_t ngx_pickyassist_add_upstream(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass);
static ngx_int_t ngx_pickyassist_check_plaintext(ngx_conf_t *cf,
    ngx_pickyassist_pass_t *pass);
static ngx_uint_t ngx_pickyassist_is_local(struct sockaddr *sa);


/* the bases of the vendor's two platforms, before the path of an endpoint */

static ngx_str_t  ngx_pickyassist_base = ngx_string("/app/api/v2/");

static ngx_str_t  ngx_pickyassist_v4_base = ngx_string("/api/v2/");
static ngx_str_t  ngx_pickyassist_v4_host = ngx_string("app.pickyassist.com");


char *
ngx_pickyassist_set_pass(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_str_t               *value;
    ngx_pickyassist_pass_t  *pass;

    if (plcf->pass) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_script_variables_count(&value[1])) {
        return "takes no variables: a request must not choose where the token "
               "is sent";
    }

    pass = ngx_pcalloc(cf->pool, sizeof(ngx_pickyassist_pass_t));
    if (pass == NULL) {
        return NGX_CONF_ERROR;
    }

    pass->file = cf->conf_file->file.name.data;
    pass->line = cf->conf_file->line;

    if (ngx_pickyassist_parse_url(cf, &value[1], pass) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    plcf->pass = pass;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_pickyassist_parse_url(ngx_conf_t *cf, ngx_str_t *arg,
    ngx_pickyassist_pass_t *pass)
{
    size_t      scheme;
    ngx_url_t  *url;

    url = &pass->url;

    if (ngx_strncasecmp(arg->data, (u_char *) "https://", 8) == 0) {
        scheme = 8;
        url->default_port = 443;
        pass->ssl = 1;

    } else if (ngx_strncasecmp(arg->data, (u_char *) "http://", 7) == 0) {
        scheme = 7;
        url->default_port = 80;

    } else {
        return ngx_pickyassist_invalid_url(cf, arg, "invalid URL prefix",
                                    ", it must be \"https://\" or \"http://\"");
    }

    url->url.len = arg->len - scheme;
    url->url.data = arg->data + scheme;
    url->uri_part = 1;
    url->no_resolve = 1;

    /* before what is parsed as if there were none, and told with a reason */

    if (ngx_pickyassist_has_user(&url->url)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pickyassist_pass\": the URL must not have "
                           "user information");
        return NGX_ERROR;
    }

    if (ngx_parse_url(cf->pool, url) != NGX_OK) {
        return ngx_pickyassist_invalid_url(cf, arg,
                                       url->err ? url->err : "invalid URL", "");
    }

    if (ngx_pickyassist_check_url(cf, url) != NGX_OK) {
        return NGX_ERROR;
    }

    pass->path = url->uri;

    ngx_pickyassist_set_host(pass);

    return NGX_OK;
}


/* RFC 3986 section 3.2: up to the path is the authority */

static ngx_uint_t
ngx_pickyassist_has_user(ngx_str_t *url)
{
    size_t  i;

    for (i = 0; i < url->len; i++) {

        switch (url->data[i]) {
        case '@':
            return 1;
        case '/':
        case '?':
        case '#':
            return 0;
        }
    }

    return 0;
}


/* a URL that may have a password in it, wherever, is not shown */

static ngx_int_t
ngx_pickyassist_invalid_url(ngx_conf_t *cf, ngx_str_t *arg, char *reason,
    char *hint)
{
    if (ngx_strlchr(arg->data, arg->data + arg->len, '@') == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pickyassist_pass\": %s in \"%V\"%s",
                           reason, arg, hint);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pickyassist_pass\": %s in the URL%s",
                           reason, hint);
    }

    return NGX_ERROR;
}


/* host and path go into the head of a request as they are */

static ngx_int_t
ngx_pickyassist_check_url(ngx_conf_t *cf, ngx_url_t *url)
{
    size_t  i;

    for (i = 0; i < url->url.len; i++) {

        if (url->url.data[i] <= 0x20 || url->url.data[i] >= 0x7f
            || url->url.data[i] == '#')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"pickyassist_pass\": invalid character in "
                               "the URL");
            return NGX_ERROR;
        }
    }

    if (url->uri.len && url->uri.data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"pickyassist_pass\": the path of the URL must "
                           "begin with \"/\"");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* see ngx_http_proxy_set_vars() */

static void
ngx_pickyassist_set_host(ngx_pickyassist_pass_t *pass)
{
    ngx_url_t  *url;

    url = &pass->url;

    if (url->family == AF_UNIX) {
        ngx_str_set(&pass->host, "localhost");
        pass->host_header = pass->host;
        return;
    }

    pass->host = url->host;
    pass->host_header = url->host;

    if (!url->no_port && url->port != url->default_port) {
        pass->host_header.len += 1 + url->port_text.len;
    }
}


ngx_int_t
ngx_pickyassist_init_pass(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pickyassist_pass_t  *pass;

    pass = plcf->pass;

    if (!pass->initialized) {

        if (ngx_pickyassist_set_path(cf, pass, plcf->endpoint) != NGX_OK
            || ngx_pickyassist_set_name(cf, pass) != NGX_OK
            || ngx_pickyassist_find_upstream(cf, pass) != NGX_OK)
        {
            return NGX_ERROR;
        }

        pass->initialized = 1;
    }

    if (!pass->ssl
        && !plcf->allow_plaintext
        && ngx_pickyassist_check_plaintext(cf, pass) != NGX_OK)
    {
        return NGX_ERROR;
    }

    plcf->upstream.upstream = pass->upstream;

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_set_path(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass,
    ngx_uint_t endpoint)
{
    u_char          *p;
    ngx_str_t       *base, host;
    const pa_str_t  *path;

    if (pass->path.len) {
        return NGX_OK;
    }

    path = &pa_endpoints[endpoint].path;

    if (path->len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"pickyassist_pass\": the URL must have a path, as "
                      "endpoint \"%*s\" has none of its own, in %s:%ui",
                      pa_endpoints[endpoint].name.len,
                      pa_endpoints[endpoint].name.data, pass->file,
                      pass->line);
        return NGX_ERROR;
    }

    host = pass->host;

    if (host.data[host.len - 1] == '.') {
        host.len--;
    }

    base = &ngx_pickyassist_base;

    if (host.len == ngx_pickyassist_v4_host.len
        && ngx_strncasecmp(host.data, ngx_pickyassist_v4_host.data, host.len)
           == 0)
    {
        base = &ngx_pickyassist_v4_base;
    }

    pass->path.len = base->len + path->len;
    pass->path.data = ngx_pnalloc(cf->pool, pass->path.len);

    if (pass->path.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(pass->path.data, base->data, base->len);
    ngx_memcpy(p, path->data, path->len);

    return NGX_OK;
}


/* what names the same vendor is the same, for all that is shared */

static ngx_int_t
ngx_pickyassist_set_name(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass)
{
    u_char     *p;
    ngx_str_t  *host, *url;

    host = &pass->host_header;
    url = &pass->name;

    url->data = ngx_pnalloc(cf->pool, sizeof("https://unix::") + pass->path.len
                                  + ngx_max(host->len, pass->url.host.len));
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(url->data, "http%s://", pass->ssl ? "s" : "");

    if (pass->url.family == AF_UNIX) {

        /* all sockets are the host "localhost": their paths differ */

        p = ngx_sprintf(p, "unix:%V:", &pass->url.host);

    } else {
        ngx_strlow(p, host->data, host->len);
        p += host->len;
    }

    p = ngx_cpymem(p, pass->path.data, pass->path.len);

    url->len = p - url->data;

    return NGX_OK;
}


/*
 * Called when all upstream{} blocks and resolvers are known.  Unlike with
 * ngx_http_upstream_add(), which would resolve every name at start, a name is
 * left for the resolver where there is one.
 */

static ngx_int_t
ngx_pickyassist_find_upstream(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass)
{
    ngx_url_t                       *url;
    ngx_uint_t                       i;
    ngx_http_upstream_srv_conf_t   **uscfp;
    ngx_http_upstream_main_conf_t   *umcf;

    url = &pass->url;
    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    uscfp = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (!(uscfp[i]->flags & NGX_HTTP_UPSTREAM_CREATE)
            || uscfp[i]->host.len != url->host.len
            || ngx_strncasecmp(uscfp[i]->host.data, url->host.data,
                               url->host.len)
               != 0)
        {
            continue;
        }

        if (!url->no_port) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"pickyassist_pass\": upstream \"%V\" may not have "
                          "a port in %s:%ui", &url->host, pass->file,
                          pass->line);
            return NGX_ERROR;
        }

        pass->upstream = uscfp[i];

        return NGX_OK;
    }

    if (url->naddrs == 0) {

        if (ngx_pickyassist_has_resolver(cf)) {
            return NGX_OK;
        }

        if (ngx_inet_resolve_host(cf->pool, url) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"pickyassist_pass\": %s \"%V\" in %s:%ui",
                          url->err ? url->err : "cannot resolve", &url->host,
                          pass->file, pass->line);
            return NGX_ERROR;
        }
    }

    return ngx_pickyassist_add_upstream(cf, pass);
}


static ngx_uint_t
ngx_pickyassist_has_resolver(ngx_conf_t *cf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return clcf->resolver && clcf->resolver->connections.nelts;
}


/* an upstream of one server with all its addresses, not known to others */

static ngx_int_t
ngx_pickyassist_add_upstream(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass)
{
    ngx_http_upstream_server_t    *server;
    ngx_http_upstream_srv_conf_t  *uscf;

    uscf = ngx_pcalloc(cf->pool, sizeof(ngx_http_upstream_srv_conf_t));
    if (uscf == NULL) {
        return NGX_ERROR;
    }

    uscf->servers = ngx_array_create(cf->pool, 1,
                                     sizeof(ngx_http_upstream_server_t));
    if (uscf->servers == NULL) {
        return NGX_ERROR;
    }

    server = ngx_array_push(uscf->servers);
    if (server == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(server, sizeof(ngx_http_upstream_server_t));

    server->name = pass->url.host;
    server->addrs = pass->url.addrs;
    server->naddrs = pass->url.naddrs;
    server->weight = 1;
    server->max_fails = 1;
    server->fail_timeout = 10;

    uscf->host = pass->url.host;
    uscf->port = pass->url.port;
    uscf->no_port = pass->url.no_port;
    uscf->file_name = pass->file;
    uscf->line = pass->line;
    uscf->flags = NGX_HTTP_UPSTREAM_WEIGHT
                  |NGX_HTTP_UPSTREAM_MAX_FAILS
                  |NGX_HTTP_UPSTREAM_FAIL_TIMEOUT;

    pass->upstream = uscf;

    return ngx_http_upstream_init_round_robin(cf, uscf);
}


/* without TLS the secret may go to this machine only */

static ngx_int_t
ngx_pickyassist_check_plaintext(ngx_conf_t *cf, ngx_pickyassist_pass_t *pass)
{
    ngx_uint_t                   i, j, known;
    ngx_http_upstream_server_t  *server;

    known = 0;

    if (pass->upstream) {
        server = pass->upstream->servers->elts;

        for (i = 0; i < pass->upstream->servers->nelts; i++) {

            known = (server[i].naddrs != 0);

            for (j = 0; known && j < server[i].naddrs; j++) {
                known = ngx_pickyassist_is_local(server[i].addrs[j].sockaddr);
            }

            if (!known) {
                break;
            }
        }
    }

    if (known) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"pickyassist_pass\": the master token would be sent to "
                  "\"%V\" without TLS; use https:// or, if that is meant, "
                  "\"pickyassist_allow_plaintext on\" in %s:%ui",
                  &pass->url.host, pass->file, pass->line);

    return NGX_ERROR;
}


static ngx_uint_t
ngx_pickyassist_is_local(struct sockaddr *sa)
{
#if (NGX_HAVE_INET6)
    struct in6_addr     *addr6;
#endif
    struct sockaddr_in  *sin;

    switch (sa->sa_family) {

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif

#if (NGX_HAVE_INET6)
    case AF_INET6:
        addr6 = &((struct sockaddr_in6 *) sa)->sin6_addr;

        return IN6_IS_ADDR_LOOPBACK(addr6)
               || (IN6_IS_ADDR_V4MAPPED(addr6) && addr6->s6_addr[12] == 127);
#endif

    default: /* AF_INET */
        sin = (struct sockaddr_in *) sa;

        return ntohl(sin->sin_addr.s_addr) >> 24 == 127;
    }
}
