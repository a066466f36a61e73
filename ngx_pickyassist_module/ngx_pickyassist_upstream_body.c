
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_upstream_body.h"
#include "ngx_pickyassist_log.h"


static ngx_int_t ngx_pickyassist_input_chunked(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_pickyassist_parse_chunk(ngx_http_request_t *r,
    ngx_buf_t *b, ngx_http_chunked_t *chunked_ctx);
static void ngx_pickyassist_stop_reading(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_append(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, u_char *data, size_t len);


/* how much of the buffer is to be wiped: most replies fill little of it */

void
ngx_pickyassist_note_received(ngx_pickyassist_ctx_t *ctx, u_char *last)
{
    size_t  received;

    ngx_pickyassist_assert(last <= ctx->upstream->buffer.end);

    received = last - ctx->upstream->buffer.start;
    ctx->received = ngx_max(ctx->received, received);
}


/* RFC 9112 section 6.3 */

ngx_int_t
ngx_pickyassist_input_filter_init(void *data)
{
    ngx_pickyassist_ctx_t  *ctx = data;

    ngx_http_upstream_t      *u;
    ngx_pickyassist_reply_t  *reply;

    u = ctx->upstream;
    reply = &ctx->reply;

    if (reply->status.code == NGX_HTTP_NO_CONTENT
        || reply->status.code == NGX_HTTP_NOT_MODIFIED)
    {
        u->length = 0;

        /* a body that should not be there may come even so, and unread */

        if (reply->chunked || reply->content_length > 0) {
            reply->close = 1;
        }

    } else if (reply->chunked) {
        u->length = 1;

    } else {
        u->length = reply->content_length;
    }

    if (u->length == 0) {
        u->keepalive = !reply->close;
    }

    if (u->length > (off_t) ctx->plcf->max_response_size) {
        reply->too_large = 1;
        ngx_pickyassist_stop_reading(ctx->r);
    }

    return NGX_OK;
}


ngx_int_t
ngx_pickyassist_input_filter(void *data, ssize_t bytes)
{
    ngx_pickyassist_ctx_t  *ctx = data;

    ngx_buf_t             b;
    ngx_http_request_t   *r;
    ngx_http_upstream_t  *u;

    r = ctx->r;
    u = ctx->upstream;

    ngx_pickyassist_note_received(ctx, u->buffer.last + bytes);

    if (u->length == 0) {

        if (!ctx->reply.too_large) {
            ngx_pickyassist_log_upstream(NGX_LOG_WARN, r, "sent surplus bytes");
        }

        u->keepalive = 0;

        return NGX_OK;
    }

    ngx_memzero(&b, sizeof(ngx_buf_t));

    b.pos = u->buffer.last;
    b.last = u->buffer.last + bytes;

    if (ctx->reply.chunked) {
        return ngx_pickyassist_input_chunked(r, ctx, &b);
    }

    if (u->length == -1) {
        return ngx_pickyassist_append(r, &ctx->reply, b.pos, bytes);
    }

    if (bytes > u->length) {
        ngx_pickyassist_log_upstream(NGX_LOG_WARN, r, "sent surplus bytes");
        bytes = (ssize_t) u->length;
        ctx->reply.close = 1;
    }

    u->length -= bytes;

    if (u->length == 0) {
        u->keepalive = !ctx->reply.close;
    }

    return ngx_pickyassist_append(r, &ctx->reply, b.pos, bytes);
}


static ngx_int_t
ngx_pickyassist_input_chunked(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, ngx_buf_t *b)
{
    size_t                    len;
    ngx_int_t                 rc;
    ngx_http_upstream_t      *u;
    ngx_pickyassist_reply_t  *reply;

    u = r->upstream;
    reply = &ctx->reply;

    for ( ;; ) {
        rc = ngx_pickyassist_parse_chunk(r, b, &reply->chunked_ctx);

        if (rc != NGX_OK) {
            break;
        }

        len = b->last - b->pos;

        if ((off_t) len > reply->chunked_ctx.size) {
            len = (size_t) reply->chunked_ctx.size;
        }

        if (ngx_pickyassist_append(r, reply, b->pos, len) != NGX_OK) {
            return NGX_ERROR;
        }

        if (reply->too_large) {
            return NGX_OK;
        }

        b->pos += len;
        reply->chunked_ctx.size -= len;
    }

    if (rc == NGX_AGAIN) {
        return NGX_OK;
    }

    if (rc == NGX_DONE && b->pos == b->last) {
        u->length = 0;
        u->keepalive = !reply->close;
        return NGX_OK;
    }

    if (rc == NGX_DONE) {
        ngx_pickyassist_log_upstream(NGX_LOG_WARN, r, "sent surplus bytes");

    } else {
        ngx_pickyassist_log_upstream(NGX_LOG_ERR, r, "sent an invalid chunk");
        reply->cut_short = 1;
    }

    ngx_pickyassist_stop_reading(r);

    return NGX_OK;
}


/*
 * nginx logs one byte of what it parses, and of a reply in small pieces that
 * may be every byte.
 */

static ngx_int_t
ngx_pickyassist_parse_chunk(ngx_http_request_t *r, ngx_buf_t *b,
    ngx_http_chunked_t *chunked_ctx)
{
    ngx_int_t   rc;
    ngx_log_t  *log;
    ngx_uint_t  level;

    log = r->connection->log;
    level = log->log_level;

    log->log_level &= ~NGX_LOG_DEBUG_HTTP;

    rc = ngx_pickyassist_parse_chunked(r, b, chunked_ctx);

    log->log_level = level;

    return rc;
}


static void
ngx_pickyassist_stop_reading(ngx_http_request_t *r)
{
    r->upstream->length = 0;
    r->upstream->keepalive = 0;
}


/* a body that came with the head in one piece is used where it is */

static ngx_int_t
ngx_pickyassist_append(ngx_http_request_t *r, ngx_pickyassist_reply_t *reply,
    u_char *data, size_t len)
{
    size_t                       size;
    u_char                      *body;
    ngx_pickyassist_loc_conf_t  *plcf;

    if (reply->body == NULL && r->upstream->length == 0 && !reply->chunked) {
        reply->body = data;
        reply->len = len;
        return NGX_OK;
    }

    if (len == 0) {
        return NGX_OK;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (len > plcf->max_response_size - reply->len) {
        reply->too_large = 1;
        ngx_pickyassist_stop_reading(r);
        return NGX_OK;
    }

    if (reply->body == NULL || len > reply->size - reply->len) {

        size = ngx_max(2 * reply->size, reply->len + len);
        size = ngx_max(size, ngx_pagesize / 4);

        if (reply->content_length != -1) {
            size = (size_t) reply->content_length;
        }

        body = ngx_pnalloc(r->pool, size);
        if (body == NULL) {
            return NGX_ERROR;
        }

        if (reply->body) {
            ngx_memcpy(body, reply->body, reply->len);
            ngx_explicit_memzero(reply->body, reply->size);
        }

        reply->body = body;
        reply->size = size;
    }

    ngx_memcpy(reply->body + reply->len, data, len);
    reply->len += len;

    ngx_pickyassist_assert(reply->len <= reply->size);
    ngx_pickyassist_assert(reply->len <= plcf->max_response_size);

    return NGX_OK;
}


void
ngx_pickyassist_wipe_reply(ngx_pickyassist_ctx_t *ctx)
{
    if (ctx->received) {
        ngx_explicit_memzero(ctx->upstream->buffer.start, ctx->received);
    }

    if (ctx->reply.size) {
        ngx_explicit_memzero(ctx->reply.body, ctx->reply.size);
    }
}
