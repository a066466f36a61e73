
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A growing output buffer.  Errors persist: after a failed allocation every
 * call does nothing, so it is enough to check once, at the end.
 */


#ifndef _PA_BUF_H_INCLUDED_
#define _PA_BUF_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


typedef struct {
    uint8_t         *data;        /* NULL after a failure */
    size_t           len;
    size_t           size;        /* of data */
    pa_pool_t       *pool;
} pa_buf_t;


#define pa_buf_literal(b, text)  pa_buf_bytes(b, text, sizeof(text) - 1)


/* size: initial size in bytes; a good estimate avoids copies */
void pa_buf_init(pa_buf_t *b, pa_pool_t *pool, size_t size);

/* makes room for len more bytes; PA_ERROR: no memory */
int pa_buf_grow(pa_buf_t *b, size_t len);

void pa_buf_int(pa_buf_t *b, int64_t n);

/* the inside of a JSON string: escaped by RFC 8259 section 7, no quotes */
void pa_buf_json_chars(pa_buf_t *b, const uint8_t *data, size_t len);

/* a whole JSON string, quotes included */
void pa_buf_json_string(pa_buf_t *b, const pa_str_t *s);

/* inserts text, which is known only after the rest; it is not empty */
void pa_buf_prepend(pa_buf_t *b, const pa_str_t *text);

/* PA_OK and the text, in memory of the pool; PA_ERROR: no memory */
int pa_buf_text(pa_buf_t *b, pa_str_t *text);


static inline void
pa_buf_bytes(pa_buf_t *b, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }

    pa_assert(b->len <= b->size);

    if (b->size - b->len < len && pa_buf_grow(b, len) != PA_OK) {
        return;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


PA_HIDDEN_END


#endif /* _PA_BUF_H_INCLUDED_ */
