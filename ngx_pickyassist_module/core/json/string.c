
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "string.h"


static const uint8_t *pa_json_skip_characters(const uint8_t *p,
    const uint8_t *last);
static int pa_json_read_escape(const uint8_t **pos, const uint8_t *last);
static size_t pa_json_character(const uint8_t *p, const uint8_t *last);
static int pa_json_is_escape(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_json_decode_escape(const uint8_t *p,
    const uint8_t *last, uint32_t *ch);
static uint32_t pa_json_hex4(const uint8_t *p);
static const uint8_t *pa_json_copy_odd(const uint8_t *p, const uint8_t *last,
    uint8_t **dst);
static uint8_t *pa_json_encode_utf8(uint8_t *dst, uint32_t ch);


int
pa_json_string_read_on(const uint8_t **pos, const uint8_t *last, int lenient,
    pa_json_string_t *string)
{
    size_t          len;
    const uint8_t  *p, *next, *escape;

    for (p = *pos; /* void */ ; p = pa_json_skip_plain(p, last)) {

        if (p == last) {
            goto failed;
        }

        if (*p == '"') {
            break;
        }

        if (*p == '\\') {
            string->escaped = 1;
            escape = p;

            if (pa_json_read_escape(&p, last) != PA_OK) {

                if (!lenient) {
                    goto failed;
                }

                /* a backslash that represents itself */

                string->odd = 1;
                p = escape + 1;
            }

            continue;
        }

        next = pa_json_skip_characters(p, last);

        if (next != p) {
            p = next;
            continue;
        }

        len = pa_json_character(p, last);

        if (len == 0) {

            if (!lenient) {
                goto failed;
            }

            string->odd = 1;
            len = 1;
        }

        p += len;
    }

    string->raw.len = (size_t) (p - string->raw.data);
    *pos = p + 1;

    return PA_OK;

failed:

    *pos = p;

    return PA_ERROR;
}


int
pa_json_string_rewrite(pa_pool_t *pool, const pa_json_string_t *string,
    pa_str_t *text)
{
    uint8_t        *dst;
    uint32_t        ch;
    const uint8_t  *p, *last;

    /* no escape is shorter than its UTF-8 */

    dst = pa_alloc(pool, string->raw.len);
    if (dst == NULL) {
        return PA_ERROR;
    }

    text->data = dst;

    p = string->raw.data;
    last = p + string->raw.len;

    while (p < last) {

        if (*p == '\\' && (!string->odd || pa_json_is_escape(p, last))) {
            p = pa_json_decode_escape(p + 1, last, &ch);
            dst = pa_json_encode_utf8(dst, ch);
            continue;
        }

        if (!string->odd) {
            *dst++ = *p++;
            continue;
        }

        p = pa_json_copy_odd(p, last, &dst);
    }

    text->len = (size_t) (dst - text->data);

    return PA_OK;
}


void
pa_json_string_mend(pa_buf_t *b, const pa_json_string_t *string)
{
    uint8_t         *dst, odd[4];
    uint32_t         ch;
    const uint8_t   *p, *last, *next, *unwritten;

    p = string->raw.data;
    last = p + string->raw.len;

    for (unwritten = p; p < last; p = next) {

        next = p + 1;
        dst = odd;

        if (*p == '\\') {

            if (!pa_json_is_escape(p, last)) {
                *dst++ = '\\';
                *dst++ = '\\';

            } else {
                next = pa_json_decode_escape(p + 1, last, &ch);

                if (ch != 0xfffd || pa_json_hex4(p + 2) == 0xfffd) {
                    continue;
                }

                dst = pa_json_encode_utf8(dst, ch);
            }

        } else {
            next = pa_json_copy_odd(p, last, &dst);

            if (odd[0] == *p) {
                continue;
            }
        }

        pa_buf_bytes(b, unwritten, (size_t) (p - unwritten));
        pa_buf_bytes(b, odd, (size_t) (dst - odd));
        unwritten = next;
    }

    pa_buf_bytes(b, unwritten, (size_t) (last - unwritten));
}


uint32_t
pa_json_string_char(const uint8_t **pos, const uint8_t *last)
{
    uint32_t        ch;
    const uint8_t  *p;

    p = *pos;

    if (*p == '\\') {
        *pos = pa_json_decode_escape(p + 1, last, &ch);
        return ch;
    }

    if (*p < 0x80) {
        *pos = p + 1;
        return *p;
    }

    if (*p < 0xe0) {
        *pos = p + 2;
        return (uint32_t) (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }

    if (*p < 0xf0) {
        *pos = p + 3;
        return (uint32_t) (p[0] & 0xf) << 12 | (uint32_t) (p[1] & 0x3f) << 6
               | (p[2] & 0x3f);
    }

    *pos = p + 4;

    return (uint32_t) (p[0] & 0x7) << 18 | (uint32_t) (p[1] & 0x3f) << 12
           | (uint32_t) (p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}


size_t
pa_json_string_copy(const pa_json_string_t *string, uint8_t *dst, size_t size)
{
    uint8_t         encoded[4];
    size_t          len, n;
    uint32_t        ch;
    const uint8_t  *p, *last;

    if (!string->escaped) {

        if (string->raw.len > size) {
            return size + 1;
        }

        memcpy(dst, string->raw.data, string->raw.len);

        return string->raw.len;
    }

    p = string->raw.data;
    last = p + string->raw.len;

    for (len = 0; p < last; len += n) {
        ch = pa_json_string_char(&p, last);
        n = (size_t) (pa_json_encode_utf8(encoded, ch) - encoded);

        if (n > size - len) {
            return size + 1;
        }

        memcpy(dst + len, encoded, n);
    }

    return len;
}


int
pa_json_string_is(const pa_json_string_t *string, const pa_str_t *text)
{
    pa_json_string_t  other;

    if (!string->escaped) {
        return pa_str_equal(&string->raw, text);
    }

    /* a text has no escapes: it is walked over as if there were none */

    other.raw = *text;
    other.escaped = 0;
    other.odd = 0;

    return pa_json_string_equal(string, &other);
}


int
pa_json_string_equal(const pa_json_string_t *a, const pa_json_string_t *b)
{
    uint8_t         encoded[4];
    size_t          len;
    uint32_t        ch;
    const uint8_t  *p, *q, *last, *end;

    if (!a->escaped && !b->escaped) {
        return pa_str_equal(&a->raw, &b->raw);
    }

    p = a->raw.data;
    last = p + a->raw.len;
    q = b->raw.data;
    end = q + b->raw.len;

    while (p < last && q < end) {

        ch = pa_json_string_char(&p, last);

        if (b->escaped) {

            if (pa_json_string_char(&q, end) != ch) {
                return 0;
            }

            continue;
        }

        len = (size_t) (pa_json_encode_utf8(encoded, ch) - encoded);

        if ((size_t) (end - q) < len || memcmp(q, encoded, len) != 0) {
            return 0;
        }

        q += len;
    }

    return p == last && q == end;
}


/*
 * Goes over characters beyond ASCII, and those of ASCII between them, as long
 * as there are eight bytes to look at together.  Stops at a character that has
 * to be looked at by itself, or where there are only plain ones.
 */

static const uint8_t *
pa_json_skip_characters(const uint8_t *p, const uint8_t *last)
{
    unsigned  bits;
    uint64_t  bytes, found;

    while (last - p >= 8) {

        bytes = pa_json_load8(p);

        if ((bytes & 0xc0e0) == 0x80c0) {

            /* of two bytes, four of them at once; not C0 and C1 */

            if ((bytes & 0xc0e0c0e0c0e0c0e0) == 0x80c080c080c080c0
                && (((bytes & 0x001e001e001e001e) + 0x7ffe7ffe7ffe7ffe)
                    & 0x8000800080008000) == 0x8000800080008000)
            {
                p += 8;
                continue;
            }

            if ((bytes & 0x1e) == 0) {
                return p;
            }

            p += 2;
            continue;
        }

        if ((bytes & 0xc0c0f0) == 0x8080e0) {

            /* of three: not below E0 A0, nor from ED A0 on, of surrogates */

            bits = (unsigned) ((bytes & 0xf) << 1 | (bytes >> 13 & 1));

            if (bits == 0 || bits == 27) {
                return p;
            }

            p += 3;
            continue;
        }

        if ((bytes & 0xc0c0c0f8) == 0x808080f0) {

            /* of four: from F0 90 up to F4 8F */

            bits = (unsigned) ((bytes & 0x7) << 2 | (bytes >> 12 & 3));

            if (bits == 0 || bits > 16) {
                return p;
            }

            p += 4;
            continue;
        }

        found = pa_json_not_plain(bytes);

        if (found == 0 || (found & 0x80) != 0) {
            return p;
        }

        p += __builtin_ctzll(found) / 8;
    }

    return p;
}


static int
pa_json_read_escape(const uint8_t **pos, const uint8_t *last)
{
    unsigned        i;
    uint8_t         c;
    const uint8_t  *p;

    p = *pos + 1;

    if (p == last) {
        goto failed;
    }

    switch (*p) {

    case '/':
    case '"':
    case '\\':
    case 'n':
    case 'r':
    case 't':
    case 'b':
    case 'f':
        *pos = p + 1;
        return PA_OK;

    case 'u':
        break;

    default:
        goto failed;
    }

    p++;

    for (i = 0; i < 4; i++, p++) {

        if (p == last) {
            goto failed;
        }

        c = *p | 0x20;

        if ((*p < '0' || *p > '9') && (c < 'a' || c > 'f')) {
            goto failed;
        }
    }

    *pos = p;

    return PA_OK;

failed:

    *pos = p;

    return PA_ERROR;
}


/*
 * The length of a character that RFC 3629 section 4 has beyond ASCII; 0 if it
 * is none, so that an error is placed at the first byte of a character.
 */

static size_t
pa_json_character(const uint8_t *p, const uint8_t *last)
{
    uint8_t  c, low, high;
    size_t   i, len;

    c = *p;
    low = 0x80;
    high = 0xbf;

    if (c >= 0xc2 && c <= 0xdf) {
        len = 2;

    } else if ((c & 0xf0) == 0xe0) {
        len = 3;
        low = (c == 0xe0) ? 0xa0 : 0x80;
        high = (c == 0xed) ? 0x9f : 0xbf;

    } else if (c >= 0xf0 && c <= 0xf4) {
        len = 4;
        low = (c == 0xf0) ? 0x90 : 0x80;
        high = (c == 0xf4) ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if ((size_t) (last - p) < len || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return len;
}


/* in an odd string a backslash may begin none */

static int
pa_json_is_escape(const uint8_t *p, const uint8_t *last)
{
    return pa_json_read_escape(&p, last) == PA_OK;
}


/* p is after the backslash of an escape that the scan has accepted */

static const uint8_t *
pa_json_decode_escape(const uint8_t *p, const uint8_t *last, uint32_t *ch)
{
    uint32_t            low;
    const char         *short_form;

    static const char  names[] = "bfnrt", values[] = "\b\f\n\r\t";

    if (*p != 'u') {
        short_form = strchr(names, *p);
        *ch = short_form ? (uint8_t) values[short_form - names] : *p;
        return p + 1;
    }

    *ch = pa_json_hex4(p + 1);
    p += 5;

    if ((*ch & 0xf800) != 0xd800) {
        return p;
    }

    if (*ch < 0xdc00 && last - p >= 6 && p[0] == '\\' && p[1] == 'u'
        && pa_json_is_escape(p, last))
    {
        low = pa_json_hex4(p + 2);

        if ((low & 0xfc00) == 0xdc00) {
            *ch = 0x10000 + ((*ch & 0x3ff) << 10) + (low & 0x3ff);
            return p + 6;
        }
    }

    *ch = 0xfffd;

    return p;
}


static uint32_t
pa_json_hex4(const uint8_t *p)
{
    int       digit;
    unsigned  i;
    uint32_t  ch;

    ch = 0;

    for (i = 0; i < 4; i++) {
        digit = p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10;
        ch = ch << 4 | (uint32_t) digit;
    }

    return ch;
}


/* one character of an odd string */

static const uint8_t *
pa_json_copy_odd(const uint8_t *p, const uint8_t *last, uint8_t **dst)
{
    size_t  len;

    if (*p < 0x80) {
        *(*dst)++ = *p < 0x20 ? ' ' : *p;
        return p + 1;
    }

    len = pa_json_character(p, last);

    if (len == 0) {
        *(*dst)++ = '?';
        return p + 1;
    }

    memcpy(*dst, p, len);
    *dst += len;

    return p + len;
}


static uint8_t *
pa_json_encode_utf8(uint8_t *dst, uint32_t ch)
{
    if (ch < 0x80) {
        *dst++ = (uint8_t) ch;
        return dst;
    }

    if (ch < 0x800) {
        *dst++ = (uint8_t) (0xc0 | ch >> 6);

    } else {

        if (ch < 0x10000) {
            *dst++ = (uint8_t) (0xe0 | ch >> 12);

        } else {
            *dst++ = (uint8_t) (0xf0 | ch >> 18);
            *dst++ = (uint8_t) (0x80 | (ch >> 12 & 0x3f));
        }

        *dst++ = (uint8_t) (0x80 | (ch >> 6 & 0x3f));
    }

    *dst++ = (uint8_t) (0x80 | (ch & 0x3f));

    return dst;
}
