
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only list of the members of each endpoint's requests: their names, their
 * rules, which are required, and which facts they provide.  The endpoint NAME
 * of tables/endpoints.h has the list PA_MEMBERS_NAME in members.c, and does
 * not compile without it.
 *
 * "token" is in no list: no endpoint accepts it.
 */


#ifndef _PA_MEMBERS_H_INCLUDED_
#define _PA_MEMBERS_H_INCLUDED_


#include "endpoints.h"


PA_HIDDEN_BEGIN


/* the largest id */
#define PA_ID_MAX          999999999999999

/* 2^53 - 1: every JSON implementation reads it exactly (RFC 8259, 6) */
#define PA_PROJECT_ID_MAX  9007199254740991

/* bytes */
#define PA_URL_LEN         2048


typedef enum {
    PA_RULE_ANY = 0,          /* any JSON value */

    PA_RULE_ID,               /* 1 to PA_ID_MAX, a number or its digits */
    PA_RULE_ID_OR_0,
    PA_RULE_FLAG,             /* 0 or 1, a number or a string */
    PA_RULE_TEXT,             /* bound: maximum of characters */
    PA_RULE_URL,              /* "", or http or https */
    PA_RULE_PHONE,            /* 5 to 15 digits, a string or a number */
    PA_RULE_DIGITS,           /* 1 to 20 digits, a string */
    PA_RULE_PIN,              /* six digits, a string */
    PA_RULE_NAME,             /* of a-z, 0-9, _ */
    PA_RULE_COMMAND,          /* one of the rules' commands */

    PA_RULE_LIST,             /* strings or numbers */
    PA_RULE_URLS,             /* bound: maximum of elements */
    PA_RULE_PHONES,           /* likewise, at least one */

    PA_RULE_ROWS,             /* objects; likewise */
    PA_RULE_RECIPIENTS,       /* likewise, bound by the rules */

    PA_RULE_PROJECT_ID,       /* 1 to PA_PROJECT_ID_MAX, a number */
    PA_RULE_IP_WHITELIST      /* of create-api-token */
} pa_rule_e;


typedef enum {
    PA_OPTIONAL = 0,
    PA_REQUIRED,
    PA_REQUIRED_UNLESS,       /* the other member is present */
    PA_REQUIRED_IF_0,         /* the other member is 0 */
    PA_REQUIRED_BY_RULES      /* whitelist_required */
} pa_presence_e;


/* a fact about a request, see request.h */

typedef enum {
    PA_FACT_NONE = 0,
    PA_FACT_PROJECT_ID,
    PA_FACT_APPLICATION,
    PA_FACT_TEMPLATE_ID,
    PA_FACT_COMMAND
} pa_fact_e;


typedef struct pa_members_s  pa_members_t;


typedef struct {
    pa_str_t                 name;
    pa_rule_e                rule;
    size_t                   bound;
    pa_presence_e            presence;
    pa_str_t                 other;
    pa_fact_e                fact;
    const pa_members_t      *rows;
} pa_member_t;


/* the maximum of members in a list: one bit each in a uint64_t */
#define PA_MEMBERS_MAX  64


struct pa_members_s {
    const pa_member_t       *list;
    size_t                   n;
    unsigned                 open:1;      /* unknown ones always pass */
    unsigned                 rewritten:1; /* the body is written anew */
};


/* indexed by pa_endpoint_e */
extern const pa_members_t  pa_members[PA_ENDPOINT_COUNT];


PA_HIDDEN_END


#endif /* _PA_MEMBERS_H_INCLUDED_ */
