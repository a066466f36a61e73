
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "request_judge.h"


/*
 * The members of an endpoint: "name rule" with commas between them.  A rule is
 * a word and perhaps a number; "+" behind it: required.
 *
 * Each endpoint of the catalogue has a line here, or this does not compile.
 */

#define GROUP  "group_id text128+"

#define SPEC_CREATE_API_TOKEN  NULL
#define SPEC_CREATE_PROJECT    ""
#define SPEC_GET_PROJECTS      ""
#define SPEC_MANAGE_API_TOKEN  ""
#define SPEC_CHANGE_BILLING    ""
#define SPEC_PUSH                                                             \
    "application id+,data push,group_id text128,globalmessage text4096,"      \
    "globalmedia url,priority flag,template_id text64,"                       \
    "template_globalmessage list,language text16,media_name text64,"          \
    "voice flag,sticker flag,createcontact flag,action id0,type id,"          \
    "globalmedia_code any,template_header any,interactive_globalbuttons any," \
    "interactive_type any,location any,contact any,quoted any"
#define SPEC_DELIVERY_REPORT   "push_id id+"
#define SPEC_CHECK_BALANCE     ""
#define SPEC_DEVICE_STATUS     "application id"
#define SPEC_DEVICE_ACTION     "command command+,application id"
#define SPEC_TEMPLATE_REQUEST                                                 \
    "name name+,message_type id+,category id+,messages template+,"            \
    "application id"
#define SPEC_TEMPLATE_STATUS   "template_id text64"
#define SPEC_UPDATE_PROFILE                                                   \
    "about text139,address text256,description text256,email text250,"        \
    "industry id,websites urls2,profile_pic url,application id"
#define SPEC_TWO_STEP_VERIFICATION  "action flag+,pin digits6,application id"
#define SPEC_CREATE_WHATSAPP_GROUP  "group_subject text100+,group_icon url"
#define SPEC_GROUP_DETAILS          GROUP
#define SPEC_GENERATE_INVITE_LINK   GROUP
#define SPEC_UPDATE_GROUP_INFO                                                \
    GROUP ",group_subject text100,group_icon url"
#define SPEC_ADD_GROUP_ADMIN        GROUP ",number phones+,type id"
#define SPEC_REMOVE_GROUP_MEMBERS   GROUP ",number phones+,type id"
#define SPEC_DELETE_GROUP_ACTION    GROUP ",action id+"
#define SPEC_CUSTOM                 ""

#define SPEC(name, text, path, token)  SPEC_##name,

static const char  *specs[PA_ENDPOINT_COUNT] = { PA_ENDPOINTS(SPEC) };

static const char  push_row[] =
    "number phone,messenger_id digits,message text4096,media url,"
    "template_message list,language text16,reference_number text128,"
    "media_code any,template_header any,quoted any";

static const char  template_row[] =
    "message text1024+,language text16+,header text60,footer text60";


static int judge_object(const pa_request_rules_t *rules, const char *spec,
    json_t *object, int top);
static int judge_value(const pa_request_rules_t *rules, const char *rule,
    json_t *value);
static int judge_rows(const pa_request_rules_t *rules, const char *spec,
    json_t *rows, size_t min, size_t max);
static int judge_integer(json_t *value, json_int_t min);
static int judge_digits(json_t *value, size_t min, size_t max);
static int judge_phone(const pa_request_rules_t *rules, json_t *value);
static int judge_text(json_t *value, size_t max);
static int judge_url(json_t *value);
static int judge_url_space(const uint8_t *p, size_t len);
static const char *find_spec(const char *spec, const char *name, size_t *len);
static const uint8_t *skip_value(const uint8_t *p, const uint8_t *last);
static int is_space(uint8_t c);


int
judge_is_unsure(const pa_str_t *body)
{
    size_t  i;

    for (i = 0; i + 1 < body->len; i++) {
        if (body->data[i] == '-' && body->data[i + 1] == '0') {
            return 1;
        }
    }

    return 0;
}


int
judge_request(const pa_request_rules_t *rules, json_t *document)
{
    json_t      *data, *action;
    const char  *spec;

    spec = specs[rules->endpoint];
    fuzz_check(spec != NULL);

    if (!judge_object(rules, spec, document, 1)) {
        return 0;
    }

    if (rules->endpoint == PA_ENDPOINT_PUSH
        && json_object_get(document, "group_id") == NULL)
    {
        data = json_object_get(document, "data");
        return data != NULL && json_array_size(data) > 0;
    }

    if (rules->endpoint == PA_ENDPOINT_TWO_STEP_VERIFICATION
        && json_object_get(document, "pin") == NULL)
    {
        action = json_object_get(document, "action");
        return json_is_string(action)
               ? strcmp(json_string_value(action), "1") == 0
               : json_integer_value(action) == 1;
    }

    return 1;
}


static int
judge_object(const pa_request_rules_t *rules, const char *spec,
    json_t *object, int top)
{
    char         rule[32], name[64];
    json_t      *member;
    size_t       len;
    const char  *key, *p;

    if (!json_is_object(object)) {
        return 0;
    }

    json_object_foreach(object, key, member) {

        if (top && strcmp(key, "token") == 0) {

            if (!rules->strip_token) {
                return 0;
            }

            continue;
        }

        p = find_spec(spec, key, &len);

        if (p == NULL) {

            if (!rules->pass_unknown
                && rules->endpoint != PA_ENDPOINT_CUSTOM)
            {
                return 0;
            }

            continue;
        }

        snprintf(rule, sizeof(rule), "%.*s", (int) len, p);

        if (!judge_value(rules, rule, member)) {
            return 0;
        }
    }

    for (p = spec; *p != '\0'; p += *p == ',') {

        len = strcspn(p, ",");

        if (p[len - 1] == '+') {
            snprintf(name, sizeof(name), "%.*s", (int) strcspn(p, " "), p);

            if (json_object_get(object, name) == NULL) {
                return 0;
            }
        }

        p += len;
    }

    return 1;
}


static int
judge_value(const pa_request_rules_t *rules, const char *rule, json_t *value)
{
    char         word[32];
    size_t       n, i;
    json_t      *element;
    const char  *s;

    n = strcspn(rule, "0123456789+");
    snprintf(word, sizeof(word), "%.*s", (int) n, rule);
    n = (size_t) strtoul(rule + n, NULL, 10);

    if (strcmp(word, "any") == 0) {
        return 1;
    }

    if (strcmp(word, "id") == 0) {
        return judge_integer(value, rule[2] == '0' ? 0 : 1);
    }

    if (strcmp(word, "flag") == 0) {

        if (json_is_string(value)) {
            return judge_digits(value, 1, 1)
                   && json_string_value(value)[0] <= '1';
        }

        return json_is_integer(value) && json_integer_value(value) >= 0
               && json_integer_value(value) <= 1;
    }

    if (strcmp(word, "text") == 0) {
        return judge_text(value, n);
    }

    if (strcmp(word, "url") == 0) {
        return judge_url(value);
    }

    if (strcmp(word, "digits") == 0) {
        return judge_digits(value, n ? n : 1, n ? n : 20);
    }

    if (strcmp(word, "phone") == 0) {
        return judge_phone(rules, value);
    }

    if (strcmp(word, "command") == 0) {

        for (i = 0; json_is_string(value) && i < rules->ncommands; i++) {
            if (json_string_length(value) == rules->commands[i].len
                && memcmp(json_string_value(value), rules->commands[i].data,
                          rules->commands[i].len) == 0)
            {
                return 1;
            }
        }

        return 0;
    }

    if (strcmp(word, "name") == 0) {
        s = json_string_value(value);
        return s != NULL && json_string_length(value) > 0
               && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")
                  == json_string_length(value);
    }

    if (strcmp(word, "push") == 0) {
        return judge_rows(rules, push_row, value, 0, rules->max_recipients);
    }

    if (strcmp(word, "template") == 0) {
        return judge_rows(rules, template_row, value, 1, 100);
    }

    /* what is left are arrays */

    if (!json_is_array(value)) {
        return 0;
    }

    if (strcmp(word, "urls") == 0 && json_array_size(value) > n) {
        return 0;
    }

    if (strcmp(word, "phones") == 0
        && (json_array_size(value) < 1 || json_array_size(value) > 100))
    {
        return 0;
    }

    json_array_foreach(value, i, element) {

        if (strcmp(word, "urls") == 0) {
            n = (size_t) judge_url(element);

        } else if (strcmp(word, "phones") == 0) {
            n = (size_t) judge_phone(rules, element);

        } else {
            fuzz_check(strcmp(word, "list") == 0);
            n = json_is_string(element) || json_is_number(element);
        }

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}


static int
judge_rows(const pa_request_rules_t *rules, const char *spec, json_t *rows,
    size_t min, size_t max)
{
    size_t   i;
    json_t  *row;

    if (!json_is_array(rows) || json_array_size(rows) < min
        || json_array_size(rows) > max)
    {
        return 0;
    }

    json_array_foreach(rows, i, row) {

        if (!judge_object(rules, spec, row, 0)) {
            return 0;
        }

        if (spec == push_row && json_object_get(row, "number") == NULL
            && json_object_get(row, "messenger_id") == NULL)
        {
            return 0;
        }
    }

    return 1;
}


static int
judge_integer(json_t *value, json_int_t min)
{
    json_int_t   n;
    const char  *s;

    if (json_is_string(value)) {

        s = json_string_value(value);

        if (!judge_digits(value, 1, 15)
            || (s[0] == '0' && json_string_length(value) > 1))
        {
            return 0;
        }

        n = strtoll(s, NULL, 10);

    } else if (json_is_integer(value)) {
        n = json_integer_value(value);

    } else {
        return 0;
    }

    return n >= min && n <= 999999999999999;
}


static int
judge_digits(json_t *value, size_t min, size_t max)
{
    size_t  len;

    len = json_string_length(value);

    return json_is_string(value) && len >= min && len <= max
           && strspn(json_string_value(value), "0123456789") == len;
}


static int
judge_phone(const pa_request_rules_t *rules, json_t *value)
{
    char    digits[32];
    size_t  i;

    if (json_is_string(value)) {

        if (!judge_digits(value, 5, 15)) {
            return 0;
        }

        strcpy(digits, json_string_value(value));

    } else if (json_is_integer(value)) {
        sprintf(digits, "%lld", (long long) json_integer_value(value));

    } else {
        return 0;
    }

    if (digits[0] == '0' || digits[0] == '-' || strlen(digits) < 5
        || strlen(digits) > 15)
    {
        return 0;
    }

    for (i = 0; i < rules->nnumber_allow; i++) {
        if (strncmp(digits, (char *) rules->number_allow[i].data,
                    rules->number_allow[i].len) == 0)
        {
            return 1;
        }
    }

    return rules->nnumber_allow == 0;
}


static int
judge_text(json_t *value, size_t max)
{
    size_t       i, n;
    const char  *s;

    s = json_string_value(value);

    for (i = 0, n = 0; i < json_string_length(value); i++) {
        n += ((uint8_t) s[i] & 0xc0) != 0x80;
    }

    return s != NULL && n <= max;
}


static int
judge_url(json_t *value)
{
    size_t       len, host, port;
    const char  *s;

    s = json_string_value(value);
    len = json_string_length(value);

    if (s == NULL || len > 2048) {
        return 0;
    }

    if (len == 0) {
        return 1;
    }

    if (judge_url_space((const uint8_t *) s, len)) {
        return 0;
    }

    if (strncasecmp(s, "http://", 7) == 0) {
        s += 7;

    } else if (strncasecmp(s, "https://", 8) == 0) {
        s += 8;

    } else {
        return 0;
    }

    len = strcspn(s, "/?#");

    if (s[0] == '[') {
        host = strspn(s + 1, "0123456789abcdefABCDEF:.");

        if (host == 0 || s[host + 1] != ']') {
            return 0;
        }

        host += 2;

    } else {
        host = strcspn(s, "/?#:@\\\"<>[]^`{|}");

        if (host == 0) {
            return 0;
        }
    }

    if (host == len) {
        return 1;
    }

    if (host > len || s[host] != ':') {
        return 0;
    }

    port = strspn(s + host + 1, "0123456789");

    if (host + 1 + port != len) {
        return 0;
    }

    while (port > 1 && s[host + 1] == '0') {
        host++;
        port--;
    }

    return port <= 5 && strtoul(s + host + 1, NULL, 10) <= 65535;
}


static int
judge_url_space(const uint8_t *p, size_t len)
{
    size_t  i, j;

    static const char  *spaces[] = {
        "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"
    };

    for (i = 0; i < len; i++) {

        if (p[i] <= ' ' || p[i] == 0x7f) {
            return 1;
        }

        /* U+0080 to U+009F, U+2000 to U+200A */

        if ((p[i] == 0xc2 && p[i + 1] < 0xa0)
            || (p[i] == 0xe2 && p[i + 1] == 0x80 && p[i + 2] <= 0x8a))
        {
            return 1;
        }

        for (j = 0; j < sizeof(spaces) / sizeof(spaces[0]); j++) {
            if (strncmp((char *) p + i, spaces[j], strlen(spaces[j])) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


/* the rule of a name */

static const char *
find_spec(const char *spec, const char *name, size_t *len)
{
    size_t  n;

    for ( /* void */ ; *spec != '\0'; spec += *spec == ',') {

        n = strcspn(spec, " ");
        *len = strcspn(spec, ",");

        if (strlen(name) == n && strncmp(spec, name, n) == 0) {
            *len -= n + 1;
            return spec + n + 1;
        }

        spec += *len;
    }

    return NULL;
}


void
judge_facts(const pa_request_rules_t *rules, const pa_request_t *request,
    json_t *document)
{
    size_t        i, len;
    char          text[32];
    json_t       *member;
    const char   *spec;

    static const char  *names[] = { "application", "template_id", "command" };

    const pa_str_t  *facts[] = {
        &request->application, &request->template_id, &request->command
    };

    if (document == NULL) {
        return;
    }

    fuzz_check(request->project_id == 0 && request->nips == 0);

    for (i = 0; i < 3; i++) {

        spec = find_spec(specs[rules->endpoint], names[i], &len);
        member = spec != NULL ? json_object_get(document, names[i]) : NULL;

        if (member == NULL) {
            fuzz_check(facts[i]->len == 0);

        } else if (json_is_string(member)) {
            fuzz_check(facts[i]->len == json_string_length(member));
            fuzz_check(memcmp(facts[i]->data, json_string_value(member),
                              facts[i]->len) == 0);

        } else {
            sprintf(text, "%lld", (long long) json_integer_value(member));
            fuzz_check(facts[i]->len == strlen(text));
            fuzz_check(memcmp(facts[i]->data, text, facts[i]->len) == 0);
        }
    }

    spec = find_spec(specs[rules->endpoint], "data", &len);

    fuzz_check(request->recipients
               == (spec ? json_array_size(json_object_get(document, "data"))
                        : 0));
}


pa_str_t
judge_forwarded(const pa_str_t *body)
{
    int             token;
    json_t         *name;
    pa_buf_t        b;
    pa_str_t        text;
    const uint8_t  *p, *last, *start, *end;

    p = body->data;
    last = p + body->len;

    pa_buf_init(&b, &fuzz_pool, body->len + 64);
    pa_buf_literal(&b, "{\"token\":\"" FUZZ_SECRET "\"");

    while (*p != '{') {
        p++;
    }

    for (p++; /* void */ ; p++) {

        while (is_space(*p)) {
            p++;
        }

        if (*p == '}') {
            break;
        }

        start = p;
        p = skip_value(p, last);

        name = json_loadb((char *) start, (size_t) (p - start),
                          JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

        token = name != NULL && json_string_length(name) == 5
                && strcmp(json_string_value(name), "token") == 0;

        json_decref(name);

        while (*p != ':') {
            p++;
        }

        for (p++; is_space(*p); p++) { /* void */ }

        p = skip_value(p, last);
        end = p;

        if (!token) {
            pa_buf_literal(&b, ",");
            pa_buf_bytes(&b, start, (size_t) (end - start));
        }

        while (is_space(*p)) {
            p++;
        }

        if (*p == '}') {
            break;
        }

        fuzz_check(*p == ',');
    }

    pa_buf_literal(&b, "}");
    fuzz_check(pa_buf_text(&b, &text) == PA_OK);

    return text;
}


/* of a body that is well-formed: to the end of a string, a number, a bracket */

static const uint8_t *
skip_value(const uint8_t *p, const uint8_t *last)
{
    int     quoted;
    size_t  depth;

    quoted = 0;
    depth = 0;

    for ( /* void */ ; p < last; p++) {

        if (quoted) {

            if (*p == '\\') {
                p++;

            } else if (*p == '"') {
                quoted = 0;

                if (depth == 0) {
                    return p + 1;
                }
            }

            continue;
        }

        switch (*p) {

        case '"':
            quoted = 1;
            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':

            if (depth == 0) {
                return p;
            }

            if (--depth == 0) {
                return p + 1;
            }

            break;

        default:

            if (depth == 0 && (*p == ',' || is_space(*p))) {
                return p;
            }
        }
    }

    return p;
}


static int
is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
