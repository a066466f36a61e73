
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "nesting.h"
#include "scan.h"


#define PA_JSON_END  (-1)


static int pa_json_skip_space(pa_json_scan_t *s);
static int pa_json_scan_literal(pa_json_scan_t *s);
static int pa_json_scan_digits(pa_json_scan_t *s);
static int pa_json_scan_scalar(pa_json_scan_t *s, pa_json_type_e type);


/* skips white space; the byte that comes next, or PA_JSON_END */

static inline int
pa_json_peek(pa_json_scan_t *s)
{
    if (s->pos < s->last && *s->pos > ' ') {
        return *s->pos;
    }

    return pa_json_skip_space(s);
}


/* steps over "{", "[" or ",", and over the bracket that closes */

static inline int
pa_json_scan_next(pa_json_scan_t *s, int first, uint8_t close)
{
    int  next;

    if (first) {
        s->pos++;
    }

    next = pa_json_peek(s);

    if (next == close) {
        s->pos++;
        return PA_DONE;
    }

    if (first) {
        return PA_OK;
    }

    if (next != ',') {
        return PA_ERROR;
    }

    s->pos++;

    return PA_OK;
}


void
pa_json_scan_init(pa_json_scan_t *s, pa_pool_t *pool, const pa_str_t *text)
{
    s->start = text->data;
    s->pos = text->data;
    s->last = text->data + text->len;
    s->pool = pool;
    s->lenient = 0;
    s->no_memory = 0;
}


pa_json_type_e
pa_json_scan_type(pa_json_scan_t *s)
{
    pa_assert(s->start <= s->pos && s->pos <= s->last);

    switch (pa_json_peek(s)) {

    case '{':
        return PA_JSON_OBJECT;

    case '[':
        return PA_JSON_ARRAY;

    case '"':
        return PA_JSON_STRING;

    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return PA_JSON_NUMBER;

    case 't':
    case 'f':
    case 'n':
        return PA_JSON_LITERAL;

    default:
        return PA_JSON_ERROR;
    }
}


int
pa_json_scan_string(pa_json_scan_t *s, pa_json_string_t *string)
{
    s->pos++;

    return pa_json_string_read(&s->pos, s->last, s->lenient, string);
}


int
pa_json_scan_number(pa_json_scan_t *s, pa_json_number_t *number)
{
    number->text.data = s->pos;
    number->integer = 1;

    if (*s->pos == '-') {
        s->pos++;
    }

    if (s->pos < s->last && *s->pos == '0') {
        s->pos++;

    } else if (pa_json_scan_digits(s) != PA_OK) {
        return PA_ERROR;
    }

    if (s->pos < s->last && *s->pos == '.') {
        s->pos++;
        number->integer = 0;

        if (pa_json_scan_digits(s) != PA_OK) {
            return PA_ERROR;
        }
    }

    if (s->pos < s->last && (*s->pos == 'e' || *s->pos == 'E')) {
        s->pos++;
        number->integer = 0;

        if (s->pos < s->last && (*s->pos == '+' || *s->pos == '-')) {
            s->pos++;
        }

        if (pa_json_scan_digits(s) != PA_OK) {
            return PA_ERROR;
        }
    }

    number->text.len = (size_t) (s->pos - number->text.data);

    return PA_OK;
}


int
pa_json_scan_object_next(pa_json_scan_t *s, int first, pa_json_string_t *name)
{
    int  rc;

    rc = pa_json_scan_next(s, first, '}');
    if (rc != PA_OK) {
        return rc;
    }

    if (pa_json_peek(s) != '"' || pa_json_scan_string(s, name) != PA_OK) {
        return PA_ERROR;
    }

    if (pa_json_peek(s) != ':') {
        return PA_ERROR;
    }

    s->pos++;

    return PA_OK;
}


int
pa_json_scan_array_next(pa_json_scan_t *s, int first)
{
    return pa_json_scan_next(s, first, ']');
}


int
pa_json_scan_skip(pa_json_scan_t *s)
{
    int                rc, first, object;
    pa_json_type_e     type;
    pa_json_string_t   name;
    pa_json_nesting_t  nesting;

    pa_json_nesting_init(&nesting);

    for ( ;; ) {
        type = pa_json_scan_type(s);
        first = (type == PA_JSON_OBJECT || type == PA_JSON_ARRAY);

        if (!first) {
            rc = pa_json_scan_scalar(s, type);

        } else {
            rc = pa_json_nesting_push(&nesting, s->pool,
                                      type == PA_JSON_OBJECT);
            s->no_memory |= (rc != PA_OK);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }

        do {
            if (nesting.depth == 0) {
                return PA_OK;
            }

            object = pa_json_nesting_top(&nesting);
            rc = object ? pa_json_scan_object_next(s, first, &name)
                        : pa_json_scan_array_next(s, first);

            if (rc == PA_ERROR) {
                return PA_ERROR;
            }

            if (rc == PA_DONE) {
                nesting.depth--;
                first = 0;
            }

        } while (rc == PA_DONE);
    }
}


int
pa_json_scan_end(pa_json_scan_t *s)
{
    return pa_json_peek(s) == PA_JSON_END ? PA_OK : PA_ERROR;
}


void
pa_json_scan_position(pa_json_scan_t *s, pa_json_position_t *position)
{
    const uint8_t  *p;

    position->line = 1;
    position->column = 1;

    for (p = s->start; p < s->pos; p++) {

        if (*p == '\n') {
            position->line++;
            position->column = 1;

        } else if ((*p & 0xc0) != 0x80) {
            position->column++;
        }
    }
}


static int
pa_json_skip_space(pa_json_scan_t *s)
{
    const uint8_t  *p;

    p = s->pos;

    while (p < s->last
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    s->pos = p;

    return p < s->last ? *p : PA_JSON_END;
}


static int
pa_json_scan_literal(pa_json_scan_t *s)
{
    size_t       i;
    pa_str_t    *literal;

    static pa_str_t  literals[] = {
        pa_string("true"), pa_string("false"), pa_string("null")
    };

    for (literal = literals; literal->data[0] != *s->pos; literal++) {
        /* the caller has seen the first letter of one of them */
    }

    for (i = 0; i < literal->len; i++) {

        if (s->pos == s->last || *s->pos != literal->data[i]) {
            return PA_ERROR;
        }

        s->pos++;
    }

    return PA_OK;
}


static int
pa_json_scan_digits(pa_json_scan_t *s)
{
    const uint8_t  *first;

    first = s->pos;

    while (s->pos < s->last && *s->pos >= '0' && *s->pos <= '9') {
        s->pos++;
    }

    return s->pos != first ? PA_OK : PA_ERROR;
}


static int
pa_json_scan_scalar(pa_json_scan_t *s, pa_json_type_e type)
{
    pa_json_string_t  string;
    pa_json_number_t  number;

    switch (type) {

    case PA_JSON_STRING:
        return pa_json_scan_string(s, &string);

    case PA_JSON_NUMBER:
        return pa_json_scan_number(s, &number);

    case PA_JSON_LITERAL:
        return pa_json_scan_literal(s);

    default:
        return PA_ERROR;
    }
}
