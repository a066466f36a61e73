
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Texts of a reply for the client: decodes them, removes secrets, and writes
 * them as JSON again.
 */


#ifndef _PA_REPLY_TEXT_H_INCLUDED_
#define _PA_REPLY_TEXT_H_INCLUDED_


#include "buf.h"
#include "json/value.h"
#include "redact.h"


PA_HIDDEN_BEGIN


/*
 * The characters of a string value, redacted.  PA_DONE: not a string.
 * PA_ERROR: no memory; s->no_memory is set.
 */
int pa_reply_string(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, pa_str_t *text);

/* pa_redact(), which also sets s->no_memory */
int pa_reply_redact(pa_json_scan_t *s, pa_redactor_t *redactor,
    pa_str_t *text, int copy);

/*
 * An integer, as pa_json_value_integer() reads it.  PA_DONE: not an integer,
 * or it contains a secret.  PA_ERROR: no memory.
 */
int pa_reply_integer(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, int64_t *n);

/* the inside of a JSON string, from the result of pa_reply_string() */
void pa_reply_write(pa_buf_t *b, const pa_json_value_t *value,
    const pa_str_t *text);


PA_HIDDEN_END


#endif /* _PA_REPLY_TEXT_H_INCLUDED_ */
