
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_conf.h"


static void ngx_pickyassist_merge_request(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_merge_upstream(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_merge_ssl(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static ngx_uint_t ngx_pickyassist_pass_unknown(
    ngx_pickyassist_loc_conf_t *conf);


static unsigned  ngx_pickyassist_default_status[] = { 404, 405, 410, 501 };

static pa_str_t  ngx_pickyassist_default_message = pa_string("disabled");

/* those that destroy nothing */

static pa_str_t  ngx_pickyassist_default_commands[] = {
    pa_string("restart"),
    pa_string("stop-message-queue"),
    pa_string("resume-message-queue"),
    pa_string("stop-call-queue"),
    pa_string("resume-call-queue")
};


void *
ngx_pickyassist_create_main_conf(ngx_conf_t *cf)
{
    ngx_pickyassist_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_pickyassist_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&conf->locations, cf->pool, 4,
                       sizeof(ngx_pickyassist_loc_conf_t *))
        != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


void *
ngx_pickyassist_create_loc_conf(ngx_conf_t *cf)
{
    ngx_pickyassist_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_pickyassist_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->upstream.next_upstream = 0;
     *     conf->upstream.ssl = NULL;
     *     conf->upstream.buffering = 0;
     *     conf->upstream.intercept_errors = 0;
     *     conf->upstream.pass_request_headers = 0;
     *     conf->upstream.pass_request_body = 0;
     *     conf->pass = NULL;
     *     conf->ssl.* = 0 or { 0, NULL } but for verify_depth
     *     conf->sandbox = NGX_PICKYASSIST_SANDBOX_OFF;
     */

    conf->upstream.connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->upstream.send_timeout = NGX_CONF_UNSET_MSEC;
    conf->upstream.read_timeout = NGX_CONF_UNSET_MSEC;
    conf->upstream.buffer_size = NGX_CONF_UNSET_SIZE;
    conf->upstream.next_upstream_tries = NGX_CONF_UNSET_UINT;
    conf->upstream.next_upstream_timeout = NGX_CONF_UNSET_MSEC;
    conf->upstream.local = NGX_CONF_UNSET_PTR;
    conf->upstream.socket_keepalive = NGX_CONF_UNSET;
    conf->upstream.ignore_client_abort = NGX_CONF_UNSET;
    conf->upstream.ssl_verify = NGX_CONF_UNSET;
    conf->upstream.ssl_server_name = NGX_CONF_UNSET;
    conf->upstream.ssl_session_reuse = NGX_CONF_UNSET;
    conf->upstream.hide_headers = NGX_CONF_UNSET_PTR;
    conf->upstream.pass_headers = NGX_CONF_UNSET_PTR;

    conf->endpoint = NGX_CONF_UNSET_UINT;
    conf->secrets[PA_TOKEN_ACCOUNT] = NGX_CONF_UNSET_PTR;
    conf->secrets[PA_TOKEN_PROJECT] = NGX_CONF_UNSET_PTR;
    conf->allow_plaintext = NGX_CONF_UNSET;
    conf->max_ips = NGX_CONF_UNSET_UINT;
    conf->ip_policy = NGX_CONF_UNSET_UINT;
    conf->ip_allow = NGX_CONF_UNSET_PTR;
    conf->require_ip_whitelist = NGX_CONF_UNSET;
    conf->client_token = NGX_CONF_UNSET_UINT;
    conf->unknown_members = NGX_CONF_UNSET_UINT;
    conf->max_recipients = NGX_CONF_UNSET_UINT;
    conf->number_allow = NGX_CONF_UNSET_PTR;
    conf->device_commands = NGX_CONF_UNSET_PTR;
    conf->max_response_size = NGX_CONF_UNSET_SIZE;
    conf->disabled_status = NGX_CONF_UNSET_PTR;
    conf->disabled_message = NGX_CONF_UNSET_PTR;
    conf->disabled_ttl = NGX_CONF_UNSET_MSEC;
    conf->rate = NGX_CONF_UNSET_PTR;
    conf->requires = NGX_CONF_UNSET_PTR;
    conf->idempotency = NGX_CONF_UNSET_PTR;
    conf->headers = NGX_CONF_UNSET_PTR;
    conf->ssl.verify_depth = NGX_CONF_UNSET_UINT;
    conf->keepalive.max = NGX_CONF_UNSET_UINT;
    conf->keepalive.timeout = NGX_CONF_UNSET_MSEC;

    /* the hardcoded values */

    conf->upstream.ignore_headers = NGX_CONF_BITMASK_SET
                                    |NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT
                                    |NGX_HTTP_UPSTREAM_IGN_XA_EXPIRES
                                    |NGX_HTTP_UPSTREAM_IGN_EXPIRES
                                    |NGX_HTTP_UPSTREAM_IGN_CACHE_CONTROL
                                    |NGX_HTTP_UPSTREAM_IGN_SET_COOKIE
                                    |NGX_HTTP_UPSTREAM_IGN_XA_LIMIT_RATE
                                    |NGX_HTTP_UPSTREAM_IGN_XA_BUFFERING
                                    |NGX_HTTP_UPSTREAM_IGN_XA_CHARSET
                                    |NGX_HTTP_UPSTREAM_IGN_VARY;
    ngx_str_set(&conf->upstream.module, "pickyassist");

    return conf;
}


void
ngx_pickyassist_merge_conf(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_uint_t  i;

    for (i = 0; i < PA_TOKEN_COUNT; i++) {
        ngx_conf_merge_ptr_value(conf->secrets[i], prev->secrets[i], NULL);
    }

    ngx_conf_merge_uint_value(conf->endpoint, prev->endpoint,
                              PA_ENDPOINT_CREATE_API_TOKEN);

    ngx_pickyassist_merge_request(prev, conf);
    ngx_pickyassist_merge_upstream(prev, conf);
    ngx_pickyassist_merge_ssl(prev, conf);

    ngx_conf_merge_ptr_value(conf->disabled_status,
                             prev->disabled_status, NULL);

    ngx_conf_merge_ptr_value(conf->disabled_message,
                             prev->disabled_message, NULL);

    ngx_conf_merge_msec_value(conf->disabled_ttl, prev->disabled_ttl, 60000);

    ngx_conf_merge_ptr_value(conf->rate, prev->rate, NULL);
    ngx_conf_merge_ptr_value(conf->requires, prev->requires, NULL);

    ngx_conf_merge_ptr_value(conf->idempotency, prev->idempotency, NULL);
}


static void
ngx_pickyassist_merge_request(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_conf_merge_uint_value(conf->max_ips, prev->max_ips, 100);

    ngx_conf_merge_uint_value(conf->ip_policy, prev->ip_policy,
                              PA_IP_POLICY_UNICAST);

    ngx_conf_merge_ptr_value(conf->ip_allow, prev->ip_allow, NULL);

    ngx_conf_merge_value(conf->require_ip_whitelist,
                         prev->require_ip_whitelist, 1);

    ngx_conf_merge_uint_value(conf->client_token, prev->client_token,
                              NGX_PICKYASSIST_CLIENT_TOKEN_REJECT);

    /* what is not set depends on the endpoint */

    if (conf->unknown_members == NGX_CONF_UNSET_UINT) {
        conf->unknown_members = prev->unknown_members;
    }

    ngx_conf_merge_uint_value(conf->max_recipients, prev->max_recipients, 500);

    ngx_conf_merge_ptr_value(conf->number_allow, prev->number_allow, NULL);

    ngx_conf_merge_ptr_value(conf->device_commands, prev->device_commands,
                             NULL);
}


static void
ngx_pickyassist_merge_upstream(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_conf_merge_value(conf->allow_plaintext, prev->allow_plaintext, 0);

    ngx_conf_merge_ptr_value(conf->headers, prev->headers, NULL);

    ngx_conf_merge_size_value(conf->max_response_size,
                              prev->max_response_size, 64 * 1024);

    ngx_conf_merge_size_value(conf->upstream.buffer_size,
                              prev->upstream.buffer_size, 16 * 1024);

    ngx_conf_merge_msec_value(conf->upstream.connect_timeout,
                              prev->upstream.connect_timeout, 5000);

    ngx_conf_merge_msec_value(conf->upstream.send_timeout,
                              prev->upstream.send_timeout, 10000);

    ngx_conf_merge_msec_value(conf->upstream.read_timeout,
                              prev->upstream.read_timeout, 30000);

    ngx_conf_merge_bitmask_value(conf->upstream.next_upstream,
                                 prev->upstream.next_upstream,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_HTTP_UPSTREAM_FT_ERROR
                                  |NGX_HTTP_UPSTREAM_FT_TIMEOUT));

    if (conf->upstream.next_upstream & NGX_HTTP_UPSTREAM_FT_OFF) {
        conf->upstream.next_upstream = NGX_CONF_BITMASK_SET
                                       |NGX_HTTP_UPSTREAM_FT_OFF;
    }

    ngx_conf_merge_uint_value(conf->upstream.next_upstream_tries,
                              prev->upstream.next_upstream_tries, 0);

    ngx_conf_merge_msec_value(conf->upstream.next_upstream_timeout,
                              prev->upstream.next_upstream_timeout, 0);

    ngx_conf_merge_ptr_value(conf->upstream.local, prev->upstream.local, NULL);

    ngx_conf_merge_value(conf->upstream.socket_keepalive,
                         prev->upstream.socket_keepalive, 0);

    ngx_conf_merge_value(conf->upstream.ignore_client_abort,
                         prev->upstream.ignore_client_abort, 1);

    ngx_conf_merge_uint_value(conf->keepalive.max, prev->keepalive.max, 4);

    ngx_conf_merge_msec_value(conf->keepalive.timeout,
                              prev->keepalive.timeout,
                              NGX_PICKYASSIST_KEEPALIVE_TIMEOUT);
}


static void
ngx_pickyassist_merge_ssl(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_conf_merge_value(conf->upstream.ssl_verify,
                         prev->upstream.ssl_verify, 1);

    ngx_conf_merge_value(conf->upstream.ssl_server_name,
                         prev->upstream.ssl_server_name, 1);

    ngx_conf_merge_value(conf->upstream.ssl_session_reuse,
                         prev->upstream.ssl_session_reuse, 1);

    ngx_conf_merge_uint_value(conf->ssl.verify_depth,
                              prev->ssl.verify_depth, 4);

    ngx_conf_merge_bitmask_value(conf->ssl.protocols, prev->ssl.protocols,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3));

    ngx_conf_merge_str_value(conf->ssl.ciphers, prev->ssl.ciphers, "DEFAULT");
    ngx_conf_merge_str_value(conf->ssl.name, prev->ssl.name, "");
    ngx_conf_merge_str_value(conf->ssl.crl, prev->ssl.crl, "");

    ngx_conf_merge_str_value(conf->ssl.trusted_certificate,
                             prev->ssl.trusted_certificate, "");

    ngx_conf_merge_str_value(conf->ssl.certificate, prev->ssl.certificate, "");

    ngx_conf_merge_str_value(conf->ssl.certificate_key,
                             prev->ssl.certificate_key, "");
}


/* the configuration as the core takes it */

void
ngx_pickyassist_init_rules(ngx_pickyassist_main_conf_t *pmcf,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_uint_t           i;
    pa_reply_rules_t    *reply;
    pa_request_rules_t  *request;

    request = &conf->request_rules;

    request->endpoint = conf->endpoint;
    request->max_ips = conf->max_ips;
    request->ip_policy = conf->ip_policy;
    request->hash_seed = pmcf->hash_seed;
    request->whitelist_required = conf->require_ip_whitelist;
    request->strip_token =
                     (conf->client_token == NGX_PICKYASSIST_CLIENT_TOKEN_STRIP);

    request->pass_unknown = ngx_pickyassist_pass_unknown(conf);
    request->max_recipients = conf->max_recipients;

    if (conf->number_allow) {
        request->number_allow = conf->number_allow->elts;
        request->nnumber_allow = conf->number_allow->nelts;
    }

    request->commands = ngx_pickyassist_default_commands;
    request->ncommands = sizeof(ngx_pickyassist_default_commands)
                         / sizeof(ngx_pickyassist_default_commands[0]);

    if (conf->device_commands) {
        request->commands = conf->device_commands->elts;
        request->ncommands = conf->device_commands->nelts;
    }

    if (conf->ip_allow) {
        request->ip_allow = conf->ip_allow->elts;
        request->nip_allow = conf->ip_allow->nelts;
    }

    reply = &conf->reply_rules;

    reply->disabled_status = ngx_pickyassist_default_status;
    reply->ndisabled_status = sizeof(ngx_pickyassist_default_status)
                              / sizeof(ngx_pickyassist_default_status[0]);

    if (conf->disabled_status) {
        reply->disabled_status = conf->disabled_status->elts;
        reply->ndisabled_status = conf->disabled_status->nelts;
    }

    reply->disabled_message = &ngx_pickyassist_default_message;
    reply->ndisabled_message = 1;

    if (conf->disabled_message) {
        reply->disabled_message = conf->disabled_message->elts;
        reply->ndisabled_message = conf->disabled_message->nelts;
    }

    reply->path.data = conf->pass->path.data;
    reply->path.len = conf->pass->path.len;

    reply->endpoint = conf->endpoint;

    for (i = 0; i < PA_TOKEN_COUNT; i++) {
        if (conf->secrets[i]) {
            reply->redact[i] = conf->secrets[i]->redact;
        }
    }
}


static ngx_uint_t
ngx_pickyassist_pass_unknown(ngx_pickyassist_loc_conf_t *conf)
{
    switch (conf->endpoint) {

    case PA_ENDPOINT_CUSTOM:
        return 1;

    case PA_ENDPOINT_CREATE_API_TOKEN:
        return conf->unknown_members == NGX_PICKYASSIST_UNKNOWN_PASS;

    default:
        return conf->unknown_members != NGX_PICKYASSIST_UNKNOWN_REJECT;
    }
}


ngx_pickyassist_header_t *
ngx_pickyassist_find_header(ngx_array_t *headers, char *name)
{
    ngx_uint_t                 i;
    ngx_pickyassist_header_t  *header;

    if (headers == NULL) {
        return NULL;
    }

    header = headers->elts;

    for (i = 0; i < headers->nelts; i++) {
        if (ngx_strcasecmp(header[i].name.data, (u_char *) name) == 0) {
            return &header[i];
        }
    }

    return NULL;
}
