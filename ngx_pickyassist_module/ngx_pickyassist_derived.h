
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Variables that are derived from the module's own, by a "map" above all.
 *
 * nginx caches the value of a variable unless the variable is marked as not
 * cacheable.  The module's variables are, but a "map" of them is not, unless
 * it has "volatile": if "access_log", "if" or "rewrite" evaluates it before
 * the request has been read, it would keep a value made of empty ones, and
 * later decide with that.  So whenever one of the module's variables is read,
 * the variables that are being evaluated are marked as not cacheable.
 */


#ifndef _NGX_PICKYASSIST_DERIVED_H_INCLUDED_
#define _NGX_PICKYASSIST_DERIVED_H_INCLUDED_


#include "ngx_pickyassist_compat.h"


PA_HIDDEN_BEGIN


/* starts watching the variables of a complete cycle */
ngx_int_t ngx_pickyassist_watch_variables(ngx_cycle_t *cycle);

/* one of the module's variables is being read */
void ngx_pickyassist_note_derived(void);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_DERIVED_H_INCLUDED_ */
