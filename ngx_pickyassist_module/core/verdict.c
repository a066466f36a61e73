
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <strings.h>

#include "tables/api_statuses.h"
#include "verdict.h"


#define PA_HTTP_UNAUTHORIZED        401
#define PA_HTTP_FORBIDDEN           403
#define PA_HTTP_TOO_MANY_REQUESTS   429
#define PA_HTTP_UNAVAILABLE         503

#define pa_http_success(status)     ((status) / 100 == 2)
#define pa_http_redirect(status)    ((status) / 100 == 3)
#define pa_http_server_error(status)                                          \
    ((status) / 100 == 5 || (status) == PA_HTTP_FORBIDDEN)

typedef enum {
    PA_STATUS_OF_CALLER,
    PA_STATUS_OF_SERVICE
} pa_status_whose_e;


typedef struct {
    int64_t                  code;
    pa_outcome_e             outcome;
    pa_status_whose_e        whose;
} pa_status_row_t;


typedef struct {
    pa_redactor_t           *redactor;
    const pa_reply_rules_t  *rules;
    const pa_raw_reply_t    *raw;
    const pa_reply_facts_t  *facts;
    pa_problem_t            *problem;
    int                      rc;
} pa_judge_t;


static void pa_judge(pa_judge_t *judge);
static void pa_judge_status(pa_judge_t *judge);
static void pa_judge_http(pa_judge_t *judge);
static void pa_judge_unreadable(pa_judge_t *judge);
static int pa_judge_has_no_status(pa_judge_t *judge);
static void pa_judge_token(pa_judge_t *judge);
static void pa_judge_advise(pa_problem_t *problem, pa_effect_e effect,
    pa_retry_e retry);
static void pa_judge_detail(pa_judge_t *judge, const char *rest);
static const pa_status_row_t *pa_judge_row(int64_t code);
static int pa_judge_disabled(pa_judge_t *judge);
static int pa_judge_message(pa_judge_t *judge);


#define PA_STATUS_ROW(code, message, outcome, whose)                          \
    { code, PA_OUTCOME_##outcome, PA_STATUS_OF_##whose },

static const pa_status_row_t  pa_status_rows[] = {
    PA_API_STATUSES(PA_STATUS_ROW)
    { 0, PA_OUTCOME_UPSTREAM_ERROR, PA_STATUS_OF_SERVICE }
};

#undef PA_STATUS_ROW


int
pa_verdict_needs_body(const pa_raw_reply_t *raw)
{
    return !pa_http_redirect(raw->status)
           && !raw->compressed && !raw->too_large && !raw->cut_short;
}


int
pa_verdict(pa_redactor_t *redactor, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, const pa_reply_facts_t *facts,
    pa_problem_t *problem)
{
    pa_judge_t  judge;

    judge.redactor = redactor;
    judge.rules = rules;
    judge.raw = raw;
    judge.facts = facts;
    judge.problem = problem;
    judge.rc = PA_OK;

    problem->endpoint = rules->endpoint;
    problem->has_api_status = facts->has_api_status;
    problem->api_status = facts->api_status;
    problem->upstream_message = facts->message;

    pa_judge(&judge);

    return judge.rc;
}


static void
pa_judge(pa_judge_t *judge)
{
    pa_problem_t            *problem;
    const pa_reply_facts_t  *facts;

    facts = judge->facts;
    problem = judge->problem;

    if (judge->raw->status == PA_HTTP_TOO_MANY_REQUESTS) {
        problem->outcome = PA_OUTCOME_RATE_LIMITED;

    } else if (facts->has_api_status
               && facts->api_status != PA_API_STATUS_SUCCESS)
    {
        pa_judge_status(judge);

    } else if (!facts->has_api_status && !pa_judge_has_no_status(judge)) {
        pa_judge_http(judge);

    } else if (!pa_http_success(judge->raw->status)) {
        pa_verdict_invalid(problem, "The vendor's response says success, but "
                           "its HTTP status does not.");

    } else if (judge->rules->endpoint == PA_ENDPOINT_CREATE_API_TOKEN) {
        problem->outcome = PA_OUTCOME_ISSUED;

    } else {
        problem->outcome = PA_OUTCOME_ACCEPTED;
    }
}


/* an API status other than that of success */

static void
pa_judge_status(pa_judge_t *judge)
{
    pa_problem_t           *problem;
    const pa_status_row_t  *row;

    problem = judge->problem;
    row = pa_judge_row(judge->facts->api_status);

    if (row->whose == PA_STATUS_OF_SERVICE && pa_judge_message(judge)) {
        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;
        return;
    }

    problem->outcome = row->outcome;

    if (row->outcome == PA_OUTCOME_MASTER_TOKEN_REJECTED) {
        pa_judge_token(judge);
    }

    if (row->code == PA_API_STATUS_NO_PHONE) {
        pa_judge_advise(problem, PA_EFFECT_NONE, PA_RETRY_LATER);
    }

    if (row->code != 0) {
        return;
    }

    /* an unknown API status tells less than the HTTP status may */

    switch (judge->raw->status) {

    case PA_HTTP_UNAUTHORIZED:
        pa_judge_token(judge);
        return;

    case PA_HTTP_FORBIDDEN:
        pa_judge_advise(problem, PA_EFFECT_NONE, PA_RETRY_NO);
        return;

    case PA_HTTP_UNAVAILABLE:
        problem->outcome = PA_OUTCOME_UPSTREAM_UNAVAILABLE;
    }
}


/* a reply without an API status that can be read */

static void
pa_judge_http(pa_judge_t *judge)
{
    unsigned       status;
    pa_problem_t  *problem;

    problem = judge->problem;
    status = judge->raw->status;

    if (judge->raw->cut_short || judge->raw->unended) {
        pa_judge_unreadable(judge);

    } else if (pa_judge_disabled(judge)) {
        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;
        problem->disabled_status = status;
        problem->disabled_path = judge->rules->path;

        judge->rc |= pa_redact(judge->redactor, &problem->disabled_path, 0);

    } else if (judge->facts->has_status && pa_judge_message(judge)) {
        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;

    } else if (status == PA_HTTP_UNAUTHORIZED) {
        pa_judge_token(judge);

    } else if (status == PA_HTTP_UNAVAILABLE) {
        problem->outcome = PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    } else if (pa_http_server_error(status)) {
        problem->outcome = PA_OUTCOME_UPSTREAM_ERROR;
        pa_judge_detail(judge, "");

        if (status == PA_HTTP_FORBIDDEN) {
            pa_judge_advise(problem, PA_EFFECT_NONE, PA_RETRY_NO);
        }

    } else {
        pa_judge_unreadable(judge);
    }
}


static void
pa_judge_unreadable(pa_judge_t *judge)
{
    const char              *detail;
    pa_problem_t            *problem;
    const pa_raw_reply_t    *raw;
    const pa_reply_facts_t  *facts;

    raw = judge->raw;
    facts = judge->facts;
    problem = judge->problem;

    if (raw->cut_short || raw->unended) {
        detail = "The vendor's response was cut short.";

    } else if (pa_http_redirect(raw->status)) {
        detail = "The vendor's response is a redirect, which the gateway never "
                 "follows.";
        pa_judge_advise(problem, PA_EFFECT_NONE, PA_RETRY_NO);

    } else if (raw->too_large) {
        detail = "The vendor's response is larger than the gateway accepts.";

    } else if (raw->compressed) {
        detail = "The vendor's response is compressed, although the gateway "
                 "did not offer that.";

    } else if (!facts->is_json) {
        detail = "The vendor's response is not JSON.";

    } else if (!facts->is_object) {
        detail = "The vendor's response is not a JSON object.";

    } else {
        detail = "The vendor's response has no status.";
    }

    pa_verdict_invalid(problem, detail);

    if (!pa_http_success(raw->status)) {
        pa_judge_detail(judge, detail);
    }
}


/* what two endpoints answer where all others have status 100 */

static int
pa_judge_has_no_status(pa_judge_t *judge)
{
    if (!judge->facts->is_object || !pa_http_success(judge->raw->status)) {
        return 0;
    }

    switch (judge->rules->endpoint) {

    case PA_ENDPOINT_DEVICE_STATUS:
        return judge->facts->is_word && !pa_judge_message(judge);

    case PA_ENDPOINT_DELIVERY_REPORT:
        return !judge->facts->has_status;

    default:
        return 0;
    }
}


static void
pa_judge_token(pa_judge_t *judge)
{
    judge->problem->outcome =
        pa_endpoints[judge->rules->endpoint].token == PA_TOKEN_PROJECT
        ? PA_OUTCOME_TOKEN_REJECTED : PA_OUTCOME_MASTER_TOKEN_REJECTED;
}


void
pa_verdict_invalid(pa_problem_t *problem, const char *detail)
{
    problem->outcome = PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
    problem->detail.data = (const uint8_t *) detail;
    problem->detail.len = strlen(detail);
}


/* where this case differs from others of the same outcome */

static void
pa_judge_advise(pa_problem_t *problem, pa_effect_e effect, pa_retry_e retry)
{
    problem->effect = effect;
    problem->retry = retry;
}


/* the HTTP status, and then the rest, which may be empty */

static void
pa_judge_detail(pa_judge_t *judge, const char *rest)
{
    pa_buf_t  b;

    pa_buf_init(&b, judge->redactor->pool, 160);
    pa_buf_literal(&b, "The vendor answered with HTTP status ");
    pa_buf_int(&b, judge->raw->status);
    pa_buf_literal(&b, ".");
    pa_buf_bytes(&b, " ", *rest != '\0');
    pa_buf_bytes(&b, rest, strlen(rest));

    judge->rc |= pa_buf_text(&b, &judge->problem->detail);
}


/* the last row, with code 0, is for all unknown codes */

static const pa_status_row_t *
pa_judge_row(int64_t code)
{
    const pa_status_row_t  *row;

    static const pa_status_row_t  rejected = {
        PA_API_STATUS_REJECTED_FIRST, PA_OUTCOME_UPSTREAM_REJECTED,
        PA_STATUS_OF_CALLER
    };

    for (row = pa_status_rows; row->code != 0; row++) {
        if (row->code == code) {
            return row;
        }
    }

    return code >= PA_API_STATUS_REJECTED_FIRST
           && code <= PA_API_STATUS_REJECTED_LAST ? &rejected : row;
}


static int
pa_judge_disabled(pa_judge_t *judge)
{
    size_t  i;

    for (i = 0; i < judge->rules->ndisabled_status; i++) {
        if (judge->rules->disabled_status[i] == judge->raw->status) {
            return 1;
        }
    }

    return 0;
}


static int
pa_judge_message(pa_judge_t *judge)
{
    size_t           i, at;
    const pa_str_t  *part, *message;

    message = &judge->facts->message;

    for (i = 0; i < judge->rules->ndisabled_message; i++) {
        part = &judge->rules->disabled_message[i];

        for (at = 0; at + part->len <= message->len; at++) {

            if (strncasecmp((const char *) message->data + at,
                            (const char *) part->data, part->len)
                == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}
