
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The circuit breaker, a gate: while the vendor keeps the endpoint disabled,
 * neither time nor the token is spent on asking again.  There is one for each
 * URL, in shared memory; core/breaker.h describes its states.
 */


#ifndef _NGX_PICKYASSIST_BREAKER_H_INCLUDED_
#define _NGX_PICKYASSIST_BREAKER_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* the tenant: finds or makes all breakers; data is the main_conf */
ngx_int_t ngx_pickyassist_init_breakers(ngx_pickyassist_zone_t *zone,
    void *data);

/*
 * The gate.  A request that passes may be the probe, and remains so until the
 * breaker is settled or the request ends.
 */
ngx_int_t ngx_pickyassist_breaker_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/* settle the breaker: the upstream has answered, or it has not */
void ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);
void ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx);

/* sets the endpoints with a breaker that is not closed */
void ngx_pickyassist_snapshot_breakers(ngx_pickyassist_main_conf_t *pmcf,
    pa_metrics_t *metrics);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_BREAKER_H_INCLUDED_ */
