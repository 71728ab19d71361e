/* From a task that stands still to a record of it. Portable; any task is safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_RECORD_TASK_H
#define MP_CAPTURE_RECORD_TASK_H

#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/symbol_store.h"
#include "harness/supervisor/capture/task.h"
#include "harness/supervisor/capture/task_states.h"
#include "harness/wire/crash.h"

/* Why the task stands still. */
struct mp_task_stop {
    const struct mp_apple_exception *exception; /* NULL: nothing happened, it hangs */
    uint32_t thread;   /* that the exception came from: a handle of its own */
    uint64_t until_ns; /* mp_clock_now_ns: past it no further thread is begun */
    const struct mp_task_states *states; /* before we held it; NULL: not known */
    struct mp_symbol_store *store;       /* of symbols that other tasks had; NULL: none */
};

/* Records the thread of the exception first, then the others; those that were left out
 * are counted as missed. Never NULL; owned by the caller. */
struct mp_crash *mp_task_record(const struct mp_task *task,
                                const struct mp_task_stop *stop);

#endif
