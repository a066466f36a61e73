
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Plain characters, of which JSON strings mostly consist: the ASCII characters
 * that represent themselves, which are all except the control characters up to
 * 0x1f, the quotation mark and the backslash (RFC 8259 section 7).
 */


#ifndef _PA_JSON_PLAIN_H_INCLUDED_
#define _PA_JSON_PLAIN_H_INCLUDED_


#include "../core.h"


#define PA_BYTES(c)  (0x0101010101010101 * (uint64_t) (c))


/*
 * Checks eight characters at once, the first one in the lowest byte.  In the
 * result, the highest bit of the first byte that is not plain is set; the
 * bytes before it are zero, the bytes after it are undefined.
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


/*
 * Where vectors of sixteen bytes are available (SSE2 on x86-64, NEON on
 * AArch64), long strings are checked 64 bytes at a time.
 */

#if defined(__SSE2__) || defined(__ARM_NEON)

#define PA_JSON_VECTORS  1

typedef uint8_t __attribute__((vector_size(16)))  pa_json_vector_t;

#define PA_JSON_STRIDE  64
#define PA_JSON_SHORT   16


/* the highest bit is set of each byte that is not plain */

static inline pa_json_vector_t
pa_json_not_plain16(const uint8_t *p)
{
    pa_json_vector_t  bytes;

    memcpy(&bytes, p, sizeof(pa_json_vector_t));

    return bytes | (pa_json_vector_t) (bytes < ' ')
           | (pa_json_vector_t) (bytes == '"')
           | (pa_json_vector_t) (bytes == '\\');
}


/* PA_JSON_STRIDE bytes are all plain */

static inline int
pa_json_is_plain_stride(const uint8_t *p)
{
    uint64_t          halves[2];
    pa_json_vector_t  found;

    found = pa_json_not_plain16(p) | pa_json_not_plain16(p + 16)
            | pa_json_not_plain16(p + 32) | pa_json_not_plain16(p + 48);

    memcpy(halves, &found, sizeof(halves));

    return ((halves[0] | halves[1]) & PA_BYTES(0x80)) == 0;
}

#endif


/* eight bytes, the first one in the lowest bits */

static inline uint64_t
pa_json_load8(const uint8_t *p)
{
    uint64_t  bytes;

    memcpy(&bytes, p, 8);

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    bytes = __builtin_bswap64(bytes);
#endif

    return bytes;
}


/* the first character that is not plain, last if there is none */

static inline const uint8_t *
pa_json_skip_plain(const uint8_t *p, const uint8_t *last)
{
    uint64_t        found;
#if (PA_JSON_VECTORS)
    const uint8_t  *first;

    first = p;
#endif

    while (last - p >= 8) {

        found = pa_json_not_plain(pa_json_load8(p));
        if (found != 0) {
            return p + __builtin_ctzll(found) / 8;
        }

        p += 8;

#if (PA_JSON_VECTORS)

        /* most strings are too short for this */

        if (p - first != PA_JSON_SHORT) {
            continue;
        }

        while (last - p >= PA_JSON_STRIDE && pa_json_is_plain_stride(p)) {
            p += PA_JSON_STRIDE;
        }
#endif
    }

    while (p < last
           && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
    {
        p++;
    }

    return p;
}


#endif /* _PA_JSON_PLAIN_H_INCLUDED_ */
