
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * nginx's filters: the upstream's reply is held back until it is whole and its
 * normalised form can be sent; nginx's own error pages give way to problem
 * documents.
 *
 * What counts is the location that a request is in when the response passes:
 * an "error_page" of the operator has moved it elsewhere by then, and wins.
 */


#ifndef _NGX_PICKYASSIST_FILTER_H_INCLUDED_
#define _NGX_PICKYASSIST_FILTER_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* postconfiguration */
ngx_int_t ngx_pickyassist_filter_init(ngx_conf_t *cf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_FILTER_H_INCLUDED_ */
