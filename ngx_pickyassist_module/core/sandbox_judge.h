
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * For the sandbox: what the vendor would refuse.  Each function returns the
 * API status of the answer: PA_API_STATUS_SUCCESS or an error.
 */


#ifndef _PA_SANDBOX_JUDGE_H_INCLUDED_
#define _PA_SANDBOX_JUDGE_H_INCLUDED_


#include "json/tree.h"
#include "tables/api_statuses.h"


PA_HIDDEN_BEGIN


#define PA_API_STATUS_INVALID_REQUEST  410


/* the vendor's message; NULL: not a status of the vendor */
const char *pa_sandbox_message(int64_t status);

/*
 * Required members: positive integers, which may be written as strings, and
 * strings that are not empty.  The lists end with NULL.
 */
int pa_sandbox_judge_members(const pa_json_t *request, const char *const *ids,
    const char *const *texts);

/* further rules of an endpoint; the members above are present */
int pa_sandbox_judge_create_api_token(const pa_json_t *request);
int pa_sandbox_judge_create_project(const pa_json_t *request);
int pa_sandbox_judge_manage_api_token(const pa_json_t *request);
int pa_sandbox_judge_push(const pa_json_t *request);
int pa_sandbox_judge_device_action(const pa_json_t *request);
int pa_sandbox_judge_template_request(const pa_json_t *request);
int pa_sandbox_judge_template_status(const pa_json_t *request);
int pa_sandbox_judge_update_profile(const pa_json_t *request);
int pa_sandbox_judge_two_step_verification(const pa_json_t *request);
int pa_sandbox_judge_group_members(const pa_json_t *request);


PA_HIDDEN_END


#endif /* _PA_SANDBOX_JUDGE_H_INCLUDED_ */
