
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The gate "once": under one Idempotency-Key, the vendor acts at most once.
 *
 * A new key belongs to its request until that is answered.  If the vendor has
 * certainly done nothing, the key is then free again.  Otherwise the answer is
 * stored, encrypted, and returned to later requests with the key.  If there is
 * no answer to store, the key says that the outcome is unknown.
 *
 * No plain copy of a stored answer outlives the request: what the core
 * allocates for a request with a key is wiped, and so is the key itself.
 */


#ifndef _NGX_PICKYASSIST_ONCE_H_INCLUDED_
#define _NGX_PICKYASSIST_ONCE_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* a stored answer */

typedef struct {
    ngx_uint_t                    status;     /* HTTP */
    pa_outcome_e                  outcome;
    pa_str_t                      body;
} ngx_pickyassist_replay_t;


/* for a merged location: makes the zone if it needs one */
ngx_int_t ngx_pickyassist_init_once(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *plcf);

/*
 * The gate.  A request with a key that passes owns the key.  NGX_ERROR may
 * also mean that libcrypto has failed.
 */
ngx_int_t ngx_pickyassist_once_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/* after NGX_DONE: the stored answer */
ngx_pickyassist_replay_t *ngx_pickyassist_kept_answer(
    ngx_pickyassist_ctx_t *ctx);

/* stores the answer that is about to be sent; body is copied */
void ngx_pickyassist_keep_answer(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome, ngx_uint_t status, pa_effect_e effect,
    pa_str_t *body);

/* the request has failed, and something else answers it, as "error_page" */
void ngx_pickyassist_end_key(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ONCE_H_INCLUDED_ */
