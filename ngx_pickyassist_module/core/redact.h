
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A secret that the vendor sends back is taken out, however it is written.
 *
 * The secret is found as it is, and with any of its characters written
 *
 *     as in JSON, once or quoted several times: \+, \u002b, \\u002B
 *     percent-encoded (RFC 3986 section 2.1): %2B, %2b, %252B, %u002B
 *     as an HTML entity: &plus;, &#43;, &#x2B;, &amp;plus;
 *     in hexadecimal: 2B, 2b, \x2b
 *
 * in any mix; and within a text in base64 or base64url (RFC 4648), wherever in
 * a group of three bytes it begins, that may itself be written in these ways.
 * Of a secret that is shorter than PA_NEEDLE_MIN bytes only the first two are
 * looked for: the others would be found where there are none.
 *
 * All ways are followed at once, by an automaton with a bit for each character
 * that may come next (Shift-And): no text can make it go back.  In a text of n
 * bytes, a secret of m bytes costs at most n * 9 steps of (5 * m + 70) / 64
 * words, 9 being the ways to read a row of backslashes, and as many again to
 * find where what was found begins.  Where nothing looks like the beginning of
 * the secret, it costs a look at each of the n bytes.  In instructions, for 64
 * kilobytes and a token of 40 bytes (callgrind): 0.7 million for words, 4
 * million for random hexadecimal digits, 17 million for "aaa..." and a token
 * like it, 65 million for backslashes alone and a token of these.
 */


#ifndef _PA_REDACT_H_INCLUDED_
#define _PA_REDACT_H_INCLUDED_


#include "needle.h"


PA_HIDDEN_BEGIN


/* those that one text after the other is searched for */

typedef struct {
    pa_pool_t           *pool;
    const pa_redact_t   *const *redacts;
    size_t               nredacts;
    size_t               min;         /* no text with a secret is shorter */

    uint64_t            *ring;
    size_t               ring_words;
} pa_redactor_t;


/* redacts stay the caller's; some may be NULL */
void pa_redactor_init(pa_redactor_t *redactor, pa_pool_t *pool,
    const pa_redact_t *const *redacts, size_t nredacts);

/* for pa_redact(), a text that is long enough */
int pa_redact_long(pa_redactor_t *redactor, pa_str_t *text, int copy);


/*
 * Replaces the secrets in a text by "[redacted]".  A text without any stays
 * where it is; another one is the pool's memory, and if it was a copy that
 * nobody else wipes, the secret is wiped from it.  PA_ERROR: no memory, and the
 * text is empty.
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
