
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What a reply of the vendor's means (sections 6, 7, 12 and 18 of the
 * contract): from its HTTP status and what was read in it, to an outcome.
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

    /* the secrets that are in scope, whichever is sent; or NULL */

    const pa_redact_t   *redact[PA_TOKEN_COUNT];
} pa_reply_rules_t;


typedef struct {
    unsigned             status;              /* HTTP */
    const uint8_t       *body;
    size_t               len;
    unsigned             compressed:1;
    unsigned             too_large:1;
    unsigned             cut_short:1;
    unsigned             unended:1;           /* only its JSON tells its end */
} pa_raw_reply_t;


/* what was read in the body; all zero if nothing could be */

typedef struct {
    int64_t              api_status;
    pa_str_t             message;             /* redacted */
    unsigned             is_json:1;
    unsigned             is_object:1;
    unsigned             has_status:1;        /* of any type */
    unsigned             has_api_status:1;    /* one that can be read */
    unsigned             is_word:1;           /* that of device-status */
} pa_reply_facts_t;


/* 0: a redirect, half a body, or one in a coding: it is not looked into */
int pa_verdict_needs_body(const pa_raw_reply_t *raw);

/*
 * Judges, and fills the problem, which was zeroed; for a success its outcome
 * alone counts.  PA_ERROR: no memory.
 */
int pa_verdict(pa_redactor_t *redactor, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, const pa_reply_facts_t *facts,
    pa_problem_t *problem);

/* upstream_invalid_response, with a detail that outlives the problem */
void pa_verdict_invalid(pa_problem_t *problem, const char *detail);


PA_HIDDEN_END


#endif /* _PA_VERDICT_H_INCLUDED_ */
