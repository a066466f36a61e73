
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The rules for members, except those whose values are objects (see request.h)
 * or addresses (ip_list.h).
 *
 * A string is judged by the characters that it represents, however it is
 * written.
 */


#ifndef _PA_MEMBER_H_INCLUDED_
#define _PA_MEMBER_H_INCLUDED_


#include "reader.h"


PA_HIDDEN_BEGIN


/*
 * The value of a member.  The text is set only for members with a fact: the
 * digits of an id, otherwise the characters in UTF-8; in the body or in memory
 * of the pool.
 */

typedef struct {
    pa_str_t         text;
    int64_t          number;      /* of an id or a flag; -1: none, or invalid */
} pa_value_t;


/* reads and judges the next value; see reader.h */
int pa_member_read(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value);


PA_HIDDEN_END


#endif /* _PA_MEMBER_H_INCLUDED_ */
