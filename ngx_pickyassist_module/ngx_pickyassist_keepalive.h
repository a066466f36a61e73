
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Connections that outlive their request: how old they may get, which of them
 * a location may use, and, where there is no upstream{} block to do it, their
 * keeping.
 *
 * One that the vendor is about to close takes the request along: whether it
 * has arrived cannot be known, and so it is not sent again.  So the time since
 * the last use is bounded, in whatever cache the connection has been waiting.
 * It is counted from the end of the reply, which is later than the vendor
 * counts, by the way of the reply; the next request takes that time as well.
 *
 * Those that the module keeps belong to one location, with its own ideas of
 * whom to trust, and to one worker.  See ngx_http_upstream_keepalive_module.
 */


#ifndef _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_
#define _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* a location without kept connections yet, merged */
void ngx_pickyassist_init_keepalive(ngx_pickyassist_keepalive_t *keepalive);

/*
 * NGX_DONE: pc has a kept connection to one of peers, the last used.
 * NGX_DECLINED: there is none, and pc is unchanged.  All that are too old or
 * no longer silent are closed on the way.
 */
ngx_int_t ngx_pickyassist_take_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive,
    ngx_http_upstream_rr_peers_t *peers);

/*
 * Whether pc->connection, which nginx has kept, may be used: the location uses
 * connections more than once, this one is not too old and comes from the local
 * address that pc wants, and the peer has not said anything since, its end
 * included.
 */
ngx_uint_t ngx_pickyassist_is_fresh(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive);

/*
 * Whether the connection of an exchange that has ended this way, in state as
 * for free() of a peer, may be kept, by the module or by nginx.  From here on
 * its time counts; announced: the seconds that the peer gives it (-1: it does
 * not say), of which one is left to the way of the next request.
 */
ngx_uint_t ngx_pickyassist_may_keep(ngx_http_upstream_t *u,
    ngx_pickyassist_keepalive_t *keepalive, int64_t announced,
    ngx_uint_t state);

/*
 * Takes pc->connection, which may be kept, for later.  If there are enough,
 * the one that was not used for the longest time is surplus, and ends if no
 * other request takes it soon: under load one does.
 */
void ngx_pickyassist_keep_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive);

/* without a word to the peer */
void ngx_pickyassist_close_connection(ngx_connection_t *c);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_ */
