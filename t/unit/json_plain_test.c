
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <stdlib.h>

#include "json/plain.h"
#include "unit.h"


#define LONGEST  20


static void test_one(const char *before);
static size_t first_not_plain(const uint8_t *p, size_t len);


int
main(void)
{
    const char  *before;

    /* the plain characters that others border on, then any two of others */

    for (before = " !#[]\x7f" "a"; *before != '\0'; before++) {
        test_one(before);
    }

    test_one("\"");
    test_one("\\");
    test_one("\x1f");
    test_one("\x80");
    test_one("\xff");

    return unit_end();
}


/* texts of one character, with any other one in any place */

static void
test_one(const char *before)
{
    size_t          len, place, got, wrong;
    uint8_t        *p;
    unsigned        c;

    wrong = 0;

    for (len = 0; len <= LONGEST; len++) {

        /* of its own, so that AddressSanitizer sees what is read behind it */

        p = malloc(len);

        for (place = 0; place < len; place++) {

            memset(p, *before, len);

            for (c = 0; c < 256; c++) {
                p[place] = (uint8_t) c;

                got = (size_t) (pa_json_skip_plain(p, p + len) - p);

                if (got != first_not_plain(p, len)) {
                    wrong++;
                }
            }
        }

        if (pa_json_skip_plain(p, p) != p) {
            wrong++;
        }

        free(p);
    }

    unit_int((int64_t) wrong, 0, "any character among 0x%02x",
             (unsigned) (uint8_t) *before);
}


static size_t
first_not_plain(const uint8_t *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] > 0x7f || p[i] == 0x22 || p[i] == 0x5c) {
            break;
        }
    }

    return i;
}
