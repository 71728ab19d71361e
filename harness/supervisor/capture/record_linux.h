/* Records stopped threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_RECORD_LINUX_H
#define MP_CAPTURE_RECORD_LINUX_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/supervisor/capture/copy_linux.h"
#include "harness/wire/crash.h"

/* A stopped thread. */
struct mp_record_thread {
    pid_t tid;
    char run_state; /* before it was stopped; 0 unknown */
    bool is_faulting;
    siginfo_t info; /* of its crash signal, if it is faulting */
};

/* Records the stopped threads of `pid` in order; the first one explains the stop. No
 * further thread is read after `until_ns` (mp_clock_now_ns); those left out are
 * counted as missed. Stacks have the frames that are known without unwinding; the rest is
 * for reading_linux.h, by what is handed over in `ret_copy` (mp_copy_close). Never NULL;
 * owned by the caller. */
struct mp_crash *mp_record_make(pid_t pid, const struct mp_record_thread *thread,
                                size_t count, uint64_t until_ns,
                                struct mp_copy **ret_copy);

/* Records a program that is about to exit, in that stop of its main thread: what is
 * loaded; and if it leaves with a code and has `library` (a path, "" none) injected, that
 * thread. Its callers are to be read, from `ret_copy`, if the loader may not have let the
 * program begin; else that is NULL. */
struct mp_crash *mp_record_exit(pid_t pid, const char *library,
                                struct mp_copy **ret_copy);

#endif
