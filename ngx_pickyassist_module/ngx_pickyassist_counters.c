
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_counters.h"


ngx_int_t
ngx_pickyassist_init_counters(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_pickyassist_counters_t  **counters = data;

    static ngx_str_t  key = ngx_string("counters");

    *counters = ngx_pickyassist_get_record(zone, NGX_PICKYASSIST_COUNTERS,
                                           &key,
                                           sizeof(ngx_pickyassist_counters_t));

    if (*counters == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_pickyassist_count_request(ngx_pickyassist_counters_t *counters,
    pa_outcome_e outcome, ngx_uint_t ntokens)
{
    (void) ngx_atomic_fetch_add(&counters->requests[outcome], 1);

    if (outcome == PA_OUTCOME_ISSUED) {
        (void) ngx_atomic_fetch_add(&counters->tokens_issued, ntokens);
    }
}


void
ngx_pickyassist_count_upstream(ngx_pickyassist_counters_t *counters)
{
    (void) ngx_atomic_fetch_add(&counters->upstream_requests, 1);
}


void
ngx_pickyassist_count_duration(ngx_pickyassist_counters_t *counters,
    ngx_msec_t duration)
{
    size_t  bucket;

    bucket = pa_metrics_bucket(duration);

    (void) ngx_atomic_fetch_add(&counters->durations[bucket], 1);
    (void) ngx_atomic_fetch_add(&counters->duration_sum, duration);
}


void
ngx_pickyassist_count_connection(ngx_pickyassist_counters_t *counters,
    ngx_uint_t reused)
{
    (void) ngx_atomic_fetch_add(&counters->connections[reused], 1);
}


void
ngx_pickyassist_snapshot(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_counters_t *counters, pa_metrics_t *metrics)
{
    ngx_uint_t              i;
    pa_endpoint_metrics_t  *row;

    ngx_memzero(metrics, sizeof(pa_metrics_t));

    row = &metrics->endpoints[PA_ENDPOINT_CREATE_API_TOKEN];

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        row->requests[i] = counters->requests[i];
    }

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        row->durations[i] = counters->durations[i];
    }

    row->duration_sum = counters->duration_sum;
    row->upstream_requests = counters->upstream_requests;

    metrics->connections[0] = counters->connections[0];
    metrics->connections[1] = counters->connections[1];

    metrics->tokens_issued = counters->tokens_issued;
    metrics->balance = PA_BALANCE_UNKNOWN;
    metrics->in_flight = ngx_pickyassist_in_flight(zone);
}
