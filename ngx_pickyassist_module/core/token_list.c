
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "reply_text.h"
#include "token_list.h"


/* members of an element, as in the table of names */

typedef enum {
    PA_TOKEN_TOKEN = 0,
    PA_TOKEN_IP,
    PA_TOKEN_OTHER
} pa_token_member_e;


static int pa_token_list_object(pa_token_list_t *list);
static int pa_token_list_element(pa_token_list_t *list);
static int pa_token_list_add(pa_token_list_t *list,
    const pa_json_value_t *values);
static int pa_token_list_token(pa_token_list_t *list,
    const pa_json_value_t *value, pa_str_t *token);
static int pa_token_list_is_index(const pa_json_string_t *name);


static const pa_str_t  pa_token_members[PA_TOKEN_OTHER] = {
    pa_string("token"),
    pa_string("ip")
};


void
pa_token_list_init(pa_token_list_t *list, pa_json_scan_t *scan,
    pa_redactor_t *redactor)
{
    memset(list, 0, sizeof(pa_token_list_t));

    list->scan = scan;
    list->redactor = redactor;
}


int
pa_token_list_read(pa_token_list_t *list)
{
    int              rc, first;
    pa_json_scan_t  *s;

    s = list->scan;

    if (list->text.pool == NULL) {

        /* what the client gets is about as long as what the vendor sent */

        pa_buf_init(&list->text, s->pool, (size_t) (s->last - s->start));
    }

    switch (pa_json_scan_type(s)) {

    case PA_JSON_ARRAY:
        break;

    case PA_JSON_OBJECT:
        return pa_token_list_object(list);

    default:
        return pa_token_list_element(list);
    }

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_array_next(s, first);

        if (rc != PA_OK) {
            return rc == PA_DONE ? PA_OK : PA_ERROR;
        }

        if (pa_token_list_element(list) != PA_OK) {
            return PA_ERROR;
        }
    }
}


/*
 * A token alone, or what PHP makes of a list with gaps: {"0":...,"2":...}.  If
 * it has a token of its own, that is what it is, and what else is in it is
 * none.
 */

static int
pa_token_list_object(pa_token_list_t *list)
{
    int                rc, first;
    size_t             start, n;
    pa_str_t           token;
    pa_json_value_t   *value, values[PA_TOKEN_OTHER + 1];
    pa_json_string_t   name;

    start = list->text.len;
    n = list->n;

    memset(values, 0, sizeof(values));

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(list->scan, first, &name);

        if (rc == PA_DONE) {
            break;
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }

        value = &values[pa_json_name_index(&name, pa_token_members,
                                           PA_TOKEN_OTHER)];
        value->type = pa_json_scan_type(list->scan);

        if (value->type == PA_JSON_OBJECT || pa_token_list_is_index(&name)) {
            rc = pa_token_list_element(list);

        } else {
            rc = pa_json_read_value(list->scan, value);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    rc = pa_token_list_token(list, &values[PA_TOKEN_TOKEN], &token);

    if (rc != PA_OK) {
        return rc == PA_DONE ? PA_OK : PA_ERROR;
    }

    list->text.len = start;
    list->n = n;

    return pa_token_list_add(list, values);
}


static int
pa_token_list_element(pa_token_list_t *list)
{
    int               rc;
    pa_json_value_t   values[PA_TOKEN_OTHER];

    if (pa_json_scan_type(list->scan) == PA_JSON_OBJECT) {
        rc = pa_json_find(list->scan, pa_token_members, values,
                          PA_TOKEN_OTHER);

    } else {
        rc = pa_json_read_value(list->scan, &values[PA_TOKEN_TOKEN]);
        values[PA_TOKEN_IP].type = PA_JSON_ERROR;
    }

    return rc == PA_OK ? pa_token_list_add(list, values) : PA_ERROR;
}


/* an element that holds no token is passed over */

static int
pa_token_list_add(pa_token_list_t *list, const pa_json_value_t *values)
{
    int                     rc;
    pa_buf_t               *b;
    pa_str_t                token, ip;
    const pa_json_value_t  *value;

    value = &values[PA_TOKEN_TOKEN];

    rc = pa_token_list_token(list, value, &token);

    if (rc != PA_OK) {
        return rc == PA_DONE ? PA_OK : PA_ERROR;
    }

    rc = pa_reply_string(list->scan, list->redactor, &values[PA_TOKEN_IP],
                         &ip);
    if (rc == PA_ERROR) {
        return PA_ERROR;
    }

    b = &list->text;

    pa_buf_bytes(b, ",", list->n != 0);

    if (rc == PA_OK) {
        pa_buf_literal(b, "{\"ip\":\"");
        pa_reply_write(b, &values[PA_TOKEN_IP], &ip);
        pa_buf_literal(b, "\",\"token\":\"");

    } else {
        pa_buf_literal(b, "{\"ip\":null,\"token\":\"");
    }

    pa_reply_write(b, value, &token);
    pa_buf_literal(b, "\"}");

    list->n++;

    return PA_OK;
}


/*
 * A non-empty string, or an integer of any size: the vendor's sister endpoints
 * mix both up, and a token may well consist of digits alone.  PA_DONE: neither.
 */

static int
pa_token_list_token(pa_token_list_t *list, const pa_json_value_t *value,
    pa_str_t *token)
{
    int  rc;

    if (value->type != PA_JSON_NUMBER) {
        rc = pa_reply_string(list->scan, list->redactor, value, token);
        return rc == PA_OK && token->len == 0 ? PA_DONE : rc;
    }

    /* "12e4" may have been a string of hexadecimal digits: not a token */

    if (pa_json_number_whole(&value->number, token) != PA_OK) {
        return PA_DONE;
    }

    return pa_reply_redact(list->scan, list->redactor, token, 0);
}


static int
pa_token_list_is_index(const pa_json_string_t *name)
{
    size_t    i, len;
    uint8_t   digits[20];

    if (name->odd) {
        return 0;
    }

    len = pa_json_string_copy(name, digits, sizeof(digits));

    if (len == 0 || len > sizeof(digits)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return 0;
        }
    }

    return 1;
}
