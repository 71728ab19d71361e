/* What a round does: the contract of one scenario. Each is one file with one const
 * struct; a row in scenarios/registry.def is all that registers it. It is defined here so
 * that the round knows no scenario and scenarios know only this, device.h and stream.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_SCENARIO_H
#define MP_ROUND_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/round/device.h"
#include "harness/round/stream.h"

/* How a round goes on once its main thread has done its part beside the workers. */
struct mp_leave {
    bool is_leaving; /* false: the workers end, all is checked and torn down */
    bool joins;      /* the workers end first; else they are still at work */
    bool returns;    /* from main; else by exit */
};

/* One running scenario. Owned by the round; hooks may read everything and write `state`
 * only. */
struct mp_scenario_run {
    const struct mp_scenario *scenario;
    const struct mp_option_values *params;
    struct mp_device *device;
    const char *device_text; /* as mp_device_open takes it */
    struct mp_stream_pool *pool;
    unsigned threads;   /* workers */
    bool arm_set_param; /* one of `params` is what the arm made it */
    uint64_t seed;
    void *state; /* of the scenario; freed by tear_down */
};

struct mp_shape; /* one op, defined by the scenarios */
struct mp_chain; /* the ops of a model, likewise */

/* Shape number `kind` of worker `thread` (1..threads). */
typedef void mp_scenario_shape(const struct mp_scenario_run *run, unsigned thread,
                               unsigned kind, struct mp_shape *ret_shape);
/* Fills in the zeroed *ret_chain. */
typedef void mp_scenario_chain(const struct mp_scenario_run *run,
                               struct mp_chain *ret_chain);

struct mp_scenario {
    const char *name;
    const char *summary; /* one line */
    const char *hunts;   /* the class of bug it looks for */
    const char *how;     /* how it provokes the bug */
    const char *hit;     /* what a hit looks like */
    const char *origin;  /* where it comes from */
    /* Ended by a row without a name. The rows threads, iters and n exist in every
     * scenario; streams, share, sync and q come from the shared rows of
     * scenarios/params.h. */
    const struct mp_option *params;
    /* It opens the device itself, and nothing else keeps the driver loaded: what the
     * device is was recorded, and then it was closed and its library unloaded.
     * run->device and the pool are of the device null. Skipped where a device cannot do
     * that. */
    bool brings_device;
    bool has_outputs;      /* its ops have outputs, all of which are checked */
    bool promises_overlap; /* with more than one thread, threads must meet inside the
                              driver */

    /* Of the common form only, whose hooks read them (scenarios/workload.h): each worker
     * does ops of `kinds` shapes in turn. */
    unsigned kinds;
    mp_scenario_shape *shape;
    /* Of op chains only, whose hooks read it (scenarios/passes.h). */
    mp_scenario_chain *chain;

    /* Main thread, before any worker. Loads kernels, makes buffers, computes
     * references. */
    enum mp_status (*set_up)(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err);
    /* Optional. Worker thread, before the barrier and so before the time of the round
     * begins: does what its first ops do, if the round asks for it, and writes how many
     * ops that were, which are in no count. */
    enum mp_status (*warm_up)(struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t *ret_ops, struct mp_error *err);
    /* Total ops of all workers. */
    uint64_t (*ops_planned)(const struct mp_scenario_run *run);
    /* Worker thread, after the barrier; worker->index is 1..threads. Counts its ops in
     * the slot. An error ends this thread and the round's result is what the status says
     * (MP_DEVICE: gpu_error; else broken). */
    enum mp_status (*thread_main)(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err);
    /* Optional. Main thread, while the workers run. May make the process end there, as a
     * pass if it survives that: with the device open, and nothing verified or torn
     * down. */
    enum mp_status (*beside)(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err);
    /* Main thread, after all workers; NULL if each op was checked where it ran. */
    enum mp_status (*verify)(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err);
    void (*tear_down)(struct mp_scenario_run *run, struct mp_worker *worker);
};

/* All scenarios, NULL-ended, in the order `mpstress list` shows them. */
const struct mp_scenario *const *mp_scenario_list(void);
/* The scenario called `name`, or NULL with an error that names the nearest. */
const struct mp_scenario *mp_scenario_find(const char *name, struct mp_error *err);

#endif
