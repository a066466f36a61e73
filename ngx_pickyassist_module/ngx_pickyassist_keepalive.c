
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "ngx_pickyassist_keepalive.h"


/* in milliseconds since it was made, as "keepalive_time" of upstream{} */
#define NGX_PICKYASSIST_KEEPALIVE_LIFE  3600000

/* in milliseconds, for those that are surplus */
#define NGX_PICKYASSIST_KEEPALIVE_SOON  1000


/* what is known of a connection, as long as it lives; in its pool */

typedef struct {
    ngx_queue_t                   queue;
    ngx_uint_t                   *number;     /* NULL: it does not count */
    ngx_connection_t             *connection;

    ngx_msec_t                    used;       /* for the last time */
    ngx_msec_t                    timeout;    /* since then */

    socklen_t                     socklen;
    socklen_t                     local_socklen;      /* 0: any address */
    ngx_sockaddr_t                sockaddr;
    ngx_sockaddr_t                local;
} ngx_pickyassist_kept_t;


static ngx_pickyassist_kept_t *ngx_pickyassist_take_from(ngx_queue_t *queue,
    ngx_peer_connection_t *pc, ngx_pickyassist_keepalive_t *keepalive,
    ngx_http_upstream_rr_peers_t *peers);
static ngx_uint_t ngx_pickyassist_is_old(ngx_pickyassist_kept_t *kept,
    ngx_pickyassist_keepalive_t *keepalive);
static ngx_uint_t ngx_pickyassist_has_local(ngx_pickyassist_kept_t *kept,
    ngx_addr_t *local);
static ngx_uint_t ngx_pickyassist_is_silent(ngx_connection_t *c);
static ngx_http_upstream_rr_peer_t *ngx_pickyassist_find_peer(
    ngx_http_upstream_rr_peers_t *peers, ngx_pickyassist_kept_t *kept);
static ngx_pickyassist_kept_t *ngx_pickyassist_find_kept(ngx_connection_t *c);
static ngx_pickyassist_kept_t *ngx_pickyassist_add_kept(
    ngx_peer_connection_t *pc);
static void ngx_pickyassist_make_room(ngx_pickyassist_keepalive_t *keepalive);
static void ngx_pickyassist_remove_kept(ngx_pickyassist_kept_t *kept);
static void ngx_pickyassist_idle_handler(ngx_event_t *ev);
static void ngx_pickyassist_dummy_handler(ngx_event_t *ev);
static void ngx_pickyassist_close_kept(ngx_pickyassist_kept_t *kept);
static void ngx_pickyassist_forget_kept(void *data);


void
ngx_pickyassist_init_keepalive(ngx_pickyassist_keepalive_t *keepalive)
{
    ngx_queue_init(&keepalive->kept);
    ngx_queue_init(&keepalive->surplus);
    keepalive->number = 0;
}


ngx_int_t
ngx_pickyassist_take_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive,
    ngx_http_upstream_rr_peers_t *peers)
{
    ngx_connection_t        *c;
    ngx_pickyassist_kept_t  *kept;

    kept = ngx_pickyassist_take_from(&keepalive->kept, pc, keepalive, peers);

    if (kept == NULL) {
        kept = ngx_pickyassist_take_from(&keepalive->surplus, pc, keepalive,
                                         peers);
    }

    if (kept == NULL) {
        return NGX_DECLINED;
    }

    c = kept->connection;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "pickyassist: use kept connection %p", c);

    c->idle = 0;
    c->sent = 0;
    c->data = NULL;
    c->log = pc->log;
    c->read->log = pc->log;
    c->write->log = pc->log;
    c->pool->log = pc->log;

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    pc->connection = c;
    pc->cached = 1;

    return NGX_DONE;
}


static ngx_pickyassist_kept_t *
ngx_pickyassist_take_from(ngx_queue_t *queue, ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive,
    ngx_http_upstream_rr_peers_t *peers)
{
    ngx_queue_t                  *q, *next;
    ngx_pickyassist_kept_t       *kept;
    ngx_http_upstream_rr_peer_t  *peer;

    for (q = ngx_queue_head(queue);
         q != ngx_queue_sentinel(queue);
         q = next)
    {
        next = ngx_queue_next(q);

        kept = ngx_queue_data(q, ngx_pickyassist_kept_t, queue);

        if (ngx_pickyassist_is_old(kept, keepalive)
            || !ngx_pickyassist_is_silent(kept->connection))
        {
            ngx_pickyassist_close_kept(kept);
            continue;
        }

        peer = ngx_pickyassist_find_peer(peers, kept);

        if (peer == NULL || !ngx_pickyassist_has_local(kept, pc->local)) {
            continue;
        }

        pc->sockaddr = peer->sockaddr;
        pc->socklen = peer->socklen;
        pc->name = &peer->name;

        ngx_pickyassist_remove_kept(kept);

        return kept;
    }

    return NULL;
}


ngx_uint_t
ngx_pickyassist_is_fresh(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive)
{
    ngx_pickyassist_kept_t  *kept;

    if (keepalive->max == 0) {
        return 0;
    }

    kept = ngx_pickyassist_find_kept(pc->connection);

    /* of unknown age, if another module has made it */

    return kept
           && !ngx_pickyassist_is_old(kept, keepalive)
           && ngx_pickyassist_has_local(kept, pc->local)
           && ngx_pickyassist_is_silent(pc->connection);
}


/* what has been waiting in the cache of a block may be of another location */

static ngx_uint_t
ngx_pickyassist_is_old(ngx_pickyassist_kept_t *kept,
    ngx_pickyassist_keepalive_t *keepalive)
{
    ngx_msec_t  age;

    age = ngx_current_msec - kept->used;

    return age >= kept->timeout || age >= keepalive->timeout;
}


static ngx_uint_t
ngx_pickyassist_has_local(ngx_pickyassist_kept_t *kept, ngx_addr_t *local)
{
    if (local == NULL) {
        return kept->local_socklen == 0;
    }

    return ngx_cmp_sockaddr(&kept->local.sockaddr, kept->local_socklen,
                            local->sockaddr, local->socklen, 1)
           == NGX_OK;
}


/*
 * The event that tells of bytes or of the end may be due only after that of
 * the request at hand.
 */

static ngx_uint_t
ngx_pickyassist_is_silent(ngx_connection_t *c)
{
    u_char  buf[1];

    if (c->ssl && SSL_pending(c->ssl->connection) != 0) {
        return 0;
    }

    return recv(c->fd, buf, 1, MSG_PEEK) == -1
           && ngx_socket_errno == NGX_EAGAIN;
}


/* one that nginx would choose now, see ngx_http_upstream_get_peer() */

static ngx_http_upstream_rr_peer_t *
ngx_pickyassist_find_peer(ngx_http_upstream_rr_peers_t *peers,
    ngx_pickyassist_kept_t *kept)
{
    ngx_http_upstream_rr_peer_t  *peer;

    for (peer = peers->peer; peer; peer = peer->next) {

        if (ngx_cmp_sockaddr(&kept->sockaddr.sockaddr, kept->socklen,
                             peer->sockaddr, peer->socklen, 1)
            != NGX_OK)
        {
            continue;
        }

        if (!peers->single
            && peer->max_fails
            && peer->fails >= peer->max_fails
            && ngx_time() - peer->checked <= peer->fail_timeout)
        {
            return NULL;
        }

        return peer;
    }

    return NULL;
}


ngx_uint_t
ngx_pickyassist_may_keep(ngx_http_upstream_t *u,
    ngx_pickyassist_keepalive_t *keepalive, int64_t announced,
    ngx_uint_t state)
{
    ngx_msec_t               timeout;
    ngx_connection_t        *c;
    ngx_pickyassist_kept_t  *kept;

    c = u->peer.connection;

    if (keepalive->max == 0
        || state & NGX_PEER_FAILED
        || !u->keepalive
        || !u->request_body_sent
        || c == NULL
        || c->read->eof
        || c->read->error
        || c->read->timedout
        || c->write->error
        || c->write->timedout
        || ngx_terminate
        || ngx_exiting)
    {
        return 0;
    }

    timeout = keepalive->timeout;

    if (announced != -1) {

        if (announced <= 1) {
            return 0;
        }

        if ((ngx_msec_t) (announced - 1) <= timeout / 1000) {
            timeout = (announced - 1) * 1000;
        }
    }

    kept = ngx_pickyassist_find_kept(c);

    if (kept == NULL) {
        kept = ngx_pickyassist_add_kept(&u->peer);
        if (kept == NULL) {
            return 0;
        }
    }

    kept->used = ngx_current_msec;
    kept->timeout = timeout;

    return 1;
}


/* it is known by its cleanup, see ngx_http_realip_get_module_ctx() */

static ngx_pickyassist_kept_t *
ngx_pickyassist_find_kept(ngx_connection_t *c)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = c->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler == ngx_pickyassist_forget_kept) {
            return cln->data;
        }
    }

    return NULL;
}


static ngx_pickyassist_kept_t *
ngx_pickyassist_add_kept(ngx_peer_connection_t *pc)
{
    ngx_pool_cleanup_t      *cln;
    ngx_pickyassist_kept_t  *kept;

    cln = ngx_pool_cleanup_add(pc->connection->pool,
                               sizeof(ngx_pickyassist_kept_t));
    if (cln == NULL) {
        return NULL;
    }

    kept = cln->data;
    ngx_memzero(kept, sizeof(ngx_pickyassist_kept_t));

    kept->connection = pc->connection;

    kept->socklen = pc->socklen;
    ngx_memcpy(&kept->sockaddr, pc->sockaddr, pc->socklen);

    if (pc->local) {
        kept->local_socklen = pc->local->socklen;
        ngx_memcpy(&kept->local, pc->local->sockaddr, pc->local->socklen);
    }

    cln->handler = ngx_pickyassist_forget_kept;

    return kept;
}


/* see ngx_http_upstream_free_keepalive_peer() */

void
ngx_pickyassist_keep_connection(ngx_peer_connection_t *pc,
    ngx_pickyassist_keepalive_t *keepalive)
{
    ngx_connection_t        *c;
    ngx_pickyassist_kept_t  *kept;

    c = pc->connection;

    if (ngx_current_msec - c->start_time > NGX_PICKYASSIST_KEEPALIVE_LIFE
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        return;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "pickyassist: keep connection %p", c);

    if (keepalive->number == keepalive->max) {
        ngx_pickyassist_make_room(keepalive);
    }

    kept = ngx_pickyassist_find_kept(c);

    ngx_queue_insert_head(&keepalive->kept, &kept->queue);

    kept->number = &keepalive->number;
    keepalive->number++;

    pc->connection = NULL;

    c->read->delayed = 0;
    ngx_add_timer(c->read, kept->timeout);

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    c->write->handler = ngx_pickyassist_dummy_handler;
    c->read->handler = ngx_pickyassist_idle_handler;

    c->data = kept;
    c->idle = 1;
    c->log = ngx_cycle->log;
    c->read->log = ngx_cycle->log;
    c->write->log = ngx_cycle->log;
    c->pool->log = ngx_cycle->log;

    if (c->read->ready) {
        ngx_pickyassist_idle_handler(c->read);
    }
}


static void
ngx_pickyassist_make_room(ngx_pickyassist_keepalive_t *keepalive)
{
    ngx_msec_t               age;
    ngx_queue_t             *last;
    ngx_pickyassist_kept_t  *kept;

    last = ngx_queue_last(&keepalive->kept);
    kept = ngx_queue_data(last, ngx_pickyassist_kept_t, queue);

    ngx_pickyassist_remove_kept(kept);

    ngx_queue_insert_head(&keepalive->surplus, &kept->queue);

    age = ngx_current_msec - kept->used;

    if (age + NGX_PICKYASSIST_KEEPALIVE_SOON < kept->timeout) {
        ngx_add_timer(kept->connection->read, NGX_PICKYASSIST_KEEPALIVE_SOON);
    }
}


static void
ngx_pickyassist_remove_kept(ngx_pickyassist_kept_t *kept)
{
    ngx_queue_remove(&kept->queue);

    if (kept->number) {
        ngx_pickyassist_assert(*kept->number != 0);
        (*kept->number)--;
        kept->number = NULL;
    }
}


/* time is up, the worker shuts down, or the peer has something to say */

static void
ngx_pickyassist_idle_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ev->log, 0,
                   "pickyassist: idle handler");

    c = ev->data;

    if (!c->close && !ev->timedout && ngx_pickyassist_is_silent(c)) {
        ev->ready = 0;

        if (ngx_handle_read_event(ev, 0) == NGX_OK) {
            return;
        }
    }

    ngx_pickyassist_close_kept(c->data);
}


static void
ngx_pickyassist_dummy_handler(ngx_event_t *ev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, ev->log, 0,
                   "pickyassist: idle dummy handler");
}


static void
ngx_pickyassist_close_kept(ngx_pickyassist_kept_t *kept)
{
    ngx_pickyassist_remove_kept(kept);
    ngx_pickyassist_close_connection(kept->connection);
}


/* see ngx_http_upstream_keepalive_close() */

void
ngx_pickyassist_close_connection(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

    ngx_destroy_pool(c->pool);
    ngx_close_connection(c);
}


static void
ngx_pickyassist_forget_kept(void *data)
{
#if (NGX_DEBUG)
    ngx_pickyassist_kept_t  *kept = data;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, kept->connection->log, 0,
                   "pickyassist: forget connection %p", kept->connection);
#endif
}
