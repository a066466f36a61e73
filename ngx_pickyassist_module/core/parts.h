
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The parts of a body that are sent: slices of it, byte for byte and as few as
 * possible, and what is between them.
 */


#ifndef _PA_PARTS_H_INCLUDED_
#define _PA_PARTS_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


#define PA_PARTS_MAX  63


typedef struct {
    pa_pool_t       *pool;
    const pa_str_t  *body;
    uint8_t         *copy;        /* NULL until there are too many slices */
    size_t           n;
    pa_str_t         list[PA_PARTS_MAX];
} pa_parts_t;


/* body: the slices are parts of it, together not longer than it */
void pa_parts_init(pa_parts_t *parts, pa_pool_t *pool, const pa_str_t *body);

/*
 * Adds a member of an object at this place in the body, and a comma before it.
 * Members are added in the order of the body.  PA_ERROR: no memory.
 */
int pa_parts_member(pa_parts_t *parts, const uint8_t *start,
    const uint8_t *last);

/* adds the bracket that closes the object, before last in the body */
int pa_parts_end(pa_parts_t *parts, const uint8_t *last);


PA_HIDDEN_END


#endif /* _PA_PARTS_H_INCLUDED_ */
