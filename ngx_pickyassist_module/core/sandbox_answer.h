
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * For the sandbox: the vendor's answer to a request that it accepts, with the
 * members of each endpoint in the order of the vendor's samples.
 */


#ifndef _PA_SANDBOX_ANSWER_H_INCLUDED_
#define _PA_SANDBOX_ANSWER_H_INCLUDED_


#include <time.h>

#include "json/tree.h"
#include "balance.h"


PA_HIDDEN_BEGIN


/* a request that was judged, and its reply; b is inside its object */

typedef struct {
    pa_json_t           *request;
    int64_t              spent;           /* by earlier calls, a balance */
    time_t               now;
    pa_buf_t             b;
    int64_t              cost;
} pa_sandbox_call_t;


/* the members "status" and "message" */
void pa_sandbox_answer_status(pa_buf_t *b, int status, const char *message);

/* all members of a success; PA_ERROR: no random numbers */
int pa_sandbox_answer_plain(pa_sandbox_call_t *call);
int pa_sandbox_answer_create_api_token(pa_sandbox_call_t *call);
int pa_sandbox_answer_create_project(pa_sandbox_call_t *call);
int pa_sandbox_answer_get_projects(pa_sandbox_call_t *call);
int pa_sandbox_answer_push(pa_sandbox_call_t *call);
int pa_sandbox_answer_delivery_report(pa_sandbox_call_t *call);
int pa_sandbox_answer_check_balance(pa_sandbox_call_t *call);
int pa_sandbox_answer_device_status(pa_sandbox_call_t *call);
int pa_sandbox_answer_template_request(pa_sandbox_call_t *call);
int pa_sandbox_answer_template_status(pa_sandbox_call_t *call);
int pa_sandbox_answer_create_whatsapp_group(pa_sandbox_call_t *call);
int pa_sandbox_answer_group_details(pa_sandbox_call_t *call);
int pa_sandbox_answer_generate_invite_link(pa_sandbox_call_t *call);


PA_HIDDEN_END


#endif /* _PA_SANDBOX_ANSWER_H_INCLUDED_ */
