
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_upstream_request.h"
#include "ngx_pickyassist_log.h"
#include "ngx_pickyassist_version.h"

#include "core/field.h"


/* what is copied behind the token instead of being chained */
#define NGX_PICKYASSIST_COPY_SIZE  4096


static ngx_int_t ngx_pickyassist_init_sent_headers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_chain_parts(ngx_http_request_t *r,
    pa_request_t *request, ngx_chain_t **last);
static ngx_int_t ngx_pickyassist_evaluate_headers(ngx_http_request_t *r,
    ngx_array_t *headers, ngx_str_t *values, size_t *len);
static ngx_int_t ngx_pickyassist_check_value(ngx_http_request_t *r,
    ngx_pickyassist_header_t *header, ngx_str_t *value);
static u_char *ngx_pickyassist_write_head(ngx_pickyassist_loc_conf_t *plcf,
    size_t body_len, ngx_str_t *values, u_char *p);


ngx_int_t
ngx_pickyassist_init_head(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    size_t                     len;
    u_char                    *p;
    ngx_str_t                 *host;
    ngx_pickyassist_header_t  *header;

    static const char  accept[] = "Accept: application/json" CRLF;
    static const char  agent[] =
        "User-Agent: ngx_pickyassist/" NGX_PICKYASSIST_VERSION CRLF;

    header = ngx_pickyassist_find_header(plcf->headers, "Host");
    host = header ? &header->value.value : &plcf->pass->host_header;

    len = sizeof("POST  HTTP/1.1" CRLF "Host: " CRLF
                 "Content-Type: application/json" CRLF "Content-Length: ")
          + plcf->pass->path.len + host->len + sizeof(accept);

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    plcf->head[0].data = p;

    p = ngx_sprintf(p, "POST %V HTTP/1.1" CRLF "Host: %V" CRLF
                       "Content-Type: application/json" CRLF,
                    &plcf->pass->path, host);

    if (ngx_pickyassist_find_header(plcf->headers, "Accept") == NULL) {
        p = ngx_cpymem(p, accept, sizeof(accept) - 1);
    }

    p = ngx_sprintf(p, "Content-Length: ");

    plcf->head[0].len = p - plcf->head[0].data;

    ngx_str_set(&plcf->head[1], CRLF);

    if (ngx_pickyassist_find_header(plcf->headers, "User-Agent") == NULL) {

        plcf->head[1].len = sizeof(CRLF) - 1 + sizeof(agent) - 1;
        plcf->head[1].data = ngx_pnalloc(cf->pool, plcf->head[1].len);

        if (plcf->head[1].data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(plcf->head[1].data, CRLF, sizeof(CRLF) - 1);
        ngx_memcpy(p, agent, sizeof(agent) - 1);
    }

    return ngx_pickyassist_init_sent_headers(cf, plcf);
}


/* all headers except Host, which is in the prepared head */

static ngx_int_t
ngx_pickyassist_init_sent_headers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_uint_t                 i;
    ngx_pickyassist_header_t  *header, *host, *sent;

    plcf->sent_headers = ngx_array_create(cf->pool, 1,
                                          sizeof(ngx_pickyassist_header_t));
    if (plcf->sent_headers == NULL) {
        return NGX_ERROR;
    }

    if (plcf->headers == NULL) {
        return NGX_OK;
    }

    header = plcf->headers->elts;
    host = ngx_pickyassist_find_header(plcf->headers, "Host");

    for (i = 0; i < plcf->headers->nelts; i++) {

        if (&header[i] == host) {
            continue;
        }

        sent = ngx_array_push(plcf->sent_headers);
        if (sent == NULL) {
            return NGX_ERROR;
        }

        *sent = header[i];
    }

    return NGX_OK;
}


/*
 * The head, and the body up to the end of the token, are in a buffer that is
 * wiped.  The rest follows it there if it is short; else it is sent from where
 * it is, as bodies may have tens of megabytes.
 */

ngx_int_t
ngx_pickyassist_create_request(ngx_http_request_t *r)
{
    size_t                       len, body_len;
    pa_str_t                     token;
    ngx_buf_t                   *b;
    ngx_str_t                   *values;
    ngx_uint_t                   copy;
    ngx_chain_t                 *cl;
    ngx_pickyassist_ctx_t       *ctx;
    ngx_pickyassist_loc_conf_t  *plcf;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);
    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    token.data = plcf->secret->escaped.data;
    token.len = plcf->secret->escaped.len;

    body_len = pa_request_length(&ctx->request, &token);
    copy = (ctx->request.parts_len <= NGX_PICKYASSIST_COPY_SIZE);

    len = plcf->head[0].len + NGX_SIZE_T_LEN + plcf->head[1].len
          + sizeof(CRLF) - 1
          + (copy ? body_len : pa_request_head_length(&token));

    values = NULL;

    if (plcf->sent_headers->nelts) {

        values = ngx_palloc(r->pool,
                            plcf->sent_headers->nelts * sizeof(ngx_str_t));

        if (values == NULL
            || ngx_pickyassist_evaluate_headers(r, plcf->sent_headers, values,
                                                &len)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NGX_ERROR;
    }

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;

    if (!copy
        && ngx_pickyassist_chain_parts(r, &ctx->request, &cl->next) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->request_buf = b;

    b->last = ngx_pickyassist_write_head(plcf, body_len, values, b->last);
    b->last = copy ? pa_request_write(&ctx->request, &token, b->last)
                   : pa_request_write_head(&token, b->last);
    b->flush = copy;

    ngx_pickyassist_assert(b->last <= b->end);

    r->upstream->request_bufs = cl;

    ctx->start = ngx_current_msec;
    ngx_pickyassist_count(ctx->counters->upstream_requests, 1);

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_chain_parts(ngx_http_request_t *r, pa_request_t *request,
    ngx_chain_t **last)
{
    size_t        i;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (i = 0; i < request->nparts; i++) {

        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NGX_ERROR;
        }

        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        /* all of it is set, as ngx_http_upstream_reinit() rewinds to start */

        b->start = (u_char *) request->parts[i].data;
        b->pos = b->start;
        b->last = b->start + request->parts[i].len;
        b->end = b->last;
        b->memory = 1;
        b->flush = (i == request->nparts - 1);

        cl->buf = b;
        cl->next = NULL;

        *last = cl;
        last = &cl->next;
    }

    return NGX_OK;
}


/* adds what the headers of "pickyassist_set_header" take to len */

static ngx_int_t
ngx_pickyassist_evaluate_headers(ngx_http_request_t *r, ngx_array_t *headers,
    ngx_str_t *values, size_t *len)
{
    ngx_uint_t                 i;
    ngx_pickyassist_header_t  *header;

    header = headers->elts;

    for (i = 0; i < headers->nelts; i++) {

        if (ngx_http_complex_value(r, &header[i].value, &values[i]) != NGX_OK
            || ngx_pickyassist_check_value(r, &header[i], &values[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (values[i].len) {
            *len += header[i].name.len + sizeof(": " CRLF) - 1 + values[i].len;
        }
    }

    return NGX_OK;
}


/* a variable may hold what a client sent: it must not become a header more */

static ngx_int_t
ngx_pickyassist_check_value(ngx_http_request_t *r,
    ngx_pickyassist_header_t *header, ngx_str_t *value)
{
    pa_str_t  text;

    text.data = value->data;
    text.len = value->len;

    if (pa_field_is_value(&text)) {
        return NGX_OK;
    }

    ngx_pickyassist_log(NGX_LOG_ERR, r,
                        "was not sent: the value of header \"%V\" has a "
                        "control character", &header->name);

    return NGX_ERROR;
}


static u_char *
ngx_pickyassist_write_head(ngx_pickyassist_loc_conf_t *plcf, size_t body_len,
    ngx_str_t *values, u_char *p)
{
    ngx_uint_t                 i;
    ngx_pickyassist_header_t  *header;

    p = ngx_cpymem(p, plcf->head[0].data, plcf->head[0].len);
    p = ngx_sprintf(p, "%uz", body_len);
    p = ngx_cpymem(p, plcf->head[1].data, plcf->head[1].len);

    header = plcf->sent_headers->elts;

    for (i = 0; i < plcf->sent_headers->nelts; i++) {

        if (values[i].len == 0) {
            continue;
        }

        p = ngx_cpymem(p, header[i].name.data, header[i].name.len);
        *p++ = ':';
        *p++ = ' ';
        p = ngx_cpymem(p, values[i].data, values[i].len);
        *p++ = CR;
        *p++ = LF;
    }

    *p++ = CR;
    *p++ = LF;

    return p;
}


void
ngx_pickyassist_wipe_request(ngx_pickyassist_ctx_t *ctx)
{
    ngx_buf_t  *b;

    b = ctx->request_buf;

    if (b) {
        ngx_explicit_memzero(b->start, b->end - b->start);
    }
}
