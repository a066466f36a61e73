
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The problem documents of the gateway (RFC 9457).
 */


#ifndef _PA_PROBLEM_H_INCLUDED_
#define _PA_PROBLEM_H_INCLUDED_


#include "buf.h"
#include "tables/endpoints.h"
#include "tables/outcomes.h"


PA_HIDDEN_BEGIN


#define PA_PROBLEM_MAX_ERRORS  20


/* one error of a request */

typedef struct {
    pa_str_t         pointer;     /* RFC 6901, not yet escaped for JSON */
    const char      *code;
    const char      *detail;
} pa_flaw_t;


/*
 * Members that are zero have the values of the outcome's row in the table.  A
 * detail is a sentence with its full stop, without the statement that the
 * effect is unknown, which is added to it.
 */

typedef struct {
    pa_outcome_e     outcome;
    pa_endpoint_e    endpoint;    /* some words depend on it */
    unsigned         status;      /* HTTP; 0: as in the table */
    pa_effect_e      effect;      /* likewise */
    pa_retry_e       retry;       /* likewise */
    pa_str_t         detail;      /* likewise, if empty */
    unsigned         disabled_status;   /* HTTP status that meant "disabled", */
    pa_str_t         disabled_path;     /* and where it came from; or 0 */
    pa_str_t         request_id;
    const pa_flaw_t *flaws;
    size_t           nflaws;
    int64_t          api_status;  /* the vendor's */
    pa_str_t         upstream_message;
    unsigned         has_api_status:1;
} pa_problem_t;


/* the HTTP status that a response with this problem has */
unsigned pa_problem_status(const pa_problem_t *problem);

/* never 0: what the vendor did, and what to do */
pa_effect_e pa_problem_effect(const pa_problem_t *problem);
pa_retry_e pa_problem_retry(const pa_problem_t *problem);

/* the document, in memory of the pool; PA_ERROR: no memory */
int pa_problem_write(pa_pool_t *pool, const pa_problem_t *problem,
    pa_str_t *text);


PA_HIDDEN_END


#endif /* _PA_PROBLEM_H_INCLUDED_ */
