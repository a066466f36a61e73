
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_filter.h"
#include "ngx_pickyassist_answer.h"

#include "core/tables/api_statuses.h"


static ngx_int_t ngx_pickyassist_header_filter(ngx_http_request_t *r);
static ngx_pickyassist_ctx_t *ngx_pickyassist_failed_ctx(
    ngx_http_request_t *r, ngx_pickyassist_loc_conf_t *plcf);
static ngx_int_t ngx_pickyassist_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_pickyassist_send_reply(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx);
static void ngx_pickyassist_raw_reply(ngx_pickyassist_ctx_t *ctx,
    pa_raw_reply_t *raw);
static void ngx_pickyassist_note_reply(ngx_pickyassist_ctx_t *ctx,
    pa_reply_t *reply);
static void ngx_pickyassist_note_success(ngx_pickyassist_ctx_t *ctx,
    pa_reply_t *reply);


ngx_int_t
ngx_pickyassist_filter_init(ngx_conf_t *cf)
{
    ngx_pickyassist_answer_init(ngx_pickyassist_header_filter,
                                ngx_pickyassist_body_filter);

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_header_filter(ngx_http_request_t *r)
{
    ngx_pickyassist_ctx_t       *ctx;
    ngx_pickyassist_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_pickyassist_module);

    if (plcf->handler == NULL) {
        return ngx_pickyassist_next_header_filter(r);
    }

    if (plcf->pass != NULL && r->err_status >= NGX_HTTP_BAD_REQUEST) {

        ctx = ngx_pickyassist_failed_ctx(r, plcf);

        if (ctx == NULL || ngx_pickyassist_replace(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

        if (ctx && ctx->state == ngx_pickyassist_held) {
            return NGX_OK;
        }
    }

    if (ngx_pickyassist_set_common_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_pickyassist_next_header_filter(r);
}


/*
 * A filter that ends the request with an error of its own clears the contexts;
 * what has been sent to the vendor is sent nevertheless.
 */

static ngx_pickyassist_ctx_t *
ngx_pickyassist_failed_ctx(ngx_http_request_t *r,
    ngx_pickyassist_loc_conf_t *plcf)
{
    ngx_pickyassist_ctx_t  *ctx;

    if (r->filter_finalize) {

        ctx = ngx_pickyassist_find_ctx(r);

        if (ctx != NULL && ctx->plcf == plcf) {
            ngx_http_set_ctx(r, ctx, ngx_pickyassist_module);
            return ctx;
        }
    }

    return ngx_pickyassist_get_ctx(r);
}


static ngx_int_t
ngx_pickyassist_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_uint_t              last;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);

    if (ctx == NULL
        || in == NULL
        || (ctx->state != ngx_pickyassist_held
            && ctx->state != ngx_pickyassist_replaced))
    {
        return ngx_pickyassist_next_body_filter(r, in);
    }

    last = 0;

    for ( /* void */ ; in; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;

        last |= (in->buf->last_buf || in->buf->last_in_chain);
    }

    if (ctx->state == ngx_pickyassist_replaced) {
        return ngx_pickyassist_send_body(r, ctx, &ctx->body);
    }

    /*
     * The upstream module marks the end of a reply as it does that of any
     * response, and its failure, as the header is sent for all it knows, by a
     * mere flush.  To return the status then makes an error page of it.
     */

    if (last || ctx->failure) {
        return ngx_pickyassist_send_reply(r, ctx);
    }

    return NGX_OK;
}


/* the held reply is whole, or will never be */

static ngx_int_t
ngx_pickyassist_send_reply(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx)
{
    ngx_str_t         *retry_after;
    pa_raw_reply_t     raw;
    pa_reply_t         reply;

    ngx_pickyassist_raw_reply(ctx, &raw);

    if (pa_reply_read(&ctx->pool, &ctx->plcf->reply_rules, &raw,
                      ctx->request.project_id, &reply)
        != PA_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->failure
        && reply.problem.outcome == PA_OUTCOME_UPSTREAM_INVALID_RESPONSE)
    {
        ngx_pickyassist_fail(ctx, ctx->failure);
        return ctx->failure;
    }

    ngx_pickyassist_note_reply(ctx, &reply);

    ngx_pickyassist_settle_breaker(ctx, reply.problem.outcome);

    if (pa_outcome_is_success(reply.problem.outcome)) {
        ngx_pickyassist_note_success(ctx, &reply);

        return ngx_pickyassist_send_success(r, ctx, reply.problem.outcome,
                                            &reply.body);
    }

    ngx_pickyassist_log_reply(r, ctx, &reply.problem);

    retry_after = &ctx->reply.retry_after;

    if ((reply.problem.outcome == PA_OUTCOME_RATE_LIMITED
         || reply.problem.outcome == PA_OUTCOME_UPSTREAM_UNAVAILABLE)
        && retry_after->len != 0
        && ngx_pickyassist_add_header(r, "Retry-After", retry_after) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_pickyassist_send_problem(r, ctx, &reply.problem);
}


/*
 * Where the end of the connection ends the reply, another end than an orderly
 * one takes nothing away from JSON that is whole: tokens in it have been
 * issued.
 */

static void
ngx_pickyassist_raw_reply(ngx_pickyassist_ctx_t *ctx, pa_raw_reply_t *raw)
{
    ngx_uint_t                framed;
    ngx_pickyassist_reply_t  *reply;

    reply = &ctx->reply;
    framed = (reply->chunked || reply->content_length != -1);

    ngx_memzero(raw, sizeof(pa_raw_reply_t));

    raw->status = reply->status.code;
    raw->body = reply->body;
    raw->len = reply->len;
    raw->compressed = reply->compressed;
    raw->too_large = reply->too_large;
    raw->cut_short = reply->cut_short || (ctx->failure && framed);
    raw->unended = ctx->failure && !framed;
}


/* for the variables; how much was done is not always known */

static void
ngx_pickyassist_note_reply(ngx_pickyassist_ctx_t *ctx, pa_reply_t *reply)
{
    pa_problem_t  *problem;

    problem = &reply->problem;

    if (problem->has_api_status) {
        ctx->api_status = problem->api_status;
    }

    if (!pa_outcome_is_success(problem->outcome)
        && problem->outcome != PA_OUTCOME_ENDPOINT_DISABLED
        && (!problem->has_api_status
            || problem->api_status == PA_API_STATUS_SUCCESS))
    {
        return;
    }

    switch (ctx->plcf->endpoint) {

    case PA_ENDPOINT_CREATE_API_TOKEN:
        ctx->ntokens = reply->ntokens;
        break;

    case PA_ENDPOINT_PUSH:
        ctx->accepted = reply->accepted;
        ctx->push_id = reply->push_id;
        break;
    }
}


static void
ngx_pickyassist_note_success(ngx_pickyassist_ctx_t *ctx, pa_reply_t *reply)
{
    ngx_pickyassist_counters_t  *counters;

    counters = &ctx->pmcf->counters;

    ngx_pickyassist_count(counters->total->tokens_issued, reply->ntokens);
    ngx_pickyassist_count(counters->total->messages_accepted, reply->accepted);

    ngx_pickyassist_note_balance(counters, reply->balance);
}
