
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Judges a reply of the vendor: turns its HTTP status and what was read in its
 * body into an outcome.
 */


#ifndef _PA_VERDICT_H_INCLUDED_
#define _PA_VERDICT_H_INCLUDED_


#include "problem.h"
#include "redact.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_endpoint_e        endpoint;
    const unsigned      *disabled_status;     /* HTTP */
    size_t               ndisabled_status;
    const pa_str_t      *disabled_message;    /* parts, in any case */
    size_t               ndisabled_message;
    pa_str_t             path;                /* where requests are sent */

    /* the secrets in scope, including those not sent; or NULL */

    const pa_redact_t   *redact[PA_TOKEN_COUNT];
} pa_reply_rules_t;


typedef struct {
    unsigned             status;              /* HTTP */
    const uint8_t       *body;
    size_t               len;
    unsigned             compressed:1;
    unsigned             too_large:1;
    unsigned             cut_short:1;
    unsigned             unended:1;           /* its end is that of its JSON */
} pa_raw_reply_t;


/* what was read in the body; zeroed if it could not be read */

typedef struct {
    int64_t              api_status;
    pa_str_t             message;             /* redacted */
    unsigned             is_json:1;
    unsigned             is_object:1;
    unsigned             has_status:1;        /* of any type */
    unsigned             has_api_status:1;    /* one that can be read */
    unsigned             is_word:1;           /* as of device-status */
} pa_reply_facts_t;


/* 0: a redirect, or an incomplete or encoded body, which is not read */
int pa_verdict_needs_body(const pa_raw_reply_t *raw);

/*
 * Judges the reply and sets the problem, which must be zeroed; for a success,
 * only its outcome counts.  PA_ERROR: no memory.
 */
int pa_verdict(pa_redactor_t *redactor, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, const pa_reply_facts_t *facts,
    pa_problem_t *problem);

/* upstream_invalid_response, with a detail that outlives the problem */
void pa_verdict_invalid(pa_problem_t *problem, const char *detail);


PA_HIDDEN_END


#endif /* _PA_VERDICT_H_INCLUDED_ */
