
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * TLS towards the upstream, safe by default.
 *
 * An upstream{} block keeps connections alive, and TLS sessions for their
 * resumption, by address alone; a kept connection is not verified again.  One
 * that another location made, with other ideas of whom to trust, must not get
 * the secret.  So each location looks at the block through a copy of its own,
 * with its own sessions, and closes kept connections that are not made with
 * its own TLS context.
 */


#include "ngx_pickyassist_module.h"


typedef struct {
    ngx_pickyassist_loc_conf_t         *plcf;
    void                               *data;

    ngx_event_get_peer_pt               get;
    ngx_event_free_peer_pt              free;
    ngx_event_notify_peer_pt            notify;
} ngx_pickyassist_peer_t;


static ngx_int_t ngx_pickyassist_create_ssl(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_trust(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_ssl_failed(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf, char *directive);
static ngx_int_t ngx_pickyassist_set_ssl_name(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_separate_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

static ngx_int_t ngx_pickyassist_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_pickyassist_get_peer(ngx_peer_connection_t *pc,
    void *data);
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
ngx_pickyassist_init_ssl(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    if (ngx_pickyassist_create_ssl(cf, plcf) != NGX_OK
        || ngx_pickyassist_set_ssl_name(cf, plcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (plcf->pass->upstream == NULL) {

        /* peers that are resolved at run time share nothing */

        return NGX_OK;
    }

    return ngx_pickyassist_separate_peers(cf, plcf);
}


/* see ngx_http_proxy_set_ssl() */

static ngx_int_t
ngx_pickyassist_create_ssl(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_ssl_t                   *ssl;
    ngx_pool_cleanup_t          *cln;
    ngx_pickyassist_ssl_conf_t  *scf;

    scf = &plcf->ssl;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, scf->protocols, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    plcf->upstream.ssl = ssl;

#ifdef SSL_OP_CLEANSE_PLAINTEXT

    /* what was decrypted may be the secret, sent back */

    SSL_CTX_set_options(ssl->ctx, SSL_OP_CLEANSE_PLAINTEXT);

#endif

    if (ngx_ssl_ciphers(cf, ssl, &scf->ciphers, 0) != NGX_OK) {
        return ngx_pickyassist_ssl_failed(cf, plcf, "pickyassist_ssl_ciphers");
    }

    if (scf->certificate.len) {

        if (scf->certificate_key.len == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "no \"pickyassist_ssl_certificate_key\" is defined "
                          "for certificate \"%V\"", &scf->certificate);
            return ngx_pickyassist_ssl_failed(cf, plcf,
                                              "pickyassist_ssl_certificate");
        }

        if (ngx_ssl_certificate(cf, ssl, &scf->certificate,
                                &scf->certificate_key, NULL)
            != NGX_OK)
        {
            return ngx_pickyassist_ssl_failed(cf, plcf,
                                              "pickyassist_ssl_certificate");
        }
    }

    if (plcf->upstream.ssl_verify
        && ngx_pickyassist_trust(cf, plcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_ssl_client_session_cache(cf, ssl,
                                        plcf->upstream.ssl_session_reuse);
}


static ngx_int_t
ngx_pickyassist_trust(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_ssl_t                   *ssl;
    ngx_pickyassist_ssl_conf_t  *scf;

    ssl = plcf->upstream.ssl;
    scf = &plcf->ssl;

    if (scf->trusted_certificate.len == 0
        && SSL_CTX_set_default_verify_paths(ssl->ctx) == 0)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    if (ngx_ssl_trusted_certificate(cf, ssl, &scf->trusted_certificate,
                                    scf->verify_depth)
        != NGX_OK)
    {
        return ngx_pickyassist_ssl_failed(cf, plcf,
                                       "pickyassist_ssl_trusted_certificate");
    }

    if (ngx_ssl_crl(cf, ssl, &scf->crl) != NGX_OK) {
        return ngx_pickyassist_ssl_failed(cf, plcf, "pickyassist_ssl_crl");
    }

    return NGX_OK;
}


/* nginx has said what is wrong with a file or a value, and not where */

static ngx_int_t
ngx_pickyassist_ssl_failed(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf,
    char *directive)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%s\" cannot be used for \"pickyassist_pass\" in %s:%ui",
                  directive, plcf->pass->file, plcf->pass->line);

    return NGX_ERROR;
}


/* by default the name of an upstream{} block, or of a peer, would be taken */

static ngx_int_t
ngx_pickyassist_set_ssl_name(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_http_complex_value_t  *name;

    name = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (name == NULL) {
        return NGX_ERROR;
    }

    name->value = plcf->ssl.name.len ? plcf->ssl.name : plcf->pass->host;

    plcf->upstream.ssl_name = name;

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_separate_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_upstream_srv_conf_t  *uscf;

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
    pc->set_session = ngx_pickyassist_set_session;
    pc->save_session = ngx_pickyassist_save_session;

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

    if (c->ssl
        && SSL_get_SSL_CTX(c->ssl->connection) == peer->plcf->upstream.ssl->ctx)
    {
        return NGX_DONE;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "pickyassist: close foreign connection %p", c);

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
