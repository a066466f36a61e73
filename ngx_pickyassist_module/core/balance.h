
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A balance of the vendor account, stored as an integer number of millionths.
 */


#ifndef _PA_BALANCE_H_INCLUDED_
#define _PA_BALANCE_H_INCLUDED_


#include "buf.h"


PA_HIDDEN_BEGIN


#define PA_BALANCE_ONE  1000000

/* the balance is not known yet */
#define PA_BALANCE_UNKNOWN  INT64_MIN


/*
 * Reads a plain decimal, such as "-12.345", and rounds it to millionths.
 * PA_ERROR: text is something else, or has more than twelve digits before the
 * point; balance is unchanged.
 */
int pa_balance_read(const pa_str_t *text, int64_t *balance);

/* in the shortest form: "12.345", "-0.5", "7" */
void pa_balance_write(pa_buf_t *b, int64_t balance);


PA_HIDDEN_END


#endif /* _PA_BALANCE_H_INCLUDED_ */
