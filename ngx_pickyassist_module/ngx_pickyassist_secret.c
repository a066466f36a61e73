
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_secret.h"


#define NGX_PICKYASSIST_MAX_TOKEN  4096

/* a token, its newline, and a byte more that tells a file too large */
#define NGX_PICKYASSIST_FILE_SIZE  (NGX_PICKYASSIST_MAX_TOKEN + 3)


static ngx_int_t ngx_pickyassist_read_file(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name, u_char *buf, size_t *len);
static void ngx_pickyassist_check_access(ngx_conf_t *cf, ngx_str_t *name,
    ngx_fd_t fd);
static ngx_pickyassist_secret_t *ngx_pickyassist_keep(ngx_conf_t *cf,
    ngx_command_t *cmd, u_char *token, size_t len);
static void ngx_pickyassist_escape(u_char *token, size_t len,
    ngx_str_t *escaped);
static void ngx_pickyassist_wipe(void *data);


char *
ngx_pickyassist_master_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (plcf->secret != NGX_CONF_UNSET_PTR) {
        ngx_explicit_memzero(value[1].data, value[1].len);
        return "is duplicate: one master token, inline or from a file, "
               "belongs to a level";
    }

    plcf->secret = ngx_pickyassist_keep(cf, cmd, value[1].data, value[1].len);

    /* the argument would stay in the configuration's memory otherwise */

    ngx_explicit_memzero(value[1].data, value[1].len);

    return plcf->secret ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_pickyassist_master_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    size_t      len;
    ngx_str_t  *value;
    u_char      buf[NGX_PICKYASSIST_FILE_SIZE];

    if (plcf->secret != NGX_CONF_UNSET_PTR) {
        return "is duplicate: one master token, inline or from a file, "
               "belongs to a level";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    plcf->secret = NULL;

    if (ngx_pickyassist_read_file(cf, cmd, &value[1], buf, &len) == NGX_OK) {

        if (len && buf[len - 1] == LF) {
            len--;

            if (len && buf[len - 1] == CR) {
                len--;
            }
        }

        plcf->secret = ngx_pickyassist_keep(cf, cmd, buf, len);
    }

    ngx_explicit_memzero(buf, NGX_PICKYASSIST_FILE_SIZE);

    return plcf->secret ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* see ngx_ssl_read_password_file() */

static ngx_int_t
ngx_pickyassist_read_file(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *name,
    u_char *buf, size_t *len)
{
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\": " ngx_open_file_n " \"%V\" failed",
                           &cmd->name, name);
        return NGX_ERROR;
    }

    ngx_pickyassist_check_access(cf, name, fd);

    *len = 0;

    do {
        n = ngx_read_fd(fd, buf + *len, NGX_PICKYASSIST_FILE_SIZE - *len);

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "\"%V\": " ngx_read_fd_n " \"%V\" failed",
                               &cmd->name, name);
            break;
        }

        *len += n;

    } while (n != 0 && *len < NGX_PICKYASSIST_FILE_SIZE);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return n == -1 ? NGX_ERROR : NGX_OK;
}


static void
ngx_pickyassist_check_access(ngx_conf_t *cf, ngx_str_t *name, ngx_fd_t fd)
{
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        return;
    }

    if (fi.st_mode & (S_IRGRP|S_IROTH)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "master token file \"%V\" is readable by group "
                           "or others", name);
    }
}


/* says what is wrong with a token without showing any of it */

static ngx_pickyassist_secret_t *
ngx_pickyassist_keep(ngx_conf_t *cf, ngx_command_t *cmd, u_char *token,
    size_t len)
{
    size_t                     i;
    ngx_pool_cleanup_t        *cln;
    ngx_pickyassist_secret_t  *secret;

    if (len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the master token is empty", &cmd->name);
        return NULL;
    }

    if (len > NGX_PICKYASSIST_MAX_TOKEN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the master token is longer than %d bytes",
                           &cmd->name, NGX_PICKYASSIST_MAX_TOKEN);
        return NULL;
    }

    for (i = 0; i < len; i++) {
        if (token[i] <= 0x20 || token[i] >= 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": byte %uz of the master token is not "
                               "visible ASCII", &cmd->name, i + 1);
            return NULL;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_pickyassist_secret_t));
    if (cln == NULL) {
        return NULL;
    }

    secret = cln->data;

    secret->token.len = 0;
    secret->token.data = ngx_pnalloc(cf->pool, 3 * len);

    if (secret->token.data == NULL) {
        return NULL;
    }

    cln->handler = ngx_pickyassist_wipe;

    ngx_memcpy(secret->token.data, token, len);
    secret->token.len = len;

    secret->escaped.data = secret->token.data + len;
    ngx_pickyassist_escape(token, len, &secret->escaped);

    return secret;
}


/* of visible ASCII, JSON escapes the quote and the backslash alone */

static void
ngx_pickyassist_escape(u_char *token, size_t len, ngx_str_t *escaped)
{
    size_t   i;
    u_char  *p;

    p = escaped->data;

    for (i = 0; i < len; i++) {

        if (token[i] == '"' || token[i] == '\\') {
            *p++ = '\\';
        }

        *p++ = token[i];
    }

    escaped->len = p - escaped->data;
}


static void
ngx_pickyassist_wipe(void *data)
{
    ngx_pickyassist_secret_t  *secret = data;

    if (secret->token.len) {
        ngx_explicit_memzero(secret->token.data, 3 * secret->token.len);
    }
}
