
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "field.h"

#include <strings.h>


/* more than anybody waits, and far from an overflow */
#define PA_FIELD_MAX_SECONDS  1000000000


static int64_t pa_field_timeout(const uint8_t *p, const uint8_t *end);


int
pa_field_is_name(const pa_str_t *name)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c)) {
            return 0;
        }
    }

    return name->len != 0;
}


int
pa_field_is_value(const pa_str_t *value)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return 0;
        }
    }

    return 1;
}


int64_t
pa_field_keep_alive(const pa_str_t *value)
{
    int64_t         seconds, least;
    const uint8_t  *p, *end, *last;

    least = -1;

    for (p = value->data, last = p + value->len; p < last; p = end + 1) {

        end = memchr(p, ',', (size_t) (last - p));
        if (end == NULL) {
            end = last;
        }

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        seconds = pa_field_timeout(p, end);

        if (seconds != -1 && (least == -1 || seconds < least)) {
            least = seconds;
        }
    }

    return least;
}


/* anything after the digits is skipped */

static int64_t
pa_field_timeout(const uint8_t *p, const uint8_t *end)
{
    int64_t         seconds;
    const uint8_t  *digits;

    static const char  name[] = "timeout=";

    if ((size_t) (end - p) < sizeof(name) - 1
        || strncasecmp((const char *) p, name, sizeof(name) - 1) != 0)
    {
        return -1;
    }

    p += sizeof(name) - 1;
    digits = p;
    seconds = 0;

    while (p < end && *p >= '0' && *p <= '9') {

        if (seconds < PA_FIELD_MAX_SECONDS) {
            seconds = seconds * 10 + (*p - '0');
        }

        p++;
    }

    return (p == digits) ? -1 : seconds;
}
