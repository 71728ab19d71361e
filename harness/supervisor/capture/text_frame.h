/* Frames and images of reports in text form, and how they become those of a crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_TEXT_FRAME_H
#define MP_CAPTURE_TEXT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/crash.h"

/* A part of a line. */
struct mp_text_part {
    const char *at;
    size_t len;
};

/* What one line says of one frame. */
struct mp_text_frame {
    struct mp_text_part module, symbol, file; /* of length 0: not told */
    bool has_pc, has_base, has_offset;
    uint64_t pc;
    uint64_t base;   /* of the module */
    uint64_t offset; /* in the symbol; without one, in the module */
    unsigned line;
};

struct mp_text_image {
    char *path; /* owned; or only its name */
    uint64_t base, size;
    char id[MP_CRASH_ID_MAX];
    int module; /* in the crash, -1: no frame uses it so far */
};

struct mp_text_place; /* of an image, in an order */

/* All images that a report lists; only those that frames use enter the crash. */
struct mp_text_images {
    struct mp_text_image *image; /* owned */
    size_t count;
    struct mp_text_place *by_base, *by_name; /* owned; of the first `sorted` images */
    size_t sorted;
};

/* Reads "3 Some Image 0x0000000102236384 symbol + 12 (file.c:21)" and its relatives:
 * "0x102230000 + 25788 (symbol + 12)", "symbol (in Image) (file.c:21)", without
 * address. False if the line is not a frame. The parts point into `line`. */
bool mp_text_frame_read(const char *line, struct mp_text_frame *ret_frame);

/* Reads where a frame is: what stands behind its address. */
void mp_text_frame_place(const char *text, struct mp_text_frame *frame);

/* Adds the frame to `thread`; one too many is counted. */
void mp_text_frame_add(const struct mp_text_frame *frame, struct mp_text_images *images,
                       struct mp_crash *crash, struct mp_crash_thread *thread);

/* A new image; its path must be set. */
struct mp_text_image *mp_text_images_add(struct mp_text_images *images);
/* Reads "0x102230000 - 0x102237fff name arch (1.2) <uuid> /path/of it". */
void mp_text_images_read(struct mp_text_images *images, const char *line);
void mp_text_images_release(struct mp_text_images *images);

/* The thread with this number, made if it is new; NULL if there is no room. One place is
 * kept for the thread `faulting`. */
struct mp_crash_thread *mp_text_thread(struct mp_crash *crash, uint64_t number,
                                       uint64_t faulting);
/* Moves the thread with this number to the front and marks it; the stack of an exception
 * follows it. */
void mp_text_put_faulting_first(struct mp_crash *crash, uint64_t number);

#endif
