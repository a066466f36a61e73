
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "buf.h"
#include "redact.h"
#include "spelling.h"


/* places that a spelling may reach to, and bits of "pending" */
#define PA_REDACT_RING      PA_SPELLING_SIZE

/* words of a ring that is on the stack */
#define PA_REDACT_WORDS     8

#define PA_REDACTED         "[redacted]"
#define PA_REDACTED_LEN     (sizeof(PA_REDACTED) - 1)


/* a text being searched */

typedef struct {
    const pa_redact_t   *redact;
    const uint8_t       *start;
    const uint8_t       *last;
    uint64_t            *ring;        /* sets for the places that come next */
    uint64_t             pending;     /* which of them are not empty */
} pa_search_t;


static int pa_redact_one(pa_redactor_t *redactor, const pa_redact_t *redact,
    pa_str_t *text, const uint8_t *p, int copy);
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


/* one that is escaped may be anything; p is not the last byte of a text */

static inline int
pa_redact_may_begin(const pa_redact_t *redact, const uint8_t *p)
{
    return redact->first[*p] > 1
           || (redact->first[*p] && redact->second[p[1]]);
}


/* the first place where a needle may begin; NULL: none fits into the rest */

static inline const uint8_t *
pa_redact_skip(const pa_redact_t *redact, const uint8_t *p,
    const uint8_t *last)
{
    for ( /* void */ ; (size_t) (last - p) >= redact->min; p++) {
        if (pa_redact_may_begin(redact, p)) {
            return p;
        }
    }

    return NULL;
}


void
pa_redactor_init(pa_redactor_t *redactor, pa_pool_t *pool,
    const pa_redact_t *const *redacts, size_t nredacts)
{
    size_t  i;

    redactor->pool = pool;
    redactor->redacts = redacts;
    redactor->nredacts = nredacts;
    redactor->min = SIZE_MAX;
    redactor->ring = NULL;
    redactor->ring_words = 0;

    for (i = 0; i < nredacts; i++) {
        if (redacts[i] && redacts[i]->min < redactor->min) {
            redactor->min = redacts[i]->min;
        }
    }
}


int
pa_redact_long(pa_redactor_t *redactor, pa_str_t *text, int copy)
{
    size_t              i;
    const uint8_t      *p, *data;
    const pa_redact_t  *redact;

    for (i = 0; i < redactor->nredacts; i++) {

        redact = redactor->redacts[i];

        if (redact == NULL) {
            continue;
        }

        data = text->data;
        p = pa_redact_skip(redact, data, data + text->len);

        /* most texts end here */

        if (p == NULL) {
            continue;
        }

        if (pa_redact_one(redactor, redact, text, p, copy) != PA_OK) {
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
    pa_str_t *text, const uint8_t *p, int copy)
{
    size_t          size;
    pa_buf_t        b;
    uint64_t        ring[PA_REDACT_RING * PA_REDACT_WORDS];
    pa_search_t     search;
    const uint8_t  *end, *start;

    search.redact = redact;
    search.start = text->data;
    search.last = text->data + text->len;
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

    /* it never grows, which would leave a copy with the other secret */

    size = text->len;

    if (redact->min < PA_REDACTED_LEN) {
        size = text->len / redact->min * PA_REDACTED_LEN + redact->min;
    }

    pa_buf_init(&b, redactor->pool, size);

    while (end != NULL) {

        start = pa_redact_start(&search, end);

        pa_buf_bytes(&b, search.start, (size_t) (start - search.start));
        pa_buf_literal(&b, PA_REDACTED);

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

    for ( /* void */ ; p < search->last; p++, search->pending >>= 1) {

        if (search->pending == 0) {

            p = pa_redact_skip(redact, p, search->last);
            if (p == NULL) {
                return NULL;
            }
        }

        if (!(search->pending & 1)) {

            if ((size_t) (search->last - p) < redact->min
                || !pa_redact_may_begin(redact, p))
            {
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
