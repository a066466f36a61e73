
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A gateway for the creation of Picky Assist API tokens.  A request's way is
 * one line through the files: handler, upstream, filter.
 */


#ifndef _NGX_PICKYASSIST_MODULE_H_INCLUDED_
#define _NGX_PICKYASSIST_MODULE_H_INCLUDED_


#include "ngx_pickyassist_compat.h"

#include "core/metrics.h"
#include "core/token_reply.h"
#include "core/request.h"


PA_HIDDEN_BEGIN


#define NGX_PICKYASSIST_VERSION  "0.1.0"


/* the master token; never printed, wiped with its configuration */

typedef struct {
    ngx_str_t                     token;
    ngx_str_t                     escaped;    /* the inside of a JSON string */
} ngx_pickyassist_secret_t;


/* where the requests go: the argument of "pickyassist_pass" */

typedef struct {
    ngx_url_t                     url;
    ngx_str_t                     host;       /* without port and brackets */
    ngx_str_t                     host_header;
    ngx_str_t                     path;
    u_char                       *file;       /* of the directive */
    ngx_uint_t                    line;

    /* NULL: the host is resolved at run time */
    ngx_http_upstream_srv_conf_t *upstream;

    unsigned                      ssl:1;
    unsigned                      initialized:1;
} ngx_pickyassist_pass_t;


typedef struct {
    ngx_str_t                     name;
    ngx_http_complex_value_t      value;
} ngx_pickyassist_header_t;


typedef struct {
    ngx_str_t                     name;       /* verified and sent as SNI */
    ngx_str_t                     ciphers;
    ngx_str_t                     trusted_certificate;
    ngx_str_t                     crl;
    ngx_str_t                     certificate;
    ngx_str_t                     certificate_key;
    ngx_uint_t                    protocols;
    ngx_uint_t                    verify_depth;

    ngx_ssl_session_t            *session;    /* of this location, per worker */
} ngx_pickyassist_ssl_conf_t;


/* one for each worker, so that one that is killed leaves nothing wrong */

typedef struct {
    ngx_atomic_t                  pid;        /* 0: free */
    ngx_atomic_t                  epoch;      /* grows with every owner */
    ngx_atomic_t                  in_flight;
} ngx_pickyassist_slot_t;


typedef struct ngx_pickyassist_breaker_s  ngx_pickyassist_breaker_t;


/* what all workers share and a reload keeps; durations in milliseconds */

typedef struct {
    ngx_atomic_t                  requests[PA_OUTCOME_COUNT];
    ngx_atomic_t                  tokens_issued;
    ngx_atomic_t                  upstream_requests;
    ngx_atomic_t                  durations[PA_DURATION_COUNT];
    ngx_atomic_t                  duration_sum;

    ngx_pickyassist_breaker_t    *breakers;
    ngx_pickyassist_slot_t        slots[NGX_MAX_PROCESSES];
} ngx_pickyassist_shared_t;


typedef struct {
    ngx_uint_t                    request_id;         /* variable index */
    uint64_t                      hash_seed;

    ngx_array_t                   locations;  /* of loc_conf *, with "pass" */
    size_t                        zone_size;
    ngx_shm_zone_t               *zone;
    ngx_pickyassist_shared_t     *shared;
    ngx_uint_t                    used;       /* by any location */
} ngx_pickyassist_main_conf_t;


typedef struct {
    ngx_http_upstream_conf_t      upstream;

    ngx_pickyassist_pass_t       *pass;       /* NULL: no gateway here */
    ngx_pickyassist_secret_t     *secret;
    ngx_flag_t                    allow_plaintext;

    ngx_uint_t                    max_ips;
    ngx_uint_t                    ip_policy;
    ngx_array_t                  *ip_allow;           /* of pa_cidr_t */
    ngx_flag_t                    require_ip_whitelist;
    ngx_uint_t                    client_token;

    size_t                        max_response_size;
    ngx_array_t                  *disabled_status;    /* of unsigned */
    ngx_array_t                  *disabled_message;   /* of pa_str_t */
    ngx_msec_t                    disabled_ttl;
    ngx_pickyassist_breaker_t    *breaker;    /* NULL: none is wanted */

    ngx_array_t                  *headers;    /* of ngx_pickyassist_header_t */
    ngx_array_t                  *sent_headers;       /* those but Host */
    ngx_pickyassist_ssl_conf_t    ssl;

    /* made from the above when the configuration is complete */

    ngx_str_t                     head[2];    /* around Content-Length */
    pa_request_rules_t            request_rules;
    pa_reply_rules_t              reply_rules;

    ngx_uint_t                    sandbox;    /* NGX_PICKYASSIST_SANDBOX_* */
    u_char                       *sandbox_file;       /* of the directive */
    ngx_uint_t                    sandbox_line;
    ngx_uint_t                    status;     /* NGX_PICKYASSIST_STATUS_* */

    ngx_http_handler_pt           handler;    /* of one of these three */
    ngx_str_t                     handler_name;
} ngx_pickyassist_loc_conf_t;


#define NGX_PICKYASSIST_CLIENT_TOKEN_REJECT  0
#define NGX_PICKYASSIST_CLIENT_TOKEN_STRIP   1

#define NGX_PICKYASSIST_SANDBOX_OFF          0
#define NGX_PICKYASSIST_SANDBOX_ENABLED      1
#define NGX_PICKYASSIST_SANDBOX_DISABLED     2

#define NGX_PICKYASSIST_STATUS_OFF           0
#define NGX_PICKYASSIST_STATUS_PROMETHEUS    1
#define NGX_PICKYASSIST_STATUS_JSON          2


typedef enum {
    ngx_pickyassist_local = 0,    /* the gateway itself answers */
    ngx_pickyassist_held,         /* the upstream's reply is being collected */
    ngx_pickyassist_replaced,     /* nginx's error page gives way to body */
    ngx_pickyassist_sent
} ngx_pickyassist_state_e;


/* the circuit breaker, as a request met it */

typedef enum {
    ngx_pickyassist_not_reached = 0,
    ngx_pickyassist_closed,
    ngx_pickyassist_open,
    ngx_pickyassist_half_open
} ngx_pickyassist_breaker_state_e;


/* the reply of the upstream, as it comes in; zeroed for every attempt */

typedef struct {
    ngx_http_status_t             status;
    ngx_http_chunked_t            chunked_ctx;
    off_t                         content_length;     /* -1: none */
    ngx_str_t                     retry_after;        /* empty: none */

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


/* a number that is not known (yet) */
#define NGX_PICKYASSIST_NONE  INT64_MIN


typedef struct {
    ngx_http_request_t           *r;
    ngx_pickyassist_main_conf_t  *pmcf;
    ngx_pickyassist_loc_conf_t   *plcf;       /* where r entered */

    pa_pool_t                     pool;
    pa_request_t            request;
    ngx_pickyassist_reply_t       reply;

    ngx_pickyassist_state_e       state;
    ngx_uint_t                    failure;    /* HTTP status; of a held reply */
    pa_str_t                      body;       /* that replaces */

    ngx_buf_t                    *request_buf;        /* holds the secret */
    size_t                        received;   /* most of upstream->buffer */
    ngx_http_upstream_t          *upstream;           /* NULL: not started */
    ngx_msec_t                    start;      /* of the exchange */

    /* what variables tell; numbers may be NGX_PICKYASSIST_NONE */

    pa_outcome_e                  outcome;
    ngx_uint_t                    status;     /* of an error of nginx's own */
    int64_t                       project_id;
    int64_t                       nips;
    int64_t                       ntokens;
    int64_t                       api_status;
    ngx_pickyassist_breaker_state_e  breaker_state;

    unsigned                      counted:1;  /* outcome is known */
    unsigned                      in_flight:1;
    unsigned                      probe:1;    /* of the half open breaker */
} ngx_pickyassist_ctx_t;


/*
 * module: the context of the request in this location, made if need be;
 * NULL: no memory.
 */
ngx_pickyassist_ctx_t *ngx_pickyassist_get_ctx(ngx_http_request_t *r);

/*
 * module: the same after an internal redirect too, which clears the contexts;
 * NULL: the request was in no location of the gateway.
 */
ngx_pickyassist_ctx_t *ngx_pickyassist_find_ctx(ngx_http_request_t *r);

/* module: lets the core allocate from an nginx pool */
void ngx_pickyassist_init_pool(pa_pool_t *pool, ngx_pool_t *data);

/* handler: the content handler of "pickyassist_pass" */
ngx_int_t ngx_pickyassist_handler(ngx_http_request_t *r);

/*
 * handler: the request body as one piece, borrowed from the request if it is
 * one buffer in memory, else copied to the request's pool.
 */
ngx_int_t ngx_pickyassist_request_body(ngx_http_request_t *r, pa_str_t *body);

/*
 * module: makes handler answer the requests of the location, for a directive
 * that does nothing else; returns what the directive may return.
 */
char *ngx_pickyassist_set_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_pickyassist_loc_conf_t *conf, ngx_http_handler_pt handler);

/* pass: "pickyassist_pass", and its completion when all is read */
char *ngx_pickyassist_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_pickyassist_init_pass(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/*
 * pass: "pickyassist_set_header"; 1 if such a value may be sent, if name may
 * be one (RFC 9110, 5.1)
 */
char *ngx_pickyassist_set_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_uint_t ngx_pickyassist_is_field_value(ngx_str_t *value);
ngx_uint_t ngx_pickyassist_is_token(ngx_str_t *name);

/* secret: "pickyassist_master_token" and "pickyassist_master_token_file" */
char *ngx_pickyassist_master_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_master_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * ssl: the TLS context of a location.  Each location has its own, by which a
 * connection is known as verified for it.
 */
ngx_int_t ngx_pickyassist_init_ssl(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* peer: the location's own view of the servers; the TLS context is there */
ngx_int_t ngx_pickyassist_init_peers(ngx_conf_t *cf,
    ngx_pickyassist_loc_conf_t *plcf);

/* upstream: sends the validated request of ctx; finalizes r in the end */
void ngx_pickyassist_forward(ngx_http_request_t *r, ngx_pickyassist_ctx_t *ctx);

/*
 * filter: installs the filters; sends a whole response, header and body, and
 * returns what the content handler may return.  problem must be zeroed but
 * for what is known of the problem.
 */
ngx_int_t ngx_pickyassist_filter_init(ngx_conf_t *cf);
ngx_int_t ngx_pickyassist_send_problem(ngx_http_request_t *r,
    ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem);

/* filter: notes that nginx ends the request with this HTTP status */
void ngx_pickyassist_fail(ngx_pickyassist_ctx_t *ctx, ngx_uint_t status);

/* filter: adds a header to the response; value is not copied */
ngx_int_t ngx_pickyassist_add_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* upstream: wipes what held the secret, at the end of the request */
void ngx_pickyassist_wipe_request(ngx_pickyassist_ctx_t *ctx);

/* sandbox: "pickyassist_sandbox" */
char *ngx_pickyassist_sandbox(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* status: "pickyassist_status" */
char *ngx_pickyassist_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* variables: $pickyassist_* */
ngx_int_t ngx_pickyassist_add_variables(ngx_conf_t *cf);

/* zone: "pickyassist_zone"; the zone, which is made without asking */
char *ngx_pickyassist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_pickyassist_add_zone(ngx_conf_t *cf,
    ngx_pickyassist_main_conf_t *pmcf);

/* zone: a worker takes its slot, and gives it back */
ngx_int_t ngx_pickyassist_init_worker(ngx_cycle_t *cycle);
void ngx_pickyassist_exit_worker(ngx_cycle_t *cycle);
ngx_pickyassist_slot_t *ngx_pickyassist_own_slot(void);
ngx_uint_t ngx_pickyassist_is_alive(ngx_atomic_uint_t pid);

/* zone: counters; of the outcomes of a request, the first one counts */
void ngx_pickyassist_enter(ngx_pickyassist_ctx_t *ctx);
void ngx_pickyassist_leave(ngx_pickyassist_ctx_t *ctx);
void ngx_pickyassist_count_outcome(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);
void ngx_pickyassist_count_upstream(ngx_pickyassist_ctx_t *ctx);
void ngx_pickyassist_count_duration(ngx_pickyassist_ctx_t *ctx);
void ngx_pickyassist_snapshot(ngx_pickyassist_main_conf_t *pmcf,
    pa_metrics_t *metrics);

/* breaker: finds or makes those of all locations; zone has been adopted */
ngx_int_t ngx_pickyassist_init_breakers(ngx_shm_zone_t *zone,
    ngx_pickyassist_main_conf_t *pmcf);

/*
 * breaker: NGX_OK: the request may go to the upstream, as the probe if
 * ctx->probe is set then; NGX_DECLINED: it may not, for left milliseconds.
 */
ngx_int_t ngx_pickyassist_check_breaker(ngx_pickyassist_ctx_t *ctx,
    ngx_msec_t *left);

/* breaker: the upstream has answered; it has not */
void ngx_pickyassist_settle_breaker(ngx_pickyassist_ctx_t *ctx,
    pa_outcome_e outcome);
void ngx_pickyassist_release_probe(ngx_pickyassist_ctx_t *ctx);

/* breaker: 1 if one of a configured location is not closed */
ngx_uint_t ngx_pickyassist_any_open(ngx_pickyassist_main_conf_t *pmcf);


extern ngx_module_t  ngx_pickyassist_module;


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_MODULE_H_INCLUDED_ */
