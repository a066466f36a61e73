
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "idempotency_key.h"


size_t
pa_idempotency_key_read(const pa_str_t *value, uint8_t *dst)
{
    int             quoted;
    size_t          len;
    uint8_t         c;
    const uint8_t  *p, *last;

    p = value->data;
    last = p + value->len;
    quoted = (value->len >= 2 && *p == '"' && last[-1] == '"');

    if (quoted) {
        p++;
        last--;
    }

    for (len = 0; p < last; len++) {
        c = *p++;

        if (c <= 0x20 || c >= 0x7f || len == PA_IDEMPOTENCY_KEY_MAX) {
            return 0;
        }

        if (quoted && c == '\\') {

            if (p == last || (*p != '"' && *p != '\\')) {
                return 0;
            }

            c = *p++;

        } else if (c == '"'
                   || (!quoted && (c == '\\' || c == ';' || c == ',')))
        {
            return 0;
        }

        dst[len] = c;
    }

    return len;
}
