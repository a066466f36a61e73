
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A table of keys, each used by one request, with the results of these
 * requests.  It is in memory that processes share and that outlives them.
 *
 * The caller of these functions holds a lock, and may be killed at any
 * instruction.  The next call then restores the order of the table; no entry
 * is lost.  A key that pa_key_store_claim() was about to take may be in the
 * table too: its request has not begun, and counts as lost.
 *
 * Times are milliseconds of one clock that all callers share.
 */


#ifndef _PA_KEY_STORE_H_INCLUDED_
#define _PA_KEY_STORE_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* bytes of an answer that certainly fit */
#define PA_KEY_STORE_RESERVED  480


typedef enum {
    PA_KEY_NEW = 0,               /* now owned by the caller */
    PA_KEY_UNDER_WAY,             /* its request has not ended */
    PA_KEY_ENDED,                 /* with a stored answer */
    PA_KEY_LOST,                  /* how it ended is unknown */
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
    uint64_t             ttl;     /* how long its result is kept */
} pa_key_use_t;


/* a key that was claimed or found; 0, 0: none */

typedef struct {
    uint64_t             serial;
    uint32_t             block;
} pa_key_ref_t;


/* its members except the bytes have a meaning for the caller only */

typedef struct {
    uint32_t             size;
    uint16_t             status;
    uint16_t             label;
} pa_key_answer_t;


/* makes a table in this memory, aligned for any object; PA_ERROR: too little */
int pa_key_store_create(void *memory, size_t size);

/*
 * Claims the key if it is new.  Sets ref for PA_KEY_NEW and PA_KEY_ENDED,
 * answer for PA_KEY_ENDED.
 */
pa_key_verdict_e pa_key_store_claim(const pa_key_store_t *store,
    const pa_key_use_t *use, uint64_t now, pa_key_ref_t *ref,
    pa_key_answer_t *answer);

/* copies the answer; the lock must be held since it was found */
void pa_key_store_read(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint8_t *dst);

/*
 * The result for a claimed key: its request ended with this answer; or its
 * outcome is unknown; or the vendor has certainly done nothing, and the key is
 * free again.  PA_ERROR: no room for the answer, so the outcome is unknown.
 */
int pa_key_store_keep(const pa_key_store_t *store, const pa_key_ref_t *ref,
    const pa_key_answer_t *answer, const uint8_t *data, uint64_t now);
void pa_key_store_lose(const pa_key_store_t *store, const pa_key_ref_t *ref,
    uint64_t now);
void pa_key_store_free(const pa_key_store_t *store, const pa_key_ref_t *ref);

/*
 * For a process that starts: marks the requests of processes that are gone as
 * lost, and those of a process that had the same number.  Returns how many.
 */
uint32_t pa_key_store_sweep(const pa_key_store_t *store, uint32_t owner,
    uint64_t now);


PA_HIDDEN_END


#endif /* _PA_KEY_STORE_H_INCLUDED_ */
