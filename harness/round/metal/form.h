/* In which form the client makes command buffers, encoders and buffers: the settings of
 * client_settings.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_FORM_H
#define MP_ROUND_METAL_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/option.h"
#include "harness/round/objc/runtime.h"

enum mp_metal_buffers {
    MP_METAL_BUFFERS_RETAINED,
    MP_METAL_BUFFERS_UNRETAINED,
    MP_METAL_BUFFERS_MPS
};
enum mp_metal_encoders {
    MP_METAL_ENCODERS_SERIAL,
    MP_METAL_ENCODERS_CONCURRENT,
    MP_METAL_ENCODERS_DESCRIPTOR
};

struct mp_metal_form {
    enum mp_metal_buffers buffers;
    enum mp_metal_encoders encoders;
    bool uses_heaps, has_handlers, declares_use, enqueues, has_cache;
    size_t low_watermark; /* bytes; 0: never under pressure */
};

/* Rows that the device does not have keep their defaults. */
void mp_metal_form_read(const struct mp_option_values *values,
                        struct mp_metal_form *ret_form);
/* Whether the driver has the classes that the form needs; MP_UNSUPPORTED names one. */
enum mp_status mp_metal_form_check(const struct mp_objc *objc,
                                   const struct mp_metal_form *form,
                                   struct mp_error *err);

/* All within a pool of the caller. A new command buffer of `queue`, +0, or nil. */
id mp_metal_form_buffer(const struct mp_objc *objc, const struct mp_metal_form *form,
                        id queue);
/* A new compute encoder of `buffer`, +0, or nil. */
id mp_metal_form_encoder(const struct mp_objc *objc, const struct mp_metal_form *form,
                         id buffer);
/* Between two ops of one encoder that may depend on each other. */
void mp_metal_form_barrier(const struct mp_objc *objc, const struct mp_metal_form *form,
                           id encoder);
/* Commits. Returns what was committed, +1; *ret_next is the buffer that goes on, or nil.
 * Takes over the caller's reference to `buffer`. */
id mp_metal_form_commit(const struct mp_objc *objc, const struct mp_metal_form *form,
                        id buffer, id *ret_next);

#endif
