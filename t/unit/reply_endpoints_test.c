
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Replies of all endpoints but create-api-token (contract, section 12); those
 * of that one are in reply_test.c.
 */


#define _GNU_SOURCE

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "envelope.h"
#include "reply.h"
#include "unit.h"


#define TOKEN         "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
#define MASTER_TOKEN  "3e09daea611a26691ead999715b215c7d81dbfb0"

#define OK(members)                                                           \
    "accepted {\"status\":100,\"message\":\"Success\"" members "}"

#define INVALID  "upstream_invalid_response"


/* endpoints by the names that they have in the catalogue */

typedef struct {
    pa_endpoint_e    endpoint;
    unsigned         http;            /* 200 if 0 */
    pa_str_t         body;
    pa_str_t         want;
} row_t;


static void test_rows(void);
static void test_every_endpoint(void);
static void test_http_status(void);
static void test_status(void);
static void test_facts(void);
static void test_facts_of_errors(void);
static void test_secrets(void);
static void test_digits(void);
static void test_copies(void);
static void test_depth(void);
static void test_disabled(void);
static void test_memory(void);
static int read_reply(void *data);
static int copy_member(void *data);

static pa_str_t result(pa_endpoint_e endpoint, unsigned http,
    const pa_str_t *body);
static int read_body(pa_endpoint_e endpoint, unsigned http,
    const pa_str_t *body, pa_reply_t *reply);
static void prepare(void);
static void *keep(void *data, size_t size);


static const unsigned  disabled_status[] = { 404, 405, 410, 501 };
static const pa_str_t  disabled_message[] = { T("disabled") };

static pa_reply_rules_t  rules = {
    .disabled_status = disabled_status,
    .ndisabled_status = unit_nelts(disabled_status),
    .disabled_message = disabled_message,
    .ndisabled_message = unit_nelts(disabled_message),
    .path = T("/api/v2/some-path")
};


static pa_redact_t  *token, *digits, *phone;


#define E(name)  .endpoint = PA_ENDPOINT_##name

static const row_t  rows[] = {

    /* the samples of the vendor's documentation */

    { E(PUSH),
      .body = T("{\"status\":100,\"push_id\":\"7000001\","
                "\"message\":\"Success\",\"data\":[{\"msg_id\":\"9000001\","
                "\"number\":\"15550100001\",\"credit\":\"0.005\"}]}"),
      .want = T(OK(",\"push_id\":\"7000001\",\"data\":["
                   "{\"msg_id\":\"9000001\",\"number\":\"15550100001\","
                   "\"credit\":\"0.005\"}]")) },
    { E(DELIVERY_REPORT),
      .body = T("{\"project_id\":\"1001\",\"push_id\":700001,"
                "\"application\":\"1\",\"message_type\":\"3\","
                "\"time\":\"06-08-2019 06:46 AM\",\"data\":["
                "{\"number\":\"15550100001\",\"msg_id\":\"9000001\","
                "\"status\":\"1\",\"error_code\":\"\"}]}"),
      .want = T(OK(",\"project_id\":\"1001\",\"push_id\":700001,"
                   "\"application\":\"1\",\"message_type\":\"3\","
                   "\"time\":\"06-08-2019 06:46 AM\",\"data\":["
                   "{\"number\":\"15550100001\",\"msg_id\":\"9000001\","
                   "\"status\":\"1\",\"error_code\":\"\"}]")) },
    { E(CHECK_BALANCE),
      .body = T("{\"balance\":12.345,\"status\":100,\"message\":\"Success\"}"),
      .want = T(OK(",\"balance\":12.345")) },
    { E(DEVICE_STATUS),
      .body = T("{\"project_id\":\"1001\",\"status\":\"CONNECTED\","
                "\"connected_number\":\"15550100001\","
                "\"version\":\"2.2119.6\",\"message_queue_count\":0,"
                "\"time\":\"2021-06-01T14:05:26+05:30\"}"),
      .want = T(OK(",\"project_id\":\"1001\","
                   "\"device_status\":\"CONNECTED\","
                   "\"connected_number\":\"15550100001\","
                   "\"version\":\"2.2119.6\",\"message_queue_count\":0,"
                   "\"time\":\"2021-06-01T14:05:26+05:30\"")) },
    { E(DEVICE_ACTION),
      .body = T("{\"status\":100,\"message\":\"Success\"}"),
      .want = T(OK("")) },
    { E(TEMPLATE_REQUEST),
      .body = T("{\"template_id\":\"AB1234\",\"template_status\":1,"
                "\"status\":100,\"message\":\"Success\"}"),
      .want = T(OK(",\"template_id\":\"AB1234\",\"template_status\":1")) },
    { E(TEMPLATE_STATUS),
      .body = T("{\"templates\":[{\"template_id\":\"a\",\"category\":\"1\"},"
                "{}],\"status\":100,\"message\":\"Success\"}"),
      .want = T(OK(",\"templates\":[{\"template_id\":\"a\","
                   "\"category\":\"1\"},{}]")) },

    /* white space, the order, members that are called otherwise deeper down */

    { E(PUSH),
      .body = T("\xef\xbb\xbf\r\n{ \"b\" : [ 1 , { \"status\" : 5 ,"
                " \"message\" : [ ] , \"c d\" : { } } , null ] ,\t\"status\""
                " : 100 , \"a\" : true , \"message\" : \"x\" } trailing"),
      .want = T("accepted {\"status\":100,\"message\":\"x\",\"b\":[1,"
                "{\"status\":5,\"message\":[],\"c d\":{}},null],\"a\":true}") },

    /* strings and numbers as they are written */

    { E(CUSTOM),
      .body = T("{\"status\":100,\"a\":\"\\u00e4\\/\\n\\ud83d\\ude00\xc3\xa4\","
                "\"\\u0062\":[-0.0,1E+2,1e999,12345678901234567890123]}"),
      .want = T(OK(",\"a\":\"\\u00e4\\/\\n\\ud83d\\ude00\xc3\xa4\","
                   "\"\\u0062\":[-0.0,1E+2,1e999,"
                   "12345678901234567890123]")) },
    { E(CUSTOM),
      .body = T("{\"status\":100,\"a\":\"\\u0000\\\"\\\\\",\"\":\"\"}"),
      .want = T(OK(",\"a\":\"\\u0000\\\"\\\\\",\"\":\"\"")) },

    /* what is no JSON or no Unicode; the rest of a string stays as it is */

    { E(CUSTOM),
      .body = T("{\"status\":100,\"a\":\"\\u00e4\1\xff\\ud800\\u00e4\","
                "\"\2\":\"\n\t\"}"),
      .want = T(OK(",\"a\":\"\\u00e4 ?\xef\xbf\xbd\\u00e4\",\" \":\"  \"")) },
    { E(CUSTOM),
      .body = T("{\"status\":100,\"a\":\"\\ud800\",\"b\":\"\\udc00x\","
                "\"c\":\"\\ufffd\\uFFFD\",\"\\udfff\":1}"),
      .want = T(OK(",\"a\":\"\xef\xbf\xbd\",\"b\":\"\xef\xbf\xbdx\","
                   "\"c\":\"\\ufffd\\uFFFD\",\"\xef\xbf\xbd\":1")) },
    { E(CUSTOM),
      .body = T("{\"status\":100,\"a\":\"it\\'s \\x41 \\u12\",\"\\q\":0}"),
      .want = T(OK(",\"a\":\"it\\\\'s \\\\x41 \\\\u12\",\"\\\\q\":0")) },

    /* the message: a string, or "Success" */

    { E(PUSH), .body = T("{\"status\":100}"), .want = T(OK("")) },
    { E(PUSH), .body = T("{\"status\":100,\"message\":null}"),
      .want = T(OK("")) },
    { E(PUSH), .body = T("{\"status\":100,\"message\":{\"a\":1}}"),
      .want = T(OK("")) },
    { E(PUSH), .body = T("{\"status\":100,\"message\":\"\"}"),
      .want = T("accepted {\"status\":100,\"message\":\"\"}") },
    { E(PUSH), .body = T("{\"status\":100,\"message\":\"a\\\"\\u00e4\1\"}"),
      .want = T("accepted {\"status\":100,\"message\":\"a\\\"\xc3\xa4 \"}") },

    /* members that are there twice */

    { E(PUSH), .body = T("{\"status\":401,\"a\":1,\"status\":100,\"a\":2}"),
      .want = T(OK(",\"a\":1,\"a\":2")) },
    { E(PUSH), .body = T("{\"status\":100,\"status\":401}"),
      .want = T("token_rejected api=401") },
    { E(PUSH),
      .body = T("{\"status\":100,\"message\":\"a\",\"message\":\"b\"}"),
      .want = T("accepted {\"status\":100,\"message\":\"b\"}") },
    { E(PUSH),
      .body = T("{\"status\":100,\"message\":\"a\",\"message\":null}"),
      .want = T("accepted {\"status\":100,\"message\":\"a\"}") },
    { E(PUSH), .body = T("{\"\\u0073tatus\":100,\"m\\u0065ssage\":\"a\"}"),
      .want = T("accepted {\"status\":100,\"message\":\"a\"}") },
    { E(PUSH), .body = T("{\"status\":100,\"Status\":1,\"status \":2}"),
      .want = T(OK(",\"Status\":1,\"status \":2")) },

    /* what is a list of tokens elsewhere is a member like any other */

    { E(MANAGE_API_TOKEN),
      .body = T("{\"status\":100,\"project_id\":\"5\",\"api_token\":{\"0\":"
                "{\"token\":\"t\"}}}"),
      .want = T(OK(",\"project_id\":\"5\",\"api_token\":{\"0\":"
                   "{\"token\":\"t\"}}")) },

    /* words of device-status */

    { E(DEVICE_STATUS), .body = T("{\"status\":\"TIMEOUT\"}"),
      .want = T(OK(",\"device_status\":\"TIMEOUT\"")) },
    { E(DEVICE_STATUS),
      .body = T("{\"a\":1,\"status\":\"UNPAIRED\",\"message\":\"m\",\"b\":2}"),
      .want = T("accepted {\"status\":100,\"message\":\"m\",\"a\":1,"
                "\"device_status\":\"UNPAIRED\",\"b\":2}") },
    { E(DEVICE_STATUS), .body = T("{\"status\":\"\\u0043ON\1\"}"),
      .want = T(OK(",\"device_status\":\"\\u0043ON \"")) },
    { E(DEVICE_STATUS), .body = T("{\"status\":100,\"x\":1}"),
      .want = T(OK(",\"x\":1")) },
    { E(DEVICE_STATUS), .body = T("{\"status\":\"100\",\"x\":1}"),
      .want = T(OK(",\"x\":1")) },
    { E(DEVICE_STATUS), .body = T("{\"status\":\"CONNECTED\",\"status\":100}"),
      .want = T(OK(",\"device_status\":\"CONNECTED\"")) },
    { E(DEVICE_STATUS), .body = T("{\"status\":\"101\"}"),
      .want = T("upstream_unavailable api=101") },
    { E(DEVICE_STATUS), .body = T("{\"status\":101,\"message\":\"m\"}"),
      .want = T("upstream_unavailable api=101 message=m") },
    { E(DEVICE_STATUS), .body = T("{\"status\":\"\"}"), .want = T(INVALID) },
    { E(DEVICE_STATUS), .body = T("{\"status\":null}"), .want = T(INVALID) },
    { E(DEVICE_STATUS), .body = T("{\"status\":[\"CONNECTED\"]}"),
      .want = T(INVALID) },
    { E(DEVICE_STATUS), .body = T("{\"x\":1}"), .want = T(INVALID) },
    { E(DEVICE_STATUS),
      .body = T("{\"status\":\"error\",\"message\":\"API is disabled\"}"),
      .want = T("endpoint_disabled message=API is disabled") },
    { E(DEVICE_STATUS), .http = 500, .body = T("{\"status\":\"CONNECTED\"}"),
      .want = T("upstream_error") },
    { E(DEVICE_STATUS), .http = 404, .body = T("{\"status\":\"CONNECTED\"}"),
      .want = T("endpoint_disabled") },
    { E(PUSH), .body = T("{\"status\":\"CONNECTED\"}"), .want = T(INVALID) },

    /* a delivery report without a status */

    { E(DELIVERY_REPORT), .body = T("{}"), .want = T(OK("")) },
    { E(DELIVERY_REPORT), .body = T("{\"status\":100,\"a\":1}"),
      .want = T(OK(",\"a\":1")) },
    { E(DELIVERY_REPORT), .body = T("{\"message\":\"m\"}"),
      .want = T("accepted {\"status\":100,\"message\":\"m\"}") },
    { E(DELIVERY_REPORT), .body = T("{\"status\":null}"),
      .want = T(INVALID) },
    { E(DELIVERY_REPORT), .body = T("{\"status\":\"DONE\"}"),
      .want = T(INVALID) },
    { E(DELIVERY_REPORT), .body = T("{\"status\":410,\"message\":\"m\"}"),
      .want = T("upstream_rejected api=410 message=m") },
    { E(DELIVERY_REPORT), .http = 500, .body = T("{}"),
      .want = T("upstream_error") },
    { E(DELIVERY_REPORT), .http = 404, .body = T("{}"),
      .want = T("endpoint_disabled") },
    { E(DELIVERY_REPORT), .body = T("[]"), .want = T(INVALID) },
    { E(DELIVERY_REPORT), .body = T(""), .want = T(INVALID) },
    { E(DELIVERY_REPORT), .body = T("{\"a\":"), .want = T(INVALID) },
    { E(TEMPLATE_STATUS), .body = T("{}"), .want = T(INVALID) },

    /* errors */

    { E(PUSH), .body = T("{\"status\":801,\"message\":\"is disabled\"}"),
      .want = T("channel_not_active api=801 message=is disabled") },
    { E(PUSH), .body = T("{\"status\":\"802\"}"),
      .want = T("session_expired api=802") },
    { E(PUSH), .body = T("{\"status\":803,\"message\":\"disabled\"}"),
      .want = T("upstream_rejected api=803 message=disabled") },
    { E(PUSH), .body = T("{\"status\":900,\"message\":\"disabled\"}"),
      .want = T("endpoint_disabled api=900 message=disabled") },
    { E(PUSH), .http = 401, .body = T("<html>"),
      .want = T("token_rejected") },
    { E(PUSH), .http = 401, .body = T("{\"status\":999}"),
      .want = T("token_rejected api=999") },
    { E(GET_PROJECTS), .body = T("{\"status\":401}"),
      .want = T("master_token_rejected api=401") },
    { E(PUSH), .body = T("{\"status\":409}"),
      .want = T("token_rejected api=409") },
    { E(PUSH), .http = 500, .body = T("{\"status\":100,\"push_id\":1}"),
      .want = T(INVALID " api=100") },
    { E(PUSH), .http = 429, .body = T("<html>Too many requests"),
      .want = T("rate_limited") },
    { E(PUSH), .http = 201, .body = T("{\"status\":100,\"push_id\":1}"),
      .want = T(OK(",\"push_id\":1")) }
};


int
main(void)
{
    prepare();

    test_rows();
    test_every_endpoint();
    test_http_status();
    test_status();
    test_facts();
    test_secrets();
    test_copies();
    test_depth();
    test_disabled();
    test_memory();

    unit_no_memory(read_reply, NULL, "a reply with everything");
    unit_no_memory(copy_member, NULL, "pa_envelope_*()");

    return unit_end();
}


static void
test_rows(void)
{
    size_t    i;
    pa_str_t  got;

    for (i = 0; i < unit_nelts(rows); i++) {
        got = result(rows[i].endpoint, rows[i].http ? rows[i].http : 200,
                     &rows[i].body);

        unit_text(&got, &rows[i].want, "%s: %u %s",
                  (char *) pa_endpoints[rows[i].endpoint].name.data,
                  rows[i].http ? rows[i].http : 200, unit_show(&rows[i].body));
        unit_reset();
    }
}


/* what holds for each that the catalogue has, and will have */

static void
test_every_endpoint(void)
{
    size_t         i;
    pa_str_t       got, want;
    const char    *name;
    pa_endpoint_e  endpoint;

    static const pa_str_t  success = T("{\"status\":100,\"a\":[1,{\"b\":2}]}");

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        endpoint = (pa_endpoint_e) i;
        name = (const char *) pa_endpoints[i].name.data;

        if (endpoint != PA_ENDPOINT_CREATE_API_TOKEN) {
            got = result(endpoint, 200, &success);
            unit_text(&got, &S(OK(",\"a\":[1,{\"b\":2}]")), "%s: success",
                      name);
        }

        got = result(endpoint, 500, &success);
        unit_text(&got, &S(INVALID " api=100"), "%s: HTTP error", name);

        got = result(endpoint, 200, &S("{\"status\":401,\"message\":\"m\"}"));
        want = unit_sprintf("%s api=401 message=m",
                            pa_endpoints[i].token == PA_TOKEN_PROJECT
                            ? "token_rejected" : "master_token_rejected");
        unit_text(&got, &want, "%s: the token", name);

        got = result(endpoint, 404, &S("x"));
        unit_text(&got, &S("endpoint_disabled"), "%s: disabled", name);

        got = result(endpoint, 200, &S("x"));
        unit_text(&got, &S(INVALID), "%s: no JSON", name);

        got = result(endpoint, 302, &success);
        unit_text(&got, &S(INVALID), "%s: a redirect", name);

        unit_reset();
    }
}


/*
 * With another HTTP status than that of success, nothing that would be one is:
 * the HTTP status decides, be there a word, no status, or nothing at all.
 */

static void
test_http_status(void)
{
    size_t         i, h, b;
    pa_str_t       got, want;
    const char    *name, *rejected;
    pa_endpoint_e  endpoint;

    enum { NOTHING, HTML, WORD, NO_STATUS, NO_STATUS_DISABLED, NULL_STATUS,
           WORD_DISABLED, SUCCESS, UNKNOWN, UNKNOWN_DISABLED, N_BODIES };

    static const pa_str_t  bodies[N_BODIES] = {
        T(""),
        T("<html>disabled</html>"),
        T("{\"status\":\"CONNECTED\",\"a\":1}"),
        T("{\"push_id\":1,\"data\":[]}"),
        T("{\"message\":\"is disabled\"}"),
        T("{\"status\":null}"),
        T("{\"status\":\"error\",\"message\":\"is disabled\"}"),
        T("{\"status\":100,\"push_id\":1,\"api_token\":\"t\"}"),
        T("{\"status\":999}"),
        T("{\"status\":999,\"message\":\"is disabled\"}")
    };

    static const char  disabled[] = "endpoint_disabled";
    static const char  unavailable[] = "upstream_unavailable";
    static const char  error[] = "upstream_error";

    static const struct {
        unsigned     http;
        const char  *without;       /* NULL: the token is rejected */
        const char  *word_disabled;
        const char  *unknown;
        const char  *unknown_disabled;
    } rows[] = {
        { 300, INVALID, INVALID, INVALID, INVALID },
        { 302, INVALID, INVALID, INVALID, INVALID },
        { 304, INVALID, INVALID, INVALID, INVALID },
        { 400, INVALID, disabled, error, disabled },
        { 401, NULL, disabled, NULL, disabled },
        { 402, INVALID, disabled, error, disabled },
        { 403, error, disabled, error, disabled },
        { 404, disabled, disabled, error, disabled },
        { 405, disabled, disabled, error, disabled },
        { 409, INVALID, disabled, error, disabled },
        { 410, disabled, disabled, error, disabled },
        { 422, INVALID, disabled, error, disabled },
        { 429, "rate_limited", "rate_limited", "rate_limited",
          "rate_limited" },
        { 499, INVALID, disabled, error, disabled },
        { 500, error, disabled, error, disabled },
        { 501, disabled, disabled, error, disabled },
        { 502, error, disabled, error, disabled },
        { 503, unavailable, disabled, unavailable, disabled },
        { 504, error, disabled, error, disabled },
        { 599, error, disabled, error, disabled }
    };

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        endpoint = (pa_endpoint_e) i;
        name = (const char *) pa_endpoints[i].name.data;
        rejected = pa_endpoints[i].token == PA_TOKEN_PROJECT
                   ? "token_rejected" : "master_token_rejected";

        for (h = 0; h < unit_nelts(rows); h++) {
            for (b = 0; b < N_BODIES; b++) {

                got = result(endpoint, rows[h].http, &bodies[b]);
                got = unit_sprintf("%.*s", (int) got.len, (char *) got.data);
                got.len = strcspn((const char *) got.data, " ");

                want = unit_sprintf("%s", b == WORD_DISABLED
                                          ? rows[h].word_disabled
                                    : b == UNKNOWN_DISABLED
                                      ? rows[h].unknown_disabled
                                    : b == UNKNOWN
                                      ? (rows[h].unknown ? rows[h].unknown
                                                         : rejected)
                                    : b == SUCCESS
                                      ? (rows[h].http == 429 ? "rate_limited"
                                                             : INVALID)
                                    : (rows[h].without ? rows[h].without
                                                       : rejected));

                unit_text(&got, &want, "%s: %u %s", name, rows[h].http,
                          unit_show(&bodies[b]));
                unit_reset();
            }
        }

        /* and what needs no status where it is one */

        for (h = 200; h < 300; h += 33) {
            got = result(endpoint, (unsigned) h, &bodies[WORD]);
            unit_text(&got, endpoint == PA_ENDPOINT_DEVICE_STATUS
                            ? &S(OK(",\"device_status\":\"CONNECTED\","
                                    "\"a\":1"))
                            : &S(INVALID), "%s: %zu and a word", name, h);

            got = result(endpoint, (unsigned) h, &bodies[NO_STATUS]);
            unit_text(&got, endpoint == PA_ENDPOINT_DELIVERY_REPORT
                            ? &S(OK(",\"push_id\":1,\"data\":[]"))
                            : &S(INVALID), "%s: %zu without status", name, h);

            got = result(endpoint, (unsigned) h, &bodies[NULL_STATUS]);
            unit_text(&got, &S(INVALID), "%s: %zu and null", name, h);

            got = result(endpoint, (unsigned) h, &bodies[NO_STATUS_DISABLED]);
            unit_text(&got, endpoint == PA_ENDPOINT_DELIVERY_REPORT
                            ? &S("accepted {\"status\":100,"
                                 "\"message\":\"is disabled\"}")
                            : &S(INVALID " message=is disabled"),
                      "%s: %zu, a message alone", name, h);
            unit_reset();
        }
    }
}


/* success is said by status 100, also as a string, and by nothing else */

static void
test_status(void)
{
    size_t    i;
    pa_str_t  got, body;

    static const struct {
        const char  *status;
        int          success;
    } statuses[] = {
        { "100", 1 }, { "\"100\"", 1 }, { "100.0", 1 }, { "1e2", 1 },
        { "\"0100\"", 1 }, { "\"\\u0031\\u0030\\u0030\"", 1 },
        { "true", 0 }, { "\"success\"", 0 }, { "\"Success\"", 0 }, { "1", 0 },
        { "200", 0 }, { "\"ok\"", 0 }, { "null", 0 }, { "[100]", 0 },
        { "\"100 \"", 0 }, { "100.5", 0 }, { "-100", 0 }, { "\"1e2\"", 0 }
    };

    for (i = 0; i < unit_nelts(statuses); i++) {
        body = unit_sprintf("{\"status\":%s,\"a\":1}", statuses[i].status);
        got = result(PA_ENDPOINT_PUSH, 200, &body);

        unit_int(unit_str_is(&got, OK(",\"a\":1")), statuses[i].success,
                 "status %s", statuses[i].status);
        unit_reset();
    }
}


/* what variables and metrics show */

static void
test_facts(void)
{
    size_t      i;
    pa_str_t    body, got, want;
    pa_reply_t  reply;

    const pa_redact_t  *redact;

    static const struct {
        pa_endpoint_e    endpoint;
        const char      *body;
        const char      *want;        /* accepted, push_id, balance */
    } facts[] = {
        { E(PUSH), "\"push_id\":\"7\",\"data\":[{\"msg_id\":\"1\"},"
                   "{\"msg_id\":2},{\"number\":\"3\"}]", "2 7 -" },
        { E(PUSH), "\"data\":[{\"msg_id\":null},{\"msg_id\":\"\"},"
                   "{\"msg_id\":[]},{\"msg_id\":{\"msg_id\":1}},"
                   "{\"msg_id\":false},{\"MSG_ID\":1}],\"push_id\":70",
          "0 70 -" },
        { E(PUSH), "\"data\":[{\"msg_id\":1,\"msg_id\":2},[{\"msg_id\":3}],"
                   "\"msg_id\",{\"x\":{\"msg_id\":4}}]", "1 - -" },
        { E(PUSH), "\"data\":{\"0\":{\"msg_id\":1},\"2\":{\"a\":0,"
                   "\"msg_id\":\"2\"}}", "2 - -" },
        { E(PUSH), "\"data\":{\"msg_id\":1,\"number\":\"2\"}", "1 - -" },
        { E(PUSH), "\"data\":\"msg_id\",\"msg_id\":5", "0 - -" },
        { E(PUSH), "\"data\":{\"a\":{\"b\":{\"msg_id\":1}}}", "0 - -" },
        { E(PUSH), "\"data\":[{\"a\":{\"msg_id\":1},\"msg_id\":2},"
                   "{\"msg_id\":\"\",\"a\":[1],\"msg_id\":3}]", "2 - -" },
        { E(PUSH), "\"data\":[{\"msg_id\":1},{\"a\":1},{\"msg_id\":2},"
                   "{\"msg_id\":0},{\"msg_id\":\"0\"}],"
                   "\"x\":[{\"msg_id\":1}],\"data\":[{\"msg_id\":4}]",
          "5 - -" },
        { E(PUSH), "\"rows\":[{\"msg_id\":1}]", "0 - -" },
        { E(PUSH), "\"d\\u0061ta\":[{\"\\u006dsg_id\":1}]", "1 - -" },
        { E(PUSH), "\"push_id\":null", "0 - -" },
        { E(PUSH), "\"push_id\":[7]", "0 - -" },
        { E(PUSH), "\"x\":{\"push_id\":7}", "0 - -" },
        { E(PUSH), "\"push_id\":1,\"push_id\":\"a\\\"b\"", "0 a\"b -" },
        { E(PUSH), "\"push_id\":\"<" TOKEN ">\"", "0 <[redacted]> -" },
        { E(PUSH), "\"balance\":1", "0 - -" },
        { E(DELIVERY_REPORT), "\"push_id\":7,\"data\":[{\"msg_id\":1}]",
          "0 - -" },
        { E(CHECK_BALANCE), "\"balance\":12.345", "0 - 12345000" },
        { E(CHECK_BALANCE), "\"balance\":\"12.345\"", "0 - 12345000" },
        { E(CHECK_BALANCE), "\"balance\":0", "0 - 0" },
        { E(CHECK_BALANCE), "\"balance\":-0.5", "0 - -500000" },
        { E(CHECK_BALANCE), "\"balance\":\"n/a\"", "0 - -" },
        { E(CHECK_BALANCE), "\"balance\":null", "0 - -" },
        { E(CHECK_BALANCE), "\"balance\":{\"balance\":1}", "0 - -" },
        { E(CHECK_BALANCE), "\"push_id\":1", "0 - -" },

        /* of several the last one, of balances the last that is one */

        { E(PUSH), "\"push_id\":1,\"push_id\":\"\"", "0 - -" },
        { E(PUSH), "\"push_id\":1,\"push_id\":null", "0 1 -" },
        { E(CHECK_BALANCE), "\"balance\":1,\"balance\":\"2.5\"",
          "0 - 2500000" },
        { E(CHECK_BALANCE), "\"balance\":1,\"balance\":\"n/a\"",
          "0 - 1000000" },

        /* a number that is longer than any secret, but holds one */

        { E(CHECK_BALANCE), "\"balance\":8675309001.5", "0 - -" },
        { E(CHECK_BALANCE), "\"balance\":\"8675309001\"", "0 - -" },
        { E(CHECK_BALANCE), "\"balance\":867530900.15", "0 - 867530900150000" },
        { E(PUSH), "\"push_id\":18675309001", "0 1[redacted] -" },

        /* rows and levels: what is in a row or beside it is none */

        { E(PUSH), "\"data\":[[1,{\"msg_id\":1}],{\"msg_id\":2}]", "1 - -" },
        { E(PUSH), "\"data\":[{\"msg_id\":1,\"a\":{\"b\":1},"
                   "\"msg_id\":2}]", "1 - -" },
        { E(PUSH), "\"data\":{\"msg_id\":1,\"0\":{\"msg_id\":2},"
                   "\"msg_id\":3,\"1\":{\"msg_id\":4}}", "3 - -" },
        { E(PUSH), "\"data\":[{\"msg_id\":[5]},{\"msg_id\":[\"5\",6]}]",
          "0 - -" },
        { E(PUSH), "\"data\":[{\"msg_id\":1}],\"data\":{\"msg_id\":2}",
          "2 - -" },
        { E(CREATE_API_TOKEN), "\"api_token\":\"t\",\"push_id\":7,"
                               "\"balance\":1,\"data\":[{\"msg_id\":1}]",
          "0 - -" },
        { E(CUSTOM), "\"push_id\":7,\"balance\":1,"
                     "\"data\":[{\"msg_id\":1}]", "0 - -" }
    };

    redact = rules.redact[PA_TOKEN_ACCOUNT];
    rules.redact[PA_TOKEN_ACCOUNT] = phone;

    for (i = 0; i < unit_nelts(facts); i++) {
        body = unit_sprintf("{\"status\":100,%s}", facts[i].body);

        if (read_body(facts[i].endpoint, 200, &body, &reply) != PA_OK) {
            unit_ok(0, "facts of %s", facts[i].body);
            continue;
        }

        got = unit_sprintf("%zu %.*s ", reply.accepted,
                           reply.push_id.len ? (int) reply.push_id.len : 1,
                           reply.push_id.len ? (char *) reply.push_id.data
                                             : "-");
        got = reply.balance == PA_BALANCE_UNKNOWN
              ? unit_sprintf("%s-", (char *) got.data)
              : unit_sprintf("%s%lld", (char *) got.data,
                             (long long) reply.balance);
        want = unit_sprintf("%s", facts[i].want);

        unit_text(&got, &want, "facts of %s: %s",
                  (char *) pa_endpoints[facts[i].endpoint].name.data,
                  facts[i].body);
        unit_reset();
    }

    rules.redact[PA_TOKEN_ACCOUNT] = redact;

    test_facts_of_errors();
}


/* what has no success has none of these either, whatever is in the reply */

static void
test_facts_of_errors(void)
{
    size_t      i, j;
    pa_str_t    body;
    pa_reply_t  reply;

    static const struct {
        unsigned     http;
        const char  *status;
    } errors[] = {
        { 200, "\"status\":401," }, { 200, "\"status\":403," },
        { 200, "\"status\":999," }, { 200, "\"status\":null," },
        { 500, "\"status\":100," }, { 429, "\"status\":100," },
        { 404, "" }, { 503, "" }, { 200, "\"status\":100,\"broken\"" }
    };

    static const pa_endpoint_e  endpoints[] = {
        PA_ENDPOINT_CREATE_API_TOKEN, PA_ENDPOINT_PUSH,
        PA_ENDPOINT_CHECK_BALANCE, PA_ENDPOINT_DELIVERY_REPORT
    };

    for (i = 0; i < unit_nelts(errors); i++) {
        for (j = 0; j < unit_nelts(endpoints); j++) {
            body = unit_sprintf("{\"api_token\":[\"t\"],\"push_id\":7,"
                                "\"data\":[{\"msg_id\":1}],\"balance\":5,%s"
                                "\"z\":0}", errors[i].status);

            memset(&reply, 0xff, sizeof(pa_reply_t));
            (void) read_body(endpoints[j], errors[i].http, &body, &reply);

            unit_ok(!pa_outcome_is_success(reply.problem.outcome)
                    && reply.ntokens == 0 && reply.accepted == 0
                    && reply.push_id.len == 0 && reply.body.len == 0
                    && reply.balance == PA_BALANCE_UNKNOWN,
                    "%s: an error %u, %s",
                    (char *) pa_endpoints[endpoints[j]].name.data,
                    errors[i].http, errors[i].status);
            unit_int(reply.problem.endpoint, endpoints[j], "its endpoint");
            unit_reset();
        }
    }
}


/* either of the two secrets, whichever was sent */

static void
test_secrets(void)
{
    size_t         i, j;
    pa_str_t       got, body, want;
    pa_reply_t     reply;
    const char    *name, *secret;

    static const struct {
        const char  *body;
        const char  *want;
    } templates[] = {
        { "{\"status\":100,\"message\":\"%s\"}",
          "accepted {\"status\":100,\"message\":\"[redacted]\"}" },
        { "{\"status\":100,\"a\":[{\"b\":\"<%s>\"}]}",
          OK(",\"a\":[{\"b\":\"<[redacted]>\"}]") },
        { "{\"status\":100,\"%s\":1}", OK(",\"[redacted]\":1") },
        { "{\"status\":100,\"a\":{\"x%s\":1}}",
          OK(",\"a\":{\"x[redacted]\":1}") },
        { "{\"status\":100,\"a\":\"\\u000a%s\\/\"}",
          OK(",\"a\":\"\\u000a[redacted]/\"") },
        { "{\"status\":100,\"a\":\"\1%s\\ud800\"}",
          OK(",\"a\":\" [redacted]\xef\xbf\xbd\"") },
        { "{\"status\":402,\"message\":\"%s\"}",
          "upstream_rejected api=402 message=[redacted]" },
        { "{\"status\":999,\"message\":\"{\\\"token\\\":\\\"%s\\\"}\"}",
          "upstream_error api=999 message={\"token\":\"[redacted]\"}" }
    };

    static const char  *secrets[] = { TOKEN, MASTER_TOKEN };

    for (i = 0; i < unit_nelts(templates); i++) {
        for (j = 0; j < unit_nelts(secrets); j++) {

            secret = secrets[j];
            name = templates[i].body;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            body = unit_sprintf(name, secret);
#pragma GCC diagnostic pop

            got = result(PA_ENDPOINT_PUSH, 200, &body);
            want = unit_sprintf("%s", templates[i].want);

            unit_text(&got, &want, "secret %zu in %s", j, name);
            unit_reset();
        }
    }

    /* a number that shows one is none any more */

    rules.redact[PA_TOKEN_PROJECT] = digits;

    got = result(PA_ENDPOINT_PUSH, 200,
                 &S("{\"status\":100,\"a\":[-1234567890123456789,"
                    "1234567890123456789,0.12345678901234567890,"
                    "123456789012345678],\"push_id\":1234567890123456789}"));
    unit_text(&got, &S(OK(",\"a\":[\"-[redacted]\",\"[redacted]\","
                          "\"0.[redacted]0\",123456789012345678],"
                          "\"push_id\":\"[redacted]\"")), "numbers");
    unit_reset();

    /* nor in what the log has of it */

    unit_int(read_body(PA_ENDPOINT_PUSH, 200,
                       &S("{\"status\":100,\"push_id\":1234567890123456789}"),
                       &reply),
             PA_OK, "a push");
    unit_text(&reply.push_id, &S("[redacted]"), "its number");
    unit_reset();

    rules.redact[PA_TOKEN_PROJECT] = token;

    /* nor do digits of an escape make one up */

    got = result(PA_ENDPOINT_PUSH, 200,
                 &S("{\"status\":100,\"a\":\"\\u003e09daea611a26691ead999715"
                    "b215c7d81dbfb0\\u00e4\"}"));
    unit_text(&got, &S(OK(",\"a\":\">09daea611a26691ead999715b215c7d81dbfb0"
                          "\xc3\xa4\"")), "what looks like a secret");

    /* a word */

    got = result(PA_ENDPOINT_DEVICE_STATUS, 200,
                 &S("{\"status\":\"" TOKEN "\"}"));
    unit_text(&got, &S(OK(",\"device_status\":\"[redacted]\"")), "a word");
    unit_reset();

    test_digits();
}


/* a secret of digits alone may come back as a number, or within one */

static void
test_digits(void)
{
    size_t              i;
    pa_str_t            got, want;
    const pa_redact_t  *redact;

    static const struct {
        pa_str_t     body;
        const char  *want;
    } rows[] = {
        { T("{\"status\":100,\"a\":8675309001}"),
          OK(",\"a\":\"[redacted]\"") },
        { T("{\"status\":100,\"a\":[1,-18675309001]}"),
          OK(",\"a\":[1,\"-1[redacted]\"]") },
        { T("{\"status\":100,\"a\":{\"b\":0.8675309001e5}}"),
          OK(",\"a\":{\"b\":\"0.[redacted]e5\"}") },
        { T("{\"status\":100,\"a\":867530900}"), OK(",\"a\":867530900") }
    };

    static const struct {
        const char  *text;
        const char  *want;
    } integers[] = {
        { "1234567890123456789", "6681" },
        { "-1234567890123456789", "6681" },
        { "\"1234567890123456789\"", "6681" },
        { "1234567890123456788", "1234567890123456788" }
    };

    redact = rules.redact[PA_TOKEN_PROJECT];
    rules.redact[PA_TOKEN_PROJECT] = pa_redact_create(&unit_pool,
                                                      &S("8675309001"));

    for (i = 0; i < unit_nelts(rows); i++) {
        got = result(PA_ENDPOINT_PUSH, 200, &rows[i].body);
        want = unit_sprintf("%s", rows[i].want);
        unit_text(&got, &want, "digits: %s", (char *) rows[i].body.data);
    }

    /* as many of them as an integer can have, with a sign and without */

    rules.redact[PA_TOKEN_PROJECT] = pa_redact_create(&unit_pool,
                                                &S("1234567890123456789"));

    for (i = 0; i < unit_nelts(integers); i++) {
        got = unit_sprintf("{\"status\":100,\"project_id\":%s,"
                           "\"api_token\":[\"t\"]}", integers[i].text);
        got = result(PA_ENDPOINT_CREATE_API_TOKEN, 200, &got);
        want = unit_sprintf("issued {\"status\":100,\"message\":\"Success\","
                            "\"project_id\":%s,\"api_token\":"
                            "[{\"ip\":null,\"token\":\"t\"}]}",
                            integers[i].want);
        unit_text(&got, &want, "digits: project %s", integers[i].text);
    }

    rules.redact[PA_TOKEN_PROJECT] = redact;
    unit_reset();
}


/* no copy of a secret is left but what the caller wipes */

static void
test_copies(void)
{
    size_t      i;
    pa_reply_t  reply;

    static const struct {
        pa_endpoint_e    endpoint;
        unsigned         http;
        pa_str_t         body;
    } bodies[] = {
        { E(PUSH), 200,
          T("{\"status\":100,\"message\":\"\\n" TOKEN "\",\"\\n" TOKEN
            "\":1,\"a\":[\"\\n" TOKEN "\",\"\1" TOKEN "\",\"" TOKEN "\"],"
            "\"push_id\":\"\\n" TOKEN "\"}") },

        /* where a number is looked for */

        { E(PUSH), 200, T("{\"status\":\"\\n" TOKEN "\"}") },
        { E(PUSH), 500, T("{\"status\":\"\1" TOKEN "\"}") },
        { E(DEVICE_STATUS), 200, T("{\"status\":\"\\n" TOKEN "\"}") },
        { E(DEVICE_STATUS), 200, T("{\"status\":\"\1" TOKEN "\"}") },
        { E(DEVICE_STATUS), 404, T("{\"status\":\"\\n" TOKEN "\"}") },
        { E(CHECK_BALANCE), 200,
          T("{\"status\":100,\"balance\":\"\\n" TOKEN "\"}") },
        { E(CREATE_API_TOKEN), 200,
          T("{\"status\":100,\"project_id\":\"\\n" TOKEN "\","
            "\"api_token\":\"\\n" TOKEN "\"}") },
        { E(CREATE_API_TOKEN), 200,
          T("{\"status\":\"\1" TOKEN "\",\"api_token\":{\"\\n" TOKEN
            "\":1,\"0\":\"\\n" TOKEN "\"}}") }
    };

    for (i = 0; i < unit_nelts(bodies); i++) {
        (void) read_body(bodies[i].endpoint, bodies[i].http, &bodies[i].body,
                         &reply);

        unit_int((int64_t) unit_holding(TOKEN), 1,
                 "the reply alone holds the secret: %s: %s",
                 (char *) pa_endpoints[bodies[i].endpoint].name.data,
                 unit_show(&bodies[i].body));
        unit_reset();
    }
}


/* nested as deep as a reply can be, without recursion */

static void
test_depth(void)
{
    size_t      i, j;
    json_t     *document;
    uint8_t    *p, *text;
    pa_str_t    body;
    pa_reply_t  reply;

    static const char  head[] = "{\"status\":100,\"data\":";

    static const struct {
        size_t       depth;
        const char  *open;
        const char  *close;
    } depths[] = {
        { 63, "[", "]" }, { 64, "[", "]" }, { 65, "{\"a\":", "}" },
        { 130, "[", "]" }, { 100000, "[", "]" }, { 100000, "{\"a\":", "}" }
    };

    for (i = 0; i < unit_nelts(depths); i++) {

        text = malloc(sizeof(head) + 8 * depths[i].depth + 2);
        p = text;
        memcpy(p, head, sizeof(head) - 1);
        p += sizeof(head) - 1;

        for (j = 0; j < depths[i].depth; j++) {
            memcpy(p, depths[i].open, strlen(depths[i].open));
            p += strlen(depths[i].open);
        }

        *p++ = '0';

        for (j = 0; j < depths[i].depth; j++) {
            *p++ = (uint8_t) depths[i].close[0];
        }

        *p++ = '}';

        body.data = text;
        body.len = (size_t) (p - text);

        unit_ok(read_body(PA_ENDPOINT_PUSH, 200, &body, &reply) == PA_OK
                && reply.problem.outcome == PA_OUTCOME_ACCEPTED
                && reply.body.len == body.len + 20
                && memcmp(reply.body.data + 34, text + 13, body.len - 13) != 0,
                "%zu times %s", depths[i].depth, depths[i].open);

        document = json_loadb((const char *) reply.body.data, reply.body.len,
                              0, NULL);
        unit_int(document != NULL, depths[i].depth < 2000,
                 "as far as jansson reads");

        json_decref(document);
        free(text);
        unit_reset();
    }
}


/* an HTTP status that says so is told, and where it came from */

static void
test_disabled(void)
{
    pa_str_t    text;
    pa_reply_t  reply;

    (void) read_body(PA_ENDPOINT_PUSH, 405, &S(""), &reply);

    unit_int(reply.problem.disabled_status, 405, "the HTTP status");
    unit_text(&reply.problem.disabled_path, &S("/api/v2/some-path"),
              "its path");
    unit_int(pa_problem_write(&unit_pool, &reply.problem, &text), PA_OK,
             "written");
    unit_ok(memmem(text.data, text.len, "HTTP status 405 at /api/v2/some-path",
                   36) != NULL
            && memmem(text.data, text.len, "2023", 4) == NULL,
            "in the detail, which names no date");
    unit_reset();

    (void) read_body(PA_ENDPOINT_PUSH, 404,
                     &S("{\"status\":410,\"message\":\"is disabled\"}"),
                     &reply);

    unit_ok(reply.problem.outcome == PA_OUTCOME_ENDPOINT_DISABLED
            && reply.problem.disabled_status == 0,
            "where the message says so, it is that that counts");
    unit_reset();

    (void) read_body(PA_ENDPOINT_DEVICE_STATUS, 404,
                     &S("{\"status\":\"x\",\"message\":\"is disabled\"}"),
                     &reply);

    unit_int(reply.problem.disabled_status, 404,
             "unless that has no status that counts");
    unit_text(&reply.problem.disabled_path, &S("/api/v2/some-path"),
              "and where it came from");
    unit_reset();

    rules.path = S("/x/" TOKEN);
    (void) read_body(PA_ENDPOINT_PUSH, 404, &S(""), &reply);

    unit_text(&reply.problem.disabled_path, &S("/x/[redacted]"),
              "a path that has the token in it");

    rules.path = S("/api/v2/some-path");
    unit_reset();
}


/* what is made of a reply is bounded by its length, whatever it consists of */

static void
test_memory(void)
{
    size_t       i, len;
    uint8_t     *text;
    pa_str_t     body;
    pa_reply_t   reply;

    enum { LEN = 100000 };

    static const struct {
        const char  *again;
        size_t       most;      /* bytes for one of the reply */
    } parts[] = {
        { ",1", 2 },
        { ",\"" TOKEN "\"", 4 },
        { ",\"\\u0007\"", 4 },
        { ",\"\\'\"", 6 },
        { ",{\"\xff\":[]}", 4 },
        { ",\"\1" TOKEN "\"", 6 }
    };

    for (i = 0; i < unit_nelts(parts); i++) {
        text = malloc(LEN);
        len = (size_t) sprintf((char *) text, "{\"status\":100,\"data\":[0");

        while (len + strlen(parts[i].again) + 2 < LEN) {
            memcpy(text + len, parts[i].again, strlen(parts[i].again));
            len += strlen(parts[i].again);
        }

        text[len++] = ']';
        text[len++] = '}';

        body.data = text;
        body.len = len;

        unit_ok(read_body(PA_ENDPOINT_PUSH, 200, &body, &reply) == PA_OK
                && reply.problem.outcome == PA_OUTCOME_ACCEPTED,
                "memory, %s...", unit_show(&(pa_str_t) {
                    (const uint8_t *) parts[i].again,
                    strlen(parts[i].again) }));
        unit_ok(unit_allocated() < (parts[i].most + 1) * len,
                "%zu bytes for %zu", unit_allocated(), len);

        free(text);
        unit_reset();
    }
}


static int
read_reply(void *data)
{
    size_t      i;
    pa_reply_t  reply;

    static const struct {
        pa_endpoint_e    endpoint;
        unsigned         http;
        pa_str_t         body;
    } replies[] = {
        { E(PUSH), 200,
          T("{\"status\":\"\\u0031\\u0030\\u0030\",\"message\":\"\\n\","
            "\"push_id\":\"\\u0041\",\"\\u0041\":\"" TOKEN "\","
            "\"x\":\"\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'"
            "\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'"
            "\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'"
            "\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'\","
            "\"data\":"
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
            "}") },
        { E(CHECK_BALANCE), 200,
          T("{\"status\":1e2,\"balance\":\"\\u0031\"}") },
        { E(DEVICE_STATUS), 200, T("{\"status\":\"\\u0041\"}") },
        { E(PUSH), 404, T("{\"message\":\"\\n\"}") },
        { E(PUSH), 500, T("{\"message\":\"\\n" TOKEN "\"}") }
    };

    (void) data;

    for (i = 0; i < unit_nelts(replies); i++) {
        if (read_body(replies[i].endpoint, replies[i].http, &replies[i].body,
                      &reply)
            != PA_OK)
        {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


/* each member says so itself; of the text, its end does */

static int
copy_member(void *data)
{
    int               rc;
    size_t            i;
    pa_str_t          name;
    pa_envelope_t     envelope;
    pa_json_scan_t    s;
    pa_redactor_t     redactor;
    pa_json_string_t  string;

    static const struct {
        pa_endpoint_e    endpoint;
        pa_str_t         text;
    } members[] = {
        { E(PUSH), T("{\"push_id\":\"\\n\"}") },
        { E(PUSH), T("{\"push_id\":\"" TOKEN "\"}") },
        { E(PUSH), T("{\"push_id\":8675309001}") },
        { E(PUSH), T("{\"\\u0061\":[{\"\\u0062\":\"\\'\"}]}") },
        { E(PUSH), T("{\"" TOKEN "\":[\"\\u003e" TOKEN "\"]}") },
        { E(CHECK_BALANCE), T("{\"balance\":\"\\u0031\"}") },
        { E(CHECK_BALANCE), T("{\"balance\":\"" TOKEN "\"}") }
    };

    const pa_redact_t  *redacts[] = { token, phone };

    (void) data;

    for (i = 0; i < unit_nelts(members); i++) {
        pa_json_scan_init(&s, &unit_pool, &members[i].text);
        s.lenient = 1;

        pa_redactor_init(&redactor, &unit_pool, redacts, 2);
        pa_envelope_init(&envelope, &s, &redactor, members[i].endpoint);

        if (pa_json_scan_type(&s) != PA_JSON_OBJECT
            || pa_json_scan_object_next(&s, 1, &string) != PA_OK)
        {
            return PA_DONE;
        }

        rc = pa_envelope_member(&envelope, &string);

        if (rc == PA_OK && !s.no_memory) {
            name = S("name");
            rc = pa_envelope_string(&envelope, &name, &string);
        }

        if (rc != PA_OK) {
            return s.no_memory ? rc : PA_DONE;
        }

        if (s.no_memory) {
            return PA_OK;
        }

        if (envelope.text.data == NULL) {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


static pa_str_t
result(pa_endpoint_e endpoint, unsigned http, const pa_str_t *body)
{
    pa_buf_t             b;
    pa_str_t             text;
    const char          *code;
    pa_reply_t           reply;
    const pa_problem_t  *problem;

    if (read_body(endpoint, http, body, &reply) != PA_OK) {
        return S("no memory, or the body was changed");
    }

    problem = &reply.problem;
    code = pa_outcomes[problem->outcome].code;

    pa_buf_init(&b, &unit_pool, 256);
    pa_buf_bytes(&b, code, strlen(code));

    if (pa_outcome_is_success(problem->outcome)) {
        pa_buf_literal(&b, " ");
        pa_buf_bytes(&b, reply.body.data, reply.body.len);

    } else {

        if (problem->has_api_status) {
            pa_buf_literal(&b, " api=");
            pa_buf_int(&b, problem->api_status);
        }

        if (problem->upstream_message.len) {
            pa_buf_literal(&b, " message=");
            pa_buf_bytes(&b, problem->upstream_message.data,
                         problem->upstream_message.len);
        }
    }

    (void) pa_buf_text(&b, &text);

    return text;
}


static int
read_body(pa_endpoint_e endpoint, unsigned http, const pa_str_t *body,
    pa_reply_t *reply)
{
    int             rc;
    pa_raw_reply_t  raw;

    memset(&raw, 0, sizeof(pa_raw_reply_t));

    raw.status = http;
    raw.len = body->len;
    raw.body = unit_copy(body);

    rules.endpoint = endpoint;

    rc = pa_reply_read(&unit_pool, &rules, &raw, 6681, reply);

    if (body->len != 0 && memcmp(raw.body, body->data, body->len) != 0) {
        return PA_ERROR;
    }

    return rc;
}


/* in memory of its own, as that of the pool is gone after each row */

static void
prepare(void)
{
    static pa_pool_t  pool = { keep, NULL };

    rules.redact[PA_TOKEN_ACCOUNT] = pa_redact_create(&pool,
                                                      &S(MASTER_TOKEN));
    token = pa_redact_create(&pool, &S(TOKEN));
    digits = pa_redact_create(&pool, &S("1234567890123456789"));
    phone = pa_redact_create(&pool, &S("8675309001"));

    rules.redact[PA_TOKEN_PROJECT] = token;
}


static void *
keep(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}
