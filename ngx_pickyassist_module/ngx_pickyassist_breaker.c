
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_breaker.h"


static ngx_int_t ngx_pickyassist_ask_breaker(ngx_pickyassist_ctx_t *ctx,
    uint64_t *left);
static int ngx_pickyassist_probe_is_alive(void *data, uint64_t id);
static void ngx_pickyassist_log_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);
static void ngx_pickyassist_end_probe(void *data);


/* one breaker per URL */

ngx_int_t
ngx_pickyassist_init_breakers(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_pickyassist_main_conf_t  *pmcf = data;

    ngx_str_t                    *name;
    ngx_uint_t                    i;
    ngx_pickyassist_loc_conf_t  **plcfp;

    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {

        if (plcfp[i]->disabled_ttl == 0) {
            continue;
        }

        name = &plcfp[i]->pass->name;

        plcfp[i]->breaker = ngx_pickyassist_get_record(zone,
                                                   NGX_PICKYASSIST_BREAKER,
                                                   name, sizeof(pa_breaker_t));
        if (plcfp[i]->breaker == NULL) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                          "\"pickyassist_zone\" is too small for the circuit "
                          "breaker of \"%V\"", name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_pickyassist_breaker_gate(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    uint64_t       left;
    pa_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    if (breaker == NULL || pa_breaker_is_closed(breaker, &ctx->breaker_pass)) {
        ctx->breaker_state = ngx_pickyassist_closed;
        return NGX_OK;
    }

    switch (ngx_pickyassist_ask_breaker(ctx, &left)) {

    case NGX_OK:
        return NGX_OK;

    case NGX_DECLINED:

        /* the answer that the upstream would give, without asking it */

        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;
        ctx->retry_after = ngx_pickyassist_seconds(left);
        return NGX_DECLINED;

    default: /* NGX_ERROR */
        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_pickyassist_ask_breaker(ngx_pickyassist_ctx_t *ctx, uint64_t *left)
{
    ngx_pool_cleanup_t  *cln;
    pa_breaker_asker_t   asker;

    /* before there may be something to clean up */

    cln = ngx_pool_cleanup_add(ctx->r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    asker.now = ngx_pickyassist_clock();
    asker.id = ngx_pickyassist_own_id(&ctx->pmcf->zone);
    asker.is_alive = ngx_pickyassist_probe_is_alive;
    asker.data = &ctx->pmcf->zone;

    switch (pa_breaker_ask(ctx->plcf->breaker, &asker, &ctx->breaker_pass,
                           left))
    {

    case PA_BREAKER_CLOSED:
        ctx->breaker_state = ngx_pickyassist_closed;
        return NGX_OK;

    case PA_BREAKER_PROBE:
        ctx->breaker_state = ngx_pickyassist_half_open;

        cln->handler = ngx_pickyassist_end_probe;
        cln->data = ctx;

        return NGX_OK;

    case PA_BREAKER_HALF_OPEN:
        ctx->breaker_state = ngx_pickyassist_half_open;
        return NGX_DECLINED;

    default: /* PA_BREAKER_OPEN */
        ctx->breaker_state = ngx_pickyassist_open;
        return NGX_DECLINED;
    }
}


static int
ngx_pickyassist_probe_is_alive(void *data, uint64_t id)
{
    return ngx_pickyassist_is_alive(data, id);
}


void
ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome)
{
    int            changed;
    uint64_t       until;
    pa_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    if (breaker == NULL) {
        return;
    }

    if (outcome == PA_OUTCOME_ENDPOINT_DISABLED) {
        until = ngx_pickyassist_clock()
                + ctx->plcf->disabled_ttl * NGX_PICKYASSIST_MSEC;

        changed = pa_breaker_disabled(breaker, &ctx->breaker_pass, until);

    } else {
        changed = pa_breaker_works(breaker, &ctx->breaker_pass);
    }

    if (changed) {
        ngx_pickyassist_log_breaker(ctx, outcome);
    }

    ngx_pickyassist_release_probe(ctx);
}


/* that an endpoint stays disabled is no news, or not to those who are paged */

static void
ngx_pickyassist_log_breaker(ngx_pickyassist_ctx_t *ctx, pa_outcome_e outcome)
{
    ngx_log_t   *log;
    ngx_str_t    id, *name;
    ngx_uint_t   level, anew;

    log = ctx->r->connection->log;
    name = &ctx->plcf->pass->name;

    if (ngx_pickyassist_request_id(ctx->r, &id) != NGX_OK) {
        ngx_str_set(&id, "-");
    }

    if (outcome != PA_OUTCOME_ENDPOINT_DISABLED) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "pickyassist: circuit breaker of \"%V\" is closed: the "
                      "vendor's endpoint works again, request id %V",
                      name, &id);
        return;
    }

    anew = (ctx->breaker_pass.probe != 0);
    level = anew ? NGX_LOG_NOTICE : NGX_LOG_ERR;

    ngx_log_error(level, log, 0,
                  "pickyassist: circuit breaker of \"%V\" is open for %M "
                  "seconds%s: the vendor has disabled the endpoint, "
                  "request id %V",
                  name, (ctx->plcf->disabled_ttl + 999) / 1000,
                  anew ? " more" : "", &id);
}


/* it was settled before, lest a second probe slips in between */

void
ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx)
{
    ngx_pickyassist_assert(ctx->breaker_pass.probe == 0
                 || ctx->breaker_pass.probe == ctx->plcf->breaker->probe);

    (void) pa_breaker_release(ctx->plcf->breaker, &ctx->breaker_pass);
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
        if (plcfp[i]->breaker && pa_breaker_is_open(plcfp[i]->breaker)) {
            metrics->endpoints[plcfp[i]->endpoint].disabled = 1;
        }
    }
}
