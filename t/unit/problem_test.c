
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <jansson.h>

#include "problem.h"
#include "unit.h"


static void test_outcomes(void);
static void test_http_errors(void);
static void test_documents(void);
static void test_phrases(void);
static void test_many_flaws(void);
static int write_problem(void *data);
static pa_str_t written(const pa_problem_t *problem);


/* section 6 of the contract, as it stands there */

static const struct {
    pa_outcome_e     outcome;
    const char      *code;
    unsigned         status;
} outcomes[] = {
    { PA_OUTCOME_METHOD_NOT_ALLOWED, "method_not_allowed", 405 },
    { PA_OUTCOME_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415 },
    { PA_OUTCOME_BODY_TOO_LARGE, "body_too_large", 413 },
    { PA_OUTCOME_MALFORMED_JSON, "malformed_json", 400 },
    { PA_OUTCOME_INVALID_REQUEST, "invalid_request", 422 },
    { PA_OUTCOME_ENDPOINT_DISABLED, "endpoint_disabled", 410 },
    { PA_OUTCOME_MASTER_TOKEN_REJECTED, "master_token_rejected", 502 },
    { PA_OUTCOME_INSUFFICIENT_BALANCE, "insufficient_balance", 402 },
    { PA_OUTCOME_PLAN_NOT_ACTIVE, "plan_not_active", 403 },
    { PA_OUTCOME_PROJECT_NOT_ACTIVE, "project_not_active", 409 },
    { PA_OUTCOME_UPSTREAM_REJECTED, "upstream_rejected", 422 },
    { PA_OUTCOME_RATE_LIMITED, "rate_limited", 429 },
    { PA_OUTCOME_UPSTREAM_UNAVAILABLE, "upstream_unavailable", 503 },
    { PA_OUTCOME_UPSTREAM_ERROR, "upstream_error", 502 },
    { PA_OUTCOME_UPSTREAM_INVALID_RESPONSE, "upstream_invalid_response", 502 },
    { PA_OUTCOME_UPSTREAM_UNREACHABLE, "upstream_unreachable", 502 },
    { PA_OUTCOME_UPSTREAM_TIMEOUT, "upstream_timeout", 504 }
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
    json_int_t     status;
    pa_problem_t   problem;

    unit_int(PA_OUTCOME_COUNT, unit_nelts(outcomes) + 2,
             "every outcome is in the table, but for the two that are no "
             "problem of the gateway's");

    unit_ok(PA_OUTCOME_ISSUED == 0
            && strcmp(pa_outcomes[PA_OUTCOME_ISSUED].code, "issued") == 0
            && pa_outcomes[PA_OUTCOME_ISSUED].status == 200,
            "issued is the first outcome");

    unit_ok(strcmp(pa_outcomes[PA_OUTCOME_HTTP_ERROR].code, "http_error") == 0,
            "http_error is an outcome");

    for (i = 0; i < unit_nelts(outcomes); i++) {

        memset(&problem, 0, sizeof(pa_problem_t));
        problem.outcome = outcomes[i].outcome;
        problem.request_id = S("0123456789abcdef");

        unit_int(pa_problem_status(&problem), outcomes[i].status,
                 "status of %s", outcomes[i].code);

        text = written(&problem);

        document = json_loadb((const char *) text.data, text.len,
                              JSON_REJECT_DUPLICATES, NULL);

        if (document == NULL
            || json_object_size(document) != 6
            || json_unpack(document, "{s:s,s:s,s:I,s:s,s:s,s:s}",
                           "type", &type, "title", &title, "status", &status,
                           "code", &code, "detail", &detail,
                           "request_id", &request_id) != 0)
        {
            unit_ok(0, "members of %s", outcomes[i].code);
            json_decref(document);
            continue;
        }

        want = unit_sprintf("urn:pickyassist:problem:%s", outcomes[i].code);

        unit_ok(strcmp(type, (char *) want.data) == 0
                && strcmp(code, outcomes[i].code) == 0
                && status == outcomes[i].status
                && strlen(title) > 5 && strlen(detail) > 5
                && strcmp(request_id, "0123456789abcdef") == 0,
                "members of %s", outcomes[i].code);

        json_decref(document);
        unit_reset();
    }

    unit_ok(strstr(pa_outcomes[PA_OUTCOME_ENDPOINT_DISABLED].detail,
                   "disabled the Project Management API on 2023-02-01") != NULL,
            "endpoint_disabled says since when");
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
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 414, "URI Too Long" },
        { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 426, "Upgrade Required" },
        { 431, "Request Header Fields Too Large" },
        { 451, "Unavailable For Legal Reasons" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
        { 507, "Insufficient Storage" },
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
                            "request.\",\"request_id\":\"id\"}",
                            rows[i].title, rows[i].status, rows[i].status);

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
            "\"detail\":\"The project is not active.\",\"request_id\":\"\"}") },

        { "another status, a detail",
          { .outcome = PA_OUTCOME_RATE_LIMITED, .status = 503,
            .detail = T("a \"quoted\" detail\n"), .request_id = T("r\"1") },
          T("{\"type\":\"urn:pickyassist:problem:rate_limited\","
            "\"title\":\"Too many requests\",\"status\":503,"
            "\"code\":\"rate_limited\","
            "\"detail\":\"a \\\"quoted\\\" detail\\u000a\","
            "\"request_id\":\"r\\\"1\"}") },

        { "errors",
          { .outcome = PA_OUTCOME_INVALID_REQUEST, .detail = T("d"),
            .flaws = two_flaws, .nflaws = 2, .request_id = T("r") },
          T("{\"type\":\"urn:pickyassist:problem:invalid_request\","
            "\"title\":\"Invalid token request\",\"status\":422,"
            "\"code\":\"invalid_request\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"errors\":["
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
            "\"request_id\":\"r\",\"errors\":["
            "{\"pointer\":\"/project_id\",\"code\":\"range\","
            "\"detail\":\"must be from 1 to 9007199254740991\"}]}") },

        { "the vendor's status and message",
          { .outcome = PA_OUTCOME_INSUFFICIENT_BALANCE, .detail = T("d"),
            .request_id = T("r"), .has_api_status = 1, .api_status = 403,
            .upstream_message = T("Insufficient \"Balance\"\0\xc3\xbc") },
          T("{\"type\":\"urn:pickyassist:problem:insufficient_balance\","
            "\"title\":\"Insufficient balance\",\"status\":402,"
            "\"code\":\"insufficient_balance\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"upstream_status\":403,"
            "\"upstream_message\":"
            "\"Insufficient \\\"Balance\\\"\\u0000\xc3\xbc\"}") },

        { "the vendor's status alone",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d"),
            .request_id = T("r"), .has_api_status = 1, .api_status = -7 },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"upstream_status\":-7}") },

        { "the vendor's status, which is 0",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d"),
            .request_id = T("r"), .has_api_status = 1 },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"upstream_status\":0}") },

        { "the vendor's message alone",
          { .outcome = PA_OUTCOME_UPSTREAM_ERROR, .detail = T("d"),
            .request_id = T("r"), .upstream_message = T("m") },
          T("{\"type\":\"urn:pickyassist:problem:upstream_error\","
            "\"title\":\"Vendor error\",\"status\":502,"
            "\"code\":\"upstream_error\",\"detail\":\"d\","
            "\"request_id\":\"r\",\"upstream_message\":\"m\"}") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = written(&rows[i].problem);

        unit_text(&got, &rows[i].want, "document: %s", rows[i].name);
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
