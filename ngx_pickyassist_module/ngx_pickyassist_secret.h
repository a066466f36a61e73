
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The master token: loaded, checked, escaped once, wiped.
 */


#ifndef _NGX_PICKYASSIST_SECRET_H_INCLUDED_
#define _NGX_PICKYASSIST_SECRET_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* directives; the file is read at once, by the process that reads them */
char *ngx_pickyassist_master_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_master_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_SECRET_H_INCLUDED_ */
