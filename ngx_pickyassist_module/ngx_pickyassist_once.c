
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_once.h"
#include "ngx_pickyassist_headers.h"

#include "core/idempotency_key.h"
#include "core/seal.h"


/* seconds after which a client may ask again for a request in progress */
#define NGX_PICKYASSIST_ASK_AGAIN  1

/* tells apart locations of one name */
#define NGX_PICKYASSIST_ORDINAL  sizeof(uint32_t)


/* in front of what the core has allocated */

typedef struct ngx_pickyassist_plain_s  ngx_pickyassist_plain_t;

struct ngx_pickyassist_plain_s {
    ngx_pickyassist_plain_t      *next;
    size_t                        size;       /* this included */
};


struct ngx_pickyassist_once_s {
    ngx_pickyassist_ctx_t        *ctx;
    ngx_str_t                     header;     /* the key as it came */

    pa_seal_t                     seal;
    u_char                        request[PA_SEAL_KEY];   /* its fingerprint */

    pa_key_ref_t                  ref;
    ngx_uint_t                    claimed;    /* ref is this request's */
    ngx_pickyassist_replay_t      replay;     /* or it has this answer */

    ngx_pickyassist_plain_t      *plain;
    pa_pool_t                     pool;       /* where it is allocated from */
};


/* what is bound to an answer that is kept: who changes it, cannot open it */

typedef struct {
    u_char                        key[PA_SEAL_KEY];
    u_char                        request[PA_SEAL_KEY];
    uint32_t                      status;
    uint32_t                      outcome;
} ngx_pickyassist_bound_t;


static ngx_uint_t ngx_pickyassist_find_key(ngx_http_request_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_pickyassist_take_key(ngx_pickyassist_ctx_t *ctx,
    pa_str_t *key, ngx_str_t *scope);
static ngx_int_t ngx_pickyassist_derive(ngx_pickyassist_once_t *once,
    pa_str_t *key, ngx_str_t *scope);
static ngx_int_t ngx_pickyassist_claim(ngx_pickyassist_once_t *once,
    pa_problem_t *problem);
static ngx_int_t ngx_pickyassist_unseal(ngx_pickyassist_once_t *once,
    pa_key_answer_t *answer, u_char *sealed);
static ngx_int_t ngx_pickyassist_decline(pa_problem_t *problem,
    pa_outcome_e outcome);
static ngx_uint_t ngx_pickyassist_may_have_acted(ngx_pickyassist_ctx_t *ctx);
static void ngx_pickyassist_release(ngx_pickyassist_once_t *once,
    ngx_uint_t lost);
static void ngx_pickyassist_bind(ngx_pickyassist_once_t *once,
    pa_key_answer_t *answer, ngx_pickyassist_bound_t *bound, pa_str_t *text);
static void *ngx_pickyassist_alloc_plain(void *data, size_t size);
static void ngx_pickyassist_end_once(void *data);
static void ngx_pickyassist_wipe_connection(ngx_connection_t *c);


/*
 * A location is known by the names of its server and its own, which a reload
 * does not change, and those of one name by their order.  The blocks within it
 * are the same location.
 */

ngx_int_t
ngx_pickyassist_init_once(ngx_conf_t *cf, ngx_pickyassist_loc_conf_t *prev,
    ngx_pickyassist_loc_conf_t *plcf)
{
    u_char                        *p, *last;
    uint32_t                       n;
    ngx_str_t                     *name, *other;
    ngx_uint_t                     i;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_pickyassist_loc_conf_t   **plcfp;
    ngx_pickyassist_main_conf_t   *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_pickyassist_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    name = &plcf->once_location;

    if (clcf->noname) {
        *name = prev->once_location;
        return NGX_OK;
    }

    name->len = cscf->server_name.len + 2 + clcf->name.len
                + NGX_PICKYASSIST_ORDINAL;

    name->data = ngx_pnalloc(cf->pool, name->len);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(name->data, cscf->server_name.data, cscf->server_name.len);
    *p++ = '\0';
    *p++ = clcf->exact_match ? '=' : ' ';
    last = ngx_cpymem(p, clcf->name.data, clcf->name.len);

    n = 0;
    plcfp = pmcf->locations.elts;

    for (i = 0; i < pmcf->locations.nelts; i++) {
        other = &plcfp[i]->once_location;

        if (other->data != name->data
            && other->len == name->len
            && ngx_memcmp(other->data, name->data, last - name->data) == 0)
        {
            ngx_memcpy(&n, other->data + (last - name->data),
                       NGX_PICKYASSIST_ORDINAL);
            n++;
        }
    }

    ngx_memcpy(last, &n, NGX_PICKYASSIST_ORDINAL);

    if (plcf->idempotency == NULL || pmcf->once_store.shm_zone) {
        return NGX_OK;
    }

    return ngx_pickyassist_add_once_store(cf, &pmcf->once_store);
}


ngx_int_t
ngx_pickyassist_once_gate(ngx_pickyassist_ctx_t *ctx, pa_problem_t *problem)
{
    ngx_int_t                       rc;
    pa_str_t                        key, text;
    ngx_str_t                       value, scope;
    ngx_uint_t                      n;
    ngx_pickyassist_idempotency_t  *conf;
    u_char                          buf[PA_IDEMPOTENCY_KEY_MAX];

    conf = ctx->plcf->idempotency;

    if (conf == NULL) {
        return NGX_OK;
    }

    n = ngx_pickyassist_find_key(ctx->r, &value);

    if (n == 0) {
        return conf->required
               ? ngx_pickyassist_decline(problem,
                                        PA_OUTCOME_IDEMPOTENCY_KEY_REQUIRED)
               : NGX_OK;
    }

    text.data = value.data;
    text.len = value.len;

    key.data = buf;
    key.len = (n == 1) ? pa_idempotency_key_read(&text, buf) : 0;

    if (key.len == 0) {
        return ngx_pickyassist_decline(problem,
                                       PA_OUTCOME_IDEMPOTENCY_KEY_INVALID);
    }

    if (ngx_http_complex_value(ctx->r, &conf->scope, &scope) != NGX_OK) {
        return NGX_ERROR;
    }

    if (scope.len == 0) {
        return ngx_pickyassist_decline(problem, PA_OUTCOME_NOT_ALLOWED);
    }

    rc = ngx_pickyassist_take_key(ctx, &key, &scope);

    ngx_explicit_memzero(buf, sizeof(buf));

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->once->header = value;

    return ngx_pickyassist_claim(ctx->once, problem);
}


/* how many such headers there are, and the value of one */

static ngx_uint_t
ngx_pickyassist_find_key(ngx_http_request_t *r, ngx_str_t *value)
{
    ngx_uint_t               n;
    ngx_table_elt_t         *h;
    ngx_pickyassist_walk_t   walk;

    walk.part = &r->headers_in.headers.part;
    walk.i = 0;

    for (n = 0;
         (h = ngx_pickyassist_next_header(&walk, "Idempotency-Key")) != NULL;
         n++)
    {
        *value = h->value;
    }

    return n;
}


/* from here on the request has a state that is wiped when it ends */

static ngx_int_t
ngx_pickyassist_take_key(ngx_pickyassist_ctx_t *ctx, pa_str_t *key,
    ngx_str_t *scope)
{
    ngx_pool_cleanup_t      *cln;
    ngx_pickyassist_once_t  *once;

    cln = ngx_pool_cleanup_add(ctx->r->pool, sizeof(ngx_pickyassist_once_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    once = cln->data;
    ngx_memzero(once, sizeof(ngx_pickyassist_once_t));

    once->ctx = ctx;
    once->pool = ctx->pool;

    cln->handler = ngx_pickyassist_end_once;

    ctx->once = once;
    ctx->pool.alloc = ngx_pickyassist_alloc_plain;
    ctx->pool.data = once;

    if (ngx_pickyassist_derive(once, key, scope) != NGX_OK) {
        ngx_ssl_error(NGX_LOG_ALERT, ctx->r->connection->log, 0,
                      "pickyassist: no keys made of an idempotency key");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The token is no part of the fingerprint: one that was replaced in between
 * does not make another request of a repeated one.
 */

static ngx_int_t
ngx_pickyassist_derive(ngx_pickyassist_once_t *once, pa_str_t *key,
    ngx_str_t *scope)
{
    pa_str_t                context[2];
    const pa_endpoint_t    *endpoint;
    ngx_pickyassist_ctx_t  *ctx;

    ctx = once->ctx;

    context[0].data = scope->data;
    context[0].len = scope->len;
    context[1].data = ctx->plcf->once_location.data;
    context[1].len = ctx->plcf->once_location.len;

    endpoint = &pa_endpoints[ctx->plcf->request_rules.endpoint];

    if (pa_seal_init(&once->seal, ctx->pmcf->once_store.salt, key, context, 2)
        != PA_OK
        || pa_seal_fingerprint(&once->seal, &endpoint->name,
                               ctx->request.parts, ctx->request.nparts,
                               once->request)
           != PA_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_pickyassist_claim(ngx_pickyassist_once_t *once, pa_problem_t *problem)
{
    u_char                        *sealed;
    ngx_shmtx_t                   *mutex;
    pa_key_use_t                   use;
    pa_key_ref_t                   ref;
    pa_key_answer_t                answer;
    pa_key_verdict_e               verdict;
    ngx_pickyassist_ctx_t         *ctx;
    ngx_pickyassist_once_store_t  *store;

    ctx = once->ctx;
    store = &ctx->pmcf->once_store;
    mutex = &store->shpool->mutex;

    use.key = once->seal.id;
    use.request = once->request;
    use.owner = (uint32_t) ngx_pid;
    use.ttl = ctx->plcf->idempotency->ttl;

    sealed = NULL;

    ngx_shmtx_lock(mutex);

    verdict = pa_key_store_claim(&store->keys, &use, ngx_current_msec, &ref,
                                 &answer);

    if (verdict == PA_KEY_ENDED) {
        sealed = ngx_pnalloc(ctx->r->pool, answer.size);

        if (sealed) {
            pa_key_store_read(&store->keys, &ref, sealed);
        }
    }

    ngx_shmtx_unlock(mutex);

    switch (verdict) {

    case PA_KEY_NEW:
        once->ref = ref;
        once->claimed = 1;
        return NGX_OK;

    case PA_KEY_ENDED:
        return ngx_pickyassist_unseal(once, &answer, sealed);

    case PA_KEY_UNDER_WAY:
        ctx->retry_after = NGX_PICKYASSIST_ASK_AGAIN;
        return ngx_pickyassist_decline(problem,
                                       PA_OUTCOME_IDEMPOTENCY_IN_PROGRESS);

    case PA_KEY_LOST:
        return ngx_pickyassist_decline(problem, PA_OUTCOME_OUTCOME_UNKNOWN);

    case PA_KEY_OTHER:
        return ngx_pickyassist_decline(problem,
                                       PA_OUTCOME_IDEMPOTENCY_KEY_REUSED);

    default: /* PA_KEY_FULL */
        return ngx_pickyassist_decline(problem,
                                       PA_OUTCOME_IDEMPOTENCY_STORE_FULL);
    }
}


static ngx_int_t
ngx_pickyassist_unseal(ngx_pickyassist_once_t *once, pa_key_answer_t *answer,
    u_char *sealed)
{
    u_char                    *body;
    pa_str_t                   text, bound_text;
    ngx_pickyassist_bound_t    bound;
    ngx_pickyassist_replay_t  *replay;

    if (sealed == NULL) {
        return NGX_ERROR;
    }

    body = pa_alloc(&once->ctx->pool, answer->size);
    if (body == NULL) {
        return NGX_ERROR;
    }

    text.data = sealed;
    text.len = answer->size;

    ngx_pickyassist_bind(once, answer, &bound, &bound_text);

    if (pa_unseal(&once->seal, &bound_text, &text, body) != PA_OK) {
        ngx_ssl_error(NGX_LOG_ALERT, once->ctx->r->connection->log, 0,
                      "pickyassist: the answer to an idempotency key cannot "
                      "be opened");
        return NGX_ERROR;
    }

    replay = &once->replay;

    replay->status = answer->status;
    replay->outcome = answer->label;
    replay->body.data = body;
    replay->body.len = answer->size - PA_SEAL_OVERHEAD;

    return NGX_DONE;
}


static ngx_int_t
ngx_pickyassist_decline(pa_problem_t *problem, pa_outcome_e outcome)
{
    problem->outcome = outcome;

    return NGX_DECLINED;
}


ngx_pickyassist_replay_t *
ngx_pickyassist_kept_answer(ngx_pickyassist_ctx_t *ctx)
{
    return &ctx->once->replay;
}


void
ngx_pickyassist_keep_answer(ngx_pickyassist_ctx_t *ctx, pa_outcome_e outcome,
    ngx_uint_t status, pa_effect_e effect, pa_str_t *body)
{
    int                            rc;
    u_char                        *sealed;
    pa_str_t                       bound_text;
    ngx_str_t                      id;
    ngx_http_request_t            *r;
    pa_key_answer_t                answer;
    ngx_pickyassist_once_t        *once;
    ngx_pickyassist_bound_t        bound;
    ngx_pickyassist_once_store_t  *store;

    once = ctx->once;

    if (once == NULL || !once->claimed) {
        return;
    }

    /* of what was sent, the vendor alone can say that it had no effect */

    if (effect == PA_EFFECT_NONE && !pa_outcome_is_success(outcome)
        && (ctx->reply.status_done || !ngx_pickyassist_may_have_acted(ctx)))
    {
        ngx_pickyassist_release(once, 0);
        return;
    }

    r = ctx->r;

    answer.size = (uint32_t) (body->len + PA_SEAL_OVERHEAD);
    answer.status = (uint16_t) status;
    answer.label = (uint16_t) outcome;

    ngx_pickyassist_bind(once, &answer, &bound, &bound_text);

    sealed = ngx_pnalloc(r->pool, answer.size);

    if (sealed == NULL
        || pa_seal(&once->seal, &bound_text, body, sealed) != PA_OK)
    {
        ngx_pickyassist_release(once, 1);
        return;
    }

    once->claimed = 0;

    store = &ctx->pmcf->once_store;

    ngx_shmtx_lock(&store->shpool->mutex);

    rc = pa_key_store_keep(&store->keys, &once->ref, &answer, sealed,
                           ngx_current_msec);

    ngx_shmtx_unlock(&store->shpool->mutex);

    if (rc != PA_OK && ngx_pickyassist_request_id(r, &id) == NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "pickyassist: no room in \"pickyassist_idempotency_zone\""
                      " for the answer to request %V: its repetition gets "
                      "outcome_unknown", &id);
    }
}


void
ngx_pickyassist_end_key(ngx_pickyassist_ctx_t *ctx)
{
    if (ctx->once && !ngx_pickyassist_may_have_acted(ctx)) {
        ngx_pickyassist_release(ctx->once, 0);
    }
}


/* nginx sets this before it writes the first byte, and sends nothing twice */

static ngx_uint_t
ngx_pickyassist_may_have_acted(ngx_pickyassist_ctx_t *ctx)
{
    return ctx->upstream && ctx->upstream->request_sent;
}


/* lost: the outcome remains unknown; otherwise the key is free */

static void
ngx_pickyassist_release(ngx_pickyassist_once_t *once, ngx_uint_t lost)
{
    ngx_pickyassist_once_store_t  *store;

    if (!once->claimed) {
        return;
    }

    once->claimed = 0;

    store = &once->ctx->pmcf->once_store;

    ngx_shmtx_lock(&store->shpool->mutex);

    if (lost) {
        pa_key_store_lose(&store->keys, &once->ref, ngx_current_msec);

    } else {
        pa_key_store_free(&store->keys, &once->ref);
    }

    ngx_shmtx_unlock(&store->shpool->mutex);
}


static void
ngx_pickyassist_bind(ngx_pickyassist_once_t *once, pa_key_answer_t *answer,
    ngx_pickyassist_bound_t *bound, pa_str_t *text)
{
    ngx_memcpy(bound->key, once->seal.id, PA_SEAL_KEY);
    ngx_memcpy(bound->request, once->request, PA_SEAL_KEY);
    bound->status = answer->status;
    bound->outcome = answer->label;

    text->data = (u_char *) bound;
    text->len = sizeof(ngx_pickyassist_bound_t);
}


/* an answer, or what one is made of: a list of what has to be wiped */

static void *
ngx_pickyassist_alloc_plain(void *data, size_t size)
{
    ngx_pickyassist_once_t  *once = data;

    ngx_pickyassist_plain_t  *plain;

    size += sizeof(ngx_pickyassist_plain_t);

    plain = pa_alloc(&once->pool, size);
    if (plain == NULL) {
        return NULL;
    }

    plain->size = size;
    plain->next = once->plain;
    once->plain = plain;

    return plain + 1;
}


/* the request has ended, however that came */

static void
ngx_pickyassist_end_once(void *data)
{
    ngx_pickyassist_once_t  *once = data;

    ngx_pickyassist_plain_t  *plain, *next;

    ngx_pickyassist_release(once, ngx_pickyassist_may_have_acted(once->ctx));

    for (plain = once->plain; plain; plain = next) {
        next = plain->next;
        ngx_explicit_memzero(plain, plain->size);
    }

    ngx_explicit_memzero(once->header.data, once->header.len);

    ngx_pickyassist_wipe_connection(once->ctx->r->connection);

    ngx_explicit_memzero(once, sizeof(ngx_pickyassist_once_t));
}


/* before encryption, nginx copies what it sends to the connection's buf */

static void
ngx_pickyassist_wipe_connection(ngx_connection_t *c)
{
    ngx_buf_t  *b;

    b = c->ssl ? c->ssl->buf : NULL;

    if (b && b->start && (b->pos == b->last || c->error)) {
        ngx_explicit_memzero(b->start, b->end - b->start);
    }
}
