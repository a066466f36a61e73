
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The configuration: its types, and how they are created and merged.  The
 * rooms above look up names and open files.
 */


#ifndef _NGX_PICKYASSIST_CONF_H_INCLUDED_
#define _NGX_PICKYASSIST_CONF_H_INCLUDED_


#include "ngx_pickyassist_counters.h"
#include "ngx_pickyassist_once_store.h"

#include "core/breaker.h"
#include "core/rate.h"
#include "core/reply.h"
#include "core/request.h"


PA_HIDDEN_BEGIN


/* a token of the vendor; never printed, wiped with its configuration */

typedef struct {
    ngx_str_t                     token;
    ngx_str_t                     escaped;    /* the inside of a JSON string */
    pa_redact_t                  *redact;     /* to find it in replies */
} ngx_pickyassist_secret_t;


/* where the requests go: the argument of "pickyassist_pass" */

typedef struct {
    ngx_url_t                     url;
    ngx_str_t                     host;       /* without port */
    ngx_str_t                     host_header;
    ngx_str_t                     path;
    ngx_str_t                     name;       /* the URL in one spelling */
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

    /* of this worker, and of the locations that share the TLS context */
    ngx_ssl_session_t           **session;
} ngx_pickyassist_ssl_conf_t;


/* connections that are kept between requests */

typedef struct {
    ngx_uint_t                    max;        /* 0: off */
    ngx_msec_t                    timeout;    /* since the last use */

    /* those of this worker */

    ngx_queue_t                   kept;
    ngx_queue_t                   surplus;    /* for a short time */
    ngx_uint_t                    number;     /* in kept */
} ngx_pickyassist_keepalive_t;


typedef struct {
    ngx_http_complex_value_t      scope;      /* whose keys they are */
    ngx_msec_t                    ttl;
    ngx_uint_t                    required;
} ngx_pickyassist_idempotency_t;


/* shared by all requests with the same URL and token */

typedef struct {
    ngx_str_t                     key;
    pa_word_t                    *last;       /* turn */
    ngx_queue_t                   waiting;    /* in this worker */
} ngx_pickyassist_budget_t;


typedef struct {
    ngx_uint_t                    request_id;         /* variable index */
    ngx_uint_t                    sent_headers[2];    /* likewise */
    uint64_t                      hash_seed;

    ngx_array_t                   locations;  /* of loc_conf *, with "pass" */
    ngx_pickyassist_zone_t        zone;
    ngx_pickyassist_counters_t    counters;
    ngx_atomic_t                 *sandbox_spent;      /* see core/sandbox.h */
    ngx_pickyassist_once_store_t  once_store;
    ngx_uint_t                    used;       /* by any location */
    ngx_uint_t                    asks_late;  /* for variables, after reading */
} ngx_pickyassist_main_conf_t;


typedef struct {
    ngx_http_upstream_conf_t      upstream;

    ngx_pickyassist_pass_t       *pass;       /* NULL: not a gateway */
    ngx_uint_t                    endpoint;   /* pa_endpoint_e */
    ngx_pickyassist_secret_t     *secrets[PA_TOKEN_COUNT];
    ngx_pickyassist_secret_t     *secret;     /* for the endpoint */
    ngx_flag_t                    allow_plaintext;

    ngx_uint_t                    max_ips;
    ngx_uint_t                    ip_policy;
    ngx_array_t                  *ip_allow;           /* of pa_cidr_t */
    ngx_flag_t                    require_ip_whitelist;
    ngx_uint_t                    client_token;
    ngx_uint_t                    unknown_members;
    ngx_uint_t                    max_recipients;
    ngx_array_t                  *number_allow;       /* of pa_str_t */
    ngx_array_t                  *device_commands;    /* of pa_str_t */

    size_t                        max_response_size;
    ngx_array_t                  *disabled_status;    /* of unsigned */
    ngx_array_t                  *disabled_message;   /* of pa_str_t */
    ngx_msec_t                    disabled_ttl;
    pa_breaker_t                 *breaker;    /* NULL: off */

    pa_rate_t                    *rate;       /* NULL: off */
    ngx_pickyassist_budget_t     *budget;     /* likewise */

    ngx_array_t                  *requires;   /* of ngx_http_complex_value_t */

    ngx_pickyassist_idempotency_t  *idempotency;  /* NULL: off */
    ngx_str_t                     once_location;      /* unique */

    ngx_array_t                  *headers;    /* of ngx_pickyassist_header_t */
    ngx_array_t                  *sent_headers;       /* except Host */
    ngx_pickyassist_ssl_conf_t    ssl;
    ngx_pickyassist_keepalive_t   keepalive;

    /* made from the above when the configuration is complete */

    ngx_str_t                     head[2];    /* around Content-Length */
    pa_request_rules_t            request_rules;
    pa_reply_rules_t              reply_rules;

    ngx_uint_t                    sandbox;    /* NGX_PICKYASSIST_SANDBOX_* */
    ngx_str_t                     sandbox_name;       /* of one endpoint */
    ngx_uint_t                    status;     /* NGX_PICKYASSIST_STATUS_* */

    ngx_http_handler_pt           handler;    /* of one of these three */
    ngx_str_t                     handler_name;
    u_char                       *handler_file;       /* of the directive */
    ngx_uint_t                    handler_line;
} ngx_pickyassist_loc_conf_t;


/* less than the shortest default of web servers: Apache httpd's 5 s */
#define NGX_PICKYASSIST_KEEPALIVE_TIMEOUT    4000

#define NGX_PICKYASSIST_CLIENT_TOKEN_REJECT  0
#define NGX_PICKYASSIST_CLIENT_TOKEN_STRIP   1

#define NGX_PICKYASSIST_UNKNOWN_REJECT       0
#define NGX_PICKYASSIST_UNKNOWN_PASS         1

#define NGX_PICKYASSIST_SANDBOX_OFF          0
#define NGX_PICKYASSIST_SANDBOX_ENABLED      1
#define NGX_PICKYASSIST_SANDBOX_DISABLED     2

#define NGX_PICKYASSIST_STATUS_OFF           0
#define NGX_PICKYASSIST_STATUS_PROMETHEUS    1
#define NGX_PICKYASSIST_STATUS_JSON          2


void *ngx_pickyassist_create_main_conf(ngx_conf_t *cf);

void *ngx_pickyassist_create_loc_conf(ngx_conf_t *cf);
void ngx_pickyassist_merge_conf(ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *conf);

/* request_rules and reply_rules, of a location that is merged */
void ngx_pickyassist_init_rules(ngx_pickyassist_main_conf_t *pmcf,
    ngx_pickyassist_loc_conf_t *conf);

/* ignores case; NULL: not found */
ngx_pickyassist_header_t *ngx_pickyassist_find_header(ngx_array_t *headers,
    char *name);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_CONF_H_INCLUDED_ */
