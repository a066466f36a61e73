
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"
#include "unit.h"


static void test_int(void);
static void test_json_string(void);
static void test_json_chars_all(void);
static void test_growing(void);
static void test_prepend(void);
static void test_sticky_error(void);
static int write_much(void *data);


int
main(void)
{
    test_int();
    test_json_string();
    test_json_chars_all();
    test_growing();
    test_prepend();
    test_sticky_error();

    unit_no_memory(write_much, NULL, "pa_buf_*()");

    return unit_end();
}


static void
test_int(void)
{
    size_t    i;
    pa_buf_t  b;
    pa_str_t  text;

    static const struct {
        int64_t   n;
        pa_str_t  text;
    } rows[] = {
        { 0, T("0") },
        { 1, T("1") },
        { 9, T("9") },
        { 10, T("10") },
        { 1234567890, T("1234567890") },
        { 9007199254740991, T("9007199254740991") },
        { INT64_MAX, T("9223372036854775807") },
        { -1, T("-1") },
        { -10, T("-10") },
        { INT64_MIN, T("-9223372036854775808") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        pa_buf_init(&b, &unit_pool, 1);
        pa_buf_int(&b, rows[i].n);

        if (pa_buf_text(&b, &text) == PA_OK) {
            unit_text(&text, &rows[i].text, "integer %lld",
                      (long long) rows[i].n);
        }

        unit_reset();
    }
}


static void
test_json_string(void)
{
    size_t    i;
    pa_buf_t  b;
    pa_str_t  text, source;

    static const struct {
        pa_str_t  text;
        pa_str_t  json;
    } rows[] = {
        { T(""), T("\"\"") },
        { T("plain text"), T("\"plain text\"") },
        { T("\""), T("\"\\\"\"") },
        { T("\\"), T("\"\\\\\"") },
        { T("/"), T("\"/\"") },
        { T("a\"b\\c"), T("\"a\\\"b\\\\c\"") },
        { T("\"\\\""), T("\"\\\"\\\\\\\"\"") },
        { T("\0"), T("\"\\u0000\"") },
        { T("a\0b"), T("\"a\\u0000b\"") },
        { T("\n\r\t\b\f"), T("\"\\u000a\\u000d\\u0009\\u0008\\u000c\"") },
        { T("\x1f \x7f"), T("\"\\u001f \x7f\"") },
        { T("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91"),
          T("\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x91\"") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        source = unit_str(&rows[i].text);

        pa_buf_init(&b, &unit_pool, 0);
        pa_buf_json_string(&b, &source);

        if (pa_buf_text(&b, &text) == PA_OK) {
            unit_text(&text, &rows[i].json, "string %s",
                      unit_show(&rows[i].text));
        }

        unit_reset();
    }

    source.data = NULL;
    source.len = 0;

    pa_buf_init(&b, &unit_pool, 0);
    pa_buf_json_string(&b, &source);
    (void) pa_buf_text(&b, &text);

    unit_text(&text, &rows[0].json, "string that is not there");
    unit_reset();
}


static void
test_json_chars_all(void)
{
    int       wrong, plain;
    unsigned  c;
    uint8_t   byte;
    pa_buf_t  b;
    pa_str_t  text;

    wrong = -1;

    for (c = 0; c < 256; c++) {
        byte = (uint8_t) c;

        pa_buf_init(&b, &unit_pool, 0);
        pa_buf_json_chars(&b, &byte, 1);
        (void) pa_buf_text(&b, &text);

        plain = (text.len == 1 && text.data[0] == byte);

        if (plain != (c >= 0x20 && c != '"' && c != '\\')) {
            wrong = (int) c;
        }
    }

    unit_int(wrong, -1, "every byte is escaped or is not");
    unit_reset();
}


static void
test_growing(void)
{
    size_t    i, size, wrong;
    uint8_t   want[300];
    pa_buf_t  b;
    pa_str_t  text;

    for (i = 0; i < sizeof(want); i++) {
        want[i] = (uint8_t) ('a' + i % 26);
    }

    wrong = 0;

    for (size = 0; size < sizeof(want) + 2; size++) {
        pa_buf_init(&b, &unit_pool, size);

        for (i = 0; i < sizeof(want); i++) {
            pa_buf_bytes(&b, &want[i], 1);
            pa_buf_bytes(&b, NULL, 0);
        }

        if (pa_buf_text(&b, &text) != PA_OK
            || text.len != sizeof(want)
            || memcmp(text.data, want, sizeof(want)) != 0)
        {
            wrong++;
        }

        unit_reset();
    }

    unit_int((int64_t) wrong, 0, "any size to begin with does");

    pa_buf_init(&b, &unit_pool, sizeof(want));
    pa_buf_bytes(&b, want, sizeof(want));

    unit_int((int64_t) unit_allocations(), 1,
             "a good estimate saves the growing");

    unit_reset();
}


static void
test_prepend(void)
{
    size_t           size;
    pa_buf_t         b;
    pa_str_t         text;

    static const pa_str_t  head = pa_string("a longer head, ");
    static const pa_str_t  empty = T("a longer head, ");
    static const pa_str_t  whole = T("a longer head, then the rest.");

    for (size = 0; size <= whole.len + 1; size++) {
        pa_buf_init(&b, &unit_pool, size);
        pa_buf_literal(&b, "then the rest");
        pa_buf_prepend(&b, &head);
        pa_buf_literal(&b, ".");

        if (pa_buf_text(&b, &text) == PA_OK) {
            unit_text(&text, &whole, "a head, %u bytes to begin with",
                      (unsigned) size);
        }

        unit_reset();
    }

    pa_buf_init(&b, &unit_pool, 0);
    pa_buf_prepend(&b, &head);

    if (pa_buf_text(&b, &text) == PA_OK) {
        unit_text(&text, &empty, "a head of nothing");
    }

    unit_reset();
}


static void
test_sticky_error(void)
{
    pa_buf_t  b;
    pa_str_t  text;

    static const pa_str_t  head = pa_string("head");

    unit_fail_allocations(2, 2);

    pa_buf_init(&b, &unit_pool, 2);
    pa_buf_literal(&b, "ab");
    pa_buf_literal(&b, "c");
    unit_fail_allocations(0, 0);
    pa_buf_literal(&b, "d");
    pa_buf_int(&b, 1);
    pa_buf_json_chars(&b, (const uint8_t *) "\"", 1);
    pa_buf_prepend(&b, &head);

    unit_int(pa_buf_text(&b, &text), PA_ERROR, "an error sticks");
    unit_int((int64_t) unit_allocations(), 2,
             "nothing is tried after an error");

    unit_reset();
}


static int
write_much(void *data)
{
    unsigned        i;
    pa_buf_t        b;
    pa_str_t        text;

    static const pa_str_t  escaped = pa_string("\"\n\"");

    (void) data;

    pa_buf_init(&b, &unit_pool, 1);

    for (i = 0; i < 20; i++) {
        pa_buf_literal(&b, "text");
        pa_buf_int(&b, INT64_MIN);
        pa_buf_json_string(&b, &escaped);
        pa_buf_prepend(&b, &escaped);
    }

    return pa_buf_text(&b, &text);
}
