
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The tokens in a reply of create-api-token, whatever form they have there, in
 * the one form that clients get: {"ip":...,"token":"..."}, with commas between
 * them.
 *
 * They are written as they are read, whatever the status, which may come later:
 * to find them again would take a second walk over what most of a reply is.
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
    pa_buf_t             text;        /* may be written to; for the end */
    size_t               n;
} pa_token_list_t;


/* what scan and redactor point to has to outlive the list */
void pa_token_list_init(pa_token_list_t *list, pa_json_scan_t *scan,
    pa_redactor_t *redactor);

/*
 * Reads the value that the scan is at, which holds tokens, and adds them: a
 * list of them, an object whose values are the elements of one, or one alone.
 * PA_ERROR: malformed, or no memory, which scan->no_memory tells.
 */
int pa_token_list_read(pa_token_list_t *list);


PA_HIDDEN_END


#endif /* _PA_TOKEN_LIST_H_INCLUDED_ */
