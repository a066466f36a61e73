
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The ways in which the next character of a text may be meant: as it is, or
 * escaped by JSON, by a URL, by HTML, or in hexadecimal.
 */


#ifndef _PA_SPELLING_H_INCLUDED_
#define _PA_SPELLING_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* the most ways at one place, and bytes of one that are fewer than this */
#define PA_SPELLINGS      16
#define PA_SPELLING_SIZE  64


typedef struct {
    uint8_t          c;           /* what is meant */
    uint8_t          len;         /* by so many bytes */
    uint8_t          strong;      /* neither as it is nor as in JSON */
} pa_spelling_t;


/*
 * Puts all that the text from p on may begin with into spellings, of which
 * there is room for PA_SPELLINGS, and returns how many there are, at least 1.
 * None goes beyond last, which is behind p.
 */
size_t pa_spellings(const uint8_t *p, const uint8_t *last,
    pa_spelling_t *spellings);

/* a character of either alphabet of RFC 4648 */
int pa_is_base64(uint8_t c);


PA_HIDDEN_END


#endif /* _PA_SPELLING_H_INCLUDED_ */
