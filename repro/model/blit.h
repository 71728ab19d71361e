/* AGXG16XFamilyBlitContext, the blit encoder: copies and fills.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_BLIT_H
#define MP_MODEL_BLIT_H

#include <stdint.h>

#include "repro/model/driver.h"

/* Its own context; what stands where in Apple's is not known. */
struct mp_blit_context {
    const void *resource_list;
    uint32_t commands, fences;
};

/* Where a compute context has its _impl this has nothing: a method of the one, called on
 * the other, as a fix that keeps one original for each selector would, finds NULL. That
 * the offsets differ is known of Apple's classes, which place is whose is not. */
struct mp_blit {
    struct mp_command_encoder common;
    void *unused;
    struct mp_device *device;     /* held */
    struct mp_work *work;         /* held */
    struct mp_blit_context *impl; /* _impl, of the subclass */
};

struct mp_blit *mp_blit_create(struct mp_command_buffer *buffer);
/* Ends the pass of the buffer's previous blit encoder, if it has one. */
void mp_blit_finish_previous(struct mp_command_buffer *buffer);

extern const struct mp_method mp_blit_methods[], mp_blit_base_methods[];
/* blitCommandEncoder of a command buffer. */
extern const struct mp_method mp_blit_open_methods[];

#endif
