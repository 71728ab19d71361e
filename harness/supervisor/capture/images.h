/* The images of a task and the names of their code. Reads the child's memory only, on
 * demand: an image that no frame is in costs one entry of dyld's list. Any task is safe:
 * what does not fit together counts as absent, and all of it together has a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_IMAGES_H
#define MP_CAPTURE_IMAGES_H

#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/symbol_store.h"
#include "harness/supervisor/capture/task.h"
#include "harness/wire/crash.h"

#define MP_IMAGES_MAX 4096
/* Of symbols and starts of functions, in one record. */
#define MP_IMAGES_BYTES_MAX ((size_t)96 * 1024 * 1024)

struct mp_images;

/* Reads dyld's list; where it is being changed or makes no sense, the regions of the task
 * are searched for images. Symbols come from `store` where it has them, and go there;
 * NULL: they are read. Never NULL. */
struct mp_images *mp_images_open(const struct mp_task *task,
                                 struct mp_symbol_store *store);

/* Fills module (added to `crash` on first use), symbol and offset of a frame from its pc.
 * A return address is looked up one byte before itself. A stripped function has its
 * module, the offset in it, and where the function begins. */
void mp_images_name(struct mp_images *images, struct mp_crash *crash,
                    struct mp_crash_frame *frame, bool is_return);

/* The start of the function at `pc`; false if no table says so, or no image is there. */
bool mp_images_function(struct mp_images *images, uint64_t pc, uint64_t *ret_start);
/* Whether an image holds code at `pc`. */
bool mp_images_hold(struct mp_images *images, uint64_t pc);

/* Offers what the images left for reports of a crash (their __crash_info) to `message`,
 * until `until_ns`. */
void mp_images_hear(struct mp_images *images, uint64_t until_ns,
                    struct mp_report_message *message);

void mp_images_close(struct mp_images *images);

#endif
