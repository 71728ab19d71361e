/* Counters of the driver about itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_COUNT_H
#define MP_MODEL_COUNT_H

#include <stdbool.h>

enum mp_count {
#define MP_COUNTER(id, name, meaning) MP_COUNT_##id,
#include "repro/model/count.def"
#undef MP_COUNTER
    MP_COUNT_COUNT
};

/* Return the value after the change. */
unsigned long long mp_count_raise(enum mp_count count);
unsigned long long mp_count_lower(enum mp_count count);
/* By name; 0 if there is none. */
unsigned long long mp_count_find(const char *name);
/* From now on each raise of the counter called `name` raises *word too; NULL: none does
 * any more, though one that has begun may come later. False: there is no such counter. */
bool mp_count_mirror(const char *name, _Atomic unsigned long long *word);

#endif
