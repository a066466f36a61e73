
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The circuit breaker: while the vendor has the endpoint disabled, neither a
 * round trip nor the master token is spent on learning it again.
 *
 * Its state is two words.  "until" is 0 while it is closed, else the time at
 * which it turns from open to half open.  "probe" names the worker of the one
 * request that is let through then; a worker that died has lost it.
 */


#ifndef _NGX_PICKYASSIST_BREAKER_H_INCLUDED_
#define _NGX_PICKYASSIST_BREAKER_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* the tenant: finds or makes those of all locations; data is the main_conf */
ngx_int_t ngx_pickyassist_init_breakers(ngx_pickyassist_zone_t *zone,
    void *data);

/*
 * The gate.  Who passes may be the probe, if ctx->probe is set then, which it
 * keeps until the breaker is settled, or it ends.
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
