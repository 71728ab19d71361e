/* Poison and comparison of arrays; knows nothing of ops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Elements of one step. It is a constant so that compilers make vectors of its loops: an
 * op of a GPU may take 5 microseconds, and 1,024 elements one by one take 1 of them. */
#define STEP ((size_t)32)

/* Bit patterns, not float values: a load and store as float may change the payload of a
 * NaN. */
void mp_check_poison(float *values, size_t count) {
    uint32_t poison[STEP];

    for (size_t i = 0; i < STEP; i++)
        poison[i] = MP_CHECK_POISON;
    for (; count >= STEP; count -= STEP, values += STEP)
        memcpy(values, poison, sizeof(poison));
    memcpy(values, poison, count * sizeof(float));
}

static bool is_poison(const float *value) {
    uint32_t bits;

    memcpy(&bits, value, sizeof(bits));
    return bits == MP_CHECK_POISON;
}

/* Whether all elements of a step are right with some room, which single precision can
 * tell: its roundings are far smaller than the room. A tolerance of at most 1 keeps the
 * limit from overflowing. */
static bool are_clearly_right(const float *got, const float *expected,
                              const struct mp_check_tolerance *tolerance) {
    const float room = 0.999f;
    const float absolute = room * (float)tolerance->absolute;
    const float relative = room * (float)tolerance->relative;
    int wrong = 0;

    if (tolerance->absolute > 1 || tolerance->relative > 1)
        return false;
    for (size_t i = 0; i < STEP; i++)
        wrong |=
            !(fabsf(got[i] - expected[i]) <= absolute + relative * fabsf(expected[i]));
    return wrong == 0;
}

static void compare_element(const float *got, const float *expected, size_t i,
                            unsigned array, const struct mp_check_tolerance *tolerance,
                            struct mp_check *check) {
    const double limit =
        tolerance->absolute + tolerance->relative * fabs((double)expected[i]);

    if (fabs((double)got[i] - (double)expected[i]) <= limit)
        return;
    if (check->wrong == 0) {
        check->array = array;
        check->element = i;
        check->got = got[i];
        check->expected = expected[i];
    }
    check->wrong++;
    check->unwritten += is_poison(&got[i]);
}

size_t mp_check_unwritten(const float *values, size_t count) {
    size_t unwritten = 0;

    for (size_t i = 0; i < count; i++)
        unwritten += is_poison(&values[i]);
    return unwritten;
}

void mp_check_compare(const float *got, const float *expected, size_t count,
                      unsigned array, const struct mp_check_tolerance *tolerance,
                      struct mp_check *check) {
    size_t i = 0;

    while (i < count) {
        if (count - i >= STEP && are_clearly_right(got + i, expected + i, tolerance)) {
            i += STEP;
            continue;
        }
        for (size_t end = count - i >= STEP ? i + STEP : count; i < end; i++)
            compare_element(got, expected, i, array, tolerance, check);
    }
    check->compared += count;
}

void mp_check_describe(const struct mp_check *check, char *buf, size_t size) {
    if (check->unwritten == check->compared)
        snprintf(buf, size, "none of its %zu elements was written", check->compared);
    else if (check->by_row)
        snprintf(buf, size,
                 "buffer %u, row %zu: its product with a random vector is %.9g, expected "
                 "%.9g; %zu of %zu elements are in wrong rows, %zu of them never written",
                 check->array, check->element, (double)check->got,
                 (double)check->expected, check->wrong, check->compared,
                 check->unwritten);
    else
        snprintf(buf, size,
                 "buffer %u, element %zu: got %.9g, expected %.9g; %zu of %zu elements "
                 "are wrong, %zu of them never written",
                 check->array, check->element, (double)check->got,
                 (double)check->expected, check->wrong, check->compared,
                 check->unwritten);
}
