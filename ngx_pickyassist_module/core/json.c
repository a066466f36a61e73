
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <jansson.h>

#include "json.h"
#include "json_scan.h"


/* digits that surely fit into 64 bits */
#define PA_JSON_SAFE_DIGITS  18

/* characters of a number, and of its exponent, that surely fit into a double */
#define PA_JSON_SAFE_REAL_LEN      200
#define PA_JSON_SAFE_EXPONENT_LEN  3

/* integers up to here are exact in a double */
#define PA_JSON_EXACT  9007199254740992.0


static void pa_json_tame(uint8_t *p, uint8_t *last);
static uint8_t *pa_json_tame_string(uint8_t *p, uint8_t *last);
static void pa_json_tame_escape(uint8_t *p, const uint8_t *last);
static uint8_t *pa_json_tame_number(uint8_t *p, uint8_t *last);
static int pa_json_number_fits(const pa_json_number_t *number);
static size_t pa_json_utf8_len(const uint8_t *p, const uint8_t *last);
static int pa_json_is_surrogate(const uint8_t *p, const uint8_t *last,
    char low, char high);
static int pa_json_digits(const pa_str_t *text, int64_t *n);


pa_json_t *
pa_json_read(uint8_t *text, size_t len)
{
    json_t  *document;

    static const uint8_t  bom[] = { 0xef, 0xbb, 0xbf };
    static const size_t   flags = JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL;

    if (len == 0) {
        return NULL;
    }

    if (len >= sizeof(bom) && memcmp(text, bom, sizeof(bom)) == 0) {
        text += sizeof(bom);
        len -= sizeof(bom);
    }

    document = json_loadb((const char *) text, len, flags, NULL);

    if (document == NULL) {
        pa_json_tame(text, text + len);
        document = json_loadb((const char *) text, len, flags, NULL);
    }

    return document;
}


void
pa_json_free(pa_json_t *document)
{
    json_decref(document);
}


int
pa_json_is_object(const pa_json_t *value)
{
    return json_is_object(value);
}


pa_json_t *
pa_json_member(const pa_json_t *value, const char *name)
{
    return json_object_get(value, name);
}


size_t
pa_json_nelements(const pa_json_t *value)
{
    if (value == NULL) {
        return 0;
    }

    return json_is_array(value) ? json_array_size(value) : 1;
}


pa_json_t *
pa_json_element(pa_json_t *value, size_t i)
{
    return json_is_array(value) ? json_array_get(value, i) : value;
}


int
pa_json_string(const pa_json_t *value, pa_str_t *text)
{
    if (!json_is_string(value)) {
        return PA_ERROR;
    }

    text->data = (const uint8_t *) json_string_value(value);
    text->len = json_string_length(value);

    return PA_OK;
}


int
pa_json_integer(const pa_json_t *value, int64_t *n)
{
    double    real;
    int64_t   integer;
    pa_str_t  text;

    if (json_is_integer(value)) {
        *n = json_integer_value(value);
        return PA_OK;
    }

    if (json_is_real(value)) {
        real = json_real_value(value);

        if (real < -PA_JSON_EXACT || real > PA_JSON_EXACT) {
            return PA_ERROR;
        }

        integer = (int64_t) real;

        if ((double) integer != real) {
            return PA_ERROR;
        }

        *n = integer;

        return PA_OK;
    }

    if (pa_json_string(value, &text) != PA_OK) {
        return PA_ERROR;
    }

    return pa_json_digits(&text, n);
}


/*
 * Overwrites, byte for byte, what makes jansson refuse a whole document.  The
 * text need not be well-formed; what is wrong otherwise stays wrong.
 */

static void
pa_json_tame(uint8_t *p, uint8_t *last)
{
    while (p < last) {

        if (*p == '"') {
            p = pa_json_tame_string(p + 1, last);

        } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
            p = pa_json_tame_number(p, last);

        } else {
            p++;
        }
    }
}


static uint8_t *
pa_json_tame_string(uint8_t *p, uint8_t *last)
{
    size_t  n;

    while (p < last && *p != '"') {

        if (*p == '\\' && last - p >= 6 && p[1] == 'u') {

            if (pa_json_is_surrogate(p, last, '8', 'b')
                && pa_json_is_surrogate(p + 6, last, 'c', 'f'))
            {
                p += 12;
                continue;
            }

            pa_json_tame_escape(p, last);
            p += 6;
            continue;
        }

        if (*p == '\\' && last - p >= 2) {
            p += 2;
            continue;
        }

        n = pa_json_utf8_len(p, last);

        if (n == 0) {
            *p = '?';
            n = 1;

        } else if (*p < 0x20) {
            *p = ' ';
        }

        p += n;
    }

    return p < last ? p + 1 : p;
}


/* jansson takes neither a lone surrogate nor a null byte in a name */

static void
pa_json_tame_escape(uint8_t *p, const uint8_t *last)
{
    if (memcmp(p, "\\u0000", 6) == 0
        || pa_json_is_surrogate(p, last, '8', 'f'))
    {
        memcpy(p, "\\ufffd", 6);
    }
}


/*
 * What does not fit becomes null: it is none of the numbers that a reply is
 * read for, and half a token is worse than none.
 */

static uint8_t *
pa_json_tame_number(uint8_t *p, uint8_t *last)
{
    size_t            len;
    pa_str_t          text;
    pa_json_scan_t    s;
    pa_json_number_t  number;

    text.data = p;
    text.len = (size_t) (last - p);

    pa_json_scan_init(&s, NULL, &text);

    if (pa_json_scan_number(&s, &number) == PA_OK
        && !pa_json_number_fits(&number))
    {
        memset(p, ' ', number.text.len);
        memcpy(p, "null", 4);
    }

    len = (size_t) (s.pos - s.start);

    return p + len;
}


/* strict, as the second reading is there for odd texts only */

static int
pa_json_number_fits(const pa_json_number_t *number)
{
    size_t          i, len;
    const uint8_t  *p;

    static const char  largest[] = "9223372036854775807";

    p = number->text.data;
    len = number->text.len;

    if (number->integer) {

        if (*p == '-') {
            p++;
            len--;
        }

        return len < sizeof(largest) - 1
               || (len == sizeof(largest) - 1 && memcmp(p, largest, len) <= 0);
    }

    for (i = 0; i < len; i++) {
        if (p[i] == 'e' || p[i] == 'E') {
            break;
        }
    }

    return len <= PA_JSON_SAFE_REAL_LEN && len - i <= PA_JSON_SAFE_EXPONENT_LEN;
}


/* bytes of the character at p, 0 if it is no UTF-8 (RFC 3629, 4) */

static size_t
pa_json_utf8_len(const uint8_t *p, const uint8_t *last)
{
    size_t    i, n;
    uint32_t  ch;

    static const uint32_t  smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (*p < 0x80) {
        return 1;
    }

    n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;

    if (*p < 0xc0 || *p > 0xf7 || (size_t) (last - p) < n) {
        return 0;
    }

    ch = *p & (0x7fu >> n);

    for (i = 1; i < n; i++) {

        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        ch = ch << 6 | (p[i] & 0x3fu);
    }

    if (ch < smallest[n] || ch > 0x10ffff || (ch & 0x1ff800) == 0xd800) {
        return 0;
    }

    return n;
}


/* \uDlxx with l from low to high */

static int
pa_json_is_surrogate(const uint8_t *p, const uint8_t *last, char low,
    char high)
{
    char  c;

    if (last - p < 6 || p[0] != '\\' || p[1] != 'u' || (p[2] | 0x20) != 'd') {
        return 0;
    }

    c = (char) (p[3] | 0x20);

    if (p[3] >= '0' && p[3] <= '9') {
        c = (char) p[3];
    }

    /* as characters '8' < '9' < 'a' < 'f', so a range spans both kinds */

    return c >= low && c <= high;
}


static int
pa_json_digits(const pa_str_t *text, int64_t *n)
{
    size_t   i;
    int64_t  integer;

    if (text->len == 0 || text->len > PA_JSON_SAFE_DIGITS) {
        return PA_ERROR;
    }

    integer = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return PA_ERROR;
        }

        integer = integer * 10 + (text->data[i] - '0');
    }

    *n = integer;

    return PA_OK;
}
