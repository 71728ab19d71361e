/* Counters of the driver about itself: relaxed atomics, so that they order nothing that a
 * driver without them would not order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/count.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic unsigned long long counts[MP_COUNT_COUNT];

static const char *const names[] = {
#define MP_COUNTER(id, name, meaning) name,
#include "repro/model/count.def"
#undef MP_COUNTER
};

/* Where each is counted once more, or NULL. */
static _Atomic(_Atomic unsigned long long *) mirrors[MP_COUNT_COUNT];

unsigned long long mp_count_raise(enum mp_count count) {
    _Atomic unsigned long long *mirror =
        atomic_load_explicit(&mirrors[count], memory_order_relaxed);
    if (mirror)
        atomic_fetch_add_explicit(mirror, 1, memory_order_relaxed);
    return atomic_fetch_add_explicit(&counts[count], 1, memory_order_relaxed) + 1;
}

unsigned long long mp_count_lower(enum mp_count count) {
    return atomic_fetch_sub_explicit(&counts[count], 1, memory_order_relaxed) - 1;
}

static int index_of(const char *name) {
    int i = 0;
    while (i < MP_COUNT_COUNT && strcmp(names[i], name) != 0)
        i++;
    return i;
}

unsigned long long mp_count_find(const char *name) {
    int i = index_of(name);
    return i < MP_COUNT_COUNT ? atomic_load_explicit(&counts[i], memory_order_relaxed)
                              : 0;
}

bool mp_count_mirror(const char *name, _Atomic unsigned long long *word) {
    int i = index_of(name);
    if (i < MP_COUNT_COUNT)
        atomic_store_explicit(&mirrors[i], word, memory_order_relaxed);
    return i < MP_COUNT_COUNT;
}
