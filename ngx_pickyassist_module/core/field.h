
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Names and values in the header section of an HTTP message.
 */


#ifndef _PA_FIELD_H_INCLUDED_
#define _PA_FIELD_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* 1: a valid name of a field, a token by RFC 9110 section 5.6.2 */
int pa_field_is_name(const pa_str_t *name);

/* 1: a valid value of a field, by RFC 9110 section 5.5; no newlines */
int pa_field_is_value(const pa_str_t *value);

/*
 * How long the sender keeps an idle connection, according to a Keep-Alive
 * field: the smallest "timeout" in it, in seconds, or -1.  RFC 2068 section
 * 19.7.1.1.
 */
int64_t pa_field_keep_alive(const pa_str_t *value);


PA_HIDDEN_END


#endif /* _PA_FIELD_H_INCLUDED_ */
