
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "json/string.h"
#include "url.h"


#define PA_PORT_MAX  65535


static int pa_url_has_space(const pa_str_t *url);
static const uint8_t *pa_url_scheme(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_url_host(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_url_literal(const uint8_t *p, const uint8_t *last);
static const uint8_t *pa_url_port(const uint8_t *p, const uint8_t *last);


int
pa_url_check(const pa_str_t *url)
{
    const uint8_t  *p, *last;

    p = url->data;
    last = p + url->len;

    if (pa_url_has_space(url)) {
        return PA_ERROR;
    }

    p = pa_url_scheme(p, last);

    if (p == NULL) {
        return PA_ERROR;
    }

    p = (p < last && *p == '[') ? pa_url_literal(p + 1, last)
                                : pa_url_host(p, last);

    if (p != NULL && p < last && *p == ':') {
        p = pa_url_port(p + 1, last);
    }

    if (p == NULL) {
        return PA_ERROR;
    }

    /* anything else, "@" and backslash above all, is no end of a host */

    return p == last || *p == '/' || *p == '?' || *p == '#' ? PA_OK : PA_ERROR;
}


/* Unicode's White_Space, and its control characters */

static int
pa_url_has_space(const pa_str_t *url)
{
    uint32_t        ch;
    const uint8_t  *p, *last;

    p = url->data;
    last = p + url->len;

    while (p < last) {

        if (*p < 0x80) {

            if (*p <= ' ' || *p == 0x7f) {
                return 1;
            }

            p++;
            continue;
        }

        ch = pa_json_string_char(&p, last);

        if (ch <= 0xa0 || ch == 0x1680 || (ch >= 0x2000 && ch <= 0x200a)
            || ch == 0x2028 || ch == 0x2029 || ch == 0x202f || ch == 0x205f
            || ch == 0x3000)
        {
            return 1;
        }
    }

    return 0;
}


/* where the host begins, NULL if there is no scheme that the vendor can use */

static const uint8_t *
pa_url_scheme(const uint8_t *p, const uint8_t *last)
{
    size_t  i;

    static const pa_str_t  http = pa_string("http");
    static const pa_str_t  slashes = pa_string("://");

    /* in any case (RFC 3986 section 3.1) */

    for (i = 0; i < http.len; i++, p++) {
        if (p == last || (*p | 0x20) != http.data[i]) {
            return NULL;
        }
    }

    if (p < last && (*p | 0x20) == 's') {
        p++;
    }

    if ((size_t) (last - p) < slashes.len
        || memcmp(p, slashes.data, slashes.len) != 0)
    {
        return NULL;
    }

    return p + slashes.len;
}


/* the end of a name or an IPv4 address, NULL if there is none */

static const uint8_t *
pa_url_host(const uint8_t *p, const uint8_t *last)
{
    uint8_t         c;
    const uint8_t  *first;

    for (first = p; p < last; p++) {
        c = *p | 0x20;

        if (*p >= 0x80 || (c >= 'a' && c <= 'z') || (*p >= '0' && *p <= '9')) {
            continue;
        }

        /* no null byte, which strchr() would find: those are refused above */

        if (strchr("-._~%!$&'()*+,;=", *p) == NULL) {
            break;
        }
    }

    return p != first ? p : NULL;
}


/* likewise of an IPv6 address, p being behind its first bracket */

static const uint8_t *
pa_url_literal(const uint8_t *p, const uint8_t *last)
{
    uint8_t         c;
    const uint8_t  *first;

    for (first = p; p < last && *p != ']'; p++) {
        c = *p | 0x20;

        if ((c < 'a' || c > 'f') && (*p < '0' || *p > '9')
            && *p != ':' && *p != '.')
        {
            return NULL;
        }
    }

    return p < last && p != first ? p + 1 : NULL;
}


/* likewise of a port, which may be empty (RFC 3986 section 3.2.3) */

static const uint8_t *
pa_url_port(const uint8_t *p, const uint8_t *last)
{
    unsigned  port;

    for (port = 0; p < last && *p >= '0' && *p <= '9'; p++) {
        port = port * 10 + (*p - '0');

        if (port > PA_PORT_MAX) {
            return NULL;
        }
    }

    return p;
}
