
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The counters of "pickyassist_status", a tenant of the zone.  They only grow,
 * by atomic additions, so a worker process may be killed at any time.
 */


#ifndef _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_
#define _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_


#include "ngx_pickyassist_zone.h"

#include "core/metrics.h"


PA_HIDDEN_BEGIN


/* of one endpoint; durations in milliseconds */

typedef struct {
    ngx_atomic_t                  requests[PA_OUTCOME_COUNT];
    ngx_atomic_t                  upstream_requests;
    ngx_atomic_t                  durations[PA_DURATION_COUNT];
    ngx_atomic_t                  duration_sum;
} ngx_pickyassist_endpoint_counters_t;


/* of all together */

typedef struct {
    ngx_atomic_t                  tokens_issued;
    ngx_atomic_t                  messages_accepted;
    ngx_atomic_t                  connections[2];     /* new, reused */
    ngx_atomic_t                  replays;
    ngx_atomic_t                  balance;
    ngx_atomic_t                  balance_known;
} ngx_pickyassist_total_counters_t;


/* those of a configuration; NULL for endpoints that no location has */

typedef struct {
    ngx_pickyassist_endpoint_counters_t  *endpoints[PA_ENDPOINT_COUNT];
    ngx_pickyassist_total_counters_t     *total;
    unsigned char                         wanted[PA_ENDPOINT_COUNT];
} ngx_pickyassist_counters_t;


/* the tenant; data is the ngx_pickyassist_counters_t, with wanted set */
ngx_int_t ngx_pickyassist_init_counters(ngx_pickyassist_zone_t *zone,
    void *data);

/* counts an exchange that has ended */
void ngx_pickyassist_count_duration(
    ngx_pickyassist_endpoint_counters_t *counters, ngx_msec_t duration);

/* the latest one, see core/balance.h */
void ngx_pickyassist_note_balance(ngx_pickyassist_counters_t *counters,
    int64_t balance);

/* sets what is counted here, zeroes the rest */
void ngx_pickyassist_snapshot(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_counters_t *counters, pa_metrics_t *metrics);


/* adds to a counter; any worker process may do so */
#define ngx_pickyassist_count(counter, n)                                     \
    (void) ngx_atomic_fetch_add(&(counter), n)


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_ */
