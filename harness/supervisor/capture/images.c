/* dyld's list, load commands and symbol tables, out of the child's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/image_symbols.h"
#include "harness/supervisor/capture/macho.h"

/* Apple's largest have some 30 KiB. */
#define COMMANDS_MAX ((size_t)256 * 1024)
/* Regions that are searched while dyld changes its list. */
#define REGIONS_MAX 16384
/* Of one text in a __crash_info. */
#define INFO_TEXT_MAX 4096

struct image {
    uint64_t base, path_address;
    bool is_read, is_good;
    char path[MP_CRASH_PATH_MAX];
    struct mp_image_layout layout;
    const struct mp_image_symbols *symbols; /* NULL: not read yet */
    struct mp_image_symbols *own;           /* owned; NULL: they are the store's */
    int module;                             /* in the crash, -1 not yet */
};

struct mp_images {
    const struct mp_task *task;
    struct mp_symbol_store *store; /* NULL: none */
    struct image *image;           /* owned; by rising base */
    size_t count, size;
    size_t bytes_left;
    const struct mp_crash *crash; /* whose modules the images know */
};

static void add(struct mp_images *images, uint64_t base, uint64_t path_address) {
    if (images->count == MP_IMAGES_MAX || base == 0)
        return;
    if (images->count == images->size) {
        images->size = images->size > 0 ? 2 * images->size : 64;
        images->image =
            mp_memory_resize(images->image, images->size, sizeof(*images->image));
    }
    images->image[images->count++] =
        (struct image){.base = base, .path_address = path_address, .module = -1};
}

static int compare_bases(const void *left, const void *right) {
    const struct image *a = left, *b = right;
    return (a->base > b->base) - (a->base < b->base);
}

static bool read_list(struct mp_images *images) {
    uint64_t address = 0;
    struct mp_dyld_infos infos;
    const struct mp_task *task = images->task;
    if (!task->ops->image_info(task->at, &address) ||
        !mp_task_read(task, address, &infos, sizeof(infos)))
        return false;
    /* dyld itself is not in its list. */
    add(images, mp_task_strip(infos.dyld_base), mp_task_strip(infos.dyld_path));
    uint64_t list = mp_task_strip(infos.images);
    if (list == 0 || infos.image_count == 0 || infos.image_count > MP_IMAGES_MAX)
        return false;
    for (uint32_t i = 0; i < infos.image_count; i++) {
        struct mp_dyld_image entry;
        if (!mp_task_read(task, list + i * sizeof(entry), &entry, sizeof(entry)))
            return i > 0;
        add(images, mp_task_strip(entry.base), mp_task_strip(entry.path));
    }
    return true;
}

/* The headers of images stand at the beginning of regions. */
static void search_regions(struct mp_images *images) {
    const struct mp_task *task = images->task;
    struct mp_task_region region;
    uint64_t at = 0;
    for (int i = 0; i < REGIONS_MAX && task->ops->region(task->at, at, &region); i++) {
        uint32_t magic = 0;
        if (region.size == 0 || region.size > UINT64_MAX - region.start ||
            region.start + region.size <= at)
            return;
        if (region.is_readable &&
            mp_task_read(task, region.start, &magic, sizeof(magic)) &&
            magic == MP_MACHO_MAGIC)
            add(images, region.start, 0);
        at = region.start + region.size;
    }
}

struct mp_images *mp_images_open(const struct mp_task *task,
                                 struct mp_symbol_store *store) {
    struct mp_images *images = mp_memory_zeroed(1, sizeof(*images));
    images->task = task;
    images->store = store;
    images->bytes_left = MP_IMAGES_BYTES_MAX;
    if (!read_list(images))
        search_regions(images);
    if (images->count > 0)
        qsort(images->image, images->count, sizeof(*images->image), compare_bases);
    return images;
}

/* Reads header and load commands, once. */
static bool read_image(struct mp_images *images, struct image *image) {
    struct mp_macho_header header;
    if (image->is_read)
        return image->is_good;
    image->is_read = true;
    if (!mp_task_read(images->task, image->base, &header, sizeof(header)) ||
        header.magic != MP_MACHO_MAGIC || header.sizeofcmds > COMMANDS_MAX)
        return false;
    uint8_t *commands = mp_memory_zeroed(header.sizeofcmds + 1, 1);
    if (mp_task_read(images->task, image->base + sizeof(header), commands,
                     header.sizeofcmds))
        image->is_good = mp_image_layout_read(image->base, commands, header.sizeofcmds,
                                              header.ncmds, &image->layout);
    free(commands);
    if (!image->is_good)
        return false;
    if (image->path_address != 0)
        (void)mp_task_read_text(images->task, image->path_address, image->path,
                                sizeof(image->path));
    if (image->path[0] == '\0')
        snprintf(image->path, sizeof(image->path), "%s", image->layout.name);
    return true;
}

/* The image whose code holds `pc`, or NULL. */
static struct image *find(struct mp_images *images, uint64_t pc) {
    size_t low = 0, high = images->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (images->image[middle].base <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    struct image *image = &images->image[low - 1];
    bool is_in = read_image(images, image) && pc >= image->layout.text_start &&
                 pc - image->layout.text_start < image->layout.text_size;
    return is_in ? image : NULL;
}

static const struct mp_image_symbols *symbols_of(struct mp_images *images,
                                                 struct image *image) {
    if (image->symbols == NULL && images->store != NULL)
        image->symbols = mp_symbol_store_find(images->store, &image->layout);
    if (image->symbols == NULL) {
        image->own =
            mp_image_symbols_read(images->task, &image->layout, &images->bytes_left);
        image->symbols = image->own;
        if (images->store != NULL &&
            mp_symbol_store_keep(images->store, &image->layout, image->own))
            image->own = NULL;
    }
    return image->symbols;
}

static int module_of(struct mp_images *images, struct image *image,
                     struct mp_crash *crash) {
    if (images->crash != crash) {
        for (size_t i = 0; i < images->count; i++)
            images->image[i].module = -1;
        images->crash = crash;
    }
    if (image->module >= 0)
        return image->module;
    struct mp_crash_module *module = mp_crash_add_module(crash);
    if (module == NULL) {
        crash->modules_missed++;
        return -1;
    }
    mp_excerpt_end(module->path, sizeof(module->path), image->path, strlen(image->path));
    module->base = image->base;
    module->size = image->layout.text_size;
    for (size_t i = 0; i < sizeof(image->layout.uuid) && image->layout.has_uuid; i++)
        snprintf(module->id + 2 * i, 3, "%02x", image->layout.uuid[i]);
    image->module = (int)crash->module_count - 1;
    return image->module;
}

void mp_images_name(struct mp_images *images, struct mp_crash *crash,
                    struct mp_crash_frame *frame, bool is_return) {
    uint64_t pc = is_return && frame->pc > 0 ? frame->pc - 1 : frame->pc;
    struct image *image = find(images, pc);
    if (image == NULL)
        return;
    uint64_t start = 0;
    frame->module = module_of(images, image, crash);
    frame->offset = frame->pc - image->base;
    if (mp_image_symbols_find(images->task, &image->layout, symbols_of(images, image), pc,
                              &start, frame))
        frame->offset = frame->pc - start;
    else if (mp_image_symbols_start(&image->layout, symbols_of(images, image), pc,
                                    &start))
        frame->function = start - image->base;
}

bool mp_images_function(struct mp_images *images, uint64_t pc, uint64_t *ret_start) {
    struct image *image = find(images, pc);
    return image != NULL && mp_image_symbols_start(
                                &image->layout, symbols_of(images, image), pc, ret_start);
}

bool mp_images_hold(struct mp_images *images, uint64_t pc) {
    return find(images, pc) != NULL;
}

static void hear_text(const struct mp_task *task, uint64_t address,
                      struct mp_report_message *message) {
    char text[INFO_TEXT_MAX];
    if (mp_task_read_text(task, mp_task_strip(address), text, sizeof(text)) > 0)
        mp_report_message_offer(message, text);
}

void mp_images_hear(struct mp_images *images, uint64_t until_ns,
                    struct mp_report_message *message) {
    struct mp_macho_info info;
    for (size_t i = 0; i < images->count && mp_clock_now_ns() < until_ns; i++) {
        struct image *image = &images->image[i];
        if (!read_image(images, image) || image->layout.info_size < sizeof(info) ||
            !mp_task_read(images->task, image->layout.info_start, &info, sizeof(info)) ||
            info.version < MP_MACHO_INFO_OLDEST || info.version > MP_MACHO_INFO_NEWEST)
            continue;
        hear_text(images->task, info.message, message);
        hear_text(images->task, info.message2, message);
    }
}

void mp_images_close(struct mp_images *images) {
    if (images == NULL)
        return;
    for (size_t i = 0; i < images->count; i++)
        mp_image_symbols_destroy(images->image[i].own);
    free(images->image);
    free(images);
}
