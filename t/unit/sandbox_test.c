
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <jansson.h>

#include "buf.h"
#include "sandbox.h"
#include "unit.h"


#define TOKEN  "m\"t"
#define TOKEN_JSON  "\"token\":\"m\\\"t\""


static void test_errors(void);
static void test_tokens(void);
static void test_random(void);
static int reply_issued(void *data);
static int reply_error(void *data);
static pa_str_t reply_to(const pa_sandbox_t *sandbox, const char *body);
static pa_str_t masked(const pa_str_t *reply);


/* the endpoint that issues tokens; the others: sandbox_endpoints_test.c */

static const pa_sandbox_t  enabled = {
    .endpoint = PA_ENDPOINT_CREATE_API_TOKEN,
    .tokens = { [PA_TOKEN_ACCOUNT] = T(TOKEN), [PA_TOKEN_PROJECT] = T("x") }
};

static const pa_sandbox_t  disabled = {
    .endpoint = PA_ENDPOINT_CREATE_API_TOKEN,
    .tokens = { [PA_TOKEN_ACCOUNT] = T(TOKEN), [PA_TOKEN_PROJECT] = T("x") },
    .disabled = 1
};


int
main(void)
{
    test_errors();
    test_tokens();
    test_random();

    unit_no_memory(reply_issued, NULL, "a reply with tokens");
    unit_no_memory(reply_error, NULL, "a reply with an error");

    return unit_end();
}


#define REPLY(status, message)                                                \
    T("{\"status\":" status ",\"message\":\"" message "\"}")

static void
test_errors(void)
{
    size_t    i;
    pa_str_t  got;

    static const struct {
        const pa_sandbox_t  *sandbox;
        const char          *body;
        pa_str_t             reply;
    } rows[] = {

        /* each status of the vendor's with the vendor's message */

        { &enabled, "{" TOKEN_JSON ",\"project_id\":101}",
          REPLY("101", "Service Unavailable") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":401}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":402}",
          REPLY("402", "Empty Number List") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":403}",
          REPLY("403", "Insufficient Balance") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":404}",
          REPLY("404", "Unable to Communicate with Your Phone") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":405}",
          REPLY("405", "API Is Not Active For This Plan") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":406}",
          REPLY("406", "Invalid Mobile Number") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":407}",
          REPLY("407", "Message cannot be empty") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":408}",
          REPLY("408", "Project is not Active") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":409}",
          REPLY("409", "Invalid User") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":410,"
                    "\"ip_whitelist\":[\"1.2.3.4\"]}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":\"410\"}",
          REPLY("410", "Invalid Request") },

        /* the token comes first */

        { &enabled, "{\"project_id\":410}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":\"m\",\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":\"m\\\"tt\",\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":\"m\\\"T\",\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":\"m\\\"t\\u0000\",\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":\"\",\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":null,\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{\"token\":[\"m\\\"t\"],\"project_id\":1}",
          REPLY("401", "Authentication Failed") },
        { &enabled, "{}", REPLY("401", "Authentication Failed") },
        { &enabled, "[]", REPLY("401", "Authentication Failed") },
        { &enabled, "", REPLY("401", "Authentication Failed") },
        { &enabled, "{" TOKEN_JSON, REPLY("401", "Authentication Failed") },

        /* what the vendor would not understand */

        { &enabled, "{" TOKEN_JSON "}", REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":null}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":\"x\"}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":1,\"ip_whitelist\":1}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":1,\"ip_whitelist\":[1]}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":1,"
                    "\"ip_whitelist\":[\"1.2.3.4\",null]}",
          REPLY("410", "Invalid Request") },
        { &enabled, "{" TOKEN_JSON ",\"project_id\":1,\"ip_whitelist\":{}}",
          REPLY("410", "Invalid Request") },

        /* every call */

        { &disabled, "{" TOKEN_JSON ",\"project_id\":1,"
                     "\"ip_whitelist\":[\"1.2.3.4\"]}",
          REPLY("410", "Project Management API is disabled since "
                       "1 February 2023") },
        { &disabled, "{" TOKEN_JSON ",\"project_id\":403}",
          REPLY("410", "Project Management API is disabled since "
                       "1 February 2023") },
        { &disabled, "{}",
          REPLY("410", "Project Management API is disabled since "
                       "1 February 2023") },
        { &disabled, "",
          REPLY("410", "Project Management API is disabled since "
                       "1 February 2023") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = reply_to(rows[i].sandbox, rows[i].body);

        unit_text(&got, &rows[i].reply, "%s: %s",
                  rows[i].sandbox == &disabled ? "disabled" : "enabled",
                  unit_show(&(pa_str_t) { (const uint8_t *) rows[i].body,
                                          strlen(rows[i].body) }));
        unit_reset();
    }
}


/* the hexadecimal digits of tokens are masked */

static void
test_tokens(void)
{
    size_t    i;
    pa_str_t  got, reply;

    static const struct {
        const char  *body;
        pa_str_t     reply;
    } rows[] = {
        { "{" TOKEN_JSON ",\"project_id\":6681,\"ip_whitelist\":"
          "[\"192.168.0.1\",\"202.164.148.84\"]}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"
            "\"api_token\":[{\"ip\":\"192.168.0.1\",\"token\":\"<40>\"},"
            "{\"ip\":\"202.164.148.84\",\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":6681,\"ip_whitelist\":\"::1\"}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"
            "\"api_token\":[{\"ip\":\"::1\",\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":6681}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":6681,\"ip_whitelist\":[]}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":6681,"
          "\"ip_whitelist\":[\"any \\\"ip\\\"\"]}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":6681,"
            "\"api_token\":[{\"ip\":\"any \\\"ip\\\"\","
            "\"token\":\"<40>\"}]}") },

        /* ids that are no status of an error */

        { "{" TOKEN_JSON ",\"project_id\":100}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":100,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":400}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":400,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":411}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":411,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":801}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":801,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":102}",
          T("{\"status\":100,\"message\":\"Success\",\"project_id\":102,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") },
        { "{" TOKEN_JSON ",\"project_id\":9007199254740991}",
          T("{\"status\":100,\"message\":\"Success\","
            "\"project_id\":9007199254740991,"
            "\"api_token\":[{\"ip\":null,\"token\":\"<40>\"}]}") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        reply = reply_to(&enabled, rows[i].body);
        got = masked(&reply);

        unit_text(&got, &rows[i].reply, "%s", rows[i].body);
        unit_reset();
    }
}


static void
test_random(void)
{
    size_t        i, j;
    json_t       *document, *tokens, *seen;
    const char   *token;
    pa_str_t      reply;

    seen = json_object();

    for (i = 0; i < 20; i++) {
        reply = reply_to(&enabled, "{" TOKEN_JSON ",\"project_id\":1,"
                         "\"ip_whitelist\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}");
        document = json_loadb((const char *) reply.data, reply.len, 0, NULL);
        tokens = json_object_get(document, "api_token");

        for (j = 0; j < json_array_size(tokens); j++) {
            token = json_string_value(json_object_get(json_array_get(tokens, j),
                                                      "token"));
            json_object_set_new(seen, token, json_true());
        }

        json_decref(document);
        unit_reset();
    }

    unit_int((int64_t) json_object_size(seen), 100,
             "of 100 tokens none is like another");

    json_decref(seen);
}


static int
reply_issued(void *data)
{
    int64_t   cost;
    pa_str_t  body, reply;

    (void) data;

    body = S("{" TOKEN_JSON ",\"project_id\":1,"
             "\"ip_whitelist\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}");

    return pa_sandbox_reply(&unit_pool, &enabled, &body, &reply, &cost);
}


static int
reply_error(void *data)
{
    int64_t   cost;
    pa_str_t  body, reply;

    (void) data;

    body = S("{" TOKEN_JSON ",\"project_id\":403}");

    return pa_sandbox_reply(&unit_pool, &enabled, &body, &reply, &cost);
}


static pa_str_t
reply_to(const pa_sandbox_t *sandbox, const char *body)
{
    int64_t   cost;
    pa_str_t  text, reply;

    text.data = (const uint8_t *) body;
    text.len = strlen(body);

    if (pa_sandbox_reply(&unit_pool, sandbox, &text, &reply, &cost)
        != PA_OK)
    {
        return S("no memory");
    }

    return cost == 0 ? reply : S("tokens are free");
}


static pa_str_t
masked(const pa_str_t *reply)
{
    size_t    i, n;
    pa_buf_t  b;
    pa_str_t  text;

    pa_buf_init(&b, &unit_pool, reply->len);

    for (i = 0; i < reply->len; i++) {

        for (n = 0; i + n < reply->len; n++) {
            if (reply->data[i + n] == '\0'
                || strchr("0123456789abcdef", reply->data[i + n]) == NULL)
            {
                break;
            }
        }

        if (n < 20) {
            pa_buf_bytes(&b, &reply->data[i], 1);
            continue;
        }

        pa_buf_literal(&b, "<");
        pa_buf_int(&b, (int64_t) n);
        pa_buf_literal(&b, ">");
        i += n - 1;
    }

    (void) pa_buf_text(&b, &text);

    return text;
}
