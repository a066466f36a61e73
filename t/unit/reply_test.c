
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdlib.h>

#include "reply.h"
#include "reply_text.h"
#include "token_list.h"
#include "unit.h"


#define SECRET  "3e09daea611a26691ead999715b215c7d81dbfb0"

/* the same, as the vendor may write it in JSON */

#define ESCAPED_SECRET  "\\u0033e09daea611a26691ead999715b215c7d81dbfb\\u0030"
#define ALL_ESCAPED_SECRET                                                    \
    "\\u0033\\u0065\\u0030\\u0039\\u0064\\u0061\\u0065\\u0061"                \
    "\\u0036\\u0031\\u0031\\u0061\\u0032\\u0036\\u0036\\u0039"                \
    "\\u0031\\u0065\\u0061\\u0064\\u0039\\u0039\\u0039\\u0037"                \
    "\\u0031\\u0035\\u0062\\u0032\\u0031\\u0035\\u0063\\u0037"                \
    "\\u0064\\u0038\\u0031\\u0064\\u0062\\u0066\\u0062\\u0030"

#define PROJECT_ID  6681

#define REPLY(ip, token)                                                      \
    "{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"            \
    "\"api_token\":[{\"ip\":" ip ",\"token\":" token "}]}"

#define INVALID  "upstream_invalid_response"


typedef struct {
    unsigned         http;            /* 200 if 0 */
    pa_str_t         body;
    pa_str_t         want;
} row_t;


static void test_rows(const char *name, const row_t *rows, size_t n);
static void test_api_status(void);
static void test_rejected_range(void);
static void test_http_status(void);
static void test_flags(void);
static void test_disabled_rules(void);
static void test_secrets(void);
static void test_digits(void);
static void test_copies(void);
static void test_digit_copies(void);
static void test_memory(void);
static void test_details(void);
static void test_body(void);
static void *keep(void *data, size_t size);
static int read_issued(void *data);
static int read_problems(void *data);
static int read_token_list(void *data);
static int read_text(void *data);

static const pa_redact_t *prepared(const pa_str_t *secret);
static pa_str_t result(const pa_reply_rules_t *rules, unsigned http,
    const pa_str_t *body);
static pa_str_t result_text(const pa_reply_t *reply);


static const unsigned  disabled_status[] = { 404, 405, 410, 501 };
static const pa_str_t  disabled_message[] = { T("disabled") };

static pa_reply_rules_t  defaults = {
    .disabled_status = disabled_status,
    .ndisabled_status = unit_nelts(disabled_status),
    .disabled_message = disabled_message,
    .ndisabled_message = unit_nelts(disabled_message),
    .path = T("/app/api/v2/pm/create-api-token")
};


/* section 5: success, and what flaws of a reply are mended */

static const row_t  success_rows[] = {

    /* the vendor's own sample */

    { .body = T("{\"status\":100,\"message\":\"Success\",\"project_id\":26681,"
                "\"api_token\":[{\"ip\":\"192.168.0.1\","
                "\"token\":\"34343sdfgsdf3434\"},{\"ip\":\"202.164.148.84\","
                "\"token\":\"34343ddf343434343\"}]}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":26681,"
                "\"api_token\":[{\"ip\":\"192.168.0.1\","
                "\"token\":\"34343sdfgsdf3434\"},{\"ip\":\"202.164.148.84\","
                "\"token\":\"34343ddf343434343\"}]}") },

    /* order, white space and other members */

    { .body = T("\r\n{ \"api_token\" : [ { \"token\" : \"t\" , \"x\" : 1 ,"
                " \"ip\" : \"1.2.3.4\" } ] ,\n \"more\" : { \"status\" : 401 }"
                " , \"project_id\" : 6681 , \"message\" : \"Success\" ,"
                " \"status\" : 100 }\n"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },

    /* any HTTP status that means success */

    { .http = 201, .body = T(REPLY("null", "\"t\"")),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .http = 299, .body = T(REPLY("null", "\"t\"")),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* status */

    { .body = T("{\"status\":\"100\",\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100.0,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":\"0100\",\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":401,\"status\":100,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* message */

    { .body = T("{\"status\":100,\"message\":\"All \\\"well\\\"\\n\\u00fc\","
                "\"project_id\":6681,\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,"
                "\"message\":\"All \\\"well\\\"\\u000a\xc3\xbc\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"message\":\"\",\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"message\":\"a\\u0000b\","
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"a\\u0000b\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"message\":null,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"message\":7,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"message\":[\"a\"],\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* a message that tells of disabling does not outweigh tokens */

    { .body = T("{\"status\":100,\"message\":\"disabled\","
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"disabled\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },

    /* project_id */

    { .body = T("{\"status\":100,\"project_id\":\"715\",\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":715,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"project_id\":715.0,\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":715,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"project_id\":9007199254740993,"
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":9007199254740993,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":null,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":\"x\",\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":7.5,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":[7],\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":9223372036854775808,"
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"project_id\":1e999,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* the last one counts, be it none */

    { .body = T("{\"status\":100,\"project_id\":7,\"project_id\":\"715\","
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":715,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"project_id\":7,\"project_id\":null,"
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"message\":\"a\",\"message\":\"b\","
                "\"message\":5,\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"b\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"status\":null,\"api_token\":\"t\"}"),
      .want = T(INVALID) },

    /* api_token: one alone, another spelling, bare strings */

    { .body = T("{\"status\":100,"
                "\"api_token\":{\"ip\":\"1.2.3.4\",\"token\":\"t\"}}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_tokens\":[{\"ip\":\"1.2.3.4\",\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_tokens\":{\"ip\":\"1.2.3.4\",\"token\":\"t\"}}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_tokens\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":[\"t\"]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":null,\"api_tokens\":[\"t\"]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":[],\"api_tokens\":[\"t\"]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":[{\"token\":\"\"}],"
                "\"api_tokens\":[\"t\"]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":[\"t\",{\"token\":\"u\"},"
                "{\"ip\":\"::1\",\"token\":\"v\"}]}"),
      .want = T("issued 3 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"t\"},{\"ip\":null,\"token\":\"u\"},"
                "{\"ip\":\"::1\",\"token\":\"v\"}]}") },

    /* ip: a string or null */

    { .body = T("{\"status\":100,"
                "\"api_token\":[{\"ip\":\"\",\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("\"\"", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_token\":[{\"ip\":\"any \\\"ip\\\"\",\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("\"any \\\"ip\\\"\"", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_token\":[{\"ip\":16909060,\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,"
                "\"api_token\":[{\"ip\":[\"1.2.3.4\"],\"token\":\"t\"}]}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* token: any string but the empty one; a number is written as one */

    { .body = T("{\"status\":100,\"api_token\":\"t\\\"\\\\\\u0000\\n\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\\\"\\\\\\u0000\\u000a\"")) },
    { .body = T("{\"status\":100,\"api_token\":[{\"token\":12345}]}"),
      .want = T("issued 1 " REPLY("null", "\"12345\"")) },
    { .body = T("{\"status\":100,\"api_token\":12345}"),
      .want = T("issued 1 " REPLY("null", "\"12345\"")) },
    { .body = T("{\"status\":100,\"api_token\":[-9223372036854775808]}"),
      .want = T("issued 1 " REPLY("null", "\"-9223372036854775808\"")) },
    { .body = T("{\"status\":100,\"api_token\":[12345.0]}"),
      .want = T("issued 1 " REPLY("null", "\"12345\"")) },
    { .body = T("{\"status\":100,\"api_token\":"
                "[12345678901234567890.000,4503599627370496.4]}"),
      .want = T("issued 1 " REPLY("null", "\"12345678901234567890\"")) },
    { .body = T("{\"status\":100,"
                "\"api_token\":[1234567890123456789012345678901234567890]}"),
      .want = T("issued 1 "
                REPLY("null",
                      "\"1234567890123456789012345678901234567890\"")) },

    /* characters that are as they were, and those that cannot be */

    { .body = T(REPLY("\"gr\xc3\xbc\xc3\x9f \x7f /\"", "\"\xf0\x9f\x94\x91\"")),
      .want = T("issued 1 " REPLY("\"gr\xc3\xbc\xc3\x9f \x7f /\"",
                                  "\"\xf0\x9f\x94\x91\"")) },
    { .body = T(REPLY("\"\\u00fc\\/\\t\"", "\"\\u0041\\\\\"")),
      .want = T("issued 1 " REPLY("\"\xc3\xbc/\\u0009\"", "\"A\\\\\"")) },
    { .body = T(REPLY("\"\x01\\\"\"", "\"\x1f\xff\\\\\"")),
      .want = T("issued 1 " REPLY("\" \\\"\"", "\" ?\\\\\"")) },

    /* the list before the rest, and longer than what it was read from */

    { .body = T("{\"api_token\":[1,2,\"\\u0007\",4,5,6,7,8],"
                "\"status\":\"100\",\"message\":\"\\u0001\"}"),
      .want = T("issued 8 {\"status\":100,\"message\":\"\\u0001\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"1\"},{\"ip\":null,\"token\":\"2\"},"
                "{\"ip\":null,\"token\":\"\\u0007\"},"
                "{\"ip\":null,\"token\":\"4\"},{\"ip\":null,\"token\":\"5\"},"
                "{\"ip\":null,\"token\":\"6\"},{\"ip\":null,\"token\":\"7\"},"
                "{\"ip\":null,\"token\":\"8\"}]}") },

    /* several lists: no token is lost */

    { .body = T("{\"status\":100,\"api_token\":[\"t\"],"
                "\"api_tokens\":[{\"ip\":\"::1\",\"token\":\"u\"}]}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"t\"},"
                "{\"ip\":\"::1\",\"token\":\"u\"}]}") },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"api_token\":[],"
                "\"api_token\":null}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* a list with gaps, which PHP writes as an object */

    { .body = T("{\"status\":100,\"api_token\":{"
                "\"0\":{\"ip\":\"1.2.3.4\",\"token\":\"t\"},"
                "\"2\":{\"ip\":\"5.6.7.8\",\"token\":\"u\"}}}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":\"1.2.3.4\",\"token\":\"t\"},"
                "{\"ip\":\"5.6.7.8\",\"token\":\"u\"}]}") },
    { .body = T("{\"api_tokens\":{\"1\":{\"token\":\"t\"}},\"status\":100}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":{\"1.2.3.4\":"
                "{\"token\":\"t\"},\"\":{\"ip\":null,\"token\":7}}}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"t\"},"
                "{\"ip\":null,\"token\":\"7\"}]}") },
    { .body = T("{\"status\":100,\"api_token\":{\"3\":\"t\",\"\\u0035\":8,"
                "\"7\":null,\"8\":[\"x\"],\"9\":{},\"x\":\"y\"}}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"t\"},"
                "{\"ip\":null,\"token\":\"8\"}]}") },
    { .body = T("{\"status\":100,\"api_token\":{\"token\":{\"token\":\"t\"},"
                "\"ip\":{\"ip\":\"::1\"}}}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":{\"0\":"
                "{\"0\":{\"token\":\"t\"}}}}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":{\"0\":{\"token\":\"t\"},"
                "\"2\":{\"token\":\"u\""),
      .want = T(INVALID) },

    { .body = T("{\"status\":100,\"api_token\":{\"12345678901234567890\":"
                "\"t\",\"123456789012345678901\":\"x\",\"1x\":\"x\","
                "\"x1\":\"x\",\"-1\":\"x\",\"1/\":\"x\",\"1:\":\"x\","
                "\"\":\"x\"}}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },

    /* what one of two has not is not that of the other */

    { .body = T("{\"status\":100,\"api_token\":{\"ip\":\"1.2.3.4\","
                "\"token\":\"t\"},\"api_tokens\":{\"token\":\"u\"}}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":\"1.2.3.4\",\"token\":\"t\"},"
                "{\"ip\":null,\"token\":\"u\"}]}") },
    { .body = T("{\"status\":100,\"api_token\":{\"ip\":\"1.2.3.4\","
                "\"token\":\"t\"},\"api_tokens\":{\"ip\":\"::1\"}}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":[{\"ip\":\"1.2.3.4\","
                "\"token\":\"t\"},\"u\",{\"token\":\"v\"}]}"),
      .want = T("issued 3 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":\"1.2.3.4\",\"token\":\"t\"},"
                "{\"ip\":null,\"token\":\"u\"},"
                "{\"ip\":null,\"token\":\"v\"}]}") },

    /* a token alone, whatever is in it beside its own */

    { .body = T("{\"status\":100,\"api_token\":{\"project\":{\"token\":\"x\"},"
                "\"ip\":\"1.2.3.4\",\"token\":\"t\",\"0\":\"y\"}}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_tokens\":[\"u\"],\"api_token\":"
                "{\"1\":{\"token\":\"x\"},\"token\":\"t\"}}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"Success\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"u\"},"
                "{\"ip\":null,\"token\":\"t\"}]}") },

    /* escapes that are none keep their characters */

    { .body = T("{\"status\":100,\"message\":\"it\\'s\\x41\\u12\","
                "\"api_token\":\"t\"}"),
      .want = T("issued 1 {\"status\":100,"
                "\"message\":\"it\\\\'s\\\\x41\\\\u12\","
                "\"project_id\":6681,"
                "\"api_token\":[{\"ip\":null,\"token\":\"t\"}]}") },
    { .body = T("{\"status\":100,\"\\q\":\"\\'\","
                "\"api_token\":\"\\'t\"}"),
      .want = T("issued 1 " REPLY("null", "\"\\\\'t\"")) },

    /* what is no token is passed over, the others are kept */

    { .body = T("{\"status\":100,\"api_token\":[null,{},{\"token\":\"\"},\"\","
                "true,[\"x\"],{\"token\":null},{\"token\":[\"x\"]},"
                "{\"token\":{\"token\":\"x\"}},1.5,{\"Token\":\"x\"},"
                "{\"ip\":\"1.2.3.4\",\"token\":\"t\"},{\"ip\":\"::1\"}]}"),
      .want = T("issued 1 " REPLY("\"1.2.3.4\"", "\"t\"")) },

    /* tokens are not thrown away for a flaw elsewhere */

    { .body = T("\xef\xbb\xbf{\"status\":100,\"api_token\":\"t\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\"}trailing"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\"}}]\0"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"x\":\"\xff\xc0\x80\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"x\":\"a\n\tb\0\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"x\":\"\\ud800\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"\\u0000\":1}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\","
                "\"x\":99999999999999999999999}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\","
                "\"x\":9999999999999999999}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"x\":-1e999}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"api_token\":\"t\",\"x\":1,\"x\":2}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":100,\"message\":\"gr\xfc\xdf\n\","
                "\"api_token\":[{\"ip\":\"a\\ud800\",\"token\":\"t\xff\"}]}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"gr?? \","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":\"a\xef\xbf\xbd\",\"token\":\"t?\"}]}") },

    /* success in which no token can be read */

    { .body = T("{\"status\":100,\"message\":\"Success\"}"),
      .want = T(INVALID " api=100 message=Success") },
    { .body = T("{\"status\":100}"), .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"message\":\"API is disabled\"}"),
      .want = T(INVALID " api=100 message=API is disabled") },
    { .body = T("{\"status\":100,\"api_token\":[]}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":null}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":\"\"}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":{}}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":true,\"api_tokens\":false}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":[[\"t\"]]}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":[{\"ip\":\"1.2.3.4\"}]}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"token\":\"t\"}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":1e3}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":1E3}"),
      .want = T(INVALID " api=100") },
    { .body = T("{\"status\":100,\"api_token\":1e999}"),
      .want = T(INVALID " api=100") },

    /* success with an HTTP error */

    { .http = 400, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 401, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 404, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 410, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 500, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 503, .body = T(REPLY("null", "\"t\"")),
      .want = T(INVALID " api=100 message=Success") },
    { .http = 429, .body = T(REPLY("null", "\"t\"")),
      .want = T("rate_limited api=100 message=Success") },
    { .http = 302, .body = T(REPLY("null", "\"t\"")), .want = T(INVALID) },
    { .http = 304, .body = T(REPLY("null", "\"t\"")), .want = T(INVALID) }
};


/* what is no reply at all */

static const row_t  invalid_rows[] = {

    { .body = T(""), .want = T(INVALID) },
    { .body = T(" "), .want = T(INVALID) },
    { .body = T("\0"), .want = T(INVALID) },
    { .body = T("<!DOCTYPE html><title>disabled</title>"),
      .want = T(INVALID) },
    { .body = T("null"), .want = T(INVALID) },
    { .body = T("100"), .want = T(INVALID) },
    { .body = T("\"disabled\""), .want = T(INVALID) },
    { .body = T("[]"), .want = T(INVALID) },
    { .body = T("[{\"status\":100,\"api_token\":\"t\"}]"), .want = T(INVALID) },
    { .body = T("{\"status\":100,\"api_token\":\"t\""), .want = T(INVALID) },
    { .body = T("{\"status\":100,\"api_token\":[\"t\",]}"),
      .want = T(INVALID) },
    { .body = T("\xef\xbb\xbf"), .want = T(INVALID) },
    { .body = T("\xef\xbb\xbf{\"status\":410"), .want = T(INVALID) },
    { .body = T("\xef\xbb{\"status\":410}"), .want = T(INVALID) },
    { .body = T("{}"), .want = T(INVALID) },
    { .body = T("{\"message\":\"m\"}"), .want = T(INVALID " message=m") },
    { .body = T("{\"message\":\"disabled\"}"),
      .want = T(INVALID " message=disabled") },
    { .body = T("{\"Status\":100,\"api_token\":\"t\"}"), .want = T(INVALID) },

    /* a status that cannot be read: the message decides, as of any other */

    { .body = T("{\"status\":null}"), .want = T(INVALID) },
    { .body = T("{\"status\":true,\"message\":\"m\"}"),
      .want = T(INVALID " message=m") },
    { .body = T("{\"status\":\"error\",\"message\":\"m\"}"),
      .want = T(INVALID " message=m") },
    { .body = T("{\"status\":\"100 \",\"api_token\":\"t\"}"),
      .want = T(INVALID) },
    { .body = T("{\"status\":\"10x\",\"message\":\"m\"}"),
      .want = T(INVALID " message=m") },
    { .body = T("{\"status\":100.5,\"message\":\"m\"}"),
      .want = T(INVALID " message=m") },
    { .body = T("{\"status\":1e999,\"message\":\"m\"}"),
      .want = T(INVALID " message=m") },
    { .body = T("{\"status\":\"error\",\"message\":\"now disabled\"}"),
      .want = T("endpoint_disabled message=now disabled") },
    { .body = T("{\"status\":false,\"message\":\"Disabled.\"}"),
      .want = T("endpoint_disabled message=Disabled.") },
    { .http = 500, .body = T("{\"status\":\"error\",\"message\":\"m\"}"),
      .want = T("upstream_error message=m") },
    { .http = 401, .body = T("{\"status\":\"401x\",\"message\":\"m\"}"),
      .want = T("master_token_rejected message=m") },
    { .http = 404, .body = T("{\"status\":[404],\"message\":\"m\"}"),
      .want = T("endpoint_disabled message=m") }
};


/* section 11: a secret that the vendor sends back */

static const row_t  secret_rows[] = {

    { .body = T("{\"status\":401,\"message\":\"" SECRET "\"}"),
      .want = T("master_token_rejected api=401 message=[redacted]") },
    { .body = T("{\"status\":401,\"message\":\"token " SECRET " is wrong\"}"),
      .want = T("master_token_rejected api=401"
                " message=token [redacted] is wrong") },
    { .body = T("{\"status\":401,\"message\":\"" ESCAPED_SECRET "\"}"),
      .want = T("master_token_rejected api=401 message=[redacted]") },
    { .body = T("{\"status\":401,\"message\":\"" ALL_ESCAPED_SECRET "\"}"),
      .want = T("master_token_rejected api=401 message=[redacted]") },
    { .body = T("{\"status\":401,\"message\":\"a" SECRET SECRET "b" SECRET
                "\"}"),
      .want = T("master_token_rejected api=401"
                " message=a[redacted][redacted]b[redacted]") },
    { .body = T("{\"status\":401,\"message\":\"3e09" SECRET "dbfb0\"}"),
      .want = T("master_token_rejected api=401"
                " message=3e09[redacted]dbfb0") },
    { .http = 429, .body = T("{\"message\":\"" SECRET "\"}"),
      .want = T("rate_limited message=[redacted]") },
    { .http = 500, .body = T("{\"message\":\"" SECRET "\"}"),
      .want = T("upstream_error message=[redacted]") },
    { .body = T("{\"message\":\"" SECRET "\"}"),
      .want = T(INVALID " message=[redacted]") },
    { .body = T("{\"status\":100,\"message\":\"" SECRET "\"}"),
      .want = T(INVALID " api=100 message=[redacted]") },

    /* the request, quoted in a message */

    { .body = T("{\"status\":410,\"message\":\"got {\\\"token\\\":\\\"" SECRET
                "\\\"}\"}"),
      .want = T("upstream_rejected api=410"
                " message=got {\"token\":\"[redacted]\"}") },

    { .body = T("{\"status\":100,\"message\":\"" SECRET "\",\"api_token\":["
                "{\"ip\":\"" SECRET "\",\"token\":\"" SECRET "\"}]}"),
      .want = T("issued 1 {\"status\":100,\"message\":\"[redacted]\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":\"[redacted]\",\"token\":\"[redacted]\"}]}") },
    { .body = T("{\"status\":100,\"message\":\"x" ESCAPED_SECRET "\","
                "\"api_token\":[\"" ESCAPED_SECRET "\","
                "{\"ip\":\"" ALL_ESCAPED_SECRET "y\",\"token\":\"t\"}]}"),
      .want = T("issued 2 {\"status\":100,\"message\":\"x[redacted]\","
                "\"project_id\":6681,\"api_token\":["
                "{\"ip\":null,\"token\":\"[redacted]\"},"
                "{\"ip\":\"[redacted]y\",\"token\":\"t\"}]}") },

    /* members that are dropped, names, and flaws beside it */

    { .body = T("{\"status\":100,\"api_token\":\"t\",\"" SECRET "\":\"" SECRET
                "\"}"),
      .want = T("issued 1 " REPLY("null", "\"t\"")) },
    { .body = T("{\"status\":401,\"message\":\"\xff" SECRET "\\ud800\"}"),
      .want = T("master_token_rejected api=401"
                " message=?[redacted]\xef\xbf\xbd") },
    { .body = T("{\"status\":401,\"message\":\"m\"}" SECRET),
      .want = T("master_token_rejected api=401 message=m") },

    /* another token is not the secret */

    { .body = T("{\"status\":401,"
                "\"message\":\"3e09daea611a26691ead999715b215c7d81dbfb1\"}"),
      .want = T("master_token_rejected api=401"
                " message=3e09daea611a26691ead999715b215c7d81dbfb1") },
    { .body = T("{\"status\":401,"
                "\"message\":\"3e09daea611a26691ead999715b215c7d81dbfb\"}"),
      .want = T("master_token_rejected api=401"
                " message=3e09daea611a26691ead999715b215c7d81dbfb") }
};


int
main(void)
{
    defaults.redact[PA_TOKEN_ACCOUNT] = prepared(&S(SECRET));

    test_rows("success", success_rows, unit_nelts(success_rows));
    test_rows("invalid", invalid_rows, unit_nelts(invalid_rows));
    test_rows("secret", secret_rows, unit_nelts(secret_rows));

    test_api_status();
    test_rejected_range();
    test_http_status();
    test_flags();
    test_disabled_rules();
    test_secrets();
    test_digits();
    test_copies();
    test_digit_copies();
    test_memory();
    test_details();
    test_body();

    unit_no_memory(read_issued, NULL, "a reply with tokens");
    unit_no_memory(read_problems, NULL, "replies with problems");
    unit_no_memory(read_token_list, NULL, "pa_token_list_read()");
    unit_no_memory(read_text, NULL, "pa_reply_*()");

    return unit_end();
}


static void
test_rows(const char *name, const row_t *rows, size_t n)
{
    size_t    i;
    pa_str_t  got;

    for (i = 0; i < n; i++) {
        got = result(&defaults, rows[i].http ? rows[i].http : 200,
                     &rows[i].body);

        unit_text(&got, &rows[i].want, "%s: %u %s", name,
                  rows[i].http ? rows[i].http : 200, unit_show(&rows[i].body));
        unit_reset();
    }
}


/*
 * Sections 6 and 7: every API status with every message, and with HTTP
 * statuses that would tell something else.
 */

static void
test_api_status(void)
{
    size_t       i, m, h;
    pa_str_t     body, got, want;
    const char  *code, *quote;

    enum { N_KNOWN = 20, N_STRINGS = 34 };

    static const struct {
        const char  *status;
        const char  *code;
        const char  *if_disabled;
    } rows[] = {
        { "101", "upstream_unavailable", "endpoint_disabled" },
        { "401", "master_token_rejected", "master_token_rejected" },
        { "402", "upstream_rejected", "upstream_rejected" },
        { "403", "insufficient_balance", "insufficient_balance" },
        { "404", "upstream_error", "upstream_error" },
        { "405", "plan_not_active", "endpoint_disabled" },
        { "406", "upstream_rejected", "upstream_rejected" },
        { "407", "upstream_rejected", "upstream_rejected" },
        { "408", "project_not_active", "project_not_active" },
        { "409", "master_token_rejected", "master_token_rejected" },
        { "410", "upstream_rejected", "endpoint_disabled" },
        { "801", "channel_not_active", "channel_not_active" },
        { "802", "session_expired", "session_expired" },
        { "803", "upstream_rejected", "upstream_rejected" },
        { "804", "upstream_rejected", "upstream_rejected" },
        { "805", "upstream_rejected", "upstream_rejected" },
        { "817", "upstream_rejected", "upstream_rejected" },
        { "822", "upstream_rejected", "upstream_rejected" },
        { "850", "upstream_rejected", "upstream_rejected" },
        { "899", "upstream_rejected", "upstream_rejected" },

        /* unknown ones */

        { "800", "upstream_error", "endpoint_disabled" },
        { "900", "upstream_error", "endpoint_disabled" },
        { "80", "upstream_error", "endpoint_disabled" },

        { "0", "upstream_error", "endpoint_disabled" },
        { "1", "upstream_error", "endpoint_disabled" },
        { "99", "upstream_error", "endpoint_disabled" },
        { "102", "upstream_error", "endpoint_disabled" },
        { "200", "upstream_error", "endpoint_disabled" },
        { "400", "upstream_error", "endpoint_disabled" },
        { "411", "upstream_error", "endpoint_disabled" },
        { "429", "upstream_error", "endpoint_disabled" },
        { "500", "upstream_error", "endpoint_disabled" },
        { "503", "upstream_error", "endpoint_disabled" },
        { "4294967396", "upstream_error", "endpoint_disabled" },

        /* which could not be strings */

        { "-1", "upstream_error", "endpoint_disabled" },
        { "9223372036854775807", "upstream_error", "endpoint_disabled" },
        { "-9223372036854775808", "upstream_error", "endpoint_disabled" }
    };

    static const struct {
        const char  *text;
        int          disabled;
    } messages[] = {
        { "Invalid Request", 0 },
        { "This API is disabled", 1 },
        { "DISABLED", 1 },
        { "Disabled since 2023", 1 },
        { "undisabledly", 1 },
        { "disable", 0 },
        { "dis abled", 0 },
        { "disable\\u0064", 1 },
        { "disable\\u0000d", 0 }
    };

    /* of the HTTP status only 429 has a say, if the API status is known */

    static const unsigned  https[] = { 200, 400, 401, 403, 404, 410, 500, 503 };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (m = 0; m < unit_nelts(messages); m++) {

            /* the status is a number or a string of digits */

            quote = (m % 2 == 1 && i < N_STRINGS) ? "\"" : "";

            body = unit_sprintf("{\"status\":%s%s%s,\"message\":\"%s\"}",
                                quote, rows[i].status, quote,
                                messages[m].text);

            code = messages[m].disabled ? rows[i].if_disabled : rows[i].code;

            got = result(&defaults, 200, &body);
            got.len = strcspn((char *) got.data, " ");
            want = unit_sprintf("%s", code);

            unit_text(&got, &want, "API status %s, message %s",
                      rows[i].status, unit_show(&body));
            unit_reset();
        }

        /* the number and the message are told */

        body = unit_sprintf("{\"message\":\"m\",\"status\":%s}",
                            rows[i].status);
        got = result(&defaults, 200, &body);
        want = unit_sprintf("%s api=%s message=m", rows[i].code,
                            rows[i].status);

        unit_text(&got, &want, "API status %s is told", rows[i].status);

        body = unit_sprintf("{\"status\":%s}", rows[i].status);
        got = result(&defaults, 200, &body);
        want = unit_sprintf("%s api=%s", rows[i].code, rows[i].status);

        unit_text(&got, &want, "API status %s without a message",
                  rows[i].status);

        body = unit_sprintf("{\"status\":%s,\"message\":\"disabled\"}",
                            rows[i].status);
        got = result(&defaults, 429, &body);
        want = unit_sprintf("rate_limited api=%s message=disabled",
                            rows[i].status);

        unit_text(&got, &want, "API status %s with HTTP status 429",
                  rows[i].status);
        unit_reset();

        if (i >= N_KNOWN) {
            continue;
        }

        for (h = 0; h < unit_nelts(https); h++) {
            body = unit_sprintf("{\"status\":%s,\"message\":\"m\"}",
                                rows[i].status);
            got = result(&defaults, https[h], &body);
            want = unit_sprintf("%s api=%s message=m", rows[i].code,
                                rows[i].status);

            unit_text(&got, &want, "API status %s with HTTP status %u",
                      rows[i].status, https[h]);
            unit_reset();
        }
    }
}


/* each API status of the range, and those beside it; each HTTP success */

static void
test_rejected_range(void)
{
    int       i;
    pa_str_t  got, body, want;

    for (i = 795; i <= 910; i++) {
        body = unit_sprintf("{\"status\":%d,\"message\":\"is disabled\"}", i);
        got = result(&defaults, 200, &body);
        want = unit_sprintf("%s api=%d message=is disabled",
                            i == 801 ? "channel_not_active"
                            : i == 802 ? "session_expired"
                            : i >= 803 && i <= 899 ? "upstream_rejected"
                                                   : "endpoint_disabled", i);

        unit_text(&got, &want, "API status %d in its range", i);
        unit_reset();
    }

    for (i = 200; i <= 299; i++) {
        got = result(&defaults, (unsigned) i,
                     &S("{\"status\":100,\"api_token\":\"t\"}"));

        unit_text(&got, &S("issued 1 " REPLY("null", "\"t\"")),
                  "HTTP status %d means success", i);
        unit_reset();
    }
}


/* replies without a known API status */

static void
test_http_status(void)
{
    size_t    i, b;
    pa_str_t  got, want;

    enum { HTML, EMPTY, ARRAY, NO_STATUS, NO_STATUS_DISABLED, UNKNOWN,
           UNKNOWN_DISABLED, N_BODIES };

    static const pa_str_t  bodies[N_BODIES] = {
        T("<html>This page is disabled</html>"),
        T(""),
        T("[100]"),
        T("{\"error\":\"x\"}"),
        T("{\"message\":\"disabled\"}"),
        T("{\"status\":999,\"message\":\"m\"}"),
        T("{\"status\":999,\"message\":\"disabled\"}")
    };

    static const char  disabled[] = "endpoint_disabled";
    static const char  rejected[] = "master_token_rejected";
    static const char  unavailable[] = "upstream_unavailable";
    static const char  error[] = "upstream_error";
    static const char  invalid[] = INVALID;
    static const char  limited[] = "rate_limited";

    static const struct {
        unsigned     http;
        const char  *without;       /* the outcome without an API status */
        const char  *unknown;       /* with one that is unknown */
        const char  *unknown_disabled;
    } rows[] = {
        { 200, invalid, error, disabled },
        { 201, invalid, error, disabled },
        { 204, invalid, error, disabled },
        { 206, invalid, error, disabled },
        { 300, invalid, invalid, invalid },
        { 301, invalid, invalid, invalid },
        { 302, invalid, invalid, invalid },
        { 303, invalid, invalid, invalid },
        { 304, invalid, invalid, invalid },
        { 307, invalid, invalid, invalid },
        { 308, invalid, invalid, invalid },
        { 399, invalid, invalid, invalid },
        { 400, invalid, error, disabled },
        { 401, rejected, rejected, disabled },
        { 402, invalid, error, disabled },
        { 403, error, error, disabled },
        { 404, disabled, error, disabled },
        { 405, disabled, error, disabled },
        { 406, invalid, error, disabled },
        { 409, invalid, error, disabled },
        { 410, disabled, error, disabled },
        { 411, invalid, error, disabled },
        { 413, invalid, error, disabled },
        { 415, invalid, error, disabled },
        { 418, invalid, error, disabled },
        { 422, invalid, error, disabled },
        { 428, invalid, error, disabled },
        { 429, limited, limited, limited },
        { 430, invalid, error, disabled },
        { 499, invalid, error, disabled },
        { 500, error, error, disabled },
        { 501, disabled, error, disabled },
        { 502, error, error, disabled },
        { 503, unavailable, unavailable, disabled },
        { 504, error, error, disabled },
        { 520, error, error, disabled },
        { 599, error, error, disabled },
        { 600, invalid, error, disabled },
        { 999, invalid, error, disabled }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (b = 0; b < N_BODIES; b++) {

            got = result(&defaults, rows[i].http, &bodies[b]);
            got.len = strcspn((char *) got.data, " ");

            want = unit_sprintf("%s", b == UNKNOWN ? rows[i].unknown
                                : b == UNKNOWN_DISABLED
                                  ? rows[i].unknown_disabled
                                  : rows[i].without);

            unit_text(&got, &want, "HTTP status %u, %s", rows[i].http,
                      unit_show(&bodies[b]));
            unit_reset();
        }
    }
}


/*
 * What is compressed, too large or cut short is not looked into; what has not
 * ended may be whole nevertheless.
 */

static void
test_flags(void)
{
    size_t             i;
    pa_str_t           got;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    enum { COMPRESSED = 1, TOO_LARGE = 2, CUT_SHORT = 4, UNENDED = 8 };

    static const pa_str_t  tokens = T(REPLY("null", "\"t\""));

    static const struct {
        unsigned     flags;
        unsigned     http;
        const char  *body;      /* NULL: tokens */
        pa_str_t     want;
    } rows[] = {
        { COMPRESSED, 200, NULL, T(INVALID) },
        { TOO_LARGE, 200, NULL, T(INVALID) },
        { CUT_SHORT, 200, NULL, T(INVALID) },
        { COMPRESSED, 400, NULL, T(INVALID) },
        { TOO_LARGE, 400, NULL, T(INVALID) },
        { CUT_SHORT, 400, NULL, T(INVALID) },
        { COMPRESSED, 302, NULL, T(INVALID) },
        { COMPRESSED, 404, NULL, T("endpoint_disabled") },
        { TOO_LARGE, 410, NULL, T("endpoint_disabled") },
        { COMPRESSED, 401, NULL, T("master_token_rejected") },
        { TOO_LARGE, 401, NULL, T("master_token_rejected") },
        { COMPRESSED, 403, NULL, T("upstream_error") },
        { TOO_LARGE, 403, NULL, T("upstream_error") },
        { COMPRESSED, 503, NULL, T("upstream_unavailable") },
        { TOO_LARGE, 503, NULL, T("upstream_unavailable") },
        { COMPRESSED, 502, NULL, T("upstream_error") },
        { TOO_LARGE, 502, NULL, T("upstream_error") },
        { COMPRESSED, 429, NULL, T("rate_limited") },
        { TOO_LARGE, 429, NULL, T("rate_limited") },

        /* of what is cut short, no status but 429 means anything */

        { CUT_SHORT, 401, NULL, T(INVALID) },
        { CUT_SHORT, 403, NULL, T(INVALID) },
        { CUT_SHORT, 404, NULL, T(INVALID) },
        { CUT_SHORT, 410, "{\"status\":410,\"message\":\"disabled\"}",
          T(INVALID) },
        { CUT_SHORT, 429, NULL, T("rate_limited") },
        { CUT_SHORT, 500, NULL, T(INVALID) },
        { CUT_SHORT, 503, NULL, T(INVALID) },
        { CUT_SHORT | TOO_LARGE, 404, NULL, T(INVALID) },
        { CUT_SHORT | COMPRESSED, 401, NULL, T(INVALID) },

        /* nor if nobody knows whether it is whole */

        { UNENDED, 200, "<html>", T(INVALID) },
        { UNENDED, 200, "{\"status\":401", T(INVALID) },
        { UNENDED, 200, "{\"status\":\"x\",\"message\":\"disabled\"}",
          T(INVALID " message=disabled") },
        { UNENDED, 400, "", T(INVALID) },
        { UNENDED, 401, "", T(INVALID) },
        { UNENDED, 401, "<html>", T(INVALID) },
        { UNENDED, 401, "{}", T(INVALID) },
        { UNENDED, 403, "<html>", T(INVALID) },
        { UNENDED, 404, "<html>", T(INVALID) },
        { UNENDED, 404, "{\"message\":\"m\"}", T(INVALID " message=m") },
        { UNENDED, 410, "{\"status\":null}", T(INVALID) },
        { UNENDED, 429, "", T("rate_limited") },
        { UNENDED, 500, "<html>", T(INVALID) },
        { UNENDED, 503, "{\"error\":1}", T(INVALID) },
        { UNENDED | COMPRESSED, 200, NULL, T(INVALID) },
        { UNENDED | COMPRESSED, 401, NULL, T(INVALID) },
        { UNENDED | TOO_LARGE, 404, NULL, T(INVALID) },

        /* but what is whole, is read */

        { UNENDED, 200, NULL, T("issued 1 " REPLY("null", "\"t\"")) },
        { UNENDED, 200, "{\"status\":401}",
          T("master_token_rejected api=401") },
        { UNENDED, 404, "{\"status\":403,\"message\":\"m\"}",
          T("insufficient_balance api=403 message=m") },
        { UNENDED, 401, "{\"status\":999}",
          T("master_token_rejected api=999") },
        { UNENDED, 503, "{\"status\":999}",
          T("upstream_unavailable api=999") },
        { UNENDED, 500, "{\"status\":410,\"message\":\"is disabled\"}",
          T("endpoint_disabled api=410 message=is disabled") },
        { UNENDED, 500, "{\"status\":100}", T(INVALID " api=100") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&raw, 0, sizeof(pa_raw_reply_t));
        raw.status = rows[i].http;
        raw.len = rows[i].body ? strlen(rows[i].body) : tokens.len;
        raw.body = unit_copy(&(pa_str_t) {
                                 rows[i].body ? (const uint8_t *) rows[i].body
                                              : tokens.data, raw.len });
        raw.compressed = (rows[i].flags & COMPRESSED) != 0;
        raw.too_large = (rows[i].flags & TOO_LARGE) != 0;
        raw.cut_short = (rows[i].flags & CUT_SHORT) != 0;
        raw.unended = (rows[i].flags & UNENDED) != 0;

        (void) pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                                   &reply);
        got = result_text(&reply);

        unit_text(&got, &rows[i].want, "%s%s%s%s, HTTP status %u: %s",
                  raw.compressed ? " compressed" : "",
                  raw.too_large ? " too large" : "",
                  raw.cut_short ? " cut short" : "",
                  raw.unended ? " unended" : "", rows[i].http,
                  rows[i].body ? rows[i].body : "tokens");
        unit_int(reply.problem.disabled_status,
                 unit_str_is(&got, "endpoint_disabled") ? rows[i].http : 0,
                 "the status that said so");
        unit_reset();
    }
}


static void
test_disabled_rules(void)
{
    size_t            i;
    pa_str_t          got;

    static const unsigned  statuses[] = { 402, 302, 429, 503, 200 };
    static const pa_str_t  messages[] = { T("switched OFF"), T("gone") };

    static const pa_reply_rules_t  others = {
        .disabled_status = statuses,
        .ndisabled_status = unit_nelts(statuses),
        .disabled_message = messages,
        .ndisabled_message = unit_nelts(messages)
    };

    static const pa_reply_rules_t  none;

    static const struct {
        const pa_reply_rules_t  *rules;
        unsigned                 http;
        pa_str_t                 body;
        pa_str_t                 want;
    } rows[] = {
        { &others, 402, T(""), T("endpoint_disabled") },
        { &others, 503, T(""), T("endpoint_disabled") },
        { &others, 302, T(""), T("endpoint_disabled") },
        { &others, 200, T("<html>"), T("endpoint_disabled") },
        { &others, 200, T("{}"), T("endpoint_disabled") },
        { &others, 429, T(""), T("rate_limited") },
        { &others, 404, T(""), T(INVALID) },
        { &others, 501, T(""), T("upstream_error") },

        /* with an API status the HTTP status means nothing */

        { &others, 402, T("{\"status\":402}"),
          T("upstream_rejected api=402") },
        { &others, 402, T("{\"status\":405}"), T("plan_not_active api=405") },
        { &others, 402, T("{\"status\":999}"), T("upstream_error api=999") },
        { &others, 200, T("{\"status\":100,\"api_token\":\"t\"}"),
          T("issued 1 " REPLY("null", "\"t\"")) },

        { &others, 201, T("{\"status\":410,\"message\":\"GONE\"}"),
          T("endpoint_disabled api=410 message=GONE") },
        { &others, 201, T("{\"status\":1,\"message\":\"It is Switched off.\"}"),
          T("endpoint_disabled api=1 message=It is Switched off.") },
        { &others, 201, T("{\"status\":410,\"message\":\"It is gone now\"}"),
          T("endpoint_disabled api=410 message=It is gone now") },
        { &others, 201, T("{\"status\":410,\"message\":\"All has gone\"}"),
          T("endpoint_disabled api=410 message=All has gone") },
        { &others, 201, T("{\"status\":410,\"message\":\"All has gon\"}"),
          T("upstream_rejected api=410 message=All has gon") },
        { &others, 201, T("{\"status\":410,\"message\":\"disabled\"}"),
          T("upstream_rejected api=410 message=disabled") },
        { &others, 201, T("{\"status\":410,\"message\":\"switched\"}"),
          T("upstream_rejected api=410 message=switched") },
        { &others, 201, T("{\"status\":410,\"message\":\"\"}"),
          T("upstream_rejected api=410") },

        { &none, 404, T(""), T(INVALID) },
        { &none, 410, T("{\"status\":410,\"message\":\"disabled\"}"),
          T("upstream_rejected api=410 message=disabled") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = result(rows[i].rules, rows[i].http, &rows[i].body);

        unit_text(&got, &rows[i].want, "other rules: %u %s", rows[i].http,
                  unit_show(&rows[i].body));
        unit_reset();
    }
}


/* secrets of other kinds */

static void
test_secrets(void)
{
    size_t            i;
    pa_str_t          got, body, want;
    pa_reply_rules_t  rules;

    static const struct {
        pa_str_t     secret;
        const char  *message;       /* as it is written in JSON */
        pa_str_t     want;
    } rows[] = {

        /* overlapping itself, and parts of it */

        { T("aa"), "a", T("a") },
        { T("aa"), "aa", T("[redacted]") },
        { T("aa"), "aaa", T("[redacted]a") },
        { T("aa"), "aaaa", T("[redacted][redacted]") },
        { T("abab"), "ababab", T("[redacted]ab") },
        { T("aab"), "aaab", T("a[redacted]") },
        { T("abcabd"), "abcabcabd", T("abc[redacted]") },
        { T("x"), "x", T("[redacted]") },

        /* whole and in upper case: not the secret */

        { T("abc"), "ABC", T("ABC") },
        { T("abc"), "ab", T("ab") },
        { T("abc"), "", T("") },

        /* characters that JSON escapes */

        { T("a\"b"), "a\\\"b", T("[redacted]") },
        { T("a\\b"), "a\\\\b", T("[redacted]") },
        { T("a/b"), "a\\/b", T("[redacted]") },

        /* escaped again, in JSON that is quoted within JSON */

        { T("a\"b"), "<a\\\\\\\"b>", T("<[redacted]>") },
        { T("a\\b"), "<a\\\\\\\\b>", T("<[redacted]>") },
        { T("a/b"), "<a\\\\\\/b>", T("<[redacted]>") },
        { T("a\"b"), "<a\\\\\\\\\\\\\\\"b>", T("<[redacted]>") },
        { T("ab"), "a\\\\\\\\\\\\\\\\\\\\\\\\\\\\b", T("[redacted]") },
        { T("a\\b"), "a\\\\", T("a\\") },
        { T("ab"), "a\\\\", T("a\\") },

        { T("a+b="), "{\\\"a\\\\u002Bb\\\\u003d\\\"}",
          T("{\"[redacted]\"}") },
        { T("<b"), "x\\\\u003cb", T("x[redacted]") },
        { T("<b"), "x\\\\\\\\u003Cby", T("x[redacted]y") },
        { T("<b"), "\\\\u003db", T("\\u003db") },
        { T("<b"), "u003cb", T("u003cb") },
        { T("<b"), "<\\\\u0062", T("[redacted]") },
        { T("<b"), "<\\\\u006", T("<\\u006") },

        /* no secret, as in a test of the configuration */

        { T(""), "abc", T("abc") },
        { { NULL, 0 }, "abc", T("abc") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        rules = defaults;
        rules.redact[PA_TOKEN_ACCOUNT] = prepared(&rows[i].secret);

        body = unit_sprintf("{\"status\":410,\"message\":\"%s\"}",
                            rows[i].message);
        got = result(&rules, 200, &body);
        want = unit_sprintf("upstream_rejected api=410%s%.*s",
                            rows[i].want.len ? " message=" : "",
                            (int) rows[i].want.len,
                            (char *) rows[i].want.data);

        unit_text(&got, &want, "secret %.*s in %s",
                  (int) rows[i].secret.len, (char *) rows[i].secret.data,
                  unit_show(&(pa_str_t) { (const uint8_t *) rows[i].message,
                                          strlen(rows[i].message) }));
        unit_reset();
    }

    rules = defaults;
    rules.redact[PA_TOKEN_ACCOUNT] = prepared(&S("1234"));

    got = result(&rules, 200, &S("{\"status\":100,"
                                 "\"api_token\":[12345,\"1234\"]}"));

    unit_text(&got, &S("issued 2 {\"status\":100,\"message\":\"Success\","
                       "\"project_id\":6681,\"api_token\":["
                       "{\"ip\":null,\"token\":\"[redacted]5\"},"
                       "{\"ip\":null,\"token\":\"[redacted]\"}]}"),
              "a secret of digits within a number");
    unit_reset();
}


/* a secret of digits does not come back as a number either */

static void
test_digits(void)
{
    size_t             i;
    pa_str_t           got, body;
    pa_reply_rules_t   rules;

    static const row_t  rows[] = {
        { .body = T("{\"status\":100,\"project_id\":1234567,"
                    "\"api_token\":\"t\"}"),
          .want = T("issued 1 " REPLY("null", "\"t\"")) },
        { .body = T("{\"status\":100,\"project_id\":\"\\u0031234567\","
                    "\"api_token\":\"t\"}"),
          .want = T("issued 1 " REPLY("null", "\"t\"")) },
        { .body = T("{\"status\":100,\"project_id\":912345678,"
                    "\"api_token\":12345670}"),
          .want = T("issued 1 " REPLY("null", "\"[redacted]0\"")) },
        { .body = T("{\"status\":1234567,\"message\":\"m\"}"),
          .want = T(INVALID " message=m") },
        { .body = T("{\"status\":\"01234567\"}"), .want = T(INVALID) },
        { .body = T("{\"status\":100,\"project_id\":1.234567e6,"
                    "\"api_token\":\"t\"}"),
          .want = T("issued 1 " REPLY("null", "\"t\"")) },
        { .body = T("{\"status\":100,\"project_id\":1234567.0,"
                    "\"api_token\":\"t\"}"),
          .want = T("issued 1 " REPLY("null", "\"t\"")) },
        { .body = T("{\"status\":1.234567E6,\"message\":\"m\"}"),
          .want = T(INVALID " message=m") },
        { .body = T("{\"status\":123456}"),
          .want = T("upstream_error api=123456") }
    };

    /* as long as a number can be, and a sign: whichever of the two it is */

    static const struct {
        pa_str_t     secret;
        const char  *number;
    } long_rows[] = {
        { T("9223372036854775807"), "9223372036854775807" },
        { T("1234567890123456789"), "1234567890123456789" },
        { T("1234567890123456789"), "\"1234567890123456789\"" },
        { T("-1234567890123456789"), "-1234567890123456789" },
        { T("-9223372036854775808"), "-9223372036854775808" },
        { T("1234567890123456789"), "-1234567890123456789" },
        { T("123456789012345678"), "1234567890123456789" },
        { T("31323334353637"), "31323334353637" },
        { T("12345678"), "3132333435363738" }
    };

    for (i = 0; i < 2 * unit_nelts(long_rows); i++) {
        rules = defaults;
        rules.redact[PA_TOKEN_ACCOUNT] = NULL;
        rules.redact[i % 2] = prepared(&long_rows[i / 2].secret);

        body = unit_sprintf("{\"status\":100,\"project_id\":%s,"
                            "\"api_token\":\"t\"}", long_rows[i / 2].number);
        got = result(&rules, 200, &body);
        unit_text(&got, &S("issued 1 " REPLY("null", "\"t\"")),
                  "a secret of digits as project_id: %s",
                  long_rows[i / 2].number);

        body = unit_sprintf("{\"status\":%s}", long_rows[i / 2].number);
        got = result(&rules, 200, &body);
        unit_text(&got, &S(INVALID), "a secret of digits as status: %s",
                  long_rows[i / 2].number);
        unit_reset();
    }

    rules = defaults;
    rules.redact[PA_TOKEN_ACCOUNT] = prepared(&S("1234567"));

    for (i = 0; i < unit_nelts(rows); i++) {
        got = result(&rules, 200, &rows[i].body);

        unit_text(&got, &rows[i].want, "a secret of digits, %s",
                  unit_show(&rows[i].body));
        unit_reset();
    }
}


/* the caller wipes the reply, and knows of no other place with the secret */

static void
test_copies(void)
{
    size_t             i;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    static const char  *bodies[] = {
        "{\"status\":401,\"message\":\"" SECRET "\"}",
        "{\"status\":401,\"message\":\"\\\"" SECRET "\\\"\"}",
        "{\"status\":401,\"message\":\"\xff" SECRET "\"}",
        "{\"status\":401,\"message\":\"" ESCAPED_SECRET SECRET "\"}",
        "{\"status\":100,\"message\":\"\\n" SECRET "\",\"api_token\":["
        "{\"ip\":\"\\n" SECRET "\",\"token\":\"\\n" SECRET "\"}]}"
    };

    for (i = 0; i < unit_nelts(bodies); i++) {
        memset(&raw, 0, sizeof(pa_raw_reply_t));

        raw.status = 200;
        raw.len = strlen(bodies[i]);
        raw.body = unit_copy(&(pa_str_t) { (const uint8_t *) bodies[i],
                                           raw.len });

        (void) pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                                   &reply);

        unit_int((int64_t) unit_holding(SECRET), 1, "copies, %s", bodies[i]);
        memset((uint8_t *) raw.body, 0, raw.len);
        unit_int((int64_t) unit_holding(SECRET), 0, "wiped, %s", bodies[i]);
        unit_reset();
    }
}


/* the same of a secret that is a number, or written as one */

static void
test_digit_copies(void)
{
    size_t             i;
    pa_raw_reply_t     raw;
    pa_reply_t         reply;
    pa_reply_rules_t   rules;

    static const char  *values[] = {
        "1234567",
        "1.234567e6",
        "123.4567E+4",
        "\"1234567\"",
        "\"\\u0031234567\"",
        "\"\\u00312\\u0033\\u00345\\u003667\""
    };

    rules = defaults;
    rules.redact[PA_TOKEN_ACCOUNT] = prepared(&S("1234567"));

    for (i = 0; i < unit_nelts(values); i++) {
        memset(&raw, 0, sizeof(pa_raw_reply_t));

        raw.status = 200;
        raw.body = unit_sprintf("{\"status\":%s,\"project_id\":%s,"
                                "\"api_token\":\"t\"}", values[i],
                                values[i]).data;
        raw.len = strlen((const char *) raw.body);

        (void) pa_reply_read(&unit_pool, &rules, &raw, PROJECT_ID, &reply);
        memset((uint8_t *) raw.body, 0, raw.len);

        unit_int((int64_t) unit_holding("1234567"), 0, "wiped, %s", values[i]);
        unit_reset();

        raw.body = unit_sprintf("{\"status\":100,\"project_id\":%s,"
                                "\"api_token\":\"t\"}", values[i]).data;
        raw.len = strlen((const char *) raw.body);

        (void) pa_reply_read(&unit_pool, &rules, &raw, PROJECT_ID, &reply);

        unit_int(reply.problem.outcome, PA_OUTCOME_ISSUED, "%s", values[i]);
        memset((uint8_t *) raw.body, 0, raw.len);

        unit_int((int64_t) unit_holding("1234567"), 0,
                 "wiped as project_id, %s", values[i]);
        unit_reset();
    }
}


/* what is made of a reply is bounded by its length, whatever it consists of */

static void
test_memory(void)
{
    size_t             i, len;
    uint8_t           *body;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    enum { LEN = 100000 };

    static const struct {
        const char  *head;
        const char  *again;
        size_t       most;      /* bytes for one of the reply */
    } rows[] = {
        { "{\"status\":100,\"a\":1", ",\"api_token\":1", 8 },
        { "{\"status\":100,\"api_token\":[1", ",1", 40 },
        { "{\"status\":100,\"a\":1", ",\"\\u0061\":\"\\u0061\"", 2 },
        { "{\"status\":100,\"api_token\":[1", ",\"\\u0007\"", 10 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        body = malloc(LEN);
        len = strlen(rows[i].head);
        memcpy(body, rows[i].head, len);

        while (len + strlen(rows[i].again) + 2 < LEN) {
            memcpy(body + len, rows[i].again, strlen(rows[i].again));
            len += strlen(rows[i].again);
        }

        if (strchr(rows[i].head, '[') != NULL) {
            body[len++] = ']';
        }

        body[len++] = '}';

        memset(&raw, 0, sizeof(pa_raw_reply_t));

        raw.status = 200;
        raw.body = body;
        raw.len = len;

        unit_int(pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                                     &reply),
                 PA_OK, "memory, %s...", rows[i].again);
        unit_ok(unit_allocated() < rows[i].most * len,
                "%zu bytes for %zu, %s...", unit_allocated(), len,
                rows[i].again);

        unit_reset();
        free(body);
    }
}


/* the reasons of upstream_invalid_response can be told apart */

static void
test_details(void)
{
    size_t             i;
    pa_str_t           detail, body;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    typedef enum { UNKNOWN, NONE_NO, NONE_LATER } advice_e;

    static const struct {
        pa_raw_reply_t   raw;
        const char      *body;
        const char      *part;
        advice_e         advice;
    } rows[] = {
        { { .status = 200, .cut_short = 1 }, "", "cut short", UNKNOWN },
        { { .status = 500, .cut_short = 1 }, "", "cut short", UNKNOWN },
        { { .status = 200, .unended = 1 }, "{\"status\":10", "cut short",
          UNKNOWN },
        { { .status = 503, .unended = 1 }, "", "cut short", UNKNOWN },
        { { .status = 404, .unended = 1 }, "{}", "cut short", UNKNOWN },
        { { .status = 200, .too_large = 1 }, "", "larger", UNKNOWN },
        { { .status = 200, .compressed = 1 }, "", "compressed", UNKNOWN },
        { { .status = 301 }, "{}", "redirect", NONE_NO },
        { { .status = 200 }, "", "not JSON", UNKNOWN },
        { { .status = 200 }, "<html>", "not JSON", UNKNOWN },
        { { .status = 400 }, "<html>", "not JSON", UNKNOWN },
        { { .status = 200 }, "[]", "not a JSON object", UNKNOWN },
        { { .status = 200 }, "{}", "no status", UNKNOWN },
        { { .status = 500 }, "{\"status\":100}", "HTTP status", UNKNOWN },
        { { .status = 200 }, "{\"status\":100}", "no token", UNKNOWN },
        { { .status = 500 }, "<html>", "HTTP status 500.", UNKNOWN },
        { { .status = 403 }, "", "HTTP status 403.", NONE_NO },
        { { .status = 599 }, "{}", "HTTP status 599.", UNKNOWN },
        { { .status = 200 }, "{\"status\":999}", "", UNKNOWN },
        { { .status = 500 }, "{\"status\":999}", "", UNKNOWN },
        { { .status = 403 }, "{\"status\":999}", "", NONE_NO },
        { { .status = 200 }, "{\"status\":404}", "", NONE_LATER },
        { { .status = 403 }, "{\"status\":404}", "", NONE_LATER },
        { { .status = 200 }, "{\"status\":101}", "", NONE_LATER },
        { { .status = 429 }, "{\"status\":999}", "", NONE_LATER },
        { { .status = 404 }, "", "", NONE_NO },
        { { .status = 200 }, "{\"status\":403}", "", NONE_NO },

        /* of several reasons the first one */

        { { .status = 301, .cut_short = 1 }, "", "cut short", UNKNOWN },
        { { .status = 301, .unended = 1 }, "{}", "cut short", UNKNOWN },
        { { .status = 403, .unended = 1 }, "", "cut short", UNKNOWN },
        { { .status = 401, .cut_short = 1 }, "", "cut short", UNKNOWN },
        { { .status = 301, .too_large = 1 }, "", "redirect", NONE_NO },
        { { .status = 301, .compressed = 1 }, "", "redirect", NONE_NO },
        { { .status = 200, .too_large = 1, .compressed = 1 }, "", "larger",
          UNKNOWN },
        { { .status = 200, .too_large = 1, .cut_short = 1 }, "", "cut short",
          UNKNOWN },
        { { .status = 200, .unended = 1, .compressed = 1 }, "", "cut short",
          UNKNOWN },
        { { .status = 403, .too_large = 1 }, "", "HTTP status 403.", NONE_NO },

        /* what is JSON, and what is broken */

        { { .status = 200 }, "\xef\xbb\xbf[1]", "not a JSON object", UNKNOWN },
        { { .status = 200 }, "\xef\xbb\xbf\xef\xbb\xbf{\"status\":401}",
          "not JSON", UNKNOWN },
        { { .status = 200 }, "\"x\"", "not a JSON object", UNKNOWN },
        { { .status = 200 }, "null and more", "not a JSON object", UNKNOWN },
        { { .status = 200 }, "[1", "not JSON", UNKNOWN },
        { { .status = 200 }, "{\"status\":401", "not JSON", UNKNOWN },
        { { .status = 200 }, "{\"status\":null}", "no status", UNKNOWN },

        /* the HTTP status goes before, and only if it is no success */

        { { .status = 400 }, "<html>", "The vendor answered with HTTP status "
          "400. The vendor's response is not JSON.", UNKNOWN },
        { { .status = 402 }, "{}", "The vendor answered with HTTP status "
          "402. The vendor's response has no status.", UNKNOWN },
        { { .status = 308 }, "", "The vendor answered with HTTP status 308. "
          "The vendor's response is a redirect, which the gateway never "
          "follows.", NONE_NO },
        { { .status = 400, .compressed = 1 }, "", "The vendor answered with "
          "HTTP status 400. The vendor's response is compressed, although "
          "the gateway did not offer that.", UNKNOWN }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        raw = rows[i].raw;
        raw.len = strlen(rows[i].body);
        raw.body = unit_copy(&(pa_str_t) { (const uint8_t *) rows[i].body,
                                           raw.len });

        (void) pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                                   &reply);

        detail = reply.problem.detail;
        body = unit_sprintf("%.*s", (int) detail.len, (char *) detail.data);

        unit_ok(strstr((char *) body.data, rows[i].part) != NULL,
                "detail: %.*s", (int) detail.len, (char *) detail.data);
        unit_ok(raw.status != 200
                || strstr((char *) body.data, "answered with") == NULL,
                "no HTTP status of success: %s", rows[i].body);

        unit_int(pa_problem_effect(&reply.problem),
                 rows[i].advice ? PA_EFFECT_NONE : PA_EFFECT_UNKNOWN,
                 "effect: %u %s", raw.status, rows[i].body);
        unit_int(pa_problem_retry(&reply.problem),
                 rows[i].advice == NONE_NO ? PA_RETRY_NO
                 : rows[i].advice ? PA_RETRY_LATER : PA_RETRY_CHECK,
                 "retry: %u %s", raw.status, rows[i].body);
        unit_reset();
    }
}


static void
test_body(void)
{
    size_t             i;
    uint8_t           *body, *p;
    pa_str_t           got;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    enum { DEPTH = 100000 };

    static const char  head[] = "{\"status\":100,\"x\":";
    static const char  tail[] = ",\"api_token\":\"t\"}";

    memset(&raw, 0, sizeof(pa_raw_reply_t));
    raw.status = 200;

    (void) pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                               &reply);
    got = result_text(&reply);

    unit_text(&got, &S(INVALID), "a body that is not there");
    unit_reset();

    /* a member that nobody asked for may be nested as it likes */

    raw.len = sizeof(head) - 1 + 2 * DEPTH + sizeof(tail) - 1;
    body = pa_alloc(&unit_pool, raw.len);
    raw.body = body;

    memcpy(body, head, sizeof(head) - 1);
    p = body + sizeof(head) - 1;

    for (i = 0; i < 2 * DEPTH; i++) {
        *p++ = i < DEPTH ? '[' : ']';
    }

    memcpy(p, tail, sizeof(tail) - 1);

    (void) pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                               &reply);
    got = result_text(&reply);

    unit_text(&got, &S("issued 1 " REPLY("null", "\"t\"")),
              "tokens beside %d nested arrays", DEPTH);
    unit_reset();
}


static int
read_issued(void *data)
{
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    static const pa_str_t  body = T(
        "{\"status\":100,\"message\":\"" SECRET "\",\"api_token\":"
        "[1,"
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],"
        "{\"ip\":\"" SECRET "\",\"token\":\"\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n"
        "\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n"
        "\\n\\n\\n\"}]}");

    (void) data;

    memset(&raw, 0, sizeof(pa_raw_reply_t));
    raw.status = 200;
    raw.len = body.len;
    raw.body = unit_copy(&body);

    return pa_reply_read(&unit_pool, &defaults, &raw, PROJECT_ID,
                               &reply);
}


static int
read_problems(void *data)
{
    size_t             i;
    pa_raw_reply_t     raw;
    pa_reply_t         reply;
    pa_reply_rules_t   rules;

    static const struct {
        unsigned     http;
        pa_str_t     body;
    } rows[] = {
        { 200, T("{\"status\":401,\"message\":\"" SECRET "\"}") },
        { 500, T("{\"message\":\"m\"}") },
        { 200, T("{\"status\":100,\"message\":\"m\"}") },
        { 404, T("") },
        { 400, T("{\"project_id\":1}") },
        { 200, T("{\"status\":1.2e1}") },
        { 200, T("{\"status\":\"\\u0031\"}") }
    };

    (void) data;

    rules = defaults;
    rules.path = S("/x/" SECRET);

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&raw, 0, sizeof(pa_raw_reply_t));
        raw.status = rows[i].http;
        raw.len = rows[i].body.len;
        raw.body = unit_copy(&rows[i].body);

        if (pa_reply_read(&unit_pool, &rules, &raw, PROJECT_ID, &reply)
            != PA_OK)
        {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


/* each list says so itself; of the text, its end does */

static int
read_token_list(void *data)
{
    int                  rc;
    size_t               i;
    pa_json_scan_t       s;
    pa_redactor_t        redactor;
    pa_token_list_t      list;

    static const pa_str_t  texts[] = {
        T("\"\\n\""), T("\"" SECRET "\""), T("{\"token\":\"\\n\"}"),
        T("[{\"ip\":\"\\n\",\"token\":\"t\"}]"),
        T("[{\"ip\":\"" SECRET "\",\"token\":1}]"),
        T("{\"ip\":\"\\n\",\"token\":\"t\"}"),
        T("{\"0\":\"\\n\",\"1\":{\"token\":\"\\n\"}}")
    };

    (void) data;

    for (i = 0; i < unit_nelts(texts); i++) {
        pa_json_scan_init(&s, &unit_pool, &texts[i]);
        s.lenient = 1;

        pa_redactor_init(&redactor, &unit_pool, defaults.redact,
                         PA_TOKEN_COUNT);
        pa_token_list_init(&list, &s, &redactor);

        rc = pa_token_list_read(&list);

        if (rc != PA_OK) {
            return s.no_memory ? rc : PA_DONE;
        }

        if (s.no_memory) {
            return PA_OK;
        }

        if (list.text.data == NULL) {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


static int
read_text(void *data)
{
    int              rc;
    size_t           i;
    int64_t          n;
    pa_str_t         text;
    pa_json_scan_t   s;
    pa_json_value_t  value;
    pa_redactor_t    redactor;

    static const struct {
        pa_str_t     text;
        int          integer;         /* what becomes of it as one */
    } rows[] = {
        { T("\"a\""), PA_DONE }, { T("\"\\n\""), PA_DONE },
        { T("\"" SECRET "\""), PA_DONE }, { T("\"\1" SECRET "\""), PA_DONE },
        { T("\"12\""), PA_OK }, { T("\"\\u0031\""), PA_OK },
        { T("1.5e1"), PA_OK }, { T("15"), PA_OK }, { T("1.5"), PA_DONE },
        { T("null"), PA_DONE }, { T("[1]"), PA_DONE }
    };

    (void) data;

    for (i = 0; i < unit_nelts(rows); i++) {
        pa_json_scan_init(&s, &unit_pool, &rows[i].text);
        s.lenient = 1;

        pa_redactor_init(&redactor, &unit_pool, defaults.redact,
                         PA_TOKEN_COUNT);

        if (pa_json_read_value(&s, &value) != PA_OK) {
            return PA_DONE;
        }

        text = S("as before");
        rc = pa_reply_string(&s, &redactor, &value, &text);

        if (rc == PA_ERROR) {
            return s.no_memory ? rc : PA_DONE;
        }

        if (s.no_memory
            || rc != (value.type == PA_JSON_STRING ? PA_OK : PA_DONE))
        {
            return PA_DONE;
        }

        n = 42;
        rc = pa_reply_integer(&s, &redactor, &value, &n);

        if (rc == PA_ERROR) {
            return s.no_memory && n == 42 ? rc : PA_DONE;
        }

        if (s.no_memory || rc != rows[i].integer || (rc != PA_OK && n != 42)) {
            return PA_DONE;
        }
    }

    return PA_OK;
}


/* in memory of its own, as that of the pool is gone after each row */

static const pa_redact_t *
prepared(const pa_str_t *secret)
{
    static size_t        n;
    static pa_redact_t  *kept[100];

    static pa_pool_t  pool = { keep, NULL };

    if (n == unit_nelts(kept)) {
        abort();
    }

    kept[n] = pa_redact_create(&pool, secret);

    return kept[n++];
}


static void *
keep(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}


static pa_str_t
result(const pa_reply_rules_t *rules, unsigned http, const pa_str_t *body)
{
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    memset(&raw, 0, sizeof(pa_raw_reply_t));
    raw.status = http;
    raw.len = body->len;
    raw.body = unit_copy(body);

    if (pa_reply_read(&unit_pool, rules, &raw, PROJECT_ID, &reply)
        != PA_OK)
    {
        return S("no memory");
    }

    if (body->len != 0 && memcmp(raw.body, body->data, body->len) != 0) {
        return S("the body was changed");
    }

    return result_text(&reply);
}


/* with a null byte behind it, which is not part of it */

static pa_str_t
result_text(const pa_reply_t *reply)
{
    pa_buf_t             b;
    pa_str_t             text;
    const char          *code;
    const pa_problem_t  *problem;

    problem = &reply->problem;
    code = pa_outcomes[problem->outcome].code;

    pa_buf_init(&b, &unit_pool, 256);
    pa_buf_bytes(&b, code, strlen(code));

    if (problem->outcome == PA_OUTCOME_ISSUED) {
        pa_buf_literal(&b, " ");
        pa_buf_int(&b, (int64_t) reply->ntokens);
        pa_buf_literal(&b, " ");
        pa_buf_bytes(&b, reply->body.data, reply->body.len);

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

    pa_buf_bytes(&b, "", 1);
    (void) pa_buf_text(&b, &text);
    text.len--;

    return text;
}
