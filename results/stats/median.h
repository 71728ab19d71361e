/* The median of numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_MEDIAN_H
#define MP_STATS_MEDIAN_H

#include <stddef.h>

/* The median of `count` values, which it sorts: of an even number the mean of the middle
 * two, of none 0. */
double mp_median(double *values, size_t count);

#endif
