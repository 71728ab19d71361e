/* The exact test over strata, by convolution of their hypergeometric distributions.
 * Bounded: with many failures the large-sample test is as good.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/strata_exact.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/hypergeometric.h"

#define TIE        1e-7
#define STEPS_MAX  5e7
#define VALUES_MAX 100000.0

/* The distribution of a sum: mass[i] = P(sum - lowest = i). */
struct sum {
    double *mass;
    size_t count;
    double observed; /* above the lowest */
};

static struct mp_hypergeometric stratum_of(struct mp_two_arms arms,
                                           double *ret_failures_a) {
    double n1 = (double)arms.rounds_a, n2 = (double)arms.rounds_b;
    double a = fmin((double)arms.failures_a, n1), c = fmin((double)arms.failures_b, n2);
    *ret_failures_a = a;
    return mp_hypergeometric_make(n1, n2, a + c);
}

/* Whether all strata can be convolved in bounded time and memory. */
static bool is_feasible(const struct mp_two_arms *strata, size_t count) {
    double values = 1.0, steps = 0.0;
    for (size_t i = 0; i < count; i++) {
        double a;
        struct mp_hypergeometric h = stratum_of(strata[i], &a);
        steps += values * (h.high - h.low + 1.0);
        values += h.high - h.low;
    }
    return steps <= STEPS_MAX && values <= VALUES_MAX;
}

static void convolve(struct sum *sum, struct mp_hypergeometric h) {
    size_t width = (size_t)(h.high - h.low) + 1;
    double *mass = mp_memory_zeroed(sum->count + width - 1, sizeof(*mass));
    for (size_t j = 0; j < width; j++) {
        double p = exp(mp_hypergeometric_density_log(&h, h.low + (double)j));
        for (size_t i = 0; i < sum->count; i++)
            mass[i + j] += sum->mass[i] * p;
    }
    free(sum->mass);
    sum->mass = mass;
    sum->count += width - 1;
}

struct mp_strata_exact mp_strata_exact(const struct mp_two_arms *strata, size_t count) {
    if (!is_feasible(strata, count))
        return (struct mp_strata_exact){1.0, 1.0, 1.0, false};
    struct sum sum = {.mass = mp_memory_zeroed(1, sizeof(double)), .count = 1};
    sum.mass[0] = 1.0;
    for (size_t i = 0; i < count; i++) {
        double a;
        struct mp_hypergeometric h = stratum_of(strata[i], &a);
        if (h.low < h.high) {
            convolve(&sum, h);
            sum.observed += a - h.low;
        }
    }
    struct mp_strata_exact result = {0.0, 0.0, 0.0, true};
    double here = sum.mass[(size_t)sum.observed] * (1.0 + TIE);
    for (size_t i = 0; i < sum.count; i++) {
        result.greater += (double)i >= sum.observed ? sum.mass[i] : 0.0;
        result.less += (double)i <= sum.observed ? sum.mass[i] : 0.0;
        result.two_sided += sum.mass[i] <= here ? sum.mass[i] : 0.0;
    }
    free(sum.mass);
    result.greater = fmin(1.0, result.greater);
    result.less = fmin(1.0, result.less);
    result.two_sided = fmin(1.0, result.two_sided);
    return result;
}
