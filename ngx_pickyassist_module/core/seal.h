
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Encrypts what is stored for a client's key, so that it is useless without
 * it.
 *
 * Three keys are derived from the client's key by HKDF (RFC 5869) with
 * SHA-256.  The first is the name of the client's key and may be visible; the
 * other two cannot be computed from it.  One of these encrypts (AES-256-GCM),
 * the other makes the fingerprint of a request (HMAC with SHA-256); without
 * it, nobody can check a guessed request.
 *
 * This depends on client keys that cannot be guessed.
 */


#ifndef _PA_SEAL_H_INCLUDED_
#define _PA_SEAL_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* bytes of every key, of a fingerprint, and of the salt */
#define PA_SEAL_KEY       32

/* bytes that sealing adds: nonce and tag */
#define PA_SEAL_OVERHEAD  (12 + 16)


typedef struct {
    uint8_t          id[PA_SEAL_KEY];
    uint8_t          sealing[PA_SEAL_KEY];        /* secret, like the next */
    uint8_t          fingerprint[PA_SEAL_KEY];
} pa_seal_t;


/*
 * Functions that fail return PA_ERROR: no memory, no random bytes, or a
 * libcrypto without the algorithm.
 */

/* random bytes for a salt, PA_SEAL_KEY of them */
int pa_seal_salt(uint8_t *dst);

/*
 * Derives the keys from the client's key and the context, a list of texts,
 * which are encoded unambiguously.
 */
int pa_seal_init(pa_seal_t *seal, const uint8_t *salt, const pa_str_t *key,
    const pa_str_t *context, size_t n);

/* wipes the keys */
void pa_seal_wipe(pa_seal_t *seal);

/*
 * The fingerprint, PA_SEAL_KEY bytes, of a name and of a text in parts; how it
 * is split does not matter.
 */
int pa_seal_fingerprint(const pa_seal_t *seal, const pa_str_t *name,
    const pa_str_t *parts, size_t n, uint8_t *dst);

/*
 * Writes text->len + PA_SEAL_OVERHEAD bytes.  bound is not part of them, but
 * is required to open them.  The nonce is random: a client's key may be used
 * again after it has expired, so a fixed nonce would be used with two texts.
 */
int pa_seal(const pa_seal_t *seal, const pa_str_t *bound, const pa_str_t *text,
    uint8_t *dst);

/*
 * Writes sealed->len - PA_SEAL_OVERHEAD bytes.  PA_ERROR also if the text is
 * not authentic; dst then contains nothing of it.
 */
int pa_unseal(const pa_seal_t *seal, const pa_str_t *bound,
    const pa_str_t *sealed, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_SEAL_H_INCLUDED_ */
