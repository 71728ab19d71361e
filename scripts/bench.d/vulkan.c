/* The floor for the Vulkan client: the smallest loop over the same calls, on the same
 * kind of queue and memory, with nothing of the harness. Each thread records BATCH ops,
 * submits them to the one queue under its lock, waits, and looks at every output. Inputs
 * take turns as those of scenarios do, since the device caches them. Prints
 * "KERNEL THREADS OPS BATCH ops_per_s R open_ms O close_ms C"; as a round of mpstress it
 * reports each thread as one op, with the time of all. Exit 77 without a driver, 1 if a
 * call failed or a result is wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "client/mpstress.h"
#include "scenarios/kernels/reference.h"
#include "scenarios/kernels/spirv.h"

#define SIDE        32 /* rows and columns of the matrices */
#define CELLS       ((size_t)SIDE * SIDE)
#define SETS        3 /* of inputs, as scenarios/workload.c has them */
#define THREADS_MAX 128
#define FOUND_MAX   16

struct calls {
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
#define MP_VK_GLOBAL(name)   PFN_vk##name name;
#define MP_VK_INSTANCE(name) PFN_vk##name name;
#define MP_VK_DEVICE(name)   PFN_vk##name name;
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
};

enum scope { OF_LOADER, OF_INSTANCE, OF_DEVICE };

static const struct {
    enum scope scope;
    size_t offset;
    const char *name;
} table[] = {
#define MP_VK_GLOBAL(name)   {OF_LOADER, offsetof(struct calls, name), "vk" #name},
#define MP_VK_INSTANCE(name) {OF_INSTANCE, offsetof(struct calls, name), "vk" #name},
#define MP_VK_DEVICE(name)   {OF_DEVICE, offsetof(struct calls, name), "vk" #name},
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
};

struct bench {
    struct calls vk;
    bool is_mm;
    uint64_t ops; /* of a thread */
    uint32_t threads, batch;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    uint32_t family;
    VkQueue queue;
    pthread_mutex_t lock; /* over each submission */
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
    _Atomic uint32_t ready;
    _Atomic bool go;
};

struct memory {
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *contents;
};

struct lane {
    struct bench *bench;
    pthread_t thread;
    VkCommandPool pool;
    VkCommandBuffer buffer;
    VkSemaphore semaphore;
    struct memory counter, in, out; /* SETS times a and b; BATCH times c */
    float expected[SETS][CELLS];
};

static void die(const char *what, long result) {
    fprintf(stderr, "bench_vulkan: %s failed (%ld)\n", what, result);
    exit(1);
}

static void check(VkResult result, const char *call) {
    if (result != VK_SUCCESS)
        die(call, (long)result);
}

static void find_calls(struct bench *bench, enum scope scope) {
    struct calls *vk = &bench->vk;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        PFN_vkVoidFunction function;
        if (table[i].scope != scope)
            continue;
        function = scope == OF_DEVICE
                       ? vk->GetDeviceProcAddr(bench->device, table[i].name)
                       : vk->GetInstanceProcAddr(bench->instance, table[i].name);
        if (!function)
            die(table[i].name, 0);
        memcpy((char *)vk + table[i].offset, &function, sizeof(function));
    }
}

static void open_instance(struct bench *bench) {
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pApplicationInfo = &application};
    VkPhysicalDevice found[FOUND_MAX];
    uint32_t count = FOUND_MAX;
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
    if (!symbol) {
        fputs("bench_vulkan: there is no Vulkan loader here\n", stderr);
        exit(77);
    }
    memcpy(&bench->vk.GetInstanceProcAddr, &symbol, sizeof(symbol));
    find_calls(bench, OF_LOADER);
    VkResult result = bench->vk.CreateInstance(&info, NULL, &bench->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
        fputs("bench_vulkan: no driver works here\n", stderr);
        exit(77);
    }
    check(result, "vkCreateInstance");
    find_calls(bench, OF_INSTANCE);
    result = bench->vk.EnumeratePhysicalDevices(bench->instance, &count, found);
    if (count == 0 || (result != VK_SUCCESS && result != VK_INCOMPLETE))
        die("vkEnumeratePhysicalDevices", (long)result);
    bench->physical = found[0];
    for (uint32_t i = count; i-- > 0;) { /* the first that is not software */
        VkPhysicalDeviceProperties2 properties = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
        bench->vk.GetPhysicalDeviceProperties2(found[i], &properties);
        if (properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
            bench->physical = found[i];
    }
}

/* A family that only computes, else any that does, as the client chooses it. */
static void choose_family(struct bench *bench) {
    VkQueueFamilyProperties family[FOUND_MAX];
    uint32_t count = FOUND_MAX, chosen = FOUND_MAX;
    bench->vk.GetPhysicalDeviceQueueFamilyProperties(bench->physical, &count, family);
    for (uint32_t i = count; i-- > 0;) {
        bool computes = family[i].queueFlags & VK_QUEUE_COMPUTE_BIT;
        bool draws = family[i].queueFlags & VK_QUEUE_GRAPHICS_BIT;
        if (computes && (chosen == FOUND_MAX || !draws))
            chosen = i;
    }
    if (chosen == FOUND_MAX)
        die("a queue for compute", 0);
    bench->family = chosen;
}

static void open_device(struct bench *bench) {
    static const char *const extension[] = {VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME};
    static const float priority = 0;
    const VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
        .timelineSemaphore = VK_TRUE,
    };
    choose_family(bench);
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = bench->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &timeline,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = 1,
        .ppEnabledExtensionNames = extension,
    };
    check(bench->vk.CreateDevice(bench->physical, &info, NULL, &bench->device),
          "vkCreateDevice");
    find_calls(bench, OF_DEVICE);
    bench->vk.GetDeviceQueue(bench->device, bench->family, 0, &bench->queue);
    pthread_mutex_init(&bench->lock, NULL);
}

/* Buffers of the kernel, without its counter. */
static uint32_t buffer_count(const struct bench *bench) {
    return bench->is_mm ? 3 : 0;
}

static void make_layouts(struct bench *bench) {
    VkDescriptorSetLayoutBinding binding[4] = {{0}};
    uint32_t buffers = buffer_count(bench);
    for (uint32_t i = 0; i <= buffers; i++)
        binding[i] = (VkDescriptorSetLayoutBinding){
            .binding = i < buffers ? i : MP_KERNEL_COUNTER_INDEX,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR,
        .bindingCount = buffers + 1,
        .pBindings = binding,
    };
    check(bench->vk.CreateDescriptorSetLayout(bench->device, &set, NULL, &bench->set),
          "vkCreateDescriptorSetLayout");
    const VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                       .size = sizeof(struct mp_kernel_mm)};
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &bench->set,
        .pushConstantRangeCount = bench->is_mm,
        .pPushConstantRanges = &range,
    };
    check(bench->vk.CreatePipelineLayout(bench->device, &layout, NULL, &bench->layout),
          "vkCreatePipelineLayout");
}

static void make_pipeline(struct bench *bench) {
    static const VkSpecializationMapEntry entries[] = {{0, 0, 4}, {1, 4, 4}, {2, 8, 4}};
    const uint32_t group[3] = {bench->is_mm ? 8 : 1, bench->is_mm ? 8 : 1, 1};
    const VkSpecializationInfo sizes = {3, entries, sizeof(group), group};
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = bench->is_mm ? sizeof(mp_spirv_mm) : sizeof(mp_spirv_noop),
        .pCode = bench->is_mm ? mp_spirv_mm : mp_spirv_noop,
    };
    VkShaderModule module = VK_NULL_HANDLE;
    check(bench->vk.CreateShaderModule(bench->device, &code, NULL, &module),
          "vkCreateShaderModule");
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &sizes},
        .layout = bench->layout,
    };
    check(bench->vk.CreateComputePipelines(bench->device, VK_NULL_HANDLE, 1, &info, NULL,
                                           &bench->pipeline),
          "vkCreateComputePipelines");
    bench->vk.DestroyShaderModule(bench->device, module, NULL);
}

/* The last type that the host sees without flushes, cached where there is such. */
static uint32_t memory_type(const struct bench *bench, uint32_t among) {
    const VkMemoryPropertyFlags needed =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags wanted = needed | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t found = 0;
    bench->vk.GetPhysicalDeviceMemoryProperties(bench->physical, &memory);
    for (uint32_t i = memory.memoryTypeCount; i-- > 0;) {
        VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
        if ((among & (1u << i)) != 0 && (flags & needed) == needed &&
            ((flags & wanted) == wanted || found == 0))
            found = i;
    }
    return found;
}

static void make_memory(const struct bench *bench, size_t size, struct memory *memory) {
    const struct calls *vk = &bench->vk;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
    };
    VkMemoryRequirements needs;
    check(vk->CreateBuffer(bench->device, &info, NULL, &memory->buffer),
          "vkCreateBuffer");
    vk->GetBufferMemoryRequirements(bench->device, memory->buffer, &needs);
    const VkMemoryAllocateInfo wanted = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = needs.size,
        .memoryTypeIndex = memory_type(bench, needs.memoryTypeBits),
    };
    check(vk->AllocateMemory(bench->device, &wanted, NULL, &memory->memory),
          "vkAllocateMemory");
    check(vk->BindBufferMemory(bench->device, memory->buffer, memory->memory, 0),
          "vkBindBufferMemory");
    check(vk->MapMemory(bench->device, memory->memory, 0, VK_WHOLE_SIZE, 0,
                        &memory->contents),
          "vkMapMemory");
    memset(memory->contents, 0, size);
}

/* c = a b, with b behind a. */
static void multiply(const float *a, float *c) {
    const float *b = a + CELLS;
    for (size_t row = 0; row < SIDE; row++)
        for (size_t column = 0; column < SIDE; column++)
            for (size_t i = 0; i < SIDE; i++)
                c[row * SIDE + column] += a[row * SIDE + i] * b[i * SIDE + column];
}

static void make_lane(struct bench *bench, struct lane *lane, unsigned index) {
    const struct calls *vk = &bench->vk;
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = bench->family,
    };
    const VkSemaphoreTypeCreateInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    const VkSemaphoreCreateInfo semaphore = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &timeline};
    lane->bench = bench;
    check(vk->CreateCommandPool(bench->device, &pool, NULL, &lane->pool),
          "vkCreateCommandPool");
    const VkCommandBufferAllocateInfo one = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = lane->pool,
        .commandBufferCount = 1,
    };
    check(vk->AllocateCommandBuffers(bench->device, &one, &lane->buffer),
          "vkAllocateCommandBuffers");
    check(vk->CreateSemaphore(bench->device, &semaphore, NULL, &lane->semaphore),
          "vkCreateSemaphore");
    make_memory(bench, sizeof(uint32_t), &lane->counter);
    if (!bench->is_mm)
        return;
    make_memory(bench, SETS * 2 * CELLS * sizeof(float), &lane->in);
    make_memory(bench, bench->batch * CELLS * sizeof(float), &lane->out);
    float *inputs = lane->in.contents;
    for (size_t i = 0; i < SETS * 2 * CELLS; i++)
        inputs[i] = (float)(mpstress_hash_(index, i) >> 40) * 0x1p-23f - 1.0f;
    for (size_t set = 0; set < SETS; set++)
        multiply(inputs + set * 2 * CELLS, lane->expected[set]);
}

static void free_memory(const struct bench *bench, const struct memory *memory) {
    bench->vk.DestroyBuffer(bench->device, memory->buffer, NULL);
    bench->vk.FreeMemory(bench->device, memory->memory, NULL);
}

static void free_lane(const struct bench *bench, const struct lane *lane) {
    bench->vk.DestroyCommandPool(bench->device, lane->pool, NULL);
    bench->vk.DestroySemaphore(bench->device, lane->semaphore, NULL);
    free_memory(bench, &lane->counter);
    free_memory(bench, &lane->in);
    free_memory(bench, &lane->out);
}

/* Which inputs an op takes. */
static uint32_t set_of(uint64_t value, uint32_t slot) {
    return (uint32_t)((value - 1 + slot) % SETS);
}

static void push(const struct lane *lane, uint32_t slot, uint32_t set) {
    const struct bench *bench = lane->bench;
    const size_t bytes = CELLS * sizeof(float);
    const uint32_t buffers = buffer_count(bench);
    const VkDescriptorBufferInfo counter = {lane->counter.buffer, 0, VK_WHOLE_SIZE};
    VkDescriptorBufferInfo place[4] = {counter};
    VkWriteDescriptorSet write[4];
    if (bench->is_mm) {
        place[0] =
            (VkDescriptorBufferInfo){lane->in.buffer, 2 * set * bytes, VK_WHOLE_SIZE};
        place[1] = (VkDescriptorBufferInfo){lane->in.buffer, (2 * set + 1) * bytes,
                                            VK_WHOLE_SIZE};
        place[2] =
            (VkDescriptorBufferInfo){lane->out.buffer, slot * bytes, VK_WHOLE_SIZE};
        place[3] = counter;
    }
    for (uint32_t i = 0; i <= buffers; i++)
        write[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstBinding = i < buffers ? i : MP_KERNEL_COUNTER_INDEX,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &place[i],
        };
    bench->vk.CmdPushDescriptorSetKHR(lane->buffer, VK_PIPELINE_BIND_POINT_COMPUTE,
                                      bench->layout, 0, buffers + 1, write);
}

static void record(const struct lane *lane, uint32_t slot, uint32_t set) {
    static const VkMemoryBarrier in_order = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
    };
    static const struct mp_kernel_mm size = {SIDE, SIDE, SIDE};
    const struct bench *bench = lane->bench;
    const struct calls *vk = &bench->vk;
    const uint32_t groups = bench->is_mm ? SIDE / 8 : 1;
    vk->CmdBindPipeline(lane->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, bench->pipeline);
    push(lane, slot, set);
    if (bench->is_mm)
        vk->CmdPushConstants(lane->buffer, bench->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                             sizeof(size), &size);
    vk->CmdDispatch(lane->buffer, groups, groups, 1);
    vk->CmdPipelineBarrier(lane->buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                           VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &in_order, 0, NULL,
                           0, NULL);
}

/* Ends the recording, submits it as number `value` of the lane and waits. */
static void submit(const struct lane *lane, uint64_t value) {
    static const VkMemoryBarrier to_host = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };
    struct bench *bench = lane->bench;
    const struct calls *vk = &bench->vk;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &values,
        .commandBufferCount = 1,
        .pCommandBuffers = &lane->buffer,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &lane->semaphore,
    };
    const VkSemaphoreWaitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &lane->semaphore,
        .pValues = &value,
    };
    vk->CmdPipelineBarrier(lane->buffer, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                           VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
    check(vk->EndCommandBuffer(lane->buffer), "vkEndCommandBuffer");
    pthread_mutex_lock(&bench->lock);
    VkResult result = vk->QueueSubmit(bench->queue, 1, &info, VK_NULL_HANDLE);
    pthread_mutex_unlock(&bench->lock);
    check(result, "vkQueueSubmit");
    check(vk->WaitSemaphores(bench->device, &wait, UINT64_C(60000000000)),
          "vkWaitSemaphores");
    check(vk->ResetCommandPool(bench->device, lane->pool, 0), "vkResetCommandPool");
}

static void compare(const struct lane *lane, uint32_t slot, uint32_t set) {
    const float *got = (const float *)lane->out.contents + slot * CELLS;
    for (size_t i = 0; i < CELLS; i++)
        if (!(fabsf(got[i] - lane->expected[set][i]) <= 1e-3f))
            die("the comparison of a product", (long)i);
}

static void run_lane(struct lane *lane) {
    static const VkCommandBufferBeginInfo once = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    const struct bench *bench = lane->bench;
    for (uint64_t done = 0, value = 1; done < bench->ops; value++) {
        uint32_t count = bench->ops - done < bench->batch ? (uint32_t)(bench->ops - done)
                                                          : bench->batch;
        check(bench->vk.BeginCommandBuffer(lane->buffer, &once), "vkBeginCommandBuffer");
        for (uint32_t i = 0; i < count; i++) {
            if (bench->is_mm)
                memset((float *)lane->out.contents + i * CELLS, 0xff,
                       CELLS * sizeof(float));
            record(lane, i, set_of(value, i));
        }
        submit(lane, value);
        for (uint32_t i = 0; bench->is_mm && i < count; i++)
            compare(lane, i, set_of(value, i));
        done += count;
    }
    if (*(_Atomic uint32_t *)lane->counter.contents != (uint32_t)bench->ops)
        die("counting the ops of a thread", 0);
}

static void *lane_main(void *data) {
    struct lane *lane = data;
    struct bench *bench = lane->bench;
    atomic_fetch_add(&bench->ready, 1);
    while (!atomic_load(&bench->go))
        sched_yield();
    mpstress_begin(0, bench->ops);
    run_lane(lane);
    mpstress_end(0, bench->ops);
    mpstress_done(1);
    return NULL;
}

/* Nanoseconds from the release of the threads to the end of the last one. */
static uint64_t run_lanes(struct bench *bench, struct lane *lanes) {
    mpstress_plan(bench->threads);
    for (uint32_t i = 0; i < bench->threads; i++)
        if (pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]) != 0)
            die("starting a thread", (long)i);
    while (atomic_load(&bench->ready) < bench->threads)
        sched_yield();
    uint64_t start_ns = mpstress_now_();
    atomic_store(&bench->go, true);
    for (uint32_t i = 0; i < bench->threads; i++)
        pthread_join(lanes[i].thread, NULL);
    return mpstress_now_() - start_ns;
}

static void close_all(struct bench *bench, struct lane *lanes) {
    const struct calls *vk = &bench->vk;
    for (uint32_t i = 0; i < bench->threads; i++)
        free_lane(bench, &lanes[i]);
    vk->DestroyPipeline(bench->device, bench->pipeline, NULL);
    vk->DestroyPipelineLayout(bench->device, bench->layout, NULL);
    vk->DestroyDescriptorSetLayout(bench->device, bench->set, NULL);
    vk->DestroyDevice(bench->device, NULL);
    vk->DestroyInstance(bench->instance, NULL);
}

static double ms_since(uint64_t start_ns) {
    return (double)(mpstress_now_() - start_ns) / 1e6;
}

int main(int argc, char **argv) {
    struct bench bench = {.batch = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1};
    if (argc > 3) {
        bench.is_mm = strcmp(argv[1], "mm") == 0;
        bench.threads = (uint32_t)strtoul(argv[2], NULL, 10);
        bench.ops = strtoull(argv[3], NULL, 10);
    }
    if (argc < 4 || argc > 5 || (!bench.is_mm && strcmp(argv[1], "noop") != 0) ||
        bench.threads < 1 || bench.threads > THREADS_MAX || bench.ops < 1 ||
        bench.batch < 1) {
        fprintf(stderr, "usage: %s noop|mm THREADS OPS [BATCH]   (ops of each thread)\n",
                argv[0]);
        return 2;
    }
    struct lane *lanes = calloc(bench.threads, sizeof(*lanes));
    if (!lanes)
        die("allocating memory", 0);
    uint64_t start_ns = mpstress_now_();
    open_instance(&bench);
    open_device(&bench);
    make_layouts(&bench);
    make_pipeline(&bench);
    for (uint32_t i = 0; i < bench.threads; i++)
        make_lane(&bench, &lanes[i], i);
    double open_ms = ms_since(start_ns);
    uint64_t ns = run_lanes(&bench, lanes);
    start_ns = mpstress_now_();
    close_all(&bench, lanes);
    printf("%s %u %llu %u ops_per_s %.0f open_ms %.1f close_ms %.1f\n", argv[1],
           bench.threads, (unsigned long long)bench.ops, bench.batch,
           (double)(bench.ops * bench.threads) * 1e9 / (double)ns, open_ms,
           ms_since(start_ns));
    free(lanes);
    return 0;
}
