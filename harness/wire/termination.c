/* The table of codes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/termination.h"

#include <stddef.h>

#include "harness/base/array.h"

const struct mp_termination *mp_termination_find(uint64_t code) {
    /* clang-format off */
    static const struct mp_termination rows[] = {
        {0x8badf00d, "watchdog",           "it took too long to start, to answer or to stop", false},
        {0xc00010ff, "thermal",            "the device was too hot", false},
        {0xdead10cc, "suspended_lock",     "it kept a lock on a file or database while suspended", false},
        {0xbaadca11, "call_not_reported",  "it did not report the call that a push announced", false},
        {0xbad22222, "resumed_too_often",  "it resumed too often", false},
        {0xbada5e47, "background_tasks",   "it had too many background tasks", false},
        {0xbaddd15c, "disk_space",         "its caches were deleted to free disk space", false},
        {0x2182bad2, "background_task",    "a background task did not end in time", false},
        {0x2182bad3, "background_session", "a background URL session did not end in time", false},
        {0x2182bad4, "background_fetch",   "a background fetch did not end in time", false},
        {0xc51bad01, "background_cpu",     "a background task used too much processor time", false},
        {0xc51bad02, "background_time",    "a background task did not end in time", false},
        {0xc51bad03, "background_busy",    "a background task did not end in time on a busy system", false},
        {0x2bad45ec, "security",           "it violated a security rule", false},
        {0xdeadfa11, "force_quit",         "the user forced it to quit", false},
        {0xbaaaaaad, "stackshot",          "nothing was ended: a sample of all stacks "
                                           "was requested", true},
    };
    /* clang-format on */
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (rows[i].code == (uint32_t)code)
            return &rows[i];
    return NULL;
}
