/* library_reload: the driver's library is loaded, used and unloaded, over and over, by
 * threads that take turns or are beside each other.
 *
 * Lawful: a thread unloads only what it has loaded, after its device is closed, and the
 * loader counts who holds a library. It is really gone only when nobody does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("4", 1000000, "visits per thread, each with a library of its own"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* Every other visit is alone, after which the library must be gone. */
struct turns {
    pthread_rwlock_t lock;
};

/* What one thread opened. */
struct visit {
    struct mp_device *device;
    struct mp_device_stream *stream;
    struct mp_lone_op lone;
};

static enum mp_status enter(const struct mp_scenario_run *run, struct mp_worker *worker,
                            uint64_t salt, struct visit *visit, struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    enum mp_status status =
        mp_device_open_unloading(run->device_text, worker->seed, &visit->device, err);
    if (status != MP_OK)
        return status;
    visit->device->gpu_error = worker->page->gpu_error;
    visit->device->ops->thread_enter(visit->device);
    status =
        visit->device->ops->kernel_load(visit->device, shape.kernel, shape.group, err);
    if (status == MP_OK)
        status = mp_device_stream_create(worker, visit->device, 0, &visit->stream, err);
    if (status == MP_OK)
        status =
            mp_lone_op_create(worker, visit->device, &shape, salt, &visit->lone, err);
    return status;
}

static void leave(struct mp_worker *worker, struct visit *visit) {
    struct mp_device *device = visit->device;
    if (!device)
        return;
    mp_lone_stream_destroy(worker, device, visit->stream);
    mp_lone_op_destroy(&visit->lone);
    device->ops->thread_leave(device);
    mp_device_close(device);
}

/* Loads, does one checked op, unloads. */
static enum mp_status visit_once(const struct mp_scenario_run *run,
                                 struct mp_worker *worker, uint64_t salt,
                                 struct mp_error *err) {
    struct visit visit = {0};
    enum mp_status status = enter(run, worker, salt, &visit, err);
    if (status == MP_OK)
        status = mp_lone_op_run(worker, &visit.lone, visit.stream, 0, err);
    if (status == MP_OK)
        mp_lone_op_check(worker, &visit.lone);
    if (status != MP_TIMEOUT) /* else it is still in use */
        leave(worker, &visit);
    return status;
}

static bool is_loaded(const char *path) {
    void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (library)
        dlclose(library);
    return library != NULL;
}

/* A library may be held by more than those who loaded it: by another one that needs it,
 * by data of a thread, by its own wish. */
static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const char *path = worker->page->driver.path;
    enum mp_status status = visit_once(run, worker, mp_rng_hash(run->seed, 0), err);
    if (status != MP_OK)
        return status;
    if (is_loaded(path))
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "%.200s stays loaded although its device is closed and it was "
            "let go: there is nothing to load again",
            path);
    struct turns *turns = mp_memory_zeroed(1, sizeof(*turns));
    pthread_rwlock_init(&turns->lock, NULL);
    run->state = turns;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return 1 + run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    struct turns *turns = run->state;
    enum mp_status status = MP_OK;
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        if (i % 2 == 0)
            pthread_rwlock_rdlock(&turns->lock);
        else
            pthread_rwlock_wrlock(&turns->lock);
        status = visit_once(run, worker, mp_rng_hash(worker->seed, (uint64_t)i), err);
        pthread_rwlock_unlock(&turns->lock);
    }
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct turns *turns = run->state;
    (void)worker;
    pthread_rwlock_destroy(&turns->lock);
    free(turns);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_library_reload = {
    .name = "library_reload",
    .summary = "the driver's library is loaded, used and unloaded, over and over",
    .hunts =
        "what a driver leaves behind when it is unloaded: threads, thread-local data, "
        "handlers at exit, registrations with other libraries",
    .how = "each thread loads the driver, does one checked op on a device of its own, "
           "closes it and lets the library go; every other time it is alone, so that the "
           "library is really unloaded, else beside the other threads' use of it",
    .hit = "a crash in code that is no longer there, at the next load or at exit, a hang "
           "in the loader, or a wrong result",
    .origin = "Vulkan-LoaderAndValidationLayers 1978: the loader loads and unloads each "
              "driver before an instance is made, and radv's crashed after a few times; "
              "wgpu 5084: unloading beside an exit. Neither was reproduced here. Beside "
              "NVIDIA's driver every round crashes: libEGL.so.1 of libglvnd 1.6.0, which "
              "that loads, leaves its destructor of thread-local data behind when it is "
              "unloaded (results/reference/h200_catalogue.md of the sources)",
    .params = params,
    .brings_device = true,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
