
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ip_list.h"


/* a quoted address and its comma */
#define PA_IP_JSON_LEN      (PA_IP_TEXT_LEN + 3)

/* the shortest address, "::", likewise */
#define PA_IP_JSON_MIN      5


/* an address that was accepted */

typedef struct {
    pa_ip_t          ip;          /* IPv4 if it is IPv4-mapped */
    size_t           index;       /* in the client's list */
} pa_ip_entry_t;


typedef struct {
    pa_reader_t     *reader;
    pa_ip_list_t    *list;
    pa_ip_entry_t   *entries;     /* list->n of them */
} pa_ip_list_reader_t;


static int pa_make_room(pa_ip_list_reader_t *lr, size_t more);
static int pa_read_ips(pa_ip_list_reader_t *lr, const pa_place_t *place);
static int pa_read_ip(pa_ip_list_reader_t *lr, const pa_place_t *place);
static int pa_ip_allowed(const pa_request_rules_t *rules, const pa_ip_t *ip);
static void pa_accept_ip(pa_ip_list_reader_t *lr, const pa_ip_t *ip,
    const pa_str_t *text, size_t index);
static int pa_check_duplicates(pa_ip_list_reader_t *lr,
    const pa_place_t *place);
static uint64_t pa_ip_hash(const pa_ip_t *ip, uint64_t seed);
static uint64_t pa_mix(uint64_t x);


int
pa_ip_list_read(pa_reader_t *reader, const pa_place_t *place, size_t more,
    pa_ip_list_t *list)
{
    pa_json_type_e       type;
    pa_ip_list_reader_t  lr;

    list->n = 0;

    type = pa_json_scan_type(&reader->scan);

    if (type != PA_JSON_ARRAY && type != PA_JSON_STRING) {
        return pa_reader_skip(reader, place,
                              "must be an address or an array of addresses");
    }

    lr.reader = reader;
    lr.list = list;

    if (pa_make_room(&lr, more) != PA_OK) {
        reader->no_memory = 1;
        return PA_ERROR;
    }

    if (type == PA_JSON_STRING) {
        return pa_read_ip(&lr, place);
    }

    if (pa_read_ips(&lr, place) != PA_OK) {
        return PA_ERROR;
    }

    if (pa_check_duplicates(&lr, place) != PA_OK) {
        reader->no_memory = 1;
        return PA_ERROR;
    }

    return PA_OK;
}


/* for as many addresses as the rules allow and the text left can hold */

static int
pa_make_room(pa_ip_list_reader_t *lr, size_t more)
{
    size_t           left, n;
    pa_json_scan_t  *scan;

    scan = &lr->reader->scan;
    left = (size_t) (scan->last - scan->pos);

    n = left / PA_IP_JSON_MIN + 1;

    if (n > lr->reader->rules->max_ips) {
        n = lr->reader->rules->max_ips;
    }

    if (left > n * PA_IP_JSON_LEN) {
        left = n * PA_IP_JSON_LEN;
    }

    lr->entries = pa_alloc(lr->reader->pool, n * sizeof(pa_ip_entry_t));
    pa_buf_init(&lr->list->text, lr->reader->pool, left + more);

    return lr->entries != NULL && lr->list->text.data != NULL ? PA_OK
                                                              : PA_ERROR;
}


static int
pa_read_ips(pa_ip_list_reader_t *lr, const pa_place_t *place)
{
    int           rc;
    size_t        max;
    pa_place_t    element;
    pa_reader_t  *reader;

    reader = lr->reader;
    max = reader->rules->max_ips;

    element.in = place;
    element.name = NULL;

    for (element.index = 0; /* void */ ; element.index++) {

        rc = pa_json_scan_array_next(&reader->scan, element.index == 0);

        if (rc == PA_DONE) {
            break;
        }

        if (rc == PA_OK) {
            rc = element.index < max ? pa_read_ip(lr, &element)
                                     : pa_json_scan_skip(&reader->scan);
        }

        if (rc != PA_OK) {
            return PA_ERROR;
        }
    }

    if (element.index == 0) {
        pa_reader_flaw(reader, place, "empty",
                       "must have at least one address");
    }

    if (element.index > max) {
        pa_reader_flaw(reader, place, "too_many",
                       "has more addresses than the gateway allows");
    }

    return PA_OK;
}


static int
pa_read_ip(pa_ip_list_reader_t *lr, const pa_place_t *place)
{
    uint8_t            data[PA_IP_TEXT_LEN];
    pa_ip_t            ip;
    pa_str_t           text;
    pa_reader_t       *reader;
    pa_json_string_t   string;

    reader = lr->reader;

    if (pa_json_scan_type(&reader->scan) != PA_JSON_STRING) {
        return pa_reader_skip(reader, place, "must be a string");
    }

    if (pa_json_scan_string(&reader->scan, &string) != PA_OK) {
        return PA_ERROR;
    }

    text = string.raw;

    if (string.escaped) {
        text.data = data;
        text.len = pa_json_string_copy(&string, data, PA_IP_TEXT_LEN);
    }

    if (text.len > PA_IP_TEXT_LEN || pa_ip_parse(&text, &ip) != PA_OK) {
        pa_reader_flaw(reader, place, "invalid_ip",
                       "must be an IPv4 or IPv6 address");
        return PA_OK;
    }

    if (!pa_ip_allowed(reader->rules, &ip)) {
        pa_reader_flaw(reader, place, "ip_not_allowed",
                       "is not allowed by the gateway's address policy");
        return PA_OK;
    }

    pa_accept_ip(lr, &ip, &text, place->index);

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


static void
pa_accept_ip(pa_ip_list_reader_t *lr, const pa_ip_t *ip, const pa_str_t *text,
    size_t index)
{
    uint8_t         normalised[PA_IP_TEXT_LEN], *last;
    pa_buf_t       *b;
    pa_ip_entry_t  *entry;

    b = &lr->list->text;

    pa_buf_bytes(b, ",", lr->list->n != 0);
    pa_buf_literal(b, "\"");

    if (ip->len == 4) {

        /* there is only one way to write it */

        pa_buf_bytes(b, text->data, text->len);

    } else {
        last = pa_ip_format(ip, normalised);
        pa_buf_bytes(b, normalised, (size_t) (last - normalised));
    }

    pa_buf_literal(b, "\"");

    pa_assert(lr->list->n < lr->reader->rules->max_ips);

    entry = &lr->entries[lr->list->n++];

    entry->ip = *ip;
    entry->index = index;

    pa_ip_unmap(&entry->ip);
}


/*
 * A hash table at most half full, with linear probing: there are no more
 * entries in it than addresses were accepted, so that every search ends.  The
 * seed keeps clients from choosing addresses that collide.
 */

static int
pa_check_duplicates(pa_ip_list_reader_t *lr, const pa_place_t *place)
{
    size_t          i, n, slot, size, *table;
    pa_place_t      element;
    pa_reader_t    *reader;
    pa_ip_entry_t  *entries;

    reader = lr->reader;
    entries = lr->entries;
    n = lr->list->n;

    if (n < 2 || pa_reader_is_full(reader)) {
        return PA_OK;
    }

    for (size = 4; size < 2 * n; size *= 2) { /* void */ }

    table = pa_alloc(reader->pool, size * sizeof(size_t));
    if (table == NULL) {
        return PA_ERROR;
    }

    memset(table, 0, size * sizeof(size_t));

    element.in = place;
    element.name = NULL;

    for (i = 0; i < n && !pa_reader_is_full(reader); i++) {

        slot = pa_ip_hash(&entries[i].ip, reader->rules->hash_seed)
               & (size - 1);

        while (table[slot] != 0
               && memcmp(&entries[table[slot] - 1].ip, &entries[i].ip,
                         sizeof(pa_ip_t))
                  != 0)
        {
            slot = (slot + 1) & (size - 1);
        }

        if (table[slot] == 0) {
            table[slot] = i + 1;
            continue;
        }

        element.index = entries[i].index;
        pa_reader_flaw(reader, &element, "duplicate",
                       "is the same address as an earlier one");
    }

    return PA_OK;
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
