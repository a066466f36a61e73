
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A table of keys, of which each was used by one request, and of how these
 * requests ended.  It lives in memory that processes share and that outlives
 * them.
 *
 * Who calls these functions holds a lock, and may be killed at any instruction
 * of them.  Then the next call puts in order what it finds; all that was in the
 * table is in it still.  A key that pa_key_store_claim() was about to take may
 * be in it, too: its request has not begun then, and is taken for lost.
 *
 * Times are milliseconds of one clock that all callers have.
 */


#ifndef _PA_KEY_STORE_H_INCLUDED_
#define _PA_KEY_STORE_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* bytes of an answer for which there certainly is room */
#define PA_KEY_STORE_RESERVED  480


typedef enum {
    PA_KEY_NEW = 0,               /* the caller's from now on */
    PA_KEY_UNDER_WAY,             /* its request has not ended */
    PA_KEY_ENDED,                 /* with an answer that was kept */
    PA_KEY_LOST,                  /* nobody knows how it ended */
    PA_KEY_OTHER,                 /* used by another request */
    PA_KEY_FULL                   /* no room, and nothing changed */
} pa_key_verdict_e;


typedef struct {
    void                *memory;

    /* 1 if the process still exists */
    int                (*lives)(uint32_t owner);
} pa_key_store_t;


typedef struct {
    const uint8_t       *key;     /* a hash of 32 bytes each */
    const uint8_t       *request;
    uint32_t             owner;   /* the process; not 0 */
    uint64_t             ttl;     /* how long its end is remembered */
} pa_key_use_t;


/* a key that was claimed or found; 0, 0: none */

typedef struct {
    uint64_t             serial;
    uint32_t             block;
} pa_key_ref_t;


/* what is kept besides its bytes means something to the caller alone */

typedef struct {
    uint32_t             size;
    uint16_t             status;
    uint16_t             label;
} pa_key_answer_t;


/* makes a table in this memory, aligned for any object; PA_ERROR: too little */
int pa_key_store_create(void *memory, size_t size);

/*
 * Takes the key if it is new; ref is filled in for PA_KEY_NEW and PA_KEY_ENDED,
 * answer for the latter.
 */
pa_key_verdict_e pa_key_store_claim(const pa_key_store_t *store,
    const pa_key_use_t *use, uint64_t now, pa_key_ref_t *ref,
    pa_key_answer_t *answer);

/* copies the answer, with the lock held since it was found */
void pa_key_store_read(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint8_t *dst);

/*
 * What becomes of a key that was claimed: its request ended with this answer;
 * or nobody knows how; or the vendor has certainly done nothing, and it is free
 * again.  PA_ERROR: there is no room for the answer, and the request is lost.
 */
int pa_key_store_keep(const pa_key_store_t *store, const pa_key_ref_t *ref,
    const pa_key_answer_t *answer, const uint8_t *data, uint64_t now);
void pa_key_store_lose(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint64_t now);
void pa_key_store_free(const pa_key_store_t *store, const pa_key_ref_t *ref);

/*
 * For a process that begins: requests of processes that are gone are lost, and
 * so are those of one that had the same number.  Returns how many.
 */
uint32_t pa_key_store_sweep(const pa_key_store_t *store, uint32_t owner,
    uint64_t now);


PA_HIDDEN_END


#endif /* _PA_KEY_STORE_H_INCLUDED_ */
