/* The table of arms. A new arm is a new row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/arm.h"

#include <string.h>

#include "harness/base/array.h"
#include "harness/base/option.h"
#include "harness/round/device.h"
#include "harness/wire/arm_text.h"

static const struct mp_option permits[] = {
    {.name = "threads",
     .type = MP_OPTION_INT,
     .metavar = "K",
     .min = 1,
     .max = 128,
     .help = "threads that are let in at once"},
    {0},
};

static const struct mp_option requests[] = {
    {.name = "requests",
     .type = MP_OPTION_INT,
     .metavar = "K",
     .min = 1,
     .max = 128,
     .help = "requests in one submission at most"},
    {0},
};

static const struct mp_option workers[] = {
    {.name = "processes",
     .type = MP_OPTION_INT,
     .metavar = "K",
     .min = 1,
     .max = 128,
     .help = "processes, or one for each thread if there are fewer of these"},
    {0},
};

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
        .name = "semaphore",
        .summary = "at most K threads inside an op or a sync at once, its wait included",
        .number = permits,
        .lock = MP_ARM_LOCK_ROUND,
        .span = MP_ARM_OVER_OP,
        .is_counted = true,
        .admits_hostile = true,
    },
    {
        .name = "linear_mutex",
        .summary = "one lock over the encode call of linear ops, as PyTorch's fix had it",
        .lock = MP_ARM_LOCK_ROUND,
        .span = MP_ARM_OVER_CALL,
        .only = MP_MEANING_LINEAR,
        .admits_hostile = true,
        .serialises = true,
    },
    {
        .name = "layernorm_mutex",
        .summary = "one lock over the encode call of layernorm ops",
        .lock = MP_ARM_LOCK_ROUND,
        .span = MP_ARM_OVER_CALL,
        .only = MP_MEANING_LAYER_NORM,
        .admits_hostile = true,
        .serialises = true,
    },
    {
        .name = "graph_path",
        .summary = "linear layers go by a graph (MPS_FORCE_GRAPH_PATH)",
        .by_graph = true,
        .admits_hostile = true,
    },
    {
        .name = "fix",
        .summary = "a library that is injected into the process (--fix FILE)",
        .injects = true,
        .admits_hostile = true,
    },
    {
        .name = "fix_encoder",
        .summary = "the built-in fix library: a lock for each encoder and command buffer",
        .injects = true,
        .admits_hostile = true,
    },
    {
        .name = "fix_global",
        .summary = "the built-in fix library with one lock for all of the driver",
        .injects = true,
        .admits_hostile = true,
    },
    {
        .name = "batch",
        .summary =
            "a queue gathers up to K requests: one submission, one dispatch if alike",
        .number = requests,
        .gathers = true,
        .serialises = true,
    },
    {
        .name = "processes",
        .summary = "the threads are divided among K processes, each with its own driver",
        .number = workers,
        .spawns = true,
        .admits_hostile = true, /* within one process */
        .serialises = true,
    },
    {
        .name = "chunk",
        .summary = "packed projections are cut into views, not copied (patch 035)",
        .param = "split=chunk",
        .admits_hostile = true,
    },
    {
        .name = "set",
        .summary = "other settings of the device: set:NAME=VALUE",
        .sets_device = true,
        .admits_hostile = true,
    },
    {
        .name = "env",
        .summary = "variables in the environment of the round: env:NAME=VALUE",
        .sets_variables = true,
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

const struct mp_arm *mp_arm_find(const char *name, unsigned *ret_number,
                                 struct mp_error *err) {
    const char *words[ARM_COUNT + 1] = {NULL};
    size_t len = strcspn(name, "=:");

    for (size_t i = 0; i < ARM_COUNT; i++) {
        const struct mp_arm *arm = &arms[i];

        if (strlen(arm->name) == len && memcmp(arm->name, name, len) == 0)
            return arm->injects || arm->sets_variables || arm->sets_device ||
                           mp_arm_text_read(name, arm->number, ret_number, err) == MP_OK
                       ? arm
                       : NULL;
        words[i] = arm->name;
    }
    mp_option_unknown(err, "arm", name, words);
    return NULL;
}

bool mp_arm_goes_by_graph(const struct mp_arm *arm, const struct mp_op *op) {
    return op->by_graph ||
           (arm->by_graph &&
            mp_kernel_meaning(op->kernel, op->constants).kind == MP_MEANING_LINEAR);
}

bool mp_arm_acts(const struct mp_arm *arm) {
    return arm->lock != MP_ARM_LOCK_NONE || arm->sync_on_queue || arm->by_graph ||
           arm->gathers || arm->param;
}

bool mp_arm_admits_hostile(const struct mp_arm *arm, unsigned number) {
    return arm->admits_hostile && !(arm->is_counted && number == 1);
}

bool mp_arm_serialises(const struct mp_arm *arm, unsigned number) {
    return arm->serialises || (arm->is_counted && number == 1);
}

bool mp_arm_governs(const struct mp_arm *arm, enum mp_meaning_kind kind) {
    return arm->only == MP_MEANING_OWN || arm->only == kind;
}
