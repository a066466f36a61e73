
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The circuit breaker: while the vendor has the endpoint disabled, neither a
 * round trip nor the master token is spent on learning it again.
 *
 * Its state is two words.  "until" is 0 while it is closed, else the time at
 * which it turns from open to half open.  "probe" names the worker, by slot
 * and epoch, of the one request that is let through then; a worker that died
 * with the probe has lost it, as its slot tells.
 */


#include "ngx_pickyassist_module.h"


/* the lower part of a probe is the number of a slot, counted from 1 */
#define NGX_PICKYASSIST_PROBE_SLOTS  (2 * NGX_MAX_PROCESSES)


struct ngx_pickyassist_breaker_s {
    ngx_atomic_t                until;
    ngx_atomic_t                probe;

    ngx_pickyassist_breaker_t  *next;
    size_t                      len;
    u_char                      url[1];
};


static ngx_int_t ngx_pickyassist_breaker_url(ngx_pool_t *pool,
    ngx_pickyassist_pass_t *pass, ngx_str_t *url);
static ngx_pickyassist_breaker_t *ngx_pickyassist_find_breaker(
    ngx_shm_zone_t *zone, ngx_pickyassist_shared_t *shared, ngx_str_t *url);
static ngx_int_t ngx_pickyassist_take_probe(ngx_pickyassist_shared_t *shared,
    ngx_pickyassist_breaker_t *breaker);
static ngx_atomic_uint_t ngx_pickyassist_own_probe(
    ngx_pickyassist_shared_t *shared);
static ngx_uint_t ngx_pickyassist_probe_lives(ngx_pickyassist_shared_t *shared,
    ngx_atomic_uint_t probe);


/* one breaker per URL; those of URLs no longer configured stay as they are */

ngx_int_t
ngx_pickyassist_init_breakers(ngx_shm_zone_t *zone,
    ngx_pickyassist_main_conf_t *pmcf)
{
    ngx_str_t                     url;
    ngx_uint_t                    i;
    ngx_pool_t                   *pool;
    ngx_int_t                     rc;
    ngx_pickyassist_loc_conf_t  **plcfp;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, zone->shm.log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts && rc == NGX_OK; i++) {

        if (plcfp[i]->disabled_ttl == 0) {
            continue;
        }

        rc = ngx_pickyassist_breaker_url(pool, plcfp[i]->pass, &url);

        if (rc == NGX_OK) {
            plcfp[i]->breaker = ngx_pickyassist_find_breaker(zone,
                                                         pmcf->shared, &url);
            rc = plcfp[i]->breaker ? NGX_OK : NGX_ERROR;
        }
    }

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_int_t
ngx_pickyassist_breaker_url(ngx_pool_t *pool, ngx_pickyassist_pass_t *pass,
    ngx_str_t *url)
{
    u_char     *p;
    ngx_str_t  *host;

    host = &pass->host_header;

    url->data = ngx_pnalloc(pool, sizeof("https://unix::") + pass->path.len
                                  + ngx_max(host->len, pass->url.host.len));
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(url->data, "http%s://", pass->ssl ? "s" : "");

    if (pass->url.family == AF_UNIX) {

        /* all sockets are the host "localhost": their paths differ */

        p = ngx_sprintf(p, "unix:%V:", &pass->url.host);

    } else {
        ngx_strlow(p, host->data, host->len);
        p += host->len;
    }

    p = ngx_cpymem(p, pass->path.data, pass->path.len);

    url->len = p - url->data;

    return NGX_OK;
}


static ngx_pickyassist_breaker_t *
ngx_pickyassist_find_breaker(ngx_shm_zone_t *zone,
    ngx_pickyassist_shared_t *shared, ngx_str_t *url)
{
    ngx_slab_pool_t            *shpool;
    ngx_pickyassist_breaker_t  *breaker;

    for (breaker = shared->breakers; breaker; breaker = breaker->next) {
        if (breaker->len == url->len
            && ngx_memcmp(breaker->url, url->data, url->len) == 0)
        {
            return breaker;
        }
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    breaker = ngx_slab_calloc(shpool, offsetof(ngx_pickyassist_breaker_t, url)
                                      + url->len);
    if (breaker == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small for the circuit "
                      "breaker of \"%V\"", url);
        return NULL;
    }

    breaker->len = url->len;
    ngx_memcpy(breaker->url, url->data, url->len);

    /* only the master comes here: no worker walks the list */

    breaker->next = shared->breakers;
    shared->breakers = breaker;

    return breaker;
}


ngx_int_t
ngx_pickyassist_check_breaker(ngx_pickyassist_ctx_t *ctx, ngx_msec_t *left)
{
    ngx_atomic_uint_t           until;
    ngx_pickyassist_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    for ( ;; ) {
        until = breaker ? breaker->until : 0;

        if (until == 0) {
            ctx->breaker_state = ngx_pickyassist_closed;
            return NGX_OK;
        }

        if ((ngx_msec_int_t) (until - ngx_current_msec) > 0) {
            ctx->breaker_state = ngx_pickyassist_open;
            *left = until - ngx_current_msec;
            return NGX_DECLINED;
        }

        ctx->breaker_state = ngx_pickyassist_half_open;
        *left = 0;

        if (ngx_pickyassist_take_probe(ctx->pmcf->shared, breaker) != NGX_OK) {
            return NGX_DECLINED;
        }

        if (breaker->until == until) {
            ctx->probe = 1;
            return NGX_OK;
        }

        /* another probe has settled it since the time was read */

        breaker->probe = 0;
    }
}


static ngx_int_t
ngx_pickyassist_take_probe(ngx_pickyassist_shared_t *shared,
    ngx_pickyassist_breaker_t *breaker)
{
    ngx_atomic_uint_t  probe;

    probe = breaker->probe;

    if (probe != 0 && ngx_pickyassist_probe_lives(shared, probe)) {
        return NGX_DECLINED;
    }

    return ngx_atomic_cmp_set(&breaker->probe, probe,
                              ngx_pickyassist_own_probe(shared))
           ? NGX_OK : NGX_DECLINED;
}


static ngx_atomic_uint_t
ngx_pickyassist_own_probe(ngx_pickyassist_shared_t *shared)
{
    ngx_pickyassist_slot_t  *slot;

    slot = ngx_pickyassist_own_slot();

    return slot->epoch * NGX_PICKYASSIST_PROBE_SLOTS
           + (slot - shared->slots) + 1;
}


static ngx_uint_t
ngx_pickyassist_probe_lives(ngx_pickyassist_shared_t *shared,
    ngx_atomic_uint_t probe)
{
    ngx_pickyassist_slot_t  *slot;

    slot = &shared->slots[probe % NGX_PICKYASSIST_PROBE_SLOTS - 1];

    return slot->epoch == probe / NGX_PICKYASSIST_PROBE_SLOTS
           && ngx_pickyassist_is_alive(slot->pid);
}


void
ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome)
{
    ngx_msec_t                  until;
    ngx_pickyassist_breaker_t  *breaker;

    breaker = ctx->plcf->breaker;

    if (breaker == NULL) {
        return;
    }

    if (outcome == PA_OUTCOME_ENDPOINT_DISABLED) {
        until = ngx_current_msec + ctx->plcf->disabled_ttl;
        breaker->until = until ? until : 1;             /* 0: closed */

    } else if (ctx->probe) {
        breaker->until = 0;
    }

    ngx_pickyassist_release_probe(ctx);
}


/* "until" was settled before, lest a second probe slips in between */

void
ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx)
{
    if (ctx->probe) {
        ctx->probe = 0;
        ngx_memory_barrier();
        ctx->plcf->breaker->probe = 0;
    }
}


ngx_uint_t
ngx_pickyassist_any_open(ngx_pickyassist_main_conf_t *pmcf)
{
    ngx_uint_t                    i;
    ngx_pickyassist_loc_conf_t  **plcfp;

    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {
        if (plcfp[i]->breaker && plcfp[i]->breaker->until) {
            return 1;
        }
    }

    return 0;
}
