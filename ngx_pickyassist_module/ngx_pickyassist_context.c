
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_context.h"

#include <openssl/rand.h>


/* random bytes of a request id */
#define NGX_PICKYASSIST_REQUEST_ID  16


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

    ngx_pickyassist_assert((ngx_atomic_int_t)
                           ngx_pickyassist_own_slot()->in_flight > 0);

    ctx->in_flight = 0;
    ngx_pickyassist_own_slot()->in_flight--;

    /* the client was gone, or the request would have been counted */

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


/*
 * The value of $request_id.  If nobody has asked for it before, it is made
 * here as nginx would make it, but from random bytes fetched for many requests
 * at once: one by one they cost more than all else that is done for an answer.
 */

ngx_int_t
ngx_pickyassist_request_id(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_http_variable_value_t    *vv;
    ngx_pickyassist_main_conf_t  *pmcf;

    static u_char  random[256 * NGX_PICKYASSIST_REQUEST_ID];
    static size_t  left;

    pmcf = ngx_http_get_module_main_conf(r, ngx_pickyassist_module);
    vv = &r->variables[pmcf->request_id];

    if (!vv->valid) {

        if (left == 0) {
            if (RAND_bytes(random, sizeof(random)) != 1) {
                ngx_ssl_error(NGX_LOG_ERR, r->connection->log, 0,
                              "RAND_bytes() failed");
                return NGX_ERROR;
            }

            left = sizeof(random);
        }

        vv->data = ngx_pnalloc(r->pool, 2 * NGX_PICKYASSIST_REQUEST_ID);
        if (vv->data == NULL) {
            return NGX_ERROR;
        }

        left -= NGX_PICKYASSIST_REQUEST_ID;

        ngx_hex_dump(vv->data, random + left, NGX_PICKYASSIST_REQUEST_ID);

        vv->len = 2 * NGX_PICKYASSIST_REQUEST_ID;
        vv->valid = 1;
        vv->no_cacheable = 0;
        vv->not_found = 0;
    }

    id->data = vv->data;
    id->len = vv->len;

    return NGX_OK;
}
