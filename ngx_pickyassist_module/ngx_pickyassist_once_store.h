
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The zone "pickyassist_idempotency": a table of the keys of all locations, in
 * its own shared memory, and a mutex, which nginx releases if a worker process
 * dies with it.  A reload keeps the zone unless its size has changed.
 */


#ifndef _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_
#define _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_


#include "ngx_pickyassist_zone.h"

#include "core/key_store.h"


PA_HIDDEN_BEGIN


typedef struct {
    size_t                        size;
    ngx_shm_zone_t               *shm_zone;   /* NULL: not needed */
    ngx_slab_pool_t              *shpool;     /* its mutex guards the keys */
    pa_key_store_t                keys;

    /* PA_SEAL_KEY random bytes, so that a key has another name in each zone */
    u_char                       *salt;
} ngx_pickyassist_once_store_t;


/* the smallest size that "pickyassist_idempotency_zone" may have */
#define NGX_PICKYASSIST_MIN_ONCE_STORE  (32 * 1024)


/* makes the zone; store->size 0: the default size */
ngx_int_t ngx_pickyassist_add_once_store(ngx_conf_t *cf,
    ngx_pickyassist_once_store_t *store);

/* a worker process starts: requests of processes that are gone are lost */
void ngx_pickyassist_sweep_once_store(ngx_pickyassist_once_store_t *store,
    ngx_log_t *log);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_ */
