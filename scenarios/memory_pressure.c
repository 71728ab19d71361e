/* memory_pressure: the main thread uses up the memory that the process may have, gives it
 * back and does so again, while the workers make buffers for their ops. What is refused
 * is asked for again; all ops must come to their end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/address_space.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define HELD_MAX    256
#define MIB         ((uint64_t)1024 * 1024)
#define PAUSE_NS    (MP_CLOCK_NS_PER_MS / 2)
#define PATIENCE_NS (10 * MP_CLOCK_NS_PER_S)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("12", 1000000, "ops per thread, each on buffers of its own, at least"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("presses", "4", 1, 10000, "times that the memory is used up"),
    MP_PARAM_INT("room", "200", 32, 65536, "MiB that are used up"),
    MP_PARAM_INT("size", "24", 1, 1024, "MiB of a buffer of the main thread"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct pressure {
    struct mp_shape shape;
    atomic_bool is_over;    /* the memory is free for good */
    atomic_uint acquainted; /* workers that have tried an op: what a thread's first
                               allocations reserve is reserved */
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct pressure *pressure = mp_memory_zeroed(1, sizeof(*pressure));
    (void)worker;
    mp_shape_mm(n, n, n, &pressure->shape);
    enum mp_status status = run->device->ops->kernel_load(
        run->device, pressure->shape.kernel, pressure->shape.group, err);
    if (status == MP_OK)
        run->state = pressure;
    else
        free(pressure);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* Makes the op, again and again if there is no memory for it. */
static enum mp_status make_op(const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t salt, struct mp_lone_op *lone,
                              struct mp_error *err) {
    struct pressure *pressure = run->state;
    const uint64_t deadline_ns = mp_clock_now_ns() + PATIENCE_NS;
    enum mp_status status;
    bool is_last;
    for (;;) {
        is_last = atomic_load(&pressure->is_over) || mp_clock_now_ns() >= deadline_ns;
        status =
            mp_lone_op_create(worker, run->device, &pressure->shape, salt, lone, err);
        if (status != MP_LIMIT || is_last)
            break;
        mp_lone_op_destroy(lone);
        mp_clock_sleep_ns(PAUSE_NS);
    }
    if (status == MP_LIMIT) {
        mp_error_prefix(err, "the memory is free again, and");
        status = MP_DEVICE;
    }
    return status;
}

/* Ops beyond `iters`, until the main thread is done, are planned as they begin. */
static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct pressure *pressure = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0;
         status == MP_OK && (i < iters || !atomic_load(&pressure->is_over)); i++) {
        struct mp_lone_op lone = {.device = NULL};
        if (i >= iters)
            atomic_fetch_add_explicit(&worker->page->ops_planned, 1,
                                      memory_order_relaxed);
        status = make_op(run, worker, mp_rng_hash(worker->seed, i), &lone, err);
        if (status == MP_OK)
            status = mp_stream_encode(worker, run->pool, &lone.op, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_lone_op_check(worker, &lone);
        if (status != MP_TIMEOUT) /* else it is still in use */
            mp_lone_op_destroy(&lone);
        if (i == 0)
            atomic_fetch_add(&pressure->acquainted, 1);
    }
    return status;
}

/* Makes as many buffers as there is room for, has the next one refused, lets go of the
 * last two and of the others after a while. The limit is set when the room is used up, to
 * half a buffer more: what is refused is the buffer then, and not, by chance, the few
 * bytes that a worker or a driver asks for, which few programs survive. */
static enum mp_status press(const struct mp_scenario_run *run, struct mp_worker *worker,
                            struct mp_error *err) {
    const struct mp_device_ops *ops = run->device->ops;
    const size_t size = (size_t)mp_option_get(run->params, "size")->integer * MIB;
    const size_t room = (size_t)mp_option_get(run->params, "room")->integer * MIB;
    struct mp_device_buffer *held[HELD_MAX];
    enum mp_status status = MP_OK;
    bool is_limited = false;
    size_t count = 0;
    while (status == MP_OK && count < HELD_MAX) {
        if (!is_limited && (count + 1) * size > room) {
            status = mp_address_space_limit(size / 2, err);
            is_limited = true;
        }
        if (status == MP_OK)
            status =
                mp_device_buffer_create(worker, run->device, size, &held[count], err);
        if (status == MP_OK) {
            volatile char *contents = ops->buffer_contents(held[count++]);
            contents[0] = contents[size - 1] = 1;
        }
    }
    for (int i = 0; i < 2 && count > 0; i++)
        ops->buffer_destroy(run->device, held[--count]);
    mp_clock_sleep_ns(2 * MP_CLOCK_NS_PER_MS);
    while (count > 0)
        ops->buffer_destroy(run->device, held[--count]);
    if (status == MP_LIMIT)
        return MP_OK;
    if (status == MP_OK)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "%d buffers of %zu MiB were allocated within a smaller "
                            "limit: this system or device does not enforce it",
                            HELD_MAX, size / (size_t)MIB);
    return status;
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    struct pressure *pressure = run->state;
    const int64_t presses = mp_option_get(run->params, "presses")->integer;
    const uint64_t deadline_ns = mp_clock_now_ns() + PATIENCE_NS;
    enum mp_status status = MP_OK;
    (void)ret_leave;
    while (atomic_load(&pressure->acquainted) < run->threads &&
           mp_clock_now_ns() < deadline_ns)
        mp_clock_sleep_ns(PAUSE_NS);
    for (int64_t i = 0; status == MP_OK && i < presses; i++) {
        status = press(run, worker, err);
        mp_address_space_lift();
    }
    atomic_store(&pressure->is_over, true);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    free(run->state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_memory_pressure = {
    .name = "memory_pressure",
    .summary = "memory is used up and given back, over and over, beside ops",
    .hunts = "drivers that do not bear a refusal in the middle of work, lose what they "
             "had on the way, or do not recover",
    .how = "the main thread makes buffers, limits the address space so that the next one "
           "is refused, releases them and lifts the limit; the workers meanwhile make "
           "buffers for checked ops, and ask again if they get none",
    .hit =
        "a crash or abort in the driver, a wrong or missing result, or a refusal after "
        "the memory is free again",
    .origin = "test_oom_recovery_parallel of the destroyImpl investigation: one thread "
              "runs out of memory, the others survive",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .beside = beside,
    .tear_down = tear_down,
};
