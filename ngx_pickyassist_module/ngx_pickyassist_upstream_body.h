
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The body of the upstream's reply, as its framing says where that ends (RFC
 * 9112 section 6.3): collected in memory, up to a limit, and not interpreted.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/*
 * input_filter_init and input_filter of the upstream.  They never fail but for
 * want of memory: an error would end the request without an answer.  What is
 * wrong is noted in ctx->reply, and reading stops.
 */
ngx_int_t ngx_pickyassist_input_filter_init(void *data);
ngx_int_t ngx_pickyassist_input_filter(void *data, ssize_t bytes);

/* the upstream's buffer has been filled up to last */
void ngx_pickyassist_note_received(ngx_pickyassist_ctx_t *ctx, u_char *last);

/* what came, which may have the secret in it */
void ngx_pickyassist_wipe_reply(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_ */
