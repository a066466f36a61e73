
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The success reply of all endpoints but create-api-token: the vendor's
 * members in the vendor's order, behind "status" and "message", compact.
 *
 * Strings and numbers stay as the vendor wrote them.  What is not valid JSON or
 * Unicode is mended, as pa_json_string_mend() does, and what shows a secret is
 * redacted; a number that does becomes a string.  Members that are there twice
 * are there twice in the copy, too, so that nothing is lost.
 *
 * Members are written as they are read, whatever the status, which may come
 * later.
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
    pa_buf_t             text;        /* each member behind a comma */

    /* what the replies of some endpoints tell */

    size_t               accepted;    /* push: rows that have a msg_id */
    pa_str_t             push_id;     /* push: as text, redacted; or empty */
    int64_t              balance;     /* check-balance, or _UNKNOWN */
} pa_envelope_t;


/* what scan and redactor point to has to outlive the envelope */
void pa_envelope_init(pa_envelope_t *envelope, pa_json_scan_t *scan,
    pa_redactor_t *redactor, pa_endpoint_e endpoint);

/*
 * Copies a member, of which the name has been read and the value comes next.
 * PA_ERROR: malformed, or no memory, which scan->no_memory tells.
 */
int pa_envelope_member(pa_envelope_t *envelope, const pa_json_string_t *name);

/* the same for a string that has been read and gets a name of ours */
int pa_envelope_string(pa_envelope_t *envelope, const pa_str_t *name,
    const pa_json_string_t *value);


PA_HIDDEN_END


#endif /* _PA_ENVELOPE_H_INCLUDED_ */
