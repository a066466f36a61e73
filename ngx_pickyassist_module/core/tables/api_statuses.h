
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only list of the vendor's status codes (the member "status" of a reply),
 * for reading replies and for the sandbox.
 *
 * X(code, vendor's message, outcome, whose)
 *
 * CALLER: the status speaks of this caller, project or request alone, so it
 * never means that the endpoint is disabled, whatever the message says.
 * SERVICE: the message decides.
 *
 * MASTER_TOKEN_REJECTED is TOKEN_REJECTED where the endpoint takes the token
 * of a project.
 */


#ifndef _PA_API_STATUSES_H_INCLUDED_
#define _PA_API_STATUSES_H_INCLUDED_


#define PA_API_STATUS_SUCCESS      100
#define PA_API_STATUS_AUTH_FAILED  401
#define PA_API_STATUS_NO_PHONE     404


#define PA_API_STATUSES(X)                                                    \
    X(101, "Service Unavailable",          UPSTREAM_UNAVAILABLE,  SERVICE)    \
    X(401, "Authentication Failed",        MASTER_TOKEN_REJECTED, CALLER)     \
    X(402, "Empty Number List",            UPSTREAM_REJECTED,     CALLER)     \
    X(403, "Insufficient Balance",         INSUFFICIENT_BALANCE,  CALLER)     \
    X(404, "Unable to Communicate with Your Phone",                           \
                                           UPSTREAM_ERROR,        CALLER)     \
    X(405, "API Is Not Active For This Plan",                                 \
                                           PLAN_NOT_ACTIVE,       SERVICE)    \
    X(406, "Invalid Mobile Number",        UPSTREAM_REJECTED,     CALLER)     \
    X(407, "Message cannot be empty",      UPSTREAM_REJECTED,     CALLER)     \
    X(408, "Project is not Active",        PROJECT_NOT_ACTIVE,    CALLER)     \
    X(409, "Invalid User",                 MASTER_TOKEN_REJECTED, CALLER)     \
    X(410, "Invalid Request",              UPSTREAM_REJECTED,     SERVICE)    \
    X(801, "WhatsApp Account Not Active",  CHANNEL_NOT_ACTIVE,    CALLER)     \
    X(802, "24 Hour Session Expired",      SESSION_EXPIRED,       CALLER)     \
    X(804, "Invalid Template ID",          UPSTREAM_REJECTED,     CALLER)     \
    X(817, "No Templates Found",           UPSTREAM_REJECTED,     CALLER)     \
    X(819, "About Is Too Long",            UPSTREAM_REJECTED,     CALLER)     \
    X(820, "Address Is Too Long",          UPSTREAM_REJECTED,     CALLER)     \
    X(821, "Description Is Too Long",      UPSTREAM_REJECTED,     CALLER)     \
    X(822, "Email Is Too Long",            UPSTREAM_REJECTED,     CALLER)


/* other codes from 803 to 899 have the outcome of most of these */
#define PA_API_STATUS_REJECTED_FIRST  803
#define PA_API_STATUS_REJECTED_LAST   899


#endif /* _PA_API_STATUSES_H_INCLUDED_ */
