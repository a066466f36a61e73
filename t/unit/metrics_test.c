
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE

#include "metrics.h"
#include "unit.h"


typedef int (*write_pt)(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text);


static void test_bucket(void);
static void test_whole(void);
static void test_outcomes(void);
static void test_shown(void);
static void test_catalogue(void);
static void test_balance(void);
static void test_seconds(void);
static void test_large(void);
static void test_estimate(void);
static void fill(pa_metrics_t *metrics);
static pa_str_t prometheus_text(void);
static pa_str_t json_text(void);
static pa_str_t write_metrics(size_t format, const pa_metrics_t *metrics);
static int contains(const pa_str_t *text, const char *part);
static int write_prometheus(void *data);
static int write_json(void *data);


static const struct {
    const char  *name;
    write_pt     write;
} formats[] = {
    { "prometheus", pa_metrics_prometheus },
    { "json", pa_metrics_json }
};


/* those that fill() makes */

static const pa_endpoint_e  endpoints[] = {
    PA_ENDPOINT_CREATE_API_TOKEN,
    PA_ENDPOINT_PUSH
};


/* what Prometheus and operators see: changing one breaks their dashboards */

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
    test_outcomes();
    test_shown();
    test_catalogue();
    test_balance();
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


/* both forms to the last byte; the outcomes are looked at below */

static void
test_whole(void)
{
    pa_str_t      text, want;
    pa_metrics_t  metrics;

    fill(&metrics);

    text = write_metrics(0, &metrics);
    want = prometheus_text();
    unit_text(&text, &want, "prometheus");

    text = write_metrics(1, &metrics);
    want = json_text();
    unit_text(&text, &want, "json");

    unit_reset();
}


/* which outcomes an endpoint has from the start */

static void
test_outcomes(void)
{
    int           want;
    size_t        i, j, k;
    pa_str_t      text;
    const char   *code, *line;
    pa_metrics_t  metrics;

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        memset(&metrics, 0, sizeof(pa_metrics_t));
        metrics.version = "";
        metrics.server_version = "";
        metrics.endpoints[i].shown = 1;

        for (j = 0; j < PA_OUTCOME_COUNT; j++) {
            code = pa_outcomes[j].code;

            want = 1;

            if (strcmp(code, "issued") == 0) {
                want = (i == PA_ENDPOINT_CREATE_API_TOKEN);

            } else if (strcmp(code, "accepted") == 0) {
                want = (i != PA_ENDPOINT_CREATE_API_TOKEN);

            } else if (strcmp(code, "master_token_rejected") == 0) {
                want = (pa_endpoints[i].token == PA_TOKEN_ACCOUNT);

            } else if (strcmp(code, "token_rejected") == 0) {
                want = (pa_endpoints[i].token == PA_TOKEN_PROJECT);
            }

            for (k = 0; k < 2; k++) {

                /* what was counted against all expectation is no secret */

                metrics.endpoints[i].requests[j] = k;

                line = (const char *) unit_sprintf("%s\",outcome=\"%s\"} %zu\n",
                                     (const char *) pa_endpoints[i].name.data,
                                     code, k).data;
                text = write_metrics(0, &metrics);

                unit_int(contains(&text, line), want || k,
                         "prometheus: %s: %s: %zu",
                         (const char *) pa_endpoints[i].name.data, code, k);

                line = (const char *) unit_sprintf("\"%s\":%zu", code, k).data;
                text = write_metrics(1, &metrics);

                unit_int(contains(&text, line), want || k, "json: %s: %s: %zu",
                         (const char *) pa_endpoints[i].name.data, code, k);

                unit_reset();
            }

            metrics.endpoints[i].requests[j] = 0;
        }
    }
}


/* an endpoint that no location has is not there, whatever it has counted */

static void
test_shown(void)
{
    size_t        i;
    pa_str_t      text;
    pa_metrics_t  metrics;

    fill(&metrics);
    metrics.endpoints[PA_ENDPOINT_PUSH].shown = 0;

    for (i = 0; i < unit_nelts(formats); i++) {
        text = write_metrics(i, &metrics);
        unit_ok(!contains(&text, "push"), "%s: not shown", formats[i].name);
        unit_ok(contains(&text, "create-api-token"), "%s: shown",
                formats[i].name);
    }

    metrics.endpoints[PA_ENDPOINT_CREATE_API_TOKEN].shown = 0;

    text = write_metrics(0, &metrics);
    unit_ok(!contains(&text, "requests_total"), "prometheus: no endpoint");
    unit_ok(contains(&text, "\n# TYPE pickyassist_replays_total counter\n"),
            "prometheus: the others");

    text = write_metrics(1, &metrics);
    unit_ok(contains(&text, "{\"pickyassist_requests_total\":{},"
                            "\"pickyassist_tokens_issued_total\":200,"),
            "json: no endpoint");
    unit_ok(contains(&text, ",\"pickyassist_upstream_duration_seconds\":{},"),
            "json: no histogram");

    unit_reset();
}


/* each endpoint of the catalogue has all of its figures in both forms */

static void
test_catalogue(void)
{
    size_t        i;
    pa_str_t      text;
    const char   *name;
    pa_metrics_t  metrics;

    memset(&metrics, 0, sizeof(pa_metrics_t));
    metrics.version = "";
    metrics.server_version = "";

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        metrics.endpoints[i].shown = 1;
        metrics.endpoints[i].requests[PA_OUTCOME_HTTP_ERROR] = 10000 + i;
        metrics.endpoints[i].upstream_requests = 20000 + i;
        metrics.endpoints[i].durations[3] = 30000 + i;
        metrics.endpoints[i].duration_sum = 40000 + i;
        metrics.endpoints[i].disabled = 50000 + i;
    }

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        name = (const char *) pa_endpoints[i].name.data;

        text = write_metrics(0, &metrics);

        unit_ok(contains(&text, (char *) unit_sprintf(
                    "_requests_total{endpoint=\"%s\",outcome=\"http_error\"} "
                    "%zu\n", name, 10000 + i).data)
                && contains(&text, (char *) unit_sprintf(
                    "_upstream_requests_total{endpoint=\"%s\"} %zu\n", name,
                    20000 + i).data)
                && contains(&text, (char *) unit_sprintf(
                    "_seconds_count{endpoint=\"%s\"} %zu\n", name,
                    30000 + i).data)
                && contains(&text, (char *) unit_sprintf(
                    "_seconds_sum{endpoint=\"%s\"} 40.%03zu\n", name,
                    i).data)
                && contains(&text, (char *) unit_sprintf(
                    "_endpoint_disabled{endpoint=\"%s\"} %zu\n", name,
                    50000 + i).data),
                "prometheus: %s", name);

        text = write_metrics(1, &metrics);

        unit_ok(contains(&text, (char *) unit_sprintf("\"http_error\":%zu}",
                                                      10000 + i).data)
                && contains(&text, (char *) unit_sprintf("\"%s\":%zu", name,
                                                         20000 + i).data)
                && contains(&text, (char *) unit_sprintf(
                    "\"sum\":40.%03zu,\"count\":%zu}", i, 30000 + i).data)
                && contains(&text, (char *) unit_sprintf("\"%s\":%zu", name,
                                                         50000 + i).data),
                "json: %s", name);

        unit_reset();
    }
}


static void
test_balance(void)
{
    size_t        i;
    pa_str_t      text;
    pa_metrics_t  metrics;

    static const struct {
        int64_t      balance;
        const char  *prometheus;
        const char  *json;
    } rows[] = {
        { PA_BALANCE_UNKNOWN, NULL, NULL },
        { 0, "\npickyassist_balance 0\n", ",\"pickyassist_balance\":0," },
        { 12345000, "\npickyassist_balance 12.345\n",
          ",\"pickyassist_balance\":12.345," },
        { -5000, "\npickyassist_balance -0.005\n",
          ",\"pickyassist_balance\":-0.005," }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        fill(&metrics);
        metrics.balance = rows[i].balance;

        text = write_metrics(0, &metrics);
        unit_ok(rows[i].json ? contains(&text, rows[i].prometheus)
                             : !contains(&text, "pickyassist_balance"),
                "prometheus: balance of %lld", (long long) rows[i].balance);

        text = write_metrics(1, &metrics);
        unit_ok(rows[i].json ? contains(&text, rows[i].json)
                             : !contains(&text, "pickyassist_balance"),
                "json: balance of %lld", (long long) rows[i].balance);

        unit_reset();
    }
}


static void
test_seconds(void)
{
    size_t        i, j;
    pa_str_t      text;
    pa_metrics_t  metrics;

    static const struct {
        uint64_t     ms;
        const char  *prometheus;
        const char  *json;
    } rows[] = {
        { 0, "_sum{endpoint=\"push\"} 0.000\n", "\"sum\":0.000," },
        { 1, "_sum{endpoint=\"push\"} 0.001\n", "\"sum\":0.001," },
        { 10, "_sum{endpoint=\"push\"} 0.010\n", "\"sum\":0.010," },
        { 100, "_sum{endpoint=\"push\"} 0.100\n", "\"sum\":0.100," },
        { 999, "_sum{endpoint=\"push\"} 0.999\n", "\"sum\":0.999," },
        { 1000, "_sum{endpoint=\"push\"} 1.000\n", "\"sum\":1.000," },
        { 1999, "_sum{endpoint=\"push\"} 1.999\n", "\"sum\":1.999," },
        { 60001, "_sum{endpoint=\"push\"} 60.001\n", "\"sum\":60.001," },
        { 9223372036854775807,
          "_sum{endpoint=\"push\"} 9223372036854775.807\n",
          "\"sum\":9223372036854775.807," }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (j = 0; j < unit_nelts(formats); j++) {
            fill(&metrics);
            metrics.endpoints[PA_ENDPOINT_PUSH].duration_sum = rows[i].ms;

            text = write_metrics(j, &metrics);

            unit_ok(contains(&text, j ? rows[i].json : rows[i].prometheus),
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

    static const char  *want[][3] = {
        { "\"create-api-token\",outcome=\"issued\"} 9223372036854775807\n",
          "_tokens_issued_total 9007199254740993\n",
          "_in_flight 9223372036854775807\n" },
        { "\"create-api-token\":{\"issued\":9223372036854775807,",
          "_tokens_issued_total\":9007199254740993,",
          "_in_flight\":9223372036854775807," }
    };

    for (i = 0; i < unit_nelts(formats); i++) {
        fill(&metrics);
        metrics.endpoints[PA_ENDPOINT_CREATE_API_TOKEN]
            .requests[PA_OUTCOME_ISSUED] = INT64_MAX;
        metrics.tokens_issued = 9007199254740993;
        metrics.in_flight = INT64_MAX;

        text = write_metrics(i, &metrics);

        unit_ok(contains(&text, want[i][0]), "%s: requests", formats[i].name);
        unit_ok(contains(&text, want[i][1]), "%s: tokens", formats[i].name);
        unit_ok(contains(&text, want[i][2]), "%s: in flight",
                formats[i].name);

        unit_reset();
    }
}


/*
 * A snapshot is written without growing, be no endpoint shown or all of them,
 * and takes not much more memory than it needs.
 */

static void
test_estimate(void)
{
    size_t        i, j, k, n;
    pa_str_t      text;
    pa_metrics_t  metrics;

    for (n = 0; n <= PA_ENDPOINT_COUNT; n += PA_ENDPOINT_COUNT / 2) {
        fill(&metrics);
        metrics.tokens_issued = UINT32_MAX;
        metrics.in_flight = UINT32_MAX;

        for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
            metrics.endpoints[i].shown = (i < n);

            for (j = 0; j < PA_OUTCOME_COUNT; j++) {
                metrics.endpoints[i].requests[j] = UINT32_MAX;
            }

            for (j = 0; j < PA_DURATION_COUNT; j++) {
                metrics.endpoints[i].durations[j] = UINT32_MAX;
            }
        }

        for (k = 0; k < unit_nelts(formats); k++) {
            text = write_metrics(k, &metrics);

            unit_int((int64_t) unit_allocations(), 1,
                     "%s: %zu endpoints: one allocation", formats[k].name, n);

            if (k == 0 && n != 0) {
                unit_ok(unit_allocated() < 2 * text.len,
                        "%s: %zu endpoints: not much too large",
                        formats[k].name, n);
            }

            unit_reset();
        }
    }
}


/*
 * Two endpoints of different kinds, a different figure everywhere, but for
 * outcomes, of which each endpoint has another number: they are 0 or left out.
 * The buckets hold 1, 2, 3 ... durations, or twice as many.
 */

static void
fill(pa_metrics_t *metrics)
{
    size_t                  i, j;
    pa_endpoint_metrics_t  *row;

    memset(metrics, 0, sizeof(pa_metrics_t));

    for (i = 0; i < unit_nelts(endpoints); i++) {
        row = &metrics->endpoints[endpoints[i]];

        for (j = 0; j < PA_DURATION_COUNT; j++) {
            row->durations[j] = (j + 1) * (i + 1);
        }

        row->duration_sum = 12345 + i;
        row->upstream_requests = 300 + i;
        row->disabled = i;
        row->shown = 1;
    }

    metrics->tokens_issued = 200;
    metrics->messages_accepted = 201;
    metrics->balance = 12345000;
    metrics->connections[0] = 1;
    metrics->connections[1] = 9;
    metrics->replays = 202;
    metrics->waiting = 203;
    metrics->in_flight = 4;
    metrics->version = "1.2.3";
    metrics->server_version = "4.5.6";
}


static pa_str_t
prometheus_text(void)
{
    size_t       i, j;
    pa_str_t     text;
    const char  *name;

    text = S("# HELP pickyassist_requests_total "
             "Requests of the gateway by endpoint and outcome.\n"
             "# TYPE pickyassist_requests_total counter\n");

    for (i = 0; i < unit_nelts(endpoints); i++) {
        name = (const char *) pa_endpoints[endpoints[i]].name.data;

        for (j = 0; j < PA_OUTCOME_COUNT; j++) {
            if (pa_metrics_has_outcome(endpoints[i], (pa_outcome_e) j)) {
                text = unit_sprintf("%.*spickyassist_requests_total"
                                    "{endpoint=\"%s\",outcome=\"%s\"} 0\n",
                                    (int) text.len, (const char *) text.data,
                                    name, pa_outcomes[j].code);
            }
        }
    }

    text = unit_sprintf("%.*s"
        "# HELP pickyassist_tokens_issued_total Tokens issued.\n"
        "# TYPE pickyassist_tokens_issued_total counter\n"
        "pickyassist_tokens_issued_total 200\n"
        "# HELP pickyassist_messages_accepted_total "
        "Messages that the vendor accepted.\n"
        "# TYPE pickyassist_messages_accepted_total counter\n"
        "pickyassist_messages_accepted_total 201\n"
        "# HELP pickyassist_balance "
        "Balance of the vendor account, as check-balance last told it.\n"
        "# TYPE pickyassist_balance gauge\n"
        "pickyassist_balance 12.345\n"
        "# HELP pickyassist_upstream_requests_total "
        "Requests handed over to the upstream.\n"
        "# TYPE pickyassist_upstream_requests_total counter\n"
        "pickyassist_upstream_requests_total"
        "{endpoint=\"create-api-token\"} 300\n"
        "pickyassist_upstream_requests_total{endpoint=\"push\"} 301\n"
        "# HELP pickyassist_upstream_duration_seconds "
        "Time from handing a request over to the upstream to the end of the "
        "exchange.\n"
        "# TYPE pickyassist_upstream_duration_seconds histogram\n",
        (int) text.len, (const char *) text.data);

    for (i = 0; i < unit_nelts(endpoints); i++) {
        name = (const char *) pa_endpoints[endpoints[i]].name.data;

        for (j = 0; j < unit_nelts(bounds); j++) {
            text = unit_sprintf("%.*s"
                                "pickyassist_upstream_duration_seconds_bucket"
                                "{endpoint=\"%s\",le=\"%s\"} %zu\n",
                                (int) text.len, (const char *) text.data,
                                name, bounds[j],
                                (i + 1) * (j + 1) * (j + 2) / 2);
        }

        text = unit_sprintf("%.*s"
            "pickyassist_upstream_duration_seconds_sum{endpoint=\"%s\"} "
            "12.34%zu\n"
            "pickyassist_upstream_duration_seconds_count{endpoint=\"%s\"} "
            "%zu\n",
            (int) text.len, (const char *) text.data, name, 5 + i, name,
            (i + 1) * 105);
    }

    return unit_sprintf("%.*s"
        "# HELP pickyassist_upstream_connections_total "
        "Connections to the upstream that requests used, new or kept.\n"
        "# TYPE pickyassist_upstream_connections_total counter\n"
        "pickyassist_upstream_connections_total{reused=\"yes\"} 9\n"
        "pickyassist_upstream_connections_total{reused=\"no\"} 1\n"
        "# HELP pickyassist_replays_total "
        "Requests answered with the answer that was kept for their key.\n"
        "# TYPE pickyassist_replays_total counter\n"
        "pickyassist_replays_total 202\n"
        "# HELP pickyassist_requests_in_flight Requests being processed.\n"
        "# TYPE pickyassist_requests_in_flight gauge\n"
        "pickyassist_requests_in_flight 4\n"
        "# HELP pickyassist_requests_waiting "
        "Requests that wait for their turn by the rate.\n"
        "# TYPE pickyassist_requests_waiting gauge\n"
        "pickyassist_requests_waiting 203\n"
        "# HELP pickyassist_endpoint_disabled "
        "1 while a circuit breaker of the endpoint is open or half open.\n"
        "# TYPE pickyassist_endpoint_disabled gauge\n"
        "pickyassist_endpoint_disabled{endpoint=\"create-api-token\"} 0\n"
        "pickyassist_endpoint_disabled{endpoint=\"push\"} 1\n"
        "# HELP pickyassist_build_info Versions of the module and of nginx.\n"
        "# TYPE pickyassist_build_info gauge\n"
        "pickyassist_build_info{version=\"1.2.3\",nginx_version=\"4.5.6\"} "
        "1\n", (int) text.len, (const char *) text.data);
}


static pa_str_t
json_text(void)
{
    size_t       i, j, n;
    pa_str_t     text;
    const char  *name;

    text = S("{\"pickyassist_requests_total\":{");

    for (i = 0; i < unit_nelts(endpoints); i++) {
        name = (const char *) pa_endpoints[endpoints[i]].name.data;
        text = unit_sprintf("%.*s%s\"%s\":{", (int) text.len,
                            (const char *) text.data, i ? "}," : "", name);

        for (j = 0, n = 0; j < PA_OUTCOME_COUNT; j++) {
            if (pa_metrics_has_outcome(endpoints[i], (pa_outcome_e) j)) {
                text = unit_sprintf("%.*s%s\"%s\":0", (int) text.len,
                                    (const char *) text.data, n++ ? "," : "",
                                    pa_outcomes[j].code);
            }
        }
    }

    text = unit_sprintf("%.*s}},"
        "\"pickyassist_tokens_issued_total\":200,"
        "\"pickyassist_messages_accepted_total\":201,"
        "\"pickyassist_balance\":12.345,"
        "\"pickyassist_upstream_requests_total\":"
        "{\"create-api-token\":300,\"push\":301},"
        "\"pickyassist_upstream_duration_seconds\":{",
        (int) text.len, (const char *) text.data);

    for (i = 0; i < unit_nelts(endpoints); i++) {
        name = (const char *) pa_endpoints[endpoints[i]].name.data;
        text = unit_sprintf("%.*s%s\"%s\":{\"buckets\":{", (int) text.len,
                            (const char *) text.data, i ? "," : "", name);

        for (j = 0; j < unit_nelts(bounds); j++) {
            text = unit_sprintf("%.*s%s\"%s\":%zu", (int) text.len,
                                (const char *) text.data, j ? "," : "",
                                bounds[j], (i + 1) * (j + 1) * (j + 2) / 2);
        }

        text = unit_sprintf("%.*s},\"sum\":12.34%zu,\"count\":%zu}",
                            (int) text.len, (const char *) text.data, 5 + i,
                            (i + 1) * 105);
    }

    return unit_sprintf("%.*s},"
        "\"pickyassist_upstream_connections_total\":{\"yes\":9,\"no\":1},"
        "\"pickyassist_replays_total\":202,"
        "\"pickyassist_requests_in_flight\":4,"
        "\"pickyassist_requests_waiting\":203,"
        "\"pickyassist_endpoint_disabled\":"
        "{\"create-api-token\":0,\"push\":1},"
        "\"pickyassist_build_info\":{\"version\":\"1.2.3\","
        "\"nginx_version\":\"4.5.6\"}}\n",
        (int) text.len, (const char *) text.data);
}


static pa_str_t
write_metrics(size_t format, const pa_metrics_t *metrics)
{
    pa_str_t  text;

    if (formats[format].write(&unit_pool, metrics, &text) != PA_OK) {
        return S("no memory");
    }

    return text;
}


static int
contains(const pa_str_t *text, const char *part)
{
    return memmem(text->data, text->len, part, strlen(part)) != NULL;
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
