/* Speed against the number of workers: speed-up, efficiency and saturation, from
 * measurements in blocks, so that what changes between blocks cancels out. Pure: numbers
 * in, numbers out; libm only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_SCALING_H
#define MP_STATS_SCALING_H

#include <stddef.h>

#include "results/stats/paired.h"

/* What a larger number must bring to count as faster: saturation is where none does. */
#define MP_SCALING_MARGIN 1.1

/* One number of workers. `at` and `speed` are the caller's; the rest is written. */
struct mp_scaling_point {
    double at;
    const double *speed;             /* of each block; 0: not measured there */
    struct mp_paired_ratio speeds;   /* median of `speed`, with limits */
    struct mp_paired_ratio speed_up; /* against the first point, in the same block */
    double efficiency, low, high;    /* speed-up for each worker of the first point */
};

enum mp_saturation {
    MP_SATURATION_UNKNOWN, /* the limits are too wide to say */
    MP_SATURATION_NONE,    /* the largest number is faster than the one before it */
    MP_SATURATION_AT       /* no larger number is more than MP_SCALING_MARGIN as fast */
};

/* Measures `count` points, whose `at` rise from above 0, each with `blocks` speeds.
 * Limits are those of mp_paired_ratio, each with probability 1 - alpha. With
 * MP_SATURATION_AT, *ret_at is the index of the smallest such point. */
enum mp_saturation mp_scaling_measure(struct mp_scaling_point *point, size_t count,
                                      size_t blocks, double alpha, size_t *ret_at);

#endif
