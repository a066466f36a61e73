
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What the module says of a request in the error log: with the request id, by
 * which a line is found in the access log and by the client, and with what was
 * being done.  Levels: the peer's fault is an error where somebody has to act.
 */


#ifndef _NGX_PICKYASSIST_LOG_H_INCLUDED_
#define _NGX_PICKYASSIST_LOG_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* "request ID" and what became of it; fmt as for ngx_log_error() */
void ngx_pickyassist_log(ngx_uint_t level, ngx_http_request_t *r,
    const char *fmt, ...);

/*
 * "request ID: upstream" and what it did.  To nginx a reply that is being read
 * is already on its way to the client, and so it would say.
 */
void ngx_pickyassist_log_upstream(ngx_uint_t level, ngx_http_request_t *r,
    const char *fmt, ...);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_LOG_H_INCLUDED_ */
