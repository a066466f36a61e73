
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The names that have occurred in an object: a hash table that is as fast with
 * a million names as with ten, whatever names a client chooses.
 */


#ifndef _PA_NAMES_H_INCLUDED_
#define _PA_NAMES_H_INCLUDED_


#include "json/scan.h"


PA_HIDDEN_BEGIN


#define PA_NAMES_FEW  16


/*
 * A slot points to a name, after its first quote.  A name before "since"
 * belongs to an object that was read earlier: the slot is free.
 */

typedef struct {
    pa_pool_t       *pool;
    uint64_t         seed;
    const uint8_t   *since;
    const uint8_t  **slots;
    size_t           size;        /* a power of two */
    size_t           n;
    const uint8_t   *few[PA_NAMES_FEW];
} pa_names_t;


/* seed: unknown to clients */
void pa_names_init(pa_names_t *names, pa_pool_t *pool, uint64_t seed);

/* the next names belong to another object, which begins there */
void pa_names_begin(pa_names_t *names, const uint8_t *object);

/*
 * Adds the name that has just been read; names are added in the order of the
 * text.  PA_DONE: a name with the same characters exists.  PA_ERROR: no
 * memory.
 */
int pa_names_add(pa_names_t *names, const pa_json_string_t *name);


PA_HIDDEN_END


#endif /* _PA_NAMES_H_INCLUDED_ */
