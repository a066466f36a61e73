
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "plain.h"
#include "scan.h"


#define PA_JSON_END  (-1)


/*
 * The kinds of the open brackets, one bit each, 1 for an object.  Sixty-four
 * levels fit into the structure; deeper texts get twice as many each time.
 */

typedef struct {
    uint8_t          levels[8];
    uint8_t         *bits;
    size_t           size;        /* levels there is room for */
    size_t           depth;
} pa_json_nesting_t;


static int pa_json_skip_space(pa_json_scan_t *s);
static int pa_json_scan_rest(pa_json_scan_t *s, pa_json_string_t *string);
static int pa_json_scan_literal(pa_json_scan_t *s);
static int pa_json_scan_escape(pa_json_scan_t *s);
static int pa_json_scan_character(pa_json_scan_t *s);
static int pa_json_scan_digits(pa_json_scan_t *s);
static int pa_json_scan_scalar(pa_json_scan_t *s, pa_json_type_e type);
static int pa_json_push(pa_json_scan_t *s, pa_json_nesting_t *nesting,
    int object);
static int pa_json_top(pa_json_nesting_t *nesting);
static uint32_t pa_json_hex4(const uint8_t *p);
static int pa_json_is_escape(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_json_decode_escape(const uint8_t *p,
    const uint8_t *last, uint32_t *ch);
static const uint8_t *pa_json_copy_odd(const uint8_t *p, const uint8_t *last,
    uint8_t **dst);
static uint8_t *pa_json_encode_utf8(uint8_t *dst, uint32_t ch);


/* skips white space; the byte that comes next, or PA_JSON_END */

static inline int
pa_json_peek(pa_json_scan_t *s)
{
    if (s->pos < s->last && *s->pos > ' ') {
        return *s->pos;
    }

    return pa_json_skip_space(s);
}


/* steps over "{", "[" or ",", and over the bracket that closes */

static inline int
pa_json_scan_next(pa_json_scan_t *s, int first, uint8_t close)
{
    int  next;

    if (first) {
        s->pos++;
    }

    next = pa_json_peek(s);

    if (next == close) {
        s->pos++;
        return PA_DONE;
    }

    if (first) {
        return PA_OK;
    }

    if (next != ',') {
        return PA_ERROR;
    }

    s->pos++;

    return PA_OK;
}


void
pa_json_scan_init(pa_json_scan_t *s, pa_pool_t *pool, const pa_str_t *text)
{
    s->start = text->data;
    s->pos = text->data;
    s->last = text->data + text->len;
    s->pool = pool;
    s->lenient = 0;
    s->no_memory = 0;
}


pa_json_type_e
pa_json_scan_type(pa_json_scan_t *s)
{
    switch (pa_json_peek(s)) {

    case '{':
        return PA_JSON_OBJECT;

    case '[':
        return PA_JSON_ARRAY;

    case '"':
        return PA_JSON_STRING;

    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return PA_JSON_NUMBER;

    case 't':
    case 'f':
    case 'n':
        return PA_JSON_LITERAL;

    default:
        return PA_JSON_ERROR;
    }
}


int
pa_json_scan_string(pa_json_scan_t *s, pa_json_string_t *string)
{
    string->raw.data = s->pos + 1;
    string->escaped = 0;
    string->odd = 0;

    s->pos = pa_json_skip_plain(string->raw.data, s->last);

    if ((s->pos == s->last || *s->pos != '"')
        && pa_json_scan_rest(s, string) != PA_OK)
    {
        return PA_ERROR;
    }

    string->raw.len = (size_t) (s->pos - string->raw.data);
    s->pos++;

    return PA_OK;
}


int
pa_json_scan_number(pa_json_scan_t *s, pa_json_number_t *number)
{
    number->text.data = s->pos;
    number->integer = 1;

    if (*s->pos == '-') {
        s->pos++;
    }

    if (s->pos < s->last && *s->pos == '0') {
        s->pos++;

    } else if (pa_json_scan_digits(s) != PA_OK) {
        return PA_ERROR;
    }

    if (s->pos < s->last && *s->pos == '.') {
        s->pos++;
        number->integer = 0;

        if (pa_json_scan_digits(s) != PA_OK) {
            return PA_ERROR;
        }
    }

    if (s->pos < s->last && (*s->pos == 'e' || *s->pos == 'E')) {
        s->pos++;
        number->integer = 0;

        if (s->pos < s->last && (*s->pos == '+' || *s->pos == '-')) {
            s->pos++;
        }

        if (pa_json_scan_digits(s) != PA_OK) {
            return PA_ERROR;
        }
    }

    number->text.len = (size_t) (s->pos - number->text.data);

    return PA_OK;
}


int
pa_json_scan_object_next(pa_json_scan_t *s, int first, pa_json_string_t *name)
{
    int  rc;

    rc = pa_json_scan_next(s, first, '}');
    if (rc != PA_OK) {
        return rc;
    }

    if (pa_json_peek(s) != '"' || pa_json_scan_string(s, name) != PA_OK) {
        return PA_ERROR;
    }

    if (pa_json_peek(s) != ':') {
        return PA_ERROR;
    }

    s->pos++;

    return PA_OK;
}


int
pa_json_scan_array_next(pa_json_scan_t *s, int first)
{
    return pa_json_scan_next(s, first, ']');
}


int
pa_json_scan_skip(pa_json_scan_t *s)
{
    int                rc, first, object;
    pa_json_type_e     type;
    pa_json_string_t   name;
    pa_json_nesting_t  nesting;

    memset(&nesting, 0, sizeof(pa_json_nesting_t));

    nesting.bits = nesting.levels;
    nesting.size = 8 * sizeof(nesting.levels);

    for ( ;; ) {
        type = pa_json_scan_type(s);
        first = (type == PA_JSON_OBJECT || type == PA_JSON_ARRAY);

        if (first) {
            rc = pa_json_push(s, &nesting, type == PA_JSON_OBJECT);

        } else {
            rc = pa_json_scan_scalar(s, type);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }

        do {
            if (nesting.depth == 0) {
                return PA_OK;
            }

            object = pa_json_top(&nesting);
            rc = object ? pa_json_scan_object_next(s, first, &name)
                        : pa_json_scan_array_next(s, first);

            if (rc == PA_ERROR) {
                return PA_ERROR;
            }

            if (rc == PA_DONE) {
                nesting.depth--;
                first = 0;
            }

        } while (rc == PA_DONE);
    }
}


int
pa_json_scan_end(pa_json_scan_t *s)
{
    return pa_json_peek(s) == PA_JSON_END ? PA_OK : PA_ERROR;
}


void
pa_json_scan_position(pa_json_scan_t *s, pa_json_position_t *position)
{
    const uint8_t  *p;

    position->line = 1;
    position->column = 1;

    for (p = s->start; p < s->pos; p++) {

        if (*p == '\n') {
            position->line++;
            position->column = 1;

        } else if ((*p & 0xc0) != 0x80) {
            position->column++;
        }
    }
}


int
pa_json_string_rewrite(pa_pool_t *pool, const pa_json_string_t *string,
    pa_str_t *text)
{
    uint8_t        *dst;
    uint32_t        ch;
    const uint8_t  *p, *last;

    /* no escape is shorter than the UTF-8 it stands for */

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


static int
pa_json_skip_space(pa_json_scan_t *s)
{
    const uint8_t  *p;

    p = s->pos;

    while (p < s->last
           && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    {
        p++;
    }

    s->pos = p;

    return p < s->last ? *p : PA_JSON_END;
}


/* what follows the first characters of a string, which were plain */

static int
pa_json_scan_rest(pa_json_scan_t *s, pa_json_string_t *string)
{
    const uint8_t  *start;

    while (s->pos < s->last && *s->pos != '"') {

        if (*s->pos == '\\') {
            string->escaped = 1;
            start = s->pos;

            if (pa_json_scan_escape(s) != PA_OK) {

                if (!s->lenient) {
                    return PA_ERROR;
                }

                /* a backslash that stands for itself */

                string->odd = 1;
                s->pos = start + 1;
            }

        } else if (pa_json_scan_character(s) != PA_OK) {

            if (!s->lenient) {
                return PA_ERROR;
            }

            string->odd = 1;
            s->pos++;
        }

        s->pos = pa_json_skip_plain(s->pos, s->last);
    }

    return s->pos < s->last ? PA_OK : PA_ERROR;
}


static int
pa_json_scan_literal(pa_json_scan_t *s)
{
    size_t       i;
    pa_str_t    *literal;

    static pa_str_t  literals[] = {
        pa_string("true"), pa_string("false"), pa_string("null")
    };

    for (literal = literals; literal->data[0] != *s->pos; literal++) {
        /* the caller has seen the first letter of one of them */
    }

    for (i = 0; i < literal->len; i++) {

        if (s->pos == s->last || *s->pos != literal->data[i]) {
            return PA_ERROR;
        }

        s->pos++;
    }

    return PA_OK;
}


static int
pa_json_scan_escape(pa_json_scan_t *s)
{
    unsigned  i;
    uint8_t   c;

    s->pos++;

    if (s->pos == s->last) {
        return PA_ERROR;
    }

    if (*s->pos != 'u') {

        if (*s->pos == '\0' || strchr("\"\\/bfnrt", *s->pos) == NULL) {
            return PA_ERROR;
        }

        s->pos++;

        return PA_OK;
    }

    s->pos++;

    for (i = 0; i < 4; i++) {

        if (s->pos == s->last) {
            return PA_ERROR;
        }

        c = *s->pos | 0x20;

        if ((*s->pos < '0' || *s->pos > '9') && (c < 'a' || c > 'f')) {
            return PA_ERROR;
        }

        s->pos++;
    }

    return PA_OK;
}


/*
 * A character that RFC 3629 section 4 has beyond ASCII.  An error is placed at
 * the first byte of a character.
 */

static int
pa_json_scan_character(pa_json_scan_t *s)
{
    uint8_t   c, low, high;
    unsigned  i, rest;

    c = *s->pos;
    low = 0x80;
    high = 0xbf;

    if (c >= 0xc2 && c <= 0xdf) {
        rest = 1;

    } else if ((c & 0xf0) == 0xe0) {
        rest = 2;
        low = (c == 0xe0) ? 0xa0 : 0x80;
        high = (c == 0xed) ? 0x9f : 0xbf;

    } else if (c >= 0xf0 && c <= 0xf4) {
        rest = 3;
        low = (c == 0xf0) ? 0x90 : 0x80;
        high = (c == 0xf4) ? 0x8f : 0xbf;

    } else {
        return PA_ERROR;
    }

    if ((size_t) (s->last - s->pos) <= rest) {
        return PA_ERROR;
    }

    if (s->pos[1] < low || s->pos[1] > high) {
        return PA_ERROR;
    }

    for (i = 2; i <= rest; i++) {
        if ((s->pos[i] & 0xc0) != 0x80) {
            return PA_ERROR;
        }
    }

    s->pos += 1 + rest;

    return PA_OK;
}


static int
pa_json_scan_digits(pa_json_scan_t *s)
{
    const uint8_t  *first;

    first = s->pos;

    while (s->pos < s->last && *s->pos >= '0' && *s->pos <= '9') {
        s->pos++;
    }

    return s->pos != first ? PA_OK : PA_ERROR;
}


static int
pa_json_scan_scalar(pa_json_scan_t *s, pa_json_type_e type)
{
    pa_json_string_t  string;
    pa_json_number_t  number;

    switch (type) {

    case PA_JSON_STRING:
        return pa_json_scan_string(s, &string);

    case PA_JSON_NUMBER:
        return pa_json_scan_number(s, &number);

    case PA_JSON_LITERAL:
        return pa_json_scan_literal(s);

    default:
        return PA_ERROR;
    }
}


static int
pa_json_push(pa_json_scan_t *s, pa_json_nesting_t *nesting, int object)
{
    size_t    size;
    uint8_t  *bits, mask;

    if (nesting->depth == nesting->size) {

        size = nesting->size / 4;

        bits = pa_alloc(s->pool, size);
        if (bits == NULL) {
            s->no_memory = 1;
            return PA_ERROR;
        }

        memset(bits, 0, size);
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


static int
pa_json_top(pa_json_nesting_t *nesting)
{
    size_t  top;

    top = nesting->depth - 1;

    return nesting->bits[top / 8] >> (top % 8) & 1;
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


/* in an odd string a backslash may begin none */

static int
pa_json_is_escape(const uint8_t *p, const uint8_t *last)
{
    pa_str_t        rest;
    pa_json_scan_t  s;

    rest.data = p;
    rest.len = (size_t) (last - p);

    pa_json_scan_init(&s, NULL, &rest);

    return pa_json_scan_escape(&s) == PA_OK;
}


/* p stands behind the backslash of an escape that the scan has accepted */

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


/* one character of an odd string */

static const uint8_t *
pa_json_copy_odd(const uint8_t *p, const uint8_t *last, uint8_t **dst)
{
    pa_str_t        rest;
    pa_json_scan_t  s;

    if (*p < 0x80) {
        *(*dst)++ = *p < 0x20 ? ' ' : *p;
        return p + 1;
    }

    rest.data = p;
    rest.len = (size_t) (last - p);

    pa_json_scan_init(&s, NULL, &rest);

    if (pa_json_scan_character(&s) != PA_OK) {
        *(*dst)++ = '?';
        return p + 1;
    }

    while (p < s.pos) {
        *(*dst)++ = *p++;
    }

    return p;
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
