
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Strings of JSON (RFC 8259 section 7): their ends, and the characters that
 * they represent.
 */


#ifndef _PA_JSON_STRING_H_INCLUDED_
#define _PA_JSON_STRING_H_INCLUDED_


#include "../buf.h"
#include "plain.h"


PA_HIDDEN_BEGIN


/* what is between the quotes, as written in the text */

typedef struct {
    pa_str_t         raw;
    unsigned         escaped:1;
    unsigned         odd:1;       /* only a lenient scan accepts it */
} pa_json_string_t;


/* for pa_json_string_read(): strings that are not all plain */
int pa_json_string_read_on(const uint8_t **pos, const uint8_t *last,
    int lenient, pa_json_string_t *string);


/*
 * Reads a string.  *pos is after its first quote, and is moved after its last
 * one.  PA_ERROR: malformed at *pos; a lenient reader accepts any bytes, and
 * fails only if the string does not end.
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


/* for pa_json_string_decode(): strings that must be changed */
int pa_json_string_rewrite(pa_pool_t *pool, const pa_json_string_t *string,
    pa_str_t *text);


/*
 * The characters that the string represents, in UTF-8: in place, or in memory
 * of the pool if any differ.  A lone surrogate, which the grammar allows but
 * Unicode does not, becomes U+FFFD.  In an odd string, a control character
 * becomes a space, a byte that is not UTF-8 becomes a question mark, and a
 * backslash that does not begin an escape represents itself.  PA_ERROR: no
 * memory.
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
 * The inside of the same string as written, but made valid JSON and Unicode:
 * what decode() replaces is replaced here too.
 */
void pa_json_string_mend(pa_buf_t *b, const pa_json_string_t *string);

/*
 * For strings that are not odd, without allocation: returns the next character
 * of decode().  *p is in the raw text, and is moved after the character.
 */
uint32_t pa_json_string_char(const uint8_t **p, const uint8_t *last);

/*
 * Copies the characters in UTF-8 to dst, if they fit into size bytes.  Returns
 * the number of bytes, or size + 1 if there are more.
 */
size_t pa_json_string_copy(const pa_json_string_t *string, uint8_t *dst,
    size_t size);

/* compares the characters with a text in UTF-8, or with another string */
int pa_json_string_is(const pa_json_string_t *string, const pa_str_t *text);
int pa_json_string_equal(const pa_json_string_t *a, const pa_json_string_t *b);


PA_HIDDEN_END


#endif /* _PA_JSON_STRING_H_INCLUDED_ */
