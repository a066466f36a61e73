
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "sandbox_judge.h"


#define PA_API_STATUS_EMPTY_NUMBER_LIST     402
#define PA_API_STATUS_INVALID_NUMBER        406
#define PA_API_STATUS_EMPTY_MESSAGE         407
#define PA_API_STATUS_INVALID_TEMPLATE      804
#define PA_API_STATUS_ABOUT_TOO_LONG        819
#define PA_API_STATUS_ADDRESS_TOO_LONG      820
#define PA_API_STATUS_DESCRIPTION_TOO_LONG  821
#define PA_API_STATUS_EMAIL_TOO_LONG        822

/* the highest code that a project selects: later ones are not for projects */
#define PA_SANDBOX_LAST_PROJECT  410

/* a number that selects a status is this, followed by its three digits */
#define PA_SANDBOX_NUMBER  99999990

/* five to fifteen digits, the first not 0: E.164 without "+" */
#define PA_PHONE_MIN  10000
#define PA_PHONE_MAX  999999999999999

#define PA_MESSENGER_ID_MAX   20
#define PA_TEMPLATE_ID_MAX    64
#define PA_PROJECT_NAME_MAX   20
#define PA_MESSAGE_TYPE_LAST  4
#define PA_TOKEN_ACTION_LAST  3
#define PA_PIN_LEN            6

#define PA_ACTION_NUMBER_FILTER  1
#define PA_ACTION_ENABLE         0
#define PA_ACTION_DISABLE        1


typedef struct {
    int64_t          code;
    const char      *message;
} pa_sandbox_status_t;


static int pa_sandbox_judge_recipients(pa_json_t *data);
static int pa_sandbox_judge_first(const pa_json_t *number);
static int pa_sandbox_phone(const pa_json_t *value, int64_t *phone);
static int pa_sandbox_has_any(const pa_json_t *value,
    const char *const *names);
static int pa_sandbox_is_template_id(const pa_json_t *value);
static int pa_sandbox_is_digits(const pa_str_t *text, size_t min, size_t max);
static size_t pa_sandbox_length(const pa_str_t *text);


#define PA_SANDBOX_ROW(code, message, outcome, whose)  { code, message },

static const pa_sandbox_status_t  pa_sandbox_statuses[] = {
    { PA_API_STATUS_SUCCESS, "Success" },
    PA_API_STATUSES(PA_SANDBOX_ROW)
    { 0, NULL }
};

#undef PA_SANDBOX_ROW


const char *
pa_sandbox_message(int64_t status)
{
    const pa_sandbox_status_t  *known;

    for (known = pa_sandbox_statuses; known->code != 0; known++) {
        if (known->code == status) {
            break;
        }
    }

    return known->message;
}


int
pa_sandbox_judge_members(const pa_json_t *request, const char *const *ids,
    const char *const *texts)
{
    int64_t   n;
    pa_str_t  text;

    for ( /* void */ ; *ids != NULL; ids++) {
        if (pa_json_integer(pa_json_member(request, *ids), &n) != PA_OK
            || n <= 0)
        {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    for ( /* void */ ; *texts != NULL; texts++) {
        if (pa_json_string(pa_json_member(request, *texts), &text) != PA_OK
            || text.len == 0)
        {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


int
pa_sandbox_judge_create_api_token(const pa_json_t *request)
{
    size_t      i;
    int64_t     project_id;
    pa_str_t    ip;
    pa_json_t  *whitelist;

    project_id = 0;
    (void) pa_json_integer(pa_json_member(request, "project_id"), &project_id);

    if (project_id <= PA_SANDBOX_LAST_PROJECT
        && pa_sandbox_message(project_id) != NULL
        && project_id != PA_API_STATUS_SUCCESS)
    {
        return (int) project_id;
    }

    whitelist = pa_json_member(request, "ip_whitelist");

    for (i = 0; i < pa_json_nelements(whitelist); i++) {
        if (pa_json_string(pa_json_element(whitelist, i), &ip) != PA_OK) {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


int
pa_sandbox_judge_create_project(const pa_json_t *request)
{
    size_t      i;
    pa_str_t    text;
    pa_json_t  *addresses;

    (void) pa_json_string(pa_json_member(request, "project_name"), &text);

    if (pa_sandbox_length(&text) > PA_PROJECT_NAME_MAX) {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    addresses = pa_json_member(request, "token_ip_address");

    for (i = 0; i < pa_json_nelements(addresses); i++) {
        if (pa_json_string(pa_json_element(addresses, i), &text) != PA_OK) {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


int
pa_sandbox_judge_manage_api_token(const pa_json_t *request)
{
    int64_t  action;

    action = 0;
    (void) pa_json_integer(pa_json_member(request, "action"), &action);

    return action <= PA_TOKEN_ACTION_LAST ? PA_API_STATUS_SUCCESS
                                          : PA_API_STATUS_INVALID_REQUEST;
}


/*
 * The recipients first: a number that stands for a status needs no message.  A
 * message is what the root or the row has; the number filter sends none.
 */

int
pa_sandbox_judge_push(const pa_json_t *request)
{
    int         status;
    size_t      i;
    int64_t     action;
    pa_json_t  *data, *template_id;

    static const char *const  root[] = {
        "globalmessage", "globalmedia", "globalmedia_code", "template_id",
        "location", "contact", NULL
    };

    static const char *const  of_row[] = {
        "message", "media", "media_code", NULL
    };

    data = pa_json_member(request, "data");

    if (pa_json_is_empty(data)
        && pa_json_is_empty(pa_json_member(request, "group_id")))
    {
        return PA_API_STATUS_EMPTY_NUMBER_LIST;
    }

    status = pa_json_is_empty(data) ? PA_API_STATUS_SUCCESS
                                    : pa_sandbox_judge_recipients(data);

    if (status != PA_API_STATUS_SUCCESS) {
        return status;
    }

    template_id = pa_json_member(request, "template_id");

    if (!pa_json_is_empty(template_id)
        && !pa_sandbox_is_template_id(template_id))
    {
        return PA_API_STATUS_INVALID_TEMPLATE;
    }

    if (pa_sandbox_has_any(request, root)
        || (pa_json_integer(pa_json_member(request, "action"), &action)
            == PA_OK && action == PA_ACTION_NUMBER_FILTER))
    {
        return PA_API_STATUS_SUCCESS;
    }

    if (pa_json_is_empty(data)) {
        return PA_API_STATUS_EMPTY_MESSAGE;
    }

    for (i = 0; i < pa_json_nelements(data); i++) {
        if (!pa_sandbox_has_any(pa_json_element(data, i), of_row)) {
            return PA_API_STATUS_EMPTY_MESSAGE;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


int
pa_sandbox_judge_device_action(const pa_json_t *request)
{
    pa_str_t            command;
    const char *const  *known;

    /* those of phones, and those of servers that are none of phones */

    static const char *const  commands[] = {
        "restart", "reset", "delete-message-queue", "delete-call-queue",
        "stop-message-queue", "stop-call-queue", "resume-message-queue",
        "resume-call-queue", "restart-server", "disconnect", "clearlogs", NULL
    };

    (void) pa_json_string(pa_json_member(request, "command"), &command);

    for (known = commands; *known != NULL; known++) {
        if (strlen(*known) == command.len
            && memcmp(*known, command.data, command.len) == 0)
        {
            return PA_API_STATUS_SUCCESS;
        }
    }

    return PA_API_STATUS_INVALID_REQUEST;
}


int
pa_sandbox_judge_template_request(const pa_json_t *request)
{
    size_t      i;
    int64_t     type;
    pa_str_t    name;
    pa_json_t  *messages, *row;

    static const char *const  message[] = { "message", NULL };
    static const char *const  language[] = { "language", NULL };

    static const uint8_t  allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    (void) pa_json_string(pa_json_member(request, "name"), &name);

    for (i = 0; i < name.len; i++) {
        if (memchr(allowed, name.data[i], sizeof(allowed) - 1) == NULL) {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    type = 0;
    (void) pa_json_integer(pa_json_member(request, "message_type"), &type);

    if (type > PA_MESSAGE_TYPE_LAST) {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    messages = pa_json_member(request, "messages");

    if (pa_json_is_empty(messages)) {
        return PA_API_STATUS_EMPTY_MESSAGE;
    }

    for (i = 0; i < pa_json_nelements(messages); i++) {
        row = pa_json_element(messages, i);

        if (!pa_sandbox_has_any(row, message)) {
            return PA_API_STATUS_EMPTY_MESSAGE;
        }

        if (!pa_sandbox_has_any(row, language)) {
            return PA_API_STATUS_INVALID_REQUEST;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


int
pa_sandbox_judge_template_status(const pa_json_t *request)
{
    pa_json_t  *template_id;

    template_id = pa_json_member(request, "template_id");

    return pa_json_is_empty(template_id)
           || pa_sandbox_is_template_id(template_id)
           ? PA_API_STATUS_SUCCESS : PA_API_STATUS_INVALID_TEMPLATE;
}


int
pa_sandbox_judge_update_profile(const pa_json_t *request)
{
    size_t    i;
    pa_str_t  text;

    static const struct {
        const char  *name;
        size_t       max;                 /* characters */
        int          status;              /* if there are more */
    } rows[] = {
        { "about", 139, PA_API_STATUS_ABOUT_TOO_LONG },
        { "address", 256, PA_API_STATUS_ADDRESS_TOO_LONG },
        { "description", 256, PA_API_STATUS_DESCRIPTION_TOO_LONG },
        { "email", 250, PA_API_STATUS_EMAIL_TOO_LONG }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (pa_json_string(pa_json_member(request, rows[i].name), &text)
            == PA_OK && pa_sandbox_length(&text) > rows[i].max)
        {
            return rows[i].status;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


/* 0 enables, 1 disables: so it is with the vendor */

int
pa_sandbox_judge_two_step_verification(const pa_json_t *request)
{
    int64_t   action;
    pa_str_t  pin;

    if (pa_json_integer(pa_json_member(request, "action"), &action) != PA_OK) {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    if (action == PA_ACTION_DISABLE) {
        return PA_API_STATUS_SUCCESS;
    }

    return action == PA_ACTION_ENABLE
           && pa_json_string(pa_json_member(request, "pin"), &pin) == PA_OK
           && pa_sandbox_is_digits(&pin, PA_PIN_LEN, PA_PIN_LEN)
           ? PA_API_STATUS_SUCCESS : PA_API_STATUS_INVALID_REQUEST;
}


int
pa_sandbox_judge_group_members(const pa_json_t *request)
{
    int         status;
    size_t      i;
    int64_t     phone;
    pa_json_t  *numbers;

    numbers = pa_json_member(request, "number");

    if (pa_json_is_empty(numbers)) {
        return PA_API_STATUS_EMPTY_NUMBER_LIST;
    }

    status = pa_sandbox_judge_first(pa_json_element(numbers, 0));

    if (status != PA_API_STATUS_SUCCESS) {
        return status;
    }

    for (i = 0; i < pa_json_nelements(numbers); i++) {
        if (pa_sandbox_phone(pa_json_element(numbers, i), &phone) != PA_OK) {
            return PA_API_STATUS_INVALID_NUMBER;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


static int
pa_sandbox_judge_recipients(pa_json_t *data)
{
    int         status;
    size_t      i;
    int64_t     phone;
    pa_str_t    id;
    pa_json_t  *row;

    for (i = 0; i < pa_json_nelements(data); i++) {
        row = pa_json_element(data, i);

        if (i == 0) {
            status = pa_sandbox_judge_first(pa_json_member(row, "number"));

            if (status != PA_API_STATUS_SUCCESS) {
                return status;
            }
        }

        if (pa_json_is_empty(pa_json_member(row, "number"))
            && pa_json_string(pa_json_member(row, "messenger_id"), &id)
               == PA_OK
            && pa_sandbox_is_digits(&id, 1, PA_MESSENGER_ID_MAX))
        {
            continue;
        }

        if (pa_sandbox_phone(pa_json_member(row, "number"), &phone) != PA_OK) {
            return PA_API_STATUS_INVALID_NUMBER;
        }
    }

    return PA_API_STATUS_SUCCESS;
}


/* the status that the first recipient selects */

static int
pa_sandbox_judge_first(const pa_json_t *number)
{
    int64_t  phone;

    if (pa_sandbox_phone(number, &phone) == PA_OK
        && phone / 1000 == PA_SANDBOX_NUMBER
        && pa_sandbox_message(phone % 1000) != NULL)
    {
        return (int) (phone % 1000);
    }

    return PA_API_STATUS_SUCCESS;
}


static int
pa_sandbox_phone(const pa_json_t *value, int64_t *phone)
{
    pa_str_t  text;

    if (pa_json_integer(value, phone) != PA_OK
        || *phone < PA_PHONE_MIN || *phone > PA_PHONE_MAX)
    {
        return PA_ERROR;
    }

    if (pa_json_string(value, &text) == PA_OK && text.data[0] == '0') {
        return PA_ERROR;
    }

    return PA_OK;
}


static int
pa_sandbox_has_any(const pa_json_t *value, const char *const *names)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (!pa_json_is_empty(pa_json_member(value, *names))) {
            return 1;
        }
    }

    return 0;
}


/* as the vendor makes them: "AB1234" */

static int
pa_sandbox_is_template_id(const pa_json_t *value)
{
    size_t    i;
    uint8_t   c;
    pa_str_t  text;

    if (pa_json_string(value, &text) != PA_OK
        || text.len > PA_TEMPLATE_ID_MAX)
    {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        c = (uint8_t) (text.data[i] | 0x20);

        if (!(text.data[i] >= '0' && text.data[i] <= '9')
            && !(c >= 'a' && c <= 'z'))
        {
            return 0;
        }
    }

    return 1;
}


static int
pa_sandbox_is_digits(const pa_str_t *text, size_t min, size_t max)
{
    size_t  i;

    if (text->len < min || text->len > max) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < '0' || text->data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


/* code points: bytes that do not continue a character of UTF-8 */

static size_t
pa_sandbox_length(const pa_str_t *text)
{
    size_t  i, n;

    for (i = 0, n = 0; i < text->len; i++) {
        n += (text->data[i] & 0xc0) != 0x80;
    }

    return n;
}
