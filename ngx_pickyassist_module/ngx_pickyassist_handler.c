
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_handler.h"
#include "ngx_pickyassist_body.h"
#include "ngx_pickyassist_rate.h"
#include "ngx_pickyassist_require.h"
#include "ngx_pickyassist_upstream.h"

#include "core/media_type.h"


static ngx_int_t ngx_pickyassist_check_early_data(ngx_http_request_t *r,
    pa_problem_t *problem);
static ngx_int_t ngx_pickyassist_check_method(ngx_http_request_t *r,
    pa_problem_t *problem);
static ngx_int_t ngx_pickyassist_check_media_type(ngx_http_request_t *r,
    pa_problem_t *problem);
static ngx_int_t ngx_pickyassist_refuse_media_type(ngx_http_request_t *r,
    pa_problem_t *problem);
static ngx_uint_t ngx_pickyassist_may_be_empty(ngx_http_request_t *r);
static ngx_uint_t ngx_pickyassist_has_header_in(ngx_http_request_t *r,
    char *name, char *except);
static void ngx_pickyassist_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_read_request(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem);
static void ngx_pickyassist_note_request(ngx_pickyassist_ctx_t *ctx);
static void ngx_pickyassist_pass_gates(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, ngx_pickyassist_gate_pt *gate);
static void ngx_pickyassist_resume(ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_refuse(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem);


/* in the order in which a request meets them */

static ngx_pickyassist_gate_pt  ngx_pickyassist_gates[] = {
    ngx_pickyassist_require_gate,
    ngx_pickyassist_once_gate,
    ngx_pickyassist_breaker_gate,
    ngx_pickyassist_rate_gate,
    NULL
};


ngx_int_t
ngx_pickyassist_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    pa_problem_t            problem;
    ngx_pickyassist_ctx_t  *ctx, *previous;

    /* an "error_page" of one gateway may lead to another */

    previous = ngx_pickyassist_find_ctx(r);

    if (previous != NULL) {
        ngx_pickyassist_leave(previous);
    }

    ctx = ngx_pickyassist_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_pickyassist_enter(ctx);

    /* an error that led here is over: the answer has a status of its own */

    r->err_status = 0;

    ngx_memzero(&problem, sizeof(pa_problem_t));

    rc = ngx_pickyassist_check_early_data(r, &problem);

    if (rc == NGX_OK) {
        rc = ngx_pickyassist_check_method(r, &problem);
    }

    if (rc == NGX_OK) {
        rc = ngx_pickyassist_check_media_type(r, &problem);
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_pickyassist_send_problem(r, ctx, &problem);
    }

    rc = ngx_pickyassist_read_body(r, &ctx->own_body,
                                   ngx_pickyassist_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_pickyassist_fail(ctx, rc);
        return rc;
    }

    return NGX_DONE;
}


/*
 * RFC 8470: whoever records the first flight can send it again, and what is
 * asked for here must not happen twice.  As $ssl_early_data, or as the proxy
 * before this one says of its own connection; any value counts as "1".
 *
 * NGX_DECLINED from these three: the problem says why
 */

static ngx_int_t
ngx_pickyassist_check_early_data(ngx_http_request_t *r, pa_problem_t *problem)
{
    ngx_str_t          early;
    ngx_connection_t  *c;

    c = r->connection;
    ngx_str_null(&early);

    if (c->ssl && ngx_ssl_get_early_data(c, r->pool, &early) != NGX_OK) {
        return NGX_ERROR;
    }

    if (early.len == 0
        && !ngx_pickyassist_has_header_in(r, "Early-Data", NULL))
    {
        return NGX_OK;
    }

    problem->outcome = PA_OUTCOME_TOO_EARLY;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_pickyassist_check_method(ngx_http_request_t *r, pa_problem_t *problem)
{
    static ngx_str_t  allow = ngx_string("POST");

    if (r->method & NGX_HTTP_POST) {
        return NGX_OK;
    }

    problem->outcome = PA_OUTCOME_METHOD_NOT_ALLOWED;

    if (ngx_pickyassist_add_header(r, "Allow", &allow) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_pickyassist_check_media_type(ngx_http_request_t *r, pa_problem_t *problem)
{
    pa_str_t          value;
    ngx_table_elt_t  *h;

    h = r->headers_in.content_type;

    if (h == NULL && ngx_pickyassist_may_be_empty(r)) {
        return NGX_OK;
    }

    if (h != NULL
        && !ngx_pickyassist_has_header_in(r, "Content-Encoding", "identity"))
    {

        value.data = h->value.data;
        value.len = h->value.len;

        if (pa_media_type_is_json(&value)) {
            return NGX_OK;
        }
    }

    return ngx_pickyassist_refuse_media_type(r, problem);
}


static ngx_int_t
ngx_pickyassist_refuse_media_type(ngx_http_request_t *r, pa_problem_t *problem)
{
    static ngx_str_t  accept = ngx_string("application/json");

    problem->outcome = PA_OUTCOME_UNSUPPORTED_MEDIA_TYPE;

    if (ngx_pickyassist_add_header(r, "Accept-Post", &accept) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_DECLINED;
}


/* all but one endpoint take no body, or an empty one, for "{}" */

static ngx_uint_t
ngx_pickyassist_may_be_empty(ngx_http_request_t *r)
{
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    return plcf->endpoint != PA_ENDPOINT_CREATE_API_TOKEN
           && r->headers_in.content_length_n <= 0;
}


/*
 * One with another value than this (in any case of letters; NULL: with any).
 * nginx keeps no pointers to those that are asked for.
 */

static ngx_uint_t
ngx_pickyassist_has_header_in(ngx_http_request_t *r, char *name, char *except)
{
    ngx_table_elt_t         *h;
    ngx_pickyassist_walk_t   walk;

    walk.part = &r->headers_in.headers.part;
    walk.i = 0;

    while ((h = ngx_pickyassist_next_header(&walk, name)) != NULL) {

        if (except == NULL
            || h->value.len != ngx_strlen(except)
            || ngx_strncasecmp(h->value.data, (u_char *) except, h->value.len)
               != 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_pickyassist_body_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    pa_problem_t            problem;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    ngx_memzero(&problem, sizeof(pa_problem_t));

    rc = ngx_pickyassist_read_request(r, ctx, &problem);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_finalize_request(r, ngx_pickyassist_send_problem(r, ctx,
                                                                  &problem));
        return;
    }

    ngx_pickyassist_note_request(ctx);

    ngx_pickyassist_pass_gates(r, ctx, ngx_pickyassist_gates);
}


/* NGX_DECLINED: the problem says why */

static ngx_int_t
ngx_pickyassist_read_request(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem)
{
    pa_str_t  body;

    if (ngx_pickyassist_request_body(r, ctx->own_body, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_in.content_type == NULL) {

        /* only now it is known whether a body without a length is empty */

        if (body.len) {
            return ngx_pickyassist_refuse_media_type(r, problem);
        }

        body.data = (u_char *) "{}";
        body.len = 2;
    }

    if (pa_request_read(&ctx->pool, &ctx->plcf->request_rules, &body,
                        &ctx->request, problem)
        != PA_OK)
    {
        return NGX_ERROR;
    }

    return problem->outcome == PA_OUTCOME_ISSUED ? NGX_OK : NGX_DECLINED;
}


/* for the variables */

static void
ngx_pickyassist_note_request(ngx_pickyassist_ctx_t *ctx)
{
    switch (ctx->plcf->endpoint) {

    case PA_ENDPOINT_CREATE_API_TOKEN:
        ctx->project_id = ctx->request.project_id;
        ctx->nips = ctx->request.nips;
        break;

    case PA_ENDPOINT_PUSH:
        ctx->recipients = ctx->request.recipients;
        break;
    }

    ctx->application = ctx->request.application;
    ctx->template_id = ctx->request.template_id;
    ctx->command = ctx->request.command;
}


/* passes through this gate and the next ones to the upstream */

static void
ngx_pickyassist_pass_gates(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    ngx_pickyassist_gate_pt *gate)
{
    ngx_int_t     rc;
    pa_problem_t  problem;

    ngx_memzero(&problem, sizeof(pa_problem_t));

    for ( /* void */ ; *gate; gate++) {

        rc = (*gate)(ctx, &problem);

        if (rc == NGX_OK) {
            continue;
        }

        if (rc == NGX_AGAIN) {
            ctx->resume = ngx_pickyassist_resume;
            return;
        }

        ngx_pickyassist_return_turn(ctx);

        if (rc == NGX_DECLINED) {
            rc = ngx_pickyassist_refuse(r, ctx, &problem);

        } else if (rc == NGX_DONE) {
            rc = ngx_pickyassist_send_replay(r, ctx);

        } else { /* NGX_ERROR */
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_pickyassist_forward(r, ctx);
}


/* who had to wait asks the breaker again */

static void
ngx_pickyassist_resume(ngx_http_request_t *r)
{
    ngx_pickyassist_ctx_t    *ctx;
    ngx_pickyassist_gate_pt  *gate;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    for (gate = ngx_pickyassist_gates;
         *gate != ngx_pickyassist_breaker_gate;
         gate++)
    {
        /* void */
    }

    ngx_pickyassist_pass_gates(r, ctx, gate);
}


/* what a gate decided is answered; what it returns a handler may return */

static ngx_int_t
ngx_pickyassist_refuse(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem)
{
    ngx_str_t   seconds;
    ngx_uint_t  level;

    if (ctx->retry_after) {

        seconds.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (seconds.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        seconds.len = ngx_sprintf(seconds.data, "%ui", ctx->retry_after)
                      - seconds.data;

        if (ngx_pickyassist_add_header(r, "Retry-After", &seconds) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    switch (problem->outcome) {

    case PA_OUTCOME_NOT_ALLOWED:                  /* as nginx's own 403 */
    case PA_OUTCOME_IDEMPOTENCY_STORE_FULL:       /* as only operators help */
        level = NGX_LOG_ERR;
        break;

    case PA_OUTCOME_RATE_LIMITED:
        level = NGX_LOG_WARN;
        break;

    default:
        level = NGX_LOG_INFO;
    }

    ngx_pickyassist_log(level, r, "was not sent: %s",
                        pa_outcomes[problem->outcome].code);

    return ngx_pickyassist_send_problem(r, ctx, problem);
}
