
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A word of memory that processes share.  It is changed by compare and swap:
 * no process undoes the change of another one, and a process that is killed
 * leaves neither a half change nor a lock behind.
 */


#ifndef _PA_WORD_H_INCLUDED_
#define _PA_WORD_H_INCLUDED_


#include "core.h"


typedef uint64_t  pa_word_t;


static inline uint64_t
pa_word_get(pa_word_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}


/* 0: the word was not old, and is unchanged */

static inline int
pa_word_swap(pa_word_t *word, uint64_t old, uint64_t value)
{
    return __atomic_compare_exchange_n(word, &old, value, 0, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}


/* adds one, returns the new value */

static inline uint64_t
pa_word_next(pa_word_t *word)
{
    return __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
}


#endif /* _PA_WORD_H_INCLUDED_ */
