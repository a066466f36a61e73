
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A frame for the unit tests of the core: TAP output, and a pool that hands
 * out memory of exactly the size asked for, so that the address sanitizer
 * sees every byte beyond, and that can be told to fail.
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include "core.h"


/* names of tests are formats for printf(), followed by their arguments */

#define UNIT_FORMAT(n)  __attribute__((format(printf, n, n + 1)))


/* a text that may hold null bytes, as an initializer and as a value */
#define T(text)    pa_string(text)
#define S(text)    ((pa_str_t) pa_string(text))

#define unit_str_is(s, text)                                                  \
    ((s)->len == sizeof(text) - 1                                             \
     && memcmp((s)->data, text, sizeof(text) - 1) == 0)

#define unit_nelts(array)  (sizeof(array) / sizeof((array)[0]))


/* the memory of all tests; what it gives is filled with rubbish */
extern pa_pool_t  unit_pool;

/* frees all memory of the pool and lets it work again */
void unit_reset(void);

/* lets the allocations numbered from..to, counted from 1, fail */
void unit_fail_allocations(size_t from, size_t to);

/* allocations tried since unit_reset(), and the bytes asked for */
size_t unit_allocations(void);
size_t unit_allocated(void);

/* so that what the next function called does not initialize is no zero */
void unit_rubbish_on_stack(void);

/* how many blocks of the pool's memory hold the text */
size_t unit_holding(const char *text);

/* copies in memory of the pool, in a block that ends where the text ends */
uint8_t *unit_copy(const pa_str_t *text);
pa_str_t unit_str(const pa_str_t *text);

/* the pool's, made as with printf(); for texts without null bytes */
pa_str_t unit_sprintf(const char *format, ...) UNIT_FORMAT(1);


/* one test each */
void unit_ok(int ok, const char *name, ...) UNIT_FORMAT(2);
void unit_int(int64_t got, int64_t want, const char *name, ...) UNIT_FORMAT(3);
void unit_text(const pa_str_t *got, const pa_str_t *want, const char *name,
    ...) UNIT_FORMAT(3);

/* a text for the name of a test: readable on one line, cut if long; static */
const char *unit_show(const pa_str_t *text);


/*
 * Calls with a pool that never fails, which must be PA_OK, then with one in
 * which each allocation in turn fails, alone and with all that follow, which
 * must be PA_ERROR.  One test.
 */
void unit_no_memory(int (*call)(void *data), void *data, const char *name);

/* prints the plan; the exit status of main() */
int unit_end(void);


#endif /* _UNIT_H_INCLUDED_ */
