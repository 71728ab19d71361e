/* Blits of the Metal client: a blit encoder of its own for each. With a fence, the
 * encoder before updates it, the blit waits for it and updates it, and every later
 * compute encoder of the stream waits for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/blit.h"

#include "harness/round/metal/client.h"
#include "harness/round/objc/send.h"

static void encode(const struct mp_objc *objc, id encoder, const struct mp_blit *blit) {
    struct mp_objc_range range = {blit->to_offset, blit->size};
    if (blit->from)
        mp_send_copy_buffer(objc, encoder, blit->from->buffer, blit->from_offset,
                            blit->to->buffer, blit->to_offset, blit->size);
    else
        mp_send_fill_buffer(objc, encoder, blit->to->buffer, range, blit->value);
}

enum mp_status mp_metal_blit(struct mp_device_stream *stream, const struct mp_blit *blit,
                             struct mp_error *err) {
    struct mp_metal_device *metal = mp_metal_stream_device(stream);
    const struct mp_objc *objc = &metal->objc;
    void *pool = objc->pool_push();
    id fence = blit->is_fenced ? mp_metal_stream_fence(stream) : NULL;
    id buffer = mp_metal_stream_leave(stream, fence);
    id encoder = buffer ? mp_send_blit_encoder(objc, buffer) : NULL;
    if (encoder) {
        if (fence)
            mp_send_wait_for_fence(objc, encoder, fence);
        encode(objc, encoder, blit);
        if (fence)
            mp_send_update_fence(objc, encoder, fence);
        mp_send_end_encoding(objc, encoder);
    }
    if (buffer)
        mp_send_release(objc, buffer);
    objc->pool_pop(pool);
    return encoder && (fence || !blit->is_fenced)
               ? MP_OK
               : mp_error_set(err, MP_DEVICE,
                              "the driver returned no command buffer, blit encoder or "
                              "fence on stream %u",
                              mp_metal_stream_index(stream));
}
