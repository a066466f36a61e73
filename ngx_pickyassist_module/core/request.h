
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A client's request: read and judged, then written as the vendor wants it,
 * around the token.
 */


#ifndef _PA_REQUEST_H_INCLUDED_
#define _PA_REQUEST_H_INCLUDED_


#include "ip_address.h"
#include "problem.h"
#include "tables/endpoints.h"


PA_HIDDEN_BEGIN


/* 2^53 - 1: what every JSON implementation reads exactly (RFC 8259, 6) */
#define PA_PROJECT_ID_MAX  9007199254740991


/* as many pieces as a request is sent in behind its token */
#define PA_REQUEST_MAX_PARTS  64


typedef struct {
    pa_endpoint_e    endpoint;
    size_t           max_ips;
    pa_ip_policy_e   ip_policy;
    const pa_cidr_t *ip_allow;
    size_t           nip_allow;           /* 0: no list */
    uint64_t         hash_seed;           /* unknown to clients */
    unsigned         whitelist_required:1;
    unsigned         strip_token:1;
} pa_request_rules_t;


/*
 * What the request says, as far as its endpoint has such members, and what is
 * sent behind {"token":"..."; the parts may lie in the body.
 */

typedef struct {
    int64_t          project_id;          /* 0: none */
    size_t           nips;                /* of its whitelist */
    const pa_str_t  *parts;
    size_t           nparts;              /* PA_REQUEST_MAX_PARTS at most */
    size_t           parts_len;           /* of all together */
} pa_request_t;


/*
 * Reads a request body.
 *
 *   PA_OK     problem->outcome is ISSUED: request is filled in.  Else it is
 *             MALFORMED_JSON with the place in its detail, or INVALID_REQUEST
 *             with all its flaws, 20 at most.
 *   PA_ERROR  no memory
 *
 * body is not changed, and has to live as long as the request does; problem
 * must be zeroed.
 */
int pa_request_read(pa_pool_t *pool, const pa_request_rules_t *rules,
    const pa_str_t *body, pa_request_t *request, pa_problem_t *problem);

/*
 * The body for the vendor.  token is the secret as the inside of a JSON string
 * (pa_buf_json_chars()).  It is copied to dst and nowhere else; dst has room
 * for the length that the function gives, and the end of what was written is
 * returned.  With the parts or without them: whoever chains those instead of
 * copying them sends them behind the head.
 */
size_t pa_request_length(const pa_request_t *request, const pa_str_t *token);
uint8_t *pa_request_write(const pa_request_t *request, const pa_str_t *token,
    uint8_t *dst);

size_t pa_request_head_length(const pa_str_t *token);
uint8_t *pa_request_write_head(const pa_str_t *token, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_REQUEST_H_INCLUDED_ */
