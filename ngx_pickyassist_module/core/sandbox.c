
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "sandbox.h"
#include "sandbox_answer.h"
#include "sandbox_judge.h"


typedef struct {

    /* members that have to be there, for pa_sandbox_judge_members() */
    const char      *ids[3];
    const char      *texts[3];

    /* what else is asked for; NULL: nothing */
    int            (*judge)(const pa_json_t *request);

    int            (*answer)(pa_sandbox_call_t *call);
} pa_sandbox_endpoint_t;


static int pa_sandbox_judge(const pa_sandbox_t *sandbox,
    const pa_json_t *request);
static int pa_sandbox_knows_token(const pa_sandbox_t *sandbox,
    const pa_json_t *value);
static const char *pa_sandbox_disabled(const pa_sandbox_t *sandbox);


static const pa_sandbox_endpoint_t  pa_sandbox_endpoints[PA_ENDPOINT_COUNT] = {

    [PA_ENDPOINT_CREATE_API_TOKEN] = {
        { "project_id" }, { NULL },
        pa_sandbox_judge_create_api_token,
        pa_sandbox_answer_create_api_token
    },

    [PA_ENDPOINT_CREATE_PROJECT] = {
        { NULL }, { "project_name" },
        pa_sandbox_judge_create_project,
        pa_sandbox_answer_create_project
    },

    [PA_ENDPOINT_GET_PROJECTS] = {
        { NULL }, { NULL },
        NULL,
        pa_sandbox_answer_get_projects
    },

    [PA_ENDPOINT_MANAGE_API_TOKEN] = {
        { "project_id", "action" }, { "api_token" },
        pa_sandbox_judge_manage_api_token,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_CHANGE_BILLING] = {
        { "project_id", "plan_id" }, { NULL },
        NULL,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_PUSH] = {
        { "application" }, { NULL },
        pa_sandbox_judge_push,
        pa_sandbox_answer_push
    },

    [PA_ENDPOINT_DELIVERY_REPORT] = {
        { "push_id" }, { NULL },
        NULL,
        pa_sandbox_answer_delivery_report
    },

    [PA_ENDPOINT_CHECK_BALANCE] = {
        { NULL }, { NULL },
        NULL,
        pa_sandbox_answer_check_balance
    },

    [PA_ENDPOINT_DEVICE_STATUS] = {
        { NULL }, { NULL },
        NULL,
        pa_sandbox_answer_device_status
    },

    [PA_ENDPOINT_DEVICE_ACTION] = {
        { NULL }, { "command" },
        pa_sandbox_judge_device_action,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_TEMPLATE_REQUEST] = {
        { "message_type", "category" }, { "name" },
        pa_sandbox_judge_template_request,
        pa_sandbox_answer_template_request
    },

    [PA_ENDPOINT_TEMPLATE_STATUS] = {
        { NULL }, { NULL },
        pa_sandbox_judge_template_status,
        pa_sandbox_answer_template_status
    },

    [PA_ENDPOINT_UPDATE_PROFILE] = {
        { NULL }, { NULL },
        pa_sandbox_judge_update_profile,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_TWO_STEP_VERIFICATION] = {
        { NULL }, { NULL },
        pa_sandbox_judge_two_step_verification,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_CREATE_WHATSAPP_GROUP] = {
        { NULL }, { "group_subject" },
        NULL,
        pa_sandbox_answer_create_whatsapp_group
    },

    [PA_ENDPOINT_GROUP_DETAILS] = {
        { NULL }, { "group_id" },
        NULL,
        pa_sandbox_answer_group_details
    },

    [PA_ENDPOINT_GENERATE_INVITE_LINK] = {
        { NULL }, { "group_id" },
        NULL,
        pa_sandbox_answer_generate_invite_link
    },

    [PA_ENDPOINT_UPDATE_GROUP_INFO] = {
        { NULL }, { "group_id" },
        NULL,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_ADD_GROUP_ADMIN] = {
        { NULL }, { "group_id" },
        pa_sandbox_judge_group_members,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_REMOVE_GROUP_MEMBERS] = {
        { NULL }, { "group_id" },
        pa_sandbox_judge_group_members,
        pa_sandbox_answer_plain
    },

    [PA_ENDPOINT_DELETE_GROUP_ACTION] = {
        { "action" }, { "group_id" },
        NULL,
        pa_sandbox_answer_plain
    }
};


/* the last segment of the path, with "pm/" if that precedes it */

int
pa_sandbox_endpoint(const pa_str_t *uri, pa_endpoint_e *endpoint)
{
    size_t    i;
    pa_str_t  path;

    static const char  projects[] = "/pm/";

    for (i = uri->len; i > 0 && uri->data[i - 1] != '/'; i--) { /* void */ }

    if (i == 0 || i == uri->len) {
        return PA_ERROR;
    }

    if (i >= sizeof(projects) - 1
        && memcmp(uri->data + i - (sizeof(projects) - 1), projects,
                  sizeof(projects) - 1) == 0)
    {
        i -= sizeof("pm/") - 1;
    }

    path.data = uri->data + i;
    path.len = uri->len - i;

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        if (pa_str_equal(&path, &pa_endpoints[i].path)) {
            *endpoint = (pa_endpoint_e) i;
            return PA_OK;
        }
    }

    return PA_ERROR;
}


int
pa_sandbox_reply(pa_pool_t *pool, const pa_sandbox_t *sandbox,
    const pa_str_t *body, pa_str_t *reply, int64_t *cost)
{
    int                rc, status;
    pa_sandbox_call_t  call;

    call.request = pa_json_read(body);
    call.spent = sandbox->spent;
    call.now = sandbox->now;
    call.cost = 0;

    status = pa_sandbox_judge(sandbox, call.request);

    pa_buf_init(&call.b, pool, 256);
    pa_buf_literal(&call.b, "{");

    if (status == PA_API_STATUS_SUCCESS) {
        rc = pa_sandbox_endpoints[sandbox->endpoint].answer(&call);

    } else {
        rc = PA_OK;
        pa_sandbox_answer_status(&call.b, status,
                                 sandbox->disabled
                                 ? pa_sandbox_disabled(sandbox)
                                 : pa_sandbox_message(status));
    }

    pa_buf_literal(&call.b, "}");

    pa_json_free(call.request);

    if (rc != PA_OK) {
        return PA_ERROR;
    }

    *cost = call.cost;

    return pa_buf_text(&call.b, reply);
}


/* the API status of the answer */

static int
pa_sandbox_judge(const pa_sandbox_t *sandbox, const pa_json_t *request)
{
    int                           status;
    const pa_sandbox_endpoint_t  *endpoint;

    endpoint = &pa_sandbox_endpoints[sandbox->endpoint];

    if (sandbox->disabled) {
        return PA_API_STATUS_INVALID_REQUEST;
    }

    if (!pa_sandbox_knows_token(sandbox, pa_json_member(request, "token"))) {
        return PA_API_STATUS_AUTH_FAILED;
    }

    status = pa_sandbox_judge_members(request, endpoint->ids, endpoint->texts);

    if (status == PA_API_STATUS_SUCCESS && endpoint->judge != NULL) {
        status = endpoint->judge(request);
    }

    return status;
}


/* neither token opens what the other does, and none that is empty anything */

static int
pa_sandbox_knows_token(const pa_sandbox_t *sandbox, const pa_json_t *value)
{
    pa_str_t         token;
    const pa_str_t  *known;

    known = &sandbox->tokens[pa_endpoints[sandbox->endpoint].token];

    return known->len != 0
           && pa_json_string(value, &token) == PA_OK
           && pa_str_equal(&token, known);
}


static const char *
pa_sandbox_disabled(const pa_sandbox_t *sandbox)
{
    return pa_endpoints[sandbox->endpoint].token == PA_TOKEN_ACCOUNT
           ? "Project Management API is disabled since 1 February 2023"
           : "This API is disabled";
}
