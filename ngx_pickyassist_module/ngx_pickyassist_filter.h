
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * nginx's filters.  They hold the upstream's reply until it is complete and
 * can be sent in its normalised form, and replace nginx's own error pages by
 * problem documents.
 *
 * The location of the request at the time of the response counts.  An
 * "error_page" of the operator has changed it by then, and takes precedence.
 */


#ifndef _NGX_PICKYASSIST_FILTER_H_INCLUDED_
#define _NGX_PICKYASSIST_FILTER_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* postconfiguration */
ngx_int_t ngx_pickyassist_filter_init(ngx_conf_t *cf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_FILTER_H_INCLUDED_ */
