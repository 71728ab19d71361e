/* Which classes are replaced, and what the library's methods stand in front of there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_CLASS_H
#define MP_FIX_CLASS_H

#include <stdbool.h>
#include <stddef.h>

#include "repro/fix/row.h"
#include "repro/fix/runtime.h"

struct mp_fix_class {
    Class class;
    enum mp_fix_kind kind;
    ptrdiff_t impl_offset; /* of the pointer `_impl` in an instance; -1: it has none */
    mp_fix_imp *original[MP_FIX_ROWS]; /* NULL: the class has no method of its own */
};

/* Whether class.def has a class of that name. */
bool mp_fix_class_is_named(const char *name);

/* Enters a class of class.def, before any of its methods is replaced: a call may come as
 * soon as one is. NULL: class.def has no such class, it or one above it is known already,
 * or there is no room. */
const struct mp_fix_class *mp_fix_class_add(Class class);

/* The class's own method for a row, or NULL. `ret_any`: the one that it has or inherits,
 * NULL where that is none or the row is of another kind. */
struct objc_method *mp_fix_class_method(const struct mp_fix_class *class, size_t row,
                                        struct objc_method **ret_any);

/* Of the class of `object` or the nearest one above it; NULL: none is known. */
const struct mp_fix_class *mp_fix_class_find(id object);

/* Of the first class that has a context, -1 none; without mechanism OFFSET. */
ptrdiff_t mp_fix_class_first_offset(void);

/* What the method of row `row` stands in front of. NULL: nothing. */
mp_fix_imp *mp_fix_original(const struct mp_fix_class *class, enum mp_fix_row_id row);

#endif
