
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What comes from the upstream before the body: status line and fields.
 *
 * No header of the reply is kept for variables, filters or the client: the
 * upstream might send the secret back in one.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* before an attempt */
void ngx_pickyassist_reset_reply(ngx_pickyassist_ctx_t *ctx);

/* process_header of the upstream; the body is for upstream_body to read */
ngx_int_t ngx_pickyassist_process_header(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_ */
