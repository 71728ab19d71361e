/* The round's process on macOS.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/process.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

enum mp_status mp_process_follow_parent(uint64_t pid, struct mp_error *err) {
    if ((uint64_t)getppid() != pid)
        return mp_error_set(
            err, MP_SYSTEM,
            "the round page names process %llu as supervisor, but the parent is "
            "%ld: the supervisor is gone",
            (unsigned long long)pid, (long)getppid());
    return MP_OK;
}

uint64_t mp_process_thread_id(void) {
    uint64_t id = 0;

    pthread_threadid_np(NULL, &id);
    return id;
}

void mp_process_name_thread(const char *name) {
    pthread_setname_np(name);
}
