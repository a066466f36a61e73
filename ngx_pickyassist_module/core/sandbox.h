
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The vendor's API, emulated: what its endpoints would answer.
 */


#ifndef _PA_SANDBOX_H_INCLUDED_
#define _PA_SANDBOX_H_INCLUDED_


#include <time.h>

#include "balance.h"
#include "tables/endpoints.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_endpoint_e    endpoint;            /* any but "custom" */
    pa_str_t         tokens[PA_TOKEN_COUNT];    /* in scope; empty: none */
    int64_t          spent;               /* by the calls before, a balance */
    time_t           now;
    unsigned         disabled:1;          /* as pm/ is since 2023-02-01 */
} pa_sandbox_t;


/*
 * The endpoint that the path of a URI ends with.  PA_ERROR: none of the
 * vendor's, which a caller answers with HTTP 404.
 */
int pa_sandbox_endpoint(const pa_str_t *uri, pa_endpoint_e *endpoint);

/*
 * The JSON reply to a request with this body, and what the call costs: the
 * caller adds it to what is spent.  PA_ERROR: no memory, or no random numbers.
 */
int pa_sandbox_reply(pa_pool_t *pool, const pa_sandbox_t *sandbox,
    const pa_str_t *body, pa_str_t *reply, int64_t *cost);


PA_HIDDEN_END


#endif /* _PA_SANDBOX_H_INCLUDED_ */
