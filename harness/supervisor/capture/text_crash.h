/* What the text forms of other programs than Apple's have in common: a crash that is
 * built line by line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_TEXT_CRASH_H
#define MP_CAPTURE_TEXT_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/text_frame.h"
#include "harness/wire/crash.h"

struct mp_text_crash {
    struct mp_crash *crash;
    struct mp_text_images images; /* none of these forms lists them */
    struct mp_report_lines lines;
    uint64_t faulting, next; /* numbers of threads: that died; of a stack without one */
    bool has_faulting;
    struct mp_crash_thread *thread; /* the one whose stack is read, or NULL */
};

void mp_text_crash_begin(struct mp_text_crash *text, const char *bytes, size_t len);

/* Opens the stack of the thread `number`; frames of one that has several are left out: it
 * was shown before. The first one opened is the faulting one until another is known to
 * be. */
void mp_text_crash_open(struct mp_text_crash *text, uint64_t number, const char *name);
/* The same for a stack without a number. */
void mp_text_crash_open_next(struct mp_text_crash *text, const char *name);
void mp_text_crash_add(struct mp_text_crash *text, const struct mp_text_frame *frame);

/* A fault at `address`: NULL or wild; there is no telling what is mapped. */
void mp_text_crash_fault(struct mp_text_crash *text, uint64_t address, bool is_jump);

/* Ends reading. Returns the crash, the faulting thread in front; NULL, and nothing is
 * kept, if it has neither a signal nor a frame. */
struct mp_crash *mp_text_crash_end(struct mp_text_crash *text);

#endif
