
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The clocks of a program that is started with this library preloaded: ahead by
 * as many nanoseconds as stand in a file, see PickyAssist/Clock.pm.
 */


#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


static const volatile int64_t  *ahead;


__attribute__((constructor)) static void
clock_open(void)
{
    int          fd;
    void        *p;
    const char  *name;

    name = getenv("TEST_CLOCK");
    if (name == NULL) {
        return;
    }

    fd = open(name, O_RDONLY);
    if (fd == -1) {
        return;
    }

    p = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        ahead = p;
    }

    (void) close(fd);
}


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int      rc;
    int64_t  ns;

    rc = syscall(SYS_clock_gettime, id, ts);

    if (rc == 0 && ahead) {
        ns = ts->tv_nsec + *ahead;
        ts->tv_sec += ns / 1000000000;
        ts->tv_nsec = ns % 1000000000;
    }

    return rc;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    struct timespec  ts;

    (void) tz;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}
