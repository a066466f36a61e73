
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Names and values of header fields, and what a Keep-Alive field says.
 */


#include "field.h"
#include "unit.h"


typedef struct {
    pa_str_t   value;
    int64_t    seconds;
} keep_alive_t;


static const keep_alive_t  keep_alive[] = {
    { T(""), -1 },
    { T("timeout=5"), 5 },
    { T("timeout=0"), 0 },
    { T("timeout=05"), 5 },
    { T("TIMEOUT=5"), 5 },
    { T("TimeOut=5"), 5 },
    { T("timeout=5, max=100"), 5 },
    { T("max=100, timeout=5"), 5 },
    { T("max=100,timeout=5"), 5 },
    { T("max=1 timeout=5"), -1 },
    { T("\t timeout=5 \t,"), 5 },
    { T(",, ,timeout=5,,"), 5 },
    { T("timeout=5, timeout=3"), 3 },
    { T("timeout=3, timeout=5"), 3 },
    { T("timeout=3, timeout=x"), 3 },
    { T("timeout=x, timeout=3"), 3 },
    { T("timeout=5s"), 5 },
    { T("timeout=5;max=3"), 5 },
    { T("timeout=1000000000"), 1000000000 },
    { T("timeout"), -1 },
    { T("timeout="), -1 },
    { T("timeout=,5"), -1 },
    { T("timeout= 5"), -1 },
    { T("timeout =5"), -1 },
    { T("timeout=-5"), -1 },
    { T("timeout=x5"), -1 },
    { T("timeout=\"5\""), -1 },
    { T("timeouts=5"), -1 },
    { T("xtimeout=5"), -1 },
    { T("timeou=5"), -1 },
    { T("max=5"), -1 },
    { T("5"), -1 },
    { T("timeout=\0005"), -1 },
};


static void
test_keep_alive(void)
{
    size_t               i, len;
    int64_t              seconds;
    pa_str_t             value;
    const keep_alive_t  *row;

    for (i = 0; i < unit_nelts(keep_alive); i++) {
        row = &keep_alive[i];
        value = unit_str(&row->value);

        unit_int(pa_field_keep_alive(&value), row->seconds, "keep-alive: %s",
                 unit_show(&row->value));
        unit_reset();
    }

    /* the value ends where its length says, whatever is behind it */

    value = S("timeout=123456789,timeout=1");

    for (len = 0, seconds = 0; len < value.len; len++) {

        if (len > 8 && len < 18) {
            seconds = seconds * 10 + (int64_t) len - 8;
        }

        unit_int(pa_field_keep_alive(&(pa_str_t) { value.data, len }),
                 len > 8 ? seconds : -1, "%.*s", (int) len,
                 (char *) value.data);
    }

    value = S("timeout=99999999999999999999999999999999999999");

    for (len = sizeof("timeout=999999999") - 1; len <= value.len; len++) {
        unit_ok(pa_field_keep_alive(&(pa_str_t) { value.data, len })
                > 999999998, "%d digits", (int) len - 8);
    }
}


static void
test_every_byte(void)
{
    int      c, is_name, is_value;
    uint8_t  byte[1];

    static const char  separators[] = "\"(),/:;<=>?@[\\]{}";

    for (c = 0; c < 256; c++) {
        byte[0] = (uint8_t) c;

        is_name = (c > 0x20 && c < 0x7f && strchr(separators, c) == NULL);
        is_value = (c == '\t' || (c >= 0x20 && c != 0x7f));

        unit_ok(pa_field_is_name(&(pa_str_t) { byte, 1 }) == is_name
                && pa_field_is_value(&(pa_str_t) { byte, 1 }) == is_value,
                "byte 0x%02x", c);
    }

    unit_ok(!pa_field_is_name(&S("")), "no name");
    unit_ok(!pa_field_is_name(&S("a b")), "two words are no name");
    unit_ok(pa_field_is_name(&S("X-a.b")), "a name");
    unit_ok(pa_field_is_value(&S("")), "an empty value");
    unit_ok(!pa_field_is_value(&S("a\r\nb")), "two lines are no value");
}


int
main(void)
{
    test_keep_alive();
    test_every_byte();

    return unit_end();
}
