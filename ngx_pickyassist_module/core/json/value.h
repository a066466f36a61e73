
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Values, and members of an object by name, without a tree: what is kept of a
 * string or a number is where it stands in the text.
 */


#ifndef _PA_JSON_VALUE_H_INCLUDED_
#define _PA_JSON_VALUE_H_INCLUDED_


#include "scan.h"


PA_HIDDEN_BEGIN


/* the most digits of an integer: those of INT64_MAX */
#define PA_JSON_INTEGER_LEN  19


typedef struct {
    pa_json_type_e       type;    /* PA_JSON_ERROR: there is none */
    pa_json_string_t     string;
    pa_json_number_t     number;
} pa_json_value_t;


/* reads the next value, whatever it is; PA_ERROR: malformed, or no memory */
int pa_json_read_value(pa_json_scan_t *s, pa_json_value_t *value);

/*
 * The place of a name among n others, or n.  It is no text of an odd name that
 * is sought: those have none of the characters that stand for odd ones.
 */
size_t pa_json_name_index(const pa_json_string_t *name, const pa_str_t *names,
    size_t n);

/*
 * Reads the object that the scan is at, and sets the values of those of the n
 * names that it has, the last one counting if there are several; the others'
 * type is PA_JSON_ERROR.  PA_ERROR: malformed, or no memory.
 */
int pa_json_find(pa_json_scan_t *s, const pa_str_t *names,
    pa_json_value_t *values, size_t n);

/* PA_ERROR: no string, or no memory, which s->no_memory tells */
int pa_json_value_string(pa_json_scan_t *s, const pa_json_value_t *value,
    pa_str_t *text);

/*
 * The digits of a number, and its sign, without a point and zeros behind it.
 * PA_ERROR: it has a fraction or an exponent.
 */
int pa_json_number_whole(const pa_json_number_t *number, pa_str_t *digits);

/*
 * An integer, be it written as one, as a number with nothing behind the point,
 * or as a string of decimal digits.  PA_ERROR: it is none, or too large; n is
 * left as it was.
 */
int pa_json_value_integer(pa_json_scan_t *s, const pa_json_value_t *value,
    int64_t *n);


PA_HIDDEN_END


#endif /* _PA_JSON_VALUE_H_INCLUDED_ */
