
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * "pickyassist_sandbox": a location that emulates the vendor's API.
 */


#ifndef _NGX_PICKYASSIST_SANDBOX_H_INCLUDED_
#define _NGX_PICKYASSIST_SANDBOX_H_INCLUDED_


#include "ngx_pickyassist_directives.h"
#include "ngx_pickyassist_pool.h"


PA_HIDDEN_BEGIN


/* the directive */
char *ngx_pickyassist_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * The tenant of the zone: keeps what all worker processes have spent.  data is
 * the ngx_atomic_t ** to set.
 */
ngx_int_t ngx_pickyassist_init_sandbox(ngx_pickyassist_zone_t *zone,
    void *data);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_SANDBOX_H_INCLUDED_ */
