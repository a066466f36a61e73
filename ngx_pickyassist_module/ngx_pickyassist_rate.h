
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * "pickyassist_rate", the last gate: how many requests are sent.  One budget
 * for all locations and workers with the same URL and token, in shared memory;
 * how turns are given, core/rate.h says.  Who waits for its turn is known to
 * its worker alone.
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

/* the tenant: finds or makes those of all locations; data is the main_conf */
ngx_int_t ngx_pickyassist_init_budgets(ngx_pickyassist_zone_t *zone,
    void *data);

/* the gate; it passes a request that has waited for its turn */
ngx_int_t ngx_pickyassist_rate_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_RATE_H_INCLUDED_ */
