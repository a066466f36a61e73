
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The connections to the upstream: which of those that are kept may be used.
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
 */


#ifndef _NGX_PICKYASSIST_PEER_H_INCLUDED_
#define _NGX_PICKYASSIST_PEER_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* the location's own view of the servers; its TLS context is there */
ngx_int_t ngx_pickyassist_init_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_PEER_H_INCLUDED_ */
