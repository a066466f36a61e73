
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_once_store.h"

#include "core/seal.h"


#define NGX_PICKYASSIST_ONCE_STORE_SIZE  (4 * 1024 * 1024)


static ngx_int_t ngx_pickyassist_init_once_store(ngx_shm_zone_t *shm_zone,
    void *data);
static int ngx_pickyassist_owner_lives(uint32_t owner);


ngx_int_t
ngx_pickyassist_add_once_store(ngx_conf_t *cf,
    ngx_pickyassist_once_store_t *store)
{
    static ngx_str_t  name = ngx_string("pickyassist_idempotency");

    if (store->size == 0) {
        store->size = NGX_PICKYASSIST_ONCE_STORE_SIZE;
    }

    store->shm_zone = ngx_shared_memory_add(cf, &name, store->size,
                                            &ngx_pickyassist_module);
    if (store->shm_zone == NULL) {
        return NGX_ERROR;
    }

    store->shm_zone->init = ngx_pickyassist_init_once_store;
    store->shm_zone->data = store;

    return NGX_OK;
}


/*
 * The table takes all pages that nginx's allocator has: it gives out memory in
 * a way of its own.  See ngx_http_limit_req_init_zone().
 */

static ngx_int_t
ngx_pickyassist_init_once_store(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_pickyassist_once_store_t  *previous = data;

    size_t                         size;
    u_char                        *memory;
    ngx_pickyassist_once_store_t  *store;

    store = shm_zone->data;

    store->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    store->keys.lives = ngx_pickyassist_owner_lives;

    if (previous) {
        store->salt = previous->salt;
        store->keys.memory = previous->keys.memory;
        return NGX_OK;
    }

    size = store->shpool->pfree * ngx_pagesize;
    memory = ngx_slab_alloc(store->shpool, size);

    if (memory == NULL) {
        return NGX_ERROR;
    }

    store->salt = memory;
    store->keys.memory = memory + PA_SEAL_KEY;

    if (pa_seal_salt(store->salt) != PA_OK) {
        ngx_ssl_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "no random bytes for \"pickyassist_idempotency_zone\"");
        return NGX_ERROR;
    }

    if (pa_key_store_create(store->keys.memory, size - PA_SEAL_KEY) != PA_OK) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "\"pickyassist_idempotency_zone\" is too small");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static int
ngx_pickyassist_owner_lives(uint32_t owner)
{
    return ngx_pickyassist_pid_is_alive(owner);
}


void
ngx_pickyassist_sweep_once_store(ngx_pickyassist_once_store_t *store,
    ngx_log_t *log)
{
    uint32_t  n;

    ngx_shmtx_lock(&store->shpool->mutex);

    n = pa_key_store_sweep(&store->keys, (uint32_t) ngx_pid, ngx_current_msec);

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (n) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "pickyassist: a worker died with %uD requests that "
                      "had an idempotency key: their outcome is unknown", n);
    }
}
