
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * A vendor's response, as it comes from the network: the module's callbacks
 * with nginx's parsers.  The first byte of the input chooses the conditions
 * ("@": the defaults).  Up to the end of this line stand the lengths of the
 * pieces that the response comes in, a byte each; none: whatever there is
 * room for.  The rest is the response.
 */


#include "ngx_pickyassist_upstream.h"
#include "ngx_pickyassist_upstream_body.h"
#include "ngx_pickyassist_upstream_request.h"

#include <ctype.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"


/* bits of the first byte */

#define STAYS_OPEN    0x01            /* the vendor does not close */
#define SMALL_LIMIT   0x02
#define SMALL_BUFFER  0x04
#define DIGITS        0x08            /* the secret could be a number */
#define PREMATURE     0x10            /* the request has not been sent */


typedef enum {
    WAITING = 0,                      /* for more of the response */
    NO_HEAD,                          /* closed before its end */
    BIG_HEAD,
    BAD_HEAD,
    NO_BODY,                          /* closed before its end */
    FINISHED
} end_e;


/* where the pieces come from */

typedef struct {
    const uint8_t            *pos;
    const uint8_t            *last;
    pa_str_t                  pieces;
    size_t                    next;
    int                       stays_open;
    int                       eof;
} network_t;


/* what the module has made of the response */

typedef struct {
    end_e                     end;
    int                       accepted;
    int                       keepalive;
    size_t                    received;
    ngx_pickyassist_reply_t   reply;
    pa_str_t                  retry_after;
    pa_str_t                  body;
} result_t;


/* one header section of it, read again in another way */

typedef struct {
    unsigned                  status;
    int                       http11;
    int                       lengths;      /* how many there are */
    int                       codings;
    int                       bad;          /* to be refused */
    uint64_t                  length;
    int                       close;
    int                       compressed;
} section_t;


/* all of it */

typedef struct {
    const uint8_t            *pos;
    const uint8_t            *last;

    int                       valid;
    int                       odd;          /* it may be refused even so */
    section_t                 section;      /* the last one */
    size_t                    head;
    size_t                    end;
    uint8_t                  *body;
    size_t                    len;
} reference_t;


int LLVMFuzzerInitialize(int *argc, char ***argv);
void __wrap_ngx_http_upstream_init(ngx_http_request_t *r);

static void set_conditions(uint8_t choice);
static void check_log(ngx_log_t *log, ngx_uint_t level, u_char *text,
    size_t len);
static void run(const pa_str_t *response, const pa_str_t *pieces,
    result_t *result);
static void take_result(ngx_http_request_t *r, result_t *result);
static void check_wiped(const u_char *p, size_t len);
static end_e exchange(ngx_http_request_t *r, network_t *network);
static end_e exchange_head(ngx_http_request_t *r, network_t *network);
static ssize_t receive(network_t *network, ngx_buf_t *b);

static void check_same(const result_t *whole, const result_t *split);
static void check_result(const pa_str_t *response, const result_t *result);
static void check_accepted(const reference_t *ref, const result_t *result);
static void check_retry_after(const pa_str_t *value);

static void read_response(const pa_str_t *response, reference_t *ref);
static int read_head(reference_t *ref);
static int read_status_line(reference_t *ref);
static int read_fields(reference_t *ref);
static void read_field(reference_t *ref, const pa_str_t *line);
static void read_value(section_t *section, const pa_str_t *name,
    const pa_str_t *value);
static int read_chunks(reference_t *ref);
static int read_chunk_size(reference_t *ref, uint64_t *size);
static int read_data(reference_t *ref, uint64_t size);
static int read_line(reference_t *ref, pa_str_t *line);
static uint64_t read_number(const uint8_t **pos, const uint8_t *last,
    int base);
static int is_encoded(const pa_str_t *value);
static int is(const pa_str_t *text, const char *word);


static ngx_log_t                     fuzz_log;
static ngx_pickyassist_pass_t        pass;
static ngx_pickyassist_secret_t      secret;
static ngx_pickyassist_loc_conf_t    conf;
static ngx_pickyassist_main_conf_t   main_conf;
static ngx_http_variable_value_t     request_id;
static ngx_http_upstream_srv_conf_t  upstream;
static uint8_t                       conditions;


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    ngx_pid = 1;
    ngx_pagesize = 4096;
    ngx_cacheline_size = NGX_CPU_CACHE_LINE;

    ngx_time_init();

    ngx_use_stderr = 0;

    fuzz_log.log_level = NGX_LOG_DEBUG_HTTP;
    fuzz_log.writer = check_log;

    ngx_pickyassist_module.ctx_index = 0;

    conf.pass = &pass;
    conf.secret = &secret;
    conf.secrets[PA_TOKEN_ACCOUNT] = &secret;
    pass.upstream = &upstream;

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pa_str_t        response, pieces;
    result_t        whole, split;
    const uint8_t  *line;

    static const pa_str_t  none = pa_string("");

    line = size ? memchr(data, '\n', size) : NULL;

    if (line == NULL || line == data) {
        return 0;
    }

    set_conditions(data[0]);

    pieces = fuzz_copy(data + 1, (size_t) (line - data) - 1);
    response = fuzz_copy(line + 1, size - (size_t) (line - data) - 1);

    run(&response, &none, &whole);
    check_result(&response, &whole);

    run(&response, &pieces, &split);
    check_result(&response, &split);

    check_same(&whole, &split);

    fuzz_reset();

    return 0;
}


static void
set_conditions(uint8_t choice)
{
    conditions = choice;

    conf.max_response_size = (choice & SMALL_LIMIT) ? 16 : 6000;
    conf.upstream.buffer_size = (choice & SMALL_BUFFER) ? 128 : 4096;

    if (choice & DIGITS) {
        ngx_str_set(&secret.token, "271828182845904523");

    } else {
        ngx_str_set(&secret.token, FUZZ_SECRET);
    }
}


/* no line of the log, at any level, has the secret in it */

static void
check_log(ngx_log_t *log, ngx_uint_t level, u_char *text, size_t len)
{
    (void) log;
    (void) level;

    fuzz_check(memmem(text, len, secret.token.data, secret.token.len) == NULL);
}


/* ngx_pickyassist_forward() sets the callbacks; nothing is connected to */

void
__wrap_ngx_http_upstream_init(ngx_http_request_t *r)
{
    r->upstream->request_sent = !(conditions & PREMATURE);
}


static void
run(const pa_str_t *response, const pa_str_t *pieces, result_t *result)
{
    void                   *confs[1], *main_confs[1], *ctxs[1];
    ngx_buf_t              *b;
    network_t               network;
    ngx_connection_t        c;
    ngx_http_request_t      r;
    ngx_pickyassist_ctx_t   ctx;

    ngx_memzero(result, sizeof(result_t));
    ngx_memzero(&network, sizeof(network_t));
    ngx_memzero(&c, sizeof(ngx_connection_t));
    ngx_memzero(&r, sizeof(ngx_http_request_t));
    ngx_memzero(&ctx, sizeof(ngx_pickyassist_ctx_t));

    ctx.r = &r;
    ctx.plcf = &conf;

    network.pos = response->data;
    network.last = response->data + response->len;
    network.pieces = *pieces;
    network.stays_open = conditions & STAYS_OPEN;

    c.log = &fuzz_log;

    confs[0] = &conf;
    main_confs[0] = &main_conf;
    ctxs[0] = &ctx;

    /* for what is logged; the index of the variable is 0 */

    request_id.data = (u_char *) "0123456789abcdef0123456789abcdef";
    request_id.len = 32;
    request_id.valid = 1;

    r.connection = &c;
    r.main = &r;
    r.loc_conf = confs;
    r.main_conf = main_confs;
    r.variables = &request_id;
    r.ctx = ctxs;
    r.pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, &fuzz_log);
    fuzz_check(r.pool != NULL);

    ngx_pickyassist_forward(&r, &ctx);

    b = &r.upstream->buffer;

    /* zeroed, so that in the end what is not zero was received and is left */

    b->start = ngx_pcalloc(r.pool, conf.upstream.buffer_size);
    fuzz_check(b->start != NULL);
    b->pos = b->start;
    b->last = b->start;
    b->end = b->start + conf.upstream.buffer_size;
    b->temporary = 1;

    result->end = exchange(&r, &network);
    result->received = (size_t) (network.pos - response->data);

    ASAN_UNPOISON_MEMORY_REGION(b->start, b->end - b->start);

    take_result(&r, result);

    ngx_destroy_pool(r.pool);
}


static void
take_result(ngx_http_request_t *r, result_t *result)
{
    ngx_buf_t                *b;
    ngx_pickyassist_ctx_t    *ctx;
    ngx_pickyassist_reply_t  *reply;

    ctx = ngx_http_get_module_ctx(r, ngx_pickyassist_module);
    reply = &ctx->reply;

    result->reply = *reply;
    result->accepted = (result->end == FINISHED
                        && !reply->too_large && !reply->cut_short);
    result->keepalive = r->upstream->keepalive;
    result->retry_after = fuzz_copy(reply->retry_after.data,
                                    reply->retry_after.len);
    result->body = fuzz_copy(reply->body, reply->len);

    fuzz_check(reply->invalid == (result->end == BAD_HEAD));
    fuzz_check(reply->len <= conf.max_response_size);

    /* the tokens do not stay in memory */

    ngx_pickyassist_wipe_request(ctx);
    ngx_pickyassist_wipe_reply(ctx);

    b = &r->upstream->buffer;

    check_wiped(b->start, conf.upstream.buffer_size);
    check_wiped(reply->body, reply->len);
}


static void
check_wiped(const u_char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        fuzz_check(p[i] == 0);
    }
}


/* as in ngx_http_upstream.c: what a response in memory goes through */

static end_e
exchange(ngx_http_request_t *r, network_t *network)
{
    end_e                 end;
    ssize_t               n;
    ngx_buf_t            *b;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    b = &u->buffer;

    end = exchange_head(r, network);

    if (end != FINISHED) {
        return end;
    }

    /* ngx_http_upstream_send_response() */

    fuzz_check(u->input_filter_init(u->input_filter_ctx) == NGX_OK);

    n = b->last - b->pos;

    if (n) {
        b->last = b->pos;
        fuzz_check(u->input_filter(u->input_filter_ctx, n) == NGX_OK);
    }

    /* ngx_http_upstream_process_non_buffered_request() */

    while (u->length != 0 && !network->eof) {
        b->pos = b->start;
        b->last = b->start;

        n = receive(network, b);

        if (n == NGX_AGAIN) {
            return WAITING;
        }

        if (n > 0) {
            fuzz_check(u->input_filter(u->input_filter_ctx, n) == NGX_OK);
        }
    }

    return u->length == 0 || u->length == -1 ? FINISHED : NO_BODY;
}


/* ngx_http_upstream_process_header() */

static end_e
exchange_head(ngx_http_request_t *r, network_t *network)
{
    ssize_t               n;
    ngx_int_t             rc;
    ngx_buf_t            *b;
    ngx_http_upstream_t  *u;

    u = r->upstream;
    b = &u->buffer;

    for ( ;; ) {
        n = receive(network, b);

        if (n == NGX_AGAIN) {
            return WAITING;
        }

        if (n == 0) {
            return NO_HEAD;
        }

        b->last += n;

        rc = u->process_header(r);

        if (rc != NGX_AGAIN) {
            break;
        }

        if (b->last == b->end) {
            return BIG_HEAD;
        }
    }

    fuzz_check(rc == NGX_OK || rc == NGX_HTTP_UPSTREAM_INVALID_HEADER);

    return rc == NGX_OK ? FINISHED : BAD_HEAD;
}


/* recv() into the buffer, of which only what was received may be read */

static ssize_t
receive(network_t *network, ngx_buf_t *b)
{
    size_t  size, n;

    size = (size_t) (network->last - network->pos);

    if (size == 0) {
        network->eof = !network->stays_open;
        return network->eof ? 0 : NGX_AGAIN;
    }

    n = (size_t) (b->end - b->last);
    size = ngx_min(size, n);

    if (network->pieces.len) {
        n = network->pieces.data[network->next++ % network->pieces.len] + 1;
        size = ngx_min(size, n);
    }

    ASAN_UNPOISON_MEMORY_REGION(b->start, b->end - b->start);

    ngx_memcpy(b->last, network->pos, size);
    network->pos += size;

    ASAN_POISON_MEMORY_REGION(b->last + size, b->end - b->last - size);

    return (ssize_t) size;
}


/* how a response comes in does not matter */

static void
check_same(const result_t *whole, const result_t *split)
{
    fuzz_check(split->end == whole->end);
    fuzz_check(split->accepted == whole->accepted);

    if (whole->end != FINISHED) {
        return;
    }

    fuzz_check(split->reply.status.code == whole->reply.status.code);
    fuzz_check(split->reply.compressed == whole->reply.compressed);
    fuzz_check(split->reply.too_large == whole->reply.too_large);
    fuzz_check(split->reply.cut_short == whole->reply.cut_short);
    fuzz_check(fuzz_equal(&split->retry_after, &whole->retry_after));

    if (whole->accepted) {
        fuzz_check(fuzz_equal(&split->body, &whole->body));
    }
}


static void
check_result(const pa_str_t *response, const result_t *result)
{
    reference_t  ref;

    read_response(response, &ref);

    if (result->accepted) {
        check_accepted(&ref, result);

    } else {
        fuzz_check(!result->keepalive);

        /* nothing is refused without a reason */

        fuzz_check(!ref.valid
                   || ref.odd
                   || (conditions & PREMATURE)
                   || ref.head > conf.upstream.buffer_size
                   || ref.len > conf.max_response_size);
    }

    if (result->reply.too_large) {
        fuzz_check(ref.len > conf.max_response_size
                   || ref.section.length > conf.max_response_size);
    }

    check_retry_after(&result->retry_after);
}


/*
 * A response that is accepted is framed in one way, is that of the reference,
 * and leaves the connection to others only if no byte behind it was read.
 */

static void
check_accepted(const reference_t *ref, const result_t *result)
{
    fuzz_check(ref->valid);
    fuzz_check(!(conditions & PREMATURE));

    fuzz_check(result->reply.status.code == ref->section.status);
    fuzz_check(result->reply.compressed == ref->section.compressed);
    fuzz_check(result->body.len == ref->len);
    fuzz_check(memcmp(result->body.data, ref->body, ref->len) == 0);

    fuzz_check(result->keepalive
               == (!ref->section.close && result->received == ref->end));
}


/* nothing of the vendor's but a number or a date, and never the secret */

static void
check_retry_after(const pa_str_t *value)
{
    size_t  i;

    static const char  date[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";

    fuzz_check(memmem(value->data, value->len,
                      secret.token.data, secret.token.len) == NULL);

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < '0' || value->data[i] > '9') {
            break;
        }
    }

    if (i == value->len) {
        return;
    }

    fuzz_check(value->len == sizeof(date) - 1);

    for (i = 0; i < value->len; i++) {
        fuzz_check(date[i] == 'A' ? isupper(value->data[i])
                   : date[i] == 'a' ? islower(value->data[i])
                   : date[i] == '0' ? isdigit(value->data[i])
                   : value->data[i] == date[i]);
    }
}


/* RFC 9112, with the liberties that nginx takes; those are odd */

static void
read_response(const pa_str_t *response, reference_t *ref)
{
    section_t  *section;

    memset(ref, 0, sizeof(reference_t));

    ref->pos = response->data;
    ref->last = response->data + response->len;

    if (!read_head(ref)) {
        return;
    }

    section = &ref->section;

    ref->head = (size_t) (ref->pos - response->data);
    ref->body = pa_alloc(&fuzz_pool, response->len);

    if (section->status == 204 || section->status == 304) {
        ref->valid = 1;
        section->close |= (section->codings || section->length);

    } else if (section->codings) {
        ref->valid = read_chunks(ref);

    } else if (section->lengths) {
        ref->valid = read_data(ref, section->length);

    } else {
        ref->valid = !(conditions & STAYS_OPEN);
        section->close = 1;
        (void) read_data(ref, UINT64_MAX);
    }

    ref->end = (size_t) (ref->pos - response->data);
}


static int
read_head(reference_t *ref)
{
    section_t  *section;

    section = &ref->section;

    do {
        memset(section, 0, sizeof(section_t));

        if (!read_status_line(ref) || !read_fields(ref)) {
            return 0;
        }

        if (section->bad
            || section->lengths + section->codings > 1
            || (section->codings && !section->http11))
        {
            return 0;
        }

    } while (section->status / 100 == 1 && section->status != 101);

    return section->status >= 200;
}


static int
read_status_line(reference_t *ref)
{
    int             n;
    pa_str_t        line;
    uint64_t        major, minor;
    const uint8_t  *p, *last;

    if (!read_line(ref, &line)
        || line.len < 5 || memcmp(line.data, "HTTP/", 5) != 0)
    {
        return 0;
    }

    p = line.data + 5;
    last = line.data + line.len;

    major = read_number(&p, last, 10);

    if (p == last || *p++ != '.') {
        return 0;
    }

    minor = read_number(&p, last, 10);

    if (p == last || *p++ != ' ') {
        return 0;
    }

    for (n = 0; n < 3; p++) {

        if (p == last) {
            return 0;
        }

        if (*p == ' ') {
            ref->odd = 1;
            continue;
        }

        if (!isdigit(*p)) {
            return 0;
        }

        ref->section.status = ref->section.status * 10 + (*p - '0');
        n++;
    }

    ref->odd |= (p == last || *p != ' ');
    ref->odd |= (memcmp(line.data, "HTTP/1.0 ", 9) != 0
                 && memcmp(line.data, "HTTP/1.1 ", 9) != 0);

    ref->section.http11 = (major > 1 || minor > 0);
    ref->section.close = !ref->section.http11;

    while (p < last) {
        ref->odd |= !isprint(*p);
        p++;
    }

    return 1;
}


static int
read_fields(reference_t *ref)
{
    pa_str_t  line;

    for ( ;; ) {

        if (!read_line(ref, &line)) {
            return 0;
        }

        if (line.len == 0) {
            return 1;
        }

        if (line.len >= 5 && memcmp(line.data, "HTTP/", 5) == 0) {
            ref->odd = 1;
            continue;
        }

        while (line.len && line.data[line.len - 1] == CR) {
            ref->odd = 1;
            line.len--;
        }

        if (line.len == 0
            || memchr(line.data, CR, line.len) != NULL
            || memchr(line.data, '\0', line.len) != NULL)
        {
            return 0;
        }

        read_field(ref, &line);
    }
}


static void
read_field(reference_t *ref, const pa_str_t *line)
{
    size_t          i;
    pa_str_t        name, value;
    const uint8_t  *colon;

    name = *line;

    value.data = line->data + line->len;
    value.len = 0;

    colon = memchr(line->data, ':', line->len);

    if (colon != NULL) {
        name.len = (size_t) (colon - line->data);

        value.data = colon + 1;
        value.len = line->len - name.len - 1;
    }

    while (value.len && value.data[0] == ' ') {
        value.data++;
        value.len--;
    }

    while (value.len && value.data[value.len - 1] == ' ') {
        value.len--;
    }

    ref->odd |= (colon == NULL);
    ref->section.bad |= (name.len == 0);

    /* RFC 9110 section 5.6.2 */

    for (i = 0; i < name.len; i++) {
        ref->section.bad |= (!isalnum(name.data[i])
                             && memchr("!#$%&'*+-.^_`|~", name.data[i], 15)
                                == NULL);
    }

    for (i = 0; i < value.len; i++) {
        ref->odd |= !isprint(value.data[i]);
    }

    read_value(&ref->section, &name, &value);
}


static void
read_value(section_t *section, const pa_str_t *name, const pa_str_t *value)
{
    size_t          i;
    pa_str_t        part;
    const uint8_t  *p, *last;

    p = value->data;
    last = p + value->len;

    if (is(name, "Content-Length")) {
        section->lengths++;
        section->length = read_number(&p, last, 10);
        section->bad |= (value->len == 0 || p != last
                         || section->length > INT64_MAX);

    } else if (is(name, "Transfer-Encoding")) {
        section->codings++;
        section->bad |= !is(value, "chunked");

    } else if (is(name, "Content-Encoding")) {
        section->compressed |= is_encoded(value);

    } else if (is(name, "Connection")) {
        part.len = 5;

        for (i = 0; i + part.len <= value->len; i++) {
            part.data = value->data + i;
            section->close |= is(&part, "close");
        }
    }
}


static int
read_chunks(reference_t *ref)
{
    uint64_t  size;
    pa_str_t  line;

    for ( ;; ) {

        if (!read_chunk_size(ref, &size)) {
            return 0;
        }

        if (size == 0) {
            break;
        }

        if (!read_data(ref, size) || !read_line(ref, &line) || line.len) {
            return 0;
        }
    }

    /* the trailer section */

    do {
        if (!read_line(ref, &line)
            || (line.len && memchr(line.data, CR, line.len) != NULL))
        {
            return 0;
        }
    } while (line.len);

    return 1;
}


static int
read_chunk_size(reference_t *ref, uint64_t *size)
{
    pa_str_t        line;
    const uint8_t  *p, *last;

    if (!read_line(ref, &line) || line.len == 0) {
        return 0;
    }

    p = line.data;
    last = p + line.len;

    *size = read_number(&p, last, 16);

    return p != line.data
           && (p == last || *p == ';' || *p == ' ' || *p == '\t')
           && memchr(line.data, CR, line.len) == NULL;
}


/* what there is of so many bytes of the body; 0: not all of them */

static int
read_data(reference_t *ref, uint64_t size)
{
    size_t  n;

    n = (size_t) (ref->last - ref->pos);
    n = size < n ? (size_t) size : n;

    memcpy(ref->body + ref->len, ref->pos, n);

    ref->len += n;
    ref->pos += n;

    return n == size;
}


/* up to the line feed, without that and one carriage return; 0: no end yet */

static int
read_line(reference_t *ref, pa_str_t *line)
{
    const uint8_t  *end;

    end = memchr(ref->pos, LF, (size_t) (ref->last - ref->pos));

    if (end == NULL) {
        return 0;
    }

    line->data = ref->pos;
    line->len = (size_t) (end - ref->pos);

    ref->pos = end + 1;

    if (line->len && line->data[line->len - 1] == CR) {
        line->len--;

    } else {
        ref->odd = 1;
    }

    return 1;
}


/* as far as there are digits; one that is too large stays so */

static uint64_t
read_number(const uint8_t **pos, const uint8_t *last, int base)
{
    int             digit;
    uint64_t        n;
    const uint8_t  *p;

    n = 0;

    for (p = *pos; p < last; p++) {

        if (isdigit(*p)) {
            digit = *p - '0';

        } else if (base == 16 && isxdigit(*p)) {
            digit = tolower(*p) - 'a' + 10;

        } else {
            break;
        }

        n = n > UINT64_MAX / 32 ? UINT64_MAX : n * base + digit;
    }

    *pos = p;

    return n;
}


/* one element of the list is a coding that is registered */

static int
is_encoded(const pa_str_t *value)
{
    size_t       i, len, end;
    pa_str_t     element;
    const char  *p;

    static const char  *codings[] = {
        "aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip",
        "pack200-gzip", "x-compress", "x-gzip", "zstd"
    };

    for (i = 0; i <= value->len; i = end + 1) {

        for (end = i; end < value->len && value->data[end] != ','; end++) {
            /* void */
        }

        p = (const char *) value->data;

        while (i < end && (p[i] == ' ' || p[i] == '\t')) {
            i++;
        }

        for (len = 0; i + len < end; len++) {
            if (!isalnum((unsigned char) p[i + len])
                && strchr("!#$%&'*+-.^_`|~", p[i + len]) == NULL)
            {
                break;
            }
        }

        element.data = value->data + i;
        element.len = len;

        for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
            if (is(&element, codings[i])) {
                return 1;
            }
        }
    }

    return 0;
}


static int
is(const pa_str_t *text, const char *word)
{
    return text->len == strlen(word)
           && strncasecmp((const char *) text->data, word, text->len) == 0;
}
