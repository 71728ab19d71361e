/* The check of products whose reference would take too long: c = a b is compared with
 * a (b r) for random vectors r, which takes as many steps as the matrices have elements.
 * (Freivalds' algorithm, for real numbers.)
 *
 * It is a probabilistic check of every element. A row in which some element is off by d
 * passes with probability of at most (t / d)^3, where t is the tolerance of a row: the
 * elements of r are uniform in [-1, 1), so that whatever the other errors of the row add
 * up to, the sum comes within t of 0 with probability of at most t / d, and there are
 * three independent vectors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_PROJECTION_H
#define MP_SCENARIOS_PROJECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "scenarios/check.h"
#include "scenarios/shape.h"

#define MP_PROJECTION_VECTORS 3

/* Whether `shape` is a product, and of what. */
bool mp_projection_applies(const struct mp_shape *shape, struct mp_meaning *ret_product);

/* How far a row's product with a vector may be off. Rounding in single precision
 * gives about FLT_EPSILON * inner * sqrt(columns) / 15; this admits FLT_EPSILON * inner *
 * columns / 8, which errors of the usual size stay below even if all have one sign. It is
 * no bound of the worst case, as those of shape.h are. */
double mp_projection_tolerance(const struct mp_meaning *product);

/* Writes the products of the rows with the vectors of `seed`, rows x
 * MP_PROJECTION_VECTORS, as the buffers that are read give them. */
void mp_projection_expect(const struct mp_meaning *product, void *const *buffer,
                          uint64_t seed, double *ret_expected);

/* Compares the result `got` and adds to `check` as mp_check_compare does; `check->by_row`
 * is set if a row is wrong. */
void mp_projection_compare(const struct mp_meaning *product, const float *got,
                           unsigned array, uint64_t seed, const double *expected,
                           struct mp_check *check);

#endif
