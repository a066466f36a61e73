
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A snapshot of the counters, written for Prometheus and as JSON.
 */


#ifndef _PA_METRICS_H_INCLUDED_
#define _PA_METRICS_H_INCLUDED_


#include "balance.h"
#include "tables/duration_buckets.h"
#include "tables/endpoints.h"
#include "tables/outcomes.h"


PA_HIDDEN_BEGIN


/* of one endpoint */

typedef struct {
    uint64_t         requests[PA_OUTCOME_COUNT];
    uint64_t         upstream_requests;
    uint64_t         durations[PA_DURATION_COUNT];  /* not cumulative */
    uint64_t         duration_sum;                  /* milliseconds */
    uint64_t         disabled;      /* 1: a breaker is open or half open */
    unsigned         shown:1;       /* some location has the endpoint */
} pa_endpoint_metrics_t;


typedef struct {
    pa_endpoint_metrics_t  endpoints[PA_ENDPOINT_COUNT];
    uint64_t         tokens_issued;
    uint64_t         messages_accepted;
    int64_t          balance;       /* see balance.h */
    uint64_t         connections[2];    /* to the upstream: new, reused */
    uint64_t         replays;
    uint64_t         waiting;
    uint64_t         in_flight;
    const char      *version;           /* of the module */
    const char      *server_version;    /* of nginx */
} pa_metrics_t;


/* index of the bucket for a duration in milliseconds */
size_t pa_metrics_bucket(uint64_t ms);

/*
 * 1 if requests to the endpoint can have this outcome, which is then shown
 * from the start.  A counter that is not 0 is always shown.
 */
int pa_metrics_has_outcome(pa_endpoint_e endpoint, pa_outcome_e outcome);

/* text exposition format 0.0.4; PA_ERROR: no memory */
int pa_metrics_prometheus(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);

/* the same figures under the same names; PA_ERROR: no memory */
int pa_metrics_json(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);


PA_HIDDEN_END


#endif /* _PA_METRICS_H_INCLUDED_ */
