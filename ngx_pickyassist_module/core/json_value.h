
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Values, and members of an object by name, without a tree: what is kept of a
 * value is where it stands in the text.
 */


#ifndef _PA_JSON_VALUE_H_INCLUDED_
#define _PA_JSON_VALUE_H_INCLUDED_


#include "json_scan.h"


typedef struct {
    pa_json_type_e       type;    /* PA_JSON_ERROR: there is none */
    const uint8_t       *start;   /* of an array or object */
    pa_json_string_t     string;
    pa_json_number_t     number;
} pa_json_value_t;


typedef struct {
    pa_str_t             name;
    pa_json_value_t      value;
} pa_json_member_t;


/* reads the next value, whatever it is; PA_ERROR: malformed, or no memory */
int pa_json_read_value(pa_json_scan_t *s, pa_json_value_t *value);

/*
 * Reads the object that the scan is at, and sets the values of those of the n
 * members that it has, the last one counting if there are several.  PA_ERROR:
 * malformed, or no memory.
 */
int pa_json_find(pa_json_scan_t *s, pa_json_member_t *members, size_t n);

/* PA_ERROR: no string, or no memory, which s->no_memory tells */
int pa_json_value_string(pa_json_scan_t *s, const pa_json_value_t *value,
    pa_str_t *text);

/*
 * An integer, be it written as one, as a number with nothing behind the point,
 * or as a string of decimal digits.  PA_ERROR: it is none, or too large; n is
 * left as it was.
 */
int pa_json_value_integer(pa_json_scan_t *s, const pa_json_value_t *value,
    int64_t *n);


#endif /* _PA_JSON_VALUE_H_INCLUDED_ */
