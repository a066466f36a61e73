
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * "pickyassist_status": the counters, for Prometheus or as JSON.
 */


#ifndef _NGX_PICKYASSIST_METRICS_H_INCLUDED_
#define _NGX_PICKYASSIST_METRICS_H_INCLUDED_


#include "ngx_pickyassist_directives.h"


PA_HIDDEN_BEGIN


/* the directive */
char *ngx_pickyassist_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


PA_HIDDEN_END


#endif /* _NGX_PICKYASSIST_METRICS_H_INCLUDED_ */
