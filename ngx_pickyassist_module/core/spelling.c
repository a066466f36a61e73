
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "spelling.h"


/* backslashes before one character, where JSON is quoted within JSON */
#define PA_MAX_BACKSLASHES  7

/* how often an escape of a URL or of HTML is itself escaped */
#define PA_MAX_NESTED       3

/* digits of a character reference, leading zeros included */
#define PA_MAX_DIGITS       8


typedef struct {
    pa_spelling_t       *spellings;
    size_t               n;
    const uint8_t       *start;
    const uint8_t       *last;
} pa_speller_t;


typedef struct {
    uint8_t              c;
    uint8_t              is_bare;     /* the semicolon may be missing */
    pa_str_t             name;
} pa_entity_t;


static void pa_spell_json(pa_speller_t *speller);
static void pa_spell_percent(pa_speller_t *speller);
static void pa_spell_entity(pa_speller_t *speller);
static void pa_spell_reference(pa_speller_t *speller, const uint8_t *p);
static void pa_spell_named(pa_speller_t *speller, const uint8_t *p);
static void pa_spell(pa_speller_t *speller, unsigned c, const uint8_t *end,
    int strong);
static int pa_hex2(const uint8_t *p, const uint8_t *last);
static int pa_hex_digit(uint8_t c);


/* entities of HTML for a visible ASCII character */

static const pa_entity_t  pa_entities[] = {
    { '!', 0, pa_string("excl") },
    { '"', 1, pa_string("quot") },
    { '"', 1, pa_string("QUOT") },
    { '#', 0, pa_string("num") },
    { '$', 0, pa_string("dollar") },
    { '%', 0, pa_string("percnt") },
    { '&', 1, pa_string("amp") },
    { '&', 1, pa_string("AMP") },
    { '\'', 0, pa_string("apos") },
    { '(', 0, pa_string("lpar") },
    { ')', 0, pa_string("rpar") },
    { '*', 0, pa_string("ast") },
    { '*', 0, pa_string("midast") },
    { '+', 0, pa_string("plus") },
    { ',', 0, pa_string("comma") },
    { '.', 0, pa_string("period") },
    { '/', 0, pa_string("sol") },
    { ':', 0, pa_string("colon") },
    { ';', 0, pa_string("semi") },
    { '<', 1, pa_string("lt") },
    { '<', 1, pa_string("LT") },
    { '=', 0, pa_string("equals") },
    { '>', 1, pa_string("gt") },
    { '>', 1, pa_string("GT") },
    { '?', 0, pa_string("quest") },
    { '@', 0, pa_string("commat") },
    { '[', 0, pa_string("lsqb") },
    { '[', 0, pa_string("lbrack") },
    { '\\', 0, pa_string("bsol") },
    { ']', 0, pa_string("rsqb") },
    { ']', 0, pa_string("rbrack") },
    { '^', 0, pa_string("Hat") },
    { '_', 0, pa_string("lowbar") },
    { '_', 0, pa_string("UnderBar") },
    { '`', 0, pa_string("grave") },
    { '`', 0, pa_string("DiacriticalGrave") },
    { '{', 0, pa_string("lcub") },
    { '{', 0, pa_string("lbrace") },
    { '|', 0, pa_string("verbar") },
    { '|', 0, pa_string("vert") },
    { '|', 0, pa_string("VerticalLine") },
    { '}', 0, pa_string("rcub") },
    { '}', 0, pa_string("rbrace") }
};


size_t
pa_spellings(const uint8_t *p, const uint8_t *last, pa_spelling_t *spellings)
{
    int           c;
    pa_speller_t  speller;

    speller.spellings = spellings;
    speller.n = 0;
    speller.start = p;
    speller.last = last;

    pa_spell(&speller, *p, p + 1, 0);

    switch (*p) {

    case '\\':
        pa_spell_json(&speller);
        break;

    case '%':
        pa_spell_percent(&speller);
        break;

    case '&':
        pa_spell_entity(&speller);
        break;

    default:
        c = pa_hex2(p, last);

        if (c >= 0) {
            pa_spell(&speller, (unsigned) c, p + 2, 1);
        }
    }

    return speller.n;
}


/* up to seven backslashes represent one, or the character after them */

static void
pa_spell_json(pa_speller_t *speller)
{
    int             c;
    size_t          n;
    const uint8_t  *p, *last;

    p = speller->start;
    last = speller->last;

    for (n = 1; n < PA_MAX_BACKSLASHES; n++) {

        if (last - p < 2 || p[1] != '\\') {
            break;
        }

        p++;
        pa_spell(speller, '\\', p + 1, 0);
    }

    p++;

    if (p == last || *p == '\\') {
        return;
    }

    pa_spell(speller, *p, p + 1, 0);

    if (*p == 'u' && last - p >= 5 && p[1] == '0' && p[2] == '0') {
        c = pa_hex2(p + 3, last);

        if (c >= 0) {
            pa_spell(speller, (unsigned) c, p + 5, 0);
        }

    } else if (*p == 'x') {
        c = pa_hex2(p + 1, last);

        if (c >= 0) {
            pa_spell(speller, (unsigned) c, p + 3, 1);
        }
    }
}


/* "%2B", "%252B", and "%u002B" as JavaScript's escape() has it */

static void
pa_spell_percent(pa_speller_t *speller)
{
    int             c;
    size_t          n;
    const uint8_t  *p, *last;

    p = speller->start + 1;
    last = speller->last;

    for (n = 0; n <= PA_MAX_NESTED; n++) {

        if (last - p >= 5 && p[0] == 'u' && p[1] == '0' && p[2] == '0') {
            p += 3;
        }

        c = pa_hex2(p, last);
        if (c < 0) {
            return;
        }

        p += 2;
        pa_spell(speller, (unsigned) c, p, 1);

        if (c != '%') {
            return;
        }
    }
}


static void
pa_spell_entity(pa_speller_t *speller)
{
    size_t          n;
    const uint8_t  *p;

    p = speller->start + 1;

    for (n = 0; n <= PA_MAX_NESTED; n++) {

        if (p < speller->last && *p == '#') {
            pa_spell_reference(speller, p + 1);

        } else {
            pa_spell_named(speller, p);
        }

        if (speller->last - p < 4 || memcmp(p, "amp;", 4) != 0) {
            return;
        }

        p += 4;
    }
}


/* "43", "x2B", with or without a semicolon */

static void
pa_spell_reference(pa_speller_t *speller, const uint8_t *p)
{
    int             digit;
    unsigned        c, base;
    const uint8_t  *first;

    base = 10;

    if (p < speller->last && (*p | 0x20) == 'x') {
        base = 16;
        p++;
    }

    c = 0;

    for (first = p; p < speller->last; p++) {

        digit = pa_hex_digit(*p);

        if (digit < 0 || digit >= (int) base) {
            break;
        }

        if (p - first == PA_MAX_DIGITS) {
            return;
        }

        c = c * base + (unsigned) digit;
    }

    if (p == first) {
        return;
    }

    if (p < speller->last && *p == ';') {
        p++;
    }

    pa_spell(speller, c, p, 1);
}


static void
pa_spell_named(pa_speller_t *speller, const uint8_t *p)
{
    size_t              i, left;
    const pa_str_t     *name;
    const pa_entity_t  *entity;

    left = (size_t) (speller->last - p);

    for (i = 0; i < sizeof(pa_entities) / sizeof(pa_entities[0]); i++) {

        entity = &pa_entities[i];
        name = &entity->name;

        if (left < name->len || memcmp(p, name->data, name->len) != 0) {
            continue;
        }

        if (left > name->len && p[name->len] == ';') {
            pa_spell(speller, entity->c, p + name->len + 1, 1);
            return;
        }

        if (entity->is_bare) {
            pa_spell(speller, entity->c, p + name->len, 1);
            return;
        }
    }
}


static void
pa_spell(pa_speller_t *speller, unsigned c, const uint8_t *end, int strong)
{
    pa_spelling_t  *spelling;

    if (c > 0xff || speller->n == PA_SPELLINGS) {
        return;
    }

    spelling = &speller->spellings[speller->n++];

    spelling->c = (uint8_t) c;
    spelling->len = (uint8_t) (end - speller->start);
    spelling->strong = (strong != 0);
}


int
pa_is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9')
           || c == '+' || c == '/' || c == '-' || c == '_';
}


/* two hexadecimal digits; -1: there are none */

static int
pa_hex2(const uint8_t *p, const uint8_t *last)
{
    int  high, low;

    if (last - p < 2) {
        return -1;
    }

    high = pa_hex_digit(p[0]);
    low = pa_hex_digit(p[1]);

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}


static int
pa_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
