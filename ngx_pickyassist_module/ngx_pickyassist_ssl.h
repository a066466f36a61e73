
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * TLS towards the upstream, safe by default.
 */


#ifndef _NGX_PICKYASSIST_SSL_H_INCLUDED_
#define _NGX_PICKYASSIST_SSL_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/*
 * Makes the TLS context of a location whose pass is known, with the session to
 * resume.  A connection with this context counts as verified for the location,
 * so only locations with the same host and the same settings share a context.
 * Sharing saves a copy of all authorities for each, and lets them use each
 * other's connections if an upstream{} block keeps them.
 */
ngx_int_t ngx_pickyassist_init_ssl(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_SSL_H_INCLUDED_ */
