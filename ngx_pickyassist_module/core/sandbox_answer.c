
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <sys/random.h>

#include "tables/api_statuses.h"
#include "sandbox_answer.h"


/* random bytes of a token, two hexadecimal digits each */
#define PA_SANDBOX_TOKEN_BYTES  20

/* what is on the account at the start, and what a message costs: millionths */
#define PA_SANDBOX_BALANCE  (1000 * (int64_t) PA_BALANCE_ONE)
#define PA_SANDBOX_CREDIT   5000

#define PA_SANDBOX_SERVER   10            /* an "application" */

#define PA_ACTION_NUMBER_FILTER  1

#define PA_SANDBOX_TIME_SIZE  32


static int pa_sandbox_tokens(pa_buf_t *b, pa_json_t *addresses);
static int pa_sandbox_token(pa_buf_t *b);
static void pa_sandbox_row(pa_sandbox_call_t *call, const pa_json_t *recipient,
    const pa_json_t *reference, int64_t msg_id, int filter);
static void pa_sandbox_template(pa_buf_t *b, const pa_str_t *template_id);
static int pa_sandbox_invite_link(pa_buf_t *b);
static int pa_sandbox_id(int64_t first, int64_t *id);
static void pa_sandbox_quoted(pa_buf_t *b, const pa_json_t *value);
static void pa_sandbox_time(pa_buf_t *b, time_t now, const char *format);


int
pa_sandbox_answer_plain(pa_sandbox_call_t *call)
{
    pa_sandbox_answer_status(&call->b, PA_API_STATUS_SUCCESS, "Success");

    return PA_OK;
}


void
pa_sandbox_answer_status(pa_buf_t *b, int status, const char *message)
{
    pa_buf_literal(b, "\"status\":");
    pa_buf_int(b, status);
    pa_buf_literal(b, ",\"message\":\"");
    pa_buf_bytes(b, message, strlen(message));
    pa_buf_literal(b, "\"");
}


int
pa_sandbox_answer_create_api_token(pa_sandbox_call_t *call)
{
    int64_t  project_id;

    project_id = 0;
    (void) pa_json_integer(pa_json_member(call->request, "project_id"),
                           &project_id);

    (void) pa_sandbox_answer_plain(call);

    pa_buf_literal(&call->b, ",\"project_id\":");
    pa_buf_int(&call->b, project_id);
    pa_buf_literal(&call->b, ",\"api_token\":");

    return pa_sandbox_tokens(&call->b,
                             pa_json_member(call->request, "ip_whitelist"));
}


/* with a number as a string, and the list under another name than above */

int
pa_sandbox_answer_create_project(pa_sandbox_call_t *call)
{
    int64_t  project_id;

    if (pa_sandbox_id(10000, &project_id) != PA_OK) {
        return PA_ERROR;
    }

    (void) pa_sandbox_answer_plain(call);

    pa_buf_literal(&call->b, ",\"project_id\":\"");
    pa_buf_int(&call->b, project_id);
    pa_buf_literal(&call->b, "\"");

    if (!pa_json_is_true(pa_json_member(call->request, "generate_api_token"))) {
        return PA_OK;
    }

    pa_buf_literal(&call->b, ",\"api_tokens\":");

    return pa_sandbox_tokens(&call->b, pa_json_member(call->request,
                                                      "token_ip_address"));
}


int
pa_sandbox_answer_get_projects(pa_sandbox_call_t *call)
{
    (void) pa_sandbox_answer_plain(call);

    pa_buf_literal(&call->b, ",\"projects\":[{\"project_id\":\"1001\","
                             "\"project_name\":\"Sandbox\"}]");

    return PA_OK;
}


/* a token for each address; one for any address if there is no list of them */

static int
pa_sandbox_tokens(pa_buf_t *b, pa_json_t *addresses)
{
    size_t    i;
    pa_str_t  ip;

    pa_buf_literal(b, "[");

    if (pa_json_nelements(addresses) == 0) {
        pa_buf_literal(b, "{\"ip\":null,\"token\":\"");

        if (pa_sandbox_token(b) != PA_OK) {
            return PA_ERROR;
        }
    }

    for (i = 0; i < pa_json_nelements(addresses); i++) {

        (void) pa_json_string(pa_json_element(addresses, i), &ip);

        pa_buf_bytes(b, ",", i != 0);
        pa_buf_literal(b, "{\"ip\":");
        pa_buf_json_string(b, &ip);
        pa_buf_literal(b, ",\"token\":\"");

        if (pa_sandbox_token(b) != PA_OK) {
            return PA_ERROR;
        }
    }

    pa_buf_literal(b, "]");

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


/* ids of one reply follow each other, so that none is there twice */

int
pa_sandbox_answer_push(pa_sandbox_call_t *call)
{
    int         filter;
    size_t      i, n;
    int64_t     push_id, msg_id, action;
    pa_buf_t   *b;
    pa_json_t  *data, *row, *number;

    b = &call->b;

    if (pa_sandbox_id(7000000000, &push_id) != PA_OK
        || pa_sandbox_id(900000000000, &msg_id) != PA_OK)
    {
        return PA_ERROR;
    }

    filter = pa_json_integer(pa_json_member(call->request, "action"), &action)
             == PA_OK && action == PA_ACTION_NUMBER_FILTER;

    pa_buf_literal(b, "\"status\":100,\"push_id\":\"");
    pa_buf_int(b, push_id);
    pa_buf_literal(b, "\",\"message\":\"Success\",\"data\":[");

    data = pa_json_member(call->request, "data");
    n = pa_json_is_empty(data) ? 0 : pa_json_nelements(data);

    for (i = 0; i < n; i++) {
        row = pa_json_element(data, i);
        number = pa_json_member(row, "number");

        if (pa_json_is_empty(number)) {
            number = pa_json_member(row, "messenger_id");
        }

        pa_buf_bytes(b, ",", i != 0);
        pa_sandbox_row(call, number, pa_json_member(row, "reference_number"),
                       msg_id + (int64_t) i, filter);
    }

    /* a group alone is one recipient */

    if (n == 0) {
        pa_sandbox_row(call, pa_json_member(call->request, "group_id"), NULL,
                       msg_id, filter);
    }

    pa_buf_literal(b, "]");

    return PA_OK;
}


/* a row of the number filter tells whether there is such a number, for free */

static void
pa_sandbox_row(pa_sandbox_call_t *call, const pa_json_t *recipient,
    const pa_json_t *reference, int64_t msg_id, int filter)
{
    pa_buf_t  *b;

    b = &call->b;

    pa_buf_literal(b, "{\"msg_id\":\"");
    pa_buf_int(b, msg_id);
    pa_buf_literal(b, "\",\"number\":");
    pa_sandbox_quoted(b, recipient);

    if (!pa_json_is_empty(reference)) {
        pa_buf_literal(b, ",\"reference_number\":");
        pa_sandbox_quoted(b, reference);
    }

    if (filter) {
        pa_buf_literal(b, ",\"status\":\"0\"}");
        return;
    }

    pa_buf_literal(b, ",\"credit\":\"");
    pa_balance_write(b, PA_SANDBOX_CREDIT);
    pa_buf_literal(b, "\"}");

    call->cost += PA_SANDBOX_CREDIT;
}


/* neither "status" nor "message", as in the vendor's sample */

int
pa_sandbox_answer_delivery_report(pa_sandbox_call_t *call)
{
    int64_t    push_id, msg_id;
    pa_buf_t  *b;

    b = &call->b;

    if (pa_sandbox_id(900000000000, &msg_id) != PA_OK) {
        return PA_ERROR;
    }

    push_id = 0;
    (void) pa_json_integer(pa_json_member(call->request, "push_id"), &push_id);

    pa_buf_literal(b, "\"project_id\":\"1001\",\"push_id\":");
    pa_buf_int(b, push_id);
    pa_buf_literal(b, ",\"application\":\"1\",\"message_type\":\"3\","
                      "\"time\":\"");
    pa_sandbox_time(b, call->now, "%d-%m-%Y %I:%M %p");
    pa_buf_literal(b, "\",\"data\":[{\"number\":\"15550100001\","
                      "\"msg_id\":\"");
    pa_buf_int(b, msg_id);
    pa_buf_literal(b, "\",\"status\":\"1\",\"error_code\":\"\"}]");

    return PA_OK;
}


int
pa_sandbox_answer_check_balance(pa_sandbox_call_t *call)
{
    pa_buf_literal(&call->b, "\"balance\":");
    pa_balance_write(&call->b, PA_SANDBOX_BALANCE - call->spent);
    pa_buf_literal(&call->b, ",");

    return pa_sandbox_answer_plain(call);
}


/* of a server the member "status" is a word; a phone's answer is like others */

int
pa_sandbox_answer_device_status(pa_sandbox_call_t *call)
{
    int64_t    application;
    pa_buf_t  *b;

    b = &call->b;

    application = 0;
    (void) pa_json_integer(pa_json_member(call->request, "application"),
                           &application);

    pa_buf_literal(b, "\"project_id\":\"1001\",");

    if (application == PA_SANDBOX_SERVER) {
        pa_buf_literal(b, "\"status\":\"CONNECTED\","
                          "\"connected_number\":\"15550100001\","
                          "\"version\":\"2.2119.6\","
                          "\"message_queue_count\":0");

    } else {
        (void) pa_sandbox_answer_plain(call);
        pa_buf_literal(b, ",\"connected_number\":\"15550100001\"");
    }

    pa_buf_literal(b, ",\"time\":\"");
    pa_sandbox_time(b, call->now, "%Y-%m-%dT%H:%M:%S+00:00");
    pa_buf_literal(b, "\"");

    return PA_OK;
}


int
pa_sandbox_answer_template_request(pa_sandbox_call_t *call)
{
    int64_t  id;

    if (pa_sandbox_id(1000, &id) != PA_OK) {
        return PA_ERROR;
    }

    pa_buf_literal(&call->b, "\"template_id\":\"AB");
    pa_buf_int(&call->b, id);
    pa_buf_literal(&call->b, "\",\"template_status\":1,");

    return pa_sandbox_answer_plain(call);
}


int
pa_sandbox_answer_template_status(pa_sandbox_call_t *call)
{
    pa_buf_t   *b;
    pa_str_t    template_id;
    pa_json_t  *value;

    static const pa_str_t  first = pa_string("AB1234");
    static const pa_str_t  second = pa_string("AB1235");

    b = &call->b;
    value = pa_json_member(call->request, "template_id");

    if (pa_json_is_empty(value)) {
        pa_buf_literal(b, "\"templates\":[{");
        pa_sandbox_template(b, &first);
        pa_buf_literal(b, "},{");
        pa_sandbox_template(b, &second);
        pa_buf_literal(b, "}],");

    } else {
        (void) pa_json_string(value, &template_id);
        pa_sandbox_template(b, &template_id);
        pa_buf_literal(b, ",");
    }

    return pa_sandbox_answer_plain(call);
}


static void
pa_sandbox_template(pa_buf_t *b, const pa_str_t *template_id)
{
    pa_buf_literal(b, "\"template_id\":");
    pa_buf_json_string(b, template_id);
    pa_buf_literal(b, ",\"template_name\":\"appointment\","
                      "\"template_status\":\"2\",\"message_type\":\"1\","
                      "\"category\":\"1\",\"footer\":\"\","
                      "\"template_message\":\"Hello {{1}}\"");
}


int
pa_sandbox_answer_create_whatsapp_group(pa_sandbox_call_t *call)
{
    int64_t  id;

    if (pa_sandbox_id(120360000000000, &id) != PA_OK) {
        return PA_ERROR;
    }

    (void) pa_sandbox_answer_plain(call);

    pa_buf_literal(&call->b, ",\"group_id\":\"");
    pa_buf_int(&call->b, id);
    pa_buf_literal(&call->b, "@g.us\"");

    return pa_sandbox_invite_link(&call->b);
}


int
pa_sandbox_answer_group_details(pa_sandbox_call_t *call)
{
    int        rc;
    pa_buf_t  *b;

    b = &call->b;

    (void) pa_sandbox_answer_plain(call);

    pa_buf_literal(b, ",\"group_id\":");
    pa_sandbox_quoted(b, pa_json_member(call->request, "group_id"));
    pa_buf_literal(b, ",\"group_subject\":\"Sandbox\","
                      "\"group_icon_link\":\"\"");

    rc = pa_sandbox_invite_link(b);

    pa_buf_literal(b, ",\"group_created_date\":\"");
    pa_sandbox_time(b, call->now, "%d-%m-%Y %I:%M %p");
    pa_buf_literal(b, "\",\"group_admins\":[\"15550100001\"],"
                      "\"group_members\":[\"15550100001\",\"15550100002\"]");

    return rc;
}


int
pa_sandbox_answer_generate_invite_link(pa_sandbox_call_t *call)
{
    (void) pa_sandbox_answer_plain(call);

    return pa_sandbox_invite_link(&call->b);
}


static int
pa_sandbox_invite_link(pa_buf_t *b)
{
    int64_t  id;

    if (pa_sandbox_id(1000000000000, &id) != PA_OK) {
        return PA_ERROR;
    }

    pa_buf_literal(b, ",\"group_invite_link\":"
                      "\"https://chat.whatsapp.com/Sandbox");
    pa_buf_int(b, id);
    pa_buf_literal(b, "\"");

    return PA_OK;
}


/* random, not less than first, and less than twice as much */

static int
pa_sandbox_id(int64_t first, int64_t *id)
{
    uint64_t  n;

    if (getrandom(&n, sizeof(n), 0) != sizeof(n)) {
        return PA_ERROR;
    }

    *id = first + (int64_t) (n % (uint64_t) first);

    return PA_OK;
}


/* strings and integers of the request as strings */

static void
pa_sandbox_quoted(pa_buf_t *b, const pa_json_t *value)
{
    int64_t   n;
    pa_str_t  text;

    if (pa_json_string(value, &text) == PA_OK) {
        pa_buf_json_string(b, &text);
        return;
    }

    n = 0;
    (void) pa_json_integer(value, &n);

    pa_buf_literal(b, "\"");
    pa_buf_int(b, n);
    pa_buf_literal(b, "\"");
}


static void
pa_sandbox_time(pa_buf_t *b, time_t now, const char *format)
{
    char       text[PA_SANDBOX_TIME_SIZE];
    struct tm  tm;

    if (gmtime_r(&now, &tm) != NULL) {
        pa_buf_bytes(b, text, strftime(text, sizeof(text), format, &tm));
    }
}
