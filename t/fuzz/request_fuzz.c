
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A client's request.  The first byte of the input chooses the rules, the
 * rest is the body of create-api-token.  If the first byte has its highest bit
 * set, the second one chooses the endpoint, and the rest is the body.
 *
 * jansson is the judge, by a table of its own (request_judge.h): what may pass
 * passes and nothing else, and what is sent is what was accepted.
 */


#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "request.h"
#include "request_judge.h"


/* bits of the first byte; "@" stands for the defaults */

#define STRIP_TOKEN      0x01
#define OPTIONAL_LIST    0x02
#define POLICY           0x0c
#define POLICY_SHIFT     2
#define ALLOW_LIST       0x10
#define FEW_ADDRESSES    0x20
#define PASS_UNKNOWN     0x40
#define ENDPOINT         0x80

/* of an endpoint, ALLOW_LIST is that of numbers, FEW_ADDRESSES of recipients */


static void set_rules(pa_request_rules_t *rules, uint8_t choice);
static void check_malformed(const pa_str_t *body, const pa_problem_t *problem);
static void check_pointers(const pa_str_t *body, const pa_problem_t *problem);
static json_t *value_at(json_t *document, const pa_str_t *pointer);
static json_t *child(json_t *value, const char *segment, size_t len);
static pa_str_t write_request(const pa_request_t *request);
static void check_sent(const pa_request_rules_t *rules,
    const pa_request_t *request, json_t *document);
static void check_sent_list(json_t *sent, json_t *asked);
static void check_forwarded(const pa_str_t *body, const pa_request_t *request,
    json_t *document);
static int is_valid_token_request(const pa_request_rules_t *rules,
    json_t *document);
static int is_valid_list(const pa_request_rules_t *rules, json_t *list);
static int is_valid_ip(const pa_request_rules_t *rules, json_t *value,
    pa_ip_t *ip);
static json_t *element(json_t *list, size_t i);


static pa_cidr_t  allow[2];
static unsigned   allow_prefix[2];

static const pa_str_t  number_allow[] = { pa_string("49"), pa_string("1") };

static const pa_str_t  commands[] = {
    pa_string("restart"), pa_string("stop-call-queue")
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                  valid;
    json_t              *document;
    size_t               skip;
    pa_str_t             body, text;
    pa_problem_t         problem;
    pa_request_t         request;
    pa_request_rules_t   rules;

    skip = size != 0 && (data[0] & ENDPOINT) ? 2 : 1;

    if (size < skip) {
        return 0;
    }

    set_rules(&rules, data[0]);

    if (skip == 2) {
        rules.endpoint = (pa_endpoint_e) (data[1] % PA_ENDPOINT_COUNT);
    }

    body = fuzz_copy(data + skip, size - skip);

    memset(&problem, 0, sizeof(pa_problem_t));

    fuzz_check(pa_request_read(&fuzz_pool, &rules, &body, &request, &problem)
               == PA_OK);

    fuzz_check(body.len == 0 || memcmp(body.data, data + skip, body.len) == 0);

    document = fuzz_load(&body, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    if (document != NULL && !judge_is_unsure(&body)) {
        valid = rules.endpoint == PA_ENDPOINT_CREATE_API_TOKEN
                ? is_valid_token_request(&rules, document)
                : judge_request(&rules, document);

        fuzz_check(problem.outcome == (valid ? PA_OUTCOME_ISSUED
                                             : PA_OUTCOME_INVALID_REQUEST));
    }

    switch (problem.outcome) {

    case PA_OUTCOME_ISSUED:

        if (rules.endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {

            /* what jansson does not take stands within what is not judged */

            fuzz_check(document != NULL || rules.strip_token
                       || rules.pass_unknown);
            check_sent(&rules, &request, document);
            break;
        }

        check_forwarded(&body, &request, document);
        judge_facts(&rules, &request, document);
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
    rules->max_recipients = choice & FEW_ADDRESSES ? 3 : 500;
    rules->commands = commands;
    rules->ncommands = sizeof(commands) / sizeof(commands[0]);

    /* the defaults of an endpoint */

    if (choice & ENDPOINT) {
        rules->pass_unknown = (choice & PASS_UNKNOWN) != 0;
    }

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

        rules->number_allow = number_allow;
        rules->nnumber_allow = sizeof(number_allow) / sizeof(number_allow[0]);

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
        value = value_at(document, &flaw->pointer);

        fuzz_check((value == NULL) == (strcmp(flaw->code, "required") == 0));
        fuzz_check(strcmp(flaw->code, "duplicate_member") != 0);
    }

    json_decref(document);
}


/* RFC 6901; only the last step may lead nowhere */

static json_t *
value_at(json_t *document, const pa_str_t *pointer)
{
    char           *segment;
    size_t          i, n;
    json_t         *value;
    const uint8_t  *p;

    if (pointer->len == 0) {
        fuzz_check(!json_is_object(document));
        return document;
    }

    value = document;
    p = pointer->data;
    segment = pa_alloc(&fuzz_pool, pointer->len + 1);

    for (i = 0; i < pointer->len; /* void */) {

        fuzz_check(p[i] == '/' && value != NULL);

        for (i++, n = 0; i < pointer->len && p[i] != '/'; i++) {

            if (p[i] == '~') {
                i++;
                fuzz_check(i < pointer->len && (p[i] == '0' || p[i] == '1'));
                segment[n++] = p[i] == '0' ? '~' : '/';
                continue;
            }

            segment[n++] = (char) p[i];
        }

        segment[n] = '\0';
        value = child(value, segment, n);
    }

    return value;
}


static json_t *
child(json_t *value, const char *segment, size_t len)
{
    if (json_is_object(value)) {
        return json_object_getn(value, segment, len);
    }

    fuzz_check(json_is_array(value));
    fuzz_check(len > 0 && strspn(segment, "0123456789") == len);

    return json_array_get(value, (size_t) strtoul(segment, NULL, 10));
}


static pa_str_t
write_request(const pa_request_t *request)
{
    size_t     i, len;
    uint8_t   *dst;
    pa_str_t   text;

    static const pa_str_t  token = pa_string(FUZZ_SECRET);

    fuzz_check(request->nparts <= PA_REQUEST_MAX_PARTS);

    for (i = 0, len = 0; i < request->nparts; i++) {
        fuzz_check(request->parts[i].len != 0);
        len += request->parts[i].len;
    }

    fuzz_check(len == request->parts_len);

    text.len = pa_request_length(request, &token);
    fuzz_check(text.len == len + pa_request_head_length(&token));

    dst = pa_alloc(&fuzz_pool, text.len);
    fuzz_check(pa_request_write(request, &token, dst) == dst + text.len);

    text.data = dst;

    return text;
}


/* every byte of the client's members, and nothing but those and the token */

static void
check_forwarded(const pa_str_t *body, const pa_request_t *request,
    json_t *document)
{
    json_t    *sent;
    pa_str_t   text, expected;

    text = write_request(request);
    expected = judge_forwarded(body);

    fuzz_check(fuzz_equal(&text, &expected));

    if (document == NULL) {
        return;
    }

    sent = fuzz_load(&text, JSON_REJECT_DUPLICATES, NULL);

    fuzz_check(sent != NULL);
    fuzz_check(strcmp(json_string_value(json_object_get(sent, "token")),
                      FUZZ_SECRET) == 0);

    json_object_del(sent, "token");
    json_object_del(document, "token");

    fuzz_check(json_equal(sent, document));

    json_decref(sent);
}


/* what is sent on reads as what was asked for, and nothing else */

static void
check_sent(const pa_request_rules_t *rules, const pa_request_t *request,
    json_t *document)
{
    void       *member;
    size_t      i, n;
    json_t     *sent, *list;
    pa_str_t    text;

    static const char  *names[] = { "token", "project_id", "ip_whitelist" };

    text = write_request(request);

    for (i = 0; !rules->pass_unknown && i < text.len; i++) {
        fuzz_check(text.data[i] > 0x20 && text.data[i] < 0x7f);
    }

    sent = fuzz_load(&text, JSON_REJECT_DUPLICATES, NULL);

    if (sent == NULL) {
        fuzz_check(rules->pass_unknown && document == NULL);
        return;
    }

    list = json_object_get(sent, "ip_whitelist");
    member = json_object_iter(sent);
    n = list != NULL ? 3 : 2;

    fuzz_check(json_object_size(sent) >= n);
    fuzz_check(json_object_size(sent) == n || rules->pass_unknown);

    for (i = 0; i < n; i++) {
        fuzz_check(strcmp(json_object_iter_key(member), names[i]) == 0);
        member = json_object_iter_next(sent, member);
    }

    fuzz_check(strcmp(json_string_value(json_object_get(sent, "token")),
                      FUZZ_SECRET) == 0);
    fuzz_check(json_integer_value(json_object_get(sent, "project_id"))
               == request->project_id);
    fuzz_check(json_array_size(list) == request->nips);

    if (document != NULL) {

        fuzz_check(json_equal(json_object_get(sent, "project_id"),
                              json_object_get(document, "project_id")));
        fuzz_check((list != NULL)
                   == (json_object_get(document, "ip_whitelist") != NULL));

        if (list != NULL) {
            check_sent_list(list, json_object_get(document, "ip_whitelist"));
        }

        json_object_del(sent, "ip_whitelist");
        json_object_del(document, "ip_whitelist");
        json_object_del(sent, "token");
        json_object_del(document, "token");

        fuzz_check(json_equal(sent, document));
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
is_valid_token_request(const pa_request_rules_t *rules, json_t *document)
{
    json_t      *member;
    json_int_t   project_id;
    const char  *name;

    if (!json_is_object(document)) {
        return 0;
    }

    json_object_foreach(document, name, member) {

        if (!rules->pass_unknown
            && strcmp(name, "project_id") != 0
            && strcmp(name, "ip_whitelist") != 0
            && !(rules->strip_token && strcmp(name, "token") == 0))
        {
            return 0;
        }

        if (strcmp(name, "token") == 0 && !rules->strip_token) {
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

        /* "::ffff:1.2.3.4" and "1.2.3.4" are one */

        if (ips[i].len == 16
            && memcmp(ips[i].bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0)
        {
            memmove(ips[i].bytes, ips[i].bytes + 12, 4);
            ips[i].len = 4;
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
