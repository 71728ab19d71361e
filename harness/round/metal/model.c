/* The provider of "metal@model": the software model of the driver, a separate library,
 * libmpmodel. Looked for at $MPSTRESS_MODEL, then next to the program, then in
 * ../lib/mpstress.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/round/image/image.h"
#include "harness/round/metal/client.h"

#define MP_MODEL_DEFECT(name, meaning, basis) "|" name
const char mp_metal_defect_names[] =
#include "harness/round/metal/model_defect.def"
    ;
#undef MP_MODEL_DEFECT
#define MP_MODEL_DEFECT(name, meaning, basis) "\n" meaning
const char mp_metal_defect_meanings[] =
#include "harness/round/metal/model_defect.def"
    ;
#undef MP_MODEL_DEFECT

#define MP_MODEL_DEFECT(name, meaning, basis) "\n" basis
const char mp_metal_defect_bases[] =
#include "harness/round/metal/model_defect.def"
    ;
#undef MP_MODEL_DEFECT

static const struct mp_option driver_settings[] = {
#include "harness/round/metal/model_settings.def"
    {.name = NULL},
};
static const struct mp_option settings[] = {
#include "harness/round/metal/model_settings.def"

#include "harness/round/metal/client_settings.def"
    {.name = NULL},
};

/* Finds the model's library. MP_NOT_FOUND lists the places searched. */
static enum mp_status find_library(char *path, size_t size, struct mp_error *err) {
    const char *given = getenv("MPSTRESS_MODEL");
    if (given && given[0]) {
        snprintf(path, size, "%s", given);
        if (access(path, R_OK))
            return mp_error_set_errno(
                err, MP_NOT_FOUND, errno,
                "cannot read the model driver that MPSTRESS_MODEL names, %s", given);
        return MP_OK;
    }
    char folder[PATH_MAX];
    mp_image_program_path(folder, sizeof(folder));
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    static const char *const places[] = {"", "/../lib/mpstress"};
    for (size_t i = 0; i < MP_COUNT(places); i++) {
        snprintf(path, size, "%s%s/%s", folder, places[i], mp_image_model_name);
        if (!access(path, R_OK))
            return MP_OK;
    }
    return mp_error_set(
        err, MP_NOT_FOUND,
        "cannot find the model driver %s in %s or ../lib/mpstress; build the "
        "target mpmodel or name the library in MPSTRESS_MODEL",
        mp_image_model_name, folder);
}

/* Classes are of the whole process: where Metal is, in the library of an arm, say, the
 * model cannot be as well. */
static enum mp_status check_process(void *library, const char *path,
                                    struct mp_error *err) {
    mp_objc_function refusal_of = NULL;
    enum mp_status status =
        mp_objc_function_find(library, path, "mp_model_refusal", &refusal_of, err);
    const char *refusal = status == MP_OK ? ((const char *(*)(void))refusal_of)() : NULL;
    if (refusal)
        return mp_error_set(err, MP_UNSUPPORTED, "the model driver: %s", refusal);
    return status == MP_OK ? MP_OK : MP_SYSTEM;
}

static enum mp_status load(struct mp_metal_link *ret_link,
                           const char *(**ret_configure)(const char *),
                           struct mp_error *err) {
    char path[PATH_MAX + 64];
    struct mp_metal_link link = {.pool_library = NULL};
    mp_objc_function count = NULL, mirror = NULL, configure = NULL, own = NULL;
    enum mp_status status = find_library(path, sizeof(path), err);
    if (status != MP_OK)
        return status;
    link.pool_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!link.pool_library) {
        mp_error_set(err, MP_SYSTEM, "cannot load the model driver: %s", dlerror());
        return MP_SYSTEM;
    }
    status =
        mp_objc_function_find(link.pool_library, path, "MTLCreateSystemDefaultDevice",
                              &link.create_device, err);
    if (status == MP_OK)
        status = mp_objc_function_find(link.pool_library, path, "mp_model_configure",
                                       &configure, err);
    if (status == MP_OK)
        status =
            mp_objc_function_find(link.pool_library, path, "mp_model_count", &count, err);
    if (status == MP_OK)
        status = mp_objc_function_find(link.pool_library, path, "mp_model_mirror",
                                       &mirror, err);
    if (status == MP_OK)
        status =
            mp_objc_function_find(link.pool_library, path, "mp_model_method", &own, err);
    if (status != MP_OK)
        return MP_SYSTEM; /* a library exists, but is not ours: broken, not absent */
    status = check_process(link.pool_library, path, err);
    if (status != MP_OK)
        return status;
    link.own_method = (mp_objc_own_method *)own;
    link.count = (unsigned long long (*)(const char *))count;
    link.mirror = (int (*)(const char *, _Atomic uint64_t *))mirror;
    memcpy(&link.driver_address, &link.create_device, sizeof(link.driver_address));
    *ret_link = link;
    *ret_configure = (const char *(*)(const char *))configure;
    return MP_OK;
}

enum mp_status mp_metal_model_probe(struct mp_error *err) {
    struct mp_metal_link link;
    const char *(*configure)(const char *);
    return load(&link, &configure, err);
}

enum mp_status mp_metal_model_open(struct mp_device *device,
                                   const struct mp_option_values *values,
                                   struct mp_error *err) {
    struct mp_metal_link link;
    const char *(*configure)(const char *);
    enum mp_status status = load(&link, &configure, err);
    if (status != MP_OK)
        return status;
    struct mp_strbuf text;
    struct mp_option_values own;
    mp_option_values_init(&own, driver_settings);
    for (size_t i = 0; i < own.count; i++)
        own.value[i] = *mp_option_get(values, own.rows[i].name);
    mp_strbuf_init(&text);
    mp_option_values_format(&own, true, &text);
    const char *refusal = configure(text.text);
    if (refusal) {
        status =
            mp_error_set(err, MP_USAGE, "the model driver refused the settings %s: %s",
                         text.text, refusal);
    } else {
        snprintf(link.facts, sizeof(link.facts), "%s", text.text);
        for (char *comma = link.facts; (comma = strchr(comma, ',')) != NULL; comma++)
            *comma = ' ';
        mp_metal_form_read(values, &((struct mp_metal_device *)device)->form);
        status = mp_metal_open((struct mp_metal_device *)device, &link, err);
    }
    mp_strbuf_release(&text);
    return status;
}

const struct mp_device_ops mp_metal_model_device = {
    .name = "metal@model",
    .summary = "the Metal client on a software model of the driver",
    .settings = settings,
    .planted = "defects=destroy_race,reader=U",
    .harmless = "defects=none,commit=locked,!validation=on,!scar",
    .frames = "libmpmodel " MP_METAL_FRAMES,
    .finders = "metal_validation malloc_scribble",
    .probe = mp_metal_model_probe,
    .open = mp_metal_model_open,
    MP_METAL_SLOTS,
};
