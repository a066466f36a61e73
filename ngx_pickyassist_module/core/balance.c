
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "balance.h"


/* so many digits before the point, and six after it, fit into 64 bits */
#define PA_BALANCE_DIGITS  12


int
pa_balance_read(const pa_str_t *text, int64_t *balance)
{
    int             negative;
    size_t          digits;
    int64_t         value, unit;
    const uint8_t  *p, *last;

    p = text->data;
    last = p + text->len;

    negative = (p != last && *p == '-');
    p += negative;

    value = 0;

    for (digits = 0; p != last && *p >= '0' && *p <= '9'; digits++, p++) {

        if (digits == PA_BALANCE_DIGITS) {
            return PA_ERROR;
        }

        value = value * 10 + (*p - '0');
    }

    if (digits == 0) {
        return PA_ERROR;
    }

    value *= PA_BALANCE_ONE;

    if (p != last && *p == '.') {

        p++;

        if (p == last) {
            return PA_ERROR;
        }

        for (unit = PA_BALANCE_ONE;
             p != last && *p >= '0' && *p <= '9';
             p++)
        {
            if (unit == 1) {
                value += (*p >= '5');
            }

            unit /= 10;
            value += (*p - '0') * unit;
        }
    }

    if (p != last) {
        return PA_ERROR;
    }

    *balance = negative ? -value : value;

    return PA_OK;
}


void
pa_balance_write(pa_buf_t *b, int64_t balance)
{
    char     fraction[7];             /* the point and six digits */
    size_t   len;
    int64_t  rest;

    rest = balance;

    if (balance < 0) {
        pa_buf_literal(b, "-");
        rest = -balance;
    }

    pa_buf_int(b, rest / PA_BALANCE_ONE);

    rest %= PA_BALANCE_ONE;

    if (rest == 0) {
        return;
    }

    fraction[0] = '.';

    for (len = sizeof(fraction); len > 1; len--) {
        fraction[len - 1] = (char) ('0' + rest % 10);
        rest /= 10;
    }

    for (len = sizeof(fraction); fraction[len - 1] == '0'; len--) { /* void */ }

    pa_buf_bytes(b, fraction, len);
}
