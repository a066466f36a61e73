
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * "pickyassist_require", the first gate: who may ask for what.  It judges the
 * values that the reader has read, which are those that are sent.
 */


#ifndef _NGX_PICKYASSIST_REQUIRE_H_INCLUDED_
#define _NGX_PICKYASSIST_REQUIRE_H_INCLUDED_


#include "ngx_pickyassist_context.h"
#include "ngx_pickyassist_directives.h"


PA_HIDDEN_BEGIN


/* the directive */
char *ngx_pickyassist_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

ngx_int_t ngx_pickyassist_require_gate(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_REQUIRE_H_INCLUDED_ */
