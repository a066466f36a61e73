
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_context.h"


static void ngx_pickyassist_cleanup(void *data);


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

    ctx->counters = ctx->pmcf->counters.endpoints[ctx->plcf->endpoint];

    ctx->project_id = NGX_PICKYASSIST_NONE;
    ctx->nips = NGX_PICKYASSIST_NONE;
    ctx->recipients = NGX_PICKYASSIST_NONE;
    ctx->accepted = NGX_PICKYASSIST_NONE;
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


static void
ngx_pickyassist_cleanup(void *data)
{
    ngx_pickyassist_leave(data);
}


void
ngx_pickyassist_enter(ngx_pickyassist_ctx_t *ctx)
{
    ctx->in_flight = 1;
    ngx_pickyassist_own_slot()->in_flight++;
}


void
ngx_pickyassist_leave(ngx_pickyassist_ctx_t *ctx)
{
    if (!ctx->in_flight) {
        return;
    }

    ctx->in_flight = 0;
    ngx_pickyassist_own_slot()->in_flight--;

    /* nobody was there to be answered, or it would have been counted */

    ngx_pickyassist_count_outcome(ctx, PA_OUTCOME_HTTP_ERROR);
}


void
ngx_pickyassist_count_outcome(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome)
{
    if (ctx->counted) {
        return;
    }

    ctx->counted = 1;
    ctx->outcome = outcome;

    ngx_pickyassist_count(ctx->counters->requests[outcome], 1);
}
