
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Writes the request to the upstream: head and body, around the secret, which
 * is copied from the configuration into a buffer that is wiped afterwards.
 */


#ifndef _NGX_PICKYASSIST_UPSTREAM_REQUEST_H_INCLUDED_
#define _NGX_PICKYASSIST_UPSTREAM_REQUEST_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/*
 * Writes the constant parts of the head once: everything before the value of
 * Content-Length, what follows up to the headers of "pickyassist_set_header",
 * and the list of these.
 */
ngx_int_t ngx_pickyassist_init_head(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* create_request of the upstream */
ngx_int_t ngx_pickyassist_create_request(ngx_http_request_t *r);

/* wipes the buffer with the secret; may be called at any time, repeatedly */
void ngx_pickyassist_wipe_request(ngx_pickyassist_ctx_t *ctx);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_UPSTREAM_REQUEST_H_INCLUDED_ */
