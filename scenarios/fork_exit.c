/* fork_exit: a process forks while its threads use the device, and the child ends by
 * exit, as one does that forked to start a program and could not. That child makes no
 * call of the API; what runs there is what the driver left for the end of a process. With
 * child=use it does an op, as a worker does that was forked instead of started: on a
 * stream and buffers that were made before, and no thread used.
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
#include "scenarios/lone_op.h"
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
    {.name = "child",
     .type = MP_OPTION_CHOICE,
     .metavar = "DOES",
     .fallback = "exit",
     .choices = "exit|use",
     .meanings = "it calls exit and nothing else\n"
                 "it does one op, which is checked, and ends by _exit; drivers with "
                 "threads of their own do not promise that, Apple's frameworks forbid it",
     .help = "what the child does"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct forking {
    struct mp_workload *workload; /* first, for tear_down */
    atomic_uint busy;             /* threads that have not done an op yet */
    atomic_bool is_over;
    struct mp_lone_op op; /* of a child that uses the device, with its stream */
    struct mp_device_stream *stream;
};

static bool uses_device(const struct mp_scenario_run *run) {
    return mp_option_get(run->params, "child")->integer != 0;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct forking *forking = run->state;
    if (forking->stream)
        run->device->ops->stream_destroy(run->device, forking->stream);
    mp_lone_op_destroy(&forking->op);
    mp_workload_tear_down_state(run, worker);
}

static enum mp_status prepare_child(const struct mp_scenario_run *run,
                                    struct mp_worker *worker, struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct forking *forking = run->state;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    enum mp_status status =
        mp_lone_op_create(worker, run->device, &shape, run->seed, &forking->op, err);
    if (status == MP_OK)
        status = mp_device_stream_create(worker, run->device, MP_STREAMS_MAX,
                                         &forking->stream, err);
    return status;
}

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
    status = uses_device(run) ? prepare_child(run, worker, err) : MP_OK;
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
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

/* What a child that uses the device ends with. */
enum child_code { CHILD_RIGHT, CHILD_FAILED = 3, CHILD_WRONG = 4 };

/* In the child. Its books are its own: the page is shared with the supervisor. */
static enum child_code use_device(const struct forking *parents,
                                  const struct mp_worker *parent) {
    struct mp_round_page *page = calloc(1, mp_round_page_size(1));
    struct mp_lone_op op = parents->op;
    struct mp_worker worker = *parent;
    struct mp_error err;
    if (!page)
        return CHILD_FAILED;
    worker.page = page;
    worker.slot = &page->thread[0];
    worker.is_recording = false;
    op.op.constants = &op.shape.constants;
    if (mp_lone_op_run(&worker, &op, parents->stream, MP_STREAMS_MAX, &err) != MP_OK)
        return CHILD_FAILED;
    mp_lone_op_check(&worker, &op);
    return atomic_load(&worker.slot->ops_done) == 1 ? CHILD_RIGHT : CHILD_WRONG;
}

/* Waits for the child, at most for `patience_ns`; it is gone afterwards. */
static enum mp_status await(pid_t child, const char *does, uint64_t patience_ns,
                            struct mp_error *err) {
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
                            "a forked child that %s did not end within %llu s", does,
                            (unsigned long long)(patience_ns / MP_CLOCK_NS_PER_S));
    }
    if (ended < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot wait for the child");
    if (WIFSIGNALED(code))
        return mp_error_set(err, MP_DEVICE, "a forked child that %s died of signal %d",
                            does, WTERMSIG(code));
    if (WEXITSTATUS(code) == CHILD_WRONG)
        return mp_error_set(err, MP_DEVICE,
                            "an op of a forked child gave a wrong result, or none");
    if (WEXITSTATUS(code) != 0)
        return mp_error_set(err, MP_DEVICE, "a forked child that %s ended with code %d",
                            does, WEXITSTATUS(code));
    return MP_OK;
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    struct forking *forking = run->state;
    const int64_t forks = mp_option_get(run->params, "forks")->integer;
    const uint64_t patience_ns =
        (uint64_t)mp_option_get(run->params, "patience")->integer * MP_CLOCK_NS_PER_S;
    enum mp_status status = MP_OK;
    const char *does = uses_device(run) ? "uses the device" : "only calls exit";
    (void)ret_leave;
    while (atomic_load(&forking->busy) > 0)
        mp_clock_sleep_ns(PAUSE_NS);
    for (int64_t i = 0; status == MP_OK && i < forks; i++) {
        pid_t child = fork();
        if (child == 0 && uses_device(run))
            _exit(use_device(forking, worker));
        if (child == 0)
            exit(0);
        if (child < 0)
            status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot fork");
        else
            status = await(child, does, patience_ns, err);
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
           "exit and nothing else, or (child=use) does an op first",
    .hit = "a child that crashes, aborts or hangs, or wrong numbers in the parent; with "
           "child=use the model's child always hangs, since the threads that execute are "
           "the parent's; rates "
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
    .tear_down = tear_down,
};
