
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "reader.h"


/* a member, a row, a member, an element */
#define PA_PLACES  4


static int pa_write_pointer(pa_reader_t *reader, const pa_place_t *place,
    pa_str_t *pointer);
static void pa_write_name(pa_buf_t *b, const pa_str_t *name);


void
pa_reader_init(pa_reader_t *reader, pa_pool_t *pool,
    const pa_request_rules_t *rules, const pa_str_t *body)
{
    memset(reader, 0, sizeof(pa_reader_t));

    reader->pool = pool;
    reader->rules = rules;

    pa_json_scan_init(&reader->scan, pool, body);
}


void
pa_reader_flaw(pa_reader_t *reader, const pa_place_t *place, const char *code,
    const char *detail)
{
    pa_flaw_t  *flaw;

    if (pa_reader_is_full(reader)) {
        return;
    }

    if (reader->flaws == NULL) {
        reader->flaws = pa_alloc(reader->pool,
                                 PA_PROBLEM_MAX_ERRORS * sizeof(pa_flaw_t));
        if (reader->flaws == NULL) {
            reader->no_memory = 1;
            return;
        }
    }

    flaw = &reader->flaws[reader->nflaws];

    if (pa_write_pointer(reader, place, &flaw->pointer) != PA_OK) {
        reader->no_memory = 1;
        return;
    }

    flaw->code = code;
    flaw->detail = detail;

    reader->nflaws++;
}


void
pa_reader_flaw_bound(pa_reader_t *reader, const pa_place_t *place,
    const char *code, const char *before, size_t bound, const char *after)
{
    pa_buf_t  b;
    pa_str_t  detail;

    if (pa_reader_is_full(reader)) {
        return;
    }

    pa_buf_init(&b, reader->pool, 64);
    pa_buf_bytes(&b, before, strlen(before));
    pa_buf_int(&b, (int64_t) bound);
    pa_buf_bytes(&b, after, strlen(after) + 1);

    if (pa_buf_text(&b, &detail) != PA_OK) {
        reader->no_memory = 1;
        return;
    }

    pa_reader_flaw(reader, place, code, (const char *) detail.data);
}


int
pa_reader_skip(pa_reader_t *reader, const pa_place_t *place,
    const char *detail)
{
    pa_reader_flaw(reader, place, "type", detail);

    return pa_json_scan_skip(&reader->scan);
}


/* RFC 6901 section 3 */

static int
pa_write_pointer(pa_reader_t *reader, const pa_place_t *place,
    pa_str_t *pointer)
{
    size_t             n;
    pa_buf_t           b;
    pa_str_t           name;
    const pa_place_t  *places[PA_PLACES];

    for (n = 0; place != NULL; place = place->in) {
        places[n++] = place;
    }

    pa_buf_init(&b, reader->pool, 32);

    while (n > 0) {
        place = places[--n];

        pa_buf_literal(&b, "/");

        if (place->name == NULL) {
            pa_buf_int(&b, (int64_t) place->index);
            continue;
        }

        if (pa_json_string_decode(reader->pool, place->name, &name) != PA_OK) {
            return PA_ERROR;
        }

        pa_write_name(&b, &name);
    }

    return pa_buf_text(&b, pointer);
}


static void
pa_write_name(pa_buf_t *b, const pa_str_t *name)
{
    size_t  i, written;

    written = 0;

    for (i = 0; i < name->len; i++) {

        if (name->data[i] != '~' && name->data[i] != '/') {
            continue;
        }

        pa_buf_bytes(b, name->data + written, i - written);
        pa_buf_bytes(b, name->data[i] == '~' ? "~0" : "~1", 2);
        written = i + 1;
    }

    pa_buf_bytes(b, name->data + written, name->len - written);
}
