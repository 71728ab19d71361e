/* Sorts, and takes the middle.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/median.h"

#include <stdlib.h>

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double mp_median(double *values, size_t count) {
    if (count == 0)
        return 0.0;
    qsort(values, count, sizeof(*values), compare_numbers);
    return (values[(count - 1) / 2] + values[count / 2]) / 2.0;
}
