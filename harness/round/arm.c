/* The table of arms. What an arm does is done in stream.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/arm.h"

#include <stddef.h>
#include <string.h>

#include "harness/base/option.h"
#include "harness/wire/round_spec.h"

static const struct mp_arm arms[MP_ARM_COUNT] = {
    [MP_ARM_NONE] = {MP_ARM_NONE, "none", "no mitigation", false},
    [MP_ARM_ENCODE_MUTEX] =
        {MP_ARM_ENCODE_MUTEX, "encode_mutex",
         "one lock over every encode, end and commit call of the round", true},
    [MP_ARM_STREAM_MUTEX] =
        {MP_ARM_STREAM_MUTEX, "stream_mutex",
         "one lock per stream over encode and over the whole of synchronize", true},
    [MP_ARM_SYNC_ON_QUEUE] =
        {MP_ARM_SYNC_ON_QUEUE, "sync_on_queue",
         "synchronize runs on the stream's serial queue (the upstream fix)", true},
    [MP_ARM_SERIAL] = {MP_ARM_SERIAL, "serial",
                       "one lock over each op or sync as a whole, waiting included",
                       true},
    [MP_ARM_FIX] = {MP_ARM_FIX, "fix",
                    "a library that is injected into the process (--fix FILE)", false},
};

const struct mp_arm *mp_arm_list(void) {
    return arms;
}

const struct mp_arm *mp_arm_find(const char *name, struct mp_error *err) {
    const char *words[MP_ARM_COUNT + 1] = {NULL};

    for (size_t i = 0; i < MP_ARM_COUNT; i++) {
        if (strcmp(name, arms[i].name) == 0 ||
            (i == MP_ARM_FIX && mp_round_spec_arm_injects(name)))
            return &arms[i];
        words[i] = arms[i].name;
    }
    mp_option_unknown(err, "arm", name, words);
    return NULL;
}
