
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The "ip_whitelist" of create-api-token: an address, or an array of them.
 */


#ifndef _PA_IP_LIST_H_INCLUDED_
#define _PA_IP_LIST_H_INCLUDED_


#include "reader.h"


PA_HIDDEN_BEGIN


typedef struct {
    size_t           n;
    pa_buf_t         text;        /* "a","b" as JSON, normalised */
} pa_ip_list_t;


/*
 * Reads and judges the next value, see reader.h.  The list contains the valid
 * addresses, including duplicates; its text has room for that many more bytes.
 */
int pa_ip_list_read(pa_reader_t *reader, const pa_place_t *place, size_t more,
    pa_ip_list_t *list);


PA_HIDDEN_END


#endif /* _PA_IP_LIST_H_INCLUDED_ */
