/* A stream of the Vulkan client: a share of a queue, at most one command buffer that is
 * being recorded, those that were ended, and those that were submitted and not yet seen
 * to be done. The timeline semaphore counts submissions. Holds no lock while an op is
 * recorded: see client.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/round/vulkan/client.h"

/* Command buffers of one submission that need no memory of their own. */
#define ROW_FEW 32
/* Of a stream that is destroyed: more than any scenario leaves undone. */
#define LAST_WAIT_NS (30 * MP_CLOCK_NS_PER_S)

/* A command buffer with a pool of its own, so that two streams never share one. */
struct recorder {
    struct recorder *next;
    VkCommandPool pool;
    VkCommandBuffer buffer;
    uint64_t value; /* of the semaphore, once the device is done with it */
};

/* Recorders in the order in which they were added. */
struct row {
    struct recorder *first, *last;
    uint32_t count;
};

struct mp_device_stream {
    struct mp_vulkan_device *device;
    unsigned index;
    struct mp_vulkan_queue *queue;
    struct mp_device_buffer *counter; /* one word: ops that the device executed */
    VkSemaphore semaphore;
    /* Held from taking the ended buffers to their submission, so that the values of the
     * semaphore go to the queue in their order. Taken before `lock`. */
    pthread_mutex_t submit;
    pthread_mutex_t lock;      /* guards all below */
    struct recorder *recorder; /* is being recorded, or NULL */
    struct row ended, pending, idle;
    uint64_t submitted; /* value of the newest submission */
    char failure[256];  /* why the first failed submission or wait failed, or "" */
};

static void append(struct row *row, struct recorder *recorder) {
    recorder->next = NULL;
    if (row->last)
        row->last->next = recorder;
    else
        row->first = recorder;
    row->last = recorder;
    row->count++;
}

static struct recorder *take_first(struct row *row) {
    struct recorder *recorder = row->first;
    if (recorder) {
        row->first = recorder->next;
        if (!row->first)
            row->last = NULL;
        row->count--;
    }
    return recorder;
}

enum mp_status mp_vulkan_timeline_create(struct mp_vulkan_device *vulkan,
                                         VkSemaphore *ret_semaphore,
                                         struct mp_error *err) {
    const VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    const VkSemaphoreCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = &type,
    };
    VkResult result =
        vulkan->vk.CreateSemaphore(vulkan->device, &info, NULL, ret_semaphore);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkCreateSemaphore", result, err);
    return MP_OK;
}

enum mp_status mp_vulkan_stream_create(struct mp_device *device, unsigned index,
                                       struct mp_device_stream **ret_stream,
                                       struct mp_error *err) {
    struct mp_vulkan_device *vulkan = (struct mp_vulkan_device *)(void *)device;
    struct mp_device_buffer *counter = NULL;
    VkSemaphore semaphore = VK_NULL_HANDLE;
    enum mp_status status =
        mp_vulkan_buffer_create(device, sizeof(_Atomic uint32_t), &counter, err);
    if (status != MP_OK)
        return status;
    atomic_store((_Atomic uint32_t *)counter->contents, 0);
    status = mp_vulkan_timeline_create(vulkan, &semaphore, err);
    if (status != MP_OK) {
        mp_vulkan_buffer_destroy(device, counter);
        return status;
    }
    struct mp_device_stream *stream = mp_memory_zeroed(1, sizeof(*stream));
    stream->device = vulkan;
    stream->index = index;
    stream->queue = &vulkan->queue[index % vulkan->queue_count];
    stream->counter = counter;
    stream->semaphore = semaphore;
    pthread_mutex_init(&stream->submit, NULL);
    pthread_mutex_init(&stream->lock, NULL);
    *ret_stream = stream;
    return MP_OK;
}

static void destroy_row(const struct mp_vulkan_device *vulkan, struct row *row) {
    for (struct recorder *recorder; (recorder = take_first(row)) != NULL;) {
        vulkan->vk.DestroyCommandPool(vulkan->device, recorder->pool, NULL);
        free(recorder);
    }
}

/* Waits for what this stream submitted, and for nothing of the others. It is not
 * vkDeviceWaitIdle, which asks of its caller that no thread uses any queue meanwhile
 * (Vulkan 1.3, section 3.6): beside their vkQueueSubmit, NVIDIA's driver 580.159.04
 * wrote through NULL. False if the work is not done in time. */
static bool is_done(struct mp_device_stream *stream) {
    struct mp_error ignored;
    return stream->pending.first == NULL ||
           mp_vulkan_wait(stream, mp_clock_now_ns() + LAST_WAIT_NS, &ignored) !=
               MP_TIMEOUT;
}

void mp_vulkan_stream_destroy(struct mp_device *device, struct mp_device_stream *stream) {
    const struct mp_vulkan_device *vulkan = stream->device;
    if (!is_done(stream))
        return; /* the device still uses all of it, and may do so as long as it likes */
    if (stream->recorder)
        append(&stream->idle, stream->recorder);
    destroy_row(vulkan, &stream->ended);
    destroy_row(vulkan, &stream->pending);
    destroy_row(vulkan, &stream->idle);
    vulkan->vk.DestroySemaphore(vulkan->device, stream->semaphore, NULL);
    mp_vulkan_buffer_destroy(device, stream->counter);
    pthread_mutex_destroy(&stream->lock);
    pthread_mutex_destroy(&stream->submit);
    free(stream);
}

static enum mp_status create_recorder(struct mp_device_stream *stream,
                                      struct recorder **ret_recorder,
                                      struct mp_error *err) {
    struct mp_vulkan_device *vulkan = stream->device;
    struct recorder *recorder = mp_memory_zeroed(1, sizeof(*recorder));
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = vulkan->family,
    };
    VkResult result =
        vulkan->vk.CreateCommandPool(vulkan->device, &pool, NULL, &recorder->pool);
    if (result == VK_SUCCESS) {
        const VkCommandBufferAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
            .commandPool = recorder->pool,
            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
            .commandBufferCount = 1,
        };
        result =
            vulkan->vk.AllocateCommandBuffers(vulkan->device, &info, &recorder->buffer);
    }
    if (result == VK_SUCCESS) {
        *ret_recorder = recorder;
        return MP_OK;
    }
    vulkan->vk.DestroyCommandPool(vulkan->device, recorder->pool, NULL);
    free(recorder);
    return mp_vulkan_fail(vulkan, "making a command buffer", result, err);
}

/* Ends the buffer being recorded, if any. What its ops wrote is made visible to the host.
 * The caller holds the lock. */
static enum mp_status end_locked(struct mp_device_stream *stream, struct mp_error *err) {
    static const VkMemoryBarrier to_host = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };
    const struct mp_vulkan_calls *vk = &stream->device->vk;
    struct recorder *recorder = stream->recorder;
    if (!recorder)
        return MP_OK;
    stream->recorder = NULL;
    append(&stream->ended, recorder);
    vk->CmdPipelineBarrier(recorder->buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                           VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
    VkResult result = vk->EndCommandBuffer(recorder->buffer);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(stream->device, "vkEndCommandBuffer", result, err);
}

/* The command buffer to record into; opens one where there is none. */
static enum mp_status take_buffer(struct mp_device_stream *stream, bool fresh,
                                  VkCommandBuffer *ret_buffer, struct mp_error *err) {
    static const VkCommandBufferBeginInfo once = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    enum mp_status status = MP_OK;
    pthread_mutex_lock(&stream->lock);
    if (fresh)
        status = end_locked(stream, err);
    if (status == MP_OK && !stream->recorder) {
        struct recorder *recorder = take_first(&stream->idle);
        if (!recorder)
            status = create_recorder(stream, &recorder, err);
        VkResult result =
            status == MP_OK
                ? stream->device->vk.BeginCommandBuffer(recorder->buffer, &once)
                : VK_SUCCESS;
        if (status == MP_OK)
            stream->recorder = recorder;
        if (result != VK_SUCCESS)
            status = mp_vulkan_fail(stream->device, "vkBeginCommandBuffer", result, err);
    }
    if (status == MP_OK)
        *ret_buffer = stream->recorder->buffer;
    pthread_mutex_unlock(&stream->lock);
    return status;
}

static void push_buffers(const struct mp_device_stream *stream, VkCommandBuffer buffer,
                         VkPipelineLayout layout, const struct mp_op *op) {
    const unsigned count = op->kernel->buffer_count;
    VkDescriptorBufferInfo place[MP_OP_BUFFERS_MAX + 1];
    VkWriteDescriptorSet write[MP_OP_BUFFERS_MAX + 1];
    for (unsigned i = 0; i <= count; i++) {
        bool is_counter = i == count;
        place[i] = (VkDescriptorBufferInfo){
            .buffer = is_counter ? stream->counter->buffer : op->buffer[i]->buffer,
            .offset = is_counter ? 0 : op->offset[i],
            .range = VK_WHOLE_SIZE,
        };
        write[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstBinding = is_counter ? MP_VULKAN_COUNTER_BINDING : i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &place[i],
        };
    }
    stream->device->vk.CmdPushDescriptorSetKHR(buffer, VK_PIPELINE_BIND_POINT_COMPUTE,
                                               layout, 0, count + 1, write);
}

/* Later ops of the stream see what this one writes. */
static void record_op(const struct mp_device_stream *stream, VkCommandBuffer buffer,
                      const struct mp_vulkan_pipeline *pipeline, const uint32_t groups[3],
                      const struct mp_op *op) {
    static const VkMemoryBarrier in_order = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
    };
    const struct mp_vulkan_calls *vk = &stream->device->vk;
    mp_op_reach(op, MP_POINT_TAKEN);
    vk->CmdBindPipeline(buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->pipeline);
    mp_op_reach(op, MP_POINT_PIPELINE);
    push_buffers(stream, buffer, pipeline->layout, op);
    if (op->kernel->constants_len > 0)
        vk->CmdPushConstants(buffer, pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                             (uint32_t)op->kernel->constants_len, op->constants);
    mp_op_reach(op, MP_POINT_BOUND);
    vk->CmdDispatch(buffer, groups[0], groups[1], groups[2]);
    vk->CmdPipelineBarrier(buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                           VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &in_order, 0, NULL,
                           0, NULL);
}

/* Vulkan takes grids in groups: the last may have threads beyond the grid, which our
 * kernels let go. */
static enum mp_status count_groups(const struct mp_device_stream *stream,
                                   const struct mp_op *op, uint32_t ret_groups[3],
                                   struct mp_error *err) {
    const uint32_t *most = stream->device->properties.limits.maxComputeWorkGroupCount;
    for (unsigned i = 0; i < 3; i++) {
        ret_groups[i] = op->grid[i];
        if (!op->by_group)
            ret_groups[i] =
                (uint32_t)(((uint64_t)op->grid[i] + op->group[i] - 1) / op->group[i]);
        if (ret_groups[i] > most[i])
            return mp_error_set(err, MP_LIMIT,
                                "kernel %s: it asks for %u groups, but this device "
                                "takes at most %u; choose a smaller shape",
                                op->kernel->name, ret_groups[i], most[i]);
    }
    return MP_OK;
}

enum mp_status mp_vulkan_encode(struct mp_device_stream *stream, const struct mp_op *op,
                                struct mp_error *err) {
    const struct mp_vulkan_pipeline *pipeline =
        mp_vulkan_pipeline_find(stream->device, op->kernel, op->group);
    VkCommandBuffer buffer = VK_NULL_HANDLE;
    uint32_t groups[3] = {0};
    if (!pipeline)
        return mp_error_set(err, MP_USAGE,
                            "kernel %s is encoded but was never loaded for groups of %u "
                            "x %u x %u threads",
                            op->kernel->name, op->group[0], op->group[1], op->group[2]);
    enum mp_status status = count_groups(stream, op, groups, err);
    if (status == MP_OK)
        status = take_buffer(stream, op->fresh_encoder || op->by_graph, &buffer, err);
    if (status == MP_OK)
        record_op(stream, buffer, pipeline, groups, op);
    if (status == MP_OK && op->by_graph)
        status = mp_vulkan_end(stream, err);
    return status;
}

enum mp_status mp_vulkan_end(struct mp_device_stream *stream, struct mp_error *err) {
    pthread_mutex_lock(&stream->lock);
    enum mp_status status = end_locked(stream, err);
    pthread_mutex_unlock(&stream->lock);
    return status;
}

/* Submits the `row`, which is not empty, as one batch that ends with `value`. */
static VkResult submit(const struct mp_device_stream *stream, const struct row *row,
                       uint64_t value) {
    const struct mp_vulkan_device *vulkan = stream->device;
    VkCommandBuffer few[ROW_FEW], *buffers = few;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &values,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &stream->semaphore,
    };
    if (row->count > ROW_FEW)
        buffers = mp_memory_zeroed(row->count, sizeof(VkCommandBuffer));
    for (const struct recorder *at = row->first; at; at = at->next)
        buffers[info.commandBufferCount++] = at->buffer;
    info.pCommandBuffers = buffers;
    pthread_mutex_lock(&stream->queue->lock);
    VkResult result =
        vulkan->vk.QueueSubmit(stream->queue->queue, 1, &info, VK_NULL_HANDLE);
    pthread_mutex_unlock(&stream->queue->lock);
    if (buffers != few)
        free(buffers);
    return result;
}

static void note_failure(struct mp_device_stream *stream, const struct mp_error *err) {
    if (!stream->failure[0])
        snprintf(stream->failure, sizeof(stream->failure), "stream %u: %.200s",
                 stream->index, err->text);
}

enum mp_status mp_vulkan_commit(struct mp_device_stream *stream, struct mp_error *err) {
    struct row taken;
    uint64_t value;
    pthread_mutex_lock(&stream->submit);
    pthread_mutex_lock(&stream->lock);
    enum mp_status status = end_locked(stream, err);
    taken = stream->ended;
    stream->ended = (struct row){0};
    value = stream->submitted + 1;
    pthread_mutex_unlock(&stream->lock);
    if (taken.count > 0) {
        VkResult result = submit(stream, &taken, value);
        pthread_mutex_lock(&stream->lock);
        if (result == VK_SUCCESS) {
            stream->submitted = value;
        } else {
            status = mp_vulkan_fail(stream->device, "vkQueueSubmit", result, err);
            note_failure(stream, err);
        }
        for (struct recorder *at; (at = take_first(&taken)) != NULL;) {
            at->value = value;
            append(&stream->pending, at);
        }
        pthread_mutex_unlock(&stream->lock);
    }
    pthread_mutex_unlock(&stream->submit);
    return status;
}

/* Makes buffers ready to be recorded again: those of submissions up to `done`, which the
 * semaphore has reached. The caller holds the lock. */
static void recycle_locked(struct mp_device_stream *stream, uint64_t done) {
    const struct mp_vulkan_device *vulkan = stream->device;
    VkResult result = VK_SUCCESS;
    while (result == VK_SUCCESS && stream->pending.first &&
           stream->pending.first->value <= done) {
        struct recorder *recorder = take_first(&stream->pending);
        result = vulkan->vk.ResetCommandPool(vulkan->device, recorder->pool, 0);
        append(&stream->idle, recorder);
    }
}

enum mp_status mp_vulkan_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                              struct mp_error *err) {
    struct mp_vulkan_device *vulkan = stream->device;
    uint64_t now_ns = mp_clock_now_ns();
    enum mp_status status = MP_OK;
    pthread_mutex_lock(&stream->lock);
    const uint64_t value = stream->submitted;
    pthread_mutex_unlock(&stream->lock);
    const VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &stream->semaphore,
        .pValues = &value,
    };
    VkResult result = vulkan->vk.WaitSemaphores(
        vulkan->device, &info, deadline_ns > now_ns ? deadline_ns - now_ns : 0);
    if (result == VK_TIMEOUT)
        return mp_error_set(err, MP_TIMEOUT,
                            "submission %llu of stream %u was not done at the deadline "
                            "of its wait",
                            (unsigned long long)value, stream->index);
    pthread_mutex_lock(&stream->lock);
    if (result != VK_SUCCESS) {
        mp_vulkan_fail(vulkan, "vkWaitSemaphores", result, err);
        note_failure(stream, err);
    } else {
        recycle_locked(stream, value);
    }
    if (stream->failure[0])
        status = mp_error_set(err, MP_DEVICE, "%s", stream->failure);
    pthread_mutex_unlock(&stream->lock);
    return status;
}

enum mp_stream_state mp_vulkan_state(struct mp_device_stream *stream) {
    const struct mp_vulkan_device *vulkan = stream->device;
    enum mp_stream_state state = MP_STREAM_IDLE;
    uint64_t done = 0;
    pthread_mutex_lock(&stream->lock);
    if (vulkan->vk.GetSemaphoreCounterValue(vulkan->device, stream->semaphore, &done) ==
        VK_SUCCESS)
        recycle_locked(stream, done);
    if (stream->failure[0] || atomic_load(&vulkan->is_lost))
        state = MP_STREAM_FAILED;
    else if (stream->recorder || stream->ended.count + stream->pending.count > 0)
        state = MP_STREAM_BUSY;
    pthread_mutex_unlock(&stream->lock);
    return state;
}

uint64_t mp_vulkan_ops_executed(struct mp_device_stream *stream) {
    return atomic_load((_Atomic uint32_t *)stream->counter->contents);
}
