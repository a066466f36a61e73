
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What a request has of names is tested with the requests; here is where they
 * stand in the table, which a client must not know.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "unit.h"


#define NAMES  1000


static void test_places(void);
static void test_seed(void);
static void test_spellings(void);
static void test_objects(void);
static size_t spelling(char *dst, size_t n, int other);
static int add_all(pa_names_t *names, const uint8_t *text, size_t n,
    int result);
static size_t place(pa_names_t *names, const uint8_t *name);


int
main(void)
{
    test_places();
    test_seed();
    test_spellings();
    test_objects();

    return unit_end();
}


/*
 * The slots of the smallest table, by SipHash-1-3 of another program, which
 * agrees with that of CPython 3.11: a 64-bit word for two characters, the first
 * one low, then their number; the keys are the seed and its complement.
 */

static void
test_places(void)
{
    size_t            i, j;
    pa_str_t          text;
    pa_names_t        names;
    pa_json_string_t  name;

    static const uint64_t  seeds[] = { 0, 0x0123456789abcdef };

    static const struct {
        const char  *text;
        size_t       slots[2];
    } rows[] = {
        { "", { 14, 1 } },
        { "a", { 4, 11 } },
        { "b", { 4, 2 } },
        { "ab", { 2, 5 } },
        { "ba", { 11, 10 } },
        { "abc", { 8, 6 } },
        { "abcd", { 15, 5 } },
        { "to", { 10, 10 } },
        { "token", { 13, 2 } },
        { "\\u0074oken", { 13, 2 } },
        { "project_id", { 10, 1 } },
        { "a\\u0000", { 3, 2 } },
        { "\xc3\xa4", { 4, 2 } },
        { "\xe2\x82\xac\\u20AC", { 11, 3 } },
        { "\\ud83d\\udd11", { 1, 2 } },
        { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
          { 1, 3 } },
        { "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
          { 5, 11 } }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_sprintf("%s\"", rows[i].text);

        name.raw.data = text.data;
        name.raw.len = text.len - 1;
        name.escaped = (strchr(rows[i].text, '\\') != NULL);
        name.odd = 0;

        for (j = 0; j < 2; j++) {
            pa_names_init(&names, &unit_pool, seeds[j]);
            pa_names_begin(&names, text.data);

            unit_int(pa_names_add(&names, &name), PA_OK, "%s", rows[i].text);
            unit_int((int64_t) place(&names, text.data),
                     (int64_t) rows[i].slots[j], "its place");
        }

        unit_reset();
    }
}


/* names that share a slot by one seed are spread by another */

static void
test_seed(void)
{
    size_t             i, n, same, size;
    uint8_t           *text;
    pa_str_t           all;
    pa_names_t         one, other;
    pa_json_string_t   name;

    static uint8_t  chars[8 * NAMES];

    for (i = 0; i < NAMES; i++) {
        memcpy(chars + 8 * i, "a000000\"", 8);
        chars[8 * i + 4] = (uint8_t) ('0' + i / 100);
        chars[8 * i + 5] = (uint8_t) ('0' + i / 10 % 10);
        chars[8 * i + 6] = (uint8_t) ('0' + i % 10);
    }

    all.data = chars;
    all.len = sizeof(chars);
    text = unit_copy(&all);

    pa_names_init(&one, &unit_pool, 1);
    pa_names_init(&other, &unit_pool, 2);
    pa_names_begin(&one, text);
    pa_names_begin(&other, text);

    name.escaped = 0;
    name.odd = 0;
    name.raw.len = 7;

    for (i = 0; i < NAMES; i++) {
        name.raw.data = text + 8 * i;

        if (pa_names_add(&one, &name) != PA_OK
            || pa_names_add(&other, &name) != PA_OK)
        {
            break;
        }
    }

    unit_int((int64_t) i, NAMES, "all of them are other names");

    same = 0;
    size = one.size;

    for (n = 0; n < i; n++) {
        same += (place(&one, text + 8 * n) == place(&other, text + 8 * n));
    }

    unit_int((int64_t) other.size, (int64_t) size, "as large a table");
    unit_ok(same < NAMES / 100, "places follow from the seed: %zu of %d are "
            "the same", same, NAMES);
    unit_reset();
}


/* each name once, and then again as it can be written, too */

static void
test_spellings(void)
{
    char        *text, *p;
    size_t       i, n;
    pa_str_t     all;
    uint64_t     seed;
    pa_names_t   names;

    static const size_t  numbers[] = {
        1, 2, 7, 8, 9, 16, 31, 32, 33, 100, 127, 128, 129, 512, 513, 2000
    };

    text = malloc(2 * 2000 * 32);

    for (i = 0; i < unit_nelts(numbers); i++) {
        for (seed = 0; seed < 8; seed++) {
            p = text;

            for (n = 0; n < numbers[i]; n++) {
                p += spelling(p, n, 0);
            }

            for (n = 0; n < numbers[i]; n++) {
                p += spelling(p, n, 1);
            }

            all.data = (uint8_t *) text;
            all.len = (size_t) (p - text);
            all.data = unit_copy(&all);

            pa_names_init(&names, &unit_pool, seed);
            pa_names_begin(&names, all.data);

            unit_int(add_all(&names, all.data, numbers[i], PA_OK), 1,
                     "%zu names", numbers[i]);

            for (p = (char *) all.data, n = 0; n < numbers[i]; n++) {
                p += spelling(text, n, 0);
            }

            unit_int(add_all(&names, (uint8_t *) p, numbers[i], PA_DONE), 1,
                     "and all of them again");
            unit_reset();
        }
    }

    free(text);
}


/*
 * An object after another: none of its names has been there, though some are
 * the same, and each is found again, however the table has grown meanwhile.
 */

static void
test_objects(void)
{
    char        *text, *p;
    size_t       i, n, wrong, at[2];
    pa_str_t     all;
    uint64_t     seed;
    pa_names_t   names;

    static const struct {
        size_t  first;            /* names of the first object */
        size_t  second;
    } rows[] = {
        { 1, 9 }, { 8, 1 }, { 8, 8 }, { 8, 9 }, { 8, 32 }, { 9, 33 },
        { 32, 33 }, { 32, 100 }, { 33, 20 }, { 128, 300 }, { 300, 9 }
    };

    text = malloc(1000 * 32);

    for (i = 0; i < unit_nelts(rows); i++) {

        wrong = 0;

        for (seed = 0; seed < 64; seed++) {
            p = text;

            for (n = 0; n < rows[i].first; n++) {
                p += spelling(p, n + rows[i].second / 2, 0);
            }

            at[0] = (size_t) (p - text);

            for (n = 0; n < rows[i].second; n++) {
                p += spelling(p, n, 0);
            }

            at[1] = (size_t) (p - text);

            for (n = 0; n < rows[i].second; n++) {
                p += spelling(p, n, 1);
            }

            all.data = (uint8_t *) text;
            all.len = (size_t) (p - text);
            all.data = unit_copy(&all);

            pa_names_init(&names, &unit_pool, seed);
            pa_names_begin(&names, all.data);

            wrong += !add_all(&names, all.data, rows[i].first, PA_OK);

            pa_names_begin(&names, all.data + at[0]);

            wrong += !add_all(&names, all.data + at[0], rows[i].second,
                              PA_OK);
            wrong += !add_all(&names, all.data + at[1], rows[i].second,
                              PA_DONE);
            unit_reset();
        }

        unit_int((int64_t) wrong, 0, "%zu names in an object behind one of "
                 "%zu", rows[i].second, rows[i].first);
    }

    free(text);
}


/* a name, its last quote, and what may be behind that; its length */

static size_t
spelling(char *dst, size_t n, int other)
{
    static const char  *rows[][2] = {
        { "n%zu\":", "n%zu\" " },
        { "%zu\\\"\" ", "%zu\\u0022\":" },
        { "\\u0061%zu\"\n", "a%zu\":" },
        { "%zu\\\\\":", "%zu\\u005c\"\t" },
        { "n%zun\" ", "n%zun\":" }
    };

    return (size_t) sprintf(dst, rows[n % unit_nelts(rows)][other], n);
}


/* 1 if adding each of n names has this result */

static int
add_all(pa_names_t *names, const uint8_t *text, size_t n, int result)
{
    pa_json_string_t  name;

    name.odd = 0;

    for ( /* void */ ; n != 0; n--) {
        name.raw.data = text;
        name.escaped = 0;

        while (*text != '"') {
            if (*text == '\\') {
                name.escaped = 1;
                text++;
            }

            text++;
        }

        name.raw.len = (size_t) (text - name.raw.data);
        text += 2;

        if (pa_names_add(names, &name) != result) {
            return 0;
        }
    }

    return 1;
}


static size_t
place(pa_names_t *names, const uint8_t *name)
{
    size_t  i;

    for (i = 0; i < names->size && names->slots[i] != name; i++) {
        /* void */
    }

    return i;
}
