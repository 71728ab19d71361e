/* What the op scenarios share: for each worker its own inputs (a few sets, so that
 * neither another thread's data nor a stale result can pass), expected outputs, and slots
 * for outputs in flight. Every op is poisoned, encoded, and checked once complete.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_WORKLOAD_H
#define MP_SCENARIOS_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/round/scenario.h"
#include "scenarios/shape.h"

#define MP_WORKLOAD_KINDS_MAX 16
#define MP_WORKLOAD_SLOTS_MAX 2048

struct mp_workload_layout {
    unsigned kinds; /* shapes a worker uses in turn, up to MP_WORKLOAD_KINDS_MAX */
    /* ops of one worker that may be in flight, up to MP_WORKLOAD_SLOTS_MAX */
    unsigned slots;
    mp_scenario_shape *shape;
    bool has_main; /* the main thread has ops too */
};

struct mp_workload;

/* Loads the kernels, makes all buffers, fills the inputs from the round's seed and
 * computes the expected outputs. Main thread; the caller owns *ret_workload, also
 * beyond the life of `layout`. */
enum mp_status mp_workload_create(const struct mp_scenario_run *run,
                                  struct mp_worker *worker,
                                  const struct mp_workload_layout *layout,
                                  struct mp_workload **ret_workload,
                                  struct mp_error *err);
/* Main thread, when no device work is left. NULL is fine. */
void mp_workload_destroy(struct mp_workload *workload);

/* Poisons the output of op `number` of this worker and encodes it. Ops whose numbers
 * differ by less than `slots` may be in flight together. */
enum mp_status mp_workload_encode(struct mp_workload *workload, struct mp_worker *worker,
                                  uint64_t number, struct mp_error *err);
/* Encodes op `number` once more, into the same output, without poison. */
enum mp_status mp_workload_encode_again(struct mp_workload *workload,
                                        struct mp_worker *worker, uint64_t number,
                                        struct mp_error *err);
/* Checks the output of op `number`, which must be complete, and counts it `times` over as
 * done, wrong or dropped in the worker's slot. The first failure of the round goes to the
 * page. */
void mp_workload_check(struct mp_workload *workload, struct mp_worker *worker,
                       uint64_t number, uint64_t times);

/* The common form of a scenario: each worker does `iters` ops of the scenario's shapes
 * and synchronizes after every `batch` of them (both are parameters); run->state is a
 * workload. Its hooks, as initialisers of struct mp_scenario: */
#define MP_WORKLOAD_HOOKS                                                                \
    .set_up = mp_workload_set_up, .warm_up = mp_workload_warm_up,                        \
    .ops_planned = mp_workload_ops_planned, .thread_main = mp_workload_thread_main,      \
    .tear_down = mp_workload_tear_down

enum mp_status mp_workload_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err);
/* Of a worker, or of the main thread if the layout has it. */
enum mp_status mp_workload_thread_main(struct mp_scenario_run *run,
                                       struct mp_worker *worker, struct mp_error *err);
/* One op of each kind, if the scenario has the parameter `warm` and it is on. */
enum mp_status mp_workload_warm_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                   uint64_t *ret_ops, struct mp_error *err);
uint64_t mp_workload_ops_planned(const struct mp_scenario_run *run);
void mp_workload_tear_down(struct mp_scenario_run *run, struct mp_worker *worker);
/* Of a scenario whose state is memory of its own that begins with its workload. */
void mp_workload_tear_down_state(struct mp_scenario_run *run, struct mp_worker *worker);

/* Shapes that several scenarios have: the product of two n x n matrices; and the kinds of
 * mp_shape_mixed, MP_SHAPE_MIX_KINDS of them. `n` is a parameter. */
mp_scenario_shape mp_workload_square, mp_workload_mixed;

#endif
