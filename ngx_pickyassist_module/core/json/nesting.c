
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "nesting.h"


void
pa_json_nesting_init(pa_json_nesting_t *nesting)
{
    memset(nesting, 0, sizeof(pa_json_nesting_t));

    nesting->bits = nesting->levels;
    nesting->size = 8 * sizeof(nesting->levels);
}


int
pa_json_nesting_push(pa_json_nesting_t *nesting, pa_pool_t *pool, int object)
{
    size_t    size;
    uint8_t  *bits, mask;

    if (nesting->depth == nesting->size) {

        size = nesting->size / 4;

        bits = pa_alloc(pool, size);
        if (bits == NULL) {
            return PA_ERROR;
        }

        memcpy(bits, nesting->bits, nesting->depth / 8);

        nesting->bits = bits;
        nesting->size = 8 * size;
    }

    mask = (uint8_t) (1 << (nesting->depth % 8));
    bits = &nesting->bits[nesting->depth / 8];

    *bits = object ? *bits | mask : *bits & (uint8_t) ~mask;

    nesting->depth++;

    return PA_OK;
}
