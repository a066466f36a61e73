
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The core alone, for callgrind:
 *
 *     core request FILE      reads a token request and builds the vendor's body
 *     core push FILE         reads a push, and the body around it for the vendor
 *     core reply FILE        reads a reply and normalises it
 *
 * Everything runs once to warm up and once more in bench_measured(), which is
 * what bench/run lets callgrind count.
 *
 *     core clock JOB FILE    runs it for half a second, and prints GB/s
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "reply.h"
#include "request.h"


#define BENCH_ALIGNMENT  16
#define BENCH_POOL_SIZE  (8 * 1024 * 1024)


typedef struct {
    char             data[BENCH_POOL_SIZE];
    size_t           used;
} bench_pool_t;


typedef struct {
    const char      *name;
    void           (*run)(pa_pool_t *pool, pa_str_t *text);
    unsigned         changes:1;   /* the text, in place */
} bench_job_t;


static void *bench_alloc(void *data, size_t size);
static void *bench_keep(void *data, size_t size);
static void bench_read_file(const char *name, pa_str_t *text);
static void bench_request(pa_pool_t *pool, pa_str_t *text);
static void bench_push(pa_pool_t *pool, pa_str_t *text);
static void bench_reply(pa_pool_t *pool, pa_str_t *text);
static void bench_run(const bench_job_t *job, const pa_str_t *text);
static void bench_clock(const bench_job_t *job, const pa_str_t *text);
static void bench_check(int ok, const char *what);
void bench_measured(const bench_job_t *job, const pa_str_t *text);


static const bench_job_t  bench_jobs[] = {
    { "request", bench_request, 0 },
    { "push", bench_push, 0 },
    { "reply", bench_reply, 1 }
};

static const pa_str_t  bench_token =
    pa_string("3e09daea611a26691ead999715b215c7d81dbfb0");

static bench_pool_t  bench_pool;
static pa_pool_t     bench_heap = { bench_keep, NULL };


int
main(int argc, char **argv)
{
    int       timed;
    size_t    i;
    pa_str_t  text;

    timed = argc == 4 && strcmp(argv[1], "clock") == 0;

    bench_check(argc == 3 || timed, "two arguments are needed");
    bench_read_file(argv[argc - 1], &text);

    for (i = 0; i < sizeof(bench_jobs) / sizeof(bench_jobs[0]); i++) {

        if (strcmp(bench_jobs[i].name, argv[argc - 2]) == 0) {

            if (timed) {
                bench_clock(&bench_jobs[i], &text);
                return 0;
            }

            bench_run(&bench_jobs[i], &text);
            bench_measured(&bench_jobs[i], &text);
            return 0;
        }
    }

    bench_check(0, "no such job");

    return 1;
}


__attribute__((noinline)) void
bench_measured(const bench_job_t *job, const pa_str_t *text)
{
    bench_run(job, text);
}


/* a copy of the text for each run that changes it */

static void
bench_run(const bench_job_t *job, const pa_str_t *text)
{
    uint8_t    *copy;
    pa_str_t    body;
    pa_pool_t   pool;

    bench_pool.used = 0;

    pool.alloc = bench_alloc;
    pool.data = &bench_pool;

    body = *text;

    if (job->changes) {
        copy = bench_alloc(&bench_pool, text->len);
        memcpy(copy, text->data, text->len);
        body.data = copy;
    }

    job->run(&pool, &body);
}


/* the text alone, over and over: for jobs that do not change it */

static void
bench_clock(const bench_job_t *job, const pa_str_t *text)
{
    size_t     n;
    double     seconds;
    clock_t    start;
    pa_str_t   body;
    pa_pool_t  pool;

    pool.alloc = bench_alloc;
    pool.data = &bench_pool;

    start = clock();
    n = 0;

    do {
        bench_pool.used = 0;
        body = *text;

        job->run(&pool, &body);
        n++;

        seconds = (double) (clock() - start) / CLOCKS_PER_SEC;

    } while (seconds < 0.5);

    printf("%.2f\n", (double) n * (double) text->len / seconds / 1e9);
}


static void
bench_request(pa_pool_t *pool, pa_str_t *text)
{
    size_t         len;
    uint8_t       *body;
    pa_problem_t   problem;
    pa_request_t   request;

    static const pa_request_rules_t  rules = {
        .endpoint = PA_ENDPOINT_CREATE_API_TOKEN,
        .max_ips = 1000,
        .ip_policy = PA_IP_POLICY_UNICAST,
        .hash_seed = 0x9e3779b97f4a7c15,
        .whitelist_required = 1
    };

    memset(&problem, 0, sizeof(pa_problem_t));

    bench_check(pa_request_read(pool, &rules, text, &request, &problem)
                == PA_OK
                && problem.outcome == PA_OUTCOME_ISSUED,
                "the request is not valid");

    len = pa_request_length(&request, &bench_token);
    body = pa_alloc(pool, len);

    bench_check(pa_request_write(&request, &bench_token, body)
                == body + len,
                "the body is not as long as it should be");
}


/* the parts stay where they are, as when nginx sends them */

static void
bench_push(pa_pool_t *pool, pa_str_t *text)
{
    size_t         len;
    uint8_t       *head;
    pa_problem_t   problem;
    pa_request_t   request;

    static const pa_request_rules_t  rules = {
        .endpoint = PA_ENDPOINT_PUSH,
        .max_recipients = 500,
        .hash_seed = 0x9e3779b97f4a7c15,
        .pass_unknown = 1
    };

    memset(&problem, 0, sizeof(pa_problem_t));

    bench_check(pa_request_read(pool, &rules, text, &request, &problem)
                == PA_OK
                && problem.outcome == PA_OUTCOME_ISSUED,
                "the push is not valid");

    len = pa_request_head_length(&bench_token);
    head = pa_alloc(pool, len);

    bench_check(pa_request_write_head(&bench_token, head) == head + len,
                "the head is not as long as it should be");
}


static void
bench_reply(pa_pool_t *pool, pa_str_t *text)
{
    pa_raw_reply_t    raw;
    pa_reply_t  reply;

    static const unsigned  disabled_status[] = { 404, 405, 410, 501 };
    static const pa_str_t  disabled_message = pa_string("disabled");

    static pa_reply_rules_t  rules = {
        .disabled_status = disabled_status,
        .ndisabled_status = 4,
        .disabled_message = &disabled_message,
        .ndisabled_message = 1
    };

    /* made once, as when a configuration is read */

    if (rules.redact[PA_TOKEN_ACCOUNT] == NULL) {
        rules.redact[PA_TOKEN_ACCOUNT] = pa_redact_create(&bench_heap,
                                                          &bench_token);
    }

    memset(&raw, 0, sizeof(pa_raw_reply_t));

    raw.status = 200;
    raw.body = (uint8_t *) text->data;
    raw.len = text->len;

    bench_check(pa_reply_read(pool, &rules, &raw, 6681, &reply) == PA_OK
                && reply.problem.outcome == PA_OUTCOME_ISSUED,
                "the reply brought no tokens");
}


static void *
bench_alloc(void *data, size_t size)
{
    void          *p;
    bench_pool_t  *pool = data;

    size = (size + BENCH_ALIGNMENT - 1) & ~(size_t) (BENCH_ALIGNMENT - 1);

    bench_check(size <= BENCH_POOL_SIZE - pool->used, "the pool is too small");

    p = pool->data + pool->used;
    pool->used += size;

    return p;
}


static void *
bench_keep(void *data, size_t size)
{
    (void) data;

    return malloc(size);
}


static void
bench_read_file(const char *name, pa_str_t *text)
{
    FILE           *file;
    static uint8_t  data[BENCH_POOL_SIZE / 4];

    file = fopen(name, "rb");
    bench_check(file != NULL, "cannot open the file");

    text->data = data;
    text->len = fread(data, 1, sizeof(data), file);

    fclose(file);
}


static void
bench_check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench/core: %s\n", what);
        exit(1);
    }
}
