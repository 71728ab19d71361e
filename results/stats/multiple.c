/* Adjusted p-values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/multiple.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"

struct entry {
    double p;
    size_t place;
};

static int compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->p != b->p)
        return a->p < b->p ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* The tests that were done, in ascending order; freed by the caller. */
static struct entry *sort(const double *p, size_t count, size_t *ret_done) {
    struct entry *entries = mp_memory_zeroed(count + 1, sizeof(*entries));
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            entries[done++] = (struct entry){p[i], i};
    qsort(entries, done, sizeof(*entries), compare);
    *ret_done = done;
    return entries;
}

void mp_multiple_holm(const double *p, size_t count, double *ret_adjusted) {
    size_t done;
    struct entry *entries = sort(p, count, &done);
    for (size_t i = 0; i < count; i++)
        ret_adjusted[i] = p[i];
    double largest = 0.0;
    for (size_t i = 0; i < done; i++) {
        largest = fmax(largest, fmin(1.0, (double)(done - i) * entries[i].p));
        ret_adjusted[entries[i].place] = largest;
    }
    free(entries);
}

void mp_multiple_benjamini_hochberg(const double *p, size_t count, double *ret_adjusted) {
    size_t done;
    struct entry *entries = sort(p, count, &done);
    for (size_t i = 0; i < count; i++)
        ret_adjusted[i] = p[i];
    double smallest = 1.0;
    for (size_t i = done; i > 0; i--) {
        smallest = fmin(smallest, (double)done / (double)i * entries[i - 1].p);
        ret_adjusted[entries[i - 1].place] = smallest;
    }
    free(entries);
}
