
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Setters of directives that need more than nginx's slot functions.  They
 * return what such a function may return.
 */


#ifndef _NGX_PICKYASSIST_DIRECTIVES_H_INCLUDED_
#define _NGX_PICKYASSIST_DIRECTIVES_H_INCLUDED_


#include "ngx_pickyassist_conf.h"


PA_HIDDEN_BEGIN


char *ngx_pickyassist_endpoint(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_ip_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_number_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_device_commands(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_disabled_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_disabled_message(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_set_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_keepalive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_pickyassist_idempotency(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_pickyassist_idempotency_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * A value that may contain variables; it is evaluated after the request has
 * been read.
 */
ngx_int_t ngx_pickyassist_compile_value(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv);

/*
 * Sets the content handler of the location, for a directive that does nothing
 * else.
 */
char *ngx_pickyassist_set_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_pickyassist_loc_conf_t *conf, ngx_http_handler_pt handler);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_DIRECTIVES_H_INCLUDED_ */
