
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The ways to read the next character of a text: plain, or escaped for JSON,
 * URLs or HTML, or in hexadecimal.
 */


#ifndef _PA_SPELLING_H_INCLUDED_
#define _PA_SPELLING_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* the most ways at one place; a spelling has fewer bytes than this */
#define PA_SPELLINGS      16
#define PA_SPELLING_SIZE  64


typedef struct {
    uint8_t          c;           /* the character */
    uint8_t          len;         /* bytes of the spelling */
    uint8_t          strong;      /* neither plain nor as in JSON */
} pa_spelling_t;


/*
 * Writes all ways to read the text at p into spellings, which has room for
 * PA_SPELLINGS, and returns their number, at least 1.  None of them extends
 * beyond last, which is after p.
 */
size_t pa_spellings(const uint8_t *p, const uint8_t *last,
    pa_spelling_t *spellings);

/* a character of either alphabet of RFC 4648 */
int pa_is_base64(uint8_t c);


PA_HIDDEN_END


#endif /* _PA_SPELLING_H_INCLUDED_ */
