
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A rate of requests that processes share: the generic cell rate algorithm
 * (ITU-T I.371, annex A) in one word, the last turn that was given.  Turns are
 * one interval apart.  A process that takes a future turn waits for it without
 * the others; if it dies, its turn passes unused.
 *
 * Times are in nanoseconds of a clock that all processes share.
 */


#ifndef _PA_RATE_H_INCLUDED_
#define _PA_RATE_H_INCLUDED_


#include "word.h"


PA_HIDDEN_BEGIN


/* the parameters of the directive; PA_RATE_OFF: no limit */

typedef struct {
    uint64_t             interval;    /* between two turns */
    uint64_t             wait;        /* for a turn, at most */
} pa_rate_t;


#define PA_RATE_OFF  0


/*
 * n requests, not 0, in this many seconds; at most burst of them wait, for at
 * most wait.
 */
void pa_rate_init(pa_rate_t *rate, uint64_t n, uint64_t seconds,
    uint64_t burst, uint64_t wait);

/*
 * last is the word, initially 0.  PA_OK: the request may be sent at the time
 * turn, which is now or later.  PA_ERROR: no turn is available before the time
 * turn.
 */
int pa_rate_take(pa_word_t *last, const pa_rate_t *rate, uint64_t now,
    uint64_t *turn);

/* returns a turn that was not used, if no later one has been given */
void pa_rate_give_back(pa_word_t *last, const pa_rate_t *rate, uint64_t turn);


PA_HIDDEN_END


#endif /* _PA_RATE_H_INCLUDED_ */
