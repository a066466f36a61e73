
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Where the secret goes: "pickyassist_pass", and the addresses behind it.  All
 * of it is configuration, nothing a request could choose.
 */


#ifndef _NGX_PICKYASSIST_PASS_H_INCLUDED_
#define _NGX_PICKYASSIST_PASS_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* sets pass of the location, as far as it can be known yet */
char *ngx_pickyassist_set_pass(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* the upstream behind it, when all of the configuration is read */
ngx_int_t ngx_pickyassist_init_pass(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_PASS_H_INCLUDED_ */
