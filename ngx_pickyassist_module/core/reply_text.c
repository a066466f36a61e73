
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "reply_text.h"


int
pa_reply_string(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, pa_str_t *text)
{
    if (value->type != PA_JSON_STRING) {
        return PA_DONE;
    }

    if (pa_json_string_decode(s->pool, &value->string, text) != PA_OK) {
        s->no_memory = 1;
        return PA_ERROR;
    }

    return pa_reply_redact(s, redactor, text,
                           text->data != value->string.raw.data);
}


int
pa_reply_redact(pa_json_scan_t *s, pa_redactor_t *redactor, pa_str_t *text,
    int copy)
{
    if (pa_redact(redactor, text, copy) != PA_OK) {
        s->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


int
pa_reply_integer(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, int64_t *n)
{
    int       copy;
    int64_t   number;
    pa_buf_t  b;
    pa_str_t  text, shown;

    /* no copy is made of what is none, and might be a secret */

    if (pa_json_value_integer(value, &number) != PA_OK) {
        return PA_DONE;
    }

    if (value->type == PA_JSON_STRING) {

        if (pa_json_value_string(s, value, &text) != PA_OK) {
            return PA_ERROR;
        }

        copy = (text.data != value->string.raw.data);

    } else if (value->number.integer) {
        text = value->number.text;
        copy = 0;

    } else {

        /* "1.234567e6" is a number that is going to be written otherwise */

        pa_buf_init(&b, s->pool, value->number.text.len + 20);
        pa_buf_int(&b, number);

        if (pa_buf_text(&b, &text) != PA_OK) {
            s->no_memory = 1;
            return PA_ERROR;
        }

        copy = 1;
    }

    shown = text;

    if (pa_reply_redact(s, redactor, &shown, copy) != PA_OK) {
        return PA_ERROR;
    }

    if (shown.data != text.data) {
        return PA_DONE;
    }

    *n = number;

    return PA_OK;
}


void
pa_reply_write(pa_buf_t *b, const pa_json_value_t *value, const pa_str_t *text)
{
    /*
     * What needed no escapes before needs none now, nor do the characters that
     * stand for odd ones.
     */

    if (value->type == PA_JSON_STRING && value->string.escaped) {
        pa_buf_json_chars(b, text->data, text->len);
        return;
    }

    pa_buf_bytes(b, text->data, text->len);
}
