
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_pool.h"


static void *ngx_pickyassist_alloc(void *data, size_t size);


void
ngx_pickyassist_init_pool(pa_pool_t *pool, ngx_pool_t *data)
{
    pool->alloc = ngx_pickyassist_alloc;
    pool->data = data;
}


static void *
ngx_pickyassist_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}
