
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_rate.h"

#include <openssl/sha.h>


#define NGX_PICKYASSIST_RATE_WAIT  20000                    /* milliseconds */


/* a request that waits; "ident" must be after 3 pointers, for debug messages */

struct ngx_pickyassist_turn_s {
    ngx_pickyassist_ctx_t        *ctx;
    ngx_queue_t                   queue;      /* by turn */
    ngx_int_t                     ident;

    uint64_t                      at;
    ngx_event_t                   event;
};


static ngx_int_t ngx_pickyassist_requests(ngx_str_t *rate, ngx_int_t *seconds);
static ngx_int_t ngx_pickyassist_wait(ngx_pickyassist_ctx_t *ctx,
    uint64_t now, uint64_t at);
static void ngx_pickyassist_set_timer(ngx_pickyassist_turn_t *turn,
    uint64_t now);
static ngx_int_t ngx_pickyassist_watch_client(ngx_http_request_t *r);
static void ngx_pickyassist_turn_handler(ngx_event_t *ev);
static void ngx_pickyassist_leave_queue(void *data);
static void ngx_pickyassist_pass_turn_on(ngx_pickyassist_turn_t *turn);
static void ngx_pickyassist_end_wait(ngx_pickyassist_turn_t *turn);


char *
ngx_pickyassist_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_int_t    n, burst, wait, seconds;
    ngx_str_t   *value, text;
    ngx_uint_t   i;

    if (plcf->rate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        plcf->rate = NULL;
        return cf->args->nelts == 2 ? NGX_CONF_OK
                                    : "takes nothing else with \"off\"";
    }

    n = ngx_pickyassist_requests(&value[1], &seconds);

    if (n <= 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid rate \"%V\" in \"%V\" directive, it must "
                           "be a number of requests a second or a minute, as "
                           "in \"5r/s\" or \"90r/m\"", &value[1], &cmd->name);
        return NGX_CONF_ERROR;
    }

    burst = NGX_CONF_UNSET;
    wait = NGX_CONF_UNSET;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "burst=", 6) == 0
            && burst == NGX_CONF_UNSET)
        {
            burst = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (burst != NGX_ERROR) {
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "wait=", 5) == 0
                   && wait == NGX_CONF_UNSET)
        {
            text.data = value[i].data + 5;
            text.len = value[i].len - 5;

            wait = ngx_parse_time(&text, 0);

            if (wait != NGX_ERROR) {
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"%V\" directive, it "
                           "must be \"burst=NUMBER\" or \"wait=TIME\"",
                           &value[i], &cmd->name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_value(burst, 0);
    ngx_conf_init_value(wait, NGX_PICKYASSIST_RATE_WAIT);

    plcf->rate = ngx_palloc(cf->pool, sizeof(pa_rate_t));
    if (plcf->rate == NULL) {
        return NGX_CONF_ERROR;
    }

    pa_rate_init(plcf->rate, n, seconds, burst,
                 wait * NGX_PICKYASSIST_MSEC);

    return NGX_CONF_OK;
}


/* see ngx_http_limit_req_zone(); NGX_ERROR: it is no rate */

static ngx_int_t
ngx_pickyassist_requests(ngx_str_t *rate, ngx_int_t *seconds)
{
    u_char  *unit;

    if (rate->len <= 3) {
        return NGX_ERROR;
    }

    unit = rate->data + rate->len - 3;

    if (ngx_strcmp(unit, "r/s") == 0) {
        *seconds = 1;

    } else if (ngx_strcmp(unit, "r/m") == 0) {
        *seconds = 60;

    } else {
        return NGX_ERROR;
    }

    return ngx_atoi(rate->data, rate->len - 3);
}


/* the key is the URL and a hash of the token */

ngx_int_t
ngx_pickyassist_init_budget(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *plcf)
{
    u_char                    *p;
    ngx_str_t                 *name, *token;
    ngx_pickyassist_budget_t  *budget;

    if (plcf->rate == NULL) {
        return NGX_OK;
    }

    name = &plcf->pass->name;
    token = &plcf->secret->token;

    budget = ngx_palloc(cf->pool, sizeof(ngx_pickyassist_budget_t));
    if (budget == NULL) {
        return NGX_ERROR;
    }

    budget->key.len = name->len + SHA256_DIGEST_LENGTH;
    budget->key.data = ngx_pnalloc(cf->pool, budget->key.len);
    if (budget->key.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(budget->key.data, name->data, name->len);
    (void) SHA256(token->data, token->len, p);

    ngx_queue_init(&budget->waiting);

    plcf->budget = budget;

    return NGX_OK;
}


ngx_int_t
ngx_pickyassist_init_budgets(ngx_pickyassist_zone_t *zone, void *data)
{
    ngx_pickyassist_main_conf_t  *pmcf = data;

    ngx_uint_t                    i, j;
    ngx_pickyassist_budget_t     *budget;
    ngx_pickyassist_loc_conf_t  **plcfp;

    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {
        budget = plcfp[i]->budget;

        if (budget == NULL) {
            continue;
        }

        budget->last = ngx_pickyassist_get_record(zone, NGX_PICKYASSIST_BUDGET,
                                                  &budget->key,
                                                  sizeof(pa_word_t));
        if (budget->last == NULL) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm_zone->shm.log, 0,
                          "\"pickyassist_zone\" is too small for the rate of "
                          "\"%V\"", &plcfp[i]->pass->name);
            return NGX_ERROR;
        }

        /* those who wait for the same budget are in one queue */

        for (j = 0; j < i; j++) {
            if (plcfp[j]->budget && plcfp[j]->budget->last == budget->last) {
                plcfp[i]->budget = plcfp[j]->budget;
                break;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_pickyassist_rate_gate(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    int                          rc;
    uint64_t                     now, at;
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ctx->plcf;

    if (plcf->rate == NULL || ctx->turn) {
        return NGX_OK;
    }

    now = ngx_pickyassist_clock();
    rc = pa_rate_take(plcf->budget->last, plcf->rate, now, &at);

    if (rc == PA_OK && at == now) {
        return NGX_OK;
    }

    /* a request that is sent earlier becomes the probe, if one is needed */

    ngx_pickyassist_release_probe(ctx);

    if (rc == PA_OK) {
        return ngx_pickyassist_wait(ctx, now, at);
    }

    problem->outcome = PA_OUTCOME_RATE_LIMITED;
    ctx->retry_after = ngx_pickyassist_seconds(at - now);

    return NGX_DECLINED;
}


/* those behind it keep their turns; if there are any, this one is lost */

void
ngx_pickyassist_return_turn(ngx_pickyassist_ctx_t *ctx)
{
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ctx->plcf;

    if (ctx->turn) {
        pa_rate_give_back(plcf->budget->last, plcf->rate, ctx->turn->at);
    }
}


static ngx_int_t
ngx_pickyassist_wait(ngx_pickyassist_ctx_t *ctx, uint64_t now, uint64_t at)
{
    ngx_str_t                id;
    ngx_http_request_t      *r;
    ngx_pool_cleanup_t      *cln;
    ngx_pickyassist_turn_t  *turn;

    r = ctx->r;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pickyassist_turn_t));

    if (cln == NULL
        || ngx_pickyassist_request_id(r, &id) != NGX_OK
        || ngx_pickyassist_watch_client(r) != NGX_OK)
    {
        pa_rate_give_back(ctx->plcf->budget->last, ctx->plcf->rate, at);
        return NGX_ERROR;
    }

    turn = cln->data;
    ngx_memzero(turn, sizeof(ngx_pickyassist_turn_t));

    turn->ctx = ctx;
    turn->ident = -1;
    turn->at = at;

    turn->event.handler = ngx_pickyassist_turn_handler;
    turn->event.data = turn;
    turn->event.log = r->connection->log;

    cln->handler = ngx_pickyassist_leave_queue;

    ctx->turn = turn;

    ngx_queue_insert_tail(&ctx->plcf->budget->waiting, &turn->queue);
    ngx_pickyassist_own_slot()->waiting++;

    ngx_pickyassist_set_timer(turn, now);

    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "pickyassist: request %V waits %uL ms for its turn",
                  &id, (at - now) / NGX_PICKYASSIST_MSEC);

    return NGX_AGAIN;
}


/* rounded up; nginx's time may be behind, so it can still come too early */

static void
ngx_pickyassist_set_timer(ngx_pickyassist_turn_t *turn, uint64_t now)
{
    uint64_t  left;

    left = turn->at > now ? turn->at - now : 0;

    if (turn->event.timer_set) {

        /* else nginx would leave a timer as it is for a small difference */

        ngx_del_timer(&turn->event);
    }

    ngx_add_timer(&turn->event,
                  (left + NGX_PICKYASSIST_MSEC - 1) / NGX_PICKYASSIST_MSEC);
}


/* see ngx_http_upstream_init_request() */

static ngx_int_t
ngx_pickyassist_watch_client(ngx_http_request_t *r)
{
    ngx_event_t                 *rev;
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (plcf->upstream.ignore_client_abort || r->post_action) {
        return NGX_OK;
    }

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;

    return NGX_OK;
}


static void
ngx_pickyassist_turn_handler(ngx_event_t *ev)
{
    uint64_t                 now;
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_pickyassist_ctx_t   *ctx;
    ngx_pickyassist_turn_t  *turn;

    turn = ev->data;
    ctx = turn->ctx;

    r = ctx->r;
    c = r->connection;

    now = ngx_pickyassist_clock();

    if (now < turn->at) {
        ngx_pickyassist_set_timer(turn, now);
        return;
    }

    if (ngx_http_get_module_ctx(r, ngx_pickyassist_module) != ctx) {

        /* "post_action" has led it elsewhere when its client left */

        ngx_pickyassist_pass_turn_on(turn);
        ngx_pickyassist_end_wait(turn);
        return;
    }

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, c->log, 0,
                   "pickyassist: turn of a request");

    ngx_pickyassist_end_wait(turn);

    r->read_event_handler = ngx_http_block_reading;

    ctx->resume(r);

    ngx_http_run_posted_requests(c);
}


/* the end of a request: if it still waits, it does not go */

static void
ngx_pickyassist_leave_queue(void *data)
{
    ngx_pickyassist_turn_t  *turn = data;

    if (turn->event.timer_set) {
        ngx_pickyassist_pass_turn_on(turn);
        ngx_pickyassist_end_wait(turn);
    }
}


/*
 * Those behind it in this worker move up, as far as they have the same rate.
 * The last turn that is left over is given back; it is lost if another worker
 * has given a later one.
 */

static void
ngx_pickyassist_pass_turn_on(ngx_pickyassist_turn_t *turn)
{
    uint64_t                   now, at, next;
    pa_rate_t                 *rate;
    ngx_queue_t               *q;
    ngx_pickyassist_turn_t    *other;
    ngx_pickyassist_budget_t  *budget;

    budget = turn->ctx->plcf->budget;
    rate = turn->ctx->plcf->rate;

    now = ngx_pickyassist_clock();
    at = turn->at;

    for (q = ngx_queue_next(&turn->queue);
         q != ngx_queue_sentinel(&budget->waiting);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_pickyassist_turn_t, queue);

        if (other->ctx->plcf->rate->interval != rate->interval) {
            continue;
        }

        next = other->at;
        other->at = at;
        at = next;

        ngx_pickyassist_set_timer(other, now);
    }

    pa_rate_give_back(budget->last, rate, at);
}


static void
ngx_pickyassist_end_wait(ngx_pickyassist_turn_t *turn)
{
    if (turn->event.timer_set) {
        ngx_del_timer(&turn->event);
    }

    ngx_queue_remove(&turn->queue);
    ngx_pickyassist_own_slot()->waiting--;
}
