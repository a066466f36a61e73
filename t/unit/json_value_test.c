
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "json/value.h"
#include "unit.h"


static void test_find(void);
static void test_find_errors(void);
static void test_values(void);
static void test_read_value(void);
static int find_escaped(void *data);
static int find_deep(void *data);
static int value_escaped(void *data);

static pa_str_t value_text(pa_json_scan_t *s, const pa_json_value_t *value);


int
main(void)
{
    test_find();
    test_find_errors();
    test_values();
    test_read_value();

    unit_no_memory(find_escaped, NULL, "pa_json_find(), an escaped name");
    unit_no_memory(find_deep, NULL, "pa_json_find(), a deep value");
    unit_no_memory(value_escaped, NULL, "pa_json_value_string()");

    return unit_end();
}


/* an object and the values of its members "a", "bc" and "" */

static void
test_find(void)
{
    int              rc;
    size_t           i, n;
    pa_str_t         text, got, parts[3];
    pa_json_scan_t   s;
    pa_json_value_t  values[3];

    static const pa_str_t  names[] = { T("a"), T("bc"), T("") };

    static const struct {
        pa_str_t  text;
        pa_str_t  values;
    } rows[] = {
        { T("{}"), T("-, -, -") },
        { T("{\"a\":1}"), T("1, -, -") },
        { T("{\"bc\":\"x\",\"\":null,\"a\":[1,2]}"), T("[, x, n") },
        { T(" { \"a\" : 1 , \"bc\" : 2 } "), T("1, 2, -") },
        { T("{\"a\": {\"bc\":2} }"), T("{, -, -") },
        { T("{\"x\":{\"a\":1},\"y\":[{\"bc\":2}]}"), T("-, -, -") },
        { T("{\"x\":\"\\\"a\\\":1\",\"bc\":2}"), T("-, 2, -") },

        /* the last one counts */

        { T("{\"a\":1,\"a\":2}"), T("2, -, -") },
        { T("{\"a\":1,\"bc\":3,\"a\":null}"), T("n, 3, -") },

        /* names as they are meant */

        { T("{\"\\u0061\":1,\"b\\u0063\":2}"), T("1, 2, -") },
        { T("{\"A\":1,\"Bc\":2}"), T("-, -, -") },
        { T("{\"a\\u0000\":1,\"b\":2,\"bcd\":3,\"\\u0000\":4}"),
          T("-, -, -") },
        { T("{\"a\xff\":1,\"\n\":2}"), T("-, -, -") },
        { T("{\"\\'\":1,\"b\":\"\\x\",\"a\":2}"), T("2, -, -") },

        /* a backslash that begins no escape is a character of the name */

        { T("{\"b\\c\":1,\"\\a\":2}"), T("-, -, -") },
        { T("{\"\\u0061\xff\":1,\"b\\u0063\n\":2}"), T("-, -, -") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        values[0].type = PA_JSON_STRING;

        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        rc = pa_json_scan_type(&s) == PA_JSON_OBJECT
             ? pa_json_find(&s, names, values, 3) : PA_ERROR;

        if (rc != PA_OK || pa_json_scan_end(&s) != PA_OK) {
            unit_ok(0, "find in %s", unit_show(&rows[i].text));
            continue;
        }

        for (n = 0; n < 3; n++) {
            parts[n] = value_text(&s, &values[n]);
        }

        got = unit_sprintf("%.*s, %.*s, %.*s",
                           (int) parts[0].len, (char *) parts[0].data,
                           (int) parts[1].len, (char *) parts[1].data,
                           (int) parts[2].len, (char *) parts[2].data);

        unit_text(&got, &rows[i].values, "find in %s",
                  unit_show(&rows[i].text));
        unit_reset();
    }
}


static void
test_find_errors(void)
{
    size_t           i;
    pa_str_t         text;
    pa_json_scan_t   s;
    pa_json_value_t  value;

    static const pa_str_t  texts[] = {
        T("{"), T("{\"a\""), T("{\"a\":"), T("{\"a\":1"), T("{\"a\":1,}"),
        T("{\"a\" 1}"), T("{a:1}"), T("{\"a\":01}"), T("{\"a\":x}"),
        T("{\"a\":[1}"), T("{\"a\":1]"), T("{\"a\":\"\\x}"), T("{\"a\":\"b}"),
        T("{\"\\u12:1}")
    };

    for (i = 0; i < unit_nelts(texts); i++) {
        text = unit_str(&texts[i]);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        unit_ok(pa_json_scan_type(&s) == PA_JSON_OBJECT
                && pa_json_find(&s, &S("a"), &value, 1) == PA_ERROR
                && !s.no_memory,
                "malformed: %s", unit_show(&texts[i]));
        unit_reset();
    }
}


/* a value as a string and as an integer; "-": it is none */

static void
test_values(void)
{
    int               rc;
    int64_t           n;
    size_t            i;
    pa_str_t          text, string, integer, got, want;
    pa_json_scan_t    s;
    pa_json_value_t   value;

    static const struct {
        pa_str_t     text;
        const char  *string;
        const char  *integer;
    } rows[] = {

        /* numbers */

        { T("0"), "-", "0" },
        { T("-0"), "-", "0" },
        { T("100"), "-", "100" },
        { T(" 100 "), "-", "100" },
        { T("-5,"), "-", "-5" },
        { T("100.0"), "-", "100" },
        { T("100.000}"), "-", "100" },
        { T("-7.0"), "-", "-7" },
        { T("0.0"), "-", "0" },
        { T("1e2"), "-", "100" },
        { T("1E+2"), "-", "100" },
        { T("1.5e1"), "-", "15" },
        { T("1.0e2"), "-", "100" },
        { T("1.0E0"), "-", "1" },
        { T("-2.5e1"), "-", "-25" },
        { T("100.5"), "-", "-" },
        { T("100.01"), "-", "-" },
        { T("1e-2"), "-", "-" },
        { T("-0.5"), "-", "-" },

        /* at the ends of 64 bits, and where doubles are not exact */

        { T("9223372036854775807"), "-", "9223372036854775807" },
        { T("9223372036854775808"), "-", "-" },
        { T("9999999999999999999"), "-", "-" },
        { T("-9223372036854775807"), "-", "-9223372036854775807" },
        { T("-9223372036854775808"), "-", "-9223372036854775808" },
        { T("-9223372036854775809"), "-", "-" },
        { T("10000000000000000000"), "-", "-" },
        { T("18446744073709551617"), "-", "-" },
        { T("1234567890123456789012345678901234567890"), "-", "-" },
        { T("9007199254740992.0"), "-", "9007199254740992" },
        { T("-9007199254740992.0"), "-", "-9007199254740992" },
        { T("9007199254740993.0"), "-", "9007199254740993" },
        { T("4503599627370496.4"), "-", "-" },
        { T("1e15"), "-", "1000000000000000" },
        { T("9.00719925474e15"), "-", "-" },
        { T("9.007199254e15"), "-", "9007199254000000" },
        { T("9.00719926e15"), "-", "-" },
        { T("-9.007199254e15"), "-", "-9007199254000000" },
        { T("-9.00719926e15"), "-", "-" },

        /* as many characters as are read with an exponent, and one more */

        { T("1.2345678901e10"), "-", "12345678901" },
        { T("-1.234567890e10"), "-", "-12345678900" },
        { T("1.23456789012e11"), "-", "-" },
        { T("-1.2345678901e10"), "-", "-" },
        { T("9223372036854775807.00"), "-", "9223372036854775807" },
        { T("1e18"), "-", "-" },
        { T("1e400"), "-", "-" },
        { T("-1e400"), "-", "-" },

        { T("100.000000000000000000000000000000000000"), "-", "100" },
        { T("100.0000000000000000000000000000000000001"), "-", "-" },
        { T("-9223372036854775808.0"), "-", "-9223372036854775808" },
        { T("9223372036854775808.0"), "-", "-" },

        /* strings */

        { T("\"\""), "", "-" },
        { T("\"text\""), "text", "-" },
        { T("\"\\u0061\\n\""), "a\n", "-" },
        { T("\"\xff\n\""), "? ", "-" },
        { T("\"0\""), "0", "0" },
        { T("\"100\""), "100", "100" },
        { T("\"\\u0031\\u0030\""), "10", "10" },
        { T("\"0100\""), "0100", "100" },
        { T("\"9223372036854775807\""), "9223372036854775807",
          "9223372036854775807" },
        { T("\"9223372036854775808\""), "9223372036854775808", "-" },
        { T("\"00000000000000000001\""), "00000000000000000001", "-" },
        { T("\" 100\""), " 100", "-" },
        { T("\"100 \""), "100 ", "-" },
        { T("\"-100\""), "-100", "-" },
        { T("\"+100\""), "+100", "-" },
        { T("\"100.0\""), "100.0", "-" },
        { T("\"1e2\""), "1e2", "-" },
        { T("\"1\xff\""), "1?", "-" },
        { T("\"1\n\""), "1 ", "-" },
        { T("\"\\'1\""), "\\'1", "-" },
        { T("\"\\u0031\\'\""), "1\\'", "-" },
        { T("\"\\u0039223372036854775807\""), "9223372036854775807",
          "9223372036854775807" },
        { T("\"\\u003100000000000000000001\""), "100000000000000000001", "-" },
        { T("\"\\u00310000000000000000000\""), "10000000000000000000", "-" },
        { T("\"123456789012345678\\u00e4\""), "123456789012345678\xc3\xa4",
          "-" },
        { T("\"1/\""), "1/", "-" },
        { T("\"1:\""), "1:", "-" },

        /* neither */

        { T("true"), "-", "-" },
        { T("false"), "-", "-" },
        { T("null"), "-", "-" },
        { T("[100]"), "-", "-" },
        { T("{\"a\":100}"), "-", "-" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        rc = pa_json_read_value(&s, &value);

        string = S("-");
        integer = S("-");
        n = 42;

        (void) pa_json_value_string(&s, &value, &string);

        if (pa_json_value_integer(&value, &n) == PA_OK) {
            integer = unit_sprintf("%lld", (long long) n);

        } else if (n != 42) {
            integer = S("changed");
        }

        got = unit_sprintf("%d \"%.*s\" %.*s", rc,
                           (int) string.len, (char *) string.data,
                           (int) integer.len, (char *) integer.data);
        want = unit_sprintf("0 \"%s\" %s", rows[i].string, rows[i].integer);

        unit_text(&got, &want, "value %s", unit_show(&rows[i].text));
        unit_reset();
    }
}


static void
test_read_value(void)
{
    size_t            i;
    pa_str_t          text;
    pa_json_scan_t    s;
    pa_json_value_t   value;

    static const struct {
        pa_str_t        text;
        pa_json_type_e  type;
        int             rest;     /* bytes that are left */
    } rows[] = {
        { T("{\"a\":1},"), PA_JSON_OBJECT, 1 },
        { T(" [1,[2]] ]"), PA_JSON_ARRAY, 2 },
        { T("\"a\\\"\","), PA_JSON_STRING, 1 },
        { T("-1.5e3,"), PA_JSON_NUMBER, 1 },
        { T("true,"), PA_JSON_LITERAL, 1 },
        { T("\t\n\r null"), PA_JSON_LITERAL, 0 }
    };

    static const pa_str_t  malformed[] = {
        T(""), T(" "), T(","), T("}"), T("{"), T("{\"a\"}"), T("[1,]"),
        T("\"a"), T("\"\\\""), T("-"), T("1."), T("tru"), T("\xff")
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);
        pa_json_scan_init(&s, &unit_pool, &text);

        unit_ok(pa_json_read_value(&s, &value) == PA_OK
                && value.type == rows[i].type
                && s.last - s.pos == rows[i].rest,
                "read %s", unit_show(&rows[i].text));
        unit_reset();
    }

    for (i = 0; i < unit_nelts(malformed); i++) {
        text = unit_str(&malformed[i]);
        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        unit_ok(pa_json_read_value(&s, &value) == PA_ERROR && !s.no_memory,
                "read, malformed: %s", unit_show(&malformed[i]));
        unit_reset();
    }
}


static int
find_escaped(void *data)
{
    int              rc;
    pa_json_scan_t   s;
    pa_json_value_t  value;

    (void) data;

    pa_json_scan_init(&s, &unit_pool, &S("{\"\\u0061\":1}"));
    rc = pa_json_find(&s, &S("a"), &value, 1);

    /* an error that is not the text's fault says so */

    return rc == PA_ERROR && !s.no_memory ? PA_DONE : rc;
}


static int
find_deep(void *data)
{
    int              rc;
    pa_json_scan_t   s;
    pa_json_value_t  value;

    (void) data;

    pa_json_scan_init(&s, &unit_pool, &S("{\"b\":"
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
        "}"));
    rc = pa_json_find(&s, &S("a"), &value, 1);

    return rc == PA_ERROR && !s.no_memory ? PA_DONE : rc;
}


static int
value_escaped(void *data)
{
    int              rc;
    pa_str_t         text;
    pa_json_scan_t   s;
    pa_json_value_t  value;

    (void) data;

    pa_json_scan_init(&s, &unit_pool, &S("\"\\n\""));
    rc = pa_json_read_value(&s, &value);

    if (rc == PA_OK) {
        rc = pa_json_value_string(&s, &value, &text);
    }

    return rc == PA_ERROR && !s.no_memory ? PA_DONE : rc;
}


/* a string or number, or what stands for anything else */

static pa_str_t
value_text(pa_json_scan_t *s, const pa_json_value_t *value)
{
    pa_str_t  text;

    switch (value->type) {

    case PA_JSON_ERROR:
        return S("-");

    case PA_JSON_STRING:
        (void) pa_json_value_string(s, value, &text);
        return text;

    case PA_JSON_NUMBER:
        return value->number.text;

    case PA_JSON_ARRAY:
        return S("[");

    case PA_JSON_OBJECT:
        return S("{");

    default:
        return S("n");
    }
}
