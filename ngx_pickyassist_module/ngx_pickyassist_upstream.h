
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The exchange with the upstream: start, callbacks, end.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_H_INCLUDED_


#include "ngx_pickyassist_answer.h"


PA_HIDDEN_BEGIN


/* sends the valid request of ctx; finalizes r at the end */
void ngx_pickyassist_forward(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_H_INCLUDED_ */
