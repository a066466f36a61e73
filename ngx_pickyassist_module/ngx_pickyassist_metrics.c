
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_metrics.h"
#include "ngx_pickyassist_answer.h"
#include "ngx_pickyassist_version.h"


static ngx_int_t ngx_pickyassist_status_handler(ngx_http_request_t *r);


char *
ngx_pickyassist_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_str_t                    *value;
    ngx_pickyassist_main_conf_t  *pmcf;

    if (plcf->status) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 1 || ngx_strcmp(value[1].data, "prometheus") == 0) {
        plcf->status = NGX_PICKYASSIST_STATUS_PROMETHEUS;

    } else if (ngx_strcmp(value[1].data, "json") == 0) {
        plcf->status = NGX_PICKYASSIST_STATUS_JSON;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "it must be \"prometheus\" or \"json\"",
                           &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
    pmcf->used = 1;

    return ngx_pickyassist_set_handler(cf, cmd, plcf,
                                       ngx_pickyassist_status_handler);
}


static ngx_int_t
ngx_pickyassist_status_handler(ngx_http_request_t *r)
{
    int                           rc;
    pa_str_t                      text;
    pa_pool_t                     pool;
    ngx_str_t                     type, charset;
    pa_metrics_t                  metrics;
    ngx_pickyassist_loc_conf_t   *plcf;
    ngx_pickyassist_main_conf_t  *pmcf;

    static ngx_str_t  allow = ngx_string("GET, HEAD");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_pickyassist_add_header(r, "Allow", &allow) == NGX_OK
               ? NGX_HTTP_NOT_ALLOWED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);
    pmcf = ngx_http_get_module_main_conf(r, ngx_pickyassist_module);

    ngx_pickyassist_init_pool(&pool, r->pool);

    ngx_pickyassist_snapshot(&pmcf->zone, &pmcf->counters, &metrics);
    ngx_pickyassist_snapshot_breakers(pmcf, &metrics);

    metrics.version = NGX_PICKYASSIST_VERSION;
    metrics.server_version = NGINX_VERSION;

    if (plcf->status == NGX_PICKYASSIST_STATUS_JSON) {
        ngx_str_set(&type, "application/json");
        ngx_str_null(&charset);
        rc = pa_metrics_json(&pool, &metrics, &text);

    } else {
        ngx_str_set(&type, "text/plain; version=0.0.4");
        ngx_str_set(&charset, "utf-8");
        rc = pa_metrics_prometheus(&pool, &metrics, &text);
    }

    if (rc != PA_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_pickyassist_send_text(r, &type, &charset, &text);
}
