/* Products against random vectors, in double precision.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/projection.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"

#define VECTORS MP_PROJECTION_VECTORS

bool mp_projection_applies(const struct mp_shape *shape, struct mp_meaning *ret_product) {
    *ret_product = mp_kernel_meaning(shape->kernel, &shape->constants);
    return ret_product->kind == MP_MEANING_PRODUCT ||
           ret_product->kind == MP_MEANING_LINEAR;
}

double mp_projection_tolerance(const struct mp_meaning *product) {
    return (double)FLT_EPSILON * (1 + (double)product->inner * product->columns / 8);
}

/* columns x VECTORS; to be freed. */
static double *make_vectors(size_t columns, uint64_t seed) {
    double *vectors = mp_memory_zeroed(columns * VECTORS, sizeof(*vectors));
    struct mp_rng rng;

    mp_rng_seed(&rng, seed);
    for (size_t i = 0; i < columns * VECTORS; i++)
        vectors[i] = (double)(mp_rng_next(&rng) >> 11) * 0x1p-52 - 1;
    return vectors;
}

static void add_scaled(double *sum, const double *vectors, double factor) {
    for (size_t v = 0; v < VECTORS; v++)
        sum[v] += factor * vectors[v];
}

/* What the vectors become behind the right matrix: inner x VECTORS; to be freed. */
static double *carry_through(const struct mp_meaning *product, const float *right,
                             const double *vectors) {
    const bool is_linear = product->kind == MP_MEANING_LINEAR;
    const size_t rows = is_linear ? product->columns : product->inner;
    const size_t columns = is_linear ? product->inner : product->columns;
    double *carried =
        mp_memory_zeroed((size_t)product->inner * VECTORS, sizeof(*carried));

    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            const size_t in = is_linear ? j : i, out = is_linear ? i : j;

            add_scaled(carried + in * VECTORS, vectors + out * VECTORS,
                       (double)right[i * columns + j]);
        }
    }
    return carried;
}

void mp_projection_expect(const struct mp_meaning *product, void *const *buffer,
                          uint64_t seed, double *ret_expected) {
    const float *left = buffer[0];
    double *vectors = make_vectors(product->columns, seed);
    double *carried = carry_through(product, buffer[1], vectors);
    double bias[VECTORS] = {0};

    if (product->kind == MP_MEANING_LINEAR)
        for (size_t j = 0; j < product->columns; j++)
            add_scaled(bias, vectors + j * VECTORS, (double)((float *)buffer[2])[j]);
    for (size_t i = 0; i < product->rows; i++) {
        double *sum = ret_expected + i * VECTORS;

        for (size_t v = 0; v < VECTORS; v++)
            sum[v] = bias[v];
        for (size_t k = 0; k < product->inner; k++)
            add_scaled(sum, carried + k * VECTORS, (double)left[i * product->inner + k]);
    }
    free(carried);
    free(vectors);
}

static void note_row(struct mp_check *check, unsigned array, size_t row, double got,
                     double expected) {
    check->by_row = true;
    if (check->wrong > 0)
        return;
    check->array = array;
    check->element = row;
    check->got = (float)got;
    check->expected = (float)expected;
}

void mp_projection_compare(const struct mp_meaning *product, const float *got,
                           unsigned array, uint64_t seed, const double *expected,
                           struct mp_check *check) {
    const double limit = mp_projection_tolerance(product);
    double *vectors = make_vectors(product->columns, seed);

    for (size_t i = 0; i < product->rows; i++) {
        const float *row = got + i * product->columns;
        double sum[VECTORS] = {0};
        size_t v = 0;

        for (size_t j = 0; j < product->columns; j++)
            add_scaled(sum, vectors + j * VECTORS, (double)row[j]);
        while (v < VECTORS && fabs(sum[v] - expected[i * VECTORS + v]) <= limit)
            v++;
        check->compared += product->columns;
        if (v == VECTORS)
            continue;
        note_row(check, array, i, sum[v], expected[i * VECTORS + v]);
        check->wrong += product->columns;
        check->unwritten += mp_check_unwritten(row, product->columns);
    }
    free(vectors);
}
