
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_secret.h"
#include "ngx_pickyassist_upstream_reply.h"
#include "ngx_pickyassist_upstream_body.h"
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

    /* data before the request, or plain text before TLS, is not a reply */

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
