/* Rules of Vulkan, broken on purpose: what misuse.def lists. Threads work in pairs where
 * it takes two: the odd one breaks the rule on the lane of the even one, which records.
 * Within the rule (`is_lawful`) the same calls are made under a lock, or after the device
 * is done.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/round/vulkan/misuse_lane.h"

#define RECORDED 64   /* dispatches of a step in a buffer that two threads share */
#define HELD     1024 /* the same if it is only recorded: long enough to be met inside */
#define SETS     32   /* taken and given back in a step */

struct mp_misuse {
    struct mp_vulkan_device *vulkan; /* the round's, or `own` */
    struct mp_vulkan_device own;     /* for the device that is destroyed */
    size_t kind;                     /* place in misuse.def */
    bool is_lawful;
    unsigned threads;
    struct mp_vulkan_pipeline pipeline;
    struct mp_device_buffer *counter, *decoy;
    VkDescriptorPool sets;   /* of all threads */
    unsigned per_step;       /* executions of the kernel by a step that has an output */
    _Atomic uint64_t silent; /* steps that have none */
    atomic_bool is_over;     /* a step failed, or the device is gone */
    pthread_mutex_t lock;    /* taken within the rule */
    struct mp_misuse_lane lane[];
};

/* A step of one thread. */
struct turn {
    struct mp_misuse *misuse;
    struct mp_misuse_lane *lane; /* of the pair, or the thread's own */
    bool is_odd;                 /* the first of its pair */
    const struct mp_op *op;
    bool *has_output;
};

typedef enum mp_status step_function(struct turn *turn, struct mp_error *err);

static void lock(const struct turn *turn) {
    if (turn->misuse->is_lawful)
        pthread_mutex_lock(&turn->misuse->lock);
}

static void unlock(const struct turn *turn) {
    if (turn->misuse->is_lawful)
        pthread_mutex_unlock(&turn->misuse->lock);
}

/* Records, and submits nothing. */
static enum mp_status record_only(struct turn *turn, struct mp_error *err) {
    struct mp_misuse *misuse = turn->misuse;
    lock(turn);
    VkCommandBuffer buffer = atomic_load(&turn->lane->buffer);
    enum mp_status status = mp_misuse_begin(misuse->vulkan, buffer, err);
    if (status == MP_OK) {
        mp_misuse_record(turn->lane, buffer, &misuse->pipeline, turn->op, HELD);
        status = mp_misuse_end(misuse->vulkan, buffer, err);
    }
    unlock(turn);
    atomic_fetch_add(&turn->lane->steps, 1);
    return status;
}

/* The odd thread breaks the rule over and over, until the even one has taken as many
 * steps. */
static enum mp_status meddle(struct turn *turn, step_function *breaks,
                             step_function *partner, struct mp_error *err) {
    const struct mp_misuse *misuse = turn->misuse;
    enum mp_status status = MP_OK;
    if (!turn->is_odd)
        return partner(turn, err);
    turn->lane->meddled++;
    do {
        lock(turn);
        status = breaks(turn, err);
        unlock(turn);
        sched_yield();
    } while (status == MP_OK && !atomic_load(&misuse->is_over) &&
             atomic_load(&turn->lane->steps) < turn->lane->meddled);
    return status;
}

static enum mp_status reset_buffer(struct turn *turn, struct mp_error *err) {
    const struct mp_vulkan_calls *vk = &turn->misuse->vulkan->vk;
    VkResult result = vk->ResetCommandBuffer(atomic_load(&turn->lane->buffer), 0);
    return result == VK_SUCCESS ? MP_OK
                                : mp_vulkan_fail(turn->misuse->vulkan,
                                                 "vkResetCommandBuffer", result, err);
}

static enum mp_status free_buffer(struct turn *turn, struct mp_error *err) {
    const struct mp_vulkan_device *vulkan = turn->misuse->vulkan;
    VkCommandBuffer buffer = atomic_load(&turn->lane->buffer);
    vulkan->vk.FreeCommandBuffers(vulkan->device, turn->lane->pool, 1, &buffer);
    return mp_misuse_lane_renew(turn->lane, err);
}

static enum mp_status reset_pool(struct turn *turn, struct mp_error *err) {
    struct mp_vulkan_device *vulkan = turn->misuse->vulkan;
    VkResult result = vulkan->vk.ResetCommandPool(vulkan->device, turn->lane->pool, 0);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(vulkan, "vkResetCommandPool", result, err);
}

static enum mp_status step_reset_recorded(struct turn *turn, struct mp_error *err) {
    return meddle(turn, reset_buffer, record_only, err);
}

static enum mp_status step_free_recorded(struct turn *turn, struct mp_error *err) {
    return meddle(turn, free_buffer, record_only, err);
}

static enum mp_status step_pool_reset_recorded(struct turn *turn, struct mp_error *err) {
    return meddle(turn, reset_pool, record_only, err);
}

/* Submits what was recorded, lets it run and waits for it. */
static enum mp_status run_to_end(struct turn *turn, struct mp_error *err) {
    enum mp_status status = mp_misuse_submit(turn->lane, atomic_load(&turn->lane->buffer),
                                             VK_NULL_HANDLE, true, err);
    if (status == MP_OK)
        status = mp_misuse_release(turn->lane, err);
    if (status == MP_OK)
        status = mp_misuse_wait(turn->lane, err);
    return status;
}

static enum mp_status record_and_run(struct turn *turn, struct mp_error *err) {
    const struct mp_misuse *misuse = turn->misuse;
    lock(turn);
    VkCommandBuffer buffer = atomic_load(&turn->lane->buffer);
    mp_misuse_lane_point(turn->lane, turn->op->buffer, turn->op->offset,
                         turn->op->kernel->buffer_count, misuse->counter);
    enum mp_status status = mp_misuse_begin(misuse->vulkan, buffer, err);
    if (status == MP_OK) {
        mp_misuse_record(turn->lane, buffer, &misuse->pipeline, turn->op, RECORDED);
        status = mp_misuse_end(misuse->vulkan, buffer, err);
    }
    if (status == MP_OK)
        status = run_to_end(turn, err);
    unlock(turn);
    *turn->has_output = true;
    atomic_fetch_add(&turn->lane->steps, 1);
    return status;
}

/* Within the rule a buffer of its own making: begun, ended and submitted. */
static enum mp_status end_and_submit(struct turn *turn, struct mp_error *err) {
    const struct mp_misuse *misuse = turn->misuse;
    VkCommandBuffer buffer = atomic_load(&turn->lane->buffer);
    enum mp_status status = MP_OK;
    if (misuse->is_lawful)
        status = mp_misuse_begin(misuse->vulkan, buffer, err);
    if (status == MP_OK)
        status = mp_misuse_end(misuse->vulkan, buffer, err);
    return status == MP_OK ? run_to_end(turn, err) : status;
}

static enum mp_status step_submit_recorded(struct turn *turn, struct mp_error *err) {
    return meddle(turn, end_and_submit, record_and_run, err);
}

/* Waits until the other of the pair has come so far. */
static void await(const struct turn *turn, unsigned recorded) {
    while (atomic_load(&turn->lane->recorded) < recorded &&
           !atomic_load(&turn->misuse->is_over))
        sched_yield();
}

/* The odd one begins, both record, the odd one ends and submits: a count of 1 to 4 says
 * how far they are. */
static enum mp_status step_two_recorders(struct turn *turn, struct mp_error *err) {
    const struct mp_misuse *misuse = turn->misuse;
    struct mp_misuse_lane *lane = turn->lane;
    VkCommandBuffer buffer = atomic_load(&lane->buffer);
    const unsigned start = (unsigned)atomic_load(&lane->steps) * 4;
    enum mp_status status = MP_OK;
    if (turn->is_odd) {
        mp_misuse_lane_point(lane, turn->op->buffer, turn->op->offset,
                             turn->op->kernel->buffer_count, misuse->counter);
        status = mp_misuse_begin(misuse->vulkan, buffer, err);
        if (status != MP_OK)
            return status;
        atomic_fetch_add(&lane->recorded, 1);
    }
    await(turn, start + 1);
    lock(turn);
    mp_misuse_record(lane, buffer, &misuse->pipeline, turn->op, RECORDED);
    unlock(turn);
    atomic_fetch_add(&lane->recorded, 1);
    if (turn->is_odd) {
        await(turn, start + 3);
        status = mp_misuse_end(misuse->vulkan, buffer, err);
        if (status == MP_OK)
            status = run_to_end(turn, err);
        *turn->has_output = true;
        atomic_fetch_add(&lane->steps, 1);
        atomic_fetch_add(&lane->recorded, 1);
    }
    await(turn, start + 4);
    return status;
}

/* What is done to a submission, before the device has executed it or after. */
typedef enum mp_status break_function(struct turn *turn, void *object,
                                      struct mp_error *err);

/* One op of the lane, whose buffer holds it already. */
static enum mp_status fly(struct turn *turn, VkFence fence, break_function *breaks,
                          void *object, struct mp_error *err) {
    const bool is_lawful = turn->misuse->is_lawful;
    enum mp_status status =
        mp_misuse_submit(turn->lane, atomic_load(&turn->lane->buffer), fence, true, err);
    if (status == MP_OK && !is_lawful)
        status = breaks(turn, object, err);
    if (status == MP_OK)
        status = mp_misuse_release(turn->lane, err);
    if (status == MP_OK)
        status = mp_misuse_wait(turn->lane, err);
    if (status == MP_OK && is_lawful)
        status = breaks(turn, object, err);
    *turn->has_output = true;
    return status;
}

static enum mp_status record_one(struct turn *turn,
                                 struct mp_device_buffer *const *buffer,
                                 const struct mp_vulkan_pipeline *pipeline,
                                 struct mp_error *err) {
    const struct mp_misuse *misuse = turn->misuse;
    VkCommandBuffer commands = atomic_load(&turn->lane->buffer);
    mp_misuse_lane_point(turn->lane, buffer, turn->op->offset,
                         turn->op->kernel->buffer_count, misuse->counter);
    enum mp_status status = mp_misuse_begin(misuse->vulkan, commands, err);
    if (status != MP_OK)
        return status;
    mp_misuse_record(turn->lane, commands, pipeline, turn->op, 1);
    return mp_misuse_end(misuse->vulkan, commands, err);
}

static enum mp_status free_flying(struct turn *turn, void *object, struct mp_error *err) {
    (void)object;
    return free_buffer(turn, err);
}

static enum mp_status step_free_in_flight(struct turn *turn, struct mp_error *err) {
    enum mp_status status =
        record_one(turn, turn->op->buffer, &turn->misuse->pipeline, err);
    return status == MP_OK ? fly(turn, VK_NULL_HANDLE, free_flying, NULL, err) : status;
}

static enum mp_status destroy_buffer(struct turn *turn, void *object,
                                     struct mp_error *err) {
    (void)err;
    mp_vulkan_buffer_destroy(&turn->misuse->vulkan->base, object);
    return MP_OK;
}

/* The first input is read from a copy, which is freed. */
static enum mp_status step_buffer_in_flight(struct turn *turn, struct mp_error *err) {
    struct mp_device_buffer *buffer[MP_OP_BUFFERS_MAX], *copy = NULL;
    const struct mp_op *op = turn->op;
    for (unsigned i = 0; i < op->kernel->buffer_count; i++)
        buffer[i] = op->buffer[i];
    enum mp_status status = mp_vulkan_buffer_create(&turn->misuse->vulkan->base,
                                                    op->buffer[0]->size, &copy, err);
    if (status != MP_OK)
        return status;
    memcpy(copy->contents, op->buffer[0]->contents, op->buffer[0]->size);
    buffer[0] = copy;
    status = record_one(turn, buffer, &turn->misuse->pipeline, err);
    return status == MP_OK ? fly(turn, VK_NULL_HANDLE, destroy_buffer, copy, err)
                           : status;
}

static enum mp_status destroy_pipeline(struct turn *turn, void *object,
                                       struct mp_error *err) {
    (void)err;
    mp_vulkan_pipeline_destroy(turn->misuse->vulkan, object);
    return MP_OK;
}

/* A pipeline of its own, with layouts as the shared one has them. */
static enum mp_status step_pipeline_in_flight(struct turn *turn, struct mp_error *err) {
    struct mp_vulkan_pipeline made;
    enum mp_status status = mp_vulkan_pipeline_make(
        turn->misuse->vulkan, turn->op->kernel, turn->op->group, 0, &made, err);
    if (status == MP_OK)
        status = record_one(turn, turn->op->buffer, &made, err);
    return status == MP_OK ? fly(turn, VK_NULL_HANDLE, destroy_pipeline, &made, err)
                           : status;
}

/* The output goes elsewhere. */
static enum mp_status redirect(struct turn *turn, void *object, struct mp_error *err) {
    struct mp_device_buffer *buffer[MP_OP_BUFFERS_MAX];
    const unsigned count = turn->op->kernel->buffer_count;
    (void)object;
    (void)err;
    for (unsigned i = 0; i < count; i++)
        buffer[i] = i + 1 < count ? turn->op->buffer[i] : turn->misuse->decoy;
    mp_misuse_lane_point(turn->lane, buffer, turn->op->offset, count,
                         turn->misuse->counter);
    return MP_OK;
}

static enum mp_status step_set_in_flight(struct turn *turn, struct mp_error *err) {
    enum mp_status status =
        record_one(turn, turn->op->buffer, &turn->misuse->pipeline, err);
    return status == MP_OK ? fly(turn, VK_NULL_HANDLE, redirect, NULL, err) : status;
}

static enum mp_status create_fence(struct mp_vulkan_device *vulkan, VkFence *ret_fence,
                                   struct mp_error *err) {
    static const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkResult result = vulkan->vk.CreateFence(vulkan->device, &info, NULL, ret_fence);
    return result == VK_SUCCESS ? MP_OK
                                : mp_vulkan_fail(vulkan, "vkCreateFence", result, err);
}

/* Makes another one in its place, with which nothing is submitted. The semaphore may be
 * signalled a moment before the fence, so the twin waits for that too. */
static enum mp_status replace_fence(struct turn *turn, void *object,
                                    struct mp_error *err) {
    struct mp_vulkan_device *vulkan = turn->misuse->vulkan;
    VkFence *fence = object;
    VkResult result = VK_SUCCESS;
    if (turn->misuse->is_lawful)
        result = vulkan->vk.WaitForFences(vulkan->device, 1, fence, VK_TRUE,
                                          MP_MISUSE_PATIENCE_NS);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkWaitForFences", result, err);
    vulkan->vk.DestroyFence(vulkan->device, *fence, NULL);
    *fence = VK_NULL_HANDLE;
    return create_fence(vulkan, fence, err);
}

static enum mp_status step_fence_in_flight(struct turn *turn, struct mp_error *err) {
    struct mp_vulkan_device *vulkan = turn->misuse->vulkan;
    VkFence fence = VK_NULL_HANDLE;
    enum mp_status status = create_fence(vulkan, &fence, err);
    if (status == MP_OK)
        status = record_one(turn, turn->op->buffer, &turn->misuse->pipeline, err);
    if (status == MP_OK)
        status = fly(turn, fence, replace_fence, &fence, err);
    if (status == MP_OK &&
        vulkan->vk.GetFenceStatus(vulkan->device, fence) != VK_NOT_READY)
        status =
            mp_error_set(err, MP_DEVICE, "a fence that was never submitted is signalled");
    vulkan->vk.DestroyFence(vulkan->device, fence, NULL);
    return status;
}

static enum mp_status step_descriptor_pool_unlocked(struct turn *turn,
                                                    struct mp_error *err) {
    struct mp_misuse *misuse = turn->misuse;
    struct mp_vulkan_device *vulkan = misuse->vulkan;
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = misuse->sets,
        .descriptorSetCount = 1,
        .pSetLayouts = &misuse->pipeline.set,
    };
    VkResult result = VK_SUCCESS;
    for (unsigned i = 0; result == VK_SUCCESS && i < SETS; i++) {
        VkDescriptorSet set = VK_NULL_HANDLE;
        lock(turn);
        result = vulkan->vk.AllocateDescriptorSets(vulkan->device, &info, &set);
        unlock(turn);
        lock(turn);
        if (result == VK_SUCCESS)
            result = vulkan->vk.FreeDescriptorSets(vulkan->device, misuse->sets, 1, &set);
        unlock(turn);
    }
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(vulkan, "vkAllocateDescriptorSets", result, err);
}

/* The buffers of all lanes are of one pool. */
static enum mp_status step_command_pool_unlocked(struct turn *turn,
                                                 struct mp_error *err) {
    return record_only(turn, err);
}

static enum mp_status step_queue_unlocked(struct turn *turn, struct mp_error *err) {
    enum mp_status status =
        record_one(turn, turn->op->buffer, &turn->misuse->pipeline, err);
    if (status == MP_OK)
        status = mp_misuse_submit(turn->lane, atomic_load(&turn->lane->buffer),
                                  VK_NULL_HANDLE, turn->misuse->is_lawful, err);
    if (status == MP_OK)
        status = mp_misuse_release(turn->lane, err);
    if (status == MP_OK)
        status = mp_misuse_wait(turn->lane, err);
    *turn->has_output = true;
    return status;
}

static void destroy_objects(struct mp_misuse *misuse) {
    struct mp_vulkan_device *vulkan = misuse->vulkan;
    for (unsigned i = 0; i < misuse->threads; i++)
        mp_misuse_lane_destroy(&misuse->lane[i]);
    if (misuse->counter)
        mp_vulkan_buffer_destroy(&vulkan->base, misuse->counter);
    if (misuse->decoy)
        mp_vulkan_buffer_destroy(&vulkan->base, misuse->decoy);
    vulkan->vk.DestroyDescriptorPool(vulkan->device, misuse->sets, NULL);
    mp_vulkan_pipeline_destroy(vulkan, &misuse->pipeline);
}

/* The first thread destroys the device once all others have used it; within the rule
 * nothing of it is left, and nobody uses it afterwards. */
static void destroy_device(struct turn *turn) {
    struct mp_misuse *misuse = turn->misuse;
    for (unsigned i = 1; i < misuse->threads; i++)
        while (atomic_load(&misuse->lane[i].steps) == 0)
            sched_yield();
    lock(turn);
    if (misuse->is_lawful)
        destroy_objects(misuse);
    /* The others go on from here. */
    atomic_store(&misuse->is_over, true);
    misuse->own.vk.DestroyDevice(misuse->own.device, NULL);
    unlock(turn);
}

/* An empty buffer from the beginning to the end. */
static enum mp_status step_device_under_threads(struct turn *turn, struct mp_error *err) {
    struct mp_misuse *misuse = turn->misuse;
    enum mp_status status = MP_OK;
    if (turn->lane == &misuse->lane[0]) {
        if (!atomic_load(&misuse->is_over))
            destroy_device(turn);
        return MP_OK;
    }
    while (atomic_load(&turn->lane->steps) > 0 && !atomic_load(&misuse->is_over))
        sched_yield();
    lock(turn);
    if (!misuse->is_lawful || !atomic_load(&misuse->is_over)) {
        VkCommandBuffer buffer = atomic_load(&turn->lane->buffer);
        status = mp_misuse_begin(misuse->vulkan, buffer, err);
        if (status == MP_OK)
            status = mp_misuse_end(misuse->vulkan, buffer, err);
        if (status == MP_OK)
            status = run_to_end(turn, err);
    }
    unlock(turn);
    atomic_fetch_add(&turn->lane->steps, 1);
    return status;
}

static const struct mp_misuse_kind kinds[] = {
#define MP_VK_MISUSE(name, executes, pairs, summary) {#name, (summary), (executes)},
#include "harness/round/vulkan/misuse.def"
#undef MP_VK_MISUSE
    {NULL, NULL, false},
};

static const struct {
    step_function *step;
    bool has_pairs;
} steps[] = {
#define MP_VK_MISUSE(name, executes, pairs, summary) {step_##name, (pairs)},
#include "harness/round/vulkan/misuse.def"
#undef MP_VK_MISUSE
};

static bool is_step(const struct mp_misuse *misuse, step_function *step) {
    return steps[misuse->kind].step == step;
}

/* Vulkan wants no lock of a pool whose buffers several threads record, but one at a time:
 * here they are all of the first lane's. */
static enum mp_status share_pool(struct mp_misuse *misuse, struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (unsigned i = 1; status == MP_OK && i < misuse->threads; i++) {
        VkCommandPool own = misuse->lane[i].pool;
        misuse->lane[i].pool = misuse->lane[0].pool;
        status = mp_misuse_lane_renew(&misuse->lane[i], err);
        misuse->lane[i].pool = own;
    }
    return status;
}

static enum mp_status create_sets(struct mp_misuse *misuse, struct mp_error *err) {
    struct mp_vulkan_device *vulkan = misuse->vulkan;
    const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                       .descriptorCount =
                                           misuse->threads * (MP_OP_BUFFERS_MAX + 1)};
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT,
        .maxSets = misuse->threads,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    VkResult result =
        vulkan->vk.CreateDescriptorPool(vulkan->device, &info, NULL, &misuse->sets);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(vulkan, "vkCreateDescriptorPool", result, err);
}

static enum mp_status create_objects(struct mp_misuse *misuse, const struct mp_op *op,
                                     struct mp_error *err) {
    struct mp_vulkan_device *vulkan = misuse->vulkan;
    const size_t last = op->kernel->buffer_count - 1;
    enum mp_status status =
        mp_vulkan_pipeline_make(vulkan, op->kernel, op->group, 0, &misuse->pipeline, err);
    if (status == MP_OK)
        status = mp_vulkan_buffer_create(&vulkan->base, sizeof(_Atomic uint32_t),
                                         &misuse->counter, err);
    if (status == MP_OK)
        atomic_store((_Atomic uint32_t *)misuse->counter->contents, 0);
    if (status == MP_OK)
        status = mp_vulkan_buffer_create(&vulkan->base, op->buffer[last]->size,
                                         &misuse->decoy, err);
    if (status == MP_OK)
        status = create_sets(misuse, err);
    for (unsigned i = 0; status == MP_OK && i < misuse->threads; i++)
        status = mp_misuse_lane_create(&misuse->lane[i], vulkan, &misuse->pipeline, err);
    /* What is only recorded needs a set that points somewhere too. */
    for (unsigned i = 0; status == MP_OK && i < misuse->threads; i++)
        if (vulkan != &misuse->own)
            mp_misuse_lane_point(&misuse->lane[i], op->buffer, op->offset,
                                 op->kernel->buffer_count, misuse->counter);
    if (status == MP_OK && is_step(misuse, step_command_pool_unlocked))
        status = share_pool(misuse, err);
    return status;
}

static void destroy(struct mp_misuse *misuse) {
    bool has_own = is_step(misuse, step_device_under_threads);
    bool is_gone = has_own && atomic_load(&misuse->is_over);
    if (!is_gone)
        destroy_objects(misuse);
    if (has_own && !is_gone && misuse->own.device)
        misuse->own.vk.DestroyDevice(misuse->own.device, NULL);
    pthread_mutex_destroy(&misuse->lock);
    free(misuse);
}

static enum mp_status create(struct mp_device *device, const struct mp_misuse_kind *kind,
                             bool is_lawful, unsigned threads, const struct mp_op *op,
                             struct mp_misuse **ret_misuse, struct mp_error *err) {
    struct mp_misuse *misuse =
        mp_memory_zeroed(1, sizeof(*misuse) + threads * sizeof(misuse->lane[0]));
    enum mp_status status = MP_OK;
    misuse->vulkan = (struct mp_vulkan_device *)(void *)device;
    misuse->kind = (size_t)(kind - kinds);
    misuse->is_lawful = is_lawful;
    misuse->threads = threads;
    misuse->per_step = 1;
    if (is_step(misuse, step_submit_recorded))
        misuse->per_step = RECORDED;
    if (is_step(misuse, step_two_recorders))
        misuse->per_step = 2 * RECORDED;
    pthread_mutex_init(&misuse->lock, NULL);
    if (is_step(misuse, step_device_under_threads)) {
        misuse->own = *misuse->vulkan;
        misuse->own.device = NULL;
        misuse->vulkan = &misuse->own;
        status = mp_vulkan_device_make(&misuse->own, err);
    }
    if (status == MP_OK)
        status = create_objects(misuse, op, err);
    if (status == MP_OK)
        *ret_misuse = misuse;
    else if (misuse->vulkan->device)
        destroy(misuse);
    return status;
}

static enum mp_status step(struct mp_misuse *misuse, unsigned thread,
                           const struct mp_op *op, bool *ret_has_output,
                           struct mp_error *err) {
    const bool has_pairs = steps[misuse->kind].has_pairs;
    const bool is_odd = thread % 2 == 1;
    struct turn turn = {
        .misuse = misuse,
        .lane = &misuse->lane[has_pairs ? (thread - 1) / 2 : thread - 1],
        .is_odd = is_odd,
        .op = op,
        .has_output = ret_has_output,
    };
    enum mp_status status = MP_OK;
    *ret_has_output = false;
    if (!has_pairs || !is_odd || thread < misuse->threads)
        status = steps[misuse->kind].step(&turn, err);
    if (!*ret_has_output)
        atomic_fetch_add(&misuse->silent, 1);
    if (status != MP_OK)
        atomic_store(&misuse->is_over, true);
    return status;
}

static uint64_t executed(struct mp_misuse *misuse) {
    bool is_gone = is_step(misuse, step_device_under_threads);
    uint64_t counted =
        is_gone ? 0 : atomic_load((_Atomic uint32_t *)misuse->counter->contents);
    return atomic_load(&misuse->silent) + counted / misuse->per_step;
}

const struct mp_misuse_ops mp_vulkan_misuse = {
    .kinds = kinds,
    .create = create,
    .step = step,
    .executed = executed,
    .destroy = destroy,
};
