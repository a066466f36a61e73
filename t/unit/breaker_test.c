
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "breaker.h"
#include "shared.h"
#include "unit.h"


#define SECOND  ((uint64_t) 1000000000)
#define TTL     (60 * SECOND)

/* the time at which a test opens the breaker */
#define START   (1000 * SECOND)

#define ME      11
#define OTHER   12
#define DEAD    13


static void test_closed(void);
static void test_open(void);
static void test_probe(void);
static void test_late_answers(void);
static void test_dead_probe(void);
static void test_meanwhile(void);
static void test_hammer(void);
static pa_breaker_verdict_e ask(pa_breaker_t *breaker, uint64_t id,
    uint64_t now, pa_breaker_pass_t *pass);
static void half_open(pa_breaker_t *breaker);


/* what another process does while this one asks whether somebody is alive */

static void  (*meanwhile)(pa_breaker_t *breaker);
static pa_breaker_pass_t  others;


static int
is_alive(void *data, uint64_t id)
{
    void  (*call)(pa_breaker_t *breaker);

    call = meanwhile;

    if (call != NULL) {
        meanwhile = NULL;
        call(data);
    }

    return id != 0 && id != DEAD;
}


int
main(void)
{
    test_closed();
    test_open();
    test_probe();
    test_late_answers();
    test_dead_probe();
    test_meanwhile();
    test_hammer();

    return unit_end();
}


static void
test_closed(void)
{
    pa_breaker_t       breaker;
    pa_breaker_pass_t  pass;

    memset(&breaker, 0, sizeof(pa_breaker_t));
    memset(&pass, 0, sizeof(pa_breaker_pass_t));

    unit_ok(pa_breaker_is_closed(&breaker, &pass), "closed at the start");
    unit_ok(!pa_breaker_is_open(&breaker), "not open");
    unit_int(ask(&breaker, ME, START, &pass), PA_BREAKER_CLOSED, "for all");
    unit_int((int64_t) pass.probe, 0, "without a probe");
    unit_ok(!pa_breaker_works(&breaker, &pass), "a good answer is no news");
    unit_int(pa_breaker_release(&breaker, &pass), PA_OK, "nothing to release");
    unit_ok(pa_breaker_is_closed(&breaker, &pass), "still closed");
}


static void
test_open(void)
{
    uint64_t            left;
    pa_breaker_t        breaker;
    pa_breaker_pass_t   pass;
    pa_breaker_asker_t  asker = { 0, ME, is_alive, NULL };

    memset(&breaker, 0, sizeof(pa_breaker_t));
    memset(&pass, 0, sizeof(pa_breaker_pass_t));

    (void) pa_breaker_is_closed(&breaker, &pass);
    unit_ok(pa_breaker_disabled(&breaker, &pass, START + TTL), "it opens");
    unit_ok(pa_breaker_is_open(&breaker), "open");
    unit_ok(!pa_breaker_is_closed(&breaker, &pass), "not closed");

    asker.now = START;
    unit_int(pa_breaker_ask(&breaker, &asker, &pass, &left), PA_BREAKER_OPEN,
             "for all");
    unit_int((int64_t) left, (int64_t) TTL, "for so long");

    asker.now = START + TTL - 1;
    unit_int(pa_breaker_ask(&breaker, &asker, &pass, &left), PA_BREAKER_OPEN,
             "to the end");
    unit_int((int64_t) left, 1, "of that");

    asker.now = START + TTL;
    unit_int(pa_breaker_ask(&breaker, &asker, &pass, &left), PA_BREAKER_PROBE,
             "not longer");
    unit_int((int64_t) left, 0, "none left");
    unit_ok(pa_breaker_is_open(&breaker), "half open is open for operators");
}


static void
test_probe(void)
{
    pa_breaker_t       breaker;
    pa_breaker_pass_t  probe, pass;

    half_open(&breaker);

    unit_int(ask(&breaker, ME, START, &probe), PA_BREAKER_PROBE, "a probe");
    unit_int(ask(&breaker, OTHER, START, &pass), PA_BREAKER_HALF_OPEN,
             "no second one");
    unit_int((int64_t) pass.probe, 0, "which knows that it is none");
    unit_int(pa_breaker_release(&breaker, &pass), PA_OK,
             "and has nothing to release");
    unit_int((int64_t) breaker.probe, ME, "so that the probe stays one");
    unit_int(ask(&breaker, ME, START, &pass), PA_BREAKER_HALF_OPEN,
             "nor one in the same process");

    unit_int(pa_breaker_release(&breaker, &probe), PA_OK, "without an answer");
    unit_int(ask(&breaker, OTHER, START, &probe), PA_BREAKER_PROBE,
             "the next is the probe");

    unit_ok(pa_breaker_disabled(&breaker, &probe, START + TTL),
            "it opens the breaker anew");
    unit_int(ask(&breaker, ME, START, &pass), PA_BREAKER_OPEN, "open");
    unit_int(ask(&breaker, ME, START + TTL, &pass), PA_BREAKER_HALF_OPEN,
             "nobody gets the probe before it is released");
    unit_int(pa_breaker_release(&breaker, &probe), PA_OK, "released");
    unit_int(pa_breaker_release(&breaker, &probe), PA_OK,
             "once more does no harm");

    unit_int(ask(&breaker, ME, START + TTL, &probe), PA_BREAKER_PROBE,
             "a third probe");
    unit_ok(pa_breaker_works(&breaker, &probe), "it closes the breaker");
    unit_int(ask(&breaker, OTHER, START + TTL, &pass), PA_BREAKER_CLOSED,
             "closed, while it still has the probe");
    unit_int(pa_breaker_release(&breaker, &probe), PA_OK, "released");

    half_open(&breaker);
    (void) ask(&breaker, ME, START, &probe);
    (void) pa_breaker_works(&breaker, &probe);
    unit_ok(!pa_breaker_works(&breaker, &probe), "it has its say once");
    unit_ok(!pa_breaker_disabled(&breaker, &probe, START + TTL),
            "and no other one");
    unit_ok(pa_breaker_is_closed(&breaker, &pass)
            && pa_breaker_disabled(&breaker, &pass, START + TTL),
            "closed, so that it opens again");

    half_open(&breaker);
    (void) ask(&breaker, ME, START, &probe);
    breaker.probe = OTHER;
    unit_int(pa_breaker_release(&breaker, &probe), PA_ERROR,
             "a probe that another process has");
    unit_int((int64_t) breaker.probe, OTHER, "is left to it");
}


/* an answer is news only to the state in which its request was let through */

static void
test_late_answers(void)
{
    pa_breaker_t       breaker;
    pa_breaker_pass_t  old, older, probe, pass;

    memset(&breaker, 0, sizeof(pa_breaker_t));
    memset(&old, 0, sizeof(pa_breaker_pass_t));
    memset(&older, 0, sizeof(pa_breaker_pass_t));
    memset(&pass, 0, sizeof(pa_breaker_pass_t));

    (void) pa_breaker_is_closed(&breaker, &older);
    (void) pa_breaker_is_closed(&breaker, &old);
    (void) pa_breaker_is_closed(&breaker, &pass);

    unit_ok(pa_breaker_disabled(&breaker, &pass, START), "open");

    unit_ok(!pa_breaker_disabled(&breaker, &old, START + TTL),
            "open: a bad answer to an older request");
    unit_int(ask(&breaker, ME, START - 1, &pass), PA_BREAKER_OPEN, "open");
    unit_ok(!pa_breaker_works(&breaker, &older), "open: a good one");

    unit_int(ask(&breaker, ME, START, &probe), PA_BREAKER_PROBE,
             "not for longer");

    unit_ok(!pa_breaker_disabled(&breaker, &old, START + TTL),
            "half open: a bad answer to an older request");
    unit_ok(!pa_breaker_works(&breaker, &older), "half open: a good one");
    unit_int(ask(&breaker, OTHER, START, &pass), PA_BREAKER_HALF_OPEN,
             "the probe is under way yet");

    unit_ok(!pa_breaker_disabled(&breaker, &pass, START + TTL),
            "half open: who did not pass has no say");
    unit_ok(!pa_breaker_works(&breaker, &pass), "nor has it a good one");

    unit_ok(pa_breaker_works(&breaker, &probe), "closed by the probe");
    unit_int(pa_breaker_release(&breaker, &probe), PA_OK, "released");

    unit_ok(!pa_breaker_disabled(&breaker, &old, START + TTL),
            "closed again: a bad answer to a request before that");
    unit_ok(!pa_breaker_disabled(&breaker, &probe, START + TTL),
            "closed again: the probe has had its say");
    unit_ok(pa_breaker_is_closed(&breaker, &pass), "closed");
    unit_ok(pa_breaker_disabled(&breaker, &pass, START + TTL),
            "a bad answer to a request after that opens it");
    unit_ok(!pa_breaker_disabled(&breaker, &older, START + 2 * TTL),
            "open anew: one to a request before all this");
    unit_int(ask(&breaker, ME, START + TTL, &pass), PA_BREAKER_PROBE,
             "does not change how long");
}


static void
test_dead_probe(void)
{
    pa_breaker_t       breaker;
    pa_breaker_pass_t  probe, pass;

    half_open(&breaker);
    unit_int(ask(&breaker, DEAD, START, &pass), PA_BREAKER_PROBE,
             "a probe whose process dies");
    unit_int(ask(&breaker, ME, START, &probe), PA_BREAKER_PROBE,
             "leaves it to the next");
    unit_int((int64_t) probe.probe, ME, "which has it");
    unit_int(ask(&breaker, OTHER, START, &pass), PA_BREAKER_HALF_OPEN,
             "alone");
}


static void
take_it(pa_breaker_t *breaker)
{
    (void) ask(breaker, OTHER, START, &others);
}


static void
take_it_and_close(pa_breaker_t *breaker)
{
    (void) ask(breaker, OTHER, START, &others);
    (void) pa_breaker_works(breaker, &others);
    (void) pa_breaker_release(breaker, &others);
}


static void
take_it_and_open(pa_breaker_t *breaker)
{
    (void) ask(breaker, OTHER, START, &others);
    (void) pa_breaker_disabled(breaker, &others, START + TTL);
    (void) pa_breaker_release(breaker, &others);
}


static void
take_it_and_fail(pa_breaker_t *breaker)
{
    (void) ask(breaker, OTHER, START, &others);
    (void) pa_breaker_release(breaker, &others);
}


/* another process is quicker, after this one has seen that nobody has it */

static void
test_meanwhile(void)
{
    size_t             i, dead;
    pa_breaker_t       breaker;
    pa_breaker_pass_t  pass;

    static const struct {
        const char           *name;
        void                (*call)(pa_breaker_t *breaker);
        pa_breaker_verdict_e  verdict[2];     /* nobody had it; a dead one */
        uint64_t              probe;
    } rows[] = {
        { "takes the probe", take_it,
          { PA_BREAKER_HALF_OPEN, PA_BREAKER_HALF_OPEN }, OTHER },
        { "closes the breaker", take_it_and_close,
          { PA_BREAKER_CLOSED, PA_BREAKER_HALF_OPEN }, 0 },
        { "opens the breaker", take_it_and_open,
          { PA_BREAKER_OPEN, PA_BREAKER_HALF_OPEN }, 0 },
        { "gets no answer", take_it_and_fail,
          { PA_BREAKER_PROBE, PA_BREAKER_HALF_OPEN }, 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (dead = 0; dead < 2; dead++) {
            half_open(&breaker);
            breaker.probe = dead ? DEAD : 0;
            meanwhile = rows[i].call;

            unit_int(ask(&breaker, ME, START, &pass), rows[i].verdict[dead],
                     "another one %s, %s had it", rows[i].name,
                     dead ? "a dead one" : "nobody");

            unit_int((int64_t) pass.probe,
                     rows[i].verdict[dead] == PA_BREAKER_PROBE ? ME : 0,
                     "so this one has it or not");

            unit_int((int64_t) breaker.probe,
                     pass.probe ? ME : (int64_t) rows[i].probe,
                     "and nobody else");
        }
    }
}


/*
 * Processes that go through all states as fast as they can: there is never
 * more than one probe, and no answer counts but in the state that its request
 * has seen.
 */

typedef struct {
    pa_breaker_t       breaker;
    pa_word_t          inside;          /* probes under way */
    pa_word_t          news;            /* answers that counted */
    pa_word_t          probes;
    pa_word_t          opened;
    pa_word_t          faults;
} hammer_t;


static void
hammer(void *data, size_t process)
{
    hammer_t  *h = data;

    uint64_t            left, n;
    pa_breaker_pass_t   pass;
    pa_breaker_asker_t  asker = { START, process + 1, is_alive, NULL };

    memset(&pass, 0, sizeof(pa_breaker_pass_t));

    for (n = 0; n < 300000; n++) {

        switch (pa_breaker_ask(&h->breaker, &asker, &pass, &left)) {

        case PA_BREAKER_CLOSED:
            if (pa_breaker_disabled(&h->breaker, &pass, START)) {
                (void) pa_word_next(&h->opened);
            }
            break;

        case PA_BREAKER_PROBE:
            (void) pa_word_next(&h->probes);

            if (pa_word_next(&h->inside) != 1) {
                (void) pa_word_next(&h->faults);
            }

            __atomic_sub_fetch(&h->inside, 1, __ATOMIC_SEQ_CST);

            /* it has the state for itself */

            switch (n % 4) {

            case 0:
                break;

            case 1:
                if (!pa_breaker_disabled(&h->breaker, &pass, START - n)) {
                    (void) pa_word_next(&h->faults);
                }
                break;

            default:
                if (!pa_breaker_works(&h->breaker, &pass)) {
                    (void) pa_word_next(&h->faults);
                }
            }

            if (pa_breaker_release(&h->breaker, &pass) != PA_OK) {
                (void) pa_word_next(&h->faults);
            }
            break;

        case PA_BREAKER_HALF_OPEN:
            break;

        case PA_BREAKER_OPEN:
            (void) pa_word_next(&h->faults);
        }
    }
}


static void
test_hammer(void)
{
    hammer_t  *h;

    h = shared_memory(sizeof(hammer_t));

    unit_ok(shared_run(hammer, h, 3), "three processes come to their end");

    unit_int((int64_t) h->faults, 0,
             "never two probes, and each has the state for itself");
    unit_ok(h->probes > 1000, "of %lld probes", (long long) h->probes);
    unit_ok(h->opened > 500 && h->opened <= h->breaker.closed + 1,
            "opened %lld times, closed %lld times", (long long) h->opened,
            (long long) h->breaker.closed);
    unit_int((int64_t) h->breaker.probe, 0, "nobody has it in the end");
}


static pa_breaker_verdict_e
ask(pa_breaker_t *breaker, uint64_t id, uint64_t now, pa_breaker_pass_t *pass)
{
    uint64_t            left;
    pa_breaker_asker_t  asker;

    memset(pass, 0, sizeof(pa_breaker_pass_t));

    asker.now = now;
    asker.id = id;
    asker.is_alive = is_alive;
    asker.data = breaker;

    return pa_breaker_ask(breaker, &asker, pass, &left);
}


/* at START */

static void
half_open(pa_breaker_t *breaker)
{
    pa_breaker_pass_t  pass;

    memset(breaker, 0, sizeof(pa_breaker_t));
    memset(&pass, 0, sizeof(pa_breaker_pass_t));

    (void) pa_breaker_is_closed(breaker, &pass);
    (void) pa_breaker_disabled(breaker, &pass, START);
}
