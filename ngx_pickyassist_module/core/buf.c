
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"
#include "json/plain.h"


/* digits and sign of the longest int64_t */
#define PA_INT64_LEN  20


void
pa_buf_init(pa_buf_t *b, pa_pool_t *pool, size_t size)
{
    b->data = pa_alloc(pool, size);
    b->len = 0;
    b->size = b->data ? size : 0;
    b->pool = pool;
}


void
pa_buf_int(pa_buf_t *b, int64_t n)
{
    uint8_t    digits[PA_INT64_LEN], *p;
    uint64_t   rest;

    p = digits + PA_INT64_LEN;
    rest = n < 0 ? 0 - (uint64_t) n : (uint64_t) n;

    do {
        *--p = (uint8_t) ('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);

    if (n < 0) {
        *--p = '-';
    }

    pa_buf_bytes(b, p, (size_t) (digits + PA_INT64_LEN - p));
}


void
pa_buf_json_chars(pa_buf_t *b, const uint8_t *data, size_t len)
{
    static const char  hex[] = "0123456789abcdef";

    uint8_t         escape[6] = { '\\', 'u', '0', '0' };
    const uint8_t  *last, *unwritten;

    if (len == 0) {
        return;
    }

    last = data + len;

    for (unwritten = data; /* void */ ; data++) {

        data = pa_json_skip_plain(data, last);

        if (data == last) {
            break;
        }

        if (*data >= 0x80) {
            continue;
        }

        pa_buf_bytes(b, unwritten, (size_t) (data - unwritten));
        unwritten = data + 1;

        if (*data == '"' || *data == '\\') {
            pa_buf_literal(b, "\\");
            pa_buf_bytes(b, data, 1);
            continue;
        }

        escape[4] = (uint8_t) hex[*data >> 4];
        escape[5] = (uint8_t) hex[*data & 0xf];
        pa_buf_bytes(b, escape, sizeof(escape));
    }

    pa_buf_bytes(b, unwritten, (size_t) (last - unwritten));
}


void
pa_buf_json_string(pa_buf_t *b, const pa_str_t *s)
{
    pa_buf_literal(b, "\"");
    pa_buf_json_chars(b, s->data, s->len);
    pa_buf_literal(b, "\"");
}


void
pa_buf_prepend(pa_buf_t *b, const pa_str_t *text)
{
    if (b->size - b->len < text->len && pa_buf_grow(b, text->len) != PA_OK) {
        return;
    }

    memmove(b->data + text->len, b->data, b->len);
    memcpy(b->data, text->data, text->len);
    b->len += text->len;
}


int
pa_buf_text(pa_buf_t *b, pa_str_t *text)
{
    if (b->data == NULL) {
        return PA_ERROR;
    }

    text->data = b->data;
    text->len = b->len;

    return PA_OK;
}


int
pa_buf_grow(pa_buf_t *b, size_t len)
{
    size_t    size;
    uint8_t  *data;

    if (b->data == NULL) {
        return PA_ERROR;
    }

    size = 2 * b->size + len;

    data = pa_alloc(b->pool, size);
    if (data == NULL) {
        b->data = NULL;
        b->len = 0;
        b->size = 0;
        return PA_ERROR;
    }

    memcpy(data, b->data, b->len);

    b->data = data;
    b->size = size;

    return PA_OK;
}
