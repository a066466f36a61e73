
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What the fuzz targets share.  A target checks properties: fuzz_check()
 * stops the program where one does not hold, which libFuzzer takes for a
 * crash and keeps the input of.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include <jansson.h>

#include "ip_address.h"
#include "problem.h"


/* the master token, and the token of a project */
#define FUZZ_SECRET  "3e09daea611a26691ead999715b215c7d81dbfb0"
#define FUZZ_TOKEN   "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"


#define fuzz_check(condition)                                                 \
    if (!(condition)) {                                                       \
        fuzz_fail(__FILE__, __LINE__, #condition);                            \
    }


/* what libFuzzer calls */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* blocks of exactly the size asked for, until fuzz_reset() */
extern pa_pool_t  fuzz_pool;

void fuzz_reset(void);
pa_str_t fuzz_copy(const uint8_t *data, size_t len);

void fuzz_fail(const char *file, int line, const char *condition)
    __attribute__((noreturn));

int fuzz_equal(const pa_str_t *a, const pa_str_t *b);

/*
 * What jansson reads from a text, NULL if it would not.  It loses null bytes
 * that stand behind a number or a literal, so it is not asked about those.
 */
json_t *fuzz_load(const pa_str_t *text, size_t flags, json_error_t *error);

/* what the gateway writes: an object in strict JSON, compact */
json_t *fuzz_parse_own(const pa_str_t *text);

/* the same, without either secret, however it is written */
void fuzz_check_no_secret(const pa_str_t *text);

/* the document of a problem: written, and all its members right */
void fuzz_check_problem(const pa_problem_t *problem, pa_str_t *text);


/* the same as functions of the core, written again in another way */

int fuzz_ip_parse(const pa_str_t *text, pa_ip_t *ip);
int fuzz_ip_allowed(pa_ip_policy_e policy, const pa_ip_t *ip);
int fuzz_cidr_contains(const pa_ip_t *network, unsigned prefix,
    const pa_ip_t *ip);


#endif /* _FUZZ_H_INCLUDED_ */
