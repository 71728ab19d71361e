/* library_race: all threads compile a text at once that the driver has not seen, over and
 * over, so that its compiler and the caches behind it are cold each time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/kernels/kernels.h"
#include "scenarios/meeting.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 2, 128),
    MP_PARAM_ITERS("6", 1000000, "compilations per thread, each before an op"),
    MP_PARAM_INT("n", "8", 1, 256, "rows and columns of the matrices"),
    {.name = "texts",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHOSE",
     .fallback = "shared",
     .choices = "shared|own",
     .meanings =
         "all threads compile the same text at a time, so that they meet in the "
         "caches\n"
         "each thread compiles a text of its own, so that they meet in the compiler",
     .help = "what the threads compile; no text is compiled twice by one"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct race {
    struct mp_workload *workload;
    struct mp_meeting meeting;
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1, .slots = 1, .shape = mp_workload_square};
    if (!run->device->ops->kernel_churn)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s compiles nothing, so there is nothing to race for",
                            run->device->ops->name);
    struct race *race = mp_memory_zeroed(1, sizeof(*race));
    enum mp_status status =
        mp_workload_create(run, worker, &layout, &race->workload, err);
    if (status != MP_OK) {
        free(race);
        return status;
    }
    mp_meeting_init(&race->meeting, run->threads);
    run->state = race;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* Compiles the text of a kernel with a remark at its end that makes it another text. */
static enum mp_status compile(const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t mark, struct mp_error *err) {
    static const uint32_t group[3] = {8, 8, 1};
    struct mp_kernel kernel = mp_kernel_mm;
    const size_t size = strlen(kernel.msl) + 64;
    char *text = mp_memory_zeroed(size, 1);
    snprintf(text, size, "%s\n/* %016" PRIx64 " */\n", kernel.msl, mark);
    kernel.msl = text;
    const enum mp_status status =
        mp_device_kernel_churn(worker, run->device, &kernel, group, err);
    free(text);
    return status;
}

static enum mp_status do_ops(const struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    struct race *race = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const bool is_own = strcmp(mp_option_get(run->params, "texts")->text, "own") == 0;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < iters; i++) {
        mp_meeting_wait(&race->meeting);
        status =
            compile(run, worker, mp_rng_hash(is_own ? worker->seed : run->seed, i), err);
        if (status == MP_OK)
            status = mp_workload_encode(race->workload, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_workload_check(race->workload, worker, i, 1);
    }
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct race *race = run->state;
    enum mp_status status;
    pthread_cleanup_push(mp_meeting_leave, &race->meeting);
    status = do_ops(run, worker, err);
    pthread_cleanup_pop(1);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct race *race = run->state;
    (void)worker;
    if (race) {
        mp_meeting_destroy(&race->meeting);
        mp_workload_destroy(race->workload);
    }
    free(race);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_library_race = {
    .name = "library_race",
    .summary = "all threads compile at once what the driver has not seen",
    .hunts = "races of a driver's compiler and library caches at their first use: one "
             "entry made twice, or used before it is complete",
    .how = "all threads meet, compile one new text (or one each), make a pipeline of it "
           "and release it, then do a checked op; again with another text",
    .hit =
        "a crash, abort or hang in the compiler, a refusal of a sound text, or a wrong "
        "result",
    .origin = "unlocked shader library caches of PyTorch's MPS backend (pull requests "
              "167541 and 197837), and the races of compileLibrary and of library "
              "initialisation that the destroyImpl investigation lists",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
