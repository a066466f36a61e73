
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The state of a circuit breaker that processes share, without a lock.
 *
 * A closed breaker lets all requests pass, an open one none, and a half-open
 * one a single request at a time, the probe.  Each request remembers the state
 * it saw, and its answer counts only if the state has not changed since: an
 * answer from before the breaker opened or closed is out of date.
 */


#ifndef _PA_BREAKER_H_INCLUDED_
#define _PA_BREAKER_H_INCLUDED_


#include "word.h"


PA_HIDDEN_BEGIN


/* zeroed: closed */

typedef struct {
    pa_word_t            state;
    pa_word_t            closed;      /* how often it was closed */
    pa_word_t            probe;       /* its owner; 0: none */
} pa_breaker_t;


typedef enum {
    PA_BREAKER_CLOSED = 0,
    PA_BREAKER_PROBE,                 /* half open; this is the probe */
    PA_BREAKER_HALF_OPEN,             /* another request is the probe */
    PA_BREAKER_OPEN
} pa_breaker_verdict_e;


/* the caller; times are nanoseconds of a clock that all processes share */

typedef struct {
    uint64_t             now;
    uint64_t             id;          /* of the process, not 0 */

    /* 1 if the process with this id still lives; not called with 0 */
    int                (*is_alive)(void *data, uint64_t id);
    void                *data;
} pa_breaker_asker_t;


/* what a request remembers; zeroed before its first call */

typedef struct {
    uint64_t             seen;
    uint64_t             probe;       /* its owner if this is the probe, or 0 */
} pa_breaker_pass_t;


/* to be called first, since it needs no clock: 1 if closed */
int pa_breaker_is_closed(pa_breaker_t *breaker, pa_breaker_pass_t *pass);

/* left: how long it will stay open; 0 if it is not open */
pa_breaker_verdict_e pa_breaker_ask(pa_breaker_t *breaker,
    const pa_breaker_asker_t *asker, pa_breaker_pass_t *pass, uint64_t *left);

/*
 * The answer: the endpoint is disabled, or it works.  Both return 1 if this
 * has opened the breaker, possibly again, or closed it.  The probe remains so
 * until it is released.
 */
int pa_breaker_disabled(pa_breaker_t *breaker, const pa_breaker_pass_t *pass,
    uint64_t until);
int pa_breaker_works(pa_breaker_t *breaker, const pa_breaker_pass_t *pass);

/*
 * To be called last: the next request may be the probe.  PA_ERROR: another
 * process owned the probe, which must not happen.
 */
int pa_breaker_release(pa_breaker_t *breaker, pa_breaker_pass_t *pass);

/* 1 if it is open or half open */
int pa_breaker_is_open(pa_breaker_t *breaker);


PA_HIDDEN_END


#endif /* _PA_BREAKER_H_INCLUDED_ */
