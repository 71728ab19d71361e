/* soak: small mixed ops for a length of time. Every one is checked; beside that the round
 * looks at what only time shows: ops that become slower, memory that grows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

#define PAUSE_NS (10 * MP_CLOCK_NS_PER_MS)
#define OPS_MIN  50 /* in a quarter of the time, for its fastest to mean something */
/* So long an op cannot be a busy machine's doing, in a few of them neither. */
#define OPS_FEW 10
#define LONG_NS (50 * MP_CLOCK_NS_PER_MS)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("20", 10000000, "ops per thread, at least"),
    MP_PARAM_INT("n", "32", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("seconds", "3", 1, 604800, "how long the threads go on"),
    MP_PARAM_INT(
        "slower", "20", 2, 1000000,
        "times longer that the fastest op of the last quarter may take than that "
        "of the first"),
    MP_PARAM_INT("growth", "512", 1, 1048576,
                 "MiB that the peak of the memory in use may grow by after the first "
                 "quarter"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* The ops of a quarter of the time. */
struct quarter {
    atomic_ullong ops, fastest_ns;
};

struct soak {
    struct mp_workload *workload;
    uint64_t start_ns, length_ns;
    struct quarter first, last;
    atomic_bool has_failed;
    uint64_t peak_first, peak_last; /* KiB */
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = MP_SHAPE_MIX_KINDS, .slots = 1, .shape = mp_workload_mixed};
    struct soak *soak = mp_memory_zeroed(1, sizeof(*soak));
    enum mp_status status =
        mp_workload_create(run, worker, &layout, &soak->workload, err);
    if (status != MP_OK) {
        free(soak);
        return status;
    }
    atomic_init(&soak->first.fastest_ns, UINT64_MAX);
    atomic_init(&soak->last.fastest_ns, UINT64_MAX);
    soak->start_ns = mp_clock_now_ns();
    soak->length_ns =
        (uint64_t)mp_option_get(run->params, "seconds")->integer * MP_CLOCK_NS_PER_S;
    run->state = soak;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static void note_op(struct soak *soak, uint64_t begin_ns, uint64_t end_ns) {
    const uint64_t at_ns = begin_ns - soak->start_ns;
    struct quarter *quarter = NULL;
    if (at_ns < soak->length_ns / 4)
        quarter = &soak->first;
    else if (at_ns > soak->length_ns - soak->length_ns / 4)
        quarter = &soak->last;
    if (!quarter)
        return;
    unsigned long long fastest = atomic_load(&quarter->fastest_ns);
    while (end_ns - begin_ns < fastest &&
           !atomic_compare_exchange_weak(&quarter->fastest_ns, &fastest,
                                         end_ns - begin_ns)) {
    }
    atomic_fetch_add(&quarter->ops, 1);
}

static bool is_over(const struct soak *soak) {
    return atomic_load(&soak->has_failed) ||
           mp_clock_now_ns() - soak->start_ns >= soak->length_ns;
}

/* Ops beyond `iters` are planned as they begin. */
static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct soak *soak = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && (i < iters || !is_over(soak)); i++) {
        const uint64_t begin_ns = mp_clock_now_ns();
        if (i >= iters)
            atomic_fetch_add_explicit(&worker->page->ops_planned, 1,
                                      memory_order_relaxed);
        status = mp_workload_encode(soak->workload, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK) {
            note_op(soak, begin_ns, mp_clock_now_ns());
            mp_workload_check(soak->workload, worker, i, 1);
        }
    }
    if (status != MP_OK)
        atomic_store(&soak->has_failed, true);
    return status;
}

/* KiB; the most that was resident so far. */
static uint64_t peak_memory(void) {
    struct rusage usage = {.ru_maxrss = 0};
    (void)getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return (uint64_t)usage.ru_maxrss / 1024;
#else
    return (uint64_t)usage.ru_maxrss;
#endif
}

static void sleep_until(const struct soak *soak, uint64_t after_ns) {
    while (!atomic_load(&soak->has_failed) &&
           mp_clock_now_ns() - soak->start_ns < after_ns)
        mp_clock_sleep_ns(PAUSE_NS);
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    struct soak *soak = run->state;
    (void)worker;
    (void)ret_leave;
    (void)err;
    sleep_until(soak, soak->length_ns / 4);
    soak->peak_first = peak_memory();
    sleep_until(soak, soak->length_ns);
    soak->peak_last = peak_memory();
    return MP_OK;
}

/* Whether the fastest op of the last quarter says more about the device than about the
 * machine: a device that has become slow does few. */
static bool is_telling(struct soak *soak) {
    const uint64_t ops = atomic_load(&soak->last.ops);
    return atomic_load(&soak->first.ops) >= OPS_MIN &&
           (ops >= OPS_MIN ||
            (ops >= OPS_FEW && atomic_load(&soak->last.fastest_ns) >= LONG_NS));
}

static enum mp_status verify(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    struct soak *soak = run->state;
    const uint64_t slower = (uint64_t)mp_option_get(run->params, "slower")->integer;
    const uint64_t growth = (uint64_t)mp_option_get(run->params, "growth")->integer;
    const uint64_t first_ns = atomic_load(&soak->first.fastest_ns);
    const uint64_t last_ns = atomic_load(&soak->last.fastest_ns);
    const uint64_t grown = (soak->peak_last - soak->peak_first) / 1024;
    (void)worker;
    if (grown > growth)
        return mp_error_set(err, MP_DEVICE,
                            "the process grew by %" PRIu64 " MiB after the first quarter "
                            "of the time, although each op needs the same memory",
                            grown);
    if (is_telling(soak) && last_ns / slower > first_ns)
        return mp_error_set(err, MP_DEVICE,
                            "the device became slower: the fastest op took %" PRIu64
                            " us in the last quarter of the time and %" PRIu64
                            " us in the first",
                            last_ns / 1000, first_ns / 1000);
    return MP_OK;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct soak *soak = run->state;
    (void)worker;
    if (soak)
        mp_workload_destroy(soak->workload);
    free(soak);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_soak = {
    .name = "soak",
    .summary = "small mixed ops on all threads for a length of time",
    .hunts = "what needs time: rare races, ops that become slower and slower, memory "
             "that grows",
    .how = "each thread does checked ops, with a synchronization after each, for "
           "`seconds`; the fastest ops and the memory of the first and the last quarter "
           "are compared",
    .hit =
        "any failure of an op, a fastest op that takes `slower` times as long as at the "
        "beginning, or memory that grew by more than `growth`",
    .origin = "soak_test_quick and test_soak_1hour of the destroyImpl investigation: 8 "
              "threads, 60 s, 128 x 128",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .beside = beside,
    .verify = verify,
    .tear_down = tear_down,
};
