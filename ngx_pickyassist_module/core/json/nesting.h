
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The open brackets of a JSON text, however many: what takes the place of
 * recursion.
 */


#ifndef _PA_JSON_NESTING_H_INCLUDED_
#define _PA_JSON_NESTING_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


/*
 * A bit for each of them, 1 for an object.  Sixty-four levels fit into the
 * structure; deeper texts get twice as many each time.
 */

typedef struct {
    uint8_t          levels[8];
    uint8_t         *bits;
    size_t           size;        /* levels there is room for */
    size_t           depth;
} pa_json_nesting_t;


/* no copies: it may point into itself */
void pa_json_nesting_init(pa_json_nesting_t *nesting);

/* one more; PA_ERROR: no memory */
int pa_json_nesting_push(pa_json_nesting_t *nesting, pa_pool_t *pool,
    int object);


/* the innermost one, depth not being 0; 1: an object */

static inline int
pa_json_nesting_top(const pa_json_nesting_t *nesting)
{
    size_t  top;

    top = nesting->depth - 1;

    return nesting->bits[top / 8] >> (top % 8) & 1;
}


PA_HIDDEN_END


#endif /* _PA_JSON_NESTING_H_INCLUDED_ */
