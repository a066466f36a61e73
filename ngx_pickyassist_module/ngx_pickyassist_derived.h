
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Variables that are derived from the module's own, by a "map" above all.
 *
 * nginx remembers the value of a variable, unless the variable says that it is
 * not cacheable.  Those that requests fill do, but a "map" over them does not,
 * unless it has "volatile": one that "access_log", "if" or "rewrite" asks
 * before the request was read would keep what it made of nothing, and decide
 * with that.  So it is seen which variables are being evaluated when one of
 * the module's is read, and these are not cacheable from then on.
 */


#ifndef _NGX_PICKYASSIST_DERIVED_H_INCLUDED_
#define _NGX_PICKYASSIST_DERIVED_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* from now on it is seen which ones they are; for a cycle that is complete */
ngx_int_t ngx_pickyassist_watch_variables(ngx_cycle_t *cycle);

/* a variable that requests fill is being read */
void ngx_pickyassist_note_derived(void);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_DERIVED_H_INCLUDED_ */
