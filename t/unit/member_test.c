
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What a member's value is once it has been read; how it is judged is tested
 * with the requests.
 */


#include <stdio.h>
#include <stdlib.h>

#include "member.h"
#include "unit.h"


static void test_values(void);
static void test_after_rubbish(void);
static pa_str_t read_value(const pa_member_t *member, const pa_str_t *text);


static const pa_str_t  commands[] = { T("restart"), T("resume-call-queue") };

static const pa_request_rules_t  rules = {
    .commands = commands,
    .ncommands = unit_nelts(commands)
};


/*
 * A value, and what is read of it: its text as far as the member has a fact,
 * its number, and the first flaw.
 */

typedef struct {
    pa_rule_e       rule;
    pa_fact_e       fact;
    pa_str_t        json;
    const char     *want;
} row_t;


static const row_t  rows[] = {

    { PA_RULE_ANY, PA_FACT_NONE, T("\"5\""), "none, -1" },
    { PA_RULE_ANY, PA_FACT_NONE, T("0"), "none, -1" },

    /* of ids the digits, whichever form they have */

    { PA_RULE_ID, PA_FACT_APPLICATION, T("8"), "\"8\", 8" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T(" 999999999999999 "),
      "\"999999999999999\", 999999999999999" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("\"8\""), "\"8\", 8" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("\"\\u0031\\u0032\""), "\"12\", 12" },
    { PA_RULE_ID, PA_FACT_NONE, T("8"), "none, 8" },
    { PA_RULE_ID, PA_FACT_NONE, T("\"\\u0038\""), "none, 8" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("0"), "none, -1, range" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("1000000000000000"),
      "none, -1, range" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("\"01\""),
      "none, -1, invalid_value" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("8.0"), "none, -1, type" },
    { PA_RULE_ID, PA_FACT_APPLICATION, T("null"), "none, -1, type" },
    { PA_RULE_ID_OR_0, PA_FACT_APPLICATION, T("0"), "\"0\", 0" },
    { PA_RULE_ID_OR_0, PA_FACT_NONE, T("\"0\""), "none, 0" },
    { PA_RULE_ID_OR_0, PA_FACT_NONE, T("7"), "none, 7" },
    { PA_RULE_ID_OR_0, PA_FACT_NONE, T("-1"), "none, -1, range" },

    { PA_RULE_FLAG, PA_FACT_NONE, T("0"), "none, 0" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("1"), "none, 1" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("\"0\""), "none, 0" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("\"\\u0031\""), "none, 1" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("2"), "none, -1, range" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("\"2\""), "none, -1, invalid_value" },
    { PA_RULE_FLAG, PA_FACT_NONE, T("false"), "none, -1, type" },

    { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("6681"), "none, 6681" },
    { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("0"), "none, -1, range" },
    { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("-1"), "none, -1, range" },
    { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("1.0"), "none, -1, type" },
    { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("\"1\""), "none, -1, type" },

    /* of texts the characters */

    { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"\""), "\"\", -1" },
    { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"5\""), "\"5\", -1" },
    { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"a\\u00e4\\/\\n\""),
      "\"a\xc3\xa4/\n\", -1" },
    { PA_RULE_TEXT, PA_FACT_NONE, T("\"\\u0061\""), "none, -1" },
    { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"123456789\""),
      "none, -1, too_long" },
    { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("5"), "none, -1, type" },

    /* of commands those of the rules */

    { PA_RULE_COMMAND, PA_FACT_COMMAND, T("\"restart\""),
      "\"restart\", -1" },
    { PA_RULE_COMMAND, PA_FACT_COMMAND, T("\"\\u0072esume-call-queue\""),
      "\"resume-call-queue\", -1" },
    { PA_RULE_COMMAND, PA_FACT_COMMAND, T("\"reset\""),
      "none, -1, command_not_allowed" },
    { PA_RULE_COMMAND, PA_FACT_COMMAND, T("1"), "none, -1, type" },

    /* of all others neither */

    { PA_RULE_URL, PA_FACT_NONE, T("\"http://h\""), "none, -1" },
    { PA_RULE_PHONE, PA_FACT_NONE, T("12345"), "none, -1" },
    { PA_RULE_PHONE, PA_FACT_NONE, T("\"\\u00312345\""), "none, -1" },
    { PA_RULE_DIGITS, PA_FACT_NONE, T("\"0\""), "none, -1" },
    { PA_RULE_PIN, PA_FACT_NONE, T("\"000000\""), "none, -1" },
    { PA_RULE_NAME, PA_FACT_NONE, T("\"a\""), "none, -1" },
    { PA_RULE_LIST, PA_FACT_NONE, T("[0]"), "none, -1" },
    { PA_RULE_URLS, PA_FACT_NONE, T("[\"\"]"), "none, -1" },
    { PA_RULE_PHONES, PA_FACT_NONE, T("[12345]"), "none, -1" }
};


int
main(void)
{
    test_values();
    test_after_rubbish();

    return unit_end();
}


static void
test_values(void)
{
    size_t       i;
    pa_str_t     got;
    pa_member_t  member;

    for (i = 0; i < unit_nelts(rows); i++) {
        memset(&member, 0, sizeof(pa_member_t));

        member.rule = rows[i].rule;
        member.fact = rows[i].fact;
        member.bound = 8;

        got = read_value(&member, &rows[i].json);

        unit_text(&got, &(pa_str_t) { (const uint8_t *) rows[i].want,
                                      strlen(rows[i].want) },
                  "rule %d, fact %d: %s", (int) rows[i].rule,
                  (int) rows[i].fact, unit_show(&rows[i].json));
        unit_reset();
    }
}


/* what needs no memory of the pool takes none, whatever was read before it */

static void
test_after_rubbish(void)
{
    size_t         i;
    pa_str_t       text;
    pa_value_t     value;
    pa_reader_t    reader;
    pa_member_t    member;

    static const struct {
        pa_rule_e  rule;
        pa_fact_e  fact;
        pa_str_t   json;
        int64_t    allocations;
    } cases[] = {
        { PA_RULE_ID, PA_FACT_APPLICATION, T("8"), 0 },
        { PA_RULE_ID, PA_FACT_APPLICATION, T("\"8\""), 0 },
        { PA_RULE_ID, PA_FACT_APPLICATION, T("\"\\u0038\""), 1 },
        { PA_RULE_ID, PA_FACT_NONE, T("\"\\u0038\""), 0 },
        { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"\xc3\xa4\""), 0 },
        { PA_RULE_TEXT, PA_FACT_TEMPLATE_ID, T("\"\\n\""), 1 },
        { PA_RULE_TEXT, PA_FACT_NONE, T("\"\\n\""), 0 },
        { PA_RULE_COMMAND, PA_FACT_COMMAND, T("\"\\u0072estart\""), 0 },
        { PA_RULE_PHONE, PA_FACT_NONE, T("\"\\u00312345\""), 0 },
        { PA_RULE_PROJECT_ID, PA_FACT_PROJECT_ID, T("1"), 0 }
    };

    for (i = 0; i < unit_nelts(cases); i++) {
        memset(&member, 0, sizeof(pa_member_t));

        member.rule = cases[i].rule;
        member.fact = cases[i].fact;
        member.bound = 8;

        text = unit_str(&cases[i].json);

        pa_reader_init(&reader, &unit_pool, &rules, &text);
        unit_rubbish_on_stack();

        (void) pa_member_read(&reader, &member, NULL, &value);

        unit_int((int64_t) unit_allocations(), cases[i].allocations,
                 "memory for rule %d, fact %d: %s", (int) cases[i].rule,
                 (int) cases[i].fact, unit_show(&cases[i].json));
        unit_reset();
    }
}


static pa_str_t
read_value(const pa_member_t *member, const pa_str_t *json)
{
    pa_str_t       body, text;
    pa_value_t     value;
    pa_reader_t    reader;

    body = unit_str(json);

    pa_reader_init(&reader, &unit_pool, &rules, &body);

    memset(&value, 0x7f, sizeof(pa_value_t));
    unit_rubbish_on_stack();

    if (pa_member_read(&reader, member, NULL, &value) != PA_OK
        || pa_json_scan_end(&reader.scan) != PA_OK)
    {
        return S("malformed");
    }

    text = value.text.data == NULL && value.text.len == 0
           ? S("none")
           : unit_sprintf("\"%.*s\"", (int) value.text.len,
                          (char *) value.text.data);

    return unit_sprintf("%.*s, %lld%s%s", (int) text.len, (char *) text.data,
                        (long long) value.number, reader.nflaws ? ", " : "",
                        reader.nflaws ? reader.flaws[0].code : "");
}
