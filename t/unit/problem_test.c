
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE

#include <jansson.h>

#include "problem.h"
#include "unit.h"


static void test_outcomes(void);
static void test_http_errors(void);
static void test_documents(void);
static void test_endpoints(void);
static void test_phrases(void);
static void test_many_flaws(void);
static int write_problem(void *data);
static pa_str_t written(const pa_problem_t *problem);


/* sections 6, 14 and 18 of the contract, as they stand there */

static const struct {
    pa_outcome_e     outcome;
    const char      *code;
    unsigned         status;
    const char      *effect;
    const char      *retry;
    const char      *title;
    const char      *detail;
} outcomes[] = {

    { PA_OUTCOME_TOO_EARLY, "too_early", 425, "none", "later",
      "Too early",
      "The request came as TLS early data, which anyone could repeat; send "
      "it again after the handshake." },

    { PA_OUTCOME_METHOD_NOT_ALLOWED, "method_not_allowed", 405, "none", "no",
      "Method not allowed",
      "Only POST is allowed." },

    { PA_OUTCOME_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415,
      "none", "no",
      "Unsupported media type",
      "The request body must be application/json in UTF-8, without a "
      "content encoding." },

    { PA_OUTCOME_BODY_TOO_LARGE, "body_too_large", 413, "none", "no",
      "Request body too large",
      "The request body is larger than the gateway accepts." },

    { PA_OUTCOME_MALFORMED_JSON, "malformed_json", 400, "none", "no",
      "Malformed JSON",
      "The request body is not well-formed JSON." },

    { PA_OUTCOME_INVALID_REQUEST, "invalid_request", 422, "none", "no",
      "Invalid request",
      "The request is not valid; \"errors\" lists what is wrong." },

    { PA_OUTCOME_NOT_ALLOWED, "not_allowed", 403, "none", "no",
      "Not allowed",
      "The gateway's operator does not allow this request." },

    { PA_OUTCOME_IDEMPOTENCY_KEY_REQUIRED, "idempotency_key_required", 400,
      "none", "no",
      "Idempotency key required",
      "The request must have an Idempotency-Key header." },

    { PA_OUTCOME_IDEMPOTENCY_KEY_INVALID, "idempotency_key_invalid", 400,
      "none", "no",
      "Invalid idempotency key",
      "The Idempotency-Key header must occur once, with 1 to 255 characters "
      "of visible ASCII." },

    { PA_OUTCOME_IDEMPOTENCY_IN_PROGRESS, "idempotency_in_progress", 409,
      "unknown", "later",
      "Request in progress",
      "The first request with this idempotency key is still under way; "
      "whether the request took effect is unknown." },

    { PA_OUTCOME_IDEMPOTENCY_KEY_REUSED, "idempotency_key_reused", 422,
      "none", "no",
      "Idempotency key reused",
      "This idempotency key was used for another request." },

    { PA_OUTCOME_OUTCOME_UNKNOWN, "outcome_unknown", 409, "unknown", "check",
      "Outcome unknown",
      "The answer to the first request with this idempotency key is lost; "
      "whether the request took effect is unknown." },

    { PA_OUTCOME_IDEMPOTENCY_STORE_FULL, "idempotency_store_full", 503,
      "none", "later",
      "Idempotency store full",
      "The gateway has no room for another idempotency key; try again "
      "later." },

    { PA_OUTCOME_ENDPOINT_DISABLED, "endpoint_disabled", 410, "none", "no",
      "Endpoint disabled by the vendor",
      "The vendor disabled this endpoint." },

    { PA_OUTCOME_MASTER_TOKEN_REJECTED, "master_token_rejected", 502,
      "none", "no",
      "Master token rejected",
      "The vendor rejected the gateway's master token; the gateway's "
      "operator must correct it." },

    { PA_OUTCOME_TOKEN_REJECTED, "token_rejected", 502, "none", "no",
      "Token rejected",
      "The vendor rejected the gateway's project token; the gateway's "
      "operator must correct it." },

    { PA_OUTCOME_INSUFFICIENT_BALANCE, "insufficient_balance", 402,
      "none", "no",
      "Insufficient balance",
      "The vendor account has insufficient balance." },

    { PA_OUTCOME_PLAN_NOT_ACTIVE, "plan_not_active", 403, "none", "no",
      "API not active for this plan",
      "The API is not active for the plan of the vendor account." },

    { PA_OUTCOME_PROJECT_NOT_ACTIVE, "project_not_active", 409, "none", "no",
      "Project not active",
      "The project is not active." },

    { PA_OUTCOME_CHANNEL_NOT_ACTIVE, "channel_not_active", 409, "none", "no",
      "Channel not active",
      "The WhatsApp account is not active, or the channel does not belong "
      "to the plan." },

    { PA_OUTCOME_SESSION_EXPIRED, "session_expired", 409, "none", "no",
      "Session expired",
      "The 24-hour session with the recipient has expired." },

    { PA_OUTCOME_UPSTREAM_REJECTED, "upstream_rejected", 422, "none", "no",
      "Request rejected by the vendor",
      "The vendor rejected the request." },

    { PA_OUTCOME_RATE_LIMITED, "rate_limited", 429, "none", "later",
      "Too many requests",
      "Too many requests; try again later." },

    { PA_OUTCOME_UPSTREAM_UNAVAILABLE, "upstream_unavailable", 503,
      "none", "later",
      "Vendor service unavailable",
      "The vendor's service is unavailable; try again later." },

    { PA_OUTCOME_UPSTREAM_ERROR, "upstream_error", 502, "unknown", "check",
      "Vendor error",
      "The vendor answered with an error; whether the request took effect "
      "is unknown." },

    { PA_OUTCOME_UPSTREAM_INVALID_RESPONSE, "upstream_invalid_response", 502,
      "unknown", "check",
      "Invalid response from the vendor",
      "The vendor's response could not be understood; whether the request "
      "took effect is unknown." },

    { PA_OUTCOME_UPSTREAM_UNREACHABLE, "upstream_unreachable", 502,
      "none", "later",
      "Vendor unreachable",
      "No secure connection to the vendor could be made; the request was "
      "not sent." },

    { PA_OUTCOME_UPSTREAM_TIMEOUT, "upstream_timeout", 504, "unknown", "check",
      "Vendor timed out",
      "The vendor timed out after the request had been sent; whether the "
      "request took effect is unknown." }
};


static const pa_flaw_t  two_flaws[] = {
    { T("/project_id"), "range", "must be from 1 to 9007199254740991" },
    { T("/k\"\n\\l"), "unknown_member", "is not a \"member\"" }
};


int
main(void)
{
    test_outcomes();
    test_http_errors();
    test_documents();
    test_endpoints();
    test_phrases();
    test_many_flaws();

    unit_no_memory(write_problem, NULL, "pa_problem_write()");

    return unit_end();
}


static void
test_outcomes(void)
{
    json_t        *document;
    size_t         i;
    pa_str_t       text, want;
    const char    *type, *title, *code, *detail, *request_id;
    const char    *effect, *retry;
    json_int_t     status;
    pa_problem_t   problem;

    unit_int(PA_OUTCOME_COUNT, unit_nelts(outcomes) + 3,
             "every outcome is in the table, but for the three that are no "
             "problem of the gateway's");

    unit_ok(PA_OUTCOME_ISSUED == 0
            && strcmp(pa_outcomes[PA_OUTCOME_ISSUED].code, "issued") == 0
            && pa_outcomes[PA_OUTCOME_ISSUED].status == 200,
            "issued is the first outcome");

    unit_ok(strcmp(pa_outcomes[PA_OUTCOME_ACCEPTED].code, "accepted") == 0
            && pa_outcomes[PA_OUTCOME_ACCEPTED].status == 200,
            "accepted is an outcome");

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        unit_int(pa_outcome_is_success(i),
                 i == PA_OUTCOME_ISSUED || i == PA_OUTCOME_ACCEPTED,
                 "success: %s", pa_outcomes[i].code);
    }

    unit_ok(strcmp(pa_outcomes[PA_OUTCOME_HTTP_ERROR].code, "http_error") == 0,
            "http_error is an outcome");

    for (i = 0; i < unit_nelts(outcomes); i++) {

        memset(&problem, 0, sizeof(pa_problem_t));
        problem.outcome = outcomes[i].outcome;
        problem.endpoint = PA_ENDPOINT_PUSH;
        problem.request_id = S("0123456789abcdef");

        unit_int(pa_problem_status(&problem), outcomes[i].status,
                 "status of %s", outcomes[i].code);

        text = written(&problem);

        document = json_loadb((const char *) text.data, text.len,
                              JSON_REJECT_DUPLICATES, NULL);

        if (document == NULL
            || json_object_size(document) != 8
            || json_unpack(document, "{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s}",
                           "type", &type, "title", &title, "status", &status,
                           "code", &code, "detail", &detail,
                           "request_id", &request_id, "effect", &effect,
                           "retry", &retry) != 0)
        {
            unit_ok(0, "members of %s", outcomes[i].code);
            json_decref(document);
            continue;
        }

        want = unit_sprintf("urn:pickyassist:problem:%s", outcomes[i].code);

        unit_ok(strcmp(type, (char *) want.data) == 0
                && strcmp(code, outcomes[i].code) == 0
                && status == outcomes[i].status
                && strcmp(title, outcomes[i].title) == 0
                && strcmp(detail, outcomes[i].detail) == 0
                && strcmp(request_id, "0123456789abcdef") == 0
                && strcmp(effect, outcomes[i].effect) == 0
                && strcmp(retry, outcomes[i].retry) == 0,
                "members of %s", outcomes[i].code);

        json_decref(document);
        unit_reset();
    }
}


/* errors of nginx's own */

static void
test_http_errors(void)
{
    size_t         i;
    pa_str_t       got, want;
    pa_problem_t   problem;

    static const struct {
        unsigned     status;
        const char  *title;
    } rows[] = {
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
        { 507, "Insufficient Storage" },
        { 413, "Client Error" },
        { 418, "Client Error" },
        { 499, "Client Error" },
        { 599, "Server Error" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&problem, 0, sizeof(pa_problem_t));
        problem.outcome = PA_OUTCOME_HTTP_ERROR;
        problem.status = rows[i].status;
        problem.request_id = S("id");

        got = written(&problem);
        want = unit_sprintf("{\"type\":\"about:blank\",\"title\":\"%s\","
                            "\"status\":%u,\"code\":\"http_%u\","
                            "\"detail\":\"The gateway did not process the "
                            "request.\",\"request_id\":\"id\","
                            "\"effect\":\"none\",\"retry\":\"%s\"}",
                            rows[i].title, rows[i].status, rows[i].status,
                            rows[i].status == 429 || rows[i].status == 503
                            ? "later" : "no");

        unit_text(&got, &want, "HTTP error %u", rows[i].status);
        unit_int(pa_problem_status(&problem), rows[i].status,
                 "status of HTTP error %u", rows[i].status);
        unit_reset();
    }
}


/* whole documents */

static void
test_documents(void)
{
    size_t    i;
    pa_str_t  got;

    static const struct {
        const char    *name;
        pa_problem_t   problem;
        pa_str_t       want;
    } rows[] = {

        { "nothing but an outcome",
          { .outcome = PA_OUTCOME_PROJECT_NOT_ACTIVE },
          T("{\"type\":\"urn:pickyassist:problem:project_not_active\","
            "\"title\":\"Project not active\",\"status\":409,"
            "\"code\":\"project_not_active\","
            "\"detail\":\"The project is not active.\",\"request_id\":\"\","
            "\"effect\":\"none\",\"retry\":\"no\"}") },

        { "another status, a detail",
          { .outcome = PA_OUTCOME_RATE_LIMITED, .status = 503,
            .detail = T("a \"quoted\" detail\n"), .request_id = T("r\"1") },
          T("{\"type\":\"urn:pickyassist:problem:rate_limited\","
            "\"title\":\"Too many requests\",\"status\":503,"
            "\"code\":\"rate_limited\","
            "\"detail\":\"a \\\"quoted\\\" detail\\u000a\","
            "\"request_id\":\"r\\\"1\",\"effect\":\"none\","
            "\"retry\":\"later\"}") },

        { "errors",
          { .outcome = PA_OUTCOME_INVALID_REQUEST, .detail = T("d"),
            .flaws = two_flaws, .nflaws = 2, .request_id = T("r") },
          T("{\"type\":\"urn:pickyassist:problem:invalid_request\","
            "\"title\":\"Invalid token request\",\"status\":422,"
            "\"code\":\"invalid_request\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"effect\":\"none\",\"retry\":\"no\","
            "\"errors\":["
            "{\"pointer\":\"/project_id\",\"code\":\"range\","
            "\"detail\":\"must be from 1 to 9007199254740991\"},"
            "{\"pointer\":\"/k\\\"\\u000a\\\\l\",\"code\":\"unknown_member\","
            "\"detail\":\"is not a \\\"member\\\"\"}]}") },

        { "one error",
          { .outcome = PA_OUTCOME_INVALID_REQUEST, .detail = T("d"),
            .flaws = two_flaws, .nflaws = 1, .request_id = T("r") },
          T("{\"type\":\"urn:pickyassist:problem:invalid_request\","
            "\"title\":\"Invalid token request\",\"status\":422,"
            "\"code\":\"invalid_request\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"effect\":\"none\",\"retry\":\"no\","
            "\"errors\":["
            "{\"pointer\":\"/project_id\",\"code\":\"range\","
            "\"detail\":\"must be from 1 to 9007199254740991\"}]}") },

        { "the vendor's status and message",
          { .outcome = PA_OUTCOME_INSUFFICIENT_BALANCE, .detail = T("d"),
            .request_id = T("r"), .has_api_status = 1, .api_status = 403,
            .upstream_message = T("Insufficient \"Balance\"\0\xc3\xbc") },
          T("{\"type\":\"urn:pickyassist:problem:insufficient_balance\","
            "\"title\":\"Insufficient balance\",\"status\":402,"
            "\"code\":\"insufficient_balance\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"effect\":\"none\",\"retry\":\"no\","
            "\"upstream_status\":403,"
            "\"upstream_message\":"
            "\"Insufficient \\\"Balance\\\"\\u0000\xc3\xbc\"}") },

        { "the vendor's status alone",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d."),
            .request_id = T("r"), .has_api_status = 1, .api_status = -7 },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\","
            "\"detail\":\"d; whether tokens were issued is unknown.\","
            "\"request_id\":\"r\",\"effect\":\"unknown\","
            "\"retry\":\"check\",\"upstream_status\":-7}") },

        { "the vendor's status, which is 0",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d."),
            .request_id = T("r"), .has_api_status = 1 },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\","
            "\"detail\":\"d; whether tokens were issued is unknown.\","
            "\"request_id\":\"r\",\"effect\":\"unknown\","
            "\"retry\":\"check\",\"upstream_status\":0}") },

        { "the vendor's message alone",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d."),
            .request_id = T("r"), .upstream_message = T("m") },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\","
            "\"detail\":\"d; whether tokens were issued is unknown.\","
            "\"request_id\":\"r\",\"effect\":\"unknown\","
            "\"retry\":\"check\",\"upstream_message\":\"m\"}") },

        { "another effect and retry than the outcome's",
          { .outcome = PA_OUTCOME_UPSTREAM_TIMEOUT, .request_id = T("r"),
            .effect = PA_EFFECT_NONE, .retry = PA_RETRY_LATER,
            .detail = T("Not sent.") },
          T("{\"type\":\"urn:pickyassist:problem:upstream_timeout\","
            "\"title\":\"Vendor timed out\",\"status\":504,"
            "\"code\":\"upstream_timeout\",\"detail\":\"Not sent.\","
            "\"request_id\":\"r\",\"effect\":\"none\","
            "\"retry\":\"later\"}") },

        { "an error of nginx's own, after the request was sent",
          { .outcome = PA_OUTCOME_HTTP_ERROR, .status = 503,
            .request_id = T("r"), .effect = PA_EFFECT_UNKNOWN,
            .retry = PA_RETRY_CHECK, .detail = T("Failed."),
            .endpoint = PA_ENDPOINT_PUSH },
          T("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
            "\"status\":503,\"code\":\"http_503\",\"detail\":"
            "\"Failed; whether the request took effect is unknown.\","
            "\"request_id\":\"r\",\"effect\":\"unknown\","
            "\"retry\":\"check\"}") },

        { "all that there may be",
          { .outcome = PA_OUTCOME_UPSTREAM_REJECTED, .status = 400,
            .endpoint = PA_ENDPOINT_PUSH, .detail = T("d."),
            .request_id = T("r"), .effect = PA_EFFECT_UNKNOWN,
            .retry = PA_RETRY_CHECK, .flaws = two_flaws, .nflaws = 1,
            .has_api_status = 1, .api_status = 410,
            .upstream_message = T("m") },
          T("{\"type\":\"urn:pickyassist:problem:upstream_rejected\","
            "\"title\":\"Request rejected by the vendor\",\"status\":400,"
            "\"code\":\"upstream_rejected\","
            "\"detail\":\"d; whether the request took effect is unknown.\","
            "\"request_id\":\"r\",\"effect\":\"unknown\","
            "\"retry\":\"check\",\"errors\":["
            "{\"pointer\":\"/project_id\",\"code\":\"range\","
            "\"detail\":\"must be from 1 to 9007199254740991\"}],"
            "\"upstream_status\":410,\"upstream_message\":\"m\"}") },

        { "no retry, where the outcome has one",
          { .outcome = PA_OUTCOME_RATE_LIMITED, .request_id = T("r"),
            .retry = PA_RETRY_NO, .detail = T("Never.") },
          T("{\"type\":\"urn:pickyassist:problem:rate_limited\","
            "\"title\":\"Too many requests\",\"status\":429,"
            "\"code\":\"rate_limited\",\"detail\":\"Never.\","
            "\"request_id\":\"r\",\"effect\":\"none\","
            "\"retry\":\"no\"}") },

        { "a detail of what is disabled, which goes before its own words",
          { .outcome = PA_OUTCOME_ENDPOINT_DISABLED, .request_id = T("r"),
            .disabled_status = 404, .disabled_path = T("/p"),
            .detail = T("Said so.") },
          T("{\"type\":\"urn:pickyassist:problem:endpoint_disabled\","
            "\"title\":\"Endpoint disabled by the vendor\",\"status\":410,"
            "\"code\":\"endpoint_disabled\",\"detail\":\"Said so.\","
            "\"request_id\":\"r\",\"effect\":\"none\","
            "\"retry\":\"no\"}") },

        { "nginx's own 503, which is not to be tried again",
          { .outcome = PA_OUTCOME_HTTP_ERROR, .status = 503,
            .request_id = T("r"), .retry = PA_RETRY_NO },
          T("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
            "\"status\":503,\"code\":\"http_503\","
            "\"detail\":\"The gateway did not process the request.\","
            "\"request_id\":\"r\",\"effect\":\"none\","
            "\"retry\":\"no\"}") },

        { "nginx's own 429",
          { .outcome = PA_OUTCOME_HTTP_ERROR, .status = 429,
            .request_id = T("r") },
          T("{\"type\":\"about:blank\",\"title\":\"Too Many Requests\","
            "\"status\":429,\"code\":\"http_429\","
            "\"detail\":\"The gateway did not process the request.\","
            "\"request_id\":\"r\",\"effect\":\"none\","
            "\"retry\":\"later\"}") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = written(&rows[i].problem);

        unit_text(&got, &rows[i].want, "document: %s", rows[i].name);
        unit_reset();
    }
}


/* words that depend on the endpoint: title and detail */

static void
test_endpoints(void)
{
    size_t         i;
    json_t        *document;
    pa_str_t       text, got, want;
    pa_problem_t   problem;

#define PATH  "/a/\"b\""

    static const struct {
        pa_problem_t   problem;
        const char    *title;
        const char    *detail;
    } rows[] = {
        { { .outcome = PA_OUTCOME_INVALID_REQUEST },
          "Invalid token request",
          "The request is not valid; \"errors\" lists what is wrong." },
        { { .outcome = PA_OUTCOME_INVALID_REQUEST,
            .endpoint = PA_ENDPOINT_CREATE_PROJECT },
          "Invalid request",
          "The request is not valid; \"errors\" lists what is wrong." },
        { { .outcome = PA_OUTCOME_INVALID_REQUEST,
            .endpoint = PA_ENDPOINT_PUSH },
          "Invalid request",
          "The request is not valid; \"errors\" lists what is wrong." },

        { { .outcome = PA_OUTCOME_UPSTREAM_ERROR },
          "Vendor error",
          "The vendor answered with an error; whether tokens were issued is "
          "unknown." },
        { { .outcome = PA_OUTCOME_UPSTREAM_ERROR,
            .endpoint = PA_ENDPOINT_GET_PROJECTS },
          "Vendor error",
          "The vendor answered with an error; whether the request took effect "
          "is unknown." },
        { { .outcome = PA_OUTCOME_UPSTREAM_ERROR,
            .endpoint = PA_ENDPOINT_PUSH },
          "Vendor error",
          "The vendor answered with an error; whether the request took effect "
          "is unknown." },

        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED },
          "Endpoint disabled by the vendor",
          "The vendor disabled the Project Management API on 2023-02-01; no "
          "tokens can be created." },
        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED,
            .endpoint = PA_ENDPOINT_CHANGE_BILLING },
          "Endpoint disabled by the vendor",
          "The vendor disabled the Project Management API on 2023-02-01." },
        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED,
            .endpoint = PA_ENDPOINT_PUSH },
          "Endpoint disabled by the vendor",
          "The vendor disabled this endpoint." },
        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED,
            .endpoint = PA_ENDPOINT_CUSTOM },
          "Endpoint disabled by the vendor",
          "The vendor disabled this endpoint." },

        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED,
            .disabled_status = 404, .disabled_path = T(PATH) },
          "Endpoint disabled by the vendor",
          "The vendor answered with HTTP status 404 at " PATH ", which counts "
          "as disabled; a wrong path looks the same. The vendor disabled the "
          "Project Management API on 2023-02-01." },
        { { .outcome = PA_OUTCOME_ENDPOINT_DISABLED,
            .endpoint = PA_ENDPOINT_PUSH,
            .disabled_status = 501, .disabled_path = T(PATH) },
          "Endpoint disabled by the vendor",
          "The vendor answered with HTTP status 501 at " PATH ", which counts "
          "as disabled; a wrong path looks the same." }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = written(&rows[i].problem);
        document = json_loadb((const char *) text.data, text.len, 0, NULL);

        got = unit_sprintf("%s: %s",
                    json_string_value(json_object_get(document, "title")),
                    json_string_value(json_object_get(document, "detail")));
        want = unit_sprintf("%s: %s", rows[i].title, rows[i].detail);

        unit_text(&got, &want, "words of %s, endpoint %s",
                  pa_outcomes[rows[i].problem.outcome].code,
                  pa_endpoints[rows[i].problem.endpoint].name.data);

        json_decref(document);
        unit_reset();
    }

    /* nobody who asked for something else is told of tokens */

    for (i = 0; i < PA_OUTCOME_HTTP_ERROR; i++) {
        memset(&problem, 0, sizeof(pa_problem_t));
        problem.outcome = (pa_outcome_e) i;
        problem.endpoint = PA_ENDPOINT_PUSH;

        if (pa_outcome_is_success(i)) {
            continue;
        }

        text = written(&problem);

        unit_ok(memmem(text.data, text.len, "tokens", 6) == NULL
                && memmem(text.data, text.len, "2023", 4) == NULL,
                "%s speaks of no tokens", pa_outcomes[i].code);
        unit_reset();
    }
}


/* no status is without a title */

static void
test_phrases(void)
{
    int            wrong;
    json_t        *document;
    unsigned       status;
    pa_str_t       text;
    pa_problem_t   problem;

    wrong = 0;

    for (status = 400; status < 600; status++) {
        memset(&problem, 0, sizeof(pa_problem_t));
        problem.outcome = PA_OUTCOME_HTTP_ERROR;
        problem.status = status;

        text = written(&problem);
        document = json_loadb((const char *) text.data, text.len, 0, NULL);

        if (document == NULL
            || json_string_length(json_object_get(document, "title")) == 0
            || json_integer_value(json_object_get(document, "status"))
               != status)
        {
            wrong++;
        }

        json_decref(document);
        unit_reset();
    }

    unit_int(wrong, 0, "an HTTP error of any status");
}


static void
test_many_flaws(void)
{
    size_t         i;
    json_t        *document, *errors;
    uint8_t       *name;
    pa_str_t       text;
    pa_flaw_t      flaws[PA_PROBLEM_MAX_ERRORS];
    pa_problem_t   problem;

    name = pa_alloc(&unit_pool, 100000);
    memset(name, '\n', 100000);

    for (i = 0; i < PA_PROBLEM_MAX_ERRORS; i++) {
        flaws[i].pointer.data = name;
        flaws[i].pointer.len = 100000;
        flaws[i].code = "unknown_member";
        flaws[i].detail = "is not a member";
    }

    memset(&problem, 0, sizeof(pa_problem_t));
    problem.outcome = PA_OUTCOME_INVALID_REQUEST;
    problem.flaws = flaws;
    problem.nflaws = PA_PROBLEM_MAX_ERRORS;

    text = written(&problem);
    document = json_loadb((const char *) text.data, text.len, 0, NULL);
    errors = json_object_get(document, "errors");

    unit_ok(json_array_size(errors) == PA_PROBLEM_MAX_ERRORS
            && json_string_length(json_object_get(json_array_get(errors, 19),
                                                  "pointer")) == 100000,
            "as many errors as there may be, with long names");

    json_decref(document);
    unit_reset();
}


static int
write_problem(void *data)
{
    uint8_t        long_message[2000];
    pa_str_t       text;
    pa_problem_t   problem;

    (void) data;

    memset(long_message, '\n', sizeof(long_message));
    memset(&problem, 0, sizeof(pa_problem_t));

    problem.outcome = PA_OUTCOME_INVALID_REQUEST;
    problem.flaws = two_flaws;
    problem.nflaws = unit_nelts(two_flaws);
    problem.upstream_message.data = long_message;
    problem.upstream_message.len = sizeof(long_message);

    return pa_problem_write(&unit_pool, &problem, &text);
}


static pa_str_t
written(const pa_problem_t *problem)
{
    pa_str_t  text;

    if (pa_problem_write(&unit_pool, problem, &text) != PA_OK) {
        return S("no memory");
    }

    return text;
}
