
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "parts.h"


static int pa_parts_add(pa_parts_t *parts, const uint8_t *data, size_t len);
static int pa_parts_copy(pa_parts_t *parts);


static const uint8_t  pa_parts_comma[] = ",";


void
pa_parts_init(pa_parts_t *parts, pa_pool_t *pool, const pa_str_t *body)
{
    parts->pool = pool;
    parts->body = body;
    parts->copy = NULL;
    parts->n = 0;
}


/*
 * The comma is the client's where it touches the member, or the one before;
 * what is sent for the first member is not in the body, which has a bracket
 * there.
 */

int
pa_parts_member(pa_parts_t *parts, const uint8_t *start, const uint8_t *last)
{
    pa_str_t  *part;

    if (start[-1] == ',') {
        return pa_parts_add(parts, start - 1, (size_t) (last - start) + 1);
    }

    part = parts->n && parts->copy == NULL ? &parts->list[parts->n - 1] : NULL;

    if (part != NULL && part->data[part->len] == ',') {
        part->len++;

    } else if (pa_parts_add(parts, pa_parts_comma, 1) != PA_OK) {
        return PA_ERROR;
    }

    return pa_parts_add(parts, start, (size_t) (last - start));
}


int
pa_parts_end(pa_parts_t *parts, const uint8_t *last)
{
    return pa_parts_add(parts, last - 1, 1);
}


static int
pa_parts_add(pa_parts_t *parts, const uint8_t *data, size_t len)
{
    pa_str_t  *part;

    if (parts->copy == NULL) {

        part = parts->list + parts->n;

        if (parts->n != 0 && part[-1].data + part[-1].len == data) {
            part[-1].len += len;
            return PA_OK;
        }

        if (parts->n < PA_PARTS_MAX) {
            part->data = data;
            part->len = len;
            parts->n++;

            return PA_OK;
        }

        if (pa_parts_copy(parts) != PA_OK) {
            return PA_ERROR;
        }
    }

    part = parts->list;

    /* each member has a character of its own before it in the body, too */

    pa_assert(part->len + len <= parts->body->len);

    memcpy(parts->copy + part->len, data, len);
    part->len += len;

    return PA_OK;
}


/* too many to be sent one by one */

static int
pa_parts_copy(pa_parts_t *parts)
{
    size_t    i;
    uint8_t  *dst;

    parts->copy = pa_alloc(parts->pool, parts->body->len);
    if (parts->copy == NULL) {
        return PA_ERROR;
    }

    dst = parts->copy;

    for (i = 0; i < parts->n; i++) {
        dst = pa_copy(dst, &parts->list[i]);
    }

    parts->list[0].data = parts->copy;
    parts->list[0].len = (size_t) (dst - parts->copy);
    parts->n = 1;

    return PA_OK;
}
