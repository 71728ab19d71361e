/* See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/text_crash.h"

#include <signal.h>
#include <stdio.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/fault.h"

void mp_text_crash_begin(struct mp_text_crash *text, const char *bytes, size_t len) {
    *text = (struct mp_text_crash){.crash = mp_crash_create()};
    mp_report_lines_init(&text->lines, bytes, len);
}

void mp_text_crash_open(struct mp_text_crash *text, uint64_t number, const char *name) {
    if (!text->has_faulting) {
        text->faulting = number;
        text->has_faulting = true;
    }
    text->thread = mp_text_thread(text->crash, number, text->faulting);
    if (text->thread == NULL) {
        text->crash->threads_missed++;
        return;
    }
    /* A debugger shows the innermost frame where it stops, and the whole stack when it
     * is asked. */
    if (text->thread->frame_count == 1 && text->thread->frames_total == 1) {
        text->thread->frame_count = 0;
        text->thread->frames_total = 0;
    }
    if (text->thread->frame_count > 0)
        text->thread = NULL;
    else if (name[0] != '\0')
        mp_excerpt(text->thread->name, sizeof(text->thread->name), name);
}

void mp_text_crash_open_next(struct mp_text_crash *text, const char *name) {
    mp_text_crash_open(text, text->next++, name);
}

void mp_text_crash_add(struct mp_text_crash *text, const struct mp_text_frame *frame) {
    mp_text_frame_add(frame, &text->images, text->crash, text->thread);
}

void mp_text_crash_fault(struct mp_text_crash *text, uint64_t address, bool is_jump) {
    struct mp_crash *crash = text->crash;
    crash->has_address = true;
    crash->address = address;
    if (is_jump)
        crash->access = MP_ACCESS_EXECUTE;
    if (address < MP_FAULT_NULL_LIMIT)
        crash->fault_class =
            crash->access == MP_ACCESS_EXECUTE ? MP_FAULT_JUMP_NULL : MP_FAULT_NULL;
    else
        crash->fault_class = MP_FAULT_WILD;
}

/* What the signal alone tells. */
static void complete_class(struct mp_crash *crash) {
    if (crash->fault_class != MP_FAULT_NONE)
        return;
    if (crash->signal == SIGILL || crash->signal == SIGTRAP)
        crash->fault_class = MP_FAULT_INSTRUCTION;
    else if (crash->signal == SIGFPE)
        crash->fault_class = MP_FAULT_ARITHMETIC;
}

struct mp_crash *mp_text_crash_end(struct mp_text_crash *text) {
    struct mp_crash *crash = text->crash;
    mp_report_lines_release(&text->lines);
    mp_text_images_release(&text->images);
    if (text->has_faulting)
        mp_text_put_faulting_first(crash, text->faulting);
    bool has_frames = crash->thread_count > 0 && crash->thread[0].frame_count > 0;
    if (crash->signal == 0 && !has_frames) {
        mp_crash_destroy(crash);
        return NULL;
    }
    complete_class(crash);
    if (crash->thread_count > 0 && crash->thread[0].is_faulting)
        crash->thread[0].signal = crash->signal;
    return crash;
}
