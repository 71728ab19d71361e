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
#define DRIVER(class_name, table, more_methods, type, ivar)                              \
    {                                                                                    \
        .name = class_name, .super = "_MTLObjectWithLabel", .is_ours = true,             \
        .methods = {mp_##table##_methods, more_methods}, .size = sizeof(type),           \
        .first = ivar, .rest = "_state"                                                  \
    }
#define BELOW(class_name, super_name, table, more_methods, type, ivar)                   \
    {                                                                                    \
        .name = class_name, .super = super_name, .is_ours = true,                        \
        .methods = {mp_##table##_methods, more_methods}, .size = sizeof(type),           \
        .first = ivar, .rest = "_state"                                                  \
    }
/* A class between Metal's root and the family's: its name, and methods or none. */
#define BETWEEN(class_name, super_name, table, type)                                     \
    {                                                                                    \
        .name = class_name, .super = super_name, .is_ours = true, .methods[0] = table,   \
        .size = sizeof(type)                                                             \
    }

/* In order: a superclass stands before its subclasses. Names of driver classes as in
 * crash reports of the AGX G16X family; those with _MTL are Metal's own, those with
 * IOGPU the framework's between them, as public decompilations of two other families
 * name them. Devices, resources and pipelines have such classes too, whose names are
 * not known here. A method stands where a crash report, an assertion or a decompilation
 * has seen it, else where the fewest classes have it. Only retain and release of the
 * compute context are the model's own. */
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
    [MP_CLASS_MTL_QUEUE] = BETWEEN("_MTLCommandQueue", "_MTLObjectWithLabel",
                                   mp_queue_base_methods, struct mp_driver_object),
    [MP_CLASS_IOGPU_QUEUE] = BETWEEN("IOGPUMetalCommandQueue", "_MTLCommandQueue", NULL,
                                     struct mp_driver_object),
    [MP_CLASS_QUEUE] = BELOW("AGXG16XFamilyCommandQueue", "IOGPUMetalCommandQueue", queue,
                             NULL, struct mp_queue, NO_FIRST),
    [MP_CLASS_MTL_COMMAND_BUFFER] =
        BETWEEN("_MTLCommandBuffer", "_MTLObjectWithLabel",
                mp_command_buffer_base_methods, struct mp_driver_object),
    [MP_CLASS_IOGPU_COMMAND_BUFFER] =
        BETWEEN("IOGPUMetalCommandBuffer", "_MTLCommandBuffer",
                mp_command_buffer_check_methods, struct mp_driver_object),
    [MP_CLASS_COMMAND_BUFFER] = BELOW(
        "AGXG16XFamilyCommandBuffer", "IOGPUMetalCommandBuffer", command_buffer, NULL,
        struct mp_command_buffer,
        FIRST("_previousComputeCommandEncoder", "@", struct mp_command_buffer, previous)),
    [MP_CLASS_MTL_ENCODER] = {.name = "_MTLCommandEncoder",
                              .super = "_MTLObjectWithLabel",
                              .is_ours = true,
                              .methods[0] = mp_command_encoder_methods,
                              .size = sizeof(struct mp_command_encoder),
                              .first = FIRST("_commandBuffer", "@",
                                             struct mp_command_encoder, buffer)},
    [MP_CLASS_IOGPU_ENCODER] = BETWEEN("IOGPUMetalCommandEncoder", "_MTLCommandEncoder",
                                       NULL, struct mp_command_encoder),
    [MP_CLASS_IOGPU_COMPUTE_ENCODER] =
        BETWEEN("IOGPUMetalComputeCommandEncoder", "IOGPUMetalCommandEncoder", NULL,
                struct mp_command_encoder),
    [MP_CLASS_ENCODER] =
        BELOW("AGXG16XFamilyComputeContext", "IOGPUMetalComputeCommandEncoder", encoder,
              mp_encoder_life_methods, struct mp_encoder,
              FIRST("_impl", "^v", struct mp_encoder, impl)),
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
