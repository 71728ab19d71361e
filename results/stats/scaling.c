/* Ratios within blocks, by the sign test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/scaling.h"

#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"

static struct mp_paired_ratio compare(const struct mp_scaling_point *from,
                                      const struct mp_scaling_point *to, size_t blocks,
                                      double alpha) {
    return mp_paired_ratio(from->speed, to->speed, blocks, alpha);
}

static bool is_no_larger_faster(const struct mp_scaling_point *point, size_t count,
                                size_t index, size_t blocks, double alpha) {
    for (size_t i = index + 1; i < count; i++)
        if (!(compare(&point[index], &point[i], blocks, alpha).high <= MP_SCALING_MARGIN))
            return false;
    return true;
}

enum mp_saturation mp_scaling_measure(struct mp_scaling_point *point, size_t count,
                                      size_t blocks, double alpha, size_t *ret_at) {
    double *one = mp_memory_zeroed(blocks + 1, sizeof(*one));
    for (size_t i = 0; i < blocks; i++)
        one[i] = 1;
    for (size_t i = 0; i < count; i++) {
        struct mp_scaling_point *at = &point[i];
        double workers = at->at / point[0].at;
        at->speeds = mp_paired_ratio(one, at->speed, blocks, alpha);
        at->speed_up = compare(&point[0], at, blocks, alpha);
        at->efficiency = at->speed_up.median / workers;
        at->low = at->speed_up.low / workers;
        at->high = at->speed_up.high / workers;
    }
    free(one);
    for (size_t i = 0; i + 1 < count; i++) {
        if (is_no_larger_faster(point, count, i, blocks, alpha)) {
            *ret_at = i;
            return MP_SATURATION_AT;
        }
    }
    return count > 1 &&
                   compare(&point[count - 2], &point[count - 1], blocks, alpha).low > 1
               ? MP_SATURATION_NONE
               : MP_SATURATION_UNKNOWN;
}
