
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The gate "once": under one Idempotency-Key, the vendor acts at most once.
 *
 * A key that is used for the first time belongs to its request until that one
 * is answered.  Then it is free again if the vendor certainly has done nothing;
 * else the answer is kept, sealed, and repeated to who comes with the key.  If
 * there is no answer to keep, whatever became of the request, the key says so.
 *
 * No plain copy of what is kept outlives the request: what the core allocates
 * for a request with a key is wiped, and so is the key itself.
 */


#ifndef _NGX_PICKYASSIST_ONCE_H_INCLUDED_
#define _NGX_PICKYASSIST_ONCE_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* an answer that was kept */

typedef struct {
    ngx_uint_t                    status;     /* HTTP */
    pa_outcome_e                  outcome;
    pa_str_t                      body;
} ngx_pickyassist_replay_t;


/* of a location that is merged: makes the zone, if it needs it */
ngx_int_t ngx_pickyassist_init_once(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *prev, ngx_pickyassist_loc_conf_t *plcf);

/*
 * The gate.  A request with a key that passes has it for itself.  NGX_ERROR may
 * also mean that libcrypto has failed.
 */
ngx_int_t ngx_pickyassist_once_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/* after NGX_DONE: the answer that was kept */
ngx_pickyassist_replay_t *ngx_pickyassist_kept_answer(
    ngx_pickyassist_ctx_t *ctx);

/* the answer is about to be sent; body is not needed afterwards */
void ngx_pickyassist_keep_answer(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome, ngx_uint_t status, pa_effect_e effect,
    pa_str_t *body);

/* the request has failed, and who answers it is not known: an "error_page"? */
void ngx_pickyassist_end_key(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ONCE_H_INCLUDED_ */
