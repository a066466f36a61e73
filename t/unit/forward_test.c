
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What of a request is passed on, byte for byte; which members are refused;
 * what the request tells of itself.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "request_result.h"
#include "unit.h"


typedef struct {
    pa_str_t                   body;
    pa_str_t                   want;
    const pa_request_rules_t  *rules;
} row_t;


/* what is sent behind the token */
#define SENT(text)  T("{\"token\":\"" UNIT_TOKEN "\"" text)

#define FLAWS(text)  T("invalid_request " text)


static void test_rows(const char *name, const row_t *rows, size_t n);
static void test_parts(void);
static void test_part_borders(void);
static void test_large(void);
static void test_facts(void);
static void test_many_names(void);
static void test_names_of_rows(void);
static void test_names_seed(void);
static void *slots_alloc(void *data, size_t size);
static void test_memory(void);
static void test_growth(void);
static double seconds_for(const pa_str_t *body, int valid);
static int read_many(void *data);

static const char *first_flaw(const pa_request_rules_t *rules,
    const pa_str_t *body);
static pa_str_t many_names(size_t n, const char *format, const char *last);


static const pa_str_t  commands[] = { T("restart") };

static const pa_request_rules_t  custom = {
    .endpoint = PA_ENDPOINT_CUSTOM,
    .hash_seed = 0x9e3779b97f4a7c15
};

static const pa_request_rules_t  custom_strip = {
    .endpoint = PA_ENDPOINT_CUSTOM,
    .strip_token = 1
};

static const pa_request_rules_t  push = {
    .endpoint = PA_ENDPOINT_PUSH,
    .max_recipients = 500,
    .hash_seed = 0x9e3779b97f4a7c15,
    .pass_unknown = 1
};

static const pa_request_rules_t  push_reject = {
    .endpoint = PA_ENDPOINT_PUSH,
    .max_recipients = 500
};

static const pa_request_rules_t  balance_reject = {
    .endpoint = PA_ENDPOINT_CHECK_BALANCE
};

static const pa_request_rules_t  token_pass = {
    .endpoint = PA_ENDPOINT_CREATE_API_TOKEN,
    .max_ips = 100,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .pass_unknown = 1
};

static const pa_request_rules_t  token_pass_strip = {
    .endpoint = PA_ENDPOINT_CREATE_API_TOKEN,
    .max_ips = 100,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .strip_token = 1,
    .pass_unknown = 1
};


static const row_t  custom_rows[] = {

    { .body = T("{}"), .want = SENT("}") },
    { .body = T(" \t\r\n{ \n} \n"), .want = SENT("}") },
    { .body = T("{\"a\":1}"), .want = SENT(",\"a\":1}") },
    { .body = T("{\"a\":1,\"b\":2}"), .want = SENT(",\"a\":1,\"b\":2}") },
    { .body = T("{\"a\":1, \"b\":2}"), .want = SENT(",\"a\":1,\"b\":2}") },
    { .body = T("{\"a\":1 ,\"b\":2}"), .want = SENT(",\"a\":1,\"b\":2}") },
    { .body = T("{ \"a\":1 , \"b\":2 }"), .want = SENT(",\"a\":1,\"b\":2}") },
    { .body = T("{\n  \"a\":1,\r\n\t\"b\":2\n}\n"),
      .want = SENT(",\"a\":1,\"b\":2}") },

    /* within a member nothing is dropped, nor are names and values changed */

    { .body = T("{ \"a\" : [ 1 , 2 ] , \"b\" :\t{ \"c\" : null } }"),
      .want = SENT(",\"a\" : [ 1 , 2 ],\"b\" :\t{ \"c\" : null }}") },
    { .body = T("{\"\\u0061\":\"\\/\\u00e9\xc3\xa9\",\"\":-0.0E+00}"),
      .want = SENT(",\"\\u0061\":\"\\/\\u00e9\xc3\xa9\",\"\":-0.0E+00}") },
    { .body = T("{\"priority \":1,\"priority\":2, \" priority\" : 3}"),
      .want = SENT(",\"priority \":1,\"priority\":2,\" priority\" : 3}") },
    { .body = T("{\"a\":\"},{\",\"b\":\"\\\"\", \"c\":\",\"}"),
      .want = SENT(",\"a\":\"},{\",\"b\":\"\\\"\",\"c\":\",\"}") },

    /* the client's token, wherever it is and however it is written */

    { .body = T("{\"token\":\"t\"}"),
      .want = FLAWS("\"/token\" forbidden_member") },
    { .body = T("{\"\\u0074\\u006f\\u006B\\u0065\\u006e\":\"t\",\"a\":1}"),
      .want = FLAWS("\"/token\" forbidden_member") },
    { .body = T("{\"token\":1,\"t\\u006fken\":2}"),
      .want = FLAWS("\"/token\" forbidden_member, \"/token\""
                    " duplicate_member") },
    { .body = T("{\"Token\":1,\"token \":2,\"token\\u0000\":3,\"toke\":4}"),
      .want = SENT(",\"Token\":1,\"token \":2,\"token\\u0000\":3,"
                   "\"toke\":4}") },
    { .body = T("{\"a\":{\"token\":1,\"token\":2}}"),
      .want = SENT(",\"a\":{\"token\":1,\"token\":2}}") },

    { .body = T("{\"token\":\"t\"}"), .want = SENT("}"),
      .rules = &custom_strip },
    { .body = T("{ \"token\" : [ 1, {} ] }"), .want = SENT("}"),
      .rules = &custom_strip },
    { .body = T("{\"token\":\"t\",\"a\":1}"), .want = SENT(",\"a\":1}"),
      .rules = &custom_strip },
    { .body = T("{\"a\":1,\"token\":\"t\"}"), .want = SENT(",\"a\":1}"),
      .rules = &custom_strip },
    { .body = T("{\"a\":1,\"token\":\"t\",\"b\":2}"),
      .want = SENT(",\"a\":1,\"b\":2}"), .rules = &custom_strip },
    { .body = T("{\"a\":1 , \"token\":\"t\" , \"b\":2}"),
      .want = SENT(",\"a\":1,\"b\":2}"), .rules = &custom_strip },
    { .body = T("{\"a\":1,\"token\":\"t\" ,  \"b\":2 }"),
      .want = SENT(",\"a\":1,\"b\":2}"), .rules = &custom_strip },
    { .body = T("{\"a\":1,\"\\u0074oken\":\"t\"}"), .want = SENT(",\"a\":1}"),
      .rules = &custom_strip },
    { .body = T("{\"token\":1,\"tok\\u0065n\":2}"),
      .want = FLAWS("\"/token\" duplicate_member"), .rules = &custom_strip },

    /* no member twice, however it is written */

    { .body = T("{\"a\":1,\"a\":1}"),
      .want = FLAWS("\"/a\" duplicate_member") },
    { .body = T("{\"a\":1,\"\\u0061\":1,\"b\":1,\"\\u0062\":1}"),
      .want = FLAWS("\"/a\" duplicate_member, \"/b\" duplicate_member") },
    { .body = T("{\"\\u00e9\":1,\"\xc3\xa9\":1}"),
      .want = FLAWS("\"/\xc3\xa9\" duplicate_member") },
    { .body = T("{\"\\ud83d\\udd11\":1,\"\xf0\x9f\x94\x91\":1}"),
      .want = FLAWS("\"/\xf0\x9f\x94\x91\" duplicate_member") },
    { .body = T("{\"\":1,\"\":1}"), .want = FLAWS("\"/\" duplicate_member") },
    { .body = T("{\"a\":1,\"a\\u0000\":1,\"a\\u0000\\u0000\":1,\"\":1,"
                "\"\\u0000\":1,\"A\":1,\"aa\":1}"),
      .want = SENT(",\"a\":1,\"a\\u0000\":1,\"a\\u0000\\u0000\":1,\"\":1,"
                   "\"\\u0000\":1,\"A\":1,\"aa\":1}") },
    { .body = T("{\"a\\\"\":1,\"a\\\\\":1,\"a\":1,\"a\\u005c\":1}"),
      .want = FLAWS("\"/a\\\\\" duplicate_member") },

    { .body = T("[]"), .want = FLAWS("\"\" type") },
    { .body = T("\"{}\""), .want = FLAWS("\"\" type") },
    { .body = T(""), .want = T("malformed_json line 1, column 1") },
    { .body = T("{\"a\":1,}"), .want = T("malformed_json line 1, column 8") },
    { .body = T("{\"a\":1} {}"), .want = T("malformed_json line 1, column 9") },
    { .body = T("{\"a\":\"\xff\"}"),
      .want = T("malformed_json line 1, column 7") }
};


static const row_t  push_rows[] = {

    { .body = T("{ \"application\": \"8\", \"data\": [ {\"number\": \"15550100"
                "001\",\n \"message\": \"A\"} ], \"priority \": \"0\" }"),
      .want = SENT(",\"application\": \"8\",\"data\": [ {\"number\": \"15550100"
                   "001\",\n \"message\": \"A\"} ],\"priority \": \"0\"}") },

    /* unknown members, and known ones that are unknown there */

    { .body = T("{\"application\":1,\"group_id\":\"g\",\"sleep\":1,"
                "\"number\":1}"),
      .want = SENT(",\"application\":1,\"group_id\":\"g\",\"sleep\":1,"
                   "\"number\":1}") },
    { .body = T("{\"application\":1,\"group_id\":\"g\",\"sleep\":1,"
                "\"priority \":1,\"a/b\":2}"),
      .want = FLAWS("\"/sleep\" unknown_member, \"/priority \""
                    " unknown_member, \"/a~1b\" unknown_member"),
      .rules = &push_reject },
    { .body = T("{\"application\":1,\"data\":[{\"number\":12345},"
                "{\"number\":12345,\"Message\":1,\"priority\":1,\"~\":0}]}"),
      .want = FLAWS("\"/data/1/Message\" unknown_member,"
                    " \"/data/1/priority\" unknown_member,"
                    " \"/data/1/~0\" unknown_member"),
      .rules = &push_reject },
    { .body = T("{\"application\":1,\"data\":[{\"number\":12345,"
                "\"media_code\":{\"a\":1,\"a\":1}}],\"quoted\":{\"x\":1}}"),
      .want = SENT(",\"application\":1,\"data\":[{\"number\":12345,"
                   "\"media_code\":{\"a\":1,\"a\":1}}],\"quoted\":{\"x\":1}}"),
      .rules = &push_reject },

    /* no member twice, in the document and in each row by itself */

    { .body = T("{\"application\":1,\"application\":2,\"group_id\":\"g\","
                "\"x\":1,\"x\":2}"),
      .want = FLAWS("\"/application\" duplicate_member, \"/x\""
                    " duplicate_member") },
    { .body = T("{\"application\":1,\"data\":[{\"number\":12345,\"x\":1},"
                "{\"number\":12345,\"n\\u0075mber\":12345},"
                "{\"number\":12345,\"x\":1,\"\\u0078\":2},"
                "{\"x\":3,\"number\":12345}],\"x\":1}"),
      .want = FLAWS("\"/data/1/number\" duplicate_member, \"/data/2/x\""
                    " duplicate_member") },
    { .body = T("{\"application\":1,\"data\":[{\"number\":12345}],"
                "\"data\":[{\"number\":12345}]}"),
      .want = FLAWS("\"/data\" duplicate_member") },

    /* the token of a row is not that of the request */

    { .body = T("{\"application\":1,\"data\":[{\"number\":12345,"
                "\"token\":1}]}"),
      .want = SENT(",\"application\":1,\"data\":[{\"number\":12345,"
                   "\"token\":1}]}") },

    /* everything at once, in the order of the document */

    { .body = T("{\"data\":[{\"number\":\"+1\",\"media\":\"x\"},{},5],"
                "\"token\":1,\"priority\":2,\"x\":1,\"x\":2}"),
      .want = FLAWS("\"/data/0/number\" invalid_number, \"/data/0/media\""
                    " invalid_url, \"/data/1/number\" required, \"/data/2\""
                    " type, \"/token\" forbidden_member, \"/priority\" range,"
                    " \"/x\" duplicate_member, \"/application\" required") },
    { .body = T("{\"data\":[{\"number\":\"+1\"}],\"x\":\xff}"),
      .want = T("malformed_json line 1, column 31") },
    { .body = T("{\"data\":[{\"number\":\"12345\",}]}"),
      .want = T("malformed_json line 1, column 28") },
    { .body = T("{\"data\":[{\"number\":\"12345\"},]}"),
      .want = T("malformed_json line 1, column 29") },
    { .body = T("{\"data\":[{\"number\" \"12345\"}]}"),
      .want = T("malformed_json line 1, column 20") },
    { .body = T("{\"data\":[{\"number\":01}]}"),
      .want = T("malformed_json line 1, column 21") },
    { .body = T("{\"application\":1.}"),
      .want = T("malformed_json line 1, column 18") },

    { .body = T("{}"), .want = SENT("}"), .rules = &balance_reject },
    { .body = T("{\"a\":1}"), .want = FLAWS("\"/a\" unknown_member"),
      .rules = &balance_reject },
    { .body = T("{\"token\":1}"), .want = FLAWS("\"/token\" forbidden_member"),
      .rules = &balance_reject }
};


/* create-api-token, with unknown members behind its own */

static const row_t  token_rows[] = {

    { .body = T("{\"project_id\":1}"), .want = SENT(",\"project_id\":1}") },
    { .body = T("{ \"x\" : [ 1 ] , \"ip_whitelist\":\"2001:DB8::1\","
                "\"y\":2, \"project_id\" : 1 }"),
      .want = SENT(",\"project_id\":1,\"ip_whitelist\":[\"2001:db8::1\"],"
                   "\"x\" : [ 1 ],\"y\":2}") },
    { .body = T("{\"project_id\":1,\"x\":2,\"y\":3}"),
      .want = SENT(",\"project_id\":1,\"x\":2,\"y\":3}") },
    { .body = T("{\"x\":2,\"project_id\":1}"),
      .want = SENT(",\"project_id\":1,\"x\":2}") },
    { .body = T("{\"project_id\":1,\"x\":2,\"x\":3}"),
      .want = FLAWS("\"/x\" duplicate_member") },
    { .body = T("{\"project_id\":1,\"token\":2,\"x\":3}"),
      .want = FLAWS("\"/token\" forbidden_member") },
    { .body = T("{\"x\":3,\"token\":2,\"y\":4,\"project_id\":1}"),
      .want = SENT(",\"project_id\":1,\"x\":3,\"y\":4}"),
      .rules = &token_pass_strip }
};


int
main(void)
{
    size_t  i;

    test_rows("custom", custom_rows, unit_nelts(custom_rows));
    test_rows("push", push_rows, unit_nelts(push_rows));
    test_rows("create-api-token", token_rows, unit_nelts(token_rows));

    test_parts();
    test_part_borders();
    test_large();
    test_facts();
    test_many_names();
    test_names_of_rows();
    test_names_seed();
    test_memory();
    test_growth();

    for (i = 1; i <= 3; i++) {
        unit_no_memory(read_many, &i, "members that are passed on");
    }

    return unit_end();
}


static void
test_rows(const char *name, const row_t *rows, size_t n)
{
    size_t                     i;
    pa_str_t                   got;
    const pa_request_rules_t  *rules;

    for (i = 0; i < n; i++) {
        rules = rows[i].rules ? rows[i].rules
                : rows == custom_rows ? &custom
                : rows == push_rows ? &push : &token_pass;

        got = request_result(rules, &rows[i].body);

        unit_text(&got, &rows[i].want, "%s: %s", name,
                  unit_show(&rows[i].body));
        unit_reset();
    }
}


/* as few parts as there can be, in the body */

static void
test_parts(void)
{
    size_t          i;
    pa_str_t        body;
    pa_problem_t    problem;
    pa_request_t    request;

    static const struct {
        const char  *body;
        size_t       nparts;
        size_t       inside;
    } rows[] = {
        { "{}", 1, 1 },
        { "{ }", 1, 1 },
        { "{\"a\":1}", 2, 1 },
        { "{\"a\":1,\"b\":[1, 2],\"c\":3}", 2, 1 },
        { "{\"a\":1, \"b\":2}", 3, 2 },
        { "{\"a\":1 ,\"b\":2}", 3, 2 },
        { "{\"a\":1 , \"b\":2 }", 5, 3 },
        { "{ \"a\": 1, \"b\": 2}", 3, 2 },
        { "{\"token\":1,\"a\":1}", 1, 1 },
        { "{\"a\":1,\"token\":1}", 3, 2 },
        { "{\"a\":1,\"token\":1,\"b\":2}", 3, 2 },
        { "{\"a\":1,\"token\":1, \"b\":2}", 3, 2 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        size_t  j, inside;

        body = unit_sprintf("%s", rows[i].body);
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&unit_pool, &custom_strip, &body, &request,
                               &problem);

        for (j = 0, inside = 0; j < request.nparts; j++) {
            inside += request.parts[j].data >= body.data
                      && request.parts[j].data + request.parts[j].len
                         <= body.data + body.len;
        }

        unit_int((int64_t) request.nparts, (int64_t) rows[i].nparts,
                 "parts of %s", rows[i].body);
        unit_int((int64_t) inside, (int64_t) rows[i].inside,
                 "those in the body, %s", rows[i].body);
        unit_reset();
    }
}


/* at the largest number of parts and beyond, the bytes are the same */

static void
test_part_borders(void)
{
    size_t                     i, n, len, most;
    pa_buf_t                   b;
    pa_str_t                   body, want, got;
    pa_problem_t               problem;
    pa_request_t               request;
    const pa_request_rules_t  *rules;

    for (i = 0; i < 3; i++) {

        most = 0;

        for (n = 55; n < 70; n++) {

            static const char  *gaps[] = { ", ", ",", " , " };

            rules = i == 1 ? &token_pass : &custom;

            pa_buf_init(&b, &unit_pool, 1024);
            pa_buf_literal(&b, "{");
            pa_buf_literal(&b, "\"project_id\":1");

            for (len = 0; len < n; len++) {
                pa_buf_bytes(&b, gaps[i], strlen(gaps[i]));
                pa_buf_literal(&b, "\"m");
                pa_buf_int(&b, (int64_t) len);
                pa_buf_literal(&b, "\":");
                pa_buf_bytes(&b, i == 1 ? " 1 " : "1", i == 1 ? 3 : 1);
            }

            pa_buf_literal(&b, "}");
            (void) pa_buf_text(&b, &body);

            pa_buf_init(&b, &unit_pool, 1024);
            pa_buf_literal(&b, "{\"token\":\"" UNIT_TOKEN
                               "\",\"project_id\":1");

            for (len = 0; len < n; len++) {
                pa_buf_literal(&b, ",\"m");
                pa_buf_int(&b, (int64_t) len);
                pa_buf_literal(&b, "\":");
                pa_buf_bytes(&b, i == 1 ? " 1" : "1", i == 1 ? 2 : 1);
            }

            pa_buf_literal(&b, "}");
            (void) pa_buf_text(&b, &want);

            got = request_result(rules, &body);

            unit_text(&got, &want, "%zu members, \"%s\" between them", n,
                      gaps[i]);

            memset(&problem, 0, sizeof(pa_problem_t));

            (void) pa_request_read(&unit_pool, rules, &body, &request,
                                   &problem);

            unit_ok(request.nparts <= PA_REQUEST_MAX_PARTS,
                    "they are sent in %zu parts", request.nparts);

            most = request.nparts > most ? request.nparts : most;
            unit_reset();
        }

        /* what is not written anew needs one less */

        if (i < 2) {
            unit_int((int64_t) most, PA_REQUEST_MAX_PARTS - (i == 0),
                     "the most parts, \"%s\" between them",
                     i ? " ," : ", ");
        }
    }
}


/* a body of many megabytes is not copied, and next to no memory is taken */

static void
test_large(void)
{
    uint8_t        *data;
    pa_str_t        body;
    pa_problem_t    problem;
    pa_request_t    request;

    enum { LEN = 20000000 };

    static const char  head[] =
        "{ \"application\": 8, \"group_id\": \"g\", \"globalmedia_code\": \"";

    data = malloc(LEN);
    memset(data, 'A', LEN);
    memcpy(data, head, sizeof(head) - 1);
    memcpy(data + LEN - 2, "\"}", 2);

    body.data = data;
    body.len = LEN;

    memset(&problem, 0, sizeof(pa_problem_t));

    unit_int(pa_request_read(&unit_pool, &push, &body, &request, &problem),
             PA_OK, "twenty megabytes");
    unit_int(problem.outcome, PA_OUTCOME_ISSUED, "are valid");
    unit_ok(unit_allocated() < 1000, "%zu bytes of memory",
            unit_allocated());
    unit_int((int64_t) request.parts_len, LEN - 3, "all are sent");
    unit_reset();

    free(data);
}


static void
test_facts(void)
{
    size_t               i;
    pa_str_t             body, got;
    pa_problem_t         problem;
    pa_request_t         request;
    pa_request_rules_t   rules;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *body;
        const char    *facts;
    } rows[] = {
        { PA_ENDPOINT_PUSH, "{\"application\":8,\"group_id\":\"g\"}",
          "application 8, template_id , command , recipients 0" },
        { PA_ENDPOINT_PUSH, "{\"application\":\"8\",\"group_id\":\"g\"}",
          "application 8, template_id , command , recipients 0" },
        { PA_ENDPOINT_PUSH,
          "{\"group_id\":\"g\",\"\\u0061pplication\":\"\\u0031\\u0032\"}",
          "application 12, template_id , command , recipients 0" },
        { PA_ENDPOINT_PUSH,
          "{\"application\":121,\"template_id\":\"AB12\",\"data\":["
          "{\"number\":12345},{\"number\":12346}]}",
          "application 121, template_id AB12, command , recipients 2" },
        { PA_ENDPOINT_PUSH,
          "{\"application\":121,\"template_id\":\"\\u0041\\/B\\ud83d\","
          "\"data\":[{\"number\":12345}]}",
          "application 121, template_id A/B\xef\xbf\xbd, command ,"
          " recipients 1" },
        { PA_ENDPOINT_PUSH,
          "{\"application\":121,\"group_id\":\"g\",\"data\":[]}",
          "application 121, template_id , command , recipients 0" },
        { PA_ENDPOINT_PUSH,
          "{\"application\":1,\"group_id\":\"g\",\"command\":\"restart\","
          "\"quoted\":{\"application\":2,\"template_id\":\"x\"}}",
          "application 1, template_id , command , recipients 0" },
        { PA_ENDPOINT_DEVICE_ACTION, "{\"command\":\"restar\\u0074\"}",
          "application , template_id , command restart, recipients 0" },
        { PA_ENDPOINT_DEVICE_ACTION,
          "{\"application\":\"10\",\"command\":\"restart\"}",
          "application 10, template_id , command restart, recipients 0" },
        { PA_ENDPOINT_DEVICE_STATUS, "{\"application\":10}",
          "application 10, template_id , command , recipients 0" },
        { PA_ENDPOINT_TEMPLATE_STATUS, "{\"template_id\":\"x\"}",
          "application , template_id x, command , recipients 0" },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          "{\"name\":\"n\",\"message_type\":1,\"category\":1,"
          "\"application\":5,"
          "\"messages\":[{\"message\":\"\",\"language\":\"\"}]}",
          "application 5, template_id , command , recipients 0" },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"application\":5}",
          "application 5, template_id , command , recipients 0" },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION,
          "{\"application\":5,\"action\":1}",
          "application 5, template_id , command , recipients 0" },
        { PA_ENDPOINT_CUSTOM,
          "{\"application\":5,\"template_id\":\"x\",\"command\":\"c\"}",
          "application , template_id , command , recipients 0" }
    };

    rules = push;
    rules.commands = commands;
    rules.ncommands = unit_nelts(commands);

    for (i = 0; i < unit_nelts(rows); i++) {

        body = unit_sprintf("%s", rows[i].body);
        rules.endpoint = rows[i].endpoint;
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

        got = unit_sprintf("application %.*s, template_id %.*s, command %.*s,"
                           " recipients %zu",
                           (int) request.application.len,
                           (char *) request.application.data,
                           (int) request.template_id.len,
                           (char *) request.template_id.data,
                           (int) request.command.len,
                           (char *) request.command.data, request.recipients);

        unit_text(&got, &(pa_str_t) { (const uint8_t *) rows[i].facts,
                                      strlen(rows[i].facts) },
                  "facts of %s", rows[i].body);
        unit_reset();
    }

    body = S("{\"ip_whitelist\":[\"1.2.3.4\",\"1.2.3.5\"],\"project_id\":77}");
    memset(&problem, 0, sizeof(pa_problem_t));

    (void) pa_request_read(&unit_pool, &token_pass, &body, &request, &problem);

    unit_int(request.project_id, 77, "project_id");
    unit_int((int64_t) request.nips, 2, "nips");
    unit_reset();

    body = S("{\"project_id\":77,\"a\":1}");
    memset(&problem, 0, sizeof(pa_problem_t));

    (void) pa_request_read(&unit_pool, &custom, &body, &request, &problem);

    unit_int(request.project_id, 0, "no project_id where it is not judged");
    unit_reset();
}


/* a million of them, with the last one twice; and in any case no more time */

static void
test_many_names(void)
{
    size_t                i, n;
    pa_str_t              body, want;
    const char           *got;
    pa_problem_t          problem;
    pa_request_t          request;
    pa_request_rules_t    rules;

    static const size_t  counts[] = {
        1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 511, 512, 513, 100000
    };

    for (i = 0; i < unit_nelts(counts); i++) {
        n = counts[i];

        body = many_names(n, "\"n%zu\":0", "");
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&unit_pool, &custom, &body, &request,
                               &problem);

        unit_ok(problem.outcome == PA_OUTCOME_ISSUED, "%zu names", n);
        unit_reset();

        /* each of them once more, written in another way */

        body = many_names(n, "\"n%zu\":0", ",\"\\u006e0\":0");

        unit_ok(strcmp(first_flaw(&custom, &body), "/n0 duplicate_member")
                == 0, "%zu names, and the first one again", n);
        unit_reset();

        want = unit_sprintf("/n%zu duplicate_member", n - 1);
        body = many_names(n, "\"\\u006e%zu\":0",
                          (char *) unit_sprintf(",\"n%zu\":0", n - 1).data);
        got = first_flaw(&custom, &body);

        unit_ok(strcmp(got, (char *) want.data) == 0,
                "%zu names, and the last one again: %s", n, got);
        unit_reset();
    }

    /* any seed does, and no name is looked at beyond the body */

    rules = custom;

    for (i = 0; i < 200; i++) {
        rules.hash_seed = i;

        want = many_names(40, "\"%zu\":0", "");
        want = unit_sprintf("{\"%0400d\":0,%s", 0, (char *) want.data + 1);
        body = unit_str(&want);

        unit_ok(strcmp(first_flaw(&rules, &body), "none") == 0,
                "a long name before short ones, seed %zu", i);
        unit_reset();
    }

    for (i = 0; i < 50; i++) {
        rules.hash_seed = i * 0x0123456789abcdef;

        body = many_names(100, "\"%zu\":0", ",\"57\":0");

        unit_ok(strcmp(first_flaw(&rules, &body), "/57 duplicate_member")
                == 0, "seed %zu", i);
        unit_reset();
    }
}


/* those of one row are not those of the next, however many there were */

static void
test_names_of_rows(void)
{
    size_t      i;
    pa_buf_t    b;
    pa_str_t    body, row;

    for (i = 0; i < 2; i++) {
        pa_buf_init(&b, &unit_pool, 1024);
        pa_buf_literal(&b, "{\"application\":1,\"data\":[");

        row = many_names(3000, "\"r%zu\":0", ",\"number\":12345");
        pa_buf_bytes(&b, row.data, row.len);
        pa_buf_literal(&b, ",{\"number\":12345,\"r1\":0},");
        row = many_names(5000, "\"r%zu\":0", ",\"number\":12345");
        pa_buf_bytes(&b, row.data, row.len);
        pa_buf_literal(&b, ",{\"r4999\":0,\"number\":12345,\"r0\":0");
        pa_buf_bytes(&b, ",\"r4999\":1", i ? 10 : 0);
        pa_buf_literal(&b, "}],\"r0\":0,\"r4999\":0}");
        (void) pa_buf_text(&b, &body);

        unit_ok(strcmp(first_flaw(&push, &body),
                       i ? "/data/3/r4999 duplicate_member" : "none") == 0,
                "names of rows, %s", i ? "one of them twice" : "each once");
        unit_reset();
    }

    /* those of earlier rows take no room: the table would soon be full */

    pa_buf_init(&b, &unit_pool, 1024);
    pa_buf_literal(&b, "{\"application\":1,\"data\":[");

    for (i = 0; i < 500; i++) {
        row = unit_sprintf("%s{\"number\":12345,\"a%zu\":0,\"b%zu\":0}",
                           i ? "," : "", i, i);
        pa_buf_bytes(&b, row.data, row.len);
    }

    pa_buf_literal(&b, "]}");
    (void) pa_buf_text(&b, &body);

    unit_ok(strcmp(first_flaw(&push, &body), "none") == 0,
            "500 rows with other names each");
    unit_reset();
}


/* where the names stand in the tables follows from the seed of the rules */

static void
test_names_seed(void)
{
    size_t               i;
    uint8_t             *slots[3];
    pa_pool_t            pool;
    pa_str_t             body, names;
    pa_problem_t         problem;
    pa_request_t         request;
    pa_request_rules_t   rules;

    static const char  *bodies[] = {
        "{\"application\":1,\"group_id\":\"g\",%s",
        "{\"application\":1,\"data\":[{\"number\":12345,%s]}"
    };

    static const uint64_t  seeds[] = { 5, 5, 6 };

    for (i = 0; i < unit_nelts(bodies) * unit_nelts(seeds); i++) {

        if (i % unit_nelts(seeds) == 0) {
            names = many_names(20, "\"n%zu\":0", "");
            body = unit_sprintf(bodies[i / unit_nelts(seeds)],
                                (char *) names.data + 1);
        }

        pool.alloc = slots_alloc;
        pool.data = &slots[i % unit_nelts(seeds)];
        slots[i % unit_nelts(seeds)] = NULL;

        rules = push;
        rules.hash_seed = seeds[i % unit_nelts(seeds)];
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&pool, &rules, &body, &request, &problem);

        unit_ok(problem.outcome == PA_OUTCOME_ISSUED
                && slots[i % unit_nelts(seeds)] != NULL, "20 names in %s",
                bodies[i / unit_nelts(seeds)]);

        if (i % unit_nelts(seeds) == 2) {
            unit_ok(slots[0] && slots[1] && slots[2]
                    && memcmp(slots[0], slots[1], 64 * sizeof(void *)) == 0
                    && memcmp(slots[0], slots[2], 64 * sizeof(void *)) != 0,
                    "they stand elsewhere by another seed alone");
            unit_reset();
        }
    }
}


/* notes the table of 64 names */

static void *
slots_alloc(void *data, size_t size)
{
    uint8_t  *block, **slots;

    slots = data;
    block = pa_alloc(&unit_pool, size);

    if (size == 64 * sizeof(void *)) {
        *slots = block;
    }

    return block;
}


/*
 * How often memory is taken: for the list of parts, and for what cannot be
 * pointed to in the body.
 */

static void
test_memory(void)
{
    size_t               i, before;
    pa_buf_t             b;
    pa_str_t             body, names;
    pa_problem_t         problem;
    pa_request_t         request;
    pa_request_rules_t   rules;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *body;
        size_t         allocations;
        size_t         nflaws;
    } rows[] = {
        { PA_ENDPOINT_PUSH, "{\"application\":1,\"group_id\":\"g\"}", 1, 0 },
        { PA_ENDPOINT_PUSH,
          "{\"type\":\"\\u0031\",\"group_id\":\"\\u0067\","
          "\"template_id\":\"a\",\"application\":1}", 1, 0 },
        { PA_ENDPOINT_PUSH, "{\"application\":\"\\u0031\","
          "\"template_id\":\"\\u0061\",\"group_id\":\"g\"}", 3, 0 },
        { PA_ENDPOINT_PUSH,
          "{\"application\":1,\"data\":[{\"m\\u0065ssage\":\"\\n\","
          "\"number\":12345,\"a\":1,\"a\\n\":2}],\"b\":3}", 1, 0 },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"\\u0061ction\":1}", 1, 0 },

        /* of flaws the list, and the pointer of each */

        { PA_ENDPOINT_DELIVERY_REPORT, "{}", 2, 1 },
        { PA_ENDPOINT_TEMPLATE_REQUEST, "{}", 5, 4 },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"\\u0061ction\":0}", 2, 1 },
        { PA_ENDPOINT_DELIVERY_REPORT, "{\"push_id\":0}", 2, 1 },

        /* a name with escapes is decoded for it, a bound is put into words */

        { PA_ENDPOINT_DELIVERY_REPORT, "{\"push\\u005fid\":0}", 3, 1 },
        { PA_ENDPOINT_TEMPLATE_STATUS, "{\"template_id\":\"0123456789"
          "0123456789012345678901234567890123456789012345678901234\"}", 3, 1 }
    };

    rules = push;

    for (i = 0; i < unit_nelts(rows); i++) {

        rules.endpoint = rows[i].endpoint;
        body = unit_sprintf("%s", rows[i].body);
        memset(&problem, 0, sizeof(pa_problem_t));
        before = unit_allocations();

        unit_rubbish_on_stack();
        (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

        unit_ok(problem.nflaws == rows[i].nflaws
                && unit_allocations() - before == rows[i].allocations,
                "%zu allocations, %zu flaws: %s",
                unit_allocations() - before, problem.nflaws, rows[i].body);
        unit_reset();
    }

    /* what is not sent is not put together, however many parts it has */

    names = many_names(200, " \"n%zu\":0", ",\"n0\":1");
    body = unit_sprintf("{\"token\":1,%s", (char *) names.data + 1);
    memset(&problem, 0, sizeof(pa_problem_t));
    before = unit_allocated();

    (void) pa_request_read(&unit_pool, &custom, &body, &request, &problem);

    unit_int((int64_t) problem.nflaws, 2, "200 members and two flaws");
    unit_ok(unit_holding(",\"n100\":0,\"n101\":0") == 0,
            "they are not copied: %zu bytes", unit_allocated() - before);
    unit_reset();

    /* nor are names kept when there are as many flaws as are told */

    names = many_names(5000, "\"n%zu\":0", "");
    memset(&problem, 0, sizeof(pa_problem_t));
    before = unit_allocated();

    (void) pa_request_read(&unit_pool, &push_reject, &names, &request,
                           &problem);

    unit_int((int64_t) problem.nflaws, 20, "5000 unknown members");
    unit_ok(unit_allocated() - before < 8000, "they are not kept: %zu bytes",
            unit_allocated() - before);
    unit_reset();

    /* nor is anything written of the others */

    pa_buf_init(&b, &unit_pool, 0);
    pa_buf_literal(&b, "{\"data\":[{}");

    for (i = 0; i < 499; i++) {
        pa_buf_literal(&b, ",{\"language\":\"12345678901234567\"}");
    }

    pa_buf_literal(&b, "]}");
    (void) pa_buf_text(&b, &body);

    memset(&problem, 0, sizeof(pa_problem_t));
    before = unit_allocated();

    (void) pa_request_read(&unit_pool, &push, &body, &request, &problem);

    unit_int((int64_t) problem.nflaws, 20, "499 texts that are too long");
    unit_ok(unit_allocated() - before < 8000, "and %zu bytes",
            unit_allocated() - before);
    unit_reset();
}


/* ten times the names take ten times as long, and not a hundred times */

static void
test_growth(void)
{
    double    few, many;
    pa_str_t  body;

    body = many_names(100000, "\"\\u006e%zu\":0", "");
    few = seconds_for(&body, 1);
    unit_reset();

    body = many_names(1000000, "\"\\u006e%zu\":0", "");
    many = seconds_for(&body, 1);
    unit_ok(unit_allocated() < 8 * body.len, "a million names: %zu bytes",
            unit_allocated());
    unit_reset();

    unit_ok(many < 30 * few, "a million names: %.2f s, %.2f s for a tenth",
            many, few);
}


static double
seconds_for(const pa_str_t *body, int valid)
{
    size_t         before;
    clock_t        start;
    pa_problem_t   problem;
    pa_request_t   request;

    memset(&problem, 0, sizeof(pa_problem_t));

    before = unit_allocated();
    start = clock();

    (void) pa_request_read(&unit_pool, &custom, body, &request, &problem);

    unit_ok((problem.outcome == PA_OUTCOME_ISSUED) == valid,
            "%zu bytes of names, %zu of memory", body->len,
            unit_allocated() - before);

    return (double) (clock() - start) / CLOCKS_PER_SEC;
}


static int
read_many(void *data)
{
    size_t         n;
    pa_str_t       body;
    pa_problem_t   problem;

    static uint8_t       text[8192];
    static pa_request_t  request;

    /* more names than the table has room for, and more parts than there are */

    body.data = text;
    body.len = 0;

    for (n = 0; n < 60 * *(size_t *) data; n++) {
        body.len += (size_t) sprintf((char *) text + body.len,
                                     "%s \"m%zu\": 1", n ? "," : "{", n);
    }

    text[body.len++] = '}';

    memset(&problem, 0, sizeof(pa_problem_t));

    return pa_request_read(&unit_pool, &custom, &body, &request, &problem);
}


static const char *
first_flaw(const pa_request_rules_t *rules, const pa_str_t *body)
{
    pa_problem_t   problem;
    pa_request_t   request;

    static char  text[256];

    memset(&problem, 0, sizeof(pa_problem_t));

    if (pa_request_read(&unit_pool, rules, body, &request, &problem)
        != PA_OK)
    {
        return "no memory";
    }

    if (problem.nflaws == 0) {
        return "none";
    }

    snprintf(text, sizeof(text), "%.*s %s",
             (int) problem.flaws[0].pointer.len,
             (char *) problem.flaws[0].pointer.data, problem.flaws[0].code);

    return text;
}


/* an object of n members, with a number in their names, and what follows */

static pa_str_t
many_names(size_t n, const char *format, const char *last)
{
    size_t    i, len;
    char      member[64];
    pa_buf_t  b;
    pa_str_t  text;

    pa_buf_init(&b, &unit_pool, 32 * n + 256);
    pa_buf_literal(&b, "{");

    for (i = 0; i < n; i++) {
        len = (size_t) snprintf(member, sizeof(member), format, i);

        pa_buf_bytes(&b, ",", i != 0);
        pa_buf_bytes(&b, member, len);
    }

    pa_buf_bytes(&b, last, strlen(last));
    pa_buf_bytes(&b, "}", 2);
    (void) pa_buf_text(&b, &text);
    text.len--;

    return text;
}
