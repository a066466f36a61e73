
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_require.h"


char *
ngx_pickyassist_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *cv;

    if (plcf->requires == NGX_CONF_UNSET_PTR) {
        plcf->requires = ngx_array_create(cf->pool, 2,
                                          sizeof(ngx_http_complex_value_t));
        if (plcf->requires == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        cv = ngx_array_push(plcf->requires);
        if (cv == NULL) {
            return NGX_CONF_ERROR;
        }

        if (ngx_pickyassist_compile_value(cf, &value[i], cv) != NGX_OK) {
            return "has an invalid value";
        }
    }

    return NGX_CONF_OK;
}


/* see ngx_http_test_predicates() */

ngx_int_t
ngx_pickyassist_require_gate(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    ngx_str_t                  text;
    ngx_uint_t                 i;
    ngx_array_t               *requires;
    ngx_http_complex_value_t  *cv;

    requires = ctx->plcf->requires;

    if (requires == NULL) {
        return NGX_OK;
    }

    cv = requires->elts;

    for (i = 0; i < requires->nelts; i++) {

        if (ngx_http_complex_value(ctx->r, &cv[i], &text) != NGX_OK) {
            return NGX_ERROR;
        }

        if (text.len == 0 || (text.len == 1 && text.data[0] == '0')) {
            problem->outcome = PA_OUTCOME_NOT_ALLOWED;
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
