/* The rules that are checked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/layer.h"

#include "repro/model/driver.h"

#define SET_BYTES_MAX 4096

/* Guards the counts of all resources. */
static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;

struct mp_layer_call mp_layer_enter(struct mp_encoder *encoder, const char *method,
                                    bool needs_open) {
    struct mp_work *work = encoder->work;
    if (!encoder->device->settings.validation)
        return (struct mp_layer_call){NULL};
    pthread_mutex_lock(&work->lock);
    if (work->callers > 0 && !pthread_equal(work->caller, pthread_self()))
        mp_assertion_fail(method, "another thread is inside a call on the same command "
                                  "buffer, and one thread at a time may use it");
    if (needs_open && !encoder->common.buffer)
        mp_assertion_fail(method,
                          "the encoder has ended: another thread called endEncoding, and "
                          "one thread at a time may use a command buffer and its "
                          "encoder");
    work->caller = pthread_self();
    work->callers++;
    pthread_mutex_unlock(&work->lock);
    return (struct mp_layer_call){mp_object_hold(encoder)};
}

void mp_layer_leave(struct mp_layer_call *call) {
    struct mp_encoder *encoder = call->encoder;
    if (!encoder)
        return;
    pthread_mutex_lock(&encoder->work->lock);
    encoder->work->callers--;
    pthread_mutex_unlock(&encoder->work->lock);
    mp_object_drop(encoder);
}

void mp_layer_check_bytes(const struct mp_encoder *encoder, unsigned long length) {
    if (encoder->device->settings.validation && length >= SET_BYTES_MAX)
        mp_assertion_fail("-[MTLDebugComputeCommandEncoder setBytes:length:atIndex:]",
                          "the length must be less than 4 KiB");
}

static void count(struct mp_resource *resource, bool is_lent, long change) {
    if (!resource || !resource->device->settings.validation)
        return;
    pthread_mutex_lock(&count_lock);
    resource->taken += change;
    resource->lent += is_lent ? change : 0;
    pthread_mutex_unlock(&count_lock);
}

void mp_layer_take(struct mp_resource *resource, bool is_lent) {
    count(resource, is_lent, 1);
}

void mp_layer_take_back(struct mp_resource *resource, bool is_lent) {
    count(resource, is_lent, -1);
}

/* A reference is counted after it was made and before it is given up, so that clients may
 * seem to have one more than they have, never one less. */
void mp_layer_check_release(struct mp_resource *resource) {
    if (!resource->device->settings.validation)
        return;
    pthread_mutex_lock(&count_lock);
    long left = atomic_load(&resource->base.object.retains) - 1 - resource->taken;
    if (left == 0 && resource->lent > 0)
        mp_assertion_fail("-[MTLDebugBuffer release]",
                          "the last reference goes while a command buffer that retains "
                          "nothing still uses the resource");
    pthread_mutex_unlock(&count_lock);
}
