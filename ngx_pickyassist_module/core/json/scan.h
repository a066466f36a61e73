
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A JSON reader (RFC 8259) that walks over a text without building anything.
 *
 * A token request needs what a tree cannot tell: every well-formed text
 * accepted whatever its depth or the size of its numbers, repeated members
 * seen, the place of an error.  For a reply it spares the tree, which would
 * cost more than all else that is done for it.
 *
 * The caller asks for the type of the value that comes next, then calls the
 * one function that reads a value of that type.  PA_ERROR from any of them:
 * the text is malformed, and the scan is over.
 */


#ifndef _PA_JSON_SCAN_H_INCLUDED_
#define _PA_JSON_SCAN_H_INCLUDED_


#include "string.h"


PA_HIDDEN_BEGIN


#define PA_DONE  1


typedef enum {
    PA_JSON_ERROR = 0,
    PA_JSON_OBJECT,
    PA_JSON_ARRAY,
    PA_JSON_STRING,
    PA_JSON_NUMBER,
    PA_JSON_LITERAL               /* true, false, null */
} pa_json_type_e;


typedef struct {
    const uint8_t   *start;
    const uint8_t   *pos;
    const uint8_t   *last;
    pa_pool_t       *pool;
    unsigned         lenient:1;   /* strings may hold anything, see decode */
    unsigned         no_memory:1; /* why a PA_ERROR was not a malformed text */
} pa_json_scan_t;


typedef struct {
    pa_str_t         text;
    unsigned         integer:1;   /* neither fraction nor exponent */
} pa_json_number_t;


typedef struct {
    size_t           line;        /* both from 1; columns are characters */
    size_t           column;
} pa_json_position_t;


/* strict, until lenient is set; text stays the caller's and is not changed */
void pa_json_scan_init(pa_json_scan_t *s, pa_pool_t *pool,
    const pa_str_t *text);

/* skips white space; PA_JSON_ERROR: no value begins here */
pa_json_type_e pa_json_scan_type(pa_json_scan_t *s);

int pa_json_scan_string(pa_json_scan_t *s, pa_json_string_t *string);
int pa_json_scan_number(pa_json_scan_t *s, pa_json_number_t *number);

/*
 * Members and elements are walked with *_next(), first being 1 for the first
 * call and 0 for the others; each PA_OK is followed by the reading of one
 * value.  PA_DONE: the object or array has ended.
 */
int pa_json_scan_object_next(pa_json_scan_t *s, int first,
    pa_json_string_t *name);
int pa_json_scan_array_next(pa_json_scan_t *s, int first);

/* reads the next value, whatever it is, to any depth without recursion */
int pa_json_scan_skip(pa_json_scan_t *s);

/* PA_OK: nothing but white space is left */
int pa_json_scan_end(pa_json_scan_t *s);

/* the place where the scan stopped */
void pa_json_scan_position(pa_json_scan_t *s, pa_json_position_t *position);

PA_HIDDEN_END


#endif /* _PA_JSON_SCAN_H_INCLUDED_ */
