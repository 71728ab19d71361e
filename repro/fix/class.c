/* The classes that are replaced. None of them is above or below another: a method that
 * calls super would come back to itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/class.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "repro/fix/counts.h"
#include "repro/fix/mechanism.h"

#define CLASSES_MAX 16

/* Written once under the lock, constant as soon as `count` tells of them. */
static struct mp_fix_class known[CLASSES_MAX];
static atomic_size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct class_name {
    enum mp_fix_kind kind;
    const char *head, *tail;
} names[] = {
#define MP_FIX_CLASS(kind, head, tail) {MP_FIX_##kind, (head), (tail)},
#include "repro/fix/class.def"
#undef MP_FIX_CLASS
};

/* With an empty tail the name is the head. */
static bool fits(const struct class_name *row, const char *name) {
    size_t head = strlen(row->head), tail = strlen(row->tail), len = strlen(name);
    bool ends = tail > 0 ? len >= head + tail && strcmp(name + len - tail, row->tail) == 0
                         : len == head;
    return ends && strncmp(name, row->head, head) == 0;
}

static const struct class_name *name_find(const char *name) {
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (fits(&names[i], name))
            return &names[i];
    return NULL;
}

bool mp_fix_class_is_named(const char *name) {
    return name_find(name) != NULL;
}

static const struct mp_fix_class *find(Class class) {
    size_t seen = atomic_load_explicit(&count, memory_order_acquire);
    for (size_t i = 0; i < seen; i++)
        if (known[i].class == class)
            return &known[i];
    return NULL;
}

static const struct mp_fix_class *find_at_or_above(Class class) {
    const struct mp_fix_class *found = NULL;
    for (; class && !found; class = class_getSuperclass(class))
        found = find(class);
    return found;
}

const struct mp_fix_class *mp_fix_class_find(id object) {
    return find_at_or_above(mp_fix_class_of(object));
}

ptrdiff_t mp_fix_class_first_offset(void) {
    size_t seen = atomic_load_explicit(&count, memory_order_acquire);
    for (size_t i = 0; i < seen; i++)
        if (known[i].impl_offset >= 0)
            return known[i].impl_offset;
    return -1;
}

/* The original of any class for a selector; without mechanism CLASS. */
static mp_fix_imp *first_original(enum mp_fix_row_id row) {
    size_t seen = atomic_load_explicit(&count, memory_order_acquire);
    for (size_t i = 0; i < seen; i++)
        for (size_t k = 0; k < MP_FIX_ROWS; k++)
            if (known[i].original[k] &&
                strcmp(mp_fix_row[k].selector, mp_fix_row[row].selector) == 0)
                return known[i].original[k];
    return NULL;
}

mp_fix_imp *mp_fix_original(const struct mp_fix_class *class, enum mp_fix_row_id row) {
    mp_fix_imp *first = mp_fix_has(MP_FIX_HAS_CLASS) ? NULL : first_original(row);
    if (first)
        return first;
    if (class->original[row])
        return class->original[row];
    return class_getMethodImplementation(class_getSuperclass(class->class),
                                         sel_registerName(mp_fix_row[row].selector));
}

struct objc_method *mp_fix_class_method(const struct mp_fix_class *class, size_t row,
                                        struct objc_method **ret_any) {
    SEL selector = sel_registerName(mp_fix_row[row].selector);
    Class super = class_getSuperclass(class->class);
    *ret_any = mp_fix_row[row].kind == class->kind
                   ? class_getInstanceMethod(class->class, selector)
                   : NULL;
    bool is_own = !super || *ret_any != class_getInstanceMethod(super, selector);
    return is_own ? *ret_any : NULL;
}

static ptrdiff_t impl_offset(Class class) {
    struct objc_ivar *impl = class_getInstanceVariable(class, "_impl");
    const char *type = impl ? ivar_getTypeEncoding(impl) : NULL;
    return type && type[0] == '^' ? ivar_getOffset(impl) : -1;
}

/* Lock held. */
static struct mp_fix_class *add(Class class, enum mp_fix_kind kind) {
    size_t place = atomic_load(&count);
    bool is_covered = find_at_or_above(class) != NULL;
    if (place == CLASSES_MAX || is_covered) {
        atomic_fetch_add(&mp_fix_counts.classes_refused, find(class) ? 0 : 1);
        return NULL;
    }
    struct mp_fix_class *entry = &known[place];
    entry->class = class;
    entry->kind = kind;
    entry->impl_offset = impl_offset(class);
    for (size_t i = 0; i < MP_FIX_ROWS; i++) {
        struct objc_method *any, *own = mp_fix_class_method(entry, i, &any);
        entry->original[i] = own ? method_getImplementation(own) : NULL;
    }
    atomic_store_explicit(&count, place + 1, memory_order_release);
    atomic_fetch_add(&mp_fix_counts.classes, 1);
    return entry;
}

const struct mp_fix_class *mp_fix_class_add(Class class) {
    const struct class_name *name = name_find(class_getName(class));
    if (!name)
        return NULL;
    pthread_mutex_lock(&lock);
    const struct mp_fix_class *added = add(class, name->kind);
    pthread_mutex_unlock(&lock);
    return added;
}
