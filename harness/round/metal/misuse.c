/* Calls against the rules of Metal, as named actions of scenarios.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/metal/client.h"
#include "harness/round/objc/send.h"

struct mp_misuse {
    struct mp_metal_device *metal;
    bool is_lawful;
    atomic_ullong executed;
};

static const struct mp_misuse_kind kinds[] = {
    {"second_encoder",
     "a second encoder is taken from a command buffer whose first one is open", false},
    {NULL, NULL, false},
};

static enum mp_status create(struct mp_device *device, const struct mp_misuse_kind *kind,
                             bool is_lawful, unsigned threads, const struct mp_op *op,
                             struct mp_misuse **ret_misuse, struct mp_error *err) {
    struct mp_misuse *misuse = mp_memory_zeroed(1, sizeof(*misuse));
    (void)kind, (void)threads, (void)op, (void)err; /* there is one kind, without ops */
    misuse->metal = (struct mp_metal_device *)device;
    misuse->is_lawful = is_lawful;
    *ret_misuse = misuse;
    return MP_OK;
}

static enum mp_status step(struct mp_misuse *misuse, unsigned thread,
                           const struct mp_op *op, bool *ret_has_output,
                           struct mp_error *err) {
    const struct mp_objc *objc = &misuse->metal->objc;
    enum mp_status status = MP_OK;
    (void)op;
    void *pool = objc->pool_push();
    id queue = mp_send_new_queue(objc, misuse->metal->device);
    id buffer = queue ? mp_send_command_buffer(objc, queue) : NULL;
    id first = buffer ? mp_send_compute_encoder(objc, buffer) : NULL;
    if (first && misuse->is_lawful)
        mp_send_end_encoding(objc, first);
    id second = first ? mp_send_compute_encoder(objc, buffer) : NULL;
    if (second) {
        mp_send_end_encoding(objc, second);
        if (!misuse->is_lawful)
            mp_send_end_encoding(objc, first);
        mp_send_commit(objc, buffer);
        mp_send_wait_until_completed(objc, buffer);
        atomic_fetch_add(&misuse->executed, 1);
    } else {
        status =
            mp_error_set(err, MP_DEVICE, "thread %u: the driver returned no %s", thread,
                         !queue    ? "queue"
                         : !buffer ? "command buffer"
                                   : "encoder");
    }
    if (queue)
        mp_send_release(objc, queue);
    objc->pool_pop(pool);
    *ret_has_output = false;
    return status;
}

static uint64_t executed(struct mp_misuse *misuse) {
    return atomic_load(&misuse->executed);
}

static void destroy(struct mp_misuse *misuse) {
    free(misuse);
}

const struct mp_misuse_ops mp_metal_misuse = {
    .kinds = kinds,
    .create = create,
    .step = step,
    .executed = executed,
    .destroy = destroy,
};
