
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * "pickyassist_rate", the last gate: limits how many requests are sent.  All
 * locations and worker processes with the same URL and token share a budget,
 * in shared memory; core/rate.h describes how turns are given.  A waiting
 * request is known only to its worker process.
 */


#ifndef _NGX_PICKYASSIST_RATE_H_INCLUDED_
#define _NGX_PICKYASSIST_RATE_H_INCLUDED_


#include "ngx_pickyassist_breaker.h"


PA_HIDDEN_BEGIN


/* the directive */
char *ngx_pickyassist_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the budget of a location with a rate, when its URL and token are known */
ngx_int_t ngx_pickyassist_init_budget(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* the tenant: finds or makes all budgets; data is the main_conf */
ngx_int_t ngx_pickyassist_init_budgets(ngx_pickyassist_zone_t *zone,
    void *data);

/* the gate; it passes a request that has waited for its turn */
ngx_int_t ngx_pickyassist_rate_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/* gives back the turn that a request has waited for, but is not sent at */
void ngx_pickyassist_return_turn(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_RATE_H_INCLUDED_ */
