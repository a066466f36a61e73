
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_directives.h"

#include "core/field.h"


/* the most digits of a number (E.164) */
#define NGX_PICKYASSIST_NUMBER_LEN  15

/* milliseconds for which a key is kept if it is not said */
#define NGX_PICKYASSIST_IDEMPOTENCY_TTL  (24 * 60 * 60 * 1000)


static ngx_uint_t ngx_pickyassist_has_empty(ngx_conf_t *cf);
static char *ngx_pickyassist_add_strings(ngx_conf_t *cf,
    ngx_array_t **strings);
static char *ngx_pickyassist_set_zone_size(ngx_conf_t *cf, ngx_command_t *cmd,
    size_t *zone, ssize_t least);
static char *ngx_pickyassist_idempotency_parameter(ngx_conf_t *cf,
    ngx_pickyassist_idempotency_t *idempotency, ngx_str_t *value);


/* the module's own: they frame the request, or say what its body is */

static ngx_str_t  ngx_pickyassist_own_headers[] = {
    ngx_string("Connection"),
    ngx_string("Content-Encoding"),
    ngx_string("Content-Length"),
    ngx_string("Content-Type"),
    ngx_string("Expect"),
    ngx_string("Keep-Alive"),
    ngx_string("Proxy-Connection"),
    ngx_string("TE"),
    ngx_string("Trailer"),
    ngx_string("Transfer-Encoding"),
    ngx_string("Upgrade"),
    ngx_null_string
};


char *
ngx_pickyassist_endpoint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    u_char               *p;
    ngx_str_t            *value;
    ngx_uint_t            i;
    const pa_endpoint_t  *endpoint;
    u_char                known[NGX_MAX_CONF_ERRSTR];

    if (plcf->endpoint != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    p = known;

    for (i = 0; i < PA_ENDPOINT_COUNT; i++) {
        endpoint = &pa_endpoints[i];

        if (endpoint->name.len == value[1].len
            && ngx_memcmp(endpoint->name.data, value[1].data, value[1].len)
               == 0)
        {
            plcf->endpoint = i;
            return NGX_CONF_OK;
        }

        p = ngx_snprintf(p, known + sizeof(known) - p, "%s%*s", i ? ", " : "",
                         endpoint->name.len, endpoint->name.data);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown endpoint \"%V\" in \"%V\" directive, the "
                       "known ones are %*s", &value[1], &cmd->name,
                       (size_t) (p - known), known);

    return NGX_CONF_ERROR;
}


char *
ngx_pickyassist_ip_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    pa_str_t     text;
    pa_cidr_t   *cidr;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (plcf->ip_allow == NGX_CONF_UNSET_PTR) {
        plcf->ip_allow = ngx_array_create(cf->pool, 4, sizeof(pa_cidr_t));
        if (plcf->ip_allow == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        cidr = ngx_array_push(plcf->ip_allow);
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        text.data = value[i].data;
        text.len = value[i].len;

        if (pa_cidr_parse(&text, cidr) != PA_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid CIDR \"%V\" in \"%V\" directive",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        if (pa_cidr_has_host_bits(&text)) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "low address bits of \"%V\" in \"%V\" "
                               "directive are meaningless", &value[i],
                               &cmd->name);
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_number_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    u_char      *p;
    size_t       left;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        p = value[i].data;

        for (left = value[i].len; left && *p >= '0' && *p <= '9'; left--) {
            p++;
        }

        if (left || value[i].len == 0
            || value[i].len > NGX_PICKYASSIST_NUMBER_LEN
            || value[i].data[0] == '0')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid prefix \"%V\" in \"%V\" directive, it "
                               "must be the first digits of a number, from the "
                               "country code on", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_pickyassist_add_strings(cf, &plcf->number_allow);
}


char *
ngx_pickyassist_device_commands(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    if (plcf->device_commands != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_pickyassist_has_empty(cf)) {
        return "has an empty value";
    }

    return ngx_pickyassist_add_strings(cf, &plcf->device_commands);
}


char *
ngx_pickyassist_disabled_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    unsigned    *status;
    ngx_int_t    code;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (plcf->disabled_status != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->disabled_status = ngx_array_create(cf->pool, 4, sizeof(unsigned));
    if (plcf->disabled_status == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        code = ngx_atoi(value[i].data, value[i].len);

        if (code < 200 || code > 599 || code == NGX_HTTP_TOO_MANY_REQUESTS) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"%V\" directive, it "
                               "must be an HTTP status from 200 to 599 "
                               "and not 429", &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        status = ngx_array_push(plcf->disabled_status);
        if (status == NULL) {
            return NGX_CONF_ERROR;
        }

        *status = code;
    }

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_disabled_message(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    if (plcf->disabled_message != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (ngx_pickyassist_has_empty(cf)) {
        return "has an empty value, which every message would match";
    }

    return ngx_pickyassist_add_strings(cf, &plcf->disabled_message);
}


static ngx_uint_t
ngx_pickyassist_has_empty(ngx_conf_t *cf)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (value[i].len == 0) {
            return 1;
        }
    }

    return 0;
}


/* the arguments, to an array of pa_str_t */

static char *
ngx_pickyassist_add_strings(ngx_conf_t *cf, ngx_array_t **strings)
{
    pa_str_t    *string;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (*strings == NGX_CONF_UNSET_PTR) {
        *strings = ngx_array_create(cf->pool, 4, sizeof(pa_str_t));
        if (*strings == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        string = ngx_array_push(*strings);
        if (string == NULL) {
            return NGX_CONF_ERROR;
        }

        string->data = value[i].data;
        string->len = value[i].len;
    }

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_set_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    pa_str_t                   text;
    ngx_str_t                 *value, *own;
    ngx_pickyassist_header_t  *header;

    value = cf->args->elts;

    text.data = value[1].data;
    text.len = value[1].len;

    if (!pa_field_is_name(&text)) {
        return "has an invalid header name";
    }

    for (own = ngx_pickyassist_own_headers; own->len; own++) {

        if (own->len == value[1].len
            && ngx_strncasecmp(own->data, value[1].data, own->len) == 0)
        {
            return "cannot change a header that the gateway itself sets";
        }
    }

    text.data = value[2].data;
    text.len = value[2].len;

    if (!pa_field_is_value(&text)) {
        return "has a control character in its value";
    }

    if (plcf->headers == NGX_CONF_UNSET_PTR) {
        plcf->headers = ngx_array_create(cf->pool, 2,
                                         sizeof(ngx_pickyassist_header_t));
        if (plcf->headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_strcasecmp(value[1].data, (u_char *) "Host") == 0) {

        if (value[2].len == 0 || ngx_http_script_variables_count(&value[2])) {
            return "takes for \"Host\" neither variables nor an empty value: "
                   "a request must not choose where the token is sent";
        }

        if (ngx_pickyassist_find_header(plcf->headers, "Host")) {
            return "has \"Host\" twice";
        }
    }

    header = ngx_array_push(plcf->headers);
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    header->name = value[1];

    if (ngx_pickyassist_compile_value(cf, &value[2], &header->value)
        != NGX_OK)
    {
        return "has an invalid value";
    }

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_keepalive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    ngx_int_t    max;
    ngx_msec_t   timeout;
    ngx_str_t   *value, *wrong;

    if (plcf->keepalive.max != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    timeout = NGX_PICKYASSIST_KEEPALIVE_TIMEOUT;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        max = 0;
        wrong = (cf->args->nelts == 3) ? &value[2] : NULL;

    } else {
        max = ngx_atoi(value[1].data, value[1].len);
        wrong = (max <= 0) ? &value[1] : NULL;

        if (wrong == NULL && cf->args->nelts == 3) {
            timeout = ngx_parse_time(&value[2], 0);

            if (timeout == (ngx_msec_t) NGX_ERROR || timeout == 0) {
                wrong = &value[2];
            }
        }
    }

    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, "
                           "it must be \"off\", or a number from 1 and a time "
                           "from 1ms", wrong, &cmd->name);
        return NGX_CONF_ERROR;
    }

    plcf->keepalive.max = max;
    plcf->keepalive.timeout = timeout;

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_main_conf_t  *pmcf = conf;

    return ngx_pickyassist_set_zone_size(cf, cmd, &pmcf->zone.size,
                                         NGX_PICKYASSIST_MIN_ZONE);
}


char *
ngx_pickyassist_idempotency_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_pickyassist_main_conf_t  *pmcf = conf;

    return ngx_pickyassist_set_zone_size(cf, cmd, &pmcf->once_store.size,
                                         NGX_PICKYASSIST_MIN_ONCE_STORE);
}


static char *
ngx_pickyassist_set_zone_size(ngx_conf_t *cf, ngx_command_t *cmd, size_t *zone,
    ssize_t least)
{
    ssize_t     size;
    ngx_str_t  *value;

    if (*zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"%V\" directive, it "
                           "must be a size and nothing else, such as \"%zk\"",
                           &value[1], &cmd->name, least / 1024);
        return NGX_CONF_ERROR;
    }

    if (size < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"%V\" directive, "
                           "it must be at least %zk", &value[1], &cmd->name,
                           least / 1024);
        return NGX_CONF_ERROR;
    }

    *zone = size;

    return NGX_CONF_OK;
}


char *
ngx_pickyassist_idempotency(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_pickyassist_loc_conf_t  *plcf = conf;

    char                           *rv;
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    ngx_pickyassist_idempotency_t  *idempotency;

    if (plcf->idempotency != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        plcf->idempotency = NULL;
        return NGX_CONF_OK;
    }

    idempotency = ngx_pcalloc(cf->pool, sizeof(ngx_pickyassist_idempotency_t));
    if (idempotency == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        rv = ngx_pickyassist_idempotency_parameter(cf, idempotency, &value[i]);

        if (rv != NGX_CONF_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "parameter \"%V\" of \"%V\" directive %s",
                               &value[i], &cmd->name, rv);
            return NGX_CONF_ERROR;
        }
    }

    if (idempotency->scope.value.data == NULL) {
        return "must have the \"scope\" parameter: whose keys are they?";
    }

    if (idempotency->ttl == 0) {
        idempotency->ttl = NGX_PICKYASSIST_IDEMPOTENCY_TTL;
    }

    plcf->idempotency = idempotency;

    return NGX_CONF_OK;
}


/* what is wrong with the parameter, or NGX_CONF_OK */

static char *
ngx_pickyassist_idempotency_parameter(ngx_conf_t *cf,
    ngx_pickyassist_idempotency_t *idempotency, ngx_str_t *value)
{
    ngx_int_t  ttl;
    ngx_str_t  text;

    if (ngx_strncmp(value->data, "scope=", 6) == 0) {

        if (idempotency->scope.value.data) {
            return "is duplicate";
        }

        text.data = value->data + 6;
        text.len = value->len - 6;

        if (text.len == 0) {
            return "is empty";
        }

        return ngx_pickyassist_compile_value(cf, &text, &idempotency->scope)
               == NGX_OK
               ? NGX_CONF_OK : "has an invalid value";
    }

    if (ngx_strncmp(value->data, "ttl=", 4) == 0) {

        if (idempotency->ttl) {
            return "is duplicate";
        }

        text.data = value->data + 4;
        text.len = value->len - 4;

        ttl = ngx_parse_time(&text, 0);

        if (ttl == NGX_ERROR || ttl == 0) {
            return "has an invalid value, it must be a time above zero";
        }

        idempotency->ttl = ttl;

        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "required") == 0) {

        if (idempotency->required) {
            return "is duplicate";
        }

        idempotency->required = 1;

        return NGX_CONF_OK;
    }

    return "is unknown, it must be \"scope=VALUE\", \"ttl=TIME\" or "
           "\"required\"";
}


ngx_int_t
ngx_pickyassist_compile_value(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv)
{
    ngx_pickyassist_main_conf_t       *pmcf;
    ngx_http_compile_complex_value_t   ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cv->lengths) {
        pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
        pmcf->asks_late = 1;
    }

    return NGX_OK;
}


char *
ngx_pickyassist_set_handler(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_pickyassist_loc_conf_t *conf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "cannot answer the requests of this location: another "
               "directive does";
    }

    clcf->handler = handler;

    conf->handler = handler;
    conf->handler_name = cmd->name;
    conf->handler_file = cf->conf_file->file.name.data;
    conf->handler_line = cf->conf_file->line;

    return NGX_CONF_OK;
}
