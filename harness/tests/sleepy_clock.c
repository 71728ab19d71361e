/* A machine that slept for two minutes from the moment on at which the file $SLEEPY_CLOCK
 * exists: the clock that counts sleep is that much ahead, the other is not. One whose
 * clock of the day somebody sets once the file $LEAPING_CLOCK exists: a day ahead, or
 * $LEAP_S seconds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_S 120
#define LEAP_S  86400

static int has_file(const char *variable) {
    const char *path = getenv(variable);
    return path != NULL && access(path, F_OK) == 0;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *ret_time) {
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);
    if (clock == CLOCK_BOOTTIME && has_file("SLEEPY_CLOCK"))
        ret_time->tv_sec += SLEEP_S;
    if (clock == CLOCK_REALTIME && has_file("LEAPING_CLOCK")) {
        const char *leap = getenv("LEAP_S");
        ret_time->tv_sec += leap != NULL ? atol(leap) : LEAP_S;
    }
    return result;
}

/* libc reads the clock of time() without the function above. */
__attribute__((visibility("default"))) time_t time(time_t *ret_time) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
