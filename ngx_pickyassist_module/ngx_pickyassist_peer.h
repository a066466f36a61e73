
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Who is asked, and over which connection.
 *
 * An upstream{} block keeps connections alive, and TLS sessions for their
 * resumption, by address alone; a kept connection is not verified again.  One
 * that another location made, with other ideas of whom to trust, must not get
 * the secret.  So each location looks at the block through a copy of its own,
 * with its own sessions, and closes kept connections that are not made with
 * its own TLS context.
 *
 * What the upstream sends on a kept connection unasked would be taken for the
 * reply to the next request, maybe with the tokens of another project.  nginx
 * closes such a connection when it learns of it, which may be too late; so a
 * last look is taken before the next request is written.  One that the
 * upstream has closed is found out in the same way, while there is still time
 * to use another one.
 *
 * Without a block the location keeps connections itself.  Any of them will do
 * whose address is still one of the host's: the balancer is asked only if
 * there is none.
 */


#ifndef _NGX_PICKYASSIST_PEER_H_INCLUDED_
#define _NGX_PICKYASSIST_PEER_H_INCLUDED_


#include "ngx_pickyassist_context.h"


PA_HIDDEN_BEGIN


/* the location's own view of the servers; its TLS context is there */
ngx_int_t ngx_pickyassist_init_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/*
 * Starts the exchange of r->upstream, which is set up but for its peers, when
 * the addresses are known; finalizes r if that fails.  An abandoned request
 * ends the wait for the resolver.
 */
void ngx_pickyassist_connect(ngx_http_request_t *r);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_PEER_H_INCLUDED_ */
