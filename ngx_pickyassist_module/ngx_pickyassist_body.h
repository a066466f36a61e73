
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The body of a request.
 */


#ifndef _NGX_PICKYASSIST_BODY_H_INCLUDED_
#define _NGX_PICKYASSIST_BODY_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/*
 * ngx_http_read_client_request_body(); *own: nobody has read the body before,
 * so that nobody else (a mirror, say) may have pointers into it.
 */
ngx_int_t ngx_pickyassist_read_body(ngx_http_request_t *r, ngx_uint_t *own,
    ngx_http_client_body_handler_pt handler);

/*
 * Returns the body in one piece, after nginx has read it: borrowed from the
 * request if it is in memory, and in a single buffer or own; otherwise copied
 * to the request's pool.  One that is own may get another chain of buffers.
 */
ngx_int_t ngx_pickyassist_request_body(ngx_http_request_t *r, ngx_uint_t own,
    pa_str_t *body);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_BODY_H_INCLUDED_ */
