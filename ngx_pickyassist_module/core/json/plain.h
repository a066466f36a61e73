
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The characters that JSON strings are mostly made of: those of ASCII that
 * stand for themselves, which are all but the control characters up to 0x1f,
 * the quotation mark and the backslash (RFC 8259 section 7).
 */


#ifndef _PA_JSON_PLAIN_H_INCLUDED_
#define _PA_JSON_PLAIN_H_INCLUDED_


#include "../core.h"


#define PA_BYTES(c)  (0x0101010101010101 * (uint64_t) (c))


/*
 * Looks at eight characters at once, the first one in the lowest byte.  In the
 * result the highest bit is set of the first byte that is not plain; those
 * before it are zero, those behind it may be anything.
 */

static inline uint64_t
pa_json_not_plain(uint64_t bytes)
{
    uint64_t  quote, backslash;

    quote = bytes ^ PA_BYTES('"');
    backslash = bytes ^ PA_BYTES('\\');

    return (bytes | (bytes - PA_BYTES(' '))
            | (quote - PA_BYTES(1)) | (backslash - PA_BYTES(1)))
           & PA_BYTES(0x80);
}


/* the first character that is not plain, last if there is none */

static inline const uint8_t *
pa_json_skip_plain(const uint8_t *p, const uint8_t *last)
{
    uint64_t  bytes, found;

    while (last - p >= 8) {

        memcpy(&bytes, p, 8);

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        bytes = __builtin_bswap64(bytes);
#endif

        found = pa_json_not_plain(bytes);
        if (found != 0) {
            return p + __builtin_ctzll(found) / 8;
        }

        p += 8;
    }

    while (p < last
           && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
    {
        p++;
    }

    return p;
}


#endif /* _PA_JSON_PLAIN_H_INCLUDED_ */
