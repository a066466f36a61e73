
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A walk over headers, and the headers of responses.  Those that every response
 * of the module's locations has are there once, with the module's values,
 * whatever "expires", "add_header", other modules or an application behind
 * X-Accel-Redirect want.
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


/* a walk over a list of headers; it begins with its first part, and i = 0 */

typedef struct {
    ngx_list_part_t  *part;
    ngx_uint_t        i;
} ngx_pickyassist_walk_t;


/* the next header of this name, in any case of letters; NULL: no more */
ngx_table_elt_t *ngx_pickyassist_next_header(ngx_pickyassist_walk_t *walk,
    char *name);

/* adds a header to the response; value is not copied */
ngx_int_t ngx_pickyassist_add_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* sets the headers of every response; may be called repeatedly */
ngx_int_t ngx_pickyassist_set_common_headers(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_HEADERS_H_INCLUDED_ */
