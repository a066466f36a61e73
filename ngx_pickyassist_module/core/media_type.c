
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <strings.h>

#include "media_type.h"


#define pa_text_is(text, size, literal)                                       \
    ((size) == sizeof(literal) - 1                                            \
     && strncasecmp((const char *) (text), literal, (size)) == 0)


static const uint8_t *pa_skip_blank(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_skip_token(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_skip_quoted(const uint8_t *p, const uint8_t *last);


int
pa_media_type_is_json(const pa_str_t *value)
{
    size_t          name_len, len;
    const uint8_t  *p, *last, *name, *text;

    static const char  json[] = "application/json";

    p = value->data;
    last = p + value->len;

    if (value->len < sizeof(json) - 1
        || !pa_text_is(p, sizeof(json) - 1, "application/json"))
    {
        return 0;
    }

    p = pa_skip_blank(p + sizeof(json) - 1, last);

    while (p < last) {

        if (*p++ != ';') {
            return 0;
        }

        /* an empty parameter is allowed: "application/json;" */

        name = pa_skip_blank(p, last);
        p = pa_skip_token(name, last);

        if (p == name) {
            continue;
        }

        name_len = (size_t) (p - name);

        if (p == last || *p++ != '=') {
            return 0;
        }

        text = p;

        if (p < last && *p == '"') {
            p = pa_skip_quoted(p, last);
            if (p == NULL) {
                return 0;
            }

            text++;
            len = (size_t) (p - text) - 1;

        } else {
            p = pa_skip_token(p, last);
            len = (size_t) (p - text);

            if (len == 0) {
                return 0;
            }
        }

        if (pa_text_is(name, name_len, "charset")
            && !pa_text_is(text, len, "utf-8"))
        {
            return 0;
        }

        p = pa_skip_blank(p, last);
    }

    return 1;
}


static const uint8_t *
pa_skip_blank(const uint8_t *p, const uint8_t *last)
{
    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    return p;
}


/* RFC 9110 section 5.6.2 */

static const uint8_t *
pa_skip_token(const uint8_t *p, const uint8_t *last)
{
    while (p < last
           && *p > 0x20 && *p < 0x7f
           && strchr("\"(),/:;<=>?@[\\]{}", *p) == NULL)
    {
        p++;
    }

    return p;
}


/* RFC 9110 section 5.6.4; NULL: the closing quote is missing */

static const uint8_t *
pa_skip_quoted(const uint8_t *p, const uint8_t *last)
{
    for (p++; p < last; p++) {

        if (*p == '"') {
            return p + 1;
        }

        if (*p == '\\' && ++p == last) {
            break;
        }
    }

    return NULL;
}
