
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A vendor's reply.  The first byte of the input chooses the HTTP status
 * ("A" is 200), the second one a flaw of the transfer ("-" is none), the rest
 * is the body, for create-api-token.  "@" in place of the flaw: the name of an
 * endpoint follows, and the body on the next line.
 */


#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "reply.h"


#define PROJECT_ID  6681


int LLVMFuzzerInitialize(int *argc, char ***argv);
static void *keep(void *data, size_t size);
static int find_endpoint(pa_str_t *body);
static json_t *parse(const pa_str_t *body);
static int has_reals(json_t *value);
static void check_issued(const pa_reply_t *reply, json_t *document);
static void check_shape(json_t *document, size_t ntokens);
static void check_accepted(const pa_reply_t *reply, json_t *document);
static int is_beyond_jansson(const json_error_t *error);
static void check_members(const pa_reply_t *reply, json_t *document,
    json_t *own);
static json_t *expected(json_t *document);
static int is_word(json_t *status);
static int same(json_t *a, json_t *b, int redacted);
static size_t rows_with_id(json_t *data);
static int has_id(json_t *row);
static void check_again(const pa_reply_t *reply);
static pa_outcome_e judge(const pa_raw_reply_t *raw, json_t *document);
static pa_outcome_e judge_http(const pa_raw_reply_t *raw);
static pa_outcome_e rejected(void);
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

    static const pa_str_t  secret = pa_string(FUZZ_SECRET);
    static const pa_str_t  token = pa_string(FUZZ_TOKEN);

    (void) argc;
    (void) argv;

    rules.redact[PA_TOKEN_ACCOUNT] = pa_redact_create(&pool, &secret);
    rules.redact[PA_TOKEN_PROJECT] = pa_redact_create(&pool, &token);

    return rules.redact[PA_TOKEN_ACCOUNT] == NULL
           || rules.redact[PA_TOKEN_PROJECT] == NULL;
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
    json_t          *document;
    pa_str_t         body, text;
    pa_reply_t       reply;
    pa_raw_reply_t   raw;

    static const unsigned  statuses[] = {
        200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 405, 410, 422, 429,
        500, 501, 502, 503, 504, 599
    };

    if (size < 2) {
        return 0;
    }

    body = fuzz_copy(data + 2, size - 2);
    rules.endpoint = PA_ENDPOINT_CREATE_API_TOKEN;

    if (data[1] == '@' && !find_endpoint(&body)) {
        fuzz_reset();
        return -1;
    }

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

    fuzz_check(pa_reply_read(&fuzz_pool, &rules, &raw, PROJECT_ID, &reply)
               == PA_OK);

    fuzz_check(raw.len == 0
               || memcmp(raw.body, data + size - raw.len, raw.len) == 0);

    if (pa_outcome_is_success(reply.problem.outcome)) {
        fuzz_check(raw.status / 100 == 2);
        fuzz_check(!raw.compressed && !raw.too_large && !raw.cut_short);

        if (rules.endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {
            fuzz_check(reply.problem.outcome == PA_OUTCOME_ISSUED);
            check_issued(&reply, document);

        } else {
            fuzz_check(reply.problem.outcome == PA_OUTCOME_ACCEPTED);
            check_accepted(&reply, document);
        }

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


/* takes the name of the endpoint, and its line, away from the body */

static int
find_endpoint(pa_str_t *body)
{
    size_t           i;
    pa_str_t         name;
    const uint8_t   *end;

    end = body->len ? memchr(body->data, '\n', body->len) : NULL;
    if (end == NULL) {
        return 0;
    }

    name.data = body->data;
    name.len = (size_t) (end - body->data);

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        if (fuzz_equal(&pa_endpoints[i].name, &name)) {
            rules.endpoint = (pa_endpoint_e) i;
            *body = fuzz_copy(end + 1, body->len - name.len - 1);
            return 1;
        }
    }

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


/* section 12 of the contract: nothing is lost, and nothing else is added */

static void
check_accepted(const pa_reply_t *reply, json_t *document)
{
    void          *member;
    json_t        *own;
    int64_t        status;
    json_error_t   error;

    own = fuzz_load(&reply->body, 0, &error);

    if (own == NULL) {
        fuzz_check(document == NULL && is_beyond_jansson(&error));
        check_again(reply);
        return;
    }

    fuzz_check(json_is_object(own));
    fuzz_check(is_integer(json_object_get(own, "status"), &status)
               && status == 100);
    fuzz_check(json_is_string(json_object_get(own, "message")));

    member = json_object_iter(own);
    fuzz_check(strcmp(json_object_iter_key(member), "status") == 0);
    member = json_object_iter_next(own, member);
    fuzz_check(strcmp(json_object_iter_key(member), "message") == 0);

    if (document != NULL) {
        fuzz_check_no_secret(&reply->body);

        check_members(reply, document, own);

        fuzz_check(reply->accepted
                   == (rules.endpoint == PA_ENDPOINT_PUSH
                       ? rows_with_id(json_object_get(document, "data")) : 0));
    }

    json_decref(own);

    check_again(reply);
}


/* valid JSON that it cannot hold; all else that it refuses is none */

static int
is_beyond_jansson(const json_error_t *error)
{
    enum json_error_code  code;

    code = json_error_code(error);

    return code == json_error_null_byte_in_key
           || code == json_error_numeric_overflow
           || code == json_error_stack_overflow;
}


/* those behind "status" and "message" are the vendor's */

static void
check_members(const pa_reply_t *reply, json_t *document, json_t *own)
{
    int      redacted;
    void    *member, *wanted;
    json_t  *want;

    redacted = memmem(reply->body.data, reply->body.len, "[redacted]", 10)
               != NULL;

    member = json_object_iter(own);
    member = json_object_iter_next(own, member);
    member = json_object_iter_next(own, member);

    want = expected(document);

    for (wanted = json_object_iter(want); wanted != NULL; /* void */ ) {

        /* two names that are redacted may be one in a tree */

        if (redacted && json_object_size(own) < json_object_size(want) + 2) {
            json_decref(want);
            return;
        }

        fuzz_check(member != NULL);
        fuzz_check(redacted
                   || strcmp(json_object_iter_key(wanted),
                             json_object_iter_key(member)) == 0);
        fuzz_check(same(json_object_iter_value(wanted),
                        json_object_iter_value(member), redacted));

        wanted = json_object_iter_next(want, wanted);
        member = json_object_iter_next(own, member);
    }

    fuzz_check(member == NULL);

    json_decref(want);
}


static json_t *
expected(json_t *document)
{
    size_t       len;
    json_t      *want, *value;
    const char  *name;

    want = json_object();

    json_object_keylen_foreach(document, name, len, value) {

        if (len == 7 && memcmp(name, "message", 7) == 0) {
            continue;
        }

        if (len != 6 || memcmp(name, "status", 6) != 0) {
            json_object_setn(want, name, len, value);

        } else if (is_word(value)) {
            json_object_set(want, "device_status", value);
        }
    }

    return want;
}


static int
is_word(json_t *status)
{
    int64_t  n;

    return rules.endpoint == PA_ENDPOINT_DEVICE_STATUS
           && json_string_length(status) != 0 && !is_integer(status, &n);
}


/* but for what had a secret in it, which may be any text then */

static int
same(json_t *a, json_t *b, int redacted)
{
    size_t  i;
    void   *p, *q;

    if (!redacted) {
        return json_equal(a, b);
    }

    if (json_is_string(b)) {
        return json_is_string(a) || json_is_number(a);
    }

    if (json_is_array(b)) {

        for (i = 0; i < json_array_size(b); i++) {
            if (!same(json_array_get(a, i), json_array_get(b, i), 1)) {
                return 0;
            }
        }

        return json_array_size(a) == json_array_size(b);
    }

    if (!json_is_object(b)) {
        return json_equal(a, b);
    }

    if (json_object_size(b) < json_object_size(a)) {
        return 1;
    }

    p = json_object_iter(a);

    for (q = json_object_iter(b); q; q = json_object_iter_next(b, q)) {

        if (p == NULL
            || !same(json_object_iter_value(p), json_object_iter_value(q), 1))
        {
            return 0;
        }

        p = json_object_iter_next(a, p);
    }

    return p == NULL;
}


static size_t
rows_with_id(json_t *data)
{
    size_t       i, n;
    json_t      *row;
    const char  *name;

    n = has_id(data);

    json_array_foreach(data, i, row) {
        n += has_id(row);
    }

    json_object_foreach(data, name, row) {
        n += has_id(row);
    }

    return n;
}


static int
has_id(json_t *row)
{
    json_t  *id;

    id = json_object_get(row, "msg_id");

    return json_is_number(id) || json_string_length(id) != 0;
}


/* what is normalised stays as it is if it is read again */

static void
check_again(const pa_reply_t *reply)
{
    pa_str_t        copy;
    pa_reply_t      again;
    pa_raw_reply_t  raw;

    copy = fuzz_copy(reply->body.data, reply->body.len);

    memset(&raw, 0, sizeof(pa_raw_reply_t));
    raw.status = 200;
    raw.body = copy.data;
    raw.len = copy.len;

    fuzz_check(pa_reply_read(&fuzz_pool, &rules, &raw, PROJECT_ID + 1, &again)
               == PA_OK);

    fuzz_check(again.problem.outcome == reply->problem.outcome);
    fuzz_check(again.ntokens == reply->ntokens);
    fuzz_check(again.accepted == reply->accepted);
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

    if (raw->status / 100 == 2
        && ((rules.endpoint == PA_ENDPOINT_DELIVERY_REPORT && member == NULL)
            || (is_word(member) && !disabled)))
    {
        return PA_OUTCOME_ACCEPTED;
    }

    if (!is_integer(member, &status)) {
        return member != NULL && disabled && !raw->unended
               ? PA_OUTCOME_ENDPOINT_DISABLED : judge_http(raw);
    }

    switch (status) {

    case 100:

        if (rules.endpoint != PA_ENDPOINT_CREATE_API_TOKEN) {
            return raw->status / 100 == 2
                   ? PA_OUTCOME_ACCEPTED : PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
        }

        return raw->status / 100 == 2
               && (ntokens(document, "api_token")
                   || ntokens(document, "api_tokens"))
               ? PA_OUTCOME_ISSUED : PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;

    case 401: case 409:
        return rejected();

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

    return raw->status == 401 ? rejected()
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
        return rejected();

    case 503:
        return PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    case 403: case 500: case 502: case 504: case 599:
        return PA_OUTCOME_UPSTREAM_ERROR;
    }

    return PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
}


static pa_outcome_e
rejected(void)
{
    return pa_endpoints[rules.endpoint].token == PA_TOKEN_PROJECT
           ? PA_OUTCOME_TOKEN_REJECTED : PA_OUTCOME_MASTER_TOKEN_REJECTED;
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
