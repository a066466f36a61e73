
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A rate of requests that processes share: the generic cell rate algorithm
 * (ITU-T I.371, annex A) in one word, the turn that was given last.  Turns are
 * an interval apart.  Whoever takes one that has not come yet waits, and needs
 * nothing more of the others; if it dies, its turn passes.
 *
 * Times are in nanoseconds of a clock that all processes share.
 */


#ifndef _PA_RATE_H_INCLUDED_
#define _PA_RATE_H_INCLUDED_


#include "word.h"


PA_HIDDEN_BEGIN


/* as the directive has it; PA_RATE_OFF: no limit */

typedef struct {
    uint64_t             interval;    /* between two turns */
    uint64_t             wait;        /* for a turn, at most */
} pa_rate_t;


#define PA_RATE_OFF  0


/*
 * n requests, not 0, in so many seconds, of which burst wait at most, and not
 * longer than wait.
 */
void pa_rate_init(pa_rate_t *rate, uint64_t n, uint64_t seconds,
    uint64_t burst, uint64_t wait);

/*
 * last is the word, 0 at the start.  PA_OK: turn is the time at which the
 * request may go, now at the earliest.  PA_ERROR: there is no turn to be had
 * before the time that turn is set to.
 */
int pa_rate_take(pa_word_t *last, const pa_rate_t *rate, uint64_t now,
    uint64_t *turn);

/* gives a turn back that has not come, if no later one was given yet */
void pa_rate_give_back(pa_word_t *last, const pa_rate_t *rate, uint64_t turn);


PA_HIDDEN_END


#endif /* _PA_RATE_H_INCLUDED_ */
