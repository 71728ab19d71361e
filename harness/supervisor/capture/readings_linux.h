/* The readings of one round that are at work: a child may crash while the stacks of
 * another are read, and a hang is sampled twice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_READINGS_LINUX_H
#define MP_CAPTURE_READINGS_LINUX_H

#include "harness/supervisor/capture/reading_linux.h"

/* A crash, one of a child, two samples. */
#define MP_READINGS_MAX 4

/* Zeroed: none. */
struct mp_readings {
    struct mp_reading *reading[MP_READINGS_MAX]; /* owned; NULL: none */
};

/* Has the stacks of a new record read (mp_reading_start). */
void mp_readings_start(struct mp_readings *readings, const struct mp_copy *copy,
                       struct mp_crash *crash);
/* Ends the reading of a record that nobody wants any more, if it is read. */
void mp_readings_forget(struct mp_readings *readings, const struct mp_crash *crash);
/* Whether some are at work still; those past their deadline are ended. */
bool mp_readings_are_left(struct mp_readings *readings);
/* Whether process `pid` is the reader of one. */
bool mp_readings_have(const struct mp_readings *readings, pid_t pid);
/* Takes one wait status; false if `pid` is the reader of none. */
bool mp_readings_take(struct mp_readings *readings, pid_t pid, int status);
/* Waits for all, each up to its deadline. */
void mp_readings_finish(struct mp_readings *readings);
/* Ends all; `why` as for mp_reading_end. */
void mp_readings_stop(struct mp_readings *readings, const char *why);

#endif
