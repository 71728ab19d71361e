/* What PyTorch's profiler adds to a command buffer: a completed handler that reads when
 * the device began and ended with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/metal/client.h"
#include "harness/round/objc/block.h"
#include "harness/round/objc/send.h"

#define NS_PER_S 1e9

/* What one handler captured. */
struct report {
    const struct mp_objc *objc; /* the device's */
    mp_profile_told *told;
    void *data;
};

/* On a thread of the driver's. */
static void told(struct mp_objc_block *block, id buffer) {
    struct report *report = block->data;
    mp_objc_thread_enter(report->objc);
    double start = mp_send_gpu_start_time(report->objc, buffer);
    double end = mp_send_gpu_end_time(report->objc, buffer);
    mp_objc_thread_leave(report->objc);
    report->told(report->data, (uint64_t)(start * NS_PER_S), (uint64_t)(end * NS_PER_S));
    free(report);
}

enum mp_status mp_metal_profile(struct mp_device_stream *stream, mp_profile_told *asked,
                                void *data, struct mp_error *err) {
    const struct mp_objc *objc = &mp_metal_stream_device(stream)->objc;
    struct report *report = mp_memory_zeroed(1, sizeof(*report));
    *report = (struct report){objc, asked, data};
    struct mp_objc_block block = mp_objc_block_make(objc, told, report);
    void *pool = objc->pool_push();
    bool is_added = mp_metal_stream_add_handler(stream, &block);
    objc->pool_pop(pool);
    if (is_added)
        return MP_OK;
    free(report);
    return mp_error_set(err, MP_DEVICE,
                        "the driver returned no command buffer on stream %u",
                        mp_metal_stream_index(stream));
}
