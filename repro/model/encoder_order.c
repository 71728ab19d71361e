/* AGXG16XFamilyComputeContext: the calls that order commands, or announce what they use.
 * Each reads the context, and has no other effect here: commands run one at a time, so a
 * client that forgets a barrier or a fence gets right numbers all the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/count.h"
#include "repro/model/driver.h"
#include "repro/model/fence.h"
#include "repro/model/layer.h"

MP_METHOD(void, encoder_use_resource, "-[AGXG16XFamilyComputeContext useResource:usage:]",
          struct mp_encoder *self, MP_CMD, id resource, unsigned long usage) {
    MP_LAYER_CALL(self, "useResource:usage:", true);
    (void)resource, (void)usage;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_USES_DECLARED);
}

MP_METHOD(void, encoder_use_resources,
          "-[AGXG16XFamilyComputeContext useResources:count:usage:]",
          struct mp_encoder *self, MP_CMD, const id *resources, unsigned long count,
          unsigned long usage) {
    MP_LAYER_CALL(self, "useResources:count:usage:", true);
    (void)resources, (void)count, (void)usage;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_USES_DECLARED);
}

MP_METHOD(void, encoder_use_heap, "-[AGXG16XFamilyComputeContext useHeap:]",
          struct mp_encoder *self, MP_CMD, id heap) {
    MP_LAYER_CALL(self, "useHeap:", true);
    (void)heap;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_USES_DECLARED);
}

MP_METHOD(void, encoder_barrier, "-[AGXG16XFamilyComputeContext memoryBarrierWithScope:]",
          struct mp_encoder *self, MP_CMD, unsigned long scope) {
    MP_LAYER_CALL(self, "memoryBarrierWithScope:", true);
    (void)scope;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_BARRIERS);
}

MP_METHOD(void, encoder_barrier_resources,
          "-[AGXG16XFamilyComputeContext memoryBarrierWithResources:count:]",
          struct mp_encoder *self, MP_CMD, const id *resources, unsigned long count) {
    MP_LAYER_CALL(self, "memoryBarrierWithResources:count:", true);
    (void)resources, (void)count;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_BARRIERS);
}

MP_METHOD(void, encoder_update_fence, "-[AGXG16XFamilyComputeContext updateFence:]",
          struct mp_encoder *self, MP_CMD, struct mp_fence *fence) {
    MP_LAYER_CALL(self, "updateFence:", true);
    (void)fence;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_FENCES);
}

MP_METHOD(void, encoder_wait_fence, "-[AGXG16XFamilyComputeContext waitForFence:]",
          struct mp_encoder *self, MP_CMD, struct mp_fence *fence) {
    MP_LAYER_CALL(self, "waitForFence:", true);
    (void)fence;
    mp_encoder_touch(self);
    mp_count_raise(MP_COUNT_FENCES);
}

const struct mp_method mp_encoder_order_methods[] = {
    MP_ROW("useResource:usage:", "v@:@Q", encoder_use_resource),
    MP_ROW("useResources:count:usage:", "v@:^@QQ", encoder_use_resources),
    MP_ROW("useHeap:", "v@:@", encoder_use_heap),
    MP_ROW("memoryBarrierWithScope:", "v@:Q", encoder_barrier),
    MP_ROW("memoryBarrierWithResources:count:", "v@:^@Q", encoder_barrier_resources),
    MP_ROW("updateFence:", "v@:@", encoder_update_fence),
    MP_ROW("waitForFence:", "v@:@", encoder_wait_fence),
    MP_ROWS_END,
};
