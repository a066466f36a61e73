
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The memory of a key store: blocks of one size.  A key is a block, its answer
 * a chain of blocks.  There is a list of free blocks, and a heap of the keys
 * that have ended, with the next one to expire on top.
 */


#ifndef _PA_KEY_BLOCKS_H_INCLUDED_
#define _PA_KEY_BLOCKS_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


#define PA_KEY_STORE_BLOCK    128

/* bytes of an answer in one block */
#define PA_KEY_BLOCK_DATA     (PA_KEY_STORE_BLOCK - 2 * sizeof(uint32_t))

/* no block */
#define PA_KEY_NONE           UINT32_MAX

/* bytes of the hash of a key, and of that of a request */
#define PA_KEY_HASH           32


/* prevents the compiler from moving a write across */
#define pa_key_barrier()  __atomic_signal_fence(__ATOMIC_SEQ_CST)


typedef enum {
    PA_BLOCK_FREE = 0,
    PA_BLOCK_KEY,
    PA_BLOCK_DATA                 /* marked while the order is restored */
} pa_block_kind_e;


typedef enum {
    PA_STATE_UNDER_WAY = 0,
    PA_STATE_ENDED,
    PA_STATE_LOST
} pa_key_state_e;


typedef struct {
    uint32_t             dirty;       /* a process is changing the table */
    uint32_t             nblocks;
    uint32_t             mask;        /* of a bucket */
    uint32_t             fresh;       /* blocks that were ever used */
    uint32_t             free;        /* the first of a list */
    uint32_t             nfree;       /* including those never used */
    uint32_t             nheap;
    uint64_t             serial;      /* of the key claimed last */
} pa_key_head_t;


typedef struct {
    uint32_t             size;        /* of the answer */
    uint16_t             status;
    uint16_t             label;
    uint64_t             serial;
    uint64_t             ttl;
    uint64_t             expires;     /* if it has ended, or is lost */
    uint32_t             state;
    uint32_t             owner;
    uint32_t             data;        /* the first block of the answer */
    uint32_t             place;       /* in the heap */
    uint8_t              key[PA_KEY_HASH];
    uint8_t              request[PA_KEY_HASH];
} pa_key_t;


typedef struct {
    uint32_t             kind;
    uint32_t             next;        /* of the bucket, chain, free ones */

    union {
        pa_key_t         key;
        uint8_t          data[PA_KEY_BLOCK_DATA];
    } u;
} pa_key_block_t;


/* the build fails if a key does not fit */
typedef char pa_key_block_fits
    [sizeof(pa_key_block_t) == PA_KEY_STORE_BLOCK ? 1 : -1];


/* the addresses of all this in one process */

typedef struct {
    pa_key_head_t       *head;
    uint32_t            *buckets;
    uint32_t            *heap;
    pa_key_block_t      *blocks;
} pa_key_blocks_t;


/*
 * Makes the blocks in this memory, aligned for any object; PA_ERROR: too
 * little memory.  Finds blocks that were made there before.
 */
int pa_key_blocks_create(void *memory, size_t size);
void pa_key_blocks_attach(pa_key_blocks_t *b, void *memory);

/* takes a free block; there must be one (head->nfree) */
uint32_t pa_key_block_new(pa_key_blocks_t *b);
void pa_key_block_free(pa_key_blocks_t *b, uint32_t block);

/* frees the chain that the link points to */
void pa_key_chain_free(pa_key_blocks_t *b, uint32_t *link);

/* keys in the order of their expiry; heap[0] is the first, if any */
void pa_key_heap_push(pa_key_blocks_t *b, uint32_t block);
void pa_key_heap_remove(pa_key_blocks_t *b, uint32_t place);


PA_HIDDEN_END


#endif /* _PA_KEY_BLOCKS_H_INCLUDED_ */
