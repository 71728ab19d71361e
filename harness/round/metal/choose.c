/* Which GPU of the machine the Metal client takes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/round/objc/send.h"

const struct mp_option mp_metal_settings[] = {
    {.name = "gpu",
     .type = MP_OPTION_TEXT,
     .metavar = "NAME|INDEX",
     .help =
         "the GPU to use, by its index, its name or a part of it, with _ for a blank; "
         "default: the system's"},
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

/* Adds "INDEX NAME" of every device but `but` (NULL: of all). */
static void list(const struct mp_objc *objc, id devices, id but, char *buf, size_t size) {
    unsigned long count = mp_send_array_count(objc, devices);
    size_t len = 0;
    buf[0] = '\0';
    for (unsigned long i = 0; i < count && len + 1 < size; i++) {
        id device = mp_send_array_object(objc, devices, i);
        if (device != but)
            len += (size_t)snprintf(buf + len, size - len, "%s%lu %s",
                                    len > 0 ? ", " : "", i, name_of(objc, device));
    }
}

/* The index that `wanted` is, or -1. */
static long index_of(const char *wanted) {
    char *end = NULL;
    long index = strtol(wanted, &end, 10);
    return end != wanted && *end == '\0' && index >= 0 ? index : -1;
}

void mp_metal_list_others(const struct mp_objc *objc, id devices, id chosen, char *buf,
                          size_t size) {
    list(objc, devices, chosen, buf, size);
}

id mp_metal_choose(const struct mp_objc *objc, id devices, const char *wanted,
                   char *ret_others, size_t size, struct mp_error *err) {
    unsigned long count = mp_send_array_count(objc, devices);
    long index = index_of(wanted);
    id whole = NULL, part = NULL;
    unsigned parts = 0;
    char all[256];
    for (unsigned long i = 0; i < count; i++) {
        id device = mp_send_array_object(objc, devices, i);
        const char *name = name_of(objc, device);
        bool is_whole = index == (long)i || (index < 0 && strcmp(name, wanted) == 0);
        if (is_whole && !whole)
            whole = device;
        if (index < 0 && strstr(name, wanted)) {
            part = device;
            parts++;
        }
    }
    id chosen = whole ? whole : parts == 1 ? part : NULL;
    list(objc, devices, chosen, chosen ? ret_others : all, chosen ? size : sizeof(all));
    if (!chosen)
        mp_error_set(err, MP_UNSUPPORTED, "gpu=%.64s names %s GPU of this machine: %s",
                     wanted, parts > 1 ? "more than one" : "no",
                     count > 0 ? all : "there is none");
    return chosen;
}
