
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <jansson.h>

#include "tree.h"


/* digits that surely fit into 64 bits */
#define PA_JSON_SAFE_DIGITS  18


static int pa_json_digits(const pa_str_t *text, int64_t *n);


pa_json_t *
pa_json_read(const pa_str_t *text)
{
    return json_loadb((const char *) text->data, text->len, JSON_ALLOW_NUL,
                      NULL);
}


void
pa_json_free(pa_json_t *document)
{
    json_decref(document);
}


pa_json_t *
pa_json_member(const pa_json_t *value, const char *name)
{
    return json_object_get(value, name);
}


size_t
pa_json_nelements(const pa_json_t *value)
{
    if (value == NULL) {
        return 0;
    }

    return json_is_array(value) ? json_array_size(value) : 1;
}


pa_json_t *
pa_json_element(pa_json_t *value, size_t i)
{
    return json_is_array(value) ? json_array_get(value, i) : value;
}


int
pa_json_is_true(const pa_json_t *value)
{
    return json_is_true(value);
}


int
pa_json_is_empty(const pa_json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return 1;
    }

    if (json_is_object(value)) {
        return json_object_size(value) == 0;
    }

    if (json_is_array(value)) {
        return json_array_size(value) == 0;
    }

    return json_is_string(value) && json_string_length(value) == 0;
}


int
pa_json_string(const pa_json_t *value, pa_str_t *text)
{
    if (!json_is_string(value)) {
        return PA_ERROR;
    }

    text->data = (const uint8_t *) json_string_value(value);
    text->len = json_string_length(value);

    return PA_OK;
}


int
pa_json_integer(const pa_json_t *value, int64_t *n)
{
    pa_str_t  text;

    if (json_is_integer(value)) {
        *n = json_integer_value(value);
        return PA_OK;
    }

    if (pa_json_string(value, &text) != PA_OK) {
        return PA_ERROR;
    }

    return pa_json_digits(&text, n);
}


static int
pa_json_digits(const pa_str_t *text, int64_t *n)
{
    size_t   i;
    int64_t  integer;

    if (text->len == 0 || text->len > PA_JSON_SAFE_DIGITS) {
        return PA_ERROR;
    }

    integer = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return PA_ERROR;
        }

        integer = integer * 10 + (text->data[i] - '0');
    }

    *n = integer;

    return PA_OK;
}
