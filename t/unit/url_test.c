
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * URLs by RFC 3986, in memory that ends where they end.  White space is tested
 * with the members that are URLs.
 */


#include <ctype.h>
#include <string.h>

#include "unit.h"
#include "url.h"


static void test_urls(void);
static void test_every_byte(void);
static void test_truncated(void);
static int check(const char *format, int c);


int
main(void)
{
    test_urls();
    test_every_byte();
    test_truncated();

    return unit_end();
}


static void
test_urls(void)
{
    size_t    i, n;
    uint8_t   room[64];
    pa_str_t  url;

    static const char  *behind[] = {
        "h", "s://h", "://h", "//h", "]", ":", "5", "@h", "/", " ", "\\"
    };

    static const struct {
        pa_str_t  url;
        int       valid;
    } rows[] = {

        /* the scheme, in any case */

        { T("http://h"), 1 },
        { T("https://h"), 1 },
        { T("HTTP://h"), 1 },
        { T("hTtPs://h"), 1 },
        { T("HTTPS://H"), 1 },
        { T("httpss://h"), 0 },
        { T("httpt://h"), 0 },
        { T("htp://h"), 0 },
        { T("sttp://h"), 0 },
        { T("hsttp://h"), 0 },
        { T("httx://h"), 0 },
        { T("//h"), 0 },
        { T("://h"), 0 },
        { T("h"), 0 },
        { T("http:h"), 0 },
        { T("http:/h"), 0 },
        { T("http//h"), 0 },
        { T("http:\\\\h"), 0 },
        { T("http:/\\h"), 0 },
        { T("https;//h"), 0 },
        { T(""), 0 },

        /* the host */

        { T("http:///"), 0 },
        { T("http://?"), 0 },
        { T("http://#"), 0 },
        { T("http://:80"), 0 },
        { T("http:////h"), 0 },
        { T("http://h.example."), 1 },
        { T("http://192.0.2.1"), 1 },
        { T("http://b\xc3\xbc" "cher"), 1 },
        { T("http://\xf0\x9f\x94\x91"), 1 },
        { T("http://\xf4\x8f\xbf\xbf"), 1 },
        { T("http://\xc2\xa1"), 1 },

        { T("http://[::1]"), 1 },
        { T("http://[::ffff:192.0.2.1]"), 1 },
        { T("http://[2001:DB8::aF09]"), 1 },
        { T("http://[]"), 0 },
        { T("http://[]/"), 0 },
        { T("http://[::1"), 0 },
        { T("http://[::1/]"), 0 },
        { T("http://[::1]]"), 0 },
        { T("http://[[::1]]"), 0 },
        { T("http://[::1]h"), 0 },
        { T("http://[::1]1"), 0 },
        { T("http://h[::1]"), 0 },
        { T("http://::1"), 0 },
        { T("http://::1]"), 0 },
        { T("http://[fe80::1%25eth0]"), 0 },
        { T("http://[v1.a]"), 0 },
        { T("http://[\xc3\xbc]"), 0 },

        /* the port, which may be empty */

        { T("http://h:"), 1 },
        { T("http://h:/"), 1 },
        { T("http://h:?"), 1 },
        { T("http://h:#"), 1 },
        { T("http://h:0"), 1 },
        { T("http://h:80"), 1 },
        { T("http://h:9999/"), 1 },
        { T("http://h:65535"), 1 },
        { T("http://h:65536"), 0 },
        { T("http://h:65540"), 0 },
        { T("http://h:65600"), 0 },
        { T("http://h:655350"), 0 },
        { T("http://h:00000065535"), 1 },
        { T("http://h:00000065536"), 0 },
        { T("http://h:4294967376"), 0 },
        { T("http://h:18446744073709551696"), 0 },
        { T("http://h:8a"), 0 },
        { T("http://h:a"), 0 },
        { T("http://h:-1"), 0 },
        { T("http://h:+1"), 0 },
        { T("http://h:80:80"), 0 },
        { T("http://h::80"), 0 },
        { T("http://[::1]:"), 1 },
        { T("http://[::1]:65535/"), 1 },
        { T("http://[::1]:65536/"), 0 },
        { T("http://[::1]:x"), 0 },

        /* what ends it, and who is not let in before it */

        { T("http://h/"), 1 },
        { T("http://h?"), 1 },
        { T("http://h#"), 1 },
        { T("http://h:80/a@b:c"), 1 },
        { T("http://h:80?a@b:c"), 1 },
        { T("http://h:80#a@b:c"), 1 },
        { T("http://h/[]{}|\\^`<>\""), 1 },
        { T("http://h/\xc3\xbc"), 1 },
        { T("http://@h"), 0 },
        { T("http://u@h"), 0 },
        { T("http://u:@h"), 0 },
        { T("http://u:p@h"), 0 },
        { T("http://u:80@h"), 0 },
        { T("http://[::1]@h"), 0 },
        { T("http://[::1]:80@h"), 0 },
        { T("http://h\\"), 0 },
        { T("http://h\\@i"), 0 },
        { T("http://h:80\\@i"), 0 },

        /* white space, wherever it is */

        { T(" http://h"), 0 },
        { T("ht tp://h"), 0 },
        { T("http ://h"), 0 },
        { T("http:// h"), 0 },
        { T("http://h h"), 0 },
        { T("http://h\0"), 0 },
        { T("http://\0h"), 0 },
        { T("http://h:8 0"), 0 },
        { T("http://h/ "), 0 },
        { T("http://h\n"), 0 },
        { T("http://h/\x7f"), 0 },
        { T("http://h/\xc2\xa0"), 0 },
        { T("http://h\xe3\x80\x80"), 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        url = unit_str(&rows[i].url);

        unit_int(pa_url_check(&url), rows[i].valid ? PA_OK : PA_ERROR, "%s",
                 unit_show(&rows[i].url));
        unit_reset();

        /* the same where the memory goes on */

        for (n = 0; n < unit_nelts(behind); n++) {
            memcpy(room, rows[i].url.data, rows[i].url.len);
            memcpy(room + rows[i].url.len, behind[n], strlen(behind[n]));

            url.data = room;
            url.len = rows[i].url.len;

            unit_int(pa_url_check(&url), rows[i].valid ? PA_OK : PA_ERROR,
                     "and \"%s\" behind it", behind[n]);
        }
    }
}


/* each byte of ASCII: of a host, of an address, of a port, and behind them */

static void
test_every_byte(void)
{
    int  c, host, end;

    for (c = 1; c < 0x80; c++) {

        host = isalnum(c) || strchr("-._~%!$&'()*+,;=", c) != NULL;
        end = strchr("/?#", c) != NULL;

        unit_ok(check("http://%c", c) == host
                && check("https://%ch", c) == host,
                "0x%02x, a host", (unsigned) c);

        /* what ends a host, too, and the colon of an empty port */

        unit_ok(check("http://h%ch", c) == (host || end)
                && check("http://h%c", c) == (host || end || c == ':')
                && check("http://h%c/", c) == (host || end || c == ':'),
                "0x%02x in a host", (unsigned) c);

        unit_ok(check("http://[%c]", c) == (isxdigit(c) || c == ':' || c == '.')
                && check("http://[1%c]/", c)
                   == (isxdigit(c) || c == ':' || c == '.'),
                "0x%02x in an address", (unsigned) c);

        unit_ok(check("http://[::1]%c", c) == (end || c == ':'),
                "0x%02x behind an address", (unsigned) c);

        unit_ok(check("http://h:1%c", c) == (isdigit(c) || end)
                && check("http://h:%c", c) == (isdigit(c) || end)
                && check("http://[::1]:1%c2", c) == (isdigit(c) || end),
                "0x%02x in a port", (unsigned) c);

        unit_ok(check("http://h/%c", c) == (c > 0x20 && c < 0x7f),
                "0x%02x in a path", (unsigned) c);
    }
}


/* how long a URL must be, and may be, when it is cut */

static void
test_truncated(void)
{
    size_t    i, len;
    pa_str_t  url, part;

    static const struct {
        const char  *url;
        const char  *valid;       /* 1: it may end behind that character */
    } rows[] = {
        { "https://a.b:80/c?d#e", "00000000111111111111" },
        { "http://a:443?b", "00000001111111" },
        { "HTTP://[::1]:443#b", "000000000001111111" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (len = 0; len <= strlen(rows[i].url); len++) {

            part.data = (const uint8_t *) rows[i].url;
            part.len = len;
            url = unit_str(&part);

            unit_int(pa_url_check(&url),
                     len != 0 && rows[i].valid[len - 1] == '1' ? PA_OK
                                                               : PA_ERROR,
                     "%.*s", (int) len, rows[i].url);
            unit_reset();
        }
    }
}


/* 1: it is valid with this character in it */

static int
check(const char *format, int c)
{
    int       rc;
    pa_str_t  text, url;

    text = unit_sprintf(format, c);
    url = unit_str(&text);
    rc = pa_url_check(&url);

    unit_reset();

    return rc == PA_OK;
}
