
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <jansson.h>
#include <stdlib.h>

#include "json/tree.h"
#include "unit.h"


static void test_read(void);
static void test_integer(void);
static void test_elements(void);
static void test_members(void);
static void test_kinds(void);
static void test_no_memory(void);
static pa_str_t read_text(const pa_str_t *text);

static void *limited_malloc(size_t size);

static size_t  limited_left;


int
main(void)
{
    test_read();
    test_integer();
    test_elements();
    test_members();
    test_kinds();
    test_no_memory();

    return unit_end();
}


#define NOT_JSON  T("-")

/* a text, and what is read from it as compact JSON */

static void
test_read(void)
{
    size_t    i;
    pa_str_t  got;

    static const struct {
        pa_str_t  text;
        pa_str_t  json;
    } rows[] = {

        { T("{}"), T("{}") },
        { T(" [ 1 , \"a\" , null , true , 2.5 ] "),
          T("[1,\"a\",null,true,2.5]") },
        { T("{\"a\":{\"b\":[{}]}}"), T("{\"a\":{\"b\":[{}]}}") },
        { T("{\"a\":1,\"a\":2}"), T("{\"a\":2}") },

        { T(""), NOT_JSON },
        { T(" "), NOT_JSON },
        { T("null"), NOT_JSON },
        { T("\"a\""), NOT_JSON },
        { T("1"), NOT_JSON },
        { T("<html></html>"), NOT_JSON },
        { T("{"), NOT_JSON },
        { T("{\"a\":1"), NOT_JSON },
        { T("{\"a\":1,}"), NOT_JSON },
        { T("{a:1}"), NOT_JSON },
        { T("{'a':1}"), NOT_JSON },
        { T("{\"a\":01}"), NOT_JSON },
        { T("{\"a\":+1}"), NOT_JSON },
        { T("{\"a\":1e}"), NOT_JSON },
        { T("{\"a\":\"b}"), NOT_JSON },
        { T("{\"a\":\"\\x\"}"), NOT_JSON },
        { T("{\"a\":\"\\u12\"}"), NOT_JSON },
        { T("{\"a\":\"\\u123x\"}"), NOT_JSON },
        { T("{\"a\":\"\\"), NOT_JSON },
        { T("{\"a\":\"\\u"), NOT_JSON },
        { T("{\"a\":\0}"), NOT_JSON },
        { T("{\"a\":tru}"), NOT_JSON },

        { T("x{}"), NOT_JSON },
        { T("{} x"), NOT_JSON },
        { T("\xef\xbb\xbf{}"), NOT_JSON },
        { T("{\"a\":\"b\nc\"}"), NOT_JSON },
        { T("{\"a\":\"\xff\"}"), NOT_JSON },
        { T("[9223372036854775808]"), NOT_JSON },

        { T("{\"a\":\"b\\u0000c\"}"), T("{\"a\":\"b\\u0000c\"}") },
        { T("{\"a\":\"\\ud83d\\ude00\"}"), T("{\"a\":\"\xf0\x9f\x98\x80\"}") },
        { T("{\"a\":\"\\ud83d\"}"), NOT_JSON }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        got = read_text(&rows[i].text);

        unit_text(&got, &rows[i].json, "read %s", unit_show(&rows[i].text));
        unit_reset();
    }

    pa_json_free(NULL);
}


static void
test_integer(void)
{
    int64_t     n;
    int         rc;
    size_t      i;
    pa_str_t    text, want, got;
    pa_json_t  *document;

    static const struct {
        pa_str_t  json;
        int64_t   n;
        int       rc;
    } rows[] = {
        { T("0"), 0, PA_OK },
        { T("100"), 100, PA_OK },
        { T("-5"), -5, PA_OK },
        { T("9223372036854775807"), INT64_MAX, PA_OK },
        { T("-9223372036854775808"), INT64_MIN, PA_OK },

        { T("100.0"), 0, PA_ERROR },
        { T("1e2"), 0, PA_ERROR },

        { T("\"0\""), 0, PA_OK },
        { T("\"100\""), 100, PA_OK },
        { T("\"0100\""), 100, PA_OK },
        { T("\"715\""), 715, PA_OK },
        { T("\"999999999999999999\""), 999999999999999999, PA_OK },
        { T("\"1000000000000000000\""), 0, PA_ERROR },
        { T("\"\""), 0, PA_ERROR },
        { T("\" 100\""), 0, PA_ERROR },
        { T("\"100 \""), 0, PA_ERROR },
        { T("\"-100\""), 0, PA_ERROR },
        { T("\"+100\""), 0, PA_ERROR },
        { T("\"100.0\""), 0, PA_ERROR },
        { T("\"1e2\""), 0, PA_ERROR },
        { T("\"0x64\""), 0, PA_ERROR },
        { T("\"100a\""), 0, PA_ERROR },
        { T("\"1/\""), 0, PA_ERROR },
        { T("\"1:\""), 0, PA_ERROR },
        { T("\"100\\u0000\""), 0, PA_ERROR },

        { T("true"), 0, PA_ERROR },
        { T("false"), 0, PA_ERROR },
        { T("null"), 0, PA_ERROR },
        { T("[100]"), 0, PA_ERROR },
        { T("{\"a\":100}"), 0, PA_ERROR }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_sprintf("[%s]", (char *) rows[i].json.data);
        document = pa_json_read(&text);

        n = 42;
        rc = pa_json_integer(pa_json_element(document, 0), &n);

        got = unit_sprintf("%d, %lld", rc, (long long) n);
        want = unit_sprintf("%d, %lld", rows[i].rc,
                            (long long) (rows[i].rc == PA_OK ? rows[i].n
                                                             : 42));

        unit_text(&got, &want, "integer %s", unit_show(&rows[i].json));

        pa_json_free(document);
        unit_reset();
    }

    n = 42;
    unit_ok(pa_json_integer(NULL, &n) == PA_ERROR && n == 42,
            "integer that is not there");
}


/* an array's elements, or any other value as the only one */

static void
test_elements(void)
{
    size_t      i, n;
    pa_str_t    got;
    pa_json_t  *document, *value;

    static const struct {
        pa_str_t  json;
        size_t    n;
        pa_str_t  last;
    } rows[] = {
        { T("{\"v\":[]}"), 0, T("") },
        { T("{\"v\":[\"a\"]}"), 1, T("a") },
        { T("{\"v\":[\"a\",\"b\",\"c\"]}"), 3, T("c") },
        { T("{\"v\":\"a\"}"), 1, T("a") },
        { T("{\"v\":\"\"}"), 1, T("") },
        { T("{\"v\":\"a\\u0000b\"}"), 1, T("a\0b") },
        { T("{\"v\":{}}"), 1, T("no string") },
        { T("{\"v\":{\"a\":1,\"b\":2}}"), 1, T("no string") },
        { T("{\"v\":7}"), 1, T("no string") },
        { T("{\"v\":null}"), 1, T("no string") },
        { T("{\"v\":[\"a\",null]}"), 2, T("no string") },
        { T("{\"w\":[1]}"), 0, T("") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        document = pa_json_read(&rows[i].json);
        value = pa_json_member(document, "v");

        n = pa_json_nelements(value);
        unit_int((int64_t) n, (int64_t) rows[i].n, "elements of %s",
                 unit_show(&rows[i].json));

        if (n != 0) {
            if (pa_json_string(pa_json_element(value, n - 1), &got) != PA_OK) {
                got = S("no string");
            }

            unit_text(&got, &rows[i].last, "last element of %s",
                      unit_show(&rows[i].json));
        }

        pa_json_free(document);
        unit_reset();
    }
}


static void
test_members(void)
{
    pa_str_t    text, got;
    pa_json_t  *document;

    text = S("{\"a\":{\"b\":\"c\"},\"d\":[\"a\"],\"e\":null}");
    document = pa_json_read(&text);

    unit_ok(pa_json_string(pa_json_member(pa_json_member(document, "a"), "b"),
                           &got) == PA_OK
            && unit_str_is(&got, "c"),
            "member of a member");
    unit_ok(pa_json_member(document, "b") == NULL, "no such member");
    unit_ok(pa_json_member(pa_json_member(document, "d"), "a") == NULL,
            "an array has no members");
    unit_ok(pa_json_member(NULL, "a") == NULL, "nothing has no members");
    unit_ok(pa_json_member(document, "e") != NULL,
            "a member that is null is there");
    unit_ok(pa_json_string(pa_json_member(document, "e"), &got) == PA_ERROR,
            "null is no string");
    unit_ok(pa_json_string(NULL, &got) == PA_ERROR, "nothing is no string");
    unit_ok(pa_json_nelements(NULL) == 0, "nothing has no elements");

    pa_json_free(document);
    unit_reset();
}


static void
test_kinds(void)
{
    size_t      i;
    pa_json_t  *document, *value;

    static const struct {
        pa_str_t  text;
        int       is_true;
        int       is_empty;
    } rows[] = {
        { T("[]"), 0, 1 },
        { T("[null]"), 0, 1 },
        { T("[\"\"]"), 0, 1 },
        { T("[[]]"), 0, 1 },
        { T("[{}]"), 0, 1 },
        { T("[\" \"]"), 0, 0 },
        { T("[\"\\u0000\"]"), 0, 0 },
        { T("[[null]]"), 0, 0 },
        { T("[{\"\":null}]"), 0, 0 },
        { T("[0]"), 0, 0 },
        { T("[0.0]"), 0, 0 },
        { T("[1]"), 0, 0 },
        { T("[\"true\"]"), 0, 0 },
        { T("[false]"), 0, 0 },
        { T("[true]"), 1, 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        document = pa_json_read(&rows[i].text);

        /* there is none in the first */

        value = pa_json_nelements(document) ? pa_json_element(document, 0)
                                            : NULL;

        unit_int(pa_json_is_true(value), rows[i].is_true, "%s: true",
                 unit_show(&rows[i].text));
        unit_int(pa_json_is_empty(value), rows[i].is_empty, "%s: empty",
                 unit_show(&rows[i].text));

        pa_json_free(document);
    }
}


/* the parser's own memory: in whatever place it ends, the text is no JSON */

static void
test_no_memory(void)
{
    size_t      n;
    pa_str_t    text;
    pa_json_t  *document;

    text = S("{\"a\":[1,2.5,\"\\u00fc\",{\"b\":null}],\"c\":true}");

    json_set_alloc_funcs(limited_malloc, free);

    for (n = 0; n < 1000; n++) {
        limited_left = n;

        document = pa_json_read(&text);

        if (document != NULL) {
            pa_json_free(document);
            break;
        }
    }

    json_set_alloc_funcs(malloc, free);

    unit_ok(n > 5 && n < 1000, "no memory for a document");
    unit_reset();
}


/* what is read must also be whole: it is written again */

static pa_str_t
read_text(const pa_str_t *text)
{
    char       *json;
    pa_str_t    result;
    pa_json_t  *document;

    document = pa_json_read(text);

    if (document == NULL) {
        return S("-");
    }

    json = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
    result = unit_sprintf("%s", json);

    free(json);
    pa_json_free(document);

    return result;
}


static void *
limited_malloc(size_t size)
{
    if (limited_left == 0) {
        return NULL;
    }

    limited_left--;

    return malloc(size);
}
