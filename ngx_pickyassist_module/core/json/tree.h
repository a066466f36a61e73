
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A JSON document as a tree: the only user of jansson.  It serves the sandbox,
 * so that what the gateway sends is judged by another reader than its own.
 *
 * Values that a function gives are borrowed from the document and live until
 * pa_json_free(); strings are UTF-8 and may hold null bytes.
 */


#ifndef _PA_JSON_TREE_H_INCLUDED_
#define _PA_JSON_TREE_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


typedef struct json_t  pa_json_t;


/* NULL: not a JSON object or array, or no memory */
pa_json_t *pa_json_read(const pa_str_t *text);

void pa_json_free(pa_json_t *document);

/* NULL: not there, or value is NULL or no object */
pa_json_t *pa_json_member(const pa_json_t *value, const char *name);

/*
 * Elements of value: those of an array, else the value itself as the only
 * one; none if value is NULL.
 */
size_t pa_json_nelements(const pa_json_t *value);
pa_json_t *pa_json_element(pa_json_t *value, size_t i);

/* 1: true; 0: anything else, NULL included */
int pa_json_is_true(const pa_json_t *value);

/* 1: NULL, null, or a string, an array or an object with nothing in it */
int pa_json_is_empty(const pa_json_t *value);

/* PA_ERROR: value is NULL or no string */
int pa_json_string(const pa_json_t *value, pa_str_t *text);

/*
 * An integer, be it written as one or as a string of up to 18 decimal digits.
 * PA_ERROR: it is none, and n is left as it was.
 */
int pa_json_integer(const pa_json_t *value, int64_t *n);


PA_HIDDEN_END


#endif /* _PA_JSON_TREE_H_INCLUDED_ */
