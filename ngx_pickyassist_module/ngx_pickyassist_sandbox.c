
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_sandbox.h"
#include "ngx_pickyassist_answer.h"
#include "ngx_pickyassist_body.h"

#include "core/sandbox.h"


static ngx_int_t ngx_pickyassist_sandbox_handler(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_sandbox_endpoint(ngx_http_request_t *r,
    pa_endpoint_e *endpoint);
static void ngx_pickyassist_sandbox_body_handler(ngx_http_request_t *r);


char *
ngx_pickyassist_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_str_t                    *value;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_pickyassist_main_conf_t  *pmcf;

    if (plcf->sandbox) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 1 || ngx_strcmp(value[1].data, "enabled") == 0) {
        plcf->sandbox = NGX_PICKYASSIST_SANDBOX_ENABLED;

    } else if (ngx_strcmp(value[1].data, "disabled") == 0) {
        plcf->sandbox = NGX_PICKYASSIST_SANDBOX_DISABLED;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "it must be \"enabled\" or \"disabled\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }


    /* a prefix is the whole API, but not an endpoint itself */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->name.len
        && (clcf->exact_match
            || clcf->name.data[clcf->name.len - 1] != '/'))
    {
        plcf->sandbox_name = clcf->name;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
    pmcf->used = 1;

    return ngx_pickyassist_set_handler(cf, cmd, plcf,
                                       ngx_pickyassist_sandbox_handler);
}


ngx_int_t
ngx_pickyassist_init_sandbox(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_atomic_t  **spent = data;

    static ngx_str_t  key = ngx_string("spent");

    *spent = ngx_pickyassist_get_record(zone, NGX_PICKYASSIST_SANDBOX, &key,
                                        sizeof(ngx_atomic_t));
    if (*spent == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_sandbox_handler(ngx_http_request_t *r)
{
    ngx_int_t      rc;
    pa_endpoint_e  endpoint;

    if (ngx_pickyassist_sandbox_endpoint(r, &endpoint) != NGX_OK) {
        return NGX_HTTP_NOT_FOUND;
    }

    if (!(r->method & NGX_HTTP_POST)) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_read_client_request_body(r,
                                         ngx_pickyassist_sandbox_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/*
 * A location for just this URI, which is that of no endpoint, stands for
 * create-api-token, as it did before there were others.
 */

static ngx_int_t
ngx_pickyassist_sandbox_endpoint(ngx_http_request_t *r,
    pa_endpoint_e *endpoint)
{
    pa_str_t                     uri;
    ngx_str_t                   *name;
    ngx_pickyassist_loc_conf_t  *plcf;

    uri.data = r->uri.data;
    uri.len = r->uri.len;

    if (pa_sandbox_endpoint(&uri, endpoint) == PA_OK) {
        return NGX_OK;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);
    name = &plcf->sandbox_name;

    if (name->len == r->uri.len
        && ngx_memcmp(name->data, r->uri.data, name->len) == 0)
    {
        *endpoint = PA_ENDPOINT_CREATE_API_TOKEN;
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static void
ngx_pickyassist_sandbox_body_handler(ngx_http_request_t *r)
{
    int64_t                       cost;
    ngx_uint_t                    i;
    pa_str_t                      body, reply;
    pa_pool_t                     pool;
    pa_sandbox_t                  sandbox;
    ngx_pickyassist_loc_conf_t   *plcf;
    ngx_pickyassist_main_conf_t  *pmcf;

    static ngx_str_t  type = ngx_string("application/json");
    static ngx_str_t  charset = ngx_null_string;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);
    pmcf = ngx_http_get_module_main_conf(r, ngx_pickyassist_module);

    ngx_pickyassist_init_pool(&pool, r->pool);

    ngx_memzero(&sandbox, sizeof(pa_sandbox_t));

    (void) ngx_pickyassist_sandbox_endpoint(r, &sandbox.endpoint);

    for (i = 0; i < PA_TOKEN_COUNT; i++) {
        if (plcf->secrets[i]) {
            sandbox.tokens[i].data = plcf->secrets[i]->token.data;
            sandbox.tokens[i].len = plcf->secrets[i]->token.len;
        }
    }

    sandbox.spent = (int64_t) *pmcf->sandbox_spent;
    sandbox.now = ngx_time();
    sandbox.disabled =
                  (plcf->sandbox == NGX_PICKYASSIST_SANDBOX_DISABLED);

    if (ngx_pickyassist_request_body(r, 0, &body) != NGX_OK
        || pa_sandbox_reply(&pool, &sandbox, &body, &reply, &cost) != PA_OK)
    {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    (void) ngx_atomic_fetch_add(pmcf->sandbox_spent,
                                (ngx_atomic_int_t) cost);

    ngx_http_finalize_request(r, ngx_pickyassist_send_text(r, &type, &charset,
                                                           &reply));
}
