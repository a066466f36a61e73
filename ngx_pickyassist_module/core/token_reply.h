
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The vendor's reply: judged, and normalised if tokens were issued.
 */


#ifndef _PA_TOKEN_REPLY_H_INCLUDED_
#define _PA_TOKEN_REPLY_H_INCLUDED_


#include "problem.h"


PA_HIDDEN_BEGIN


typedef struct {
    const unsigned  *disabled_status;     /* HTTP */
    size_t           ndisabled_status;
    const pa_str_t  *disabled_message;    /* parts, in any case */
    size_t           ndisabled_message;
    pa_str_t         secret;              /* the master token, as it is */
} pa_reply_rules_t;


typedef struct {
    unsigned         status;              /* HTTP */
    const uint8_t   *body;
    size_t           len;
    unsigned         compressed:1;
    unsigned         too_large:1;
    unsigned         cut_short:1;
    unsigned         unended:1;           /* only its JSON tells its end */
} pa_raw_reply_t;


typedef struct {
    pa_problem_t     problem;             /* outcome ISSUED: there is none */
    pa_str_t         body;                /* the normalised success reply */
    size_t           ntokens;
} pa_token_reply_t;


/*
 * Reads a reply to a request for project_id.  What reply points to is memory
 * of the pool, or of the body, and never holds the secret: where the vendor
 * sent it back, it is replaced.  PA_ERROR: no memory.
 */
int pa_token_reply_read(pa_pool_t *pool, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, int64_t project_id, pa_token_reply_t *reply);


PA_HIDDEN_END


#endif /* _PA_TOKEN_REPLY_H_INCLUDED_ */
