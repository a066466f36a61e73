
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * JSON values of the vendor's replies: the only user of jansson.
 *
 * Values that a function gives are borrowed from the document and live until
 * pa_json_free(); strings are UTF-8 and may hold null bytes.
 */


#ifndef _PA_JSON_H_INCLUDED_
#define _PA_JSON_H_INCLUDED_


#include "core.h"


typedef struct json_t  pa_json_t;


/*
 * Reads one JSON document, forgiving what has no bearing on its meaning: a
 * byte order mark before it, anything after it; and, by changing the text in
 * place, control characters and bytes that are not UTF-8 in strings, lone
 * surrogates, null bytes, and numbers beyond 64 bits, which become null.
 * NULL: not JSON, or no memory.
 */
pa_json_t *pa_json_read(uint8_t *text, size_t len);

void pa_json_free(pa_json_t *document);

int pa_json_is_object(const pa_json_t *value);

/* NULL: not there, or value is NULL or no object */
pa_json_t *pa_json_member(const pa_json_t *value, const char *name);

/*
 * Elements of value: those of an array, else the value itself as the only
 * one; none if value is NULL.
 */
size_t pa_json_nelements(const pa_json_t *value);
pa_json_t *pa_json_element(pa_json_t *value, size_t i);

/* PA_ERROR: value is NULL or no string */
int pa_json_string(const pa_json_t *value, pa_str_t *text);

/*
 * An integer, be it written as one, as a number without a fraction or as a
 * string of decimal digits.  PA_ERROR: it is none, and n is left as it was.
 */
int pa_json_integer(const pa_json_t *value, int64_t *n);


#endif /* _PA_JSON_H_INCLUDED_ */
