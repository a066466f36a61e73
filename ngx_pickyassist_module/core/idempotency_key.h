
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The value of an Idempotency-Key field.
 */


#ifndef _PA_IDEMPOTENCY_KEY_H_INCLUDED_
#define _PA_IDEMPOTENCY_KEY_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* longest key, unquoted */
#define PA_IDEMPOTENCY_KEY_MAX  255


/*
 * Reads a string of RFC 8941 section 3.3.3, as in
 * draft-ietf-httpapi-idempotency-key-header-07, of visible ASCII and without
 * parameters; or the same without quotes.  The characters '"', '\', ';' and
 * ',' are allowed only in quotes.
 *
 * Writes the key, unquoted, to dst, of PA_IDEMPOTENCY_KEY_MAX bytes.  Returns
 * its length; 0: not a key.
 */
size_t pa_idempotency_key_read(const pa_str_t *value, uint8_t *dst);


PA_HIDDEN_END


#endif /* _PA_IDEMPOTENCY_KEY_H_INCLUDED_ */
