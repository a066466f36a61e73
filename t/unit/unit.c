
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE     /* memmem() */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"


#define UNIT_SHOW_LEN  100


typedef struct unit_block_s  unit_block_t;

struct unit_block_s {
    void            *data;
    size_t           size;
    unit_block_t    *next;
};


static void *unit_alloc(void *data, size_t size);
static void *unit_keep(size_t size);
static int unit_call_fails(int (*call)(void *data), void *data, size_t from,
    size_t to);
static void unit_result(int ok, const char *name, va_list args);
static void unit_print(const char *what, const pa_str_t *text);
static size_t unit_escape(uint8_t c, char *dst, size_t size);


pa_pool_t  unit_pool = { unit_alloc, NULL };

static unit_block_t  *unit_blocks;

static size_t  unit_nallocations;
static size_t  unit_nbytes;
static size_t  unit_fail_from;
static size_t  unit_fail_to;

static int  unit_ntests;
static int  unit_nfailed;


void
unit_reset(void)
{
    unit_block_t  *block;

    while (unit_blocks != NULL) {
        block = unit_blocks;
        unit_blocks = block->next;

        free(block->data);
        free(block);
    }

    unit_nallocations = 0;
    unit_nbytes = 0;
    unit_fail_allocations(0, 0);
}


void
unit_fail_allocations(size_t from, size_t to)
{
    unit_fail_from = from;
    unit_fail_to = to;
}


size_t
unit_allocations(void)
{
    return unit_nallocations;
}


size_t
unit_allocated(void)
{
    return unit_nbytes;
}


size_t
unit_holding(const char *text)
{
    size_t         n;
    unit_block_t  *block;

    n = 0;

    for (block = unit_blocks; block != NULL; block = block->next) {
        if (memmem(block->data, block->size, text, strlen(text)) != NULL) {
            n++;
        }
    }

    return n;
}


void __attribute__((noinline))
unit_rubbish_on_stack(void)
{
    uint8_t  room[16384];

    memset(room, 0xff, sizeof(room));

    /* the compiler must not see that nobody reads it */

    __asm__ volatile ("" : : "r" (room) : "memory");
}


uint8_t *
unit_copy(const pa_str_t *text)
{
    uint8_t  *copy;

    copy = unit_keep(text->len);

    if (text->len != 0) {
        memcpy(copy, text->data, text->len);
    }

    return copy;
}


pa_str_t
unit_str(const pa_str_t *text)
{
    pa_str_t  copy;

    copy.data = unit_copy(text);
    copy.len = text->len;

    return copy;
}


pa_str_t
unit_sprintf(const char *format, ...)
{
    int       len;
    va_list   args;
    pa_str_t  text;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);

    text.len = (size_t) len;
    text.data = unit_keep(text.len + 1);

    va_start(args, format);
    vsnprintf((char *) text.data, text.len + 1, format, args);
    va_end(args);

    return text;
}


void
unit_ok(int ok, const char *name, ...)
{
    va_list  args;

    va_start(args, name);
    unit_result(ok, name, args);
    va_end(args);
}


void
unit_int(int64_t got, int64_t want, const char *name, ...)
{
    va_list  args;

    va_start(args, name);
    unit_result(got == want, name, args);
    va_end(args);

    if (got != want) {
        printf("#   got:  %lld\n#   want: %lld\n", (long long) got,
               (long long) want);
    }
}


void
unit_text(const pa_str_t *got, const pa_str_t *want, const char *name, ...)
{
    int      ok;
    va_list  args;

    ok = got->len == want->len
         && (got->len == 0 || memcmp(got->data, want->data, got->len) == 0);

    va_start(args, name);
    unit_result(ok, name, args);
    va_end(args);

    if (!ok) {
        unit_print("got:  ", got);
        unit_print("want: ", want);
    }
}


const char *
unit_show(const pa_str_t *text)
{
    size_t  i, len;

    static char  shown[UNIT_SHOW_LEN + sizeof("\\x00...")];

    len = 0;

    for (i = 0; i < text->len; i++) {

        if (len >= UNIT_SHOW_LEN) {
            strcpy(shown + len, "...");
            return shown;
        }

        len += unit_escape(text->data[i], shown + len, sizeof(shown) - len);
    }

    shown[len] = '\0';

    return shown;
}


void
unit_no_memory(int (*call)(void *data), void *data, const char *name)
{
    size_t  i, n, survived;

    unit_reset();

    if (call(data) != PA_OK) {
        unit_ok(0, "no memory: %s: works with memory", name);
        return;
    }

    n = unit_nallocations;
    survived = 0;

    for (i = 1; i <= n; i++) {

        if (!unit_call_fails(call, data, i, i)
            || !unit_call_fails(call, data, i, SIZE_MAX))
        {
            survived = i;
        }
    }

    unit_reset();

    unit_int((int64_t) survived, 0, "no memory: %s", name);
}


int
unit_end(void)
{
    unit_reset();

    printf("1..%d\n", unit_ntests);

    return unit_nfailed != 0;
}


static void *
unit_alloc(void *data, size_t size)
{
    (void) data;

    unit_nallocations++;
    unit_nbytes += size;

    if (unit_nallocations >= unit_fail_from
        && unit_nallocations <= unit_fail_to)
    {
        return NULL;
    }

    return unit_keep(size);
}


static void *
unit_keep(size_t size)
{
    unit_block_t  *block;

    block = malloc(sizeof(unit_block_t));

    if (block == NULL) {
        abort();
    }

    block->data = malloc(size);

    if (block->data == NULL) {
        abort();
    }

    memset(block->data, 0xa5, size);

    block->size = size;
    block->next = unit_blocks;
    unit_blocks = block;

    return block->data;
}


static int
unit_call_fails(int (*call)(void *data), void *data, size_t from, size_t to)
{
    unit_reset();
    unit_fail_allocations(from, to);

    return call(data) == PA_ERROR;
}


static void
unit_result(int ok, const char *name, va_list args)
{
    unit_ntests++;
    unit_nfailed += !ok;

    printf("%s %d - ", ok ? "ok" : "not ok", unit_ntests);
    vprintf(name, args);
    printf("\n");
    fflush(stdout);
}


static void
unit_print(const char *what, const pa_str_t *text)
{
    char    c[8];
    size_t  i;

    printf("#   %s", what);

    for (i = 0; i < text->len; i++) {
        c[unit_escape(text->data[i], c, sizeof(c))] = '\0';
        printf("%s", c);
    }

    printf("\n");
    fflush(stdout);
}


/* TAP gives "#" and "\" a meaning in names of tests */

static size_t
unit_escape(uint8_t c, char *dst, size_t size)
{
    if (c >= 0x20 && c < 0x7f && c != '#' && c != '\\') {
        *dst = (char) c;
        return 1;
    }

    return (size_t) snprintf(dst, size, "<%02x>", c);
}
