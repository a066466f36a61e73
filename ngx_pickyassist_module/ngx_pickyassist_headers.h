
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The headers of responses.  Those that every response of the module's
 * locations has occur once, with the module's values, whatever "expires",
 * "add_header", other modules or an application behind X-Accel-Redirect set.
 */


#ifndef _NGX_PICKYASSIST_HEADERS_H_INCLUDED_
#define _NGX_PICKYASSIST_HEADERS_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/*
 * A separate module, because its filter has another place in the chain: after
 * those of "expires", "add_header" and other modules.
 */
extern ngx_module_t  ngx_pickyassist_headers_module;


/* adds a header to the response; value is not copied */
ngx_int_t ngx_pickyassist_add_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* sets the headers of every response; may be called repeatedly */
ngx_int_t ngx_pickyassist_set_common_headers(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_HEADERS_H_INCLUDED_ */
