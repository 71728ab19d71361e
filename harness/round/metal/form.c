/* See form.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/form.h"

#include <stddef.h>
#include <string.h>

#include "harness/round/objc/send.h"

#define DISPATCH_CONCURRENT 1 /* MTLDispatchTypeConcurrent */
#define SCOPE_BUFFERS       1 /* MTLBarrierScopeBuffers */

static long read_row(const struct mp_option_values *values, const char *name) {
    for (size_t i = 0; values && i < values->count; i++)
        if (strcmp(values->rows[i].name, name) == 0 && values->value[i].is_set)
            return (int)values->value[i].integer;
    return 0;
}

void mp_metal_form_read(const struct mp_option_values *values,
                        struct mp_metal_form *ret_form) {
    *ret_form = (struct mp_metal_form){
        .buffers = (enum mp_metal_buffers)read_row(values, "buffers"),
        .encoders = (enum mp_metal_encoders)read_row(values, "encoders"),
        .uses_heaps = read_row(values, "memory") != 0,
        .has_handlers = read_row(values, "handlers") != 0,
        .declares_use = read_row(values, "residency") != 0,
        .enqueues = read_row(values, "enqueue") != 0,
        .low_watermark = (size_t)read_row(values, "low_watermark") << 20,
        .has_cache = read_row(values, "imp") != 0,
    };
}

enum mp_status mp_metal_form_check(const struct mp_objc *objc,
                                   const struct mp_metal_form *form,
                                   struct mp_error *err) {
    const char *name = NULL;
    if (form->enqueues && form->buffers == MP_METAL_BUFFERS_MPS)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "enqueue=on needs command buffers of the queue: those of "
                            "buffers=mps go on enqueued after commitAndContinue");
    if (form->buffers == MP_METAL_BUFFERS_MPS && !objc->class_named("MPSCommandBuffer"))
        name = "MPSCommandBuffer";
    else if (form->encoders == MP_METAL_ENCODERS_DESCRIPTOR &&
             !objc->class_named("MTLComputePassDescriptor"))
        name = "MTLComputePassDescriptor";
    else if (form->uses_heaps && !objc->class_named("MTLHeapDescriptor"))
        name = "MTLHeapDescriptor";
    return name ? mp_error_set(err, MP_UNSUPPORTED,
                               "the driver's libraries have no class %s", name)
                : MP_OK;
}

id mp_metal_form_buffer(const struct mp_objc *objc, const struct mp_metal_form *form,
                        id queue) {
    switch (form->buffers) {
    case MP_METAL_BUFFERS_UNRETAINED:
        return mp_send_unretained_buffer(objc, queue);
    case MP_METAL_BUFFERS_MPS:
        return mp_send_mps_buffer(objc, (id)objc->class_named("MPSCommandBuffer"), queue);
    case MP_METAL_BUFFERS_RETAINED:
        break;
    }
    return mp_send_command_buffer(objc, queue);
}

static id by_descriptor(const struct mp_objc *objc, id buffer) {
    id descriptor =
        mp_send_pass_descriptor(objc, (id)objc->class_named("MTLComputePassDescriptor"));
    if (!descriptor)
        return NULL;
    mp_send_set_dispatch_type(objc, descriptor, DISPATCH_CONCURRENT);
    return mp_send_compute_encoder_with_descriptor(objc, buffer, descriptor);
}

id mp_metal_form_encoder(const struct mp_objc *objc, const struct mp_metal_form *form,
                         id buffer) {
    switch (form->encoders) {
    case MP_METAL_ENCODERS_CONCURRENT:
        return mp_send_compute_encoder_with_type(objc, buffer, DISPATCH_CONCURRENT);
    case MP_METAL_ENCODERS_DESCRIPTOR:
        return by_descriptor(objc, buffer);
    case MP_METAL_ENCODERS_SERIAL:
        break;
    }
    return mp_send_compute_encoder(objc, buffer);
}

void mp_metal_form_barrier(const struct mp_objc *objc, const struct mp_metal_form *form,
                           id encoder) {
    if (form->encoders != MP_METAL_ENCODERS_SERIAL)
        mp_send_memory_barrier(objc, encoder, SCOPE_BUFFERS);
}

id mp_metal_form_commit(const struct mp_objc *objc, const struct mp_metal_form *form,
                        id buffer, id *ret_next) {
    *ret_next = NULL;
    if (form->buffers != MP_METAL_BUFFERS_MPS) {
        mp_send_commit(objc, buffer);
        return buffer;
    }
    id committed = mp_send_retain(objc, mp_send_mps_root(objc, buffer));
    mp_send_commit_and_continue(objc, buffer);
    *ret_next = buffer;
    return committed;
}
