/* What this library exports: Metal's C functions, the pool functions that GNU's runtime
 * lacks, and some functions of the model itself. Nothing else is exported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef __APPLE__
#include <dlfcn.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repro/model/class_table.h"
#include "repro/model/count.h"
#include "repro/model/driver.h"
#include "repro/model/foundation.h"

#define EXPORT __attribute__((visibility("default")))

/* id, +1: the device. */
EXPORT id MTLCreateSystemDefaultDevice(void);
/* id, +1: an NSArray with the device. */
EXPORT id MTLCopyAllDevices(void);
#ifndef __APPLE__
EXPORT void *objc_autoreleasePoolPush(void);
EXPORT void objc_autoreleasePoolPop(void *pool);
#endif
/* NULL, or why there can be no device in this process, whatever its settings. */
EXPORT const char *mp_model_refusal(void);
/* Configures the next device, or a living one that nobody configured and that has
 * committed nothing. NULL, or why not. */
EXPORT const char *mp_model_configure(const char *settings);
/* One line per setting: name TAB default TAB choices or range. */
EXPORT const char *mp_model_settings(void);
/* A counter of count.def by name; 0 if there is none. */
EXPORT unsigned long long mp_model_count(const char *name);
/* From now on each raise of that counter raises *word too, so that it can be read when
 * this process has crashed; NULL: none does any more. 0: there is no such counter. */
EXPORT int mp_model_mirror(const char *name, _Atomic unsigned long long *word);
/* The model's own code for a method of an object of a class, whatever has replaced it
 * since; NULL: it has none. */
EXPORT const void *mp_model_method(const char *class_name, const char *selector);

/* What is wrong with the settings in the environment; constant after the load. */
static char refusal_of_environment[512];

/* MPMODEL: settings for programs that are linked with the model or bring it along. */
static void configure_from_environment(void) {
    const char *settings = getenv("MPMODEL");
    const char *refusal = settings && settings[0] && !mp_classes_refusal()
                              ? mp_device_configure(settings, false)
                              : NULL;
    if (!refusal)
        return;
    snprintf(refusal_of_environment, sizeof(refusal_of_environment), "MPMODEL: %s",
             refusal);
    fprintf(stderr, "mpmodel: no device: %s\n", refusal_of_environment);
}

static const char *refusal_of_process(void) {
    return refusal_of_environment[0] ? refusal_of_environment : mp_classes_refusal();
}

__attribute__((constructor)) static void load(void) {
#ifdef __APPLE__
    dlopen("/System/Library/Frameworks/Foundation.framework/Foundation",
           RTLD_NOW | RTLD_GLOBAL);
#endif
    mp_classes_register(mp_class_table);
    configure_from_environment();
}

id MTLCreateSystemDefaultDevice(void) {
    return refusal_of_process() ? NULL : (id)mp_device_take();
}

id MTLCopyAllDevices(void) {
    if (refusal_of_process())
        return NULL;
    id pool = mp_send(mp_send((id)mp_class_get(MP_CLASS_POOL), mp_selector.alloc),
                      mp_selector.init);
    id device = (id)mp_device_take();
    id devices = mp_send(mp_array_make(&device, device ? 1 : 0), mp_selector.retain);
    mp_object_drop(device);
    mp_send_void(pool, mp_selector.drain);
    return devices;
}

#ifndef __APPLE__
void *objc_autoreleasePoolPush(void) {
    return mp_send(mp_send((id)mp_class_get(MP_CLASS_POOL), mp_selector.alloc),
                   mp_selector.init);
}

void objc_autoreleasePoolPop(void *pool) {
    mp_send_void(pool, mp_selector.drain);
}
#endif

const char *mp_model_refusal(void) {
    return refusal_of_process();
}

const char *mp_model_configure(const char *settings) {
    const char *refusal = refusal_of_process();
    return refusal ? refusal : mp_device_configure(settings, true);
}

const char *mp_model_settings(void) {
    return mp_settings_describe();
}

unsigned long long mp_model_count(const char *name) {
    return mp_count_find(name);
}

int mp_model_mirror(const char *name, _Atomic unsigned long long *word) {
    return mp_count_mirror(name, word);
}

static const struct mp_class_row *row_find(const char *class_name) {
    for (size_t i = 0; class_name && i < MP_CLASS_COUNT; i++)
        if (!strcmp(mp_class_table[i].name, class_name))
            return &mp_class_table[i];
    return NULL;
}

static mp_imp *row_method(const struct mp_class_row *row, const char *selector) {
    for (size_t i = 0; i < MP_CLASS_TABLES_MAX && row->methods[i]; i++)
        for (const struct mp_method *at = row->methods[i]; at->name; at++)
            if (!strcmp(at->name, selector))
                return at->method;
    return NULL;
}

const void *mp_model_method(const char *class_name, const char *selector) {
    const void *code = NULL;
    const struct mp_class_row *row = row_find(class_name);
    while (row && !code) {
        mp_imp *method = row_method(row, selector);
        memcpy(&code, &method, sizeof(code));
        row = row_find(row->super);
    }
    return code;
}
