
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "sandbox_exchanges.h"
#include "unit.h"


#define E402  ERROR(402, "Empty Number List")
#define E406  ERROR(406, "Invalid Mobile Number")
#define E407  ERROR(407, "Message cannot be empty")
#define E410  ERROR(410, "Invalid Request")
#define E804  ERROR(804, "Invalid Template ID")

#define TEMPLATE(id)                                                          \
    "\"template_id\":\"" id "\",\"template_name\":\"appointment\","           \
    "\"template_status\":\"2\",\"message_type\":\"1\",\"category\":\"1\","    \
    "\"footer\":\"\",\"template_message\":\"Hello {{1}}\""

/* as many as their names say */
#define TEXT64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                            \
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT58   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT250  TEXT64 TEXT64 TEXT64 TEXT58
#define TEXT256  TEXT64 TEXT64 TEXT64 TEXT64

#define TEXT139  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"          \
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"          \
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


const sandbox_exchange_t  sandbox_exchanges[] = {

    { PA_ENDPOINT_CREATE_API_TOKEN,
      ",\"project_id\":6681,\"ip_whitelist\":[\"192.0.2.1\",\"::1\"]",
      "{" SUCCESS ",\"project_id\":6681,\"api_token\":["
      "{\"ip\":\"192.0.2.1\",\"token\":\"~\"},"
      "{\"ip\":\"::1\",\"token\":\"~\"}]}", 0 },
    { PA_ENDPOINT_CREATE_API_TOKEN,
      ",\"project_id\":100,\"ip_whitelist\":[1]", E410, 0 },
    { PA_ENDPOINT_CREATE_API_TOKEN, "", E410, 0 },
    { PA_ENDPOINT_CREATE_API_TOKEN, ",\"project_id\":0", E410, 0 },
    { PA_ENDPOINT_CREATE_API_TOKEN, ",\"project_id\":-1", E410, 0 },

    { PA_ENDPOINT_CREATE_PROJECT, ",\"project_name\":\"Twenty characters ok\"",
      "{" SUCCESS ",\"project_id\":\"#\"}", 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\",\"generate_api_token\":true,"
      "\"token_ip_address\":[\"192.0.2.1\"]",
      "{" SUCCESS ",\"project_id\":\"#\",\"api_tokens\":["
      "{\"ip\":\"192.0.2.1\",\"token\":\"~\"}]}", 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"x\",\"generate_api_token\":true",
      "{" SUCCESS ",\"project_id\":\"#\",\"api_tokens\":["
      "{\"ip\":null,\"token\":\"~\"}]}", 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"x\",\"generate_api_token\":false,"
      "\"token_ip_address\":[]",
      "{" SUCCESS ",\"project_id\":\"#\"}", 0 },
    { PA_ENDPOINT_CREATE_PROJECT, "", E410, 0 },
    { PA_ENDPOINT_CREATE_PROJECT, ",\"project_name\":\"\"", E410, 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"Twenty-one characters\"", E410, 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"\xc3\xa9wenty-one character\xc3\xa9\"", E410, 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"\xc3\xa9wenty character\xc3\xa9 ok\"",
      "{" SUCCESS ",\"project_id\":\"#\"}", 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"x\",\"token_ip_address\":[1]", E410, 0 },
    { PA_ENDPOINT_CREATE_PROJECT,
      ",\"project_name\":\"x\",\"generate_api_token\":true,"
      "\"token_ip_address\":[\"192.0.2.1\",1]", E410, 0 },

    { PA_ENDPOINT_GET_PROJECTS, ",\"project_id\":0",
      "{" SUCCESS ",\"projects\":[{\"project_id\":\"1001\","
      "\"project_name\":\"Sandbox\"}]}", 0 },

    { PA_ENDPOINT_MANAGE_API_TOKEN,
      ",\"project_id\":1001,\"api_token\":\"x\",\"action\":3",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_MANAGE_API_TOKEN,
      ",\"project_id\":\"1001\",\"api_token\":\"x\",\"action\":\"1\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_MANAGE_API_TOKEN,
      ",\"project_id\":1001,\"api_token\":\"x\",\"action\":4", E410, 0 },
    { PA_ENDPOINT_MANAGE_API_TOKEN,
      ",\"project_id\":1001,\"api_token\":\"x\",\"action\":0", E410, 0 },
    { PA_ENDPOINT_MANAGE_API_TOKEN,
      ",\"project_id\":1001,\"action\":1", E410, 0 },

    { PA_ENDPOINT_CHANGE_BILLING,
      ",\"project_id\":1001,\"service\":\"x\",\"plan_id\":6",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_CHANGE_BILLING, ",\"project_id\":1001", E410, 0 },

    /* push: a row of the reply for each of the request */

    { PA_ENDPOINT_PUSH,
      ",\"priority \":\"0\",\"application\":\"8\",\"globalmessage\":\"\","
      "\"globalmedia\":\"\",\"data\":[" ROW ","
      "{\"number\":\"15550100002\",\"message\":\"B\"}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"credit\":\"0.005\"},"
      "{\"msg_id\":\"#\",\"number\":\"15550100002\",\"credit\":\"0.005\"}]}",
      10000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":121,\"template_id\":\"AB12345678\",\"data\":["
      "{\"number\":15550100001,\"template_message\":[\"Ann\",\"12:30\"]}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":10,\"group_id\":\"a\\\"b\","
      "\"globalmessage\":\"hello\"",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"a\\\"b\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":10,\"group_id\":\"a\",\"data\":[],"
      "\"location\":{\"a\":1}",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"a\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":10,\"group_id\":\"a\",\"data\":\"\","
      "\"globalmessage\":\"x\"",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"a\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":10,\"group_id\":\"a\",\"data\":null,"
      "\"globalmessage\":\"x\"",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"a\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":["
      "{\"number\":15550100001,\"reference_number\":\"\"},"
      "{\"number\":15550100002,\"reference_number\":null},"
      "{\"number\":null,\"messenger_id\":\"1\",\"reference_number\":0}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"credit\":\"0.005\"},"
      "{\"msg_id\":\"#\",\"number\":\"15550100002\",\"credit\":\"0.005\"},"
      "{\"msg_id\":\"#\",\"number\":\"1\",\"reference_number\":\"0\","
      "\"credit\":\"0.005\"}]}", 15000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":\"100000000001\",\"group_id\":\"a\",\"data\":[" ROW "]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"credit\":\"0.005\"}]}",
      5000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":5,\"data\":[{\"messenger_id\":\"12345678901234567890\","
      "\"media\":\"https://a.example/b\",\"reference_number\":\"r\\u00e9f\"},"
      "{\"number\":\"\",\"messenger_id\":\"1\",\"message\":\"x\","
      "\"reference_number\":7}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"12345678901234567890\","
      "\"reference_number\":\"r\xc3\xa9" "f\",\"credit\":\"0.005\"},"
      "{\"msg_id\":\"#\",\"number\":\"1\",\"reference_number\":\"7\","
      "\"credit\":\"0.005\"}]}", 10000 },

    /* the number filter sends nothing */

    { PA_ENDPOINT_PUSH,
      ",\"application\":\"1\",\"action\":1,\"data\":["
      "{\"number\":\"15550100001\"}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"status\":\"0\"}]}", 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":\"1\",\"action\":\"1\",\"data\":["
      "{\"number\":\"15550100001\"}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"status\":\"0\"}]}", 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":\"1\",\"action\":2,\"data\":["
      "{\"number\":\"15550100001\"}]", E407, 0 },

    { PA_ENDPOINT_PUSH, "", E410, 0 },
    { PA_ENDPOINT_PUSH, ",\"data\":[" ROW "]", E410, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":0,\"data\":[" ROW "]", E410, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":\"x\",\"data\":[" ROW "]", E410, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":8", E402, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":8,\"globalmessage\":\"x\"", E402,
      0 },
    { PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":[]", E402, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":null", E402, 0 },
    { PA_ENDPOINT_PUSH, ",\"application\":8,\"data\":[],\"group_id\":\"\"",
      E402, 0 },

#define NUMBER(number)                                                        \
    { PA_ENDPOINT_PUSH,                                                       \
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":[" ROW ","         \
      "{\"number\":" number "}]", E406, 0 }

    NUMBER("9999"),
    NUMBER("1000000000000000"),
    NUMBER("\"\""),
    NUMBER("null"),
    NUMBER("true"),
    NUMBER("[\"15550100001\"]"),
    NUMBER("\"1555\""),
    NUMBER("1555"),
    NUMBER("\"1234567890123456\""),
    NUMBER("1234567890123456"),
    NUMBER("\"01234567890\""),
    NUMBER("\"+15550100001\""),
    NUMBER("\"1555 0100001\""),
    NUMBER("\"15550100001\\u0000\""),
    NUMBER("15550100001.0"),
    NUMBER("-15550100001"),
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":["
      "{\"number\":10000},{\"number\":\"999999999999999\"}]",
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["
      "{\"msg_id\":\"#\",\"number\":\"10000\",\"credit\":\"0.005\"},"
      "{\"msg_id\":\"#\",\"number\":\"999999999999999\","
      "\"credit\":\"0.005\"}]}", 10000 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":[{}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":["
      "{\"messenger_id\":\"\"}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":["
      "{\"messenger_id\":1}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":[5]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"x\",\"data\":\"x\"", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":5,\"globalmessage\":\"x\",\"data\":["
      "{\"messenger_id\":\"123456789012345678901\"}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":5,\"globalmessage\":\"x\",\"data\":["
      "{\"messenger_id\":\"1x\"}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":5,\"globalmessage\":\"x\",\"data\":["
      "{\"messenger_id\":\"1\",\"number\":\"x\"}]", E406, 0 },

    /* what is looked at first: recipients, template, message */

    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"data\":[{\"number\":\"99999990403\"}]",
      ERROR(403, "Insufficient Balance"), 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"data\":[{\"number\":\"99999990403\"},"
      "{\"number\":\"x\"}]", ERROR(403, "Insufficient Balance"), 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"template_id\":\"-\",\"data\":["
      "{\"number\":\"x\"}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"data\":[{\"number\":\"x\"}]", E406, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"template_id\":\"-\",\"globalmessage\":\"x\","
      "\"data\":[" ROW "]", E804, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"template_id\":\"-\",\"action\":1,"
      "\"data\":[{\"number\":15550100001}]", E804, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"action\":1,\"globalmessage\":\"x\"", E402, 0 },

    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"data\":[{\"number\":\"15550100001\"}]", E407, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"message\":\"x\",\"media\":\"x\","
      "\"media_code\":\"x\",\"data\":[{\"number\":\"15550100001\","
      "\"globalmessage\":\"x\",\"globalmedia\":\"x\","
      "\"globalmedia_code\":\"x\",\"template_id\":\"x\",\"location\":\"x\","
      "\"contact\":\"x\"}]", E407, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":8,\"globalmessage\":\"\",\"data\":[" ROW ","
      "{\"number\":\"15550100001\",\"message\":\"\"}]", E407, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":10,\"group_id\":\"a\",\"globalmessage\":\"\"", E407,
      0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":121,\"template_id\":\"AB-1\",\"data\":[" ROW "]",
      E804, 0 },
    { PA_ENDPOINT_PUSH,
      ",\"application\":121,\"template_id\":5,\"data\":[" ROW "]", E804, 0 },

    /* each of them is a message: for all recipients, or for one of them */

#define PUSHED(root, row)                                                     \
    { PA_ENDPOINT_PUSH,                                                       \
      ",\"application\":8" root ",\"data\":["                                 \
      "{\"number\":15550100001" row "}]",                                     \
      "{\"status\":100,\"push_id\":\"#\",\"message\":\"Success\",\"data\":["  \
      "{\"msg_id\":\"#\",\"number\":\"15550100001\",\"credit\":\"0.005\"}]}",\
      5000 }

    PUSHED(",\"globalmessage\":\"x\"", ""),
    PUSHED(",\"globalmedia\":\"x\"", ""),
    PUSHED(",\"globalmedia_code\":\"x\"", ""),
    PUSHED(",\"template_id\":\"x\"", ""),
    PUSHED(",\"location\":{\"a\":1}", ""),
    PUSHED(",\"contact\":{\"a\":1}", ""),
    PUSHED("", ",\"message\":\"x\""),
    PUSHED("", ",\"media\":\"x\""),
    PUSHED("", ",\"media_code\":\"x\""),

    { PA_ENDPOINT_DELIVERY_REPORT, ",\"push_id\":700001",
      "{\"project_id\":\"1001\",\"push_id\":700001,\"application\":\"1\","
      "\"message_type\":\"3\",\"time\":\"06-08-2019 06:46 AM\",\"data\":["
      "{\"number\":\"15550100001\",\"msg_id\":\"#\",\"status\":\"1\","
      "\"error_code\":\"\"}]}", 0 },
    { PA_ENDPOINT_DELIVERY_REPORT, ",\"push_id\":\"7000000000000\"",
      "{\"project_id\":\"1001\",\"push_id\":7000000000000,"
      "\"application\":\"1\","
      "\"message_type\":\"3\",\"time\":\"06-08-2019 06:46 AM\",\"data\":["
      "{\"number\":\"15550100001\",\"msg_id\":\"#\",\"status\":\"1\","
      "\"error_code\":\"\"}]}", 0 },
    { PA_ENDPOINT_DELIVERY_REPORT, "", E410, 0 },
    { PA_ENDPOINT_DELIVERY_REPORT, ",\"push_id\":\"x\"", E410, 0 },

    { PA_ENDPOINT_CHECK_BALANCE, "", "{\"balance\":987.655," SUCCESS "}", 0 },

    { PA_ENDPOINT_DEVICE_STATUS, ",\"application\":10",
      "{\"project_id\":\"1001\",\"status\":\"CONNECTED\","
      "\"connected_number\":\"15550100001\",\"version\":\"2.2119.6\","
      "\"message_queue_count\":0,\"time\":\"2019-08-06T06:46:07+00:00\"}", 0 },
    { PA_ENDPOINT_DEVICE_STATUS, ",\"application\":\"10\"",
      "{\"project_id\":\"1001\",\"status\":\"CONNECTED\","
      "\"connected_number\":\"15550100001\",\"version\":\"2.2119.6\","
      "\"message_queue_count\":0,\"time\":\"2019-08-06T06:46:07+00:00\"}", 0 },
    { PA_ENDPOINT_DEVICE_STATUS, ",\"application\":1",
      "{\"project_id\":\"1001\"," SUCCESS ","
      "\"connected_number\":\"15550100001\","
      "\"time\":\"2019-08-06T06:46:07+00:00\"}", 0 },
    { PA_ENDPOINT_DEVICE_STATUS, "",
      "{\"project_id\":\"1001\"," SUCCESS ","
      "\"connected_number\":\"15550100001\","
      "\"time\":\"2019-08-06T06:46:07+00:00\"}", 0 },

#define COMMAND(command)                                                      \
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":\"" command "\"",              \
      "{" SUCCESS "}", 0 }

    COMMAND("restart"),
    COMMAND("reset"),
    COMMAND("delete-message-queue"),
    COMMAND("delete-call-queue"),
    COMMAND("stop-message-queue"),
    COMMAND("stop-call-queue"),
    COMMAND("resume-message-queue"),
    COMMAND("resume-call-queue"),
    COMMAND("restart-server"),
    COMMAND("disconnect"),
    COMMAND("clearlogs"),
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":\"Restart\"", E410, 0 },
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":\"restarts\"", E410, 0 },
    { PA_ENDPOINT_DEVICE_ACTION, "", E410, 0 },
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":\"resta\"", E410, 0 },
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":\"restart\\u0000\"", E410, 0 },
    { PA_ENDPOINT_DEVICE_ACTION, ",\"command\":5", E410, 0 },

#define REQUEST_TEMPLATE(name, type, messages)                                \
    ",\"name\":\"" name "\",\"message_type\":" type ",\"category\":1,"        \
    "\"messages\":" messages

#define MESSAGE  "{\"message\":\"x\",\"language\":\"en\"}"

    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a_z09", "4", "[" MESSAGE "]"),
      "{\"template_id\":\"AB#\",\"template_status\":1," SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("abcdefghijklmnopqrstuvwxyz0123456789_", "1",
                       "[" MESSAGE "," MESSAGE "]"),
      "{\"template_id\":\"AB#\",\"template_status\":1," SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a-b", "1", "[" MESSAGE "]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a b", "1", "[" MESSAGE "]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a{", "1", "[]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "5", "[" MESSAGE "]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "5", "[]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "1", "[{}]"), E407, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "1", "\"\""), E407, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "1", "null"), E407, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("A", "1", "[" MESSAGE "]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a\\u0000", "1", "[" MESSAGE "]"), E410, 0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST, REQUEST_TEMPLATE("a", "1", "[]"), E407,
      0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "1", "[" MESSAGE ",{\"language\":\"en\"}]"), E407,
      0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST,
      REQUEST_TEMPLATE("a", "1", "[" MESSAGE ",{\"message\":\"x\"}]"), E410,
      0 },
    { PA_ENDPOINT_TEMPLATE_REQUEST, ",\"name\":\"a\"", E410, 0 },

    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"Ab12\"",
      "{" TEMPLATE("Ab12") "," SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, "",
      "{\"templates\":[{" TEMPLATE("AB1234") "},{" TEMPLATE("AB1235") "}],"
      SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":null",
      "{\"templates\":[{" TEMPLATE("AB1234") "},{" TEMPLATE("AB1235") "}],"
      SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"\"",
      "{\"templates\":[{" TEMPLATE("AB1234") "},{" TEMPLATE("AB1235") "}],"
      SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"AZaz09\"",
      "{" TEMPLATE("AZaz09") "," SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"" TEXT64 "\"",
      "{" TEMPLATE(TEXT64) "," SUCCESS "}", 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"" TEXT64 "a\"", E804,
      0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a/\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a:\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a@\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a[\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a`\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"{a\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"\xc3\xa9\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":5", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":\"a b\"", E804, 0 },
    { PA_ENDPOINT_TEMPLATE_STATUS, ",\"template_id\":[\"a\"]", E804, 0 },

    { PA_ENDPOINT_UPDATE_PROFILE, ",\"about\":\"" TEXT139 "\",\"industry\":17",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_UPDATE_PROFILE, ",\"about\":\"" TEXT139 "a\"",
      ERROR(819, "About Is Too Long"), 0 },
    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"address\":\"" TEXT256 "\",\"description\":\"" TEXT256 "\","
      "\"email\":\"" TEXT250 "\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"address\":\"" TEXT256 "a\"",
      ERROR(820, "Address Is Too Long"), 0 },
    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"description\":\"" TEXT256 "a\"",
      ERROR(821, "Description Is Too Long"), 0 },
    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"email\":\"" TEXT250 "a\"",
      ERROR(822, "Email Is Too Long"), 0 },

    /* characters, and not the bytes that they take: two, three, four */

    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"about\":\"" TEXT64 TEXT64 "aaaaaaaa"
      "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_UPDATE_PROFILE,
      ",\"about\":\"" TEXT64 TEXT64 "aaaaaaaaa"
      "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"",
      ERROR(819, "About Is Too Long"), 0 },

    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"012345\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"987650\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":1,\"pin\":\"x\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":-1,\"pin\":\"012345\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"01234:\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"/12345\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":\"1\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, "", E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0", E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":2,\"pin\":\"012345\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"01234\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"0123456\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":\"01234x\"",
      E410, 0 },
    { PA_ENDPOINT_TWO_STEP_VERIFICATION, ",\"action\":0,\"pin\":123456",
      E410, 0 },

    { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, ",\"group_subject\":\"x\"",
      "{" SUCCESS ",\"group_id\":\"#@g.us\",\"group_invite_link\":"
      "\"https://chat.whatsapp.com/Sandbox#\"}", 0 },
    { PA_ENDPOINT_CREATE_WHATSAPP_GROUP, "", E410, 0 },

    { PA_ENDPOINT_GROUP_DETAILS, ",\"group_id\":\"a\\\\b\"",
      "{" SUCCESS ",\"group_id\":\"a\\\\b\",\"group_subject\":\"Sandbox\","
      "\"group_icon_link\":\"\",\"group_invite_link\":"
      "\"https://chat.whatsapp.com/Sandbox#\","
      "\"group_created_date\":\"06-08-2019 06:46 AM\","
      "\"group_admins\":[\"15550100001\"],"
      "\"group_members\":[\"15550100001\",\"15550100002\"]}", 0 },
    { PA_ENDPOINT_GROUP_DETAILS, "", E410, 0 },

    { PA_ENDPOINT_GENERATE_INVITE_LINK, ",\"group_id\":\"a\"",
      "{" SUCCESS ",\"group_invite_link\":"
      "\"https://chat.whatsapp.com/Sandbox#\"}", 0 },
    { PA_ENDPOINT_GENERATE_INVITE_LINK, ",\"group_id\":\"\"", E410, 0 },

    { PA_ENDPOINT_UPDATE_GROUP_INFO, ",\"group_id\":\"a\"",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_UPDATE_GROUP_INFO, "", E410, 0 },

    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      ",\"group_id\":\"a\",\"number\":[\"15550100001\",15550100002]",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, ",\"number\":[\"15550100001\"]", E410, 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, "", E410, 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      ",\"group_id\":\"a\",\"number\":\"15550100001\"", "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      ",\"group_id\":\"a\",\"number\":[\"x\",\"15550100001\"]", E406, 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      ",\"group_id\":\"a\",\"number\":[\"99999990101\",\"x\"]",
      ERROR(101, "Service Unavailable"), 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, ",\"group_id\":\"a\"", E402, 0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN, ",\"group_id\":\"a\",\"number\":[]", E402,
      0 },
    { PA_ENDPOINT_ADD_GROUP_ADMIN,
      ",\"group_id\":\"a\",\"number\":[\"15550100001\",\"x\"]", E406, 0 },

    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      ",\"group_id\":\"a\",\"number\":[\"15550100001\"],\"type\":1",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      ",\"group_id\":\"a\",\"number\":[\"15550100001\",1555]", E406, 0 },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS,
      ",\"group_id\":\"a\",\"number\":\"\"", E402, 0 },
    { PA_ENDPOINT_REMOVE_GROUP_MEMBERS, ",\"group_id\":\"a\"", E402, 0 },

    { PA_ENDPOINT_DELETE_GROUP_ACTION, ",\"group_id\":\"a\",\"action\":1",
      "{" SUCCESS "}", 0 },
    { PA_ENDPOINT_DELETE_GROUP_ACTION, ",\"group_id\":\"a\"", E410, 0 }
};

const size_t  sandbox_nexchanges = unit_nelts(sandbox_exchanges);
