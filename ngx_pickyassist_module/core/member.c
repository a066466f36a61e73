
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "member.h"
#include "url.h"


#define PA_PHONE_MIN       5      /* digits */
#define PA_PHONE_MAX       15
#define PA_DIGITS_MAX      20
#define PA_PIN_LEN         6

/* the longest spelling of a character: two surrogates */
#define PA_CHARACTER_LEN   12


/* a string, or a number without fraction and exponent, as written */

typedef struct {
    pa_json_string_t   text;
    pa_json_type_e     type;      /* PA_JSON_ERROR: neither, and a flaw */
} pa_scalar_t;


typedef int (*pa_element_read_pt)(pa_reader_t *reader,
    const pa_place_t *place);


static int pa_read_scalar(pa_reader_t *reader, const pa_place_t *place,
    const char *detail, pa_scalar_t *scalar);
static int pa_read_string(pa_reader_t *reader, const pa_place_t *place,
    pa_scalar_t *scalar);
static int pa_read_id(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value);
static int pa_read_flag(pa_reader_t *reader, const pa_place_t *place,
    pa_value_t *value);
static int pa_read_project_id(pa_reader_t *reader, const pa_place_t *place,
    pa_value_t *value);
static int pa_read_text(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value);
static int pa_read_digits(pa_reader_t *reader, const pa_place_t *place,
    size_t min, size_t max, const char *detail);
static int pa_read_name(pa_reader_t *reader, const pa_place_t *place);
static int pa_read_command(pa_reader_t *reader, const pa_place_t *place,
    pa_value_t *value);
static int pa_read_url(pa_reader_t *reader, const pa_place_t *place);
static int pa_read_phone(pa_reader_t *reader, const pa_place_t *place);
static int pa_read_element(pa_reader_t *reader, const pa_place_t *place);
static int pa_read_list(pa_reader_t *reader, const pa_place_t *place,
    size_t min, size_t max, pa_element_read_pt read);

static int pa_integer(const pa_scalar_t *scalar, int64_t *n);
static int pa_is_longer(const pa_json_string_t *string, size_t bound);
static int pa_are_digits(const uint8_t *p, size_t len);
static int pa_number_allowed(const pa_request_rules_t *rules,
    const uint8_t *digits, size_t len);


int
pa_member_read(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value)
{
    value->text.len = 0;
    value->text.data = NULL;
    value->number = -1;

    switch (member->rule) {

    case PA_RULE_ID:
    case PA_RULE_ID_OR_0:
        return pa_read_id(reader, member, place, value);

    case PA_RULE_FLAG:
        return pa_read_flag(reader, place, value);

    case PA_RULE_PROJECT_ID:
        return pa_read_project_id(reader, place, value);

    case PA_RULE_TEXT:
        return pa_read_text(reader, member, place, value);

    case PA_RULE_DIGITS:
        return pa_read_digits(reader, place, 1, PA_DIGITS_MAX,
                              "must be 1 to 20 digits");

    case PA_RULE_PIN:
        return pa_read_digits(reader, place, PA_PIN_LEN, PA_PIN_LEN,
                              "must be six digits");

    case PA_RULE_NAME:
        return pa_read_name(reader, place);

    case PA_RULE_COMMAND:
        return pa_read_command(reader, place, value);

    case PA_RULE_URL:
        return pa_read_url(reader, place);

    case PA_RULE_PHONE:
        return pa_read_phone(reader, place);

    case PA_RULE_LIST:
        return pa_read_list(reader, place, 0, SIZE_MAX, pa_read_element);

    case PA_RULE_URLS:
        return pa_read_list(reader, place, 0, member->bound, pa_read_url);

    case PA_RULE_PHONES:
        return pa_read_list(reader, place, 1, member->bound, pa_read_phone);

    default:
        return pa_json_scan_skip(&reader->scan);
    }
}


static int
pa_read_scalar(pa_reader_t *reader, const pa_place_t *place,
    const char *detail, pa_scalar_t *scalar)
{
    pa_json_number_t  number;

    scalar->type = pa_json_scan_type(&reader->scan);

    if (scalar->type == PA_JSON_STRING) {
        return pa_json_scan_string(&reader->scan, &scalar->text);
    }

    if (scalar->type != PA_JSON_NUMBER) {
        scalar->type = PA_JSON_ERROR;
        return pa_reader_skip(reader, place, detail);
    }

    if (pa_json_scan_number(&reader->scan, &number) != PA_OK) {
        return PA_ERROR;
    }

    if (!number.integer) {
        scalar->type = PA_JSON_ERROR;
        pa_reader_flaw(reader, place, "type", detail);
    }

    scalar->text.raw = number.text;
    scalar->text.escaped = 0;
    scalar->text.odd = 0;

    return PA_OK;
}


static int
pa_read_string(pa_reader_t *reader, const pa_place_t *place,
    pa_scalar_t *scalar)
{
    static const char  detail[] = "must be a string";

    if (pa_json_scan_type(&reader->scan) == PA_JSON_STRING) {
        return pa_read_scalar(reader, place, detail, scalar);
    }

    scalar->type = PA_JSON_ERROR;

    return pa_reader_skip(reader, place, detail);
}


static int
pa_read_id(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value)
{
    int64_t       n, min;
    pa_scalar_t   scalar;

    min = member->rule == PA_RULE_ID_OR_0 ? 0 : 1;

    if (pa_read_scalar(reader, place,
                       "must be an integer, or its digits as a string",
                       &scalar)
        != PA_OK)
    {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    if (pa_integer(&scalar, &n) != PA_OK) {
        pa_reader_flaw(reader, place, "invalid_value",
                       "must be the digits of an integer, "
                       "without leading zeros");
        return PA_OK;
    }

    if (n < min || n > PA_ID_MAX) {
        pa_reader_flaw(reader, place, "range",
                       min ? "must be from 1 to 999999999999999"
                           : "must be from 0 to 999999999999999");
        return PA_OK;
    }

    value->number = n;

    if (member->fact != PA_FACT_NONE
        && pa_json_string_decode(reader->pool, &scalar.text, &value->text)
           != PA_OK)
    {
        reader->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


static int
pa_read_flag(pa_reader_t *reader, const pa_place_t *place, pa_value_t *value)
{
    int64_t       n;
    pa_scalar_t   scalar;

    static const char  detail[] = "must be 0 or 1";

    if (pa_read_scalar(reader, place, detail, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    if (pa_integer(&scalar, &n) == PA_OK && (n == 0 || n == 1)) {
        value->number = n;
        return PA_OK;
    }

    pa_reader_flaw(reader, place,
                   scalar.type == PA_JSON_NUMBER ? "range" : "invalid_value",
                   detail);

    return PA_OK;
}


static int
pa_read_project_id(pa_reader_t *reader, const pa_place_t *place,
    pa_value_t *value)
{
    int64_t      n;
    pa_scalar_t  scalar;

    if (pa_json_scan_type(&reader->scan) != PA_JSON_NUMBER) {
        return pa_reader_skip(reader, place, "must be an integer");
    }

    if (pa_read_scalar(reader, place, "must be written as an integer",
                       &scalar)
        != PA_OK)
    {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    if (pa_integer(&scalar, &n) != PA_OK || n < 1 || n > PA_PROJECT_ID_MAX) {
        pa_reader_flaw(reader, place, "range",
                       "must be from 1 to 9007199254740991");
        return PA_OK;
    }

    value->number = n;

    return PA_OK;
}


static int
pa_read_text(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value)
{
    pa_scalar_t  scalar;

    if (pa_read_string(reader, place, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    if (pa_is_longer(&scalar.text, member->bound)) {
        pa_reader_flaw_bound(reader, place, "too_long", "must have at most ",
                             member->bound, " characters");
        return PA_OK;
    }

    if (member->fact != PA_FACT_NONE
        && pa_json_string_decode(reader->pool, &scalar.text, &value->text)
           != PA_OK)
    {
        reader->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


static int
pa_read_digits(pa_reader_t *reader, const pa_place_t *place, size_t min,
    size_t max, const char *detail)
{
    size_t       len;
    uint8_t      digits[PA_DIGITS_MAX];
    pa_scalar_t  scalar;

    if (pa_read_string(reader, place, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    len = pa_json_string_copy(&scalar.text, digits, max);

    if (len < min || len > max || !pa_are_digits(digits, len)) {
        pa_reader_flaw(reader, place, "invalid_value", detail);
    }

    return PA_OK;
}


static int
pa_read_name(pa_reader_t *reader, const pa_place_t *place)
{
    uint32_t        ch;
    pa_scalar_t     scalar;
    const uint8_t  *p, *last;

    if (pa_read_string(reader, place, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    p = scalar.text.raw.data;
    last = p + scalar.text.raw.len;

    do {
        ch = p < last ? pa_json_string_char(&p, last) : 0;

        if ((ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '_') {
            pa_reader_flaw(reader, place, "invalid_value",
                           "must be one or more of a-z, 0-9 and _");
            return PA_OK;
        }

    } while (p < last);

    return PA_OK;
}


static int
pa_read_command(pa_reader_t *reader, const pa_place_t *place,
    pa_value_t *value)
{
    size_t           i;
    pa_scalar_t      scalar;
    const pa_str_t  *command;

    if (pa_read_string(reader, place, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    for (i = 0; i < reader->rules->ncommands; i++) {
        command = &reader->rules->commands[i];

        if (pa_json_string_is(&scalar.text, command)) {
            value->text = *command;
            return PA_OK;
        }
    }

    pa_reader_flaw(reader, place, "command_not_allowed",
                   "is not a command that the gateway allows");

    return PA_OK;
}


static int
pa_read_url(pa_reader_t *reader, const pa_place_t *place)
{
    uint8_t      data[PA_URL_LEN];
    pa_str_t     url;
    pa_scalar_t  scalar;

    if (pa_read_string(reader, place, &scalar) != PA_OK) {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    url.data = data;
    url.len = pa_json_string_copy(&scalar.text, data, PA_URL_LEN);

    if (url.len > PA_URL_LEN) {
        pa_reader_flaw_bound(reader, place, "too_long", "must have at most ",
                             PA_URL_LEN, " bytes");
        return PA_OK;
    }

    if (url.len != 0 && pa_url_check(&url) != PA_OK) {
        pa_reader_flaw(reader, place, "invalid_url",
                       "must be empty or an http or https URL, without user "
                       "name or white space");
    }

    return PA_OK;
}


static int
pa_read_phone(pa_reader_t *reader, const pa_place_t *place)
{
    size_t       len;
    uint8_t      digits[PA_PHONE_MAX];
    pa_scalar_t  scalar;

    if (pa_read_scalar(reader, place,
                       "must be the digits of a phone number, as a string or "
                       "an integer", &scalar)
        != PA_OK)
    {
        return PA_ERROR;
    }

    if (scalar.type == PA_JSON_ERROR) {
        return PA_OK;
    }

    len = pa_json_string_copy(&scalar.text, digits, PA_PHONE_MAX);

    if (len < PA_PHONE_MIN || len > PA_PHONE_MAX || digits[0] == '0'
        || !pa_are_digits(digits, len))
    {
        pa_reader_flaw(reader, place, "invalid_number",
                       "must be 5 to 15 digits: country code and number, "
                       "without + and leading zeros");
        return PA_OK;
    }

    if (!pa_number_allowed(reader->rules, digits, len)) {
        pa_reader_flaw(reader, place, "number_not_allowed",
                       "does not begin with a prefix that the gateway allows");
    }

    return PA_OK;
}


static int
pa_read_element(pa_reader_t *reader, const pa_place_t *place)
{
    pa_json_type_e  type;

    type = pa_json_scan_type(&reader->scan);

    if (type != PA_JSON_STRING && type != PA_JSON_NUMBER) {
        return pa_reader_skip(reader, place, "must be a string or a number");
    }

    return pa_json_scan_skip(&reader->scan);
}


/* elements beyond the last that is allowed are not judged */

static int
pa_read_list(pa_reader_t *reader, const pa_place_t *place, size_t min,
    size_t max, pa_element_read_pt read)
{
    int         rc;
    pa_place_t  element;

    if (pa_json_scan_type(&reader->scan) != PA_JSON_ARRAY) {
        return pa_reader_skip(reader, place, "must be an array");
    }

    element.in = place;
    element.name = NULL;

    for (element.index = 0; /* void */ ; element.index++) {

        rc = pa_json_scan_array_next(&reader->scan, element.index == 0);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_OK) {
            rc = element.index < max ? read(reader, &element)
                                     : pa_json_scan_skip(&reader->scan);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    if (element.index < min) {
        pa_reader_flaw(reader, place, "empty", "must have an element");
    }

    if (element.index > max) {
        pa_reader_flaw_bound(reader, place, "too_many", "must have at most ",
                             max, " elements");
    }

    return PA_OK;
}


/*
 * PA_ERROR: not an integer that is written as JSON would have it, or in a
 * string one with a sign.  Of what is out of any range n is out of it too.
 */

static int
pa_integer(const pa_scalar_t *scalar, int64_t *n)
{
    uint32_t        ch;
    const uint8_t  *p, *last;

    p = scalar->text.raw.data;
    last = p + scalar->text.raw.len;

    if (p == last) {
        return PA_ERROR;
    }

    if (*p == '-' && scalar->type == PA_JSON_NUMBER) {
        *n = -1;
        return PA_OK;
    }

    for (*n = -1; p < last; /* void */) {

        ch = pa_json_string_char(&p, last);

        if (ch < '0' || ch > '9' || *n == 0) {
            return PA_ERROR;
        }

        if (*n == -1) {
            *n = 0;
        }

        *n = *n > INT64_MAX / 10 - 1 ? INT64_MAX
                                     : *n * 10 + (int64_t) (ch - '0');
    }

    return PA_OK;
}


/* than so many characters; what is far too long is not counted */

static int
pa_is_longer(const pa_json_string_t *string, size_t bound)
{
    size_t          n;
    const uint8_t  *p, *last;

    if (string->raw.len <= bound) {
        return 0;
    }

    if (string->raw.len > bound * PA_CHARACTER_LEN) {
        return 1;
    }

    p = string->raw.data;
    last = p + string->raw.len;

    for (n = 0; p < last; n++) {
        (void) pa_json_string_char(&p, last);
    }

    return n > bound;
}


static int
pa_are_digits(const uint8_t *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return 1;
}


static int
pa_number_allowed(const pa_request_rules_t *rules, const uint8_t *digits,
    size_t len)
{
    size_t           i;
    const pa_str_t  *prefix;

    for (i = 0; i < rules->nnumber_allow; i++) {
        prefix = &rules->number_allow[i];

        if (prefix->len <= len
            && memcmp(digits, prefix->data, prefix->len) == 0)
        {
            return 1;
        }
    }

    return rules->nnumber_allow == 0;
}
