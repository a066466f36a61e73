
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Connections that are kept between requests: how old they may become, which
 * of them a location may use and, without an upstream{} block, the cache
 * itself.
 *
 * If the vendor closes a connection while a request is sent on it, it is
 * unknown whether the request arrived, so it is not sent again.  Therefore the
 * time since the last use is limited, in whichever cache the connection was.
 * It starts at the end of the reply, which is later than at the vendor by the
 * time that the reply travels; the next request needs that time as well.
 *
 * The connections that the module keeps belong to one location, with its TLS
 * settings, and to one worker process.  See
 * ngx_http_upstream_keepalive_module.
 */


#ifndef _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_
#define _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* prepares a merged location, which has no kept connections yet */
void ngx_pickyassist_init_keepalive(ngx_pickyassist_keepalive_t *keepalive);

/*
 * NGX_DONE: pc has a kept connection to one of peers, the last used.
 * NGX_DECLINED: there is none, and pc is unchanged.  Connections that are too
 * old or have an event are closed.
 */
ngx_int_t ngx_pickyassist_take_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive,
    ngx_http_upstream_rr_peers_t *peers);

/*
 * Whether pc->connection, which nginx has kept, may be used: the location
 * reuses connections, this one is not too old and has the local address that
 * pc requires, and the peer has neither sent anything nor closed it.
 */
ngx_uint_t ngx_pickyassist_is_fresh(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive);

/*
 * Whether the connection may be kept after an exchange that ended with state,
 * as in free() of a peer, by the module or by nginx.  Its idle time starts
 * here.  announced: the seconds that the peer announced, or -1; one of them is
 * reserved for the travel time of the next request.
 */
ngx_uint_t ngx_pickyassist_may_keep(ngx_http_upstream_t *u,
    ngx_pickyassist_keepalive_t *keepalive, int64_t announced,
    ngx_uint_t state);

/*
 * Keeps pc->connection, which may be kept.  If there are enough, the least
 * recently used one becomes surplus, and is closed unless a request takes it
 * soon, as happens under load.
 */
void ngx_pickyassist_keep_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive);

/* without a TLS shutdown */
void ngx_pickyassist_close_connection(ngx_connection_t *c);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_KEEPALIVE_H_INCLUDED_ */
