
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A JSON reader (RFC 8259) that walks over a text without building a tree.
 *
 * Requests need what a tree cannot provide: any well-formed text is accepted,
 * whatever its depth or the size of its numbers, duplicate members are
 * detected, and errors have a place.  For a reply, a tree would cost more than
 * everything else.
 *
 * The caller asks for the type of the next value, then calls the function that
 * reads a value of this type.  PA_ERROR from any of them: the text is
 * malformed, and the scan is over.
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
    unsigned         lenient:1;   /* strings may contain anything, see decode */
    unsigned         no_memory:1; /* PA_ERROR was not a malformed text */
} pa_json_scan_t;


typedef struct {
    pa_str_t         text;
    unsigned         integer:1;   /* neither fraction nor exponent */
} pa_json_number_t;


typedef struct {
    size_t           line;        /* both from 1; columns are characters */
    size_t           column;
} pa_json_position_t;


/* strict until lenient is set; text is owned by the caller, not changed */
void pa_json_scan_init(pa_json_scan_t *s, pa_pool_t *pool,
    const pa_str_t *text);

/* skips white space; PA_JSON_ERROR: no value begins here */
pa_json_type_e pa_json_scan_type(pa_json_scan_t *s);

int pa_json_scan_string(pa_json_scan_t *s, pa_json_string_t *string);
int pa_json_scan_number(pa_json_scan_t *s, pa_json_number_t *number);

/*
 * *_next() iterates over members or elements; first is 1 for the first call
 * and 0 for the others.  After each PA_OK, one value must be read.  PA_DONE:
 * the object or array has ended.
 */
int pa_json_scan_object_next(pa_json_scan_t *s, int first,
    pa_json_string_t *name);
int pa_json_scan_array_next(pa_json_scan_t *s, int first);

/* reads the next value of any type and depth, without recursion */
int pa_json_scan_skip(pa_json_scan_t *s);

/* PA_OK: only white space is left */
int pa_json_scan_end(pa_json_scan_t *s);

/* the place where the scan stopped */
void pa_json_scan_position(pa_json_scan_t *s, pa_json_position_t *position);

PA_HIDDEN_END


#endif /* _PA_JSON_SCAN_H_INCLUDED_ */
