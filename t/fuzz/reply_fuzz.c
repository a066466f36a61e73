
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A vendor's reply.  The first byte of the input chooses the HTTP status
 * ("A" is 200), the second one a flaw of the transfer ("-" is none), the rest
 * is the body.
 */


#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "reply.h"


#define PROJECT_ID  6681


int LLVMFuzzerInitialize(int *argc, char ***argv);
static void *keep(void *data, size_t size);
static json_t *parse(const pa_str_t *body);
static int has_reals(json_t *value);
static void check_issued(const pa_reply_t *reply, json_t *document);
static void check_shape(json_t *document, size_t ntokens);
static void check_again(const pa_reply_t *reply);
static pa_outcome_e judge(const pa_raw_reply_t *raw, json_t *document);
static pa_outcome_e judge_http(const pa_raw_reply_t *raw);
static int is_integer(json_t *value, int64_t *n);
static int is_disabled(json_t *message);
static size_t ntokens(json_t *document, const char *name);
static int is_token(json_t *value);


static const unsigned  disabled_status[] = { 404, 405, 410, 501 };
static const pa_str_t  disabled_message[] = { pa_string("disabled") };

static pa_reply_rules_t  rules = {
    .disabled_status = disabled_status,
    .ndisabled_status = 4,
    .disabled_message = disabled_message,
    .ndisabled_message = 1
};


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static pa_pool_t  pool = { keep, NULL };

    (void) argc;
    (void) argv;

    rules.redact[PA_TOKEN_ACCOUNT] = pa_redact_create(&pool,
                            &(pa_str_t) pa_string(FUZZ_SECRET));

    return rules.redact[PA_TOKEN_ACCOUNT] == NULL;
}


static void *
keep(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t            *document;
    pa_str_t           body, text;
    pa_raw_reply_t     raw;
    pa_reply_t   reply;

    static const unsigned  statuses[] = {
        200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 405, 410, 422, 429,
        500, 501, 502, 503, 504, 599
    };

    if (size < 2) {
        return 0;
    }

    body = fuzz_copy(data + 2, size - 2);

    document = parse(&body);

    memset(&raw, 0, sizeof(pa_raw_reply_t));

    raw.status = statuses[(uint8_t) (data[0] - 'A')
                          % (sizeof(statuses) / sizeof(statuses[0]))];
    raw.compressed = (data[1] == 'z');
    raw.too_large = (data[1] == 'l');
    raw.cut_short = (data[1] == 'c');
    raw.unended = (data[1] == 'u');
    raw.body = body.data;
    raw.len = body.len;

    fuzz_check(pa_reply_read(&fuzz_pool, &rules, &raw, PROJECT_ID,
                                   &reply) == PA_OK);

    fuzz_check(raw.len == 0 || memcmp(raw.body, data + 2, raw.len) == 0);

    if (reply.problem.outcome == PA_OUTCOME_ISSUED) {
        fuzz_check(raw.status / 100 == 2);
        fuzz_check(!raw.compressed && !raw.too_large && !raw.cut_short);

        check_issued(&reply, document);

    } else {
        fuzz_check(reply.problem.outcome >= PA_OUTCOME_ENDPOINT_DISABLED
                   && reply.problem.outcome
                      <= PA_OUTCOME_UPSTREAM_INVALID_RESPONSE);

        fuzz_check_problem(&reply.problem, &text);
        fuzz_check_no_secret(&text);
    }

    if (raw.status == 429) {
        fuzz_check(reply.problem.outcome == PA_OUTCOME_RATE_LIMITED);
    }

    if (document != NULL) {
        fuzz_check(reply.problem.outcome == judge(&raw, document));
    }

    json_decref(document);
    fuzz_reset();

    return 0;
}


/*
 * NULL: not a document that can be judged.  In a tree 100.0, which is taken for
 * an integer, looks like 1e2, which is not.
 */

static json_t *
parse(const pa_str_t *body)
{
    json_t  *document;

    document = fuzz_load(body, JSON_REJECT_DUPLICATES, NULL);

    if (has_reals(document)) {
        json_decref(document);
        return NULL;
    }

    return document;
}


static int
has_reals(json_t *value)
{
    size_t       i;
    json_t      *member;
    const char  *name;

    json_object_foreach(value, name, member) {
        if (has_reals(member)) {
            return 1;
        }
    }

    json_array_foreach(value, i, member) {
        if (has_reals(member)) {
            return 1;
        }
    }

    return json_is_real(value);
}


static void
check_issued(const pa_reply_t *reply, json_t *document)
{
    json_t    *own;
    size_t     n;
    int64_t    project_id, want;

    fuzz_check_no_secret(&reply->body);

    own = fuzz_parse_own(&reply->body);

    check_shape(own, reply->ntokens);

    if (document != NULL) {

        if (!is_integer(json_object_get(document, "project_id"), &want)) {
            want = PROJECT_ID;
        }

        project_id = json_integer_value(json_object_get(own, "project_id"));
        fuzz_check(project_id == want);

        /* no token that was issued is lost */

        n = ntokens(document, "api_token") + ntokens(document, "api_tokens");

        fuzz_check(n == reply->ntokens);
    }

    json_decref(own);

    check_again(reply);
}


/* section 5 of the contract */

static void
check_shape(json_t *document, size_t n)
{
    void     *member;
    size_t    i;
    json_t   *tokens, *element, *ip, *token;

    static const char  *names[] = {
        "status", "message", "project_id", "api_token"
    };

    fuzz_check(json_object_size(document) == 4);

    member = json_object_iter(document);

    for (i = 0; i < 4; i++) {
        fuzz_check(strcmp(json_object_iter_key(member), names[i]) == 0);
        member = json_object_iter_next(document, member);
    }

    fuzz_check(json_integer_value(json_object_get(document, "status")) == 100);
    fuzz_check(json_is_string(json_object_get(document, "message")));
    fuzz_check(json_is_integer(json_object_get(document, "project_id")));

    tokens = json_object_get(document, "api_token");

    fuzz_check(json_is_array(tokens));
    fuzz_check(n >= 1 && json_array_size(tokens) == n);

    json_array_foreach(tokens, i, element) {

        fuzz_check(json_is_object(element) && json_object_size(element) == 2);

        member = json_object_iter(element);
        fuzz_check(strcmp(json_object_iter_key(member), "ip") == 0);

        ip = json_object_get(element, "ip");
        token = json_object_get(element, "token");

        fuzz_check(json_is_string(ip) || json_is_null(ip));
        fuzz_check(json_string_length(token) > 0);
    }
}


/* what is normalised stays as it is if it is read again */

static void
check_again(const pa_reply_t *reply)
{
    pa_str_t           copy;
    pa_raw_reply_t     raw;
    pa_reply_t   again;

    copy = fuzz_copy(reply->body.data, reply->body.len);

    memset(&raw, 0, sizeof(pa_raw_reply_t));
    raw.status = 200;
    raw.body = copy.data;
    raw.len = copy.len;

    fuzz_check(pa_reply_read(&fuzz_pool, &rules, &raw, PROJECT_ID + 1,
                                   &again) == PA_OK);

    fuzz_check(again.problem.outcome == PA_OUTCOME_ISSUED);
    fuzz_check(again.ntokens == reply->ntokens);
    fuzz_check(fuzz_equal(&again.body, &reply->body));
}


/* sections 6 and 7 of the contract, on a tree */

static pa_outcome_e
judge(const pa_raw_reply_t *raw, json_t *document)
{
    int          disabled;
    int64_t      status;
    json_t      *member;

    if (raw->status == 429) {
        return PA_OUTCOME_RATE_LIMITED;
    }

    if (raw->status / 100 == 3
        || raw->compressed || raw->too_large || raw->cut_short
        || !json_is_object(document))
    {
        return judge_http(raw);
    }

    disabled = is_disabled(json_object_get(document, "message"));

    member = json_object_get(document, "status");

    if (!is_integer(member, &status)) {
        return member != NULL && disabled && !raw->unended
               ? PA_OUTCOME_ENDPOINT_DISABLED : judge_http(raw);
    }

    switch (status) {

    case 100:
        return raw->status / 100 == 2
               && (ntokens(document, "api_token")
                   || ntokens(document, "api_tokens"))
               ? PA_OUTCOME_ISSUED : PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;

    case 401: case 409:
        return PA_OUTCOME_MASTER_TOKEN_REJECTED;

    case 402: case 406: case 407:
        return PA_OUTCOME_UPSTREAM_REJECTED;

    case 403:
        return PA_OUTCOME_INSUFFICIENT_BALANCE;

    case 404:
        return PA_OUTCOME_UPSTREAM_ERROR;

    case 408:
        return PA_OUTCOME_PROJECT_NOT_ACTIVE;

    case 801:
        return PA_OUTCOME_CHANNEL_NOT_ACTIVE;

    case 802:
        return PA_OUTCOME_SESSION_EXPIRED;
    }

    if (status >= 803 && status <= 899) {
        return PA_OUTCOME_UPSTREAM_REJECTED;
    }

    if (disabled) {
        return PA_OUTCOME_ENDPOINT_DISABLED;
    }

    switch (status) {

    case 101:
        return PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    case 405:
        return PA_OUTCOME_PLAN_NOT_ACTIVE;

    case 410:
        return PA_OUTCOME_UPSTREAM_REJECTED;
    }

    return raw->status == 401 ? PA_OUTCOME_MASTER_TOKEN_REJECTED
           : raw->status == 503 ? PA_OUTCOME_UPSTREAM_UNAVAILABLE
           : PA_OUTCOME_UPSTREAM_ERROR;
}


static pa_outcome_e
judge_http(const pa_raw_reply_t *raw)
{
    if (raw->cut_short || raw->unended) {
        return PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
    }

    switch (raw->status) {

    case 404: case 405: case 410: case 501:
        return PA_OUTCOME_ENDPOINT_DISABLED;

    case 401:
        return PA_OUTCOME_MASTER_TOKEN_REJECTED;

    case 503:
        return PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    case 403: case 500: case 502: case 504: case 599:
        return PA_OUTCOME_UPSTREAM_ERROR;
    }

    return PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
}


static int
is_integer(json_t *value, int64_t *n)
{
    char        *end;
    size_t       len;
    const char  *text;

    if (json_is_integer(value)) {
        *n = json_integer_value(value);
        return 1;
    }

    text = json_string_value(value);
    len = json_string_length(value);

    if (len == 0 || len > 19 || strspn(text, "0123456789") != len) {
        return 0;
    }

    errno = 0;
    *n = strtoll(text, &end, 10);

    return errno == 0;
}


static int
is_disabled(json_t *message)
{
    size_t       i, j;
    const char  *text;

    static const char  part[] = "disabled";

    text = json_string_value(message);

    for (i = 0; i + 8 <= json_string_length(message); i++) {

        for (j = 0; j < 8; j++) {
            if (text[i + j] != part[j] && text[i + j] != part[j] - 0x20) {
                break;
            }
        }

        if (j == 8) {
            return 1;
        }
    }

    return 0;
}


static size_t
ntokens(json_t *document, const char *name)
{
    size_t       i, n;
    json_t      *list, *element;
    const char  *key;

    list = json_object_get(document, name);
    n = 0;

    if (json_is_array(list)) {

        json_array_foreach(list, i, element) {
            n += is_token(element);
        }

        return n;
    }

    if (is_token(list) || !json_is_object(list)) {
        return is_token(list);
    }

    json_object_foreach(list, key, element) {

        if (json_is_object(element)
            || (*key != '\0' && key[strspn(key, "0123456789")] == '\0'))
        {
            n += is_token(element);
        }
    }

    return n;
}


static int
is_token(json_t *value)
{
    if (json_is_object(value)) {
        value = json_object_get(value, "token");
    }

    return json_is_integer(value) || json_string_length(value) != 0;
}
