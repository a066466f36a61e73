
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "balance.h"
#include "unit.h"


static void test_read(void);
static void test_write(void);


int
main(void)
{
    test_read();
    test_write();

    return unit_end();
}


static void
test_read(void)
{
    int       rc;
    size_t    i;
    int64_t   balance;
    pa_str_t  text;

    static const struct {
        pa_str_t  text;
        int64_t   balance;          /* PA_BALANCE_UNKNOWN: not one */
    } rows[] = {
        { T("0"), 0 },
        { T("0.0"), 0 },
        { T("-0"), 0 },
        { T("7"), 7000000 },
        { T("12.345"), 12345000 },
        { T("12.3450000000"), 12345000 },
        { T("-12.345"), -12345000 },
        { T("007.5"), 7500000 },
        { T("0.000001"), 1 },
        { T("-0.000001"), -1 },

        /* rounded, and only by the first digit that is too many */

        { T("0.0000004"), 0 },
        { T("0.0000005"), 1 },
        { T("0.00000049"), 0 },
        { T("-0.0000005"), -1 },
        { T("12.344999999999999"), 12345000 },
        { T("12.345000000000001"), 12345000 },
        { T("0.9999996"), 1000000 },
        { T("1.99999950000000000000000000000000000000001"), 2000000 },

        { T("999999999999"), 999999999999000000 },
        { T("999999999999.9999999"), 1000000000000000000 },
        { T("-999999999999.999999"), -999999999999999999 },
        { T("1000000000000"), PA_BALANCE_UNKNOWN },
        { T("99999999999999999999999"), PA_BALANCE_UNKNOWN },

        { T(""), PA_BALANCE_UNKNOWN },
        { T("-"), PA_BALANCE_UNKNOWN },
        { T("--1"), PA_BALANCE_UNKNOWN },
        { T("+1"), PA_BALANCE_UNKNOWN },
        { T("."), PA_BALANCE_UNKNOWN },
        { T(".5"), PA_BALANCE_UNKNOWN },
        { T("5."), PA_BALANCE_UNKNOWN },
        { T("5.x"), PA_BALANCE_UNKNOWN },
        { T("5.5.5"), PA_BALANCE_UNKNOWN },
        { T("5,5"), PA_BALANCE_UNKNOWN },
        { T("1,000.00"), PA_BALANCE_UNKNOWN },
        { T("1e3"), PA_BALANCE_UNKNOWN },
        { T(" 5"), PA_BALANCE_UNKNOWN },
        { T("5 "), PA_BALANCE_UNKNOWN },
        { T("5\0"), PA_BALANCE_UNKNOWN },
        { T("USD 5"), PA_BALANCE_UNKNOWN }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);
        balance = PA_BALANCE_UNKNOWN;

        rc = pa_balance_read(&text, &balance);

        unit_int(balance, rows[i].balance, "\"%s\"",
                 unit_show(&rows[i].text));
        unit_int(rc, rows[i].balance == PA_BALANCE_UNKNOWN ? PA_ERROR : PA_OK,
                 "\"%s\": the result", unit_show(&rows[i].text));

        unit_reset();
    }
}


/* what is written is read as the same */

static void
test_write(void)
{
    size_t    i;
    int64_t   balance;
    pa_buf_t  b;
    pa_str_t  text;

    static const struct {
        int64_t   balance;
        pa_str_t  text;
    } rows[] = {
        { 0, T("0") },
        { 1, T("0.000001") },
        { -1, T("-0.000001") },
        { 10, T("0.00001") },
        { 5000, T("0.005") },
        { 500000, T("0.5") },
        { -500000, T("-0.5") },
        { 999999, T("0.999999") },
        { 1000000, T("1") },
        { 1000001, T("1.000001") },
        { 10100100, T("10.1001") },
        { 12345000, T("12.345") },
        { -12345000, T("-12.345") },
        { 999999999999999999, T("999999999999.999999") },
        { -999999999999999999, T("-999999999999.999999") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        pa_buf_init(&b, &unit_pool, 1);
        pa_balance_write(&b, rows[i].balance);

        text = S("no memory");
        (void) pa_buf_text(&b, &text);

        unit_text(&text, &rows[i].text, "%lld", (long long) rows[i].balance);

        balance = PA_BALANCE_UNKNOWN;
        (void) pa_balance_read(&text, &balance);

        unit_int(balance, rows[i].balance, "%s, read", unit_show(&text));

        unit_reset();
    }
}
