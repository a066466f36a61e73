
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Warnings at start about what a configuration allows but is probably a
 * mistake, so that it is not found by requests that fail.
 */


#ifndef _NGX_PICKYASSIST_ADVICE_H_INCLUDED_
#define _NGX_PICKYASSIST_ADVICE_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* warns about probable mistakes in a complete configuration */
void ngx_pickyassist_advise(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ADVICE_H_INCLUDED_ */
