
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Header fields about a body: the media type of a request (RFC 9110 section
 * 8.3.1), and whether a reply is encoded (section 8.4).
 */


#ifndef _PA_MEDIA_TYPE_H_INCLUDED_
#define _PA_MEDIA_TYPE_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/*
 * 1 if the value of a Content-Type field means JSON in UTF-8: application/json
 * in any case, without a charset parameter or with utf-8.  Other parameters
 * are ignored, as RFC 8259 section 11 defines none.
 */
int pa_media_type_is_json(const pa_str_t *value);

/*
 * 1 if the value of a Content-Encoding field, a list, has a coding registered
 * by IANA other than "identity": the body is encoded.  Other values that
 * servers write there ("none", "utf-8", "binary") do not change the body.
 */
int pa_content_is_encoded(const pa_str_t *value);


PA_HIDDEN_END


#endif /* _PA_MEDIA_TYPE_H_INCLUDED_ */
