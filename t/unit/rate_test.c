
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "rate.h"
#include "shared.h"
#include "unit.h"

#include <stdlib.h>


#define SECOND  ((uint64_t) 1000000000)
#define NOW     (1000 * SECOND)


static void test_init(void);
static void test_no_burst(void);
static void test_burst(void);
static void test_wait(void);
static void test_give_back(void);
static void test_another_rate(void);
static void test_young_clock(void);
static void test_meanwhile(void);
static void test_hammer(void);
static int64_t take(pa_word_t *last, const pa_rate_t *rate, uint64_t after);


/* the same once more, with processes that are quicker than this one */

static void  (*meanwhile)(pa_word_t *last);


static uint64_t
slow_get(pa_word_t *word)
{
    uint64_t  seen;
    void    (*call)(pa_word_t *last);

    call = meanwhile;
    seen = pa_word_get(word);

    if (call != NULL) {
        meanwhile = NULL;
        call(word);
    }

    return seen;
}


static void slow_init(pa_rate_t *rate, uint64_t n, uint64_t seconds,
    uint64_t burst, uint64_t wait);
static int slow_take(pa_word_t *last, const pa_rate_t *rate, uint64_t now,
    uint64_t *turn);
static void slow_give_back(pa_word_t *last, const pa_rate_t *rate,
    uint64_t turn);

#define pa_word_get        slow_get
#define pa_rate_init       slow_init
#define pa_rate_take       slow_take
#define pa_rate_give_back  slow_give_back

#include "rate.c"

#undef pa_word_get
#undef pa_rate_init
#undef pa_rate_take
#undef pa_rate_give_back


int
main(void)
{
    test_init();
    test_no_burst();
    test_burst();
    test_wait();
    test_give_back();
    test_another_rate();
    test_young_clock();
    test_meanwhile();
    test_hammer();

    return unit_end();
}


static void
test_init(void)
{
    size_t     i;
    pa_rate_t  rate;

    static const struct {
        uint64_t  n;
        uint64_t  seconds;
        uint64_t  burst;
        uint64_t  wait;
        uint64_t  interval;
        uint64_t  longest;
    } rows[] = {
        { 1, 1, 0, 20 * SECOND, SECOND, 0 },
        { 1, 60, 1, 90 * SECOND, 60 * SECOND, 60 * SECOND },
        { 1, 60, 1, 60 * SECOND, 60 * SECOND, 60 * SECOND },
        { 1, 60, 1, 59 * SECOND, 60 * SECOND, 59 * SECOND },
        { 1, 60, 2, 100 * SECOND, 60 * SECOND, 100 * SECOND },

        /* never more than n: an interval is rounded up */

        { 90, 60, 30, 20 * SECOND, 666666667, 20 * SECOND },
        { 90, 60, 29, 20 * SECOND, 666666667, 29 * (uint64_t) 666666667 },
        { 3, 1, 1, SECOND, 333333334, 333333334 },
        { 1000000000, 1, 5, SECOND, 1, 5 },
        { UINT64_MAX / 2, 1, 5, SECOND, 1, 5 },

        { 1, 1, UINT64_MAX, 20 * SECOND, SECOND, 20 * SECOND },
        { 1, 1, 5, 0, SECOND, 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        pa_rate_init(&rate, rows[i].n, rows[i].seconds, rows[i].burst,
                     rows[i].wait);

        unit_int((int64_t) rate.interval, (int64_t) rows[i].interval,
                 "interval of row %d", (int) i);
        unit_int((int64_t) rate.wait, (int64_t) rows[i].longest,
                 "longest wait of row %d", (int) i);
    }
}


static void
test_no_burst(void)
{
    uint64_t   turn;
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    pa_rate_init(&rate, 1, 1, 0, 20 * SECOND);

    unit_int(take(&last, &rate, 0), 0, "the first one goes at once");

    unit_int(pa_rate_take(&last, &rate, NOW, &turn), PA_ERROR,
             "the second does not");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND, "before a second");
    unit_int(pa_rate_take(&last, &rate, NOW + SECOND - 1, &turn), PA_ERROR,
             "not a nanosecond before");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND, "which it tells");
    unit_int(take(&last, &rate, SECOND), 0, "but then");

    unit_int(take(&last, &rate, 10 * SECOND), 0, "after a pause, one");
    unit_int(pa_rate_take(&last, &rate, NOW + 10 * SECOND, &turn), PA_ERROR,
             "and not two: what was not used is over");
}


static void
test_burst(void)
{
    uint64_t   turn;
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    pa_rate_init(&rate, 1, 1, 2, 20 * SECOND);

    unit_int(take(&last, &rate, 0), 0, "one goes");
    unit_int(take(&last, &rate, 0), (int64_t) SECOND, "one waits");
    unit_int(take(&last, &rate, 0), (int64_t) (2 * SECOND), "two wait");

    unit_int(pa_rate_take(&last, &rate, NOW, &turn), PA_ERROR,
             "the third does not");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND,
             "before the first one goes");
    unit_int(pa_rate_take(&last, &rate, NOW + SECOND - 1, &turn), PA_ERROR,
             "not before");
    unit_int(take(&last, &rate, SECOND), (int64_t) (2 * SECOND),
             "then it may wait");
    unit_int(take(&last, &rate, SECOND), -1, "and nobody else");
}


static void
test_wait(void)
{
    uint64_t   turn;
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    pa_rate_init(&rate, 1, 1, 10, 1500000000);

    unit_int(take(&last, &rate, 0), 0, "one goes");
    unit_int(take(&last, &rate, 0), (int64_t) SECOND, "one waits");

    unit_int(pa_rate_take(&last, &rate, NOW, &turn), PA_ERROR,
             "two seconds are too long");
    unit_int((int64_t) (turn - NOW), 500000000, "for half a second yet");
    unit_int(pa_rate_take(&last, &rate, NOW + 499999999, &turn), PA_ERROR,
             "and not less");
    unit_int(take(&last, &rate, 500000000), 1500000000, "then they are not");
}


static void
test_give_back(void)
{
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    pa_rate_init(&rate, 1, 1, 2, 20 * SECOND);

    (void) take(&last, &rate, 0);
    (void) take(&last, &rate, 0);
    (void) take(&last, &rate, 0);

    pa_rate_give_back(&last, &rate, NOW + SECOND);
    unit_int(take(&last, &rate, 0), -1,
             "a turn before the last is not to be had again");

    pa_rate_give_back(&last, &rate, NOW + 2 * SECOND);
    unit_int(take(&last, &rate, 0), (int64_t) (2 * SECOND), "the last one is");
    unit_int(take(&last, &rate, 0), -1, "once");

    pa_rate_give_back(&last, &rate, NOW + 2 * SECOND);
    pa_rate_give_back(&last, &rate, NOW + SECOND);
    unit_int((int64_t) (last - NOW), 0, "both, the last one first");
    unit_int(take(&last, &rate, 0), (int64_t) SECOND, "what has gone, has");
}


/* a reload, or another location */

static void
test_another_rate(void)
{
    pa_word_t  last;
    pa_rate_t  slow, fast;

    last = 0;
    pa_rate_init(&slow, 1, 60, 2, 90 * SECOND);
    pa_rate_init(&fast, 10, 1, 1, 20 * SECOND);

    unit_int(take(&last, &slow, 0), 0, "a slow one");
    unit_int(take(&last, &fast, 0), 100000000, "a fast one waits as it should");
    unit_int(take(&last, &slow, 0), (int64_t) (60 * SECOND) + 100000000,
             "a slow one, too");
    unit_int(take(&last, &fast, 0), -1, "who waits is in its way");
}


/* shortly after the machine has started */

static void
test_young_clock(void)
{
    uint64_t   turn;
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    pa_rate_init(&rate, 1, 60, 0, 20 * SECOND);

    unit_int(pa_rate_take(&last, &rate, SECOND, &turn), PA_OK,
             "the first one goes at once");
    unit_int((int64_t) turn, (int64_t) SECOND, "now");
}


static void
another_takes(pa_word_t *last)
{
    pa_rate_t  rate;

    pa_rate_init(&rate, 1, 1, 2, 20 * SECOND);
    (void) take(last, &rate, 0);
}


static void
another_gives_back(pa_word_t *last)
{
    pa_rate_t  rate;

    pa_rate_init(&rate, 1, 1, 2, 20 * SECOND);
    pa_rate_give_back(last, &rate, NOW + SECOND);
}


static void
test_meanwhile(void)
{
    uint64_t   turn;
    pa_word_t  last;
    pa_rate_t  rate;

    last = 0;
    slow_init(&rate, 1, 1, 2, 20 * SECOND);

    meanwhile = another_takes;
    unit_int(slow_take(&last, &rate, NOW, &turn), PA_OK, "it takes the next");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND, "which is another");

    meanwhile = another_gives_back;
    unit_int(slow_take(&last, &rate, NOW, &turn), PA_OK, "one is given back");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND, "and taken");

    slow_give_back(&last, &rate, NOW + SECOND);
    unit_int((int64_t) (last - NOW), 0, "and given back once more");

    (void) take(&last, &rate, 0);
    meanwhile = another_takes;
    unit_int(slow_take(&last, &rate, NOW, &turn), PA_ERROR,
             "the last one is gone");
    unit_int((int64_t) (turn - NOW), (int64_t) SECOND,
             "for so long, as it is now");
    unit_int((int64_t) (last - NOW), (int64_t) (2 * SECOND),
             "and that is as the other left it");
}


/*
 * Processes that take turns as fast as they can, and give some back: no two
 * turns that are kept are less than an interval apart, and none is left out
 * but those that could not be given back.
 */

#define PROCESSES  3
#define TURNS      300000

typedef struct {
    pa_word_t  last;
    pa_word_t  lost;
    pa_word_t  faults;
    uint64_t   turns[PROCESSES][TURNS];
} hammer_t;


static void
hammer(void *data, size_t process)
{
    hammer_t  *h = data;

    size_t     i, n;
    uint64_t   turn;
    pa_rate_t  rate;

    n = 0;
    pa_rate_init(&rate, 1000, 1, UINT64_MAX, 1000000 * SECOND);

    for (i = 0; i < TURNS; /* void */ ) {

        if (pa_rate_take(&h->last, &rate, NOW, &turn) != PA_OK) {
            (void) pa_word_next(&h->faults);
            return;
        }

        if (++n % 5 == 0) {
            pa_rate_give_back(&h->last, &rate, turn);
            (void) pa_word_next(&h->lost);
            continue;
        }

        h->turns[process][i++] = turn;
    }
}


static int
compare(const void *one, const void *two)
{
    const uint64_t  *a = one;
    const uint64_t  *b = two;

    return (*a > *b) - (*a < *b);
}


static void
test_hammer(void)
{
    size_t     i, n;
    uint64_t   gap, twice, missing, interval;
    uint64_t  *turns;
    hammer_t  *h;

    h = shared_memory(sizeof(hammer_t));

    unit_ok(shared_run(hammer, h, PROCESSES), "processes come to their end");
    unit_int((int64_t) h->faults, 0, "all turns were to be had");

    turns = &h->turns[0][0];
    n = PROCESSES * TURNS;
    interval = SECOND / 1000;

    qsort(turns, n, sizeof(uint64_t), compare);

    twice = 0;
    missing = 0;

    for (i = 1; i < n; i++) {
        gap = turns[i] - turns[i - 1];

        if (gap < interval) {
            twice++;
            continue;
        }

        missing += gap / interval - 1;
    }

    unit_int((int64_t) turns[0], (int64_t) NOW, "the first one is now");
    unit_int((int64_t) twice, 0, "no turn is given twice");
    unit_ok(missing <= h->lost, "%lld of %lld given back were lost",
            (long long) missing, (long long) h->lost);
}


/* how long to wait from that time after NOW; -1: too long */

static int64_t
take(pa_word_t *last, const pa_rate_t *rate, uint64_t after)
{
    uint64_t  turn;

    if (pa_rate_take(last, rate, NOW + after, &turn) != PA_OK) {
        return -1;
    }

    return (int64_t) (turn - NOW - after);
}
