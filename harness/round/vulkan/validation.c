/* What Khronos's validation layer objects to. Its messages come on whichever thread made
 * the call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/vulkan/validation.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"

#define LAYER      "VK_LAYER_KHRONOS_validation"
#define RULES_MAX  32
#define LAYERS_MAX 64

struct mp_vulkan_objections {
    pthread_mutex_t lock;
    VkDebugUtilsMessengerEXT messenger;
    size_t count;
    struct {
        char rule[96];
        uint64_t times;
    } rule[RULES_MAX];
    uint64_t others; /* of rules beyond these */
};

bool mp_vulkan_validation_is_wanted(void) {
    const char *layers = getenv("VK_INSTANCE_LAYERS");
    return layers != NULL && strstr(layers, LAYER) != NULL;
}

/* The function of the instance, or without one; NULL if there is none. */
static bool find(const struct mp_vulkan_device *vulkan, const char *name,
                 void *ret_function, size_t size) {
    PFN_vkVoidFunction function = vulkan->vk.GetInstanceProcAddr(vulkan->instance, name);
    memcpy(ret_function, &function, size);
    return function != NULL;
}

enum mp_status mp_vulkan_validation_check(const struct mp_vulkan_device *vulkan,
                                          struct mp_error *err) {
    PFN_vkEnumerateInstanceLayerProperties enumerate = NULL;
    VkLayerProperties layer[LAYERS_MAX];
    uint32_t count = LAYERS_MAX;
    VkResult result = VK_ERROR_LAYER_NOT_PRESENT;
    if (find(vulkan, "vkEnumerateInstanceLayerProperties", &enumerate, sizeof(enumerate)))
        result = enumerate(&count, layer);
    bool is_listed = result == VK_SUCCESS || result == VK_INCOMPLETE;
    for (uint32_t i = 0; is_listed && i < count; i++)
        if (strcmp(layer[i].layerName, LAYER) == 0)
            return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED,
                        "the Vulkan loader finds no " LAYER
                        "; install vulkan-validationlayers (Debian, Homebrew)");
}

static void count(struct mp_vulkan_objections *objections, const char *rule,
                  const char *text) {
    size_t at = 0;
    pthread_mutex_lock(&objections->lock);
    while (at < objections->count && strcmp(objections->rule[at].rule, rule) != 0)
        at++;
    if (at == objections->count && at < RULES_MAX) {
        objections->count++;
        snprintf(objections->rule[at].rule, sizeof(objections->rule[at].rule), "%s",
                 rule);
        fprintf(stderr, "validation: %s\n", text);
    }
    if (at < RULES_MAX)
        objections->rule[at].times++;
    else
        objections->others++;
    pthread_mutex_unlock(&objections->lock);
}

/* Drivers use the messenger too: Mesa's name the line of their source that refused
 * something ("../src/gallium/frontends/lavapipe/lvp_device.c:1799"), which is no rule. */
static bool is_of_driver(const char *name) {
    return strchr(name, '/') != NULL;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL
take_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
             VkDebugUtilsMessageTypeFlagsEXT types,
             const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
    char rule[96];
    (void)severity;
    (void)types;
    snprintf(rule, sizeof(rule), "%.95s",
             data->pMessageIdName ? data->pMessageIdName : "no rule named");
    if (!is_of_driver(rule))
        count(user, rule, data->pMessage ? data->pMessage : rule);
    return VK_FALSE;
}

enum mp_status mp_vulkan_validation_begin(struct mp_vulkan_device *vulkan,
                                          struct mp_error *err) {
    PFN_vkCreateDebugUtilsMessengerEXT create = NULL;
    struct mp_vulkan_objections *objections = mp_memory_zeroed(1, sizeof(*objections));
    const VkDebugUtilsMessengerCreateInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT,
        .pfnUserCallback = take_message,
        .pUserData = objections,
    };
    VkResult result = VK_ERROR_EXTENSION_NOT_PRESENT;
    pthread_mutex_init(&objections->lock, NULL);
    vulkan->objections = objections;
    if (find(vulkan, "vkCreateDebugUtilsMessengerEXT", &create, sizeof(create)))
        result = create(vulkan->instance, &info, NULL, &objections->messenger);
    return result == VK_SUCCESS
               ? MP_OK
               : mp_vulkan_fail(vulkan, "vkCreateDebugUtilsMessengerEXT", result, err);
}

void mp_vulkan_validation_end(struct mp_vulkan_device *vulkan) {
    PFN_vkDestroyDebugUtilsMessengerEXT destroy = NULL;
    struct mp_vulkan_objections *objections = vulkan->objections;
    if (!objections)
        return;
    if (objections->messenger &&
        find(vulkan, "vkDestroyDebugUtilsMessengerEXT", &destroy, sizeof(destroy)))
        destroy(vulkan->instance, objections->messenger, NULL);
    pthread_mutex_destroy(&objections->lock);
    free(objections);
    vulkan->objections = NULL;
}

bool mp_vulkan_objections(struct mp_device *device, char *buf, size_t size) {
    struct mp_vulkan_objections *objections =
        ((struct mp_vulkan_device *)(void *)device)->objections;
    size_t len = 0;
    if (!objections)
        return false;
    pthread_mutex_lock(&objections->lock);
    for (size_t i = 0; i < objections->count && len < size; i++)
        len += (size_t)snprintf(buf + len, size - len, "%s%s \u00d7%llu",
                                i > 0 ? ", " : "", objections->rule[i].rule,
                                (unsigned long long)objections->rule[i].times);
    if (objections->others > 0 && len < size)
        snprintf(buf + len, size - len, ", other rules \u00d7%llu",
                 (unsigned long long)objections->others);
    objections->count = 0; /* the device may stay open for another round */
    objections->others = 0;
    pthread_mutex_unlock(&objections->lock);
    return len > 0;
}
