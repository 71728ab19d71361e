/* The numeric checks: an output is poisoned before its op is encoded and compared with
 * the CPU reference, element by element, after the op is complete.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_CHECK_H
#define MP_SCENARIOS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A quiet NaN with a payload that no arithmetic produces: an element that still holds
 * it was never written. */
#define MP_CHECK_POISON UINT32_C(0x7fc0dead)

/* An element is right if |got - expected| <= absolute + relative * |expected|. With
 * both zero it must be equal. NaN is never right. */
struct mp_check_tolerance {
    double absolute, relative;
};

/* What a comparison found. The counts add up over several comparisons of one op; the
 * place and the values are those of the first wrong element of all. */
struct mp_check {
    size_t compared;
    size_t wrong;     /* unwritten ones included */
    size_t unwritten; /* poison is still there */
    unsigned array;   /* of the first wrong element, as the caller numbers them */
    size_t element;
    float got, expected;
    bool by_row; /* rows were checked (projection.h): `element` is a row, the values are
                    its product with a vector, and all elements of a wrong row count */
};

void mp_check_poison(float *values, size_t count);
/* How many of them still hold the poison. */
size_t mp_check_unwritten(const float *values, size_t count);

/* Compares and adds to `check`, which the caller zeroed before the first comparison. */
void mp_check_compare(const float *got, const float *expected, size_t count,
                      unsigned array, const struct mp_check_tolerance *tolerance,
                      struct mp_check *check);

/* Writes "output 2, element 17: got 0.5, expected 1.25; 3 of 2304 elements are wrong, 1
 * of them never written", for a check with wrong elements. */
void mp_check_describe(const struct mp_check *check, char *buf, size_t size);

#endif
