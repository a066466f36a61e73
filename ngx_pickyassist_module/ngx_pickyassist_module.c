
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The directives, and the module's registration; what a location needs is made
 * ready here when its configuration is complete.
 */


#include "ngx_pickyassist_advice.h"
#include "ngx_pickyassist_derived.h"
#include "ngx_pickyassist_directives.h"
#include "ngx_pickyassist_filter.h"
#include "ngx_pickyassist_handler.h"
#include "ngx_pickyassist_metrics.h"
#include "ngx_pickyassist_once.h"
#include "ngx_pickyassist_pass.h"
#include "ngx_pickyassist_peer.h"
#include "ngx_pickyassist_rate.h"
#include "ngx_pickyassist_require.h"
#include "ngx_pickyassist_sandbox.h"
#include "ngx_pickyassist_secret.h"
#include "ngx_pickyassist_ssl.h"
#include "ngx_pickyassist_upstream_request.h"
#include "ngx_pickyassist_values.h"
#include "ngx_pickyassist_variables.h"

#include <openssl/rand.h>


#define ngx_pickyassist_slot(field)                                           \
    NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_pickyassist_loc_conf_t, field)

#define NGX_PICKYASSIST_ANY_CONF                                              \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static char *ngx_pickyassist_pass(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_pickyassist_init_main_conf(ngx_conf_t *cf, void *conf);
static char *ngx_pickyassist_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_pickyassist_init_location(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf);
static ngx_int_t ngx_pickyassist_init_secret(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *conf);
static void ngx_pickyassist_inherit_handler(ngx_http_core_loc_conf_t *clcf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf);
static ngx_int_t ngx_pickyassist_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_pickyassist_init_process(ngx_cycle_t *cycle);
static void ngx_pickyassist_exit_process(ngx_cycle_t *cycle);


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


static ngx_conf_enum_t  ngx_pickyassist_unknown_members[] = {
    { ngx_string("reject"), NGX_PICKYASSIST_UNKNOWN_REJECT },
    { ngx_string("pass"), NGX_PICKYASSIST_UNKNOWN_PASS },
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


static ngx_str_t  ngx_pickyassist_token_name = ngx_string("token");

static ngx_str_t  ngx_pickyassist_master_token_name =
    ngx_string("master token");


static ngx_command_t  ngx_pickyassist_commands[] = {

    { ngx_string("pickyassist_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_pass,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_endpoint"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_endpoint,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_token"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_token,
      ngx_pickyassist_slot(secrets[PA_TOKEN_PROJECT]),
      &ngx_pickyassist_token_name },

    { ngx_string("pickyassist_token_file"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_token_file,
      ngx_pickyassist_slot(secrets[PA_TOKEN_PROJECT]),
      &ngx_pickyassist_token_name },

    { ngx_string("pickyassist_master_token"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_token,
      ngx_pickyassist_slot(secrets[PA_TOKEN_ACCOUNT]),
      &ngx_pickyassist_master_token_name },

    { ngx_string("pickyassist_master_token_file"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_token_file,
      ngx_pickyassist_slot(secrets[PA_TOKEN_ACCOUNT]),
      &ngx_pickyassist_master_token_name },

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

    { ngx_string("pickyassist_unknown_members"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_set_enum,
      ngx_pickyassist_slot(unknown_members), ngx_pickyassist_unknown_members },

    { ngx_string("pickyassist_max_recipients"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      ngx_pickyassist_slot(max_recipients), &ngx_pickyassist_count_post },

    { ngx_string("pickyassist_number_allow"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_number_allow,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_device_commands"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_device_commands,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_max_response_size"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      ngx_pickyassist_slot(max_response_size), &ngx_pickyassist_size_post },

    { ngx_string("pickyassist_buffer_size"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      ngx_pickyassist_slot(upstream.buffer_size),
      &ngx_pickyassist_size_post },

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

    { ngx_string("pickyassist_keepalive"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE12,
      ngx_pickyassist_keepalive,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

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

    { ngx_string("pickyassist_require"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_1MORE,
      ngx_pickyassist_require,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_rate"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE123,
      ngx_pickyassist_rate,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_idempotency"),
      NGX_PICKYASSIST_ANY_CONF|NGX_CONF_TAKE123,
      ngx_pickyassist_idempotency,
      NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    { ngx_string("pickyassist_idempotency_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_pickyassist_idempotency_zone,
      NGX_HTTP_MAIN_CONF_OFFSET, 0, NULL },

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
    ngx_pickyassist_init_module,           /* init module */
    ngx_pickyassist_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_pickyassist_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* nothing of a reply's head is passed on, so there is nothing to hide */

static ngx_str_t  ngx_pickyassist_hide_headers[] = {
    ngx_null_string
};


static char *
ngx_pickyassist_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    char                         *rv;
    ngx_pickyassist_main_conf_t  *pmcf;

    rv = ngx_pickyassist_set_pass(cf, plcf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
    pmcf->used = 1;

    return ngx_pickyassist_set_handler(cf, cmd, plcf, ngx_pickyassist_handler);
}


static char *
ngx_pickyassist_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_pickyassist_main_conf_t  *pmcf = conf;

    ngx_int_t                index;
    ngx_pickyassist_zone_t  *zone;

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

    if (!pmcf->used) {
        return NGX_CONF_OK;
    }

    zone = &pmcf->zone;

    if (ngx_pickyassist_add_zone(cf, zone) != NGX_OK
        || ngx_pickyassist_add_tenant(zone, ngx_pickyassist_init_counters,
                                      &pmcf->counters)
           != NGX_OK
        || ngx_pickyassist_add_tenant(zone, ngx_pickyassist_init_breakers, pmcf)
           != NGX_OK
        || ngx_pickyassist_add_tenant(zone, ngx_pickyassist_init_budgets, pmcf)
           != NGX_OK
        || ngx_pickyassist_add_tenant(zone, ngx_pickyassist_init_sandbox,
                                      &pmcf->sandbox_spent)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_pickyassist_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_pickyassist_merge_conf(parent, child);

    return ngx_pickyassist_init_location(cf, parent, child);
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
                      "\"%V\", so \"%V\" cannot, in %s:%ui", &clcf->name,
                      &conf->handler_name, conf->handler_file,
                      conf->handler_line);
        return NGX_CONF_ERROR;
    }

    if (clcf->noname && conf->handler == NULL) {
        ngx_pickyassist_inherit_handler(clcf, prev, conf);
    }

    if (conf->pass == NULL && !conf->sandbox) {
        return NGX_CONF_OK;
    }

    if (ngx_pickyassist_init_secret(cf, conf) != NGX_OK) {
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

    pmcf->counters.wanted[conf->endpoint] = 1;

    if (ngx_pickyassist_init_pass(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_pickyassist_init_rules(pmcf, conf);

    if (ngx_pickyassist_init_once(cf, prev, conf) != NGX_OK
        || ngx_pickyassist_init_budget(cf, conf) != NGX_OK
        || ngx_pickyassist_init_head(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->pass->ssl && ngx_pickyassist_init_ssl(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_pickyassist_init_peers(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (!clcf->noname) {
        ngx_pickyassist_advise(cf, conf);
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


/*
 * An endpoint is sent its own token, and neither is ever sent in the other's
 * place.  The sandbox stands for all endpoints: one token will do for some.
 */

static ngx_int_t
ngx_pickyassist_init_secret(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *conf)
{
    pa_token_e                 token;
    ngx_pickyassist_secret_t  *other;

    static const char  *names[] = {
        "pickyassist_master_token",
        "pickyassist_token"
    };

    token = pa_endpoints[conf->endpoint].token;
    other = conf->secrets[1 - token];

    conf->secret = conf->secrets[token];

    if (conf->secret != NULL || (conf->pass == NULL && other != NULL)) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "no \"%s\" or \"%s_file\" for \"%V\" in %s:%ui",
                  names[token], names[token], &conf->handler_name,
                  conf->handler_file, conf->handler_line);

    return NGX_ERROR;
}


/* for "if" and "limit_except" blocks */

static void
ngx_pickyassist_inherit_handler(ngx_http_core_loc_conf_t *clcf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *conf)
{
    conf->handler = prev->handler;
    conf->handler_name = prev->handler_name;
    conf->handler_file = prev->handler_file;
    conf->handler_line = prev->handler_line;

    conf->pass = prev->pass;
    conf->sandbox = prev->sandbox;
    conf->sandbox_name = prev->sandbox_name;
    conf->status = prev->status;

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = conf->handler;
    }
}


static ngx_int_t
ngx_pickyassist_init_module(ngx_cycle_t *cycle)
{
    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_pickyassist_module);

    if (pmcf == NULL || !pmcf->asks_late) {
        return NGX_OK;
    }

    return ngx_pickyassist_watch_variables(cycle);
}


static ngx_int_t
ngx_pickyassist_init_process(ngx_cycle_t *cycle)
{
    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_pickyassist_module);

    if (pmcf == NULL || pmcf->zone.shared == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    if (pmcf->once_store.shm_zone) {
        ngx_pickyassist_sweep_once_store(&pmcf->once_store, cycle->log);
    }

    return ngx_pickyassist_take_slot(&pmcf->zone, cycle->log);
}


static void
ngx_pickyassist_exit_process(ngx_cycle_t *cycle)
{
    ngx_pickyassist_give_slot();
}
