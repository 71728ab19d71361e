/* allocator_contention: all threads make and release buffers of many sizes at once, and
 * release each other's, while their ops use fresh ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define SHELF       16 /* places where threads swap buffers */
#define STRIDE      4096
#define BYTES_LIMIT 65536

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("12", 1000000, "ops per thread, each on buffers of its own"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("buffers", "4", 1, 1000,
                 "buffers that a thread makes and hands on before each op"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* A buffer that holds its own mark in its first and last byte and between, a page apart.
 */
struct parcel {
    struct mp_device_buffer *buffer;
    volatile unsigned char *contents;
    size_t size;
    unsigned char mark;
    unsigned maker; /* index of the thread */
};

struct shelf {
    _Atomic(struct parcel *) place[SHELF];
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)worker;
    return mp_lone_op_set_up(run, sizeof(struct shelf), err);
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status make(const struct mp_scenario_run *run, struct mp_worker *worker,
                           struct mp_rng *rng, struct parcel **ret_parcel,
                           struct mp_error *err) {
    struct parcel *parcel = mp_memory_zeroed(1, sizeof(*parcel));
    /* As many small ones as large ones. */
    size_t limit = (size_t)4 << (mp_rng_next(rng) % 15);
    parcel->size = 1 + (size_t)(mp_rng_next(rng) % limit);
    _Static_assert(((size_t)4 << 14) == BYTES_LIMIT, "the largest buffer");
    parcel->mark = (unsigned char)mp_rng_next(rng);
    parcel->maker = worker->index;
    enum mp_status status =
        mp_device_buffer_create(worker, run->device, parcel->size, &parcel->buffer, err);
    if (status != MP_OK) {
        free(parcel);
        return status;
    }
    parcel->contents = run->device->ops->buffer_contents(parcel->buffer);
    for (size_t at = 0; at < parcel->size; at += STRIDE)
        parcel->contents[at] = parcel->mark;
    parcel->contents[parcel->size - 1] = parcel->mark;
    *ret_parcel = parcel;
    return MP_OK;
}

/* Whether the buffer holds what its maker wrote. */
static bool is_whole(const struct parcel *parcel) {
    for (size_t at = 0; at < parcel->size; at += STRIDE)
        if (parcel->contents[at] != parcel->mark)
            return false;
    return parcel->contents[parcel->size - 1] == parcel->mark;
}

/* Releases it; MP_DEVICE if its contents had changed. NULL is fine. */
static enum mp_status discard(const struct mp_scenario_run *run, struct parcel *parcel,
                              struct mp_error *err) {
    enum mp_status status = MP_OK;
    if (!parcel)
        return MP_OK;
    if (!is_whole(parcel))
        status = mp_error_set(err, MP_DEVICE,
                              "a buffer of %zu bytes made by thread %u no longer holds "
                              "what that thread wrote, and no op had it: its memory was "
                              "given to somebody else",
                              parcel->size, parcel->maker);
    run->device->ops->buffer_destroy(run->device, parcel->buffer);
    free(parcel);
    return status;
}

/* Makes `buffers` buffers and puts each in the place of one that some thread made
 * earlier, which is released. */
static enum mp_status swap_parcels(const struct mp_scenario_run *run,
                                   struct mp_worker *worker, struct mp_rng *rng,
                                   struct mp_error *err) {
    struct shelf *shelf = run->state;
    const int64_t buffers = mp_option_get(run->params, "buffers")->integer;
    enum mp_status status = MP_OK;
    for (int64_t i = 0; status == MP_OK && i < buffers; i++) {
        struct parcel *parcel = NULL;
        status = make(run, worker, rng, &parcel, err);
        if (status == MP_OK)
            status = discard(
                run, atomic_exchange(&shelf->place[mp_rng_next(rng) % SHELF], parcel),
                err);
    }
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    enum mp_status status = MP_OK;
    struct mp_shape shape;
    struct mp_rng rng;
    mp_shape_mm(n, n, n, &shape);
    mp_rng_seed(&rng, worker->seed);
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        struct mp_lone_op lone = {.device = NULL};
        status = swap_parcels(run, worker, &rng, err);
        if (status == MP_OK)
            status = mp_lone_op_create(worker, run->device, &shape, mp_rng_next(&rng),
                                       &lone, err);
        if (status == MP_OK)
            status = mp_stream_encode(worker, run->pool, &lone.op, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            mp_lone_op_check(worker, &lone);
        if (status != MP_TIMEOUT) /* else it is still in use */
            mp_lone_op_destroy(&lone);
    }
    return status;
}

static enum mp_status clear_shelf(const struct mp_scenario_run *run,
                                  struct mp_error *err) {
    struct shelf *shelf = run->state;
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < SHELF; i++) {
        enum mp_status one = discard(run, atomic_exchange(&shelf->place[i], NULL), err);
        if (one != MP_OK)
            status = one;
    }
    return status;
}

/* What the last ones left on the shelf. */
static enum mp_status verify(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)worker;
    return clear_shelf(run, err);
}

/* After an error nothing was verified. */
static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct mp_error ignored;
    (void)worker;
    (void)clear_shelf(run, &ignored);
    free(run->state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_allocator_contention = {
    .name = "allocator_contention",
    .summary = "buffers of many sizes made and released on all threads, beside ops",
    .hunts = "races of a driver's allocator: one piece of memory given to two buffers, "
             "memory reused while the device still writes to it, broken free lists",
    .how = "each thread makes marked buffers and releases those of other threads, then "
           "does an op on buffers made for it alone; marks and results are checked",
    .hit = "a buffer whose mark has changed, a wrong result, a crash or abort in the "
           "allocator, or a refusal although there is memory",
    .origin = "test_memory_pool and test_platform_specific of the destroyImpl "
              "investigation; the allocator of PyTorch's MPS backend, whose pools all "
              "threads share",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .verify = verify,
    .tear_down = tear_down,
};
