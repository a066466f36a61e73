
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What is allowed in a configuration and yet is hardly meant: it is told at
 * start, where it can be corrected, and not by requests that fail.
 */


#ifndef _NGX_PICKYASSIST_ADVICE_H_INCLUDED_
#define _NGX_PICKYASSIST_ADVICE_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* warns of what is odd in a gateway whose configuration is complete */
void ngx_pickyassist_advise(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ADVICE_H_INCLUDED_ */
