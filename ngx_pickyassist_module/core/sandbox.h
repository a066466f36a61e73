
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Emulates the vendor's API: what its endpoints would answer.
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
    int64_t          spent;               /* by earlier calls, see balance.h */
    time_t           now;
    unsigned         disabled:1;          /* as pm/ is since 2023-02-01 */
} pa_sandbox_t;


/*
 * The endpoint at the end of a URI's path.  PA_ERROR: not one of the vendor's;
 * the caller answers with HTTP 404.
 */
int pa_sandbox_endpoint(const pa_str_t *uri, pa_endpoint_e *endpoint);

/*
 * The JSON reply to a request with this body, and the cost of the call, which
 * the caller adds to spent.  PA_ERROR: no memory, or no random numbers.
 */
int pa_sandbox_reply(pa_pool_t *pool, const pa_sandbox_t *sandbox,
    const pa_str_t *body, pa_str_t *reply, int64_t *cost);


PA_HIDDEN_END


#endif /* _PA_SANDBOX_H_INCLUDED_ */
