/* Boschloo's test: the size of the set of tables with as small a Fisher p, made as large
 * as any common rate can make it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/boschloo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/stats/critical.h"
#include "results/stats/two_arms.h"

#define TIE 1e-7
#define GRID_UNIFORM                                                                     \
    1000 /* the set is its own mirror image, so half of the rates will do */
#define GRID_NEAR 200
#define GRID      (GRID_UNIFORM + GRID_NEAR)
#define MASS_MIN                                                                         \
    1e-290 /* beside the most frequent value; smaller ones cost time for nothing */
#define PEAKS_MAX    5
#define GOLDEN_STEPS 45
#define LIMIT_STEPS  16
#define GOLDEN       0.61803398874989484820458683436564

/* Failures of arm B, from first to last, that are in the set beside `row` failures of arm
 * A. */
struct run {
    uint32_t row, first, last;
};

struct search {
    uint32_t rounds_a, rounds_b;
    struct run *runs;
    size_t count, capacity;
    double *mass; /* P(a) of arm A */
    double *low;  /* P(B < b), b = 0 .. rounds_b + 1 */
    double *high; /* P(B >= b) */
};

static void add_run(struct search *search, struct run run) {
    if (search->count == search->capacity) {
        search->capacity = search->capacity * 2 + 64;
        search->runs =
            mp_memory_resize(search->runs, search->capacity, sizeof(*search->runs));
    }
    search->runs[search->count++] = run;
}

/* The set: for every number of failures of both arms the values of arm A, put into
 * rows. */
static void find_runs(struct search *search, double limit) {
    uint32_t all = search->rounds_a + search->rounds_b;
    struct mp_critical *critical = mp_memory_zeroed((size_t)all + 1, sizeof(*critical));
    for (uint32_t m = 0; m <= all; m++) {
        struct mp_hypergeometric h =
            mp_hypergeometric_make(search->rounds_a, search->rounds_b, m);
        critical[m] = mp_critical_make(&h, limit, false);
    }
    for (uint32_t a = 0; a <= search->rounds_a; a++) {
        struct run run = {.row = a};
        bool is_open = false;
        for (uint32_t b = 0; b <= search->rounds_b; b++) {
            bool is_in = a <= critical[a + b].left || a >= critical[a + b].right;
            if (is_in && !is_open) {
                run.first = b;
            } else if (!is_in && is_open) {
                run.last = b - 1;
                add_run(search, run);
            }
            is_open = is_in;
        }
        if (is_open) {
            run.last = search->rounds_b;
            add_run(search, run);
        }
    }
    free(critical);
}

/* mass[k] = P(X = k), outward from the most frequent value. */
static void fill_binomial(double *mass, uint32_t n, double rate) {
    double odds = rate / (1.0 - rate), sum = 1.0;
    uint32_t mode = (uint32_t)fmin(n, floor(((double)n + 1.0) * rate));
    memset(mass, 0, ((size_t)n + 1) * sizeof(*mass));
    mass[mode] = 1.0;
    for (uint32_t k = mode; k < n && mass[k] > MASS_MIN; k++) {
        mass[k + 1] = mass[k] * odds * ((double)(n - k) / (k + 1.0));
        sum += mass[k + 1];
    }
    for (uint32_t k = mode; k > 0 && mass[k] > MASS_MIN; k--) {
        mass[k - 1] = mass[k] / odds * (k / ((double)(n - k) + 1.0));
        sum += mass[k - 1];
    }
    for (uint32_t k = 0; k <= n; k++)
        mass[k] /= sum;
}

/* The probability of the set at one rate. */
static double size_at(const struct search *search, double rate) {
    uint32_t n = search->rounds_b;
    fill_binomial(search->mass, search->rounds_a, rate);
    fill_binomial(search->high, n, rate);
    search->low[0] = 0.0;
    for (uint32_t b = 0; b <= n; b++)
        search->low[b + 1] = search->low[b] + search->high[b];
    search->high[n + 1] = 0.0;
    for (uint32_t b = n + 1; b > 0; b--)
        search->high[b - 1] += search->high[b];
    double size = 0.0;
    for (size_t i = 0; i < search->count; i++) {
        const struct run *run = &search->runs[i];
        double part = run->last == n
                          ? search->high[run->first]
                          : search->low[run->last + 1] - search->low[run->first];
        size += search->mass[run->row] * part;
    }
    return size;
}

/* The rates tried first: evenly up to 1/2, and in a constant ratio towards 0, where the
 * size changes with rate * rounds. */
static void fill_grid(const struct search *search, double *rates) {
    double first = 0.5 / GRID_UNIFORM,
           least = 0.01 / (search->rounds_a + search->rounds_b);
    for (int i = 0; i < GRID_NEAR; i++)
        rates[i] = first * pow(fmin(0.5, least / first), 1.0 - (double)i / GRID_NEAR);
    for (int i = 0; i < GRID_UNIFORM; i++)
        rates[GRID_NEAR + i] = first * (i + 1);
}

/* The largest size between two rates that enclose one peak. */
static double climb(const struct search *search, double low, double high) {
    double left = high - GOLDEN * (high - low), right = low + GOLDEN * (high - low);
    double size_left = size_at(search, left), size_right = size_at(search, right);
    for (int i = 0; i < GOLDEN_STEPS; i++) {
        if (size_left > size_right) {
            high = right;
            right = left;
            size_right = size_left;
            left = high - GOLDEN * (high - low);
            size_left = size_at(search, left);
        } else {
            low = left;
            left = right;
            size_left = size_right;
            right = low + GOLDEN * (high - low);
            size_right = size_at(search, right);
        }
    }
    return fmax(size_left, size_right);
}

/* Over all rates; any size above `enough` will do, so the search ends there. */
static double largest_size(const struct search *search, double enough) {
    double rates[GRID], sizes[GRID], best = 0.0;
    fill_grid(search, rates);
    for (int i = 0; i < GRID; i++) {
        sizes[i] = size_at(search, rates[i]);
        best = fmax(best, sizes[i]);
        if (best > enough)
            return best;
    }
    double below = INFINITY; /* the peaks in descending order */
    for (int peak = 0; peak < PEAKS_MAX; peak++) {
        int at = -1;
        for (int i = 0; i < GRID; i++) {
            bool is_peak = (i == 0 || sizes[i] >= sizes[i - 1]) &&
                           (i == GRID - 1 || sizes[i] >= sizes[i + 1]) &&
                           sizes[i] < below;
            if (is_peak && (at < 0 || sizes[i] > sizes[at]))
                at = i;
        }
        if (at < 0)
            break;
        below = sizes[at];
        best = fmax(best, climb(search, at == 0 ? 0.5 * rates[0] : rates[at - 1],
                                at == GRID - 1 ? 0.5 : rates[at + 1]));
    }
    return best;
}

static struct search search_make(uint64_t rounds_a, uint64_t rounds_b) {
    struct search search = {
        .rounds_a = (uint32_t)(rounds_a < rounds_b ? rounds_a : rounds_b),
        .rounds_b = (uint32_t)(rounds_a < rounds_b ? rounds_b : rounds_a)};
    search.mass = mp_memory_zeroed((size_t)search.rounds_a + 1, sizeof(*search.mass));
    search.low = mp_memory_zeroed((size_t)search.rounds_b + 2, sizeof(*search.low));
    search.high = mp_memory_zeroed((size_t)search.rounds_b + 2, sizeof(*search.high));
    return search;
}

static void search_release(struct search *search) {
    free(search->runs);
    free(search->mass);
    free(search->low);
    free(search->high);
}

/* The size of the test that rejects where Fisher's p is `limit` or less. */
static double size_of_limit(struct search *search, double limit, double enough) {
    search->count = 0;
    find_runs(search, limit);
    return largest_size(search, enough);
}

bool mp_boschloo_fits(uint64_t rounds_a, uint64_t rounds_b) {
    return rounds_a <= MP_BOSCHLOO_ROUNDS_MAX && rounds_b <= MP_BOSCHLOO_ROUNDS_MAX &&
           rounds_a * rounds_b <= MP_BOSCHLOO_TABLES_MAX;
}

double mp_boschloo_critical(uint64_t rounds_a, uint64_t rounds_b, double alpha) {
    struct search search = search_make(rounds_a, rounds_b);
    double low = alpha, high = fmin(1.0, 2.0 * alpha);
    while (high < 1.0 && size_of_limit(&search, high, alpha) <= alpha) {
        low = high;
        high = fmin(1.0, 2.0 * high);
    }
    for (int i = 0; i < LIMIT_STEPS; i++) {
        double middle = 0.5 * (low + high);
        if (size_of_limit(&search, middle, alpha) <= alpha)
            low = middle;
        else
            high = middle;
    }
    search_release(&search);
    return low;
}

struct mp_boschloo mp_two_arms_boschloo(struct mp_two_arms arms) {
    struct mp_fisher fisher = mp_two_arms_fisher(arms);
    if (fisher.two_sided >= 1.0) /* then the set is every table */
        return (struct mp_boschloo){1.0, true};
    if (!mp_boschloo_fits(arms.rounds_a, arms.rounds_b))
        return (struct mp_boschloo){fisher.mid_p, false};
    struct search search = search_make(arms.rounds_a, arms.rounds_b);
    double size = size_of_limit(&search, fisher.two_sided * (1.0 + TIE), INFINITY);
    search_release(&search);
    return (struct mp_boschloo){fmin(size, fisher.two_sided), true};
}
