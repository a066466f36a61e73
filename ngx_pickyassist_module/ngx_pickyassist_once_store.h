
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The zone "pickyassist_idempotency": the table of keys of all locations, in
 * shared memory of its own, and the mutex that nginx frees when a worker dies
 * with it.  A reload keeps it, unless the size of the zone has changed.
 */


#ifndef _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_
#define _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_


#include "ngx_pickyassist_zone.h"

#include "core/key_store.h"


PA_HIDDEN_BEGIN


typedef struct {
    size_t                        size;
    ngx_shm_zone_t               *shm_zone;   /* NULL: nobody needs it */
    ngx_slab_pool_t              *shpool;     /* its mutex guards the keys */
    pa_key_store_t                keys;

    /* random, of PA_SEAL_KEY bytes: no two zones know a key by one name */
    u_char                       *salt;
} ngx_pickyassist_once_store_t;


/* the smallest size that "pickyassist_idempotency_zone" may have */
#define NGX_PICKYASSIST_MIN_ONCE_STORE  (32 * 1024)


/* of store->size bytes, or of the default size if it is 0 */
ngx_int_t ngx_pickyassist_add_once_store(ngx_conf_t *cf,
    ngx_pickyassist_once_store_t *store);

/* a worker begins: what those had under way that are gone is lost */
void ngx_pickyassist_sweep_once_store(ngx_pickyassist_once_store_t *store,
    ngx_log_t *log);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ONCE_STORE_H_INCLUDED_ */
