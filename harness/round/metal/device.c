/* The Metal device: opening, kernels, buffers. Streams are in stream.c, providers in
 * model.c and apple_*.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/round/image/image.h"
#include "harness/round/objc/driver_methods.h"
#include "harness/round/objc/send.h"

#define STORAGE_SHARED                                                                   \
    0 /* MTLResourceStorageModeShared, default cache and hazard tracking */

/* MTLLanguageVersion2_3. Both options are pinned, as their defaults move with the system,
 * and a kernel that is compiled otherwise is another test. The version is the newest that
 * every system on Apple silicon has, and C++14, as scripts/check_kernels reads the texts.
 * Math is not fast: no sum is reordered and no NaN is assumed away, and poison is a NaN.
 * So a wrong number is never the compiler's liberty. The tolerances of scenarios/shape.c
 * would hold with fast math too (a test runs the kernels so). setFastMathEnabled: is what
 * all these systems have; setMathMode: came with macOS 15. */
#define LANGUAGE_VERSION ((2ul << 16) + 3)

/* Text of an NSString, valid within the current pool. */
static const char *text_of(const struct mp_objc *objc, id string) {
    const char *text = string ? mp_send_utf8(objc, string) : NULL;
    return text ? text : "?";
}

static id string_from(const struct mp_objc *objc, const char *text) {
    return mp_send_string_with_utf8(objc, (id)objc->class_named("NSString"), text);
}

void mp_metal_error_format(const struct mp_objc *objc, id error, char *buf, size_t size) {
    if (!error)
        snprintf(buf, size, "the driver gave no reason");
    else
        snprintf(buf, size, "%s %ld: %s",
                 text_of(objc, mp_send_error_domain(objc, error)),
                 mp_send_error_code(objc, error),
                 text_of(objc, mp_send_error_description(objc, error)));
}

void mp_metal_error_note(struct mp_metal_device *metal, id error) {
    const struct mp_objc *objc = &metal->objc;
    if (!error)
        mp_round_page_note_error(metal->base.gpu_error, "", 0, "");
    else
        mp_round_page_note_error(metal->base.gpu_error,
                                 text_of(objc, mp_send_error_domain(objc, error)),
                                 mp_send_error_code(objc, error),
                                 text_of(objc, mp_send_error_description(objc, error)));
}

/* The GPU that the link names, +1, or NULL with the reason; `ret_others` are those beside
 * it. Within a pool of the caller. */
static id create(const struct mp_objc *objc, const struct mp_metal_link *link,
                 char *ret_others, size_t size, struct mp_error *err) {
    id devices = NULL, device = NULL;
    if (link->copy_devices)
        devices = ((id(*)(void))link->copy_devices)();
    if (link->gpu[0] == '\0') {
        device = ((id(*)(void))link->create_device)();
        if (!device)
            mp_error_set(
                err, MP_UNSUPPORTED,
                "Metal found no GPU (MTLCreateSystemDefaultDevice): this machine "
                "has none, or this login has none, as in a sandbox or without a "
                "screen; try it in Terminal, logged in at the screen, or take "
                "metal@model");
        else if (devices)
            mp_metal_list_others(objc, devices, device, ret_others, size);
    } else if (!devices) {
        mp_error_set(err, MP_UNSUPPORTED,
                     "this driver lists no GPUs: gpu=%.64s is unknown", link->gpu);
    } else {
        device = mp_metal_choose(objc, devices, link->gpu, ret_others, size, err);
        if (device)
            mp_send_retain(objc, device);
    }
    if (devices)
        mp_send_release(objc, devices);
    return device;
}

enum mp_status mp_metal_open(struct mp_metal_device *metal,
                             const struct mp_metal_link *link, struct mp_error *err) {
    struct mp_objc objc;
    enum mp_status status = mp_objc_open(&objc, err);
    if (status == MP_OK)
        status = mp_objc_bind_pools(
            &objc, link->pool_library ? link->pool_library : objc.library, err);
    if (status != MP_OK)
        return status;
    void *pool = objc.pool_push();
    char others[sizeof(link->facts)] = "";
    id device = create(&objc, link, others, sizeof(others), err);
    if (!device)
        status = MP_UNSUPPORTED;
    else if (!objc.class_named("NSString"))
        status = mp_error_set(err, MP_UNSUPPORTED,
                              "the driver's libraries have no class NSString");
    else if (!objc.class_named("MTLCompileOptions"))
        status = mp_error_set(err, MP_UNSUPPORTED,
                              "the driver's libraries have no class MTLCompileOptions");
    if (status == MP_OK)
        status = mp_metal_form_check(&objc, &metal->form, err);
    if (status == MP_OK) {
        mp_metal_heaps_init(&metal->heaps);
        metal->objc = objc;
        metal->link = *link;
        metal->device = device;
        if (others[0] != '\0')
            snprintf(metal->link.facts, sizeof(metal->link.facts),
                     MP_DRIVER_OTHERS "%.200s", others);
        if (!metal->link.driver_address)
            metal->link.driver_address = objc.class_of(device);
        if (metal->form.has_cache)
            status = mp_objc_cache_open(&metal->objc, link->own_method, err);
    } else if (device) {
        mp_send_release(&objc, device);
    }
    objc.pool_pop(pool);
    return status;
}

void mp_metal_close(struct mp_device *device) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    const struct mp_objc *objc = &metal->objc;
    void *pool = objc->pool_push();
    for (size_t i = 0; i < metal->pipeline_count; i++)
        mp_send_release(objc, metal->pipeline[i].pipeline);
    metal->pipeline_count = 0;
    mp_metal_heaps_release(&metal->heaps, objc);
    mp_send_release(objc, metal->device);
    metal->device = NULL;
    objc->pool_pop(pool);
    mp_objc_cache_close(&metal->objc);
}

void mp_metal_info(struct mp_device *device, struct mp_driver *ret_driver) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    const struct mp_objc *objc = &metal->objc;
    void *pool = objc->pool_push();
    snprintf(ret_driver->gpu, sizeof(ret_driver->gpu), "%s",
             text_of(objc, mp_send_device_name(objc, metal->device)));
    objc->pool_pop(pool);
    mp_image_describe(metal->link.driver_address, ret_driver->path,
                      sizeof(ret_driver->path), ret_driver->id, sizeof(ret_driver->id));
    snprintf(ret_driver->facts, sizeof(ret_driver->facts), "%s", metal->link.facts);
}

void mp_metal_thread_enter(struct mp_device *device) {
    mp_objc_thread_enter(&((struct mp_metal_device *)device)->objc);
}

void mp_metal_thread_leave(struct mp_device *device) {
    mp_objc_thread_leave(&((struct mp_metal_device *)device)->objc);
}

const struct mp_metal_pipeline *
mp_metal_pipeline_find(const struct mp_metal_device *metal,
                       const struct mp_kernel *kernel) {
    for (size_t i = 0; i < metal->pipeline_count; i++) {
        const struct mp_kernel *known = metal->pipeline[i].kernel;
        if (known == kernel || !strcmp(known->name, kernel->name))
            return &metal->pipeline[i];
    }
    return NULL;
}

/* Compiles `kernel` within a pool of the caller. */
static enum mp_status compile(struct mp_metal_device *metal,
                              const struct mp_kernel *kernel, id *ret_pipeline,
                              struct mp_error *err) {
    const struct mp_objc *objc = &metal->objc;
    enum mp_status status = MP_OK;
    id error = NULL, function = NULL, pipeline = NULL;
    char reason[384];
    id options =
        mp_send_new_compile_options(objc, (id)objc->class_named("MTLCompileOptions"));
    mp_send_set_language_version(objc, options, LANGUAGE_VERSION);
    mp_send_set_fast_math(objc, options, false);
    id library = mp_send_new_library(objc, metal->device, string_from(objc, kernel->msl),
                                     options, &error);
    mp_send_release(objc, options);
    if (!library) {
        mp_metal_error_format(objc, error, reason, sizeof(reason));
        status = mp_error_set(err, MP_FORMAT,
                              "kernel %s: its Metal source does not compile: %s",
                              kernel->name, reason);
        goto out;
    }
    function = mp_send_new_function(objc, library, string_from(objc, kernel->name));
    if (!function) {
        status = mp_error_set(err, MP_FORMAT,
                              "kernel %s: its Metal source has no function of that name",
                              kernel->name);
        goto out_library;
    }
    error = NULL;
    pipeline = mp_send_new_pipeline(objc, metal->device, function, &error);
    if (!pipeline) {
        mp_metal_error_format(objc, error, reason, sizeof(reason));
        status =
            mp_error_set(err, MP_DEVICE, "kernel %s: the driver created no pipeline: %s",
                         kernel->name, reason);
    }
    mp_send_release(objc, function);
out_library:
    mp_send_release(objc, library);
out:
    if (status == MP_OK)
        *ret_pipeline = pipeline;
    return status;
}

enum mp_status mp_metal_kernel_load(struct mp_device *device,
                                    const struct mp_kernel *kernel,
                                    const uint32_t group[3], struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    (void)group; /* goes with each dispatch */
    if (mp_metal_pipeline_find(metal, kernel))
        return MP_OK;
    if (!kernel->msl)
        return mp_error_set(err, MP_UNSUPPORTED, "kernel %s has no Metal source",
                            kernel->name);
    if (metal->pipeline_count == MP_METAL_KERNELS_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "kernel %s: more than %d kernels on one device", kernel->name,
                            MP_METAL_KERNELS_MAX);
    struct mp_metal_pipeline *next = &metal->pipeline[metal->pipeline_count];
    void *pool = metal->objc.pool_push();
    enum mp_status status = compile(metal, kernel, &next->pipeline, err);
    metal->objc.pool_pop(pool);
    if (status == MP_OK) {
        next->kernel = kernel;
        next->threads_max = mp_send_pipeline_max_threads(&metal->objc, next->pipeline);
        metal->pipeline_count++;
    }
    return status;
}

enum mp_status mp_metal_kernel_churn(struct mp_device *device,
                                     const struct mp_kernel *kernel,
                                     const uint32_t group[3], struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    id pipeline = NULL;
    (void)group;
    if (!kernel->msl)
        return mp_error_set(err, MP_UNSUPPORTED, "kernel %s has no Metal source",
                            kernel->name);
    void *pool = metal->objc.pool_push();
    enum mp_status status = compile(metal, kernel, &pipeline, err);
    if (status == MP_OK)
        mp_send_release(&metal->objc, pipeline);
    metal->objc.pool_pop(pool);
    return status;
}

enum mp_status mp_metal_buffer_create(struct mp_device *device, size_t size,
                                      struct mp_device_buffer **ret_buffer,
                                      struct mp_error *err) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    const struct mp_objc *objc = &metal->objc;
    enum mp_status status = MP_OK;
    void *pool = objc->pool_push();
    id native = metal->form.uses_heaps
                    ? mp_metal_heaps_buffer(&metal->heaps, objc, metal->device, size)
                    : mp_send_new_buffer(objc, metal->device, size, STORAGE_SHARED);
    void *contents = native ? mp_send_buffer_contents(objc, native) : NULL;
    if (contents) {
        struct mp_device_buffer *buffer = mp_memory_zeroed(1, sizeof(*buffer));
        buffer->device = metal;
        buffer->buffer = native;
        buffer->contents = contents;
        buffer->size = size;
        atomic_fetch_add_explicit(&metal->allocated, size, memory_order_relaxed);
        *ret_buffer = buffer;
    } else {
        status = mp_error_set(err, MP_LIMIT,
                              "the driver returned no shared buffer of %zu bytes", size);
        if (native)
            mp_send_release(objc, native);
    }
    objc->pool_pop(pool);
    return status;
}

void mp_metal_buffer_destroy(struct mp_device *device, struct mp_device_buffer *buffer) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    const struct mp_objc *objc = &metal->objc;
    void *pool = objc->pool_push();
    atomic_fetch_sub_explicit(&metal->allocated, buffer->size, memory_order_relaxed);
    mp_send_release(objc, buffer->buffer);
    objc->pool_pop(pool);
    free(buffer);
}

void *mp_metal_buffer_contents(struct mp_device_buffer *buffer) {
    return buffer->contents;
}

void mp_metal_each_method(struct mp_device *device,
                          void (*visit)(void *data, const char *name, const void *code),
                          void *data) {
    mp_objc_driver_methods(&((struct mp_metal_device *)device)->objc, visit, data);
}

bool mp_metal_driver_mirror(struct mp_device *device, const char *name,
                            _Atomic uint64_t *word) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    return metal->link.mirror && metal->link.mirror(name, word);
}

uint64_t mp_metal_driver_count(struct mp_device *device, const char *name) {
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    if (strcmp(name, "held") == 0)
        return metal->pipeline_count + mp_metal_heaps_count(&metal->heaps);
    return metal->link.count ? metal->link.count(name) : 0;
}
