
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_breaker.h"


struct ngx_pickyassist_breaker_s {
    ngx_atomic_t                  until;
    ngx_atomic_t                  probe;
};


static ngx_int_t ngx_pickyassist_init_breaker(ngx_pickyassist_zone_t *zone,
    ngx_pool_t *pool, ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_breaker_url(ngx_pool_t *pool,
    ngx_pickyassist_pass_t *pass, ngx_str_t *url);
static ngx_int_t ngx_pickyassist_check_breaker(ngx_pickyassist_ctx_t *ctx,
    ngx_msec_t *left);
static ngx_int_t ngx_pickyassist_take_probe(ngx_pickyassist_ctx_t *ctx,
    ngx_pickyassist_breaker_t *breaker);
static void ngx_pickyassist_end_probe(void *data);


/* one breaker per URL; those of URLs no longer configured stay as they are */

ngx_int_t
ngx_pickyassist_init_breakers(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_pickyassist_main_conf_t  *pmcf = data;

    ngx_int_t                     rc;
    ngx_uint_t                    i;
    ngx_pool_t                   *pool;
    ngx_pickyassist_loc_conf_t  **plcfp;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, zone->shm_zone->shm.log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts && rc == NGX_OK; i++) {
        if (plcfp[i]->disabled_ttl) {
            rc = ngx_pickyassist_init_breaker(zone, pool, plcfp[i]);
        }
    }

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_int_t
ngx_pickyassist_init_breaker(ngx_pickyassist_zone_t *zone, ngx_pool_t *pool,
    ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_str_t  url;

    if (ngx_pickyassist_breaker_url(pool, plcf->pass, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    plcf->breaker = ngx_pickyassist_get_record(zone, NGX_PICKYASSIST_BREAKER,
                                            &url,
                                            sizeof(ngx_pickyassist_breaker_t));
    if (plcf->breaker == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small for the circuit "
                      "breaker of \"%V\"", &url);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_breaker_url(ngx_pool_t *pool, ngx_pickyassist_pass_t *pass,
    ngx_str_t *url)
{
    u_char     *p;
    ngx_str_t  *host;

    host = &pass->host_header;

    url->data = ngx_pnalloc(pool, sizeof("https://unix::") + pass->path.len
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


ngx_int_t
ngx_pickyassist_breaker_gate(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    ngx_int_t   rc;
    ngx_msec_t  left;

    rc = ngx_pickyassist_check_breaker(ctx, &left);

    if (rc == NGX_DECLINED) {

        /* the answer that the upstream would give, without asking it */

        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;
        ctx->retry_after = ngx_max((left + 999) / 1000, 1);
    }

    return rc;
}


static ngx_int_t
ngx_pickyassist_check_breaker(ngx_pickyassist_ctx_t *ctx, ngx_msec_t *left)
{
    ngx_int_t                   rc;
    ngx_atomic_uint_t           until;
    ngx_pickyassist_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    for ( ;; ) {
        until = breaker ? breaker->until : 0;

        if (until == 0) {
            ctx->breaker_state = ngx_pickyassist_closed;
            return NGX_OK;
        }

        if ((ngx_msec_int_t) (until - ngx_current_msec) > 0) {
            ctx->breaker_state = ngx_pickyassist_open;
            *left = until - ngx_current_msec;
            return NGX_DECLINED;
        }

        ctx->breaker_state = ngx_pickyassist_half_open;
        *left = 0;

        rc = ngx_pickyassist_take_probe(ctx, breaker);

        if (rc != NGX_OK) {
            return rc;
        }

        if (breaker->until == until) {
            ctx->probe = 1;
            return NGX_OK;
        }

        /* another probe has settled it since the time was read */

        breaker->probe = 0;
    }
}


static ngx_int_t
ngx_pickyassist_take_probe(ngx_pickyassist_ctx_t *ctx,
    ngx_pickyassist_breaker_t *breaker)
{
    ngx_atomic_uint_t        probe;
    ngx_pool_cleanup_t      *cln;
    ngx_pickyassist_zone_t  *zone;

    zone = &ctx->pmcf->zone;
    probe = breaker->probe;

    if (ngx_pickyassist_is_alive(zone, probe)) {
        return NGX_DECLINED;
    }

    cln = ngx_pool_cleanup_add(ctx->r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_pickyassist_end_probe;
    cln->data = ctx;

    return ngx_atomic_cmp_set(&breaker->probe, probe,
                              ngx_pickyassist_own_id(zone))
           ? NGX_OK : NGX_DECLINED;
}


void
ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome)
{
    ngx_msec_t                  until;
    ngx_pickyassist_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    if (breaker == NULL) {
        return;
    }

    if (outcome == PA_OUTCOME_ENDPOINT_DISABLED) {
        until = ngx_current_msec + ctx->plcf->disabled_ttl;
        breaker->until = until ? until : 1;             /* 0: closed */

    } else if (ctx->probe) {
        breaker->until = 0;
    }

    ngx_pickyassist_release_probe(ctx);
}


/* "until" was settled before, lest a second probe slips in between */

void
ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx)
{
    if (ctx->probe) {
        ngx_pickyassist_assert(ctx->plcf->breaker->probe
                             == ngx_pickyassist_own_id(&ctx->pmcf->zone));

        ctx->probe = 0;
        ngx_memory_barrier();
        ctx->plcf->breaker->probe = 0;
    }
}


static void
ngx_pickyassist_end_probe(void *data)
{
    ngx_pickyassist_release_probe(data);
}


void
ngx_pickyassist_snapshot_breakers(ngx_pickyassist_main_conf_t *pmcf,
    pa_metrics_t *metrics)
{
    ngx_uint_t                    i;
    ngx_pickyassist_loc_conf_t  **plcfp;

    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {
        if (plcfp[i]->breaker && plcfp[i]->breaker->until) {
            metrics->endpoints[plcfp[i]->endpoint].disabled = 1;
        }
    }
}
