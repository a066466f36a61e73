
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <sys/random.h>

#include "tables/api_statuses.h"
#include "buf.h"
#include "json/tree.h"
#include "sandbox.h"


/* random bytes of a token, two hexadecimal digits each */
#define PA_SANDBOX_TOKEN_BYTES  20

#define PA_API_STATUS_INVALID_REQUEST  410


typedef struct {
    int64_t          code;
    const char      *message;
} pa_sandbox_status_t;


static int pa_sandbox_judge(const pa_sandbox_t *sandbox,
    const pa_json_t *request, int64_t *project_id);
static int pa_sandbox_knows_token(const pa_sandbox_t *sandbox,
    const pa_json_t *value);
static const char *pa_sandbox_message(int64_t code);
static int pa_sandbox_issue(pa_buf_t *b, pa_json_t *whitelist);
static int pa_sandbox_token(pa_buf_t *b);


#define PA_SANDBOX_ROW(code, message, outcome, whose)  { code, message },

static const pa_sandbox_status_t  pa_sandbox_statuses[] = {
    { PA_API_STATUS_SUCCESS, "Success" },
    PA_API_STATUSES(PA_SANDBOX_ROW)
    { 0, NULL }
};

#undef PA_SANDBOX_ROW


int
pa_sandbox_reply(pa_pool_t *pool, const pa_sandbox_t *sandbox,
    const pa_str_t *body, pa_str_t *reply)
{
    int          code, rc;
    int64_t      project_id;
    pa_buf_t     b;
    pa_json_t   *request;
    const char  *message;

    request = pa_json_read(body);

    code = pa_sandbox_judge(sandbox, request, &project_id);
    message = sandbox->disabled
              ? "Project Management API is disabled since 1 February 2023"
              : pa_sandbox_message(code);

    pa_buf_init(&b, pool, 256);

    pa_buf_literal(&b, "{\"status\":");
    pa_buf_int(&b, code);
    pa_buf_literal(&b, ",\"message\":\"");
    pa_buf_bytes(&b, message, strlen(message));
    pa_buf_literal(&b, "\"");

    rc = PA_OK;

    if (code == PA_API_STATUS_SUCCESS) {
        pa_buf_literal(&b, ",\"project_id\":");
        pa_buf_int(&b, project_id);
        pa_buf_literal(&b, ",\"api_token\":[");

        rc = pa_sandbox_issue(&b, pa_json_member(request, "ip_whitelist"));

        pa_buf_literal(&b, "]");
    }

    pa_buf_literal(&b, "}");

    pa_json_free(request);

    if (rc != PA_OK) {
        return PA_ERROR;
    }

    return pa_buf_text(&b, reply);
}


/* the API status of the answer */

static int
pa_sandbox_judge(const pa_sandbox_t *sandbox, const pa_json_t *request,
    int64_t *project_id)
{
    size_t      i;
    pa_str_t    ip;
    pa_json_t  *whitelist;

    if (sandbox->disabled) {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    if (!pa_sandbox_knows_token(sandbox, pa_json_member(request, "token"))) {
        return PA_API_STATUS_AUTH_FAILED;
    }

    if (pa_json_integer(pa_json_member(request, "project_id"), project_id)
        != PA_OK)
    {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    if (*project_id != PA_API_STATUS_SUCCESS
        && pa_sandbox_message(*project_id) != NULL)
    {
        return (int) *project_id;
    }

    whitelist = pa_json_member(request, "ip_whitelist");

    for (i = 0; i < pa_json_nelements(whitelist); i++) {
        if (pa_json_string(pa_json_element(whitelist, i), &ip) != PA_OK) {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


static int
pa_sandbox_knows_token(const pa_sandbox_t *sandbox, const pa_json_t *value)
{
    pa_str_t  token;

    return pa_json_string(value, &token) == PA_OK
           && pa_str_equal(&token, &sandbox->master_token);
}


/* NULL: not a status of the vendor's */

static const char *
pa_sandbox_message(int64_t code)
{
    const pa_sandbox_status_t  *status;

    for (status = pa_sandbox_statuses; status->code != 0; status++) {
        if (status->code == code) {
            break;
        }
    }

    return status->message;
}


/* a token for each address; one for any address if there is no whitelist */

static int
pa_sandbox_issue(pa_buf_t *b, pa_json_t *whitelist)
{
    size_t    i;
    pa_str_t  ip;

    if (pa_json_nelements(whitelist) == 0) {
        pa_buf_literal(b, "{\"ip\":null,\"token\":\"");
        return pa_sandbox_token(b);
    }

    for (i = 0; i < pa_json_nelements(whitelist); i++) {

        (void) pa_json_string(pa_json_element(whitelist, i), &ip);

        pa_buf_bytes(b, ",", i != 0);
        pa_buf_literal(b, "{\"ip\":");
        pa_buf_json_string(b, &ip);
        pa_buf_literal(b, ",\"token\":\"");

        if (pa_sandbox_token(b) != PA_OK) {
            return PA_ERROR;
        }
    }

    return PA_OK;
}


static int
pa_sandbox_token(pa_buf_t *b)
{
    size_t   i;
    uint8_t  bytes[PA_SANDBOX_TOKEN_BYTES], digits[2 * PA_SANDBOX_TOKEN_BYTES];

    static const char  hex[] = "0123456789abcdef";

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        return PA_ERROR;
    }

    for (i = 0; i < sizeof(bytes); i++) {
        digits[2 * i] = (uint8_t) hex[bytes[i] >> 4];
        digits[2 * i + 1] = (uint8_t) hex[bytes[i] & 0xf];
    }

    pa_buf_bytes(b, digits, sizeof(digits));
    pa_buf_literal(b, "\"}");

    return PA_OK;
}
