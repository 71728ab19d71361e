/* memory_limit: buffers are made until the address space of the process is used up, as a
 * container or a batch system limits it. A driver must then say that there is no memory:
 * not hand out an address that is none, and not die. Afterwards ops must go on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/address_space.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

#define BUFFERS_MAX 64
#define MIB         ((uint64_t)1024 * 1024)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("1", 1, 1),
    MP_PARAM_ITERS("3", 1000, "times that the memory is used up"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices of the op between"),
    MP_PARAM_INT("room", "192", 16, 65536, "MiB that the process may still grow by"),
    MP_PARAM_INT("size", "32", 1, 1024, "MiB of a buffer"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1, .slots = 1, .shape = mp_workload_square};
    struct mp_workload *workload;
    enum mp_status status = mp_workload_create(run, worker, &layout, &workload, err);
    if (status == MP_OK)
        run->state = workload;
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* Makes buffers until one is refused, and uses the ends of each. */
static enum mp_status use_up(const struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_device_ops *ops = run->device->ops;
    const size_t size = (size_t)mp_option_get(run->params, "size")->integer * MIB;
    struct mp_device_buffer *buffer[BUFFERS_MAX];
    enum mp_status status = MP_OK;
    size_t count = 0;
    while (status == MP_OK && count < BUFFERS_MAX) {
        status = mp_device_buffer_create(worker, run->device, size, &buffer[count], err);
        if (status == MP_OK) {
            volatile char *contents = ops->buffer_contents(buffer[count++]);
            contents[0] = 1;
            contents[size - 1] = 1;
        }
    }
    for (size_t i = 0; i < count; i++)
        ops->buffer_destroy(run->device, buffer[i]);
    if (status == MP_LIMIT)
        return MP_OK;
    if (status == MP_OK)
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "%d buffers of %zu MiB were allocated within a smaller limit: this "
            "system or device does not enforce it",
            BUFFERS_MAX, size / (size_t)MIB);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const uint64_t room = (uint64_t)mp_option_get(run->params, "room")->integer * MIB;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < iters; i++) {
        status = mp_address_space_limit(room, err);
        if (status == MP_OK)
            status = use_up(run, worker, err);
        mp_address_space_lift();
        if (status == MP_OK)
            status = mp_workload_encode(run->state, worker, i, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_workload_check(run->state, worker, i, 1);
    }
    return status;
}

const struct mp_scenario mp_scenario_memory_limit = {
    .name = "memory_limit",
    .summary = "buffers are made until the address space is used up",
    .hunts = "drivers that do not check what the system gave them: an allocation that "
             "failed and is reported as success, or a death in the allocator",
    .how = "one thread limits the address space of its process, makes buffers until one "
           "is refused, frees them, lifts the limit and does a checked op; again",
    .hit = "a buffer whose address is none although the call said success, or a crash or "
           "abort in the driver",
    .origin = "found by this project in Mesa 25.0.7 (lavapipe), whose mmap is guarded by "
              "an assert alone; 22.3.6 refuses as it should; not looked for in Mesa's "
              "own tracker",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = mp_workload_tear_down,
};
