
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What all files of the core share.  The core knows the vendor's API and JSON,
 * but not nginx: memory comes from the caller's pool, text is bytes with a
 * length, and nothing here does input or output.
 */


#ifndef _PA_CORE_H_INCLUDED_
#define _PA_CORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>


/*
 * nginx loads its modules into one name space.  Declarations between these two
 * are hidden from other modules: names cannot collide, and calls do not need
 * the table of the dynamic linker.
 */

#define PA_HIDDEN_BEGIN  _Pragma("GCC visibility push(hidden)")
#define PA_HIDDEN_END    _Pragma("GCC visibility pop")


/*
 * An assertion about the module's own code, whatever others send.  A debug
 * build aborts if it does not hold; other builds do not check it.  PA_DEBUG is
 * set for the unit tests, for fuzzing, and by tools/sanitize, but not by
 * nginx's --with-debug, which distributions use.
 */

#ifdef PA_DEBUG
#define pa_assert(condition)  ((condition) ? (void) 0 : abort())
#else
#define pa_assert(condition)
#endif


#define PA_OK      0
#define PA_ERROR  -1


typedef struct {
    const uint8_t   *data;
    size_t           len;
} pa_str_t;


/*
 * alloc() returns size bytes aligned for any object, or NULL.  The core never
 * frees memory: it lives as long as the caller's pool.
 */

typedef struct {
    void          *(*alloc)(void *data, size_t size);
    void            *data;
} pa_pool_t;


#define pa_string(text)        { (const uint8_t *) text, sizeof(text) - 1 }
#define pa_alloc(pool, size)   (pool)->alloc((pool)->data, size)


static inline int
pa_str_equal(const pa_str_t *a, const pa_str_t *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}


/* copies s to dst, returns the end of the copy */

static inline uint8_t *
pa_copy(uint8_t *dst, const pa_str_t *s)
{
    memcpy(dst, s->data, s->len);

    return dst + s->len;
}


#endif /* _PA_CORE_H_INCLUDED_ */
