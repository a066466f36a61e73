
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Texts of a reply on their way to the client: decoded, without the secrets,
 * and written as JSON again.
 */


#ifndef _PA_REPLY_TEXT_H_INCLUDED_
#define _PA_REPLY_TEXT_H_INCLUDED_


#include "buf.h"
#include "json/value.h"
#include "redact.h"


PA_HIDDEN_BEGIN


/*
 * The characters of a value that is a string, redacted.  PA_DONE: it is none.
 * PA_ERROR: no memory, which s->no_memory tells.
 */
int pa_reply_string(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, pa_str_t *text);

/* pa_redact(), with s->no_memory set if it is so */
int pa_reply_redact(pa_json_scan_t *s, pa_redactor_t *redactor,
    pa_str_t *text, int copy);

/*
 * An integer, as pa_json_value_integer() reads it.  PA_DONE: it is none, or it
 * shows a secret.  PA_ERROR: no memory.
 */
int pa_reply_integer(pa_json_scan_t *s, pa_redactor_t *redactor,
    const pa_json_value_t *value, int64_t *n);

/* the inside of a JSON string, of what pa_reply_string() gave for the value */
void pa_reply_write(pa_buf_t *b, const pa_json_value_t *value,
    const pa_str_t *text);


PA_HIDDEN_END


#endif /* _PA_REPLY_TEXT_H_INCLUDED_ */
