
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The names that an object has had so far: a hash table that takes a million
 * of them as it takes ten, whatever a client chooses for them.
 */


#ifndef _PA_NAMES_H_INCLUDED_
#define _PA_NAMES_H_INCLUDED_


#include "json/scan.h"


PA_HIDDEN_BEGIN


#define PA_NAMES_FEW  16


/*
 * A slot points to a name, behind its first quote.  One before "since" is of
 * an object that was read earlier, and the slot is free.
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

/* the names that follow are of another object, which begins there */
void pa_names_begin(pa_names_t *names, const uint8_t *object);

/*
 * Adds a name of the text that has been read, behind those that were added
 * before.  PA_DONE: there is one with the same characters.  PA_ERROR: no
 * memory.
 */
int pa_names_add(pa_names_t *names, const pa_json_string_t *name);


PA_HIDDEN_END


#endif /* _PA_NAMES_H_INCLUDED_ */
