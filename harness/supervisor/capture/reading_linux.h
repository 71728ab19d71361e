/* Unwinds and names the stacks of a stop, in a process of its own (reader.h) and on
 * copied data: unwind tables and symbols are those of whatever crashed, and may be made
 * to hang, to fault or to take all memory. If that process is lost, the record keeps what
 * is known without it and says why.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_READING_LINUX_H
#define MP_CAPTURE_READING_LINUX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/supervisor/capture/copy_linux.h"
#include "harness/wire/crash.h"

struct mp_answer_frame {
    uint64_t pc, offset;
    uint64_t function;     /* of a frame without a symbol: where its function begins */
    uint64_t symbol_bytes; /* as in struct mp_crash_frame */
    uint32_t line;
    uint8_t is_exact;                 /* else a return address */
    char symbol[MP_CRASH_SYMBOL_MAX]; /* "" unknown */
    char file[MP_CRASH_PATH_MAX];
};

struct mp_answer_thread {
    uint32_t frame_count, frames_total;
    struct mp_answer_frame frame[MP_CRASH_FRAMES_MAX];
};

enum mp_answer_stage { MP_ANSWER_BEGUN, MP_ANSWER_UNWOUND, MP_ANSWER_NAMED };

/* What a reader writes, in shared memory: any bytes are possible. */
struct mp_answer_page {
    uint32_t stage;
    struct mp_answer_thread thread[MP_CRASH_THREADS_MAX]; /* as in the record */
};

/* Fills in the answer; may hang, fault, and so on. */
typedef void mp_reading_work(const struct mp_copy *copy, const struct mp_crash *crash,
                             struct mp_answer_page *answer);
mp_reading_work mp_reading_do;

/* Fills module and offset of `frame`, of which the pc is known. */
void mp_reading_place(const struct mp_crash *crash, bool is_exact,
                      struct mp_crash_frame *frame);
/* Takes what an answer says of the threads of `crash`, which have the frames that are
 * known without it. False if it cannot be true: what came before is kept. */
bool mp_reading_apply(const struct mp_answer_page *answer, struct mp_crash *crash);

/* Reads in this process: for what crashed on purpose. */
void mp_reading_here(const struct mp_copy *copy, struct mp_crash *crash);

struct mp_reading; /* a reader at work */

/* Starts a reader that does `work`; `copy` is not needed any more then. `crash` is
 * borrowed until the reading is over. NULL if none could be started: the record says
 * so. */
struct mp_reading *mp_reading_start(mp_reading_work *work, const struct mp_copy *copy,
                                    struct mp_crash *crash);
pid_t mp_reading_pid(const struct mp_reading *reading);
const struct mp_crash *mp_reading_crash(const struct mp_reading *reading);
bool mp_reading_is_late(const struct mp_reading *reading);
/* The three ways in which it ends; each completes the record and frees the reading. The
 * reader was reaped by the caller, who got `status`: */
void mp_reading_take(struct mp_reading *reading, int status);
/* It is waited for until its deadline: */
void mp_reading_await(struct mp_reading *reading);
/* It is killed; `why` says why the rest is missing: "was ended with the run". */
void mp_reading_end(struct mp_reading *reading, const char *why);

#endif
