
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A JSON document as a tree, the only user of jansson.  It is for the sandbox,
 * so that another reader checks what the gateway sends.
 *
 * Returned values are borrowed from the document and live until
 * pa_json_free(); strings are UTF-8 and may contain null bytes.
 */


#ifndef _PA_JSON_TREE_H_INCLUDED_
#define _PA_JSON_TREE_H_INCLUDED_


#include "../core.h"


PA_HIDDEN_BEGIN


typedef struct json_t  pa_json_t;


/* NULL: not a JSON object or array, or no memory */
pa_json_t *pa_json_read(const pa_str_t *text);

void pa_json_free(pa_json_t *document);

/* NULL: not found, or value is NULL or not an object */
pa_json_t *pa_json_member(const pa_json_t *value, const char *name);

/*
 * Elements of value: those of an array, otherwise the value itself as the only
 * one; none if value is NULL.
 */
size_t pa_json_nelements(const pa_json_t *value);
pa_json_t *pa_json_element(pa_json_t *value, size_t i);

/* 1: true; 0: anything else, including NULL */
int pa_json_is_true(const pa_json_t *value);

/* 1: NULL, null, or an empty string, array or object */
int pa_json_is_empty(const pa_json_t *value);

/* PA_ERROR: value is NULL or not a string */
int pa_json_string(const pa_json_t *value, pa_str_t *text);

/*
 * An integer, written as a number or as a string of up to 18 decimal digits.
 * PA_ERROR: not an integer; n is unchanged.
 */
int pa_json_integer(const pa_json_t *value, int64_t *n);


PA_HIDDEN_END


#endif /* _PA_JSON_TREE_H_INCLUDED_ */
