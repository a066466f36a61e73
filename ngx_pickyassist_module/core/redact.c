
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"
#include "redact.h"
#include "spelling.h"


/* the secret itself, and base64 at three alignments */
#define PA_REDACT_NEEDLES   4

/* the characters that needles consist of: those of ASCII from here on */
#define PA_REDACT_FIRST     0x20
#define PA_REDACT_CHARS     96

/* places that a spelling may reach to, and bits of "pending" */
#define PA_REDACT_RING      PA_SPELLING_SIZE

/* words of a ring that is on the stack */
#define PA_REDACT_WORDS     8

#define pa_redact_words(bits)  (((bits) + 63) / 64)
#define pa_redact_set(set, i)  ((set)[(i) / 64] |= (uint64_t) 1 << ((i) % 64))


/*
 * The needles stand one behind the other, a bit for each of their characters.
 * The sets of bits are in one array: begin and accept, the first and the last
 * ones of the needles; strong, those that may be spelt in all ways; lead, first
 * ones before which there is a character that tells some bits of the secret;
 * and for each character, where it may stand.
 */

struct pa_redact_s {
    size_t               size;        /* of the memory, this included */
    size_t               min;         /* no text with the secret is shorter */
    size_t               words;       /* of a set */
    uint64_t            *begin;
    uint64_t            *accept;
    uint64_t            *strong;
    uint64_t            *lead;
    uint64_t            *masks;
    uint8_t              first[256];  /* a spelling may begin with this byte */
};


/* a text being searched */

typedef struct {
    const pa_redact_t   *redact;
    const uint8_t       *start;
    const uint8_t       *last;
    uint64_t            *ring;        /* sets for the places that come next */
    uint64_t             pending;     /* which of them are not empty */
} pa_search_t;


static size_t pa_redact_base64(pa_redact_t *redact, const pa_str_t *secret,
    size_t skip, size_t bit);
static void pa_redact_base64_char(pa_redact_t *redact, size_t bit,
    unsigned first, unsigned n);
static void pa_redact_allow(pa_redact_t *redact, size_t bit, uint8_t c);
static void pa_redact_needle(pa_redact_t *redact, size_t first, size_t last,
    int lead);
static void pa_redact_beginnings(pa_redact_t *redact, int strong);
static int pa_redact_one(pa_redactor_t *redactor, const pa_redact_t *redact,
    pa_str_t *text, int copy);
static uint64_t *pa_redact_ring(pa_redactor_t *redactor, size_t words);
static const uint8_t *pa_redact_end(pa_search_t *search, const uint8_t *p);
static const uint8_t *pa_redact_start(pa_search_t *search,
    const uint8_t *end);
static int pa_redact_forward(pa_search_t *search, const uint8_t *p,
    const uint64_t *set, const pa_spelling_t *spelling);
static void pa_redact_backward(pa_search_t *search, const uint8_t *p,
    const uint8_t *end, const pa_spelling_t *spelling);
static uint64_t pa_redact_begins(pa_search_t *search, const uint8_t *p,
    const uint64_t *begin);


static inline uint64_t *
pa_redact_slot(pa_search_t *search, const uint8_t *p)
{
    size_t  i;

    i = (size_t) (p - search->start) % PA_REDACT_RING;

    return search->ring + i * search->redact->words;
}


static inline const uint64_t *
pa_redact_mask(const pa_redact_t *redact, uint8_t c)
{
    return redact->masks + (size_t) (c - PA_REDACT_FIRST) * redact->words;
}


static inline int
pa_redact_is_needed(uint8_t c)
{
    return c >= PA_REDACT_FIRST && c - PA_REDACT_FIRST < PA_REDACT_CHARS;
}


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

    strong = (secret->len >= PA_REDACT_MIN);

    /* base64 has four characters for three bytes, and one of a part */

    bits = secret->len;
    bits += strong ? 3 * (secret->len * 4 / 3 + 2) : 0;
    words = pa_redact_words(bits);

    size = sizeof(pa_redact_t)
           + (PA_REDACT_NEEDLES + PA_REDACT_CHARS) * words * sizeof(uint64_t);

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
        pa_redact_allow(redact, bit, (uint8_t) alphabet[value]);

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


/* the bytes with which the spelling of a needle may begin */

static void
pa_redact_beginnings(pa_redact_t *redact, int strong)
{
    size_t           i, c;
    uint64_t         begins;
    const uint64_t  *mask;

    static const char  hex[] = "0123456789abcdef0123456789ABCDEF";

    for (c = PA_REDACT_FIRST; c < PA_REDACT_FIRST + PA_REDACT_CHARS; c++) {

        mask = pa_redact_mask(redact, (uint8_t) c);
        begins = 0;

        for (i = 0; i < redact->words; i++) {
            begins |= mask[i] & redact->begin[i];
        }

        if (begins == 0) {
            continue;
        }

        redact->first[c] = 1;

        if (strong) {
            redact->first[(uint8_t) hex[c >> 4]] = 1;
            redact->first[(uint8_t) hex[(c >> 4) + 16]] = 1;
        }
    }

    redact->first['\\'] = 1;

    if (strong) {
        redact->first['%'] = 1;
        redact->first['&'] = 1;
    }
}


void
pa_redact_wipe(pa_redact_t *redact)
{
    size_t             size;
    volatile uint8_t  *p;

    /* volatile, as memory that nobody reads again need not be written */

    p = (volatile uint8_t *) redact;

    for (size = redact->size; size != 0; size--) {
        *p++ = 0;
    }
}


int
pa_redact(pa_redactor_t *redactor, pa_str_t *text, int copy)
{
    size_t              i;
    const uint8_t      *data;
    const pa_redact_t  *redact;

    for (i = 0; i < redactor->nredacts; i++) {

        redact = redactor->redacts[i];

        if (redact == NULL || text->len < redact->min) {
            continue;
        }

        data = text->data;

        if (pa_redact_one(redactor, redact, text, copy) != PA_OK) {
            text->len = 0;
            return PA_ERROR;
        }

        /* what is ours now may still hold the next one */

        copy |= (text->data != data);
    }

    return PA_OK;
}


static int
pa_redact_one(pa_redactor_t *redactor, const pa_redact_t *redact,
    pa_str_t *text, int copy)
{
    pa_buf_t        b;
    uint64_t        ring[PA_REDACT_RING * PA_REDACT_WORDS];
    pa_search_t     search;
    const uint8_t  *p, *end, *start;

    search.redact = redact;
    search.start = text->data;
    search.last = text->data + text->len;
    search.pending = 0;

    /* most texts end here */

    p = text->data;

    for ( /* void */ ; /* void */ ; p++) {

        if ((size_t) (search.last - p) < redact->min) {
            return PA_OK;
        }

        if (redact->first[*p]) {
            break;
        }
    }

    search.ring = ring;

    if (redact->words > PA_REDACT_WORDS) {

        search.ring = pa_redact_ring(redactor, redact->words);
        if (search.ring == NULL) {
            return PA_ERROR;
        }
    }

    end = pa_redact_end(&search, p);

    if (end == NULL) {
        return PA_OK;
    }

    pa_buf_init(&b, redactor->pool, text->len + 16);

    while (end != NULL) {

        start = pa_redact_start(&search, end);

        pa_buf_bytes(&b, search.start, (size_t) (start - search.start));
        pa_buf_literal(&b, "[redacted]");

        if (copy) {
            memset((uint8_t *) start, 0, (size_t) (end - start));
        }

        search.start = end;
        end = pa_redact_end(&search, end);
    }

    pa_buf_bytes(&b, search.start, (size_t) (search.last - search.start));

    return pa_buf_text(&b, text);
}


/* one for all texts, as long as it is large enough */

static uint64_t *
pa_redact_ring(pa_redactor_t *redactor, size_t words)
{
    if (redactor->ring_words < words) {

        redactor->ring = pa_alloc(redactor->pool, PA_REDACT_RING * words
                                                  * sizeof(uint64_t));
        redactor->ring_words = redactor->ring ? words : 0;
    }

    return redactor->ring;
}


/* where the first needle from p on ends; NULL: nowhere */

static const uint8_t *
pa_redact_end(pa_search_t *search, const uint8_t *p)
{
    size_t              i, n, len;
    uint64_t           *set;
    pa_spelling_t       spellings[PA_SPELLINGS];
    const pa_redact_t  *redact;

    redact = search->redact;
    search->pending = 0;

    for ( /* void */ ; p < search->last; p++) {

        if (!(search->pending & 1)) {

            if (search->pending == 0
                && (size_t) (search->last - p) < redact->min)
            {
                return NULL;
            }

            if (!redact->first[*p]) {
                search->pending >>= 1;
                continue;
            }

            memset(pa_redact_slot(search, p), 0,
                   redact->words * sizeof(uint64_t));
        }

        set = pa_redact_slot(search, p);

        for (i = redact->words; i > 1; i--) {
            set[i - 1] = set[i - 1] << 1 | set[i - 2] >> 63
                         | redact->begin[i - 1];
        }

        set[0] = set[0] << 1 | redact->begin[0];

        n = pa_spellings(p, search->last, spellings);
        len = 0;

        for (i = 0; i < n; i++) {

            /* of "%" and "%25" the longer one: no half of an escape is left */

            if (pa_redact_forward(search, p, set, &spellings[i])
                && spellings[i].len > len)
            {
                len = spellings[i].len;
            }
        }

        if (len) {
            return p + len;
        }

        search->pending >>= 1;
    }

    return NULL;
}


/*
 * Where the needle that ends there begins.  Of several places the first one,
 * so that no half of an escape is left, and nothing of what was escaped.
 */

static const uint8_t *
pa_redact_start(pa_search_t *search, const uint8_t *end)
{
    size_t          i, n;
    uint64_t        begins, leads;
    const uint8_t  *p, *start;
    pa_spelling_t   spellings[PA_SPELLINGS];

    start = end;
    leads = 0;
    search->pending = 0;

    for (p = end; p > search->start; /* void */ ) {

        p--;
        search->pending <<= 1;

        if (search->pending == 0 && end - p >= PA_REDACT_RING) {
            break;
        }

        memset(pa_redact_slot(search, p), 0,
               search->redact->words * sizeof(uint64_t));

        n = pa_spellings(p, end, spellings);

        for (i = 0; i < n; i++) {
            pa_redact_backward(search, p, end, &spellings[i]);
        }

        if (!(search->pending & 1)) {
            continue;
        }

        begins = pa_redact_begins(search, p, search->redact->begin);

        if (begins) {
            start = p;
            leads = pa_redact_begins(search, p, search->redact->lead);
        }
    }

    /* what depends on a bit of the secret goes as well */

    if (leads && start > search->start && pa_is_base64(start[-1])) {
        start--;
    }

    return start;
}


/* a character more, if its spelling is one; 1: it is a needle's last one */

static int
pa_redact_forward(pa_search_t *search, const uint8_t *p, const uint64_t *set,
    const pa_spelling_t *spelling)
{
    int                 is_pending;
    size_t              i;
    uint64_t            bits, any, ends, *next;
    const uint64_t     *mask;
    const pa_redact_t  *redact;

    if (!pa_redact_is_needed(spelling->c)) {
        return 0;
    }

    redact = search->redact;
    mask = pa_redact_mask(redact, spelling->c);
    next = pa_redact_slot(search, p + spelling->len);
    is_pending = search->pending >> spelling->len & 1;
    any = 0;
    ends = 0;

    for (i = 0; i < redact->words; i++) {
        bits = set[i] & mask[i];

        if (spelling->strong) {
            bits &= redact->strong[i];
        }

        next[i] = is_pending ? next[i] | bits : bits;
        any |= bits;
        ends |= bits & redact->accept[i];
    }

    search->pending |= (uint64_t) (any != 0) << spelling->len;

    return ends != 0;
}


/* the same from behind: what follows the spelling is the rest of a needle */

static void
pa_redact_backward(pa_search_t *search, const uint8_t *p, const uint8_t *end,
    const pa_spelling_t *spelling)
{
    size_t              i, words;
    uint64_t            bits, any, *set;
    const uint64_t     *mask, *rest;
    const pa_redact_t  *redact;

    if (!pa_redact_is_needed(spelling->c)) {
        return;
    }

    if (p + spelling->len != end && !(search->pending >> spelling->len & 1)) {
        return;
    }

    redact = search->redact;
    words = redact->words;
    mask = pa_redact_mask(redact, spelling->c);
    set = pa_redact_slot(search, p);
    rest = pa_redact_slot(search, p + spelling->len);
    any = 0;

    for (i = 0; i < words; i++) {

        if (p + spelling->len == end) {
            bits = redact->accept[i];

        } else {
            bits = rest[i] >> 1;
            bits |= (i + 1 < words) ? rest[i + 1] << 63 : 0;
            bits &= ~redact->accept[i];
        }

        bits &= mask[i];

        if (spelling->strong) {
            bits &= redact->strong[i];
        }

        set[i] |= bits;
        any |= bits;
    }

    search->pending |= (any != 0);
}


static uint64_t
pa_redact_begins(pa_search_t *search, const uint8_t *p, const uint64_t *begin)
{
    size_t           i;
    uint64_t         begins;
    const uint64_t  *set;

    set = pa_redact_slot(search, p);
    begins = 0;

    for (i = 0; i < search->redact->words; i++) {
        begins |= set[i] & begin[i];
    }

    return begins;
}
