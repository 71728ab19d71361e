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

unsigned long long mp_count_raise(enum mp_count count) {
    return atomic_fetch_add_explicit(&counts[count], 1, memory_order_relaxed) + 1;
}

unsigned long long mp_count_lower(enum mp_count count) {
    return atomic_fetch_sub_explicit(&counts[count], 1, memory_order_relaxed) - 1;
}

unsigned long long mp_count_find(const char *name) {
    for (int i = 0; i < MP_COUNT_COUNT; i++)
        if (!strcmp(names[i], name))
            return atomic_load_explicit(&counts[i], memory_order_relaxed);
    return 0;
}
