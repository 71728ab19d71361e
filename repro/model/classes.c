/* The table of classes. Everything is registered by one thread when the library is loaded: GNU's
 * runtime may free a dispatch table under a sender when methods are added later (measured).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/classes.h"

#include <stdio.h>
#include <stdlib.h>

#include "repro/model/driver.h"
#include "repro/model/foundation.h"

#define IVARS_MAX        3
#define LOG2_OF_POINTERS 3

struct ivar_row {
    const char *name, *types;
    size_t offset, size;
};

struct class_row {
    const char *name, *super;
    bool is_ours; /* the driver's: may not exist already */
    const struct mp_method *methods[2], *class_methods;
    struct ivar_row ivar[IVARS_MAX];
};

/* All of `type` behind what it starts with, a `base`. */
#define STATE(type, base)                                                                          \
    { "_state", "?", sizeof(base), sizeof(type) - sizeof(base) }
#define DRIVER_STATE(type) STATE(type, struct mp_driver_object)
#define IVAR(label, types, type, first, end)                                                       \
    { label, types, offsetof(type, first), (end)-offsetof(type, first) }

/* In order: a superclass stands before its subclasses. Names of driver classes as in crash reports
 * of the AGX G16X family; those with _MTL are Metal's own. */
static const struct class_row rows[MP_CLASS_COUNT] = {
    [MP_CLASS_OBJECT] = {"NSObject",
                         NULL,                  false,
                         {mp_nsobject_methods},
                         mp_nsobject_class_methods,   {{"isa", "#", 0, sizeof(Class)},
                          {"_retains", "q", sizeof(Class), sizeof(long)}}   },
    [MP_CLASS_STRING] = {"NSString",
                         "NSObject",            false,
                         {mp_string_methods},
                         mp_string_class_methods,     {STATE(struct mp_string, struct mp_object)}                              },
    [MP_CLASS_ARRAY] = {"NSArray",
                         "NSObject",            false,
                         {mp_array_methods},
                         mp_array_class_methods,      {STATE(struct mp_array, struct mp_object)}                               },
    [MP_CLASS_DICTIONARY] = {"NSDictionary",
                         "NSObject",            false,
                         {mp_dictionary_methods},
                         mp_dictionary_class_methods, {STATE(struct mp_dictionary, struct mp_object)}                          },
    [MP_CLASS_ERROR] = {"NSError",
                         "NSObject",            false,
                         {mp_error_methods},
                         mp_error_class_methods,      {STATE(struct mp_nserror, struct mp_object)}                             },
    [MP_CLASS_POOL] = {"NSAutoreleasePool",
                         "NSObject",            false,
                         {mp_pool_methods},
                         mp_pool_class_methods,       {STATE(struct mp_pool, struct mp_object)}                                },
    [MP_CLASS_DRIVER_OBJECT] = {"_MTLObjectWithLabel",
                         "NSObject",            true,
                         {mp_object_methods},
                         NULL,                        {{"_retains", "q", sizeof(Class), sizeof(long)},
                                 IVAR("_label", "@", struct mp_driver_object, label,
                                      sizeof(struct mp_driver_object))}                          },
    [MP_CLASS_DEVICE] = {"AGXG16XFamilyDevice",
                         "_MTLObjectWithLabel", true,
                         {mp_device_methods},
                         NULL,                        {DRIVER_STATE(struct mp_device)}                                         },
    [MP_CLASS_QUEUE] = {"AGXG16XFamilyCommandQueue",
                         "_MTLObjectWithLabel", true,
                         {mp_queue_methods},
                         NULL,                        {DRIVER_STATE(struct mp_queue)}                                          },
    [MP_CLASS_COMMAND_BUFFER] =
        {"AGXG16XFamilyCommandBuffer",
                         "_MTLObjectWithLabel", true,
                         {mp_command_buffer_methods},
                         NULL,                        {IVAR("_previousComputeCommandEncoder", "@", struct mp_command_buffer, previous,
               offsetof(struct mp_command_buffer, queue)),
          IVAR("_state", "?", struct mp_command_buffer, queue, sizeof(struct mp_command_buffer))}},
    [MP_CLASS_ENCODER] =
        {"AGXG16XFamilyComputeContext",
                         "_MTLObjectWithLabel", true,
                         {mp_encoder_methods, mp_encoder_life_methods},
                         NULL,                        {IVAR("_impl", "^v", struct mp_encoder, impl, offsetof(struct mp_encoder, device)),
          IVAR("_state", "?", struct mp_encoder, device, sizeof(struct mp_encoder))}             },
    [MP_CLASS_ENCODER_TICKET] = {"_MPModelEncoderTicket",
                         "_MTLObjectWithLabel", true,
                         {mp_ticket_methods},
                         NULL,                        {{"_encoder", "@", sizeof(struct mp_driver_object), sizeof(id)}}         },
    [MP_CLASS_BUFFER] = {"AGXG16XFamilyBuffer",
                         "_MTLObjectWithLabel", true,
                         {mp_resource_methods},
                         NULL,                        {DRIVER_STATE(struct mp_resource)}                                       },
    [MP_CLASS_LIBRARY] = {"_MTLLibrary",
                         "_MTLObjectWithLabel", true,
                         {mp_library_methods},
                         NULL,                        {DRIVER_STATE(struct mp_library)}                                        },
    [MP_CLASS_FUNCTION] = {"_MTLFunction",
                         "_MTLObjectWithLabel", true,
                         {mp_function_methods},
                         NULL,                        {DRIVER_STATE(struct mp_function)}                                       },
    [MP_CLASS_PIPELINE] = {"AGXG16XFamilyComputePipeline",
                         "_MTLObjectWithLabel", true,
                         {mp_pipeline_methods},
                         NULL,                        {DRIVER_STATE(struct mp_pipeline)}                                       },
};

/* Set when the library is loaded, constant afterwards. */
static Class registered[MP_CLASS_COUNT];
static mp_imp *root_dealloc;

static void give_up(const char *what, const char *class) {
    fprintf(stderr, "mpmodel: cannot %s class %s: is the driver loaded twice?\n", what, class);
    abort();
}

static void methods_add(Class class, const struct mp_method *methods) {
    for (; methods && methods->name; methods++)
        class_addMethod(class, sel_registerName(methods->name), methods->method, methods->types);
}

/* An ivar that the superclass has already is left out: NSObject's count, on our own NSObject. */
static void ivars_add(Class class, const struct class_row *row, size_t covered) {
    for (size_t i = 0; i < IVARS_MAX && row->ivar[i].name; i++) {
        const struct ivar_row *ivar = &row->ivar[i];
        if (ivar->offset >= covered &&
            !class_addIvar(class, ivar->name, ivar->size, LOG2_OF_POINTERS, ivar->types))
            give_up("add variables to", row->name);
    }
}

/* The structures of driver.h are laid over the runtime's variables. */
static void ivars_check(Class class, const struct class_row *row, size_t covered) {
    for (size_t i = 0; i < IVARS_MAX && row->ivar[i].name; i++) {
        const struct ivar_row *ivar = &row->ivar[i];
        struct objc_ivar *made = class_getInstanceVariable(class, ivar->name);
        if (ivar->offset >= covered && ivar_getOffset(made) != (ptrdiff_t)ivar->offset)
            give_up("lay out", row->name);
    }
}

static Class class_register(const struct class_row *row) {
    Class super = row->super ? objc_lookUpClass(row->super) : NULL;
    size_t covered = super ? class_getInstanceSize(super) : 0;
    Class class = objc_allocateClassPair(super, row->name, 0);
    if (!class)
        give_up("make", row->name);
    ivars_add(class, row, covered);
    for (size_t i = 0; i < 2; i++)
        methods_add(class, row->methods[i]);
    methods_add(mp_class_of((id) class), row->class_methods);
    objc_registerClassPair(class);
    ivars_check(class, row, covered);
    return class;
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

void mp_classes_register(void) {
    mp_selectors_register();
    for (int i = 0; i < MP_CLASS_COUNT; i++) {
        registered[i] = rows[i].is_ours ? NULL : objc_lookUpClass(rows[i].name);
#ifndef __APPLE__
        if (i == MP_CLASS_OBJECT && !registered[i])
            __objc_msg_forward2 = forward; /* with a foreign root class, its own forwarding stays */
#endif
        if (!registered[i])
            registered[i] = class_register(&rows[i]);
        /* Makes GNU's runtime build the dispatch tables now, while there is one thread. */
        class_getMethodImplementation(registered[i], mp_selector.dealloc);
        class_getMethodImplementation(mp_class_of((id)registered[i]), mp_selector.alloc);
    }
    root_dealloc = class_getMethodImplementation(registered[MP_CLASS_OBJECT], mp_selector.dealloc);
}

Class mp_class_get(enum mp_class class) {
    return registered[class];
}

void mp_class_root_dealloc(id object) {
    ((void (*)(id, SEL))root_dealloc)(object, mp_selector.dealloc);
}
