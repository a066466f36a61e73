
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Strings of JSON (RFC 8259 section 7): where they end, what characters they
 * stand for.
 */


#ifndef _PA_JSON_STRING_H_INCLUDED_
#define _PA_JSON_STRING_H_INCLUDED_


#include "../buf.h"
#include "plain.h"


PA_HIDDEN_BEGIN


/* what stands between the quotes, as it is written in the text */

typedef struct {
    pa_str_t         raw;
    unsigned         escaped:1;
    unsigned         odd:1;       /* it has what only a lenient scan accepts */
} pa_json_string_t;


/* for pa_json_string_read(), the strings that are not all plain */
int pa_json_string_read_on(const uint8_t **pos, const uint8_t *last,
    int lenient, pa_json_string_t *string);


/*
 * Reads a string, *pos being behind its first quote, and puts *pos behind its
 * last one.  PA_ERROR: malformed, and *pos is where; a lenient reader, though,
 * takes any byte and minds only that there is no end.
 */

static inline int
pa_json_string_read(const uint8_t **pos, const uint8_t *last, int lenient,
    pa_json_string_t *string)
{
    const uint8_t  *p;

    string->raw.data = *pos;
    string->escaped = 0;
    string->odd = 0;

    p = pa_json_skip_plain(*pos, last);

    if (p == last || *p != '"') {
        *pos = p;
        return pa_json_string_read_on(pos, last, lenient, string);
    }

    string->raw.len = (size_t) (p - *pos);
    *pos = p + 1;

    return PA_OK;
}


/* for pa_json_string_decode(), the strings that cannot stay as they are */
int pa_json_string_rewrite(pa_pool_t *pool, const pa_json_string_t *string,
    pa_str_t *text);


/*
 * The characters that the string stands for, in UTF-8: in place, or in memory
 * of the pool if any differ.  A lone surrogate, which the grammar allows and
 * Unicode does not, becomes U+FFFD; in an odd string a control character
 * becomes a space, a byte that is not UTF-8 a question mark, and a backslash
 * that begins no escape stands for itself.  PA_ERROR: no memory.
 */

static inline int
pa_json_string_decode(pa_pool_t *pool, const pa_json_string_t *string,
    pa_str_t *text)
{
    if (string->escaped || string->odd) {
        return pa_json_string_rewrite(pool, string, text);
    }

    *text = string->raw;

    return PA_OK;
}


/*
 * The inside of the same string as it is written, but valid JSON and Unicode:
 * what decode() takes for something else is written as that.
 */
void pa_json_string_mend(pa_buf_t *b, const pa_json_string_t *string);

/*
 * For strings that are not odd, and without memory: the next of the characters
 * that decode() gives, *p being in the raw text and behind it afterwards.
 */
uint32_t pa_json_string_char(const uint8_t **p, const uint8_t *last);

/*
 * Copies the characters in UTF-8 to dst, if they fit into size bytes.  Returns
 * how many bytes there are, or size + 1 if there are more.
 */
size_t pa_json_string_copy(const pa_json_string_t *string, uint8_t *dst,
    size_t size);

/* the same characters are those of a text in UTF-8, of another string */
int pa_json_string_is(const pa_json_string_t *string, const pa_str_t *text);
int pa_json_string_equal(const pa_json_string_t *a, const pa_json_string_t *b);


PA_HIDDEN_END


#endif /* _PA_JSON_STRING_H_INCLUDED_ */
