
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_sandbox.h"
#include "ngx_pickyassist_body.h"

#include "core/sandbox.h"


static ngx_int_t ngx_pickyassist_sandbox_handler(ngx_http_request_t *r);
static void ngx_pickyassist_sandbox_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_sandbox_reply(ngx_http_request_t *r,
    pa_str_t *reply);


char *
ngx_pickyassist_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_str_t  *value;

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

    plcf->sandbox_file = cf->conf_file->file.name.data;
    plcf->sandbox_line = cf->conf_file->line;

    return ngx_pickyassist_set_handler(cf, cmd, plcf,
                                       ngx_pickyassist_sandbox_handler);
}


static ngx_int_t
ngx_pickyassist_sandbox_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

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


static void
ngx_pickyassist_sandbox_body_handler(ngx_http_request_t *r)
{
    int64_t                      cost;
    pa_str_t                     body, reply;
    pa_pool_t                    pool;
    ngx_uint_t                   i;
    pa_sandbox_t                 sandbox;
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    ngx_pickyassist_init_pool(&pool, r->pool);

    ngx_memzero(&sandbox, sizeof(pa_sandbox_t));

    sandbox.endpoint = PA_ENDPOINT_CREATE_API_TOKEN;

    for (i = 0; i < PA_TOKEN_COUNT; i++) {
        if (plcf->secrets[i]) {
            sandbox.tokens[i].data = plcf->secrets[i]->token.data;
            sandbox.tokens[i].len = plcf->secrets[i]->token.len;
        }
    }

    sandbox.now = ngx_time();
    sandbox.disabled =
                  (plcf->sandbox == NGX_PICKYASSIST_SANDBOX_DISABLED);

    if (ngx_pickyassist_request_body(r, &body) != NGX_OK
        || pa_sandbox_reply(&pool, &sandbox, &body, &reply, &cost) != PA_OK)
    {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_finalize_request(r, ngx_pickyassist_sandbox_reply(r, &reply));
}


static ngx_int_t
ngx_pickyassist_sandbox_reply(ngx_http_request_t *r, pa_str_t *reply)
{
    ngx_str_t                 type;
    ngx_http_complex_value_t  cv;

    ngx_str_set(&type, "application/json");

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = (u_char *) reply->data;
    cv.value.len = reply->len;

    return ngx_http_send_response(r, NGX_HTTP_OK, &type, &cv);
}
