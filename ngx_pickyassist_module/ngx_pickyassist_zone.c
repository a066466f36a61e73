
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_zone.h"


#define NGX_PICKYASSIST_ZONE_SIZE  (256 * 1024)

/* the lower part of an id is the number of a slot, counted from 1 */
#define NGX_PICKYASSIST_ID_SLOTS   (2 * NGX_MAX_PROCESSES)


typedef struct {
    ngx_pickyassist_tenant_pt     init;
    void                         *data;
} ngx_pickyassist_tenant_t;


/* what the tenant gets follows, and the key */

typedef struct ngx_pickyassist_record_s  ngx_pickyassist_record_t;

struct ngx_pickyassist_record_s {
    ngx_pickyassist_record_t     *next;
    ngx_str_t                     key;
    ngx_pickyassist_record_e      kind;
};


struct ngx_pickyassist_shared_s {
    ngx_pickyassist_record_t     *records;
    ngx_pickyassist_slot_t        slots[NGX_MAX_PROCESSES];
};


static ngx_int_t ngx_pickyassist_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_pickyassist_create_shared(ngx_pickyassist_zone_t *zone);
static void ngx_pickyassist_free_slot(ngx_pickyassist_slot_t *slot);


/* of this process; NULL: a process that handles no requests */

static ngx_pickyassist_slot_t  *ngx_pickyassist_slot;


ngx_int_t
ngx_pickyassist_add_zone(ngx_conf_t *cf, ngx_pickyassist_zone_t *zone)
{
    static ngx_str_t  name = ngx_string("pickyassist");

    if (zone->size == 0) {
        zone->size = NGX_PICKYASSIST_ZONE_SIZE;
    }

    if (ngx_array_init(&zone->tenants, cf->pool, 4,
                       sizeof(ngx_pickyassist_tenant_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    zone->shm_zone = ngx_shared_memory_add(cf, &name, zone->size,
                                           &ngx_pickyassist_module);
    if (zone->shm_zone == NULL) {
        return NGX_ERROR;
    }

    zone->shm_zone->init = ngx_pickyassist_init_zone;
    zone->shm_zone->data = zone;

    return NGX_OK;
}


ngx_int_t
ngx_pickyassist_add_tenant(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_tenant_pt init, void *data)
{
    ngx_pickyassist_tenant_t  *tenant;

    tenant = ngx_array_push(&zone->tenants);
    if (tenant == NULL) {
        return NGX_ERROR;
    }

    tenant->init = init;
    tenant->data = data;

    return NGX_OK;
}


/*
 * Called for every configuration, by the master, with what the previous one
 * left in zone->data.  See ngx_http_limit_req_init_zone().
 */

static ngx_int_t
ngx_pickyassist_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_pickyassist_zone_t  *previous = data;

    ngx_uint_t                 i;
    ngx_pickyassist_zone_t    *zone;
    ngx_pickyassist_tenant_t  *tenant;

    zone = shm_zone->data;

    if (previous) {
        zone->shared = previous->shared;

    } else if (ngx_pickyassist_create_shared(zone) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
        return NGX_ERROR;
    }

    tenant = zone->tenants.elts;

    for (i = 0; i < zone->tenants.nelts; i++) {
        if (tenant[i].init(zone, tenant[i].data) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_create_shared(ngx_pickyassist_zone_t *zone)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    if (zone->shm_zone->shm.exists) {
        zone->shared = shpool->data;
        return NGX_OK;
    }

    zone->shared = ngx_slab_calloc(shpool, sizeof(ngx_pickyassist_shared_t));
    if (zone->shared == NULL) {
        return NGX_ERROR;
    }

    shpool->data = zone->shared;
    shpool->log_nomem = 0;

    return NGX_OK;
}


void *
ngx_pickyassist_get_record(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_record_e kind, ngx_str_t *key, size_t size)
{
    ngx_slab_pool_t           *shpool;
    ngx_pickyassist_record_t  *record;

    for (record = zone->shared->records; record; record = record->next) {
        if (record->kind == kind
            && record->key.len == key->len
            && ngx_memcmp(record->key.data, key->data, key->len) == 0)
        {
            return record + 1;
        }
    }

    shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    record = ngx_slab_calloc(shpool, sizeof(ngx_pickyassist_record_t) + size
                                     + key->len);
    if (record == NULL) {
        return NULL;
    }

    record->kind = kind;
    record->key.data = (u_char *) (record + 1) + size;
    record->key.len = key->len;
    ngx_memcpy(record->key.data, key->data, key->len);

    record->next = zone->shared->records;
    zone->shared->records = record;

    return record + 1;
}


/*
 * A slot is taken, and that of a dead worker set free, by swapping the pid
 * that was seen there: other workers may be starting at the same time.
 */

ngx_int_t
ngx_pickyassist_take_slot(ngx_pickyassist_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_pickyassist_slot_t  *slot, *slots;

    slots = zone->shared->slots;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ngx_pickyassist_free_slot(&slots[i]);
    }

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &slots[i];

        if (slot->pid == 0 && ngx_atomic_cmp_set(&slot->pid, 0, ngx_pid)) {
            slot->in_flight = 0;
            (void) ngx_atomic_fetch_add(&slot->epoch, 1);

            ngx_pickyassist_slot = slot;

            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, log, 0,
                  "pickyassist: no slot for this worker");

    return NGX_ERROR;
}


/* who had this worker's pid before is dead, too */

static void
ngx_pickyassist_free_slot(ngx_pickyassist_slot_t *slot)
{
    ngx_atomic_uint_t  pid;

    pid = slot->pid;

    if (pid == (ngx_atomic_uint_t) ngx_pid
        || (pid != 0 && !ngx_pickyassist_pid_is_alive(pid)))
    {
        (void) ngx_atomic_cmp_set(&slot->pid, pid, 0);
    }
}


void
ngx_pickyassist_give_slot(void)
{
    if (ngx_pickyassist_slot) {
        ngx_pickyassist_slot->pid = 0;
        ngx_pickyassist_slot = NULL;
    }
}


ngx_pickyassist_slot_t *
ngx_pickyassist_own_slot(void)
{
    return ngx_pickyassist_slot;
}


ngx_atomic_uint_t
ngx_pickyassist_in_flight(ngx_pickyassist_zone_t *zone)
{
    ngx_uint_t               i;
    ngx_atomic_uint_t        in_flight;
    ngx_pickyassist_slot_t  *slot;

    in_flight = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &zone->shared->slots[i];

        if (slot->in_flight && ngx_pickyassist_pid_is_alive(slot->pid)) {
            in_flight += slot->in_flight;
        }
    }

    return in_flight;
}


ngx_atomic_uint_t
ngx_pickyassist_own_id(ngx_pickyassist_zone_t *zone)
{
    ngx_pickyassist_assert(ngx_pickyassist_slot->pid
                           == (ngx_atomic_uint_t) ngx_pid);

    return ngx_pickyassist_slot->epoch * NGX_PICKYASSIST_ID_SLOTS
           + (ngx_pickyassist_slot - zone->shared->slots) + 1;
}


ngx_uint_t
ngx_pickyassist_is_alive(ngx_pickyassist_zone_t *zone, ngx_atomic_uint_t id)
{
    ngx_pickyassist_slot_t  *slot;

    if (id == 0) {
        return 0;
    }

    slot = &zone->shared->slots[id % NGX_PICKYASSIST_ID_SLOTS - 1];

    return slot->epoch == id / NGX_PICKYASSIST_ID_SLOTS
           && ngx_pickyassist_pid_is_alive(slot->pid);
}


/*
 * The pid of a dead worker may be another process's by now, but hardly that of
 * one in the process group that master and workers share.
 */

ngx_uint_t
ngx_pickyassist_pid_is_alive(ngx_atomic_uint_t pid)
{
    pid_t  group;

    if (pid == 0) {
        return 0;
    }

    group = getpgid((pid_t) pid);

    if (group == -1) {
        return ngx_errno != ESRCH;
    }

    return group == getpgrp();
}
