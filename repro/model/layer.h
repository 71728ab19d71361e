/* The validation layer: what Apple's debug layer is to Metal, as far as its rules are
 * published. It is on with the setting validation=on, or where MTL_DEBUG_LAYER is set as
 * for Metal. The class names are those of Apple's layer in crash logs, the texts are
 * ours.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_LAYER_H
#define MP_MODEL_LAYER_H

#include <stdbool.h>

struct mp_encoder;
struct mp_resource;

/* A call that is under way on an encoder, which is held; NULL: nothing is watched. */
struct mp_layer_call {
    struct mp_encoder *encoder;
};

/* Objects to a call beside one of another thread, and with `needs_open` to one on an
 * encoder that has ended: one thread at a time may use a command buffer and its encoder
 * (Metal Programming Guide, command submission). */
struct mp_layer_call mp_layer_enter(struct mp_encoder *encoder, const char *method,
                                    bool needs_open);
void mp_layer_leave(struct mp_layer_call *call);

/* To the end of the function this is a call of the selector `text` on `encoder`. */
#define MP_LAYER_CALL(encoder, text, needs_open)                                         \
    struct mp_layer_call layer_call __attribute__((cleanup(mp_layer_leave), unused)) =   \
        mp_layer_enter(encoder, "-[MTLDebugComputeCommandEncoder " text "]", needs_open)

/* Objects to data of 4 KiB or more (Apple's page on setBytes:length:atIndex:). */
void mp_layer_check_bytes(const struct mp_encoder *encoder, unsigned long length);

/* Counts a reference of the driver's own to a resource, which may be NULL; `is_lent`: for
 * a command of a buffer that retains nothing. Each is taken back once. */
void mp_layer_take(struct mp_resource *resource, bool is_lent);
void mp_layer_take_back(struct mp_resource *resource, bool is_lent);
/* Objects to a client's release that leaves a resource to such commands alone: the client
 * must keep it until they have run (Apple's page on
 * commandBufferWithUnretainedReferences). */
void mp_layer_check_release(struct mp_resource *resource);

#endif
