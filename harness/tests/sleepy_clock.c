/* A machine that slept for two minutes from the moment on at which the file $SLEEPY_CLOCK
 * exists: the clock that counts sleep is that much ahead, the other is not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_S 120

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *ret_time) {
    const char *mark = getenv("SLEEPY_CLOCK");
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
    if (clock == CLOCK_BOOTTIME && mark != NULL && access(mark, F_OK) == 0)
        ret_time->tv_sec += SLEEP_S;
    return result;
}
