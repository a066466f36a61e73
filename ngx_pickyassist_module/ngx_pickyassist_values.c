
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_values.h"


static char *ngx_pickyassist_invalid_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, u_char *allowed, u_char *last);
static u_char *ngx_pickyassist_list_value(u_char *p, u_char *last,
    ngx_str_t *name, ngx_str_t *next);


/* see ngx_conf_set_enum_slot() */

char *
ngx_pickyassist_set_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char           *p, *last;
    ngx_str_t        *value;
    ngx_uint_t       *field;
    ngx_conf_enum_t  *e;
    u_char            allowed[NGX_MAX_CONF_ERRSTR / 2];

    field = (ngx_uint_t *) ((char *) conf + cmd->offset);

    if (*field != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    p = allowed;
    last = allowed + sizeof(allowed);

    for (e = cmd->post; e->name.len; e++) {

        if (e->name.len == value[1].len
            && ngx_strcasecmp(e->name.data, value[1].data) == 0)
        {
            *field = e->value;
            return NGX_CONF_OK;
        }

        p = ngx_pickyassist_list_value(p, last, &e[0].name, &e[1].name);
    }

    return ngx_pickyassist_invalid_value(cf, cmd, &value[1], allowed, p);
}


/* see ngx_conf_set_bitmask_slot() */

char *
ngx_pickyassist_set_bitmask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char              *p, *last;
    ngx_str_t           *value;
    ngx_uint_t           i;
    ngx_conf_bitmask_t  *mask;
    u_char               allowed[NGX_MAX_CONF_ERRSTR / 2];

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        p = allowed;
        last = allowed + sizeof(allowed);

        for (mask = cmd->post; mask->name.len; mask++) {

            if (mask->name.len == value[i].len
                && ngx_strcasecmp(mask->name.data, value[i].data) == 0)
            {
                break;
            }

            p = ngx_pickyassist_list_value(p, last, &mask[0].name,
                                           &mask[1].name);
        }

        if (mask->name.len == 0) {
            return ngx_pickyassist_invalid_value(cf, cmd, &value[i], allowed,
                                                 p);
        }
    }

    return ngx_conf_set_bitmask_slot(cf, cmd, conf);
}


/* "a", "b" or "c": no list has less than two */

static u_char *
ngx_pickyassist_list_value(u_char *p, u_char *last, ngx_str_t *name,
    ngx_str_t *next)
{
    const char  *before;

    before = next->len ? ", " : " or ";

    /* nothing is before the first one, which is at the start of the line */

    return ngx_slprintf(p, last, "%s\"%V\"", before, name);
}


static char *
ngx_pickyassist_invalid_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *value, u_char *allowed, u_char *last)
{
    static ngx_str_t  non_idempotent = ngx_string("non_idempotent");

    /* the one value of "proxy_next_upstream" that is left out on purpose */

    if (value->len == non_idempotent.len
        && ngx_strcasecmp(value->data, non_idempotent.data) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is refused in \"%V\" directive: a request "
                           "that may have reached the vendor is never sent "
                           "again, or it could be carried out twice",
                           value, &cmd->name);
        return NGX_CONF_ERROR;
    }

    allowed += sizeof(", ") - 1;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, it must "
                       "be %*s", value, &cmd->name, (size_t) (last - allowed),
                       allowed);

    return NGX_CONF_ERROR;
}


char *
ngx_pickyassist_set_bind(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *rv;

    rv = ngx_http_upstream_bind_set_slot(cf, cmd, conf);

    return rv == NGX_CONF_ERROR ? "has an invalid value" : rv;
}


char *
ngx_pickyassist_check_count(ngx_conf_t *cf, void *post, void *data)
{
    ngx_int_t  *count = data;

    return *count ? NGX_CONF_OK : "must not be 0";
}


char *
ngx_pickyassist_check_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    return *size ? NGX_CONF_OK : "must not be 0";
}


char *
ngx_pickyassist_check_name(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *name = data;

    if (name->len == 0) {
        return "must not be empty";
    }

    if (ngx_http_script_variables_count(name)) {
        return "takes no variables: a request must not choose who gets the "
               "token";
    }

    return NGX_CONF_OK;
}
