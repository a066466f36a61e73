
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Judges the reply of one of the vendor's endpoints, and normalises a success.
 */


#ifndef _PA_REPLY_H_INCLUDED_
#define _PA_REPLY_H_INCLUDED_


#include "balance.h"
#include "verdict.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_problem_t         problem;             /* see pa_outcome_is_success() */
    pa_str_t             body;                /* of a success, normalised */

    /* of a success, the values in the reply of its endpoint, or 0 */

    size_t               ntokens;             /* create-api-token */
    size_t               accepted;            /* push: rows with a msg_id */
    pa_str_t             push_id;             /* push */
    int64_t              balance;             /* check-balance, in millionths,
                                                 or PA_BALANCE_UNKNOWN */
} pa_reply_t;


/*
 * Reads a reply; project_id is that of the request, for create-api-token.  The
 * result points to memory of the pool, of the body, or of the rules, and never
 * contains a secret: a secret that the vendor sent back is replaced.  Copies
 * of parts of the body that contain a secret are wiped; the body is not.
 * PA_ERROR: no memory.
 */
int pa_reply_read(pa_pool_t *pool, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, int64_t project_id, pa_reply_t *reply);


PA_HIDDEN_END


#endif /* _PA_REPLY_H_INCLUDED_ */
