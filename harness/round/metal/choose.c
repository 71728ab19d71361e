/* Which GPU of the machine the Metal client takes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/choice.h"
#include "harness/round/objc/send.h"

const struct mp_option mp_metal_settings[] = {
#include "harness/round/metal/client_settings.def"
#include "harness/round/metal/settings.def"
    {.name = NULL},
};

void mp_metal_link_set(struct mp_metal_link *link,
                       const struct mp_option_values *values) {
    const struct mp_option_value *gpu = values ? mp_option_get(values, "gpu") : NULL;
    snprintf(link->gpu, sizeof(link->gpu), "%s", gpu && gpu->is_set ? gpu->text : "");
    /* A device is one word of a spec. */
    for (char *at = link->gpu; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
}

static const char *name_of(const struct mp_objc *objc, id device) {
    id name = mp_send_device_name(objc, device);
    const char *text = name ? mp_send_utf8(objc, name) : NULL;
    return text ? text : "?";
}

#define GPUS_MAX 32

/* The names of the devices, as far as there is room; returns how many. Valid within the
 * pool of the caller. */
static size_t list_names(const struct mp_objc *objc, id devices,
                         const char *ret_names[GPUS_MAX]) {
    unsigned long count = mp_send_array_count(objc, devices);
    size_t listed = count < GPUS_MAX ? (size_t)count : GPUS_MAX;
    for (size_t i = 0; i < listed; i++)
        ret_names[i] = name_of(objc, mp_send_array_object(objc, devices, i));
    return listed;
}

void mp_metal_list_others(const struct mp_objc *objc, id devices, id chosen, char *buf,
                          size_t size) {
    const char *names[GPUS_MAX];
    size_t count = list_names(objc, devices, names), at = 0;
    while (at < count && mp_send_array_object(objc, devices, at) != chosen)
        at++;
    mp_choice_list(names, count, at, buf, size);
}

id mp_metal_choose(const struct mp_objc *objc, id devices, const char *wanted,
                   char *ret_others, size_t size, struct mp_error *err) {
    const char *names[GPUS_MAX];
    size_t count = list_names(objc, devices, names);
    bool is_ambiguous = false;
    size_t chosen = mp_choice_find(names, count, wanted, &is_ambiguous);
    char all[256];
    if (chosen < count) {
        mp_choice_list(names, count, chosen, ret_others, size);
        return mp_send_array_object(objc, devices, chosen);
    }
    mp_choice_list(names, count, count, all, sizeof(all));
    mp_error_set(err, MP_UNSUPPORTED, "gpu=%.64s names %s GPU of this machine: %s",
                 wanted, is_ambiguous ? "more than one" : "no",
                 count > 0 ? all : "there is none");
    return NULL;
}
