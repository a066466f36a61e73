
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "envelope.h"
#include "json/nesting.h"
#include "reply_text.h"


/* members with a value for the caller, as in the table of names */

typedef enum {
    PA_ENVELOPE_DATA = 0,
    PA_ENVELOPE_PUSH_ID,
    PA_ENVELOPE_BALANCE,
    PA_ENVELOPE_MSG_ID,
    PA_ENVELOPE_OTHER
} pa_envelope_member_e;


/* what is being copied: the value of a member, and all that is in it */

typedef struct {
    pa_envelope_t           *envelope;
    pa_json_nesting_t        nesting;
    pa_envelope_member_e     member;
    pa_json_string_t         name;        /* of the innermost member */
    unsigned                 has_id[3];   /* the row at this depth */
} pa_envelope_copy_t;


static int pa_envelope_value(pa_envelope_copy_t *copy);
static int pa_envelope_open(pa_envelope_copy_t *copy, pa_json_type_e type);
static int pa_envelope_next(pa_envelope_copy_t *copy, int first);
static int pa_envelope_scalar(pa_envelope_copy_t *copy);
static int pa_envelope_write(pa_envelope_t *envelope,
    const pa_json_string_t *string);
static int pa_envelope_number(pa_envelope_t *envelope,
    const pa_json_number_t *number);
static void pa_envelope_row(pa_envelope_copy_t *copy,
    const pa_json_value_t *value);
static int pa_envelope_fact(pa_envelope_copy_t *copy,
    const pa_json_value_t *value);


static const pa_str_t  pa_envelope_names[PA_ENVELOPE_OTHER] = {
    pa_string("data"),
    pa_string("push_id"),
    pa_string("balance"),
    pa_string("msg_id")
};


void
pa_envelope_init(pa_envelope_t *envelope, pa_json_scan_t *scan,
    pa_redactor_t *redactor, pa_endpoint_e endpoint)
{
    memset(envelope, 0, sizeof(pa_envelope_t));

    envelope->scan = scan;
    envelope->redactor = redactor;
    envelope->endpoint = endpoint;
    envelope->balance = PA_BALANCE_UNKNOWN;

    /* what the client gets is hardly longer than what the vendor sent */

    pa_buf_init(&envelope->text, scan->pool,
                (size_t) (scan->last - scan->start) + 64);
}


int
pa_envelope_member(pa_envelope_t *envelope, const pa_json_string_t *name)
{
    pa_envelope_copy_t  copy;

    copy.envelope = envelope;
    copy.member = (pa_envelope_member_e)
                  pa_json_name_index(name, pa_envelope_names,
                                     PA_ENVELOPE_OTHER);
    memset(copy.has_id, 0, sizeof(copy.has_id));
    pa_json_nesting_init(&copy.nesting);

    pa_buf_literal(&envelope->text, ",");

    if (pa_envelope_write(envelope, name) != PA_OK) {
        return PA_ERROR;
    }

    pa_buf_literal(&envelope->text, ":");

    return pa_envelope_value(&copy);
}


int
pa_envelope_string(pa_envelope_t *envelope, const pa_str_t *name,
    const pa_json_string_t *value)
{
    pa_buf_literal(&envelope->text, ",");
    pa_buf_json_string(&envelope->text, name);
    pa_buf_literal(&envelope->text, ":");

    return pa_envelope_write(envelope, value);
}


/* any value, to any depth without recursion, as pa_json_scan_skip() does */

static int
pa_envelope_value(pa_envelope_copy_t *copy)
{
    int              rc, first;
    pa_json_type_e   type;

    for ( ;; ) {
        type = pa_json_scan_type(copy->envelope->scan);
        first = (type == PA_JSON_OBJECT || type == PA_JSON_ARRAY);

        rc = first ? pa_envelope_open(copy, type) : pa_envelope_scalar(copy);

        if (rc != PA_OK) {
            return PA_ERROR;
        }

        do {
            if (copy->nesting.depth == 0) {
                return PA_OK;
            }

            rc = pa_envelope_next(copy, first);

            if (rc == PA_ERROR) {
                return PA_ERROR;
            }

            first = 0;

        } while (rc == PA_DONE);
    }
}


static int
pa_envelope_open(pa_envelope_copy_t *copy, pa_json_type_e type)
{
    int             is_object;
    size_t          depth;
    pa_envelope_t  *envelope;

    envelope = copy->envelope;
    is_object = (type == PA_JSON_OBJECT);

    if (pa_json_nesting_push(&copy->nesting, envelope->scan->pool, is_object)
        != PA_OK)
    {
        envelope->scan->no_memory = 1;
        return PA_ERROR;
    }

    depth = copy->nesting.depth;

    if (depth < sizeof(copy->has_id) / sizeof(copy->has_id[0])) {
        copy->has_id[depth] = 0;
    }

    pa_buf_bytes(&envelope->text, is_object ? "{" : "[", 1);

    return PA_OK;
}


/* the name of a member, or what parts elements; PA_DONE: the end of them */

static int
pa_envelope_next(pa_envelope_copy_t *copy, int first)
{
    int              rc, is_object;
    pa_buf_t        *b;
    pa_json_scan_t  *s;

    b = &copy->envelope->text;
    s = copy->envelope->scan;
    is_object = pa_json_nesting_top(&copy->nesting);

    rc = is_object ? pa_json_scan_object_next(s, first, &copy->name)
                   : pa_json_scan_array_next(s, first);

    if (rc == PA_ERROR) {
        return PA_ERROR;
    }

    if (rc == PA_DONE) {
        pa_buf_bytes(b, is_object ? "}" : "]", 1);
        copy->nesting.depth--;
        return PA_DONE;
    }

    pa_buf_bytes(b, ",", !first);

    if (is_object) {

        if (pa_envelope_write(copy->envelope, &copy->name) != PA_OK) {
            return PA_ERROR;
        }

        pa_buf_literal(b, ":");
    }

    return PA_OK;
}


static int
pa_envelope_scalar(pa_envelope_copy_t *copy)
{
    int               rc;
    pa_envelope_t    *envelope;
    const uint8_t    *start;
    pa_json_value_t   value;

    envelope = copy->envelope;
    start = envelope->scan->pos;

    if (pa_json_read_value(envelope->scan, &value) != PA_OK) {
        return PA_ERROR;
    }

    switch (value.type) {

    case PA_JSON_STRING:
        rc = pa_envelope_write(envelope, &value.string);
        break;

    case PA_JSON_NUMBER:
        rc = pa_envelope_number(envelope, &value.number);
        break;

    default:
        pa_buf_bytes(&envelope->text, start,
                     (size_t) (envelope->scan->pos - start));
        return PA_OK;
    }

    if (rc != PA_OK) {
        return PA_ERROR;
    }

    pa_envelope_row(copy, &value);

    return pa_envelope_fact(copy, &value);
}


static int
pa_envelope_write(pa_envelope_t *envelope, const pa_json_string_t *string)
{
    pa_buf_t        *b;
    pa_str_t         text, raw;
    const uint8_t   *decoded;
    pa_json_scan_t  *s;

    b = &envelope->text;
    s = envelope->scan;

    if (pa_json_string_decode(s->pool, string, &text) != PA_OK) {
        s->no_memory = 1;
        return PA_ERROR;
    }

    decoded = text.data;
    raw = string->raw;

    if (pa_reply_redact(s, envelope->redactor, &text, decoded != raw.data)
        != PA_OK)
    {
        return PA_ERROR;
    }

    /* digits of an escape, and what follows it, may look like a secret */

    if (decoded != raw.data
        && pa_reply_redact(s, envelope->redactor, &raw, 0) != PA_OK)
    {
        return PA_ERROR;
    }

    pa_buf_literal(b, "\"");

    if (text.data == string->raw.data) {
        pa_buf_bytes(b, text.data, text.len);

    } else if (text.data == decoded && raw.data == string->raw.data) {
        pa_json_string_mend(b, string);

    } else {
        pa_buf_json_chars(b, text.data, text.len);
    }

    pa_buf_literal(b, "\"");

    return PA_OK;
}


/* a number that shows a secret is none afterwards */

static int
pa_envelope_number(pa_envelope_t *envelope, const pa_json_number_t *number)
{
    pa_str_t  text;

    text = number->text;

    if (pa_reply_redact(envelope->scan, envelope->redactor, &text, 0)
        != PA_OK)
    {
        return PA_ERROR;
    }

    if (text.data == number->text.data) {
        pa_buf_bytes(&envelope->text, text.data, text.len);

    } else {
        pa_buf_json_string(&envelope->text, &text);
    }

    return PA_OK;
}


/*
 * A row has a msg_id if it is a number or a string that is not empty.  Rows are
 * the elements of "data", of a list with gaps that became an object as well,
 * or "data" itself.
 */

static void
pa_envelope_row(pa_envelope_copy_t *copy, const pa_json_value_t *value)
{
    size_t  depth;

    depth = copy->nesting.depth;

    if (copy->envelope->endpoint != PA_ENDPOINT_PUSH
        || copy->member != PA_ENVELOPE_DATA
        || depth == 0
        || depth >= sizeof(copy->has_id) / sizeof(copy->has_id[0])
        || copy->has_id[depth]
        || !pa_json_nesting_top(&copy->nesting)
        || pa_json_name_index(&copy->name, pa_envelope_names,
                              PA_ENVELOPE_OTHER)
           != PA_ENVELOPE_MSG_ID)
    {
        return;
    }

    if (value->type == PA_JSON_STRING && value->string.raw.len == 0) {
        return;
    }

    copy->has_id[depth] = 1;
    copy->envelope->accepted++;
}


/* what is known of a reply as a whole */

static int
pa_envelope_fact(pa_envelope_copy_t *copy, const pa_json_value_t *value)
{
    int             rc;
    pa_str_t        text;
    pa_envelope_t  *envelope;

    envelope = copy->envelope;

    if (copy->nesting.depth != 0
        || !((copy->member == PA_ENVELOPE_PUSH_ID
              && envelope->endpoint == PA_ENDPOINT_PUSH)
             || (copy->member == PA_ENVELOPE_BALANCE
                 && envelope->endpoint == PA_ENDPOINT_CHECK_BALANCE)))
    {
        return PA_OK;
    }

    if (value->type == PA_JSON_NUMBER) {
        text = value->number.text;
        rc = pa_reply_redact(envelope->scan, envelope->redactor, &text, 0);

    } else {
        rc = pa_reply_string(envelope->scan, envelope->redactor, value, &text);
    }

    if (rc != PA_OK) {
        return PA_ERROR;
    }

    if (copy->member == PA_ENVELOPE_PUSH_ID) {
        envelope->push_id = text;

    } else {
        (void) pa_balance_read(&text, &envelope->balance);
    }

    return PA_OK;
}
