
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"


/* digits and sign of the longest int64_t */
#define PA_INT64_LEN  20


static uint8_t *pa_buf_reserve(pa_buf_t *b, size_t len);


void
pa_buf_init(pa_buf_t *b, pa_pool_t *pool, size_t size)
{
    b->data = pa_alloc(pool, size);
    b->len = 0;
    b->size = size;
    b->pool = pool;
    b->failed = (b->data == NULL);
}


void
pa_buf_bytes(pa_buf_t *b, const void *data, size_t len)
{
    uint8_t  *p;

    p = pa_buf_reserve(b, len);

    if (p != NULL && len != 0) {
        memcpy(p, data, len);
        b->len += len;
    }
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

    static const uint8_t  plain_char[256] = {
        [' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... '~'] = 1,
        [0x80 ... 0xff] = 1
    };

    uint8_t         escape[6] = { '\\', 'u', '0', '0' };
    const uint8_t  *last, *plain;

    if (len == 0) {
        return;
    }

    last = data + len;

    for (plain = data; data < last; data++) {

        if (plain_char[*data]) {
            continue;
        }

        pa_buf_bytes(b, plain, (size_t) (data - plain));
        plain = data + 1;

        if (*data == '"' || *data == '\\') {
            pa_buf_literal(b, "\\");
            pa_buf_bytes(b, data, 1);
            continue;
        }

        escape[4] = (uint8_t) hex[*data >> 4];
        escape[5] = (uint8_t) hex[*data & 0xf];
        pa_buf_bytes(b, escape, sizeof(escape));
    }

    pa_buf_bytes(b, plain, (size_t) (last - plain));
}


void
pa_buf_json_string(pa_buf_t *b, const pa_str_t *s)
{
    pa_buf_literal(b, "\"");
    pa_buf_json_chars(b, s->data, s->len);
    pa_buf_literal(b, "\"");
}


int
pa_buf_text(pa_buf_t *b, pa_str_t *text)
{
    if (b->failed) {
        return PA_ERROR;
    }

    text->data = b->data;
    text->len = b->len;

    return PA_OK;
}


static uint8_t *
pa_buf_reserve(pa_buf_t *b, size_t len)
{
    size_t    size;
    uint8_t  *data;

    if (b->failed) {
        return NULL;
    }

    if (b->size - b->len >= len) {
        return b->data + b->len;
    }

    size = 2 * b->size + len;

    data = pa_alloc(b->pool, size);
    if (data == NULL) {
        b->failed = 1;
        return NULL;
    }

    memcpy(data, b->data, b->len);

    b->data = data;
    b->size = size;

    return b->data + b->len;
}
