/* The table of arms. A new arm is a new row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/arm.h"

#include <string.h>

#include "harness/base/array.h"
#include "harness/base/option.h"

static const struct mp_arm arms[] = {
    {
        .name = "none",
        .summary = "no mitigation",
        .admits_hostile = true,
    },
    {
        .name = "encode_mutex",
        .summary = "one lock over every encode, end and commit call of the round",
        .lock = MP_ARM_LOCK_ROUND,
        .span = MP_ARM_OVER_CALL,
        .serialises = true,
    },
    {
        .name = "stream_mutex",
        .summary = "one lock per stream over encode and over the whole of synchronize",
        .lock = MP_ARM_LOCK_STREAM,
        .span = MP_ARM_OVER_OP,
        .serialises = true,
    },
    {
        .name = "sync_on_queue",
        .summary = "synchronize runs on the stream's serial queue (the upstream fix)",
        .sync_on_queue = true,
        .serialises = true,
    },
    {
        .name = "serial",
        .summary = "one lock over each whole op or sync, including its wait",
        .lock = MP_ARM_LOCK_ROUND,
        .span = MP_ARM_OVER_OP,
        .serialises = true,
    },
    {
        .name = "fix",
        .summary = "a library that is injected into the process (--fix FILE)",
        .injects = true,
        .admits_hostile = true,
    },
#define MP_FINDER(arm, words, ...)                                                       \
    {                                                                                    \
        .name = #arm,                                                                    \
        .summary = (words),                                                              \
        .admits_hostile = true,                                                          \
    },
#include "harness/wire/finder.def"
#undef MP_FINDER
    {.name = NULL},
};

#define ARM_COUNT (MP_COUNT(arms) - 1)

const struct mp_arm *mp_arm_list(void) {
    return arms;
}

const struct mp_arm *mp_arm_find(const char *name, struct mp_error *err) {
    const char *words[ARM_COUNT + 1] = {NULL};
    size_t len = strcspn(name, "=");

    for (size_t i = 0; i < ARM_COUNT; i++) {
        bool has_value = name[len] != '\0';

        if (strlen(arms[i].name) == len && memcmp(arms[i].name, name, len) == 0 &&
            (!has_value || arms[i].injects))
            return &arms[i];
        words[i] = arms[i].name;
    }
    mp_option_unknown(err, "arm", name, words);
    return NULL;
}
