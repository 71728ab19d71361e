/* From the top of the hierarchy down: a subclass of a class of class.def inherits what
 * that one gets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/install.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "repro/fix/class.h"
#include "repro/fix/counts.h"
#include "repro/fix/hook.h"
#include "repro/fix/mechanism.h"
#include "repro/fix/method.h"

#define LINE_MAX_LEN 16 /* of named classes, one above the other */

static void replace(const struct mp_fix_class *class) {
    for (size_t i = 0; i < MP_FIX_ROWS; i++) {
        struct objc_method *any, *own = mp_fix_class_method(class, i, &any);
        SEL selector = sel_registerName(mp_fix_row[i].selector);
        if (own)
            mp_fix_method_set(own, mp_fix_hook[i]);
        else if (any && !mp_fix_has(MP_FIX_HAS_INHERITED))
            mp_fix_method_set(any, mp_fix_hook[i]);
        else if (any)
            class_addMethod(class->class, selector, mp_fix_hook[i],
                            method_getTypeEncoding(any));
        if (any)
            atomic_fetch_add(&mp_fix_counts.methods, 1);
    }
    mp_fix_methods_refresh(class->class);
    Class super = class->class;
    while (!mp_fix_has(MP_FIX_HAS_INHERITED) && (super = class_getSuperclass(super)))
        mp_fix_methods_refresh(super);
}

/* Superclasses come first. */
void mp_fix_class_appeared(Class class) {
    Class line[LINE_MAX_LEN];
    size_t count = 0;
    if (!class || !mp_fix_class_is_named(class_getName(class)))
        return;
    for (Class at = class; at && count < LINE_MAX_LEN; at = class_getSuperclass(at))
        if (mp_fix_class_is_named(class_getName(at)))
            line[count++] = at;
    while (count > 0) {
        const struct mp_fix_class *added = mp_fix_class_add(line[--count]);
        if (added)
            replace(added);
    }
}

void mp_fix_classes_visit(void) {
    int total = objc_getClassList(NULL, 0);
    Class *list = total > 0 ? calloc((size_t)total, sizeof(void *)) : NULL;
    int given = list ? objc_getClassList(list, total) : 0;
    for (int i = 0; i < given && i < total; i++)
        mp_fix_class_appeared(list[i]);
    free(list);
}
