
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include "shared.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define SHARED_MAX  16


void *
shared_memory(size_t size)
{
    void  *p;

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }

    return p;
}


int
shared_run(void (*call)(void *data, size_t process), void *data,
    size_t processes)
{
    int       ok, status;
    pid_t     pid[SHARED_MAX];
    size_t    i;
    unsigned  *ready;

    ready = shared_memory(sizeof(unsigned));

    fflush(stdout);

    for (i = 0; i < processes; i++) {

        pid[i] = fork();

        if (pid[i] == -1) {
            perror("fork");
            exit(2);
        }

        if (pid[i] == 0) {
            __atomic_add_fetch(ready, 1, __ATOMIC_SEQ_CST);

            while (__atomic_load_n(ready, __ATOMIC_SEQ_CST) < processes) {
                sched_yield();
            }

            call(data, i);
            _exit(0);
        }
    }

    ok = 1;

    for (i = 0; i < processes; i++) {
        if (waitpid(pid[i], &status, 0) != pid[i] || status != 0) {
            ok = 0;
        }
    }

    return ok;
}
