/* A list by build and device: rounds of one campaign have the same images.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/method_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/wire/method_list.h"
#include "harness/wire/round_spec.h"

#define ASK_NS (3 * MP_CLOCK_NS_PER_S)

struct image {
    char id[MP_CRASH_ID_MAX];
    char device[MP_SPEC_DEVICE_MAX];
    struct mp_method_list list; /* empty: it has none, or could not be asked */
};

struct mp_method_names {
    const char *program;
    const struct mp_tend *tended;
    struct image image[MP_METHOD_NAMES_IMAGES_MAX];
    size_t count;
};

struct mp_method_names *mp_method_names_open(const char *program,
                                             const struct mp_tend *tended) {
    struct mp_method_names *names = mp_memory_zeroed(1, sizeof(*names));
    names->program = program;
    names->tended = tended;
    return names;
}

/* What the program lists is used only if it is of the build that crashed. A UUID has
 * sixteen bytes; a build id of Linux is cut to as many where it stands for one. */
static void ask(const struct mp_method_names *names, const struct mp_crash_module *module,
                char *device, struct mp_method_list *ret_list) {
    char path[MP_CRASH_PATH_MAX];
    char *argv[] = {(char *)"mpstress-round",
                    (char *)"--list-methods",
                    path,
                    (char *)"--driver-of",
                    device,
                    NULL};
    struct mp_answer answer = {.tend = names->tended};
    struct mp_method_list list = {0};
    struct mp_error ignored;
    int wait_status = 0;
    snprintf(path, sizeof(path), "%s", module->path);
    enum mp_status status =
        mp_answer_ask(names->program, argv, ASK_NS, &answer, &wait_status, &ignored);
    if (status == MP_OK && mp_answer_is_well(wait_status) &&
        mp_method_list_read(answer.out.text, answer.out.len, &list, &ignored) == MP_OK) {
        if (strncmp(list.id, module->id, strlen(module->id)) == 0)
            *ret_list = list;
        else
            mp_method_list_release(&list);
    }
    mp_answer_release(&answer);
}

/* The methods of a module; NULL if it cannot be known, or enough were asked. */
static const struct mp_method_list *find(struct mp_method_names *names,
                                         const char *device,
                                         const struct mp_crash_module *module) {
    if (module->id[0] == '\0' || module->path[0] != '/')
        return NULL;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->image[i].id, module->id) == 0 &&
            strcmp(names->image[i].device, device) == 0)
            return &names->image[i].list;
    if (names->count == MP_METHOD_NAMES_IMAGES_MAX)
        return NULL;
    struct image *image = &names->image[names->count++];
    snprintf(image->id, sizeof(image->id), "%s", module->id);
    snprintf(image->device, sizeof(image->device), "%s", device);
    ask(names, module, image->device, &image->list);
    return &image->list;
}

static void name_frame(struct mp_method_names *names, const char *device,
                       const struct mp_crash *crash, struct mp_crash_frame *frame) {
    if (frame->symbol[0] != '\0' || frame->function == 0 || frame->module < 0 ||
        (size_t)frame->module >= crash->module_count)
        return;
    const struct mp_crash_module *module = &crash->module[frame->module];
    const struct mp_method_list *list = find(names, device, module);
    const char *name = list != NULL ? mp_method_list_find(list, frame->function) : NULL;
    if (name == NULL)
        return;
    snprintf(frame->symbol, sizeof(frame->symbol), "%s", name);
    frame->offset = frame->pc - module->base - frame->function;
}

void mp_method_names_apply(struct mp_method_names *names, const char *device,
                           struct mp_crash *crash) {
    for (size_t i = 0; crash != NULL && i < crash->thread_count; i++)
        for (size_t j = 0; j < crash->thread[i].frame_count; j++)
            name_frame(names, device, crash, &crash->thread[i].frame[j]);
}

void mp_method_names_close(struct mp_method_names *names) {
    if (names == NULL)
        return;
    for (size_t i = 0; i < names->count; i++)
        mp_method_list_release(&names->image[i].list);
    free(names);
}
