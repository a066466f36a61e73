
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Directives, configuration, registration; nothing that handles a request.
 */


#include "ngx_pickyassist_module.h"

#include <openssl/rand.h>


#define ngx_pickyassist_slot(field)                                           \
    NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_pickyassist_loc_conf_t, field)

/* a token with its address in a reply, about */
#define NGX_PICKYASSIST_TOKEN_SIZE  80

#define NGX_PICKYASSIST_ANY_CONF                                              \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static char *ngx_pickyassist_ip_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_pickyassist_disabled_status(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_pickyassist_disabled_message(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_pickyassist_set_enum(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_pickyassist_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_pickyassist_set_bind(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_pickyassist_check_count(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_pickyassist_check_size(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_pickyassist_check_name(ngx_conf_t *cf, void *post,
    void *data);

static void *ngx_pickyassist_create_main_conf(ngx_conf_t *cf);
static char *ngx_pickyassist_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_pickyassist_create_loc_conf(ngx_conf_t *cf);
static char *ngx_pickyassist_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_pickyassist_merge_request(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_merge_upstream(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_merge_ssl(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);
static char *ngx_pickyassist_init_location(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_inherit_handler(ngx_http_core_loc_conf_t *clcf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_init_rules(ngx_pickyassist_main_conf_t *pmcf,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_cleanup(void *data);
static void *ngx_pickyassist_alloc(void *data, size_t size);


static ngx_conf_enum_t  ngx_pickyassist_ip_policies[] = {
    { ngx_string("any"), PA_IP_POLICY_ANY },
    { ngx_string("unicast"), PA_IP_POLICY_UNICAST },
    { ngx_string("public"), PA_IP_POLICY_PUBLIC },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_pickyassist_client_tokens[] = {
    { ngx_string("reject"), NGX_PICKYASSIST_CLIENT_TOKEN_REJECT },
    { ngx_string("strip"), NGX_PICKYASSIST_CLIENT_TOKEN_STRIP },
    { ngx_null_string, 0 }
};


/* no "non_idempotent": a token must not be created twice */

static ngx_conf_bitmask_t  ngx_pickyassist_next_upstream_masks[] = {
    { ngx_string("error"), NGX_HTTP_UPSTREAM_FT_ERROR },
    { ngx_string("timeout"), NGX_HTTP_UPSTREAM_FT_TIMEOUT },
    { ngx_string("invalid_header"), NGX_HTTP_UPSTREAM_FT_INVALID_HEADER },
    { ngx_string("http_500"), NGX_HTTP_UPSTREAM_FT_HTTP_500 },
    { ngx_string("http_502"), NGX_HTTP_UPSTREAM_FT_HTTP_502 },
    { ngx_string("http_503"), NGX_HTTP_UPSTREAM_FT_HTTP_503 },
    { ngx_string("http_504"), NGX_HTTP_UPSTREAM_FT_HTTP_504 },
    { ngx_string("http_403"), NGX_HTTP_UPSTREAM_FT_HTTP_403 },
    { ngx_string("http_404"), NGX_HTTP_UPSTREAM_FT_HTTP_404 },
    { ngx_string("http_429"), NGX_HTTP_UPSTREAM_FT_HTTP_429 },
    { ngx_string("off"), NGX_HTTP_UPSTREAM_FT_OFF },
    { ngx_null_string, 0 }
};


static ngx_conf_bitmask_t  ngx_pickyassist_ssl_protocols[] = {
    { ngx_string("TLSv1"), NGX_SSL_TLSv1 },
    { ngx_string("TLSv1.1"), NGX_SSL_TLSv1_1 },
    { ngx_string("TLSv1.2"), NGX_SSL_TLSv1_2 },
    { ngx_string("TLSv1.3"), NGX_SSL_TLSv1_3 },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_pickyassist_count_post =
    { ngx_pickyassist_check_count };

static ngx_conf_post_t  ngx_pickyassist_size_post =
    { ngx_pickyassist_check_size };

static ngx_conf_post_t  ngx_pickyassist_name_post =
    { ngx_pickyassist_check_name };


static ngx_command_t  ngx_pickyassist_commands[] = {

    { ngx_string("pickyassist_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_pass,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_master_token"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_master_token,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_master_token_file"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_master_token_file,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_allow_plaintext"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(allow_plaintext), NULL },

    { ngx_string("pickyassist_max_ips"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      ngx_pickyassist_slot(max_ips), &ngx_pickyassist_count_post },

    { ngx_string("pickyassist_ip_policy"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_enum,
      ngx_pickyassist_slot(ip_policy), ngx_pickyassist_ip_policies },

    { ngx_string("pickyassist_ip_allow"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_ip_allow,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_require_ip_whitelist"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(require_ip_whitelist), NULL },

    { ngx_string("pickyassist_client_token"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_enum,
      ngx_pickyassist_slot(client_token), ngx_pickyassist_client_tokens },

    { ngx_string("pickyassist_max_response_size"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      ngx_pickyassist_slot(max_response_size), &ngx_pickyassist_size_post },

    { ngx_string("pickyassist_connect_timeout"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      ngx_pickyassist_slot(upstream.connect_timeout), NULL },

    { ngx_string("pickyassist_send_timeout"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      ngx_pickyassist_slot(upstream.send_timeout), NULL },

    { ngx_string("pickyassist_read_timeout"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      ngx_pickyassist_slot(upstream.read_timeout), NULL },

    { ngx_string("pickyassist_next_upstream"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_set_bitmask,
      ngx_pickyassist_slot(upstream.next_upstream),
      &ngx_pickyassist_next_upstream_masks },

    { ngx_string("pickyassist_next_upstream_tries"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      ngx_pickyassist_slot(upstream.next_upstream_tries), NULL },

    { ngx_string("pickyassist_next_upstream_timeout"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      ngx_pickyassist_slot(upstream.next_upstream_timeout), NULL },

    { ngx_string("pickyassist_bind"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE12,
      ngx_pickyassist_set_bind,
      ngx_pickyassist_slot(upstream.local), NULL },

    { ngx_string("pickyassist_socket_keepalive"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(upstream.socket_keepalive), NULL },

    { ngx_string("pickyassist_ssl_verify"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(upstream.ssl_verify), NULL },

    { ngx_string("pickyassist_ssl_verify_depth"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      ngx_pickyassist_slot(ssl.verify_depth), NULL },

    { ngx_string("pickyassist_ssl_trusted_certificate"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.trusted_certificate), NULL },

    { ngx_string("pickyassist_ssl_crl"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.crl), NULL },

    { ngx_string("pickyassist_ssl_name"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.name), &ngx_pickyassist_name_post },

    { ngx_string("pickyassist_ssl_server_name"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(upstream.ssl_server_name), NULL },

    { ngx_string("pickyassist_ssl_protocols"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_set_bitmask,
      ngx_pickyassist_slot(ssl.protocols), &ngx_pickyassist_ssl_protocols },

    { ngx_string("pickyassist_ssl_ciphers"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.ciphers), NULL },

    { ngx_string("pickyassist_ssl_session_reuse"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(upstream.ssl_session_reuse), NULL },

    { ngx_string("pickyassist_ssl_certificate"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.certificate), NULL },

    { ngx_string("pickyassist_ssl_certificate_key"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      ngx_pickyassist_slot(ssl.certificate_key), NULL },

    { ngx_string("pickyassist_set_header"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE2,
      ngx_pickyassist_set_header,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_ignore_client_abort"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      ngx_pickyassist_slot(upstream.ignore_client_abort), NULL },

    { ngx_string("pickyassist_disabled_status"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_disabled_status,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_disabled_message"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_disabled_message,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_disabled_ttl"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      ngx_pickyassist_slot(disabled_ttl), NULL },

    { ngx_string("pickyassist_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_zone,
      NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_pickyassist_status,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_sandbox"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_pickyassist_sandbox,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_pickyassist_module_ctx = {
    ngx_pickyassist_add_variables,         /* preconfiguration */
    ngx_pickyassist_filter_init,           /* postconfiguration */

    ngx_pickyassist_create_main_conf,      /* create main configuration */
    ngx_pickyassist_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_pickyassist_create_loc_conf,       /* create location configuration */
    ngx_pickyassist_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_pickyassist_module = {
    NGX_MODULE_V1,
    &ngx_pickyassist_module_ctx,           /* module context */
    ngx_pickyassist_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_pickyassist_init_worker,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_pickyassist_exit_worker,           /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* nothing of a reply's head is passed on, so there is nothing to hide */

static ngx_str_t  ngx_pickyassist_hide_headers[] = {
    ngx_null_string
};


static unsigned  ngx_pickyassist_default_status[] = { 404, 405, 410, 501 };

static pa_str_t  ngx_pickyassist_default_message = pa_string("disabled");


static char *
ngx_pickyassist_ip_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    pa_str_t     text;
    pa_cidr_t   *cidr;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (plcf->ip_allow == NGX_CONF_UNSET_PTR) {
        plcf->ip_allow = ngx_array_create(cf->pool, 4, sizeof(pa_cidr_t));
        if (plcf->ip_allow == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        cidr = ngx_array_push(plcf->ip_allow);
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        text.data = value[i].data;
        text.len = value[i].len;

        if (pa_cidr_parse(&text, cidr) != PA_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid CIDR \"%V\" in \"%V\" directive",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_pickyassist_disabled_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    unsigned    *status;
    ngx_int_t    code;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (plcf->disabled_status != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->disabled_status = ngx_array_create(cf->pool, 4, sizeof(unsigned));
    if (plcf->disabled_status == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        code = ngx_atoi(value[i].data, value[i].len);

        if (code < 200 || code > 599 || code == NGX_HTTP_TOO_MANY_REQUESTS) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"%V\" directive, it "
                               "must be an HTTP status from 200 to 599 "
                               "and not 429", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        status = ngx_array_push(plcf->disabled_status);
        if (status == NULL) {
            return NGX_CONF_ERROR;
        }

        *status = code;
    }

    return NGX_CONF_OK;
}


static char *
ngx_pickyassist_disabled_message(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    pa_str_t    *message;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (plcf->disabled_message != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->disabled_message = ngx_array_create(cf->pool, 2, sizeof(pa_str_t));
    if (plcf->disabled_message == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value, which every message would match";
        }

        message = ngx_array_push(plcf->disabled_message);
        if (message == NULL) {
            return NGX_CONF_ERROR;
        }

        message->data = value[i].data;
        message->len = value[i].len;
    }

    return NGX_CONF_OK;
}


/* nginx's own setters log what is wrong, and not for which directive */

static char *
ngx_pickyassist_set_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *rv;

    rv = ngx_conf_set_enum_slot(cf, cmd, conf);

    return rv == NGX_CONF_ERROR ? "has an invalid value" : rv;
}


static char *
ngx_pickyassist_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *rv;

    rv = ngx_conf_set_bitmask_slot(cf, cmd, conf);

    return rv == NGX_CONF_ERROR ? "has an invalid value" : rv;
}


static char *
ngx_pickyassist_set_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *rv;

    rv = ngx_http_upstream_bind_set_slot(cf, cmd, conf);

    return rv == NGX_CONF_ERROR ? "has an invalid value" : rv;
}


static char *
ngx_pickyassist_check_count(ngx_conf_t *cf, void *post, void *data)
{
    ngx_int_t  *count = data;

    return *count ? NGX_CONF_OK : "must not be 0";
}


static char *
ngx_pickyassist_check_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    return *size ? NGX_CONF_OK : "must not be 0";
}


static char *
ngx_pickyassist_check_name(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *name = data;

    if (name->len == 0) {
        return "must not be empty";
    }

    if (ngx_http_script_variables_count(name)) {
        return "takes no variables: who gets the master token is not for "
               "a request to choose";
    }

    return NGX_CONF_OK;
}


static void *
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


static char *
ngx_pickyassist_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_pickyassist_main_conf_t  *pmcf = conf;

    ngx_int_t         index;
    static ngx_str_t  name = ngx_string("request_id");

    index = ngx_http_get_variable_index(cf, &name);
    if (index == NGX_ERROR) {
        return NGX_CONF_ERROR;
    }

    pmcf->request_id = index;

    if (RAND_bytes((u_char *) &pmcf->hash_seed, sizeof(uint64_t)) != 1) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "RAND_bytes() failed");
        return NGX_CONF_ERROR;
    }

    if (pmcf->used && ngx_pickyassist_add_zone(cf, pmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
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

    conf->secret = NGX_CONF_UNSET_PTR;
    conf->allow_plaintext = NGX_CONF_UNSET;
    conf->max_ips = NGX_CONF_UNSET_UINT;
    conf->ip_policy = NGX_CONF_UNSET_UINT;
    conf->ip_allow = NGX_CONF_UNSET_PTR;
    conf->require_ip_whitelist = NGX_CONF_UNSET;
    conf->client_token = NGX_CONF_UNSET_UINT;
    conf->max_response_size = NGX_CONF_UNSET_SIZE;
    conf->disabled_status = NGX_CONF_UNSET_PTR;
    conf->disabled_message = NGX_CONF_UNSET_PTR;
    conf->disabled_ttl = NGX_CONF_UNSET_MSEC;
    conf->headers = NGX_CONF_UNSET_PTR;
    conf->ssl.verify_depth = NGX_CONF_UNSET_UINT;

    /* the hardcoded values */

    conf->upstream.buffer_size = ngx_pagesize;
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


static char *
ngx_pickyassist_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_pickyassist_loc_conf_t *prev = parent;
    ngx_pickyassist_loc_conf_t *conf = child;

    ngx_conf_merge_ptr_value(conf->secret, prev->secret, NULL);

    ngx_pickyassist_merge_request(prev, conf);
    ngx_pickyassist_merge_upstream(prev, conf);
    ngx_pickyassist_merge_ssl(prev, conf);

    ngx_conf_merge_ptr_value(conf->disabled_status,
                             prev->disabled_status, NULL);

    ngx_conf_merge_ptr_value(conf->disabled_message,
                             prev->disabled_message, NULL);

    ngx_conf_merge_msec_value(conf->disabled_ttl, prev->disabled_ttl, 60000);

    return ngx_pickyassist_init_location(cf, prev, conf);
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
}


static void
ngx_pickyassist_merge_upstream(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_conf_merge_value(conf->allow_plaintext, prev->allow_plaintext, 0);

    ngx_conf_merge_ptr_value(conf->headers, prev->headers, NULL);

    ngx_conf_merge_size_value(conf->max_response_size,
                              prev->max_response_size, 64 * 1024);

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


static char *
ngx_pickyassist_init_location(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf)
{
    ngx_hash_init_t                hash;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_pickyassist_loc_conf_t   **plcfp;
    ngx_pickyassist_main_conf_t   *pmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->handler && clcf->handler != conf->handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "another directive answers the requests of location "
                      "\"%V\", so \"%V\" cannot", &clcf->name,
                      &conf->handler_name);
        return NGX_CONF_ERROR;
    }

    if (clcf->noname && conf->handler == NULL) {
        ngx_pickyassist_inherit_handler(clcf, prev, conf);
    }

    if (conf->pass == NULL && !conf->sandbox) {
        return NGX_CONF_OK;
    }

    if (conf->secret == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"pickyassist_master_token\" or "
                      "\"pickyassist_master_token_file\" for \"%s\" in %s:%ui",
                      conf->pass ? "pickyassist_pass" : "pickyassist_sandbox",
                      conf->pass ? conf->pass->file : conf->sandbox_file,
                      conf->pass ? conf->pass->line : conf->sandbox_line);
        return NGX_CONF_ERROR;
    }

    if (conf->pass == NULL) {
        return NGX_CONF_OK;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);

    plcfp = ngx_array_push(&pmcf->locations);
    if (plcfp == NULL) {
        return NGX_CONF_ERROR;
    }

    *plcfp = conf;

    if (conf->max_ips > conf->max_response_size / NGX_PICKYASSIST_TOKEN_SIZE) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the tokens for \"pickyassist_max_ips\" addresses may "
                      "not fit into \"pickyassist_max_response_size\", and "
                      "would be lost, in %s:%ui", conf->pass->file,
                      conf->pass->line);
    }

    ngx_pickyassist_init_rules(pmcf, conf);

    if (ngx_pickyassist_init_pass(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->pass->ssl && ngx_pickyassist_init_ssl(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_pickyassist_init_peers(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    hash.max_size = 512;
    hash.bucket_size = ngx_align(64, ngx_cacheline_size);
    hash.name = "pickyassist_headers_hash";

    if (ngx_http_upstream_hide_headers_hash(cf, &conf->upstream,
                                            &prev->upstream,
                                            ngx_pickyassist_hide_headers, &hash)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* for "if" and "limit_except" blocks */

static void
ngx_pickyassist_inherit_handler(ngx_http_core_loc_conf_t *clcf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf)
{
    conf->handler = prev->handler;

    conf->pass = prev->pass;
    conf->sandbox = prev->sandbox;
    conf->sandbox_file = prev->sandbox_file;
    conf->sandbox_line = prev->sandbox_line;
    conf->status = prev->status;

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = conf->handler;
    }
}


char *
ngx_pickyassist_set_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_pickyassist_loc_conf_t *conf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "cannot answer the requests of this location: another "
               "directive does";
    }

    clcf->handler = handler;

    conf->handler = handler;
    conf->handler_name = cmd->name;

    return NGX_CONF_OK;
}


/* the configuration as the core takes it */

static void
ngx_pickyassist_init_rules(ngx_pickyassist_main_conf_t *pmcf,
    ngx_pickyassist_loc_conf_t *conf)
{
    pa_reply_rules_t    *reply;
    pa_request_rules_t  *request;

    request = &conf->request_rules;

    request->max_ips = conf->max_ips;
    request->ip_policy = conf->ip_policy;
    request->hash_seed = pmcf->hash_seed;
    request->whitelist_required = conf->require_ip_whitelist;
    request->strip_token =
                     (conf->client_token == NGX_PICKYASSIST_CLIENT_TOKEN_STRIP);

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

    reply->secret.data = conf->secret->token.data;
    reply->secret.len = conf->secret->token.len;
}


ngx_pickyassist_ctx_t *
ngx_pickyassist_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    if (ctx != NULL) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pickyassist_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_pickyassist_ctx_t));

    ctx->r = r;
    ctx->pmcf = ngx_http_get_module_main_conf(r, ngx_pickyassist_module);
    ctx->plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    ctx->project_id = NGX_PICKYASSIST_NONE;
    ctx->nips = NGX_PICKYASSIST_NONE;
    ctx->ntokens = NGX_PICKYASSIST_NONE;
    ctx->api_status = NGX_PICKYASSIST_NONE;

    ngx_pickyassist_init_pool(&ctx->pool, r->pool);

    cln->handler = ngx_pickyassist_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_pickyassist_module);

    return ctx;
}


/* see ngx_http_realip_get_module_ctx() */

ngx_pickyassist_ctx_t *
ngx_pickyassist_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_pickyassist_cleanup) {
            ctx = cln->data;

            /* subrequests share the pool */

            if (ctx->r == r) {
                return ctx;
            }
        }
    }

    return NULL;
}


/* the end of the request, however it came: its pool is being destroyed */

static void
ngx_pickyassist_cleanup(void *data)
{
    ngx_pickyassist_ctx_t  *ctx = data;

    ngx_pickyassist_leave(ctx);
    ngx_pickyassist_release_probe(ctx);
    ngx_pickyassist_wipe_request(ctx);
}


void
ngx_pickyassist_init_pool(pa_pool_t *pool, ngx_pool_t *data)
{
    pool->alloc = ngx_pickyassist_alloc;
    pool->data = data;
}


static void *
ngx_pickyassist_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}
