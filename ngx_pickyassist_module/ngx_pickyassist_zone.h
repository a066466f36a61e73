
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What the worker processes share and a reload keeps: the zone "pickyassist",
 * which always exists, records in it, the list of live workers, and a clock.
 *
 * A worker process may be killed at any instruction, so nothing here is
 * locked.  Only the master process allocates, when it reads a configuration,
 * on behalf of tenants.  The zone only knows that each tenant needs its
 * records found or made for every configuration.  Records that no
 * configuration uses are reused.
 */


#ifndef _NGX_PICKYASSIST_ZONE_H_INCLUDED_
#define _NGX_PICKYASSIST_ZONE_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* one for each worker process, valid only while that lives */

typedef struct {
    ngx_atomic_t                  pid;        /* 0: free */
    ngx_atomic_t                  epoch;      /* grows with every owner */
    ngx_atomic_t                  generation; /* of its configuration */

    /* what goes up and down; counts only while the process lives */

    ngx_atomic_t                  in_flight;
    ngx_atomic_t                  waiting;    /* of those, for their turn */
} ngx_pickyassist_slot_t;


typedef struct ngx_pickyassist_shared_s  ngx_pickyassist_shared_t;


typedef struct {
    size_t                        size;
    ngx_shm_zone_t               *shm_zone;
    ngx_pickyassist_shared_t     *shared;
    ngx_array_t                   tenants;
    ngx_atomic_uint_t             generation; /* grows with every one */
} ngx_pickyassist_zone_t;


/* finds or makes the tenant's records for a configuration that is complete */

typedef ngx_int_t (*ngx_pickyassist_tenant_pt)(ngx_pickyassist_zone_t *zone,
    void *data);


/* the tenant of a record; each has its own keys */

typedef enum {
    NGX_PICKYASSIST_COUNTERS = 0,
    NGX_PICKYASSIST_BREAKER,
    NGX_PICKYASSIST_BUDGET,
    NGX_PICKYASSIST_SANDBOX
} ngx_pickyassist_record_e;


/* size 0: the default size; tenants are called later */
ngx_int_t ngx_pickyassist_add_zone(ngx_conf_t *cf,
    ngx_pickyassist_zone_t *zone);
ngx_int_t ngx_pickyassist_add_tenant(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_tenant_pt init, void *data);

/* the smallest size that "pickyassist_zone" may have */
#define NGX_PICKYASSIST_MIN_ZONE  (128 * 1024)

/*
 * For a tenant: finds or makes its record with this key, of size bytes, which
 * are zeroed when it is made.  NULL: there is no room.
 */
void *ngx_pickyassist_get_record(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_record_e kind, ngx_str_t *key, size_t size);

/* a worker process takes its slot, and gives it back */
ngx_int_t ngx_pickyassist_take_slot(ngx_pickyassist_zone_t *zone,
    ngx_log_t *log);
void ngx_pickyassist_give_slot(void);

/* the slot of this process; NULL: it handles no requests */
ngx_pickyassist_slot_t *ngx_pickyassist_own_slot(void);

/* requests in flight, and those that wait, of all live worker processes */
void ngx_pickyassist_in_flight(ngx_pickyassist_zone_t *zone,
    uint64_t *in_flight, uint64_t *waiting);

/* in nanoseconds, the same for all processes; never goes back */
uint64_t ngx_pickyassist_clock(void);

#define NGX_PICKYASSIST_MSEC  ((uint64_t) 1000000)
#define NGX_PICKYASSIST_SEC   ((uint64_t) 1000000000)

/* nanoseconds as seconds for "Retry-After": rounded up, at least 1 */
ngx_uint_t ngx_pickyassist_seconds(uint64_t left);

/*
 * A word that identifies this worker process, and no other one ever; 0 is
 * none.  It tells whether the owner of something in shared memory still lives.
 */
ngx_atomic_uint_t ngx_pickyassist_own_id(ngx_pickyassist_zone_t *zone);
ngx_uint_t ngx_pickyassist_is_alive(ngx_pickyassist_zone_t *zone,
    ngx_atomic_uint_t id);

/*
 * The same by pid, for memory that may outlive this zone and its ids.  By now
 * the pid may belong to another process.
 */
ngx_uint_t ngx_pickyassist_pid_is_alive(ngx_atomic_uint_t pid);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ZONE_H_INCLUDED_ */
