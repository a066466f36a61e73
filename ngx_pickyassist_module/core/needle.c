
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "needle.h"


#define PA_NEEDLE_SETS  4

#define pa_redact_words(bits)  (((bits) + 63) / 64)
#define pa_redact_set(set, i)  ((set)[(i) / 64] |= (uint64_t) 1 << ((i) % 64))


static size_t pa_redact_base64(pa_redact_t *redact, const pa_str_t *secret,
    size_t skip, size_t bit);
static void pa_redact_base64_char(pa_redact_t *redact, size_t bit,
    unsigned first, unsigned n);
static void pa_redact_allow(pa_redact_t *redact, size_t bit, uint8_t c);
static void pa_redact_needle(pa_redact_t *redact, size_t first, size_t last,
    int lead);
static void pa_redact_beginnings(pa_redact_t *redact, int strong);
static uint64_t pa_redact_second(const pa_redact_t *redact, size_t i);


pa_redact_t *
pa_redact_create(pa_pool_t *pool, const pa_str_t *secret)
{
    int           strong;
    size_t        i, bit, bits, words, size;
    uint64_t     *sets;
    pa_redact_t  *redact;

    if (secret->len == 0) {
        return NULL;
    }

    strong = (secret->len >= PA_NEEDLE_MIN);

    /* base64 has four characters for three bytes, and one of a part */

    bits = secret->len;
    bits += strong ? 3 * (secret->len * 4 / 3 + 2) : 0;
    words = pa_redact_words(bits);

    size = sizeof(pa_redact_t)
           + (PA_NEEDLE_SETS + PA_NEEDLE_CHARS) * words * sizeof(uint64_t);

    redact = pa_alloc(pool, size);
    if (redact == NULL) {
        return NULL;
    }

    memset(redact, 0, size);

    sets = (uint64_t *) (redact + 1);

    redact->size = size;
    redact->min = secret->len;
    redact->words = words;
    redact->begin = sets;
    redact->accept = sets + words;
    redact->strong = sets + 2 * words;
    redact->lead = sets + 3 * words;
    redact->masks = sets + 4 * words;

    for (i = 0; i < secret->len; i++) {
        pa_redact_allow(redact, i, secret->data[i]);
    }

    pa_redact_needle(redact, 0, secret->len - 1, 0);

    if (strong) {
        bit = secret->len;

        for (i = 0; i < 3; i++) {
            bit = pa_redact_base64(redact, secret, i, bit);
        }

        for (i = 0; i < bit; i++) {
            pa_redact_set(redact->strong, i);
        }
    }

    pa_redact_beginnings(redact, strong);

    return redact;
}


/*
 * The needle of a secret that begins behind skip bytes of a group: those
 * characters that depend on it alone, beginning with its first bit that is a
 * multiple of six in the group, and the last one, which may depend on what
 * comes behind it as well.  Returns the bit behind the needle's last one.
 */

static size_t
pa_redact_base64(pa_redact_t *redact, const pa_str_t *secret, size_t skip,
    size_t bit)
{
    size_t    first, bits, left, at;
    unsigned  value;

    first = bit;
    bits = 8 * secret->len;

    for (at = (6 - 8 * skip % 6) % 6; at < bits; at += 6) {

        value = (unsigned) secret->data[at / 8] << 8;

        if (at / 8 + 1 < secret->len) {
            value |= secret->data[at / 8 + 1];
        }

        value = value >> (10 - at % 8) & 0x3f;
        left = bits - at;

        pa_redact_base64_char(redact, bit++, value,
                              left < 6 ? 1u << (6 - left) : 1);
    }

    pa_redact_needle(redact, first, bit - 1, skip != 0);

    return bit;
}


/* n values from the first one on, in both alphabets */

static void
pa_redact_base64_char(pa_redact_t *redact, size_t bit, unsigned first,
    unsigned n)
{
    unsigned  value;

    static const char  alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (value = first; value < first + n; value++) {
        pa_redact_allow(redact, bit, (uint8_t) alphabet[value & 0x3f]);

        if (value == 62) {
            pa_redact_allow(redact, bit, '-');

        } else if (value == 63) {
            pa_redact_allow(redact, bit, '_');
        }
    }
}


static void
pa_redact_allow(pa_redact_t *redact, size_t bit, uint8_t c)
{
    if (pa_redact_is_needed(c)) {
        pa_redact_set((uint64_t *) pa_redact_mask(redact, c), bit);
    }
}


static void
pa_redact_needle(pa_redact_t *redact, size_t first, size_t last, int lead)
{
    pa_redact_set(redact->begin, first);
    pa_redact_set(redact->accept, last);

    if (lead) {
        pa_redact_set(redact->lead, first);
    }
}


/*
 * The bytes with which the spelling of a needle may begin: 2 if those of any
 * character may.  And those behind them: the first ones of the second
 * character, or the rest of the first one in hexadecimal.
 */

static void
pa_redact_beginnings(pa_redact_t *redact, int strong)
{
    size_t           i, c;
    uint64_t         begins, follows;
    const uint64_t  *mask;

    static const char  hex[] = "0123456789abcdef0123456789ABCDEF";

    for (c = PA_NEEDLE_FIRST; c < PA_NEEDLE_FIRST + PA_NEEDLE_CHARS; c++) {

        mask = pa_redact_mask(redact, (uint8_t) c);
        begins = 0;
        follows = 0;

        for (i = 0; i < redact->words; i++) {
            begins |= mask[i] & redact->begin[i];
            follows |= mask[i] & pa_redact_second(redact, i);
        }

        if (begins) {
            redact->first[c] |= 1;
        }

        if (follows) {
            redact->second[c] = 1;
        }

        if (!strong) {
            continue;
        }

        for (i = 0; i < 32; i += 16) {

            if (begins) {
                redact->first[(uint8_t) hex[(c >> 4) + i]] |= 1;
                redact->second[(uint8_t) hex[(c & 0xf) + i]] = 1;
            }

            if (follows) {
                redact->second[(uint8_t) hex[(c >> 4) + i]] = 1;
            }
        }
    }

    redact->first['\\'] = 2;
    redact->second['\\'] = 1;

    if (strong) {
        redact->first['%'] = 2;
        redact->first['&'] = 2;
        redact->second['%'] = 1;
        redact->second['&'] = 1;
    }

    /* a needle of one character has no second one */

    for (c = 0; redact->min == 1 && c < sizeof(redact->first); c++) {
        redact->first[c] *= 2;
    }
}


/* a word of the set of the needles' second characters */

static uint64_t
pa_redact_second(const pa_redact_t *redact, size_t i)
{
    return redact->begin[i] << 1 | (i ? redact->begin[i - 1] >> 63 : 0);
}


void
pa_redact_wipe(pa_redact_t *redact)
{
    size_t             size;
    volatile uint8_t  *p;

    /* volatile, or the compiler may omit writes that are never read */

    p = (volatile uint8_t *) redact;

    for (size = redact->size; size != 0; size--) {
        *p++ = 0;
    }
}
