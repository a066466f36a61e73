
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Lines of the module in the error log.  They have the request id, which the
 * access log and the client have too, and say what was being done.  A fault of
 * the peer has level error if somebody has to act.
 */


#ifndef _NGX_PICKYASSIST_LOG_H_INCLUDED_
#define _NGX_PICKYASSIST_LOG_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* "request ID" and what happened to it; fmt as for ngx_log_error() */
void ngx_pickyassist_log(ngx_uint_t level, ngx_http_request_t *r,
    const char *fmt, ...);

/*
 * "request ID: upstream" and what it did.  nginx itself would say "sending to
 * client" while the module still reads the reply.
 */
void ngx_pickyassist_log_upstream(ngx_uint_t level, ngx_http_request_t *r,
    const char *fmt, ...);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_LOG_H_INCLUDED_ */
