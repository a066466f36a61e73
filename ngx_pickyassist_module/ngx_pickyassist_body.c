
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_body.h"


static ngx_int_t ngx_pickyassist_copy_body(ngx_http_request_t *r,
    ngx_chain_t *in, u_char *dst);


ngx_int_t
ngx_pickyassist_request_body(ngx_http_request_t *r, pa_str_t *body)
{
    off_t         size;
    u_char       *data;
    ngx_chain_t  *in, *cl;

    body->data = (u_char *) "";
    body->len = 0;

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
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
