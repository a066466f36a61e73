
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * What the readers of a request share: the rules, the scan of the body, and
 * the flaws (errors of the request) that were found, each with its place.
 */


#ifndef _PA_READER_H_INCLUDED_
#define _PA_READER_H_INCLUDED_


#include "ip_address.h"
#include "json/scan.h"
#include "problem.h"
#include "tables/members.h"


PA_HIDDEN_BEGIN


/* what the configuration determines */

typedef struct {
    pa_endpoint_e    endpoint;

    size_t           max_ips;
    pa_ip_policy_e   ip_policy;
    const pa_cidr_t *ip_allow;
    size_t           nip_allow;           /* 0: no list */

    size_t           max_recipients;
    const pa_str_t  *number_allow;        /* allowed prefixes, digits */
    size_t           nnumber_allow;       /* 0: no list */
    const pa_str_t  *commands;
    size_t           ncommands;

    uint64_t         hash_seed;           /* unknown to clients */
    unsigned         whitelist_required:1;
    unsigned         strip_token:1;       /* the client's own */
    unsigned         pass_unknown:1;
} pa_request_rules_t;


/*
 * A place in the body: a member of "in", or an element of it if name is NULL.
 * NULL is the whole document.
 */

typedef struct pa_place_s  pa_place_t;

struct pa_place_s {
    const pa_place_t        *in;
    const pa_json_string_t  *name;
    size_t                   index;
};


typedef struct {
    pa_json_scan_t             scan;
    pa_pool_t                 *pool;
    const pa_request_rules_t  *rules;

    pa_flaw_t                 *flaws;
    size_t                     nflaws;
    unsigned                   no_memory:1;
} pa_reader_t;


/*
 * The reading functions return PA_OK even if they have found flaws.  PA_ERROR
 * means that the body is malformed at the place of the scan or, if no_memory
 * or scan.no_memory is set, that there is no memory.
 */

void pa_reader_init(pa_reader_t *reader, pa_pool_t *pool,
    const pa_request_rules_t *rules, const pa_str_t *body);

/* only the first PA_PROBLEM_MAX_ERRORS are kept; code and detail are static */
void pa_reader_flaw(pa_reader_t *reader, const pa_place_t *place,
    const char *code, const char *detail);

/* the same with a detail made of a number and the text around it */
void pa_reader_flaw_bound(pa_reader_t *reader, const pa_place_t *place,
    const char *code, const char *before, size_t bound, const char *after);

/* adds a flaw: the next value has the wrong type */
int pa_reader_skip(pa_reader_t *reader, const pa_place_t *place,
    const char *detail);

/* 1 if there are so many flaws that no more are kept */
#define pa_reader_is_full(reader)                                             \
    ((reader)->nflaws == PA_PROBLEM_MAX_ERRORS)


PA_HIDDEN_END


#endif /* _PA_READER_H_INCLUDED_ */
