
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only way out: status, type and length, problem document, and log lines.
 * A response of the gateway enters the filter chain after the module's own
 * filter, which is installed through this file.
 */


#ifndef _NGX_PICKYASSIST_ANSWER_H_INCLUDED_
#define _NGX_PICKYASSIST_ANSWER_H_INCLUDED_


#include "ngx_pickyassist_breaker.h"
#include "ngx_pickyassist_headers.h"
#include "ngx_pickyassist_log.h"
#include "ngx_pickyassist_once.h"


PA_HIDDEN_BEGIN


/* puts the module's filters in front of the others */
void ngx_pickyassist_answer_init(ngx_http_output_header_filter_pt header,
    ngx_http_output_body_filter_pt body);

/* the filters after them */
ngx_int_t ngx_pickyassist_next_header_filter(ngx_http_request_t *r);
ngx_int_t ngx_pickyassist_next_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);

/*
 * Send a complete response, header and body, and return what the content
 * handler may return.  problem must be zeroed except for the members that are
 * set; body is not copied.
 */
ngx_int_t ngx_pickyassist_send_problem(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem);
ngx_int_t ngx_pickyassist_send_success(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_outcome_e outcome, pa_str_t *body);

/* sends the stored answer to an earlier request with the same key */
ngx_int_t ngx_pickyassist_send_replay(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx);

/*
 * The same for a location that is not a gateway: any HTTP status except 200 is
 * left to nginx.  charset may be empty.
 */
ngx_int_t ngx_pickyassist_send_text(ngx_http_request_t *r, ngx_str_t *type,
    ngx_str_t *charset, pa_str_t *text);

/*
 * Replaces the error page that nginx is about to send by a problem document:
 * the header at once, the body when ngx_pickyassist_send_body() is called.
 */
ngx_int_t ngx_pickyassist_replace(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx);
ngx_int_t ngx_pickyassist_send_body(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_str_t *body);

/* records that nginx ends the request with this HTTP status */
void ngx_pickyassist_fail(ngx_pickyassist_ctx_t *ctx, ngx_uint_t status);

/* records that nginx has not read the body of the held reply */
void ngx_pickyassist_lose(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx);

/* logs the answer of the upstream, if it is a problem */
void ngx_pickyassist_log_reply(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_ANSWER_H_INCLUDED_ */
