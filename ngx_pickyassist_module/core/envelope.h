
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The success reply of all endpoints except create-api-token: the vendor's
 * members in the vendor's order, after "status" and "message", without white
 * space.
 *
 * Strings and numbers remain as the vendor wrote them.  What is not valid JSON
 * or Unicode is repaired by pa_json_string_mend().  Secrets are redacted; a
 * number that contains one becomes a string.  Duplicate members are copied as
 * well, so that nothing is lost.
 *
 * Members are written while they are read, before the status is known, which
 * may come later.
 */


#ifndef _PA_ENVELOPE_H_INCLUDED_
#define _PA_ENVELOPE_H_INCLUDED_


#include "balance.h"
#include "buf.h"
#include "json/value.h"
#include "redact.h"
#include "tables/endpoints.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_json_scan_t      *scan;
    pa_redactor_t       *redactor;
    pa_endpoint_e        endpoint;
    pa_buf_t             text;        /* a comma before each member */

    /* values in the replies of some endpoints */

    size_t               accepted;    /* push: rows that have a msg_id */
    pa_str_t             push_id;     /* push: as text, redacted; or empty */
    int64_t              balance;     /* check-balance, or _UNKNOWN */
} pa_envelope_t;


/* what scan and redactor point to must outlive the envelope */
void pa_envelope_init(pa_envelope_t *envelope, pa_json_scan_t *scan,
    pa_redactor_t *redactor, pa_endpoint_e endpoint);

/*
 * Copies a member whose name has been read and whose value comes next.
 * PA_ERROR: malformed, or no memory if scan->no_memory is set.
 */
int pa_envelope_member(pa_envelope_t *envelope, const pa_json_string_t *name);

/* the same for a string that has been read, under another name */
int pa_envelope_string(pa_envelope_t *envelope, const pa_str_t *name,
    const pa_json_string_t *value);


PA_HIDDEN_END


#endif /* _PA_ENVELOPE_H_INCLUDED_ */
