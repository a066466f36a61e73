
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
 * Returns the body in one piece, after nginx has read it: borrowed from the
 * request if it is a single buffer in memory, otherwise copied to its pool.
 */
ngx_int_t ngx_pickyassist_request_body(ngx_http_request_t *r, pa_str_t *body);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_BODY_H_INCLUDED_ */
