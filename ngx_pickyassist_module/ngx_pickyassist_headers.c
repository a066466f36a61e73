
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_headers.h"


static ngx_table_elt_t *ngx_pickyassist_push_header(ngx_http_request_t *r,
    char *name, ngx_str_t *value);
static ngx_table_elt_t *ngx_pickyassist_set_header_once(ngx_http_request_t *r,
    char *name, ngx_str_t *value);
static ngx_table_elt_t *ngx_pickyassist_keep_first(ngx_http_request_t *r,
    char *name);
static ngx_int_t ngx_pickyassist_headers_init(ngx_conf_t *cf);
static ngx_int_t ngx_pickyassist_headers_filter(ngx_http_request_t *r);
static void ngx_pickyassist_forget_sent(ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


static ngx_http_module_t  ngx_pickyassist_headers_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_pickyassist_headers_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_pickyassist_headers_module = {
    NGX_MODULE_V1,
    &ngx_pickyassist_headers_module_ctx,   /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_int_t
ngx_pickyassist_add_header(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    return ngx_pickyassist_push_header(r, name, value) ? NGX_OK : NGX_ERROR;
}


static ngx_table_elt_t *
ngx_pickyassist_push_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);

    if (h != NULL) {
        h->hash = 1;
        h->key.data = (u_char *) name;
        h->key.len = ngx_strlen(name);
        h->value = *value;
        ngx_pickyassist_header_init(h);
    }

    return h;
}


/* an "Expires" would speak to caches that do not know "no-store" */

ngx_int_t
ngx_pickyassist_set_common_headers(ngx_http_request_t *r)
{
    ngx_str_t         request_id;
    ngx_table_elt_t  *h;

    static ngx_str_t  no_store = ngx_string("no-store");

    if (ngx_pickyassist_request_id(r, &request_id) != NGX_OK
        || ngx_pickyassist_set_header_once(r, "X-Request-Id", &request_id)
           == NULL)
    {
        return NGX_ERROR;
    }

    h = ngx_pickyassist_set_header_once(r, "Cache-Control", &no_store);

    if (h == NULL || ngx_pickyassist_set_cache_control(r, h) != NGX_OK) {
        return NGX_ERROR;
    }

    h = ngx_pickyassist_keep_first(r, "Expires");

    if (h != NULL) {
        h->hash = 0;
        r->headers_out.expires = NULL;
    }

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_pickyassist_set_header_once(ngx_http_request_t *r, char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_pickyassist_keep_first(r, name);

    if (h == NULL) {
        return ngx_pickyassist_push_header(r, name, value);
    }

    h->value = *value;
    ngx_pickyassist_header_init(h);

    return h;
}


/* a header without a hash is not sent, see ngx_http_header_filter() */

static ngx_table_elt_t *
ngx_pickyassist_keep_first(ngx_http_request_t *r, char *name)
{
    ngx_table_elt_t         *h, *first;
    ngx_pickyassist_walk_t   walk;

    first = NULL;

    walk.part = &r->headers_out.headers.part;
    walk.i = 0;

    while ((h = ngx_pickyassist_next_header(&walk, name)) != NULL) {

        if (h->hash == 0) {
            continue;
        }

        if (first == NULL) {
            first = h;

        } else {
            h->hash = 0;
        }
    }

    return first;
}


/* what was added under this very name is known without a look at its letters */

ngx_table_elt_t *
ngx_pickyassist_next_header(ngx_pickyassist_walk_t *walk, char *name)
{
    size_t            len;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    while (walk->part != NULL) {
        while (walk->i < walk->part->nelts) {
            h = (ngx_table_elt_t *) walk->part->elts + walk->i++;

            if (h->key.len == len
                && (h->key.data == (u_char *) name
                    || ngx_strncasecmp(h->key.data, (u_char *) name, len)
                       == 0))
            {
                return h;
            }
        }

        walk->part = walk->part->next;
        walk->i = 0;
    }

    return NULL;
}


static ngx_int_t
ngx_pickyassist_headers_init(ngx_conf_t *cf)
{
    ngx_int_t                     index;
    ngx_uint_t                    i;
    ngx_pickyassist_main_conf_t  *pmcf;

    static ngx_str_t  names[] = {
        ngx_string("sent_http_cache_control"),
        ngx_string("sent_http_x_request_id")
    };

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);

    for (i = 0; i < 2; i++) {
        index = ngx_http_get_variable_index(cf, &names[i]);
        if (index == NGX_ERROR) {
            return NGX_ERROR;
        }

        pmcf->sent_headers[i] = index;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_pickyassist_headers_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_headers_filter(ngx_http_request_t *r)
{
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (plcf->handler != NULL) {

        if (ngx_pickyassist_set_common_headers(r) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_pickyassist_forget_sent(r);
    }

    return ngx_http_next_header_filter(r);
}


/* an "add_header" may have asked for them, and nginx remembers the answer */

static void
ngx_pickyassist_forget_sent(ngx_http_request_t *r)
{
    ngx_uint_t                    i;
    ngx_http_variable_value_t    *vv;
    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_pickyassist_module);

    for (i = 0; i < 2; i++) {
        vv = &r->variables[pmcf->sent_headers[i]];
        vv->valid = 0;
        vv->not_found = 0;
    }
}
