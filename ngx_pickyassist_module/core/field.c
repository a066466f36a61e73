
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "field.h"


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
