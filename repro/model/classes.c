/* The table of classes. Everything is registered by one thread when the library is
 * loaded: GNU's runtime may free a dispatch table under a sender when methods are added
 * later (measured). A process that has a class of the name already is no place for the
 * model: it then registers nothing and says so when it is set up, for a constructor that
 * aborts takes its host along.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/classes.h"

#include <stdio.h>
#include <stdlib.h>

#include "repro/model/driver.h"
#include "repro/model/foundation.h"

#define LOG2_OF_POINTERS 3

/* One variable of a class. */
struct ivar_row {
    const char *name, *types;
    size_t offset, size;
};

struct class_row {
    const char *name, *super;
    bool is_ours; /* the driver's: may not exist already */
    const struct mp_method *methods[2], *class_methods;
    size_t size;           /* of an instance */
    struct ivar_row first; /* its first variable, if that has a name worth knowing */
    const char *rest;      /* name of all that follows */
};

#define NO_FIRST                                                                         \
    { NULL, NULL, 0, 0 }
#define FIRST(ivar, encoding, type, member)                                              \
    { ivar, encoding, offsetof(type, member), sizeof(void *) }
#define FOUNDATION(name, table, type)                                                    \
    {                                                                                    \
        name, "NSObject", false, {mp_##table##_methods, NULL},                           \
            mp_##table##_class_methods, sizeof(type), NO_FIRST, "_state"                 \
    }
#define DRIVER(name, table, more_methods, type, first)                                   \
    {                                                                                    \
        name, "_MTLObjectWithLabel", true, {mp_##table##_methods, more_methods}, NULL,   \
            sizeof(type), first, "_state"                                                \
    }

/* In order: a superclass stands before its subclasses. Names of driver classes as in
 * crash reports of the AGX G16X family; those with _MTL are Metal's own. */
static const struct class_row rows[MP_CLASS_COUNT] = {
    [MP_CLASS_OBJECT] = {.name = "NSObject",
                         .methods[0] = mp_nsobject_methods,
                         .class_methods = mp_nsobject_class_methods,
                         .size = sizeof(struct mp_object),
                         .first = FIRST("isa", "#", struct mp_object, isa),
                         .rest = "_retains"},
    [MP_CLASS_STRING] = FOUNDATION("NSString", string, struct mp_string),
    [MP_CLASS_ARRAY] = FOUNDATION("NSArray", array, struct mp_array),
    [MP_CLASS_DICTIONARY] = FOUNDATION("NSDictionary", dictionary, struct mp_dictionary),
    [MP_CLASS_ERROR] = FOUNDATION("NSError", error, struct mp_nserror),
    [MP_CLASS_POOL] = FOUNDATION("NSAutoreleasePool", pool, struct mp_pool),
    [MP_CLASS_DRIVER_OBJECT] = {.name = "_MTLObjectWithLabel",
                                .super = "NSObject",
                                .is_ours = true,
                                .methods[0] = mp_object_methods,
                                .size = sizeof(struct mp_driver_object),
                                .first =
                                    FIRST("_retains", "q", struct mp_object, retains),
                                .rest = "_label"},
    [MP_CLASS_DEVICE] =
        DRIVER("AGXG16XFamilyDevice", device, NULL, struct mp_device, NO_FIRST),
    [MP_CLASS_QUEUE] =
        DRIVER("AGXG16XFamilyCommandQueue", queue, NULL, struct mp_queue, NO_FIRST),
    [MP_CLASS_COMMAND_BUFFER] = DRIVER(
        "AGXG16XFamilyCommandBuffer", command_buffer, NULL, struct mp_command_buffer,
        FIRST("_previousComputeCommandEncoder", "@", struct mp_command_buffer, previous)),
    [MP_CLASS_ENCODER] =
        DRIVER("AGXG16XFamilyComputeContext", encoder, mp_encoder_life_methods,
               struct mp_encoder, FIRST("_impl", "^v", struct mp_encoder, impl)),
    [MP_CLASS_ENCODER_TICKET] =
        DRIVER("_MPModelEncoderTicket", ticket, NULL, struct mp_ticket, NO_FIRST),
    [MP_CLASS_BUFFER] =
        DRIVER("AGXG16XFamilyBuffer", resource, NULL, struct mp_resource, NO_FIRST),
    [MP_CLASS_COMPILE_OPTIONS] = {.name = "MTLCompileOptions",
                                  .super = "_MTLObjectWithLabel",
                                  .is_ours = true,
                                  .methods[0] = mp_compile_options_methods,
                                  .class_methods = mp_compile_options_class_methods,
                                  .size = sizeof(struct mp_compile_options),
                                  .rest = "_state"},
    [MP_CLASS_LIBRARY] =
        DRIVER("_MTLLibrary", library, NULL, struct mp_library, NO_FIRST),
    [MP_CLASS_FUNCTION] =
        DRIVER("_MTLFunction", function, NULL, struct mp_function, NO_FIRST),
    [MP_CLASS_PIPELINE] = DRIVER("AGXG16XFamilyComputePipeline", pipeline, NULL,
                                 struct mp_pipeline, NO_FIRST),
};

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
 * NSObject. The structures of driver.h are laid over the runtime's variables, so the
 * layout is checked. NULL: the runtime makes no such class. */
static Class class_register(const struct class_row *row) {
    const struct ivar_row *first = &row->first;
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
    for (size_t i = 0; i < 2; i++)
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
static const char *find_taken(void) {
    for (int i = 0; i < MP_CLASS_COUNT; i++)
        if (rows[i].is_ours && objc_lookUpClass(rows[i].name))
            return rows[i].name;
    return NULL;
}

void mp_classes_register(void) {
    const char *taken = find_taken();
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
                     "the Objective-C runtime of this process makes no class %s with the "
                     "layout that the model needs",
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

void mp_class_root_dealloc(id object) {
    ((void (*)(id, SEL))root_dealloc)(object, mp_selector.dealloc);
}
