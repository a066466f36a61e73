
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The circuit breaker, a gate: while the vendor has the endpoint disabled,
 * neither a round trip nor the token is spent on learning it again.  One for
 * each URL, in shared memory; what its states are, core/breaker.h says.
 */


#ifndef _NGX_PICKYASSIST_BREAKER_H_INCLUDED_
#define _NGX_PICKYASSIST_BREAKER_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* the tenant: finds or makes those of all locations; data is the main_conf */
ngx_int_t ngx_pickyassist_init_breakers(ngx_pickyassist_zone_t *zone,
    void *data);

/*
 * The gate.  Who passes may be the probe, and keeps that until the breaker is
 * settled, or it ends.
 */
ngx_int_t ngx_pickyassist_breaker_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/* the upstream has answered; it has not */
void ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);
void ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx);

/* tells the endpoints of which a location has one that is not closed */
void ngx_pickyassist_snapshot_breakers(ngx_pickyassist_main_conf_t *pmcf,
    pa_metrics_t *metrics);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_BREAKER_H_INCLUDED_ */
