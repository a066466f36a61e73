
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What becomes of a request, as one text to compare.
 */


#ifndef _REQUEST_RESULT_H_INCLUDED_
#define _REQUEST_RESULT_H_INCLUDED_


#include "request.h"


/* the secret as the inside of a JSON string */
#define UNIT_TOKEN  "s\\\"t"


/*
 * The body that is sent; or "invalid_request" with the pointer and the code of
 * each flaw, or "malformed_json" with line and column.
 */
pa_str_t request_result(const pa_request_rules_t *rules, const pa_str_t *body);


#endif /* _REQUEST_RESULT_H_INCLUDED_ */
