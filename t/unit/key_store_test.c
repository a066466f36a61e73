
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "key_blocks.h"
#include "key_store.h"
#include "unit.h"


/* processes: the one that is going to die, and one that lives on */
#define DEAD       1
#define ALIVE      2

#define TTL        1000

/* bytes of a key, and of what stands for a request */
#define HASH       32

/* no table of these tests is larger */
#define MEMORY     32768

/* bytes of a block, and of an answer in one */
#define BLOCK      128
#define BLOCK_DATA 120
#define RESERVED   4

#define MODEL_KEYS    40
#define MODEL_ROUNDS  60000


/* what the store is asked for a key that was used */

typedef struct {
    pa_key_verdict_e   verdict;
    pa_key_answer_t    answer;
    uint8_t            data[MEMORY];
} found_t;


/* what a key must be, as far as the test knows */

typedef enum {
    IS_NEW = 1,
    IS_UNDER_WAY = 2,
    IS_ENDED = 4,
    IS_LOST = 8
} is_e;


/* copies of a table, of which one may be a copy of the other */

typedef enum {
    LEFT_BEHIND = 0,
    LOOKED_AT
} copy_e;


typedef struct {
    is_e               is;
    uint32_t           owner;
    uint64_t           expires;
    uint32_t           size;
    unsigned           seed;          /* of the answer */
    pa_key_ref_t       ref;
} model_t;


static void test_life(void);
static void test_other_requests(void);
static void test_expiry(void);
static void test_room(void);
static void test_sizes(void);
static void test_owners(void);
static void test_bytes(void);
static void test_verdicts(void);
static int unchanged(const uint8_t *before);
static void test_no_ref(void);
static void test_eviction(void);
static void test_refill(void);
static void test_in_order(void);
static void test_buckets(void);
static void test_used_memory(void);
static void test_layout(void);
static void test_heap(void);
static void test_model(void);
static void model_step(model_t *keys, uint64_t *now, uint32_t *dead);
static size_t model_blocks(const model_t *keys, uint64_t now);
static void test_killed(void);
static int killed_script(pa_key_store_t *store, volatile int *at);
static int killed_check(pa_key_store_t *store, int at, int step);

static uint64_t ttl_of(unsigned key);
static pa_key_verdict_e claim(unsigned key, unsigned request, uint32_t owner,
    uint64_t now, pa_key_ref_t *ref);
static found_t *look(pa_key_store_t *store, unsigned key, uint64_t now);
static int keep(const pa_key_ref_t *ref, uint32_t size, unsigned seed,
    uint64_t now);
static void after_a_kill(uint64_t now);
static int is_answer(const found_t *found, uint32_t size, unsigned seed);
static void fill(uint8_t *dst, uint32_t size, unsigned seed);
static void hash(uint8_t *dst, unsigned n);
static void copy_store(pa_key_store_t *copy, const pa_key_store_t *store,
    copy_e which);
static size_t room(pa_key_store_t *store, uint64_t now);
static void new_store(size_t size);
static void look_like_keys(void);
static uint8_t *new_memory(void);
static int lives(uint32_t owner);


static pa_key_store_t  store;
static uint8_t        *memory;
static size_t          memory_size;
static uint32_t        dead_owner = DEAD;
static int             ttls_differ;

/* what lives() was asked */
static unsigned        asked;
static uint32_t        asked_owner;
static uint32_t        asked_dirty;


int
main(void)
{
    test_life();
    test_other_requests();
    test_expiry();
    test_room();
    test_sizes();
    test_owners();
    test_bytes();
    test_verdicts();
    test_no_ref();
    test_eviction();
    test_refill();
    test_in_order();
    test_buckets();
    test_used_memory();
    test_layout();
    test_heap();
    test_model();
    test_killed();

    return unit_end();
}


static void
test_life(void)
{
    found_t       *found;
    pa_key_ref_t   ref;

    new_store(16384);

    unit_int(claim(1, 1, ALIVE, 0, &ref), PA_KEY_NEW, "first use");
    unit_int(look(&store, 1, 0)->verdict, PA_KEY_UNDER_WAY, "second use");
    unit_int(claim(2, 1, ALIVE, 0, NULL), PA_KEY_NEW, "another key");

    unit_int(keep(&ref, 100, 7, 10), PA_OK, "the answer is kept");
    found = look(&store, 1, 10);
    unit_int(found->verdict, PA_KEY_ENDED, "ended");
    unit_ok(is_answer(found, 100, 7), "with its answer");
    unit_int(look(&store, 2, 10)->verdict, PA_KEY_UNDER_WAY, "not the other");

    /* an end is an end */

    unit_int(keep(&ref, 50, 8, 20), PA_ERROR, "kept again");
    pa_key_store_lose(&store, &ref, 20);
    pa_key_store_free(&store, &ref);
    found = look(&store, 1, 20);
    unit_int(found->verdict, PA_KEY_ENDED, "still ended");
    unit_ok(is_answer(found, 100, 7), "with its answer");

    claim(3, 1, ALIVE, 0, &ref);
    pa_key_store_free(&store, &ref);
    unit_int(claim(3, 2, ALIVE, 0, &ref), PA_KEY_NEW,
             "what was freed is free, for another request too");

    pa_key_store_lose(&store, &ref, 30);
    unit_int(claim(3, 2, ALIVE, 30, NULL), PA_KEY_LOST, "lost");
    unit_int(keep(&ref, 1, 1, 30), PA_ERROR, "too late to keep an answer");
    pa_key_store_free(&store, &ref);
    unit_int(claim(3, 2, ALIVE, 30, NULL), PA_KEY_LOST, "and to free it");
}


static void
test_other_requests(void)
{
    pa_key_ref_t  ref;

    new_store(16384);

    claim(1, 1, ALIVE, 0, &ref);
    unit_int(claim(1, 2, ALIVE, 0, NULL), PA_KEY_OTHER,
             "another request while the first is under way");
    keep(&ref, 10, 1, 0);
    unit_int(claim(1, 2, ALIVE, 0, NULL), PA_KEY_OTHER, "when it has ended");
    unit_int(claim(1, 1, ALIVE, 0, NULL), PA_KEY_ENDED, "the same request");

    claim(2, 1, ALIVE, 0, &ref);
    pa_key_store_lose(&store, &ref, 0);
    unit_int(claim(2, 2, ALIVE, 0, NULL), PA_KEY_OTHER, "when it is lost");

    claim(3, 1, DEAD, 0, &ref);
    unit_int(claim(3, 2, ALIVE, 0, NULL), PA_KEY_OTHER, "when it has died");
    unit_int(claim(3, 1, ALIVE, 0, NULL), PA_KEY_LOST, "which is seen then");
}


static void
test_expiry(void)
{
    pa_key_ref_t  ref, other;

    new_store(16384);

    claim(1, 1, ALIVE, 0, &ref);
    unit_int(claim(1, 1, ALIVE, 100 * TTL, NULL), PA_KEY_UNDER_WAY,
             "what is under way does not expire");

    keep(&ref, 10, 1, 100 * TTL);
    unit_int(claim(1, 1, ALIVE, 101 * TTL - 1, NULL), PA_KEY_ENDED,
             "kept for its time, from its end on");
    unit_int(claim(1, 2, ALIVE, 101 * TTL, &other), PA_KEY_NEW,
             "and no longer");

    pa_key_store_lose(&store, &ref, 101 * TTL);
    pa_key_store_free(&store, &ref);
    unit_int(claim(1, 2, ALIVE, 101 * TTL, NULL), PA_KEY_UNDER_WAY,
             "the request before has no say in it");

    pa_key_store_lose(&store, &other, 200 * TTL);
    unit_int(claim(1, 2, ALIVE, 201 * TTL - 1, NULL), PA_KEY_LOST,
             "what is lost is so for as long");
    unit_int(claim(1, 2, ALIVE, 201 * TTL, NULL), PA_KEY_NEW, "no longer");

    claim(2, 1, DEAD, 0, &ref);
    unit_int(claim(2, 1, ALIVE, 300 * TTL, NULL), PA_KEY_LOST,
             "a dead one, from when it is found");
    unit_int(claim(2, 1, ALIVE, 301 * TTL - 1, NULL), PA_KEY_LOST,
             "for its time");
    unit_int(claim(2, 1, ALIVE, 301 * TTL, NULL), PA_KEY_NEW, "no longer");
}


static void
test_room(void)
{
    size_t        n, i, full, free, before;
    pa_key_ref_t  refs[200];

    new_store(16384);

    full = room(&store, 0);
    unit_ok(full > 100 && full * BLOCK < 16384, "%zu blocks in 16k", full);

    for (n = 0; n < unit_nelts(refs); n++) {
        if (claim((unsigned) n, 1, ALIVE, 0, &refs[n]) != PA_KEY_NEW) {
            break;
        }
    }

    unit_int((int64_t) n, (int64_t) full / (1 + RESERVED), "keys in it");
    unit_int(claim(1000, 1, ALIVE, 0, NULL), PA_KEY_FULL, "full");
    unit_int(claim(1000, 1, ALIVE, 100 * TTL, NULL), PA_KEY_FULL,
             "nothing of it expires");
    unit_int(claim(0, 1, ALIVE, 0, NULL), PA_KEY_UNDER_WAY, "nothing is lost");

    before = full - n * (1 + RESERVED);
    unit_int(keep(&refs[0], (uint32_t) (RESERVED + before + 1) * BLOCK_DATA, 1,
                  0),
             PA_ERROR, "no room for an answer");
    unit_int(claim(0, 1, ALIVE, 0, NULL), PA_KEY_LOST, "it is lost");

    if (before != 0) {
        unit_int(claim(999, 1, ALIVE, 0, NULL), PA_KEY_NEW,
                 "what was reserved for it is for others");
    }

    unit_int(keep(&refs[1], PA_KEY_STORE_RESERVED, 1, 0), PA_OK,
             "room for the answer that there must be room for");

    for (i = 2; i < n; i++) {
        unit_int(keep(&refs[i], PA_KEY_STORE_RESERVED, 1, 0), PA_OK,
                 "and for that of %zu", i);
    }

    unit_int(claim(1000, 1, ALIVE, TTL - 1, NULL), PA_KEY_FULL,
             "what is kept is not forgotten for another");
    unit_int(claim(1000, 1, ALIVE, TTL, &refs[0]), PA_KEY_NEW,
             "but when it has expired");

    /* an answer may take the room of all that has expired */

    free = room(&store, TTL);
    unit_int((int64_t) free,
             (int64_t) full - (before ? 2 : 1) * (1 + RESERVED),
             "all room but that of who is under way");
    unit_int(keep(&refs[0], (uint32_t) (free + RESERVED) * BLOCK_DATA, 1,
                  TTL),
             PA_OK, "which gets all of it");
    unit_int(claim(1001, 1, ALIVE, TTL, NULL), PA_KEY_FULL, "full again");
    unit_ok(is_answer(look(&store, 1000, TTL),
                      (uint32_t) (free + RESERVED) * BLOCK_DATA, 1),
            "the large answer");
    unit_int(claim(1001, 1, ALIVE, 2 * TTL, NULL), PA_KEY_NEW, "expired");

    /* what is freed is there again */

    new_store(16384);

    for (i = 0; i < 10 * full; i++) {
        claim((unsigned) i, 1, ALIVE, 0, &refs[0]);
        pa_key_store_free(&store, &refs[0]);
    }

    unit_int((int64_t) room(&store, 0), (int64_t) full, "nothing leaks");

    /* nor what was in use when one was killed, and free when another was */

    claim(1, 1, ALIVE, 0, &refs[1]);
    keep(&refs[1], PA_KEY_STORE_RESERVED, 1, 0);
    after_a_kill(0);
    unit_ok(is_answer(look(&store, 1, 0), PA_KEY_STORE_RESERVED, 1),
            "the answer, after a kill");
    after_a_kill(ttl_of(1));
    after_a_kill(ttl_of(1));
    unit_int((int64_t) room(&store, ttl_of(1)), (int64_t) full,
             "nothing leaks by kills");

    /* memory that is not enough */

    for (i = 0; i < 1024; i++) {
        memset(memory, 0, 1024);

        if (pa_key_store_create(memory, i) == PA_OK) {
            break;
        }
    }

    unit_ok(i > (1 + RESERVED) * BLOCK && i < 1024, "%zu bytes are enough", i);
    store.lives = lives;
    unit_int(claim(1, 1, ALIVE, 0, &refs[0]), PA_KEY_NEW, "for one key");
    unit_int(keep(&refs[0], PA_KEY_STORE_RESERVED, 1, 0), PA_OK,
             "and its answer");
}


static void
test_sizes(void)
{
    int           ok;
    size_t        full, used;
    uint32_t      size;
    pa_key_ref_t  ref;

    new_store(16384);
    full = room(&store, 0);
    ok = 1;

    for (size = 0; size < 8192; size++) {
        claim(1, 1, ALIVE, (uint64_t) size * TTL, &ref);
        ok &= (keep(&ref, size, size, (uint64_t) size * TTL) == PA_OK);

        used = 1 + (size + BLOCK_DATA - 1) / BLOCK_DATA;
        ok &= (room(&store, (uint64_t) size * TTL) == full - used);
        ok &= is_answer(look(&store, 1, (uint64_t) size * TTL), size, size);
    }

    unit_ok(ok, "answers of all sizes");
}


static void
test_owners(void)
{
    pa_key_ref_t  refs[4];

    new_store(16384);

    claim(1, 1, DEAD, 0, &refs[0]);
    claim(2, 1, ALIVE, 0, &refs[1]);
    claim(3, 1, 3, 0, &refs[2]);
    claim(4, 1, DEAD, 0, &refs[3]);
    keep(&refs[3], 20, 4, 0);

    unit_int(pa_key_store_sweep(&store, 3, 10), 2, "two are gone");
    unit_int(pa_key_store_sweep(&store, 3, 10), 0, "and gone for good");

    unit_int(claim(1, 1, ALIVE, 10, NULL), PA_KEY_LOST, "of a dead one");
    unit_int(claim(2, 1, ALIVE, 10, NULL), PA_KEY_UNDER_WAY,
             "of one that lives");
    unit_int(claim(3, 1, ALIVE, 10, NULL), PA_KEY_LOST,
             "of one whose number it had");
    unit_ok(is_answer(look(&store, 4, 10), 20, 4), "what has ended stays");
    unit_int(keep(&refs[1], 30, 2, 10), PA_OK, "who lives goes on");
    unit_int(claim(1, 1, ALIVE, TTL + 9, NULL), PA_KEY_LOST,
             "lost from then on, for its time");
    unit_int(claim(1, 1, ALIVE, TTL + 10, NULL), PA_KEY_NEW, "no longer");
}


/* one byte that differs, wherever it is, makes another key and request */

static void
test_bytes(void)
{
    int               wrong;
    size_t            i;
    uint8_t           key[HASH], request[HASH];
    pa_key_use_t      use;
    pa_key_ref_t      ref;
    pa_key_answer_t   answer;

    new_store(32 * 1024);

    memset(key, 'k', HASH);
    memset(request, 'r', HASH);

    use.key = key;
    use.request = request;
    use.owner = ALIVE;
    use.ttl = TTL;

    wrong = pa_key_store_claim(&store, &use, 0, &ref, &answer) != PA_KEY_NEW;

    for (i = 0; i < HASH; i++) {
        request[i] ^= 0x80;
        wrong += pa_key_store_claim(&store, &use, 0, &ref, &answer)
                 != PA_KEY_OTHER;
        request[i] ^= 0x80;

        key[i] ^= 0x80;
        wrong += pa_key_store_claim(&store, &use, 0, &ref, &answer)
                 != PA_KEY_NEW;
        key[i] ^= 0x80;
    }

    wrong += pa_key_store_claim(&store, &use, 0, &ref, &answer)
             != PA_KEY_UNDER_WAY;

    unit_int(wrong, 0, "all bytes of a key and of a request count");
}


/* whoever only learns something changes nothing, and learns no more */

static void
test_verdicts(void)
{
    size_t           i;
    unsigned         n;
    uint8_t          before[MEMORY], hashes[2][HASH];
    pa_key_ref_t     refs[4], ref;
    pa_key_use_t     use;
    pa_key_answer_t  answer;
    pa_key_blocks_t  blocks;

    static const struct {
        unsigned           key;
        unsigned           request;
        pa_key_verdict_e   verdict;
    } rows[] = {
        { 1, 1, PA_KEY_UNDER_WAY },
        { 1, 2, PA_KEY_OTHER },
        { 2, 1, PA_KEY_ENDED },
        { 2, 2, PA_KEY_OTHER },
        { 3, 1, PA_KEY_LOST },
        { 3, 2, PA_KEY_OTHER },
        { 99, 1, PA_KEY_FULL }
    };

    new_store(8 * 1024);
    pa_key_blocks_attach(&blocks, store.memory);

    for (n = 1; n <= 3; n++) {
        claim(n, 1, ALIVE, 0, &refs[n]);
    }

    keep(&refs[2], 200, 2, 0);
    pa_key_store_lose(&store, &refs[3], 0);

    while (claim(n, 1, ALIVE, 0, NULL) == PA_KEY_NEW) {
        n++;
    }

    memcpy(before, memory, memory_size);

    for (i = 0; i < unit_nelts(rows); i++) {

        hash(hashes[0], rows[i].key);
        hash(hashes[1], rows[i].request);

        use.key = hashes[0];
        use.request = hashes[1];
        use.owner = 7;
        use.ttl = 2 * TTL;

        ref = (pa_key_ref_t) { 12, 34 };
        answer = (pa_key_answer_t) { 12, 34, 56 };

        unit_int(pa_key_store_claim(&store, &use, TTL - 1, &ref, &answer),
                 rows[i].verdict, "verdict of row %zu", i);

        if (rows[i].verdict == PA_KEY_ENDED) {
            unit_ok(ref.serial == refs[2].serial && ref.block == refs[2].block
                    && answer.size == 200 && answer.status == 2
                    && answer.label == 2,
                    "which tells the answer");

        } else {
            unit_ok(ref.serial == 12 && ref.block == 34 && answer.size == 12
                    && answer.status == 34 && answer.label == 56,
                    "which tells nothing else");
        }

        unit_ok(unchanged(before), "and changes nothing");
    }

    /* nor does one who comes too late */

    for (i = 2; i <= 3; i++) {
        unit_int(keep(&refs[i], 1, 1, 5), PA_ERROR, "too late, key %zu", i);
        pa_key_store_lose(&store, &refs[i], 5);
        pa_key_store_free(&store, &refs[i]);
        unit_ok(unchanged(before), "and changes nothing");
    }

    asked = 0;
    unit_int(pa_key_store_sweep(&store, 77, 5), 0, "nothing to sweep");
    unit_ok(unchanged(before), "and changes nothing");
    unit_int(asked, n - 3, "who is asked about is under way");
    unit_int(asked_owner, ALIVE, "and the owner of a key");
    unit_int(asked_dirty, 1, "while the table counts as being changed");

    /* not asked about what has ended; nor about the number that is gone */

    asked = 0;
    claim(2, 1, ALIVE, 0, NULL);
    claim(3, 1, ALIVE, 0, NULL);
    unit_int(asked, 0, "who has ended need not live");

    pa_key_store_free(&store, &refs[1]);
    unit_int(blocks.head->dirty, 0, "done: freed");
    unit_int(claim(1, 1, 5, 0, &refs[1]), PA_KEY_NEW, "one more");
    unit_int(blocks.head->dirty, 0, "done: claimed");
    asked_dirty = 0;
    claim(1, 1, ALIVE, 0, NULL);
    unit_ok(asked_owner == 5 && asked_dirty == 1, "asked while at work");
    pa_key_store_lose(&store, &refs[1], 0);
    unit_int(blocks.head->dirty, 0, "done: lost");
}


static int
unchanged(const uint8_t *before)
{
    return memcmp(before, memory, memory_size) == 0;
}


/* no reference is none of a key, not even the first one in the first block */

static void
test_no_ref(void)
{
    pa_key_ref_t  first, second, none;

    new_store(8 * 1024);
    none = (pa_key_ref_t) { 0, 0 };

    unit_int(keep(&none, 1, 1, 0), PA_ERROR, "no key yet");

    claim(1, 1, ALIVE, 0, &first);
    unit_ok(first.serial != 0, "a reference is not none");
    unit_int(keep(&none, 1, 1, 0), PA_ERROR, "nor of the first key");
    pa_key_store_lose(&store, &none, 0);
    pa_key_store_free(&store, &none);
    unit_int(claim(1, 1, ALIVE, 0, NULL), PA_KEY_UNDER_WAY, "which stays");

    /* freed twice, with another in its place, and with none */

    pa_key_store_free(&store, &first);
    unit_int(keep(&first, 1, 1, 0), PA_ERROR, "kept when it is freed");
    pa_key_store_lose(&store, &first, 0);
    pa_key_store_free(&store, &first);
    unit_int(claim(1, 1, ALIVE, 0, &second), PA_KEY_NEW, "free");
    unit_ok(second.serial > first.serial, "a serial is used once");
    pa_key_store_free(&store, &first);
    unit_int(claim(1, 1, ALIVE, 0, NULL), PA_KEY_UNDER_WAY, "not twice");

    after_a_kill(0);
    claim(9, 1, ALIVE, 0, &first);
    unit_ok(first.serial > second.serial, "nor again after a kill");
}


/* a claim forgets two that have expired, and no more; and its own key */

static void
test_eviction(void)
{
    unsigned         n;
    pa_key_ref_t     ref;
    pa_key_blocks_t  blocks;

    static const unsigned  left[] = { 7, 5, 3, 2, 2 };

    new_store(16 * 1024);
    pa_key_blocks_attach(&blocks, store.memory);

    /* keys 0 to 8, which expire one after the other */

    for (n = 0; n < 9; n++) {
        claim(n, 1, ALIVE, 0, &ref);

        if (n % 2) {
            keep(&ref, 300, n, n);

        } else {
            pa_key_store_lose(&store, &ref, n);
        }
    }

    unit_int(blocks.head->nheap, 9, "all have ended");

    claim(100, 1, ALIVE, TTL - 1, NULL);
    unit_int(blocks.head->nheap, 9, "none has expired");

    for (n = 0; n < unit_nelts(left); n++) {
        claim(100, 1, ALIVE, TTL + 6, NULL);
        unit_int(blocks.head->nheap, left[n], "claim %u", n);
    }

    unit_int(claim(7, 1, ALIVE, TTL + 6, NULL), PA_KEY_ENDED, "the next one");
    unit_int(claim(8, 1, ALIVE, TTL + 6, NULL), PA_KEY_LOST, "the last one");
    unit_int((int64_t) blocks.head->nfree, blocks.head->nblocks
             - (1 + RESERVED) - (1 + 3) - 1, "all blocks are given back");

    /* the own key is new, however many expired before it */

    new_store(16 * 1024);
    pa_key_blocks_attach(&blocks, store.memory);

    for (n = 0; n < 6; n++) {
        claim(n, 1, ALIVE, 0, &ref);
        keep(&ref, 10, n, n);
    }

    unit_int(claim(5, 1, ALIVE, TTL + 4, NULL), PA_KEY_ENDED, "not yet");
    unit_int(claim(5, 2, ALIVE, TTL + 5, NULL), PA_KEY_NEW, "now");
    unit_int(blocks.head->nheap, 1, "two each, and itself");
}


/* filled and emptied in all ways, and no block, key or bucket remains */

static void
test_refill(void)
{
    unsigned         i, n, way, round, bad;
    uint32_t         nblocks;
    uint64_t         now;
    pa_key_ref_t     refs[64];
    pa_key_blocks_t  blocks;

    new_store(16 * 1024);
    pa_key_blocks_attach(&blocks, store.memory);
    nblocks = blocks.head->nblocks;
    now = 1;
    bad = 0;

    for (round = 0; round < 12; round++) {

        way = round % 4;

        for (n = 0; n < unit_nelts(refs); n++) {
            if (claim(n, 1, ALIVE, now, &refs[n]) != PA_KEY_NEW) {
                break;
            }
        }

        bad += n != nblocks / (1 + RESERVED);
        bad += blocks.head->nfree != nblocks % (1 + RESERVED);
        bad += blocks.head->nheap != 0;

        if (round % 3 == 2) {
            blocks.head->dirty = 1;
        }

        /* from the first, from the last; kept, lost, freed */

        for (i = 0; i < n; i++) {
            pa_key_ref_t  *ref = &refs[round % 2 ? i : n - 1 - i];

            if (way == 0 || (way == 3 && i % 2)) {
                pa_key_store_free(&store, ref);

            } else if (way == 1) {
                pa_key_store_lose(&store, ref, now);

            } else {
                bad += keep(ref, i * 10 % 481, i, now) != PA_OK;
            }
        }

        now += TTL;

        for (i = 0; i < n; i++) {
            claim(1000, 1, ALIVE, now, &refs[0]);
            pa_key_store_free(&store, &refs[0]);
        }

        bad += blocks.head->nfree != nblocks;
        bad += blocks.head->nheap != 0;
        bad += blocks.head->fresh > nblocks;
        bad += blocks.head->dirty != 0;

        for (i = 0; i <= blocks.head->mask; i++) {
            bad += blocks.buckets[i] != PA_KEY_NONE;
        }

        if (bad) {
            break;
        }
    }

    unit_ok(bad == 0, "empty after each of %u rounds", round);
}


/* the order is restored after a kill, and not each time, which takes long */

static void
test_in_order(void)
{
    size_t           i;
    uint32_t         n;
    pa_key_ref_t     ref;
    pa_key_blocks_t  blocks;

    new_store(16 * 1024);
    pa_key_blocks_attach(&blocks, store.memory);

    claim(1, 1, ALIVE, 0, &ref);
    claim(2, 1, ALIVE, 0, NULL);
    pa_key_store_free(&store, &ref);

    /* the last of the free ones, which is not the next to be used */

    for (n = blocks.head->free, i = 1; i < 1 + RESERVED; i++) {
        n = blocks.blocks[n].next;
    }

    blocks.blocks[n].kind = PA_BLOCK_DATA;

    claim(2, 1, ALIVE, 0, NULL);
    (void) pa_key_store_sweep(&store, 99, 0);
    keep(&ref, 1, 1, 0);
    pa_key_store_lose(&store, &ref, 0);
    pa_key_store_free(&store, &ref);
    unit_int(blocks.blocks[n].kind, PA_BLOCK_DATA, "left as it is");

    blocks.head->dirty = 1;
    claim(2, 1, ALIVE, 0, NULL);
    unit_int(blocks.blocks[n].kind, PA_BLOCK_FREE, "restored");
}


/* keys are spread over all buckets: none takes long to find */

static void
test_buckets(void)
{
    size_t           i, n, used, deepest;
    uint32_t         at;
    uint8_t          key[HASH];
    pa_key_use_t     use;
    pa_key_ref_t     ref;
    pa_key_answer_t  answer;
    pa_key_blocks_t  blocks;

    new_store(MEMORY);
    pa_key_blocks_attach(&blocks, store.memory);
    srand(5);

    use.key = key;
    use.request = key;
    use.owner = ALIVE;
    use.ttl = TTL;

    for (n = 0; n < blocks.head->nblocks / 2; n++) {
        for (i = 0; i < HASH; i++) {
            key[i] = (uint8_t) (rand() >> 8);
        }

        if (pa_key_store_claim(&store, &use, 0, &ref, &answer) != PA_KEY_NEW) {
            break;
        }

        pa_key_store_lose(&store, &ref, 0);
    }

    used = 0;
    deepest = 0;

    for (i = 0; i <= blocks.head->mask; i++) {
        used += blocks.buckets[i] != PA_KEY_NONE;

        n = 0;

        for (at = blocks.buckets[i];
             at != PA_KEY_NONE;
             at = blocks.blocks[at].next)
        {
            n++;
        }

        deepest = n > deepest ? n : deepest;
    }

    unit_ok(used > (blocks.head->mask + 1) / 2, "%zu buckets of %u in use",
            used, blocks.head->mask + 1);
    unit_ok(deepest < 16, "at most %zu keys in one", deepest);
}


/* what was in the memory before is no part of the table */

static void
test_used_memory(void)
{
    size_t           i, keys;
    unsigned         n;
    pa_key_ref_t     ref;
    pa_key_blocks_t  blocks;

    for (n = 0; n < 3; n++) {

        new_store(16 * 1024);

        if (n == 0) {
            memset(memory, 0xff, memory_size);

        } else if (n == 1) {
            look_like_keys();

        } else {
            claim(1, 1, ALIVE, 0, &ref);
            keep(&ref, 100, 1, 0);
            claim(2, 1, DEAD, 0, NULL);

            pa_key_blocks_attach(&blocks, memory);
            blocks.head->dirty = 1;
        }

        unit_int(pa_key_store_create(memory, memory_size), PA_OK, "anew");
        pa_key_blocks_attach(&blocks, memory);

        unit_int(blocks.head->dirty, 0, "a new table is in order");
        unit_int((int64_t) blocks.head->nfree, blocks.head->nblocks,
                 "all of it is free");
        unit_int(pa_key_store_sweep(&store, DEAD, 0), 0, "no key to sweep");

        blocks.head->dirty = 1;
        unit_int(claim(1, 1, ALIVE, 0, &ref), PA_KEY_NEW, "nor to find");
        blocks.head->dirty = 1;
        unit_int(claim(2, 1, ALIVE, 0, NULL), PA_KEY_NEW, "nor a second one");
        unit_int(keep(&ref, 1000, 3, 0), PA_OK, "a first answer");
        unit_ok(is_answer(look(&store, 1, 0), 1000, 3), "which is found");

        /* a block of an answer is no key, whatever it was */

        unit_int(blocks.head->nheap, 1, "one has ended");

        for (i = 0, keys = 0; i < blocks.head->fresh; i++) {
            keys += blocks.blocks[i].kind == PA_BLOCK_KEY;
        }

        unit_int((int64_t) keys, 2, "no other block is a key");

        blocks.head->dirty = 1;
        unit_int(pa_key_store_sweep(&store, ALIVE, 0), 1, "one to sweep");
        unit_int(blocks.head->nheap, 2, "both have ended");
        unit_int((int64_t) blocks.head->nfree,
                 blocks.head->nblocks - (1 + 9) - 1, "all else is free");
        unit_ok(is_answer(look(&store, 1, 0), 1000, 3), "and found again");
    }

    /* a table that is too large has no numbers for all of its blocks */

    unit_int(pa_key_blocks_create(NULL, SIZE_MAX), PA_ERROR, "too much");
    unit_int(pa_key_blocks_create(NULL, sizeof(pa_key_head_t) + BLOCK
                                  + (BLOCK + 4 + 1) * (size_t) PA_KEY_NONE),
             PA_ERROR, "by one block");
}


/* all is within the memory, however large and wherever, and little is unused */

static void
test_layout(void)
{
    size_t           at, size, end, bad;
    uint32_t         nbuckets;
    pa_key_blocks_t  b;

    static _Alignas(256) uint8_t  bytes[256 + 20000];

    bad = 0;

    for (size = 1024; size <= 20000; size += 61) {
        for (at = 0; at < 256; at += 16) {

            if (pa_key_store_create(bytes + at, size) != PA_OK) {
                bad++;
                continue;
            }

            pa_key_blocks_attach(&b, bytes + at);

            nbuckets = b.head->mask + 1;
            end = (size_t) ((uint8_t *) (b.blocks + b.head->nblocks)
                            - (bytes + at));

            bad += (uintptr_t) b.blocks % BLOCK != 0;
            bad += (uint8_t *) (b.heap + b.head->nblocks)
                   > (uint8_t *) b.blocks;
            bad += b.heap < b.buckets + nbuckets;
            bad += (uint8_t *) b.buckets < bytes + at + sizeof(pa_key_head_t);
            bad += end > size;
            bad += size - end > 3 * BLOCK + size / 128;
            bad += (nbuckets & (nbuckets - 1)) != 0;
            bad += nbuckets * 4 > b.head->nblocks;
            bad += nbuckets * 8 < b.head->nblocks / 2;
        }
    }

    unit_int((int64_t) bad, 0, "all is where it can be");
}


/* keys that are put into the heap and taken out of it, wherever they are */

static void
test_heap(void)
{
    uint32_t         i, n, at, block, bad;
    pa_key_blocks_t  b;

    new_store(8 * 1024);
    pa_key_blocks_attach(&b, memory);
    srand(11);
    bad = 0;

    for (i = 0; i < 20000; i++) {

        n = b.head->nheap;

        if (n < 40 && (n == 0 || rand() % 2)) {

            /* a block that is not in it */

            for (block = 0; block < 40; block++) {
                for (at = 0; at < n && b.heap[at] != block; at++) {
                    /* void */
                }

                if (at == n) {
                    break;
                }
            }

            b.blocks[block].u.key.expires = (uint64_t) (rand() % 64) << 28;
            pa_key_heap_push(&b, block);
            bad += b.head->nheap != n + 1;

        } else {
            at = (uint32_t) rand() % n;
            block = b.heap[at];
            pa_key_heap_remove(&b, at);
            bad += b.head->nheap != n - 1;

            for (at = 0; at < n - 1; at++) {
                bad += b.heap[at] == block;
            }
        }

        for (at = 0; at < b.head->nheap; at++) {
            block = b.heap[at];
            bad += b.blocks[block].u.key.place != at;
            bad += at != 0 && b.blocks[b.heap[(at - 1) / 2]].u.key.expires
                              > b.blocks[block].u.key.expires;
        }
    }

    unit_int(bad, 0, "the heap is in order");
}


/* the same steps by the store, and by a table that is as simple as can be */

static void
test_model(void)
{
    size_t    i;
    uint32_t  dead;
    uint64_t  now;
    model_t   keys[MODEL_KEYS];

    new_store(12 * 1024);
    srand(7);
    ttls_differ = 1;

    memset(keys, 0, sizeof(keys));

    for (i = 0; i < MODEL_KEYS; i++) {
        keys[i].is = IS_NEW;
    }

    now = 1;
    dead = 0;

    for (i = 0; i < MODEL_ROUNDS; i++) {
        model_step(keys, &now, &dead);
    }

    ttls_differ = 0;

    unit_ok(1, "%d steps as the model has them", MODEL_ROUNDS);
}


static void
model_step(model_t *keys, uint64_t *now, uint32_t *dead)
{
    size_t             i, free;
    unsigned           n;
    model_t           *key;
    found_t           *found;
    pa_key_verdict_e   verdict, want;

    static size_t  total;

    if (total == 0) {
        total = room(&store, 0);
    }

    n = (unsigned) rand() % MODEL_KEYS;
    key = &keys[n];

    switch (rand() % 16) {

    case 0:
        *now += (uint64_t) (rand() % (TTL / 4));
        break;

    case 1:

        /* a process dies; the next one has its number half of the time */

        dead_owner = 10 + (uint32_t) rand() % 4;
        *dead = dead_owner;

        pa_key_store_sweep(&store, rand() % 2 ? dead_owner : 99, *now);

        for (i = 0; i < MODEL_KEYS; i++) {
            if (keys[i].is == IS_UNDER_WAY && keys[i].owner == *dead) {
                keys[i].is = IS_LOST;
                keys[i].expires = *now + ttl_of((unsigned) i);
            }
        }

        dead_owner = DEAD;
        break;

    case 2:
        pa_key_store_lose(&store, &key->ref, *now);

        if (key->is == IS_UNDER_WAY) {
            key->is = IS_LOST;
            key->expires = *now + ttl_of(n);
        }

        break;

    case 3:
    case 4:
        pa_key_store_free(&store, &key->ref);

        if (key->is == IS_UNDER_WAY) {
            key->is = IS_NEW;
        }

        break;

    case 5:
    case 6:
    case 7:
    case 8:
        if (key->is != IS_UNDER_WAY) {
            break;
        }

        key->size = (uint32_t) (rand() % (rand() % 4 ? 600 : 4000));
        key->seed = (unsigned) rand();

        /* what is reserved for it is its own already */

        free = total - model_blocks(keys, *now) + RESERVED;

        if (keep(&key->ref, key->size, key->seed, *now) == PA_OK) {
            unit_ok(free >= (key->size + BLOCK_DATA - 1) / BLOCK_DATA,
                    "room was there");
            key->is = IS_ENDED;

        } else {
            unit_ok(free < (key->size + BLOCK_DATA - 1) / BLOCK_DATA,
                    "room was not there");
            key->is = IS_LOST;
        }

        key->expires = *now + ttl_of(n);
        break;

    default:

        if ((key->is & (IS_ENDED|IS_LOST)) && key->expires <= *now) {
            key->is = IS_NEW;
        }

        free = total - model_blocks(keys, *now);

        want = key->is == IS_UNDER_WAY ? PA_KEY_UNDER_WAY
               : key->is == IS_ENDED ? PA_KEY_ENDED
               : key->is == IS_LOST ? PA_KEY_LOST
               : free < 1 + RESERVED ? PA_KEY_FULL : PA_KEY_NEW;

        key->owner = key->is == IS_NEW ? 10 + (uint32_t) rand() % 4
                                       : key->owner;

        if (want == PA_KEY_ENDED) {
            found = look(&store, n, *now);
            verdict = found->verdict;

            if (!is_answer(found, key->size, key->seed)) {
                unit_ok(0, "the answer of %u is another", n);
            }

        } else {
            verdict = claim(n, 1, key->owner, *now,
                            key->is == IS_NEW ? &key->ref : NULL);
        }

        if (verdict != want) {
            unit_int(verdict, want, "key %u", n);
        }

        if (verdict == PA_KEY_NEW) {
            key->is = IS_UNDER_WAY;
        }
    }
}


/* that are not to be had, whatever expires */

static size_t
model_blocks(const model_t *keys, uint64_t now)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < MODEL_KEYS; i++) {
        switch (keys[i].is) {

        case IS_UNDER_WAY:
            n += 1 + RESERVED;
            break;

        case IS_ENDED:
            if (keys[i].expires > now) {
                n += 1 + (keys[i].size + BLOCK_DATA - 1) / BLOCK_DATA;
            }
            break;

        case IS_LOST:
            n += keys[i].expires > now;
            break;

        case IS_NEW:
            break;
        }
    }

    return n;
}


/*
 * A process runs the script one instruction at a time.  Whenever it has changed
 * the memory, what it would leave behind if it were killed now is looked at:
 * every key must be there, as it was before or as it is to be.
 */

/* ends of the keys that are there before the script */
#define OLD_ENDED    100
#define OLD_LOST     101
#define OLD_ALIVE    102
#define OLD_EXPIRED  103

static pa_key_ref_t  old_alive;

/* by key */
static uint8_t  data[7][8192];


static void
test_killed(void)
{
    int               status, states, bad, steps, *at, last_at;
    unsigned          i;
    pid_t             pid;
    uint8_t          *before;
    pa_key_ref_t      ref;
    pa_key_store_t    copy;

    /* blocks that were never used may look like anything */

    new_store(8 * 1024);
    look_like_keys();
    unit_int(pa_key_store_create(memory, memory_size), PA_OK, "anew");

    claim(OLD_ENDED, 1, ALIVE, TTL, &ref);
    keep(&ref, 1000, OLD_ENDED, 10 * TTL);
    claim(OLD_LOST, 1, ALIVE, TTL, &ref);
    pa_key_store_lose(&store, &ref, 10 * TTL);
    claim(OLD_EXPIRED, 1, ALIVE, TTL, &ref);
    keep(&ref, 300, OLD_EXPIRED, TTL);
    claim(OLD_ALIVE, 1, ALIVE, TTL, &old_alive);

    for (i = 1; i < unit_nelts(data); i++) {
        fill(data[i], sizeof(data[i]), i);
    }

    at = mmap(NULL, sizeof(int), PROT_READ|PROT_WRITE,
              MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    before = malloc(memory_size);
    memcpy(before, memory, memory_size);
    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(killed_script(&store, at));
    }

    waitpid(pid, &status, 0);

    states = 0;
    bad = 0;
    steps = 0;
    last_at = -1;

    while (WIFSTOPPED(status)) {

        if (*at != last_at || memcmp(before, memory, memory_size) != 0) {
            memcpy(before, memory, memory_size);
            last_at = *at;
            states++;

            copy_store(&copy, &store, LEFT_BEHIND);
            bad += !killed_check(&copy, *at, steps);
        }

        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        waitpid(pid, &status, 0);
        steps++;
    }

    unit_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
            "the script came to its end");
    unit_ok(bad == 0, "killed after any of %d instructions", steps);
    unit_ok(states > 300, "which left %d different states behind", states);

    free(before);
    munmap(at, sizeof(int));
}


/* each row: the key, what it is before the step, and what may be found in it */

static const struct {
    unsigned           key;
    int                before;
    int                during;
} killed_steps[] = {
    { 0, IS_NEW, IS_NEW },
    { 1, IS_NEW, IS_NEW|IS_LOST },        /* claimed; an old one expires */
    { 1, IS_LOST, IS_LOST|IS_ENDED },     /* an answer of many blocks */
    { 2, IS_NEW, IS_NEW|IS_LOST },
    { 2, IS_LOST, IS_LOST|IS_ENDED },     /* an answer of one block */
    { 3, IS_NEW, IS_NEW|IS_LOST },
    { 3, IS_LOST, IS_LOST },              /* lost */
    { 4, IS_NEW, IS_NEW|IS_LOST },
    { 4, IS_LOST, IS_LOST|IS_NEW },       /* freed */
    { 5, IS_NEW, IS_NEW|IS_LOST },
    { 5, IS_LOST, IS_LOST },              /* an answer without room */
    { 6, IS_NEW, IS_NEW|IS_LOST },
    { 6, IS_LOST, IS_LOST },              /* swept */
    { 0, IS_NEW, IS_NEW }
};


static int
killed_script(pa_key_store_t *s, volatile int *at)
{
    int             ok;
    uint64_t        now;
    pa_key_use_t    use;
    uint8_t         key[HASH], request[HASH];
    pa_key_ref_t    refs[7];
    pa_key_answer_t answer;

    now = 10 * TTL + 1;
    ok = 1;

    use.key = key;
    use.request = request;
    use.owner = DEAD;
    use.ttl = TTL;
    hash(request, 1);
    memset(&answer, 0, sizeof(answer));

    for (*at = 1; *at < (int) unit_nelts(killed_steps) - 1; (*at)++) {

        switch (*at) {

        case 2:
        case 4:
        case 10:
            answer.size = *at == 2 ? 1500 : *at == 4 ? 100 : 8000;
            answer.status = (uint16_t) (killed_steps[*at].key);
            answer.label = (uint16_t) (killed_steps[*at].key);
            ok &= pa_key_store_keep(s, &refs[killed_steps[*at].key], &answer,
                                    data[killed_steps[*at].key], now)
                  == (*at == 10 ? PA_ERROR : PA_OK);
            break;

        case 6:
            pa_key_store_lose(s, &refs[3], now);
            break;

        case 8:
            pa_key_store_free(s, &refs[4]);
            break;

        case 12:
            pa_key_store_sweep(s, DEAD, now);
            break;

        default:
            hash(key, killed_steps[*at].key);
            ok &= pa_key_store_claim(s, &use, now,
                                     &refs[killed_steps[*at].key], &answer)
                  == PA_KEY_NEW;
        }
    }

    return ok ? 0 : 1;
}


static int
killed_check(pa_key_store_t *s, int at, int step)
{
    int            i, is, may, ok;
    size_t         used;
    unsigned       key;
    uint64_t       now;
    found_t       *found;
    pa_key_ref_t   ref;
    int            is_of[7];

    now = 10 * TTL + 1;
    ok = 1;

    /* what a process does that finds the memory like this: it begins */

    pa_key_store_sweep(s, 77, now);

    found = look(s, OLD_ENDED, now);
    ok &= is_answer(found, 1000, OLD_ENDED);
    ok &= look(s, OLD_LOST, now)->verdict == PA_KEY_LOST;
    ok &= look(s, OLD_ALIVE, now)->verdict == PA_KEY_UNDER_WAY;
    ok &= look(s, OLD_EXPIRED, now)->verdict == PA_KEY_NEW;

    /* whoever is behind in time finds it whole, or not at all */

    found = look(s, OLD_EXPIRED, 2 * TTL - 1);
    ok &= found->verdict == PA_KEY_NEW
          || is_answer(found, 300, OLD_EXPIRED);

    used = (1 + 9) + 1 + (1 + RESERVED);

    for (key = 1; key <= 6; key++) {
        may = IS_NEW;

        for (i = 1; i <= at && i < (int) unit_nelts(killed_steps); i++) {

            if (killed_steps[i].key == key) {
                may = i < at ? killed_steps[i].during & ~killed_steps[i].before
                             : killed_steps[i].during;

                if (may == 0) {
                    may = killed_steps[i].during;
                }
            }
        }

        found = look(s, key, now);

        is = found->verdict == PA_KEY_NEW ? IS_NEW
             : found->verdict == PA_KEY_LOST ? IS_LOST
             : found->verdict == PA_KEY_ENDED ? IS_ENDED : 0;
        is_of[key] = is;

        ok &= (is & may) != 0;

        if (is == IS_ENDED) {
            ok &= key == 1 ? is_answer(found, 1500, 1)
                           : key == 2 && is_answer(found, 100, 2);
        }

        used += is == IS_ENDED ? (key == 1 ? 14 : 2) : is == IS_LOST;
    }

    if (!ok) {
        printf("# step %d, instruction %d: keys are %d %d %d %d %d %d\n", at,
               step, is_of[1], is_of[2], is_of[3], is_of[4], is_of[5],
               is_of[6]);
    }

    /* no block is missing, and none is there twice */

    if (room(s, now) != 60 - used) {
        printf("# step %d, instruction %d: %zu blocks free, %zu used\n", at,
               step, room(s, now), used);
        ok = 0;
    }

    /* who lives goes on, and the whole memory can be used once more */

    {
        uint8_t          large[MEMORY];
        pa_key_answer_t  answer;

        answer.size = (uint32_t) (60 - used + RESERVED) * BLOCK_DATA;
        answer.status = OLD_ALIVE;
        answer.label = OLD_ALIVE;
        fill(large, answer.size, OLD_ALIVE);

        ref = old_alive;
        ok &= pa_key_store_keep(s, &ref, &answer, large, now) == PA_OK;
        ok &= is_answer(look(s, OLD_ALIVE, now), answer.size, OLD_ALIVE);
        ok &= is_answer(look(s, OLD_ENDED, now), 1000, OLD_ENDED);
        ok &= look(s, OLD_LOST, now)->verdict == PA_KEY_LOST;
    }

    return ok;
}


/* each location has its own */

static uint64_t
ttl_of(unsigned key)
{
    return ttls_differ ? TTL / 4 * (1 + key % 7) : TTL;
}


static pa_key_verdict_e
claim(unsigned key, unsigned request, uint32_t owner, uint64_t now,
    pa_key_ref_t *ref)
{
    uint8_t          hashes[2][HASH];
    pa_key_use_t     use;
    pa_key_ref_t     none;
    pa_key_answer_t  answer;

    hash(hashes[0], key);
    hash(hashes[1], request);

    use.key = hashes[0];
    use.request = hashes[1];
    use.owner = owner;
    use.ttl = ttl_of(key);

    return pa_key_store_claim(&store, &use, now, ref ? ref : &none, &answer);
}


/* on a copy, so that it stays as it is */

static found_t *
look(pa_key_store_t *s, unsigned key, uint64_t now)
{
    uint8_t         hashes[2][HASH];
    pa_key_use_t    use;
    pa_key_ref_t    ref;
    pa_key_store_t  copy;

    static found_t  found;

    copy_store(&copy, s, LOOKED_AT);

    hash(hashes[0], key);
    hash(hashes[1], 1);

    use.key = hashes[0];
    use.request = hashes[1];
    use.owner = ALIVE;
    use.ttl = ttl_of(key);

    memset(&found, 0, sizeof(found_t));
    found.verdict = pa_key_store_claim(&copy, &use, now, &ref, &found.answer);

    if (found.verdict == PA_KEY_ENDED) {
        pa_key_store_read(&copy, &ref, found.data);
    }

    return &found;
}


static int
keep(const pa_key_ref_t *ref, uint32_t size, unsigned seed, uint64_t now)
{
    int              rc;
    uint8_t         *data;
    pa_key_answer_t  answer;

    answer.size = size;
    answer.status = (uint16_t) (seed % 600);
    answer.label = (uint16_t) seed;

    /* just as long as it says */

    data = malloc(size ? size : 1);
    fill(data, size, seed);
    rc = pa_key_store_keep(&store, ref, &answer, data, now);
    free(data);

    return rc;
}


/* a key is used and free again, after one who was killed at work */

static void
after_a_kill(uint64_t now)
{
    pa_key_ref_t     ref;
    pa_key_blocks_t  blocks;

    pa_key_blocks_attach(&blocks, store.memory);
    blocks.head->dirty = 1;

    claim(2, 1, ALIVE, now, &ref);
    pa_key_store_free(&store, &ref);
}


static int
is_answer(const found_t *found, uint32_t size, unsigned seed)
{
    uint8_t  data[MEMORY];

    fill(data, size, seed);

    return found->verdict == PA_KEY_ENDED
           && found->answer.size == size
           && found->answer.status == (uint16_t) (seed % 600)
           && found->answer.label == (uint16_t) seed
           && memcmp(found->data, data, size) == 0;
}


static void
fill(uint8_t *dst, uint32_t size, unsigned seed)
{
    uint32_t  i;

    for (i = 0; i < size; i++) {
        dst[i] = (uint8_t) (seed + i * 31 + i / 251);
    }
}


/* few different first bytes, so that buckets are shared */

static void
hash(uint8_t *dst, unsigned n)
{
    memset(dst, 0, HASH);
    dst[0] = (uint8_t) (n % 3);
    memcpy(dst + HASH - sizeof(n), &n, sizeof(n));
}


static void
copy_store(pa_key_store_t *copy, const pa_key_store_t *s, copy_e which)
{
    static uint8_t  *memories[2];

    if (memories[which] == NULL) {
        memories[which] = new_memory();
    }

    memcpy(memories[which], s->memory, memory_size);
    copy->memory = memories[which];
    copy->lives = lives;
}


/* blocks that are free, or would be for one who needs them */

static size_t
room(pa_key_store_t *s, uint64_t now)
{
    size_t            low, high, n;
    uint8_t          *data;
    pa_key_ref_t      ref;
    pa_key_use_t      use;
    pa_key_store_t    copy;
    pa_key_answer_t   answer;
    uint8_t           key[HASH];

    hash(key, 123456);
    use.key = key;
    use.request = key;
    use.owner = ALIVE;
    use.ttl = TTL;

    memset(&answer, 0, sizeof(answer));
    data = calloc(1, memory_size);

    low = 0;
    high = memory_size / BLOCK;

    while (low + 1 < high) {
        n = (low + high) / 2;

        copy_store(&copy, s, LOOKED_AT);
        answer.size = (uint32_t) (n - 1) * BLOCK_DATA;

        if (pa_key_store_claim(&copy, &use, now, &ref, &answer) == PA_KEY_NEW
            && (answer.size = (uint32_t) (n - 1) * BLOCK_DATA,
                pa_key_store_keep(&copy, &ref, &answer, data, now) == PA_OK))
        {
            low = n;

        } else {
            high = n;
        }
    }

    free(data);

    return low;
}


static void
new_store(size_t size)
{
    if (memory != NULL) {
        munmap(memory, MEMORY);
    }

    memory = new_memory();
    memory_size = size;

    store.memory = memory;
    unit_int(pa_key_store_create(memory, size), PA_OK, "a new table");
    store.lives = lives;
}


/* every block looks like a key that has ended */

static void
look_like_keys(void)
{
    size_t  i;

    for (i = 0; i < memory_size / sizeof(uint32_t); i++) {
        ((uint32_t *) memory)[i] = PA_BLOCK_KEY;
    }
}


static uint8_t *
new_memory(void)
{
    return mmap(NULL, MEMORY, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                -1, 0);
}


static int
lives(uint32_t owner)
{
    pa_key_blocks_t  blocks;

    pa_key_blocks_attach(&blocks, store.memory);

    asked++;
    asked_owner = owner;
    asked_dirty = blocks.head->dirty;

    return owner != dead_owner;
}
