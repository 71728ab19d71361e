/* Asks the loader for each method that the device knows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/method_owners.h"

#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/image/image.h"
#include "harness/wire/modules.h"

#define METHODS_MAX  256
#define PATH_MAX_LEN 512

/* What is asked of one device. */
struct owners {
    const char *fix;
    struct mp_module_method method[METHODS_MAX];
    size_t count, owned;
};

static void take_method(void *data, const char *name, const void *code) {
    struct owners *owners = data;
    char path[PATH_MAX_LEN] = "", id[MP_CRASH_ID_MAX];
    uint64_t offset;
    if (owners->count == METHODS_MAX)
        return;
    mp_image_describe(code, path, sizeof(path), id, sizeof(id));
    if (owners->fix[0] != '\0' && mp_image_holds(owners->fix, code, &offset))
        owners->owned++;
    owners->method[owners->count++] = (struct mp_module_method){
        mp_memory_copy_text(path[0] != '\0' ? path : "?"), mp_memory_copy_text(name)};
}

void mp_method_owners_record(struct mp_device *device, const char *fix,
                             struct mp_round_page *page) {
    if (!device->ops->each_method)
        return;
    struct owners *owners = mp_memory_zeroed(1, sizeof(*owners));
    owners->fix = fix;
    device->ops->each_method(device, take_method, owners);
    if (owners->count > 0) {
        mp_modules_add_methods(page, owners->method, owners->count);
        atomic_store(&page->figure[MP_FIGURE_FIX_ASKED], owners->count);
        atomic_store(&page->figure[MP_FIGURE_FIX_OWNED], owners->owned);
    }
    for (size_t i = 0; i < owners->count; i++) {
        free((char *)owners->method[i].path);
        free((char *)owners->method[i].name);
    }
    free(owners);
}
