
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE

#include <jansson.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buf.h"
#include "sandbox.h"
#include "sandbox_exchanges.h"
#include "unit.h"


#define ACCOUNT  "account-token"
#define PROJECT  "project-token"

#define ROWS  500
#define LARGE  (16 * 1024 * 1024)


static void test_catalogue(void);
static void test_exchanges(void);
static void test_required(void);
static void test_tokens(void);
static void test_disabled(void);
static void test_numbers(void);
static void test_balance(void);
static void test_ids(void);
static void test_id_ranges(void);
static void test_times(void);
static void test_paths(void);
static void test_large(void);
static void test_no_random(void);
static int reply_to_push(void *data);
static pa_sandbox_t sandbox_of(pa_endpoint_e endpoint);
static pa_str_t request_of(pa_endpoint_e endpoint, const char *members);
static pa_str_t reply_of(const pa_sandbox_t *sandbox, const pa_str_t *request,
    int64_t *cost);
static pa_str_t masked(const pa_str_t *reply, const char *pattern);
static const char *name_of(pa_endpoint_e endpoint);
static int64_t status_of(const pa_str_t *reply);
static int64_t number_behind(const pa_str_t *reply, const char *text);

ssize_t getrandom(void *data, size_t size, unsigned flags);


/* calls of getrandom(), and which of them fails, counted from 1 */

static size_t  random_calls, random_failure;


int
main(void)
{
    test_catalogue();
    test_exchanges();
    test_required();
    test_tokens();
    test_disabled();
    test_numbers();
    test_balance();
    test_ids();
    test_id_ranges();
    test_times();
    test_paths();
    test_large();
    test_no_random();

    unit_no_memory(reply_to_push, NULL, "a reply to push");

    return unit_end();
}


/* each endpoint but "custom" has an exchange that succeeds */

static void
test_catalogue(void)
{
    size_t                     i, j;
    const sandbox_exchange_t  *exchange;

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        if (i == PA_ENDPOINT_CUSTOM) {
            continue;
        }

        for (j = 0; j < sandbox_nexchanges; j++) {
            exchange = &sandbox_exchanges[j];

            if (exchange->endpoint == i
                && strncmp(exchange->reply, "{\"status\":4", 11) != 0
                && strncmp(exchange->reply, "{\"status\":8", 11) != 0)
            {
                break;
            }
        }

        unit_ok(j < sandbox_nexchanges, "%s is tried",
                name_of((pa_endpoint_e) i));
    }
}


static void
test_exchanges(void)
{
    size_t             i;
    json_t            *document;
    int64_t            cost;
    pa_str_t           request, reply, got, want;
    pa_sandbox_t       sandbox;
    const sandbox_exchange_t  *exchange;

    for (i = 0; i < sandbox_nexchanges; i++) {
        exchange = &sandbox_exchanges[i];

        sandbox = sandbox_of(exchange->endpoint);
        request = request_of(exchange->endpoint, exchange->members);
        reply = reply_of(&sandbox, &request, &cost);

        got = masked(&reply, exchange->reply);
        want.data = (const uint8_t *) exchange->reply;
        want.len = strlen(exchange->reply);

        unit_text(&got, &want, "%s: %s", name_of(exchange->endpoint),
                  unit_show(&request));
        unit_int(cost, exchange->cost, "%s: %s: the cost",
                 name_of(exchange->endpoint), unit_show(&request));

        document = json_loadb((const char *) reply.data, reply.len,
                              JSON_REJECT_DUPLICATES, NULL);
        unit_ok(json_is_object(document), "%s: %s: JSON",
                name_of(exchange->endpoint), unit_show(&request));
        json_decref(document);

        unit_reset();
    }
}


/* each of the members that must be there, missing or wrong */

static void
test_required(void)
{
    size_t         i, j, k, n;
    int64_t        cost, want;
    pa_str_t       request, reply, members;
    const char    *name, *value;
    pa_sandbox_t   sandbox;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *ids[3];
        const char    *texts[3];
        const char    *others;
    } rows[] = {
        { PA_ENDPOINT_CREATE_API_TOKEN, { "project_id" }, { NULL }, "" },
        { PA_ENDPOINT_CREATE_PROJECT, { NULL }, { "project_name" }, "" },
        { PA_ENDPOINT_GET_PROJECTS, { NULL }, { NULL }, "" },
        { PA_ENDPOINT_MANAGE_API_TOKEN, { "project_id", "action" },
          { "api_token" }, "" },
        { PA_ENDPOINT_CHANGE_BILLING, { "project_id", "plan_id" }, { NULL },
          "" },
        { PA_ENDPOINT_PUSH, { "application" }, { NULL },
          ",\"data\":[" ROW "]" },
        { PA_ENDPOINT_DELIVERY_REPORT, { "push_id" }, { NULL }, "" },
        { PA_ENDPOINT_CHECK_BALANCE, { NULL }, { NULL }, "" },
        { PA_ENDPOINT_DEVICE_STATUS, { NULL }, { NULL }, "" },
        { PA_ENDPOINT_DEVICE_ACTION, { NULL }, { "command" }, "" },
        { PA_ENDPOINT_TEMPLATE_REQUEST, { "message_type", "category" },
          { "name" },
          ",\"messages\":[{\"message\":\"x\",\"language\":\"en\"}]" },
        { PA_ENDPOINT_TEMPLATE_STATUS, { NULL }, { NULL }, "" },
        { PA_ENDPOINT_UPDATE_PROFILE, { NULL }, { NULL }, "" },
        { PA_ENDPOINT_TWO_STEP_VERIFICATION, { "action" }, { NULL }, "" },
        { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, { NULL }, { "group_subject" },
          "" },
        { PA_ENDPOINT_GROUP_DETAILS, { NULL }, { "group_id" }, "" },
        { PA_ENDPOINT_GENERATE_INVITE_LINK, { NULL }, { "group_id" }, "" },
        { PA_ENDPOINT_UPDATE_GROUP_INFO, { NULL }, { "group_id" }, "" },
        { PA_ENDPOINT_ADD_GROUP_ADMIN, { NULL }, { "group_id" },
          ",\"number\":[15550100001]" },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS, { NULL }, { "group_id" },
          ",\"number\":[15550100001]" },
        { PA_ENDPOINT_DELETE_GROUP_ACTION, { "action" }, { "group_id" }, "" }
    };

    /* the first is right, and so is the second of the ids */

    static const char *const  ids[] = {
        "1", "\"1\"", NULL, "0", "-1", "\"0\"", "\"\"", "\"x\"", "null",
        "true", "[1]"
    };

    static const char *const  texts[] = {
        "\"restart\"", NULL, "\"\"", "null", "5", "[\"restart\"]"
    };

    unit_int((int64_t) unit_nelts(rows), PA_ENDPOINT_COUNT - 1,
             "every endpoint but \"custom\" is there");

    for (i = 0; i < unit_nelts(rows); i++) {

        /* the member n is the one that varies */

        for (n = 0; n < 6; n++) {

            if (n > 0 && (n < 3 ? rows[i].ids[n] : rows[i].texts[n - 3])
                         == NULL)
            {
                continue;
            }

            for (k = 0; k < (n < 3 ? unit_nelts(ids) : unit_nelts(texts));
                 k++)
            {
                members = S("");

                for (j = 0; j < 6; j++) {
                    name = j < 3 ? rows[i].ids[j] : rows[i].texts[j - 3];
                    value = j < 3 ? ids[j == n ? k : 0] : texts[j == n ? k : 0];

                    if (name != NULL && value != NULL) {
                        members = unit_sprintf("%.*s,\"%s\":%s",
                                               (int) members.len,
                                               (const char *) members.data,
                                               name, value);
                    }
                }

                members = unit_sprintf("%.*s%s", (int) members.len,
                                       (const char *) members.data,
                                       rows[i].others);

                sandbox = sandbox_of(rows[i].endpoint);
                request = request_of(rows[i].endpoint,
                                     (const char *) members.data);
                reply = reply_of(&sandbox, &request, &cost);

                /* what is not asked for may vary as it likes */

                name = n < 3 ? rows[i].ids[n] : rows[i].texts[n - 3];
                want = name == NULL || k == 0 || (n < 3 && k == 1) ? 100 : 410;

                unit_int(status_of(&reply), want, "%s: %s",
                         name_of(rows[i].endpoint), unit_show(&request));

                unit_reset();
            }
        }
    }
}


/* an endpoint is opened by its own kind of token, and by nothing else */

static void
test_tokens(void)
{
    size_t             i, j;
    int64_t            cost;
    pa_str_t           request, reply;
    const char        *right;
    pa_sandbox_t       sandbox;
    const sandbox_exchange_t  *exchange;

    static const char *const  tokens[] = {
        "\"" ACCOUNT "\"", "\"" PROJECT "\"", "\"\"", "\"project\"", "null",
        "[\"" PROJECT "\"]", "0"
    };

    for (i = 0; i < sandbox_nexchanges; i++) {
        exchange = &sandbox_exchanges[i];
        right = pa_endpoints[exchange->endpoint].token == PA_TOKEN_ACCOUNT
                ? tokens[0] : tokens[1];

        for (j = 0; j < unit_nelts(tokens); j++) {

            if (tokens[j] == right) {
                continue;
            }

            sandbox = sandbox_of(exchange->endpoint);
            request = unit_sprintf("{\"token\":%s%s}", tokens[j],
                                   exchange->members);
            reply = reply_of(&sandbox, &request, &cost);

            unit_int(status_of(&reply), 401, "%s: token %s",
                     name_of(exchange->endpoint), tokens[j]);
        }

        /* none in scope: not even an empty one is right */

        sandbox.tokens[pa_endpoints[exchange->endpoint].token].len = 0;

        request = unit_sprintf("{\"token\":\"\"%s}", exchange->members);
        reply = reply_of(&sandbox, &request, &cost);

        unit_int(status_of(&reply), 401, "%s: no token in scope",
                 name_of(exchange->endpoint));

        unit_reset();
    }
}


static void
test_disabled(void)
{
    size_t        i;
    int64_t       cost;
    pa_str_t      request, reply, want;
    pa_sandbox_t  sandbox;

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        if (i == PA_ENDPOINT_CUSTOM) {
            continue;
        }

        sandbox = sandbox_of((pa_endpoint_e) i);
        sandbox.disabled = 1;

        request = request_of((pa_endpoint_e) i,
                             ",\"application\":1,\"data\":[" ROW "]");
        reply = reply_of(&sandbox, &request, &cost);

        want = pa_endpoints[i].token == PA_TOKEN_ACCOUNT
               ? S(ERROR(410, "Project Management API is disabled since "
                              "1 February 2023"))
               : S(ERROR(410, "This API is disabled"));

        unit_text(&reply, &want, "%s: disabled", name_of((pa_endpoint_e) i));
        unit_int(cost, 0, "%s: costs nothing", name_of((pa_endpoint_e) i));

        unit_reset();
    }
}


/* 99999990NNN as the first recipient, for each status that the vendor has */

static void
test_numbers(void)
{
    int           known;
    size_t        i, j, n;
    int64_t       cost;
    pa_str_t      request, reply, want;
    pa_sandbox_t  sandbox;

    static const struct {
        size_t       code;
        const char  *message;
    } statuses[] = {
        { 101, "Service Unavailable" },
        { 401, "Authentication Failed" },
        { 402, "Empty Number List" },
        { 403, "Insufficient Balance" },
        { 404, "Unable to Communicate with Your Phone" },
        { 405, "API Is Not Active For This Plan" },
        { 406, "Invalid Mobile Number" },
        { 407, "Message cannot be empty" },
        { 408, "Project is not Active" },
        { 409, "Invalid User" },
        { 410, "Invalid Request" },
        { 801, "WhatsApp Account Not Active" },
        { 802, "24 Hour Session Expired" },
        { 804, "Invalid Template ID" },
        { 817, "No Templates Found" },
        { 819, "About Is Too Long" },
        { 820, "Address Is Too Long" },
        { 821, "Description Is Too Long" },
        { 822, "Email Is Too Long" }
    };

    /* with the place for the three digits; "first" is not known there */

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *members;
        int            first;
    } rows[] = {
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"data\":[{\"number\":\"99999990%03zu\","
          "\"message\":\"x\"}]", 1 },
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"globalmessage\":\"x\",\"data\":["
          "{\"number\":99999990%03zu}," ROW "]", 1 },
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"data\":[" ROW ","
          "{\"number\":\"99999990%03zu\",\"message\":\"x\"}]", 0 },
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"data\":[{\"number\":\"9999999%03zu\","
          "\"message\":\"x\"}]", 0 },
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"data\":[{\"number\":\"199999990%03zu\","
          "\"message\":\"x\"}]", 0 },
        { PA_ENDPOINT_PUSH,
          ",\"application\":8,\"data\":[{\"number\":\"99999990%03zu0\","
          "\"message\":\"x\"}]", 0 },
        { PA_ENDPOINT_ADD_GROUP_ADMIN,
          ",\"group_id\":\"a\",\"number\":[\"99999990%03zu\"]", 1 },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
          ",\"group_id\":\"a\",\"number\":[99999990%03zu,\"15550100001\"]",
          1 },
        { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
          ",\"group_id\":\"a\",\"number\":[\"15550100001\",99999990%03zu]",
          0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        for (n = 0; n < 1000; n++) {

            for (j = 0; j < unit_nelts(statuses); j++) {
                if (statuses[j].code == n) {
                    break;
                }
            }

            /* of the others a few will do */

            if (j == unit_nelts(statuses)
                && n % 100 != 0 && n % 100 != 23 && n != 803)
            {
                continue;
            }

            known = rows[i].first && j < unit_nelts(statuses);

            sandbox = sandbox_of(rows[i].endpoint);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
            request = unit_sprintf(rows[i].members, n);
#pragma GCC diagnostic pop
            request = request_of(rows[i].endpoint,
                                 (const char *) request.data);
            reply = reply_of(&sandbox, &request, &cost);

            if (known) {
                want = unit_sprintf("{\"status\":%zu,\"message\":\"%s\"}", n,
                                    statuses[j].message);
                unit_text(&reply, &want, "%s", (const char *) request.data);
                unit_int(cost, 0, "costs nothing");

            } else {
                unit_int(status_of(&reply), 100, "%s",
                         (const char *) request.data);
            }

            unit_reset();
        }
    }
}


/* what is told is what was there, less what the caller says was spent */

static void
test_balance(void)
{
    size_t        i;
    int64_t       cost;
    pa_str_t      request, reply, want;
    pa_sandbox_t  sandbox;

    static const struct {
        int64_t      spent;
        const char  *balance;
    } rows[] = {
        { 0, "1000" },
        { 5000, "999.995" },
        { 10000, "999.99" },
        { 999995000, "0.005" },
        { 1000000000, "0" },
        { 1000005000, "-0.005" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        sandbox = sandbox_of(PA_ENDPOINT_CHECK_BALANCE);
        sandbox.spent = rows[i].spent;

        request = request_of(PA_ENDPOINT_CHECK_BALANCE, "");
        reply = reply_of(&sandbox, &request, &cost);
        want = unit_sprintf("{\"balance\":%s," SUCCESS "}", rows[i].balance);

        unit_text(&reply, &want, "%lld spent", (long long) rows[i].spent);

        unit_reset();
    }
}


/* no id is there twice, in one reply or in several */

static void
test_ids(void)
{
    size_t         i, j;
    json_t        *document, *data, *seen;
    int64_t        cost;
    pa_buf_t       b;
    pa_str_t       request, reply;
    pa_sandbox_t   sandbox;

    seen = json_object();

    for (i = 0; i < 10; i++) {
        pa_buf_init(&b, &unit_pool, 64 * ROWS);
        pa_buf_literal(&b, "{\"token\":\"" PROJECT "\",\"application\":8,"
                           "\"data\":[" ROW);

        for (j = 1; j < ROWS; j++) {
            pa_buf_literal(&b, "," ROW);
        }

        pa_buf_literal(&b, "]}");
        (void) pa_buf_text(&b, &request);

        sandbox = sandbox_of(PA_ENDPOINT_PUSH);
        reply = reply_of(&sandbox, &request, &cost);

        unit_int(cost, ROWS * 5000, "cost of %d rows", ROWS);

        document = json_loadb((const char *) reply.data, reply.len, 0, NULL);
        json_object_set_new(seen,
               json_string_value(json_object_get(document, "push_id")),
               json_true());

        data = json_object_get(document, "data");

        for (j = 0; j < json_array_size(data); j++) {
            json_object_set_new(seen,
               json_string_value(json_object_get(json_array_get(data, j),
                                                 "msg_id")), json_true());
        }

        json_decref(document);
        unit_reset();
    }

    unit_int((int64_t) json_object_size(seen), 10 * (ROWS + 1),
             "no id is like another");

    json_decref(seen);
}


/* an id is from where its kind begins to twice that; those of rows follow */

static void
test_id_ranges(void)
{
    size_t          i, j;
    int64_t         cost, id, low, high;
    pa_str_t        request, reply;
    pa_sandbox_t    sandbox;
    const uint8_t  *row;

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *members;
        const char    *before;
        int64_t        first;
    } rows[] = {
        { PA_ENDPOINT_CREATE_PROJECT, ",\"project_name\":\"x\"",
          "\"project_id\":\"", 10000 },
        { PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":[" ROW "]",
          "\"push_id\":\"", 7000000000 },
        { PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":[" ROW "]",
          "\"msg_id\":\"", 900000000000 },
        { PA_ENDPOINT_DELIVERY_REPORT, ",\"push_id\":1", "\"msg_id\":\"",
          900000000000 },
        { PA_ENDPOINT_TEMPLATE_REQUEST,
          ",\"name\":\"a\",\"message_type\":1,\"category\":1,\"messages\":"
          "[{\"message\":\"x\",\"language\":\"en\"}]",
          "\"template_id\":\"AB", 1000 },
        { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, ",\"group_subject\":\"x\"",
          "\"group_id\":\"", 120360000000000 },
        { PA_ENDPOINT_GENERATE_INVITE_LINK, ",\"group_id\":\"x\"",
          "/Sandbox", 1000000000000 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        low = INT64_MAX;
        high = 0;

        for (j = 0; j < 200; j++) {
            sandbox = sandbox_of(rows[i].endpoint);
            request = request_of(rows[i].endpoint, rows[i].members);
            reply = reply_of(&sandbox, &request, &cost);

            id = number_behind(&reply, rows[i].before);
            low = id < low ? id : low;
            high = id > high ? id : high;

            unit_reset();
        }

        /* none of 200 in one half or the other: one chance in 2^199 */

        unit_ok(low >= rows[i].first && low < rows[i].first / 2 * 3,
                "%s: %s: ids from %lld on", name_of(rows[i].endpoint),
                rows[i].before, (long long) low);
        unit_ok(high < 2 * rows[i].first && high >= rows[i].first / 2 * 3,
                "%s: %s: ids to %lld", name_of(rows[i].endpoint),
                rows[i].before, (long long) high);
    }

    sandbox = sandbox_of(PA_ENDPOINT_PUSH);
    request = request_of(PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":["
                         ROW "," ROW "," ROW "]");
    reply = reply_of(&sandbox, &request, &cost);
    id = number_behind(&reply, "[{\"msg_id\":\"");

    for (i = 1; i < 3; i++) {
        row = memmem(reply.data, reply.len, "},{", 3);

        if (row == NULL) {
            unit_ok(0, "three rows");
            break;
        }

        reply.len -= (size_t) (row + 3 - reply.data);
        reply.data = row + 3;

        unit_int(number_behind(&reply, "\"msg_id\":\""), id + (int64_t) i,
                 "a row's id follows that of the one before");
    }

    unit_reset();
}


/* of the day, of the night; the first and the last hour of either half */

static void
test_times(void)
{
    size_t        i, j;
    int64_t       cost;
    pa_str_t      request, reply;
    const char   *want;
    pa_sandbox_t  sandbox;

    static const struct {
        time_t       now;
        const char  *clock;
        const char  *iso;
    } rows[] = {
        { 1565073967, "\"06-08-2019 06:46 AM\"",
          "\"2019-08-06T06:46:07+00:00\"" },
        { 1565117167, "\"06-08-2019 06:46 PM\"",
          "\"2019-08-06T18:46:07+00:00\"" },
        { 1577836799, "\"31-12-2019 11:59 PM\"",
          "\"2019-12-31T23:59:59+00:00\"" },
        { 1577836800, "\"01-01-2020 12:00 AM\"",
          "\"2020-01-01T00:00:00+00:00\"" },
        { 1577880000, "\"01-01-2020 12:00 PM\"",
          "\"2020-01-01T12:00:00+00:00\"" }
    };

    static const struct {
        pa_endpoint_e  endpoint;
        const char    *members;
        const char    *before;
    } replies[] = {
        { PA_ENDPOINT_DELIVERY_REPORT, ",\"push_id\":1", ",\"time\":" },
        { PA_ENDPOINT_GROUP_DETAILS, ",\"group_id\":\"x\"",
          ",\"group_created_date\":" },
        { PA_ENDPOINT_DEVICE_STATUS, "", ",\"time\":" }
    };

    /* whatever the machine's time is */

    setenv("TZ", "XYZ-5:30", 1);
    tzset();

    for (i = 0; i < unit_nelts(rows); i++) {
        for (j = 0; j < unit_nelts(replies); j++) {
            sandbox = sandbox_of(replies[j].endpoint);
            sandbox.now = rows[i].now;

            request = request_of(replies[j].endpoint, replies[j].members);
            reply = reply_of(&sandbox, &request, &cost);
            want = (const char *) unit_sprintf("%s%s", replies[j].before,
                                               j == 2 ? rows[i].iso
                                                      : rows[i].clock).data;

            unit_ok(memmem(reply.data, reply.len, want, strlen(want)) != NULL,
                    "%s: %s", name_of(replies[j].endpoint), want);

            unit_reset();
        }
    }
}


static void
test_paths(void)
{
    int            rc;
    size_t         i, j;
    pa_str_t       uri;
    pa_endpoint_e  endpoint;

    static const char *const  bases[] = { "/", "/app/api/v2/", "/api/v2/",
                                          "//", "/push/" };

    static const pa_str_t  unknown[] = {
        T(""), T("/"), T("push"), T("/pus"), T("/pushx"), T("/xpush"),
        T("/push/"), T("/PUSH"), T("/pm"), T("/pm/"), T("/pm/pm/"),
        T("/pm/push"), T("/app/api/v2/pm/check-balance"),
        T("/create-api-token"), T("/app/api/v2/create-api-token"),
        T("/xpm/create-api-token"), T("pm/create-api-token"),
        T("/pm/create-api-token/"), T("/pm/create-api-tokens"),
        T("/pm//create-api-token"), T("/custom"), T("/push\0")
    };

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {

        if (i == PA_ENDPOINT_CUSTOM) {
            continue;
        }

        for (j = 0; j < unit_nelts(bases); j++) {
            uri = unit_sprintf("%s%s", bases[j],
                               (const char *) pa_endpoints[i].path.data);
            uri = unit_str(&uri);
            endpoint = PA_ENDPOINT_COUNT;

            rc = pa_sandbox_endpoint(&uri, &endpoint);

            unit_ok(rc == PA_OK && endpoint == i, "%s", unit_show(&uri));
            unit_reset();
        }
    }

    for (i = 0; i < unit_nelts(unknown); i++) {
        uri = unit_str(&unknown[i]);
        endpoint = PA_ENDPOINT_COUNT;

        rc = pa_sandbox_endpoint(&uri, &endpoint);

        unit_ok(rc == PA_ERROR && endpoint == PA_ENDPOINT_COUNT,
                "\"%s\" is none", unit_show(&unknown[i]));
        unit_reset();
    }
}


/* media in base64: nothing of it is kept */

static void
test_large(void)
{
    int64_t       cost;
    uint8_t      *media;
    pa_str_t      request, reply;
    pa_sandbox_t  sandbox;

    media = unit_pool.alloc(unit_pool.data, LARGE);
    memset(media, 'A', LARGE);

    request = unit_sprintf("{\"token\":\"" PROJECT "\",\"application\":8,"
                           "\"globalmedia_code\":\"%.*s\",\"data\":["
                           "{\"number\":15550100001}]}", LARGE,
                           (const char *) media);

    sandbox = sandbox_of(PA_ENDPOINT_PUSH);
    reply = reply_of(&sandbox, &request, &cost);

    unit_int(status_of(&reply), 100, "a body of %zu bytes", request.len);

    /* too large by one byte that makes it no JSON */

    request.len--;
    reply = reply_of(&sandbox, &request, &cost);

    unit_int(status_of(&reply), 401, "the same, cut short");

    unit_reset();
}


/* without random numbers there is no reply that could pass for one */

static void
test_no_random(void)
{
    size_t                     i, j, n;
    int64_t                    cost;
    pa_str_t                   request, reply;
    pa_sandbox_t               sandbox;
    const sandbox_exchange_t  *exchange;

    for (i = 0; i < sandbox_nexchanges; i++) {
        exchange = &sandbox_exchanges[i];
        sandbox = sandbox_of(exchange->endpoint);
        request = request_of(exchange->endpoint, exchange->members);

        random_calls = 0;
        (void) reply_of(&sandbox, &request, &cost);
        n = random_calls;

        for (j = 1; j <= n; j++) {
            random_calls = 0;
            random_failure = j;

            unit_int(pa_sandbox_reply(&unit_pool, &sandbox, &request, &reply,
                                      &cost),
                     PA_ERROR, "%s: no random numbers, call %zu",
                     name_of(exchange->endpoint), j);
        }

        random_failure = 0;

        unit_reset();
    }
}


/* in the place of the C library's */

ssize_t
getrandom(void *data, size_t size, unsigned flags)
{
    if (++random_calls == random_failure) {
        return -1;
    }

    return syscall(SYS_getrandom, data, size, flags);
}


static int
reply_to_push(void *data)
{
    int64_t       cost;
    pa_str_t      body, reply;
    pa_sandbox_t  sandbox;

    (void) data;

    sandbox = sandbox_of(PA_ENDPOINT_PUSH);
    body = S("{\"token\":\"" PROJECT "\",\"application\":8,\"data\":["
             ROW "," ROW "," ROW "," ROW "," ROW "," ROW "]}");

    return pa_sandbox_reply(&unit_pool, &sandbox, &body, &reply, &cost);
}


static pa_sandbox_t
sandbox_of(pa_endpoint_e endpoint)
{
    pa_sandbox_t  sandbox;

    memset(&sandbox, 0, sizeof(pa_sandbox_t));

    sandbox.endpoint = endpoint;
    sandbox.tokens[PA_TOKEN_ACCOUNT] = S(ACCOUNT);
    sandbox.tokens[PA_TOKEN_PROJECT] = S(PROJECT);
    sandbox.spent = 12345000;
    sandbox.now = 1565073967;

    return sandbox;
}


static pa_str_t
request_of(pa_endpoint_e endpoint, const char *members)
{
    return unit_sprintf("{\"token\":\"%s\"%s}",
                        pa_endpoints[endpoint].token == PA_TOKEN_ACCOUNT
                        ? ACCOUNT : PROJECT, members);
}


static pa_str_t
reply_of(const pa_sandbox_t *sandbox, const pa_str_t *request, int64_t *cost)
{
    pa_str_t  body, reply;

    body = unit_str(request);
    *cost = -1;

    if (pa_sandbox_reply(&unit_pool, sandbox, &body, &reply, cost) != PA_OK) {
        return S("no memory");
    }

    return reply;
}


/* what is random in the reply looks as in the pattern, if it fits */

static pa_str_t
masked(const pa_str_t *reply, const char *pattern)
{
    size_t    i, n;
    pa_buf_t  b;
    pa_str_t  text;

    static const char  hex[] = "0123456789abcdef";

    pa_buf_init(&b, &unit_pool, reply->len + 1);

    for (i = 0; i < reply->len; pattern += (*pattern != '\0')) {

        n = 1;

        if (*pattern == '~' || *pattern == '#') {
            for (n = 0; i + n < reply->len && reply->data[i + n] != '\0'; n++) {
                if (memchr(hex, reply->data[i + n], *pattern == '~' ? 16 : 10)
                    == NULL)
                {
                    break;
                }
            }

            if (*pattern == '~' ? n == 40 : n > 0) {
                pa_buf_bytes(&b, pattern, 1);
                i += n;
                continue;
            }

            n = 1;
        }

        pa_buf_bytes(&b, &reply->data[i], n);
        i += n;
    }

    (void) pa_buf_text(&b, &text);

    return text;
}


static const char *
name_of(pa_endpoint_e endpoint)
{
    return (const char *) pa_endpoints[endpoint].name.data;
}


/* 100 also of a reply that says so by a word, or not at all */

static int64_t
status_of(const pa_str_t *reply)
{
    json_t   *document, *status;
    int64_t   code;

    document = json_loadb((const char *) reply->data, reply->len, 0, NULL);
    status = json_object_get(document, "status");

    code = json_is_integer(status) ? json_integer_value(status) : 100;

    json_decref(document);

    return code;
}


/* -1: there is none */

static int64_t
number_behind(const pa_str_t *reply, const char *text)
{
    const char  *found;

    found = memmem(reply->data, reply->len, text, strlen(text));

    /* behind a number there is more */

    return found == NULL ? -1 : strtoll(found + strlen(text), NULL, 10);
}
