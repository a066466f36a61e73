
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <string.h>

#include "media_type.h"
#include "unit.h"


static void test_json(void);
static void test_encoded(void);
static void test_every_byte(void);
static int wrong_before(const pa_str_t *value,
    int (*check)(const pa_str_t *value), int want);
static const pa_str_t *with_byte(const char *before, int c, const char *behind);
static int is_json(const char *before, int c, const char *behind);
static int is_encoded(const char *before, int c, const char *behind);


int
main(void)
{
    test_json();
    test_encoded();
    test_every_byte();

    return unit_end();
}


static void
test_json(void)
{
    size_t    i;
    pa_str_t  value;

    static const struct {
        pa_str_t  value;
        int       is_json;
    } rows[] = {

        { T("application/json"), 1 },
        { T("Application/JSON"), 1 },
        { T("APPLICATION/JSON"), 1 },

        { T(""), 0 },
        { T("json"), 0 },
        { T("application"), 0 },
        { T("application/"), 0 },
        { T("application/jso"), 0 },
        { T("application/jsonx"), 0 },
        { T("application/json5"), 0 },
        { T("application/json+xml"), 0 },
        { T("application/problem+json"), 0 },
        { T("application/x-json"), 0 },
        { T("application /json"), 0 },
        { T("application/ json"), 0 },
        { T("xapplication/json"), 0 },
        { T("text/json"), 0 },
        { T("text/plain"), 0 },
        { T("application/x-www-form-urlencoded"), 0 },
        { T("multipart/form-data; boundary=application/json"), 0 },
        { T("*/*"), 0 },
        { T("application/json\0"), 0 },
        { T("application/json, application/json"), 0 },
        { T("application/json text/plain"), 0 },

        /* white space around what follows */

        { T("application/json "), 1 },
        { T("application/json\t"), 1 },
        { T("application/json;"), 1 },
        { T("application/json ; "), 1 },
        { T("application/json;;"), 1 },
        { T("application/json; \t"), 1 },
        { T("application/json ;\t;"), 1 },
        { T("application/json\n"), 0 },
        { T("application/json\r"), 0 },
        { T("application/json;\ncharset=utf-8"), 0 },
        { T(" application/json"), 0 },
        { T("application/json; ; charset=utf-8"), 1 },

        /* the character set */

        { T("application/json;charset=utf-8"), 1 },
        { T("application/json; charset=utf-8"), 1 },
        { T("application/json \t;\t charset=utf-8 \t"), 1 },
        { T("application/json; charset=UTF-8"), 1 },
        { T("application/json; CHARSET=Utf-8"), 1 },
        { T("application/json; charset=\"utf-8\""), 1 },
        { T("application/json; charset=\"UTF-8\";"), 1 },
        { T("application/json; charset=utf-8; charset=utf-8"), 1 },

        { T("application/json; charset=utf8"), 0 },
        { T("application/json; charset=utf-7"), 0 },
        { T("application/json; charset=utf-16"), 0 },
        { T("application/json; charset=utf-80"), 0 },
        { T("application/json; charset=utf-"), 0 },
        { T("application/json; charset=iso-8859-1"), 0 },
        { T("application/json; charset=us-ascii"), 0 },
        { T("application/json; charset=\"utf-8 \""), 0 },
        { T("application/json; charset=\"\""), 0 },
        { T("application/json; charset='utf-8'"), 0 },
        { T("application/json; charset=utf-8; charset=utf-16"), 0 },
        { T("application/json; charset=utf-16; charset=utf-8"), 0 },
        { T("application/json; a=b; charset=utf-16"), 0 },
        { T("application/json; a=\"b;c\"; charset=utf-16"), 0 },

        /* other parameters */

        { T("application/json; version=1"), 1 },
        { T("application/json; a=b; charset=utf-8"), 1 },
        { T("application/json; charset=utf-8; a=b"), 1 },
        { T("application/json; a=\"charset=utf-16\""), 1 },
        { T("application/json; a=\"b;c\\\"; charset=utf-16\""), 1 },
        { T("application/json; a=\"\""), 1 },
        { T("application/json; charsets=utf-16"), 1 },
        { T("application/json; xcharset=utf-16"), 1 },

        /* not parameters (RFC 9110, section 5.6.6) */

        { T("application/json; charset"), 0 },
        { T("application/json; charset="), 0 },
        { T("application/json; charset=;"), 0 },
        { T("application/json; a="), 0 },
        { T("application/json; a=; b=c"), 0 },
        { T("application/json; charset =utf-8"), 0 },
        { T("application/json; charset= utf-8"), 0 },
        { T("application/json; =utf-8"), 0 },
        { T("application/json; a!~=!~"), 1 },
        { T("application/json; a\x7f=b"), 0 },
        { T("application/json; a=\x7f"), 0 },
        { T("application/json; a=b\x80"), 0 },
        { T("application/json; a=b c"), 0 },
        { T("application/json; a=b, c"), 0 },
        { T("application/json; a b"), 0 },
        { T("application/json; a=\"b"), 0 },
        { T("application/json; a=\"b\\"), 0 },
        { T("application/json; a=\"b\\\""), 0 },
        { T("application/json; a=\""), 0 },
        { T("application/json; charset=\"utf-8"), 0 },
        { T("application/json; charset=\"utf-8\"x"), 0 },
        { T("application/json; charset=utf-8\x80"), 0 },
        { T("application/json; charset=utf-8\0"), 0 },
        { T("application/json charset=utf-8"), 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        value = unit_str(&rows[i].value);

        unit_int(pa_media_type_is_json(&value), rows[i].is_json, "%s",
                 unit_show(&rows[i].value));
        unit_int(wrong_before(&rows[i].value, pa_media_type_is_json,
                              rows[i].is_json),
                 0, "whatever is behind it");
        unit_reset();
    }
}


/* which codings there are: IANA, "HTTP Content Coding Registry" */

static void
test_encoded(void)
{
    size_t    i;
    pa_str_t  value;

    static const struct {
        pa_str_t  value;
        int       is_encoded;
    } rows[] = {
        { T("aes128gcm"), 1 },
        { T("br"), 1 },
        { T("compress"), 1 },
        { T("dcb"), 1 },
        { T("dcz"), 1 },
        { T("deflate"), 1 },
        { T("exi"), 1 },
        { T("gzip"), 1 },
        { T("pack200-gzip"), 1 },
        { T("x-compress"), 1 },
        { T("x-gzip"), 1 },
        { T("zstd"), 1 },

        { T("GZIP"), 1 },
        { T("Br"), 1 },

        /* no coding, and what servers write there that is none */

        { T(""), 0 },
        { T("identity"), 0 },
        { T("Identity"), 0 },
        { T("none"), 0 },
        { T("None"), 0 },
        { T("binary"), 0 },
        { T("utf-8"), 0 },
        { T("UTF-8"), 0 },
        { T("utf8"), 0 },
        { T("8bit"), 0 },
        { T("7bit"), 0 },
        { T("base64"), 0 },
        { T("chunked"), 0 },
        { T("application/json"), 0 },
        { T("text/gzip"), 0 },
        { T("*"), 0 },
        { T("\"gzip\""), 0 },

        /* names that begin or end like one */

        { T("gzi"), 0 },
        { T("gzipx"), 0 },
        { T("xgzip"), 0 },
        { T("x-br"), 0 },
        { T("b"), 0 },
        { T("brotli"), 0 },
        { T("no-gzip"), 0 },
        { T("gzip-no"), 0 },

        /* lists (RFC 9110, section 5.6.1), empty elements included */

        { T("identity, identity"), 0 },
        { T("identity,identity"), 0 },
        { T(","), 0 },
        { T(" , ,\t,"), 0 },
        { T("none,binary , utf-8"), 0 },
        { T("identity, gzip"), 1 },
        { T("identity,gzip"), 1 },
        { T("gzip, identity"), 1 },
        { T("gzip,"), 1 },
        { T(",gzip"), 1 },
        { T(",, \t br \t ,,"), 1 },
        { T("none,none,none,none,zstd"), 1 },
        { T("identity identity"), 0 },

        /* white space, and parameters that no coding has */

        { T(" gzip"), 1 },
        { T("\tgzip\t"), 1 },
        { T("gzip;q=1"), 1 },
        { T("gzip ; level=9"), 1 },
        { T("identity;q=1, deflate"), 1 },
        { T("identity;q=1;gzip"), 0 },
        { T("utf-8; gzip"), 0 },
        { T("gzip\0"), 1 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        value = unit_str(&rows[i].value);

        unit_int(pa_content_is_encoded(&value), rows[i].is_encoded,
                 "encoded: \"%s\"", unit_show(&rows[i].value));
        unit_int(wrong_before(&rows[i].value, pa_content_is_encoded,
                              rows[i].is_encoded),
                 0, "whatever is behind it");
        unit_reset();
    }
}


/* where there may be tokens, white space, and what stands between them */

static void
test_every_byte(void)
{
    int  c, token, blank, behind;

    for (c = 0; c < 256; c++) {

        token = c > 0x20 && c < 0x7f
                && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
        blank = c == ' ' || c == '\t';
        behind = blank || c == ';';

        unit_ok(is_json("application/json", c, "") == behind
                && is_json("application/json", c, "a=b")
                   == (c == ';')
                && is_json("application/json;", c, "a=b")
                   == (token || behind)
                && is_json("application/json; ", c, "=b") == token
                && is_json("application/json; a", c, "=b") == token,
                "byte 0x%02x before a parameter, and in its name",
                (unsigned) c);

        unit_ok(is_json("application/json; a=", c, "") == token
                && is_json("application/json; a=b", c, "")
                   == (token || behind)
                && is_json("application/json; a=\"b\"", c, "") == behind
                && (c < 0x20 || c > 0x7e
                    || is_json("application/json; a=\"", c, "\"")
                       == (c != '"' && c != '\\')),
                "byte 0x%02x in its value", (unsigned) c);

        unit_ok(is_encoded("gzip", c, "") == !token
                && is_encoded("identity", c, "gzip") == (c == ',')
                && is_encoded("", c, "gzip") == (blank || c == ','),
                "byte 0x%02x beside a coding", (unsigned) c);

        unit_reset();
    }
}


/* how often the result is another one where the memory goes on */

static int
wrong_before(const pa_str_t *value, int (*check)(const pa_str_t *value),
    int want)
{
    int       wrong;
    size_t    i;
    pa_str_t  text;

    static uint8_t      room[256];
    static const char  *behind[] = {
        "x", " ", "=b", "\"", ";", "; charset=utf-16", ",gzip", "\\\"", "8"
    };

    wrong = 0;

    for (i = 0; i < unit_nelts(behind); i++) {
        memcpy(room, value->data, value->len);
        memcpy(room + value->len, behind[i], strlen(behind[i]));

        text.data = room;
        text.len = value->len;

        wrong += check(&text) != want;
    }

    return wrong;
}


/* until the next call */

static const pa_str_t *
with_byte(const char *before, int c, const char *behind)
{
    size_t    len;
    pa_str_t  text;

    static uint8_t   room[64];
    static pa_str_t  copy;

    len = strlen(before);

    memcpy(room, before, len);
    room[len] = (uint8_t) c;
    memcpy(room + len + 1, behind, strlen(behind));

    text.data = room;
    text.len = len + 1 + strlen(behind);
    copy = unit_str(&text);

    return &copy;
}


static int
is_json(const char *before, int c, const char *behind)
{
    return pa_media_type_is_json(with_byte(before, c, behind));
}


static int
is_encoded(const char *before, int c, const char *behind)
{
    return pa_content_is_encoded(with_byte(before, c, behind));
}
