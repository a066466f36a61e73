
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/string.h"
#include "unit.h"


static void test_characters(void);
static void test_every_place(void);
static void test_every_character(void);
static void test_ends(void);
static void test_copies(void);
static void test_equal(void);
static void test_every_escape(void);
static void test_code_points(void);
static size_t encode(uint32_t ch, char *dst);
static int read_at(const char *text, size_t len, size_t before, size_t behind,
    size_t *pos);
static int is_character(const uint8_t *p, size_t len);
static void string_of(const pa_str_t *raw, pa_json_string_t *string);


int
main(void)
{
    test_characters();
    test_every_place();
    test_every_character();
    test_ends();
    test_copies();
    test_equal();
    test_every_escape();
    test_code_points();

    return unit_end();
}


/*
 * Whatever is read eight or 64 bytes at a time is read alike at each place:
 * what is right, and what is wrong exactly where it is.
 */

static void
test_characters(void)
{
    int     rc, wrong;
    size_t  i, before, behind, pos;

    static const struct {
        const char  *text;
        int          valid;
        size_t       place;       /* of the error */
    } rows[] = {
        { "a", 1, 0 },
        { "\x7f", 1, 0 },
        { "\\n", 1, 0 },
        { "\\/", 1, 0 },
        { "\\\"", 1, 0 },
        { "\\\\", 1, 0 },
        { "\\u00e4", 1, 0 },
        { "\\uD800", 1, 0 },
        { "\\x", 0, 1 },
        { "\\'", 0, 1 },
        { "\\u00g0", 0, 4 },
        { "\\u00 0", 0, 4 },
        { "\n", 0, 0 },
        { "\x01", 0, 0 },
        { "\x1f", 0, 0 },
        { "\xc2\x80", 1, 0 },
        { "\xdf\xbf", 1, 0 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 1, 0 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\n", 0, 8 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc1\xbf", 0, 8 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f" "a\xff", 0, 9 },
        { "\xc3\xa4\xff", 0, 2 },
        { "\xe4\xbd\xa0\n", 0, 3 },
        { "\xe4\xbd\xa0" "a\xff", 0, 4 },
        { "\xf0\x90\x80\x80\n", 0, 4 },
        { "\xf0\x90\x80\x80" "a\xff", 0, 5 },
        { "\xc3\xa4" "abc\xff", 0, 5 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc1\xbf", 0, 6 },
        { "\xc3\xa4\xc0\x80\xc3\xbc\xc3\x9f", 0, 2 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3", 0, 6 },
        { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xc3", 0, 6 },
        { "\xc1\xbf", 0, 0 },
        { "\xc3", 0, 0 },
        { "\xc3\xc3", 0, 0 },
        { "\x80", 0, 0 },
        { "\xbf\xbf", 0, 0 },
        { "\xe0\xa0\x80", 1, 0 },
        { "\xe0\x9f\xbf", 0, 0 },
        { "\xe1\x80\x80", 1, 0 },
        { "\xec\xbf\xbf", 1, 0 },
        { "\xed\x9f\xbf", 1, 0 },
        { "\xed\xa0\x80", 0, 0 },
        { "\xed\xbf\xbf", 0, 0 },
        { "\xee\x80\x80", 1, 0 },
        { "\xef\xbf\xbf", 1, 0 },
        { "\xe4\xbd", 0, 0 },
        { "\xe4\xbd\xc0", 0, 0 },
        { "\xe4\xc0\x80", 0, 0 },
        { "\xe4\xbd\xa0\xe5\xa5\xbd\xed\xa0\x80", 0, 6 },
        { "\xf0\x90\x80\x80", 1, 0 },
        { "\xf0\x8f\xbf\xbf", 0, 0 },
        { "\xf3\xbf\xbf\xbf", 1, 0 },
        { "\xf4\x8f\xbf\xbf", 1, 0 },
        { "\xf4\x90\x80\x80", 0, 0 },
        { "\xf5\x80\x80\x80", 0, 0 },
        { "\xf8\x88\x80\x80\x80", 0, 0 },
        { "\xf0\x90\x80", 0, 0 },
        { "\xf0\x90\x80\xc0", 0, 0 },
        { "\xf0\x90\xc0\x80", 0, 0 },
        { "\xf0\xc0\x80\x80", 0, 0 },
        { "\xff", 0, 0 },
        { "\xfe", 0, 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        wrong = 0;

        for (before = 0; before < 100; before++) {
            for (behind = 0; behind < 20; behind++) {

                rc = read_at(rows[i].text, strlen(rows[i].text), before,
                             behind, &pos);

                if (rows[i].valid) {
                    wrong += rc != PA_OK
                             || pos != before + strlen(rows[i].text) + behind
                                       + 1;
                    continue;
                }

                wrong += rc != PA_ERROR || pos != before + rows[i].place;
            }
        }

        unit_int(wrong, 0, "at every place: %s",
                 unit_show(&(pa_str_t) { (const uint8_t *) rows[i].text,
                                         strlen(rows[i].text) }));
    }
}


/* each byte at each place of a string that is plain but for it */

static void
test_every_place(void)
{
    int       rc, wrong;
    char      c;
    size_t    len, i, pos;
    unsigned  byte;

    wrong = 0;

    for (byte = 0; byte < 256; byte++) {
        for (len = 0; len < 200; len += 7) {
            for (i = 0; i <= len; i++) {

                c = (char) byte;
                rc = read_at(&c, 1, i, len - i, &pos);

                if (byte == '"') {
                    wrong += rc != PA_OK || pos != i + 1;

                } else if (byte == '\\') {

                    /* the "a" behind it, or the quote */

                    wrong += i == len ? rc != PA_ERROR || pos != len + 2
                                      : rc != PA_ERROR || pos != i + 1;

                } else if (byte < 0x20 || byte >= 0x80) {
                    wrong += rc != PA_ERROR || pos != i;

                } else {
                    wrong += rc != PA_OK || pos != len + 2;
                }
            }
        }
    }

    unit_int(wrong, 0, "every byte at every place");
}


/* all sequences of up to three bytes beyond ASCII, and many of four */

static void
test_every_character(void)
{
    int       wrong;
    char      text[8];
    size_t    len, pos;
    uint32_t  n;

    for (len = 1; len <= 4; len++) {

        wrong = 0;

        for (n = 0; n < (uint32_t) 1 << (len == 4 ? 20 : 7 * len); n++) {

            text[0] = (char) (0x80 | (n & 0x7f));
            text[1] = (char) (0x80 | (n >> 7 & 0x7f));
            text[2] = (char) (0x80 | (n >> 14 & 0x7f));
            text[3] = (char) (0x80 | (n >> 15 & 0x3f) | (n & 1) << 6);

            wrong += (read_at(text, len, 3, 9, &pos) == PA_OK)
                     != is_character((uint8_t *) text, len);
            wrong += (read_at(text, len, 0, 0, &pos) == PA_OK)
                     != is_character((uint8_t *) text, len);
        }

        unit_int(wrong, 0, "sequences of %zu bytes", len);
    }
}


/* a string without an end, of each length */

static void
test_ends(void)
{
    int                wrong;
    size_t             len;
    uint8_t           *data;
    const uint8_t     *p;
    pa_json_string_t   string;

    wrong = 0;

    for (len = 0; len < 300; len++) {
        data = pa_alloc(&unit_pool, len);
        memset(data, 'a', len);
        p = data;

        wrong += pa_json_string_read(&p, data + len, len % 2, &string)
                 != PA_ERROR || p != data + len;

        unit_reset();
    }

    unit_int(wrong, 0, "strings without an end");
}


static void
test_copies(void)
{
    size_t             i, size;
    uint8_t           *dst;
    pa_str_t           got;
    pa_json_string_t   string;

    static const struct {
        pa_str_t  raw;
        pa_str_t  text;
    } rows[] = {
        { T(""), T("") },
        { T("a"), T("a") },
        { T("\xc3\xa4""b"), T("\xc3\xa4""b") },
        { T("\\u00e4b"), T("\xc3\xa4""b") },
        { T("\\u0000\\n\\/\\\\"), T("\0\n/\\") },
        { T("\\ud83d\\udd11\\ud83d"), T("\xf0\x9f\x94\x91\xef\xbf\xbd") },
        { T("\xe2\x82\xac\\u0020\xf0\x9f\x94\x91"),
          T("\xe2\x82\xac \xf0\x9f\x94\x91") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (size = 0; size < rows[i].text.len + 2; size++) {

            string_of(&rows[i].raw, &string);
            dst = pa_alloc(&unit_pool, size);

            got.data = dst;
            got.len = pa_json_string_copy(&string, dst, size);

            if (size < rows[i].text.len) {
                unit_int((int64_t) got.len, (int64_t) size + 1,
                         "%s does not fit into %zu bytes",
                         unit_show(&rows[i].raw), size);

            } else {
                unit_text(&got, &rows[i].text, "%s in %zu bytes",
                          unit_show(&rows[i].raw), size);
            }

            unit_reset();
        }
    }
}


static void
test_equal(void)
{
    int                equal;
    size_t             i, j;
    pa_str_t           text;
    pa_json_string_t   a, b;

    /* numbers tell which are the same */

    static const struct {
        pa_str_t  raw;
        int       same;
    } rows[] = {
        { T(""), 0 },
        { T("a"), 1 }, { T("\\u0061"), 1 },
        { T("ab"), 2 }, { T("\\u0061b"), 2 }, { T("a\\u0062"), 2 },
        { T("a\\u0000"), 3 }, { T("\\u0000"), 4 },
        { T("\\\\u0061"), 5 }, { T("\\u005cu0061"), 5 },
        { T("/"), 6 }, { T("\\/"), 6 },
        { T("\xf0\x9f\x94\x91"), 7 }, { T("\\ud83d\\udd11"), 7 },
        { T("\\uD83D\\uDD11"), 7 },
        { T("\xc3\xa4"), 8 }, { T("\\u00e4"), 8 }, { T("\xc3\xa5"), 9 },
        { T("\xef\xbf\xbd"), 10 }, { T("\\ud83d"), 10 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (j = 0; j < unit_nelts(rows); j++) {

            text = unit_str(&rows[i].raw);
            string_of(&text, &a);
            text = unit_str(&rows[j].raw);
            string_of(&text, &b);

            equal = rows[i].same == rows[j].same;

            (void) pa_json_string_decode(&unit_pool, &b, &text);

            unit_ok(pa_json_string_equal(&a, &b) == equal
                    && pa_json_string_is(&a, &text) == equal,
                    "%.*s and %s", (int) rows[i].raw.len,
                    (char *) rows[i].raw.data, unit_show(&rows[j].raw));
            unit_reset();
        }
    }
}


/* each byte behind a backslash, and as each digit of a code point */

static void
test_every_escape(void)
{
    int                c, wrong;
    char               text[8];
    size_t             i, pos;
    pa_str_t           got, raw;
    const char        *name;
    pa_json_string_t   string;

    static const char  names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

    wrong = 0;

    for (c = 1; c < 256; c++) {
        text[0] = '\\';
        text[1] = (char) c;

        name = strchr(names, c);
        wrong += (read_at(text, 2, 1, 1, &pos) == PA_OK) != (name != NULL);

        if (name != NULL) {
            raw.data = (uint8_t *) text;
            raw.len = 2;
            string_of(&raw, &string);

            (void) pa_json_string_decode(&unit_pool, &string, &got);

            wrong += got.len != 1 || got.data[0] != values[name - names];
            unit_reset();
        }

        for (i = 2; i < 6; i++) {
            memcpy(text, "\\u00aF", 6);
            text[i] = (char) c;

            wrong += (read_at(text, 6, 1, 1, &pos) == PA_OK) != !!isxdigit(c);
        }
    }

    unit_int(wrong, 0, "every escape");
}


/* each character is one and the same, however it is written */

static void
test_code_points(void)
{
    int                wrong;
    char               text[4][16];
    size_t             i;
    uint32_t           ch;
    pa_str_t           raw, copy;
    uint8_t            room[4];
    const uint8_t     *p;
    pa_json_string_t   strings[4];

    wrong = 0;

    for (ch = 1; ch < 0x110000; ch += ch < 0x10000 ? 1 : 31) {

        if (ch == 0xd800) {
            ch = 0xe000;
        }

        /* in UTF-8, with small and capital digits, and another one */

        text[0][encode(ch, text[0])] = '\0';
        text[3][encode(ch ^ 1, text[3])] = '\0';

        for (i = 1; i < 3; i++) {
            if (ch < 0x10000) {
                sprintf(text[i], i == 1 ? "\\u%04x" : "\\u%04X",
                        (unsigned) ch);

            } else {
                sprintf(text[i], i == 1 ? "\\u%04x\\u%04x" : "\\u%04X\\u%04X",
                        (unsigned) (0xd800 + ((ch - 0x10000) >> 10)),
                        (unsigned) (0xdc00 + ((ch - 0x10000) & 0x3ff)));
            }
        }

        for (i = 0; i < 4; i++) {
            raw.data = (uint8_t *) text[i];
            raw.len = strlen(text[i]);
            string_of(&raw, &strings[i]);
        }

        /* but for what must be escaped */

        if (ch >= ' ' && ch != '"' && ch != '\\') {
            p = strings[0].raw.data;
            wrong += pa_json_string_char(&p, p + strings[0].raw.len) != ch;

            for (i = 1; i < 3; i++) {
                wrong += !pa_json_string_equal(&strings[i], &strings[0])
                         || !pa_json_string_equal(&strings[0], &strings[i])
                         || !pa_json_string_is(&strings[i], &strings[0].raw)
                         || pa_json_string_is(&strings[i], &strings[3].raw);
            }
        }

        for (i = 1; i < 3; i++) {
            p = strings[i].raw.data;
            wrong += pa_json_string_char(&p, p + strings[i].raw.len) != ch
                     || p != strings[i].raw.data + strings[i].raw.len;

            copy.data = room;
            copy.len = pa_json_string_copy(&strings[i], room, 4);
            wrong += !pa_str_equal(&copy, &strings[0].raw);
        }
    }

    unit_int(wrong, 0, "every character");
}


/* UTF-8 by its definition */

static size_t
encode(uint32_t ch, char *dst)
{
    size_t  i, n;

    static const uint8_t  heads[] = { 0x00, 0xc0, 0xe0, 0xf0 };

    n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;

    for (i = n; i > 1; i--) {
        dst[i - 1] = (char) (0x80 | (ch & 0x3f));
        ch >>= 6;
    }

    dst[0] = (char) (heads[n - 1] | ch);

    return n;
}


/* the text among so many of "a", and a quote, in memory that ends there */

static int
read_at(const char *text, size_t len, size_t before, size_t behind,
    size_t *pos)
{
    int                rc;
    size_t             size;
    uint8_t           *data;
    const uint8_t     *p;
    pa_json_string_t   string;

    static uint8_t  room[1024];

    size = before + len + behind + 1;
    data = room + sizeof(room) - size;

    memset(data, 'a', size);
    memcpy(data + before, text, len);
    data[size - 1] = '"';

    p = data;
    rc = pa_json_string_read(&p, data + size, 0, &string);
    *pos = (size_t) (p - data);

    return rc;
}


/* RFC 3629 section 4, as its grammar has it */

static int
is_character(const uint8_t *p, size_t len)
{
    size_t  i, n;

    static const struct {
        uint8_t  first[2];
        uint8_t  second[2];
        size_t   len;
    } rows[] = {
        { { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 },
        { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 },
        { { 0xe1, 0xec }, { 0x80, 0xbf }, 3 },
        { { 0xed, 0xed }, { 0x80, 0x9f }, 3 },
        { { 0xee, 0xef }, { 0x80, 0xbf }, 3 },
        { { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 },
        { { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 },
        { { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        if (rows[i].len != len
            || p[0] < rows[i].first[0] || p[0] > rows[i].first[1]
            || p[1] < rows[i].second[0] || p[1] > rows[i].second[1])
        {
            continue;
        }

        for (n = 2; n < len && p[n] >= 0x80 && p[n] <= 0xbf; n++) {
            /* void */
        }

        return n == len;
    }

    return 0;
}


static void
string_of(const pa_str_t *raw, pa_json_string_t *string)
{
    string->raw = *raw;
    string->escaped = raw->len && memchr(raw->data, '\\', raw->len) != NULL;
    string->odd = 0;
}
