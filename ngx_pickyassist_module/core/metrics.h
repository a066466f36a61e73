
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What operators see: a snapshot of the counters, written for Prometheus and
 * as JSON.
 */


#ifndef _PA_METRICS_H_INCLUDED_
#define _PA_METRICS_H_INCLUDED_


#include "buf.h"
#include "tables/outcomes.h"


PA_HIDDEN_BEGIN


/*
 * Upper bounds of the histogram's buckets: X(milliseconds, seconds as text).
 * What takes longer falls into one more, "+Inf".
 */

#define PA_DURATION_BUCKETS(X)                                                \
    X(5, "0.005")                                                             \
    X(10, "0.01")                                                             \
    X(25, "0.025")                                                            \
    X(50, "0.05")                                                             \
    X(100, "0.1")                                                             \
    X(250, "0.25")                                                            \
    X(500, "0.5")                                                             \
    X(1000, "1")                                                              \
    X(2500, "2.5")                                                            \
    X(5000, "5")                                                              \
    X(10000, "10")                                                            \
    X(30000, "30")                                                            \
    X(60000, "60")

#define PA_DURATION_ONE(ms, seconds)  + 1
#define PA_DURATION_COUNT  (1 PA_DURATION_BUCKETS(PA_DURATION_ONE))


typedef struct {
    uint64_t         requests[PA_OUTCOME_COUNT];
    uint64_t         tokens_issued;
    uint64_t         upstream_requests;
    uint64_t         durations[PA_DURATION_COUNT];  /* not cumulated */
    uint64_t         duration_sum;                  /* milliseconds */
    uint64_t         in_flight;
    unsigned         endpoint_disabled:1;
    const char      *version;           /* of the module */
    const char      *server_version;    /* of nginx */
} pa_metrics_t;


/* index of the bucket for a duration in milliseconds */
size_t pa_metrics_bucket(uint64_t ms);

/* text exposition format 0.0.4; PA_ERROR: no memory */
int pa_metrics_prometheus(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);

/* the same figures under the same names; PA_ERROR: no memory */
int pa_metrics_json(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);


PA_HIDDEN_END


#endif /* _PA_METRICS_H_INCLUDED_ */
