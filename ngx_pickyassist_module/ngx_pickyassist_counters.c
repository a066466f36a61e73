
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_counters.h"


static void *ngx_pickyassist_get_counters(ngx_pickyassist_zone_t *zone,
    u_char *name, size_t len, size_t size);
static void ngx_pickyassist_snapshot_endpoint(
    ngx_pickyassist_endpoint_counters_t *counters,
    pa_endpoint_metrics_t *metrics);


ngx_int_t
ngx_pickyassist_init_counters(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_pickyassist_counters_t  *counters = data;

    ngx_uint_t       i;
    const pa_str_t  *name;

    static u_char  total[] = "total";

    counters->total = ngx_pickyassist_get_counters(zone, total,
                                     sizeof(total) - 1,
                                     sizeof(ngx_pickyassist_total_counters_t));
    if (counters->total == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        if (!counters->wanted[i]) {
            continue;
        }

        name = &pa_endpoints[i].name;

        counters->endpoints[i] = ngx_pickyassist_get_counters(zone,
                                  (u_char *) name->data, name->len,
                                  sizeof(ngx_pickyassist_endpoint_counters_t));

        if (counters->endpoints[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void *
ngx_pickyassist_get_counters(ngx_pickyassist_zone_t *zone, u_char *name,
    size_t len, size_t size)
{
    void       *counters;
    ngx_str_t   key;

    key.data = name;
    key.len = len;

    counters = ngx_pickyassist_get_record(zone, NGX_PICKYASSIST_COUNTERS, &key,
                                          size);
    if (counters == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
    }

    return counters;
}


void
ngx_pickyassist_count_duration(ngx_pickyassist_endpoint_counters_t *counters,
    ngx_msec_t duration)
{
    size_t  bucket;

    bucket = pa_metrics_bucket(duration);

    ngx_pickyassist_count(counters->durations[bucket], 1);
    ngx_pickyassist_count(counters->duration_sum, duration);
}


void
ngx_pickyassist_note_balance(ngx_pickyassist_counters_t *counters,
    int64_t balance)
{
    if (balance != PA_BALANCE_UNKNOWN) {
        counters->total->balance = (ngx_atomic_uint_t) balance;
        ngx_memory_barrier();
        counters->total->balance_known = 1;
    }
}


void
ngx_pickyassist_snapshot(ngx_pickyassist_zone_t *zone,
    ngx_pickyassist_counters_t *counters, pa_metrics_t *metrics)
{
    ngx_uint_t                         i;
    ngx_pickyassist_total_counters_t  *total;

    ngx_memzero(metrics, sizeof(pa_metrics_t));

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        if (counters->wanted[i]) {
            ngx_pickyassist_snapshot_endpoint(counters->endpoints[i],
                                              &metrics->endpoints[i]);
        }
    }

    total = counters->total;

    metrics->tokens_issued = total->tokens_issued;
    metrics->messages_accepted = total->messages_accepted;
    metrics->connections[0] = total->connections[0];
    metrics->connections[1] = total->connections[1];
    metrics->replays = total->replays;
    metrics->balance = total->balance_known ? (int64_t) total->balance
                                            : PA_BALANCE_UNKNOWN;

    ngx_pickyassist_in_flight(zone, &metrics->in_flight, &metrics->waiting);
}


static void
ngx_pickyassist_snapshot_endpoint(
    ngx_pickyassist_endpoint_counters_t *counters,
    pa_endpoint_metrics_t *metrics)
{
    ngx_uint_t  i;

    metrics->shown = 1;

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        metrics->requests[i] = counters->requests[i];
    }

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        metrics->durations[i] = counters->durations[i];
    }

    metrics->duration_sum = counters->duration_sum;
    metrics->upstream_requests = counters->upstream_requests;
}
