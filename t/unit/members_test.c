
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The requests of all endpoints but create-api-token: each member's rule at
 * its bounds and beyond, what must be there, what is sent.
 */


#include <stdio.h>
#include <stdlib.h>

#include "request_result.h"
#include "unit.h"


/*
 * A row is a body, and what becomes of it: sent as it is but for the token if
 * "want" is NULL, else the pointers and codes of its flaws.
 */

typedef struct {
    pa_endpoint_e   endpoint;
    const char     *body;
    const char     *want;
} row_t;


/* a value of a member, and the code of its flaw, or NULL */

typedef struct {
    const char     *value;
    const char     *code;
} value_t;


/* where such a value may stand: %s in a body that is valid otherwise */

typedef struct {
    pa_endpoint_e   endpoint;
    const char     *body;
    const char     *pointer;
} place_t;


static void test_rows(const char *name, const row_t *rows, size_t n);
static void test_values(const char *name, const place_t *places,
    size_t nplaces, const value_t *values, size_t nvalues);
static void test_texts(void);
static void test_urls(void);
static void test_spaces_in_urls(void);
static void test_rows_bound(void);
static void test_lists_bound(void);
static void test_numbers_allowed(void);
static void test_commands(void);
static void test_details(void);
static void test_all_details(void);
static void test_table(void);
static void test_known(void);
static int read_push(void *data);
static int read_flaws(void *data);

static pa_str_t result(pa_endpoint_e endpoint, const char *body);
static pa_str_t wanted(const char *body, const char *flaws);
static pa_str_t unquoted(const char *body, const char *value);
static pa_str_t times(const char *text, size_t n);
static size_t count(const pa_str_t *text, const char *part);


static const pa_str_t  commands[] = { T("restart"), T("resume-call-queue") };

static const pa_request_rules_t  defaults = {
    .max_recipients = 3,
    .commands = commands,
    .ncommands = unit_nelts(commands),
    .hash_seed = 0x9e3779b97f4a7c15,
    .pass_unknown = 1
};

static pa_request_rules_t  rules;



/* ids */

static const place_t  id_places[] = {
    { PA_ENDPOINT_PUSH, "{\"application\":%s,\"group_id\":\"g\"}",
      "/application" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"type\":%s}", "/type" },
    { PA_ENDPOINT_DELIVERY_REPORT, "{\"push_id\":%s}", "/push_id" },
    { PA_ENDPOINT_DEVICE_STATUS, "{\"application\":%s}", "/application" },
    { PA_ENDPOINT_DEVICE_ACTION,
      "{\"command\":\"restart\",\"application\":%s}", "/application" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"category\":1,\"message_type\":%s,"
      "\"messages\":[{\"message\":\"m\",\"language\":\"en\"}]}",
      "/message_type" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"category\":%s,\"message_type\":1,"
      "\"messages\":[{\"message\":\"m\",\"language\":\"en\"}]}",
      "/category" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"category\":1,\"message_type\":1,\"application\":%s,"
      "\"messages\":[{\"message\":\"m\",\"language\":\"en\"}]}",
      "/application" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"industry\":%s}", "/industry" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"application\":%s}", "/application" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION,
      "{\"action\":1,\"application\":%s}", "/application" },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      "{\"group_id\":\"g\",\"number\":[12345],\"type\":%s}", "/type" },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      "{\"group_id\":\"g\",\"number\":[12345],\"type\":%s}", "/type" },
    { PA_ENDPOINT_DELETE_GROUP_ACTION,
      "{\"group_id\":\"g\",\"action\":%s}", "/action" }
};

static const value_t  id_values[] = {
    { "1", NULL },
    { "\"1\"", NULL },
    { "8", NULL },
    { "\"\\u0038\"", NULL },
    { "101", NULL },
    { "123456789012", NULL },
    { "\"123456789012\"", NULL },
    { "4294967297", NULL },
    { "999999999999999", NULL },
    { "\"999999999999999\"", NULL },
    { "0", "range" },
    { "\"0\"", "range" },
    { "-0", "range" },
    { "-1", "range" },
    { "1000000000000000", "range" },
    { "\"1000000000000000\"", "range" },
    { "18446744073709551617", "range" },
    { "\"18446744073709551617\"", "range" },
    { "\"100000000000000000000000000000000000000000000000000\"", "range" },
    { "1.0", "type" },
    { "1.5", "type" },
    { "1e2", "type" },
    { "0.0", "type" },
    { "null", "type" },
    { "true", "type" },
    { "[1]", "type" },
    { "{\"1\":1}", "type" },
    { "\"\"", "invalid_value" },
    { "\"01\"", "invalid_value" },
    { "\"00\"", "invalid_value" },
    { "\"-1\"", "invalid_value" },
    { "\"+1\"", "invalid_value" },
    { "\" 1\"", "invalid_value" },
    { "\"1 \"", "invalid_value" },
    { "\"1.0\"", "invalid_value" },
    { "\"1e2\"", "invalid_value" },
    { "\"0x1\"", "invalid_value" },
    { "\"1\\u0000\"", "invalid_value" },
    { "\"\\u0661\"", "invalid_value" },
    { "\"\xd9\xa1\"", "invalid_value" },
    { "\"one\"", "invalid_value" },
    { "\"11111111111111111111111111111111111x\"", "invalid_value" }
};


/* "action" of push, of which 0 is another way to say none */

static const place_t  id_or_0_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"action\":%s}", "/action" }
};

static const value_t  id_or_0_values[] = {
    { "0", NULL },
    { "\"0\"", NULL },
    { "1", NULL },
    { "\"1\"", NULL },
    { "999999999999999", NULL },
    { "1000000000000000", "range" },
    { "\"1000000000000000\"", "range" },
    { "-1", "range" },
    { "-0", "range" },
    { "\"-0\"", "invalid_value" },
    { "\"00\"", "invalid_value" },
    { "\"01\"", "invalid_value" },
    { "\"\"", "invalid_value" },
    { "false", "type" }
};


static const place_t  flag_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"priority\":%s}", "/priority" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"voice\":%s}", "/voice" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"sticker\":%s}", "/sticker" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"createcontact\":%s}",
      "/createcontact" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION,
      "{\"action\":%s,\"pin\":\"000000\"}", "/action" }
};

static const value_t  flag_values[] = {
    { "0", NULL },
    { "1", NULL },
    { "\"0\"", NULL },
    { "\"1\"", NULL },
    { "\"\\u0031\"", NULL },
    { "2", "range" },
    { "-1", "range" },
    { "-0", "range" },
    { "10", "range" },
    { "99999999999999999999", "range" },
    { "\"2\"", "invalid_value" },
    { "\"10\"", "invalid_value" },
    { "\"00\"", "invalid_value" },
    { "\"01\"", "invalid_value" },
    { "\"\"", "invalid_value" },
    { "\"true\"", "invalid_value" },
    { "\"1 \"", "invalid_value" },
    { "1.0", "type" },
    { "1e0", "type" },
    { "true", "type" },
    { "null", "type" },
    { "[0]", "type" },
    { "{}", "type" }
};


static const place_t  any_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"globalmedia_code\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"template_header\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\","
      "\"interactive_globalbuttons\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"interactive_type\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"location\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"contact\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"quoted\":%s}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345,\"media_code\":%s}]}",
      "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345,"
      "\"template_header\":%s}]}", "" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345,\"quoted\":%s}]}", "" },
    { PA_ENDPOINT_CHECK_BALANCE, "{\"anything\":%s}", "" },
    { PA_ENDPOINT_CREATE_PROJECT, "{\"project_name\":%s}", "" },
    { PA_ENDPOINT_GET_PROJECTS, "{\"project_id\":%s}", "" },
    { PA_ENDPOINT_MANAGE_API_TOKEN, "{\"project_id\":%s}", "" },
    { PA_ENDPOINT_CHANGE_BILLING, "{\"project_id\":%s}", "" },
    { PA_ENDPOINT_CUSTOM, "{\"application\":%s}", "" },
    { PA_ENDPOINT_CUSTOM, "{\"data\":%s}", "" }
};

static const value_t  any_values[] = {
    { "null", NULL },
    { "true", NULL },
    { "-1.5E+300", NULL },
    { "123456789012345678901234567890", NULL },
    { "\"\"", NULL },
    { "\"\\ud800\\u0000\"", NULL },
    { "\"token\"", NULL },
    { "[]", NULL },
    { "{ }", NULL },
    { "{\"token\":\"t\",\"a\":1,\"a\" : [ 2, {\"b\":null,\"b\":[]} ]}", NULL },
    { "[ {\"number\":\"x\"} , [[[[ ]]]] ]", NULL }
};


static const place_t  list_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\","
      "\"template_globalmessage\":%s}", "/template_globalmessage" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345},"
      "{\"number\":12346,\"template_message\":%s}]}",
      "/data/1/template_message" }
};

static const value_t  list_values[] = {
    { "[]", NULL },
    { "[\"\"]", NULL },
    { "[ \"Ann\" , \"12:30\", 5, -1.5e3 ]", NULL },
    { "null", "type" },
    { "\"Ann\"", "type" },
    { "1", "type" },
    { "{}", "type" },
    { "{\"0\":\"Ann\"}", "type" }
};

static const place_t  list_element_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\","
      "\"template_globalmessage\":[\"a\",%s,1]}",
      "/template_globalmessage/1" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345},"
      "{\"number\":12346,\"template_message\":[%s]}]}",
      "/data/1/template_message/0" }
};

static const value_t  list_element_values[] = {
    { "\"a\"", NULL },
    { "0", NULL },
    { "0.5", NULL },
    { "null", "type" },
    { "false", "type" },
    { "[]", "type" },
    { "[\"a\"]", "type" },
    { "{\"a\":1}", "type" }
};


static const place_t  phone_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":%s}]}", "/data/0/number" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345},{\"messenger_id\":\"1\","
      "\"number\":%s},{\"number\":\"99999\"}],\"group_id\":\"\"}",
      "/data/1/number" },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      "{\"group_id\":\"g\",\"number\":[%s]}", "/number/0" },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      "{\"group_id\":\"g\",\"number\":[\"12345\",%s,12345]}", "/number/1" }
};

static const value_t  phone_values[] = {
    { "12345", NULL },
    { "\"12345\"", NULL },
    { "15550100001", NULL },
    { "\"15550100001\"", NULL },
    { "\"\\u00315550100001\"", NULL },
    { "999999999999999", NULL },
    { "\"999999999999999\"", NULL },
    { "1234", "invalid_number" },
    { "\"1234\"", "invalid_number" },
    { "1000000000000000", "invalid_number" },
    { "\"1000000000000000\"", "invalid_number" },
    { "0", "invalid_number" },
    { "-15550100001", "invalid_number" },
    { "\"012345\"", "invalid_number" },
    { "\"+15550100001\"", "invalid_number" },
    { "\"1555 0100001\"", "invalid_number" },
    { "\"15550100001 \"", "invalid_number" },
    { "\"15550100001\\n\"", "invalid_number" },
    { "\"15550100001\\u0000\"", "invalid_number" },
    { "\"1-555-0100\"", "invalid_number" },
    { "\"1555x\"", "invalid_number" },
    { "\"\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\xd9\xa1\"", "invalid_number" },
    { "\"\"", "invalid_number" },
    { "15550100001.0", "type" },
    { "1.5550100001e10", "type" },
    { "null", "type" },
    { "true", "type" },
    { "[15550100001]", "type" },
    { "{\"number\":15550100001}", "type" }
};


static const place_t  digits_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":5,\"data\":[{\"messenger_id\":%s}]}",
      "/data/0/messenger_id" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":5,\"data\":[{\"number\":12345,\"messenger_id\":%s}]}",
      "/data/0/messenger_id" }
};

static const value_t  digits_values[] = {
    { "\"0\"", NULL },
    { "\"01\"", NULL },
    { "\"12345678901234567890\"", NULL },
    { "\"\\u00312345678901234567\\u003890\"", NULL },
    { "\"\"", "invalid_value" },
    { "\"123456789012345678901\"", "invalid_value" },
    { "\"1234567890123456789\\u0030\\u0031\"", "invalid_value" },
    { "\"1x\"", "invalid_value" },
    { "\"-1\"", "invalid_value" },
    { "\" 1\"", "invalid_value" },
    { "1", "type" },
    { "null", "type" },
    { "[\"1\"]", "type" }
};


static const place_t  pin_places[] = {
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":0,\"pin\":%s}",
      "/pin" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"pin\":%s,\"action\":\"1\"}",
      "/pin" }
};

static const value_t  pin_values[] = {
    { "\"000000\"", NULL },
    { "\"123456\"", NULL },
    { "\"12345\\u0036\"", NULL },
    { "\"12345\"", "invalid_value" },
    { "\"1234567\"", "invalid_value" },
    { "\"12345x\"", "invalid_value" },
    { "\"\"", "invalid_value" },
    { "123456", "type" },
    { "null", "type" }
};


static const place_t  name_places[] = {
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":%s,\"category\":1,\"message_type\":1,"
      "\"messages\":[{\"message\":\"m\",\"language\":\"en\"}]}", "/name" }
};

static const value_t  name_values[] = {
    { "\"a\"", NULL },
    { "\"abcdefghijklmnopqrstuvwxyz_0123456789\"", NULL },
    { "\"_\"", NULL },
    { "\"\\u0061\"", NULL },
    { "\"\"", "invalid_value" },
    { "\"A\"", "invalid_value" },
    { "\"a-b\"", "invalid_value" },
    { "\"a b\"", "invalid_value" },
    { "\"ab`\"", "invalid_value" },
    { "\"ab{\"", "invalid_value" },
    { "\"ab/\"", "invalid_value" },
    { "\"ab:\"", "invalid_value" },
    { "\"a\\u0000\"", "invalid_value" },
    { "\"\xc3\xa4\"", "invalid_value" },
    { "1", "type" },
    { "null", "type" },
    { "[\"a\"]", "type" }
};


static const place_t  command_places[] = {
    { PA_ENDPOINT_DEVICE_ACTION, "{\"command\":%s}", "/command" }
};

static const value_t  command_values[] = {
    { "\"restart\"", NULL },
    { "\"resume-call-queue\"", NULL },
    { "\"resume\\u002dcall-queue\"", NULL },
    { "\"reset\"", "command_not_allowed" },
    { "\"Restart\"", "command_not_allowed" },
    { "\"restart \"", "command_not_allowed" },
    { "\"restart\\u0000\"", "command_not_allowed" },
    { "\"restar\"", "command_not_allowed" },
    { "\"\"", "command_not_allowed" },
    { "1", "type" },
    { "null", "type" },
    { "[\"restart\"]", "type" }
};


static const place_t  url_places[] = {
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"globalmedia\":%s}",
      "/globalmedia" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345,\"media\":%s}]}",
      "/data/0/media" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"profile_pic\":%s}", "/profile_pic" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":[%s]}", "/websites/0" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":[\"\",%s]}", "/websites/1" },
    { PA_ENDPOINT_CREATE_WHATSAPP_GROUP,
      "{\"group_subject\":\"s\",\"group_icon\":%s}", "/group_icon" },
    { PA_ENDPOINT_UPDATE_GROUP_INFO,
      "{\"group_id\":\"g\",\"group_icon\":%s}", "/group_icon" }
};

static const value_t  url_values[] = {
    { "\"\"", NULL },
    { "\"https://example.com/a.jpg\"", NULL },
    { "\"https:\\/\\/example.com\\/a.jpg?b=c&d=%20#e\"", NULL },
    { "\"http://example.com:8080?a@b\"", NULL },
    { "\"http://192.0.2.1\"", NULL },
    { "\"http://[2001:db8::1]:443/\"", NULL },
    { "\"http://b\xc3\xbc""cher.example/\xe2\x82\xac\"", NULL },
    { "\"example.com/a.jpg\"", "invalid_url" },
    { "\"ftp://example.com/\"", "invalid_url" },
    { "\"http:/example.com/\"", "invalid_url" },
    { "\"http://\"", "invalid_url" },
    { "\"https:///a.jpg\"", "invalid_url" },
    { "\"http://user@example.com/\"", "invalid_url" },
    { "\"http://user:password@example.com/\"", "invalid_url" },
    { "\"http://example.com\\\\@example.org/\"", "invalid_url" },
    { "\"http://example.com/a b\"", "invalid_url" },
    { "\" http://example.com/\"", "invalid_url" },
    { "\"http://example.com/\\n\"", "invalid_url" },
    { "\"http://example.com/\\u0000\"", "invalid_url" },
    { "\"http://example.com/\\u2028\"", "invalid_url" },
    { "\"javascript:alert(1)\"", "invalid_url" },
    { "\"file://example.com/\"", "invalid_url" },
    { "\"data://example.com/\"", "invalid_url" },
    { "\"htts://example.com/\"", "invalid_url" },
    { "\"xttp://example.com/\"", "invalid_url" },
    { "\"httpx://example.com/\"", "invalid_url" },
    { "\"HTTPS://EXAMPLE.COM/\"", NULL },
    { "\"Http://example.com/\"", NULL },
    { "1", "type" },
    { "null", "type" },
    { "[\"http://example.com/\"]", "type" }
};


/* what must be there, alone or with another */

static const row_t  required_rows[] = {

    { PA_ENDPOINT_PUSH, "{}", "/application required, /data required" },
    { PA_ENDPOINT_PUSH, "{\"application\":1}", "/data required" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"group_id\":\"g\"}", NULL },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"group_id\":5}",
      "/group_id type" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[{\"number\":12345}]}",
      NULL },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"group_id\":\"g\",\"data\":[{\"number\":12345}]}",
      NULL },
    { PA_ENDPOINT_PUSH, "{\"group_id\":\"g\"}", "/application required" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[]}", "/data empty" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[],\"group_id\":\"g\"}",
      NULL },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":{}}", "/data type" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":null}", "/data type" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":\"12345\"}",
      "/data type" },
    { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[{}]}",
      "/data/0/number required" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"number\":12345},{\"message\":\"x\"},"
      "{\"messenger_id\":\"5\"}]}",
      "/data/1/number required" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[{\"messenger_id\":5}]}",
      "/data/0/messenger_id type" },
    { PA_ENDPOINT_PUSH,
      "{\"application\":1,\"data\":[1,null,[{\"number\":12345}]]}",
      "/data/0 type, /data/1 type, /data/2 type" },

    { PA_ENDPOINT_DELIVERY_REPORT, "{}", "/push_id required" },
    { PA_ENDPOINT_CHECK_BALANCE, "{}", NULL },
    { PA_ENDPOINT_DEVICE_STATUS, "{}", NULL },
    { PA_ENDPOINT_DEVICE_ACTION, "{}", "/command required" },
    { PA_ENDPOINT_DEVICE_ACTION, "{\"application\":10}",
      "/command required" },
    { PA_ENDPOINT_TEMPLATE_REQUEST, "{}",
      "/name required, /message_type required, /category required,"
      " /messages required" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"message_type\":1,\"category\":1,\"messages\":[]}",
      "/messages empty" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"message_type\":1,\"category\":1,\"messages\":{}}",
      "/messages type" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"message_type\":1,\"category\":1,"
      "\"messages\":[{},\"m\",{\"header\":\"h\"}]}",
      "/messages/0/message required, /messages/0/language required,"
      " /messages/1 type, /messages/2/message required,"
      " /messages/2/language required" },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      "{\"name\":\"n\",\"message_type\":\"1\",\"category\":2,"
      "\"messages\":[{\"message\":\"\",\"language\":\"\"}],"
      "\"sample_url\":\"x\"}",
      NULL },
    { PA_ENDPOINT_TEMPLATE_STATUS, "{}", NULL },
    { PA_ENDPOINT_TEMPLATE_STATUS, "{\"template_id\":\"\"}", NULL },
    { PA_ENDPOINT_UPDATE_PROFILE, "{}", NULL },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":[]}", NULL },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":{}}", "/websites type" },
    { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":\"\"}", "/websites type" },

    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{}", "/action required" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":0}", "/pin required" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":\"0\"}",
      "/pin required" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":\"\\u0030\"}",
      "/pin required" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":1}", NULL },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":\"1\"}", NULL },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"action\":2}", "/action range" },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"pin\":\"123456\"}",
      "/action required" },

    { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, "{}", "/group_subject required" },
    { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, "{\"group_subject\":\"s\"}", NULL },
    { PA_ENDPOINT_GROUP_DETAILS, "{}", "/group_id required" },
    { PA_ENDPOINT_GROUP_DETAILS, "{\"group_id\":\"g\"}", NULL },
    { PA_ENDPOINT_GENERATE_INVITE_LINK, "{}", "/group_id required" },
    { PA_ENDPOINT_GENERATE_INVITE_LINK, "{\"group_id\":\"g\"}", NULL },
    { PA_ENDPOINT_UPDATE_GROUP_INFO, "{\"group_subject\":\"s\"}",
      "/group_id required" },
    { PA_ENDPOINT_UPDATE_GROUP_INFO, "{\"group_id\":\"g\"}", NULL },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, "{}",
      "/group_id required, /number required" },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, "{\"group_id\":\"g\",\"number\":[]}",
      "/number empty" },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, "{\"group_id\":\"g\",\"number\":12345}",
      "/number type" },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS, "{}",
      "/group_id required, /number required" },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      "{\"group_id\":\"g\",\"number\":\"12345\"}", "/number type" },
    { PA_ENDPOINT_DELETE_GROUP_ACTION, "{}",
      "/group_id required, /action required" },

    { PA_ENDPOINT_CREATE_PROJECT, "{}", NULL },
    { PA_ENDPOINT_GET_PROJECTS, "{}", NULL },
    { PA_ENDPOINT_MANAGE_API_TOKEN, "{}", NULL },
    { PA_ENDPOINT_CHANGE_BILLING, "{}", NULL },
    { PA_ENDPOINT_CUSTOM, "{}", NULL }
};


int
main(void)
{
    rules = defaults;

#define TEST_VALUES(name)                                                     \
    test_values(#name, name##_places, unit_nelts(name##_places),              \
                name##_values, unit_nelts(name##_values))

    TEST_VALUES(id);
    TEST_VALUES(id_or_0);
    TEST_VALUES(flag);
    TEST_VALUES(any);
    TEST_VALUES(list);
    TEST_VALUES(list_element);
    TEST_VALUES(phone);
    TEST_VALUES(digits);
    TEST_VALUES(pin);
    TEST_VALUES(name);
    TEST_VALUES(command);
    TEST_VALUES(url);

    test_rows("required", required_rows, unit_nelts(required_rows));
    test_texts();
    test_urls();
    test_spaces_in_urls();
    test_rows_bound();
    test_lists_bound();
    test_numbers_allowed();
    test_commands();
    test_details();
    test_all_details();
    test_table();
    test_known();

    unit_no_memory(read_push, NULL, "a push");
    unit_no_memory(read_flaws, NULL, "a push with flaws");

    return unit_end();
}


static void
test_rows(const char *name, const row_t *rows, size_t n)
{
    size_t    i;
    pa_str_t  got, want;

    for (i = 0; i < n; i++) {
        got = result(rows[i].endpoint, rows[i].body);
        want = wanted(rows[i].body, rows[i].want);

        unit_text(&got, &want, "%s: %s %s", name,
                  (char *) pa_endpoints[rows[i].endpoint].name.data,
                  rows[i].body);
        unit_reset();
    }
}


static void
test_values(const char *name, const place_t *places, size_t nplaces,
    const value_t *values, size_t nvalues)
{
    size_t          i, j;
    pa_str_t        got, want, body, flaw;
    const place_t  *place;

    for (i = 0; i < nplaces; i++) {
        for (j = 0; j < nvalues; j++) {
            place = &places[i];

            body = unit_sprintf(place->body, values[j].value);
            flaw = unit_sprintf("%s %s", place->pointer,
                                values[j].code ? values[j].code : "");

            got = result(place->endpoint, (char *) body.data);
            want = wanted((char *) body.data,
                          values[j].code ? (char *) flaw.data : NULL);

            unit_text(&got, &want, "%s %s%s: %s", name,
                      (char *) pa_endpoints[place->endpoint].name.data,
                      place->pointer,
                      unit_show(&(pa_str_t) {
                                    (const uint8_t *) values[j].value,
                                    strlen(values[j].value) }));
            unit_reset();
        }
    }
}


/* as many characters as a text may have, and one more, of each kind */

static void
test_texts(void)
{
    size_t    i, j;
    pa_str_t  body, got, want, text;

    static const struct {
        pa_endpoint_e   endpoint;
        const char     *body;
        const char     *pointer;
        size_t          bound;
    } rows[] = {

#define PUSH      "{\"application\":1,\"group_id\":\"g\","
#define PUSH_ROW  "{\"application\":1,\"data\":[{\"number\":12345,"
#define TEMPLATE  "{\"name\":\"n\",\"message_type\":1,\"category\":1,"

        { PA_ENDPOINT_PUSH, "{\"application\":1,\"group_id\":\"%s\"}",
          "/group_id", 128 },
        { PA_ENDPOINT_PUSH, PUSH "\"globalmessage\":\"%s\"}",
          "/globalmessage", 4096 },
        { PA_ENDPOINT_PUSH, PUSH "\"media_name\":\"%s\"}", "/media_name", 64 },
        { PA_ENDPOINT_PUSH, PUSH "\"template_id\":\"%s\"}", "/template_id",
          64 },
        { PA_ENDPOINT_PUSH, PUSH "\"language\":\"%s\"}", "/language", 16 },
        { PA_ENDPOINT_PUSH, PUSH_ROW "\"message\":\"%s\"}]}",
          "/data/0/message", 4096 },
        { PA_ENDPOINT_PUSH, PUSH_ROW "\"language\":\"%s\"}]}",
          "/data/0/language", 16 },
        { PA_ENDPOINT_PUSH, PUSH_ROW "\"reference_number\":\"%s\"}]}",
          "/data/0/reference_number", 128 },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          TEMPLATE "\"messages\":[{\"message\":\"%s\",\"language\":\"\"}]}",
          "/messages/0/message", 1024 },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          TEMPLATE "\"messages\":[{\"message\":\"\",\"language\":\"%s\"}]}",
          "/messages/0/language", 16 },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          TEMPLATE "\"messages\":[{\"message\":\"\",\"language\":\"\","
          "\"header\":\"%s\"}]}", "/messages/0/header", 60 },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          TEMPLATE "\"messages\":[{\"message\":\"\",\"language\":\"\","
          "\"footer\":\"%s\"}]}", "/messages/0/footer", 60 },
        { PA_ENDPOINT_TEMPLATE_STATUS, "{\"template_id\":\"%s\"}",
          "/template_id", 64 },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"about\":\"%s\"}", "/about", 139 },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"address\":\"%s\"}", "/address",
          256 },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"description\":\"%s\"}",
          "/description", 256 },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"email\":\"%s\"}", "/email", 250 },
        { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, "{\"group_subject\":\"%s\"}",
          "/group_subject", 100 },
        { PA_ENDPOINT_GROUP_DETAILS, "{\"group_id\":\"%s\"}", "/group_id",
          128 },
        { PA_ENDPOINT_GENERATE_INVITE_LINK, "{\"group_id\":\"%s\"}",
          "/group_id", 128 },
        { PA_ENDPOINT_UPDATE_GROUP_INFO, "{\"group_id\":\"%s\"}",
          "/group_id", 128 },
        { PA_ENDPOINT_UPDATE_GROUP_INFO,
          "{\"group_id\":\"\",\"group_subject\":\"%s\"}", "/group_subject",
          100 },
        { PA_ENDPOINT_ADD_GROUP_ADMIN,
          "{\"number\":[12345],\"group_id\":\"%s\"}", "/group_id", 128 },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
          "{\"number\":[12345],\"group_id\":\"%s\"}", "/group_id", 128 },
        { PA_ENDPOINT_DELETE_GROUP_ACTION,
          "{\"action\":1,\"group_id\":\"%s\"}", "/group_id", 128 }
    };

    /* however a character is written, it is one */

    static const char  *characters[] = {
        "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x91", "\\n",
        "\\u0061", "\\ud83d\\udd11", "\\ud83d", "\\u0000"
    };

    static const value_t  types[] = {
        { "1", "type" }, { "null", "type" }, { "[\"a\"]", "type" },
        { "{}", "type" }, { "true", "type" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        body = unit_sprintf(rows[i].body, "");
        got = result(rows[i].endpoint, (char *) body.data);
        want = wanted((char *) body.data, NULL);

        unit_text(&got, &want, "%s%s is empty",
                  (char *) pa_endpoints[rows[i].endpoint].name.data,
                  rows[i].pointer);
        unit_reset();

        for (j = 0; j < unit_nelts(characters); j++) {

            text = times(characters[j], rows[i].bound);
            body = unit_sprintf(rows[i].body, (char *) text.data);
            got = result(rows[i].endpoint, (char *) body.data);
            want = wanted((char *) body.data, NULL);

            unit_text(&got, &want, "%s%s: %zu times %s",
                      (char *) pa_endpoints[rows[i].endpoint].name.data,
                      rows[i].pointer, rows[i].bound, characters[j]);

            text = times(characters[j], rows[i].bound + 1);
            body = unit_sprintf(rows[i].body, (char *) text.data);
            got = result(rows[i].endpoint, (char *) body.data);
            want = unit_sprintf("invalid_request \"%s\" too_long",
                                rows[i].pointer);

            unit_text(&got, &want, "%s%s: one more %s",
                      (char *) pa_endpoints[rows[i].endpoint].name.data,
                      rows[i].pointer, characters[j]);
            unit_reset();
        }

        for (j = 0; j < unit_nelts(types); j++) {

            body = unquoted(rows[i].body, types[j].value);
            got = result(rows[i].endpoint, (char *) body.data);
            want = unit_sprintf("invalid_request \"%s\" type",
                                rows[i].pointer);

            unit_text(&got, &want, "%s%s: %s",
                      (char *) pa_endpoints[rows[i].endpoint].name.data,
                      rows[i].pointer, types[j].value);
            unit_reset();
        }
    }
}


/* 2048 bytes of UTF-8, however they are written */

static void
test_urls(void)
{
    size_t    i, n;
    pa_str_t  body, got, want, text;

    static const char  head[] = "http://h/";

    static const struct {
        const char  *character;
        size_t       bytes;
    } rows[] = {
        { "a", 1 }, { "\\u0061", 1 }, { "\\/", 1 }, { "\xc3\xa4", 2 },
        { "\\u00e4", 2 }, { "\xe2\x82\xac", 3 }, { "\xf0\x9f\x94\x91", 4 },
        { "\\ud83d\\udd11", 4 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        n = (2048 - (sizeof(head) - 1)) / rows[i].bytes;

        text = times(rows[i].character, n);
        body = unit_sprintf("{\"profile_pic\":\"%s%s\"}", head,
                            (char *) text.data);
        got = result(PA_ENDPOINT_UPDATE_PROFILE, (char *) body.data);
        want = wanted((char *) body.data, NULL);

        unit_text(&got, &want, "an URL of 2048 bytes: %s", rows[i].character);

        text = times(rows[i].character, n + 1);
        body = unit_sprintf("{\"profile_pic\":\"%s%s\"}", head,
                            (char *) text.data);
        got = result(PA_ENDPOINT_UPDATE_PROFILE, (char *) body.data);

        unit_text(&got, &S("invalid_request \"/profile_pic\" too_long"),
                  "a longer one: %s", rows[i].character);
        unit_reset();
    }
}


/* Unicode's white space and controls, and all else up to there; not quotes */

static void
test_spaces_in_urls(void)
{
    size_t    i;
    uint32_t  ch;
    pa_str_t  body, got, want;

    static const struct {
        uint32_t  first, last;
    } rows[] = {
        { 0x00, 0x20 }, { 0x7f, 0xa0 }, { 0x1680, 0x1680 },
        { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f },
        { 0x205f, 0x205f }, { 0x3000, 0x3000 }
    };

    i = 0;

    for (ch = 0; ch < 0x3100; ch++) {

        if (ch > rows[i].last && i < unit_nelts(rows) - 1) {
            i++;
        }

        body = unit_sprintf("{\"profile_pic\":\"http://h/\\u%04x\"}",
                            (unsigned) ch);
        got = result(PA_ENDPOINT_UPDATE_PROFILE, (char *) body.data);

        if (ch >= rows[i].first && ch <= rows[i].last) {
            want = S("invalid_request \"/profile_pic\" invalid_url");

        } else {
            want = wanted((char *) body.data, NULL);
        }

        if (got.len != want.len || memcmp(got.data, want.data, got.len) != 0) {
            unit_text(&got, &want, "U+%04X in an URL", (unsigned) ch);
        }

        unit_reset();
    }

    unit_ok(1, "characters in URLs");
}


static void
test_rows_bound(void)
{
    size_t    i, n;
    pa_str_t  body, got, want, list;

    static const struct {
        pa_endpoint_e   endpoint;
        const char     *body;
        const char     *row;
        const char     *pointer;
        size_t          bound;
    } rows[] = {
        { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[%s]}",
          "{\"number\":12345},", "/data", 500 },
        { PA_ENDPOINT_TEMPLATE_REQUEST, TEMPLATE "\"messages\":[%s]}",
          "{\"message\":\"\",\"language\":\"\"},", "/messages", 100 },
        { PA_ENDPOINT_ADD_GROUP_ADMIN,
          "{\"group_id\":\"g\",\"number\":[%s]}", "12345,", "/number", 100 },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
          "{\"group_id\":\"g\",\"number\":[%s]}", "12345,", "/number", 100 },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":[%s]}", "\"\",",
          "/websites", 2 }
    };

    rules.max_recipients = 500;

    for (i = 0; i < unit_nelts(rows); i++) {
        for (n = rows[i].bound - 1; n <= rows[i].bound + 1; n++) {

            list = times(rows[i].row, n);
            ((uint8_t *) list.data)[list.len - 1] = '\0';

            body = unit_sprintf(rows[i].body, (char *) list.data);
            got = result(rows[i].endpoint, (char *) body.data);
            want = n > rows[i].bound
                   ? unit_sprintf("invalid_request \"%s\" too_many",
                                  rows[i].pointer)
                   : wanted((char *) body.data, NULL);

            unit_text(&got, &want, "%s%s: %zu of %zu",
                      (char *) pa_endpoints[rows[i].endpoint].name.data,
                      rows[i].pointer, n, rows[i].bound);
            unit_reset();
        }
    }

    rules = defaults;

    got = result(PA_ENDPOINT_PUSH,
                 "{\"application\":1,\"data\":[{\"number\":12345},"
                 "{\"number\":1},{\"number\":12345},{\"number\":1},7]}");

    unit_text(&got, &S("invalid_request \"/data/1/number\" invalid_number,"
                       " \"/data\" too_many"),
              "rows beyond max_recipients are not judged");
    unit_reset();

    got = result(PA_ENDPOINT_UPDATE_PROFILE,
                 "{\"websites\":[\"x\",\"\",\"y\",0]}");

    unit_text(&got, &S("invalid_request \"/websites/0\" invalid_url,"
                       " \"/websites\" too_many"),
              "nor are elements beyond the last");
    unit_reset();
}


/* a list may be as long as the body, and so may what is in it */

static void
test_lists_bound(void)
{
    pa_str_t  body, got, want, list;

    list = times("\"0123456789\",", 10000);
    body = unit_sprintf("{\"application\":1,\"group_id\":\"g\","
                        "\"template_globalmessage\":[%s0]}",
                        (char *) list.data);

    got = result(PA_ENDPOINT_PUSH, (char *) body.data);
    want = wanted((char *) body.data, NULL);

    unit_text(&got, &want, "a list of 10001 elements");
    unit_reset();

    list = times("a", 1000000);
    body = unit_sprintf("{\"application\":1,\"group_id\":\"g\","
                        "\"template_globalmessage\":[\"%s\"],"
                        "\"globalmedia_code\":\"%s\"}",
                        (char *) list.data, (char *) list.data);

    got = result(PA_ENDPOINT_PUSH, (char *) body.data);
    want = wanted((char *) body.data, NULL);

    unit_text(&got, &want, "long strings");
    unit_reset();

    list = times("null,", 30);
    body = unit_sprintf("{\"application\":1,\"group_id\":\"g\","
                        "\"template_globalmessage\":[%s0]}",
                        (char *) list.data);
    got = result(PA_ENDPOINT_PUSH, (char *) body.data);

    unit_int((int64_t) count(&got, "type"), 20, "twenty flaws of a list");
    unit_reset();
}


static void
test_numbers_allowed(void)
{
    size_t    i;
    pa_str_t  body, got, want;

    static const pa_str_t  prefixes[] = { T("49"), T("4179"), T("1"),
                                          T("215501") };

    static const struct {
        const char  *number;
        int          allowed;
    } rows[] = {
        { "\"4915550100\"", 1 },
        { "4915550100", 1 },
        { "\"\\u0034915550100\"", 1 },
        { "\"417955501\"", 1 },
        { "\"12345\"", 1 },
        { "\"4815550100\"", 0 },
        { "4815550100", 0 },
        { "\"417855501\"", 0 },
        { "\"41795\"", 1 },
        { "\"41785\"", 0 },
        { "\"94915550100\"", 0 },
        { "\"21234\"", 0 },

        /* one that is too short to begin like that */
        { "\"21550\"", 0 },
        { "21550", 0 },
        { "\"215501\"", 1 },
        { "2155012", 1 }
    };

    static const place_t  places[] = {
        { PA_ENDPOINT_PUSH,
          "{\"application\":1,\"data\":[{\"number\":\"12345\"},"
          "{\"number\":%s}]}", "/data/1/number" },
        { PA_ENDPOINT_ADD_GROUP_ADMIN,
          "{\"group_id\":\"999\",\"number\":[%s]}", "/number/0" },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
          "{\"group_id\":\"999\",\"number\":[12345,%s]}", "/number/1" }
    };

    rules.number_allow = prefixes;
    rules.nnumber_allow = unit_nelts(prefixes);

    for (i = 0; i < unit_nelts(rows) * unit_nelts(places); i++) {

        const place_t  *place = &places[i % unit_nelts(places)];

        body = unit_sprintf(place->body,
                            rows[i / unit_nelts(places)].number);
        got = result(place->endpoint, (char *) body.data);
        want = rows[i / unit_nelts(places)].allowed
               ? wanted((char *) body.data, NULL)
               : unit_sprintf("invalid_request \"%s\" number_not_allowed",
                              place->pointer);

        unit_text(&got, &want, "number_allow, %s: %s", place->pointer,
                  rows[i / unit_nelts(places)].number);
        unit_reset();
    }

    got = result(PA_ENDPOINT_PUSH,
                 "{\"application\":1,\"data\":[{\"number\":\"+49\"},"
                 "{\"messenger_id\":\"999999\"}],\"group_id\":\"999\"}");

    unit_text(&got, &S("invalid_request \"/data/0/number\" invalid_number"),
              "what is no number is not judged, and groups have none");
    unit_reset();

    rules = defaults;
}


/* any of those that are configured, in whichever place, and no other */

static void
test_commands(void)
{
    size_t    i, n;
    pa_str_t  body, got, want;

    static const pa_str_t  several[] = {
        T("restart"), T("a"), T("pause-call-queue"), T("a\"b\\c/d"), T("reset")
    };

    static const char  *written[] = {
        "restart", "a", "pause-call-queue", "a\\\"b\\\\c\\/d", "r\\u0065set"
    };

    rules.commands = several;

    for (n = 0; n <= unit_nelts(several); n++) {

        rules.ncommands = n;

        for (i = 0; i < unit_nelts(several); i++) {
            body = unit_sprintf("{\"command\":\"%s\"}", written[i]);
            got = result(PA_ENDPOINT_DEVICE_ACTION, (char *) body.data);
            want = wanted((char *) body.data,
                          i < n ? NULL : "/command command_not_allowed");

            unit_text(&got, &want, "%zu commands allowed: %s", n, written[i]);
            unit_reset();
        }
    }

    rules = defaults;
}


/* what clients read beside the code */

static void
test_details(void)
{
    size_t          i;
    pa_str_t        got, body;
    pa_problem_t    problem;
    pa_request_t    request;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *body;
        const char    *detail;
    } rows[] = {
        { PA_ENDPOINT_PUSH, "{\"application\":\"q\"}",
          "must be the digits of an integer, without leading zeros" },
        { PA_ENDPOINT_PUSH, "{\"application\":null}",
          "must be an integer, or its digits as a string" },
        { PA_ENDPOINT_PUSH, "{\"application\":0}",
          "must be from 1 to 999999999999999" },
        { PA_ENDPOINT_PUSH, "{\"action\":-7}",
          "must be from 0 to 999999999999999" },
        { PA_ENDPOINT_PUSH, "{\"priority\":7}", "must be 0 or 1" },
        { PA_ENDPOINT_PUSH, "{\"priority\":\"q\"}", "must be 0 or 1" },
        { PA_ENDPOINT_PUSH, "{\"language\":\"qqqqqqqqqqqqqqqqq\"}",
          "must have at most 16 characters" },
        { PA_ENDPOINT_PUSH, "{\"language\":7}", "must be a string" },
        { PA_ENDPOINT_PUSH, "{\"globalmedia\":\"q\"}",
          "must be empty or an http or https URL, without user name or white "
          "space" },
        { PA_ENDPOINT_PUSH, "{\"template_globalmessage\":7}",
          "must be an array" },
        { PA_ENDPOINT_PUSH, "{\"template_globalmessage\":[null]}",
          "must be a string or a number" },
        { PA_ENDPOINT_PUSH, "{\"data\":7}", "must be an array of objects" },
        { PA_ENDPOINT_PUSH, "{\"data\":[7]}", "must be an object" },
        { PA_ENDPOINT_PUSH, "{\"data\":[{\"number\":7}]}",
          "must be 5 to 15 digits: country code and number, without + and "
          "leading zeros" },
        { PA_ENDPOINT_PUSH, "{\"data\":[{\"number\":null}]}",
          "must be the digits of a phone number, as a string or an integer" },
        { PA_ENDPOINT_PUSH, "{\"data\":[{\"messenger_id\":\"q\"}]}",
          "must be 1 to 20 digits" },
        { PA_ENDPOINT_PUSH, "{\"application\":1,\"data\":[]}",
          "must have an element" },
        { PA_ENDPOINT_PUSH, "{\"data\":[{\"messenger_id\":\"7\"},"
          "{\"messenger_id\":\"7\"},{\"messenger_id\":\"7\"},7]}",
          "must have at most 3 elements" },
        { PA_ENDPOINT_PUSH, "{\"token\":\"q\"}",
          "must not be sent; the gateway adds the token" },
        { PA_ENDPOINT_GET_PROJECTS, "{\"token\":\"q\"}",
          "must not be sent; the gateway adds the master token" },
        { PA_ENDPOINT_DEVICE_ACTION, "{\"command\":\"q\"}",
          "is not a command that the gateway allows" },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION, "{\"pin\":\"q\"}",
          "must be six digits" },
        { PA_ENDPOINT_TEMPLATE_REQUEST, "{\"name\":\"Q\"}",
          "must be one or more of a-z, 0-9 and _" },
        { PA_ENDPOINT_UPDATE_PROFILE, "{\"websites\":[\"\",\"\",\"q\"]}",
          "must have at most 2 elements" },
        { PA_ENDPOINT_ADD_GROUP_ADMIN, "{\"number\":[]}",
          "must have an element" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&problem, 0, sizeof(pa_problem_t));

        rules.endpoint = rows[i].endpoint;
        body = unit_sprintf("%s", rows[i].body);

        (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

        got = unit_sprintf("%s", problem.nflaws ? problem.flaws[0].detail
                                                : "no flaw");

        unit_text(&got, &(pa_str_t) { (const uint8_t *) rows[i].detail,
                                      strlen(rows[i].detail) },
                  "detail: %s", rows[i].body);
        unit_reset();
    }

    /* bytes and not characters, since a URL is measured in them */

    memset(&problem, 0, sizeof(pa_problem_t));

    rules.endpoint = PA_ENDPOINT_UPDATE_PROFILE;
    got = times("q", 2049);
    body = unit_sprintf("{\"profile_pic\":\"%s\"}", (char *) got.data);

    (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

    got = unit_sprintf("%s", problem.nflaws ? problem.flaws[0].detail : "");

    unit_text(&got, &S("must have at most 2048 bytes"),
              "detail: a long URL");
    unit_reset();

    memset(&problem, 0, sizeof(pa_problem_t));

    rules.endpoint = PA_ENDPOINT_PUSH;
    rules.number_allow = &S("49");
    rules.nnumber_allow = 1;
    body = S("{\"data\":[{\"number\":77777}]}");

    (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

    got = unit_sprintf("%s", problem.nflaws ? problem.flaws[0].detail : "");

    unit_text(&got, &S("does not begin with a prefix that the gateway allows"),
              "detail: a number that is not allowed");
    unit_reset();

    memset(&problem, 0, sizeof(pa_problem_t));

    rules = defaults;
    rules.endpoint = PA_ENDPOINT_PUSH;
    rules.pass_unknown = 0;
    body = S("{\"qqq\":1}");

    (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

    got = unit_sprintf("%s", problem.nflaws ? problem.flaws[0].detail : "");

    unit_text(&got, &S("is not a member of this request"),
              "detail: an unknown member");
    unit_reset();

    rules = defaults;
}


/* each flaw has a detail of its own, those with a bound too */

static void
test_all_details(void)
{
    size_t            i;
    pa_buf_t          b;
    pa_str_t          body, got;
    pa_problem_t      problem;
    pa_request_t      request;
    const pa_flaw_t  *flaw;

    static const char  want[] =
        "/language too_long must have at most 16 characters\n"
        "/data/0/message too_long must have at most 4096 characters\n"
        "/data/0/number required is required\n"
        "/data/1 type must be an object\n"
        "/data/2/number invalid_number must be 5 to 15 digits: country code and"
        " number, without + and leading zeros\n"
        "/data/2/language too_long must have at most 16 characters\n"
        "/data/2/language duplicate_member must not occur twice\n"
        "/data too_many must have at most 3 elements\n"
        "/media_name too_long must have at most 64 characters\n"
        "/priority range must be 0 or 1\n"
        "/application required is required\n";

    memset(&problem, 0, sizeof(pa_problem_t));

    rules.endpoint = PA_ENDPOINT_PUSH;
    got = times("q", 4097);
    body = unit_sprintf("{\"language\":\"%.17s\",\"data\":["
                        "{\"message\":\"%s\"},5,"
                        "{\"number\":0,\"language\":\"%.17s\","
                        "\"language\":\"%.17s\"},{}],"
                        "\"media_name\":\"%.65s\",\"priority\":2}",
                        (char *) got.data, (char *) got.data,
                        (char *) got.data, (char *) got.data,
                        (char *) got.data);

    (void) pa_request_read(&unit_pool, &rules, &body, &request, &problem);

    pa_buf_init(&b, &unit_pool, 1024);

    for (i = 0; i < problem.nflaws; i++) {
        flaw = &problem.flaws[i];
        got = unit_sprintf("%.*s %s %s\n", (int) flaw->pointer.len,
                           (char *) flaw->pointer.data, flaw->code,
                           flaw->detail);
        pa_buf_bytes(&b, got.data, got.len);
    }

    (void) pa_buf_text(&b, &got);

    unit_text(&got, &S(want), "each flaw with its detail");
    unit_reset();
}


/* the table itself: what the reader takes for granted */

static void
test_table(void)
{
    size_t               i, j, k, known;
    const pa_member_t   *member;
    const pa_members_t  *lists[2];

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        lists[0] = &pa_members[i];
        lists[1] = NULL;

        for (k = 0; k < 2 && lists[k] != NULL; k++) {

            unit_ok(lists[k]->n <= PA_MEMBERS_MAX, "members of %s",
                    (char *) pa_endpoints[i].name.data);

            for (j = 0; j < lists[k]->n; j++) {
                member = &lists[k]->list[j];

                unit_ok(!unit_str_is(&member->name, "token"),
                        "%s is not token", (char *) member->name.data);

                if (member->rows != NULL) {
                    lists[1] = member->rows;
                }

                if (member->other.len == 0) {
                    continue;
                }

                for (known = 0; known < lists[k]->n; known++) {
                    if (pa_str_equal(&member->other,
                                     &lists[k]->list[known].name))
                    {
                        break;
                    }
                }

                unit_ok(known < lists[k]->n, "%s has %s beside it",
                        (char *) member->name.data,
                        (char *) member->other.data);
            }
        }
    }
}


/*
 * Where unknown members are refused, these and no others are known.  What
 * else is wrong with them does not count.
 */

static void
test_known(void)
{
    size_t       i, n, len;
    pa_str_t     body, got;
    const char  *p;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *path;
        pa_token_e     token;
        const char    *body;
        const char    *pointer;
        const char    *names;
    } rows[] = {
        { PA_ENDPOINT_CREATE_API_TOKEN, "pm/create-api-token",
          PA_TOKEN_ACCOUNT, "{\"%.*s\":{}}", "/", "project_id ip_whitelist" },
        { PA_ENDPOINT_CREATE_PROJECT, "pm/create-project",
          PA_TOKEN_ACCOUNT, "{\"%.*s\":{}}", "/", "" },
        { PA_ENDPOINT_GET_PROJECTS, "pm/get-projects",
          PA_TOKEN_ACCOUNT, "{\"%.*s\":{}}", "/", "" },
        { PA_ENDPOINT_MANAGE_API_TOKEN, "pm/manage-api-token",
          PA_TOKEN_ACCOUNT, "{\"%.*s\":{}}", "/", "" },
        { PA_ENDPOINT_CHANGE_BILLING, "pm/change-billing",
          PA_TOKEN_ACCOUNT, "{\"%.*s\":{}}", "/", "" },
        { PA_ENDPOINT_PUSH, "push", PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/",
          "application data group_id globalmessage globalmedia "
          "globalmedia_code media_name priority template_id "
          "template_globalmessage template_header language "
          "interactive_globalbuttons interactive_type location contact "
          "createcontact quoted voice sticker action type" },
        { PA_ENDPOINT_PUSH, "push", PA_TOKEN_PROJECT,
          "{\"data\":[{\"%.*s\":{}}]}", "/data/0/",
          "number messenger_id message media media_code template_message "
          "template_header language reference_number quoted" },
        { PA_ENDPOINT_DELIVERY_REPORT, "delivery-report",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "push_id" },
        { PA_ENDPOINT_CHECK_BALANCE, "check-balance",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "" },
        { PA_ENDPOINT_DEVICE_STATUS, "device-status",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "application" },
        { PA_ENDPOINT_DEVICE_ACTION, "device-action",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "command application" },
        { PA_ENDPOINT_TEMPLATE_REQUEST, "template-request",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/",
          "name message_type category messages application" },
        { PA_ENDPOINT_TEMPLATE_REQUEST, "template-request",
          PA_TOKEN_PROJECT, "{\"messages\":[{\"%.*s\":{}}]}", "/messages/0/",
          "message language header footer" },
        { PA_ENDPOINT_TEMPLATE_STATUS, "template-status",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "template_id" },
        { PA_ENDPOINT_UPDATE_PROFILE, "update-profile",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/",
          "about address description email industry websites profile_pic "
          "application" },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION, "two-step-verification",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "action pin application" },
        { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, "create-whatsapp-group",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/",
          "group_subject group_icon" },
        { PA_ENDPOINT_GROUP_DETAILS, "group-details",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "group_id" },
        { PA_ENDPOINT_GENERATE_INVITE_LINK, "generate-invite-link",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "group_id" },
        { PA_ENDPOINT_UPDATE_GROUP_INFO, "update-group-info",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/",
          "group_id group_subject group_icon" },
        { PA_ENDPOINT_ADD_GROUP_ADMIN, "add-group-admin",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "group_id number type" },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS, "remove-group-members",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "group_id number type" },
        { PA_ENDPOINT_DELETE_GROUP_ACTION, "delete-group-action",
          PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "group_id action" },
        { PA_ENDPOINT_CUSTOM, "", PA_TOKEN_PROJECT, "{\"%.*s\":{}}", "/", "" }
    };

    rules.pass_unknown = 0;

    for (i = 0; i < unit_nelts(rows); i++) {

        n = 0;

        for (p = rows[i].names; *p != '\0'; p += len + (p[len] == ' ')) {
            len = strcspn(p, " ");

            body = unit_sprintf(rows[i].body, (int) len, p);
            got = result(rows[i].endpoint, (char *) body.data);

            unit_int((int64_t) count(&got, "unknown_member"), 0,
                     "%s knows %s%.*s",
                     (char *) pa_endpoints[rows[i].endpoint].name.data,
                     rows[i].pointer, (int) len, p);
            unit_reset();
            n++;
        }

        /* rows of others are the endpoint's own */

        if (strcmp(rows[i].pointer, "/") == 0) {
            unit_int((int64_t) pa_members[rows[i].endpoint].n, (int64_t) n,
                     "and no other ones");
        }

        body = unit_sprintf(rows[i].body, 5, "other");
        got = result(rows[i].endpoint, (char *) body.data);

        unit_int((int64_t) count(&got, "unknown_member"),
                 rows[i].endpoint != PA_ENDPOINT_CUSTOM,
                 "%s does not know %sother",
                 (char *) pa_endpoints[rows[i].endpoint].name.data,
                 rows[i].pointer);

        got = unit_sprintf("%s %d",
                           (char *) pa_endpoints[rows[i].endpoint].path.data,
                           (int) pa_endpoints[rows[i].endpoint].token);
        body = unit_sprintf("%s %d", rows[i].path, (int) rows[i].token);

        unit_text(&got, &body, "its path and token");
        unit_reset();
    }

    rules = defaults;
}


static int
read_push(void *data)
{
    pa_problem_t   problem;
    pa_request_t   request;

    static const pa_str_t  body = pa_string(
        "{ \"application\" : \"\\u0038\" , \"template_id\" : \"\\u0041\", "
        "\"token\":1, \"\\u0061\":1, \"b\":2, \"c\":3, \"d\":4, \"e\":5, "
        "\"f\":6, \"g\":7, \"h\":8, \"i\":9, \"data\" : [ { \"number\" : "
        "\"\\u0031234567\" , \"x\":1, \"\\u0079\":2 } ] }");

    (void) data;

    memset(&problem, 0, sizeof(pa_problem_t));

    rules.endpoint = PA_ENDPOINT_PUSH;
    rules.strip_token = 1;

    return pa_request_read(&unit_pool, &rules, &body, &request, &problem);
}


static int
read_flaws(void *data)
{
    pa_problem_t   problem;
    pa_request_t   request;

    static const pa_str_t  body = pa_string(
        "{\"application\":0,\"language\":\"aaaaaaaaaaaaaaaaa\","
        "\"data\":[{\"number\":\"12345\",\"n\\u0075mber\":1,\"x\":1,"
        "\"x\":2},{},{},{},{}]}");

    (void) data;

    memset(&problem, 0, sizeof(pa_problem_t));

    rules = defaults;
    rules.endpoint = PA_ENDPOINT_PUSH;

    return pa_request_read(&unit_pool, &rules, &body, &request, &problem);
}


static pa_str_t
result(pa_endpoint_e endpoint, const char *text)
{
    pa_str_t  body;

    body.data = (const uint8_t *) text;
    body.len = strlen(text);

    rules.endpoint = endpoint;

    return request_result(&rules, &body);
}


/* what is sent of a compact body, or the flaws as request_result() has them */

static pa_str_t
wanted(const char *body, const char *flaws)
{
    size_t       len;
    pa_buf_t     b;
    pa_str_t     text;
    const char  *p, *space;

    if (flaws == NULL) {
        return unit_sprintf("{\"token\":\"" UNIT_TOKEN "\"%s%s",
                            strcmp(body, "{}") == 0 ? "" : ",", body + 1);
    }

    pa_buf_init(&b, &unit_pool, 256);
    pa_buf_literal(&b, "invalid_request ");

    for (p = flaws; *p != '\0'; p += len) {
        space = strchr(p, ' ');
        len = strcspn(p, ",");

        pa_buf_literal(&b, "\"");
        pa_buf_bytes(&b, p, (size_t) (space - p));
        pa_buf_literal(&b, "\"");
        pa_buf_bytes(&b, space, len - (size_t) (space - p));

        if (p[len] == ',') {
            pa_buf_literal(&b, ", ");
            len += 2;
        }
    }

    (void) pa_buf_text(&b, &text);

    return text;
}


/* the body with a value in place of "%s", the quotes included */

static pa_str_t
unquoted(const char *body, const char *value)
{
    const char  *place;

    place = strstr(body, "\"%s\"");

    return unit_sprintf("%.*s%s%s", (int) (place - body), body, value,
                        place + 4);
}


static pa_str_t
times(const char *text, size_t n)
{
    pa_buf_t  b;
    pa_str_t  all;

    pa_buf_init(&b, &unit_pool, n * strlen(text) + 1);

    while (n-- > 0) {
        pa_buf_bytes(&b, text, strlen(text));
    }

    pa_buf_bytes(&b, "", 1);
    (void) pa_buf_text(&b, &all);
    all.len--;

    return all;
}


static size_t
count(const pa_str_t *text, const char *part)
{
    size_t  i, n, len;

    n = 0;
    len = strlen(part);

    for (i = 0; i + len <= text->len; i++) {
        n += memcmp(text->data + i, part, len) == 0;
    }

    return n;
}
