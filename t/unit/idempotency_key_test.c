
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdlib.h>

#include "idempotency_key.h"
#include "unit.h"


static void test_rows(void);
static void test_bytes(void);
static void test_lengths(void);
static void test_quoted_is_bare(void);
static pa_str_t read_key(pa_str_t value);


int
main(void)
{
    test_rows();
    test_bytes();
    test_lengths();
    test_quoted_is_bare();

    return unit_end();
}


static void
test_rows(void)
{
    size_t    i;
    pa_str_t  key;

    static const struct {
        pa_str_t  value;
        pa_str_t  key;            /* empty: there is none */
    } rows[] = {

        { T("\"8e03978e-40d5-43dd-bc93-6894a57f9324\""),
          T("8e03978e-40d5-43dd-bc93-6894a57f9324") },
        { T("8e03978e-40d5-43dd-bc93-6894a57f9324"),
          T("8e03978e-40d5-43dd-bc93-6894a57f9324") },
        { T("\"a\""), T("a") },
        { T("a"), T("a") },
        { T("'a'"), T("'a'") },
        { T("?1"), T("?1") },
        { T(":YQ==:"), T(":YQ==:") },

        /* escapes are of a string alone, and there are two of them */

        { T("\"\\\"\""), T("\"") },
        { T("\"\\\\\""), T("\\") },
        { T("\"a\\\"b\\\\c\""), T("a\"b\\c") },
        { T("\"\\\\\\\\\""), T("\\\\") },
        { T("\"\\a\""), T("") },
        { T("\"\\n\""), T("") },
        { T("\"a\\\""), T("") },
        { T("\"\\\""), T("") },
        { T("\"\\\\\\\""), T("") },
        { T("a\\b"), T("") },
        { T("a\\\\b"), T("") },
        { T("\\"), T("") },

        /* nothing */

        { T(""), T("") },
        { T("\"\""), T("") },
        { T("\""), T("") },

        /* quotes where none may be */

        { T("\"a"), T("") },
        { T("\"ab"), T("") },
        { T("\"abc"), T("") },
        { T("ab\""), T("") },
        { T("a\""), T("") },
        { T("a\"b"), T("") },
        { T("\"a\"b\""), T("") },
        { T("\"a\"\"b\""), T("") },
        { T("\"a\"b"), T("") },
        { T("\"\"\""), T("") },

        /* no parameters, no lists, no white space */

        { T("\"a\";b"), T("") },
        { T("\"a\";b=1"), T("") },
        { T("\"a\"; b=1"), T("") },
        { T("\"a\";b=\"c\""), T("") },
        { T("a;b"), T("") },
        { T("a;b=1"), T("") },
        { T("a; b=1"), T("") },
        { T("a;"), T("") },
        { T("\"a\", \"b\""), T("") },
        { T("\"a\",\"b\""), T("") },
        { T("a, b"), T("") },
        { T("a,b"), T("") },
        { T("a,"), T("") },
        { T("\"a;b,c\""), T("a;b,c") },
        { T("a b"), T("") },
        { T("\"a b\""), T("") },
        { T(" a"), T("") },
        { T("a "), T("") },
        { T(" \"a\""), T("") },
        { T("\"a\" "), T("") },
        { T("\" a\""), T("") },
        { T("a\tb"), T("") },

        { T("a\0b"), T("") },
        { T("\"a\0\""), T("") },
        { T("\xc3\xa4"), T("") },
        { T("\"\xc3\xa4\""), T("") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        key = read_key(rows[i].value);
        unit_text(&key, &rows[i].key, "%s", unit_show(&rows[i].value));
    }
}


static void
test_bytes(void)
{
    unsigned  c;
    uint8_t   bare[1], quoted[3], escaped[4];
    pa_str_t  key;
    int       ok;

    for (c = 0; c < 256; c++) {
        bare[0] = (uint8_t) c;
        key = read_key((pa_str_t) { bare, 1 });

        ok = (c > 0x20 && c < 0x7f && strchr("\"\\;,", (int) c) == NULL);
        unit_ok(ok ? key.len == 1 && key.data[0] == c : key.len == 0,
                "the byte %02x", c);

        quoted[0] = quoted[2] = '"';
        quoted[1] = (uint8_t) c;
        key = read_key((pa_str_t) { quoted, 3 });

        ok = (c > 0x20 && c < 0x7f && c != '"' && c != '\\');
        unit_ok(ok ? key.len == 1 && key.data[0] == c : key.len == 0,
                "the byte %02x in quotes", c);

        escaped[0] = escaped[3] = '"';
        escaped[1] = '\\';
        escaped[2] = (uint8_t) c;
        key = read_key((pa_str_t) { escaped, 4 });

        ok = (c == '"' || c == '\\');
        unit_ok(ok ? key.len == 1 && key.data[0] == c : key.len == 0,
                "the byte %02x escaped", c);
    }
}


static void
test_lengths(void)
{
    size_t    i, len;
    uint8_t   text[2 * PA_IDEMPOTENCY_KEY_MAX + 4];
    pa_str_t  key;

    for (len = 1; len <= PA_IDEMPOTENCY_KEY_MAX + 1; len++) {
        memset(text, 'k', sizeof(text));
        key = read_key((pa_str_t) { text, len });
        unit_ok(key.len == (len <= PA_IDEMPOTENCY_KEY_MAX ? len : 0),
                "%zu characters", len);

        text[0] = text[len + 1] = '"';
        key = read_key((pa_str_t) { text, len + 2 });
        unit_ok(key.len == (len <= PA_IDEMPOTENCY_KEY_MAX ? len : 0),
                "%zu characters in quotes", len);

        for (i = 0; i < len; i++) {
            text[1 + 2 * i] = '\\';
            text[2 + 2 * i] = '"';
        }

        text[2 * len + 1] = '"';
        key = read_key((pa_str_t) { text, 2 * len + 2 });
        unit_ok(key.len == (len <= PA_IDEMPOTENCY_KEY_MAX ? len : 0),
                "%zu characters escaped", len);
    }
}


/* every key that can be written bare is the same in quotes */

static void
test_quoted_is_bare(void)
{
    size_t    i, len, round;
    uint8_t   quoted[34];
    pa_str_t  bare, key;
    int       ok;

    ok = 1;
    srand(1);

    for (round = 0; round < 20000; round++) {
        len = 1 + (size_t) rand() % 32;

        for (i = 0; i < len; i++) {
            quoted[1 + i] = (uint8_t) (0x20 + rand() % 0x60);
        }

        quoted[0] = quoted[len + 1] = '"';

        bare.data = quoted + 1;
        bare.len = len;

        if (quoted[1] == '"' || read_key(bare).len == 0) {
            continue;
        }

        key = read_key((pa_str_t) { quoted, len + 2 });
        ok &= pa_str_equal(&key, &bare);
    }

    unit_ok(ok, "quotes make no difference");
}


/* of a text that ends where its memory does, to memory of the right size */

static pa_str_t
read_key(pa_str_t value)
{
    pa_str_t  key, copy;

    static uint8_t  *dst;

    unit_reset();

    copy = unit_str(&value);
    dst = unit_pool.alloc(unit_pool.data, PA_IDEMPOTENCY_KEY_MAX);

    key.data = dst;
    key.len = pa_idempotency_key_read(&copy, dst);

    return key;
}
