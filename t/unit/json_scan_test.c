
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"
#include "json/scan.h"
#include "unit.h"


#define VALUES  1000
#define DEPTH  100000
#define MEGA   (1024 * 1024)


static void test_well_formed(void);
static void test_utf8(void);
static void test_truncated(void);
static void test_nesting(void);
static void test_deep_values(void);
static void test_brackets(void);
static void test_long_tokens(void);
static void test_type(void);
static void test_number(void);
static void test_decode(void);
static void test_walk(void);
static void test_lenient(void);
static void test_mend(void);
static void test_allocations(void);
static int skip_deep(void *data);
static int decode_escape(void *data);
static int decode_odd(void *data);

static int skip(const pa_str_t *text, pa_json_position_t *position);
static int walk(const pa_str_t *text, pa_json_position_t *position);
static int walk_value(pa_json_scan_t *s);
static pa_str_t mended(const pa_json_string_t *string);
static pa_str_t verdict(int rc, const pa_json_position_t *position);
static pa_str_t nested(size_t n, const char *open, const char *value,
    const char *close);
static pa_str_t repeated(const char *head, size_t n, const char *middle,
    const char *tail);


int
main(void)
{
    test_well_formed();
    test_utf8();
    test_truncated();
    test_nesting();
    test_deep_values();
    test_brackets();
    test_long_tokens();
    test_type();
    test_number();
    test_decode();
    test_walk();
    test_lenient();
    test_mend();
    test_allocations();

    unit_no_memory(skip_deep, NULL, "pa_json_scan_skip()");
    unit_no_memory(decode_escape, NULL, "pa_json_string_decode()");
    unit_no_memory(decode_odd, NULL, "pa_json_string_decode(), odd");

    return unit_end();
}


/* line and column of the error; 0: the text is well-formed */

static void
test_well_formed(void)
{
    size_t              i;
    pa_str_t            text, got, want;
    pa_json_position_t  position;

    static const struct {
        pa_str_t            text;
        pa_json_position_t  error;
    } rows[] = {

        /* any value is a text */

        { T("{}"), { 0, 0 } },
        { T("[]"), { 0, 0 } },
        { T("\"\""), { 0, 0 } },
        { T("0"), { 0, 0 } },
        { T("true"), { 0, 0 } },
        { T("false"), { 0, 0 } },
        { T("null"), { 0, 0 } },

        { T(""), { 1, 1 } },
        { T(" "), { 1, 2 } },
        { T("\n"), { 2, 1 } },
        { T("\0"), { 1, 1 } },
        { T("x"), { 1, 1 } },
        { T("'a'"), { 1, 1 } },
        { T("undefined"), { 1, 1 } },
        { T("NaN"), { 1, 1 } },
        { T("Infinity"), { 1, 1 } },
        { T("-Infinity"), { 1, 2 } },

        /* white space is of four kinds, and anywhere around tokens */

        { T(" \t\r\n0 \t\r\n"), { 0, 0 } },
        { T(" { \"a\" : 1 , \"b\" : [ 1 , 2 ] } "), { 0, 0 } },
        { T("\r\n{\r\n\"a\"\r\n:\r\n1\r\n,\r\n\"b\"\r\n:\r\n[\r\n]\r\n}\r\n"),
          { 0, 0 } },
        { T("[ ]"), { 0, 0 } },
        { T("{ }"), { 0, 0 } },

        { T("\v0"), { 1, 1 } },
        { T("\f0"), { 1, 1 } },
        { T("0\v"), { 1, 2 } },
        { T("\xc2\xa0" "0"), { 1, 1 } },
        { T("\xe2\x80\xa8" "0"), { 1, 1 } },
        { T("\xe3\x80\x80" "0"), { 1, 1 } },
        { T("\xef\xbb\xbf{}"), { 1, 1 } },
        { T("0\0"), { 1, 2 } },
        { T("[1\0]"), { 1, 3 } },
        { T("/**/0"), { 1, 1 } },
        { T("0 // zero"), { 1, 3 } },
        { T("0 # zero"), { 1, 3 } },

        /* one text only */

        { T("0 0"), { 1, 3 } },
        { T("{}{}"), { 1, 3 } },
        { T("{},"), { 1, 3 } },
        { T("[]]"), { 1, 3 } },
        { T("\"\"\""), { 1, 3 } },
        { T("[]\n[]"), { 2, 1 } },
        { T("truetrue"), { 1, 5 } },

        /* literals */

        { T("[true,false,null]"), { 0, 0 } },
        { T("tru"), { 1, 4 } },
        { T("trUe"), { 1, 3 } },
        { T("True"), { 1, 1 } },
        { T("TRUE"), { 1, 1 } },
        { T("truex"), { 1, 5 } },
        { T("fals"), { 1, 5 } },
        { T("falsy"), { 1, 5 } },
        { T("n"), { 1, 2 } },
        { T("nul"), { 1, 4 } },
        { T("nil"), { 1, 2 } },
        { T("[nulll]"), { 1, 6 } },

        /* numbers */

        { T("-0"), { 0, 0 } },
        { T("1"), { 0, 0 } },
        { T("-1"), { 0, 0 } },
        { T("1234567890"), { 0, 0 } },
        { T("123456789012345678901234567890"), { 0, 0 } },
        { T("0.0"), { 0, 0 } },
        { T("-0.0"), { 0, 0 } },
        { T("0.1234567890"), { 0, 0 } },
        { T("10.01"), { 0, 0 } },
        { T("0e0"), { 0, 0 } },
        { T("0E0"), { 0, 0 } },
        { T("0e+0"), { 0, 0 } },
        { T("0e-0"), { 0, 0 } },
        { T("1e00"), { 0, 0 } },
        { T("1.5E+10"), { 0, 0 } },
        { T("1e999999999"), { 0, 0 } },
        { T("-1e-999999999"), { 0, 0 } },

        { T("-"), { 1, 2 } },
        { T("--1"), { 1, 2 } },
        { T("- 1"), { 1, 2 } },
        { T("+1"), { 1, 1 } },
        { T("00"), { 1, 2 } },
        { T("01"), { 1, 2 } },
        { T("-01"), { 1, 3 } },
        { T("-a"), { 1, 2 } },
        { T(".5"), { 1, 1 } },
        { T("-.5"), { 1, 2 } },
        { T("1."), { 1, 3 } },
        { T("1.e1"), { 1, 3 } },
        { T("1..2"), { 1, 3 } },
        { T("1.2.3"), { 1, 4 } },
        { T("1e"), { 1, 3 } },
        { T("1e+"), { 1, 4 } },
        { T("1e-"), { 1, 4 } },
        { T("1e+-1"), { 1, 4 } },
        { T("1e1.5"), { 1, 4 } },
        { T("1ee1"), { 1, 3 } },
        { T("e1"), { 1, 1 } },
        { T("0x10"), { 1, 2 } },
        { T("0b1"), { 1, 2 } },
        { T("1_000"), { 1, 2 } },
        { T("1,000"), { 1, 2 } },
        { T("1a"), { 1, 2 } },
        { T("\xef\xbc\x91"), { 1, 1 } },
        { T("[-]"), { 1, 3 } },
        { T("[1.]"), { 1, 4 } },
        { T("[01]"), { 1, 3 } },

        /* strings */

        { T("\"abc\""), { 0, 0 } },
        { T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), { 0, 0 } },
        { T("\"\\u0000\""), { 0, 0 } },
        { T("\"\\u0041\\uabcd\\uABCD\\uFfFf\""), { 0, 0 } },
        { T("\"\\ud83d\\ude00\""), { 0, 0 } },
        { T("\"\\ud83d\""), { 0, 0 } },
        { T("\"\\ude00\\ud83d\""), { 0, 0 } },
        { T("\"/\""), { 0, 0 } },
        { T("\"\x7f\""), { 0, 0 } },
        { T("\"'\""), { 0, 0 } },
        { T("\"{[,:]}\""), { 0, 0 } },

        { T("\""), { 1, 2 } },
        { T("\"abc"), { 1, 5 } },
        { T("\"abc\\\""), { 1, 7 } },
        { T("\"\\"), { 1, 3 } },
        { T("\"\\a\""), { 1, 3 } },
        { T("\"\\'\""), { 1, 3 } },
        { T("\"\\0\""), { 1, 3 } },
        { T("\"\\x41\""), { 1, 3 } },
        { T("\"\\v\""), { 1, 3 } },
        { T("\"\\B\""), { 1, 3 } },
        { T("\"\\U0041\""), { 1, 3 } },
        { T("\"\\\0\""), { 1, 3 } },
        { T("\"\\\n\""), { 1, 3 } },
        { T("\"\\\xc3\xbc\""), { 1, 3 } },
        { T("\"\\u\""), { 1, 4 } },
        { T("\"\\u1\""), { 1, 5 } },
        { T("\"\\u12\""), { 1, 6 } },
        { T("\"\\u123\""), { 1, 7 } },
        { T("\"\\u123"), { 1, 7 } },
        { T("\"\\u123g\""), { 1, 7 } },
        { T("\"\\u 123\""), { 1, 4 } },
        { T("\"\\u+123\""), { 1, 4 } },
        { T("\"\\u00@0\""), { 1, 6 } },
        { T("\"\\u00`0\""), { 1, 6 } },
        { T("\"\\u{41}\""), { 1, 4 } },

        { T("\"\0\""), { 1, 2 } },
        { T("\"a\0b\""), { 1, 3 } },
        { T("\"a\nb\""), { 1, 3 } },
        { T("\"a\tb\""), { 1, 3 } },
        { T("\"a\rb\""), { 1, 3 } },
        { T("\"\x1f\""), { 1, 2 } },

        /* arrays */

        { T("[1]"), { 0, 0 } },
        { T("[1,\"a\",null,[],{}]"), { 0, 0 } },
        { T("[[[]],[[],[]]]"), { 0, 0 } },

        { T("["), { 1, 2 } },
        { T("[1"), { 1, 3 } },
        { T("[1,"), { 1, 4 } },
        { T("[,"), { 1, 2 } },
        { T("[,1]"), { 1, 2 } },
        { T("[1,]"), { 1, 4 } },
        { T("[1,,2]"), { 1, 4 } },
        { T("[1 2]"), { 1, 4 } },
        { T("[1:2]"), { 1, 3 } },
        { T("[\"a\":1]"), { 1, 5 } },
        { T("[1}"), { 1, 3 } },
        { T("[}"), { 1, 2 } },
        { T("]"), { 1, 1 } },
        { T("(1)"), { 1, 1 } },
        { T("[...]"), { 1, 2 } },

        /* objects */

        { T("{\"a\":1}"), { 0, 0 } },
        { T("{\"\":{\"\":{}}}"), { 0, 0 } },
        { T("{\"a\":1,\"b\":[{\"c\":2}]}"), { 0, 0 } },
        { T("{\"a\":1,\"a\":2}"), { 0, 0 } },
        { T("{\"\\u0000\":1}"), { 0, 0 } },
        { T("{\"\\ud800\":1}"), { 0, 0 } },

        { T("{"), { 1, 2 } },
        { T("{\"a\""), { 1, 5 } },
        { T("{\"a\":"), { 1, 6 } },
        { T("{\"a\":1"), { 1, 7 } },
        { T("{\"a\":1,"), { 1, 8 } },
        { T("{\"a\":1,}"), { 1, 8 } },
        { T("{,}"), { 1, 2 } },
        { T("{,\"a\":1}"), { 1, 2 } },
        { T("{\"a\":1,,\"b\":2}"), { 1, 8 } },
        { T("{\"a\"}"), { 1, 5 } },
        { T("{\"a\":}"), { 1, 6 } },
        { T("{\"a\",1}"), { 1, 5 } },
        { T("{\"a\"=1}"), { 1, 5 } },
        { T("{\"a\" 1}"), { 1, 6 } },
        { T("{\"a\"::1}"), { 1, 6 } },
        { T("{\"a\":1:2}"), { 1, 7 } },
        { T("{\"a\":1 \"b\":2}"), { 1, 8 } },
        { T("{a:1}"), { 1, 2 } },
        { T("{'a':1}"), { 1, 2 } },
        { T("{1:1}"), { 1, 2 } },
        { T("{null:1}"), { 1, 2 } },
        { T("{[]:1}"), { 1, 2 } },
        { T("{\"a\":1]"), { 1, 7 } },
        { T("{]"), { 1, 2 } },
        { T("}"), { 1, 1 } },
        { T("{\"a\":1}}"), { 1, 8 } },
        { T("{\"a\\x\":1}"), { 1, 5 } },
        { T("{\"a"), { 1, 4 } },

        /* the place: lines end with a line feed, columns are characters */

        { T("{\n  \"a\": 1,\n  \"b\": x\n}"), { 3, 8 } },
        { T("\n\n\n]"), { 4, 1 } },
        { T("\r\n\r\n]"), { 3, 1 } },
        { T("\r\r]"), { 1, 3 } },
        { T("[\"\xc3\xbc\" x"), { 1, 6 } },
        { T("[\"\xe2\x82\xac\xf0\x9f\x94\x91\" x"), { 1, 7 } },
        { T("[\n\"\xc3\xbc\xc3\xbc\xc3\xbc\",]"), { 2, 7 } },
        { T("[1,\n2"), { 2, 2 } },
        { T("[1,\n2\n"), { 3, 1 } }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);
        want = verdict(rows[i].error.line ? PA_ERROR : PA_OK, &rows[i].error);

        got = verdict(skip(&text, &position), &position);
        unit_text(&got, &want, "skip %s", unit_show(&rows[i].text));

        got = verdict(walk(&text, &position), &position);
        unit_text(&got, &want, "walk %s", unit_show(&rows[i].text));

        unit_reset();
    }
}


/* characters in a string; column of the error, 0: it is UTF-8 */

static void
test_utf8(void)
{
    size_t              i;
    pa_str_t            text, got, want;
    pa_json_position_t  position, error;

    static const struct {
        pa_str_t  text;
        size_t    error;
    } rows[] = {

        /* the first and the last of each length, and around the surrogates */

        { T("\"\xc2\x80\xdf\xbf\""), 0 },
        { T("\"\xe0\xa0\x80\xef\xbf\xbf\""), 0 },
        { T("\"\xed\x9f\xbf\xee\x80\x80\""), 0 },
        { T("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), 0 },
        { T("\"\xe1\x80\x80\xec\xbf\xbf\xf1\x80\x80\x80\xf3\xbf\xbf\xbf\""),
          0 },
        { T("\"\xef\xbb\xbf\xef\xbf\xbe\xef\xb7\x90\""), 0 },
        { T("{\"\xc3\xbc\":1}"), 0 },

        /* overlong */

        { T("\"\xc0\x80\""), 2 },
        { T("\"\xc0\xaf\""), 2 },
        { T("\"\xc1\xbf\""), 2 },
        { T("\"\xe0\x80\x80\""), 2 },
        { T("\"\xe0\x9f\xbf\""), 2 },
        { T("\"\xf0\x80\x80\x80\""), 2 },
        { T("\"\xf0\x8f\xbf\xbf\""), 2 },

        /* surrogates */

        { T("\"\xed\xa0\x80\""), 2 },
        { T("\"\xed\xbf\xbf\""), 2 },
        { T("\"\xed\xa0\xbd\xed\xb8\x80\""), 2 },

        /* beyond U+10FFFF */

        { T("\"\xf4\x90\x80\x80\""), 2 },
        { T("\"\xf5\x80\x80\x80\""), 2 },
        { T("\"\xf7\xbf\xbf\xbf\""), 2 },
        { T("\"\xf8\x88\x80\x80\x80\""), 2 },
        { T("\"\xfc\x84\x80\x80\x80\x80\""), 2 },
        { T("\"\xfe\""), 2 },
        { T("\"\xff\""), 2 },

        /* what continues nothing */

        { T("\"\x80\""), 2 },
        { T("\"\xbf\""), 2 },
        { T("\"a\xc3\xbc\xbc\""), 4 },

        /* what is not continued */

        { T("\"\xc3\""), 2 },
        { T("\"\xc3"), 2 },
        { T("\"\xc3\x28\""), 2 },
        { T("\"\xc3\xc3\xbc\""), 2 },
        { T("\"\xe2\x82\""), 2 },
        { T("\"\xe2\x82"), 2 },
        { T("\"\xe2\""), 2 },
        { T("\"\xe2\x28\xac\""), 2 },
        { T("\"\xe2\x82\x28\""), 2 },
        { T("\"\xe2\x82\xc0\""), 2 },
        { T("\"\xf0\x9f\x94\""), 2 },
        { T("\"\xf0\x9f\x94"), 2 },
        { T("\"\xf0\x9f\x28\x91\""), 2 },
        { T("\"\xf0\x9f\x94\x28\""), 2 },
        { T("\"\xf0\x9f\xc0\x91\""), 2 },
        { T("\"\xf0\x9f\x94\xff\""), 2 },
        { T("\"ab\xf0\x28\x8c\xbc\""), 4 },

        /* other encodings, and outside of strings */

        { T("\"\xfc\""), 2 },
        { T("\xff\xfe{\0}\0"), 1 },
        { T("\xfe\xff\0{\0}"), 1 },
        { T("{\0}\0"), 2 },
        { T("{\"\xfc\":1}"), 3 },
        { T("[\x80]"), 2 },
        { T("[1]\xff"), 4 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        error.line = 1;
        error.column = rows[i].error;
        want = verdict(rows[i].error ? PA_ERROR : PA_OK, &error);

        got = verdict(skip(&text, &position), &position);
        unit_text(&got, &want, "UTF-8 %s", unit_show(&rows[i].text));

        got = verdict(walk(&text, &position), &position);
        unit_text(&got, &want, "walk UTF-8 %s", unit_show(&rows[i].text));

        unit_reset();
    }
}


/*
 * Every beginning of a text is malformed, at its end: in memory that ends there
 * and in memory where the rest of the text follows.
 */

static void
test_truncated(void)
{
    int                 wrong;
    size_t              i, n;
    pa_str_t            texts[2];
    pa_json_position_t  position;

    static const pa_str_t  rows[] = {
        T("{\"a\":[1,-2.5e+10,true,false,null,\"\\u00fc\\n\",{}],"
          "\"b\":{\"c\":[[],[{\"d\":\"e\"}]]},\"f\":\"g\" }"),
        T("[-0,0,-0.0,1E-05,0e+0, 10.01 , [ ] , { } ,"
          "\"\\ud83d\\udd11\\\"\\\\\",{\"\\u0061\" : null , \"\":\"\"}]")
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        texts[0] = rows[i];
        wrong = skip(&rows[i], &position);

        for (texts[0].len = 0; texts[0].len < rows[i].len; texts[0].len++) {
            texts[1] = unit_str(&texts[0]);

            for (n = 0; n < 2; n++) {
                if (skip(&texts[n], &position) != PA_ERROR
                    || position.line != 1
                    || position.column != texts[n].len + 1
                    || walk(&texts[n], &position) != PA_ERROR
                    || position.line != 1
                    || position.column != texts[n].len + 1)
                {
                    wrong++;
                }
            }

            unit_reset();
        }

        unit_int(wrong, 0, "a text cut at any byte");
    }
}


static void
test_nesting(void)
{
    size_t              i;
    pa_str_t            text, got, want;
    pa_json_position_t  position;

    static const size_t  depths[] = {
        1, 7, 8, 9, 63, 64, 65, 66, 71, 72, 73, 127, 128, 129, 1000, DEPTH
    };

    for (i = 0; i < unit_nelts(depths); i++) {

        text = nested(depths[i], "[", "", "]");
        unit_int(skip(&text, &position), PA_OK, "%zu arrays", depths[i]);

        text = nested(depths[i], "{\"a\":", "1", "}");
        unit_int(skip(&text, &position), PA_OK, "%zu objects", depths[i]);

        text = nested(depths[i], "[0,{\"a\":0,\"b\":", "1", "},0]");
        unit_int(skip(&text, &position), PA_OK, "%zu arrays of objects",
                 depths[i]);

        text = nested(depths[i], "[", "", "");
        position.line = 1;
        position.column = depths[i] + 1;
        want = verdict(PA_ERROR, &position);
        got = verdict(skip(&text, &position), &position);
        unit_text(&got, &want, "%zu arrays, not closed", depths[i]);

        unit_reset();
    }
}


/*
 * Memory of the pool is not given back, so what one deep value takes must be in
 * proportion to that value, not to the text in which many of them stand.
 */

static void
test_deep_values(void)
{
    size_t          i, n, before;
    pa_buf_t        b;
    pa_str_t        text, value;
    pa_json_scan_t  s;

    static const size_t  depths[] = { 65, 129, 1000 };

    for (i = 0; i < unit_nelts(depths); i++) {

        value = nested(depths[i], "[", "", "]");

        pa_buf_init(&b, &unit_pool, 0);

        for (n = 0; n < VALUES; n++) {
            pa_buf_bytes(&b, n == 0 ? "[" : ",", 1);
            pa_buf_bytes(&b, value.data, value.len);
        }

        pa_buf_literal(&b, "]");
        (void) pa_buf_text(&b, &text);

        before = unit_allocated();

        pa_json_scan_init(&s, &unit_pool, &text);

        for (n = 0; pa_json_scan_array_next(&s, n == 0) == PA_OK; n++) {

            if (pa_json_scan_skip(&s) != PA_OK) {
                break;
            }
        }

        unit_ok(n == VALUES && unit_allocated() - before < text.len,
                "%zu values of %zu levels take less than the text", n,
                depths[i]);

        unit_reset();
    }
}


/* in a text of many levels, each bracket in turn is closed with the other */

static void
test_brackets(void)
{
    int                 wrong;
    size_t              i, j, n;
    uint8_t            *p, *data;
    uint8_t             opened[200];
    pa_str_t            text;
    pa_json_position_t  position;

    n = sizeof(opened);
    wrong = 0;

    for (i = 0; i <= n; i++) {

        data = pa_alloc(&unit_pool, n * sizeof("{\"\":") + 1);
        p = data;

        for (j = 0; j < n; j++) {

            /* no period that could hide a bit in the wrong place */

            opened[j] = (j * j / 7 + j / 3) % 2 ? '{' : '[';

            *p++ = opened[j];

            if (opened[j] == '{') {
                memcpy(p, "\"\":", 3);
                p += 3;
            }
        }

        *p++ = '0';

        for (j = n; j > 0; j--) {
            *p++ = (uint8_t) (((opened[j - 1] == '{') == (j != i)) ? '}' : ']');
        }

        text.data = data;
        text.len = (size_t) (p - data);

        if (skip(&text, &position) != (i == 0 ? PA_OK : PA_ERROR)
            || (i != 0 && position.column != text.len - i + 1))
        {
            wrong++;
        }

        unit_reset();
    }

    unit_int(wrong, 0, "any bracket of %zu closed with the wrong one", n);
}


static void
test_long_tokens(void)
{
    size_t              i;
    pa_str_t            text, got, want;
    pa_json_position_t  position;

    static const struct {
        const char          *head;
        const char          *text;
        const char          *tail;
        pa_json_position_t   error;
    } rows[] = {
        { "", "7", "", { 0, 0 } },
        { "-1", "0", "", { 0, 0 } },
        { "0.", "0", "", { 0, 0 } },
        { "1e-", "0", "", { 0, 0 } },
        { "\"", "a", "\"", { 0, 0 } },
        { "\"", "\\u0000", "\"", { 0, 0 } },
        { "[", " ", "]", { 0, 0 } },
        { "\"", "a", "", { 1, MEGA + 2 } },
        { "", " ", "", { 1, MEGA + 1 } },
        { "", "\n", "", { MEGA + 1, 1 } },
        { "0", "0", "", { 1, 2 } }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = repeated(rows[i].head, MEGA, rows[i].text, rows[i].tail);

        want = verdict(rows[i].error.line ? PA_ERROR : PA_OK, &rows[i].error);
        got = verdict(skip(&text, &position), &position);
        unit_text(&got, &want, "%s, 1 Mi times %s, %s", rows[i].head,
                  unit_show(&(pa_str_t) { (const uint8_t *) rows[i].text,
                                          strlen(rows[i].text) }),
                  rows[i].tail);

        unit_reset();
    }
}


static void
test_type(void)
{
    int             wrong;
    size_t          i;
    uint8_t         first[2];
    pa_str_t        text;
    pa_json_scan_t  s;

    static const struct {
        pa_str_t        text;
        pa_json_type_e  type;
    } rows[] = {
        { T("{}"), PA_JSON_OBJECT },
        { T("[]"), PA_JSON_ARRAY },
        { T("\"\""), PA_JSON_STRING },
        { T("-1"), PA_JSON_NUMBER },
        { T("0"), PA_JSON_NUMBER },
        { T("5"), PA_JSON_NUMBER },
        { T("9"), PA_JSON_NUMBER },
        { T("true"), PA_JSON_LITERAL },
        { T("false"), PA_JSON_LITERAL },
        { T("null"), PA_JSON_LITERAL },
        { T(" \t\r\n{"), PA_JSON_OBJECT },
        { T(""), PA_JSON_ERROR },
        { T("  "), PA_JSON_ERROR },
        { T("}"), PA_JSON_ERROR },
        { T("]"), PA_JSON_ERROR },
        { T("+"), PA_JSON_ERROR },
        { T("."), PA_JSON_ERROR },
        { T("/"), PA_JSON_ERROR },
        { T(":"), PA_JSON_ERROR },
        { T("T"), PA_JSON_ERROR },
        { T("\0"), PA_JSON_ERROR },
        { T("\xff"), PA_JSON_ERROR }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);

        unit_int(pa_json_scan_type(&s), rows[i].type, "type of %s",
                 unit_show(&rows[i].text));
        unit_reset();
    }

    /* each byte, whatever follows */

    wrong = 0;

    for (i = 0; i < 256; i++) {
        first[0] = (uint8_t) i;
        first[1] = '\n';

        pa_json_scan_init(&s, &unit_pool, &(pa_str_t) { first, 2 });

        wrong += pa_json_scan_type(&s)
                 != (i == '{' ? PA_JSON_OBJECT
                     : i == '[' ? PA_JSON_ARRAY
                     : i == '"' ? PA_JSON_STRING
                     : i == '-' || (i >= '0' && i <= '9') ? PA_JSON_NUMBER
                     : i == 't' || i == 'f' || i == 'n' ? PA_JSON_LITERAL
                     : PA_JSON_ERROR);
    }

    unit_int(wrong, 0, "what begins with any byte");
}


static void
test_number(void)
{
    size_t            i;
    pa_str_t          text;
    pa_json_scan_t    s;
    pa_json_number_t  number;

    static const struct {
        pa_str_t  text;
        pa_str_t  number;
        int       integer;
    } rows[] = {
        { T("0"), T("0"), 1 },
        { T("-0"), T("-0"), 1 },
        { T("6681"), T("6681"), 1 },
        { T(" 6681 "), T("6681"), 1 },
        { T("-12,"), T("-12"), 1 },
        { T("9007199254740993]"), T("9007199254740993"), 1 },
        { T("6681.0"), T("6681.0"), 0 },
        { T("1e3"), T("1e3"), 0 },
        { T("1E+3}"), T("1E+3"), 0 },
        { T("0e-0"), T("0e-0"), 0 },
        { T("1.5e10"), T("1.5e10"), 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);
        (void) pa_json_scan_type(&s);

        unit_ok(pa_json_scan_number(&s, &number) == PA_OK
                && number.integer == rows[i].integer
                && number.text.len == rows[i].number.len
                && memcmp(number.text.data, rows[i].number.data,
                          number.text.len) == 0,
                "number %s", unit_show(&rows[i].text));
        unit_reset();
    }
}


/* a string and the characters that it stands for */

static void
test_decode(void)
{
    size_t            i;
    pa_str_t          text, got;
    pa_json_scan_t    s;
    pa_json_string_t  string;

    static const struct {
        pa_str_t  text;
        pa_str_t  decoded;
    } rows[] = {
        { T("\"\""), T("") },
        { T("\"plain\""), T("plain") },
        { T("\"gr\xc3\xbc\xc3\x9f\""), T("gr\xc3\xbc\xc3\x9f") },
        { T("\"\\\"\\\\\\/\""), T("\"\\/") },
        { T("\"\\b\\f\\n\\r\\t\""), T("\b\f\n\r\t") },
        { T("\"a\\nb\""), T("a\nb") },
        { T("\"\\\\n\""), T("\\n") },
        { T("\"\\\\u0041\""), T("\\u0041") },
        { T("\"\\u0041\""), T("A") },
        { T("\"\\u0041\\u0042c\""), T("ABc") },
        { T("\"\\u0000\""), T("\0") },
        { T("\"a\\u0000b\""), T("a\0b") },
        { T("\"\\u007f\\u0080\""), T("\x7f\xc2\x80") },
        { T("\"\\u07ff\\u0800\""), T("\xdf\xbf\xe0\xa0\x80") },
        { T("\"\\uABCD\\uabcd\\uAbCd\""),
          T("\xea\xaf\x8d\xea\xaf\x8d\xea\xaf\x8d") },
        { T("\"\\ufffe\\uffff\""), T("\xef\xbf\xbe\xef\xbf\xbf") },
        { T("\"\\ud7ff\\ue000\""), T("\xed\x9f\xbf\xee\x80\x80") },

        /* pairs of surrogates */

        { T("\"\\ud800\\udc00\""), T("\xf0\x90\x80\x80") },
        { T("\"\\ud83d\\ude00\""), T("\xf0\x9f\x98\x80") },
        { T("\"\\uD83D\\uDE00\""), T("\xf0\x9f\x98\x80") },
        { T("\"\\udbff\\udfff\""), T("\xf4\x8f\xbf\xbf") },
        { T("\"a\\ud83d\\ude00b\""), T("a\xf0\x9f\x98\x80" "b") },

        /* lone ones */

        { T("\"\\ud800\""), T("\xef\xbf\xbd") },
        { T("\"\\udbff\""), T("\xef\xbf\xbd") },
        { T("\"\\udc00\""), T("\xef\xbf\xbd") },
        { T("\"\\udfff\""), T("\xef\xbf\xbd") },
        { T("\"\\ud800a\""), T("\xef\xbf\xbd" "a") },
        { T("\"\\ud800\\n\""), T("\xef\xbf\xbd\n") },
        { T("\"\\ud800\\u0041\""), T("\xef\xbf\xbd" "A") },
        { T("\"\\ud800\\ud800\\udc00\""), T("\xef\xbf\xbd\xf0\x90\x80\x80") },
        { T("\"\\udc00\\ud800\""), T("\xef\xbf\xbd\xef\xbf\xbd") },
        { T("\"\\udc00\\udc00\""), T("\xef\xbf\xbd\xef\xbf\xbd") },
        { T("\"\\udfff\\udfff\""), T("\xef\xbf\xbd\xef\xbf\xbd") },
        { T("\"\\udbff\\udbff\""), T("\xef\xbf\xbd\xef\xbf\xbd") },
        { T("\"\\ude00\\ud83d\\ude00\""),
          T("\xef\xbf\xbd\xf0\x9f\x98\x80") },
        { T("\"\\ud800\\ue000\""), T("\xef\xbf\xbd\xee\x80\x80") },
        { T("\"\\ud800\\\\dc00\""), T("\xef\xbf\xbd\\dc00") },
        { T("\"\\ud800\\ndc00x\""), T("\xef\xbf\xbd\ndc00x") },
        { T("\"\\ud800udc00\""), T("\xef\xbf\xbdudc00") },
        { T("\"\\ud800xudc00\""), T("\xef\xbf\xbdxudc00") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);
        got.len = SIZE_MAX;

        if (pa_json_scan_string(&s, &string) == PA_OK
            && pa_json_string_decode(&unit_pool, &string, &got) == PA_OK)
        {
            unit_text(&got, &rows[i].decoded, "string %s",
                      unit_show(&rows[i].text));

        } else {
            unit_ok(0, "string %s", unit_show(&rows[i].text));
        }

        unit_reset();
    }

    text = unit_str(&S("\"plain\""));

    pa_json_scan_init(&s, &unit_pool, &text);
    (void) pa_json_scan_string(&s, &string);
    (void) pa_json_string_decode(&unit_pool, &string, &got);

    unit_ok(unit_allocations() == 0 && got.data == text.data + 1,
            "a string without escapes is not copied");
    unit_reset();
}


/* the functions as a caller uses them */

static void
test_walk(void)
{
    pa_str_t          text;
    pa_json_scan_t    s;
    pa_json_number_t  number;
    pa_json_string_t  name, string;

    text = unit_str(&S(" {\"a\": [1, \"b\"], \"c\\n\": {\"d\": null} } "));

    pa_json_scan_init(&s, &unit_pool, &text);

    unit_ok(pa_json_scan_type(&s) == PA_JSON_OBJECT
            && pa_json_scan_object_next(&s, 1, &name) == PA_OK
            && unit_str_is(&name.raw, "a") && !name.escaped

            && pa_json_scan_type(&s) == PA_JSON_ARRAY
            && pa_json_scan_array_next(&s, 1) == PA_OK
            && pa_json_scan_type(&s) == PA_JSON_NUMBER
            && pa_json_scan_number(&s, &number) == PA_OK
            && pa_json_scan_array_next(&s, 0) == PA_OK
            && pa_json_scan_type(&s) == PA_JSON_STRING
            && pa_json_scan_string(&s, &string) == PA_OK
            && unit_str_is(&string.raw, "b")
            && pa_json_scan_array_next(&s, 0) == PA_DONE

            && pa_json_scan_object_next(&s, 0, &name) == PA_OK
            && unit_str_is(&name.raw, "c\\n") && name.escaped
            && pa_json_scan_skip(&s) == PA_OK
            && pa_json_scan_object_next(&s, 0, &name) == PA_DONE
            && pa_json_scan_end(&s) == PA_OK
            && unit_allocations() == 0,
            "a text of all kinds is walked, without memory");

    pa_json_scan_init(&s, &unit_pool, &S("[] x"));

    unit_ok(pa_json_scan_skip(&s) == PA_OK
            && pa_json_scan_end(&s) == PA_ERROR,
            "what follows a text is seen");

    unit_reset();
}


/* a string and its characters; nothing else is accepted beyond RFC 8259 */

static void
test_lenient(void)
{
    int                rc;
    size_t             i;
    pa_str_t           text, got;
    pa_json_scan_t     s;
    pa_json_string_t   string;

    static const struct {
        pa_str_t  text;
        pa_str_t  decoded;
        int       odd;
    } rows[] = {
        { T("\"\""), T(""), 0 },
        { T("\"a\xc3\xbc\\n\""), T("a\xc3\xbc\n"), 0 },

        /* control characters */

        { T("\"\0\""), T(" "), 1 },
        { T("\"a\nb\tc\x1f\""), T("a b c "), 1 },
        { T("\"\x7f\""), T("\x7f"), 0 },
        { T("\"a\n\\n\\u0000\""), T("a \n\0"), 1 },

        /* bytes that are not UTF-8 */

        { T("\"\x80\""), T("?"), 1 },
        { T("\"gr\xfc\xdf\""), T("gr??"), 1 },
        { T("\"\xc3\""), T("?"), 1 },
        { T("\"\xc3\xbc\xfc\""), T("\xc3\xbc?"), 1 },
        { T("\"\xc0\x80\""), T("??"), 1 },
        { T("\"\xe0\x9f\xbf\""), T("???"), 1 },
        { T("\"\xed\xa0\x80\""), T("???"), 1 },
        { T("\"\xf0\x8f\xbf\xbf\""), T("????"), 1 },
        { T("\"\xf4\x90\x80\x80\""), T("????"), 1 },
        { T("\"\xfe\xff\""), T("??"), 1 },
        { T("\"\xe2\x82\""), T("??"), 1 },
        { T("\"\xe2\x82\xac\xe2\x28\xac\""), T("\xe2\x82\xac?(?"), 1 },
        { T("\"\xf0\x9f\x94\x91\xf0\x9f\x94\""),
          T("\xf0\x9f\x94\x91???"), 1 },
        { T("\"\xff\\\"\xff\\\\\""), T("?\"?\\"), 1 },
        { T("\"\xff\\ud800\\ud83d\\ude00\""),
          T("?\xef\xbf\xbd\xf0\x9f\x98\x80"), 1 },

        /* backslashes that begin no escape */

        { T("\"\\'\""), T("\\'"), 1 },
        { T("\"it\\'s \\\"so\\\"\""), T("it\\'s \"so\""), 1 },
        { T("\"\\x41\""), T("\\x41"), 1 },
        { T("\"\\0\\a\\v\\e\\U\\B\\N\""), T("\\0\\a\\v\\e\\U\\B\\N"), 1 },
        { T("\"\\u\""), T("\\u"), 1 },
        { T("\"\\u1\""), T("\\u1"), 1 },
        { T("\"\\u12\""), T("\\u12"), 1 },
        { T("\"\\u123\\n\""), T("\\u123\n"), 1 },
        { T("\"\\u00g0\""), T("\\u00g0"), 1 },
        { T("\"\\u\\u0041\\u00\""), T("\\uA\\u00"), 1 },
        { T("\"\\ud83d\\ude0\""), T("\xef\xbf\xbd\\ude0"), 1 },
        { T("\"\\ud83d\\udg00\""), T("\xef\xbf\xbd\\udg00"), 1 },
        { T("\"\\ud83d\\'\\ude00\""),
          T("\xef\xbf\xbd\\'\xef\xbf\xbd"), 1 },
        { T("\"\\\n\\\0\\\x1f\""), T("\\ \\ \\ "), 1 },
        { T("\"\\\xff\\\xc3\xbc\""), T("\\?\\\xc3\xbc"), 1 },
        { T("\"\\u12\n4\""), T("\\u12 4"), 1 },
        { T("\"\\ \\\\\\/\""), T("\\ \\/"), 1 },
        { T("\"\\u{41}\""), T("\\u{41}"), 1 }
    };

    static const pa_str_t  malformed[] = {
        T("\"\xff"), T("\"\n"), T("\"\xff\\\""), T("\"\\"), T("\"\\x"),
        T("\"\\x\\"), T("\"\\x\\\""), T("\"\\u"), T("\"\\u004")
    };

    static const pa_str_t  texts[] = {
        T("{\"a\":1,}"), T("[01]"), T("[1,\xff]"), T("\xff"), T("{a:1}"),
        T("[\0]"), T("\xef\xbb\xbf{}"), T("tru"), T("[1 2]"), T("['a']")
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        rc = pa_json_scan_string(&s, &string);

        if (rc == PA_OK && string.odd == rows[i].odd
            && pa_json_scan_end(&s) == PA_OK
            && pa_json_string_decode(&unit_pool, &string, &got) == PA_OK)
        {
            unit_text(&got, &rows[i].decoded, "lenient: string %s",
                      unit_show(&rows[i].text));

            got = mended(&string);

            unit_text(&got, &rows[i].decoded, "mended, it is the same: %s",
                      unit_show(&rows[i].text));

        } else {
            unit_ok(0, "lenient: string %s", unit_show(&rows[i].text));
        }

        unit_reset();
    }

    for (i = 0; i < unit_nelts(malformed); i++) {
        text = unit_str(&malformed[i]);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        unit_int(pa_json_scan_string(&s, &string), PA_ERROR,
                 "lenient: malformed string %s", unit_show(&malformed[i]));
        unit_reset();
    }

    for (i = 0; i < unit_nelts(texts); i++) {
        text = unit_str(&texts[i]);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;

        unit_int(pa_json_scan_skip(&s), PA_ERROR, "lenient: malformed text %s",
                 unit_show(&texts[i]));
        unit_reset();
    }

    /* whatever was in the structure before */

    memset(&s, 0xff, sizeof(pa_json_scan_t));
    pa_json_scan_init(&s, &unit_pool, &texts[0]);

    unit_ok(!s.lenient && !s.no_memory && s.start == texts[0].data
            && s.pos == s.start && s.last == s.start + texts[0].len,
            "a scan begins strict, at the start");

    text = unit_str(&S("{\"a\xff\":[\"\n\",{\"\0\":\"\x80\","
                      "\"\\'\":\"\\x\"}]} "));

    pa_json_scan_init(&s, &unit_pool, &text);
    s.lenient = 1;

    unit_ok(pa_json_scan_skip(&s) == PA_OK && pa_json_scan_end(&s) == PA_OK,
            "lenient: names and values");

    pa_json_scan_init(&s, &unit_pool, &text);

    unit_ok(pa_json_scan_skip(&s) == PA_ERROR, "strict, until asked");

    unit_reset();
}


/* the inside of a string, and what is written in its place */

static void
test_mend(void)
{
    size_t             i;
    pa_buf_t           b;
    pa_str_t           text, got;
    pa_json_scan_t     s;
    pa_json_string_t   string;

    static const struct {
        pa_str_t  text;
        pa_str_t  mended;
    } rows[] = {

        /* what is valid stays as it is written */

        { T(""), T("") },
        { T("plain"), T("plain") },
        { T("gr\xc3\xbc\xc3\x9f \x7f"), T("gr\xc3\xbc\xc3\x9f \x7f") },
        { T("\\u0041\\/\\\"\\\\\\n"), T("\\u0041\\/\\\"\\\\\\n") },
        { T("\\u0000\\u001f"), T("\\u0000\\u001f") },
        { T("\\ud83d\\uDD11"), T("\\ud83d\\uDD11") },
        { T("\\ufffd\\uFFFD"), T("\\ufffd\\uFFFD") },
        { T("\xef\xbf\xbd"), T("\xef\xbf\xbd") },

        /* what is none of Unicode */

        { T("\\ud83d"), T("\xef\xbf\xbd") },
        { T("\\udd11"), T("\xef\xbf\xbd") },
        { T("a\\ud83d\\ud83d\\udd11b"), T("a\xef\xbf\xbd\\ud83d\\udd11" "b") },
        { T("\\ud83d\\ufffd"), T("\xef\xbf\xbd\\ufffd") },
        { T("\\ud83dudd11"), T("\xef\xbf\xbdudd11") },

        /* what is no JSON, at each end and in between */

        { T("\n"), T(" ") },
        { T("\ta\0b\x1f"), T(" a b ") },
        { T("\xff"), T("?") },
        { T("\x80" "a\xc3" "b\xe2\x82"), T("?a?b??") },
        { T("\xc3\xbc\xfc\xc3\xbc"), T("\xc3\xbc?\xc3\xbc") },
        { T("\\'"), T("\\\\'") },
        { T("\\x\\u12\\u004"), T("\\\\x\\\\u12\\\\u004") },
        { T("\\u\\u0041\\ "), T("\\\\u\\u0041\\\\ ") },
        { T("\\\n\\\xff"), T("\\\\ \\\\?") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        pa_buf_init(&b, &unit_pool, 0);
        pa_buf_literal(&b, "\"");
        pa_buf_bytes(&b, rows[i].text.data, rows[i].text.len);
        pa_buf_literal(&b, "\"");
        (void) pa_buf_text(&b, &text);

        pa_json_scan_init(&s, &unit_pool, &text);
        s.lenient = 1;
        (void) pa_json_scan_string(&s, &string);

        pa_buf_init(&b, &unit_pool, 0);
        pa_json_string_mend(&b, &string);
        (void) pa_buf_text(&b, &got);

        unit_text(&got, &rows[i].mended, "mend %s", unit_show(&rows[i].text));
        unit_reset();
    }
}


static void
test_allocations(void)
{
    size_t              i, before;
    pa_str_t            text;
    pa_json_position_t  position;

    static const struct {
        size_t   depth;
        int64_t  allocations;
    } rows[] = {
        { 64, 0 }, { 65, 1 }, { 128, 1 }, { 129, 2 }, { DEPTH, 11 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        text = nested(rows[i].depth, "[", "", "]");
        before = unit_allocations();
        (void) skip(&text, &position);

        unit_int((int64_t) (unit_allocations() - before), rows[i].allocations,
                 "allocations for %zu levels", rows[i].depth);
        unit_reset();
    }
}


static int
skip_deep(void *data)
{
    int             rc;
    pa_str_t        text;
    pa_json_scan_t  s;

    static const char  brackets[] =
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

    (void) data;

    text.data = (const uint8_t *) brackets;
    text.len = sizeof(brackets) - 1;

    pa_json_scan_init(&s, &unit_pool, &text);
    rc = pa_json_scan_skip(&s);

    /* an error that is not the text's fault says so */

    return rc == PA_ERROR && !s.no_memory ? PA_DONE : rc;
}


static int
decode_escape(void *data)
{
    pa_str_t          text;
    pa_json_string_t  string;

    (void) data;

    string.raw = S("\\n");
    string.escaped = 1;
    string.odd = 0;

    return pa_json_string_decode(&unit_pool, &string, &text);
}


static int
decode_odd(void *data)
{
    pa_str_t          text;
    pa_json_string_t  string;

    (void) data;

    string.raw = S("\xff");
    string.escaped = 0;
    string.odd = 1;

    return pa_json_string_decode(&unit_pool, &string, &text);
}


static int
skip(const pa_str_t *text, pa_json_position_t *position)
{
    int             rc;
    pa_json_scan_t  s;

    pa_json_scan_init(&s, &unit_pool, text);

    rc = pa_json_scan_skip(&s);

    if (rc == PA_OK) {
        rc = pa_json_scan_end(&s);
    }

    pa_json_scan_position(&s, position);

    return rc;
}


static int
walk(const pa_str_t *text, pa_json_position_t *position)
{
    int             rc;
    pa_json_scan_t  s;

    pa_json_scan_init(&s, &unit_pool, text);

    rc = walk_value(&s);

    if (rc == PA_OK) {
        rc = pa_json_scan_end(&s);
    }

    pa_json_scan_position(&s, position);

    return rc;
}


static int
walk_value(pa_json_scan_t *s)
{
    int               rc, first;
    pa_json_type_e    type;
    pa_json_number_t  number;
    pa_json_string_t  string;

    type = pa_json_scan_type(s);

    switch (type) {

    case PA_JSON_STRING:
        return pa_json_scan_string(s, &string);

    case PA_JSON_NUMBER:
        return pa_json_scan_number(s, &number);

    case PA_JSON_OBJECT:
    case PA_JSON_ARRAY:
        break;

    default:
        return pa_json_scan_skip(s);
    }

    for (first = 1; /* void */ ; first = 0) {

        rc = (type == PA_JSON_OBJECT)
             ? pa_json_scan_object_next(s, first, &string)
             : pa_json_scan_array_next(s, first);

        if (rc == PA_DONE) {
            return PA_OK;
        }

        if (rc == PA_ERROR || walk_value(s) != PA_OK) {
            return PA_ERROR;
        }
    }
}


/* the characters of a string once it is mended, as a strict reader has them */

static pa_str_t
mended(const pa_json_string_t *string)
{
    pa_buf_t          b;
    pa_str_t          text;
    pa_json_scan_t    s;
    pa_json_string_t  other;

    pa_buf_init(&b, &unit_pool, 0);
    pa_buf_literal(&b, "\"");
    pa_json_string_mend(&b, string);
    pa_buf_literal(&b, "\"");
    (void) pa_buf_text(&b, &text);

    text = unit_str(&text);

    pa_json_scan_init(&s, &unit_pool, &text);

    if (pa_json_scan_string(&s, &other) != PA_OK
        || pa_json_scan_end(&s) != PA_OK
        || pa_json_string_decode(&unit_pool, &other, &text) != PA_OK)
    {
        return S("malformed");
    }

    return text;
}


static pa_str_t
verdict(int rc, const pa_json_position_t *position)
{
    if (rc == PA_OK) {
        return S("well-formed");
    }

    return unit_sprintf("line %zu, column %zu", position->line,
                        position->column);
}


/* n times open, the value, n times close */

static pa_str_t
nested(size_t n, const char *open, const char *value, const char *close)
{
    size_t    i;
    pa_buf_t  b;
    pa_str_t  text;

    pa_buf_init(&b, &unit_pool, n * (strlen(open) + strlen(close)) + 16);

    for (i = 0; i < n; i++) {
        pa_buf_bytes(&b, open, strlen(open));
    }

    pa_buf_bytes(&b, value, strlen(value));

    for (i = 0; i < n; i++) {
        pa_buf_bytes(&b, close, strlen(close));
    }

    (void) pa_buf_text(&b, &text);

    return unit_str(&text);
}


static pa_str_t
repeated(const char *head, size_t n, const char *middle, const char *tail)
{
    size_t    i;
    pa_buf_t  b;
    pa_str_t  text;

    pa_buf_init(&b, &unit_pool, n * strlen(middle) + 16);
    pa_buf_bytes(&b, head, strlen(head));

    for (i = 0; i < n; i++) {
        pa_buf_bytes(&b, middle, strlen(middle));
    }

    pa_buf_bytes(&b, tail, strlen(tail));

    (void) pa_buf_text(&b, &text);

    return unit_str(&text);
}
