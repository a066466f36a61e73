
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


/*
 * What the tenant gets follows, and the key.  The generations are those of the
 * configurations that have asked for it.
 */

typedef struct ngx_pickyassist_record_s  ngx_pickyassist_record_t;

struct ngx_pickyassist_record_s {
    ngx_pickyassist_record_t     *next;
    ngx_str_t                     key;
    ngx_pickyassist_record_e      kind;

    ngx_atomic_uint_t             first;
    ngx_atomic_uint_t             last;
    ngx_atomic_uint_t             before;     /* the last one; 0: none */
};


/* the tenant's part may have 64-bit words, on other machines too */
#define NGX_PICKYASSIST_RECORD                                                \
    ngx_align(sizeof(ngx_pickyassist_record_t), sizeof(uint64_t))


struct ngx_pickyassist_shared_s {
    ngx_pickyassist_record_t     *records;

    ngx_atomic_uint_t             generation; /* of the last configuration */
    ngx_atomic_t                  oldest;     /* whose workers may start */

    ngx_pickyassist_slot_t        slots[NGX_MAX_PROCESSES];
};


/* of those who may have a record in use */

typedef struct {
    ngx_uint_t                    n;
    ngx_atomic_uint_t             elts[NGX_MAX_PROCESSES + 1];
} ngx_pickyassist_generations_t;


static ngx_int_t ngx_pickyassist_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_pickyassist_create_shared(ngx_pickyassist_zone_t *zone);
static void ngx_pickyassist_free_records(ngx_pickyassist_zone_t *zone,
    ngx_atomic_uint_t running);
static void ngx_pickyassist_living(ngx_pickyassist_shared_t *shared,
    ngx_pickyassist_generations_t *living);
static ngx_uint_t ngx_pickyassist_in_use(ngx_pickyassist_record_t *record,
    ngx_pickyassist_generations_t *living);
static ngx_int_t ngx_pickyassist_check_generation(
    ngx_pickyassist_zone_t *zone, ngx_log_t *log);
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
        ngx_pickyassist_free_records(zone, previous->generation);

    } else if (ngx_pickyassist_create_shared(zone) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
        return NGX_ERROR;
    }

    zone->generation = ++zone->shared->generation;

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


/*
 * Frees what nobody uses any more: neither the configuration that runs, to
 * which the master returns if the new one fails, nor a worker, be it one of an
 * earlier configuration that has requests to finish.  Counters are kept.
 *
 * A configuration newer than the one that runs has failed: what it asked for,
 * it never used.
 */

static void
ngx_pickyassist_free_records(ngx_pickyassist_zone_t *zone,
    ngx_atomic_uint_t running)
{
    ngx_slab_pool_t                *shpool;
    ngx_pickyassist_record_t       *record, **next;
    ngx_pickyassist_generations_t   living;

    if (ngx_process == NGX_PROCESS_SINGLE) {

        /* it goes on with requests of any configuration, in one slot */

        return;
    }

    shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    living.elts[0] = running;
    living.n = 1;

    /* who takes a slot from now on sees this; who had one before is seen */

    zone->shared->oldest = running;
    ngx_memory_barrier();

    ngx_pickyassist_living(zone->shared, &living);

    for (next = &zone->shared->records; *next; /* void */ ) {
        record = *next;

        if (record->last > running) {
            record->last = record->before;
        }

        if (record->kind == NGX_PICKYASSIST_COUNTERS
            || ngx_pickyassist_in_use(record, &living))
        {
            next = &record->next;
            continue;
        }

        *next = record->next;
        ngx_slab_free(shpool, record);
    }
}


static void
ngx_pickyassist_living(ngx_pickyassist_shared_t *shared,
    ngx_pickyassist_generations_t *living)
{
    ngx_uint_t               i;
    ngx_pickyassist_slot_t  *slot;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &shared->slots[i];

        if (ngx_pickyassist_pid_is_alive(slot->pid)) {
            living->elts[living->n++] = slot->generation;
        }
    }
}


static ngx_uint_t
ngx_pickyassist_in_use(ngx_pickyassist_record_t *record,
    ngx_pickyassist_generations_t *living)
{
    ngx_uint_t  i;

    for (i = 0; i < living->n; i++) {
        if (living->elts[i] >= record->first
            && living->elts[i] <= record->last)
        {
            return 1;
        }
    }

    return 0;
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
            if (record->last != zone->generation) {
                record->before = record->last;
                record->last = zone->generation;
            }

            return (u_char *) record + NGX_PICKYASSIST_RECORD;
        }
    }

    shpool = (ngx_slab_pool_t *) zone->shm_zone->shm.addr;

    record = ngx_slab_calloc(shpool, NGX_PICKYASSIST_RECORD + size + key->len);
    if (record == NULL) {
        return NULL;
    }

    record->kind = kind;
    record->first = zone->generation;
    record->last = zone->generation;
    record->key.data = (u_char *) record + NGX_PICKYASSIST_RECORD + size;
    record->key.len = key->len;
    ngx_memcpy(record->key.data, key->data, key->len);

    record->next = zone->shared->records;
    zone->shared->records = record;

    return (u_char *) record + NGX_PICKYASSIST_RECORD;
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
            slot->waiting = 0;
            slot->generation = zone->generation;
            (void) ngx_atomic_fetch_add(&slot->epoch, 1);

            ngx_pickyassist_slot = slot;

            return ngx_pickyassist_check_generation(zone, log);
        }
    }

    ngx_log_error(NGX_LOG_ALERT, log, 0,
                  "pickyassist: no slot for this worker");

    return NGX_ERROR;
}


/*
 * Two more reloads while a worker starts, and what its configuration has in
 * shared memory may be gone.  The master does not need it any more, either.
 */

static ngx_int_t
ngx_pickyassist_check_generation(ngx_pickyassist_zone_t *zone, ngx_log_t *log)
{
    ngx_memory_barrier();

    if (zone->generation >= zone->shared->oldest) {
        return NGX_OK;
    }

    ngx_pickyassist_give_slot();

    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "pickyassist: this worker's configuration was replaced "
                  "before it started");

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


void
ngx_pickyassist_in_flight(ngx_pickyassist_zone_t *zone, uint64_t *in_flight,
    uint64_t *waiting)
{
    ngx_uint_t               i;
    ngx_pickyassist_slot_t  *slot;

    *in_flight = 0;
    *waiting = 0;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &zone->shared->slots[i];

        if (slot->in_flight && ngx_pickyassist_pid_is_alive(slot->pid)) {
            *in_flight += slot->in_flight;
            *waiting += slot->waiting;
        }
    }
}


uint64_t
ngx_pickyassist_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * NGX_PICKYASSIST_SEC + ts.tv_nsec;
}


ngx_uint_t
ngx_pickyassist_seconds(uint64_t left)
{
    left = (left + NGX_PICKYASSIST_SEC - 1) / NGX_PICKYASSIST_SEC;

    return ngx_max(left, 1);
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
