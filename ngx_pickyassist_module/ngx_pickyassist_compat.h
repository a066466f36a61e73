
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * nginx, and everything that differs between its versions.
 */


#ifndef _NGX_PICKYASSIST_COMPAT_H_INCLUDED_
#define _NGX_PICKYASSIST_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/core.h"


#if (nginx_version < 1022000)
#error "ngx_pickyassist_module needs nginx 1.22.0 or newer"
#endif

#if !(NGX_HTTP_SSL)
#error "ngx_pickyassist_module needs nginx built --with-http_ssl_module"
#endif


#if (nginx_version >= 1027002)

#define ngx_pickyassist_parse_chunked(r, b, ctx)                              \
    ngx_http_parse_chunked(r, b, ctx, 0)

#else

#define ngx_pickyassist_parse_chunked(r, b, ctx)                              \
    ngx_http_parse_chunked(r, b, ctx)

#endif


/* since 1.27.3, DNS determines the ports of a service */

#if (nginx_version >= 1027003 && NGX_HTTP_UPSTREAM_ZONE)

#define ngx_pickyassist_has_port(server)                                      \
    ((server)->naddrs != 0 && (server)->service.len == 0)

#else

#define ngx_pickyassist_has_port(server)  ((server)->naddrs != 0)

#endif


/*
 * Since 1.23.0, header fields with the same name are linked.  Before, nginx
 * kept an array of pointers to those that may occur several times.
 */

#if (nginx_version >= 1023000)

#define ngx_pickyassist_header_init(h)  (h)->next = NULL

static ngx_inline ngx_int_t
ngx_pickyassist_set_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    r->headers_out.cache_control = h;

    return NGX_OK;
}

#else

#define ngx_pickyassist_header_init(h)

static ngx_inline ngx_int_t
ngx_pickyassist_set_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
    ngx_array_t       *known;
    ngx_table_elt_t  **p;

    known = &r->headers_out.cache_control;

    if (known->elts == NULL
        && ngx_array_init(known, r->pool, 1, sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    known->nelts = 0;

    p = ngx_array_push(known);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *p = h;

    return NGX_OK;
}

#endif


/* pa_assert(), for what nginx can log */

#ifdef PA_DEBUG

#define ngx_pickyassist_assert(condition)                                     \
    if (!(condition)) {                                                       \
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,                       \
                      "pickyassist: not so at %s:%d: " #condition,            \
                      __FILE__, __LINE__);                                    \
        abort();                                                              \
    }

#else

#define ngx_pickyassist_assert(condition)

#endif


PA_HIDDEN_BEGIN

extern ngx_module_t  ngx_pickyassist_module;

PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_COMPAT_H_INCLUDED_ */
