
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_upstream.h"
#include "ngx_pickyassist_peer.h"
#include "ngx_pickyassist_upstream_request.h"
#include "ngx_pickyassist_upstream_reply.h"
#include "ngx_pickyassist_upstream_body.h"


static ngx_int_t ngx_pickyassist_reinit_request(ngx_http_request_t *r);
static void ngx_pickyassist_abort_request(ngx_http_request_t *r);
static void ngx_pickyassist_finalize_request(ngx_http_request_t *r,
    ngx_int_t rc);
static void ngx_pickyassist_wipe_sent(ngx_http_upstream_t *u);
static void ngx_pickyassist_wipe_exchange(void *data);


void
ngx_pickyassist_forward(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_upstream_t         *u;
    ngx_pickyassist_pass_t      *pass;
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);
    pass = plcf->pass;

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL || ngx_http_upstream_create(r) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    u = r->upstream;

    ngx_str_set(&u->schema, "http://");

    if (pass->ssl) {
        ngx_str_set(&u->schema, "https://");
        u->ssl = 1;
    }

    u->output.tag = (ngx_buf_tag_t) &ngx_pickyassist_module;
    u->conf = &plcf->upstream;

    u->create_request = ngx_pickyassist_create_request;
    u->reinit_request = ngx_pickyassist_reinit_request;
    u->process_header = ngx_pickyassist_process_header;
    u->abort_request = ngx_pickyassist_abort_request;
    u->finalize_request = ngx_pickyassist_finalize_request;

    u->input_filter_init = ngx_pickyassist_input_filter_init;
    u->input_filter = ngx_pickyassist_input_filter;
    u->input_filter_ctx = ctx;

    ngx_pickyassist_reset_reply(ctx);
    r->state = 0;

    ctx->upstream = u;

    cln->handler = ngx_pickyassist_wipe_exchange;
    cln->data = ctx;

    ctx->state = ngx_pickyassist_held;

    ngx_pickyassist_connect(r);
}


static ngx_int_t
ngx_pickyassist_reinit_request(ngx_http_request_t *r)
{
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    ngx_pickyassist_reset_reply(ctx);
    r->state = 0;

    return NGX_OK;
}


static void
ngx_pickyassist_abort_request(ngx_http_request_t *r)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "abort pickyassist request");
}


static void
ngx_pickyassist_finalize_request(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_upstream_t    *u;
    ngx_pickyassist_ctx_t  *ctx;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "finalize pickyassist request: %i", rc);

    u = r->upstream;

    /* a filter that ends the request takes its contexts away before this */

    ctx = u->input_filter_ctx;

    ngx_pickyassist_count_duration(ctx->counters,
                                   ngx_current_msec - ctx->start);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

        if (u->header_sent) {
            ctx->failure = rc;

        } else {
            ngx_pickyassist_fail(ctx, rc);
        }

    } else if (rc == NGX_OK && r->header_only) {

        /* a mirrored request, or a "post_action": nginx has read the head */

        ngx_pickyassist_lose(r, ctx);
    }

    /* the request lives on until its client has read the response */

    ngx_pickyassist_wipe_request(ctx);

    ngx_pickyassist_wipe_sent(u);
}


/* before encryption, nginx copies what it sends to the connection's buf */

static void
ngx_pickyassist_wipe_sent(ngx_http_upstream_t *u)
{
    size_t             size, sent;
    ngx_buf_t         *b;
    ngx_chain_t       *cl;
    ngx_connection_t  *c;

    c = u->peer.connection;

    if (c == NULL || c->ssl == NULL || c->ssl->buf == NULL) {
        return;
    }

    /* it is filled from its start, again and again */

    sent = 0;

    for (cl = u->request_bufs; cl; cl = cl->next) {
        sent += cl->buf->last - cl->buf->start;
    }

    b = c->ssl->buf;
    size = b->end - b->start;

    ngx_explicit_memzero(b->start, ngx_min(size, sent));
}


static void
ngx_pickyassist_wipe_exchange(void *data)
{
    ngx_pickyassist_wipe_request(data);
    ngx_pickyassist_wipe_reply(data);
}
