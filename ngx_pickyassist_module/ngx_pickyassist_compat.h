
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * nginx, with what differs between its versions, and nowhere else.
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


/* the elements of a list of headers are themselves linked since 1.23.0 */

#if (nginx_version >= 1023000)
#define ngx_pickyassist_header_init(h)  (h)->next = NULL
#else
#define ngx_pickyassist_header_init(h)
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
