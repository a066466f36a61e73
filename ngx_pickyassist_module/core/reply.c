
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "envelope.h"
#include "reply.h"
#include "reply_text.h"
#include "token_list.h"


#define pa_issues_tokens(rr)                                                  \
    ((rr)->rules->endpoint == PA_ENDPOINT_CREATE_API_TOKEN)


/* members of a reply, as in the table of names */

typedef enum {
    PA_REPLY_STATUS = 0,
    PA_REPLY_MESSAGE,
    PA_REPLY_OF_ALL,              /* what follows is create-api-token's */

    PA_REPLY_PROJECT_ID = PA_REPLY_OF_ALL,
    PA_REPLY_API_TOKEN,
    PA_REPLY_API_TOKENS,
    PA_REPLY_OTHER
} pa_reply_member_e;


typedef struct {
    pa_pool_t               *pool;
    const pa_reply_rules_t  *rules;
    const pa_raw_reply_t    *raw;
    int64_t                  project_id;
    pa_reply_t              *reply;

    pa_redactor_t            redactor;
    pa_json_scan_t           scan;
    pa_token_list_t          tokens;
    pa_envelope_t            envelope;
    pa_json_value_t          values[PA_REPLY_OTHER + 1];
    pa_reply_facts_t         facts;
} pa_reply_reader_t;


static void pa_read_document(pa_reply_reader_t *rr);
static int pa_read_members(pa_reply_reader_t *rr);
static int pa_read_value(pa_reply_reader_t *rr, pa_reply_member_e member);
static int pa_read_status(pa_reply_reader_t *rr);
static int pa_is_word(pa_reply_reader_t *rr, const pa_json_value_t *value);
static int pa_take_facts(pa_reply_reader_t *rr);
static void pa_write_success(pa_reply_reader_t *rr);
static void pa_write_project(pa_reply_reader_t *rr, pa_buf_t *b);


int
pa_reply_read(pa_pool_t *pool, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, int64_t project_id, pa_reply_t *reply)
{
    pa_reply_reader_t  rr;

    memset(&rr, 0, sizeof(pa_reply_reader_t));
    memset(reply, 0, sizeof(pa_reply_t));

    rr.pool = pool;
    rr.rules = rules;
    rr.raw = raw;
    rr.project_id = project_id;
    rr.reply = reply;

    pa_redactor_init(&rr.redactor, pool, rules->redact, PA_TOKEN_COUNT);

    reply->balance = PA_BALANCE_UNKNOWN;

    pa_read_document(&rr);

    if (rr.scan.no_memory
        || pa_verdict(&rr.redactor, rules, raw, &rr.facts, &reply->problem)
           != PA_OK)
    {
        return PA_ERROR;
    }

    if (pa_outcome_is_success(reply->problem.outcome)) {
        pa_write_success(&rr);
    }

    return rr.scan.no_memory ? PA_ERROR : PA_OK;
}


/*
 * Nothing is refused that has no bearing on the meaning: a byte order mark
 * before the document, anything behind it, odd characters in strings.
 */

static void
pa_read_document(pa_reply_reader_t *rr)
{
    pa_str_t               text;
    const pa_raw_reply_t  *raw;

    static const uint8_t  bom[] = { 0xef, 0xbb, 0xbf };

    raw = rr->raw;

    if (!pa_verdict_needs_body(raw)) {
        return;
    }

    text.data = raw->body ? raw->body : (const uint8_t *) "";
    text.len = raw->len;

    if (text.len >= sizeof(bom) && memcmp(text.data, bom, sizeof(bom)) == 0) {
        text.data += sizeof(bom);
        text.len -= sizeof(bom);
    }

    pa_json_scan_init(&rr->scan, rr->pool, &text);
    rr->scan.lenient = 1;

    if (pa_json_scan_type(&rr->scan) != PA_JSON_OBJECT) {
        rr->facts.is_json = (pa_json_scan_skip(&rr->scan) == PA_OK);
        return;
    }

    if (pa_issues_tokens(rr)) {
        pa_token_list_init(&rr->tokens, &rr->scan, &rr->redactor);

    } else {
        pa_envelope_init(&rr->envelope, &rr->scan, &rr->redactor,
                         rr->rules->endpoint);
    }

    if (pa_read_members(rr) != PA_OK || pa_take_facts(rr) != PA_OK) {
        return;
    }

    rr->facts.is_json = 1;
    rr->facts.is_object = 1;
}


static int
pa_read_members(pa_reply_reader_t *rr)
{
    int                rc, first;
    size_t             n, i;
    pa_json_string_t   name;

    static const pa_str_t  names[PA_REPLY_OTHER] = {
        pa_string("status"),
        pa_string("message"),
        pa_string("project_id"),
        pa_string("api_token"),
        pa_string("api_tokens")
    };

    n = pa_issues_tokens(rr) ? PA_REPLY_OTHER : PA_REPLY_OF_ALL;

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(&rr->scan, first, &name);

        if (rc != PA_OK) {
            return rc == PA_DONE ? PA_OK : PA_ERROR;
        }

        i = pa_json_name_index(&name, names, n);

        if (i == n && !pa_issues_tokens(rr)) {
            rc = pa_envelope_member(&rr->envelope, &name);

        } else {
            rc = pa_read_value(rr, (pa_reply_member_e) i);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }
}


/*
 * Of several members of one name the last one counts, of messages the last
 * string; but every token counts.
 */

static int
pa_read_value(pa_reply_reader_t *rr, pa_reply_member_e member)
{
    pa_json_value_t  message;

    switch (member) {

    case PA_REPLY_API_TOKEN:
    case PA_REPLY_API_TOKENS:
        return pa_token_list_read(&rr->tokens);

    case PA_REPLY_STATUS:
        return pa_read_status(rr);

    case PA_REPLY_MESSAGE:

        if (pa_json_read_value(&rr->scan, &message) != PA_OK) {
            return PA_ERROR;
        }

        if (message.type == PA_JSON_STRING) {
            rr->values[PA_REPLY_MESSAGE] = message;
        }

        return PA_OK;

    default:
        return pa_json_read_value(&rr->scan, &rr->values[member]);
    }
}


/* the word that device-status has there stays, under a name of its own */

static int
pa_read_status(pa_reply_reader_t *rr)
{
    pa_json_value_t  *status;

    static const pa_str_t  name = pa_string("device_status");

    status = &rr->values[PA_REPLY_STATUS];

    if (pa_json_read_value(&rr->scan, status) != PA_OK) {
        return PA_ERROR;
    }

    return pa_is_word(rr, status)
           ? pa_envelope_string(&rr->envelope, &name, &status->string)
           : PA_OK;
}


static int
pa_is_word(pa_reply_reader_t *rr, const pa_json_value_t *value)
{
    int64_t  n;

    return rr->rules->endpoint == PA_ENDPOINT_DEVICE_STATUS
           && value->type == PA_JSON_STRING
           && value->string.raw.len != 0
           && pa_json_value_integer(value, &n) != PA_OK;
}


static int
pa_take_facts(pa_reply_reader_t *rr)
{
    int                rc;
    pa_json_value_t   *status;
    pa_reply_facts_t  *facts;

    facts = &rr->facts;
    status = &rr->values[PA_REPLY_STATUS];

    if (!pa_issues_tokens(rr) && rr->envelope.text.data == NULL) {
        rr->scan.no_memory = 1;
        return PA_ERROR;
    }

    facts->has_status = (status->type != PA_JSON_ERROR);
    facts->is_word = (pa_is_word(rr, status) != 0);

    rc = pa_reply_integer(&rr->scan, &rr->redactor, status,
                          &facts->api_status);

    if (rc == PA_ERROR) {
        return PA_ERROR;
    }

    facts->has_api_status = (rc == PA_OK);

    rc = pa_reply_string(&rr->scan, &rr->redactor,
                         &rr->values[PA_REPLY_MESSAGE], &facts->message);

    return rc == PA_ERROR ? PA_ERROR : PA_OK;
}


/* the part that is known only now is put before what was written meanwhile */

static void
pa_write_success(pa_reply_reader_t *rr)
{
    pa_buf_t     b, *text;
    pa_str_t     head;
    pa_reply_t  *reply;

    reply = rr->reply;
    text = pa_issues_tokens(rr) ? &rr->tokens.text : &rr->envelope.text;

    if (pa_issues_tokens(rr) && rr->tokens.n == 0) {
        pa_verdict_invalid(&reply->problem, "The vendor's response says "
                           "success, but no token can be read from it.");
        return;
    }

    pa_buf_init(&b, rr->pool, rr->facts.message.len + 96);

    pa_buf_literal(&b, "{\"status\":100,\"message\":\"");

    if (rr->values[PA_REPLY_MESSAGE].type == PA_JSON_STRING) {
        pa_reply_write(&b, &rr->values[PA_REPLY_MESSAGE], &rr->facts.message);

    } else {
        pa_buf_literal(&b, "Success");
    }

    pa_buf_literal(&b, "\"");

    if (pa_issues_tokens(rr)) {
        pa_write_project(rr, &b);
        pa_buf_literal(text, "]");
    }

    pa_buf_literal(text, "}");

    if (pa_buf_text(&b, &head) == PA_OK) {
        pa_buf_prepend(text, &head);

    } else {
        rr->scan.no_memory = 1;
    }

    if (pa_buf_text(text, &reply->body) != PA_OK) {
        rr->scan.no_memory = 1;
    }

    reply->ntokens = rr->tokens.n;
    reply->accepted = rr->envelope.accepted;
    reply->push_id = rr->envelope.push_id;

    if (!pa_issues_tokens(rr)) {
        reply->balance = rr->envelope.balance;
    }
}


static void
pa_write_project(pa_reply_reader_t *rr, pa_buf_t *b)
{
    int64_t  project_id;

    project_id = rr->project_id;

    (void) pa_reply_integer(&rr->scan, &rr->redactor,
                            &rr->values[PA_REPLY_PROJECT_ID], &project_id);

    pa_buf_literal(b, ",\"project_id\":");
    pa_buf_int(b, project_id);
    pa_buf_literal(b, ",\"api_token\":[");
}
