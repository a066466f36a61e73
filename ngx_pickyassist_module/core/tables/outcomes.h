
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Every way in which a request can end, kept once: the constants, the codes
 * and titles of problem documents, the labels of counters and the values of
 * $pickyassist_outcome all follow this list.
 *
 * X(NAME, code, HTTP status, title, default detail)
 *
 * ISSUED is no problem; HTTP_ERROR is an error of nginx's own that has no
 * code here: its problem document is "about:blank" with the code http_STATUS.
 */


#ifndef _PA_OUTCOMES_H_INCLUDED_
#define _PA_OUTCOMES_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


#define PA_OUTCOMES(X)                                                        \
                                                                              \
    X(ISSUED, "issued", 200, "Tokens issued", "")                             \
                                                                              \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", 405,                          \
      "Method not allowed",                                                   \
      "Only POST creates tokens.")                                            \
                                                                              \
    X(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415,                  \
      "Unsupported media type",                                               \
      "The request body must be application/json in UTF-8, "                  \
      "without a content encoding.")                                          \
                                                                              \
    X(BODY_TOO_LARGE, "body_too_large", 413,                                  \
      "Request body too large",                                               \
      "The request body is larger than the gateway accepts.")                 \
                                                                              \
    X(MALFORMED_JSON, "malformed_json", 400,                                  \
      "Malformed JSON",                                                       \
      "The request body is not well-formed JSON.")                            \
                                                                              \
    X(INVALID_REQUEST, "invalid_request", 422,                                \
      "Invalid token request",                                                \
      "The token request is not valid; \"errors\" lists what is wrong.")      \
                                                                              \
    X(ENDPOINT_DISABLED, "endpoint_disabled", 410,                            \
      "Endpoint disabled by the vendor",                                      \
      "The vendor disabled the Project Management API on 2023-02-01; "        \
      "no tokens can be created.")                                            \
                                                                              \
    X(MASTER_TOKEN_REJECTED, "master_token_rejected", 502,                    \
      "Master token rejected",                                                \
      "The vendor rejected the gateway's master token; "                      \
      "the gateway's operator must correct it.")                              \
                                                                              \
    X(INSUFFICIENT_BALANCE, "insufficient_balance", 402,                      \
      "Insufficient balance",                                                 \
      "The vendor account has insufficient balance.")                         \
                                                                              \
    X(PLAN_NOT_ACTIVE, "plan_not_active", 403,                                \
      "API not active for this plan",                                         \
      "The API is not active for the plan of the vendor account.")            \
                                                                              \
    X(PROJECT_NOT_ACTIVE, "project_not_active", 409,                          \
      "Project not active",                                                   \
      "The project is not active.")                                           \
                                                                              \
    X(UPSTREAM_REJECTED, "upstream_rejected", 422,                            \
      "Request rejected by the vendor",                                       \
      "The vendor rejected the request.")                                     \
                                                                              \
    X(RATE_LIMITED, "rate_limited", 429,                                      \
      "Too many requests",                                                    \
      "Too many requests; try again later.")                                  \
                                                                              \
    X(UPSTREAM_UNAVAILABLE, "upstream_unavailable", 503,                      \
      "Vendor service unavailable",                                           \
      "The vendor's service is unavailable; try again later.")                \
                                                                              \
    X(UPSTREAM_ERROR, "upstream_error", 502,                                  \
      "Vendor error",                                                         \
      "The vendor answered with an error.")                                   \
                                                                              \
    X(UPSTREAM_INVALID_RESPONSE, "upstream_invalid_response", 502,            \
      "Invalid response from the vendor",                                     \
      "The vendor's response could not be understood.")                       \
                                                                              \
    X(UPSTREAM_UNREACHABLE, "upstream_unreachable", 502,                      \
      "Vendor unreachable",                                                   \
      "No secure connection to the vendor could be made; "                    \
      "the request was not sent.")                                            \
                                                                              \
    X(UPSTREAM_TIMEOUT, "upstream_timeout", 504,                              \
      "Vendor timed out",                                                     \
      "The connection to the vendor timed out; the request was not sent.")    \
                                                                              \
    X(HTTP_ERROR, "http_error", 0, "", "")


#define PA_OUTCOME_ENUM(name, code, http, title, detail)  PA_OUTCOME_##name,

typedef enum {
    PA_OUTCOMES(PA_OUTCOME_ENUM)
    PA_OUTCOME_COUNT
} pa_outcome_e;

#undef PA_OUTCOME_ENUM


typedef struct {
    const char      *code;
    unsigned         status;      /* HTTP */
    const char      *title;
    const char      *detail;
} pa_outcome_t;


/* indexed by pa_outcome_e */
extern const pa_outcome_t  pa_outcomes[PA_OUTCOME_COUNT];


PA_HIDDEN_END


#endif /* _PA_OUTCOMES_H_INCLUDED_ */
