
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The state of a circuit breaker that processes share, without a lock.
 *
 * Closed, it lets all requests pass; open, none; half open, one at a time, the
 * probe.  Each request takes along what it saw on its way in, and its answer
 * counts only if nothing has changed since: what was true before the breaker
 * was opened, or before it was closed again, is no longer news.
 */


#ifndef _PA_BREAKER_H_INCLUDED_
#define _PA_BREAKER_H_INCLUDED_


#include "word.h"


PA_HIDDEN_BEGIN


/* zeroes: closed, as if it had never been open */

typedef struct {
    pa_word_t            state;
    pa_word_t            closed;      /* how often that has happened */
    pa_word_t            probe;       /* who has it; 0: nobody */
} pa_breaker_t;


typedef enum {
    PA_BREAKER_CLOSED = 0,
    PA_BREAKER_PROBE,                 /* half open, and this is the one */
    PA_BREAKER_HALF_OPEN,             /* another request is */
    PA_BREAKER_OPEN
} pa_breaker_verdict_e;


/* who asks; times are in nanoseconds of a clock that all processes share */

typedef struct {
    uint64_t             now;
    uint64_t             id;          /* of the process, not 0 */

    /* whether a process that has the probe still lives; 0 does not */
    int                (*is_alive)(void *data, uint64_t id);
    void                *data;
} pa_breaker_asker_t;


/* what a request takes along; zeroed before it asks for the first time */

typedef struct {
    uint64_t             seen;
    uint64_t             probe;       /* the id that has it; 0: it is none */
} pa_breaker_pass_t;


/* the first question, since it needs no clock: 1 if it is closed */
int pa_breaker_is_closed(pa_breaker_t *breaker, pa_breaker_pass_t *pass);

/* left: how long it will be open; 0 if it is not */
pa_breaker_verdict_e pa_breaker_ask(pa_breaker_t *breaker,
    const pa_breaker_asker_t *asker, pa_breaker_pass_t *pass, uint64_t *left);

/*
 * The answer: the endpoint is disabled, or it works.  Both give 1 if that
 * opened the breaker, anew perhaps, or closed it.  What has the probe keeps it
 * until it is released.
 */
int pa_breaker_disabled(pa_breaker_t *breaker, const pa_breaker_pass_t *pass,
    uint64_t until);
int pa_breaker_works(pa_breaker_t *breaker, const pa_breaker_pass_t *pass);

/*
 * To be called last: the next request may have the probe.  PA_ERROR: another
 * process had it, which must not be.
 */
int pa_breaker_release(pa_breaker_t *breaker, pa_breaker_pass_t *pass);

/* 1 if it is open or half open */
int pa_breaker_is_open(pa_breaker_t *breaker);


PA_HIDDEN_END


#endif /* _PA_BREAKER_H_INCLUDED_ */
