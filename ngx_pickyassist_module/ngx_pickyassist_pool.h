
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Lets the core allocate from an nginx pool.
 */


#ifndef _NGX_PICKYASSIST_POOL_H_INCLUDED_
#define _NGX_PICKYASSIST_POOL_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* the memory lives as long as data does */
void ngx_pickyassist_init_pool(pa_pool_t *pool, ngx_pool_t *data);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_POOL_H_INCLUDED_ */
