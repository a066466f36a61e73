
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "request.h"
#include "request_result.h"
#include "unit.h"


#define MEGA   (1024 * 1024)
#define DEPTH  100000

#define SENT(text)  T("{\"token\":\"" UNIT_TOKEN "\"," text "}")


typedef struct {
    pa_str_t                   body;
    pa_str_t                   want;
    const pa_request_rules_t  *rules;
} row_t;


static void test_rows(const char *name, const row_t *rows, size_t n);
static void test_policies(void);
static void test_allow(void);
static void test_error_limit(void);
static void test_many_ips(void);
static void test_memory(void);
static void test_collisions(void);
static void test_seed(void);
static double seconds_for(uint64_t seed, const pa_str_t *body);
static uint64_t mix(uint64_t x);
static void test_long_values(void);
static void test_sent(void);
static void test_details(void);
static int read_valid(void *data);
static int read_flaws(void *data);
static int read_malformed(void *data);

static pa_str_t ip_list(size_t n, size_t twice);


static const pa_request_rules_t  defaults = {
    .max_ips = 100,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .hash_seed = 0x9e3779b97f4a7c15,
    .whitelist_required = 1
};

static const pa_request_rules_t  three_ips = {
    .max_ips = 3,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .whitelist_required = 1
};

static const pa_request_rules_t  one_ip = {
    .max_ips = 1,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .whitelist_required = 1
};

static const pa_request_rules_t  optional_whitelist = {
    .max_ips = 100,
    .ip_policy = PA_IP_POLICY_UNICAST
};

static const pa_request_rules_t  strip_token = {
    .max_ips = 100,
    .ip_policy = PA_IP_POLICY_UNICAST,
    .whitelist_required = 1,
    .strip_token = 1
};


/* step 4: well-formed or not, before anything else is said */

static const row_t  json_rows[] = {

    { .body = T(""), .want = T("malformed_json line 1, column 1") },
    { .body = T("  \n"), .want = T("malformed_json line 2, column 1") },
    { .body = T("{"), .want = T("malformed_json line 1, column 2") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\""),
      .want = T("malformed_json line 1, column 41") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\",}"),
      .want = T("malformed_json line 1, column 42") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}}"),
      .want = T("malformed_json line 1, column 42") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"} x"),
      .want = T("malformed_json line 1, column 43") },
    { .body = T("{\"project_id\":1,\n \"ip_whitelist\":[\"1.2.3.4\",]}"),
      .want = T("malformed_json line 2, column 28") },
    { .body = T("{\"project_id\":01,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("malformed_json line 1, column 16") },
    { .body = T("{\"project_id\":1.,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("malformed_json line 1, column 17") },
    { .body = T("{\"project_id\":,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("malformed_json line 1, column 15") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":}"),
      .want = T("malformed_json line 1, column 32") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[}"),
      .want = T("malformed_json line 1, column 33") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[1.2.3.4]}"),
      .want = T("malformed_json line 1, column 36") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[tru]}"),
      .want = T("malformed_json line 1, column 36") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4}"),
      .want = T("malformed_json line 1, column 41") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4}"),
      .want = T("malformed_json line 1, column 42") },
    { .body = T("{\"token\":x}"),
      .want = T("malformed_json line 1, column 10") },
    { .body = T("{\"a\":x}"), .want = T("malformed_json line 1, column 6") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[\"\xff\"]}"),
      .want = T("malformed_json line 1, column 34") },
    { .body = T("{\"\xed\xa0\x80\":1}"),
      .want = T("malformed_json line 1, column 3") },
    { .body = T("\xef\xbb\xbf{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("malformed_json line 1, column 1") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}\0"),
      .want = T("malformed_json line 1, column 42") },
    { .body = T("{'project_id':1}"),
      .want = T("malformed_json line 1, column 2") },
    { .body = T("1 2"), .want = T("malformed_json line 1, column 3") },
    { .body = T("[1"), .want = T("malformed_json line 1, column 3") },

    /* an error of step 5 before the place hides nothing */

    { .body = T("{\"a\":1,\"project_id\":\"x\",\"ip_whitelist\":[1,2,]}"),
      .want = T("malformed_json line 1, column 45") },
    { .body = T("{\"project_id\":0} ]"),
      .want = T("malformed_json line 1, column 18") }
};


/* step 5, the document */

static const row_t  document_rows[] = {

    { .body = T("null"), .want = T("invalid_request \"\" type") },
    { .body = T("true"), .want = T("invalid_request \"\" type") },
    { .body = T("1"), .want = T("invalid_request \"\" type") },
    { .body = T(" \"{}\" "), .want = T("invalid_request \"\" type") },
    { .body = T("\"\\u0000\""), .want = T("invalid_request \"\" type") },
    { .body = T("[]"), .want = T("invalid_request \"\" type") },
    { .body = T("[{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}]"),
      .want = T("invalid_request \"\" type") },

    { .body = T("{}"),
      .want = T("invalid_request \"/project_id\" required,"
                " \"/ip_whitelist\" required") },

    { .body = T("{\"project_id\":1,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\" duplicate_member") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\","
                "\"ip_whitelist\":\"1.2.3.5\"}"),
      .want = T("invalid_request \"/ip_whitelist\" duplicate_member") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\","
                "\"ip_whitelist\":[\"x\"]}"),
      .want = T("invalid_request \"/ip_whitelist\" duplicate_member") },
    { .body = T("{\"project_id\":1,\"\\u0070roject_id\":2,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\" duplicate_member") },
    { .body = T("{\"project_id\":1,\"project_id\":2,\"project_id\":3,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\" duplicate_member,"
                " \"/project_id\" duplicate_member") },
    { .body = T("{\"project_id\":\"x\",\"project_id\":2,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\" type,"
                " \"/project_id\" duplicate_member") },
    { .body = T("{\"a\":1,\"a\":2,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/a\" unknown_member,"
                " \"/a\" duplicate_member") },
    { .body = T("{\"a\\u0000\":1,\"a\":2,\"a\\u0000\":3,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/a\\u0000\" unknown_member,"
                " \"/a\" unknown_member, \"/a\\u0000\" duplicate_member") },
    { .body = T("{\"ab\":1,\"a\\u0062\":2,\"\\u0063\":3,\"c\":4,"
                "\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/ab\" unknown_member,"
                " \"/ab\" duplicate_member, \"/c\" unknown_member,"
                " \"/c\" duplicate_member") },

    /* within a member that is not looked into, names may well repeat */

    { .body = T("{\"token\":{\"a\":1,\"a\":2},\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]"),
      .rules = &strip_token }
};


/* step 5, token */

static const row_t  token_rows[] = {

    { .body = T("{\"token\":\"t\",\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/token\" forbidden_member") },
    { .body = T("{\"token\":null,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/token\" forbidden_member") },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\","
                "\"to\\u006ben\":[1]}"),
      .want = T("invalid_request \"/token\" forbidden_member") },
    { .body = T("{\"token\":1,\"token\":2,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/token\" forbidden_member,"
                " \"/token\" duplicate_member") },

    { .body = T("{\"token\":\"t\",\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]"),
      .rules = &strip_token },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\","
                "\"token\":[{\"a\":null}]}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]"),
      .rules = &strip_token },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]"),
      .rules = &strip_token },
    { .body = T("{\"token\":1,\"token\":2,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/token\" duplicate_member"),
      .rules = &strip_token },
    { .body = T("{\"Token\":1,\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/Token\" unknown_member"),
      .rules = &strip_token }
};


/* step 5, project_id; what stands for it */

#define ID_TYPE   T("invalid_request \"/project_id\" type")
#define ID_RANGE  T("invalid_request \"/project_id\" range")
#define ID_SENT(id)                                                           \
    SENT("\"project_id\":" id ",\"ip_whitelist\":[\"1.2.3.4\"]")

static const row_t  project_id_rows[] = {

    { .body = T("1"), .want = ID_SENT("1") },
    { .body = T("2"), .want = ID_SENT("2") },
    { .body = T("9"), .want = ID_SENT("9") },
    { .body = T("10"), .want = ID_SENT("10") },
    { .body = T("6681"), .want = ID_SENT("6681") },
    { .body = T(" 6681\n"), .want = ID_SENT("6681") },
    { .body = T("2147483648"), .want = ID_SENT("2147483648") },
    { .body = T("4294967296"), .want = ID_SENT("4294967296") },
    { .body = T("999999999999999"), .want = ID_SENT("999999999999999") },
    { .body = T("1000000000000000"), .want = ID_SENT("1000000000000000") },
    { .body = T("9007199254740990"), .want = ID_SENT("9007199254740990") },
    { .body = T("9007199254740991"), .want = ID_SENT("9007199254740991") },

    { .body = T("0"), .want = ID_RANGE },
    { .body = T("-0"), .want = ID_RANGE },
    { .body = T("-1"), .want = ID_RANGE },
    { .body = T("-6681"), .want = ID_RANGE },
    { .body = T("9007199254740992"), .want = ID_RANGE },
    { .body = T("9999999999999999"), .want = ID_RANGE },
    { .body = T("10000000000000000"), .want = ID_RANGE },
    { .body = T("9223372036854775807"), .want = ID_RANGE },
    { .body = T("9223372036854775808"), .want = ID_RANGE },
    { .body = T("18446744073709551617"), .want = ID_RANGE },
    { .body = T("-9223372036854775809"), .want = ID_RANGE },
    { .body = T("100000000000000000000000000000"), .want = ID_RANGE },

    { .body = T("6681.0"), .want = ID_TYPE },
    { .body = T("6681.5"), .want = ID_TYPE },
    { .body = T("0.0"), .want = ID_TYPE },
    { .body = T("1e3"), .want = ID_TYPE },
    { .body = T("1E0"), .want = ID_TYPE },
    { .body = T("1e400"), .want = ID_TYPE },
    { .body = T("\"6681\""), .want = ID_TYPE },
    { .body = T("\"\""), .want = ID_TYPE },
    { .body = T("null"), .want = ID_TYPE },
    { .body = T("true"), .want = ID_TYPE },
    { .body = T("[6681]"), .want = ID_TYPE },
    { .body = T("{}"), .want = ID_TYPE }
};


/* step 5, ip_whitelist and each address; what stands for the former */

#define IPS(flaws)       T("invalid_request " flaws)
#define IPS_SENT(ips)    SENT("\"project_id\":1,\"ip_whitelist\":[" ips "]")

static const row_t  whitelist_rows[] = {

    { .body = T("\"1.2.3.4\""), .want = IPS_SENT("\"1.2.3.4\"") },
    { .body = T("[\"1.2.3.4\"]"), .want = IPS_SENT("\"1.2.3.4\"") },
    { .body = T(" [ \"192.168.0.1\" , \"202.164.148.84\" ] "),
      .want = IPS_SENT("\"192.168.0.1\",\"202.164.148.84\"") },
    { .body = T("[\"2001:DB8:0:0::1\",\"1.2.3.4\"]"),
      .want = IPS_SENT("\"2001:db8::1\",\"1.2.3.4\"") },
    { .body = T("\"2001:0db8:0000:0000:0000:0000:0000:000A\""),
      .want = IPS_SENT("\"2001:db8::a\"") },
    { .body = T("\"::ffff:102:304\""), .want = IPS_SENT("\"::ffff:1.2.3.4\"") },
    { .body = T("[\"\\u0031.2.3.4\"]"), .want = IPS_SENT("\"1.2.3.4\"") },

    { .body = T("null"), .want = IPS("\"/ip_whitelist\" type") },
    { .body = T("true"), .want = IPS("\"/ip_whitelist\" type") },
    { .body = T("16909060"), .want = IPS("\"/ip_whitelist\" type") },
    { .body = T("{\"0\":\"1.2.3.4\"}"), .want = IPS("\"/ip_whitelist\" type") },
    { .body = T("[]"), .want = IPS("\"/ip_whitelist\" empty") },
    { .body = T("[ ]"), .want = IPS("\"/ip_whitelist\" empty") },
    { .body = T("[]"), .want = IPS("\"/ip_whitelist\" empty"),
      .rules = &optional_whitelist },
    { .body = T("null"), .want = IPS("\"/ip_whitelist\" type"),
      .rules = &optional_whitelist },

    /* as many as allowed, and one more */

    { .body = T("[\"1.2.3.4\",\"1.2.3.5\",\"1.2.3.6\"]"),
      .want = IPS_SENT("\"1.2.3.4\",\"1.2.3.5\",\"1.2.3.6\""),
      .rules = &three_ips },
    { .body = T("[\"1.2.3.4\",\"1.2.3.5\",\"1.2.3.6\",\"1.2.3.7\"]"),
      .want = IPS("\"/ip_whitelist\" too_many"), .rules = &three_ips },
    { .body = T("[\"1.2.3.4\",\"x\",\"1.2.3.4\",0,\"x\",[[\"1.2.3.7\"]]]"),
      .want = IPS("\"/ip_whitelist/1\" invalid_ip,"
                  " \"/ip_whitelist\" too_many,"
                  " \"/ip_whitelist/2\" duplicate"),
      .rules = &three_ips },
    { .body = T("\"1.2.3.4\""), .want = IPS_SENT("\"1.2.3.4\""),
      .rules = &one_ip },
    { .body = T("[\"1.2.3.4\"]"), .want = IPS_SENT("\"1.2.3.4\""),
      .rules = &one_ip },
    { .body = T("[\"1.2.3.4\",\"1.2.3.5\"]"),
      .want = IPS("\"/ip_whitelist\" too_many"), .rules = &one_ip },

    /* elements that are no strings */

    { .body = T("[null]"), .want = IPS("\"/ip_whitelist/0\" type") },
    { .body = T("[1]"), .want = IPS("\"/ip_whitelist/0\" type") },
    { .body = T("[\"1.2.3.4\",1,true,[\"1.2.3.5\"],{\"ip\":\"1.2.3.6\"}]"),
      .want = IPS("\"/ip_whitelist/1\" type, \"/ip_whitelist/2\" type,"
                  " \"/ip_whitelist/3\" type, \"/ip_whitelist/4\" type") },

    /* strings that are no addresses */

    { .body = T("\"\""), .want = IPS("\"/ip_whitelist\" invalid_ip") },
    { .body = T("\"example.com\""),
      .want = IPS("\"/ip_whitelist\" invalid_ip") },
    { .body = T("[\"\"]"), .want = IPS("\"/ip_whitelist/0\" invalid_ip") },
    { .body = T("[\"1.2.3.4\",\"1.2.3.04\",\"1.2.3.4/32\",\"[::1]\"]"),
      .want = IPS("\"/ip_whitelist/1\" invalid_ip,"
                  " \"/ip_whitelist/2\" invalid_ip,"
                  " \"/ip_whitelist/3\" invalid_ip") },
    { .body = T("[\" 1.2.3.4\",\"1.2.3.4 \",\"fe80::1%eth0\"]"),
      .want = IPS("\"/ip_whitelist/0\" invalid_ip,"
                  " \"/ip_whitelist/1\" invalid_ip,"
                  " \"/ip_whitelist/2\" invalid_ip") },
    { .body = T("\"1.2.3.4\\u0000\""),
      .want = IPS("\"/ip_whitelist\" invalid_ip") },
    { .body = T("\"1.2.3.4\\u00005\""),
      .want = IPS("\"/ip_whitelist\" invalid_ip") },
    { .body = T("\"1.2.3.4,1.2.3.5\""),
      .want = IPS("\"/ip_whitelist\" invalid_ip") },
    { .body = T("\"1.2.3.\\ud834\""),
      .want = IPS("\"/ip_whitelist\" invalid_ip") },

    /* those that the policy refuses */

    { .body = T("\"127.0.0.1\""),
      .want = IPS("\"/ip_whitelist\" ip_not_allowed") },
    { .body = T("[\"::127.0.0.1\",\"64:ff9b::7f00:1\",\"2002:7f00:1::\"]"),
      .want = IPS("\"/ip_whitelist/0\" ip_not_allowed,"
                  " \"/ip_whitelist/1\" ip_not_allowed,"
                  " \"/ip_whitelist/2\" ip_not_allowed") },

    /* the table of addresses has room for those alone that are accepted */

    { .body = T("[\"192.0.2.1\",\"192.0.2.2\",\"127.0.0.1\","
                "\"127.0.0.2\",\"127.0.0.3\"]"),
      .want = IPS("\"/ip_whitelist/2\" ip_not_allowed,"
                  " \"/ip_whitelist/3\" ip_not_allowed,"
                  " \"/ip_whitelist/4\" ip_not_allowed") },
    { .body = T("[\"192.0.2.1\",\"192.0.2.2\",\"127.0.0.1\","
                "\"127.0.0.1\"]"),
      .want = IPS("\"/ip_whitelist/2\" ip_not_allowed,"
                  " \"/ip_whitelist/3\" ip_not_allowed") },
    { .body = T("[\"127.0.0.1\",\"192.0.2.2\",\"x\",\"192.0.2.2\"]"),
      .want = IPS("\"/ip_whitelist/0\" ip_not_allowed,"
                  " \"/ip_whitelist/2\" invalid_ip,"
                  " \"/ip_whitelist/3\" duplicate") },

    { .body = T("[\"1.2.3.4\",\"::\",\"224.0.0.1\"]"),
      .want = IPS("\"/ip_whitelist/1\" ip_not_allowed,"
                  " \"/ip_whitelist/2\" ip_not_allowed") },

    /* duplicates, after normalisation */

    { .body = T("[\"1.2.3.4\",\"1.2.3.4\"]"),
      .want = IPS("\"/ip_whitelist/1\" duplicate") },
    { .body = T("[\"1.2.3.4\",\"1.2.3.5\",\"1.2.3.4\",\"1.2.3.4\"]"),
      .want = IPS("\"/ip_whitelist/2\" duplicate,"
                  " \"/ip_whitelist/3\" duplicate") },
    { .body = T("[\"2001:db8::1\",\"2001:DB8:0:0:0:0:0:1\"]"),
      .want = IPS("\"/ip_whitelist/1\" duplicate") },
    { .body = T("[\"::ffff:1.2.3.4\",\"::ffff:102:304\"]"),
      .want = IPS("\"/ip_whitelist/1\" duplicate") },
    { .body = T("[\"1.2.3.4\",\"::ffff:1.2.3.4\"]"),
      .want = IPS("\"/ip_whitelist/1\" duplicate") },
    { .body = T("[\"::ffff:102:304\",\"1.2.3.5\",\"1.2.3.4\"]"),
      .want = IPS("\"/ip_whitelist/2\" duplicate") },
    { .body = T("[\"::ffff:1.2.3.4\",\"::1.2.3.4\",\"64:ff9b::1.2.3.4\","
                "\"2002:102:304::\"]"),
      .want = IPS_SENT("\"::ffff:1.2.3.4\",\"::102:304\","
                       "\"64:ff9b::102:304\",\"2002:102:304::\"") },
    { .body = T("[\"1.2.3.4\",\"x\",1,\"\\u0031.2.3.4\"]"),
      .want = IPS("\"/ip_whitelist/1\" invalid_ip, \"/ip_whitelist/2\" type,"
                  " \"/ip_whitelist/3\" duplicate") },
    { .body = T("[\"1.2.3.4\",\"::1.2.3.4\",\"102:304::\"]"),
      .want = IPS_SENT("\"1.2.3.4\",\"::102:304\",\"102:304::\"") }
};


/* step 5, anything else; all together; the order of errors */

static const row_t  other_rows[] = {

    { .body = T("{\"ip_whitelist\":\"1.2.3.4\",\"project_id\":1}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]") },
    { .body = T("\t{ \"project_id\" :\r\n6681 , \"ip_whitelist\" : "
                "[ \"192.168.0.1\" , \"202.164.148.84\" ] }\n"),
      .want = SENT("\"project_id\":6681,"
                   "\"ip_whitelist\":[\"192.168.0.1\",\"202.164.148.84\"]") },

    { .body = T("{\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\" required") },
    { .body = T("{\"project_id\":1}"),
      .want = T("invalid_request \"/ip_whitelist\" required") },
    { .body = T("{\"project_id\":1}"), .want = SENT("\"project_id\":1"),
      .rules = &optional_whitelist },
    { .body = T("{}"), .want = T("invalid_request \"/project_id\" required"),
      .rules = &optional_whitelist },
    { .body = T("{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]}"),
      .want = SENT("\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"]"),
      .rules = &optional_whitelist },

    { .body = T("{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\","
                "\"message\":\"x\"}"),
      .want = T("invalid_request \"/message\" unknown_member") },
    { .body = T("{\"Project_id\":1,\"ip_Whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/Project_id\" unknown_member,"
                " \"/ip_Whitelist\" unknown_member,"
                " \"/project_id\" required, \"/ip_whitelist\" required") },
    { .body = T("{\"project_id\\u0000\":1,\"project_i\":1,"
                "\"project_id \":1,\"project_id\":1,"
                "\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/project_id\\u0000\" unknown_member,"
                " \"/project_i\" unknown_member,"
                " \"/project_id \" unknown_member") },

    /* pointers by RFC 6901, in JSON */

    { .body = T("{\"\":1,\"a/b\":1,\"m~n\":1,\"~1\":1,\"//\":1,"
                "\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/\" unknown_member,"
                " \"/a~1b\" unknown_member, \"/m~0n\" unknown_member,"
                " \"/~01\" unknown_member, \"/~1~1\" unknown_member") },
    { .body = T("{\"k\\\"l\":1,\"c\\\\d\":1,\"\\n\":1,\"\xc3\xbc\":1,"
                "\"\\ud800\":1,\"\\ud83d\\udd11\":1,"
                "\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"}"),
      .want = T("invalid_request \"/k\\\"l\" unknown_member,"
                " \"/c\\\\d\" unknown_member, \"/\\u000a\" unknown_member,"
                " \"/\xc3\xbc\" unknown_member,"
                " \"/\xef\xbf\xbd\" unknown_member,"
                " \"/\xf0\x9f\x94\x91\" unknown_member") },

    /* everything at once, in the order of the document */

    { .body = T("{\"ip_whitelist\":[\"1.2.3.4\",\"x\",5,\"127.0.0.1\","
                "\"1.2.3.4\"],\"project_id\":0,\"token\":1,\"more\":{},"
                "\"more\":[]}"),
      .want = T("invalid_request \"/ip_whitelist/1\" invalid_ip,"
                " \"/ip_whitelist/2\" type,"
                " \"/ip_whitelist/3\" ip_not_allowed,"
                " \"/ip_whitelist/4\" duplicate, \"/project_id\" range,"
                " \"/token\" forbidden_member, \"/more\" unknown_member,"
                " \"/more\" duplicate_member") }
};


int
main(void)
{
    size_t    i;
    pa_str_t  got, body;

    test_rows("JSON", json_rows, unit_nelts(json_rows));
    test_rows("document", document_rows, unit_nelts(document_rows));
    test_rows("token", token_rows, unit_nelts(token_rows));
    test_rows("other", other_rows, unit_nelts(other_rows));

    for (i = 0; i < unit_nelts(project_id_rows); i++) {
        body = unit_sprintf("{\"project_id\":%s,\"ip_whitelist\":\"1.2.3.4\"}",
                            (char *) project_id_rows[i].body.data);
        got = request_result(&defaults, &body);

        unit_text(&got, &project_id_rows[i].want, "project_id %s",
                  unit_show(&project_id_rows[i].body));
        unit_reset();
    }

    for (i = 0; i < unit_nelts(whitelist_rows); i++) {
        body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":%s}",
                            (char *) whitelist_rows[i].body.data);
        got = request_result(whitelist_rows[i].rules ? whitelist_rows[i].rules
                                                     : &defaults, &body);

        unit_text(&got, &whitelist_rows[i].want, "ip_whitelist %s",
                  unit_show(&whitelist_rows[i].body));
        unit_reset();
    }

    test_policies();
    test_allow();
    test_error_limit();
    test_many_ips();
    test_memory();
    test_collisions();
    test_seed();
    test_long_values();
    test_sent();
    test_details();

    unit_no_memory(read_valid, NULL, "a valid request");
    unit_no_memory(read_flaws, NULL, "a request with flaws");
    unit_no_memory(read_malformed, NULL, "a malformed request");

    return unit_end();
}


static void
test_rows(const char *name, const row_t *rows, size_t n)
{
    size_t    i;
    pa_str_t  got;

    for (i = 0; i < n; i++) {
        got = request_result(rows[i].rules ? rows[i].rules : &defaults,
                             &rows[i].body);

        unit_text(&got, &rows[i].want, "%s %s", name,
                  unit_show(&rows[i].body));
        unit_reset();
    }
}


static void
test_policies(void)
{
    size_t              i, policy;
    pa_str_t            body, got, want;
    pa_request_rules_t  rules;

    static const char  *policies[] = { "any", "unicast", "public" };

    static const struct {
        const char  *ip;
        unsigned     allowed[3];
    } rows[] = {
        { "127.0.0.1", { 1, 0, 0 } },
        { "::1", { 1, 0, 0 } },
        { "10.0.0.1", { 1, 1, 0 } },
        { "fd00::1", { 1, 1, 0 } },
        { "8.8.8.8", { 1, 1, 1 } },
        { "2606:4700::1", { 1, 1, 1 } },
        { "::ffff:127.0.0.1", { 1, 0, 0 } },
        { "::ffff:10.0.0.1", { 1, 1, 0 } },
        { "::ffff:8.8.8.8", { 1, 1, 1 } }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (policy = 0; policy < unit_nelts(policies); policy++) {

            rules = defaults;
            rules.ip_policy = (pa_ip_policy_e) policy;

            body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":[\"%s\"]}",
                                rows[i].ip);
            got = request_result(&rules, &body);

            want = rows[i].allowed[policy]
                   ? unit_sprintf("{\"token\":\"" UNIT_TOKEN "\","
                                  "\"project_id\":1,"
                                  "\"ip_whitelist\":[\"%s\"]}", rows[i].ip)
                   : S("invalid_request \"/ip_whitelist/0\" ip_not_allowed");

            unit_text(&got, &want, "policy %s, %s", policies[policy],
                      rows[i].ip);
            unit_reset();
        }
    }
}


static void
test_allow(void)
{
    size_t              i;
    pa_str_t            body, got;
    pa_cidr_t           allow[3];
    pa_request_rules_t  rules;

    static const struct {
        const char  *ips;
        pa_str_t     want;
    } rows[] = {
        { "\"203.0.113.0\",\"203.0.113.255\",\"198.51.100.7\","
          "\"2001:db8::1\"",
          IPS_SENT("\"203.0.113.0\",\"203.0.113.255\",\"198.51.100.7\","
                   "\"2001:db8::1\"") },
        { "\"203.0.112.255\",\"203.0.114.0\",\"198.51.100.6\","
          "\"2001:db9::\"",
          IPS("\"/ip_whitelist/0\" ip_not_allowed,"
              " \"/ip_whitelist/1\" ip_not_allowed,"
              " \"/ip_whitelist/2\" ip_not_allowed,"
              " \"/ip_whitelist/3\" ip_not_allowed") },
        { "\"::ffff:203.0.113.9\"", IPS_SENT("\"::ffff:203.0.113.9\"") },
        { "\"::ffff:203.0.114.9\"",
          IPS("\"/ip_whitelist/0\" ip_not_allowed") }
    };

    (void) pa_cidr_parse(&S("203.0.113.0/24"), &allow[0]);
    (void) pa_cidr_parse(&S("198.51.100.7"), &allow[1]);
    (void) pa_cidr_parse(&S("2001:db8::/32"), &allow[2]);

    rules = defaults;
    rules.ip_allow = allow;
    rules.nip_allow = unit_nelts(allow);

    for (i = 0; i < unit_nelts(rows); i++) {
        body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":[%s]}",
                            rows[i].ips);
        got = request_result(&rules, &body);

        unit_text(&got, &rows[i].want, "allowed ranges, %s", rows[i].ips);
        unit_reset();
    }

    /* the policy holds as well */

    (void) pa_cidr_parse(&S("127.0.0.0/8"), &allow[0]);

    body = S("{\"project_id\":1,\"ip_whitelist\":\"127.0.0.1\"}");
    got = request_result(&rules, &body);

    unit_text(&got, &S("invalid_request \"/ip_whitelist\" ip_not_allowed"),
              "allowed ranges, refused by the policy");
    unit_reset();
}


/* of many errors the first twenty are kept, whatever their kind */

static void
test_error_limit(void)
{
    int                 rc;
    size_t              i, n;
    pa_buf_t            b;
    pa_str_t            body;
    pa_problem_t        problem;
    pa_request_t  request;

    static const struct {
        const char  *name;
        const char  *head;
        const char  *flaw;
        const char  *tail;
        size_t       others;
        const char  *first;       /* pointers of the first and the 20th */
        const char  *last;
    } rows[] = {
        { "unknown members", "{\"project_id\":1", ",\"a%zu\":0",
          ",\"ip_whitelist\":\"1.2.3.4\"}", 0, "/a0", "/a19" },
        { "names twice", "{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"",
          ",\"a\":%zu", "}", 0, "/a", "/a" },
        { "known names twice",
          "{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\"",
          ",\"project_id\":%zu", "}", 0, "/project_id", "/project_id" },
        { "no addresses", "{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"",
          ",\"%zu\"", "]}", 0, "/ip_whitelist/1", "/ip_whitelist/20" },
        { "no strings", "{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"",
          ",%zu", "]}", 0, "/ip_whitelist/1", "/ip_whitelist/20" },
        { "not allowed", "{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\"",
          ",\"127.0.0.%zu\"", "]}", 0, "/ip_whitelist/1",
          "/ip_whitelist/20" },
        { "duplicates", "{\"project_id\":1,\"ip_whitelist\":[\"::1:0:0\"",
          ",\"::%zu:0:0\"", "]}", 10, "/ip_whitelist/11",
          "/ip_whitelist/30" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (n = 18; n <= 60; n += (n < 22) ? 1 : 19) {

            size_t  j;

            pa_buf_init(&b, &unit_pool, 256);
            pa_buf_bytes(&b, rows[i].head, strlen(rows[i].head));

            for (j = 0; j < n + rows[i].others; j++) {
                char  flaw[64];

                /* the last n addresses are those of before */

                snprintf(flaw, sizeof(flaw), rows[i].flaw,
                         rows[i].others ? j % rows[i].others + 2 : j);
                pa_buf_bytes(&b, flaw, strlen(flaw));
            }

            pa_buf_bytes(&b, rows[i].tail, strlen(rows[i].tail));
            (void) pa_buf_text(&b, &body);

            memset(&problem, 0, sizeof(pa_problem_t));

            rc = pa_request_read(&unit_pool, &defaults, &body, &request,
                                       &problem);

            unit_ok(rc == PA_OK
                    && problem.outcome == PA_OUTCOME_INVALID_REQUEST
                    && problem.nflaws == (n < 20 ? n : 20),
                    "%zu flaws: %s", n, rows[i].name);

            if (problem.nflaws == 20) {
                unit_text(&problem.flaws[0].pointer,
                          &(pa_str_t) { (const uint8_t *) rows[i].first,
                                        strlen(rows[i].first) },
                          "the first of %zu", n);
                unit_text(&problem.flaws[19].pointer,
                          &(pa_str_t) { (const uint8_t *) rows[i].last,
                                        strlen(rows[i].last) },
                          "the last of them");
            }

            unit_reset();
        }
    }
}


static void
test_many_ips(void)
{
    size_t              n;
    pa_str_t            body, got, list, want;
    pa_request_rules_t  rules;

    static const size_t  counts[] = { 1, 2, 3, 4, 5, 99, 100, 101, 5000 };

    rules = defaults;

    for (n = 0; n < unit_nelts(counts); n++) {

        list = ip_list(counts[n], 0);
        body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":[%s]}",
                            (char *) list.data);
        want = unit_sprintf("{\"token\":\"" UNIT_TOKEN "\",\"project_id\":1,"
                            "\"ip_whitelist\":[%s]}", (char *) list.data);

        rules.max_ips = counts[n];
        got = request_result(&rules, &body);

        unit_text(&got, &want, "%zu addresses of as many", counts[n]);

        rules.max_ips = counts[n] + 1;
        got = request_result(&rules, &body);

        unit_text(&got, &want, "%zu addresses of one more", counts[n]);

        if (counts[n] != 1) {
            rules.max_ips = counts[n] - 1;
            got = request_result(&rules, &body);

            unit_text(&got, &S("invalid_request \"/ip_whitelist\" too_many"),
                      "%zu addresses of one less", counts[n]);

            /* the last one twice */

            rules.max_ips = counts[n];
            list = ip_list(counts[n], 1);
            body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":[%s]}",
                                (char *) list.data);
            got = request_result(&rules, &body);
            want = unit_sprintf("invalid_request \"/ip_whitelist/%zu\""
                                " duplicate", counts[n] - 1);

            unit_text(&got, &want, "%zu addresses, the last one twice",
                      counts[n]);
        }

        unit_reset();
    }

    /* room is made for what the text can hold, not for what is allowed */

    rules.max_ips = SIZE_MAX / 64;

    got = request_result(&rules, &S("{\"project_id\":1,"
                                    "\"ip_whitelist\":[\"::2\"]}"));

    unit_text(&got, &(pa_str_t) IPS_SENT("\"::2\""),
              "one address of very many");

    got = request_result(&rules, &S("{\"project_id\":1,\"ip_whitelist\":"
                            "[\"::2\",\"::3\",\"::4\",\"::5\",\"::6\"]}"));

    unit_text(&got, &(pa_str_t) IPS_SENT("\"::2\",\"::3\",\"::4\",\"::5\","
                                         "\"::6\""),
              "short addresses of very many");

    rules.ip_policy = PA_IP_POLICY_ANY;

    got = request_result(&rules, &S("{\"project_id\":1,"
                                    "\"ip_whitelist\":[\"::\"]}"));

    unit_text(&got, &(pa_str_t) IPS_SENT("\"::\""), "the shortest address");
    unit_reset();
}


/* memory is taken by what is allowed and there, not by the body's length */

static void
test_memory(void)
{
    size_t               len;
    uint8_t             *body;
    pa_str_t             text;
    pa_problem_t         problem;
    pa_request_t   request;
    pa_request_rules_t   rules;

    enum { LEN = 1000000 };

    static const char  head[] =
        "{\"project_id\":1,\"ip_whitelist\":[\"192.0.2.1\"";

    body = malloc(LEN + 2);
    text.data = body;
    text.len = LEN;

    memset(body, ' ', LEN);
    memcpy(body, head, sizeof(head) - 1);
    memcpy(body + LEN - 2, "]}", 2);
    memset(&problem, 0, sizeof(pa_problem_t));

    unit_int(pa_request_read(&unit_pool, &defaults, &text, &request,
                                   &problem),
             PA_OK, "an address and a million blanks");
    unit_int(problem.outcome, PA_OUTCOME_ISSUED, "it is valid");
    unit_ok(unit_allocated() < 10000, "%zu bytes", unit_allocated());
    unit_reset();

    /* one element for each two bytes, and room for all of them */

    for (len = sizeof(head) - 1; len < LEN - 2; len += 2) {
        memcpy(body + len, ",1", 2);
    }

    text.len = len + 2;
    memcpy(body + len, "]}", 2);

    rules = defaults;
    rules.max_ips = LEN;
    memset(&problem, 0, sizeof(pa_problem_t));

    unit_int(pa_request_read(&unit_pool, &rules, &text, &request,
                                   &problem),
             PA_OK, "half a million flaws");
    unit_int(problem.outcome, PA_OUTCOME_INVALID_REQUEST, "it is not valid");
    unit_ok(unit_allocated() < 12 * (size_t) LEN, "%zu bytes",
            unit_allocated());
    unit_reset();

    free(body);
}


/* addresses in the same slots of the table are not taken for duplicates */

static void
test_collisions(void)
{
    uint64_t            seed;
    int                 wrong;
    pa_str_t            body, got, list, want;
    pa_request_rules_t  rules;

    rules = defaults;
    wrong = 0;

    list = ip_list(100, 0);
    body = unit_sprintf("{\"project_id\":1,\"ip_whitelist\":[%s]}",
                        (char *) list.data);
    want = unit_sprintf("{\"token\":\"" UNIT_TOKEN "\",\"project_id\":1,"
                        "\"ip_whitelist\":[%s]}", (char *) list.data);

    for (seed = 0; seed < 100; seed++) {
        rules.hash_seed = seed * 0x0101010101010101;
        got = request_result(&rules, &body);

        wrong += got.len != want.len
                 || memcmp(got.data, want.data, got.len) != 0;
    }

    unit_int(wrong, 0, "any seed does");
    unit_reset();
}


/* who knows the seed can choose addresses that collide; who does not, cannot */

static void
test_seed(void)
{
    size_t     i;
    double     known, unknown;
    uint8_t    text[PA_IP_TEXT_LEN], *last;
    pa_ip_t    ip;
    pa_buf_t   b;
    pa_str_t   body;
    uint64_t   half;

    enum { N = 4000 };

    pa_buf_init(&b, &unit_pool, 64 * N);
    pa_buf_literal(&b, "{\"project_id\":1,\"ip_whitelist\":[");

    for (i = 0; i < N; i++) {
        half = 0x2a + (i << 16);
        memcpy(ip.bytes, &half, 8);
        half = mix(defaults.hash_seed ^ half) ^ 1;
        memcpy(ip.bytes + 8, &half, 8);
        ip.len = 16;

        last = pa_ip_format(&ip, text);

        pa_buf_bytes(&b, ",", i != 0);
        pa_buf_literal(&b, "\"");
        pa_buf_bytes(&b, text, (size_t) (last - text));
        pa_buf_literal(&b, "\"");
    }

    pa_buf_literal(&b, "]}");
    (void) pa_buf_text(&b, &body);

    known = seconds_for(defaults.hash_seed, &body);
    unknown = seconds_for(defaults.hash_seed + 1, &body);

    unit_ok(known > 4 * unknown,
            "addresses that collide: %.3f s, %.3f s with another seed", known,
            unknown);
    unit_reset();
}


static double
seconds_for(uint64_t seed, const pa_str_t *body)
{
    size_t               i;
    clock_t              start;
    pa_problem_t         problem;
    pa_request_t         request;
    pa_request_rules_t   rules;

    rules = defaults;
    rules.max_ips = 10000;
    rules.ip_policy = PA_IP_POLICY_ANY;
    rules.hash_seed = seed;

    start = clock();

    for (i = 0; i < 3; i++) {
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&unit_pool, &rules, body, &request, &problem);
    }

    unit_int(problem.outcome, PA_OUTCOME_ISSUED, "they are all different");

    return (double) (clock() - start) / CLOCKS_PER_SEC;
}


/* as in core/ip_list.c */

static uint64_t
mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccd;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53;
    x ^= x >> 33;

    return x;
}


static void
test_long_values(void)
{
    size_t    i, j;
    pa_buf_t  b;
    pa_str_t  body, got;

    static const struct {
        const char  *head;
        const char  *text;
        size_t       times;
        const char  *tail;
        pa_str_t     want;
    } rows[] = {
        { "{\"project_id\":", "7", MEGA, ",\"ip_whitelist\":\"1.2.3.4\"}",
          ID_RANGE },
        { "{\"project_id\":-", "7", MEGA, ",\"ip_whitelist\":\"1.2.3.4\"}",
          ID_RANGE },
        { "{\"project_id\":1", "0", MEGA, ".0,\"ip_whitelist\":\"1.2.3.4\"}",
          ID_TYPE },
        { "{\"project_id\":\"", "7", MEGA, "\",\"ip_whitelist\":\"1.2.3.4\"}",
          ID_TYPE },
        { "{\"project_id\":1,\"ip_whitelist\":\"", "1", MEGA, "\"}",
          T("invalid_request \"/ip_whitelist\" invalid_ip") },
        { "{\"project_id\":1,\"ip_whitelist\":[\"", "\\u0030", MEGA / 6, "\"]}",
          T("invalid_request \"/ip_whitelist/0\" invalid_ip") },
        { "{\"project_id\":1,\"ip_whitelist\":\"0000:0000:0000:0000:0000:"
          "ffff:192.168.100.100", "0", 1, "\"}",
          T("invalid_request \"/ip_whitelist\" invalid_ip") },
        { "", "[", DEPTH, "", T("malformed_json line 1, column 100001") },
        { "{\"project_id\":", "[", DEPTH, "",
          T("malformed_json line 1, column 100015") },
        { "{\"project_id\":1,\"ip_whitelist\":[", "[", DEPTH, "",
          T("malformed_json line 1, column 100033") },
        { "[", "[],", DEPTH, "0]", T("invalid_request \"\" type") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        pa_buf_init(&b, &unit_pool, 1024);
        pa_buf_bytes(&b, rows[i].head, strlen(rows[i].head));

        for (j = 0; j < rows[i].times; j++) {
            pa_buf_bytes(&b, rows[i].text, strlen(rows[i].text));
        }

        pa_buf_bytes(&b, rows[i].tail, strlen(rows[i].tail));
        (void) pa_buf_text(&b, &body);

        got = request_result(&defaults, &body);

        unit_text(&got, &rows[i].want, "%zu times %s", rows[i].times,
                  unit_show(&(pa_str_t) { (const uint8_t *) rows[i].text,
                                          strlen(rows[i].text) }));
        unit_reset();
    }

    /* nested arrays that are closed, in each place */

    for (i = 0; i < 4; i++) {

        static const struct {
            const char  *head;
            const char  *tail;
            pa_str_t     want;
        } places[] = {
            { "", "", T("invalid_request \"\" type") },
            { "{\"project_id\":", ",\"ip_whitelist\":\"1.2.3.4\"}", ID_TYPE },
            { "{\"project_id\":1,\"ip_whitelist\":[", "]}",
              IPS("\"/ip_whitelist/0\" type") },
            { "{\"project_id\":1,\"ip_whitelist\":\"1.2.3.4\",\"x\":", "}",
              IPS("\"/x\" unknown_member") }
        };

        pa_buf_init(&b, &unit_pool, 2 * DEPTH + 100);
        pa_buf_bytes(&b, places[i].head, strlen(places[i].head));

        for (j = 0; j < 2 * DEPTH; j++) {
            pa_buf_bytes(&b, j < DEPTH ? "[" : "]", 1);
        }

        pa_buf_bytes(&b, places[i].tail, strlen(places[i].tail));
        (void) pa_buf_text(&b, &body);

        got = request_result(&defaults, &body);

        unit_text(&got, &places[i].want, "%d nested arrays: %s...", DEPTH,
                  places[i].head);
        unit_reset();
    }
}


/* the functions that write a request agree, for any token and any parts */

static void
test_sent(void)
{
    size_t          i, len;
    uint8_t        *dst, *last;
    pa_str_t        got;
    pa_request_t    request;

    static const struct {
        pa_str_t  parts[2];
        size_t    nparts;
        pa_str_t  token;
        pa_str_t  want;
    } rows[] = {
        { { T(",\"project_id\":6681}") }, 1,
          T("3e09daea611a26691ead999715b215c7d81dbfb0"),
          T("{\"token\":\"3e09daea611a26691ead999715b215c7d81dbfb0\","
            "\"project_id\":6681}") },
        { { T("}") }, 1, T("t"), T("{\"token\":\"t\"}") },
        { { T(",\"a\":1"), T("}") }, 2, T("\\\"\\\\"),
          T("{\"token\":\"\\\"\\\\\",\"a\":1}") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        memset(&request, 0, sizeof(pa_request_t));
        request.parts = rows[i].parts;
        request.nparts = rows[i].nparts;
        request.parts_len = rows[i].parts[0].len + rows[i].parts[1].len;

        got.len = pa_request_length(&request, &rows[i].token);
        dst = pa_alloc(&unit_pool, got.len);
        last = pa_request_write(&request, &rows[i].token, dst);
        got.data = dst;

        unit_int(last - dst, (int64_t) got.len, "length of request %zu", i);
        unit_text(&got, &rows[i].want, "text of request %zu", i);

        len = pa_request_head_length(&rows[i].token);
        last = pa_request_write_head(&rows[i].token, dst);

        unit_int(last - dst, (int64_t) len, "length of head %zu", i);
        unit_int((int64_t) (got.len - len), (int64_t) request.parts_len,
                 "length of parts %zu", i);
        unit_reset();
    }
}


/* what clients read beside the code; no value of theirs is quoted */

static void
test_details(void)
{
    size_t               i;
    pa_str_t             got;
    const char          *detail;
    pa_problem_t         problem;
    pa_request_t   request;

    static const struct {
        pa_str_t     body;
        pa_str_t     detail;
    } rows[] = {
        { T("\"qqq\""), T("must be an object") },
        { T("{\"token\":\"qqq\"}"),
          T("must not be sent; the gateway adds the master token") },
        { T("{\"qqq\":\"qqq\"}"), T("is not a member of a token request") },
        { T("{\"project_id\":\"qqq\"}"), T("must be an integer") },
        { T("{\"project_id\":7777.7}"), T("must be written as an integer") },
        { T("{\"project_id\":77777777777777777}"),
          T("must be from 1 to 9007199254740991") },
        { T("{\"ip_whitelist\":{\"qqq\":\"qqq\"}}"),
          T("must be an address or an array of addresses") },
        { T("{\"ip_whitelist\":[]}"), T("must have at least one address") },
        { T("{\"ip_whitelist\":[[\"qqq\"]]}"), T("must be a string") },
        { T("{\"ip_whitelist\":[\"qqq\"]}"),
          T("must be an IPv4 or IPv6 address") },
        { T("{\"ip_whitelist\":\"127.0.0.77\"}"),
          T("is not allowed by the gateway's address policy") },
        { T("{\"ip_whitelist\":[\"77.0.0.77\",\"77.0.0.77\"]}"),
          T("is the same address as an earlier one") },
        { T("{\"project_id\":1,\"project_id\":1}"),
          T("must not occur twice") },
        { T("{}"), T("is required") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&problem, 0, sizeof(pa_problem_t));

        (void) pa_request_read(&unit_pool, &defaults, &rows[i].body,
                                     &request, &problem);

        detail = problem.nflaws ? problem.flaws[0].detail : "no flaw";
        got = unit_sprintf("%s", detail);

        unit_text(&got, &rows[i].detail, "detail: %s",
                  unit_show(&rows[i].body));
        unit_reset();
    }

    memset(&problem, 0, sizeof(pa_problem_t));

    (void) pa_request_read(&unit_pool, &one_ip,
                                 &S("{\"ip_whitelist\":[\"::2\",\"::3\"]}"),
                                 &request, &problem);

    got = unit_sprintf("%s", problem.nflaws ? problem.flaws[0].detail : "");

    unit_text(&got, &S("has more addresses than the gateway allows"),
              "detail: too many addresses");
    unit_reset();
}


static int
read_valid(void *data)
{
    pa_problem_t        problem;
    pa_request_t  request;

    static const pa_str_t  body = pa_string(
        "{\"project_id\":1,\"ip_whitelist\":[\"1.2.3.4\",\"\\u0031.2.3.5\"],"
        "\"\\u0074oken\":1}");

    (void) data;

    memset(&problem, 0, sizeof(pa_problem_t));

    return pa_request_read(&unit_pool, &strip_token, &body, &request,
                                 &problem);
}


static int
read_flaws(void *data)
{
    size_t              i;
    pa_problem_t        problem;
    pa_request_t  request;

    static const pa_str_t  bodies[] = {
        T("{\"a\":1,\"a\":2,\"a/b~c\":3,\"\\n\":4}"),
        T("{\"ip_whitelist\":[\"1.2.3.4\",1,\"x\",\"127.0.0.1\","
          "\"1.2.3.4\",\"\\u0031.2.3.4\"]}"),
        T("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
          "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")
    };

    (void) data;

    for (i = 0; i < unit_nelts(bodies); i++) {
        memset(&problem, 0, sizeof(pa_problem_t));

        if (pa_request_read(&unit_pool, &defaults, &bodies[i], &request,
                                  &problem)
            != PA_OK)
        {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


static int
read_malformed(void *data)
{
    pa_problem_t        problem;
    pa_request_t  request;

    static const pa_str_t  body = pa_string("{\"a\":1,\"\\n\":[\"x\"],}");

    (void) data;

    memset(&problem, 0, sizeof(pa_problem_t));

    return pa_request_read(&unit_pool, &defaults, &body, &request,
                                 &problem);
}


/* n different addresses as JSON; twice: the last is the one before it */

static pa_str_t
ip_list(size_t n, size_t twice)
{
    size_t    i, j;
    pa_buf_t  b;
    pa_str_t  text;

    pa_buf_init(&b, &unit_pool, 1024);

    for (i = 0; i < n; i++) {
        j = (i == n - 1) ? i - twice : i;

        pa_buf_bytes(&b, ",\"", i ? 2 : 0);
        pa_buf_bytes(&b, "\"", i ? 0 : 1);

        if (j % 3 == 2) {
            pa_buf_literal(&b, "2001:db8::a:");
            pa_buf_int(&b, (int64_t) (j % 8999 + 1000));

        } else {
            pa_buf_literal(&b, "10.");
            pa_buf_int(&b, (int64_t) (j / 65536));
            pa_buf_literal(&b, ".");
            pa_buf_int(&b, (int64_t) (j / 256 % 256));
            pa_buf_literal(&b, ".");
            pa_buf_int(&b, (int64_t) (j % 256));
        }

        pa_buf_literal(&b, "\"");
    }

    pa_buf_bytes(&b, "", 1);
    (void) pa_buf_text(&b, &text);
    text.len--;

    return text;
}
