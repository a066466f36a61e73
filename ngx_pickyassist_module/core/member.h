
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The rules that members follow, but for those whose values are objects (see
 * request.h) or addresses (ip_list.h).
 *
 * What is judged is what a string stands for, whichever way it is written.
 */


#ifndef _PA_MEMBER_H_INCLUDED_
#define _PA_MEMBER_H_INCLUDED_


#include "reader.h"


PA_HIDDEN_BEGIN


/*
 * What a member tells.  The text is set for members with a fact alone: the
 * digits of an id, and else the characters in UTF-8; in the body or in memory
 * of the pool.
 */

typedef struct {
    pa_str_t         text;
    int64_t          number;      /* of an id or a flag; -1: none, or a flaw */
} pa_value_t;


/* reads and judges the value that comes next; see reader.h */
int pa_member_read(pa_reader_t *reader, const pa_member_t *member,
    const pa_place_t *place, pa_value_t *value);


PA_HIDDEN_END


#endif /* _PA_MEMBER_H_INCLUDED_ */
