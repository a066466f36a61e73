
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The vendor's endpoint, emulated: what create-api-token would answer.
 */


#ifndef _PA_SANDBOX_H_INCLUDED_
#define _PA_SANDBOX_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_str_t         master_token;
    unsigned         disabled:1;          /* as since 2023-02-01 */
} pa_sandbox_t;


/*
 * The JSON reply to a request with this body.  PA_ERROR: no memory, or no
 * random numbers.
 */
int pa_sandbox_reply(pa_pool_t *pool, const pa_sandbox_t *sandbox,
    const pa_str_t *body, pa_str_t *reply);


PA_HIDDEN_END


#endif /* _PA_SANDBOX_H_INCLUDED_ */
