
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A secret, prepared for the search by redact: the patterns to look for, with
 * one bit for each character.
 */


#ifndef _PA_NEEDLE_H_INCLUDED_
#define _PA_NEEDLE_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* a shorter secret is searched for only plain and as in JSON */
#define PA_NEEDLE_MIN    8

/* needles consist of ASCII characters from this one on */
#define PA_NEEDLE_FIRST  0x20
#define PA_NEEDLE_CHARS  96


/*
 * There are several needles, the secret itself and its base64 at three
 * alignments, one after the other, with a bit for each character.  The sets of
 * bits are in one array: begin and accept, the first and the last characters
 * of the needles; strong, those that may be spelled in all ways; lead, first
 * characters that follow one with some bits of the secret; and for each
 * character, the places where it may occur.
 */

typedef struct {
    size_t               size;        /* of the memory, including this */
    size_t               min;         /* length of the shortest match */
    size_t               words;       /* of a set */
    uint64_t            *begin;
    uint64_t            *accept;
    uint64_t            *strong;
    uint64_t            *lead;
    uint64_t            *masks;
    uint8_t              first[256];  /* can a spelling begin so? 0: no; */
    uint8_t              second[256]; /* 1: followed by one of these */
} pa_redact_t;


/*
 * Prepares a secret of visible ASCII, in one piece of the pool's memory: a
 * kilobyte, and about 60 bytes for each byte of the secret.  The secret can be
 * read from it, so it must be wiped.  NULL: no memory, or the secret is empty.
 */
pa_redact_t *pa_redact_create(pa_pool_t *pool, const pa_str_t *secret);

/* to be called when the secret is wiped, before the pool is destroyed */
void pa_redact_wipe(pa_redact_t *redact);


/* 1: c may be a character of a needle */

static inline int
pa_redact_is_needed(uint8_t c)
{
    return c >= PA_NEEDLE_FIRST && c - PA_NEEDLE_FIRST < PA_NEEDLE_CHARS;
}


/* the set of places where c may occur */

static inline const uint64_t *
pa_redact_mask(const pa_redact_t *redact, uint8_t c)
{
    return redact->masks + (size_t) (c - PA_NEEDLE_FIRST) * redact->words;
}


PA_HIDDEN_END


#endif /* _PA_NEEDLE_H_INCLUDED_ */
