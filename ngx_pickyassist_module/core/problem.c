
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "problem.h"


/* a document without errors and message; a flaw of usual length */
#define PA_PROBLEM_SIZE       512
#define PA_PROBLEM_FLAW_SIZE  128


#define PA_HTTP_TOO_MANY_REQUESTS   429
#define PA_HTTP_UNAVAILABLE         503


#define PA_OUTCOME_ROW(name, code, http, effect, retry, title, detail)        \
    { code, http, PA_EFFECT_##effect, PA_RETRY_##retry, title, detail },

const pa_outcome_t  pa_outcomes[PA_OUTCOME_COUNT] = {
    PA_OUTCOMES(PA_OUTCOME_ROW)
};

#undef PA_OUTCOME_ROW


static void pa_problem_member(pa_buf_t *b, const char *name, const char *text);
static void pa_problem_head(pa_buf_t *b, const pa_problem_t *problem);
static const char *pa_problem_title(const pa_problem_t *problem);
static void pa_problem_detail(pa_buf_t *b, const pa_problem_t *problem);
static void pa_problem_disabled(pa_buf_t *b, const pa_problem_t *problem);
static void pa_problem_advice(pa_buf_t *b, const pa_problem_t *problem);
static void pa_problem_flaws(pa_buf_t *b, const pa_problem_t *problem);
static const char *pa_problem_phrase(unsigned status);


unsigned
pa_problem_status(const pa_problem_t *problem)
{
    return problem->status ? problem->status
                           : pa_outcomes[problem->outcome].status;
}


pa_effect_e
pa_problem_effect(const pa_problem_t *problem)
{
    return problem->effect ? problem->effect
                           : pa_outcomes[problem->outcome].effect;
}


pa_retry_e
pa_problem_retry(const pa_problem_t *problem)
{
    if (problem->retry) {
        return problem->retry;
    }

    if (problem->outcome == PA_OUTCOME_HTTP_ERROR
        && (problem->status == PA_HTTP_TOO_MANY_REQUESTS
            || problem->status == PA_HTTP_UNAVAILABLE))
    {
        return PA_RETRY_LATER;
    }

    return pa_outcomes[problem->outcome].retry;
}


int
pa_problem_write(pa_pool_t *pool, const pa_problem_t *problem, pa_str_t *text)
{
    pa_buf_t  b;

    pa_buf_init(&b, pool,
                PA_PROBLEM_SIZE + problem->nflaws * PA_PROBLEM_FLAW_SIZE
                + problem->upstream_message.len);

    pa_problem_head(&b, problem);

    pa_buf_literal(&b, ",\"request_id\":");
    pa_buf_json_string(&b, &problem->request_id);

    pa_problem_advice(&b, problem);

    if (problem->nflaws) {
        pa_problem_flaws(&b, problem);
    }

    if (problem->has_api_status) {
        pa_buf_literal(&b, ",\"upstream_status\":");
        pa_buf_int(&b, problem->api_status);
    }

    if (problem->upstream_message.len) {
        pa_buf_literal(&b, ",\"upstream_message\":");
        pa_buf_json_string(&b, &problem->upstream_message);
    }

    pa_buf_literal(&b, "}");

    return pa_buf_text(&b, text);
}


/* text is ours and needs no more than the escaping of quotes */

static void
pa_problem_member(pa_buf_t *b, const char *name, const char *text)
{
    pa_buf_bytes(b, name, strlen(name));
    pa_buf_literal(b, "\"");
    pa_buf_json_chars(b, (const uint8_t *) text, strlen(text));
    pa_buf_literal(b, "\"");
}


static void
pa_problem_head(pa_buf_t *b, const pa_problem_t *problem)
{
    unsigned     status;
    const char  *code;

    status = pa_problem_status(problem);

    if (problem->outcome == PA_OUTCOME_HTTP_ERROR) {
        pa_problem_member(b, "{\"type\":", "about:blank");
        pa_problem_member(b, ",\"title\":", pa_problem_phrase(status));
        pa_buf_literal(b, ",\"status\":");
        pa_buf_int(b, status);
        pa_buf_literal(b, ",\"code\":\"http_");
        pa_buf_int(b, status);
        pa_buf_literal(b, "\"");

    } else {
        code = pa_outcomes[problem->outcome].code;

        pa_buf_literal(b, "{\"type\":\"urn:pickyassist:problem:");
        pa_buf_bytes(b, code, strlen(code));
        pa_problem_member(b, "\",\"title\":", pa_problem_title(problem));
        pa_buf_literal(b, ",\"status\":");
        pa_buf_int(b, status);
        pa_problem_member(b, ",\"code\":", code);
    }

    pa_problem_detail(b, problem);
}


static const char *
pa_problem_title(const pa_problem_t *problem)
{
    if (problem->outcome == PA_OUTCOME_INVALID_REQUEST
        && problem->endpoint == PA_ENDPOINT_CREATE_API_TOKEN)
    {
        return "Invalid token request";
    }

    return pa_outcomes[problem->outcome].title;
}


static void
pa_problem_detail(pa_buf_t *b, const pa_problem_t *problem)
{
    pa_str_t  detail;

    pa_buf_literal(b, ",\"detail\":\"");

    detail = problem->detail;

    if (detail.len == 0) {

        if (problem->outcome == PA_OUTCOME_ENDPOINT_DISABLED) {
            pa_problem_disabled(b, problem);
            pa_buf_literal(b, "\"");
            return;
        }

        detail.data = (const uint8_t *) pa_outcomes[problem->outcome].detail;
        detail.len = strlen(pa_outcomes[problem->outcome].detail);
    }

    if (pa_problem_effect(problem) != PA_EFFECT_UNKNOWN) {
        pa_buf_json_chars(b, detail.data, detail.len);
        pa_buf_literal(b, "\"");
        return;
    }

    pa_buf_json_chars(b, detail.data, detail.len - 1);

    if (problem->endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {
        pa_buf_literal(b, "; whether tokens were issued is unknown.\"");

    } else {
        pa_buf_literal(b, "; whether the request took effect is unknown.\"");
    }
}


/* what said so: an HTTP status alone may come of a path that is mistyped */

static void
pa_problem_disabled(pa_buf_t *b, const pa_problem_t *problem)
{
    int              management;
    const pa_str_t  *path;

    path = &pa_endpoints[problem->endpoint].path;
    management = (path->len > 3 && memcmp(path->data, "pm/", 3) == 0);

    if (problem->disabled_status != 0) {
        pa_buf_literal(b, "The vendor answered with HTTP status ");
        pa_buf_int(b, problem->disabled_status);
        pa_buf_literal(b, " at ");
        pa_buf_json_chars(b, problem->disabled_path.data,
                          problem->disabled_path.len);
        pa_buf_literal(b, ", which counts as disabled; a wrong path looks the "
                          "same.");

        if (management) {
            pa_buf_literal(b, " The vendor disabled the Project Management "
                              "API on 2023-02-01.");
        }

        return;
    }

    if (!management) {
        pa_buf_literal(b, "The vendor disabled this endpoint.");
        return;
    }

    pa_buf_literal(b, "The vendor disabled the Project Management API on "
                      "2023-02-01");

    if (problem->endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {
        pa_buf_literal(b, "; no tokens can be created");
    }

    pa_buf_literal(b, ".");
}


static void
pa_problem_advice(pa_buf_t *b, const pa_problem_t *problem)
{
    static const char  *effects[] = {
        [PA_EFFECT_NONE] = "none",
        [PA_EFFECT_UNKNOWN] = "unknown"
    };

    static const char  *retries[] = {
        [PA_RETRY_NO] = "no",
        [PA_RETRY_LATER] = "later",
        [PA_RETRY_CHECK] = "check"
    };

    pa_problem_member(b, ",\"effect\":", effects[pa_problem_effect(problem)]);
    pa_problem_member(b, ",\"retry\":", retries[pa_problem_retry(problem)]);
}


static void
pa_problem_flaws(pa_buf_t *b, const pa_problem_t *problem)
{
    size_t            i;
    const pa_flaw_t  *flaw;

    pa_buf_literal(b, ",\"errors\":[");

    for (i = 0; i < problem->nflaws; i++) {
        flaw = &problem->flaws[i];

        if (i != 0) {
            pa_buf_literal(b, ",");
        }

        pa_buf_literal(b, "{\"pointer\":");
        pa_buf_json_string(b, &flaw->pointer);
        pa_problem_member(b, ",\"code\":", flaw->code);
        pa_problem_member(b, ",\"detail\":", flaw->detail);
        pa_buf_literal(b, "}");
    }

    pa_buf_literal(b, "]");
}


/* with "about:blank" the title is the status phrase (RFC 9457, 4.2.1) */

static const char *
pa_problem_phrase(unsigned status)
{
    size_t  i;

    static const struct {
        unsigned     status;
        const char  *phrase;
    } phrases[] = {
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 402, "Payment Required" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 422, "Unprocessable Content" },
        { 425, "Too Early" },
        { 426, "Upgrade Required" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 451, "Unavailable For Legal Reasons" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" }
    };

    for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }

    return status < 500 ? "Client Error" : "Server Error";
}
