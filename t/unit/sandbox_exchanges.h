
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Requests to the sandbox, and its replies: what is to be accepted, and what
 * the vendor would refuse.
 */


#ifndef _SANDBOX_EXCHANGES_H_INCLUDED_
#define _SANDBOX_EXCHANGES_H_INCLUDED_


#include "tables/endpoints.h"


/* a recipient that is none of those which stand for a status */
#define ROW  "{\"number\":\"15550100001\",\"message\":\"A\"}"

#define SUCCESS  "\"status\":100,\"message\":\"Success\""

#define ERROR(status, message)                                                \
    "{\"status\":" #status ",\"message\":\"" message "\"}"

/*
 * The time is 06:46:07 on 6 August 2019, UTC, and 12.345 is spent.  In replies
 * "#" stands for digits, "~" for the 40 of a token.
 */

typedef struct {
    pa_endpoint_e    endpoint;
    const char      *members;             /* behind the token: ",..." or "" */
    const char      *reply;
    int64_t          cost;
} sandbox_exchange_t;


extern const sandbox_exchange_t  sandbox_exchanges[];
extern const size_t  sandbox_nexchanges;


#endif /* _SANDBOX_EXCHANGES_H_INCLUDED_ */
