/* Kernels of the Vulkan client: a pipeline for each kernel and size of group. Buffers are
 * bound at 0, 1, ... and the op counter at its own binding, all pushed with the op;
 * constants are push constants.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "harness/base/array.h"
#include "harness/round/vulkan/client.h"

static struct mp_vulkan_device *vulkan_of(struct mp_device *device) {
    return (struct mp_vulkan_device *)(void *)device;
}

const struct mp_vulkan_pipeline *
mp_vulkan_pipeline_find(const struct mp_vulkan_device *vulkan,
                        const struct mp_kernel *kernel, const uint32_t group[3]) {
    for (size_t i = 0; i < vulkan->pipeline_count; i++) {
        const struct mp_vulkan_pipeline *known = &vulkan->pipeline[i];
        if (known->kernel == kernel &&
            memcmp(known->group, group, sizeof(known->group)) == 0)
            return known;
    }
    return NULL;
}

static enum mp_status check_kernel(const struct mp_vulkan_device *vulkan,
                                   const struct mp_kernel *kernel,
                                   const uint32_t group[3], struct mp_error *err) {
    const VkPhysicalDeviceLimits *limits = &vulkan->properties.limits;
    uint64_t threads = (uint64_t)group[0] * group[1] * group[2];
    if (!kernel->spirv)
        return mp_error_set(err, MP_UNSUPPORTED, "kernel %s has no SPIR-V", kernel->name);
    if (vulkan->pipeline_count == MP_VULKAN_PIPELINES_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "kernel %s: more than %d pairs of kernel and group size on "
                            "one device",
                            kernel->name, MP_VULKAN_PIPELINES_MAX);
    if (kernel->constants_len > limits->maxPushConstantsSize)
        return mp_error_set(err, MP_LIMIT,
                            "kernel %s has %zu bytes of constants, but this device takes "
                            "%u",
                            kernel->name, kernel->constants_len,
                            limits->maxPushConstantsSize);
    if (threads > limits->maxComputeWorkGroupInvocations)
        return mp_error_set(err, MP_LIMIT,
                            "kernel %s: it asks for a group of %u x %u x %u threads, but "
                            "this device takes at most %u; choose a smaller shape",
                            kernel->name, group[0], group[1], group[2],
                            limits->maxComputeWorkGroupInvocations);
    return MP_OK;
}

static VkResult create_layouts(struct mp_vulkan_device *vulkan,
                               VkDescriptorSetLayoutCreateFlags flags,
                               struct mp_vulkan_pipeline *made) {
    const struct mp_kernel *kernel = made->kernel;
    VkDescriptorSetLayoutBinding binding[MP_OP_BUFFERS_MAX + 1] = {{0}};
    for (uint32_t i = 0; i <= kernel->buffer_count; i++)
        binding[i] = (VkDescriptorSetLayoutBinding){
            .binding = i < kernel->buffer_count ? i : MP_VULKAN_COUNTER_BINDING,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .flags = flags,
        .bindingCount = kernel->buffer_count + 1,
        .pBindings = binding,
    };
    VkResult result =
        vulkan->vk.CreateDescriptorSetLayout(vulkan->device, &set, NULL, &made->set);
    const VkPushConstantRange range = {
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        .size = (uint32_t)kernel->constants_len,
    };
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &made->set,
        .pushConstantRangeCount = kernel->constants_len > 0,
        .pPushConstantRanges = &range,
    };
    if (result == VK_SUCCESS)
        result =
            vulkan->vk.CreatePipelineLayout(vulkan->device, &layout, NULL, &made->layout);
    return result;
}

/* The size of the group is three specialization constants, 0 to 2 (the .comp files). */
static VkResult create_pipeline(struct mp_vulkan_device *vulkan,
                                struct mp_vulkan_pipeline *made) {
    static const VkSpecializationMapEntry entries[] = {
        {0, 0, sizeof(uint32_t)},
        {1, sizeof(uint32_t), sizeof(uint32_t)},
        {2, 2 * sizeof(uint32_t), sizeof(uint32_t)},
    };
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = made->kernel->spirv_len,
        .pCode = made->kernel->spirv,
    };
    VkShaderModule module = VK_NULL_HANDLE;
    VkResult result = vulkan->vk.CreateShaderModule(vulkan->device, &code, NULL, &module);
    const VkSpecializationInfo sizes = {
        .mapEntryCount = MP_COUNT(entries),
        .pMapEntries = entries,
        .dataSize = sizeof(made->group),
        .pData = made->group,
    };
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &sizes},
        .layout = made->layout,
    };
    if (result != VK_SUCCESS)
        return result;
    result = vulkan->vk.CreateComputePipelines(vulkan->device, VK_NULL_HANDLE, 1, &info,
                                               NULL, &made->pipeline);
    vulkan->vk.DestroyShaderModule(vulkan->device, module, NULL);
    return result;
}

void mp_vulkan_pipeline_destroy(const struct mp_vulkan_device *vulkan,
                                const struct mp_vulkan_pipeline *made) {
    vulkan->vk.DestroyPipeline(vulkan->device, made->pipeline, NULL);
    vulkan->vk.DestroyPipelineLayout(vulkan->device, made->layout, NULL);
    vulkan->vk.DestroyDescriptorSetLayout(vulkan->device, made->set, NULL);
}

enum mp_status
mp_vulkan_pipeline_make(struct mp_vulkan_device *vulkan, const struct mp_kernel *kernel,
                        const uint32_t group[3], VkDescriptorSetLayoutCreateFlags flags,
                        struct mp_vulkan_pipeline *ret_made, struct mp_error *err) {
    struct mp_vulkan_pipeline made = {.kernel = kernel,
                                      .group = {group[0], group[1], group[2]}};
    VkResult result = create_layouts(vulkan, flags, &made);
    if (result == VK_SUCCESS)
        result = create_pipeline(vulkan, &made);
    *ret_made = made;
    if (result == VK_SUCCESS)
        return MP_OK;
    mp_vulkan_pipeline_destroy(vulkan, &made);
    enum mp_status status =
        mp_vulkan_fail(vulkan, "making a compute pipeline", result, err);
    mp_error_prefix(err, "kernel %s", kernel->name);
    return status;
}

enum mp_status mp_vulkan_kernel_load(struct mp_device *device,
                                     const struct mp_kernel *kernel,
                                     const uint32_t group[3], struct mp_error *err) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    struct mp_vulkan_pipeline made;
    if (mp_vulkan_pipeline_find(vulkan, kernel, group))
        return MP_OK;
    enum mp_status status = check_kernel(vulkan, kernel, group, err);
    if (status != MP_OK)
        return status;
    status = mp_vulkan_pipeline_make(
        vulkan, kernel, group, VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR,
        &made, err);
    if (status == MP_OK)
        vulkan->pipeline[vulkan->pipeline_count++] = made;
    return status;
}

enum mp_status mp_vulkan_kernel_churn(struct mp_device *device,
                                      const struct mp_kernel *kernel,
                                      const uint32_t group[3], struct mp_error *err) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    struct mp_vulkan_pipeline made;
    enum mp_status status = mp_vulkan_pipeline_make(
        vulkan, kernel, group, VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR,
        &made, err);
    if (status == MP_OK)
        mp_vulkan_pipeline_destroy(vulkan, &made);
    return status;
}

void mp_vulkan_pipelines_destroy(struct mp_vulkan_device *vulkan) {
    for (size_t i = 0; i < vulkan->pipeline_count; i++)
        mp_vulkan_pipeline_destroy(vulkan, &vulkan->pipeline[i]);
    vulkan->pipeline_count = 0;
}
