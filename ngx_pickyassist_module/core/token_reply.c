
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <strings.h>

#include "tables/api_statuses.h"
#include "json/value.h"
#include "token_reply.h"


/* backslashes before one character, where JSON is quoted within JSON */
#define PA_MAX_BACKSLASHES          7

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


/* members of a reply, as they stand in the table of their names */

typedef enum {
    PA_REPLY_STATUS = 0,
    PA_REPLY_MESSAGE,
    PA_REPLY_PROJECT_ID,
    PA_REPLY_API_TOKEN,
    PA_REPLY_API_TOKENS,
    PA_REPLY_OTHER
} pa_reply_member_e;


/* likewise those of an element of the list of tokens */

typedef enum {
    PA_TOKEN_TOKEN = 0,
    PA_TOKEN_IP,
    PA_TOKEN_OTHER
} pa_token_member_e;


typedef struct {
    pa_pool_t               *pool;
    const pa_reply_rules_t  *rules;
    const pa_raw_reply_t    *raw;
    int64_t                  project_id;
    pa_token_reply_t        *reply;

    pa_json_scan_t           scan;
    pa_buf_t                 tokens;      /* for the client, with commas */
    size_t                   ntokens;
    pa_json_value_t          values[PA_REPLY_OTHER + 1];
    pa_str_t                 message;     /* redacted */
    unsigned                 is_json:1;
    unsigned                 is_object:1;
    unsigned                 odd_status:1;      /* one that cannot be read */
    unsigned                 no_memory:1;
} pa_reply_reader_t;


static void pa_read_document(pa_reply_reader_t *rr);
static int pa_read_members(pa_reply_reader_t *rr);
static int pa_read_token_list(pa_reply_reader_t *rr);
static int pa_read_token_object(pa_reply_reader_t *rr);
static int pa_read_element(pa_reply_reader_t *rr);
static void pa_write_element(pa_reply_reader_t *rr,
    const pa_json_value_t *values);
static size_t pa_token_member(const pa_str_t *name);
static int pa_is_index(const pa_str_t *name);
static void pa_write_text(pa_buf_t *b, const pa_json_value_t *value,
    const pa_str_t *text);
static void pa_judge(pa_reply_reader_t *rr);
static void pa_judge_http(pa_reply_reader_t *rr);
static void pa_judge_unreadable(pa_reply_reader_t *rr);
static void pa_invalid(pa_reply_reader_t *rr, const char *detail);
static void pa_advise(pa_problem_t *problem, pa_effect_e effect,
    pa_retry_e retry);
static void pa_http_detail(pa_reply_reader_t *rr);
static const pa_status_row_t *pa_status_row(int64_t code);
static int pa_status_is_disabled(pa_reply_reader_t *rr);
static int pa_message_is_disabled(pa_reply_reader_t *rr);

static void pa_write_tokens(pa_reply_reader_t *rr);
static int pa_take_token(pa_reply_reader_t *rr, const pa_json_value_t *value,
    pa_str_t *token);
static int pa_take_string(pa_reply_reader_t *rr, const pa_json_value_t *value,
    pa_str_t *text);
static int pa_take_integer(pa_reply_reader_t *rr,
    const pa_json_value_t *value, int64_t *n);
static int pa_shows_secret(pa_reply_reader_t *rr,
    const pa_json_value_t *value);
static void pa_redact(pa_reply_reader_t *rr, pa_str_t *text, int copy);
static void pa_redact_secret(pa_reply_reader_t *rr, pa_str_t *text, int copy);
static const uint8_t *pa_find_secret(const uint8_t *p, const uint8_t *last,
    const pa_str_t *secret, size_t *len);
static size_t pa_secret_len(const uint8_t *p, const uint8_t *last,
    const pa_str_t *secret);
static const uint8_t *pa_skip_spelling(const uint8_t *p, const uint8_t *last,
    uint8_t c);


#define PA_STATUS_ROW(code, message, outcome, whose)                          \
    { code, PA_OUTCOME_##outcome, PA_STATUS_OF_##whose },

static const pa_status_row_t  pa_status_rows[] = {
    PA_API_STATUSES(PA_STATUS_ROW)
    { 0, PA_OUTCOME_UPSTREAM_ERROR, PA_STATUS_OF_SERVICE }
};

#undef PA_STATUS_ROW


static const pa_str_t  pa_token_members[PA_TOKEN_OTHER] = {
    pa_string("token"),
    pa_string("ip")
};


int
pa_token_reply_read(pa_pool_t *pool, const pa_reply_rules_t *rules,
    const pa_raw_reply_t *raw, int64_t project_id, pa_token_reply_t *reply)
{
    pa_reply_reader_t  rr;

    memset(&rr, 0, sizeof(pa_reply_reader_t));
    memset(reply, 0, sizeof(pa_token_reply_t));

    rr.pool = pool;
    rr.rules = rules;
    rr.raw = raw;
    rr.project_id = project_id;
    rr.reply = reply;

    pa_read_document(&rr);
    pa_judge(&rr);

    if (reply->problem.outcome == PA_OUTCOME_ISSUED) {
        pa_write_tokens(&rr);

    } else {
        reply->problem.upstream_message = rr.message;
    }

    return rr.no_memory || rr.scan.no_memory ? PA_ERROR : PA_OK;
}


/*
 * A redirect, a compressed body and half a body are not looked into.  Of the
 * rest nothing is refused that has no bearing on the meaning: a byte order
 * mark before the document, anything behind it, odd characters in strings.
 */

static void
pa_read_document(pa_reply_reader_t *rr)
{
    pa_str_t               text;
    pa_problem_t          *problem;
    pa_json_value_t       *status;
    const pa_raw_reply_t  *raw;

    static const uint8_t  bom[] = { 0xef, 0xbb, 0xbf };

    raw = rr->raw;

    if (pa_http_redirect(raw->status)
        || raw->compressed || raw->too_large || raw->cut_short)
    {
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
        rr->is_json = (pa_json_scan_skip(&rr->scan) == PA_OK);
        return;
    }

    if (pa_read_members(rr) != PA_OK) {
        return;
    }

    rr->is_json = 1;
    rr->is_object = 1;

    problem = &rr->reply->problem;
    status = &rr->values[PA_REPLY_STATUS];

    problem->has_api_status = (pa_take_integer(rr, status,
                                               &problem->api_status)
                               == PA_OK);
    rr->odd_status = (status->type != PA_JSON_ERROR
                      && !problem->has_api_status);

    (void) pa_take_string(rr, &rr->values[PA_REPLY_MESSAGE], &rr->message);
}


/* of several members of one name the last one counts, but every token does */

static int
pa_read_members(pa_reply_reader_t *rr)
{
    int     rc, first;
    size_t  i;

    static const pa_str_t  names[PA_REPLY_OTHER] = {
        pa_string("status"),
        pa_string("message"),
        pa_string("project_id"),
        pa_string("api_token"),
        pa_string("api_tokens")
    };

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_next_member(&rr->scan, first, names, PA_REPLY_OTHER, &i);

        if (rc != PA_OK) {
            return rc == PA_DONE ? PA_OK : PA_ERROR;
        }

        if (i == PA_REPLY_API_TOKEN || i == PA_REPLY_API_TOKENS) {
            rc = pa_read_token_list(rr);

        } else {
            rc = pa_json_read_value(&rr->scan, &rr->values[i]);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }
}


/*
 * Written as it is read, whatever the status, which may come later: to find
 * the tokens again would take a second walk over what most of a reply is.
 */

static int
pa_read_token_list(pa_reply_reader_t *rr)
{
    int              rc, first;
    pa_json_scan_t  *s;

    s = &rr->scan;

    if (rr->tokens.pool == NULL) {

        /* what the client gets is about as long as what the vendor sent */

        pa_buf_init(&rr->tokens, rr->pool, (size_t) (s->last - s->start));
    }

    switch (pa_json_scan_type(s)) {

    case PA_JSON_ARRAY:
        break;

    case PA_JSON_OBJECT:
        return pa_read_token_object(rr);

    default:
        return pa_read_element(rr);
    }

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_array_next(s, first);

        if (rc != PA_OK) {
            return rc == PA_DONE ? PA_OK : PA_ERROR;
        }

        if (pa_read_element(rr) != PA_OK) {
            return PA_ERROR;
        }
    }
}


/*
 * A token alone, or what PHP makes of a list with gaps: {"0":...,"2":...}.  If
 * it has a token of its own, that is what it is, and what else is in it is
 * none.
 */

static int
pa_read_token_object(pa_reply_reader_t *rr)
{
    int                rc, first;
    size_t             start, ntokens;
    pa_str_t           name;
    pa_json_value_t   *value, values[PA_TOKEN_OTHER + 1];
    pa_json_string_t   string;

    start = rr->tokens.len;
    ntokens = rr->ntokens;

    memset(values, 0, sizeof(values));

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(&rr->scan, first, &string);

        if (rc == PA_DONE) {
            break;
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }

        if (pa_json_string_decode(rr->pool, &string, &name) != PA_OK) {
            rr->no_memory = 1;
            return PA_ERROR;
        }

        value = &values[pa_token_member(&name)];
        value->type = pa_json_scan_type(&rr->scan);

        if (value->type == PA_JSON_OBJECT || pa_is_index(&name)) {
            rc = pa_read_element(rr);

        } else {
            rc = pa_json_read_value(&rr->scan, value);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    if (pa_take_token(rr, &values[PA_TOKEN_TOKEN], &name) == PA_OK) {
        rr->tokens.len = start;
        rr->ntokens = ntokens;

        pa_write_element(rr, values);
    }

    return PA_OK;
}


/* an element that holds no token is passed over */

static int
pa_read_element(pa_reply_reader_t *rr)
{
    int               rc;
    pa_json_value_t   values[PA_TOKEN_OTHER];

    if (pa_json_scan_type(&rr->scan) == PA_JSON_OBJECT) {
        rc = pa_json_find(&rr->scan, pa_token_members, values, PA_TOKEN_OTHER);

    } else {
        rc = pa_json_read_value(&rr->scan, &values[PA_TOKEN_TOKEN]);
        values[PA_TOKEN_IP].type = PA_JSON_ERROR;
    }

    if (rc == PA_OK) {
        pa_write_element(rr, values);
    }

    return rc;
}


static void
pa_write_element(pa_reply_reader_t *rr, const pa_json_value_t *values)
{
    pa_buf_t               *b;
    pa_str_t                token, ip;
    const pa_json_value_t  *value;

    value = &values[PA_TOKEN_TOKEN];

    if (pa_take_token(rr, value, &token) != PA_OK) {
        return;
    }

    b = &rr->tokens;

    pa_buf_bytes(b, ",", rr->ntokens != 0);

    if (pa_take_string(rr, &values[PA_TOKEN_IP], &ip) == PA_OK) {
        pa_buf_literal(b, "{\"ip\":\"");
        pa_write_text(b, &values[PA_TOKEN_IP], &ip);
        pa_buf_literal(b, "\",\"token\":\"");

    } else {
        pa_buf_literal(b, "{\"ip\":null,\"token\":\"");
    }

    pa_write_text(b, value, &token);
    pa_buf_literal(b, "\"}");

    rr->ntokens++;
}


static size_t
pa_token_member(const pa_str_t *name)
{
    size_t  i;

    for (i = 0; i < PA_TOKEN_OTHER; i++) {
        if (pa_str_equal(name, &pa_token_members[i])) {
            break;
        }
    }

    return i;
}


static int
pa_is_index(const pa_str_t *name)
{
    size_t  i;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] < '0' || name->data[i] > '9') {
            return 0;
        }
    }

    return name->len != 0;
}


/*
 * The text of a value, as JSON: what needed no escapes before needs none now,
 * nor do the characters that stand for odd ones.
 */

static void
pa_write_text(pa_buf_t *b, const pa_json_value_t *value, const pa_str_t *text)
{
    if (value->type == PA_JSON_STRING && value->string.escaped) {
        pa_buf_json_chars(b, text->data, text->len);
        return;
    }

    pa_buf_bytes(b, text->data, text->len);
}


static void
pa_judge(pa_reply_reader_t *rr)
{
    pa_problem_t           *problem;
    const pa_status_row_t  *row;

    problem = &rr->reply->problem;

    if (rr->raw->status == PA_HTTP_TOO_MANY_REQUESTS) {
        problem->outcome = PA_OUTCOME_RATE_LIMITED;
        return;
    }

    if (!problem->has_api_status) {
        pa_judge_http(rr);
        return;
    }

    if (problem->api_status == PA_API_STATUS_SUCCESS) {

        if (!pa_http_success(rr->raw->status)) {
            pa_invalid(rr, "The vendor's response says success, and its HTTP "
                           "status does not.");
            return;
        }

        problem->outcome = PA_OUTCOME_ISSUED;
        return;
    }

    row = pa_status_row(problem->api_status);

    if (row->whose == PA_STATUS_OF_SERVICE && pa_message_is_disabled(rr)) {
        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;
        return;
    }

    problem->outcome = row->outcome;

    if (row->code == PA_API_STATUS_NO_PHONE) {
        pa_advise(problem, PA_EFFECT_NONE, PA_RETRY_LATER);
    }

    if (row->code != 0) {
        return;
    }

    /* an unknown API status tells less than the HTTP status may */

    if (rr->raw->status == PA_HTTP_UNAUTHORIZED) {
        problem->outcome = PA_OUTCOME_MASTER_TOKEN_REJECTED;

    } else if (rr->raw->status == PA_HTTP_UNAVAILABLE) {
        problem->outcome = PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    } else if (rr->raw->status == PA_HTTP_FORBIDDEN) {
        pa_advise(problem, PA_EFFECT_NONE, PA_RETRY_NO);
    }
}


/* a reply without an API status that can be read */

static void
pa_judge_http(pa_reply_reader_t *rr)
{
    pa_problem_t  *problem;

    problem = &rr->reply->problem;

    if (rr->raw->cut_short || rr->raw->unended) {
        pa_judge_unreadable(rr);

    } else if (pa_status_is_disabled(rr)
               || (rr->odd_status && pa_message_is_disabled(rr)))
    {
        problem->outcome = PA_OUTCOME_ENDPOINT_DISABLED;

    } else if (rr->raw->status == PA_HTTP_UNAUTHORIZED) {
        problem->outcome = PA_OUTCOME_MASTER_TOKEN_REJECTED;

    } else if (rr->raw->status == PA_HTTP_UNAVAILABLE) {
        problem->outcome = PA_OUTCOME_UPSTREAM_UNAVAILABLE;

    } else if (pa_http_server_error(rr->raw->status)) {
        problem->outcome = PA_OUTCOME_UPSTREAM_ERROR;
        pa_http_detail(rr);

        if (rr->raw->status == PA_HTTP_FORBIDDEN) {
            pa_advise(problem, PA_EFFECT_NONE, PA_RETRY_NO);
        }

    } else {
        pa_judge_unreadable(rr);
    }
}


static void
pa_judge_unreadable(pa_reply_reader_t *rr)
{
    const pa_raw_reply_t  *raw;

    raw = rr->raw;

    if (raw->cut_short || raw->unended) {
        pa_invalid(rr, "The vendor's response was cut short.");

    } else if (pa_http_redirect(raw->status)) {
        pa_invalid(rr, "The vendor's response is a redirect, which the "
                       "gateway never follows.");
        pa_advise(&rr->reply->problem, PA_EFFECT_NONE, PA_RETRY_NO);

    } else if (raw->too_large) {
        pa_invalid(rr, "The vendor's response is larger than the gateway "
                       "accepts.");

    } else if (raw->compressed) {
        pa_invalid(rr, "The vendor's response is compressed, though the "
                       "gateway did not offer that.");

    } else if (!rr->is_json) {
        pa_invalid(rr, "The vendor's response is not JSON.");

    } else if (!rr->is_object) {
        pa_invalid(rr, "The vendor's response is not a JSON object.");

    } else {
        pa_invalid(rr, "The vendor's response has no status.");
    }
}


static void
pa_invalid(pa_reply_reader_t *rr, const char *detail)
{
    pa_problem_t  *problem;

    problem = &rr->reply->problem;

    problem->outcome = PA_OUTCOME_UPSTREAM_INVALID_RESPONSE;
    problem->detail.data = (const uint8_t *) detail;
    problem->detail.len = strlen(detail);
}


/* where this case differs from others of the same outcome */

static void
pa_advise(pa_problem_t *problem, pa_effect_e effect, pa_retry_e retry)
{
    problem->effect = effect;
    problem->retry = retry;
}


static void
pa_http_detail(pa_reply_reader_t *rr)
{
    pa_buf_t  b;

    pa_buf_init(&b, rr->pool, 96);
    pa_buf_literal(&b, "The vendor answered with HTTP status ");
    pa_buf_int(&b, rr->raw->status);

    pa_buf_literal(&b, ".");

    if (pa_buf_text(&b, &rr->reply->problem.detail) != PA_OK) {
        rr->no_memory = 1;
    }
}


/* the last row, with code 0, stands for all unknown ones */

static const pa_status_row_t *
pa_status_row(int64_t code)
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
pa_status_is_disabled(pa_reply_reader_t *rr)
{
    size_t  i;

    for (i = 0; i < rr->rules->ndisabled_status; i++) {
        if (rr->rules->disabled_status[i] == rr->raw->status) {
            return 1;
        }
    }

    return 0;
}


static int
pa_message_is_disabled(pa_reply_reader_t *rr)
{
    size_t           i, at;
    const pa_str_t  *part, *message;

    message = &rr->message;

    for (i = 0; i < rr->rules->ndisabled_message; i++) {
        part = &rr->rules->disabled_message[i];

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


static void
pa_write_tokens(pa_reply_reader_t *rr)
{
    int64_t            project_id;
    pa_buf_t           b;
    pa_str_t           head;
    pa_token_reply_t  *reply;

    reply = rr->reply;

    if (rr->ntokens == 0) {
        reply->problem.upstream_message = rr->message;
        pa_invalid(rr, "The vendor's response says success, and no token can "
                       "be read from it.");
        return;
    }

    project_id = rr->project_id;

    (void) pa_take_integer(rr, &rr->values[PA_REPLY_PROJECT_ID], &project_id);

    pa_buf_init(&b, rr->pool, rr->message.len + 96);

    pa_buf_literal(&b, "{\"status\":100,\"message\":\"");

    if (rr->message.data != NULL) {
        pa_write_text(&b, &rr->values[PA_REPLY_MESSAGE], &rr->message);

    } else {
        pa_buf_literal(&b, "Success");
    }

    pa_buf_literal(&b, "\",\"project_id\":");
    pa_buf_int(&b, project_id);
    pa_buf_literal(&b, ",\"api_token\":[");

    if (pa_buf_text(&b, &head) != PA_OK) {
        rr->no_memory = 1;
        return;
    }

    pa_buf_prepend(&rr->tokens, &head);
    pa_buf_literal(&rr->tokens, "]}");

    if (pa_buf_text(&rr->tokens, &reply->body) != PA_OK) {
        rr->no_memory = 1;
        return;
    }

    reply->ntokens = rr->ntokens;
}


/*
 * A non-empty string, or an integer of any size: the vendor's sister endpoints
 * mix both up, and a token may well consist of digits alone.
 */

static int
pa_take_token(pa_reply_reader_t *rr, const pa_json_value_t *value,
    pa_str_t *token)
{
    if (value->type != PA_JSON_NUMBER) {
        return pa_take_string(rr, value, token) == PA_OK && token->len != 0
               ? PA_OK : PA_ERROR;
    }

    /* "12e4" may have been a string of hexadecimal digits: not a token */

    if (pa_json_number_whole(&value->number, token) != PA_OK) {
        return PA_ERROR;
    }

    pa_redact(rr, token, 0);

    return PA_OK;
}


static int
pa_take_string(pa_reply_reader_t *rr, const pa_json_value_t *value,
    pa_str_t *text)
{
    if (pa_json_value_string(&rr->scan, value, text) != PA_OK) {
        return PA_ERROR;
    }

    pa_redact(rr, text, text->data != value->string.raw.data);

    return PA_OK;
}


/* one that shows the secret, which may consist of digits, is none */

static int
pa_take_integer(pa_reply_reader_t *rr, const pa_json_value_t *value,
    int64_t *n)
{
    if (rr->rules->secret.len <= PA_JSON_INTEGER_LEN
        && pa_shows_secret(rr, value))
    {
        return PA_ERROR;
    }

    return pa_json_value_integer(&rr->scan, value, n);
}


static int
pa_shows_secret(pa_reply_reader_t *rr, const pa_json_value_t *value)
{
    size_t    len;
    pa_str_t  text;

    if (value->type == PA_JSON_NUMBER) {
        text = value->number.text;

    } else if (pa_json_value_string(&rr->scan, value, &text) != PA_OK) {
        return 0;
    }

    return pa_find_secret(text.data, text.data + text.len, &rr->rules->secret,
                          &len)
           != NULL;
}


/* copy: the text is in memory that nobody else wipes */

static void
pa_redact(pa_reply_reader_t *rr, pa_str_t *text, int copy)
{
    /* no way to spell it is shorter than itself */

    if (text->len >= rr->rules->secret.len) {
        pa_redact_secret(rr, text, copy);
    }
}


static void
pa_redact_secret(pa_reply_reader_t *rr, pa_str_t *text, int copy)
{
    size_t           len;
    pa_buf_t         b;
    const uint8_t   *last, *plain, *found;
    const pa_str_t  *secret;

    secret = &rr->rules->secret;

    last = text->data + text->len;
    plain = text->data;

    found = pa_find_secret(plain, last, secret, &len);

    if (found == NULL) {
        return;
    }

    pa_buf_init(&b, rr->pool, text->len);

    while (found != NULL) {
        pa_buf_bytes(&b, plain, (size_t) (found - plain));
        pa_buf_literal(&b, "[redacted]");

        if (copy) {
            memset((uint8_t *) found, 0, len);
        }

        plain = found + len;
        found = pa_find_secret(plain, last, secret, &len);
    }

    pa_buf_bytes(&b, plain, (size_t) (last - plain));

    if (pa_buf_text(&b, text) != PA_OK) {
        rr->no_memory = 1;
        text->len = 0;
    }
}


/* the first place where the secret is spelt, in len bytes; NULL: nowhere */

static const uint8_t *
pa_find_secret(const uint8_t *p, const uint8_t *last, const pa_str_t *secret,
    size_t *len)
{
    if (secret->len == 0) {
        return NULL;
    }

    for ( /* void */ ; (size_t) (last - p) >= secret->len; p++) {

        if (*p != secret->data[0] && *p != '\\') {
            continue;
        }

        *len = pa_secret_len(p, last, secret);
        if (*len != 0) {
            return p;
        }
    }

    return NULL;
}


/*
 * Bytes at p that spell the secret, 0: they do not.  A vendor may quote the
 * request in a message, and that as JSON, once or more often.
 */

static size_t
pa_secret_len(const uint8_t *p, const uint8_t *last, const pa_str_t *secret)
{
    size_t          i;
    const uint8_t  *start;

    start = p;

    for (i = 0; i < secret->len; i++) {

        p = pa_skip_spelling(p, last, secret->data[i]);

        if (p == NULL) {
            return 0;
        }
    }

    return (size_t) (p - start);
}


/* c as it is, behind backslashes, or as \u00XX; NULL: something else */

static const uint8_t *
pa_skip_spelling(const uint8_t *p, const uint8_t *last, uint8_t c)
{
    size_t  n;

    static const uint8_t  hex[] = "0123456789abcdef";

    for (n = 0; p < last && *p == '\\' && *p != c; n++) {

        if (n == PA_MAX_BACKSLASHES) {
            return NULL;
        }

        p++;
    }

    if (p < last && *p == c) {
        return p + 1;
    }

    if (n != 0
        && last - p >= 5
        && p[0] == 'u' && p[1] == '0' && p[2] == '0'
        && p[3] == hex[c >> 4] && (p[4] | 0x20) == hex[c & 0xf])
    {
        return p + 5;
    }

    return NULL;
}
