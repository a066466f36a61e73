
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "breaker.h"


/*
 * The state is one word, so that it changes at once.  Even: closed, and twice
 * the number of times that it was closed, so that no two times look the same.
 * Odd: open until the time that is in the other bits, and half open then.
 */

#define pa_breaker_closed_state(n)    ((n) << 1)
#define pa_breaker_open_state(until)  (((until) << 1) | 1)

#define pa_breaker_state_is_open(state)  ((state) & 1)
#define pa_breaker_state_until(state)    ((state) >> 1)


int
pa_breaker_is_closed(pa_breaker_t *breaker, pa_breaker_pass_t *pass)
{
    pass->seen = pa_word_get(&breaker->state);

    return !pa_breaker_state_is_open(pass->seen);
}


pa_breaker_verdict_e
pa_breaker_ask(pa_breaker_t *breaker, const pa_breaker_asker_t *asker,
    pa_breaker_pass_t *pass, uint64_t *left)
{
    uint64_t  until, probe;

    *left = 0;

    for ( ;; ) {

        if (pa_breaker_is_closed(breaker, pass)) {
            return PA_BREAKER_CLOSED;
        }

        until = pa_breaker_state_until(pass->seen);

        if (asker->now < until) {
            *left = until - asker->now;
            return PA_BREAKER_OPEN;
        }

        probe = pa_word_get(&breaker->probe);

        if (asker->is_alive(asker->data, probe)
            || !pa_word_swap(&breaker->probe, probe, asker->id))
        {
            return PA_BREAKER_HALF_OPEN;
        }

        pass->probe = asker->id;

        if (pa_word_get(&breaker->state) == pass->seen) {
            return PA_BREAKER_PROBE;
        }

        /* another probe has settled it since the state was read */

        (void) pa_breaker_release(breaker, pass);
    }
}


int
pa_breaker_disabled(pa_breaker_t *breaker, const pa_breaker_pass_t *pass,
    uint64_t until)
{
    if (pa_breaker_state_is_open(pass->seen) && pass->probe == 0) {
        return 0;
    }

    return pa_word_swap(&breaker->state, pass->seen,
                        pa_breaker_open_state(until));
}


int
pa_breaker_works(pa_breaker_t *breaker, const pa_breaker_pass_t *pass)
{
    uint64_t  n;

    if (pass->probe == 0) {
        return 0;
    }

    n = pa_word_next(&breaker->closed);

    return pa_word_swap(&breaker->state, pass->seen,
                        pa_breaker_closed_state(n));
}


int
pa_breaker_release(pa_breaker_t *breaker, pa_breaker_pass_t *pass)
{
    uint64_t  id;

    id = pass->probe;

    if (id == 0) {
        return PA_OK;
    }

    pass->probe = 0;

    return pa_word_swap(&breaker->probe, id, 0) ? PA_OK : PA_ERROR;
}


int
pa_breaker_is_open(pa_breaker_t *breaker)
{
    return pa_breaker_state_is_open(pa_word_get(&breaker->state));
}
