
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"


typedef struct fuzz_block_s  fuzz_block_t;

struct fuzz_block_s {
    void            *data;
    fuzz_block_t    *next;
};


static void *fuzz_alloc(void *data, size_t size);
static int fuzz_contains(const pa_str_t *text, const char *part);
static int fuzz_spells(const pa_str_t *text, const char *part);
static void fuzz_check_text(const pa_str_t *text);
static void fuzz_check_decoded(const pa_str_t *text, const char *secret);
static pa_str_t fuzz_unescape(const pa_str_t *text);
static size_t fuzz_escape(const char *p, unsigned *c);
static pa_str_t fuzz_unhex(const pa_str_t *text, size_t skip);
static pa_str_t fuzz_unbase64(const pa_str_t *text, size_t skip);
static void fuzz_check_value(json_t *value);
static void fuzz_check_compact(const pa_str_t *text);
static void fuzz_check_flaws(const pa_problem_t *problem, json_t *errors);
static int fuzz_ip4_octet(const char **p, uint8_t *octet);
static int fuzz_ip4_parse(const char *p, uint8_t *octets);
static int fuzz_ip6_groups(const char *p, uint8_t *bytes, size_t *len,
    int last);
static int fuzz_ip6_parse(char *text, uint8_t *bytes);
static int fuzz_ip4_allowed(pa_ip_policy_e policy, uint32_t ip);
static int fuzz_ip6_allowed(pa_ip_policy_e policy, const uint8_t *bytes);


pa_pool_t  fuzz_pool = { fuzz_alloc, NULL };

static fuzz_block_t  *fuzz_blocks;


void
fuzz_reset(void)
{
    fuzz_block_t  *block;

    while (fuzz_blocks != NULL) {
        block = fuzz_blocks;
        fuzz_blocks = block->next;

        free(block->data);
        free(block);
    }
}


pa_str_t
fuzz_copy(const uint8_t *data, size_t len)
{
    uint8_t   *copy;
    pa_str_t   text;

    copy = fuzz_alloc(NULL, len);

    if (len != 0) {
        memcpy(copy, data, len);
    }

    text.data = copy;
    text.len = len;

    return text;
}


void
fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}


int
fuzz_equal(const pa_str_t *a, const pa_str_t *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}


json_t *
fuzz_load(const pa_str_t *text, size_t flags, json_error_t *error)
{
    if (text->len != 0 && memchr(text->data, '\0', text->len) != NULL) {
        return NULL;
    }

    return json_loadb((const char *) text->data, text->len,
                      flags | JSON_ALLOW_NUL, error);
}


json_t *
fuzz_parse_own(const pa_str_t *text)
{
    json_t  *document;

    document = fuzz_load(text, JSON_REJECT_DUPLICATES, NULL);

    fuzz_check(document != NULL);
    fuzz_check(json_is_object(document));
    fuzz_check_compact(text);

    return document;
}


void
fuzz_check_no_secret(const pa_str_t *text)
{
    json_t  *document;

    document = fuzz_parse_own(text);

    fuzz_check(!fuzz_spells(text, FUZZ_SECRET));
    fuzz_check(!fuzz_spells(text, FUZZ_TOKEN));
    fuzz_check_value(document);

    json_decref(document);
}


void
fuzz_check_problem(const pa_problem_t *problem, pa_str_t *text)
{
    json_t              *document, *value;
    size_t               nmembers;
    const char          *type, *title, *code, *detail, *request_id;
    const char          *effect, *retry;
    json_int_t           status;
    const pa_outcome_t  *outcome;

    fuzz_check(problem->outcome > PA_OUTCOME_ISSUED
               && problem->outcome < PA_OUTCOME_HTTP_ERROR);
    fuzz_check(pa_problem_write(&fuzz_pool, problem, text) == PA_OK);

    outcome = &pa_outcomes[problem->outcome];
    document = fuzz_parse_own(text);

    fuzz_check(json_unpack(document, "{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s}",
                           "type", &type, "title", &title, "status", &status,
                           "code", &code, "detail", &detail,
                           "request_id", &request_id, "effect", &effect,
                           "retry", &retry) == 0);

    fuzz_check(strncmp(type, "urn:pickyassist:problem:", 24) == 0);
    fuzz_check(strcmp(type + 24, outcome->code) == 0);
    fuzz_check(strcmp(code, outcome->code) == 0);
    fuzz_check(strlen(title) != 0 && strlen(detail) != 0);
    fuzz_check(status == (json_int_t) pa_problem_status(problem));
    fuzz_check(status >= 400 && status < 600);

    nmembers = 8;

    /* who has to look what the vendor did is told why */

    fuzz_check(strcmp(effect, "none") == 0 || strcmp(effect, "unknown") == 0);
    fuzz_check((strcmp(effect, "unknown") == 0)
               == (strstr(detail, " is unknown.") != NULL));
    fuzz_check(strcmp(retry, "check") != 0 || strcmp(effect, "unknown") == 0);

    value = json_object_get(document, "errors");

    if (value != NULL) {
        fuzz_check_flaws(problem, value);
        nmembers++;
    }

    value = json_object_get(document, "upstream_status");

    fuzz_check((value != NULL) == problem->has_api_status);

    if (value != NULL) {
        fuzz_check(json_integer_value(value) == problem->api_status);
        nmembers++;
    }

    value = json_object_get(document, "upstream_message");

    if (value != NULL) {
        fuzz_check(json_string_length(value) == problem->upstream_message.len);
        nmembers++;
    }

    fuzz_check(json_object_size(document) == nmembers);

    json_decref(document);
}


static void *
fuzz_alloc(void *data, size_t size)
{
    fuzz_block_t  *block;

    (void) data;

    block = malloc(sizeof(fuzz_block_t));
    fuzz_check(block != NULL);

    block->data = malloc(size);
    fuzz_check(block->data != NULL);

    block->next = fuzz_blocks;
    fuzz_blocks = block;

    return block->data;
}


static int
fuzz_contains(const pa_str_t *text, const char *part)
{
    size_t  i, len;

    len = strlen(part);

    for (i = 0; i + len <= text->len; i++) {
        if (memcmp(text->data + i, part, len) == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * The part stands in a JSON text as it is.  Digits of an escaped character are
 * not characters: what was sent back in "\u0003e09d" is a secret that begins
 * with "3" but for this "3".
 */

static int
fuzz_spells(const pa_str_t *text, const char *part)
{
    size_t          i, back, len;
    const uint8_t  *p;

    len = strlen(part);

    for (i = 0; i + len <= text->len; i++) {
        p = text->data + i;

        if (memcmp(p, part, len) != 0) {
            continue;
        }

        for (back = 2; back <= 5 && back <= i; back++) {
            if (memcmp(p - back, "\\u", 2) == 0) {
                break;
            }
        }

        if (back > 5 || back > i) {
            return 1;
        }
    }

    return 0;
}


/* not one string or name, read from JSON, holds a secret */

static void
fuzz_check_value(json_t *value)
{
    size_t       i, len;
    json_t      *member;
    pa_str_t     text;
    const char  *name;

    if (json_is_string(value)) {
        text.data = (const uint8_t *) json_string_value(value);
        text.len = json_string_length(value);

        fuzz_check_text(&text);
    }

    json_object_keylen_foreach(value, name, len, member) {
        text.data = (const uint8_t *) name;
        text.len = len;

        fuzz_check_text(&text);
        fuzz_check_value(member);
    }

    json_array_foreach(value, i, member) {
        fuzz_check_value(member);
    }
}


/*
 * Nor can one be read out of it by those who try: escapes of all kinds decoded
 * from left to right, then hexadecimal and base64.
 */

static void
fuzz_check_text(const pa_str_t *text)
{
    size_t    i;
    pa_str_t  plain;

    static const char  *secrets[] = { FUZZ_SECRET, FUZZ_TOKEN };

    plain = fuzz_unescape(text);

    for (i = 0; i < 2; i++) {
        fuzz_check_decoded(text, secrets[i]);
        fuzz_check_decoded(&plain, secrets[i]);
    }
}


static void
fuzz_check_decoded(const pa_str_t *text, const char *secret)
{
    size_t    skip;
    pa_str_t  decoded;

    fuzz_check(!fuzz_contains(text, secret));

    for (skip = 0; skip < 2; skip++) {
        decoded = fuzz_unhex(text, skip);
        fuzz_check(!fuzz_contains(&decoded, secret));
    }

    for (skip = 0; skip < 4; skip++) {
        decoded = fuzz_unbase64(text, skip);
        fuzz_check(!fuzz_contains(&decoded, secret));
    }
}


static pa_str_t
fuzz_unescape(const pa_str_t *text)
{
    char       ahead[13];
    size_t     i, n, len;
    uint8_t   *p;
    unsigned   c;
    pa_str_t   plain;

    p = fuzz_alloc(NULL, text->len);
    plain.data = p;

    for (i = 0; i < text->len; i += len) {

        n = text->len - i < 12 ? text->len - i : 12;
        memcpy(ahead, text->data + i, n);
        ahead[n] = '\0';

        len = fuzz_escape(ahead, &c);

        if (len == 0 || c > 0xff) {
            len = 1;
            c = text->data[i];
        }

        *p++ = (uint8_t) c;
    }

    plain.len = (size_t) (p - plain.data);

    return plain;
}


/* the bytes of an escape, and the character it stands for; 0: it is none */

static size_t
fuzz_escape(const char *p, unsigned *c)
{
    int   n;
    char  last;

    n = 0;

    if (p[0] == '%' && isxdigit(p[1] & 0xff) && isxdigit(p[2] & 0xff)) {
        return sscanf(p, "%%%2x", c) == 1 ? 3 : 0;
    }

    if (strncmp(p, "\\u00", 4) == 0
        && isxdigit(p[4] & 0xff) && isxdigit(p[5] & 0xff))
    {
        return sscanf(p, "\\u%4x", c) == 1 ? 6 : 0;
    }

    if (p[0] == '&' && p[1] == '#' && isdigit(p[2] & 0xff)
        && sscanf(p, "&#%7u%c%n", c, &last, &n) == 2 && last == ';')
    {
        return (size_t) n;
    }

    if (p[0] == '&' && p[1] == '#' && p[2] == 'x' && isxdigit(p[3] & 0xff)
        && sscanf(p, "&#x%6x%c%n", c, &last, &n) == 2 && last == ';')
    {
        return (size_t) n;
    }

    return 0;
}


static pa_str_t
fuzz_unhex(const pa_str_t *text, size_t skip)
{
    char       pair[3] = { 0 };
    size_t     i;
    uint8_t   *p;
    pa_str_t   plain;

    p = fuzz_alloc(NULL, text->len);
    plain.data = p;

    for (i = skip; i + 2 <= text->len; i += 2) {
        memcpy(pair, text->data + i, 2);

        *p++ = isxdigit(pair[0] & 0xff) && isxdigit(pair[1] & 0xff)
               ? (uint8_t) strtoul(pair, NULL, 16) : '\n';
    }

    plain.len = (size_t) (p - plain.data);

    return plain;
}


static pa_str_t
fuzz_unbase64(const pa_str_t *text, size_t skip)
{
    size_t       i, j, n;
    uint8_t      c, *p;
    unsigned     group;
    pa_str_t     plain;
    const char  *at;

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    p = fuzz_alloc(NULL, text->len + 4);
    plain.data = p;

    for (i = skip; i < text->len; i += 4) {
        group = 0;
        n = 0;

        for (j = 0; j < 4; j++) {
            c = i + j < text->len ? text->data[i + j] : '=';
            at = c ? strchr(alphabet, c == '-' ? '+' : c == '_' ? '/' : c)
                   : NULL;

            if (at == NULL) {
                break;
            }

            group |= (unsigned) (at - alphabet) << (18 - 6 * j);
            n++;
        }

        /* as many bytes as the characters have bits for, and then an end */

        for (j = 0; j < 3; j++) {
            *p++ = 8 * (j + 1) <= 6 * n ? (uint8_t) (group >> (16 - 8 * j))
                                        : '\n';
        }
    }

    plain.len = (size_t) (p - plain.data);

    return plain;
}


static void
fuzz_check_compact(const pa_str_t *text)
{
    int     quoted;
    size_t  i;

    quoted = 0;

    for (i = 0; i < text->len; i++) {

        if (quoted && text->data[i] == '\\') {
            i++;

        } else if (text->data[i] == '"') {
            quoted = !quoted;

        } else {
            fuzz_check(quoted || text->data[i] > 0x20);
        }
    }
}


static void
fuzz_check_flaws(const pa_problem_t *problem, json_t *errors)
{
    size_t       i, known;
    json_t      *flaw;
    const char  *pointer, *code, *detail;

    static const char  *codes[] = {
        "type", "duplicate_member", "forbidden_member", "required", "range",
        "empty", "too_many", "invalid_ip", "ip_not_allowed", "duplicate",
        "unknown_member", "too_long", "invalid_value", "invalid_number",
        "number_not_allowed", "invalid_url", "command_not_allowed"
    };

    fuzz_check(problem->outcome == PA_OUTCOME_INVALID_REQUEST);
    fuzz_check(json_array_size(errors) == problem->nflaws);
    fuzz_check(problem->nflaws >= 1 && problem->nflaws <= 20);

    json_array_foreach(errors, i, flaw) {

        fuzz_check(json_object_size(flaw) == 3);

        pointer = (char *) json_string_value(json_object_get(flaw, "pointer"));
        code = json_string_value(json_object_get(flaw, "code"));
        detail = json_string_value(json_object_get(flaw, "detail"));

        fuzz_check(pointer != NULL && code != NULL && detail != NULL);
        fuzz_check(*pointer == '\0' || *pointer == '/');
        fuzz_check(*detail != '\0');

        for (known = 0; known < sizeof(codes) / sizeof(codes[0]); known++) {
            if (strcmp(codes[known], code) == 0) {
                break;
            }
        }

        fuzz_check(known < sizeof(codes) / sizeof(codes[0]));
    }
}


int
fuzz_ip_parse(const pa_str_t *text, pa_ip_t *ip)
{
    char  s[64];

    if (text->len >= sizeof(s) || memchr(text->data, '\0', text->len)) {
        return PA_ERROR;
    }

    memcpy(s, text->data, text->len);
    s[text->len] = '\0';

    memset(ip, 0, sizeof(pa_ip_t));

    if (strchr(s, ':') == NULL) {
        ip->len = 4;
        return fuzz_ip4_parse(s, ip->bytes);
    }

    ip->len = 16;

    return fuzz_ip6_parse(s, ip->bytes);
}


static int
fuzz_ip4_octet(const char **p, uint8_t *octet)
{
    unsigned     n;
    const char  *first;

    first = *p;

    for (n = 0; **p >= '0' && **p <= '9' && *p - first < 4; (*p)++) {
        n = n * 10 + (unsigned) (**p - '0');
    }

    *octet = (uint8_t) n;

    return (*p == first || n > 255 || (*first == '0' && *p - first > 1))
           ? PA_ERROR : PA_OK;
}


static int
fuzz_ip4_parse(const char *p, uint8_t *octets)
{
    int  i;

    for (i = 0; i < 4; i++) {

        if (i != 0 && *p++ != '.') {
            return PA_ERROR;
        }

        if (fuzz_ip4_octet(&p, &octets[i]) != PA_OK) {
            return PA_ERROR;
        }
    }

    return *p == '\0' ? PA_OK : PA_ERROR;
}


/* groups with colons between them; the last one may be an IPv4 address */

static int
fuzz_ip6_groups(const char *p, uint8_t *bytes, size_t *len, int last)
{
    char       hex[8];
    size_t     digits;
    unsigned   group;

    *len = 0;

    if (*p == '\0') {
        return PA_OK;
    }

    for ( ;; ) {

        digits = strspn(p, "0123456789abcdefABCDEF");

        if (last && p[digits] == '.' && *len <= 12) {
            *len += 4;
            return fuzz_ip4_parse(p, bytes + *len - 4);
        }

        if (digits < 1 || digits > 4 || *len == 16) {
            return PA_ERROR;
        }

        memcpy(hex, p, digits);
        hex[digits] = '\0';
        group = (unsigned) strtoul(hex, NULL, 16);

        bytes[(*len)++] = (uint8_t) (group >> 8);
        bytes[(*len)++] = (uint8_t) group;

        p += digits;

        if (*p == '\0') {
            return PA_OK;
        }

        if (*p++ != ':') {
            return PA_ERROR;
        }
    }
}


static int
fuzz_ip6_parse(char *text, uint8_t *bytes)
{
    char     *gap;
    size_t    head_len, tail_len;
    uint8_t   head[16], tail[16];

    gap = strstr(text, "::");

    if (gap == NULL) {
        return fuzz_ip6_groups(text, bytes, &head_len, 1) == PA_OK
               && head_len == 16 ? PA_OK : PA_ERROR;
    }

    *gap = '\0';

    if (fuzz_ip6_groups(text, head, &head_len, 0) != PA_OK
        || fuzz_ip6_groups(gap + 2, tail, &tail_len, 1) != PA_OK
        || head_len + tail_len > 14)
    {
        return PA_ERROR;
    }

    memcpy(bytes, head, head_len);
    memcpy(bytes + 16 - tail_len, tail, tail_len);

    return PA_OK;
}


int
fuzz_ip_allowed(pa_ip_policy_e policy, const pa_ip_t *ip)
{
    size_t         i;
    const uint8_t  *p;

    p = ip->bytes;

    if (policy == PA_IP_POLICY_ANY) {
        return 1;
    }

    for (i = 0; ip->len == 16 && i < 12; i++) {
        if (p[i] != (i < 10 ? 0 : 0xff)) {
            return fuzz_ip6_allowed(policy, p);
        }
    }

    p += i;

    return fuzz_ip4_allowed(policy, (uint32_t) p[0] << 24
                                    | (uint32_t) p[1] << 16
                                    | (uint32_t) p[2] << 8 | p[3]);
}


static int
fuzz_ip4_allowed(pa_ip_policy_e policy, uint32_t ip)
{
    size_t  i;

    static const struct {
        uint32_t  first;
        uint32_t  last;
        int       unicast;
    } refused[] = {
        { 0x00000000, 0x00000000, 0 },
        { 0x7f000000, 0x7fffffff, 0 },
        { 0xa9fe0000, 0xa9feffff, 0 },
        { 0xe0000000, 0xefffffff, 0 },
        { 0xffffffff, 0xffffffff, 0 },
        { 0x00000000, 0x00ffffff, 1 },
        { 0x0a000000, 0x0affffff, 1 },
        { 0x64400000, 0x647fffff, 1 },
        { 0xac100000, 0xac1fffff, 1 },
        { 0xc0000000, 0xc00000ff, 1 },
        { 0xc0000200, 0xc00002ff, 1 },
        { 0xc0586300, 0xc05863ff, 1 },
        { 0xc0a80000, 0xc0a8ffff, 1 },
        { 0xc6120000, 0xc613ffff, 1 },
        { 0xc6336400, 0xc63364ff, 1 },
        { 0xcb007100, 0xcb0071ff, 1 },
        { 0xf0000000, 0xffffffff, 1 }
    };

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {

        if (ip >= refused[i].first && ip <= refused[i].last
            && !(refused[i].unicast && policy == PA_IP_POLICY_UNICAST))
        {
            return 0;
        }
    }

    return 1;
}


static int
fuzz_ip6_allowed(pa_ip_policy_e policy, const uint8_t *bytes)
{
    size_t    i, zeros;
    uint32_t  head, inside, tail;

    head = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16
           | (uint32_t) bytes[2] << 8 | bytes[3];
    inside = head << 16 | (uint32_t) bytes[4] << 8 | bytes[5];
    tail = (uint32_t) bytes[12] << 24 | (uint32_t) bytes[13] << 16
           | (uint32_t) bytes[14] << 8 | bytes[15];

    for (zeros = 4; zeros < 12 && bytes[zeros] == 0; zeros++) { /* void */ }

    if (zeros == 12 && (head == 0 || head == 0x0064ff9b)
        && !fuzz_ip4_allowed(policy, tail))
    {
        return 0;
    }

    if (head >> 16 == 0x2002 && !fuzz_ip4_allowed(policy, inside)) {
        return 0;
    }

    for (i = 0; i < 15 && bytes[i] == 0; i++) { /* void */ }

    if (i == 15 && bytes[15] <= 1) {
        return 0;
    }

    if (head >= 0xff000000 || (head >= 0xfe800000 && head <= 0xfebfffff)) {
        return 0;
    }

    if (policy == PA_IP_POLICY_UNICAST) {
        return 1;
    }

    return head >= 0x20000000 && head <= 0x3fffffff
           && !(head >= 0x20010000 && head <= 0x200101ff)
           && head != 0x20010db8
           && !(head >= 0x3fff0000 && head <= 0x3fff0fff);
}


/* bit by bit; both addresses are of one family */

int
fuzz_cidr_contains(const pa_ip_t *network, unsigned prefix, const pa_ip_t *ip)
{
    unsigned  i, a, b;

    for (i = 0; i < prefix; i++) {
        a = network->bytes[i / 8] >> (7 - i % 8) & 1;
        b = ip->bytes[i / 8] >> (7 - i % 8) & 1;

        if (a != b) {
            return 0;
        }
    }

    return 1;
}
