
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_pool.h"
#include "ngx_pickyassist_secret.h"


#define NGX_PICKYASSIST_MAX_TOKEN  4096

/* a token, its newline, and a byte more that tells a file too large */
#define NGX_PICKYASSIST_FILE_SIZE  (NGX_PICKYASSIST_MAX_TOKEN + 3)


static void ngx_pickyassist_forget_text(ngx_conf_t *cf);
static ngx_uint_t ngx_pickyassist_is_path(ngx_str_t *token);
static ngx_int_t ngx_pickyassist_read_file(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name, u_char *buf, size_t *len);
static ngx_int_t ngx_pickyassist_check_access(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *name, ngx_fd_t fd);
static char *ngx_pickyassist_odd_byte(u_char *token, size_t len, size_t i);
static ngx_pickyassist_secret_t *ngx_pickyassist_keep(ngx_conf_t *cf,
    ngx_command_t *cmd, u_char *token, size_t len);
static void ngx_pickyassist_escape(u_char *token, size_t len,
    ngx_str_t *escaped);
static void ngx_pickyassist_wipe(void *data);


static char  ngx_pickyassist_duplicate_token[] =
    "is duplicate: one token of a kind, inline or from a file, belongs to a "
    "level";


char *
ngx_pickyassist_set_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                  *value;
    ngx_pickyassist_secret_t  **secret;

    value = cf->args->elts;
    secret = (ngx_pickyassist_secret_t **) ((char *) conf + cmd->offset);

    ngx_pickyassist_forget_text(cf);

    if (*secret != NGX_CONF_UNSET_PTR) {
        ngx_explicit_memzero(value[1].data, value[1].len);
        return ngx_pickyassist_duplicate_token;
    }

    if (ngx_pickyassist_is_path(&value[1])) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\": what looks like the name of a file is "
                           "sent as the token itself; if the token is in "
                           "that file, use \"%V_file\"",
                           &cmd->name, &cmd->name);
    }

    *secret = ngx_pickyassist_keep(cf, cmd, value[1].data, value[1].len);

    /* the argument would stay in the configuration's memory otherwise */

    ngx_explicit_memzero(value[1].data, value[1].len);

    return *secret ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/*
 * The text of the configuration as far as it has been parsed, with the token in
 * it: nginx frees its buffer as it is, and keeps a copy for debuggers where it
 * is built for debugging.  The copy that "nginx -T" is going to print stays.
 */

static void
ngx_pickyassist_forget_text(ngx_conf_t *cf)
{
    ngx_buf_t  *b, *dump;

    if (cf->conf_file->file.fd == NGX_INVALID_FILE) {
        return;
    }

    b = cf->conf_file->buffer;

    ngx_explicit_memzero(b->start, b->pos - b->start);

    /* a piece that was moved to the start before more was read */

    ngx_explicit_memzero(b->last, b->end - b->last);

    dump = cf->conf_file->dump;

    if (dump && !ngx_dump_config) {
        ngx_explicit_memzero(dump->start,
                             dump->last - (b->last - b->pos) - dump->start);
    }
}


static ngx_uint_t
ngx_pickyassist_is_path(ngx_str_t *token)
{
    ngx_str_t  *start;

    static ngx_str_t  starts[] = {
        ngx_string("/"),
        ngx_string("./"),
        ngx_string("../"),
        ngx_string("~/"),
        ngx_string("file:"),
        ngx_null_string
    };

    for (start = starts; start->len; start++) {
        if (token->len > start->len
            && ngx_strncmp(token->data, start->data, start->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


char *
ngx_pickyassist_set_token_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    size_t                      len;
    ngx_str_t                  *value;
    ngx_pickyassist_secret_t  **secret;
    u_char                      buf[NGX_PICKYASSIST_FILE_SIZE];

    secret = (ngx_pickyassist_secret_t **) ((char *) conf + cmd->offset);

    if (*secret != NGX_CONF_UNSET_PTR) {
        return ngx_pickyassist_duplicate_token;
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *secret = NULL;

    if (ngx_pickyassist_read_file(cf, cmd, &value[1], buf, &len) == NGX_OK) {

        if (len && buf[len - 1] == LF) {
            len--;

            if (len && buf[len - 1] == CR) {
                len--;
            }
        }

        *secret = ngx_pickyassist_keep(cf, cmd, buf, len);
    }

    ngx_explicit_memzero(buf, NGX_PICKYASSIST_FILE_SIZE);

    return *secret ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/*
 * See ngx_ssl_read_password_file().  Nobody may ever write to a FIFO, so it is
 * opened without waiting; nor is a terminal's signal wanted.
 */

static ngx_int_t
ngx_pickyassist_read_file(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *name,
    u_char *buf, size_t *len)
{
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK|O_NOCTTY,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\": " ngx_open_file_n " \"%V\" failed",
                           &cmd->name, name);
        return NGX_ERROR;
    }

    n = -1;

    if (ngx_pickyassist_check_access(cf, cmd, name, fd) != NGX_OK) {
        goto done;
    }

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

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return n == -1 ? NGX_ERROR : NGX_OK;
}


/* anyone who can write the file, or owns it, can replace the token */

static ngx_int_t
ngx_pickyassist_check_access(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *name, ngx_fd_t fd)
{
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\": " ngx_fd_info_n " \"%V\" failed",
                           &cmd->name, name);
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": \"%V\" is not a regular file%s",
                           &cmd->name, name,
                           ngx_is_dir(&fi) ? " but a directory" : "");
        return NGX_ERROR;
    }

    if (fi.st_mode & (S_IRGRP|S_IROTH)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\": %V file \"%V\" is readable by group or "
                           "others", &cmd->name, (ngx_str_t *) cmd->post,
                           name);
    }

    if (fi.st_mode & (S_IWGRP|S_IWOTH)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\": %V file \"%V\" is writable by group or "
                           "others", &cmd->name, (ngx_str_t *) cmd->post,
                           name);
    }

    if (fi.st_uid != 0 && fi.st_uid != geteuid()) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\": %V file \"%V\" belongs to another user, "
                           "with the ID %ui", &cmd->name,
                           (ngx_str_t *) cmd->post, name,
                           (ngx_uint_t) fi.st_uid);
    }

    return NGX_OK;
}


/* says what is wrong with a token without showing any of it */

static ngx_pickyassist_secret_t *
ngx_pickyassist_keep(ngx_conf_t *cf, ngx_command_t *cmd, u_char *token,
    size_t len)
{
    size_t                     i;
    pa_str_t                   text;
    pa_pool_t                  pool;
    ngx_pool_cleanup_t        *cln;
    ngx_pickyassist_secret_t  *secret;

    if (len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the %V is empty", &cmd->name,
                           (ngx_str_t *) cmd->post);
        return NULL;
    }

    if (len > NGX_PICKYASSIST_MAX_TOKEN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the %V is longer than %d bytes",
                           &cmd->name, (ngx_str_t *) cmd->post,
                           NGX_PICKYASSIST_MAX_TOKEN);
        return NULL;
    }

    for (i = 0; i < len; i++) {
        if (token[i] <= 0x20 || token[i] >= 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": byte %uz of the %V is not visible "
                               "ASCII%s", &cmd->name, i + 1,
                               (ngx_str_t *) cmd->post,
                               ngx_pickyassist_odd_byte(token, len, i));
            return NULL;
        }
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_pickyassist_secret_t));
    if (cln == NULL) {
        return NULL;
    }

    secret = cln->data;

    secret->token.len = 0;
    secret->redact = NULL;
    secret->token.data = ngx_pnalloc(cf->pool, 3 * len);

    if (secret->token.data == NULL) {
        return NULL;
    }

    cln->handler = ngx_pickyassist_wipe;

    ngx_memcpy(secret->token.data, token, len);
    secret->token.len = len;

    secret->escaped.data = secret->token.data + len;
    ngx_pickyassist_escape(token, len, &secret->escaped);

    ngx_pickyassist_init_pool(&pool, cf->pool);

    text.data = secret->token.data;
    text.len = len;

    secret->redact = pa_redact_create(&pool, &text);

    return secret->redact ? secret : NULL;
}


/* what editors and shells leave in a file, by name: it cannot be seen there */

static char *
ngx_pickyassist_odd_byte(u_char *token, size_t len, size_t i)
{
    if (i == 0 && len >= 3 && ngx_memcmp(token, "\xef\xbb\xbf", 3) == 0) {
        return " (a byte order mark)";
    }

    if (i == 0 && len >= 2
        && (ngx_memcmp(token, "\xff\xfe", 2) == 0
            || ngx_memcmp(token, "\xfe\xff", 2) == 0))
    {
        return " (the byte order mark of UTF-16)";
    }

    switch (token[i]) {
    case LF:
        return " (a newline)";
    case CR:
        return " (a carriage return)";
    case '\t':
        return " (a tab)";
    case ' ':
        return " (a space)";
    case '\0':
        return " (a null character)";
    default:
        return "";
    }
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


ngx_uint_t
ngx_pickyassist_shows_secret(ngx_pickyassist_loc_conf_t *plcf, ngx_str_t *text)
{
    ngx_str_t   *token;
    ngx_uint_t   i;

    for (i = 0; i < PA_TOKEN_COUNT; i++) {

        if (plcf->secrets[i] == NULL) {
            continue;
        }

        token = &plcf->secrets[i]->token;

        if (ngx_strlcasestrn(text->data, text->data + text->len, token->data,
                             token->len - 1)
            != NULL)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_pickyassist_wipe(void *data)
{
    ngx_pickyassist_secret_t  *secret = data;

    if (secret->token.len) {
        ngx_explicit_memzero(secret->token.data, 3 * secret->token.len);
    }

    if (secret->redact) {
        pa_redact_wipe(secret->redact);
    }
}
