
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What is kept for whoever has a key, and is of no use to anyone else.
 *
 * Three keys are made of the client's one by HKDF (RFC 5869) with SHA-256: the
 * first is what the client's key is known by, and may be shown; from it, nobody
 * finds the other two.  One of them seals (AES-256-GCM), the other makes the
 * fingerprint of a request (HMAC with SHA-256), which tells nothing to who
 * guesses at requests without it.
 *
 * That holds for client's keys that cannot be guessed themselves.
 */


#ifndef _PA_SEAL_H_INCLUDED_
#define _PA_SEAL_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* bytes of every key, of a fingerprint, and of the salt */
#define PA_SEAL_KEY       32

/* bytes by which what is sealed is longer: nonce and tag */
#define PA_SEAL_OVERHEAD  (12 + 16)


typedef struct {
    uint8_t          id[PA_SEAL_KEY];
    uint8_t          sealing[PA_SEAL_KEY];        /* secret, like the next */
    uint8_t          fingerprint[PA_SEAL_KEY];
} pa_seal_t;


/*
 * Whatever fails returns PA_ERROR: no memory, no random bytes, or a libcrypto
 * that does not have the algorithm.
 */

/* random bytes for a salt, PA_SEAL_KEY of them */
int pa_seal_salt(uint8_t *dst);

/*
 * The keys of this client's key in this context, a list of texts: none of them
 * can be taken for a part of another.
 */
int pa_seal_init(pa_seal_t *seal, const uint8_t *salt, const pa_str_t *key,
    const pa_str_t *context, size_t n);

/* no key is left in the memory */
void pa_seal_wipe(pa_seal_t *seal);

/*
 * Of a name, and of a text that comes in parts: how it is cut does not matter.
 * PA_SEAL_KEY bytes.
 */
int pa_seal_fingerprint(const pa_seal_t *seal, const pa_str_t *name,
    const pa_str_t *parts, size_t n, uint8_t *dst);

/*
 * Writes text->len + PA_SEAL_OVERHEAD bytes.  bound is not in them, but is
 * needed to open them.  The nonce is random: a client's key may be used again
 * when it has been forgotten, so a fixed one would be used with two texts.
 */
int pa_seal(const pa_seal_t *seal, const pa_str_t *bound, const pa_str_t *text,
    uint8_t *dst);

/*
 * Writes sealed->len - PA_SEAL_OVERHEAD bytes.  PA_ERROR also if it was not
 * sealed so; dst holds nothing then.
 */
int pa_unseal(const pa_seal_t *seal, const pa_str_t *bound,
    const pa_str_t *sealed, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_SEAL_H_INCLUDED_ */
