
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_secret.h"
#include "ngx_pickyassist_upstream_reply.h"
#include "ngx_pickyassist_log.h"

#include "core/field.h"
#include "core/media_type.h"


#define NGX_PICKYASSIST_CONTINUE      100
#define NGX_PICKYASSIST_RETRY_AFTER   sizeof("Sun, 06 Nov 1994 08:49:37 GMT")


typedef ngx_int_t (*ngx_pickyassist_field_pt)(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);

typedef struct {
    ngx_str_t                  name;
    ngx_pickyassist_field_pt   handler;
} ngx_pickyassist_field_t;


static ngx_int_t ngx_pickyassist_process_status_line(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx);
static ngx_int_t ngx_pickyassist_process_fields(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx);
static ngx_uint_t ngx_pickyassist_is_field_name(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_process_field(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply);
static ngx_int_t ngx_pickyassist_content_length(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_transfer_encoding(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_content_encoding(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_connection(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_keep_alive(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_retry_after(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value);
static ngx_int_t ngx_pickyassist_invalid_header(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, char *what);
static void ngx_pickyassist_note_received(ngx_pickyassist_ctx_t *ctx,
    u_char *last);
static ngx_int_t ngx_pickyassist_input_chunked(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, ngx_buf_t *b);
static ngx_int_t ngx_pickyassist_parse_chunk(ngx_http_request_t *r,
    ngx_buf_t *b, ngx_http_chunked_t *chunked_ctx);
static void ngx_pickyassist_stop_reading(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_append(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, u_char *data, size_t len);


/* no name is longer than NGX_HTTP_LC_HEADER_LEN, up to which nginx keeps one */

static ngx_pickyassist_field_t  ngx_pickyassist_fields[] = {
    { ngx_string("content-length"), ngx_pickyassist_content_length },
    { ngx_string("transfer-encoding"), ngx_pickyassist_transfer_encoding },
    { ngx_string("content-encoding"), ngx_pickyassist_content_encoding },
    { ngx_string("connection"), ngx_pickyassist_connection },
    { ngx_string("keep-alive"), ngx_pickyassist_keep_alive },
    { ngx_string("retry-after"), ngx_pickyassist_retry_after },
    { ngx_null_string, NULL }
};


void
ngx_pickyassist_reset_reply(ngx_pickyassist_ctx_t *ctx)
{
    ngx_memzero(&ctx->reply, sizeof(ngx_pickyassist_reply_t));

    ctx->reply.content_length = -1;
    ctx->reply.keep_alive = -1;
}


ngx_int_t
ngx_pickyassist_process_header(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_upstream_t    *u;
    ngx_pickyassist_ctx_t  *ctx;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    ngx_pickyassist_note_received(ctx, u->buffer.last);

    /* whoever answers before the request, or in plain text before TLS, lies */

    if (!u->request_sent || (u->ssl && u->peer.connection->ssl == NULL)) {
        u->buffer.pos = u->buffer.start;
        u->buffer.last = u->buffer.start;

        return ngx_pickyassist_invalid_header(r, ctx, "a premature response");
    }

    for ( ;; ) {

        if (!ctx->reply.status_done) {
            rc = ngx_pickyassist_process_status_line(r, ctx);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        rc = ngx_pickyassist_process_fields(r, ctx);

        if (rc != NGX_OK || ctx->reply.status.code / 100 != 1) {
            return rc;
        }

        if (ctx->reply.status.code == NGX_HTTP_SWITCHING_PROTOCOLS) {
            return ngx_pickyassist_invalid_header(r, ctx,
                                                  "an unasked-for upgrade");
        }

        /* an interim response: the one that counts follows */

        ngx_pickyassist_reset_reply(ctx);
        r->state = 0;
    }
}


static ngx_int_t
ngx_pickyassist_process_status_line(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_http_upstream_t      *u;
    ngx_pickyassist_reply_t  *reply;

    u = r->upstream;
    reply = &ctx->reply;

    rc = ngx_http_parse_status_line(r, &u->buffer, &reply->status);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc == NGX_ERROR || reply->status.code < NGX_PICKYASSIST_CONTINUE) {
        return ngx_pickyassist_invalid_header(r, ctx, "no valid status line");
    }

    reply->status_done = 1;
    reply->close = (reply->status.http_version < NGX_HTTP_VERSION_11);

    u->headers_in.status_n = reply->status.code;

    if (u->state) {
        u->state->status = reply->status.code;
    }

    return NGX_OK;
}


/* NGX_OK: the header section is complete */

static ngx_int_t
ngx_pickyassist_process_fields(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx)
{
    ngx_int_t                 rc;
    ngx_pickyassist_reply_t  *reply;

    reply = &ctx->reply;

    for ( ;; ) {
        rc = ngx_http_parse_header_line(r, &r->upstream->buffer, 1);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (rc == NGX_HTTP_PARSE_HEADER_DONE) {
            break;
        }

        if (rc != NGX_OK
            || (r->invalid_header && !ngx_pickyassist_is_field_name(r)))
        {
            return ngx_pickyassist_invalid_header(r, ctx, "an invalid header");
        }

        if (r->invalid_header) {
            continue;
        }

        rc = ngx_pickyassist_process_field(r, reply);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            return ngx_pickyassist_invalid_header(r, ctx,
                               "an invalid header that frames the response");
        }
    }

    if (reply->chunked
        && (reply->content_length != -1
            || reply->status.http_version < NGX_HTTP_VERSION_11))
    {
        return ngx_pickyassist_invalid_header(r, ctx,
                                         "an ambiguously framed response");
    }

    return NGX_OK;
}


/*
 * nginx's parser has doubts about every name of other characters than letters,
 * digits and hyphens, and keeps no lower-case copy of it.  None of those that
 * matter here is such a name.  What is no name at all, the core would pass
 * over, and a parser behind might not.
 */

static ngx_uint_t
ngx_pickyassist_is_field_name(ngx_http_request_t *r)
{
    pa_str_t  name;

    name.data = r->header_name_start;
    name.len = r->header_name_end - r->header_name_start;

    return pa_field_is_name(&name);
}


static ngx_int_t
ngx_pickyassist_process_field(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply)
{
    size_t                    len;
    ngx_str_t                 value;
    ngx_pickyassist_field_t  *field;

    len = r->header_name_end - r->header_name_start;

    value.data = r->header_start;
    value.len = r->header_end - r->header_start;

    for (field = ngx_pickyassist_fields; field->name.len; field++) {

        if (field->name.len == len
            && ngx_memcmp(field->name.data, r->lowcase_header, len) == 0)
        {
            return field->handler(r, reply, &value);
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED from these: the response cannot be trusted to end anywhere */

static ngx_int_t
ngx_pickyassist_content_length(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    if (reply->content_length != -1) {
        return NGX_DECLINED;
    }

    reply->content_length = ngx_atoof(value->data, value->len);

    return reply->content_length == NGX_ERROR ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_pickyassist_transfer_encoding(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    if (reply->chunked
        || value->len != sizeof("chunked") - 1
        || ngx_strncasecmp(value->data, (u_char *) "chunked",
                           sizeof("chunked") - 1)
           != 0)
    {
        return NGX_DECLINED;
    }

    reply->chunked = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_content_encoding(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    pa_str_t  text;

    text.data = value->data;
    text.len = value->len;

    if (pa_content_is_encoded(&text)) {
        reply->compressed = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_connection(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    if (ngx_strlcasestrn(value->data, value->data + value->len,
                         (u_char *) "close", 5 - 1)
        != NULL)
    {
        reply->close = 1;
    }

    return NGX_OK;
}


/* of several, the least is believed */

static ngx_int_t
ngx_pickyassist_keep_alive(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    int64_t   seconds;
    pa_str_t  text;

    text.data = value->data;
    text.len = value->len;

    seconds = pa_field_keep_alive(&text);

    if (seconds != -1
        && (reply->keep_alive == -1 || seconds < reply->keep_alive))
    {
        reply->keep_alive = seconds;
    }

    return NGX_OK;
}


/*
 * Seconds or a date: anything else is not passed on (RFC 9110, 10.2.3), and
 * these are written anew, as nginx takes any text for the name of a day.  A
 * secret that consists of digits could be sent back among those of a number.
 */

static ngx_int_t
ngx_pickyassist_retry_after(ngx_http_request_t *r,
    ngx_pickyassist_reply_t *reply, ngx_str_t *value)
{
    u_char                      *p;
    time_t                       date;
    ngx_int_t                    seconds;
    ngx_str_t                    text;
    ngx_pickyassist_loc_conf_t  *plcf;
    u_char                       buf[NGX_PICKYASSIST_RETRY_AFTER];

    seconds = ngx_atoi(value->data, value->len);

    if (seconds != NGX_ERROR) {
        p = ngx_sprintf(buf, "%i", seconds);

    } else {
        date = ngx_parse_http_time(value->data, value->len);
        if (date == NGX_ERROR) {
            return NGX_OK;
        }

        p = ngx_http_time(buf, date);
    }

    text.data = buf;
    text.len = p - buf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (ngx_pickyassist_shows_secret(plcf, &text)) {
        return NGX_OK;
    }

    reply->retry_after.len = text.len;
    reply->retry_after.data = ngx_pstrdup(r->pool, &text);

    return reply->retry_after.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_pickyassist_invalid_header(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, char *what)
{
    ngx_pickyassist_log_upstream(NGX_LOG_ERR, r, "sent %s", what);

    ctx->reply.invalid = 1;

    return NGX_HTTP_UPSTREAM_INVALID_HEADER;
}


/* how much of the buffer is to be wiped: most replies fill little of it */

static void
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
