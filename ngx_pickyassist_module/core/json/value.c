
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdlib.h>

#include "value.h"


/* up to here a double tells every number from the next */
#define PA_JSON_REAL_LEN   15

/* up to here every integer is exact in a double */
#define PA_JSON_EXACT      9007199254740991.0


static int pa_json_number_integer(const pa_json_number_t *number, int64_t *n);
static int pa_json_real_integer(const pa_str_t *text, int64_t *n);
static int pa_json_digits_integer(const pa_str_t *digits, int negative,
    int64_t *n);


int
pa_json_read_value(pa_json_scan_t *s, pa_json_value_t *value)
{
    value->type = pa_json_scan_type(s);

    switch (value->type) {

    case PA_JSON_STRING:
        return pa_json_scan_string(s, &value->string);

    case PA_JSON_NUMBER:
        return pa_json_scan_number(s, &value->number);

    default:
        return pa_json_scan_skip(s);
    }
}


size_t
pa_json_name_index(const pa_json_string_t *name, const pa_str_t *names,
    size_t n)
{
    size_t  i;

    if (name->odd) {
        return n;
    }

    if (!name->escaped) {

        for (i = 0; i < n; i++) {
            if (pa_str_equal(&name->raw, &names[i])) {
                break;
            }
        }

        return i;
    }

    for (i = 0; i < n; i++) {
        if (pa_json_string_is(name, &names[i])) {
            break;
        }
    }

    return i;
}


int
pa_json_find(pa_json_scan_t *s, const pa_str_t *names,
    pa_json_value_t *values, size_t n)
{
    int                rc, first;
    size_t             i;
    pa_json_value_t    other;
    pa_json_string_t   name;

    for (i = 0; i < n; i++) {
        values[i].type = PA_JSON_ERROR;
    }

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(s, first, &name);

        if (rc != PA_OK) {
            return rc == PA_DONE ? PA_OK : PA_ERROR;
        }

        i = pa_json_name_index(&name, names, n);

        if (pa_json_read_value(s, i < n ? &values[i] : &other) != PA_OK) {
            return PA_ERROR;
        }
    }
}


int
pa_json_value_string(pa_json_scan_t *s, const pa_json_value_t *value,
    pa_str_t *text)
{
    if (value->type != PA_JSON_STRING) {
        return PA_ERROR;
    }

    if (pa_json_string_decode(s->pool, &value->string, text) != PA_OK) {
        s->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


int
pa_json_number_whole(const pa_json_number_t *number, pa_str_t *digits)
{
    const uint8_t  *p, *last, *point;

    *digits = number->text;

    if (number->integer) {
        return PA_OK;
    }

    point = memchr(digits->data, '.', digits->len);
    if (point == NULL) {
        return PA_ERROR;
    }

    last = digits->data + digits->len;

    for (p = point + 1; p < last; p++) {
        if (*p != '0') {
            return PA_ERROR;
        }
    }

    digits->len = (size_t) (point - digits->data);

    return PA_OK;
}


int
pa_json_value_integer(const pa_json_value_t *value, int64_t *n)
{
    pa_str_t  text;
    uint8_t   digits[PA_JSON_INTEGER_LEN];

    if (value->type == PA_JSON_NUMBER) {
        return pa_json_number_integer(&value->number, n);
    }

    if (value->type != PA_JSON_STRING || value->string.odd) {
        return PA_ERROR;
    }

    text.data = digits;
    text.len = pa_json_string_copy(&value->string, digits, sizeof(digits));

    return pa_json_digits_integer(&text, 0, n);
}


static int
pa_json_number_integer(const pa_json_number_t *number, int64_t *n)
{
    pa_str_t  digits;

    if (pa_json_number_whole(number, &digits) != PA_OK) {
        return pa_json_real_integer(&number->text, n);
    }

    if (digits.data[0] == '-') {
        digits.data++;
        digits.len--;

        return pa_json_digits_integer(&digits, 1, n);
    }

    return pa_json_digits_integer(&digits, 0, n);
}


/* with an exponent, but nothing that is an integer only when rounded */

static int
pa_json_real_integer(const pa_str_t *text, int64_t *n)
{
    char    s[PA_JSON_REAL_LEN + 1], *end;
    double  real;

    if (text->len > PA_JSON_REAL_LEN) {
        return PA_ERROR;
    }

    memcpy(s, text->data, text->len);
    s[text->len] = '\0';

    real = strtod(s, &end);

    /* it ends early where the locale has another decimal point */

    if (*end != '\0'
        || real < -PA_JSON_EXACT || real > PA_JSON_EXACT
        || (double) (int64_t) real != real)
    {
        return PA_ERROR;
    }

    *n = (int64_t) real;

    return PA_OK;
}


static int
pa_json_digits_integer(const pa_str_t *digits, int negative, int64_t *n)
{
    size_t    i;
    uint64_t  value, largest;

    if (digits->len == 0 || digits->len > PA_JSON_INTEGER_LEN) {
        return PA_ERROR;
    }

    value = 0;
    largest = (uint64_t) INT64_MAX + (uint64_t) negative;

    for (i = 0; i < digits->len; i++) {

        if (digits->data[i] < '0' || digits->data[i] > '9') {
            return PA_ERROR;
        }

        value = value * 10 + (uint64_t) (digits->data[i] - '0');
    }

    if (value > largest) {
        return PA_ERROR;
    }

    *n = (int64_t) (negative ? 0 - value : value);

    return PA_OK;
}
