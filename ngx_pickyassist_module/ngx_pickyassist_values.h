
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Setters of directives whose messages say more than those of nginx: which
 * values are allowed, and the line of the configuration.
 */


#ifndef _NGX_PICKYASSIST_VALUES_H_INCLUDED_
#define _NGX_PICKYASSIST_VALUES_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


/* like nginx's setters of these names; post is the list of allowed values */
char *ngx_pickyassist_set_enum(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_set_bind(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* for "post" of a slot */
char *ngx_pickyassist_check_count(ngx_conf_t *cf, void *post, void *data);
char *ngx_pickyassist_check_size(ngx_conf_t *cf, void *post, void *data);
char *ngx_pickyassist_check_name(ngx_conf_t *cf, void *post, void *data);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_VALUES_H_INCLUDED_ */
