/* Which classes there are, what they are called, and what their objects hold.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/class_table.h"

#include "repro/model/driver.h"
#include "repro/model/foundation.h"
#include "repro/model/mps.h"

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
const struct mp_class_row mp_class_table[MP_CLASS_COUNT] = {
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
    [MP_CLASS_NUMBER] = FOUNDATION("NSNumber", number, struct mp_number),
    [MP_CLASS_DRIVER_OBJECT] = {.name = "_MTLObjectWithLabel",
                                .super = "NSObject",
                                .is_ours = true,
                                .methods[0] = mp_object_methods,
                                .size = sizeof(struct mp_driver_object),
                                .first =
                                    FIRST("_retains", "q", struct mp_object, retains),
                                .rest = "_label"},
#define MP_MPS_CLASS(id, class_name, super_name, table, class_table, type)               \
    [MP_CLASS_##id] = {.name = (class_name),                                             \
                       .super = (super_name),                                            \
                       .is_ours = true,                                                  \
                       .methods[0] = mp_##table##_methods,                               \
                       .class_methods = (class_table),                                   \
                       .size = sizeof(type),                                             \
                       .rest = "_" #id},
#include "repro/model/mps_class.def"
#undef MP_MPS_CLASS
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
