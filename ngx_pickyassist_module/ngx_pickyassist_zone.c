
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What the workers share: counters, and who is alive.
 *
 * A worker may be killed at any instruction.  So nothing is locked: counters
 * only grow, by atomic additions, and what goes up and down, the requests in
 * flight, is kept by each worker for itself, in a slot that counts only as
 * long as its worker lives.
 */


#include "ngx_pickyassist_module.h"


/* smaller ones could not hold the slots and some breakers */
#define NGX_PICKYASSIST_MIN_ZONE  (128 * 1024)


static ngx_int_t ngx_pickyassist_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_pickyassist_create_shared(ngx_shm_zone_t *zone);
static void ngx_pickyassist_free_slot(ngx_pickyassist_slot_t *slot);


/* of this process; NULL: a process that handles no requests */

static ngx_pickyassist_slot_t  *ngx_pickyassist_slot;


char *
ngx_pickyassist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_main_conf_t  *pmcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (pmcf->zone_size) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size < NGX_PICKYASSIST_MIN_ZONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"%V\" directive, "
                           "it must be at least 128k", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    pmcf->zone_size = size;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_pickyassist_add_zone(ngx_conf_t *cf, ngx_pickyassist_main_conf_t *pmcf)
{
    static ngx_str_t  name = ngx_string("pickyassist");

    if (pmcf->zone_size == 0) {
        pmcf->zone_size = 256 * 1024;
    }

    pmcf->zone = ngx_shared_memory_add(cf, &name, pmcf->zone_size,
                                       &ngx_pickyassist_module);
    if (pmcf->zone == NULL) {
        return NGX_ERROR;
    }

    pmcf->zone->init = ngx_pickyassist_init_zone;
    pmcf->zone->data = pmcf;

    return NGX_OK;
}


/*
 * Called for every configuration, by the master, with what the previous one
 * left in zone->data.  See ngx_http_limit_req_init_zone().
 */

static ngx_int_t
ngx_pickyassist_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_pickyassist_main_conf_t  *previous = data;

    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = zone->data;

    if (previous) {
        pmcf->shared = previous->shared;

    } else if (ngx_pickyassist_create_shared(zone) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "\"pickyassist_zone\" is too small");
        return NGX_ERROR;
    }

    return ngx_pickyassist_init_breakers(zone, pmcf);
}


static ngx_int_t
ngx_pickyassist_create_shared(ngx_shm_zone_t *zone)
{
    ngx_slab_pool_t              *shpool;
    ngx_pickyassist_shared_t     *shared;
    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        pmcf->shared = shpool->data;
        return NGX_OK;
    }

    shared = ngx_slab_calloc(shpool, sizeof(ngx_pickyassist_shared_t));
    if (shared == NULL) {
        return NGX_ERROR;
    }

    shpool->data = shared;
    shpool->log_nomem = 0;
    pmcf->shared = shared;

    return NGX_OK;
}


/*
 * A slot is taken, and that of a dead worker set free, by swapping the pid
 * that was seen there: other workers may be starting at the same time.
 */

ngx_int_t
ngx_pickyassist_init_worker(ngx_cycle_t *cycle)
{
    ngx_uint_t                    i;
    ngx_pickyassist_slot_t       *slot;
    ngx_pickyassist_shared_t     *shared;
    ngx_pickyassist_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_pickyassist_module);

    if (pmcf == NULL || pmcf->shared == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    shared = pmcf->shared;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        ngx_pickyassist_free_slot(&shared->slots[i]);
    }

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &shared->slots[i];

        if (slot->pid == 0 && ngx_atomic_cmp_set(&slot->pid, 0, ngx_pid)) {
            slot->in_flight = 0;
            (void) ngx_atomic_fetch_add(&slot->epoch, 1);

            ngx_pickyassist_slot = slot;

            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                  "pickyassist: no slot for this worker");

    return NGX_ERROR;
}


/* who had this worker's pid before is dead, too */

static void
ngx_pickyassist_free_slot(ngx_pickyassist_slot_t *slot)
{
    ngx_atomic_uint_t  pid;

    pid = slot->pid;

    if (pid == (ngx_atomic_uint_t) ngx_pid
        || (pid != 0 && !ngx_pickyassist_is_alive(pid)))
    {
        (void) ngx_atomic_cmp_set(&slot->pid, pid, 0);
    }
}


void
ngx_pickyassist_exit_worker(ngx_cycle_t *cycle)
{
    if (ngx_pickyassist_slot) {
        ngx_pickyassist_slot->pid = 0;
        ngx_pickyassist_slot = NULL;
    }
}


/*
 * The pid of a dead worker may be another process's by now, but hardly that of
 * one in the process group that master and workers share.
 */

ngx_uint_t
ngx_pickyassist_is_alive(ngx_atomic_uint_t pid)
{
    pid_t  group;

    if (pid == 0) {
        return 0;
    }

    group = getpgid((pid_t) pid);

    if (group == -1) {
        return ngx_errno != ESRCH;
    }

    return group == getpgrp();
}


ngx_pickyassist_slot_t *
ngx_pickyassist_own_slot(void)
{
    return ngx_pickyassist_slot;
}


void
ngx_pickyassist_enter(ngx_pickyassist_ctx_t *ctx)
{
    ctx->in_flight = 1;
    ngx_pickyassist_slot->in_flight++;
}


void
ngx_pickyassist_leave(ngx_pickyassist_ctx_t *ctx)
{
    if (!ctx->in_flight) {
        return;
    }

    ctx->in_flight = 0;
    ngx_pickyassist_slot->in_flight--;

    /* nobody was there to be answered, or it would have been counted */

    ngx_pickyassist_count_outcome(ctx, PA_OUTCOME_HTTP_ERROR);
}


void
ngx_pickyassist_count_outcome(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome)
{
    ngx_pickyassist_shared_t  *shared;

    if (ctx->counted) {
        return;
    }

    ctx->counted = 1;
    ctx->outcome = outcome;

    shared = ctx->pmcf->shared;

    (void) ngx_atomic_fetch_add(&shared->requests[outcome], 1);

    if (outcome == PA_OUTCOME_ISSUED) {
        (void) ngx_atomic_fetch_add(&shared->tokens_issued, ctx->ntokens);
    }
}


void
ngx_pickyassist_count_upstream(ngx_pickyassist_ctx_t *ctx)
{
    ctx->start = ngx_current_msec;

    (void) ngx_atomic_fetch_add(&ctx->pmcf->shared->upstream_requests, 1);
}


void
ngx_pickyassist_count_duration(ngx_pickyassist_ctx_t *ctx)
{
    size_t                     bucket;
    ngx_msec_t                 duration;
    ngx_pickyassist_shared_t  *shared;

    shared = ctx->pmcf->shared;
    duration = ngx_current_msec - ctx->start;
    bucket = pa_metrics_bucket(duration);

    (void) ngx_atomic_fetch_add(&shared->durations[bucket], 1);
    (void) ngx_atomic_fetch_add(&shared->duration_sum, duration);
}


void
ngx_pickyassist_snapshot(ngx_pickyassist_main_conf_t *pmcf,
    pa_metrics_t *metrics)
{
    ngx_uint_t                 i;
    pa_endpoint_metrics_t     *row;
    ngx_pickyassist_slot_t    *slot;
    ngx_pickyassist_shared_t  *shared;

    shared = pmcf->shared;

    ngx_memzero(metrics, sizeof(pa_metrics_t));

    row = &metrics->endpoints[PA_ENDPOINT_CREATE_API_TOKEN];

    row->shown = (pmcf->locations.nelts != 0);

    for (i = 0; i < PA_OUTCOME_COUNT; i++) {
        row->requests[i] = shared->requests[i];
    }

    for (i = 0; i < PA_DURATION_COUNT; i++) {
        row->durations[i] = shared->durations[i];
    }

    row->duration_sum = shared->duration_sum;
    row->upstream_requests = shared->upstream_requests;
    row->disabled = ngx_pickyassist_any_open(pmcf);

    metrics->tokens_issued = shared->tokens_issued;
    metrics->balance = PA_BALANCE_UNKNOWN;

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {
        slot = &shared->slots[i];

        if (slot->in_flight && ngx_pickyassist_is_alive(slot->pid)) {
            metrics->in_flight += slot->in_flight;
        }
    }

    metrics->version = NGX_PICKYASSIST_VERSION;
    metrics->server_version = NGINX_VERSION;
}
