/* Many tests at once: p-values adjusted for comparison with one common level.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_MULTIPLE_H
#define MP_STATS_MULTIPLE_H

#include <stddef.h>

/* For all of them: `ret_adjusted` has room for `count` values and may be `p` itself. A p
 * that is NaN marks a test that was not done: it stays NaN and does not count. */

/* Holm 1979: below alpha, not even one of the tests called significant is a mistake with
 * probability above alpha, whatever their dependence. For gates. */
void mp_multiple_holm(const double *p, size_t count, double *ret_adjusted);
/* Benjamini and Hochberg 1995: the expected share of mistakes among those called
 * significant, for independent tests. For tables that are searched. */
void mp_multiple_benjamini_hochberg(const double *p, size_t count, double *ret_adjusted);
#endif
