
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Values, and members of an object by name, without a tree: only the place of
 * a string or a number in the text is kept.
 */


#ifndef _PA_JSON_VALUE_H_INCLUDED_
#define _PA_JSON_VALUE_H_INCLUDED_


#include "scan.h"


PA_HIDDEN_BEGIN


/* the most digits of an integer: those of INT64_MAX */
#define PA_JSON_INTEGER_LEN  19


typedef struct {
    pa_json_type_e       type;    /* PA_JSON_ERROR: no value */
    pa_json_string_t     string;
    pa_json_number_t     number;
} pa_json_value_t;


/* reads the next value of any type; PA_ERROR: malformed, or no memory */
int pa_json_read_value(pa_json_scan_t *s, pa_json_value_t *value);

/*
 * The index of a name among n names, or n.  An odd name matches none, since
 * the names contain none of the characters that replace odd ones.
 */
size_t pa_json_name_index(const pa_json_string_t *name, const pa_str_t *names,
    size_t n);

/*
 * Reads the next object and sets the values of the n names, the last one if a
 * name occurs repeatedly.  Values that are missing have the type
 * PA_JSON_ERROR.  PA_ERROR: malformed, or no memory.
 */
int pa_json_find(pa_json_scan_t *s, const pa_str_t *names,
    pa_json_value_t *values, size_t n);

/* PA_ERROR: not a string, or no memory if s->no_memory is set */
int pa_json_value_string(pa_json_scan_t *s, const pa_json_value_t *value,
    pa_str_t *text);

/*
 * The sign and the digits of a number, without a point followed by zeros.
 * PA_ERROR: it has a fraction or an exponent.
 */
int pa_json_number_whole(const pa_json_number_t *number, pa_str_t *digits);

/*
 * An integer, written as such, as a number with only zeros after the point, or
 * as a string of decimal digits.  PA_ERROR: not an integer, or too large; n is
 * unchanged.
 */
int pa_json_value_integer(const pa_json_value_t *value, int64_t *n);


PA_HIDDEN_END


#endif /* _PA_JSON_VALUE_H_INCLUDED_ */
