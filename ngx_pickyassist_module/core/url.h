
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * URLs that the vendor is to fetch from, or to show.
 */


#ifndef _PA_URL_H_INCLUDED_
#define _PA_URL_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/*
 * PA_OK: http or https (RFC 3986; IRIs of RFC 3987 too) with a host, and
 * maybe a port, without user information, and nowhere in it white space or a
 * control character of Unicode.  The text is UTF-8.
 */
int pa_url_check(const pa_str_t *url);


PA_HIDDEN_END


#endif /* _PA_URL_H_INCLUDED_ */
