
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A client's request: read and judged by the members that its endpoint has,
 * then written as the vendor wants it, around the token.
 *
 * What an endpoint's requests look like is data (tables/members.h); this file
 * walks over the document and its rows, member.h and ip_list.h read values.
 */


#ifndef _PA_REQUEST_H_INCLUDED_
#define _PA_REQUEST_H_INCLUDED_


#include "reader.h"


PA_HIDDEN_BEGIN


/* as many pieces as a request is sent in behind its token */
#define PA_REQUEST_MAX_PARTS  64


/*
 * What a request tells, as far as its endpoint has such members and they are
 * there: the values that are judged, which are those that are sent, with the
 * escapes of strings replaced by what they stand for.
 *
 * The parts are what is sent behind {"token":"...".  For create-api-token it
 * is written anew, and followed by members that are unknown and may pass; for
 * all other endpoints it is the client's members byte for byte, without its
 * own token and the white space between them.  The parts, and the texts, may
 * lie in the body.
 */

typedef struct {
    int64_t          project_id;          /* of create-api-token; 0: none */
    size_t           nips;                /* of its whitelist */

    pa_str_t         application;         /* its digits, however written */
    pa_str_t         template_id;
    pa_str_t         command;
    size_t           recipients;          /* rows of "data" */

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
 * body is not changed, and has to live as long as the request does.  A request
 * without a body is read as "{}".  problem must be zeroed.
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
