
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_peer.h"
#include "ngx_pickyassist_keepalive.h"


typedef struct {
    ngx_pickyassist_ctx_t              *ctx;
    ngx_pickyassist_loc_conf_t         *plcf;
    ngx_http_upstream_t                *upstream;

    /* of the balancer; NULL and 0 without any peer */

    void                               *data;
    ngx_event_get_peer_pt               original_get_peer;
    ngx_event_free_peer_pt              original_free_peer;
    ngx_event_notify_peer_pt            original_notify;

    unsigned                            taken:1;  /* it was not asked */
} ngx_pickyassist_peer_t;


/* a host that is resolved at run time */

typedef struct {
    ngx_http_request_t                 *r;
    ngx_resolver_ctx_t                 *ctx;      /* NULL: done */
    ngx_http_upstream_resolved_t        resolved;
} ngx_pickyassist_resolve_t;


static void ngx_pickyassist_resolve(ngx_http_request_t *r,
    ngx_pickyassist_pass_t *pass);
static void ngx_pickyassist_resolve_handler(ngx_resolver_ctx_t *rctx);
static void ngx_pickyassist_resolve_cleanup(void *data);
static ngx_int_t ngx_pickyassist_watch_client(ngx_http_request_t *r);

static ngx_int_t ngx_pickyassist_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_pickyassist_get_peer(ngx_peer_connection_t *pc,
    void *data);
static ngx_int_t ngx_pickyassist_get_own_peer(ngx_peer_connection_t *pc,
    void *data);
static ngx_uint_t ngx_pickyassist_is_own(ngx_connection_t *c,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
static void ngx_pickyassist_free_own_peer(ngx_peer_connection_t *pc,
    void *data, ngx_uint_t state);
static ngx_uint_t ngx_pickyassist_end_use(ngx_pickyassist_peer_t *peer,
    ngx_uint_t state);
static void ngx_pickyassist_notify_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t type);
static ngx_int_t ngx_pickyassist_set_session(ngx_peer_connection_t *pc,
    void *data);
static void ngx_pickyassist_save_session(ngx_peer_connection_t *pc,
    void *data);
static ngx_uint_t ngx_pickyassist_is_trusted(ngx_connection_t *c,
    ngx_pickyassist_loc_conf_t *plcf);


ngx_int_t
ngx_pickyassist_init_peers(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_http_upstream_srv_conf_t  *uscf;

    uscf = ngx_pcalloc(cf->pool, sizeof(ngx_http_upstream_srv_conf_t));
    if (uscf == NULL) {
        return NGX_ERROR;
    }

    if (plcf->pass->upstream) {
        *uscf = *plcf->pass->upstream;
    }

    uscf->peer.init = ngx_pickyassist_init_peer;

    plcf->upstream.upstream = uscf;

    ngx_pickyassist_init_keepalive(&plcf->keepalive);

    return NGX_OK;
}


void
ngx_pickyassist_connect(ngx_http_request_t *r)
{
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (plcf->pass->upstream) {
        ngx_http_upstream_init(r);
        return;
    }

    ngx_pickyassist_resolve(r, plcf->pass);
}


/*
 * As ngx_http_upstream_init_request() would, which then leaves no chance to
 * look at the peers before the first of them is used.
 */

static void
ngx_pickyassist_resolve(ngx_http_request_t *r, ngx_pickyassist_pass_t *pass)
{
    ngx_resolver_ctx_t         *rctx, temp;
    ngx_pool_cleanup_t         *cln;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_pickyassist_resolve_t  *resolve;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pickyassist_resolve_t));
    if (cln == NULL) {
        goto failed;
    }

    resolve = cln->data;
    ngx_memzero(resolve, sizeof(ngx_pickyassist_resolve_t));

    resolve->r = r;

    resolve->resolved.host = pass->url.host;
    resolve->resolved.port = pass->url.port;

    cln->handler = ngx_pickyassist_resolve_cleanup;

    if (ngx_pickyassist_watch_client(r) != NGX_OK) {
        goto failed;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    temp.name = pass->url.host;

    rctx = ngx_resolve_start(clcf->resolver, &temp);

    /* that there is a resolver, and the host no address, is known already */

    if (rctx == NULL || rctx == NGX_NO_RESOLVER) {
        goto failed;
    }

    rctx->name = pass->url.host;
    rctx->handler = ngx_pickyassist_resolve_handler;
    rctx->data = resolve;
    rctx->timeout = clcf->resolver_timeout;

    resolve->ctx = rctx;

    if (ngx_resolve_name(rctx) == NGX_OK) {
        return;
    }

    resolve->ctx = NULL;

failed:

    ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
}


/* without an address the exchange ends at once, as if all had refused */

static void
ngx_pickyassist_resolve_handler(ngx_resolver_ctx_t *rctx)
{
    ngx_int_t                   rc;
    ngx_uint_t                  run_posted;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_pickyassist_resolve_t  *resolve;

    resolve = rctx->data;
    r = resolve->r;
    c = r->connection;

    run_posted = rctx->async;

    ngx_http_set_log_request(c->log, r);

    if (rctx->state) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "%V could not be resolved (%i: %s)", &rctx->name,
                      rctx->state, ngx_resolver_strerror(rctx->state));
        rc = NGX_OK;

    } else {
        resolve->resolved.naddrs = rctx->naddrs;
        resolve->resolved.addrs = rctx->addrs;

        rc = ngx_http_upstream_create_round_robin_peer(r, &resolve->resolved);
    }

    ngx_resolve_name_done(rctx);
    resolve->ctx = NULL;

    if (rc == NGX_OK) {
        ngx_http_upstream_init(r);

    } else {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    if (run_posted) {
        ngx_http_run_posted_requests(c);
    }
}


static void
ngx_pickyassist_resolve_cleanup(void *data)
{
    ngx_pickyassist_resolve_t  *resolve = data;

    if (resolve->ctx) {
        ngx_resolve_name_done(resolve->ctx);
    }
}


/* while there is no exchange yet that would */

static ngx_int_t
ngx_pickyassist_watch_client(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    if (r->upstream->conf->ignore_client_abort) {
        return NGX_OK;
    }

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
}


/* the balancer's own methods stay in charge, wrapped */

static ngx_int_t
ngx_pickyassist_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_peer_connection_t         *pc;
    ngx_pickyassist_peer_t        *peer;
    ngx_pickyassist_loc_conf_t    *plcf;
    ngx_http_upstream_srv_conf_t  *uscf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);
    uscf = plcf->pass->upstream;

    peer = ngx_pcalloc(r->pool, sizeof(ngx_pickyassist_peer_t));
    if (peer == NULL) {
        return NGX_ERROR;
    }

    if (uscf && uscf->peer.init(r, uscf) != NGX_OK) {
        return NGX_ERROR;
    }

    pc = &r->upstream->peer;

    peer->ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);
    peer->plcf = plcf;
    peer->upstream = r->upstream;

    peer->data = pc->data;
    peer->original_get_peer = pc->get;
    peer->original_free_peer = pc->free;
    peer->original_notify = pc->notify;

    pc->data = peer;
    pc->notify = pc->notify ? ngx_pickyassist_notify_peer : NULL;

    if (uscf && uscf->flags & NGX_HTTP_UPSTREAM_CREATE) {
        pc->get = ngx_pickyassist_get_peer;
        pc->free = ngx_pickyassist_free_peer;

    } else {
        pc->get = ngx_pickyassist_get_own_peer;
        pc->free = ngx_pickyassist_free_own_peer;
    }

    if (plcf->pass->ssl) {
        pc->set_session = ngx_pickyassist_set_session;
        pc->save_session = ngx_pickyassist_save_session;
    }

    return NGX_OK;
}


/* of an upstream{} block, which keeps connections itself */

static ngx_int_t
ngx_pickyassist_get_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    ngx_int_t          rc;
    ngx_connection_t  *c;

    rc = peer->original_get_peer(pc, peer->data);

    if (rc != NGX_DONE) {
        return rc;
    }

    /* a kept connection */

    c = pc->connection;

    if (!ngx_pickyassist_is_own(c, peer->plcf)) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                       "pickyassist: close foreign connection %p", c);

    } else if (!ngx_pickyassist_is_fresh(pc, &peer->plcf->keepalive)) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                       "pickyassist: close spoilt connection %p", c);

    } else {
        return NGX_DONE;
    }

    ngx_pickyassist_close_connection(c);

    pc->connection = NULL;
    pc->cached = 0;

    /* the peer is chosen: a new connection to it is made */

    return NGX_OK;
}


/* one that was verified as this location wants it, where it wants TLS */

static ngx_uint_t
ngx_pickyassist_is_own(ngx_connection_t *c, ngx_pickyassist_loc_conf_t *plcf)
{
    if (!plcf->pass->ssl) {
        return c->ssl == NULL;
    }

    return c->ssl
           && SSL_get_SSL_CTX(c->ssl->connection) == plcf->upstream.ssl->ctx;
}


static ngx_int_t
ngx_pickyassist_get_own_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    ngx_http_upstream_rr_peer_data_t  *rrp;

    rrp = peer->data;

    if (rrp == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_pickyassist_take_connection(pc, &peer->plcf->keepalive, rrp->peers)
        == NGX_DONE)
    {
        peer->taken = 1;
        return NGX_DONE;
    }

    peer->taken = 0;

    return peer->original_get_peer(pc, rrp);
}


static void
ngx_pickyassist_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_pickyassist_peer_t  *peer = data;

    if (!ngx_pickyassist_end_use(peer, state)) {
        peer->upstream->keepalive = 0;
    }

    peer->original_free_peer(pc, peer->data, state);
}


static void
ngx_pickyassist_free_own_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_pickyassist_peer_t  *peer = data;

    if (ngx_pickyassist_end_use(peer, state)) {
        ngx_pickyassist_keep_connection(pc, &peer->plcf->keepalive);
    }

    if (!peer->taken) {
        peer->original_free_peer(pc, peer->data, state);
        return;
    }

    /* ngx_http_upstream_next() adds one for a kept connection */

    if (pc->tries) {
        pc->tries--;
    }
}


/* 1: the connection may be kept */

static ngx_uint_t
ngx_pickyassist_end_use(ngx_pickyassist_peer_t *peer, ngx_uint_t state)
{
    ngx_http_upstream_t               *u;
    ngx_pickyassist_ctx_t             *ctx;
    ngx_pickyassist_total_counters_t  *total;

    u = peer->upstream;
    ctx = peer->ctx;

    if (u->request_sent) {
        total = ctx->pmcf->counters.total;
        ngx_pickyassist_count(total->connections[u->peer.cached], 1);
    }

    return ngx_pickyassist_may_keep(u, &peer->plcf->keepalive,
                                    ctx->reply.keep_alive, state);
}


static void
ngx_pickyassist_notify_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t type)
{
    ngx_pickyassist_peer_t  *peer = data;

    peer->original_notify(pc, peer->data, type);
}


/* one session for all servers: they are of one vendor */

static ngx_int_t
ngx_pickyassist_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    return ngx_ssl_set_session(pc->connection, *peer->plcf->ssl.session);
}


static void
ngx_pickyassist_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    ngx_ssl_session_t  *session, **saved;

    if (!ngx_pickyassist_is_trusted(pc->connection, peer->plcf)) {
        return;
    }

    session = ngx_ssl_get_session(pc->connection);

    if (session == NULL) {
        return;
    }

    saved = peer->plcf->ssl.session;

    if (*saved) {
        ngx_ssl_free_session(*saved);
    }

    *saved = session;
}


/*
 * A session carries the verdict on the certificate that it began with: while
 * that of a refused one is resumed, a new certificate would not be looked at.
 */

static ngx_uint_t
ngx_pickyassist_is_trusted(ngx_connection_t *c,
    ngx_pickyassist_loc_conf_t *plcf)
{
    if (!plcf->upstream.ssl_verify) {
        return 1;
    }

    return SSL_get_verify_result(c->ssl->connection) == X509_V_OK
           && ngx_ssl_check_host(c, &plcf->upstream.ssl_name->value) == NGX_OK;
}
