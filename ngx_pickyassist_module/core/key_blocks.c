
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "key_blocks.h"


/* blocks for each bucket, at least */
#define PA_KEY_BUCKET_BLOCKS  4


static void pa_key_heap_up(pa_key_blocks_t *b, uint32_t place);
static void pa_key_heap_down(pa_key_blocks_t *b, uint32_t place);
static int pa_key_heap_before(const pa_key_blocks_t *b, uint32_t one,
    uint32_t other);
static void pa_key_heap_put(pa_key_blocks_t *b, uint32_t place,
    uint32_t block);


int
pa_key_blocks_create(void *memory, size_t size)
{
    size_t            n, each;
    uint32_t          i;
    pa_key_head_t    *head;
    pa_key_blocks_t   b;

    /* a block, its place in the heap, and its part of a bucket */

    each = PA_KEY_STORE_BLOCK + sizeof(uint32_t)
           + sizeof(uint32_t) / PA_KEY_BUCKET_BLOCKS;

    if (size < sizeof(pa_key_head_t) + PA_KEY_STORE_BLOCK) {
        return PA_ERROR;
    }

    n = (size - sizeof(pa_key_head_t) - PA_KEY_STORE_BLOCK) / each;

    if (n < PA_KEY_BUCKET_BLOCKS || n >= PA_KEY_NONE) {
        return PA_ERROR;
    }

    head = memory;
    memset(head, 0, sizeof(pa_key_head_t));

    head->nblocks = (uint32_t) n;

    while (head->mask < n / PA_KEY_BUCKET_BLOCKS / 2) {
        head->mask = 2 * head->mask + 1;
    }

    head->free = PA_KEY_NONE;
    head->nfree = head->nblocks;

    pa_key_blocks_attach(&b, memory);

    for (i = 0; i <= head->mask; i++) {
        b.buckets[i] = PA_KEY_NONE;
    }

    return PA_OK;
}


void
pa_key_blocks_attach(pa_key_blocks_t *b, void *memory)
{
    uintptr_t  p;

    b->head = memory;
    b->buckets = (uint32_t *) (b->head + 1);
    b->heap = b->buckets + b->head->mask + 1;

    /* a block is within one line of a cache, or two */

    p = (uintptr_t) (b->heap + b->head->nblocks);
    p = (p + PA_KEY_STORE_BLOCK - 1) & ~(uintptr_t) (PA_KEY_STORE_BLOCK - 1);

    b->blocks = (pa_key_block_t *) p;
}


uint32_t
pa_key_block_new(pa_key_blocks_t *b)
{
    uint32_t              n;
    pa_key_head_t  *head;

    head = b->head;
    head->nfree--;

    if (head->free != PA_KEY_NONE) {
        n = head->free;
        head->free = b->blocks[n].next;

    } else {
        n = head->fresh;
        b->blocks[n].kind = PA_BLOCK_FREE;
        pa_key_barrier();
        head->fresh++;
    }

    b->blocks[n].next = PA_KEY_NONE;

    return n;
}


void
pa_key_block_free(pa_key_blocks_t *b, uint32_t block)
{
    b->blocks[block].next = b->head->free;
    b->head->free = block;
    b->head->nfree++;
}


void
pa_key_chain_free(pa_key_blocks_t *b, uint32_t *link)
{
    uint32_t  n, next;

    n = *link;
    *link = PA_KEY_NONE;

    pa_key_barrier();

    for ( /* void */ ; n != PA_KEY_NONE; n = next) {
        next = b->blocks[n].next;
        pa_key_block_free(b, n);
    }
}


void
pa_key_heap_push(pa_key_blocks_t *b, uint32_t block)
{
    uint32_t  place;

    place = b->head->nheap++;

    pa_key_heap_put(b, place, block);
    pa_key_heap_up(b, place);
}


void
pa_key_heap_remove(pa_key_blocks_t *b, uint32_t place)
{
    uint32_t  last;

    last = --b->head->nheap;

    if (place == last) {
        return;
    }

    pa_key_heap_put(b, place, b->heap[last]);
    pa_key_heap_up(b, place);
    pa_key_heap_down(b, place);
}


static void
pa_key_heap_up(pa_key_blocks_t *b, uint32_t place)
{
    uint32_t  block, parent;

    block = b->heap[place];

    while (place != 0) {
        parent = (place - 1) / 2;

        if (!pa_key_heap_before(b, block, b->heap[parent])) {
            break;
        }

        pa_key_heap_put(b, place, b->heap[parent]);
        place = parent;
    }

    pa_key_heap_put(b, place, block);
}


static void
pa_key_heap_down(pa_key_blocks_t *b, uint32_t place)
{
    uint32_t  block, child, last;

    block = b->heap[place];
    last = b->head->nheap;

    while ((child = 2 * place + 1) < last) {

        if (child + 1 < last
            && pa_key_heap_before(b, b->heap[child + 1],
                                  b->heap[child]))
        {
            child++;
        }

        if (!pa_key_heap_before(b, b->heap[child], block)) {
            break;
        }

        pa_key_heap_put(b, place, b->heap[child]);
        place = child;
    }

    pa_key_heap_put(b, place, block);
}


static int
pa_key_heap_before(const pa_key_blocks_t *b, uint32_t one, uint32_t other)
{
    return b->blocks[one].u.key.expires < b->blocks[other].u.key.expires;
}


static void
pa_key_heap_put(pa_key_blocks_t *b, uint32_t place, uint32_t block)
{
    b->heap[place] = block;
    b->blocks[block].u.key.place = place;
}
