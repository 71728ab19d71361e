/* What one thread of a misuse has of its own, and the calls on it. A submission can be
 * held back by a semaphore that the host signals, so that "in flight" is no question of
 * timing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_VULKAN_MISUSE_LANE_H
#define MP_ROUND_VULKAN_MISUSE_LANE_H

#include "harness/base/clock.h"
#include "harness/round/vulkan/client.h"

#define MP_MISUSE_PATIENCE_NS (5 * MP_CLOCK_NS_PER_S) /* of one wait for the device */

struct mp_misuse_lane {
    struct mp_vulkan_device *vulkan;
    VkCommandPool pool;
    _Atomic(VkCommandBuffer) buffer;
    VkDescriptorPool sets;
    VkDescriptorSet set;
    VkSemaphore gate, done;    /* timelines: set by the host, by the device */
    uint64_t value;            /* of the newest submission, on both */
    _Atomic uint64_t steps;    /* of its thread that ended */
    uint64_t meddled;          /* steps of the thread that breaks the rule on it */
    _Atomic unsigned recorded; /* threads that are done with a shared buffer */
};

/* Fills the zeroed lane. Its set has the layout of `pipeline`. On failure what was made
 * is left for mp_misuse_lane_destroy. */
enum mp_status mp_misuse_lane_create(struct mp_misuse_lane *lane,
                                     struct mp_vulkan_device *vulkan,
                                     const struct mp_vulkan_pipeline *pipeline,
                                     struct mp_error *err);
void mp_misuse_lane_destroy(struct mp_misuse_lane *lane);

/* A new buffer in place of one that was freed. */
enum mp_status mp_misuse_lane_renew(struct mp_misuse_lane *lane, struct mp_error *err);

/* Lets the set point to these buffers and to the counter, which is last. */
void mp_misuse_lane_point(const struct mp_misuse_lane *lane,
                          struct mp_device_buffer *const *buffer, const size_t *offset,
                          unsigned count, const struct mp_device_buffer *counter);

enum mp_status mp_misuse_begin(const struct mp_vulkan_device *vulkan,
                               VkCommandBuffer buffer, struct mp_error *err);
enum mp_status mp_misuse_end(const struct mp_vulkan_device *vulkan,
                             VkCommandBuffer buffer, struct mp_error *err);
/* Records `op`, `times` over, with the set of the lane. */
void mp_misuse_record(const struct mp_misuse_lane *lane, VkCommandBuffer buffer,
                      const struct mp_vulkan_pipeline *pipeline, const struct mp_op *op,
                      unsigned times);

/* Submits the buffer, held back until mp_misuse_release. `fence` may be none. */
enum mp_status mp_misuse_submit(struct mp_misuse_lane *lane, VkCommandBuffer buffer,
                                VkFence fence, bool is_locked, struct mp_error *err);
/* Lets the device go on with the submissions of the lane. */
enum mp_status mp_misuse_release(const struct mp_misuse_lane *lane, struct mp_error *err);
/* Waits for the newest submission; MP_TIMEOUT after some seconds. */
enum mp_status mp_misuse_wait(const struct mp_misuse_lane *lane, struct mp_error *err);

#endif
