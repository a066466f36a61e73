
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Removes a secret from the vendor's reply, in any spelling.
 *
 * The secret is found plain, and with any of its characters written
 *
 *     as in JSON, once or quoted several times: \+, \u002b, \\u002B
 *     percent-encoded (RFC 3986 section 2.1): %2B, %2b, %252B, %u002B
 *     as an HTML entity: &plus;, &#43;, &#x2B;, &amp;plus;
 *     in hexadecimal: 2B, 2b, \x2b
 *
 * in any mix; and within a text in base64 or base64url (RFC 4648), wherever in
 * a group of three bytes it begins, that may itself be written in these ways.
 * A secret that is shorter than PA_NEEDLE_MIN bytes is searched for only plain
 * and as in JSON: the other spellings would match by chance.
 *
 * An automaton with a bit for each character that may come next (Shift-And)
 * follows all spellings at once and never goes back.  For a text of n bytes
 * and a secret of m bytes, it takes at most n * 9 steps of (5 * m + 70) / 64
 * words, as there are up to 9 ways to read a row of backslashes, and as many
 * again to find the beginning of a match.  Where nothing resembles the
 * beginning of the secret, it only looks at each byte once.  Instructions for
 * 64 kilobytes and a token of 40 bytes (callgrind): 0.7 million for words, 4
 * million for random hexadecimal digits, 17 million for "aaa..." and a similar
 * token, 65 million for backslashes and a token of backslashes.
 */


#ifndef _PA_REDACT_H_INCLUDED_
#define _PA_REDACT_H_INCLUDED_


#include "needle.h"


PA_HIDDEN_BEGIN


/* the secrets to search texts for */

typedef struct {
    pa_pool_t           *pool;
    const pa_redact_t   *const *redacts;
    size_t               nredacts;
    size_t               min;         /* length of the shortest match */

    uint64_t            *ring;
    size_t               ring_words;
} pa_redactor_t;


/* redacts are owned by the caller; some may be NULL */
void pa_redactor_init(pa_redactor_t *redactor, pa_pool_t *pool,
    const pa_redact_t *const *redacts, size_t nredacts);

/* for pa_redact(): a text that is long enough for a match */
int pa_redact_long(pa_redactor_t *redactor, pa_str_t *text, int copy);


/*
 * Replaces the secrets in a text by "[redacted]".  A text without secrets is
 * unchanged; otherwise the new text is in memory of the pool, and the secret
 * is wiped from the old one if that was a copy that nobody else wipes.
 * PA_ERROR: no memory, and the text is empty.
 */

static inline int
pa_redact(pa_redactor_t *redactor, pa_str_t *text, int copy)
{
    if (text->len < redactor->min) {
        return PA_OK;
    }

    return pa_redact_long(redactor, text, copy);
}


PA_HIDDEN_END


#endif /* _PA_REDACT_H_INCLUDED_ */
