
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only list of the vendor's endpoints: the values of
 * "pickyassist_endpoint", the path after the base of the API, the secret that
 * it needs, the label of its counters.
 *
 * X(NAME, name, path, token)
 *
 * ACCOUNT: the account's master token.  PROJECT: the token of a project.
 * "custom" has no path: the URL of "pickyassist_pass" must have one.
 */


#ifndef _PA_ENDPOINTS_H_INCLUDED_
#define _PA_ENDPOINTS_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


#define PA_ENDPOINTS(X)                                                       \
    X(CREATE_API_TOKEN, "create-api-token", "pm/create-api-token", ACCOUNT)   \
    X(CREATE_PROJECT, "create-project", "pm/create-project", ACCOUNT)         \
    X(GET_PROJECTS, "get-projects", "pm/get-projects", ACCOUNT)               \
    X(MANAGE_API_TOKEN, "manage-api-token", "pm/manage-api-token", ACCOUNT)   \
    X(CHANGE_BILLING, "change-billing", "pm/change-billing", ACCOUNT)         \
    X(PUSH, "push", "push", PROJECT)                                          \
    X(DELIVERY_REPORT, "delivery-report", "delivery-report", PROJECT)         \
    X(CHECK_BALANCE, "check-balance", "check-balance", PROJECT)               \
    X(DEVICE_STATUS, "device-status", "device-status", PROJECT)               \
    X(DEVICE_ACTION, "device-action", "device-action", PROJECT)               \
    X(TEMPLATE_REQUEST, "template-request", "template-request", PROJECT)      \
    X(TEMPLATE_STATUS, "template-status", "template-status", PROJECT)         \
    X(UPDATE_PROFILE, "update-profile", "update-profile", PROJECT)            \
    X(TWO_STEP_VERIFICATION, "two-step-verification",                         \
      "two-step-verification", PROJECT)                                       \
    X(CREATE_WHATSAPP_GROUP, "create-whatsapp-group",                         \
      "create-whatsapp-group", PROJECT)                                       \
    X(GROUP_DETAILS, "group-details", "group-details", PROJECT)               \
    X(GENERATE_INVITE_LINK, "generate-invite-link",                           \
      "generate-invite-link", PROJECT)                                        \
    X(UPDATE_GROUP_INFO, "update-group-info", "update-group-info", PROJECT)   \
    X(ADD_GROUP_ADMIN, "add-group-admin", "add-group-admin", PROJECT)         \
    X(REMOVE_GROUP_MEMBERS, "remove-group-members",                           \
      "remove-group-members", PROJECT)                                        \
    X(DELETE_GROUP_ACTION, "delete-group-action",                             \
      "delete-group-action", PROJECT)                                         \
    X(CUSTOM, "custom", "", PROJECT)


#define PA_ENDPOINT_ENUM(name, text, path, token)  PA_ENDPOINT_##name,

typedef enum {
    PA_ENDPOINTS(PA_ENDPOINT_ENUM)
    PA_ENDPOINT_COUNT
} pa_endpoint_e;

#undef PA_ENDPOINT_ENUM


typedef enum {
    PA_TOKEN_ACCOUNT = 0,
    PA_TOKEN_PROJECT,
    PA_TOKEN_COUNT
} pa_token_e;


typedef struct {
    pa_str_t         name;
    pa_str_t         path;
    pa_token_e       token;
} pa_endpoint_t;


/* indexed by pa_endpoint_e */
extern const pa_endpoint_t  pa_endpoints[PA_ENDPOINT_COUNT];


PA_HIDDEN_END


#endif /* _PA_ENDPOINTS_H_INCLUDED_ */
