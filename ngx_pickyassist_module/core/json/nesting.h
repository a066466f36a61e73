
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The open brackets of a JSON text, to any depth, in place of recursion.
 */


#ifndef _PA_JSON_NESTING_H_INCLUDED_
#define _PA_JSON_NESTING_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


/*
 * One bit for each bracket, 1 for an object.  The structure has room for 64
 * levels; for deeper texts the room is doubled.
 */

typedef struct {
    uint8_t          levels[8];
    uint8_t         *bits;
    size_t           size;        /* levels there is room for */
    size_t           depth;
} pa_json_nesting_t;


/* do not copy it: it may point into itself */
void pa_json_nesting_init(pa_json_nesting_t *nesting);

/* adds one; PA_ERROR: no memory */
int pa_json_nesting_push(pa_json_nesting_t *nesting, pa_pool_t *pool,
    int object);


/* the innermost one; 1: an object; depth must not be 0 */

static inline int
pa_json_nesting_top(const pa_json_nesting_t *nesting)
{
    size_t  top;

    top = nesting->depth - 1;

    return nesting->bits[top / 8] >> (top % 8) & 1;
}


PA_HIDDEN_END


#endif /* _PA_JSON_NESTING_H_INCLUDED_ */
