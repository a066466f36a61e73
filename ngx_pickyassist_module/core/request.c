
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "json/scan.h"
#include "request.h"


/* digits of PA_PROJECT_ID_MAX */
#define PA_PROJECT_ID_LEN   16

/* room for ,"project_id":9007199254740991,"ip_whitelist":[ and its end */
#define PA_REQUEST_OWN_LEN  64

/* a quoted address and its comma */
#define PA_IP_JSON_LEN      (PA_IP_TEXT_LEN + 3)

/* the shortest element of a list, with its comma */
#define PA_ELEMENT_LEN      2


typedef struct {
    pa_json_scan_t             scan;
    pa_pool_t                 *pool;
    const pa_request_rules_t  *rules;
    pa_request_t        *request;

    pa_flaw_t                 *flaws;
    size_t                     nflaws;
    size_t                     nnames;

    pa_ip_t                   *ips;       /* as in the list; len 0: refused */
    pa_buf_t                   list;      /* those that are not, as JSON */

    unsigned                   seen;      /* PA_MEMBER_* */
    unsigned                   no_memory:1;

    /* not zeroed: the unknown ones, nnames of them */
    pa_str_t                   names[PA_PROBLEM_MAX_ERRORS];
} pa_request_reader_t;


typedef int (*pa_member_read_pt)(pa_request_reader_t *rr);

typedef struct {
    pa_str_t                   name;
    pa_member_read_pt          read;
    unsigned                   bit;
} pa_member_t;


#define PA_MEMBER_TOKEN         0x01
#define PA_MEMBER_PROJECT_ID    0x02
#define PA_MEMBER_IP_WHITELIST  0x04


static int pa_read_document(pa_request_reader_t *rr);
static int pa_read_member(pa_request_reader_t *rr,
    const pa_json_string_t *string);
static int pa_read_token(pa_request_reader_t *rr);
static int pa_read_project_id(pa_request_reader_t *rr);
static int pa_read_ip_whitelist(pa_request_reader_t *rr);
static int pa_read_ip_list(pa_request_reader_t *rr);
static int pa_read_ip(pa_request_reader_t *rr, const pa_str_t *pointer,
    size_t i);
static void pa_check_required(pa_request_reader_t *rr);

static int pa_write_parts(pa_request_reader_t *rr);
static int pa_project_id_value(const pa_str_t *text, int64_t *project_id);
static int pa_ip_allowed(const pa_request_rules_t *rules, const pa_ip_t *ip);
static int pa_make_room(pa_request_reader_t *rr);
static void pa_write_ip(pa_request_reader_t *rr, const pa_ip_t *ip,
    const pa_str_t *text);
static void pa_check_duplicates(pa_request_reader_t *rr, size_t n);
static uint64_t pa_ip_hash(const pa_ip_t *ip, uint64_t seed);
static uint64_t pa_mix(uint64_t x);

static void pa_add_flaw(pa_request_reader_t *rr, const pa_str_t *pointer,
    const char *code, const char *detail);
static void pa_add_name_flaw(pa_request_reader_t *rr, const pa_str_t *name,
    const char *code, const char *detail);
static void pa_ip_pointer(pa_request_reader_t *rr, size_t i,
    pa_str_t *pointer);
static int pa_report_malformed(pa_request_reader_t *rr,
    pa_problem_t *problem);


static const pa_member_t  pa_members[] = {
    { pa_string("token"), pa_read_token, PA_MEMBER_TOKEN },
    { pa_string("project_id"), pa_read_project_id, PA_MEMBER_PROJECT_ID },
    { pa_string("ip_whitelist"), pa_read_ip_whitelist, PA_MEMBER_IP_WHITELIST },
    { { NULL, 0 }, NULL, 0 }
};

static const pa_str_t  pa_project_id_pointer = pa_string("/project_id");
static const pa_str_t  pa_whitelist_pointer = pa_string("/ip_whitelist");

static const pa_str_t  pa_request_head = pa_string("{\"token\":\"");


int
pa_request_read(pa_pool_t *pool, const pa_request_rules_t *rules,
    const pa_str_t *body, pa_request_t *request, pa_problem_t *problem)
{
    int                  rc;
    pa_request_reader_t  rr;

    memset(&rr, 0, offsetof(pa_request_reader_t, names));
    memset(request, 0, sizeof(pa_request_t));

    rr.pool = pool;
    rr.rules = rules;
    rr.request = request;

    pa_json_scan_init(&rr.scan, pool, body);

    rc = pa_read_document(&rr);

    if (rr.no_memory || rr.scan.no_memory) {
        return PA_ERROR;
    }

    if (rc != PA_OK) {
        return pa_report_malformed(&rr, problem);
    }

    problem->outcome = rr.nflaws ? PA_OUTCOME_INVALID_REQUEST
                                 : PA_OUTCOME_ISSUED;
    problem->flaws = rr.flaws;
    problem->nflaws = rr.nflaws;

    return rr.nflaws ? PA_OK : pa_write_parts(&rr);
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


/* PA_ERROR: not well-formed */

static int
pa_read_document(pa_request_reader_t *rr)
{
    int               rc, first;
    pa_str_t          document;
    pa_json_string_t  name;

    if (pa_json_scan_type(&rr->scan) != PA_JSON_OBJECT) {

        document.data = (const uint8_t *) "";
        document.len = 0;

        pa_add_flaw(rr, &document, "type", "must be an object");

        if (pa_json_scan_skip(&rr->scan) != PA_OK) {
            return PA_ERROR;
        }

        return pa_json_scan_end(&rr->scan);
    }

    for (first = 1; /* void */ ; first = 0) {

        rc = pa_json_scan_object_next(&rr->scan, first, &name);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_ERROR || pa_read_member(rr, &name) != PA_OK) {
            return PA_ERROR;
        }
    }

    pa_check_required(rr);

    return pa_json_scan_end(&rr->scan);
}


static int
pa_read_member(pa_request_reader_t *rr, const pa_json_string_t *string)
{
    size_t              i;
    pa_str_t            name;
    const pa_member_t  *member;

    static const char  twice[] = "must not be there twice";

    if (pa_json_string_decode(rr->pool, string, &name) != PA_OK) {
        rr->no_memory = 1;
        return PA_ERROR;
    }

    for (member = pa_members; member->read != NULL; member++) {

        if (!pa_str_equal(&name, &member->name)) {
            continue;
        }

        if (rr->seen & member->bit) {
            pa_add_name_flaw(rr, &name, "duplicate_member", twice);
            return pa_json_scan_skip(&rr->scan);
        }

        rr->seen |= member->bit;

        return member->read(rr);
    }

    for (i = 0; i < rr->nnames; i++) {

        if (pa_str_equal(&name, &rr->names[i])) {
            pa_add_name_flaw(rr, &name, "duplicate_member", twice);
            return pa_json_scan_skip(&rr->scan);
        }
    }

    /* each name is a flaw, so more of them than flaws need not be kept */

    if (rr->nnames < PA_PROBLEM_MAX_ERRORS) {
        rr->names[rr->nnames++] = name;
    }

    pa_add_name_flaw(rr, &name, "unknown_member",
                     "is not a member of a token request");

    return pa_json_scan_skip(&rr->scan);
}


static int
pa_read_token(pa_request_reader_t *rr)
{
    static const pa_str_t  pointer = pa_string("/token");

    if (!rr->rules->strip_token) {
        pa_add_flaw(rr, &pointer, "forbidden_member",
                    "must not be sent; the gateway adds the master token");
    }

    return pa_json_scan_skip(&rr->scan);
}


static int
pa_read_project_id(pa_request_reader_t *rr)
{
    pa_json_number_t  number;

    if (pa_json_scan_type(&rr->scan) != PA_JSON_NUMBER) {
        pa_add_flaw(rr, &pa_project_id_pointer, "type", "must be an integer");
        return pa_json_scan_skip(&rr->scan);
    }

    if (pa_json_scan_number(&rr->scan, &number) != PA_OK) {
        return PA_ERROR;
    }

    if (!number.integer) {
        pa_add_flaw(rr, &pa_project_id_pointer, "type",
                    "must be written as an integer");
        return PA_OK;
    }

    if (pa_project_id_value(&number.text, &rr->request->project_id) != PA_OK) {
        pa_add_flaw(rr, &pa_project_id_pointer, "range",
                    "must be from 1 to 9007199254740991");
    }

    return PA_OK;
}


static int
pa_read_ip_whitelist(pa_request_reader_t *rr)
{
    pa_json_type_e  type;

    type = pa_json_scan_type(&rr->scan);

    if (type != PA_JSON_ARRAY && type != PA_JSON_STRING) {
        pa_add_flaw(rr, &pa_whitelist_pointer, "type",
                    "must be an address or an array of addresses");
        return pa_json_scan_skip(&rr->scan);
    }

    if (pa_make_room(rr) != PA_OK) {
        return PA_ERROR;
    }

    return type == PA_JSON_ARRAY ? pa_read_ip_list(rr)
                                 : pa_read_ip(rr, &pa_whitelist_pointer, 0);
}


static int
pa_read_ip_list(pa_request_reader_t *rr)
{
    int     rc;
    size_t  i;

    for (i = 0; /* void */ ; i++) {

        rc = pa_json_scan_array_next(&rr->scan, i == 0);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_OK) {
            rc = i < rr->rules->max_ips ? pa_read_ip(rr, NULL, i)
                                        : pa_json_scan_skip(&rr->scan);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    if (i == 0) {
        pa_add_flaw(rr, &pa_whitelist_pointer, "empty",
                    "must have at least one address");
    }

    if (i > rr->rules->max_ips) {
        pa_add_flaw(rr, &pa_whitelist_pointer, "too_many",
                    "has more addresses than the gateway allows");
        i = rr->rules->max_ips;
    }

    pa_check_duplicates(rr, i);

    return rr->no_memory ? PA_ERROR : PA_OK;
}


/* pointer is NULL for element i of the list */

static int
pa_read_ip(pa_request_reader_t *rr, const pa_str_t *pointer, size_t i)
{
    pa_ip_t          *ip;
    pa_str_t          text, element;
    const char       *code, *detail;
    pa_json_string_t  string;

    ip = &rr->ips[i];

    if (pa_json_scan_type(&rr->scan) != PA_JSON_STRING) {

        if (pa_json_scan_skip(&rr->scan) != PA_OK) {
            return PA_ERROR;
        }

        code = "type";
        detail = "must be a string";
        goto flaw;
    }

    if (pa_json_scan_string(&rr->scan, &string) != PA_OK) {
        return PA_ERROR;
    }

    if (pa_json_string_decode(rr->pool, &string, &text) != PA_OK) {
        rr->no_memory = 1;
        return PA_ERROR;
    }

    if (pa_ip_parse(&text, ip) != PA_OK) {
        code = "invalid_ip";
        detail = "must be an IPv4 or IPv6 address";
        goto flaw;
    }

    if (!pa_ip_allowed(rr->rules, ip)) {
        code = "ip_not_allowed";
        detail = "is not allowed by the gateway's address policy";
        goto flaw;
    }

    pa_write_ip(rr, ip, &text);

    return PA_OK;

flaw:

    ip->len = 0;

    if (rr->nflaws < PA_PROBLEM_MAX_ERRORS) {

        if (pointer == NULL) {
            pa_ip_pointer(rr, i, &element);
            pointer = &element;
        }

        pa_add_flaw(rr, pointer, code, detail);
    }

    return rr->no_memory ? PA_ERROR : PA_OK;
}


static void
pa_check_required(pa_request_reader_t *rr)
{
    static const char  required[] = "is required";

    if (!(rr->seen & PA_MEMBER_PROJECT_ID)) {
        pa_add_flaw(rr, &pa_project_id_pointer, "required", required);
    }

    if (!(rr->seen & PA_MEMBER_IP_WHITELIST) && rr->rules->whitelist_required) {
        pa_add_flaw(rr, &pa_whitelist_pointer, "required", required);
    }
}


/* one part, around the list of addresses as it was written while it was read */

static int
pa_write_parts(pa_request_reader_t *rr)
{
    pa_buf_t   head;
    pa_str_t   text, *part;

    part = pa_alloc(rr->pool, sizeof(pa_str_t));
    if (part == NULL) {
        return PA_ERROR;
    }

    pa_buf_init(&head, rr->pool, PA_REQUEST_OWN_LEN);
    pa_buf_literal(&head, ",\"project_id\":");
    pa_buf_int(&head, rr->request->project_id);

    if (rr->request->nips == 0) {
        pa_buf_literal(&head, "}");

        if (pa_buf_text(&head, part) != PA_OK) {
            return PA_ERROR;
        }

    } else {
        pa_buf_literal(&head, ",\"ip_whitelist\":[");

        if (pa_buf_text(&head, &text) != PA_OK) {
            return PA_ERROR;
        }

        pa_buf_prepend(&rr->list, &text);
        pa_buf_literal(&rr->list, "]}");

        if (pa_buf_text(&rr->list, part) != PA_OK) {
            return PA_ERROR;
        }
    }

    rr->request->parts = part;
    rr->request->nparts = 1;
    rr->request->parts_len = part->len;

    return PA_OK;
}


/* PA_ERROR: not from 1 to PA_PROJECT_ID_MAX */

static int
pa_project_id_value(const pa_str_t *text, int64_t *project_id)
{
    size_t   i;
    int64_t  value;

    if (text->len > PA_PROJECT_ID_LEN || text->data[0] == '-') {
        return PA_ERROR;
    }

    value = 0;

    for (i = 0; i < text->len; i++) {
        value = value * 10 + (text->data[i] - '0');
    }

    if (value < 1 || value > PA_PROJECT_ID_MAX) {
        return PA_ERROR;
    }

    *project_id = value;

    return PA_OK;
}


static int
pa_ip_allowed(const pa_request_rules_t *rules, const pa_ip_t *ip)
{
    size_t  i;

    if (!pa_ip_policy_allows(rules->ip_policy, ip)) {
        return 0;
    }

    for (i = 0; i < rules->nip_allow; i++) {
        if (pa_cidr_contains(&rules->ip_allow[i], ip)) {
            return 1;
        }
    }

    return rules->nip_allow == 0;
}


/* for as many elements as the rules allow and the text left can hold */

static int
pa_make_room(pa_request_reader_t *rr)
{
    size_t  left, n;

    left = (size_t) (rr->scan.last - rr->scan.pos);

    n = left / PA_ELEMENT_LEN + 1;

    if (n > rr->rules->max_ips) {
        n = rr->rules->max_ips;
    }

    if (left > n * PA_IP_JSON_LEN) {
        left = n * PA_IP_JSON_LEN;
    }

    rr->ips = pa_alloc(rr->pool, n * sizeof(pa_ip_t));
    pa_buf_init(&rr->list, rr->pool, PA_REQUEST_OWN_LEN + left);

    if (rr->ips == NULL || rr->list.data == NULL) {
        rr->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


static void
pa_write_ip(pa_request_reader_t *rr, const pa_ip_t *ip, const pa_str_t *text)
{
    uint8_t    normalised[PA_IP_TEXT_LEN], *last;
    pa_buf_t  *b;

    b = &rr->list;

    pa_buf_bytes(b, ",", rr->request->nips != 0);
    pa_buf_literal(b, "\"");

    if (ip->len == 4) {

        /* there is only one way to write it */

        pa_buf_bytes(b, text->data, text->len);

    } else {
        last = pa_ip_format(ip, normalised);
        pa_buf_bytes(b, normalised, (size_t) (last - normalised));
    }

    pa_buf_literal(b, "\"");

    rr->request->nips++;
}


/*
 * A hash table at most half full, with linear probing.  The seed keeps
 * clients from choosing addresses that collide.
 */

static void
pa_check_duplicates(pa_request_reader_t *rr, size_t n)
{
    size_t     i, slot, size, *table;
    pa_str_t   pointer;

    if (rr->request->nips < 2 || rr->nflaws == PA_PROBLEM_MAX_ERRORS) {
        return;
    }

    for (size = 4; size < 2 * rr->request->nips; size *= 2) { /* void */ }

    table = pa_alloc(rr->pool, size * sizeof(size_t));
    if (table == NULL) {
        rr->no_memory = 1;
        return;
    }

    memset(table, 0, size * sizeof(size_t));

    for (i = 0; i < n && rr->nflaws < PA_PROBLEM_MAX_ERRORS; i++) {

        if (rr->ips[i].len == 0) {
            continue;
        }

        slot = pa_ip_hash(&rr->ips[i], rr->rules->hash_seed) & (size - 1);

        while (table[slot] != 0
               && memcmp(&rr->ips[table[slot] - 1], &rr->ips[i],
                         sizeof(pa_ip_t))
                  != 0)
        {
            slot = (slot + 1) & (size - 1);
        }

        if (table[slot] == 0) {
            table[slot] = i + 1;
            continue;
        }

        pa_ip_pointer(rr, i, &pointer);
        pa_add_flaw(rr, &pointer, "duplicate",
                    "is the same address as an earlier one");
    }
}


static uint64_t
pa_ip_hash(const pa_ip_t *ip, uint64_t seed)
{
    uint64_t  half[2];

    memcpy(half, ip->bytes, sizeof(half));

    return pa_mix(pa_mix(seed ^ half[0]) ^ half[1]);
}


/* the finalizer of MurmurHash3: every bit of x moves every bit of the result */

static uint64_t
pa_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccd;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53;
    x ^= x >> 33;

    return x;
}


/* only the first PA_PROBLEM_MAX_ERRORS are kept */

static void
pa_add_flaw(pa_request_reader_t *rr, const pa_str_t *pointer,
    const char *code, const char *detail)
{
    pa_flaw_t  *flaw;

    if (rr->nflaws == PA_PROBLEM_MAX_ERRORS) {
        return;
    }

    if (rr->flaws == NULL) {
        rr->flaws = pa_alloc(rr->pool,
                             PA_PROBLEM_MAX_ERRORS * sizeof(pa_flaw_t));
        if (rr->flaws == NULL) {
            rr->no_memory = 1;
            return;
        }
    }

    flaw = &rr->flaws[rr->nflaws++];

    flaw->pointer = *pointer;
    flaw->code = code;
    flaw->detail = detail;
}


/* the pointer is the name, with "~" as "~0" and "/" as "~1" (RFC 6901, 3) */

static void
pa_add_name_flaw(pa_request_reader_t *rr, const pa_str_t *name,
    const char *code, const char *detail)
{
    size_t     i;
    pa_buf_t   b;
    pa_str_t   pointer;

    if (rr->nflaws == PA_PROBLEM_MAX_ERRORS) {
        return;
    }

    pa_buf_init(&b, rr->pool, name->len + 1);
    pa_buf_literal(&b, "/");

    for (i = 0; i < name->len; i++) {

        switch (name->data[i]) {

        case '~':
            pa_buf_literal(&b, "~0");
            break;

        case '/':
            pa_buf_literal(&b, "~1");
            break;

        default:
            pa_buf_bytes(&b, &name->data[i], 1);
        }
    }

    if (pa_buf_text(&b, &pointer) != PA_OK) {
        rr->no_memory = 1;
        return;
    }

    pa_add_flaw(rr, &pointer, code, detail);
}


static void
pa_ip_pointer(pa_request_reader_t *rr, size_t i, pa_str_t *pointer)
{
    pa_buf_t  b;

    pa_buf_init(&b, rr->pool, sizeof("/ip_whitelist/99999"));
    pa_buf_bytes(&b, pa_whitelist_pointer.data, pa_whitelist_pointer.len);
    pa_buf_literal(&b, "/");
    pa_buf_int(&b, (int64_t) i);

    if (pa_buf_text(&b, pointer) != PA_OK) {
        rr->no_memory = 1;
        pointer->len = 0;
    }
}


static int
pa_report_malformed(pa_request_reader_t *rr, pa_problem_t *problem)
{
    pa_buf_t            b;
    pa_json_position_t  position;

    pa_json_scan_position(&rr->scan, &position);

    pa_buf_init(&b, rr->pool, 80);
    pa_buf_literal(&b, "The request body is not well-formed JSON: line ");
    pa_buf_int(&b, (int64_t) position.line);
    pa_buf_literal(&b, ", column ");
    pa_buf_int(&b, (int64_t) position.column);
    pa_buf_literal(&b, ".");

    problem->outcome = PA_OUTCOME_MALFORMED_JSON;

    return pa_buf_text(&b, &problem->detail);
}
