
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The scanner against jansson.  The input is a text: what the scanner says of
 * it must be what jansson says, but where jansson has limits that RFC 8259 does
 * not have; what a lenient scan accepts beyond that, it must give as UTF-8.
 */


#include <stdlib.h>

#include "fuzz.h"
#include "json/value.h"


static int scan(const pa_str_t *text);
static int is_limit(const json_error_t *error);
static void check_position(const pa_str_t *text, pa_json_scan_t *s);
static void check_value(pa_json_scan_t *s, json_t *value);
static void check_object(pa_json_scan_t *s, json_t *value);
static void check_array(pa_json_scan_t *s, json_t *value);
static void check_string(const pa_json_string_t *string, json_t *value);
static void check_number(const pa_json_number_t *number, json_t *value);
static void check_lenient(const pa_str_t *text, int well_formed);
static void check_found(pa_json_scan_t *s, const pa_json_value_t *value,
    json_t *want);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              well_formed;
    json_t          *document;
    pa_str_t         text;
    json_error_t     error;
    pa_json_scan_t   s;

    text = fuzz_copy(data, size);

    well_formed = scan(&text);

    document = fuzz_load(&text, JSON_DECODE_ANY, &error);

    if (document != NULL) {
        fuzz_check(well_formed);

    } else if (well_formed) {
        fuzz_check(is_limit(&error));
    }

    json_decref(document);

    /* a member that is there twice can't be found in a tree */

    document = fuzz_load(&text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    if (document != NULL) {
        pa_json_scan_init(&s, &fuzz_pool, &text);
        check_value(&s, document);
        fuzz_check(pa_json_scan_end(&s) == PA_OK);

        json_decref(document);
    }

    check_lenient(&text, well_formed);

    fuzz_reset();

    return 0;
}


static int
scan(const pa_str_t *text)
{
    int             rc;
    pa_json_scan_t  s;

    pa_json_scan_init(&s, &fuzz_pool, text);

    rc = pa_json_scan_skip(&s);

    if (rc == PA_OK) {
        rc = pa_json_scan_end(&s);
    }

    fuzz_check(!s.no_memory);
    fuzz_check(rc == PA_OK || rc == PA_ERROR);
    fuzz_check(rc == PA_ERROR || s.pos == s.last);

    check_position(text, &s);

    return rc == PA_OK;
}


/* of a text that is well-formed */

static int
is_limit(const json_error_t *error)
{
    switch (json_error_code(error)) {

    case json_error_stack_overflow:
    case json_error_null_byte_in_key:
    case json_error_numeric_overflow:
        return 1;

    case json_error_invalid_syntax:
        /* a lone surrogate */
        return strstr(error->text, "invalid Unicode") != NULL;

    default:
        return 0;
    }
}


static void
check_position(const pa_str_t *text, pa_json_scan_t *s)
{
    size_t              i, lines;
    pa_json_position_t  position;

    fuzz_check(s->pos >= s->start && s->pos <= s->last);

    lines = 1;

    for (i = 0; i < (size_t) (s->pos - s->start); i++) {
        lines += text->data[i] == '\n';
    }

    pa_json_scan_position(s, &position);

    fuzz_check(position.line == lines);
    fuzz_check(position.column >= 1 && position.column <= text->len + 1);
}


/* jansson bounds the depth */

static void
check_value(pa_json_scan_t *s, json_t *value)
{
    const uint8_t     *p;
    pa_json_number_t   number;
    pa_json_string_t   string;

    switch (pa_json_scan_type(s)) {

    case PA_JSON_OBJECT:
        check_object(s, value);
        break;

    case PA_JSON_ARRAY:
        check_array(s, value);
        break;

    case PA_JSON_STRING:
        fuzz_check(pa_json_scan_string(s, &string) == PA_OK);
        check_string(&string, value);
        break;

    case PA_JSON_NUMBER:
        fuzz_check(pa_json_scan_number(s, &number) == PA_OK);
        check_number(&number, value);
        break;

    case PA_JSON_LITERAL:
        p = s->pos;
        fuzz_check(pa_json_scan_skip(s) == PA_OK);
        fuzz_check(*p == 't' ? json_is_true(value)
                   : *p == 'f' ? json_is_false(value) : json_is_null(value));
        break;

    default:
        fuzz_check(0);
    }
}


static void
check_object(pa_json_scan_t *s, json_t *value)
{
    int                rc;
    size_t             n;
    json_t            *member;
    pa_str_t           name;
    pa_json_string_t   string;

    fuzz_check(json_is_object(value));

    for (n = 0; ; n++) {
        rc = pa_json_scan_object_next(s, n == 0, &string);

        if (rc == PA_DONE) {
            break;
        }

        fuzz_check(rc == PA_OK);
        fuzz_check(pa_json_string_decode(&fuzz_pool, &string, &name) == PA_OK);

        member = json_object_getn(value, (const char *) name.data, name.len);

        fuzz_check(member != NULL);

        check_value(s, member);
    }

    fuzz_check(n == json_object_size(value));
}


static void
check_array(pa_json_scan_t *s, json_t *value)
{
    int     rc;
    size_t  n;

    fuzz_check(json_is_array(value));

    for (n = 0; ; n++) {
        rc = pa_json_scan_array_next(s, n == 0);

        if (rc == PA_DONE) {
            break;
        }

        fuzz_check(rc == PA_OK);
        fuzz_check(n < json_array_size(value));

        check_value(s, json_array_get(value, n));
    }

    fuzz_check(n == json_array_size(value));
}


static void
check_string(const pa_json_string_t *string, json_t *value)
{
    pa_str_t  decoded, want;

    fuzz_check(json_is_string(value));

    want.data = (const uint8_t *) json_string_value(value);
    want.len = json_string_length(value);

    fuzz_check(pa_json_string_decode(&fuzz_pool, string, &decoded) == PA_OK);
    fuzz_check(fuzz_equal(&decoded, &want));
}


static void
check_number(const pa_json_number_t *number, json_t *value)
{
    char  *s;

    fuzz_check(json_is_number(value));
    fuzz_check(number->integer == json_is_integer(value));

    s = pa_alloc(&fuzz_pool, number->text.len + 1);
    memcpy(s, number->text.data, number->text.len);
    s[number->text.len] = '\0';

    if (number->integer) {
        fuzz_check(strtoll(s, NULL, 10) == json_integer_value(value));

    } else {
        fuzz_check(strtod(s, NULL) == json_real_value(value));
    }
}


/* what is well-formed is so for a lenient scan, and means the same */

static void
check_lenient(const pa_str_t *text, int well_formed)
{
    int               rc;
    size_t            i;
    json_t           *document, *want;
    pa_json_scan_t    s;
    pa_json_value_t  values[4];

    static const pa_str_t  names[4] = {
        pa_string("a"),
        pa_string("status"),
        pa_string(""),
        pa_string("\xc3\xbc")
    };

    pa_json_scan_init(&s, &fuzz_pool, text);
    s.lenient = 1;

    rc = pa_json_scan_skip(&s);

    if (rc == PA_OK) {
        rc = pa_json_scan_end(&s);
    }

    fuzz_check(rc == PA_OK || !well_formed);
    fuzz_check(!s.no_memory);

    pa_json_scan_init(&s, &fuzz_pool, text);
    s.lenient = 1;

    if (rc != PA_OK || pa_json_scan_type(&s) != PA_JSON_OBJECT) {
        return;
    }

    fuzz_check(pa_json_find(&s, names, values, 4) == PA_OK);
    fuzz_check(pa_json_scan_end(&s) == PA_OK);

    document = fuzz_load(text, 0, NULL);

    for (i = 0; i < 4; i++) {
        want = json_object_getn(document, (const char *) names[i].data,
                                names[i].len);

        fuzz_check(document == NULL
                   || (want == NULL) == (values[i].type == PA_JSON_ERROR));

        check_found(&s, &values[i], want);
    }

    json_decref(document);
}


/* want: NULL if there is nothing to compare with */

static void
check_found(pa_json_scan_t *s, const pa_json_value_t *value, json_t *want)
{
    double     real;
    json_t    *string;
    int64_t    n;
    pa_str_t   text;

    if (pa_json_value_string(s, value, &text) == PA_OK) {

        /* NULL if that is not UTF-8 */

        string = json_stringn((const char *) text.data, text.len);

        fuzz_check(string != NULL);
        fuzz_check(want == NULL || json_equal(string, want));

        json_decref(string);

    } else {
        fuzz_check(!json_is_string(want));
    }

    n = 42;

    if (pa_json_value_integer(value, &n) != PA_OK) {
        fuzz_check(n == 42);
        fuzz_check(!json_is_integer(want));

        real = json_real_value(want);
        fuzz_check(!json_is_real(want) || real < -1e15 || real > 1e15
                   || (double) (int64_t) real != real
                   || value->number.text.len > 15);

    } else if (json_is_string(want)) {
        fuzz_check(strspn(json_string_value(want), "0123456789")
                   == json_string_length(want));
        fuzz_check(strtoll(json_string_value(want), NULL, 10) == n);

    } else if (want != NULL) {
        fuzz_check((double) n == json_number_value(want));
    }
}
