/* How the client reaches a driver: by the system's loader, or lavapipe's library
 * directly, so that a round does not depend on what else is installed. Nothing is linked:
 * both are loaded at run time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/round/vulkan/client.h"

/* The newest interface between loader and driver that this file follows (Vulkan-Loader,
 * LoaderDriverInterface.md: 5 makes a driver accept any API version). */
#define DRIVER_INTERFACE 5

#ifdef __APPLE__
static const char *const loader_names[] = {"libvulkan.1.dylib",
                                           "/opt/homebrew/lib/libvulkan.1.dylib",
                                           "/usr/local/lib/libvulkan.1.dylib"};
static const char *const lavapipe_names[] = {"libvulkan_lvp.dylib",
                                             "/opt/homebrew/lib/libvulkan_lvp.dylib"};
#define LOADER_PACKAGES   "vulkan-loader and molten-vk (Homebrew)"
#define LAVAPIPE_PACKAGES "mesa (Homebrew)"
#else
static const char *const loader_names[] = {"libvulkan.so.1"};
static const char *const lavapipe_names[] = {"libvulkan_lvp.so"};
#define LOADER_PACKAGES   "libvulkan1 (Debian) and the driver of the GPU"
#define LAVAPIPE_PACKAGES "mesa-vulkan-drivers (Debian)"
#endif

/* Both Mesa and NVIDIA write compiled kernels below the user's home, whatever HOME says:
 * state that rounds would share. A variable that is set already stays. */
static void keep_caches_off(const struct mp_option_values *settings) {
    if (settings && mp_option_get(settings, "cache")->integer)
        return;
    (void)setenv("MESA_SHADER_CACHE_DISABLE", "true", 0);
    (void)setenv("__GL_SHADER_DISK_CACHE", "0", 0);
}

/* Functions and data pointers convert by POSIX, not by C. */
static void *find(void *library, const char *name, void *ret_function, size_t size) {
    void *symbol = dlsym(library, name);
    memcpy(ret_function, &symbol, size);
    return symbol;
}

/* Stays loaded unless asked otherwise: a driver's threads and thread-local data may
 * outlive its device. */
static void *load(const char *const *names, size_t count, bool unloads) {
    const int flags = RTLD_NOW | RTLD_LOCAL | (unloads ? 0 : RTLD_NODELETE);
    void *library = NULL;
    for (size_t i = 0; i < count && library == NULL; i++)
        library = dlopen(names[i], flags);
    return library;
}

/* A sanitizer looks into libraries until the end of the process. */
static enum mp_status check_unloading(bool unloads, struct mp_error *err) {
#ifdef MP_KEEPS_LIBRARIES
    if (unloads)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "this build has a sanitizer, which needs each library until "
                            "the end: no driver is unloaded");
#endif
    (void)unloads, (void)err;
    return MP_OK;
}

static enum mp_status refuse(const char *what, const char *packages,
                             struct mp_error *err) {
    const char *reason = dlerror();
    return mp_error_set(err, MP_UNSUPPORTED,
                        "%s cannot be loaded (%s); the packages that have it: %s", what,
                        reason != NULL ? reason : "no reason was given", packages);
}

enum mp_status mp_vulkan_link_loader(const struct mp_option_values *settings,
                                     bool unloads, struct mp_vulkan_calls *ret_calls,
                                     void **ret_library, struct mp_error *err) {
    void *library = NULL;
    enum mp_status status = check_unloading(unloads, err);
    if (status != MP_OK)
        return status;
    keep_caches_off(settings);
    /* Layers that other software installed would be between the client and the driver. */
    (void)setenv("VK_LOADER_LAYERS_DISABLE", "~implicit~", 0);
    (void)setenv("NODEVICE_SELECT", "1", 0); /* for loaders before 1.3.234 */
    library = load(loader_names, MP_COUNT(loader_names), unloads);
    if (library == NULL)
        return refuse("the Vulkan loader", LOADER_PACKAGES, err);
    *ret_library = library;
    if (!find(library, "vkGetInstanceProcAddr", &ret_calls->GetInstanceProcAddr,
              sizeof(ret_calls->GetInstanceProcAddr)))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "the Vulkan loader has no vkGetInstanceProcAddr");
    return MP_OK;
}

enum mp_status mp_vulkan_link_lavapipe(const struct mp_option_values *settings,
                                       bool unloads, struct mp_vulkan_calls *ret_calls,
                                       void **ret_library, struct mp_error *err) {
    typedef VkResult negotiate_function(uint32_t * version);
    negotiate_function *negotiate = NULL;
    const char *given = getenv("MPSTRESS_LAVAPIPE");
    uint32_t version = DRIVER_INTERFACE;
    bool is_given = given != NULL && given[0] != '\0';
    enum mp_status status = check_unloading(unloads, err);
    if (status != MP_OK)
        return status;
    keep_caches_off(settings);
    void *library = is_given ? load(&given, 1, unloads)
                             : load(lavapipe_names, MP_COUNT(lavapipe_names), unloads);
    if (library == NULL)
        return refuse(is_given ? "the driver that MPSTRESS_LAVAPIPE names"
                               : "Mesa's driver lavapipe",
                      LAVAPIPE_PACKAGES, err);
    *ret_library = library;
    find(library, "vk_icdNegotiateLoaderICDInterfaceVersion", &negotiate,
         sizeof(negotiate));
    if (!find(library, "vk_icdGetInstanceProcAddr", &ret_calls->GetInstanceProcAddr,
              sizeof(ret_calls->GetInstanceProcAddr)) ||
        !negotiate || negotiate(&version) != VK_SUCCESS)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "%s is not a Vulkan driver that opens without the loader",
                            is_given ? given : lavapipe_names[0]);
    return MP_OK;
}

void mp_vulkan_unlink(struct mp_vulkan_device *vulkan) {
    if (vulkan->library && vulkan->base.unloads)
        dlclose(vulkan->library);
    vulkan->library = NULL;
}
