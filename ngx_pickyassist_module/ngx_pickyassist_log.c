
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_log.h"


/* the longest text; nginx cuts a line at four times as much */
#define NGX_PICKYASSIST_LOG_TEXT  512


static void ngx_pickyassist_write_log(ngx_uint_t level, ngx_http_request_t *r,
    char *action, const char *subject, const char *fmt, va_list args);


void
ngx_pickyassist_log(ngx_uint_t level, ngx_http_request_t *r, const char *fmt,
    ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_pickyassist_write_log(level, r, r->connection->log->action, " ", fmt,
                              args);
    va_end(args);
}


void
ngx_pickyassist_log_upstream(ngx_uint_t level, ngx_http_request_t *r,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_pickyassist_write_log(level, r, "reading response from upstream",
                              ": upstream ", fmt, args);
    va_end(args);
}


static void
ngx_pickyassist_write_log(ngx_uint_t level, ngx_http_request_t *r,
    char *action, const char *subject, const char *fmt, va_list args)
{
    char       *previous;
    u_char     *last;
    ngx_log_t  *log;
    ngx_str_t   id;
    u_char      text[NGX_PICKYASSIST_LOG_TEXT];

    log = r->connection->log;

    if (log->log_level < level
        || ngx_pickyassist_request_id(r, &id) != NGX_OK)
    {
        return;
    }

    last = ngx_vslprintf(text, text + NGX_PICKYASSIST_LOG_TEXT, fmt, args);

    previous = log->action;
    log->action = action;

    ngx_log_error(level, log, 0, "pickyassist: request %V%s%*s",
                  &id, subject, last - text, text);

    log->action = previous;
}
