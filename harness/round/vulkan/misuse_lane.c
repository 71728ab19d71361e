/* What one thread of a misuse has of its own, and the calls on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/vulkan/misuse_lane.h"

#include <string.h>

static enum mp_status create_set(struct mp_misuse_lane *lane,
                                 const struct mp_vulkan_pipeline *pipeline,
                                 struct mp_error *err) {
    struct mp_vulkan_device *vulkan = lane->vulkan;
    const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                       .descriptorCount = MP_OP_BUFFERS_MAX + 1};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = 1,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    VkResult result =
        vulkan->vk.CreateDescriptorPool(vulkan->device, &pool, NULL, &lane->sets);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkCreateDescriptorPool", result, err);
    const VkDescriptorSetAllocateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = lane->sets,
        .descriptorSetCount = 1,
        .pSetLayouts = &pipeline->set,
    };
    result = vulkan->vk.AllocateDescriptorSets(vulkan->device, &set, &lane->set);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(vulkan, "vkAllocateDescriptorSets", result, err);
}

enum mp_status mp_misuse_lane_renew(struct mp_misuse_lane *lane, struct mp_error *err) {
    VkCommandBuffer buffer = VK_NULL_HANDLE;
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = lane->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkResult result =
        lane->vulkan->vk.AllocateCommandBuffers(lane->vulkan->device, &info, &buffer);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(lane->vulkan, "vkAllocateCommandBuffers", result, err);
    atomic_store(&lane->buffer, buffer);
    return MP_OK;
}

enum mp_status mp_misuse_lane_create(struct mp_misuse_lane *lane,
                                     struct mp_vulkan_device *vulkan,
                                     const struct mp_vulkan_pipeline *pipeline,
                                     struct mp_error *err) {
    const VkCommandPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
        .queueFamilyIndex = vulkan->family,
    };
    lane->vulkan = vulkan;
    VkResult result =
        vulkan->vk.CreateCommandPool(vulkan->device, &info, NULL, &lane->pool);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkCreateCommandPool", result, err);
    enum mp_status status = mp_misuse_lane_renew(lane, err);
    if (status == MP_OK)
        status = mp_vulkan_timeline_create(vulkan, &lane->gate, err);
    if (status == MP_OK)
        status = mp_vulkan_timeline_create(vulkan, &lane->done, err);
    if (status == MP_OK)
        status = create_set(lane, pipeline, err);
    return status;
}

void mp_misuse_lane_destroy(struct mp_misuse_lane *lane) {
    const struct mp_vulkan_device *vulkan = lane->vulkan;
    if (!vulkan)
        return;
    vulkan->vk.DestroyDescriptorPool(vulkan->device, lane->sets, NULL);
    vulkan->vk.DestroySemaphore(vulkan->device, lane->gate, NULL);
    vulkan->vk.DestroySemaphore(vulkan->device, lane->done, NULL);
    vulkan->vk.DestroyCommandPool(vulkan->device, lane->pool, NULL);
}

void mp_misuse_lane_point(const struct mp_misuse_lane *lane,
                          struct mp_device_buffer *const *buffer, const size_t *offset,
                          unsigned count, const struct mp_device_buffer *counter) {
    VkDescriptorBufferInfo place[MP_OP_BUFFERS_MAX + 1];
    VkWriteDescriptorSet write[MP_OP_BUFFERS_MAX + 1];
    for (unsigned i = 0; i <= count; i++) {
        place[i] = (VkDescriptorBufferInfo){
            .buffer = i == count ? counter->buffer : buffer[i]->buffer,
            .offset = i == count ? 0 : offset[i],
            .range = VK_WHOLE_SIZE,
        };
        write[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = lane->set,
            .dstBinding = i == count ? MP_VULKAN_COUNTER_BINDING : i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &place[i],
        };
    }
    lane->vulkan->vk.UpdateDescriptorSets(lane->vulkan->device, count + 1, write, 0,
                                          NULL);
}

enum mp_status mp_misuse_begin(const struct mp_vulkan_device *vulkan,
                               VkCommandBuffer buffer, struct mp_error *err) {
    static const VkCommandBufferBeginInfo again = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkResult result = vulkan->vk.BeginCommandBuffer(buffer, &again);
    if (result == VK_SUCCESS)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE, "vkBeginCommandBuffer returned VkResult %d",
                        (int)result);
}

enum mp_status mp_misuse_end(const struct mp_vulkan_device *vulkan,
                             VkCommandBuffer buffer, struct mp_error *err) {
    VkResult result = vulkan->vk.EndCommandBuffer(buffer);
    if (result == VK_SUCCESS)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE, "vkEndCommandBuffer returned VkResult %d",
                        (int)result);
}

void mp_misuse_record(const struct mp_misuse_lane *lane, VkCommandBuffer buffer,
                      const struct mp_vulkan_pipeline *pipeline, const struct mp_op *op,
                      unsigned times) {
    static const VkMemoryBarrier to_all = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_HOST_READ_BIT,
    };
    const struct mp_vulkan_calls *vk = &lane->vulkan->vk;
    for (unsigned i = 0; i < times; i++) {
        vk->CmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->pipeline);
        vk->CmdBindDescriptorSets(buffer, VK_PIPELINE_BIND_POINT_COMPUTE,
                                  pipeline->layout, 0, 1, &lane->set, 0, NULL);
        if (op->kernel->constants_len > 0)
            vk->CmdPushConstants(buffer, pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                 (uint32_t)op->kernel->constants_len, op->constants);
        vk->CmdDispatch(buffer, (op->grid[0] + op->group[0] - 1) / op->group[0],
                        (op->grid[1] + op->group[1] - 1) / op->group[1], 1);
        vk->CmdPipelineBarrier(buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                               VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT |
                                   VK_PIPELINE_STAGE_HOST_BIT,
                               0, 1, &to_all, 0, NULL, 0, NULL);
    }
}

enum mp_status mp_misuse_submit(struct mp_misuse_lane *lane, VkCommandBuffer buffer,
                                VkFence fence, bool is_locked, struct mp_error *err) {
    static const VkPipelineStageFlags at = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
    struct mp_vulkan_queue *queue = &lane->vulkan->queue[0];
    const uint64_t value = lane->value + 1;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .waitSemaphoreValueCount = 1,
        .pWaitSemaphoreValues = &value,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &values,
        .waitSemaphoreCount = 1,
        .pWaitSemaphores = &lane->gate,
        .pWaitDstStageMask = &at,
        .commandBufferCount = 1,
        .pCommandBuffers = &buffer,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &lane->done,
    };
    if (is_locked)
        pthread_mutex_lock(&queue->lock);
    VkResult result = lane->vulkan->vk.QueueSubmit(queue->queue, 1, &info, fence);
    if (is_locked)
        pthread_mutex_unlock(&queue->lock);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(lane->vulkan, "vkQueueSubmit", result, err);
    lane->value = value;
    return MP_OK;
}

enum mp_status mp_misuse_release(const struct mp_misuse_lane *lane,
                                 struct mp_error *err) {
    const VkSemaphoreSignalInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
        .semaphore = lane->gate,
        .value = lane->value,
    };
    VkResult result = lane->vulkan->vk.SignalSemaphore(lane->vulkan->device, &info);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(lane->vulkan, "vkSignalSemaphore", result, err);
}

enum mp_status mp_misuse_wait(const struct mp_misuse_lane *lane, struct mp_error *err) {
    const VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &lane->done,
        .pValues = &lane->value,
    };
    VkResult result = lane->vulkan->vk.WaitSemaphores(lane->vulkan->device, &info,
                                                      MP_MISUSE_PATIENCE_NS);
    if (result == VK_TIMEOUT)
        return mp_error_set(
            err, MP_TIMEOUT, "a submission was not done within %llu s",
            (unsigned long long)(MP_MISUSE_PATIENCE_NS / MP_CLOCK_NS_PER_S));
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(lane->vulkan, "vkWaitSemaphores", result, err);
}
