
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <strings.h>

#include "media_type.h"


#define pa_text_is(text, size, literal)                                       \
    ((size) == sizeof(literal) - 1                                            \
     && strncasecmp((const char *) (text), literal, (size)) == 0)


static int pa_is_content_coding(const uint8_t *name, size_t len);
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


/* parameters, which no coding has, and whatever else follows, are let pass */

int
pa_content_is_encoded(const pa_str_t *value)
{
    const uint8_t  *p, *last, *name;

    p = value->data;
    last = p + value->len;

    while (p < last) {
        name = pa_skip_blank(p, last);
        p = pa_skip_token(name, last);

        if (pa_is_content_coding(name, (size_t) (p - name))) {
            return 1;
        }

        while (p < last && *p++ != ',') { /* void */ }
    }

    return 0;
}


/* IANA's registry of HTTP content codings, without "identity" */

static int
pa_is_content_coding(const uint8_t *name, size_t len)
{
    size_t           i;
    const pa_str_t  *coding;

    static const pa_str_t  codings[] = {
        pa_string("aes128gcm"),
        pa_string("br"),
        pa_string("compress"),
        pa_string("dcb"),
        pa_string("dcz"),
        pa_string("deflate"),
        pa_string("exi"),
        pa_string("gzip"),
        pa_string("pack200-gzip"),
        pa_string("x-compress"),
        pa_string("x-gzip"),
        pa_string("zstd")
    };

    for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        coding = &codings[i];

        if (coding->len == len
            && strncasecmp((const char *) coding->data, (const char *) name,
                           len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
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
