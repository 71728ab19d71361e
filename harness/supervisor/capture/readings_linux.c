/* Slots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/readings_linux.h"

#include <sys/wait.h>

void mp_readings_start(struct mp_readings *readings, const struct mp_copy *copy,
                       struct mp_crash *crash) {
    size_t i = 0;
    while (i < MP_READINGS_MAX - 1 && readings->reading[i] != NULL)
        i++;
    if (readings->reading[i] != NULL)
        mp_reading_await(readings->reading[i]);
    readings->reading[i] = mp_reading_start(mp_reading_do, copy, crash);
}

void mp_readings_forget(struct mp_readings *readings, const struct mp_crash *crash) {
    for (size_t i = 0; i < MP_READINGS_MAX; i++) {
        struct mp_reading *reading = readings->reading[i];
        if (reading == NULL || mp_reading_crash(reading) != crash)
            continue;
        mp_reading_end(reading, "is not needed any more");
        readings->reading[i] = NULL;
    }
}

bool mp_readings_are_left(struct mp_readings *readings) {
    bool are_left = false;
    for (size_t i = 0; i < MP_READINGS_MAX; i++) {
        struct mp_reading *reading = readings->reading[i];
        if (reading != NULL && mp_reading_is_late(reading)) {
            mp_reading_await(reading);
            readings->reading[i] = NULL;
        }
        are_left |= readings->reading[i] != NULL;
    }
    return are_left;
}

bool mp_readings_have(const struct mp_readings *readings, pid_t pid) {
    for (size_t i = 0; i < MP_READINGS_MAX; i++)
        if (readings->reading[i] != NULL && mp_reading_pid(readings->reading[i]) == pid)
            return true;
    return false;
}

bool mp_readings_take(struct mp_readings *readings, pid_t pid, int status) {
    for (size_t i = 0; i < MP_READINGS_MAX; i++) {
        struct mp_reading *reading = readings->reading[i];
        if (reading == NULL || mp_reading_pid(reading) != pid)
            continue;
        if (WIFSTOPPED(status))
            return true; /* somebody stopped it: its deadline holds */
        mp_reading_take(reading, status);
        readings->reading[i] = NULL;
        return true;
    }
    return false;
}

void mp_readings_finish(struct mp_readings *readings) {
    for (size_t i = 0; i < MP_READINGS_MAX; i++) {
        if (readings->reading[i] != NULL)
            mp_reading_await(readings->reading[i]);
        readings->reading[i] = NULL;
    }
}

void mp_readings_stop(struct mp_readings *readings, const char *why) {
    for (size_t i = 0; i < MP_READINGS_MAX; i++) {
        if (readings->reading[i] != NULL)
            mp_reading_end(readings->reading[i], why);
        readings->reading[i] = NULL;
    }
}
