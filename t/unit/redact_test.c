
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "redact.h"
#include "spelling.h"
#include "unit.h"


/* a token as the vendor makes them, and one of the characters that escape */

#define HEX  "3e09daea611a26691ead999715b215c7d81dbfb0"
#define ODD  "a+b/c=\"\\<>&%';#~"


/* the ways to write a character */

typedef enum {
    AS_IT_IS,
    JSON_BACKSLASH,
    JSON_UNICODE,
    JSON_NESTED,
    WEAK,                             /* of a short secret, those above alone */

    PERCENT = WEAK,
    PERCENT_LOWER,
    PERCENT_TWICE,
    ENTITY_DECIMAL,
    ENTITY_ZEROS,
    ENTITY_HEX,
    ENTITY_BARE,
    ENTITY_TWICE,
    ENTITY_NAMED,
    HEX_LOWER,
    HEX_UPPER,
    N_WAYS
} way_e;


static void test_rows(void);
static void test_ways(void);
static void test_mixes(void);
static void test_base64(void);
static void test_short(void);
static void test_neighbours(void);
static void test_two(void);
static void test_two_of(const pa_str_t *one, const pa_str_t *other);
static void test_wiped(void);
static void test_places(void);
static void test_spellings(void);
static void test_entities(void);
static void test_base64_characters(void);
static void test_lengths(void);
static void test_min(void);
static void test_edges(void);
static void test_not_ours(void);
static pa_str_t spellings_of(const pa_str_t *text);
static void test_memory_again(void);
static int redact_all(void *data);
static int create(void *data);

static pa_str_t redacted(const pa_str_t *secret, const pa_str_t *text);
static void spell(pa_buf_t *b, uint8_t c, way_e way, uint8_t next);
static const char *named(uint8_t c);
static pa_str_t base64(const pa_str_t *bytes, int url);
static pa_str_t around(const char *head, const pa_str_t *text,
    const char *tail);
static uint32_t random_number(void);


int
main(void)
{
    test_rows();
    test_ways();
    test_mixes();
    test_base64();
    test_short();
    test_neighbours();
    test_two();
    test_wiped();
    test_places();
    test_spellings();
    test_entities();
    test_base64_characters();
    test_lengths();
    test_min();
    test_edges();
    test_not_ours();
    test_memory_again();

    unit_no_memory(redact_all, NULL, "pa_redact()");
    unit_no_memory(create, NULL, "pa_redact_create()");

    return unit_end();
}


static void
test_rows(void)
{
    size_t    i;
    pa_str_t  got;

    static const struct {
        pa_str_t  secret;
        pa_str_t  text;
        pa_str_t  want;
    } rows[] = {

        /* what is written on the tin */

        { T("a+b-c/d=e"), T("x a%2Bb-c%2fd%3De x"), T("x [redacted] x") },
        { T("a+b-c/d=e"), T("a&#x2B;b&#X2D;c&#X2f;d&#X3D;e"),
          T("[redacted]") },
        { T("a&b&c&d&e"), T("a&amp;b&amp;c&amp;d&amp;e"), T("[redacted]") },
        { T("a&b&c&d&e"), T("a&AMPb&ampc%26amp;d&amp;amp;e"),
          T("a&AMPb&ampc%26amp;d&amp;amp;e") },
        { T("a&b&c&d&e"), T("a&AMPb&ampc%26d&amp;amp;e"), T("[redacted]") },
        { T(HEX), T("<333065303964616561363131613236363931656164393939373135"
                    "6232313563376438316462666230>"),
          T("<333065303964616561363131613236363931656164393939373135"
            "6232313563376438316462666230>") },
        { T(HEX), T("<336530396461656136313161323636393165616439393937313562"
                    "32313563376438316462666230>"), T("<[redacted]>") },
        { T(HEX), T("<M2UwOWRhZWE2MTFhMjY2OTFlYWQ5OTk3MTViMjE1YzdkODFkYmZiMA"
                    "==>"), T("<[redacted]==>") },

        /* nothing like it */

        { T(HEX), T(""), T("") },
        { T(HEX), T("3e09daea611a26691ead999715b215c7d81dbfb"),
          T("3e09daea611a26691ead999715b215c7d81dbfb") },
        { T(HEX), T("3e09daea611a26691ead999715b215c7d81dbfb1"),
          T("3e09daea611a26691ead999715b215c7d81dbfb1") },
        { T(HEX), T("3E09DAEA611A26691EAD999715B215C7D81DBFB0"),
          T("3E09DAEA611A26691EAD999715B215C7D81DBFB0") },
        { T("abcdefgh"), T("&&&&&&&&%%%%%%%%\\\\\\\\\\\\\\\\&#;&#x;%u00"),
          T("&&&&&&&&%%%%%%%%\\\\\\\\\\\\\\\\&#;&#x;%u00") },

        /* as short as can be */

        { T("x"), T("x"), T("[redacted]") },
        { T("x"), T("axx"), T("a[redacted][redacted]") },
        { T("x"), T("\\"), T("\\") },
        { T("xy"), T("x"), T("x") },
        { T("xy"), T("axy"), T("a[redacted]") },

        /* at the ends, one behind the other, overlapping itself */

        { T(HEX), T(HEX), T("[redacted]") },
        { T(HEX), T(HEX HEX), T("[redacted][redacted]") },
        { T("aaaaaaaa"), T("aaaaaaaaaaaa"), T("[redacted]aaaa") },
        { T("abababab"), T("babababababb"), T("b[redacted]abb") },

        /* what looks like an escape before it */

        { T(HEX), T("100%" HEX), T("100%[redacted]") },
        { T(HEX), T("&#" HEX), T("&#[redacted]") },
        { T(HEX), T("\\u00" HEX), T("\\u00[redacted]") },
        { T("41abcdef"), T("%41abcdef"), T("%[redacted]") },
        { T("%41abcdef"), T("%41abcdef"), T("[redacted]") },
        { T("%41abcdef"), T("%2541abcdef"), T("[redacted]") },
        { T("%41abcdef"), T("%252541abcdef"), T("[redacted]") },
        { T("abcdefg%"), T("abcdefg%2525x"), T("[redacted]x") },
        { T("abcdefg&"), T("abcdefg&amp;amp;x"), T("[redacted]x") },
        { T("abcdefg`"), T("<abcdefg&amp;amp;amp;DiacriticalGrave;>"),
          T("<[redacted]>") },
        { T("`bcdefgh"), T("<&amp;amp;amp;DiacriticalGrave;bcdefgh>"),
          T("<[redacted]>") },
        { T("&amp;bcdef"), T("&amp;bcdef"), T("[redacted]") },
        { T("&amp;bcdef"), T("&amp;amp;bcdef"), T("[redacted]") },
        { T("\\u0041bc"), T("\\\\u0041bc"), T("[redacted]") },
        { T("313233343536"), T("313233343536"), T("[redacted]") },

        /* a null byte, other bytes */

        { T(HEX), T("\0" HEX "\0\xff"), T("\0[redacted]\0\xff") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = redacted(&rows[i].secret, &rows[i].text);

        unit_text(&got, &rows[i].want, "%s", unit_show(&rows[i].text));
        unit_reset();
    }
}


/* all of it in one way */

static void
test_ways(void)
{
    size_t    i, j;
    way_e     way;
    pa_buf_t  b;
    pa_str_t  text, got;

    static const pa_str_t  secrets[] = {
        T(HEX), T(ODD), T("12345678"), T("zzzzzzzz"),
        T("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    };

    for (i = 0; i < unit_nelts(secrets); i++) {
        for (way = AS_IT_IS; way < N_WAYS; way++) {

            pa_buf_init(&b, &unit_pool, 1);
            pa_buf_literal(&b, "( ");

            for (j = 0; j < secrets[i].len; j++) {
                spell(&b, secrets[i].data[j], way,
                      j + 1 < secrets[i].len ? secrets[i].data[j + 1] : ' ');
            }

            pa_buf_literal(&b, " )");
            (void) pa_buf_text(&b, &text);

            got = redacted(&secrets[i], &text);

            unit_text(&got, &S("( [redacted] )"), "way %d of %s: %s", way,
                      (char *) secrets[i].data, unit_show(&text));
            unit_reset();
        }
    }
}


/* each character in any way, also of what is base64 */

static void
test_mixes(void)
{
    int       wrong;
    way_e     way;
    size_t    i, j, len;
    pa_buf_t  b;
    pa_str_t  secret, plain, text, got, first;
    uint8_t   bytes[80];

    enum { N = 20000 };

    wrong = 0;
    first = S("");

    for (i = 0; i < N; i++) {

        len = 8 + random_number() % 40;

        for (j = 0; j < len; j++) {
            bytes[j] = i % 2 ? (uint8_t) (0x21 + random_number() % 94)
                             : (uint8_t) "0123456789abcdef"[random_number()
                                                            % 16];
        }

        secret.data = bytes;
        secret.len = len;
        plain = secret;

        if (i % 3 == 0) {
            plain = around((const char *[]) { "", "x", "\xff\xfe" }
                           [random_number() % 3], &secret,
                           (const char *[]) { "", "y", "\x80\x81" }
                           [random_number() % 3]);
            plain = base64(&plain, i % 2);
        }

        pa_buf_init(&b, &unit_pool, 1);
        pa_buf_literal(&b, "( ");

        for (j = 0; j < plain.len; j++) {
            way = (way_e) (random_number() % N_WAYS);

            /* it would not end where the next one begins with a digit */

            if (way == ENTITY_BARE) {
                way = ENTITY_HEX;
            }

            spell(&b, plain.data[j], way, ' ');
        }

        pa_buf_literal(&b, " )");
        (void) pa_buf_text(&b, &text);

        got = redacted(&secret, &text);

        /*
         * Of the last character there may be a rest, if what is before it means
         * it as well ("33" is "3"); of base64, what is its neighbours'.
         */

        if (memmem(got.data, got.len, "[redacted]", 10) == NULL
            || (i % 3 != 0 && got.len > 14 + 10)
            || (i % 3 == 0 && got.len > 14 + 3 * 64))
        {
            if (wrong++ == 0) {
                first = unit_sprintf("%.*s of %.*s: %.*s",
                                     (int) text.len, (char *) text.data,
                                     (int) secret.len, (char *) secret.data,
                                     (int) got.len, (char *) got.data);
                printf("# %.*s\n", (int) first.len, (char *) first.data);
            }
        }

        unit_reset();
    }

    unit_int(wrong, 0, "%d mixes", N);
}


/* every length, all alignments, with all neighbours: not a bit is left */

static void
test_base64(void)
{
    int       wrong;
    size_t    len, skip, rest, url;
    pa_str_t  secret, text, encoded, got;
    uint8_t   bytes[64];

    static const char  *before[] = { "", "?", "ab", "\xff\xff\xff\xff" };
    static const char  *after[] = { "", "~", "\xff\xff" };

    for (len = 0; len < sizeof(bytes); len++) {
        bytes[len] = (uint8_t) (0x21 + len * 37 % 94);
    }

    wrong = 0;

    for (len = 8; len <= sizeof(bytes); len++) {
        for (skip = 0; skip < unit_nelts(before); skip++) {
            for (rest = 0; rest < unit_nelts(after); rest++) {
                for (url = 0; url < 2; url++) {

                    secret.data = bytes;
                    secret.len = len;

                    text = around(before[skip], &secret, after[rest]);
                    encoded = base64(&text, (int) url);
                    text = around("( ", &encoded, " )");
                    got = redacted(&secret, &text);

                    /*
                     * All characters of three that a byte of the secret is
                     * among: at most those of whole other groups remain, and
                     * what is before the first or behind the last bit.
                     */

                    if (memmem(got.data, got.len, "[redacted]", 10) == NULL
                        || got.len > 14 + (strlen(before[skip]) * 8) / 6
                                     + (strlen(after[rest]) * 8 + 5) / 6 + 2)
                    {
                        wrong++;
                        printf("# %zu %zu %zu %zu: %s\n", len, skip, rest, url,
                               unit_show(&got));
                    }

                    unit_reset();
                }
            }
        }
    }

    unit_int(wrong, 0, "base64 of every length at every place");

    /* exactly */

    secret = S("secretab");
    got = redacted(&secret, &S("c2VjcmV0YWI= eHNlY3JldGFieQ=="
                               " eHlzZWNyZXRhYnl5"));

    unit_text(&got, &S("[redacted]= e[redacted]eQ== eH[redacted]l5"),
              "base64, what is left");
    unit_reset();
}


/* a short secret is not sought in what may well be something else */

static void
test_short(void)
{
    way_e     way;
    size_t    j;
    pa_buf_t  b;
    pa_str_t  text, got;

    static const pa_str_t  secret = T("ab+c\"d7");

    for (way = AS_IT_IS; way < N_WAYS; way++) {

        pa_buf_init(&b, &unit_pool, 1);

        for (j = 0; j < secret.len; j++) {
            spell(&b, secret.data[j], way,
                  j + 1 < secret.len ? secret.data[j + 1] : ' ');
        }

        (void) pa_buf_text(&b, &text);
        got = redacted(&secret, &text);

        unit_text(&got, way < WEAK ? &S("[redacted]") : &text,
                  "a short secret, way %d", way);
        unit_reset();
    }

    text = base64(&secret, 0);
    got = redacted(&secret, &text);

    unit_text(&got, &text, "a short secret in base64");
    unit_reset();

    text = S("a%2b+c\"d7");
    got = redacted(&secret, &text);

    unit_text(&got, &text, "a short secret, one character of it encoded");
    unit_reset();
}


/* what is beside the secret stays */

static void
test_neighbours(void)
{
    int       c, wrong;
    pa_str_t  secret, text, got, want;
    char      neighbour[2];

    wrong = 0;
    secret = S("wxyzwxyz");

    for (c = 1; c < 256; c++) {
        neighbour[0] = (char) c;
        neighbour[1] = '\0';

        text = around(neighbour, &secret, neighbour);
        got = redacted(&secret, &text);

        /* but for the backslash that may belong to it */

        want = around(c == '\\' ? "" : neighbour, &S("[redacted]"), neighbour);

        if (!pa_str_equal(&got, &want)) {
            wrong++;
            printf("# %02x: %s\n", c, unit_show(&got));
        }

        unit_reset();
    }

    unit_int(wrong, 0, "every neighbour stays");
}


/* both that are in scope, in one text */

static void
test_two(void)
{
    size_t              i;
    uint8_t             large[1000];
    pa_str_t            text, one, other;
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[3];

    redacts[0] = pa_redact_create(&unit_pool, &S("first-token"));
    redacts[1] = NULL;
    redacts[2] = pa_redact_create(&unit_pool, &S("second-token"));

    pa_redactor_init(&redactor, &unit_pool, redacts, 3);

    text = unit_str(&S("first-token second-token first%2Dtoken"));

    unit_int(pa_redact(&redactor, &text, 0), PA_OK, "two secrets");
    unit_text(&text, &S("[redacted] [redacted] [redacted]"), "two secrets");

    text = unit_str(&S("second-token"));

    unit_int(pa_redact(&redactor, &text, 0), PA_OK, "the second one");
    unit_text(&text, &S("[redacted]"), "the second one");

    unit_reset();

    test_two_of(&S("short-secret"), &S("a-secret-that-is-longer"));
    test_two_of(&S("a-secret-that-is-longer"), &S("short-secret"));

    /* for these, there is more to remember than there is room on the stack */

    for (i = 0; i < sizeof(large); i++) {
        large[i] = (uint8_t) ((i < 120 ? 'a' : 'A') + i % 23);
    }

    one = (pa_str_t) { large, 120 };
    other = (pa_str_t) { large + 120, sizeof(large) - 120 };

    test_two_of(&one, &other);
    test_two_of(&other, &one);

    unit_ok(pa_redact_create(&unit_pool, &S("")) == NULL, "an empty secret");
    unit_reset();
}


/* each of two alone, as it is and in base64, and one behind the other */

static void
test_two_of(const pa_str_t *one, const pa_str_t *other)
{
    size_t              i;
    pa_str_t            text, texts[4];
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[2];

    redacts[0] = pa_redact_create(&unit_pool, one);
    redacts[1] = pa_redact_create(&unit_pool, other);

    pa_redactor_init(&redactor, &unit_pool, redacts, 2);

    texts[0] = *one;
    texts[1] = *other;
    texts[2] = base64(one, 1);
    texts[3] = base64(other, 1);

    for (i = 0; i < unit_nelts(texts); i++) {
        text = unit_str(&texts[i]);

        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "one of two");
        unit_text(&text, &S("[redacted]"), "of %zu and %zu bytes, text %zu",
                  one->len, other->len, i);
    }

    unit_reset();
}


/* what was prepared, and copies of what the vendor sent */

static void
test_wiped(void)
{
    size_t         i, left;
    uint8_t       *copy;
    uint64_t       sum;
    pa_str_t       text;
    pa_redact_t   *redact;
    pa_redactor_t  redactor;

    const pa_redact_t  *redacts[1];

    redact = pa_redact_create(&unit_pool, &S(HEX));
    redacts[0] = redact;

    pa_redactor_init(&redactor, &unit_pool, redacts, 1);

    copy = unit_copy(&S("<" HEX "> " HEX));
    text.data = copy;
    text.len = sizeof("<" HEX "> " HEX) - 1;

    (void) pa_redact(&redactor, &text, 1);

    unit_text(&text, &S("<[redacted]> [redacted]"), "a copy");
    unit_int((int64_t) unit_holding(HEX), 0, "is wiped");
    unit_ok(copy[0] == '<' && copy[41] == '>', "but for the rest");

    pa_redact_wipe(redact);

    /* its size is among what is wiped: what a hexadecimal secret needs */

    left = 0;
    sum = 0;

    for (i = 0; i < 256; i++) {
        left += (((uint8_t *) redact)[i] != 0);
        sum += ((uint8_t *) redact)[i];
    }

    unit_ok(left == 0 && sum == 0, "what was prepared is wiped");
    unit_reset();
}


/* a text without a secret stays where it is */

static void
test_places(void)
{
    size_t         i;
    pa_str_t       text, before;
    pa_redactor_t  redactor;

    const pa_redact_t  *redacts[1];

    static const pa_str_t  texts[] = {
        T(""), T("a"), T("a text that is longer than the secret, and other"),
        T("3e09 3e09 3e09 3e09 3e09 3e09 3e09 3e09 3e09 3e09"),
        T("%33%65%30%39%33%65%30%39%33%65%30%39%33%65%30%39%33%65%30%39")
    };

    redacts[0] = pa_redact_create(&unit_pool, &S(HEX));

    pa_redactor_init(&redactor, &unit_pool, redacts, 1);

    for (i = 0; i < unit_nelts(texts); i++) {
        text = unit_str(&texts[i]);
        before = text;

        unit_ok(pa_redact(&redactor, &text, 1) == PA_OK
                && text.data == before.data
                && pa_str_equal(&text, &texts[i]),
                "stays: %s", unit_show(&texts[i]));
    }

    unit_int((int64_t) unit_allocations(), 1, "and needs no memory");
    unit_reset();
}


/*
 * All ways to read what begins a text: the character, in hexadecimal, how many
 * bytes it takes, and "!" where a short secret is not sought so.
 */

static void
test_spellings(void)
{
    size_t    i;
    pa_str_t  got;

    static const struct {
        pa_str_t  text;
        pa_str_t  want;
    } rows[] = {

        /* as in JSON, quoted up to three times */

        { T("\\"), T("5c:1") },
        { T("\\+"), T("5c:1 2b:2") },
        { T("\\\\"), T("5c:1 5c:2") },
        { T("\\\\+"), T("5c:1 5c:2 2b:3") },
        { T("\\\\\\\\\\\\\\"), T("5c:1 5c:2 5c:3 5c:4 5c:5 5c:6 5c:7") },
        { T("\\\\\\\\\\\\\\+"),
          T("5c:1 5c:2 5c:3 5c:4 5c:5 5c:6 5c:7 2b:8") },
        { T("\\\\\\\\\\\\\\\\+"), T("5c:1 5c:2 5c:3 5c:4 5c:5 5c:6 5c:7") },
        { T("\\\\\\\\\\\\+"), T("5c:1 5c:2 5c:3 5c:4 5c:5 5c:6 2b:7") },
        { T("\\u002b"), T("5c:1 75:2 2b:6") },
        { T("\\u002B"), T("5c:1 75:2 2b:6") },
        { T("\\\\u002b"), T("5c:1 5c:2 75:3 2b:7") },
        { T("\\\\\\\\\\\\\\u002b"),
          T("5c:1 5c:2 5c:3 5c:4 5c:5 5c:6 5c:7 75:8 2b:12") },
        { T("\\u002"), T("5c:1 75:2") },
        { T("\\u012b"), T("5c:1 75:2") },
        { T("\\u102b"), T("5c:1 75:2") },
        { T("\\u002g"), T("5c:1 75:2") },
        { T("\\u00g2"), T("5c:1 75:2") },
        { T("\\U002b"), T("5c:1 55:2") },
        { T("\\x2b"), T("5c:1 78:2 2b:4!") },
        { T("\\x2B"), T("5c:1 78:2 2b:4!") },
        { T("\\x2"), T("5c:1 78:2") },
        { T("\\xg2"), T("5c:1 78:2") },
        { T("\\X2b"), T("5c:1 58:2") },
        { T("\\u00ff"), T("5c:1 75:2 ff:6") },

        /* percent-encoded */

        { T("%"), T("25:1") },
        { T("%2"), T("25:1") },
        { T("%2b"), T("25:1 2b:3!") },
        { T("%2B"), T("25:1 2b:3!") },
        { T("%2bc"), T("25:1 2b:3!") },
        { T("%2g"), T("25:1") },
        { T("%g2"), T("25:1") },
        { T("%252b"), T("25:1 25:3! 2b:5!") },
        { T("%25252b"), T("25:1 25:3! 25:5! 2b:7!") },
        { T("%2525252b"), T("25:1 25:3! 25:5! 25:7! 2b:9!") },
        { T("%252525252b"), T("25:1 25:3! 25:5! 25:7! 25:9!") },
        { T("%25"), T("25:1 25:3!") },
        { T("%u002b"), T("25:1 2b:6!") },
        { T("%u002"), T("25:1") },
        { T("%u012b"), T("25:1") },
        { T("%u102b"), T("25:1") },
        { T("%U002b"), T("25:1") },
        { T("%u0025u002b"), T("25:1 25:6! 2b:11!") },
        { T("%25u002b"), T("25:1 25:3! 2b:8!") },

        /* an entity, of at most eight digits and one byte */

        { T("&"), T("26:1") },
        { T("&#"), T("26:1") },
        { T("&#;"), T("26:1") },
        { T("&#43"), T("26:1 2b:4!") },
        { T("&#43;"), T("26:1 2b:5!") },
        { T("&#43x"), T("26:1 2b:4!") },
        { T("&#x2b"), T("26:1 2b:5!") },
        { T("&#x2B;"), T("26:1 2b:6!") },
        { T("&#X2b;"), T("26:1 2b:6!") },
        { T("&#x"), T("26:1") },
        { T("&#x;"), T("26:1") },
        { T("&#x2g"), T("26:1 02:4!") },
        { T("&#4a"), T("26:1 04:3!") },
        { T("&#00000043;"), T("26:1 2b:11!") },
        { T("&#000000043;"), T("26:1") },
        { T("&#x0000002b;"), T("26:1 2b:12!") },
        { T("&#x00000002b;"), T("26:1") },
        { T("&#255;"), T("26:1 ff:6!") },
        { T("&#256;"), T("26:1") },
        { T("&#299;"), T("26:1") },
        { T("&#xff;"), T("26:1 ff:6!") },
        { T("&#x100;"), T("26:1") },
        { T("&#x12b;"), T("26:1") },
        { T("&#4294967339;"), T("26:1") },
        { T("&#x80000000;"), T("26:1") },
        { T("&amp;#43;"), T("26:1 26:5! 2b:9!") },
        { T("&amp;amp;#43;"), T("26:1 26:5! 26:9! 2b:13!") },
        { T("&amp;amp;amp;#43;"), T("26:1 26:5! 26:9! 26:13! 2b:17!") },
        { T("&amp;amp;amp;amp;#43;"), T("26:1 26:5! 26:9! 26:13! 26:17!") },
        { T("&amp#43;"), T("26:1 26:4!") },
        { T("&AMP;#43;"), T("26:1 26:5!") },
        { T("&amp;plus;"), T("26:1 26:5! 2b:10!") },
        { T("&amp;lt"), T("26:1 26:5! 3c:7!") },
        { T("&amp"), T("26:1 26:4!") },
        { T("&amp;"), T("26:1 26:5!") },
        { T("&plus"), T("26:1") },
        { T("&plus;"), T("26:1 2b:6!") },
        { T("&PLUS;"), T("26:1") },
        { T("&l"), T("26:1") },
        { T("&lt"), T("26:1 3c:3!") },
        { T("&lt;;"), T("26:1 3c:4!") },
        { T("&lta"), T("26:1 3c:3!") },

        /* in hexadecimal */

        { T("2b"), T("32:1 2b:2!") },
        { T("2B"), T("32:1 2b:2!") },
        { T("2"), T("32:1") },
        { T("2g"), T("32:1") },
        { T("g2"), T("67:1") },
        { T("aF"), T("61:1 af:2!") },
        { T("Ff"), T("46:1 ff:2!") },
        { T("/0"), T("2f:1") },
        { T("0/"), T("30:1") },
        { T(":0"), T("3a:1") },
        { T("0:"), T("30:1") },
        { T("0@"), T("30:1") },
        { T("0`"), T("30:1") },
        { T("f0"), T("66:1 f0:2!") },
        { T("G0"), T("47:1") },
        { T("+"), T("2b:1") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = spellings_of(&rows[i].text);
        unit_text(&got, &rows[i].want, "%s", unit_show(&rows[i].text));
        unit_reset();
    }
}


static pa_str_t
spellings_of(const pa_str_t *text)
{
    size_t         i, n;
    uint8_t       *copy;
    pa_buf_t       b;
    pa_str_t       list;
    pa_spelling_t  spellings[PA_SPELLINGS];

    /* just as long as it is */

    copy = malloc(text->len);
    memcpy(copy, text->data, text->len);
    n = pa_spellings(copy, copy + text->len, spellings);
    free(copy);

    pa_buf_init(&b, &unit_pool, 1);

    for (i = 0; i < n; i++) {
        list = unit_sprintf("%s%02x:%d%s", i ? " " : "", spellings[i].c,
                            spellings[i].len, spellings[i].strong ? "!" : "");
        pa_buf_bytes(&b, list.data, list.len);
    }

    (void) pa_buf_text(&b, &list);

    return list;
}


/* every name that HTML has for a visible character, whole and cut off */

static void
test_entities(void)
{
    size_t    i, len;
    pa_str_t  text, got, want;

    static const struct {
        char         c;
        int          is_bare;
        const char  *name;
    } rows[] = {
        { '!', 0, "excl" },
        { '"', 1, "quot" },
        { '"', 1, "QUOT" },
        { '#', 0, "num" },
        { '$', 0, "dollar" },
        { '%', 0, "percnt" },
        { '&', 1, "amp" },
        { '&', 1, "AMP" },
        { '\'', 0, "apos" },
        { '(', 0, "lpar" },
        { ')', 0, "rpar" },
        { '*', 0, "ast" },
        { '*', 0, "midast" },
        { '+', 0, "plus" },
        { ',', 0, "comma" },
        { '.', 0, "period" },
        { '/', 0, "sol" },
        { ':', 0, "colon" },
        { ';', 0, "semi" },
        { '<', 1, "lt" },
        { '<', 1, "LT" },
        { '=', 0, "equals" },
        { '>', 1, "gt" },
        { '>', 1, "GT" },
        { '?', 0, "quest" },
        { '@', 0, "commat" },
        { '[', 0, "lsqb" },
        { '[', 0, "lbrack" },
        { '\\', 0, "bsol" },
        { ']', 0, "rsqb" },
        { ']', 0, "rbrack" },
        { '^', 0, "Hat" },
        { '_', 0, "lowbar" },
        { '_', 0, "UnderBar" },
        { '`', 0, "grave" },
        { '`', 0, "DiacriticalGrave" },
        { '{', 0, "lcub" },
        { '{', 0, "lbrace" },
        { '|', 0, "verbar" },
        { '|', 0, "vert" },
        { '|', 0, "VerticalLine" },
        { '}', 0, "rcub" },
        { '}', 0, "rbrace" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        len = strlen(rows[i].name);

        text = unit_sprintf("&%s;", rows[i].name);
        got = spellings_of(&text);
        want = unit_sprintf("26:1 %02x:%zu!", rows[i].c, len + 2);
        unit_text(&got, &want, "%s", rows[i].name);

        text = unit_sprintf("&%s", rows[i].name);
        got = spellings_of(&text);
        want = rows[i].is_bare
               ? unit_sprintf("26:1 %02x:%zu!", rows[i].c, len + 1)
               : S("26:1");
        unit_text(&got, &want, "%s without a semicolon", rows[i].name);

        text = unit_sprintf("&%.*s_;", (int) len - 1, rows[i].name);
        got = spellings_of(&text);
        unit_text(&got, &S("26:1"), "%s without its end", rows[i].name);

        unit_reset();
    }
}


static void
test_base64_characters(void)
{
    int  c, wrong;

    static const char  all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        "abcdefghijklmnopqrstuvwxyz0123456789+/-_";

    wrong = 0;

    for (c = 0; c < 256; c++) {
        wrong += !pa_is_base64((uint8_t) c)
                 != (memchr(all, c, sizeof(all) - 1) == NULL);
    }

    unit_int(wrong, 0, "the characters of base64");
}


/* every length: at the beginning, in the middle and at the end, and twice */

static void
test_lengths(void)
{
    int       wrong;
    size_t    len, i, j;
    pa_buf_t  b;
    pa_str_t  secret, text, texts[3], got, want;
    uint8_t   bytes[140];

    static const char  *around_it[][2] = {
        { "", "" }, { "", " ." }, { "( ", " )" }, { "? ", "" }
    };

    for (len = 0; len < sizeof(bytes); len++) {
        bytes[len] = (uint8_t) ('g' + len * 7 % 19);
    }

    wrong = 0;

    for (len = 1; len <= sizeof(bytes); len++) {

        secret = (pa_str_t) { bytes, len };
        texts[0] = secret;

        pa_buf_init(&b, &unit_pool, 1);

        for (i = 0; i < len; i++) {
            spell(&b, bytes[i], i % 2 ? PERCENT : HEX_LOWER, ' ');
        }

        (void) pa_buf_text(&b, &texts[1]);

        /* whole groups, so that the end is exact */

        texts[2] = base64(&secret, 1);

        for (i = 0; i < unit_nelts(texts); i++) {
            for (j = 0; j < unit_nelts(around_it); j++) {

                text = around(around_it[j][0], &texts[i], around_it[j][1]);
                got = redacted(&secret, &text);
                want = i == 0 || len >= 8
                       ? around(around_it[j][0], &S("[redacted]"),
                                around_it[j][1])
                       : text;

                if (!pa_str_equal(&got, &want)) {
                    wrong++;
                    printf("# %zu bytes, way %zu: %s\n", len, i,
                           unit_show(&got));
                }
            }
        }

        /* all but the first or the last byte of it is not the secret */

        if (len > 1) {
            text = (pa_str_t) { bytes + 1, len - 1 };
            got = redacted(&secret, &text);
            wrong += !pa_str_equal(&got, &text);

            text = (pa_str_t) { bytes, len - 1 };
            got = redacted(&secret, &text);
            wrong += !pa_str_equal(&got, &text);
        }

        unit_reset();
    }

    unit_int(wrong, 0, "secrets of all lengths");
}


/* the shortest of all counts, in any order; none at all is nothing to find */

static void
test_min(void)
{
    size_t              i, n;
    pa_str_t            text;
    pa_redactor_t       redactor;
    const pa_redact_t  *all[4], *redacts[4];

    all[0] = pa_redact_create(&unit_pool, &S("abc"));
    all[1] = pa_redact_create(&unit_pool, &S("twelve-bytes"));
    all[2] = NULL;
    all[3] = pa_redact_create(&unit_pool, &S("twenty-bytes-of-them"));

    for (i = 0; i < 4; i++) {
        for (n = 0; n < 4; n++) {
            redacts[n] = all[(i + n) % 4];
        }

        pa_redactor_init(&redactor, &unit_pool, redacts, 4);

        text = unit_str(&S("abc"));
        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "order %zu", i);
        unit_text(&text, &S("[redacted]"), "the shortest, order %zu", i);

        text = unit_str(&S("twenty-bytes-of-them"));
        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "order %zu", i);
        unit_text(&text, &S("[redacted]"), "the longest, order %zu", i);
    }

    for (n = 0; n < 2; n++) {
        pa_redactor_init(&redactor, &unit_pool, all + 2, n);

        text = unit_str(&S("abc twelve-bytes"));
        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "no secret");
        unit_text(&text, &S("abc twelve-bytes"), "no secret, %zu of them", n);
    }

    unit_reset();
}


/* what is before a text or behind it in memory is no part of it */

static void
test_edges(void)
{
    size_t               i;
    uint8_t             *p;
    pa_str_t             text;
    pa_redactor_t        redactor;
    const pa_redact_t   *redacts[1];

    static const struct {
        const char  *before;
        const char  *text;
        const char  *behind;
        pa_str_t     want;
    } rows[] = {
        { "", "secretab", "", T("[redacted]") },
        { "s", "ecretab", "", T("ecretab") },
        { "", "secreta", "b", T("secreta") },
        { "%", "73ecretab", "", T("[redacted]") },
        { "\\", "secretab", "", T("[redacted]") },
        { "", "secreta%6", "2", T("secreta%6") },
        { "", "secreta&#9", "8;", T("secreta&#9") },
        { "", "secreta&#98", ";", T("[redacted]") },
        { "", "secreta\\u006", "2", T("secreta\\u006") },
        { "", "secreta6", "2", T("secreta6") },
        { "", "secreta&amp;amp;amp;#00000098;", "", T("[redacted]") },

        /* the character before base64, which has bits of it */

        { "eH", "NlY3JldGFieQ", "==", T("[redacted]eQ") },
        { "e", "HNlY3JldGFieQ", "==", T("[redacted]eQ") },
        { "", "eHNlY3JldGFieQ", "==", T("e[redacted]eQ") },
        { "", " NlY3JldGFieQ", "", T(" [redacted]eQ") },
        { "", "+NlY3JldGFieQ", "", T("[redacted]eQ") },
        { "", "_NlY3JldGFieQ", "", T("[redacted]eQ") },
        { "", "=NlY3JldGFieQ", "", T("=[redacted]eQ") },
        { "", "xsecretab", "", T("x[redacted]") },
        { "", "xc2VjcmV0YWI", "", T("x[redacted]") },

        /* one behind the other, in different spellings */

        { "", "secretabc2VjcmV0YWI=%73ecretab", "",
          T("[redacted][redacted]=[redacted]") },
        { "", "secretabNlY3JldGFieQ", "", T("[redacted][redacted]eQ") },
        { "", "7365637265746162SECRETAB7365637265746162", "",
          T("[redacted]SECRETAB[redacted]") }
    };

    redacts[0] = pa_redact_create(&unit_pool, &S("secretab"));
    pa_redactor_init(&redactor, &unit_pool, redacts, 1);

    for (i = 0; i < unit_nelts(rows); i++) {
        p = (uint8_t *) unit_sprintf("%s%s%s", rows[i].before, rows[i].text,
                                     rows[i].behind).data;
        text.data = p + strlen(rows[i].before);
        text.len = strlen(rows[i].text);

        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "%s", rows[i].text);
        unit_text(&text, &rows[i].want, "%s", rows[i].text);
    }

    unit_reset();
}


/* what is not a copy is left as it is; what was made of it is a copy */

static void
test_not_ours(void)
{
    size_t              i, size;
    uint8_t             whole[64];
    pa_str_t            text;
    pa_redact_t        *redact;
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[2];

    static const char  both[] = "<first-token> <second-token>";

    redacts[0] = pa_redact_create(&unit_pool, &S("first-token"));
    redacts[1] = pa_redact_create(&unit_pool, &S("second-token"));
    pa_redactor_init(&redactor, &unit_pool, redacts, 2);

    memcpy(whole, both, sizeof(both));
    text = (pa_str_t) { whole, sizeof(both) - 1 };

    unit_int(pa_redact(&redactor, &text, 0), PA_OK, "not a copy");
    unit_text(&text, &S("<[redacted]> <[redacted]>"), "not a copy");
    unit_ok(memcmp(whole, both, sizeof(both)) == 0, "is left as it is");
    unit_int((int64_t) unit_holding("second-token"), 0,
             "the text between is wiped");

    text = (pa_str_t) { whole, sizeof(both) - 1 };

    unit_int(pa_redact(&redactor, &text, 1), PA_OK, "a copy");
    unit_ok(memcmp(whole, "<\0\0\0\0\0\0\0\0\0\0\0> <second-token>",
                   sizeof(both)) == 0,
            "of the first one nothing is left");
    unit_int((int64_t) unit_holding("second-token"), 0,
             "nor of the second where it went to");

    unit_reset();

    /* nor where the text became longer, by as many secrets as fit into it */

    redacts[0] = pa_redact_create(&unit_pool, &S("ab"));
    redacts[1] = pa_redact_create(&unit_pool, &S("second-token"));
    pa_redactor_init(&redactor, &unit_pool, redacts, 2);

    memcpy(whole, "second-token abababababababababababab", 38);
    text = (pa_str_t) { whole, 37 };

    unit_int(pa_redact(&redactor, &text, 0), PA_OK, "longer than it was");
    unit_int((int64_t) text.len, 10 + 1 + 12 * 10, "by twelve of them");
    unit_int((int64_t) unit_holding("second-token"), 0,
             "nothing is left on the way");

    /* all of what was prepared, to its last byte */

    redact = (pa_redact_t *) redacts[1];
    size = redact->size;

    unit_ok((uint8_t *) redact + size
            == (uint8_t *) (redact->masks + PA_NEEDLE_CHARS * redact->words),
            "the size is that of all sets");
    memset((uint8_t *) redact + sizeof(size), 0xff, size - sizeof(size));
    pa_redact_wipe(redact);

    for (i = 0; i < size && ((uint8_t *) redact)[i] == 0; i++) {
        /* void */
    }

    unit_int((int64_t) i, (int64_t) size, "wiped to the end");
    unit_reset();
}


static int
redact_all(void *data)
{
    int                 rc;
    uint8_t             secret[400];
    pa_str_t            text;
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[1];

    (void) data;

    memset(secret, 'x', sizeof(secret));
    text.data = secret;
    text.len = sizeof(secret);

    redacts[0] = pa_redact_create(&unit_pool, &text);

    if (redacts[0] == NULL) {
        return PA_ERROR;
    }

    pa_redactor_init(&redactor, &unit_pool, redacts, 1);

    rc = pa_redact(&redactor, &text, 0);

    if (rc == PA_OK && !unit_str_is(&text, "[redacted]")) {
        unit_ok(0, "a long secret");
    }

    /* what could not be searched is not there to be shown */

    return rc == PA_ERROR && text.len != 0 ? PA_OK : rc;
}


/* a search that had no memory is not the end of those that come after it */

static void
test_memory_again(void)
{
    size_t              i, n;
    uint8_t             secret[400];
    pa_str_t            text, whole;
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[1];

    memset(secret, 'x', sizeof(secret));
    whole = (pa_str_t) { secret, sizeof(secret) };

    for (i = 0; i < 2; i++) {
        redacts[0] = pa_redact_create(&unit_pool, &whole);
        pa_redactor_init(&redactor, &unit_pool, redacts, 1);

        n = unit_allocations();
        unit_fail_allocations(n + i + 1, n + i + 1);

        text = whole;
        unit_int(pa_redact(&redactor, &text, 0), PA_ERROR, "no memory");
        unit_int((int64_t) text.len, 0, "and no text");

        text = whole;
        unit_int(pa_redact(&redactor, &text, 0), PA_OK, "memory again");
        unit_text(&text, &S("[redacted]"), "and the text");
        unit_reset();
    }
}


static int
create(void *data)
{
    (void) data;

    return pa_redact_create(&unit_pool, &S(HEX)) ? PA_OK : PA_ERROR;
}


static pa_str_t
redacted(const pa_str_t *secret, const pa_str_t *text)
{
    pa_str_t            got;
    pa_redactor_t       redactor;
    const pa_redact_t  *redacts[1];

    redacts[0] = pa_redact_create(&unit_pool, secret);

    pa_redactor_init(&redactor, &unit_pool, redacts, 1);

    got = unit_str(text);

    if (pa_redact(&redactor, &got, 0) != PA_OK) {
        return S("no memory");
    }

    return got;
}


static void
spell(pa_buf_t *b, uint8_t c, way_e way, uint8_t next)
{
    char         text[40];
    const char  *name;

    name = named(c);

    switch (way) {

    case AS_IT_IS:
        sprintf(text, "%c", c);
        break;

    case JSON_BACKSLASH:

        /* of "u" and "x" and digits that follow there would be another */

        sprintf(text, c == 'u' || c == 'x' ? "%c" : "\\%c", c);
        break;

    case JSON_UNICODE:
        sprintf(text, "\\u00%02x", c);
        break;

    case JSON_NESTED:
        sprintf(text, "\\\\\\u00%02X", c);
        break;

    case PERCENT:
        sprintf(text, "%%%02X", c);
        break;

    case PERCENT_LOWER:
        sprintf(text, "%%%02x", c);
        break;

    case PERCENT_TWICE:
        sprintf(text, "%%25%02X", c);
        break;

    case ENTITY_DECIMAL:
        sprintf(text, "&#%d;", c);
        break;

    case ENTITY_ZEROS:
        sprintf(text, "&#%05d;", c);
        break;

    case ENTITY_HEX:
        sprintf(text, "&#x%X;", c);
        break;

    case ENTITY_BARE:

        /* it ends where no digit follows, or what would end it */

        sprintf(text, (next >= '0' && next <= '9') || next == ';'
                      ? "&#%d;" : "&#%d", c);
        break;

    case ENTITY_TWICE:
        sprintf(text, "&amp;#%d;", c);
        break;

    case ENTITY_NAMED:

        if (name == NULL) {
            sprintf(text, "&#%d;", c);
            break;
        }

        sprintf(text, "&%s;", name);
        break;

    case HEX_LOWER:
        sprintf(text, "%02x", c);
        break;

    default:
        sprintf(text, "%02X", c);
    }

    pa_buf_bytes(b, text, strlen(text));
}


static const char *
named(uint8_t c)
{
    size_t  i;

    static const struct {
        uint8_t      c;
        const char  *name;
    } names[] = {
        { '!', "excl" }, { '"', "quot" }, { '#', "num" }, { '$', "dollar" },
        { '%', "percnt" }, { '&', "amp" }, { '\'', "apos" }, { '(', "lpar" },
        { ')', "rpar" }, { '*', "ast" }, { '+', "plus" }, { ',', "comma" },
        { '.', "period" }, { '/', "sol" }, { ':', "colon" }, { ';', "semi" },
        { '<', "lt" }, { '=', "equals" }, { '>', "gt" }, { '?', "quest" },
        { '@', "commat" }, { '[', "lsqb" }, { '\\', "bsol" }, { ']', "rsqb" },
        { '^', "Hat" }, { '_', "lowbar" }, { '`', "grave" }, { '{', "lcub" },
        { '|', "vert" }, { '}', "rcub" }
    };

    for (i = 0; i < unit_nelts(names); i++) {
        if (names[i].c == c) {
            return names[i].name;
        }
    }

    return NULL;
}


static pa_str_t
base64(const pa_str_t *bytes, int url)
{
    size_t     i, j, n;
    uint8_t   *p, *text;
    unsigned   group;
    pa_str_t   encoded;

    static const char  *alphabets[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    };

    text = pa_alloc(&unit_pool, bytes->len * 2 + 4);
    p = text;

    for (i = 0; i < bytes->len; i += 3) {
        n = bytes->len - i < 3 ? bytes->len - i : 3;
        group = 0;

        for (j = 0; j < 3; j++) {
            group = group << 8 | (j < n ? bytes->data[i + j] : 0);
        }

        for (j = 0; j < 4; j++) {
            if (j <= n) {
                *p++ = (uint8_t) alphabets[url][group >> (18 - 6 * j) & 0x3f];

            } else if (!url) {
                *p++ = '=';
            }
        }
    }

    encoded.data = text;
    encoded.len = (size_t) (p - text);

    return encoded;
}


static pa_str_t
around(const char *head, const pa_str_t *text, const char *tail)
{
    pa_buf_t  b;
    pa_str_t  whole;

    pa_buf_init(&b, &unit_pool, text->len + 64);
    pa_buf_bytes(&b, head, strlen(head));
    pa_buf_bytes(&b, text->data, text->len);
    pa_buf_bytes(&b, tail, strlen(tail));
    (void) pa_buf_text(&b, &whole);

    return whole;
}


/* the same on every machine */

static uint32_t
random_number(void)
{
    static uint64_t  state = 88172645463325252;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (uint32_t) (state >> 16);
}
