
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The counters of "pickyassist_status", a tenant of the zone.  They only grow,
 * by atomic additions; a worker that is killed leaves none of them wrong.
 */


#ifndef _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_
#define _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_


#include "ngx_pickyassist_zone.h"

#include "core/metrics.h"


PA_HIDDEN_BEGIN


/* durations in milliseconds */

typedef struct {
    ngx_atomic_t                  requests[PA_OUTCOME_COUNT];
    ngx_atomic_t                  tokens_issued;
    ngx_atomic_t                  upstream_requests;
    ngx_atomic_t                  connections[2];     /* new, reused */
    ngx_atomic_t                  durations[PA_DURATION_COUNT];
    ngx_atomic_t                  duration_sum;
} ngx_pickyassist_counters_t;


/* the tenant; data is the ngx_pickyassist_counters_t ** to be set */
ngx_int_t ngx_pickyassist_init_counters(ngx_pickyassist_zone_t *zone,
    void *data);

/* ntokens: issued, if outcome is that */
void ngx_pickyassist_count_request(ngx_pickyassist_counters_t *counters,
    pa_outcome_e outcome, ngx_uint_t ntokens);

/* a request that is written for the upstream, an exchange that has ended */
void ngx_pickyassist_count_upstream(ngx_pickyassist_counters_t *counters);
void ngx_pickyassist_count_duration(ngx_pickyassist_counters_t *counters,
    ngx_msec_t duration);

/* a connection over which a request was sent */
void ngx_pickyassist_count_connection(ngx_pickyassist_counters_t *counters,
    ngx_uint_t reused);

/* sets what is counted here, and zeroes the rest */
void ngx_pickyassist_snapshot(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_counters_t *counters, pa_metrics_t *metrics);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_COUNTERS_H_INCLUDED_ */
