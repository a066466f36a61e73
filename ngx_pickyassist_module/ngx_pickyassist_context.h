
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The state of a request in a location of the gateway.  It lives as long as
 * the pool of the request.
 */


#ifndef _NGX_PICKYASSIST_CONTEXT_H_INCLUDED_
#define _NGX_PICKYASSIST_CONTEXT_H_INCLUDED_


#include "ngx_pickyassist_conf.h"
#include "ngx_pickyassist_pool.h"


PA_HIDDEN_BEGIN


typedef enum {
    ngx_pickyassist_local = 0,    /* the gateway itself answers */
    ngx_pickyassist_held,         /* the upstream's reply is being collected */
    ngx_pickyassist_replaced,     /* nginx's error page gives way to body */
    ngx_pickyassist_sent
} ngx_pickyassist_state_e;


/* the state of the circuit breaker when the request reached it */

typedef enum {
    ngx_pickyassist_not_reached = 0,
    ngx_pickyassist_closed,
    ngx_pickyassist_open,
    ngx_pickyassist_half_open
} ngx_pickyassist_breaker_state_e;


/* the reply of the upstream while it is read; zeroed for every attempt */

typedef struct {
    ngx_http_status_t             status;
    ngx_http_chunked_t            chunked_ctx;
    off_t                         content_length;     /* -1: none */
    ngx_str_t                     retry_after;        /* empty: none */
    int64_t                       keep_alive;         /* seconds; -1: none */

    u_char                       *body;
    size_t                        len;
    size_t                        size;               /* allocated; 0: none */

    unsigned                      status_done:1;
    unsigned                      chunked:1;
    unsigned                      close:1;
    unsigned                      compressed:1;
    unsigned                      too_large:1;
    unsigned                      cut_short:1;
    unsigned                      invalid:1;
} ngx_pickyassist_reply_t;


/* the state of a request with an idempotency key; private to "once" */
typedef struct ngx_pickyassist_once_s  ngx_pickyassist_once_t;


/* a request that waits for its turn; private to "rate" */
typedef struct ngx_pickyassist_turn_s  ngx_pickyassist_turn_t;


/* an unknown number */
#define NGX_PICKYASSIST_NONE  INT64_MIN


typedef struct {
    ngx_http_request_t           *r;
    ngx_pickyassist_main_conf_t  *pmcf;
    ngx_pickyassist_loc_conf_t   *plcf;       /* where r entered */

    ngx_pickyassist_endpoint_counters_t  *counters;

    pa_pool_t                     pool;
    pa_request_t                  request;
    ngx_pickyassist_reply_t       reply;
    ngx_pickyassist_once_t       *once;       /* NULL: without a key */

    ngx_pickyassist_state_e       state;
    ngx_uint_t                    failure;    /* HTTP status; of a held reply */
    pa_str_t                      body;       /* of the replacement */

    ngx_uint_t                    own_body;   /* read by this module */
    ngx_buf_t                    *request_buf;        /* holds the secret */
    size_t                        received;   /* most of upstream->buffer */
    ngx_http_upstream_t          *upstream;           /* NULL: not started */
    ngx_msec_t                    start;      /* of the exchange */

    /*
     * The values of variables, of a valid request and of its reply.  Strings
     * may be empty, numbers NGX_PICKYASSIST_NONE.
     */

    pa_outcome_e                  outcome;
    ngx_uint_t                    status;     /* of an error of nginx itself */
    pa_str_t                      application;
    pa_str_t                      template_id;
    pa_str_t                      command;
    pa_str_t                      push_id;
    int64_t                       project_id;
    int64_t                       nips;
    int64_t                       recipients;
    int64_t                       accepted;
    int64_t                       ntokens;
    int64_t                       api_status;
    ngx_pickyassist_breaker_state_e  breaker_state;

    pa_breaker_pass_t             breaker_pass;
    ngx_pickyassist_turn_t       *turn;       /* NULL: it has not waited */
    ngx_http_event_handler_pt     resume;     /* after waiting */
    ngx_uint_t                    retry_after;        /* seconds; 0: none */

    unsigned                      counted:1;  /* outcome is known */
    unsigned                      in_flight:1;
} ngx_pickyassist_ctx_t;


/*
 * A gate decides about a valid request.  It returns:
 *
 *   NGX_OK        it passes
 *   NGX_DECLINED  it does not pass: problem, which was zeroed before, and
 *                 ctx->retry_after define the answer
 *   NGX_DONE      it gets the answer to an earlier request
 *   NGX_AGAIN     it waits; ctx->resume is called when it may continue, with
 *                 the breaker
 *   NGX_ERROR     no memory
 *
 * If a gate takes something that must not be lost, a cleanup of the request's
 * pool gives it back.
 */
typedef ngx_int_t (*ngx_pickyassist_gate_pt)(ngx_pickyassist_ctx_t *ctx,
    pa_problem_t *problem);

/*
 * Returns the context of the request in this location, and makes it if
 * necessary.  NULL: no memory.
 */
ngx_pickyassist_ctx_t *ngx_pickyassist_get_ctx(ngx_http_request_t *r);

/*
 * The same, also after an internal redirect, which clears the contexts.  NULL:
 * the request was not in a location of the gateway.
 */
ngx_pickyassist_ctx_t *ngx_pickyassist_find_ctx(ngx_http_request_t *r);

/* the request counts as in flight until it leaves or ends */
void ngx_pickyassist_enter(ngx_pickyassist_ctx_t *ctx);
void ngx_pickyassist_leave(ngx_pickyassist_ctx_t *ctx);

/* only the first outcome of a request counts */
void ngx_pickyassist_count_outcome(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);

/* the value of $request_id; NGX_ERROR: no memory */
ngx_int_t ngx_pickyassist_request_id(ngx_http_request_t *r, ngx_str_t *id);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_CONTEXT_H_INCLUDED_ */
