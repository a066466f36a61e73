
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * URLs that the vendor will fetch or show.
 */


#ifndef _PA_URL_H_INCLUDED_
#define _PA_URL_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/*
 * PA_OK: http or https (RFC 3986, or an IRI of RFC 3987) with a host and an
 * optional port, without user information, and without white space and control
 * characters of Unicode.  The text is UTF-8.
 */
int pa_url_check(const pa_str_t *url);


PA_HIDDEN_END


#endif /* _PA_URL_H_INCLUDED_ */
