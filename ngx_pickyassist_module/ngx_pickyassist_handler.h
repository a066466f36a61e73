
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Receives a request: checks the method and the media type, reads the body,
 * passes it to the core and, if it is valid, through the gates to the
 * upstream.
 */


#ifndef _NGX_PICKYASSIST_HANDLER_H_INCLUDED_
#define _NGX_PICKYASSIST_HANDLER_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* the content handler of "pickyassist_pass" */
ngx_int_t ngx_pickyassist_handler(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_HANDLER_H_INCLUDED_ */
