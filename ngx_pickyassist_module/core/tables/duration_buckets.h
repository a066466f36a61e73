
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * The only list of the buckets of the histogram of durations, for counting and
 * for both forms of the metrics.
 *
 * X(milliseconds, seconds as text)
 *
 * A bucket counts durations up to its bound.  Longer durations than all bounds
 * are counted in one more bucket, "+Inf".
 */


#ifndef _PA_DURATION_BUCKETS_H_INCLUDED_
#define _PA_DURATION_BUCKETS_H_INCLUDED_


#define PA_DURATION_BUCKETS(X)                                                \
    X(5, "0.005")                                                             \
    X(10, "0.01")                                                             \
    X(25, "0.025")                                                            \
    X(50, "0.05")                                                             \
    X(100, "0.1")                                                             \
    X(250, "0.25")                                                            \
    X(500, "0.5")                                                             \
    X(1000, "1")                                                              \
    X(2500, "2.5")                                                            \
    X(5000, "5")                                                              \
    X(10000, "10")                                                            \
    X(30000, "30")                                                            \
    X(60000, "60")


#define PA_DURATION_ONE(ms, seconds)  + 1

/* including "+Inf" */
#define PA_DURATION_COUNT  (1 PA_DURATION_BUCKETS(PA_DURATION_ONE))


#endif /* _PA_DURATION_BUCKETS_H_INCLUDED_ */
