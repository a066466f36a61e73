
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_body.h"


static void ngx_pickyassist_join_body(ngx_http_request_t *r);
static ngx_chain_t *ngx_pickyassist_last_adjacent(ngx_chain_t *cl);
static ngx_int_t ngx_pickyassist_copy_body(ngx_http_request_t *r,
    ngx_chain_t *in, u_char *dst);


ngx_int_t
ngx_pickyassist_read_body(ngx_http_request_t *r, ngx_uint_t *own,
    ngx_http_client_body_handler_pt handler)
{
    *own = (r->request_body == NULL);

    if (*own) {
        r->request_body_in_single_buf = 1;
    }

    return ngx_http_read_client_request_body(r, handler);
}


ngx_int_t
ngx_pickyassist_request_body(ngx_http_request_t *r, ngx_uint_t own,
    pa_str_t *body)
{
    off_t         size;
    u_char       *data;
    ngx_chain_t  *in, *cl;

    body->data = (u_char *) "";
    body->len = 0;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    if (own) {
        ngx_pickyassist_join_body(r);
    }

    in = r->request_body->bufs;

    if (in->next == NULL && !in->buf->in_file) {
        body->data = in->buf->pos;
        body->len = in->buf->last - in->buf->pos;
        return NGX_OK;
    }

    size = 0;

    for (cl = in; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    data = ngx_pnalloc(r->pool, (size_t) size);
    if (data == NULL) {
        return NGX_ERROR;
    }

    body->data = data;
    body->len = (size_t) size;

    return ngx_pickyassist_copy_body(r, in, data);
}


/*
 * A body in memory is a buffer for each read, one behind the other in memory,
 * but for what came with the head.  That is moved in front of the rest, for
 * which request_body_in_single_buf has made room.
 */

static void
ngx_pickyassist_join_body(ngx_http_request_t *r)
{
    size_t        size;
    ngx_buf_t    *head, *rest, *end;
    ngx_chain_t  *in, *last;

    in = r->request_body->bufs;
    last = ngx_pickyassist_last_adjacent(in);

    if (last->next == NULL) {
        in->buf->last = last->buf->last;
        in->next = NULL;
        return;
    }

    head = in->buf;
    rest = in->next->buf;

    if (last != in || !ngx_buf_in_memory_only(head)) {
        return;
    }

    last = ngx_pickyassist_last_adjacent(in->next);
    end = last->buf;
    size = head->last - head->pos;

    if (last->next != NULL
        || !ngx_buf_in_memory_only(rest)
        || (size_t) (end->end - end->last) < size)
    {
        return;
    }

    ngx_memmove(rest->pos + size, rest->pos, end->last - rest->pos);
    ngx_memcpy(rest->pos, head->pos, size);

    rest->last = end->last + size;

    in->next->next = NULL;
    r->request_body->bufs = in->next;
}


/* the last link of those that are one piece of memory with the first */

static ngx_chain_t *
ngx_pickyassist_last_adjacent(ngx_chain_t *cl)
{
    while (cl->next != NULL
           && ngx_buf_in_memory_only(cl->buf)
           && ngx_buf_in_memory_only(cl->next->buf)
           && cl->buf->last == cl->next->buf->pos)
    {
        cl = cl->next;
    }

    return cl;
}


static ngx_int_t
ngx_pickyassist_copy_body(ngx_http_request_t *r, ngx_chain_t *in, u_char *dst)
{
    size_t      size;
    ssize_t     n;
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b)) {
            dst = ngx_cpymem(dst, b->pos, b->last - b->pos);
            continue;
        }

        if (!b->in_file) {

            /* the empty buffer that ends a chunked body */

            continue;
        }

        size = (size_t) (b->file_last - b->file_pos);

        n = ngx_read_file(b->file, dst, size, b->file_pos);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if ((size_t) n != size) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                          ngx_read_file_n " read only %z of %uz bytes from "
                          "\"%V\"", n, size, &b->file->name);
            return NGX_ERROR;
        }

        dst += n;
    }

    return NGX_OK;
}
