
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#ifndef _NGX_PICKYASSIST_VERSION_H_INCLUDED_
#define _NGX_PICKYASSIST_VERSION_H_INCLUDED_


#define NGX_PICKYASSIST_VERSION  "1.0.0"


#endif /* _NGX_PICKYASSIST_VERSION_H_INCLUDED_ */
