
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "request_result.h"
#include "unit.h"


static pa_str_t sent(const pa_request_t *request);
static pa_str_t flaws(const pa_problem_t *problem);




pa_str_t
request_result(const pa_request_rules_t *rules, const pa_str_t *body)
{
    int                  rc;
    pa_str_t             copy;
    pa_problem_t         problem;
    pa_request_t   request;

    static const char  place[] =
        "The request body is not well-formed JSON: ";

    memset(&problem, 0, sizeof(pa_problem_t));
    memset(&request, 0xff, sizeof(pa_request_t));

    copy = unit_str(body);
    unit_rubbish_on_stack();

    rc = pa_request_read(&unit_pool, rules, &copy, &request, &problem);

    if (rc != PA_OK) {
        return S("no memory");
    }

    if (body->len != 0 && memcmp(copy.data, body->data, body->len) != 0) {
        return S("the body was changed");
    }

    switch (problem.outcome) {

    case PA_OUTCOME_ISSUED:
        return sent(&request);

    case PA_OUTCOME_INVALID_REQUEST:
        return flaws(&problem);

    case PA_OUTCOME_MALFORMED_JSON:

        if (problem.detail.len < sizeof(place)
            || memcmp(problem.detail.data, place, sizeof(place) - 1) != 0
            || problem.nflaws != 0)
        {
            return problem.detail;
        }

        return unit_sprintf("malformed_json %.*s",
                            (int) (problem.detail.len - sizeof(place)),
                            (char *) problem.detail.data + sizeof(place) - 1);

    default:
        return S("another outcome");
    }
}


static pa_str_t
sent(const pa_request_t *request)
{
    uint8_t   *dst;
    pa_str_t   token, text;

    token = S(UNIT_TOKEN);

    text.len = pa_request_length(request, &token);
    dst = pa_alloc(&unit_pool, text.len);
    text.data = dst;

    if (pa_request_write(request, &token, dst) != dst + text.len) {
        return S("the length is wrong");
    }

    return text;
}


static pa_str_t
flaws(const pa_problem_t *problem)
{
    size_t            i;
    pa_buf_t          b;
    pa_str_t          text;
    const pa_flaw_t  *flaw;

    pa_buf_init(&b, &unit_pool, 1024);
    pa_buf_literal(&b, "invalid_request ");

    for (i = 0; i < problem->nflaws; i++) {
        flaw = &problem->flaws[i];

        pa_buf_bytes(&b, ", ", i ? 2 : 0);
        pa_buf_json_string(&b, &flaw->pointer);
        pa_buf_literal(&b, " ");
        pa_buf_bytes(&b, flaw->code, strlen(flaw->code));
    }

    (void) pa_buf_text(&b, &text);

    return text;
}
