
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only list of all ways in which a request can end: for the constants, the
 * codes, titles and advice of problem documents, the labels of counters, and
 * the values of $pickyassist_outcome.
 *
 * X(NAME, code, HTTP status, effect, retry, title, default detail)
 *
 * ISSUED (for create-api-token) and ACCEPTED (for all others) are not
 * problems.  HTTP_ERROR is an error of nginx itself that has no code here: its
 * problem document has the type "about:blank" and the code http_STATUS.
 *
 * effect: what the vendor did.  NONE: certainly nothing; UNKNOWN: it may have
 * acted, which the document adds to the detail.  retry: NO; LATER: after
 * Retry-After, or with a growing delay; CHECK: find out first what the vendor
 * did.  pa_problem_t has what depends on the case.
 */


#ifndef _PA_OUTCOMES_H_INCLUDED_
#define _PA_OUTCOMES_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


#define PA_OUTCOMES(X)                                                        \
                                                                              \
    X(ISSUED, "issued", 200, NONE, NO,                                        \
      "Tokens issued", "")                                                    \
                                                                              \
    X(ACCEPTED, "accepted", 200, NONE, NO,                                    \
      "Request accepted", "")                                                 \
                                                                              \
    X(TOO_EARLY, "too_early", 425, NONE, LATER,                               \
      "Too early",                                                            \
      "The request came as TLS early data, which anyone could repeat; "       \
      "send it again after the handshake.")                                   \
                                                                              \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", 405, NONE, NO,                \
      "Method not allowed",                                                   \
      "Only POST is allowed.")                                                \
                                                                              \
    X(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415, NONE, NO,        \
      "Unsupported media type",                                               \
      "The request body must be application/json in UTF-8, without a "        \
      "content encoding.")                                                    \
                                                                              \
    X(BODY_TOO_LARGE, "body_too_large", 413, NONE, NO,                        \
      "Request body too large",                                               \
      "The request body is larger than the gateway accepts.")                 \
                                                                              \
    X(MALFORMED_JSON, "malformed_json", 400, NONE, NO,                        \
      "Malformed JSON",                                                       \
      "The request body is not well-formed JSON.")                            \
                                                                              \
    X(INVALID_REQUEST, "invalid_request", 422, NONE, NO,                      \
      "Invalid request",                                                      \
      "The request is not valid; \"errors\" lists what is wrong.")            \
                                                                              \
    X(NOT_ALLOWED, "not_allowed", 403, NONE, NO,                              \
      "Not allowed",                                                          \
      "The gateway's operator does not allow this request.")                  \
                                                                              \
    X(IDEMPOTENCY_KEY_REQUIRED, "idempotency_key_required", 400, NONE, NO,    \
      "Idempotency key required",                                             \
      "The request must have an Idempotency-Key header.")                     \
                                                                              \
    X(IDEMPOTENCY_KEY_INVALID, "idempotency_key_invalid", 400, NONE, NO,      \
      "Invalid idempotency key",                                              \
      "The Idempotency-Key header must occur once, with 1 to 255 "            \
      "characters of visible ASCII.")                                         \
                                                                              \
    X(IDEMPOTENCY_IN_PROGRESS, "idempotency_in_progress", 409,                \
      UNKNOWN, LATER,                                                         \
      "Request in progress",                                                  \
      "The first request with this idempotency key is still under way.")      \
                                                                              \
    X(IDEMPOTENCY_KEY_REUSED, "idempotency_key_reused", 422, NONE, NO,        \
      "Idempotency key reused",                                               \
      "This idempotency key was used for another request.")                   \
                                                                              \
    X(OUTCOME_UNKNOWN, "outcome_unknown", 409, UNKNOWN, CHECK,                \
      "Outcome unknown",                                                      \
      "The answer to the first request with this idempotency key is lost.")   \
                                                                              \
    X(IDEMPOTENCY_STORE_FULL, "idempotency_store_full", 503, NONE, LATER,     \
      "Idempotency store full",                                               \
      "The gateway has no room for another idempotency key; try again "       \
      "later.")                                                               \
                                                                              \
    X(ENDPOINT_DISABLED, "endpoint_disabled", 410, NONE, NO,                  \
      "Endpoint disabled by the vendor",                                      \
      "The vendor disabled this endpoint.")                                   \
                                                                              \
    X(MASTER_TOKEN_REJECTED, "master_token_rejected", 502, NONE, NO,          \
      "Master token rejected",                                                \
      "The vendor rejected the gateway's master token; the gateway's "        \
      "operator must correct it.")                                            \
                                                                              \
    X(TOKEN_REJECTED, "token_rejected", 502, NONE, NO,                        \
      "Token rejected",                                                       \
      "The vendor rejected the gateway's project token; the gateway's "       \
      "operator must correct it.")                                            \
                                                                              \
    X(INSUFFICIENT_BALANCE, "insufficient_balance", 402, NONE, NO,            \
      "Insufficient balance",                                                 \
      "The vendor account has insufficient balance.")                         \
                                                                              \
    X(PLAN_NOT_ACTIVE, "plan_not_active", 403, NONE, NO,                      \
      "API not active for this plan",                                         \
      "The API is not active for the plan of the vendor account.")            \
                                                                              \
    X(PROJECT_NOT_ACTIVE, "project_not_active", 409, NONE, NO,                \
      "Project not active",                                                   \
      "The project is not active.")                                           \
                                                                              \
    X(CHANNEL_NOT_ACTIVE, "channel_not_active", 409, NONE, NO,                \
      "Channel not active",                                                   \
      "The WhatsApp account is not active, or the channel does not "          \
      "belong to the plan.")                                                  \
                                                                              \
    X(SESSION_EXPIRED, "session_expired", 409, NONE, NO,                      \
      "Session expired",                                                      \
      "The 24-hour session with the recipient has expired.")                  \
                                                                              \
    X(UPSTREAM_REJECTED, "upstream_rejected", 422, NONE, NO,                  \
      "Request rejected by the vendor",                                       \
      "The vendor rejected the request.")                                     \
                                                                              \
    X(RATE_LIMITED, "rate_limited", 429, NONE, LATER,                         \
      "Too many requests",                                                    \
      "Too many requests; try again later.")                                  \
                                                                              \
    X(UPSTREAM_UNAVAILABLE, "upstream_unavailable", 503, NONE, LATER,         \
      "Vendor service unavailable",                                           \
      "The vendor's service is unavailable; try again later.")                \
                                                                              \
    X(UPSTREAM_ERROR, "upstream_error", 502, UNKNOWN, CHECK,                  \
      "Vendor error",                                                         \
      "The vendor answered with an error.")                                   \
                                                                              \
    X(UPSTREAM_INVALID_RESPONSE, "upstream_invalid_response", 502,            \
      UNKNOWN, CHECK,                                                         \
      "Invalid response from the vendor",                                     \
      "The vendor's response could not be understood.")                       \
                                                                              \
    X(UPSTREAM_UNREACHABLE, "upstream_unreachable", 502, NONE, LATER,         \
      "Vendor unreachable",                                                   \
      "No secure connection to the vendor could be made; the request was "    \
      "not sent.")                                                            \
                                                                              \
    X(UPSTREAM_TIMEOUT, "upstream_timeout", 504, UNKNOWN, CHECK,              \
      "Vendor timed out",                                                     \
      "The vendor timed out after the request had been sent.")                \
                                                                              \
    X(HTTP_ERROR, "http_error", 0, NONE, NO,                                  \
      "", "The gateway did not process the request.")


#define PA_OUTCOME_ENUM(name, code, http, effect, retry, title, detail)       \
    PA_OUTCOME_##name,

typedef enum {
    PA_OUTCOMES(PA_OUTCOME_ENUM)
    PA_OUTCOME_COUNT
} pa_outcome_e;

#undef PA_OUTCOME_ENUM


/* 0 in a pa_problem_t: as in the table */

typedef enum {
    PA_EFFECT_NONE = 1,
    PA_EFFECT_UNKNOWN
} pa_effect_e;


typedef enum {
    PA_RETRY_NO = 1,
    PA_RETRY_LATER,
    PA_RETRY_CHECK
} pa_retry_e;


typedef struct {
    const char      *code;
    unsigned         status;      /* HTTP */
    pa_effect_e      effect;
    pa_retry_e       retry;
    const char      *title;
    const char      *detail;
} pa_outcome_t;


/* indexed by pa_outcome_e */
extern const pa_outcome_t  pa_outcomes[PA_OUTCOME_COUNT];


#define pa_outcome_is_success(outcome)                                        \
    ((outcome) == PA_OUTCOME_ISSUED || (outcome) == PA_OUTCOME_ACCEPTED)


PA_HIDDEN_END


#endif /* _PA_OUTCOMES_H_INCLUDED_ */
