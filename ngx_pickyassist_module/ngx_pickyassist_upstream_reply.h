
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What comes from the upstream: status line, fields, framing, body.
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

/*
 * process_header, input_filter_init and input_filter of the upstream.  The
 * filters never fail but for want of memory: an error would end the request
 * without an answer.  What is wrong is noted in ctx->reply, and reading stops.
 */
ngx_int_t ngx_pickyassist_process_header(ngx_http_request_t *r);
ngx_int_t ngx_pickyassist_input_filter_init(void *data);
ngx_int_t ngx_pickyassist_input_filter(void *data, ssize_t bytes);

/* what came, which may have the secret in it */
void ngx_pickyassist_wipe_reply(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_REPLY_H_INCLUDED_ */
