
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The client's token request: read and judged, then written as the vendor
 * wants it, around the master token.
 */


#ifndef _PA_TOKEN_REQUEST_H_INCLUDED_
#define _PA_TOKEN_REQUEST_H_INCLUDED_


#include "ip_address.h"
#include "problem.h"


PA_HIDDEN_BEGIN


/* 2^53 - 1: what every JSON implementation reads exactly (RFC 8259, 6) */
#define PA_PROJECT_ID_MAX  9007199254740991


typedef struct {
    size_t           max_ips;
    pa_ip_policy_e   ip_policy;
    const pa_cidr_t *ip_allow;
    size_t           nip_allow;           /* 0: no list */
    uint64_t         hash_seed;           /* unknown to clients */
    unsigned         whitelist_required:1;
    unsigned         strip_token:1;
} pa_request_rules_t;


typedef struct {
    int64_t          project_id;
    size_t           nips;
    pa_str_t         ips;                 /* "a","b" as JSON, normalised */
} pa_token_request_t;


/*
 * Reads a request body.
 *
 *   PA_OK     problem->outcome is ISSUED: request is filled in.  Else it is
 *             MALFORMED_JSON with the place in its detail, or INVALID_REQUEST
 *             with all its flaws, 20 at most.
 *   PA_ERROR  no memory
 *
 * body is not changed and is not needed afterwards; problem must be zeroed.
 */
int pa_token_request_read(pa_pool_t *pool, const pa_request_rules_t *rules,
    const pa_str_t *body, pa_token_request_t *request, pa_problem_t *problem);

/*
 * The body for the vendor.  token is the master token as the inside of a JSON
 * string (pa_buf_json_chars()).  It is copied to dst and nowhere else; dst has
 * room for the length that the first function gives, and the second one
 * returns the end of what it wrote.
 */
size_t pa_token_request_length(const pa_token_request_t *request,
    const pa_str_t *token);
uint8_t *pa_token_request_write(const pa_token_request_t *request,
    const pa_str_t *token, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_TOKEN_REQUEST_H_INCLUDED_ */
