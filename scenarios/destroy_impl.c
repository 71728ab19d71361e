/* destroy_impl: the two-thread window in which one thread ends the encoder that another
 * one is using. All threads encode on one stream, as PyTorch did up to 2.13, and
 * synchronize beside its serial queue, as PyTorch did up to 2.14; the seeded gate of the
 * stream pool (parameter q) decides which synchronizations land inside another thread's
 * encoding sequence.
 *
 * A thread that has done its share stays on and encodes whenever another one waits at the
 * gate, until all have synchronized, so that there is always a victim. These extra ops
 * are planned, counted and checked like all others.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 2, 64),
    MP_PARAM_ITERS("10", 1000000, "synchronizations per thread"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_INT("ops", "4", 1, MP_WORKLOAD_SLOTS_MAX, "ops before each synchronization"),
    MP_PARAM_STREAMS("32"),
    MP_PARAM_SHARE("all"),
    MP_PARAM_SYNC("off_queue"),
    MP_PARAM_Q("1"),
    MP_PARAM_STYLE,
    MP_PARAM_HOLD,
    {.name = "window",
     .type = MP_OPTION_CHOICE,
     .metavar = "LETTER",
     .fallback = "none",
     .choices = mp_window_choices,
     .meanings = mp_window_meanings,
     .help = "interleaving that hostile synchronizations make (stream=pytorch_2_9)"},
    MP_PARAM_END,
};

struct destroy_impl {
    struct mp_workload *workload;
    atomic_uint busy; /* threads that still have synchronizations of their own to do */
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1,
        .slots = (unsigned)mp_option_get(run->params, "ops")->integer,
        .shape = mp_workload_square,
    };
    struct mp_workload *workload;
    const enum mp_status status =
        mp_workload_create(run, worker, &layout, &workload, err);
    struct destroy_impl *state;

    if (status != MP_OK)
        return status;
    state = mp_memory_zeroed(1, sizeof(*state));
    state->workload = workload;
    atomic_init(&state->busy, run->threads);
    run->state = state;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer *
           (uint64_t)mp_option_get(run->params, "ops")->integer;
}

/* The work of one thread: `iters` times `ops` ops and a synchronization. After it this
 * thread's ops are complete, whoever committed them: it waited for the last buffer
 * that the stream committed, and a queue executes its buffers in order. */
static enum mp_status do_share(const struct mp_scenario_run *run,
                               struct mp_worker *worker, struct mp_error *err) {
    struct destroy_impl *state = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const uint64_t ops = (uint64_t)mp_option_get(run->params, "ops")->integer;
    enum mp_status status = MP_OK;

    for (uint64_t first = 0; status == MP_OK && first < iters * ops; first += ops) {
        for (uint64_t i = first; status == MP_OK && i < first + ops; i++)
            status = mp_workload_encode(state->workload, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        for (uint64_t i = first; status == MP_OK && i < first + ops; i++)
            mp_workload_check(state->workload, worker, i, 1);
    }
    return status;
}

/* True if a thread waits for a victim. Without this check extra ops would pile up
 * faster than the device executes them. */
static bool is_victim_wanted(const struct mp_scenario_run *run,
                             const struct mp_worker *worker) {
    for (unsigned i = 1; i <= run->threads; i++) {
        const struct mp_page_thread *slot = &worker->page->thread[i];

        if (atomic_load_explicit(&slot->inside, memory_order_relaxed) == MP_PAGE_OP_GATE)
            return true;
    }
    return false;
}

/* Encodes one op over and over while others wait for it; their synchronizations commit
 * it. All repetitions write the same numbers to the same place: one check at the end
 * shows whether they were right, the device's counter whether all of them ran. */
static enum mp_status be_victim(const struct mp_scenario_run *run,
                                struct mp_worker *worker, struct mp_error *err) {
    struct destroy_impl *state = run->state;
    const uint64_t number = (uint64_t)mp_option_get(run->params, "iters")->integer *
                            (uint64_t)mp_option_get(run->params, "ops")->integer;
    uint64_t count = 0;
    enum mp_status status = MP_OK;

    while (status == MP_OK && atomic_load(&state->busy) > 0) {
        if (!is_victim_wanted(run, worker)) {
            sched_yield();
            continue;
        }
        atomic_fetch_add_explicit(&worker->page->ops_planned, 1, memory_order_relaxed);
        if (count == 0)
            status = mp_workload_encode(state->workload, worker, number, err);
        else
            status = mp_workload_encode_again(state->workload, worker, number, err);
        count++;
    }
    if (status == MP_OK && count > 0)
        status = mp_stream_synchronize(worker, run->pool, err);
    if (status == MP_OK && count > 0)
        mp_workload_check(state->workload, worker, number, count);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct destroy_impl *state = run->state;
    enum mp_status status = do_share(run, worker, err);

    atomic_fetch_sub(&state->busy, 1);
    if (status == MP_OK)
        status = be_victim(run, worker, err);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct destroy_impl *state = run->state;

    (void)worker;
    if (state)
        mp_workload_destroy(state->workload);
    free(state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_destroy_impl = {
    .name = "destroy_impl",
    .summary = "one thread ends the encoder that another is using",
    .hunts =
        "on Metal, use of a compute context after destroyImpl: faults at 0x5c8, 0x5f4, "
        "0x98 or 0x184. On Vulkan this is not a defect of the driver: two threads that "
        "use one command buffer are the client's fault there, and the cell is a control "
        "that must fail",
    .how = "threads encode on one stream and synchronize beside its queue; a seeded gate "
           "lets a share q of the synchronizations land inside another thread's encoding",
    .hit =
        "a crash at a small offset from NULL, in a method of the compute context or in "
        "what a Vulkan driver does with a torn command buffer (lavapipe 22.3.6: 0x4f4, "
        "0xe54), or lost ops",
    .origin = "the destroyImpl crash of the AGX G16X driver under PyTorch 2.9.1: its "
              "MPSStream synchronize(COMMIT_AND_WAIT) ran on the caller's thread",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
