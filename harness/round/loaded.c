/* Writes what is loaded: once the device is open, and again if the work loaded more.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/loaded.h"

#include "harness/round/image/image.h"
#include "harness/wire/modules.h"

static void add_image(void *data, const struct mp_image *image) {
    mp_modules_add(data, image->path, image->size, image->id, image->id_len);
}

void mp_loaded_record(struct mp_round_page *page, uint64_t *changes) {
    struct mp_modules_writer writer;
    uint64_t now = mp_image_changes();

    if (*changes == now && now != 0)
        return;
    *changes = now;
    mp_modules_begin(&writer, page);
    mp_image_each(add_image, &writer);
    mp_modules_end(&writer);
}
