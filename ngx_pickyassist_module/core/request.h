
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A client's request: reads and judges it by the members of its endpoint, then
 * writes it for the vendor, around the token.
 *
 * The members of each endpoint are data (tables/members.h).  This file walks
 * over the document and its rows; member.h and ip_list.h read values.
 */


#ifndef _PA_REQUEST_H_INCLUDED_
#define _PA_REQUEST_H_INCLUDED_


#include "reader.h"


PA_HIDDEN_BEGIN


/* the most pieces in which a request is sent after its token */
#define PA_REQUEST_MAX_PARTS  64


/*
 * The values of a request, as far as its endpoint has such members and the
 * request contains them.  They are judged, and they are what is sent, with the
 * escapes in strings decoded.
 *
 * The parts are what is sent after {"token":"...".  For create-api-token they
 * are written anew, followed by unknown members that may pass; for all other
 * endpoints they are the client's members byte for byte, without a token of
 * its own and without the white space between members.  The parts and the
 * texts may point into the body.
 */

typedef struct {
    int64_t          project_id;          /* of create-api-token; 0: none */
    size_t           nips;                /* of its whitelist */

    pa_str_t         application;         /* its digits, in either form */
    pa_str_t         template_id;
    pa_str_t         command;
    size_t           recipients;          /* rows of "data" */

    const pa_str_t  *parts;
    size_t           nparts;              /* PA_REQUEST_MAX_PARTS at most */
    size_t           parts_len;           /* in total */
} pa_request_t;


/*
 * Reads a request body.
 *
 *   PA_OK     problem->outcome is ISSUED: request is set.  Otherwise it is
 *             MALFORMED_JSON with the place in its detail, or INVALID_REQUEST
 *             with all errors, at most 20.
 *   PA_ERROR  no memory
 *
 * body is not changed, and must live as long as the request.  A request
 * without a body is read as "{}".  problem must be zeroed.
 */
int pa_request_read(pa_pool_t *pool, const pa_request_rules_t *rules,
    const pa_str_t *body, pa_request_t *request, pa_problem_t *problem);

/*
 * Write the body for the vendor.  token is the secret as the inside of a JSON
 * string (pa_buf_json_chars()).  It is copied only to dst, which must have
 * room for the length that the function returns.  They return the end of what
 * was written.  The head is without the parts, for a caller that chains the
 * parts after it instead of copying them.
 */
size_t pa_request_length(const pa_request_t *request, const pa_str_t *token);
uint8_t *pa_request_write(const pa_request_t *request, const pa_str_t *token,
    uint8_t *dst);

size_t pa_request_head_length(const pa_str_t *token);
uint8_t *pa_request_write_head(const pa_str_t *token, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_REQUEST_H_INCLUDED_ */
