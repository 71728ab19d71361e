/* Which classes there are, what they are called, and what their objects hold.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/class_table.h"

#include "repro/model/blit.h"
#include "repro/model/driver.h"
#include "repro/model/event.h"
#include "repro/model/fence.h"
#include "repro/model/foundation.h"
#include "repro/model/handler.h"
#include "repro/model/heap.h"
#include "repro/model/mps.h"
#include "repro/model/mps_command_buffer.h"
#include "repro/model/pass_descriptor.h"

/* Rows; some arguments are initialisers in braces.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
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
/* The same with methods of two files. */
#define WITH(class_name, super_name, table, more_methods, type)                          \
    {                                                                                    \
        .name = class_name, .super = super_name, .is_ours = true,                        \
        .methods = {table, more_methods}, .size = sizeof(type)                           \
    }
/* One that clients make by a method of the class. */
#define MADE(name, table, type)                                                          \
    {                                                                                    \
        name, "_MTLObjectWithLabel", true, {mp_##table##_methods},                       \
            mp_##table##_class_methods, sizeof(type), NO_FIRST, "_state"                 \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

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
        WITH("_MTLCommandBuffer", "_MTLObjectWithLabel", mp_command_buffer_base_methods,
             mp_handler_methods, struct mp_driver_object),
    [MP_CLASS_IOGPU_COMMAND_BUFFER] = WITH(
        "IOGPUMetalCommandBuffer", "_MTLCommandBuffer", mp_command_buffer_check_methods,
        mp_event_encode_methods, struct mp_driver_object),
    [MP_CLASS_COMMAND_BUFFER] = {.name = "AGXG16XFamilyCommandBuffer",
                                 .super = "IOGPUMetalCommandBuffer",
                                 .is_ours = true,
                                 .methods = {mp_command_buffer_methods,
                                             mp_blit_open_methods, mp_pass_open_methods},
                                 .size = sizeof(struct mp_command_buffer),
                                 .first = FIRST("_previousComputeCommandEncoder", "@",
                                                struct mp_command_buffer, previous),
                                 .rest = "_state"},
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
    [MP_CLASS_ENCODER] = {.name = "AGXG16XFamilyComputeContext",
                          .super = "IOGPUMetalComputeCommandEncoder",
                          .is_ours = true,
                          .methods = {mp_encoder_methods, mp_encoder_order_methods,
                                      mp_encoder_life_methods},
                          .size = sizeof(struct mp_encoder),
                          .first = FIRST("_impl", "^v", struct mp_encoder, impl),
                          .rest = "_state"},
    [MP_CLASS_IOGPU_BLIT_ENCODER] = {.name = "IOGPUMetalBlitCommandEncoder",
                                     .super = "IOGPUMetalCommandEncoder",
                                     .is_ours = true,
                                     .methods[0] = mp_blit_base_methods,
                                     .size = offsetof(struct mp_blit, impl),
                                     .rest = "_blit"},
    [MP_CLASS_BLIT] =
        BELOW("AGXG16XFamilyBlitContext", "IOGPUMetalBlitCommandEncoder", blit, NULL,
              struct mp_blit, FIRST("_impl", "^v", struct mp_blit, impl)),
    [MP_CLASS_ENCODER_TICKET] =
        DRIVER("_MPModelEncoderTicket", ticket, NULL, struct mp_ticket, NO_FIRST),
    [MP_CLASS_BUFFER] =
        DRIVER("AGXG16XFamilyBuffer", resource, NULL, struct mp_resource, NO_FIRST),
    [MP_CLASS_COMPILE_OPTIONS] =
        MADE("MTLCompileOptions", compile_options, struct mp_compile_options),
    [MP_CLASS_LIBRARY] =
        DRIVER("_MTLLibrary", library, NULL, struct mp_library, NO_FIRST),
    [MP_CLASS_FUNCTION] =
        DRIVER("_MTLFunction", function, NULL, struct mp_function, NO_FIRST),
    [MP_CLASS_PIPELINE] = DRIVER("AGXG16XFamilyComputePipeline", pipeline, NULL,
                                 struct mp_pipeline, NO_FIRST),
    [MP_CLASS_EVENT] = DRIVER("IOGPUMTLEvent", event, NULL, struct mp_event, NO_FIRST),
    [MP_CLASS_SHARED_EVENT] = DRIVER("_MTLSharedEvent", event, mp_shared_event_methods,
                                     struct mp_event, NO_FIRST),
    [MP_CLASS_LISTENER] =
        DRIVER("MTLSharedEventListener", listener, NULL, struct mp_listener, NO_FIRST),
    [MP_CLASS_FENCE] = DRIVER("IOGPUMetalFence", fence, NULL, struct mp_fence, NO_FIRST),
    [MP_CLASS_HEAP] = DRIVER("AGXG16XFamilyHeap", heap, NULL, struct mp_heap, NO_FIRST),
    [MP_CLASS_HEAP_DESCRIPTOR] =
        MADE("MTLHeapDescriptor", heap_descriptor, struct mp_heap_descriptor),
    [MP_CLASS_PASS_DESCRIPTOR] =
        MADE("MTLComputePassDescriptor", pass_descriptor, struct mp_pass_descriptor),
    [MP_CLASS_MPS_COMMAND_BUFFER] =
        MADE("MPSCommandBuffer", mps_command_buffer, struct mp_mps_command_buffer),
};
