
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "metrics.h"
#include "unit.h"


typedef int (*write_pt)(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);


static void test_bucket(void);
static void test_whole(void);
static void test_seconds(void);
static void test_large(void);
static void test_estimate(void);
static void fill(pa_metrics_t *metrics);
static pa_str_t prometheus_text(void);
static pa_str_t json_text(void);
static int contains(const pa_str_t *text, const pa_str_t *part);
static int write_prometheus(void *data);
static int write_json(void *data);


static const struct {
    const char  *name;
    write_pt     write;
} formats[] = {
    { "prometheus", pa_metrics_prometheus },
    { "json", pa_metrics_json }
};


/* what Prometheus and operators see: changing one breaks their dashboards */

static const char  *codes[] = {
    "issued", "method_not_allowed", "unsupported_media_type", "body_too_large",
    "malformed_json", "invalid_request", "endpoint_disabled",
    "master_token_rejected", "insufficient_balance", "plan_not_active",
    "project_not_active", "upstream_rejected", "rate_limited",
    "upstream_unavailable", "upstream_error", "upstream_invalid_response",
    "upstream_unreachable", "upstream_timeout", "http_error"
};

static const char  *bounds[] = {
    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5",
    "10", "30", "60", "+Inf"
};


int
main(void)
{
    pa_metrics_t  metrics;

    test_bucket();
    test_whole();
    test_seconds();
    test_large();
    test_estimate();

    fill(&metrics);

    unit_no_memory(write_prometheus, &metrics, "pa_metrics_prometheus()");
    unit_no_memory(write_json, &metrics, "pa_metrics_json()");

    return unit_end();
}


/* a bucket holds what is not longer than its bound */

static void
test_bucket(void)
{
    size_t  i;

    static const struct {
        uint64_t  ms;
        size_t    bucket;
    } rows[] = {
        { 0, 0 },
        { 5, 0 },
        { 6, 1 },
        { 10, 1 },
        { 11, 2 },
        { 25, 2 },
        { 26, 3 },
        { 50, 3 },
        { 51, 4 },
        { 100, 4 },
        { 101, 5 },
        { 250, 5 },
        { 251, 6 },
        { 500, 6 },
        { 501, 7 },
        { 1000, 7 },
        { 1001, 8 },
        { 2500, 8 },
        { 2501, 9 },
        { 5000, 9 },
        { 5001, 10 },
        { 10000, 10 },
        { 10001, 11 },
        { 30000, 11 },
        { 30001, 12 },
        { 60000, 12 },
        { 60001, 13 },
        { UINT64_MAX, 13 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        unit_int((int64_t) pa_metrics_bucket(rows[i].ms),
                 (int64_t) rows[i].bucket, "bucket of %llu ms",
                 (unsigned long long) rows[i].ms);
    }

    unit_int((int64_t) PA_DURATION_COUNT, (int64_t) unit_nelts(bounds),
             "number of buckets");
}


static void
test_whole(void)
{
    pa_str_t      text, want;
    pa_metrics_t  metrics;

    unit_int((int64_t) PA_OUTCOME_COUNT, (int64_t) unit_nelts(codes),
             "number of outcomes");

    fill(&metrics);

    text = S("");
    (void) pa_metrics_prometheus(&unit_pool, &metrics, &text);
    want = prometheus_text();
    unit_text(&text, &want, "prometheus");

    text = S("");
    (void) pa_metrics_json(&unit_pool, &metrics, &text);
    want = json_text();
    unit_text(&text, &want, "json");

    unit_reset();
}


static void
test_seconds(void)
{
    size_t        i, j;
    pa_str_t      text;
    pa_metrics_t  metrics;

    static const struct {
        uint64_t  ms;
        pa_str_t  prometheus;
        pa_str_t  json;
    } rows[] = {
        { 0, T("_sum 0.000\n"), T("\"sum\":0.000,") },
        { 1, T("_sum 0.001\n"), T("\"sum\":0.001,") },
        { 10, T("_sum 0.010\n"), T("\"sum\":0.010,") },
        { 100, T("_sum 0.100\n"), T("\"sum\":0.100,") },
        { 999, T("_sum 0.999\n"), T("\"sum\":0.999,") },
        { 1000, T("_sum 1.000\n"), T("\"sum\":1.000,") },
        { 1999, T("_sum 1.999\n"), T("\"sum\":1.999,") },
        { 60001, T("_sum 60.001\n"), T("\"sum\":60.001,") },
        { 9223372036854775807, T("_sum 9223372036854775.807\n"),
          T("\"sum\":9223372036854775.807,") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (j = 0; j < unit_nelts(formats); j++) {
            fill(&metrics);
            metrics.duration_sum = rows[i].ms;

            text = S("");
            (void) formats[j].write(&unit_pool, &metrics, &text);

            unit_ok(contains(&text, j ? &rows[i].json : &rows[i].prometheus),
                    "%s: sum of %llu ms", formats[j].name,
                    (unsigned long long) rows[i].ms);

            unit_reset();
        }
    }
}


/* counters that ran for ages: 2^63 - 1 is more than will ever be counted */

static void
test_large(void)
{
    size_t        i;
    pa_str_t      text;
    pa_metrics_t  metrics;

    static const pa_str_t  want[][3] = {
        { T("{outcome=\"issued\"} 9223372036854775807\n"),
          T("_tokens_issued_total 9007199254740993\n"),
          T("_in_flight 9223372036854775807\n") },
        { T("{\"issued\":9223372036854775807,"),
          T("_tokens_issued_total\":9007199254740993,"),
          T("_in_flight\":9223372036854775807,") }
    };

    for (i = 0; i < unit_nelts(formats); i++) {
        fill(&metrics);
        metrics.requests[PA_OUTCOME_ISSUED] = INT64_MAX;
        metrics.tokens_issued = 9007199254740993;
        metrics.in_flight = INT64_MAX;

        text = S("");
        (void) formats[i].write(&unit_pool, &metrics, &text);

        unit_ok(contains(&text, &want[i][0]), "%s: requests", formats[i].name);
        unit_ok(contains(&text, &want[i][1]), "%s: tokens", formats[i].name);
        unit_ok(contains(&text, &want[i][2]), "%s: in flight",
                formats[i].name);

        unit_reset();
    }
}


/* a snapshot of usual size is written without growing */

static void
test_estimate(void)
{
    size_t        i, j;
    pa_str_t      text;
    pa_metrics_t  metrics;

    for (i = 0; i < unit_nelts(formats); i++) {
        fill(&metrics);

        for (j = 0; j < PA_OUTCOME_COUNT; j++) {
            metrics.requests[j] = 1000000000;
        }

        for (j = 0; j < PA_DURATION_COUNT; j++) {
            metrics.durations[j] = 1000000000;
        }

        text = S("");
        (void) formats[i].write(&unit_pool, &metrics, &text);

        unit_int((int64_t) unit_allocations(), 1, "%s: one allocation",
                 formats[i].name);

        unit_reset();
    }
}


/* a different figure everywhere; the buckets hold 1, 2, 3 ... durations */

static void
fill(pa_metrics_t *metrics)
{
    size_t  i;

    memset(metrics, 0, sizeof(pa_metrics_t));

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        metrics->requests[i] = 100 + i;
    }

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        metrics->durations[i] = i + 1;
    }

    metrics->duration_sum = 12345;
    metrics->tokens_issued = 200;
    metrics->upstream_requests = 300;
    metrics->in_flight = 4;
    metrics->endpoint_disabled = 1;
    metrics->version = "1.2.3";
    metrics->server_version = "4.5.6";
}


static pa_str_t
prometheus_text(void)
{
    size_t    i;
    pa_str_t  text;

    text = S("# HELP pickyassist_requests_total "
             "Requests of the gateway by outcome.\n"
             "# TYPE pickyassist_requests_total counter\n");

    for (i = 0; i < unit_nelts(codes); i++) {
        text = unit_sprintf("%.*spickyassist_requests_total{outcome=\"%s\"} "
                            "%zu\n", (int) text.len, (const char *) text.data,
                            codes[i], 100 + i);
    }

    text = unit_sprintf("%.*s"
        "# HELP pickyassist_tokens_issued_total Tokens issued.\n"
        "# TYPE pickyassist_tokens_issued_total counter\n"
        "pickyassist_tokens_issued_total 200\n"
        "# HELP pickyassist_upstream_requests_total "
        "Requests handed over to the upstream.\n"
        "# TYPE pickyassist_upstream_requests_total counter\n"
        "pickyassist_upstream_requests_total 300\n"
        "# HELP pickyassist_upstream_duration_seconds "
        "Time from handing a request over to the upstream to the end of the "
        "exchange.\n"
        "# TYPE pickyassist_upstream_duration_seconds histogram\n",
        (int) text.len, (const char *) text.data);

    for (i = 0; i < unit_nelts(bounds); i++) {
        text = unit_sprintf("%.*s"
                            "pickyassist_upstream_duration_seconds_bucket"
                            "{le=\"%s\"} %zu\n", (int) text.len,
                            (const char *) text.data, bounds[i],
                            (i + 1) * (i + 2) / 2);
    }

    return unit_sprintf("%.*s"
        "pickyassist_upstream_duration_seconds_sum 12.345\n"
        "pickyassist_upstream_duration_seconds_count 105\n"
        "# HELP pickyassist_requests_in_flight Requests being processed.\n"
        "# TYPE pickyassist_requests_in_flight gauge\n"
        "pickyassist_requests_in_flight 4\n"
        "# HELP pickyassist_endpoint_disabled "
        "1 while a circuit breaker is open or half open.\n"
        "# TYPE pickyassist_endpoint_disabled gauge\n"
        "pickyassist_endpoint_disabled 1\n"
        "# HELP pickyassist_build_info Versions of the module and of nginx.\n"
        "# TYPE pickyassist_build_info gauge\n"
        "pickyassist_build_info{version=\"1.2.3\",nginx_version=\"4.5.6\"} "
        "1\n", (int) text.len, (const char *) text.data);
}


static pa_str_t
json_text(void)
{
    size_t    i;
    pa_str_t  text;

    text = S("{\"pickyassist_requests_total\":{");

    for (i = 0; i < unit_nelts(codes); i++) {
        text = unit_sprintf("%.*s%s\"%s\":%zu", (int) text.len,
                            (const char *) text.data, i ? "," : "", codes[i],
                            100 + i);
    }

    text = unit_sprintf("%.*s},"
        "\"pickyassist_tokens_issued_total\":200,"
        "\"pickyassist_upstream_requests_total\":300,"
        "\"pickyassist_upstream_duration_seconds\":{\"buckets\":{",
        (int) text.len, (const char *) text.data);

    for (i = 0; i < unit_nelts(bounds); i++) {
        text = unit_sprintf("%.*s%s\"%s\":%zu", (int) text.len,
                            (const char *) text.data, i ? "," : "", bounds[i],
                            (i + 1) * (i + 2) / 2);
    }

    return unit_sprintf("%.*s},\"sum\":12.345,\"count\":105},"
        "\"pickyassist_requests_in_flight\":4,"
        "\"pickyassist_endpoint_disabled\":1,"
        "\"pickyassist_build_info\":{\"version\":\"1.2.3\","
        "\"nginx_version\":\"4.5.6\"}}\n",
        (int) text.len, (const char *) text.data);
}


static int
contains(const pa_str_t *text, const pa_str_t *part)
{
    size_t  i;

    for (i = 0; i + part->len <= text->len; i++) {
        if (memcmp(text->data + i, part->data, part->len) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
write_prometheus(void *data)
{
    pa_str_t  text;

    return pa_metrics_prometheus(&unit_pool, data, &text);
}


static int
write_json(void *data)
{
    pa_str_t  text;

    return pa_metrics_json(&unit_pool, data, &text);
}
