
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Selects the server and the connection.
 *
 * An upstream{} block keeps connections and TLS sessions by address alone, and
 * a kept connection is not verified again.  A connection that another location
 * made, with other TLS settings, must not get the secret.  Therefore each
 * location uses its own copy of the block, with its own sessions, and closes
 * kept connections that were not made with its own TLS context.
 *
 * Unexpected data on a kept connection would be taken for the reply to the
 * next request, and could contain the tokens of another project.  nginx closes
 * such a connection when it learns of the data, which may be too late, so the
 * connection is checked once more before the next request is written.  This
 * also detects a connection that the upstream has closed, while another one
 * can still be used.
 *
 * Without a block, the location keeps connections itself.  It uses any of them
 * whose address is still one of the host's, and asks the balancer only if
 * there is none.
 */


#ifndef _NGX_PICKYASSIST_PEER_H_INCLUDED_
#define _NGX_PICKYASSIST_PEER_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* makes the location's copy of the servers; needs its TLS context */
ngx_int_t ngx_pickyassist_init_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/*
 * Starts the exchange of r->upstream, which is complete except for its peers,
 * when the addresses are known.  If that fails, finalizes r.  If the request
 * is abandoned, stops waiting for the resolver.
 */
void ngx_pickyassist_connect(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_PEER_H_INCLUDED_ */
