
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "members.h"


#define PA_LIST(members)                                                      \
    { .list = (members), .n = sizeof(members) / sizeof((members)[0]) }

#define PA_NONE  { .list = NULL }


static const pa_member_t  pa_token_members[] = {
    { .name = pa_string("project_id"), .rule = PA_RULE_PROJECT_ID,
      .presence = PA_REQUIRED, .fact = PA_FACT_PROJECT_ID },
    { .name = pa_string("ip_whitelist"), .rule = PA_RULE_IP_WHITELIST,
      .presence = PA_REQUIRED_BY_RULES }
};


static const pa_member_t  pa_push_row_members[] = {
    { .name = pa_string("number"), .rule = PA_RULE_PHONE,
      .presence = PA_REQUIRED_UNLESS, .other = pa_string("messenger_id") },
    { .name = pa_string("messenger_id"), .rule = PA_RULE_DIGITS },
    { .name = pa_string("message"), .rule = PA_RULE_TEXT, .bound = 4096 },
    { .name = pa_string("media"), .rule = PA_RULE_URL },
    { .name = pa_string("media_code"), .rule = PA_RULE_ANY },
    { .name = pa_string("template_message"), .rule = PA_RULE_LIST },
    { .name = pa_string("template_header"), .rule = PA_RULE_ANY },
    { .name = pa_string("language"), .rule = PA_RULE_TEXT, .bound = 16 },
    { .name = pa_string("reference_number"), .rule = PA_RULE_TEXT,
      .bound = 128 },
    { .name = pa_string("quoted"), .rule = PA_RULE_ANY }
};

static const pa_members_t  pa_push_rows = PA_LIST(pa_push_row_members);

static const pa_member_t  pa_push_members[] = {
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .presence = PA_REQUIRED, .fact = PA_FACT_APPLICATION },
    { .name = pa_string("data"), .rule = PA_RULE_RECIPIENTS,
      .presence = PA_REQUIRED_UNLESS, .other = pa_string("group_id"),
      .rows = &pa_push_rows },
    { .name = pa_string("group_id"), .rule = PA_RULE_TEXT, .bound = 128 },
    { .name = pa_string("globalmessage"), .rule = PA_RULE_TEXT, .bound = 4096 },
    { .name = pa_string("globalmedia"), .rule = PA_RULE_URL },
    { .name = pa_string("globalmedia_code"), .rule = PA_RULE_ANY },
    { .name = pa_string("media_name"), .rule = PA_RULE_TEXT, .bound = 64 },
    { .name = pa_string("priority"), .rule = PA_RULE_FLAG },
    { .name = pa_string("template_id"), .rule = PA_RULE_TEXT, .bound = 64,
      .fact = PA_FACT_TEMPLATE_ID },
    { .name = pa_string("template_globalmessage"), .rule = PA_RULE_LIST },
    { .name = pa_string("template_header"), .rule = PA_RULE_ANY },
    { .name = pa_string("language"), .rule = PA_RULE_TEXT, .bound = 16 },
    { .name = pa_string("interactive_globalbuttons"), .rule = PA_RULE_ANY },
    { .name = pa_string("interactive_type"), .rule = PA_RULE_ANY },
    { .name = pa_string("location"), .rule = PA_RULE_ANY },
    { .name = pa_string("contact"), .rule = PA_RULE_ANY },
    { .name = pa_string("createcontact"), .rule = PA_RULE_FLAG },
    { .name = pa_string("quoted"), .rule = PA_RULE_ANY },
    { .name = pa_string("voice"), .rule = PA_RULE_FLAG },
    { .name = pa_string("sticker"), .rule = PA_RULE_FLAG },
    { .name = pa_string("action"), .rule = PA_RULE_ID_OR_0 },
    { .name = pa_string("type"), .rule = PA_RULE_ID }
};


static const pa_member_t  pa_report_members[] = {
    { .name = pa_string("push_id"), .rule = PA_RULE_ID,
      .presence = PA_REQUIRED }
};


static const pa_member_t  pa_status_members[] = {
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .fact = PA_FACT_APPLICATION }
};


static const pa_member_t  pa_action_members[] = {
    { .name = pa_string("command"), .rule = PA_RULE_COMMAND,
      .presence = PA_REQUIRED, .fact = PA_FACT_COMMAND },
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .fact = PA_FACT_APPLICATION }
};


static const pa_member_t  pa_template_row_members[] = {
    { .name = pa_string("message"), .rule = PA_RULE_TEXT, .bound = 1024,
      .presence = PA_REQUIRED },
    { .name = pa_string("language"), .rule = PA_RULE_TEXT, .bound = 16,
      .presence = PA_REQUIRED },
    { .name = pa_string("header"), .rule = PA_RULE_TEXT, .bound = 60 },
    { .name = pa_string("footer"), .rule = PA_RULE_TEXT, .bound = 60 }
};

static const pa_members_t  pa_template_rows = PA_LIST(pa_template_row_members);

static const pa_member_t  pa_template_members[] = {
    { .name = pa_string("name"), .rule = PA_RULE_NAME,
      .presence = PA_REQUIRED },
    { .name = pa_string("message_type"), .rule = PA_RULE_ID,
      .presence = PA_REQUIRED },
    { .name = pa_string("category"), .rule = PA_RULE_ID,
      .presence = PA_REQUIRED },
    { .name = pa_string("messages"), .rule = PA_RULE_ROWS, .bound = 100,
      .presence = PA_REQUIRED, .rows = &pa_template_rows },
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .fact = PA_FACT_APPLICATION }
};


static const pa_member_t  pa_template_status_members[] = {
    { .name = pa_string("template_id"), .rule = PA_RULE_TEXT, .bound = 64,
      .fact = PA_FACT_TEMPLATE_ID }
};


static const pa_member_t  pa_profile_members[] = {
    { .name = pa_string("about"), .rule = PA_RULE_TEXT, .bound = 139 },
    { .name = pa_string("address"), .rule = PA_RULE_TEXT, .bound = 256 },
    { .name = pa_string("description"), .rule = PA_RULE_TEXT, .bound = 256 },
    { .name = pa_string("email"), .rule = PA_RULE_TEXT, .bound = 250 },
    { .name = pa_string("industry"), .rule = PA_RULE_ID },
    { .name = pa_string("websites"), .rule = PA_RULE_URLS, .bound = 2 },
    { .name = pa_string("profile_pic"), .rule = PA_RULE_URL },
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .fact = PA_FACT_APPLICATION }
};


/* to the vendor, 0 enables and 1 disables */

static const pa_member_t  pa_verification_members[] = {
    { .name = pa_string("action"), .rule = PA_RULE_FLAG,
      .presence = PA_REQUIRED },
    { .name = pa_string("pin"), .rule = PA_RULE_PIN,
      .presence = PA_REQUIRED_IF_0, .other = pa_string("action") },
    { .name = pa_string("application"), .rule = PA_RULE_ID,
      .fact = PA_FACT_APPLICATION }
};


static const pa_member_t  pa_new_group_members[] = {
    { .name = pa_string("group_subject"), .rule = PA_RULE_TEXT, .bound = 100,
      .presence = PA_REQUIRED },
    { .name = pa_string("group_icon"), .rule = PA_RULE_URL }
};


static const pa_member_t  pa_group_members[] = {
    { .name = pa_string("group_id"), .rule = PA_RULE_TEXT, .bound = 128,
      .presence = PA_REQUIRED }
};


static const pa_member_t  pa_group_info_members[] = {
    { .name = pa_string("group_id"), .rule = PA_RULE_TEXT, .bound = 128,
      .presence = PA_REQUIRED },
    { .name = pa_string("group_subject"), .rule = PA_RULE_TEXT, .bound = 100 },
    { .name = pa_string("group_icon"), .rule = PA_RULE_URL }
};


static const pa_member_t  pa_group_number_members[] = {
    { .name = pa_string("group_id"), .rule = PA_RULE_TEXT, .bound = 128,
      .presence = PA_REQUIRED },
    { .name = pa_string("number"), .rule = PA_RULE_PHONES, .bound = 100,
      .presence = PA_REQUIRED },
    { .name = pa_string("type"), .rule = PA_RULE_ID }
};


static const pa_member_t  pa_group_action_members[] = {
    { .name = pa_string("group_id"), .rule = PA_RULE_TEXT, .bound = 128,
      .presence = PA_REQUIRED },
    { .name = pa_string("action"), .rule = PA_RULE_ID,
      .presence = PA_REQUIRED }
};


#define PA_MEMBERS_CREATE_API_TOKEN                                           \
    { .list = pa_token_members,                                               \
      .n = sizeof(pa_token_members) / sizeof(pa_token_members[0]),            \
      .rewritten = 1 }

#define PA_MEMBERS_CREATE_PROJECT         PA_NONE
#define PA_MEMBERS_GET_PROJECTS           PA_NONE
#define PA_MEMBERS_MANAGE_API_TOKEN       PA_NONE
#define PA_MEMBERS_CHANGE_BILLING         PA_NONE
#define PA_MEMBERS_PUSH                   PA_LIST(pa_push_members)
#define PA_MEMBERS_DELIVERY_REPORT        PA_LIST(pa_report_members)
#define PA_MEMBERS_CHECK_BALANCE          PA_NONE
#define PA_MEMBERS_DEVICE_STATUS          PA_LIST(pa_status_members)
#define PA_MEMBERS_DEVICE_ACTION          PA_LIST(pa_action_members)
#define PA_MEMBERS_TEMPLATE_REQUEST       PA_LIST(pa_template_members)
#define PA_MEMBERS_TEMPLATE_STATUS        PA_LIST(pa_template_status_members)
#define PA_MEMBERS_UPDATE_PROFILE         PA_LIST(pa_profile_members)
#define PA_MEMBERS_TWO_STEP_VERIFICATION  PA_LIST(pa_verification_members)
#define PA_MEMBERS_CREATE_WHATSAPP_GROUP  PA_LIST(pa_new_group_members)
#define PA_MEMBERS_GROUP_DETAILS          PA_LIST(pa_group_members)
#define PA_MEMBERS_GENERATE_INVITE_LINK   PA_LIST(pa_group_members)
#define PA_MEMBERS_UPDATE_GROUP_INFO      PA_LIST(pa_group_info_members)
#define PA_MEMBERS_ADD_GROUP_ADMIN        PA_LIST(pa_group_number_members)
#define PA_MEMBERS_REMOVE_GROUP_MEMBERS   PA_LIST(pa_group_number_members)
#define PA_MEMBERS_DELETE_GROUP_ACTION    PA_LIST(pa_group_action_members)
#define PA_MEMBERS_CUSTOM                 { .list = NULL, .open = 1 }


#define PA_MEMBERS_ROW(name, text, path, token)  PA_MEMBERS_##name,

const pa_members_t  pa_members[PA_ENDPOINT_COUNT] = {
    PA_ENDPOINTS(PA_MEMBERS_ROW)
};

#undef PA_MEMBERS_ROW
