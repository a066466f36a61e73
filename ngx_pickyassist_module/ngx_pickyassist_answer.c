
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_answer.h"


#define NGX_PICKYASSIST_UNPROCESSABLE  422
#define NGX_PICKYASSIST_TOO_EARLY      425


static void ngx_pickyassist_explain(ngx_pickyassist_ctx_t *ctx,
    ngx_uint_t status, pa_problem_t *problem);
static void ngx_pickyassist_explain_502(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);
static ngx_int_t ngx_pickyassist_write_problem(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem, pa_str_t *body);
static ngx_int_t ngx_pickyassist_send(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    pa_str_t *body);
static void ngx_pickyassist_set_headers(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *type, size_t len);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_str_t  ngx_pickyassist_json = ngx_string("application/json");
static ngx_str_t  ngx_pickyassist_problem_json =
    ngx_string("application/problem+json");


void
ngx_pickyassist_answer_init(ngx_http_output_header_filter_pt header,
    ngx_http_output_body_filter_pt body)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = header;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = body;
}


ngx_int_t
ngx_pickyassist_next_header_filter(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


ngx_int_t
ngx_pickyassist_next_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    return ngx_http_next_body_filter(r, in);
}


ngx_int_t
ngx_pickyassist_send_problem(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem)
{
    pa_str_t  body;

    ngx_pickyassist_count_outcome(ctx, problem->outcome);

    if (ngx_pickyassist_write_problem(r, ctx, problem, &body) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_pickyassist_keep_answer(ctx, problem->outcome,
                                pa_problem_status(problem),
                                pa_problem_effect(problem), &body);

    return ngx_pickyassist_send(r, ctx, pa_problem_status(problem),
                                &ngx_pickyassist_problem_json, &body);
}


ngx_int_t
ngx_pickyassist_send_success(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome, pa_str_t *body)
{
    ngx_pickyassist_count_outcome(ctx, outcome);

    ngx_pickyassist_keep_answer(ctx, outcome, NGX_HTTP_OK,
                                PA_EFFECT_UNKNOWN, body);

    return ngx_pickyassist_send(r, ctx, NGX_HTTP_OK, &ngx_pickyassist_json,
                                body);
}


ngx_int_t
ngx_pickyassist_send_replay(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx)
{
    ngx_str_t                 *type;
    ngx_pickyassist_replay_t  *replay;

    static ngx_str_t  replayed = ngx_string("true");

    replay = ngx_pickyassist_kept_answer(ctx);

    ngx_pickyassist_count_outcome(ctx, replay->outcome);
    ngx_pickyassist_count(ctx->pmcf->counters.total->replays, 1);

    if (ngx_pickyassist_add_header(r, "Idempotent-Replayed", &replayed)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_pickyassist_log(NGX_LOG_INFO, r,
                        "was not sent: its idempotency key has an answer, %s",
                        pa_outcomes[replay->outcome].code);

    type = pa_outcome_is_success(replay->outcome)
           ? &ngx_pickyassist_json : &ngx_pickyassist_problem_json;

    return ngx_pickyassist_send(r, ctx, replay->status, type, &replay->body);
}


ngx_int_t
ngx_pickyassist_replace(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx)
{
    pa_problem_t  problem;

    ngx_memzero(&problem, sizeof(pa_problem_t));

    ngx_pickyassist_explain(ctx, r->err_status, &problem);
    ngx_pickyassist_fail(ctx, r->err_status);

    if (ngx_pickyassist_write_problem(r, ctx, &problem, &ctx->body) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_pickyassist_keep_answer(ctx, problem.outcome, r->err_status,
                                pa_problem_effect(&problem), &ctx->body);

    ngx_pickyassist_set_headers(r, r->err_status,
                                &ngx_pickyassist_problem_json, ctx->body.len);

    ctx->state = ngx_pickyassist_replaced;

    return NGX_OK;
}


void
ngx_pickyassist_fail(ngx_pickyassist_ctx_t *ctx, ngx_uint_t status)
{
    pa_problem_t  problem;

    ngx_memzero(&problem, sizeof(pa_problem_t));

    ngx_pickyassist_explain(ctx, status, &problem);

    if (!ctx->counted) {
        ctx->status = status;
    }

    ngx_pickyassist_count_outcome(ctx, problem.outcome);

    /* now, as the next request may come before this one is cleaned up */

    ngx_pickyassist_release_probe(ctx);
    ngx_pickyassist_end_key(ctx);
}


void
ngx_pickyassist_lose(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx)
{
    ngx_pickyassist_log(NGX_LOG_WARN, r,
                        "has an unknown outcome: what upstream answers here "
                        "is not read (HTTP status %ui)",
                        ctx->reply.status.code);

    ngx_pickyassist_count_outcome(ctx, PA_OUTCOME_OUTCOME_UNKNOWN);
    ngx_pickyassist_release_probe(ctx);

    ctx->state = ngx_pickyassist_sent;
}


/* what an HTTP status that nginx has chosen means here */

static void
ngx_pickyassist_explain(ngx_pickyassist_ctx_t *ctx, ngx_uint_t status,
    pa_problem_t *problem)
{
    static const char  not_sent[] =
        "The connection to the vendor timed out; the request was not sent.";
    static const char  failed[] =
        "The gateway failed after the request had been sent.";

    problem->outcome = PA_OUTCOME_HTTP_ERROR;
    problem->status = status;

    if (ctx->upstream == NULL) {

        if (status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
            problem->outcome = PA_OUTCOME_BODY_TOO_LARGE;

        } else if (status == NGX_HTTP_TOO_MANY_REQUESTS) {
            problem->outcome = PA_OUTCOME_RATE_LIMITED;
        }

        return;
    }

    switch (status) {

    case NGX_HTTP_BAD_GATEWAY:
        ngx_pickyassist_explain_502(ctx, problem);
        return;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        problem->outcome = PA_OUTCOME_UPSTREAM_TIMEOUT;

        if (!ctx->upstream->request_sent) {
            problem->effect = PA_EFFECT_NONE;
            problem->retry = PA_RETRY_LATER;
            problem->detail.data = (u_char *) not_sent;
            problem->detail.len = sizeof(not_sent) - 1;
        }

        return;
    }

    if (ctx->upstream->request_sent) {
        problem->effect = PA_EFFECT_UNKNOWN;
        problem->retry = PA_RETRY_CHECK;
        problem->detail.data = (u_char *) failed;
        problem->detail.len = sizeof(failed) - 1;
    }
}


/* an upstream that was not sent anything was not reached */

static void
ngx_pickyassist_explain_502(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    const char           *detail;
    ngx_http_upstream_t  *u;

    u = ctx->upstream;

    if (!u->request_sent) {
        problem->outcome = PA_OUTCOME_UPSTREAM_UNREACHABLE;
        return;
    }

    problem->outcome = PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;

    if (!u->header_sent && u->buffer.start && u->buffer.last == u->buffer.end) {
        detail = "The headers of the vendor's response are larger than the "
                 "gateway accepts.";

    } else if (ctx->reply.invalid) {
        detail = "The vendor's response is not valid HTTP.";

    } else {
        detail = "The vendor closed the connection before its response was "
                 "complete.";
    }

    problem->detail.data = (u_char *) detail;
    problem->detail.len = ngx_strlen(detail);
}


static ngx_int_t
ngx_pickyassist_write_problem(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem, pa_str_t *body)
{
    ngx_str_t  request_id;

    if (ngx_pickyassist_request_id(r, &request_id) != NGX_OK) {
        return NGX_ERROR;
    }

    problem->endpoint = ctx->plcf->endpoint;
    problem->request_id.data = request_id.data;
    problem->request_id.len = request_id.len;

    if (pa_problem_write(&ctx->pool, problem, body) != PA_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The response enters the chain of filters behind this one: called from the
 * body filter, it must not pass those again that it is being called by.
 */

static ngx_int_t
ngx_pickyassist_send(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *type, pa_str_t *body)
{
    ngx_int_t  rc;

    ngx_pickyassist_set_headers(r, status, type, body->len);

    ctx->state = ngx_pickyassist_sent;

    if (ngx_pickyassist_set_common_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_next_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_pickyassist_send_body(r, ctx, body);
}


ngx_int_t
ngx_pickyassist_send_body(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_str_t *body)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ctx->state = ngx_pickyassist_sent;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) body->data;
    b->last = b->pos + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static void
ngx_pickyassist_set_headers(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, size_t len)
{
    r->headers_out.status = status;
    r->headers_out.status_line.len = 0;

    /* nginx knows no phrase for these */

    switch (status) {

    case NGX_PICKYASSIST_UNPROCESSABLE:
        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
        break;

    case NGX_PICKYASSIST_TOO_EARLY:
        ngx_str_set(&r->headers_out.status_line, "425 Too Early");
        break;
    }

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;
    r->headers_out.override_charset = NULL;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    r->headers_out.content_length_n = len;
}


/*
 * What an application said of its own response, before X-Accel-Redirect led
 * here, is not said of this one.
 */

ngx_int_t
ngx_pickyassist_send_text(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *charset, pa_str_t *text)
{
    ngx_http_complex_value_t  cv;

    r->headers_out.charset = *charset;
    r->headers_out.override_charset = NULL;

    ngx_memzero(&cv, sizeof(ngx_http_complex_value_t));

    cv.value.data = (u_char *) text->data;
    cv.value.len = text->len;

    return ngx_http_send_response(r, NGX_HTTP_OK, type, &cv);
}


/*
 * An error: somebody has to act before such requests can succeed again.  A text
 * of the vendor's may hold anything, so it is not logged.
 */

void
ngx_pickyassist_log_reply(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem)
{
    ngx_uint_t  level;

    switch (problem->outcome) {

    case PA_OUTCOME_MASTER_TOKEN_REJECTED:
    case PA_OUTCOME_TOKEN_REJECTED:
    case PA_OUTCOME_INSUFFICIENT_BALANCE:
    case PA_OUTCOME_PLAN_NOT_ACTIVE:
    case PA_OUTCOME_CHANNEL_NOT_ACTIVE:
    case PA_OUTCOME_UPSTREAM_INVALID_RESPONSE:
    case PA_OUTCOME_UPSTREAM_ERROR:
        level = NGX_LOG_ERR;
        break;

    case PA_OUTCOME_ENDPOINT_DISABLED:
    case PA_OUTCOME_PROJECT_NOT_ACTIVE:
    case PA_OUTCOME_RATE_LIMITED:
    case PA_OUTCOME_UPSTREAM_UNAVAILABLE:
        level = NGX_LOG_WARN;
        break;

    default:
        level = NGX_LOG_INFO;
    }

    if (!problem->has_api_status) {
        ngx_pickyassist_log_upstream(level, r, "answered %s (HTTP status %ui)",
                                     pa_outcomes[problem->outcome].code,
                                     ctx->reply.status.code);
        return;
    }

    ngx_pickyassist_log_upstream(level, r,
                                 "answered %s (HTTP status %ui, "
                                 "API status %L)",
                                 pa_outcomes[problem->outcome].code,
                                 ctx->reply.status.code, problem->api_status);
}
