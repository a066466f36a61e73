
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_peer.h"


typedef struct {
    ngx_pickyassist_loc_conf_t         *plcf;
    void                               *data;

    ngx_event_get_peer_pt               get;
    ngx_event_free_peer_pt              free;
    ngx_event_notify_peer_pt            notify;
} ngx_pickyassist_peer_t;


static ngx_int_t ngx_pickyassist_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_pickyassist_get_peer(ngx_peer_connection_t *pc,
    void *data);
static ngx_uint_t ngx_pickyassist_is_own(ngx_connection_t *c,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_uint_t ngx_pickyassist_is_silent(ngx_connection_t *c);
static void ngx_pickyassist_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
static void ngx_pickyassist_notify_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t type);
static ngx_int_t ngx_pickyassist_set_session(ngx_peer_connection_t *pc,
    void *data);
static void ngx_pickyassist_save_session(ngx_peer_connection_t *pc,
    void *data);
static ngx_uint_t ngx_pickyassist_is_trusted(ngx_connection_t *c,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_free_session(void *data);


ngx_int_t
ngx_pickyassist_init_peers(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_upstream_srv_conf_t  *uscf;

    if (plcf->pass->upstream == NULL) {

        /* peers that are resolved at run time share nothing */

        return NGX_OK;
    }

    uscf = ngx_palloc(cf->pool, sizeof(ngx_http_upstream_srv_conf_t));
    if (uscf == NULL) {
        return NGX_ERROR;
    }

    *uscf = *plcf->pass->upstream;
    uscf->peer.init = ngx_pickyassist_init_peer;

    plcf->upstream.upstream = uscf;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_pickyassist_free_session;
    cln->data = &plcf->ssl;

    return NGX_OK;
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

    peer = ngx_palloc(r->pool, sizeof(ngx_pickyassist_peer_t));
    if (peer == NULL) {
        return NGX_ERROR;
    }

    if (uscf->peer.init(r, uscf) != NGX_OK) {
        return NGX_ERROR;
    }

    pc = &r->upstream->peer;

    peer->plcf = plcf;
    peer->data = pc->data;
    peer->get = pc->get;
    peer->free = pc->free;
    peer->notify = pc->notify;

    pc->data = peer;
    pc->get = ngx_pickyassist_get_peer;
    pc->free = ngx_pickyassist_free_peer;
    pc->notify = pc->notify ? ngx_pickyassist_notify_peer : NULL;

    if (plcf->pass->ssl) {
        pc->set_session = ngx_pickyassist_set_session;
        pc->save_session = ngx_pickyassist_save_session;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_get_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    ngx_int_t          rc;
    ngx_connection_t  *c;

    rc = peer->get(pc, peer->data);

    if (rc != NGX_DONE) {
        return rc;
    }

    /* a kept connection */

    c = pc->connection;

    if (!ngx_pickyassist_is_own(c, peer->plcf)) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                       "pickyassist: close foreign connection %p", c);

    } else if (!ngx_pickyassist_is_silent(c)) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                       "pickyassist: close spoilt connection %p", c);

    } else {
        return NGX_DONE;
    }

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }

    ngx_destroy_pool(c->pool);
    ngx_close_connection(c);

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


/*
 * The event that tells of bytes or of the end may be due only after that of
 * the request at hand.
 */

static ngx_uint_t
ngx_pickyassist_is_silent(ngx_connection_t *c)
{
    u_char  buf[1];

    if (c->ssl && SSL_pending(c->ssl->connection) != 0) {
        return 0;
    }

    return recv(c->fd, buf, 1, MSG_PEEK) == -1
           && ngx_socket_errno == NGX_EAGAIN;
}


static void
ngx_pickyassist_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_pickyassist_peer_t  *peer = data;

    peer->free(pc, peer->data, state);
}


static void
ngx_pickyassist_notify_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t type)
{
    ngx_pickyassist_peer_t  *peer = data;

    peer->notify(pc, peer->data, type);
}


/* one session for the location: its servers are of one vendor */

static ngx_int_t
ngx_pickyassist_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    return ngx_ssl_set_session(pc->connection, peer->plcf->ssl.session);
}


static void
ngx_pickyassist_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_pickyassist_peer_t  *peer = data;

    ngx_ssl_session_t           *session;
    ngx_pickyassist_ssl_conf_t  *scf;

    if (!ngx_pickyassist_is_trusted(pc->connection, peer->plcf)) {
        return;
    }

    session = ngx_ssl_get_session(pc->connection);

    if (session == NULL) {
        return;
    }

    scf = &peer->plcf->ssl;

    ngx_pickyassist_free_session(scf);

    scf->session = session;
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


static void
ngx_pickyassist_free_session(void *data)
{
    ngx_pickyassist_ssl_conf_t  *scf = data;

    if (scf->session) {
        ngx_ssl_free_session(scf->session);
        scf->session = NULL;
    }
}
