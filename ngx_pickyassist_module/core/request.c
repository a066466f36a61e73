
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ip_list.h"
#include "member.h"
#include "names.h"
#include "parts.h"
#include "request.h"


/* room for ,"project_id":9007199254740991,"ip_whitelist":[ and its end */
#define PA_REQUEST_OWN_LEN  64


typedef struct {
    pa_reader_t           reader;
    pa_request_t         *request;

    pa_parts_t            parts;
    pa_ip_list_t          ips;

    pa_names_t            names;      /* unknown ones, of the document */
    pa_names_t            row_names;  /* and of the row that is read */
    unsigned              has_token:1;
} pa_request_reader_t;


/* an object that is read; bits are numbered as its members are */

typedef struct {
    const pa_members_t   *members;
    const pa_place_t     *place;
    pa_names_t           *names;
    uint64_t              seen;
    uint64_t              zero;       /* its value is 0 */
    uint64_t              empty;      /* it has no elements */
} pa_object_t;


static int pa_read_document(pa_request_reader_t *rr);
static int pa_read_object(pa_request_reader_t *rr, pa_object_t *object);
static int pa_read_member(pa_request_reader_t *rr, pa_object_t *object,
    const pa_json_string_t *name);
static int pa_read_token(pa_request_reader_t *rr, const pa_place_t *place);
static int pa_read_known(pa_request_reader_t *rr, pa_object_t *object,
    size_t i, const pa_place_t *place);
static int pa_read_unknown(pa_request_reader_t *rr, pa_object_t *object,
    const pa_place_t *place);
static int pa_read_duplicate(pa_request_reader_t *rr,
    const pa_place_t *place);
static int pa_read_rows(pa_request_reader_t *rr, const pa_member_t *member,
    const pa_place_t *place, size_t *n);
static int pa_read_row(pa_request_reader_t *rr, const pa_members_t *members,
    const pa_place_t *place);
static void pa_check_presence(pa_request_reader_t *rr, pa_object_t *object);
static int pa_is_missing(const pa_request_reader_t *rr,
    const pa_object_t *object, const pa_member_t *member);
static uint64_t pa_other(const pa_members_t *members,
    const pa_member_t *member);
static size_t pa_find_member(const pa_members_t *members,
    const pa_json_string_t *name);
static void pa_tell(pa_request_t *request, const pa_member_t *member,
    const pa_value_t *value);
static int pa_finish(pa_request_reader_t *rr);
static int pa_write_own(pa_request_reader_t *rr, pa_str_t *part);
static int pa_report_malformed(pa_request_reader_t *rr,
    pa_problem_t *problem);


static const pa_str_t  pa_token_name = pa_string("token");

static const pa_str_t  pa_request_head = pa_string("{\"token\":\"");


int
pa_request_read(pa_pool_t *pool, const pa_request_rules_t *rules,
    const pa_str_t *body, pa_request_t *request, pa_problem_t *problem)
{
    int                  rc;
    pa_request_reader_t  rr;

    memset(request, 0, sizeof(pa_request_t));

    rr.request = request;
    rr.ips.n = 0;
    rr.has_token = 0;

    pa_reader_init(&rr.reader, pool, rules, body);
    pa_parts_init(&rr.parts, pool, body);
    pa_names_init(&rr.names, pool, rules->hash_seed);
    pa_names_init(&rr.row_names, pool, rules->hash_seed);

    rc = pa_read_document(&rr);

    if (rr.reader.no_memory || rr.reader.scan.no_memory) {
        return PA_ERROR;
    }

    if (rc != PA_OK) {
        return pa_report_malformed(&rr, problem);
    }

    if (rr.reader.nflaws == 0) {
        problem->outcome = PA_OUTCOME_ISSUED;
        return pa_finish(&rr);
    }

    problem->outcome = PA_OUTCOME_INVALID_REQUEST;
    problem->flaws = rr.reader.flaws;
    problem->nflaws = rr.reader.nflaws;

    return PA_OK;
}


size_t
pa_request_length(const pa_request_t *request, const pa_str_t *token)
{
    return pa_request_head_length(token) + request->parts_len;
}


uint8_t *
pa_request_write(const pa_request_t *request, const pa_str_t *token,
    uint8_t *dst)
{
    size_t  i;

    dst = pa_request_write_head(token, dst);

    for (i = 0; i < request->nparts; i++) {
        dst = pa_copy(dst, &request->parts[i]);
    }

    return dst;
}


size_t
pa_request_head_length(const pa_str_t *token)
{
    return pa_request_head.len + token->len + 1;
}


uint8_t *
pa_request_write_head(const pa_str_t *token, uint8_t *dst)
{
    dst = pa_copy(dst, &pa_request_head);
    dst = pa_copy(dst, token);

    *dst++ = '"';

    return dst;
}


/* PA_ERROR: not well-formed, or no memory; so of all functions that read */

static int
pa_read_document(pa_request_reader_t *rr)
{
    pa_object_t   document;
    pa_reader_t  *reader;

    reader = &rr->reader;

    if (pa_json_scan_type(&reader->scan) != PA_JSON_OBJECT) {

        if (pa_reader_skip(reader, NULL, "must be an object") != PA_OK) {
            return PA_ERROR;
        }

        return pa_json_scan_end(&reader->scan);
    }

    memset(&document, 0, sizeof(pa_object_t));

    document.members = &pa_members[reader->rules->endpoint];
    document.names = &rr->names;

    if (pa_read_object(rr, &document) != PA_OK) {
        return PA_ERROR;
    }

    /* a body that is written anew closes itself if nothing follows */

    if (reader->nflaws == 0
        && (rr->parts.n != 0 || !document.members->rewritten)
        && pa_parts_end(&rr->parts, reader->scan.pos) != PA_OK)
    {
        reader->no_memory = 1;
        return PA_ERROR;
    }

    return pa_json_scan_end(&reader->scan);
}


static int
pa_read_object(pa_request_reader_t *rr, pa_object_t *object)
{
    int               rc, first;
    pa_json_scan_t   *scan;
    pa_json_string_t  name;

    scan = &rr->reader.scan;

    pa_names_begin(object->names, scan->pos);

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(scan, first, &name);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_ERROR || pa_read_member(rr, object, &name) != PA_OK) {
            return PA_ERROR;
        }
    }

    pa_check_presence(rr, object);

    return rr->reader.no_memory ? PA_ERROR : PA_OK;
}


static int
pa_read_member(pa_request_reader_t *rr, pa_object_t *object,
    const pa_json_string_t *name)
{
    int          rc;
    size_t       i;
    pa_place_t   place;

    place.in = object->place;
    place.name = name;

    if (object->place == NULL && pa_json_string_is(name, &pa_token_name)) {
        return pa_read_token(rr, &place);
    }

    i = pa_find_member(object->members, name);

    rc = i < object->members->n ? pa_read_known(rr, object, i, &place)
                                : pa_read_unknown(rr, object, &place);

    if (rc != PA_OK) {
        return PA_ERROR;
    }

    if (object->place != NULL || rr->reader.nflaws != 0
        || (object->members->rewritten && i < object->members->n))
    {
        return PA_OK;
    }

    if (pa_parts_member(&rr->parts, name->raw.data - 1, rr->reader.scan.pos)
        != PA_OK)
    {
        rr->reader.no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


static int
pa_read_token(pa_request_reader_t *rr, const pa_place_t *place)
{
    pa_reader_t  *reader;

    reader = &rr->reader;

    if (rr->has_token) {
        return pa_read_duplicate(rr, place);
    }

    rr->has_token = 1;

    if (!reader->rules->strip_token) {
        pa_reader_flaw(reader, place, "forbidden_member",
                       pa_endpoints[reader->rules->endpoint].token
                       == PA_TOKEN_ACCOUNT
                       ? "must not be sent; the gateway adds the master token"
                       : "must not be sent; the gateway adds the token");
    }

    return pa_json_scan_skip(&reader->scan);
}


static int
pa_read_known(pa_request_reader_t *rr, pa_object_t *object, size_t i,
    const pa_place_t *place)
{
    size_t              n;
    uint64_t            bit;
    pa_value_t          value;
    const pa_member_t  *member;

    member = &object->members->list[i];
    bit = (uint64_t) 1 << i;

    if (object->seen & bit) {
        return pa_read_duplicate(rr, place);
    }

    object->seen |= bit;

    switch (member->rule) {

    case PA_RULE_IP_WHITELIST:
        return pa_ip_list_read(&rr->reader, place, PA_REQUEST_OWN_LEN,
                               &rr->ips);

    case PA_RULE_ROWS:
    case PA_RULE_RECIPIENTS:

        n = 1;

        if (pa_read_rows(rr, member, place, &n) != PA_OK) {
            return PA_ERROR;
        }

        if (n == 0) {
            object->empty |= bit;
        }

        return PA_OK;

    default:

        if (pa_member_read(&rr->reader, member, place, &value) != PA_OK) {
            return PA_ERROR;
        }

        if (value.number == 0) {
            object->zero |= bit;
        }

        pa_tell(rr->request, member, &value);

        return PA_OK;
    }
}


/* names are kept as long as more flaws are */

static int
pa_read_unknown(pa_request_reader_t *rr, pa_object_t *object,
    const pa_place_t *place)
{
    pa_reader_t  *reader;

    reader = &rr->reader;

    if (pa_reader_is_full(reader)) {
        return pa_json_scan_skip(&reader->scan);
    }

    switch (pa_names_add(object->names, place->name)) {

    case PA_OK:
        break;

    case PA_DONE:
        return pa_read_duplicate(rr, place);

    default:
        reader->no_memory = 1;
        return PA_ERROR;
    }

    if (!reader->rules->pass_unknown
        && !pa_members[reader->rules->endpoint].open)
    {
        pa_reader_flaw(reader, place, "unknown_member",
                       pa_members[reader->rules->endpoint].rewritten
                       ? "is not a member of a token request"
                       : "is not a member of this request");
    }

    return pa_json_scan_skip(&reader->scan);
}


static int
pa_read_duplicate(pa_request_reader_t *rr, const pa_place_t *place)
{
    pa_reader_flaw(&rr->reader, place, "duplicate_member",
                   "must not occur twice");

    return pa_json_scan_skip(&rr->reader.scan);
}


/* rows beyond the last that is allowed are not judged */

static int
pa_read_rows(pa_request_reader_t *rr, const pa_member_t *member,
    const pa_place_t *place, size_t *n)
{
    int           rc;
    size_t        max;
    pa_place_t    row;
    pa_reader_t  *reader;

    reader = &rr->reader;

    if (pa_json_scan_type(&reader->scan) != PA_JSON_ARRAY) {
        return pa_reader_skip(reader, place, "must be an array of objects");
    }

    max = member->rule == PA_RULE_RECIPIENTS ? reader->rules->max_recipients
                                             : member->bound;
    row.in = place;
    row.name = NULL;

    for (row.index = 0; /* void */ ; row.index++) {

        rc = pa_json_scan_array_next(&reader->scan, row.index == 0);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_OK) {
            rc = row.index < max ? pa_read_row(rr, member->rows, &row)
                                 : pa_json_scan_skip(&reader->scan);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    if (row.index > max) {
        pa_reader_flaw_bound(reader, place, "too_many", "must have at most ",
                             max, " elements");
    }

    if (member->rule == PA_RULE_RECIPIENTS) {
        rr->request->recipients = row.index;
    }

    *n = row.index;

    return PA_OK;
}


static int
pa_read_row(pa_request_reader_t *rr, const pa_members_t *members,
    const pa_place_t *place)
{
    pa_object_t  row;

    if (pa_json_scan_type(&rr->reader.scan) != PA_JSON_OBJECT) {
        return pa_reader_skip(&rr->reader, place, "must be an object");
    }

    memset(&row, 0, sizeof(pa_object_t));

    row.members = members;
    row.place = place;
    row.names = &rr->row_names;

    return pa_read_object(rr, &row);
}


/* what has to be there, or to have elements, and does not */

static void
pa_check_presence(pa_request_reader_t *rr, pa_object_t *object)
{
    size_t              i;
    uint64_t            bit;
    pa_place_t          place;
    pa_json_string_t    name;
    const pa_member_t  *member;

    place.in = object->place;
    place.name = &name;

    name.escaped = 0;
    name.odd = 0;

    for (i = 0; i < object->members->n; i++) {

        member = &object->members->list[i];
        bit = (uint64_t) 1 << i;
        name.raw = member->name;

        if ((object->seen & bit) && !(object->empty & bit)) {
            continue;
        }

        if (!pa_is_missing(rr, object, member)) {
            continue;
        }

        if (object->seen & bit) {
            pa_reader_flaw(&rr->reader, &place, "empty",
                           "must have an element");
            continue;
        }

        pa_reader_flaw(&rr->reader, &place, "required", "is required");
    }
}


static int
pa_is_missing(const pa_request_reader_t *rr, const pa_object_t *object,
    const pa_member_t *member)
{
    switch (member->presence) {

    case PA_REQUIRED:
        return 1;

    case PA_REQUIRED_UNLESS:
        return !(object->seen & pa_other(object->members, member));

    case PA_REQUIRED_IF_0:
        return (object->zero & pa_other(object->members, member)) != 0;

    case PA_REQUIRED_BY_RULES:
        return rr->reader.rules->whitelist_required;

    default:
        return 0;
    }
}


/* the bit of the member that the presence of this one depends on */

static uint64_t
pa_other(const pa_members_t *members, const pa_member_t *member)
{
    size_t  i;

    for (i = 0; i < members->n; i++) {
        if (pa_str_equal(&members->list[i].name, &member->other)) {
            return (uint64_t) 1 << i;
        }
    }

    return 0;
}


/* the number of the member, or how many there are */

static size_t
pa_find_member(const pa_members_t *members, const pa_json_string_t *name)
{
    size_t  i;

    for (i = 0; i < members->n; i++) {
        if (pa_json_string_is(name, &members->list[i].name)) {
            break;
        }
    }

    return i;
}


static void
pa_tell(pa_request_t *request, const pa_member_t *member,
    const pa_value_t *value)
{
    switch (member->fact) {

    case PA_FACT_PROJECT_ID:
        request->project_id = value->number;
        break;

    case PA_FACT_APPLICATION:
        request->application = value->text;
        break;

    case PA_FACT_TEMPLATE_ID:
        request->template_id = value->text;
        break;

    case PA_FACT_COMMAND:
        request->command = value->text;
        break;

    default:
        break;
    }
}


/* a valid request: what is sent is known by now, and stays in the pool */

static int
pa_finish(pa_request_reader_t *rr)
{
    size_t         i, own;
    pa_str_t      *parts;
    pa_request_t  *request;

    request = rr->request;
    own = pa_members[rr->reader.rules->endpoint].rewritten;

    request->nips = rr->ips.n;
    request->nparts = own + rr->parts.n;

    parts = pa_alloc(rr->reader.pool, request->nparts * sizeof(pa_str_t));
    if (parts == NULL) {
        return PA_ERROR;
    }

    memcpy(parts + own, rr->parts.list, rr->parts.n * sizeof(pa_str_t));

    if (own && pa_write_own(rr, parts) != PA_OK) {
        return PA_ERROR;
    }

    for (i = 0; i < request->nparts; i++) {
        request->parts_len += parts[i].len;
    }

    request->parts = parts;

    return PA_OK;
}


/* the members of a token request, in our order and spelling */

static int
pa_write_own(pa_request_reader_t *rr, pa_str_t *part)
{
    size_t     end;
    pa_buf_t   head, *list;
    pa_str_t   text;

    end = rr->parts.n == 0;

    pa_buf_init(&head, rr->reader.pool, PA_REQUEST_OWN_LEN);
    pa_buf_literal(&head, ",\"project_id\":");
    pa_buf_int(&head, rr->request->project_id);

    if (rr->ips.n == 0) {
        pa_buf_bytes(&head, "}", end);

        return pa_buf_text(&head, part);
    }

    pa_buf_literal(&head, ",\"ip_whitelist\":[");

    if (pa_buf_text(&head, &text) != PA_OK) {
        return PA_ERROR;
    }

    list = &rr->ips.text;

    pa_buf_prepend(list, &text);
    pa_buf_bytes(list, "]}", 1 + end);

    return pa_buf_text(list, part);
}


static int
pa_report_malformed(pa_request_reader_t *rr, pa_problem_t *problem)
{
    pa_buf_t            b;
    pa_json_position_t  position;

    pa_json_scan_position(&rr->reader.scan, &position);

    pa_buf_init(&b, rr->reader.pool, 80);
    pa_buf_literal(&b, "The request body is not well-formed JSON: line ");
    pa_buf_int(&b, (int64_t) position.line);
    pa_buf_literal(&b, ", column ");
    pa_buf_int(&b, (int64_t) position.column);
    pa_buf_literal(&b, ".");

    problem->outcome = PA_OUTCOME_MALFORMED_JSON;

    return pa_buf_text(&b, &problem->detail);
}
