/* The load commands and the symbols of one Mach-O image.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_IMAGE_SYMBOLS_H
#define MP_CAPTURE_IMAGE_SYMBOLS_H

#include "harness/supervisor/capture/task.h"
#include "harness/wire/crash.h"

/* What the load commands say, in addresses of the task. */
struct mp_image_layout {
    uint64_t slide;
    uint64_t text_start, text_size;
    /* __LINKEDIT; offsets in the file count from `linkedit_offset`. Size 0: none. */
    uint64_t linkedit_start, linkedit_offset, linkedit_size;
    uint32_t symbol_offset, symbol_count, string_offset, string_size;
    uint32_t starts_offset, starts_size;
    uint64_t info_start, info_size; /* the section __crash_info; size 0: none */
    bool has_uuid;
    uint8_t uuid[16];
    char name[MP_CRASH_PATH_MAX]; /* that a library gives itself, "" none */
};

/* Reads `count` load commands in `size` bytes, of an image whose header is at `base`.
 * False if there is no __TEXT or a command reaches out of the others. */
bool mp_image_layout_read(uint64_t base, const uint8_t *commands, size_t size,
                          uint32_t count, struct mp_image_layout *ret_layout);

struct mp_image_symbols;

/* Copies the symbols of code and the starts of functions, in offsets, so that they hold
 * for the same image in another task; takes what they need out of
 * `bytes_left`, and leaves out what does not fit. Never NULL. */
struct mp_image_symbols *mp_image_symbols_read(const struct mp_task *task,
                                               const struct mp_image_layout *layout,
                                               size_t *bytes_left);

/* Writes the name of the function at `pc` into `frame`, demangled and without the
 * underscore of C, and where it starts. A name whose function ends before `pc`, as the
 * starts of functions show, is not used. */
bool mp_image_symbols_find(const struct mp_task *task,
                           const struct mp_image_layout *layout,
                           const struct mp_image_symbols *symbols, uint64_t pc,
                           uint64_t *ret_start, struct mp_crash_frame *frame);
/* Where the function at `pc` starts. */
bool mp_image_symbols_start(const struct mp_image_layout *layout,
                            const struct mp_image_symbols *symbols, uint64_t pc,
                            uint64_t *ret_start);
/* Whether nothing was left out; the bytes that it holds. */
bool mp_image_symbols_are_whole(const struct mp_image_symbols *symbols);
size_t mp_image_symbols_size(const struct mp_image_symbols *symbols);
void mp_image_symbols_destroy(struct mp_image_symbols *symbols);

#endif
