
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Reads the body of the upstream's reply to its end, as defined by its framing
 * (RFC 9112 section 6.3), into memory, up to a limit, without interpreting it.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/*
 * input_filter_init and input_filter of the upstream.  They fail only without
 * memory, since an error would end the request without an answer.  Other
 * errors are recorded in ctx->reply, and reading stops.
 */
ngx_int_t ngx_pickyassist_input_filter_init(void *data);
ngx_int_t ngx_pickyassist_input_filter(void *data, ssize_t bytes);

/* the upstream's buffer is used up to last */
void ngx_pickyassist_note_received(ngx_pickyassist_ctx_t *ctx, u_char *last);

/* wipes the reply, which may contain the secret */
void ngx_pickyassist_wipe_reply(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_BODY_H_INCLUDED_ */
