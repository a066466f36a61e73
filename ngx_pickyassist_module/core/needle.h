
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A secret, prepared to be found in texts by redact: what to look for, one bit
 * for each character.
 */


#ifndef _PA_NEEDLE_H_INCLUDED_
#define _PA_NEEDLE_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* a shorter secret is sought as it is and as JSON has it, and no other way */
#define PA_NEEDLE_MIN    8

/* the characters that needles consist of: those of ASCII from here on */
#define PA_NEEDLE_FIRST  0x20
#define PA_NEEDLE_CHARS  96


/*
 * Several needles, the secret itself and base64 at three alignments, stand one
 * behind the other, a bit for each of their characters.  The sets of bits are
 * in one array: begin and accept, the first and the last ones of the needles;
 * strong, those that may be spelt in all ways; lead, first ones before which
 * there is a character that tells some bits of the secret; and for each
 * character, where it may stand.
 */

typedef struct {
    size_t               size;        /* of the memory, this included */
    size_t               min;         /* no text with the secret is shorter */
    size_t               words;       /* of a set */
    uint64_t            *begin;
    uint64_t            *accept;
    uint64_t            *strong;
    uint64_t            *lead;
    uint64_t            *masks;
    uint8_t              first[256];  /* how a spelling begins, 0: not so; */
    uint8_t              second[256]; /* 1: with one of these behind it */
} pa_redact_t;


/*
 * Prepares a secret of visible ASCII, in one piece of the pool's memory: about
 * 60 bytes for each of the secret, and a kilobyte.  It can be read off from
 * that, so it is to be wiped.  NULL: no memory, or the secret is empty.
 */
pa_redact_t *pa_redact_create(pa_pool_t *pool, const pa_str_t *secret);

/* to be called when the secret itself is wiped, and before the pool goes */
void pa_redact_wipe(pa_redact_t *redact);


/* 1: c is a character of needles, as far as that can be said of all */

static inline int
pa_redact_is_needed(uint8_t c)
{
    return c >= PA_NEEDLE_FIRST && c - PA_NEEDLE_FIRST < PA_NEEDLE_CHARS;
}


/* the set of places where c may stand */

static inline const uint64_t *
pa_redact_mask(const pa_redact_t *redact, uint8_t c)
{
    return redact->masks + (size_t) (c - PA_NEEDLE_FIRST) * redact->words;
}


PA_HIDDEN_END


#endif /* _PA_NEEDLE_H_INCLUDED_ */
