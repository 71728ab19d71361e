/* Which policies a device can have.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/stream.h"

enum mp_status mp_stream_policy_check(const struct mp_device *device,
                                      const struct mp_stream_policy *policy,
                                      struct mp_error *err) {
    if (policy->streams < 1 || policy->streams > MP_STREAMS_MAX)
        return mp_error_set(err, MP_LIMIT, "a pool has 1 to %d streams, not %u",
                            MP_STREAMS_MAX, policy->streams);
    if (policy->sync_off_queue && !(device->ops->capabilities & MP_CAP_OFF_QUEUE_SYNC))
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "device %s cannot commit from a thread that does not encode, which "
            "sync=off_queue asks for",
            device->ops->name);
    if (policy->style != MP_STYLE_SAFE && !device->ops->bare)
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "stream=pytorch_... is the way in which PyTorch keeps Metal's "
            "encoders, and device %s is not Metal: it has no such streams",
            device->ops->name);
    if (policy->style == MP_STYLE_SAFE && policy->window != MP_WINDOW_NONE)
        return mp_error_set(err, MP_USAGE,
                            "the windows are between members that no lock guards, which "
                            "stream=safe does not have; write stream=pytorch_2_9, or "
                            "stream=pytorch_main for the twin in which they are shut");
    if (policy->arm->by_graph && !(device->ops->capabilities & MP_CAP_GRAPHS))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no graphs, so arm %s would change nothing",
                            device->ops->name, policy->arm->name);
    if (policy->arm->gathers && policy->style != MP_STYLE_SAFE)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "arm %s gathers ops before they reach a stream, so that how "
                            "PyTorch keeps its streams (stream=pytorch_...) is not tried",
                            policy->arm->name);
    if (policy->rule != MP_LEASE_ROUND_ROBIN &&
        (policy->share == MP_SHARE_ALL || policy->streams == 1))
        return mp_error_set(err, MP_USAGE,
                            "all threads are on stream 0 (share=all, or streams=1), so "
                            "that no policy but round_robin has anything to hand out");
    return MP_OK;
}

enum mp_status mp_stream_policy_check_calls(const struct mp_stream_policy *policy,
                                            struct mp_error *err) {
    if (policy->arm->gathers)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "arm %s gathers ops only: blits and events would come before "
                            "the ops that they follow",
                            policy->arm->name);
    if (policy->style == MP_STYLE_SAFE)
        return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED,
                        "streams in PyTorch's style take ops only; blits and events need "
                        "stream=safe");
}

enum mp_status mp_stream_policy_check_waits(const struct mp_stream_policy *policy,
                                            unsigned threads, struct mp_error *err) {
    const struct mp_arm *arm = policy->arm;
    unsigned permits = arm->is_counted ? policy->arm_number : 1;

    if (arm->lock != MP_ARM_LOCK_ROUND || arm->span != MP_ARM_OVER_OP ||
        permits >= threads)
        return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED,
                        "arm %s lets in %u of %u threads that wait for each other on the "
                        "device, and would itself be the hang",
                        arm->name, permits, threads);
}
