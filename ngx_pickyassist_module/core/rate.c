
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "rate.h"


#define PA_RATE_SECOND  1000000000


void
pa_rate_init(pa_rate_t *rate, uint64_t n, uint64_t seconds, uint64_t burst,
    uint64_t wait)
{
    /* rounded up: never more than n */

    rate->interval = (seconds * PA_RATE_SECOND + n - 1) / n;

    rate->wait = burst > wait / rate->interval ? wait
                                               : burst * rate->interval;
}


/*
 * The word has the last turn, and not, as is usual, the time from which the
 * next may be: so a slow rate that is made a fast one is one at once.
 */

int
pa_rate_take(pa_word_t *last, const pa_rate_t *rate, uint64_t now,
    uint64_t *turn)
{
    uint64_t  seen, next;

    do {
        seen = pa_word_get(last);
        next = seen + rate->interval;

        if (seen == 0 || next < now) {
            next = now;
        }

        if (next - now > rate->wait) {
            *turn = next - rate->wait;
            return PA_ERROR;
        }

    } while (!pa_word_swap(last, seen, next));

    *turn = next;

    return PA_OK;
}


void
pa_rate_give_back(pa_word_t *last, const pa_rate_t *rate, uint64_t turn)
{
    (void) pa_word_swap(last, turn, turn - rate->interval);
}
