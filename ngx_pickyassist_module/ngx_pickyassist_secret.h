
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The secrets: loaded, checked, escaped once, wiped.
 */


#ifndef _NGX_PICKYASSIST_SECRET_H_INCLUDED_
#define _NGX_PICKYASSIST_SECRET_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/*
 * Setters of directives, for a secret as the argument or in a file.  The
 * process that reads the configuration reads the file at once.  They set the
 * pointer at cmd->offset of the location's configuration; cmd->post is its
 * name in messages, an ngx_str_t *.
 */
char *ngx_pickyassist_set_token(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_set_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* 1: the text contains a secret of the location, plain, ignoring case */
ngx_uint_t ngx_pickyassist_shows_secret(ngx_pickyassist_loc_conf_t *plcf,
    ngx_str_t *text);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_SECRET_H_INCLUDED_ */
