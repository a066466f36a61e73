
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * All memory is blocks of one size.  A key is one of them, and its answer a
 * chain of others.  The keys alone are what is true: buckets to find them by,
 * a heap of those that have ended, the next to expire on top, and the list of
 * free blocks are made again from them when a process has died while it changed
 * anything.  So what matters is the order in which a key and its chain are
 * written; the word that makes a change valid is written last.
 */


#include "key_blocks.h"
#include "key_store.h"


/* blocks that a key gets together with its own */
#define PA_KEY_RESERVED       (PA_KEY_STORE_RESERVED / PA_KEY_BLOCK_DATA)

/* keys that are looked at for having expired, each time that one is claimed */
#define PA_KEY_EVICT          2


static pa_key_blocks_t *pa_key_begin(const pa_key_store_t *store,
    pa_key_blocks_t *b);
static void pa_key_end(pa_key_blocks_t *b);
static void pa_key_recover(pa_key_blocks_t *b);
static void pa_key_recover_chain(pa_key_blocks_t *b, pa_key_t *key);

static uint32_t *pa_key_bucket(const pa_key_blocks_t *b,
    const uint8_t *hash);
static uint32_t pa_key_find(const pa_key_blocks_t *b, const uint8_t *hash);
static pa_key_t *pa_key_claimed(const pa_key_blocks_t *b,
    const pa_key_ref_t *ref);
static void pa_key_insert(pa_key_blocks_t *b, const pa_key_use_t *use,
    pa_key_ref_t *ref);
static void pa_key_end_as(pa_key_blocks_t *b, uint32_t block,
    pa_key_state_e state, uint64_t now);
static void pa_key_remove(pa_key_blocks_t *b, uint32_t block);
static int pa_key_evict(pa_key_blocks_t *b, uint64_t now);

static int pa_key_make_room(pa_key_blocks_t *b, size_t n, uint64_t now);


int
pa_key_store_create(void *memory, size_t size)
{
    pa_key_blocks_t  b;

    if (pa_key_blocks_create(memory, size) != PA_OK) {
        return PA_ERROR;
    }

    pa_key_blocks_attach(&b, memory);

    return b.head->nblocks > PA_KEY_RESERVED ? PA_OK : PA_ERROR;
}


static pa_key_blocks_t *
pa_key_begin(const pa_key_store_t *store, pa_key_blocks_t *b)
{
    pa_key_blocks_attach(b, store->memory);

    if (b->head->dirty) {
        pa_key_recover(b);
    }

    b->head->dirty = 1;
    pa_key_barrier();

    return b;
}


static void
pa_key_end(pa_key_blocks_t *b)
{
    pa_key_barrier();
    b->head->dirty = 0;
}


/* who is killed in here leaves it to the next one, who begins anew */

static void
pa_key_recover(pa_key_blocks_t *b)
{
    uint32_t         i, *bucket;
    pa_key_head_t   *head;
    pa_key_block_t  *block;

    head = b->head;
    block = b->blocks;

    for (i = 0; i <= head->mask; i++) {
        b->buckets[i] = PA_KEY_NONE;
    }

    head->free = PA_KEY_NONE;
    head->nfree = head->nblocks - head->fresh;
    head->nheap = 0;

    for (i = 0; i < head->fresh; i++) {
        if (block[i].kind != PA_BLOCK_KEY) {
            block[i].kind = PA_BLOCK_FREE;
        }
    }

    for (i = 0; i < head->fresh; i++) {

        if (block[i].kind != PA_BLOCK_KEY) {
            continue;
        }

        pa_key_recover_chain(b, &block[i].u.key);

        bucket = pa_key_bucket(b, block[i].u.key.key);
        block[i].next = *bucket;
        *bucket = i;

        if (block[i].u.key.state != PA_STATE_UNDER_WAY) {
            pa_key_heap_push(b, i);
        }
    }

    for (i = 0; i < head->fresh; i++) {
        if (block[i].kind == PA_BLOCK_FREE) {
            pa_key_block_free(b, i);
        }
    }
}


/* what follows the blocks that belong to the key was to be, or had been, so */

static void
pa_key_recover_chain(pa_key_blocks_t *b, pa_key_t *key)
{
    size_t     n;
    uint32_t  *link;

    switch (key->state) {

    case PA_STATE_UNDER_WAY:
        n = PA_KEY_RESERVED;
        break;

    case PA_STATE_ENDED:
        n = (key->size + PA_KEY_BLOCK_DATA - 1) / PA_KEY_BLOCK_DATA;
        break;

    default:
        n = 0;
    }

    for (link = &key->data;
         n != 0 && *link != PA_KEY_NONE;
         link = &b->blocks[*link].next, n--)
    {
        b->blocks[*link].kind = PA_BLOCK_DATA;
    }

    *link = PA_KEY_NONE;
}


pa_key_verdict_e
pa_key_store_claim(const pa_key_store_t *store, const pa_key_use_t *use,
    uint64_t now, pa_key_ref_t *ref, pa_key_answer_t *answer)
{
    size_t             i;
    uint32_t           block;
    pa_key_t          *key;
    pa_key_blocks_t   *b, blocks;
    pa_key_verdict_e   verdict;

    b = pa_key_begin(store, &blocks);

    for (i = 0; i < PA_KEY_EVICT && pa_key_evict(b, now); i++) {
        /* void */
    }

    block = pa_key_find(b, use->key);
    key = (block == PA_KEY_NONE) ? NULL : &b->blocks[block].u.key;

    if (key != NULL
        && key->state != PA_STATE_UNDER_WAY && key->expires <= now)
    {
        pa_key_remove(b, block);
        key = NULL;
    }

    if (key != NULL
        && key->state == PA_STATE_UNDER_WAY && !store->lives(key->owner))
    {
        pa_key_end_as(b, block, PA_STATE_LOST, now);
    }

    if (key == NULL) {

        if (pa_key_make_room(b, 1 + PA_KEY_RESERVED, now) == PA_OK) {
            pa_key_insert(b, use, ref);
            verdict = PA_KEY_NEW;

        } else {
            verdict = PA_KEY_FULL;
        }

    } else if (memcmp(key->request, use->request, PA_KEY_HASH) != 0) {
        verdict = PA_KEY_OTHER;

    } else if (key->state == PA_STATE_UNDER_WAY) {
        verdict = PA_KEY_UNDER_WAY;

    } else if (key->state == PA_STATE_LOST) {
        verdict = PA_KEY_LOST;

    } else {
        verdict = PA_KEY_ENDED;
        ref->serial = key->serial;
        ref->block = block;
        answer->size = key->size;
        answer->status = key->status;
        answer->label = key->label;
    }

    pa_key_end(b);

    return verdict;
}


static void
pa_key_insert(pa_key_blocks_t *b, const pa_key_use_t *use,
    pa_key_ref_t *ref)
{
    size_t           i;
    uint32_t         n, *link, *bucket;
    pa_key_t        *key;
    pa_key_block_t  *block;

    n = pa_key_block_new(b);
    block = &b->blocks[n];
    key = &block->u.key;

    key->serial = ++b->head->serial;
    key->ttl = use->ttl;
    key->state = PA_STATE_UNDER_WAY;
    key->owner = use->owner;
    memcpy(key->key, use->key, PA_KEY_HASH);
    memcpy(key->request, use->request, PA_KEY_HASH);

    link = &key->data;

    for (i = 0; i < PA_KEY_RESERVED; i++) {
        *link = pa_key_block_new(b);
        link = &b->blocks[*link].next;
    }

    *link = PA_KEY_NONE;

    pa_key_barrier();
    block->kind = PA_BLOCK_KEY;
    pa_key_barrier();

    bucket = pa_key_bucket(b, key->key);
    block->next = *bucket;
    *bucket = n;

    ref->serial = key->serial;
    ref->block = n;
}


void
pa_key_store_read(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint8_t *dst)
{
    size_t                 left, n;
    pa_key_blocks_t        b;
    const pa_key_t        *key;
    const pa_key_block_t  *block;

    pa_key_blocks_attach(&b, store->memory);

    key = &b.blocks[ref->block].u.key;
    block = &b.blocks[key->data];

    for (left = key->size; left != 0; left -= n) {
        n = left < PA_KEY_BLOCK_DATA ? left : PA_KEY_BLOCK_DATA;

        memcpy(dst, block->u.data, n);
        dst += n;

        if (left > n) {
            block = &b.blocks[block->next];
        }
    }
}


int
pa_key_store_keep(const pa_key_store_t *store, const pa_key_ref_t *ref,
    const pa_key_answer_t *answer, const uint8_t *data, uint64_t now)
{
    int               rc;
    size_t            need, left, n;
    uint32_t         *link;
    pa_key_t         *key;
    pa_key_blocks_t  *b, blocks;

    b = pa_key_begin(store, &blocks);

    key = pa_key_claimed(b, ref);
    need = (answer->size + PA_KEY_BLOCK_DATA - 1) / PA_KEY_BLOCK_DATA;

    rc = PA_ERROR;

    if (key != NULL
        && (need <= PA_KEY_RESERVED
            || pa_key_make_room(b, need - PA_KEY_RESERVED, now) == PA_OK))
    {
        link = &key->data;

        for (left = answer->size; left != 0; left -= n) {

            if (*link == PA_KEY_NONE) {
                *link = pa_key_block_new(b);
            }

            n = left < PA_KEY_BLOCK_DATA ? left : PA_KEY_BLOCK_DATA;

            memcpy(b->blocks[*link].u.data, data, n);
            data += n;

            link = &b->blocks[*link].next;
        }

        key->size = answer->size;
        key->status = answer->status;
        key->label = answer->label;
        pa_key_end_as(b, ref->block, PA_STATE_ENDED, now);
        pa_key_chain_free(b, link);

        rc = PA_OK;

    } else if (key != NULL) {
        pa_key_end_as(b, ref->block, PA_STATE_LOST, now);
    }

    pa_key_end(b);

    return rc;
}


void
pa_key_store_lose(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint64_t now)
{
    pa_key_blocks_t  *b, blocks;

    b = pa_key_begin(store, &blocks);

    if (pa_key_claimed(b, ref) != NULL) {
        pa_key_end_as(b, ref->block, PA_STATE_LOST, now);
    }

    pa_key_end(b);
}


void
pa_key_store_free(const pa_key_store_t *store, const pa_key_ref_t *ref)
{
    pa_key_blocks_t  *b, blocks;

    b = pa_key_begin(store, &blocks);

    if (pa_key_claimed(b, ref) != NULL) {
        pa_key_remove(b, ref->block);
    }

    pa_key_end(b);
}


uint32_t
pa_key_store_sweep(const pa_key_store_t *store, uint32_t owner, uint64_t now)
{
    uint32_t          i, n;
    pa_key_t         *key;
    pa_key_blocks_t  *b, blocks;

    b = pa_key_begin(store, &blocks);

    n = 0;

    for (i = 0; i < b->head->fresh; i++) {

        if (b->blocks[i].kind != PA_BLOCK_KEY) {
            continue;
        }

        key = &b->blocks[i].u.key;

        if (key->state == PA_STATE_UNDER_WAY
            && (key->owner == owner || !store->lives(key->owner)))
        {
            pa_key_end_as(b, i, PA_STATE_LOST, now);
            n++;
        }
    }

    pa_key_end(b);

    return n;
}


/* the hash is as good as random: any of its bits will do */

static uint32_t *
pa_key_bucket(const pa_key_blocks_t *b, const uint8_t *hash)
{
    uint32_t  n;

    memcpy(&n, hash, sizeof(uint32_t));

    return &b->buckets[n & b->head->mask];
}


static uint32_t
pa_key_find(const pa_key_blocks_t *b, const uint8_t *hash)
{
    uint32_t               n;
    const pa_key_block_t  *block;

    for (n = *pa_key_bucket(b, hash); n != PA_KEY_NONE; n = block->next) {
        block = &b->blocks[n];

        if (memcmp(block->u.key.key, hash, PA_KEY_HASH) == 0) {
            break;
        }
    }

    return n;
}


/* NULL: it was taken for lost, and may even have been forgotten since */

static pa_key_t *
pa_key_claimed(const pa_key_blocks_t *b, const pa_key_ref_t *ref)
{
    pa_key_block_t  *block;

    block = &b->blocks[ref->block];

    if (block->kind != PA_BLOCK_KEY
        || block->u.key.serial != ref->serial
        || block->u.key.state != PA_STATE_UNDER_WAY)
    {
        return NULL;
    }

    return &block->u.key;
}


static void
pa_key_end_as(pa_key_blocks_t *b, uint32_t block, pa_key_state_e state,
    uint64_t now)
{
    pa_key_t  *key;

    key = &b->blocks[block].u.key;

    key->expires = now + key->ttl;

    pa_key_barrier();
    key->state = state;
    pa_key_barrier();

    if (state == PA_STATE_LOST) {
        pa_key_chain_free(b, &key->data);
    }

    pa_key_heap_push(b, block);
}


static void
pa_key_remove(pa_key_blocks_t *b, uint32_t block)
{
    uint32_t  *link;
    pa_key_t  *key;

    key = &b->blocks[block].u.key;

    if (key->state != PA_STATE_UNDER_WAY) {
        pa_key_heap_remove(b, key->place);
    }

    link = pa_key_bucket(b, key->key);

    while (*link != block) {
        link = &b->blocks[*link].next;
    }

    *link = b->blocks[block].next;

    b->blocks[block].kind = PA_BLOCK_FREE;
    pa_key_barrier();

    pa_key_chain_free(b, &key->data);
    pa_key_block_free(b, block);
}


/* 1 if an expired key was removed */

static int
pa_key_evict(pa_key_blocks_t *b, uint64_t now)
{
    uint32_t  block;

    if (b->head->nheap == 0) {
        return 0;
    }

    block = b->heap[0];

    if (b->blocks[block].u.key.expires > now) {
        return 0;
    }

    pa_key_remove(b, block);

    return 1;
}


static int
pa_key_make_room(pa_key_blocks_t *b, size_t n, uint64_t now)
{
    while (b->head->nfree < n) {
        if (!pa_key_evict(b, now)) {
            return PA_ERROR;
        }
    }

    return PA_OK;
}
