
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_variables.h"
#include "ngx_pickyassist_context.h"
#include "ngx_pickyassist_derived.h"


static ngx_pickyassist_ctx_t *ngx_pickyassist_asked_ctx(
    ngx_http_request_t *r);
static ngx_int_t ngx_pickyassist_outcome_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_pickyassist_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_pickyassist_breaker_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_pickyassist_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_pickyassist_endpoint_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_pickyassist_set_text(ngx_http_variable_value_t *v,
    const pa_str_t *text);
static void ngx_pickyassist_set_value(ngx_http_variable_value_t *v,
    const char *text);


#define ngx_pickyassist_number(name, field)                                   \
    { ngx_string(name), NULL, ngx_pickyassist_number_variable,                \
      offsetof(ngx_pickyassist_ctx_t, field), NGX_HTTP_VAR_NOCACHEABLE, 0 }

#define ngx_pickyassist_text(name, field)                                     \
    { ngx_string(name), NULL, ngx_pickyassist_text_variable,                  \
      offsetof(ngx_pickyassist_ctx_t, field), NGX_HTTP_VAR_NOCACHEABLE, 0 }


static ngx_http_variable_t  ngx_pickyassist_vars[] = {

    { ngx_string("pickyassist_endpoint"), NULL,
      ngx_pickyassist_endpoint_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("pickyassist_outcome"), NULL,
      ngx_pickyassist_outcome_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    ngx_pickyassist_number("pickyassist_project_id", project_id),
    ngx_pickyassist_number("pickyassist_ip_count", nips),
    ngx_pickyassist_number("pickyassist_recipients", recipients),
    ngx_pickyassist_text("pickyassist_application", application),
    ngx_pickyassist_text("pickyassist_template_id", template_id),
    ngx_pickyassist_text("pickyassist_command", command),
    ngx_pickyassist_text("pickyassist_push_id", push_id),
    ngx_pickyassist_number("pickyassist_accepted", accepted),
    ngx_pickyassist_number("pickyassist_token_count", ntokens),
    ngx_pickyassist_number("pickyassist_api_status", api_status),

    { ngx_string("pickyassist_breaker"), NULL,
      ngx_pickyassist_breaker_variable, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_pickyassist_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_pickyassist_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* for all of them, since each may be asked before the request was read */

static ngx_pickyassist_ctx_t *
ngx_pickyassist_asked_ctx(ngx_http_request_t *r)
{
    ngx_pickyassist_note_derived();

    return ngx_pickyassist_find_ctx(r);
}


static ngx_int_t
ngx_pickyassist_outcome_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t              status;
    pa_outcome_e            outcome;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_pickyassist_asked_ctx(r);

    if (ctx && ctx->counted) {
        outcome = ctx->outcome;
        status = ctx->status;

    } else if (ctx && ctx->in_flight && r->main->count == 0) {

        /* being logged without an answer, see ngx_http_close_request() */

        outcome = PA_OUTCOME_HTTP_ERROR;
        status = r->headers_out.status;

    } else {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_pickyassist_set_value(v, pa_outcomes[outcome].code);

    if (outcome != PA_OUTCOME_HTTP_ERROR || status == 0) {
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, sizeof("http_") + NGX_INT_T_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "http_%ui", status) - v->data;

    return NGX_OK;
}


/* data: offset of an int64_t in the context */

static ngx_int_t
ngx_pickyassist_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    int64_t                 n;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_pickyassist_asked_ctx(r);
    n = ctx ? *(int64_t *) ((char *) ctx + data) : NGX_PICKYASSIST_NONE;

    if (n == NGX_PICKYASSIST_NONE) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%L", n) - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* data: offset of a pa_str_t in the context */

static ngx_int_t
ngx_pickyassist_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    pa_str_t               *text;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_pickyassist_asked_ctx(r);
    text = ctx ? (pa_str_t *) ((char *) ctx + data) : NULL;

    ngx_pickyassist_set_text(v, text);

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_endpoint_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_pickyassist_ctx_t  *ctx;

    ctx = ngx_pickyassist_asked_ctx(r);

    ngx_pickyassist_set_text(v, ctx ? &pa_endpoints[ctx->plcf->endpoint].name
                                    : NULL);

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_breaker_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_pickyassist_ctx_t  *ctx;

    static const char  *names[] = { NULL, "closed", "open", "half_open" };

    ctx = ngx_pickyassist_asked_ctx(r);

    if (ctx && ctx->breaker_state != ngx_pickyassist_not_reached) {
        ngx_pickyassist_set_value(v, names[ctx->breaker_state]);

    } else {
        v->not_found = 1;
    }

    return NGX_OK;
}


/* text is not copied; NULL or empty: there is none */

static void
ngx_pickyassist_set_text(ngx_http_variable_value_t *v, const pa_str_t *text)
{
    if (text == NULL || text->len == 0) {
        v->not_found = 1;
        return;
    }

    v->data = (u_char *) text->data;
    v->len = text->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}


static void
ngx_pickyassist_set_value(ngx_http_variable_value_t *v, const char *text)
{
    v->data = (u_char *) text;
    v->len = ngx_strlen(text);
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}
