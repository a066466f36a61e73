
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "names.h"


/* SipHash-1-3 (Aumasson and Bernstein, 2012) */

typedef struct {
    uint64_t         v0;
    uint64_t         v1;
    uint64_t         v2;
    uint64_t         v3;
} pa_siphash_t;


static int pa_names_grow(pa_names_t *names);
static const uint8_t **pa_names_slot(const pa_names_t *names,
    const pa_json_string_t *name);
static int pa_name_is_at(const uint8_t *slot, const pa_json_string_t *name);
static void pa_name_at(const uint8_t *p, pa_json_string_t *name);
static uint64_t pa_name_hash(const pa_json_string_t *name, uint64_t seed);
static void pa_siphash_word(pa_siphash_t *h, uint64_t word);
static void pa_siphash_round(pa_siphash_t *h);


void
pa_names_init(pa_names_t *names, pa_pool_t *pool, uint64_t seed)
{
    names->pool = pool;
    names->seed = seed;
    names->size = 0;
}


void
pa_names_begin(pa_names_t *names, const uint8_t *object)
{
    names->since = object;
    names->n = 0;
}


int
pa_names_add(pa_names_t *names, const pa_json_string_t *name)
{
    const uint8_t  **slot;

    /* at most half full, so that every search ends at a free slot, and soon */

    if (2 * (names->n + 1) > names->size && pa_names_grow(names) != PA_OK) {
        return PA_ERROR;
    }

    slot = pa_names_slot(names, name);

    if (*slot >= names->since && *slot != NULL) {
        return PA_DONE;
    }

    *slot = name->raw.data;
    names->n++;

    return PA_OK;
}


static int
pa_names_grow(pa_names_t *names)
{
    size_t             i, slot, size;
    const uint8_t    **slots;
    pa_json_string_t   name;

    /* most requests have no such names, and this is not called for them */

    if (names->size == 0) {
        memset(names->few, 0, sizeof(names->few));
        names->slots = names->few;
        names->size = PA_NAMES_FEW;
        return PA_OK;
    }

    size = 4 * names->size;

    slots = pa_alloc(names->pool, size * sizeof(uint8_t *));
    if (slots == NULL) {
        return PA_ERROR;
    }

    memset(slots, 0, size * sizeof(uint8_t *));

    for (i = 0; i < names->size; i++) {

        if (names->slots[i] == NULL || names->slots[i] < names->since) {
            continue;
        }

        pa_name_at(names->slots[i], &name);

        /* all of them are different, and need not be compared */

        slot = pa_name_hash(&name, names->seed) & (size - 1);

        while (slots[slot] != NULL) {
            slot = (slot + 1) & (size - 1);
        }

        slots[slot] = name.raw.data;
    }

    names->slots = slots;
    names->size = size;

    return PA_OK;
}


/* where the name is, or the free slot that it belongs into */

static const uint8_t **
pa_names_slot(const pa_names_t *names, const pa_json_string_t *name)
{
    size_t           i;
    const uint8_t  **slot;

    i = pa_name_hash(name, names->seed) & (names->size - 1);

    for ( ;; ) {
        slot = &names->slots[i];

        if (*slot == NULL || *slot < names->since
            || pa_name_is_at(*slot, name))
        {
            return slot;
        }

        i = (i + 1) & (names->size - 1);
    }
}


/*
 * The one in the slot stands before the name in the body, so there is as much
 * to compare.
 */

static int
pa_name_is_at(const uint8_t *slot, const pa_json_string_t *name)
{
    pa_json_string_t  other;

    if (memcmp(slot, name->raw.data, name->raw.len + 1) == 0) {
        return 1;
    }

    pa_name_at(slot, &other);

    return (name->escaped || other.escaped)
           && pa_json_string_equal(&other, name);
}


/* a name that has been read, up to its last quote */

static void
pa_name_at(const uint8_t *p, pa_json_string_t *name)
{
    name->raw.data = p;
    name->escaped = 0;
    name->odd = 0;

    while (*p != '"') {

        if (*p == '\\') {
            name->escaped = 1;
            p++;
        }

        p++;
    }

    name->raw.len = (size_t) (p - name->raw.data);
}


static uint64_t
pa_name_hash(const pa_json_string_t *name, uint64_t seed)
{
    uint64_t        word;
    unsigned        n;
    pa_siphash_t    h;
    const uint8_t  *p, *last;

    h.v0 = seed ^ 0x736f6d6570736575;
    h.v1 = ~seed ^ 0x646f72616e646f6d;
    h.v2 = seed ^ 0x6c7967656e657261;
    h.v3 = ~seed ^ 0x7465646279746573;

    p = name->raw.data;
    last = p + name->raw.len;

    /* two characters at a time, whose length tells "a" from "a\u0000" */

    for (n = 0; p < last; n++) {
        word = (uint64_t) pa_json_string_char(&p, last);

        if (p < last) {
            word |= (uint64_t) pa_json_string_char(&p, last) << 32;
            n++;
        }

        pa_siphash_word(&h, word);
    }

    pa_siphash_word(&h, n);

    h.v2 ^= 0xff;

    pa_siphash_round(&h);
    pa_siphash_round(&h);
    pa_siphash_round(&h);

    return h.v0 ^ h.v1 ^ h.v2 ^ h.v3;
}


static void
pa_siphash_word(pa_siphash_t *h, uint64_t word)
{
    h->v3 ^= word;
    pa_siphash_round(h);
    h->v0 ^= word;
}


#define pa_rotate(x, n)  ((x) << (n) | (x) >> (64 - (n)))

static void
pa_siphash_round(pa_siphash_t *h)
{
    h->v0 += h->v1;
    h->v1 = pa_rotate(h->v1, 13) ^ h->v0;
    h->v0 = pa_rotate(h->v0, 32);

    h->v2 += h->v3;
    h->v3 = pa_rotate(h->v3, 16) ^ h->v2;

    h->v0 += h->v3;
    h->v3 = pa_rotate(h->v3, 21) ^ h->v0;

    h->v2 += h->v1;
    h->v1 = pa_rotate(h->v1, 17) ^ h->v2;
    h->v2 = pa_rotate(h->v2, 32);
}
