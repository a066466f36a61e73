
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Reads the head of the upstream's reply: status line and fields.
 *
 * No header of the reply is stored for variables, filters or the client, since
 * the upstream might send the secret back in one.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* to be called before each attempt */
void ngx_pickyassist_reset_reply(ngx_pickyassist_ctx_t *ctx);

/* process_header of the upstream; upstream_body reads the body */
ngx_int_t ngx_pickyassist_process_header(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_ */
