
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A client's request.  The first byte of the input chooses the rules, the
 * rest is the body.
 */


#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "request.h"


/* bits of the first byte; "@" stands for the defaults */

#define STRIP_TOKEN      0x01
#define OPTIONAL_LIST    0x02
#define POLICY           0x0c
#define POLICY_SHIFT     2
#define ALLOW_LIST       0x10
#define FEW_ADDRESSES    0x20


static void set_rules(pa_request_rules_t *rules, uint8_t choice);
static void check_malformed(const pa_str_t *body, const pa_problem_t *problem);
static void check_pointers(const pa_str_t *body, const pa_problem_t *problem);
static json_t *member_at(json_t *document, const pa_str_t *pointer);
static void check_sent(const pa_request_t *request, json_t *document,
    int stripped);
static void check_sent_list(json_t *sent, json_t *asked);
static int is_valid(const pa_request_rules_t *rules, json_t *document);
static int is_valid_list(const pa_request_rules_t *rules, json_t *list);
static int is_valid_ip(const pa_request_rules_t *rules, json_t *value,
    pa_ip_t *ip);
static json_t *element(json_t *list, size_t i);


static pa_cidr_t  allow[2];
static unsigned   allow_prefix[2];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  stripped;
    json_t              *document;
    pa_str_t             body, text;
    pa_problem_t         problem;
    pa_request_rules_t   rules;
    pa_request_t   request;

    if (size == 0) {
        return 0;
    }

    set_rules(&rules, data[0]);

    body = fuzz_copy(data + 1, size - 1);

    memset(&problem, 0, sizeof(pa_problem_t));

    fuzz_check(pa_request_read(&fuzz_pool, &rules, &body, &request,
                                     &problem) == PA_OK);

    fuzz_check(body.len == 0 || memcmp(body.data, data + 1, body.len) == 0);

    document = fuzz_load(&body, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    if (document != NULL) {
        fuzz_check(problem.outcome == (is_valid(&rules, document)
                                       ? PA_OUTCOME_ISSUED
                                       : PA_OUTCOME_INVALID_REQUEST));
    }

    switch (problem.outcome) {

    case PA_OUTCOME_ISSUED:

        /* what jansson does not take stands within a token that is dropped */

        stripped = (document == NULL);
        fuzz_check(!stripped || rules.strip_token);

        check_sent(&request, document, stripped);
        break;

    case PA_OUTCOME_INVALID_REQUEST:
        check_pointers(&body, &problem);
        fuzz_check_problem(&problem, &text);
        break;

    case PA_OUTCOME_MALFORMED_JSON:
        fuzz_check(document == NULL);
        check_malformed(&body, &problem);
        fuzz_check_problem(&problem, &text);
        break;

    default:
        fuzz_check(0);
    }

    json_decref(document);
    fuzz_reset();

    return 0;
}


static void
set_rules(pa_request_rules_t *rules, uint8_t choice)
{
    size_t  i;

    static const pa_str_t  ranges[] = {
        pa_string("198.51.96.0/19"), pa_string("2001:db8::/29")
    };

    memset(rules, 0, sizeof(pa_request_rules_t));

    rules->hash_seed = choice;
    rules->strip_token = (choice & STRIP_TOKEN) != 0;
    rules->whitelist_required = (choice & OPTIONAL_LIST) == 0;
    rules->max_ips = choice & FEW_ADDRESSES ? 3 : 100;

    switch ((choice & POLICY) >> POLICY_SHIFT) {

    case 1:
        rules->ip_policy = PA_IP_POLICY_ANY;
        break;

    case 2:
        rules->ip_policy = PA_IP_POLICY_PUBLIC;
        break;

    default:
        rules->ip_policy = PA_IP_POLICY_UNICAST;
    }

    if (choice & ALLOW_LIST) {

        for (i = 0; i < 2; i++) {
            fuzz_check(pa_cidr_parse(&ranges[i], &allow[i]) == PA_OK);
            allow_prefix[i] = allow[i].prefix;
        }

        rules->ip_allow = allow;
        rules->nip_allow = 2;
    }
}


/* the place lies within the body */

static void
check_malformed(const pa_str_t *body, const pa_problem_t *problem)
{
    char           text[128];
    size_t         i, lines;
    unsigned long  line, column;

    fuzz_check(problem->nflaws == 0);
    fuzz_check(problem->detail.len < sizeof(text));

    memcpy(text, problem->detail.data, problem->detail.len);
    text[problem->detail.len] = '\0';

    fuzz_check(sscanf(text, "The request body is not well-formed JSON: "
                            "line %lu, column %lu.", &line, &column) == 2);

    lines = 1;

    for (i = 0; i < body->len; i++) {
        lines += body->data[i] == '\n';
    }

    fuzz_check(line >= 1 && line <= lines);
    fuzz_check(column >= 1 && column <= body->len + 1);
}


/* each pointer leads somewhere, or nowhere where something is missing */

static void
check_pointers(const pa_str_t *body, const pa_problem_t *problem)
{
    size_t            i;
    json_t           *document, *value;
    const pa_flaw_t  *flaw;

    fuzz_check(problem->nflaws >= 1);
    fuzz_check(problem->nflaws <= PA_PROBLEM_MAX_ERRORS);

    document = fuzz_load(body, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    for (i = 0; document != NULL && i < problem->nflaws; i++) {
        flaw = &problem->flaws[i];
        value = member_at(document, &flaw->pointer);

        fuzz_check((value == NULL) == (strcmp(flaw->code, "required") == 0));
        fuzz_check(strcmp(flaw->code, "duplicate_member") != 0);
    }

    json_decref(document);
}


/* RFC 6901 for what there is to point to */

static json_t *
member_at(json_t *document, const pa_str_t *pointer)
{
    char           *name, *slash;
    size_t          i, n;
    json_t         *value;
    const uint8_t  *p;

    if (pointer->len == 0) {
        fuzz_check(!json_is_object(document));
        return document;
    }

    fuzz_check(pointer->data[0] == '/');

    p = pointer->data + 1;
    n = 0;

    name = pa_alloc(&fuzz_pool, pointer->len + 1);
    slash = NULL;

    for (i = 0; i < pointer->len - 1; i++) {

        if (p[i] == '/') {
            fuzz_check(slash == NULL);
            slash = &name[n];
            name[n++] = '\0';

        } else if (p[i] == '~') {
            i++;
            fuzz_check(i < pointer->len - 1 && (p[i] == '0' || p[i] == '1'));
            name[n++] = p[i] == '0' ? '~' : '/';

        } else {
            name[n++] = (char) p[i];
        }
    }

    name[n] = '\0';

    if (slash == NULL) {
        return json_object_getn(document, name, n);
    }

    fuzz_check(strcmp(name, "ip_whitelist") == 0);

    value = json_object_get(document, name);
    fuzz_check(json_is_array(value));

    return json_array_get(value, (size_t) strtoul(slash + 1, NULL, 10));
}


/* what is sent on reads as what was asked for, and nothing else */

static void
check_sent(const pa_request_t *request, json_t *document, int stripped)
{
    void       *member;
    size_t      i;
    json_t     *sent, *list;
    uint8_t    *dst;
    pa_str_t    text;

    static const char      *names[] = { "token", "project_id", "ip_whitelist" };
    static const pa_str_t   token = pa_string(FUZZ_SECRET);

    text.len = pa_request_length(request, &token);
    dst = pa_alloc(&fuzz_pool, text.len);

    fuzz_check(pa_request_write(request, &token, dst) == dst + text.len);

    text.data = dst;

    for (i = 0; i < text.len; i++) {
        fuzz_check(text.data[i] > 0x20 && text.data[i] < 0x7f);
    }

    sent = fuzz_load(&text, JSON_REJECT_DUPLICATES, NULL);
    fuzz_check(sent != NULL);

    member = json_object_iter(sent);

    for (i = 0; i < json_object_size(sent); i++) {
        fuzz_check(strcmp(json_object_iter_key(member), names[i]) == 0);
        member = json_object_iter_next(sent, member);
    }

    fuzz_check(strcmp(json_string_value(json_object_get(sent, "token")),
                      FUZZ_SECRET) == 0);

    if (!stripped) {
        list = json_object_get(document, "ip_whitelist");

        fuzz_check(json_equal(json_object_get(sent, "project_id"),
                              json_object_get(document, "project_id")));
        fuzz_check(json_object_size(sent) == (list ? 3 : 2));

        if (list != NULL) {
            check_sent_list(json_object_get(sent, "ip_whitelist"), list);
        }
    }

    json_decref(sent);
}


static void
check_sent_list(json_t *sent, json_t *asked)
{
    char         text[INET6_ADDRSTRLEN];
    size_t       i;
    uint8_t      bytes[2][16];
    const char  *ip[2];

    fuzz_check(json_is_array(sent));
    fuzz_check(json_array_size(sent)
               == (json_is_array(asked) ? json_array_size(asked) : 1));

    for (i = 0; i < json_array_size(sent); i++) {

        ip[0] = json_string_value(json_array_get(sent, i));
        ip[1] = json_string_value(element(asked, i));

        if (strchr(ip[1], ':') == NULL) {
            fuzz_check(strcmp(ip[0], ip[1]) == 0);
            continue;
        }

        fuzz_check(inet_pton(AF_INET6, ip[0], bytes[0]) == 1);
        fuzz_check(inet_pton(AF_INET6, ip[1], bytes[1]) == 1);
        fuzz_check(memcmp(bytes[0], bytes[1], 16) == 0);

        /* what inet_ntop() writes, but for ::/96 */

        inet_ntop(AF_INET6, bytes[0], text, sizeof(text));

        if (strchr(text, '.') == NULL || strncmp(text, "::ffff:", 7) == 0) {
            fuzz_check(strcmp(ip[0], text) == 0);
        }
    }
}


/* the table of the contract, section 4, on a tree */

static int
is_valid(const pa_request_rules_t *rules, json_t *document)
{
    json_t      *member;
    json_int_t   project_id;
    const char  *name;

    if (!json_is_object(document)) {
        return 0;
    }

    json_object_foreach(document, name, member) {

        if (strcmp(name, "project_id") != 0
            && strcmp(name, "ip_whitelist") != 0
            && !(rules->strip_token && strcmp(name, "token") == 0))
        {
            return 0;
        }
    }

    member = json_object_get(document, "project_id");
    project_id = json_integer_value(member);

    if (!json_is_integer(member)
        || project_id < 1 || project_id > 9007199254740991)
    {
        return 0;
    }

    member = json_object_get(document, "ip_whitelist");

    if (member == NULL) {
        return !rules->whitelist_required;
    }

    return is_valid_list(rules, member);
}


static int
is_valid_list(const pa_request_rules_t *rules, json_t *list)
{
    size_t    i, j, n;
    pa_ip_t  *ips;

    if (!json_is_array(list) && !json_is_string(list)) {
        return 0;
    }

    n = json_is_array(list) ? json_array_size(list) : 1;

    if (n == 0 || n > rules->max_ips) {
        return 0;
    }

    ips = pa_alloc(&fuzz_pool, n * sizeof(pa_ip_t));

    for (i = 0; i < n; i++) {

        if (!is_valid_ip(rules, element(list, i), &ips[i])) {
            return 0;
        }

        for (j = 0; j < i; j++) {
            if (ips[i].len == ips[j].len
                && memcmp(ips[i].bytes, ips[j].bytes, ips[i].len) == 0)
            {
                return 0;
            }
        }
    }

    return 1;
}


static int
is_valid_ip(const pa_request_rules_t *rules, json_t *value, pa_ip_t *ip)
{
    size_t    i;
    pa_ip_t   judged;
    pa_str_t  text;

    text.data = (const uint8_t *) json_string_value(value);
    text.len = json_string_length(value);

    if (!json_is_string(value) || fuzz_ip_parse(&text, ip) != PA_OK) {
        return 0;
    }

    if (!fuzz_ip_allowed(rules->ip_policy, ip)) {
        return 0;
    }

    if (rules->nip_allow == 0) {
        return 1;
    }

    judged = *ip;

    if (ip->len == 16
        && memcmp(ip->bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)
    {
        memcpy(judged.bytes, ip->bytes + 12, 4);
        judged.len = 4;
    }

    for (i = 0; i < rules->nip_allow; i++) {
        if (allow[i].ip.len == judged.len
            && fuzz_cidr_contains(&allow[i].ip, allow_prefix[i], &judged))
        {
            return 1;
        }
    }

    return 0;
}


static json_t *
element(json_t *list, size_t i)
{
    return json_is_array(list) ? json_array_get(list, i) : list;
}
