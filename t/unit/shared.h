
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Memory that processes of a test share, and those processes.
 */


#ifndef _SHARED_H_INCLUDED_
#define _SHARED_H_INCLUDED_


#include <stddef.h>


/* zeroed; until the program ends */
void *shared_memory(size_t size);

/*
 * Calls with each number from 0 on in a process of its own, all beginning at
 * the same time.  0: one of them did not come to its end.
 */
int shared_run(void (*call)(void *data, size_t process), void *data,
    size_t processes);


#endif /* _SHARED_H_INCLUDED_ */
