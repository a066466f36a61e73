
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The rules of all endpoints but create-api-token, written again in another
 * way, for a tree of jansson's.
 */


#ifndef _REQUEST_JUDGE_H_INCLUDED_
#define _REQUEST_JUDGE_H_INCLUDED_


#include "fuzz.h"
#include "request.h"


/* jansson has lost what the verdict depends on: the sign of -0 */
int judge_is_unsure(const pa_str_t *body);

/* 1 if the request is valid; for jansson's reading of a body */
int judge_request(const pa_request_rules_t *rules, json_t *document);

/* what the request says of itself is what the document says, if not NULL */
void judge_facts(const pa_request_rules_t *rules, const pa_request_t *request,
    json_t *document);

/* what is to be sent of a body that is valid, with FUZZ_SECRET */
pa_str_t judge_forwarded(const pa_str_t *body);


#endif /* _REQUEST_JUDGE_H_INCLUDED_ */
