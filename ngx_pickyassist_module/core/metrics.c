
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "metrics.h"


/*
 * Room for one sample of each kind, as Prometheus has it, which is the longer
 * form: what an endpoint takes is known before it is written.
 */
#define PA_METRICS_SIZE          4096
#define PA_METRICS_OUTCOME_SIZE  112
#define PA_METRICS_BUCKET_SIZE   112
#define PA_METRICS_ENDPOINT_SIZE                                              \
    (PA_OUTCOME_COUNT * PA_METRICS_OUTCOME_SIZE                               \
     + (PA_DURATION_COUNT + 4) * PA_METRICS_BUCKET_SIZE)


typedef struct pa_metric_s  pa_metric_t;


/* both forms are written by the same walk over the figures */

typedef struct {
    pa_buf_t             b;
    const pa_metrics_t  *metrics;
    const pa_metric_t   *metric;      /* the one that is being written */
    int                  named;       /* its name has been */
    int                  json;
} pa_metrics_writer_t;


struct pa_metric_s {
    const char          *name;
    const char          *type;        /* of Prometheus */
    const char          *help;

    /* a metric for which it writes nothing is not there */
    void               (*write)(pa_metrics_writer_t *w);

    size_t               offset;      /* in pa_metrics_t or its endpoints */
};


typedef struct {
    uint64_t             ms;
    const char          *seconds;
} pa_duration_bucket_t;


static int pa_metrics_write(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text, int json);
static void pa_metrics_total(pa_metrics_writer_t *w);
static void pa_metrics_outcomes(pa_metrics_writer_t *w);
static void pa_metrics_endpoints(pa_metrics_writer_t *w);
static void pa_metrics_durations(pa_metrics_writer_t *w);
static void pa_metrics_connections(pa_metrics_writer_t *w);
static void pa_metrics_last_balance(pa_metrics_writer_t *w);
static void pa_metrics_build(pa_metrics_writer_t *w);
static const pa_endpoint_metrics_t *pa_metrics_next(
    const pa_metrics_t *metrics, size_t *endpoint);
static uint64_t pa_metrics_figure(const void *base, const pa_metric_t *metric);
static void pa_metrics_name(pa_metrics_writer_t *w);
static void pa_metrics_open(pa_metrics_writer_t *w, const char *name);
static void pa_metrics_close(pa_metrics_writer_t *w);
static void pa_metrics_sample(pa_metrics_writer_t *w, const char *suffix,
    const char *endpoint, const char *label, const char *value);
static void pa_metrics_end(pa_metrics_writer_t *w);
static void pa_metrics_count(pa_metrics_writer_t *w, uint64_t figure);
static void pa_metrics_key(pa_buf_t *b, const char *name);
static void pa_metrics_label(pa_buf_t *b, const char *name, const char *value);
static void pa_metrics_text(pa_buf_t *b, const char *text);
static void pa_metrics_seconds(pa_buf_t *b, uint64_t ms);
static const char *pa_metrics_endpoint(size_t endpoint);


/* all of them, in the order of both forms */

static const pa_metric_t  pa_metric_list[] = {

    { "pickyassist_requests_total", "counter",
      "Requests of the gateway by endpoint and outcome.",
      pa_metrics_outcomes,
      0 },

    { "pickyassist_tokens_issued_total", "counter",
      "Tokens issued.",
      pa_metrics_total,
      offsetof(pa_metrics_t, tokens_issued) },

    { "pickyassist_messages_accepted_total", "counter",
      "Messages that the vendor accepted.",
      pa_metrics_total,
      offsetof(pa_metrics_t, messages_accepted) },

    { "pickyassist_balance", "gauge",
      "Balance of the vendor account, as check-balance last told it.",
      pa_metrics_last_balance,
      0 },

    { "pickyassist_upstream_requests_total", "counter",
      "Requests handed over to the upstream.",
      pa_metrics_endpoints,
      offsetof(pa_endpoint_metrics_t, upstream_requests) },

    { "pickyassist_upstream_duration_seconds", "histogram",
      "Time from handing a request over to the upstream to the end of the "
      "exchange.",
      pa_metrics_durations,
      0 },

    { "pickyassist_upstream_connections_total", "counter",
      "Connections to the upstream that requests used, new or kept.",
      pa_metrics_connections,
      0 },

    { "pickyassist_replays_total", "counter",
      "Requests answered with the answer that was kept for their key.",
      pa_metrics_total,
      offsetof(pa_metrics_t, replays) },

    { "pickyassist_requests_in_flight", "gauge",
      "Requests being processed.",
      pa_metrics_total,
      offsetof(pa_metrics_t, in_flight) },

    { "pickyassist_requests_waiting", "gauge",
      "Requests that wait for their turn by the rate.",
      pa_metrics_total,
      offsetof(pa_metrics_t, waiting) },

    { "pickyassist_endpoint_disabled", "gauge",
      "1 while a circuit breaker of the endpoint is open or half open.",
      pa_metrics_endpoints,
      offsetof(pa_endpoint_metrics_t, disabled) },

    { "pickyassist_build_info", "gauge",
      "Versions of the module and of nginx.",
      pa_metrics_build,
      0 },

    { NULL, NULL, NULL, NULL, 0 }
};

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
pa_metrics_has_outcome(pa_endpoint_e endpoint, pa_outcome_e outcome)
{
    switch (outcome) {

    case PA_OUTCOME_ISSUED:
        return endpoint == PA_ENDPOINT_CREATE_API_TOKEN;

    case PA_OUTCOME_ACCEPTED:
        return endpoint != PA_ENDPOINT_CREATE_API_TOKEN;

    case PA_OUTCOME_MASTER_TOKEN_REJECTED:
        return pa_endpoints[endpoint].token == PA_TOKEN_ACCOUNT;

    case PA_OUTCOME_TOKEN_REJECTED:
        return pa_endpoints[endpoint].token == PA_TOKEN_PROJECT;

    default:
        return 1;
    }
}


int
pa_metrics_prometheus(pa_pool_t *pool, const pa_metrics_t *metrics,
    pa_str_t *text)
{
    return pa_metrics_write(pool, metrics, text, 0);
}


int
pa_metrics_json(pa_pool_t *pool, const pa_metrics_t *metrics, pa_str_t *text)
{
    return pa_metrics_write(pool, metrics, text, 1);
}


static int
pa_metrics_write(pa_pool_t *pool, const pa_metrics_t *metrics, pa_str_t *text,
    int json)
{
    size_t               i, size;
    pa_metrics_writer_t  w;

    size = PA_METRICS_SIZE;

    for (i = 0; pa_metrics_next(metrics, &i) != NULL; i++) {
        size += PA_METRICS_ENDPOINT_SIZE;
    }

    pa_buf_init(&w.b, pool, size);

    w.metrics = metrics;
    w.json = json;

    if (json) {
        pa_buf_literal(&w.b, "{");
    }

    for (w.metric = pa_metric_list; w.metric->name != NULL; w.metric++) {
        w.named = 0;
        w.metric->write(&w);
    }

    if (json) {
        pa_buf_literal(&w.b, "}\n");
    }

    return pa_buf_text(&w.b, text);
}


static void
pa_metrics_total(pa_metrics_writer_t *w)
{
    pa_metrics_sample(w, "", NULL, NULL, NULL);
    pa_metrics_count(w, pa_metrics_figure(w->metrics, w->metric));
}


static void
pa_metrics_outcomes(pa_metrics_writer_t *w)
{
    size_t                        i, j;
    const pa_endpoint_metrics_t  *row;

    pa_metrics_open(w, NULL);

    for (i = 0; (row = pa_metrics_next(w->metrics, &i)) != NULL; i++) {
        pa_metrics_open(w, pa_metrics_endpoint(i));

        for (j = 0; j < PA_OUTCOME_COUNT; j++) {

            if (!pa_metrics_has_outcome((pa_endpoint_e) i, (pa_outcome_e) j)
                && row->requests[j] == 0)
            {
                continue;
            }

            pa_metrics_sample(w, "", pa_metrics_endpoint(i), "outcome",
                              pa_outcomes[j].code);
            pa_metrics_count(w, row->requests[j]);
        }

        pa_metrics_close(w);
    }

    pa_metrics_close(w);
}


static void
pa_metrics_endpoints(pa_metrics_writer_t *w)
{
    size_t                        i;
    const pa_endpoint_metrics_t  *row;

    pa_metrics_open(w, NULL);

    for (i = 0; (row = pa_metrics_next(w->metrics, &i)) != NULL; i++) {
        pa_metrics_sample(w, "", pa_metrics_endpoint(i), NULL, NULL);
        pa_metrics_count(w, pa_metrics_figure(row, w->metric));
    }

    pa_metrics_close(w);
}


static void
pa_metrics_durations(pa_metrics_writer_t *w)
{
    size_t                        i, j;
    uint64_t                      count;
    const char                   *endpoint;
    const pa_endpoint_metrics_t  *row;

    pa_metrics_open(w, NULL);

    for (i = 0; (row = pa_metrics_next(w->metrics, &i)) != NULL; i++) {
        endpoint = pa_metrics_endpoint(i);
        count = 0;

        pa_metrics_open(w, endpoint);
        pa_metrics_open(w, "buckets");

        for (j = 0; j < PA_DURATION_COUNT; j++) {
            count += row->durations[j];

            pa_metrics_sample(w, "_bucket", endpoint, "le",
                              pa_duration_buckets[j].seconds);
            pa_metrics_count(w, count);
        }

        pa_metrics_close(w);

        pa_metrics_sample(w, "_sum", endpoint, NULL, NULL);
        pa_metrics_seconds(&w->b, row->duration_sum);
        pa_metrics_end(w);

        pa_metrics_sample(w, "_count", endpoint, NULL, NULL);
        pa_metrics_count(w, count);

        pa_metrics_close(w);
    }

    pa_metrics_close(w);
}


static void
pa_metrics_connections(pa_metrics_writer_t *w)
{
    pa_metrics_open(w, NULL);

    pa_metrics_sample(w, "", NULL, "reused", "yes");
    pa_metrics_count(w, w->metrics->connections[1]);

    pa_metrics_sample(w, "", NULL, "reused", "no");
    pa_metrics_count(w, w->metrics->connections[0]);

    pa_metrics_close(w);
}


static void
pa_metrics_last_balance(pa_metrics_writer_t *w)
{
    if (w->metrics->balance == PA_BALANCE_UNKNOWN) {
        return;
    }

    pa_metrics_sample(w, "", NULL, NULL, NULL);
    pa_balance_write(&w->b, w->metrics->balance);
    pa_metrics_end(w);
}


/* the only one whose labels are what it tells */

static void
pa_metrics_build(pa_metrics_writer_t *w)
{
    pa_buf_t            *b;
    const pa_metrics_t  *metrics;

    b = &w->b;
    metrics = w->metrics;

    pa_metrics_name(w);

    if (w->json) {
        pa_buf_literal(b, "{\"version\":\"");
        pa_metrics_text(b, metrics->version);
        pa_buf_literal(b, "\",\"nginx_version\":\"");
        pa_metrics_text(b, metrics->server_version);
        pa_buf_literal(b, "\"}");
        return;
    }

    pa_metrics_text(b, w->metric->name);
    pa_metrics_label(b, "{version", metrics->version);
    pa_metrics_label(b, ",nginx_version", metrics->server_version);
    pa_buf_literal(b, "} 1\n");
}


/* the first endpoint from this one on that is shown, or NULL */

static const pa_endpoint_metrics_t *
pa_metrics_next(const pa_metrics_t *metrics, size_t *endpoint)
{
    for ( /* void */ ; *endpoint < PA_ENDPOINT_COUNT; (*endpoint)++) {
        if (metrics->endpoints[*endpoint].shown) {
            return &metrics->endpoints[*endpoint];
        }
    }

    return NULL;
}


static uint64_t
pa_metrics_figure(const void *base, const pa_metric_t *metric)
{
    uint64_t  figure;

    memcpy(&figure, (const uint8_t *) base + metric->offset, sizeof(figure));

    return figure;
}


/* before the first figure of a metric: what it is */

static void
pa_metrics_name(pa_metrics_writer_t *w)
{
    pa_buf_t           *b;
    const pa_metric_t  *metric;

    if (w->named) {
        return;
    }

    w->named = 1;

    b = &w->b;
    metric = w->metric;

    if (w->json) {
        pa_metrics_key(b, metric->name);
        return;
    }

    pa_buf_literal(b, "# HELP ");
    pa_metrics_text(b, metric->name);
    pa_buf_literal(b, " ");
    pa_metrics_text(b, metric->help);
    pa_buf_literal(b, "\n# TYPE ");
    pa_metrics_text(b, metric->name);
    pa_buf_literal(b, " ");
    pa_metrics_text(b, metric->type);
    pa_buf_literal(b, "\n");
}


/* an object of the JSON form, as a member if it has a name */

static void
pa_metrics_open(pa_metrics_writer_t *w, const char *name)
{
    if (!w->json) {
        return;
    }

    pa_metrics_name(w);

    if (name != NULL) {
        pa_metrics_key(&w->b, name);
    }

    pa_buf_literal(&w->b, "{");
}


static void
pa_metrics_close(pa_metrics_writer_t *w)
{
    if (w->json) {
        pa_buf_literal(&w->b, "}");
    }
}


/*
 * What stands before a figure: in the JSON form the name of a member, which is
 * what tells it from its neighbours; none, where there is but one figure.
 */

static void
pa_metrics_sample(pa_metrics_writer_t *w, const char *suffix,
    const char *endpoint, const char *label, const char *value)
{
    pa_buf_t  *b;

    b = &w->b;

    pa_metrics_name(w);

    if (w->json) {

        if (label != NULL) {
            pa_metrics_key(b, value);

        } else if (*suffix != '\0') {
            pa_metrics_key(b, suffix + 1);

        } else if (endpoint != NULL) {
            pa_metrics_key(b, endpoint);
        }

        return;
    }

    pa_metrics_text(b, w->metric->name);
    pa_metrics_text(b, suffix);

    if (endpoint != NULL) {
        pa_metrics_label(b, "{endpoint", endpoint);
    }

    if (label != NULL) {
        pa_metrics_text(b, endpoint != NULL ? "," : "{");
        pa_metrics_label(b, label, value);
    }

    if (endpoint != NULL || label != NULL) {
        pa_buf_literal(b, "}");
    }

    pa_buf_literal(b, " ");
}


static void
pa_metrics_end(pa_metrics_writer_t *w)
{
    if (!w->json) {
        pa_buf_literal(&w->b, "\n");
    }
}


static void
pa_metrics_count(pa_metrics_writer_t *w, uint64_t figure)
{
    pa_buf_int(&w->b, (int64_t) figure);
    pa_metrics_end(w);
}


/* the name of a member, with the comma that it needs */

static void
pa_metrics_key(pa_buf_t *b, const char *name)
{
    if (b->len != 0 && b->data[b->len - 1] != '{') {
        pa_buf_literal(b, ",");
    }

    pa_buf_literal(b, "\"");
    pa_metrics_text(b, name);
    pa_buf_literal(b, "\":");
}


static void
pa_metrics_label(pa_buf_t *b, const char *name, const char *value)
{
    pa_metrics_text(b, name);
    pa_buf_literal(b, "=\"");
    pa_metrics_text(b, value);
    pa_buf_literal(b, "\"");
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


/* a name of the catalogue is a literal, so it has an end */

static const char *
pa_metrics_endpoint(size_t endpoint)
{
    return (const char *) pa_endpoints[endpoint].name.data;
}
