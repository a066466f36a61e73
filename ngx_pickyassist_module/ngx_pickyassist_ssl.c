
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_ssl.h"


static ngx_uint_t ngx_pickyassist_same_trust(ngx_pickyassist_loc_conf_t *a,
    ngx_pickyassist_loc_conf_t *b);
static ngx_uint_t ngx_pickyassist_same_text(ngx_str_t *a, ngx_str_t *b);
static ngx_int_t ngx_pickyassist_create_ssl(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_trust(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_ssl_failed(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf, char *directive);
static ngx_int_t ngx_pickyassist_set_ssl_name(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);
static void ngx_pickyassist_free_session(void *data);


ngx_int_t
ngx_pickyassist_init_ssl(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_uint_t                     i;
    ngx_pickyassist_loc_conf_t   **plcfp;
    ngx_pickyassist_main_conf_t   *pmcf;

    if (ngx_pickyassist_set_ssl_name(cf, plcf) != NGX_OK) {
        return NGX_ERROR;
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {

        if (plcfp[i]->upstream.ssl
            && ngx_pickyassist_same_trust(plcfp[i], plcf))
        {
            plcf->upstream.ssl = plcfp[i]->upstream.ssl;
            plcf->ssl.session = plcfp[i]->ssl.session;
            return NGX_OK;
        }
    }

    return ngx_pickyassist_create_ssl(cf, plcf);
}


static ngx_uint_t
ngx_pickyassist_same_trust(ngx_pickyassist_loc_conf_t *a,
    ngx_pickyassist_loc_conf_t *b)
{
    return a->pass->url.port == b->pass->url.port
           && ngx_pickyassist_same_text(&a->pass->url.host, &b->pass->url.host)
           && ngx_pickyassist_same_text(&a->upstream.ssl_name->value,
                                        &b->upstream.ssl_name->value)
           && a->upstream.ssl_server_name == b->upstream.ssl_server_name
           && a->upstream.ssl_verify == b->upstream.ssl_verify
           && a->upstream.ssl_session_reuse == b->upstream.ssl_session_reuse
           && a->ssl.verify_depth == b->ssl.verify_depth
           && a->ssl.protocols == b->ssl.protocols
           && ngx_pickyassist_same_text(&a->ssl.ciphers, &b->ssl.ciphers)
           && ngx_pickyassist_same_text(&a->ssl.trusted_certificate,
                                        &b->ssl.trusted_certificate)
           && ngx_pickyassist_same_text(&a->ssl.crl, &b->ssl.crl)
           && ngx_pickyassist_same_text(&a->ssl.certificate,
                                        &b->ssl.certificate)
           && ngx_pickyassist_same_text(&a->ssl.certificate_key,
                                        &b->ssl.certificate_key);
}


static ngx_uint_t
ngx_pickyassist_same_text(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
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

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_ssl_session_t *));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_pickyassist_free_session;

    scf->session = cln->data;
    *scf->session = NULL;

    plcf->upstream.ssl = ssl;

#ifdef SSL_OP_CLEANSE_PLAINTEXT

    /* what was decrypted may be the secret, sent back */

    SSL_CTX_set_options(ssl->ctx, SSL_OP_CLEANSE_PLAINTEXT);

    /*
     * What was decrypted is wiped when it is read.  A buffer that is given
     * back after every read, as ngx_ssl_create() wants it, is wiped again, and
     * as a whole.
     */

    SSL_CTX_clear_mode(ssl->ctx, SSL_MODE_RELEASE_BUFFERS);

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


static void
ngx_pickyassist_free_session(void *data)
{
    ngx_ssl_session_t  **session = data;

    if (*session) {
        ngx_ssl_free_session(*session);
    }
}
