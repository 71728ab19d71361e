/* The process of a round that is running, as its runner's child.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_ROUND_PID_H
#define MP_TESTS_ROUND_PID_H

#include <sys/types.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/job.h"

/* Waits until there is one. The including file has cmocka.h. */
static inline pid_t round_pid(void) {
    pid_t child[8];
    for (int tries = 0; tries < 30000; tries++) {
        size_t count = mp_host_leftovers("", child, 8);
        for (size_t i = 0; i < count && i < 8; i++)
            if (mp_host_find_mark(child[i], MP_JOB_TOKEN_NAME "x") == MP_HOST_OTHER)
                return child[i];
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    }
    fail_msg("no round among the children");
    return -1;
}

#endif
