/* fork_exit: a process forks while its threads use the device, and the child ends by
 * exit, as one does that forked to start a program and could not. The child makes no
 * call of the API; what runs there is what the driver left for the end of a process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

#define PAUSE_NS (MP_CLOCK_NS_PER_MS / 2)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("8", 1000000, "ops per thread, at least"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("forks", "2", 1, 1000, "children, one after the other"),
    MP_PARAM_INT("patience", "5", 1, 3600, "seconds after which a child hangs"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct forking {
    struct mp_workload *workload; /* first, for tear_down */
    atomic_uint busy;             /* threads that have not done an op yet */
    atomic_bool is_over;
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1, .slots = 1, .shape = mp_workload_square};
    struct forking *forking = mp_memory_zeroed(1, sizeof(*forking));
    enum mp_status status =
        mp_workload_create(run, worker, &layout, &forking->workload, err);
    if (status != MP_OK) {
        free(forking);
        return status;
    }
    atomic_init(&forking->busy, run->threads);
    run->state = forking;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* Ops beyond `iters`, while there are children to come, are planned as they begin. */
static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct forking *forking = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0;
         status == MP_OK && (i < iters || !atomic_load(&forking->is_over)); i++) {
        if (i >= iters)
            atomic_fetch_add_explicit(&worker->page->ops_planned, 1,
                                      memory_order_relaxed);
        status = mp_workload_encode(forking->workload, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_workload_check(forking->workload, worker, i, 1);
        if (i == 0)
            atomic_fetch_sub(&forking->busy, 1);
    }
    return status;
}

/* Waits for the child, at most for `patience_ns`; it is gone afterwards. */
static enum mp_status await(pid_t child, uint64_t patience_ns, struct mp_error *err) {
    const uint64_t deadline_ns = mp_clock_now_ns() + patience_ns;
    int code = 0;
    pid_t ended = 0;
    while (ended == 0 && mp_clock_now_ns() < deadline_ns) {
        ended = waitpid(child, &code, WNOHANG);
        if (ended == 0)
            mp_clock_sleep_ns(PAUSE_NS);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        (void)waitpid(child, &code, 0);
        return mp_error_set(err, MP_TIMEOUT,
                            "a forked child that only calls exit did not end within "
                            "%llu s",
                            (unsigned long long)(patience_ns / MP_CLOCK_NS_PER_S));
    }
    if (ended < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot wait for the child");
    if (WIFSIGNALED(code))
        return mp_error_set(err, MP_DEVICE,
                            "a forked child that only calls exit died of signal %d",
                            WTERMSIG(code));
    if (WEXITSTATUS(code) != 0)
        return mp_error_set(err, MP_DEVICE,
                            "a forked child that called exit(0) ended with code %d",
                            WEXITSTATUS(code));
    return MP_OK;
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    struct forking *forking = run->state;
    const int64_t forks = mp_option_get(run->params, "forks")->integer;
    const uint64_t patience_ns =
        (uint64_t)mp_option_get(run->params, "patience")->integer * MP_CLOCK_NS_PER_S;
    enum mp_status status = MP_OK;
    (void)worker;
    (void)ret_leave;
    while (atomic_load(&forking->busy) > 0)
        mp_clock_sleep_ns(PAUSE_NS);
    for (int64_t i = 0; status == MP_OK && i < forks; i++) {
        pid_t child = fork();
        if (child == 0)
            exit(0);
        if (child < 0)
            status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot fork");
        else
            status = await(child, patience_ns, err);
    }
    atomic_store(&forking->is_over, true);
    return status;
}

const struct mp_scenario mp_scenario_fork_exit = {
    .name = "fork_exit",
    .summary = "a child of fork ends by exit while the parent uses the device",
    .hunts = "exit handlers of a driver that wait for threads which do not exist in the "
             "child, or take apart what belongs to the parent",
    .how = "threads do checked ops; meanwhile the main thread forks, and the child calls "
           "exit and nothing else",
    .hit = "a child that crashes, aborts or hangs, or wrong numbers in the parent; rates "
           "of an NVIDIA H200, with their conditions: results/reference/h200.md of the "
           "sources",
    .origin = "programs that fork with a Vulkan device open; seen with NVIDIA's driver "
              "580.159.04 by this project, no public report of it is known here",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .beside = beside,
    .tear_down = mp_workload_tear_down_state,
};
