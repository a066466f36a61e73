
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "metrics.h"


/* both formats fit */
#define PA_METRICS_SIZE  4096


typedef struct {
    uint64_t         ms;
    const char      *seconds;
} pa_duration_bucket_t;


static void pa_metrics_text(pa_buf_t *b, const char *text);
static void pa_metrics_seconds(pa_buf_t *b, uint64_t ms);
static void pa_metrics_head(pa_buf_t *b, const char *name, const char *type,
    const char *help);
static void pa_metrics_value(pa_buf_t *b, const char *name, uint64_t value);
static void pa_metrics_histogram(pa_buf_t *b, const pa_metrics_t *metrics);
static void pa_metrics_json_value(pa_buf_t *b, const char *name,
    uint64_t value);
static void pa_metrics_json_histogram(pa_buf_t *b,
    const pa_metrics_t *metrics);


#define PA_DURATION_ROW(ms, seconds)  { ms, seconds },

static const pa_duration_bucket_t  pa_duration_buckets[PA_DURATION_COUNT] = {
    PA_DURATION_BUCKETS(PA_DURATION_ROW)
    { UINT64_MAX, "+Inf" }
};

#undef PA_DURATION_ROW


size_t
pa_metrics_bucket(uint64_t ms)
{
    size_t  i;

    for (i = 0; ms > pa_duration_buckets[i].ms; i++) { /* void */ }

    return i;
}


int
pa_metrics_prometheus(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text)
{
    size_t    i;
    pa_buf_t  b;

    pa_buf_init(&b, pool, PA_METRICS_SIZE);

    pa_metrics_head(&b, "pickyassist_requests_total", "counter",
                    "Requests of the gateway by outcome.");

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        pa_metrics_text(&b, "pickyassist_requests_total{outcome=\"");
        pa_metrics_text(&b, pa_outcomes[i].code);
        pa_metrics_text(&b, "\"} ");
        pa_buf_int(&b, (int64_t) metrics->requests[i]);
        pa_buf_literal(&b, "\n");
    }

    pa_metrics_head(&b, "pickyassist_tokens_issued_total", "counter",
                    "Tokens issued.");
    pa_metrics_value(&b, "pickyassist_tokens_issued_total ",
                     metrics->tokens_issued);

    pa_metrics_head(&b, "pickyassist_upstream_requests_total", "counter",
                    "Requests handed over to the upstream.");
    pa_metrics_value(&b, "pickyassist_upstream_requests_total ",
                     metrics->upstream_requests);

    pa_metrics_histogram(&b, metrics);

    pa_metrics_head(&b, "pickyassist_requests_in_flight", "gauge",
                    "Requests being processed.");
    pa_metrics_value(&b, "pickyassist_requests_in_flight ",
                     metrics->in_flight);

    pa_metrics_head(&b, "pickyassist_endpoint_disabled", "gauge",
                    "1 while a circuit breaker is open or half open.");
    pa_metrics_value(&b, "pickyassist_endpoint_disabled ",
                     metrics->endpoint_disabled);

    pa_metrics_head(&b, "pickyassist_build_info", "gauge",
                    "Versions of the module and of nginx.");
    pa_metrics_text(&b, "pickyassist_build_info{version=\"");
    pa_metrics_text(&b, metrics->version);
    pa_metrics_text(&b, "\",nginx_version=\"");
    pa_metrics_text(&b, metrics->server_version);
    pa_metrics_text(&b, "\"} 1\n");

    return pa_buf_text(&b, text);
}


int
pa_metrics_json(pa_pool_t *pool, const pa_metrics_t *metrics, pa_str_t *text)
{
    size_t    i;
    pa_buf_t  b;

    pa_buf_init(&b, pool, PA_METRICS_SIZE);

    pa_metrics_text(&b, "{\"pickyassist_requests_total\":{");

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        pa_buf_bytes(&b, ",", i != 0);
        pa_metrics_json_value(&b, pa_outcomes[i].code, metrics->requests[i]);
    }

    pa_buf_literal(&b, "},");
    pa_metrics_json_value(&b, "pickyassist_tokens_issued_total",
                          metrics->tokens_issued);
    pa_buf_literal(&b, ",");
    pa_metrics_json_value(&b, "pickyassist_upstream_requests_total",
                          metrics->upstream_requests);
    pa_buf_literal(&b, ",");
    pa_metrics_json_histogram(&b, metrics);
    pa_buf_literal(&b, ",");
    pa_metrics_json_value(&b, "pickyassist_requests_in_flight",
                          metrics->in_flight);
    pa_buf_literal(&b, ",");
    pa_metrics_json_value(&b, "pickyassist_endpoint_disabled",
                          metrics->endpoint_disabled);
    pa_metrics_text(&b, ",\"pickyassist_build_info\":{\"version\":\"");
    pa_metrics_text(&b, metrics->version);
    pa_metrics_text(&b, "\",\"nginx_version\":\"");
    pa_metrics_text(&b, metrics->server_version);
    pa_metrics_text(&b, "\"}}\n");

    return pa_buf_text(&b, text);
}


static void
pa_metrics_text(pa_buf_t *b, const char *text)
{
    pa_buf_bytes(b, text, strlen(text));
}


static void
pa_metrics_seconds(pa_buf_t *b, uint64_t ms)
{
    char  fraction[4];

    fraction[0] = '.';
    fraction[1] = (char) ('0' + ms / 100 % 10);
    fraction[2] = (char) ('0' + ms / 10 % 10);
    fraction[3] = (char) ('0' + ms % 10);

    pa_buf_int(b, (int64_t) (ms / 1000));
    pa_buf_bytes(b, fraction, sizeof(fraction));
}


static void
pa_metrics_head(pa_buf_t *b, const char *name, const char *type,
    const char *help)
{
    pa_buf_literal(b, "# HELP ");
    pa_metrics_text(b, name);
    pa_buf_literal(b, " ");
    pa_metrics_text(b, help);
    pa_buf_literal(b, "\n# TYPE ");
    pa_metrics_text(b, name);
    pa_buf_literal(b, " ");
    pa_metrics_text(b, type);
    pa_buf_literal(b, "\n");
}


static void
pa_metrics_value(pa_buf_t *b, const char *name, uint64_t value)
{
    pa_metrics_text(b, name);
    pa_buf_int(b, (int64_t) value);
    pa_buf_literal(b, "\n");
}


static void
pa_metrics_histogram(pa_buf_t *b, const pa_metrics_t *metrics)
{
    size_t    i;
    uint64_t  count;

    pa_metrics_head(b, "pickyassist_upstream_duration_seconds", "histogram",
                    "Time from handing a request over to the upstream to the "
                    "end of the exchange.");

    count = 0;

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        count += metrics->durations[i];

        pa_metrics_text(b, "pickyassist_upstream_duration_seconds_bucket"
                           "{le=\"");
        pa_metrics_text(b, pa_duration_buckets[i].seconds);
        pa_metrics_value(b, "\"} ", count);
    }

    pa_metrics_text(b, "pickyassist_upstream_duration_seconds_sum ");
    pa_metrics_seconds(b, metrics->duration_sum);
    pa_buf_literal(b, "\n");

    pa_metrics_value(b, "pickyassist_upstream_duration_seconds_count ",
                     count);
}


static void
pa_metrics_json_value(pa_buf_t *b, const char *name, uint64_t value)
{
    pa_buf_literal(b, "\"");
    pa_metrics_text(b, name);
    pa_buf_literal(b, "\":");
    pa_buf_int(b, (int64_t) value);
}


static void
pa_metrics_json_histogram(pa_buf_t *b, const pa_metrics_t *metrics)
{
    size_t    i;
    uint64_t  count;

    pa_metrics_text(b, "\"pickyassist_upstream_duration_seconds\":"
                       "{\"buckets\":{");

    count = 0;

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        count += metrics->durations[i];

        pa_buf_bytes(b, ",", i != 0);
        pa_metrics_json_value(b, pa_duration_buckets[i].seconds, count);
    }

    pa_metrics_text(b, "},\"sum\":");
    pa_metrics_seconds(b, metrics->duration_sum);
    pa_buf_literal(b, ",");
    pa_metrics_json_value(b, "count", count);
    pa_buf_literal(b, "}");
}
