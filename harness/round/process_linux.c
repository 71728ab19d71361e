/* The round's process on Linux.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* SCHED_IDLE */
#include "harness/round/process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum mp_status mp_process_follow_parent(uint64_t pid, struct mp_error *err) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot ask to die with the supervisor");
    /* After the request, so that a parent that died before it is also noticed. */
    if ((uint64_t)getppid() != pid)
        return mp_error_set(
            err, MP_SYSTEM,
            "the round page names process %llu as supervisor, but the parent is "
            "%ld: the supervisor is gone",
            (unsigned long long)pid, (long)getppid());
    return MP_OK;
}

uint64_t mp_process_thread_id(void) {
    return (uint64_t)syscall(SYS_gettid);
}

void mp_process_lower_thread(void) {
    const struct sched_param none = {.sched_priority = 0};
    sched_setscheduler(0, SCHED_IDLE, &none);
}

void mp_process_name_thread(const char *name) {
    prctl(PR_SET_NAME, name);
}

bool mp_process_may_note(int number) {
    return number != SIGKILL && number != SIGSTOP && number != SIGTSTP &&
           number != SIGTTIN && number != SIGTTOU && number != SIGCONT &&
           number != SIGCHLD && number != SIGURG && number != SIGWINCH;
}
