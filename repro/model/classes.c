/* Everything is registered by one thread when the library is
 * loaded: GNU's runtime may free a dispatch table under a sender when methods are added
 * later (measured). A process that has a class of the name already is not a place for the
 * model: it then registers nothing and says so when it is set up, for a constructor that
 * aborts takes its host along.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/classes.h"

#include <stdio.h>
#include <stdlib.h>

#define LOG2_OF_POINTERS 3

/* Set when the library is loaded, constant afterwards. */
static Class registered[MP_CLASS_COUNT];
static mp_imp *root_dealloc;
static char refusal[256];

static void methods_add(Class class, const struct mp_method *methods) {
    for (; methods && methods->name; methods++)
        class_addMethod(class, sel_registerName(methods->name), methods->method,
                        methods->types);
}

/* A first variable that the superclass has already is left out: the count, on our own
 * NSObject. The structures of objects are laid over the runtime's variables, so the
 * layout is checked. NULL: the runtime makes no such class. */
static Class class_register(const struct mp_class_row *row) {
    const struct mp_ivar_row *first = &row->first;
    Class super = row->super ? objc_lookUpClass(row->super) : NULL;
    size_t at = super ? class_getInstanceSize(super) : 0;
    Class class = objc_allocateClassPair(super, row->name, 0);
    bool has_first = first->name && first->offset >= at;
    bool good = class && (!has_first || first->offset == at);
    if (good && has_first) {
        good = class_addIvar(class, first->name, first->size, LOG2_OF_POINTERS,
                             first->types);
        at += first->size;
    }
    if (good && row->size > at)
        good = class_addIvar(class, row->rest, row->size - at, LOG2_OF_POINTERS, "?");
    if (!good)
        return NULL;
    for (size_t i = 0; i < MP_CLASS_TABLES_MAX; i++)
        methods_add(class, row->methods[i]);
    methods_add(mp_class_of((id) class), row->class_methods);
    objc_registerClassPair(class);
    return class_getInstanceSize(class) == row->size ? class : NULL;
}

#ifndef __APPLE__
static void unknown_selector(id self, SEL selector) {
    fprintf(stderr, "mpmodel: -[%s %s]: unrecognized selector sent to instance %p\n",
            class_getName(mp_class_of(self)), sel_getName(selector), (void *)self);
    abort();
}

static mp_imp *forward(id receiver, SEL selector) {
    (void)receiver, (void)selector;
    return (mp_imp *)unknown_selector;
}
#endif

/* The first of the driver's classes that this process has already, or NULL. */
static const char *find_taken(const struct mp_class_row *rows) {
    for (int i = 0; i < MP_CLASS_COUNT; i++)
        if (rows[i].is_ours && objc_lookUpClass(rows[i].name))
            return rows[i].name;
    return NULL;
}

void mp_classes_register(const struct mp_class_row *rows) {
    const char *taken = find_taken(rows);
    if (taken) {
        snprintf(refusal, sizeof(refusal),
                 "class %s exists already in this process: Metal, a library that links "
                 "it, or a second model is loaded, and the model needs that name",
                 taken);
        return;
    }
    mp_selectors_register();
    for (int i = 0; i < MP_CLASS_COUNT; i++) {
        registered[i] = rows[i].is_ours ? NULL : objc_lookUpClass(rows[i].name);
#ifndef __APPLE__
        if (i == MP_CLASS_OBJECT && !registered[i])
            __objc_msg_forward2 =
                forward; /* with a foreign root class, keep its own forwarding */
#endif
        if (!registered[i])
            registered[i] = class_register(&rows[i]);
        if (!registered[i]) {
            snprintf(refusal, sizeof(refusal),
                     "the Objective-C runtime of this process cannot make class %s "
                     "with the layout that the model needs",
                     rows[i].name);
            return;
        }
        /* Makes GNU's runtime build the dispatch tables now, while there is one
         * thread. */
        class_getMethodImplementation(registered[i], mp_selector.dealloc);
        class_getMethodImplementation(mp_class_of((id)registered[i]), mp_selector.alloc);
    }
    root_dealloc =
        class_getMethodImplementation(registered[MP_CLASS_OBJECT], mp_selector.dealloc);
}

const char *mp_classes_refusal(void) {
    return refusal[0] ? refusal : NULL;
}

Class mp_class_get(enum mp_class class) {
    return registered[class];
}

void mp_class_super_dealloc(enum mp_class class, void *object) {
    mp_imp *method = class_getMethodImplementation(class_getSuperclass(registered[class]),
                                                   mp_selector.dealloc);
    ((void (*)(id, SEL))method)(object, mp_selector.dealloc);
}

void mp_class_root_dealloc(id object) {
    ((void (*)(id, SEL))root_dealloc)(object, mp_selector.dealloc);
}
