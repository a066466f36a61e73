
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_derived.h"


/* what a variable was before it was watched */

typedef struct {
    ngx_http_variable_t          *variable;
    ngx_http_get_variable_pt      get_handler;
    uintptr_t                     data;
} ngx_pickyassist_watched_t;


/* one that is being evaluated, for the one before it */

typedef struct ngx_pickyassist_evaluation_s  ngx_pickyassist_evaluation_t;

struct ngx_pickyassist_evaluation_s {
    ngx_pickyassist_watched_t     *watched;
    ngx_pickyassist_evaluation_t  *outer;
};


static ngx_int_t ngx_pickyassist_get_watched(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_pickyassist_evaluation_t  *ngx_pickyassist_evaluation;


/* only what has an index is remembered */

ngx_int_t
ngx_pickyassist_watch_variables(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;
    ngx_pickyassist_watched_t  *watched;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_core_module);

    watched = ngx_palloc(cycle->pool, cmcf->variables.nelts
                                      * sizeof(ngx_pickyassist_watched_t));
    if (watched == NULL) {
        return NGX_ERROR;
    }

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].flags & NGX_HTTP_VAR_NOCACHEABLE) {
            continue;
        }

        watched[i].variable = &v[i];
        watched[i].get_handler = v[i].get_handler;
        watched[i].data = v[i].data;

        v[i].get_handler = ngx_pickyassist_get_watched;
        v[i].data = (uintptr_t) &watched[i];
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_get_watched(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_pickyassist_watched_t  *watched = (ngx_pickyassist_watched_t *) data;

    ngx_int_t                     rc;
    ngx_pickyassist_evaluation_t  evaluation;

    evaluation.watched = watched;
    evaluation.outer = ngx_pickyassist_evaluation;

    ngx_pickyassist_evaluation = &evaluation;

    rc = watched->get_handler(r, v, watched->data);

    ngx_pickyassist_evaluation = evaluation.outer;

    return rc;
}


/* nginx looks at the flag when the variable has been evaluated */

void
ngx_pickyassist_note_derived(void)
{
    ngx_pickyassist_evaluation_t  *evaluation;

    for (evaluation = ngx_pickyassist_evaluation;
         evaluation;
         evaluation = evaluation->outer)
    {
        evaluation->watched->variable->flags |= NGX_HTTP_VAR_NOCACHEABLE;
    }
}
