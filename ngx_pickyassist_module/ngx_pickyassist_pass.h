
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Where the secret is sent: "pickyassist_pass", and the addresses of its host.
 * Only the configuration determines this, never a request.
 */


#ifndef _NGX_PICKYASSIST_PASS_H_INCLUDED_
#define _NGX_PICKYASSIST_PASS_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* sets pass of the location, as far as it is known yet */
char *ngx_pickyassist_set_pass(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* sets its upstream, when the configuration is complete */
ngx_int_t ngx_pickyassist_init_pass(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_PASS_H_INCLUDED_ */
