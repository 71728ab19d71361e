/* Poison and comparison of arrays; knows nothing of ops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Bit patterns, not float values: a load and store as float may change the payload of a
 * NaN. */
void mp_check_poison(float *values, size_t count) {
    const uint32_t poison = MP_CHECK_POISON;

    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], &poison, sizeof(poison));
}

static bool is_poison(const float *value) {
    uint32_t bits;

    memcpy(&bits, value, sizeof(bits));
    return bits == MP_CHECK_POISON;
}

void mp_check_compare(const float *got, const float *expected, size_t count,
                      unsigned array, const struct mp_check_tolerance *tolerance,
                      struct mp_check *check) {
    for (size_t i = 0; i < count; i++) {
        const double limit =
            tolerance->absolute + tolerance->relative * fabs((double)expected[i]);

        if (fabs((double)got[i] - (double)expected[i]) <= limit)
            continue;
        if (check->wrong == 0) {
            check->array = array;
            check->element = i;
            check->got = got[i];
            check->expected = expected[i];
        }
        check->wrong++;
        check->unwritten += is_poison(&got[i]);
    }
    check->compared += count;
}

void mp_check_describe(const struct mp_check *check, char *buf, size_t size) {
    if (check->unwritten == check->compared)
        snprintf(buf, size, "none of its %zu elements was written", check->compared);
    else
        snprintf(buf, size,
                 "buffer %u, element %zu: got %.9g, expected %.9g; %zu of %zu elements "
                 "are wrong, %zu of them never written",
                 check->array, check->element, (double)check->got,
                 (double)check->expected, check->wrong, check->compared,
                 check->unwritten);
}
