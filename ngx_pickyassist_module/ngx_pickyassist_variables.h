
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * $pickyassist_*: for logs, maps and headers; empty if the value is not known.
 */


#ifndef _NGX_PICKYASSIST_VARIABLES_H_INCLUDED_
#define _NGX_PICKYASSIST_VARIABLES_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* preconfiguration */
ngx_int_t ngx_pickyassist_add_variables(ngx_conf_t *cf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_VARIABLES_H_INCLUDED_ */
