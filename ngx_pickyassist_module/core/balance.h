
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A balance as the vendor tells it, kept as an integer: in millionths.
 */


#ifndef _PA_BALANCE_H_INCLUDED_
#define _PA_BALANCE_H_INCLUDED_


#include "buf.h"


PA_HIDDEN_BEGIN


#define PA_BALANCE_ONE  1000000

/* a balance that nobody has told yet */
#define PA_BALANCE_UNKNOWN  INT64_MIN


/*
 * Reads plain decimals, as in "-12.345", and rounds what is smaller than a
 * millionth.  PA_ERROR: text is something else, or has more than twelve digits
 * before the point; balance is left as it was.
 */
int pa_balance_read(const pa_str_t *text, int64_t *balance);

/* as short as it can be: "12.345", "-0.5", "7" */
void pa_balance_write(pa_buf_t *b, int64_t balance);


PA_HIDDEN_END


#endif /* _PA_BALANCE_H_INCLUDED_ */
