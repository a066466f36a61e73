
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What a request has of names is tested with the requests; here is where they
 * stand in the table, which a client must not know.
 */


#include "names.h"
#include "unit.h"


#define NAMES  1000


static void test_seed(void);
static size_t place(pa_names_t *names, const uint8_t *name);


int
main(void)
{
    test_seed();

    return unit_end();
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


static size_t
place(pa_names_t *names, const uint8_t *name)
{
    size_t  i;

    for (i = 0; i < names->size && names->slots[i] != name; i++) {
        /* void */
    }

    return i;
}
