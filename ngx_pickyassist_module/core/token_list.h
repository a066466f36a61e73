
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The tokens in a reply of create-api-token, converted from any form into the
 * form that clients get: {"ip":...,"token":"..."}, separated by commas.
 *
 * They are written while they are read, before the status is known, which may
 * come later: otherwise most of the reply would have to be read twice.
 */


#ifndef _PA_TOKEN_LIST_H_INCLUDED_
#define _PA_TOKEN_LIST_H_INCLUDED_


#include "buf.h"
#include "json/value.h"
#include "redact.h"


PA_HIDDEN_BEGIN


typedef struct {
    pa_json_scan_t      *scan;
    pa_redactor_t       *redactor;
    pa_buf_t             text;        /* writable, for the end */
    size_t               n;
} pa_token_list_t;


/* what scan and redactor point to must outlive the list */
void pa_token_list_init(pa_token_list_t *list, pa_json_scan_t *scan,
    pa_redactor_t *redactor);

/*
 * Reads the next value and adds its tokens: a list of tokens, an object whose
 * values are tokens, or a single token.  PA_ERROR: malformed, or no memory if
 * scan->no_memory is set.
 */
int pa_token_list_read(pa_token_list_t *list);


PA_HIDDEN_END


#endif /* _PA_TOKEN_LIST_H_INCLUDED_ */
