/* cross_stream: tensors made on one thread's stream and used on another's. As with
 * PyTorch's record_stream, the memory of a tensor that its maker has given up goes to the
 * next tensor only once the stream that it was recorded on is done with it. The control
 * leaves that out: the memory is overwritten while the other stream's op still has to
 * read it.
 *
 * Threads work in pairs. A maker copies a strided source into a block of the pair's small
 * allocator, waits for it, hands it over and gives it up at once. A user encodes a
 * product of it, lets the maker write its next tensor first (for a limited time), and
 * then synchronizes and checks. With order=event the maker does not wait: it signals an
 * event behind its copy, and the user's stream waits for that on the device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/stream_order.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/shape.h"

#define BLOCKS     2
#define SOURCES    3 /* so that neighbouring tensors differ */
#define LET_NS     (20 * MP_CLOCK_NS_PER_MS)
#define GIVE_UP_NS (60000 * MP_CLOCK_NS_PER_MS)
#define LOOK_NS    (20 * MP_CLOCK_NS_PER_MS)
#define NS_PER_S   UINT64_C(1000000000)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 2, 128),
    MP_PARAM_ITERS("20", 1000000, "tensors that a pair of threads hands over"),
    MP_PARAM_INT("n", "16", 2, 256, "rows and columns of the tensors"),
    {.name = "rule",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHETHER",
     .fallback = "kept",
     .choices = "kept|broken",
     .meanings = "record_stream: memory is reused once the other stream is done with it\n"
                 "without record_stream: memory is reused at once, a control that must "
                 "fail",
     .help = "whether memory waits for the stream that it was handed to"},
    {.name = "order",
     .type = MP_OPTION_CHOICE,
     .metavar = "BY",
     .fallback = "wait",
     .choices = "wait|event",
     .meanings = "the maker waits for its tensor before it hands it over\n"
                 "the user's stream waits on the device for an event (MTLEvent) that the "
                 "maker's signals behind the tensor",
     .help = "how the user's op comes after the maker's"},
    MP_PARAM_STREAMS("32"),
    MP_PARAM_SHARE("thread"),
    MP_PARAM_SYNC("on_queue"),
    MP_PARAM_Q("0"),
    MP_PARAM_STYLE,
    MP_PARAM_HOLD,
    MP_PARAM_END,
};

/* Two threads and their memory. */
struct pair {
    struct mp_shape copy, product;
    struct mp_device_buffer *source[SOURCES], *weight, *block[BLOCKS], *output;
    float *expected_copy[SOURCES], *expected_product[SOURCES];
    struct mp_device_event *made; /* tensors whose copy ran; NULL: order=wait */
    pthread_mutex_t lock;         /* guards all below */
    pthread_cond_t changed;
    bool is_over;           /* one of the two cannot go on */
    bool is_in_use[BLOCKS]; /* by the user, as the allocator knows */
    uint64_t written;       /* tensors */
    bool is_handed;         /* one waits for the user */
    unsigned handed;        /* its block */
};

struct cross_stream {
    const struct mp_scenario_run *run;
    unsigned count;
    bool is_broken;
    atomic_flag has_reported; /* the first failure has been written to the page */
    struct pair pair[];
};

static float *contents(const struct mp_scenario_run *run,
                       struct mp_device_buffer *buffer) {
    return run->device->ops->buffer_contents(buffer);
}

static enum mp_status make_buffer(const struct mp_scenario_run *run,
                                  struct mp_worker *worker, size_t length,
                                  struct mp_device_buffer **ret_buffer,
                                  struct mp_error *err) {
    return mp_device_buffer_create(worker, run->device, length * sizeof(float),
                                   ret_buffer, err);
}

static void fill(float *values, size_t length, struct mp_rng *rng) {
    for (size_t i = 0; i < length; i++)
        values[i] = (float)(mp_rng_next(rng) >> 40) * 0x1p-23f - 1.0f;
}

/* What each source becomes, on the CPU. */
static void compute_expected(const struct mp_scenario_run *run, struct pair *pair) {
    const size_t length = pair->copy.length[1];

    for (unsigned i = 0; i < SOURCES; i++) {
        void *copy[2] = {contents(run, pair->source[i]), NULL};
        void *product[3] = {NULL, contents(run, pair->weight), NULL};

        pair->expected_copy[i] = mp_memory_zeroed(length, sizeof(float));
        pair->expected_product[i] = mp_memory_zeroed(length, sizeof(float));
        copy[1] = product[0] = pair->expected_copy[i];
        product[2] = pair->expected_product[i];
        pair->copy.kernel->run(copy, &pair->copy.constants);
        pair->product.kernel->run(product, &pair->product.constants);
    }
}

static enum mp_status make_pair(const struct mp_scenario_run *run,
                                struct mp_worker *worker, unsigned number, bool has_event,
                                struct pair *pair, struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const struct mp_device_ops *ops = run->device->ops;
    struct mp_rng rng;
    enum mp_status status;

    pthread_mutex_init(&pair->lock, NULL);
    pthread_cond_init(&pair->changed, NULL);
    mp_shape_transposed(n, number, &pair->copy);
    mp_shape_mm(n, n, n, &pair->product);
    status = ops->kernel_load(run->device, pair->copy.kernel, pair->copy.group, err);
    if (status == MP_OK)
        status =
            ops->kernel_load(run->device, pair->product.kernel, pair->product.group, err);
    for (unsigned i = 0; status == MP_OK && i < SOURCES; i++)
        status = make_buffer(run, worker, pair->copy.length[0], &pair->source[i], err);
    for (unsigned i = 0; status == MP_OK && i < BLOCKS; i++)
        status = make_buffer(run, worker, pair->copy.length[1], &pair->block[i], err);
    if (status == MP_OK)
        status = make_buffer(run, worker, pair->product.length[1], &pair->weight, err);
    if (status == MP_OK)
        status = make_buffer(run, worker, pair->product.length[2], &pair->output, err);
    if (status == MP_OK && has_event)
        status = ops->event->create(run->device, false, &pair->made, err);
    if (status != MP_OK)
        return status;
    mp_rng_seed(&rng, mp_rng_hash(run->seed, number));
    for (unsigned i = 0; i < SOURCES; i++)
        fill(contents(run, pair->source[i]), pair->copy.length[0], &rng);
    fill(contents(run, pair->weight), pair->product.length[1], &rng);
    compute_expected(run, pair);
    return MP_OK;
}

static void drop_buffer(const struct mp_scenario_run *run,
                        struct mp_device_buffer *buffer) {
    if (buffer)
        run->device->ops->buffer_destroy(run->device, buffer);
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct cross_stream *state = run->state;

    (void)worker;
    for (unsigned p = 0; p < state->count; p++) {
        struct pair *pair = &state->pair[p];

        for (unsigned i = 0; i < SOURCES; i++) {
            drop_buffer(run, pair->source[i]);
            free(pair->expected_copy[i]);
            free(pair->expected_product[i]);
        }
        for (unsigned i = 0; i < BLOCKS; i++)
            drop_buffer(run, pair->block[i]);
        drop_buffer(run, pair->weight);
        drop_buffer(run, pair->output);
        if (pair->made)
            run->device->ops->event->destroy(pair->made);
        pthread_cond_destroy(&pair->changed);
        pthread_mutex_destroy(&pair->lock);
    }
    free(state);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const unsigned count = run->threads / 2;
    const bool has_events = mp_option_get(run->params, "order")->integer != 0;
    struct cross_stream *state;
    enum mp_status status = MP_OK;

    if (run->threads % 2 != 0)
        return mp_error_set(err, MP_USAGE,
                            "threads work in pairs here, and %u is no even number",
                            run->threads);
    if (has_events && !run->device->ops->event)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no events, which order=event is about: use "
                            "metal or metal@model",
                            run->device->ops->name);
    if (has_events && (status = mp_stream_check_calls(run->pool, err)) != MP_OK)
        return status;
    state = mp_memory_zeroed(1, sizeof(*state) + count * sizeof(state->pair[0]));
    state->run = run;
    state->is_broken = strcmp(mp_option_get(run->params, "rule")->text, "broken") == 0;
    atomic_flag_clear(&state->has_reported);
    run->state = state;
    while (status == MP_OK && state->count < count) {
        const unsigned number = state->count++;

        status = make_pair(run, worker, number, has_events, &state->pair[number], err);
    }
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static void sleep_locked(struct pair *pair) {
    struct timespec until;
    uint64_t ns;

    clock_gettime(CLOCK_REALTIME, &until);
    ns = (uint64_t)until.tv_nsec + LOOK_NS;
    until.tv_sec += (time_t)(ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    pthread_cond_timedwait(&pair->changed, &pair->lock, &until);
}

typedef bool condition(const struct pair *pair, uint64_t number);

/* Waits until `holds` for tensor `number`; false if that took longer than `limit_ns`, or
 * the other thread cannot go on. Lock held. */
static bool wait_locked(struct pair *pair, condition *holds, uint64_t number,
                        uint64_t limit_ns) {
    const uint64_t deadline_ns = mp_clock_now_ns() + limit_ns;

    while (!holds(pair, number) && !pair->is_over && mp_clock_now_ns() < deadline_ns)
        sleep_locked(pair);
    return holds(pair, number);
}

static bool has_free_block(const struct pair *pair, uint64_t number) {
    (void)number;
    return !pair->is_in_use[0] || !pair->is_in_use[1];
}

static bool is_taken_over(const struct pair *pair, uint64_t number) {
    (void)number;
    return !pair->is_handed;
}

static bool is_there(const struct pair *pair, uint64_t number) {
    (void)number;
    return pair->is_handed;
}

static bool has_written_next(const struct pair *pair, uint64_t number) {
    return pair->written > number + 1;
}

static enum mp_status gone(struct mp_error *err) {
    return mp_error_set(err, MP_TIMEOUT,
                        "the other thread of the pair did not come with, or for, a "
                        "tensor within 60 s");
}

static enum mp_status encode(const struct cross_stream *state, struct mp_worker *worker,
                             const struct mp_shape *shape,
                             struct mp_device_buffer *const *buffer,
                             struct mp_error *err) {
    struct mp_op op = {
        .kernel = shape->kernel,
        .constants = &shape->constants,
        .grid = {shape->grid[0], shape->grid[1], shape->grid[2]},
        .group = {shape->group[0], shape->group[1], shape->group[2]},
        .by_group = shape->by_group,
        .fresh_encoder = shape->fresh_encoder,
    };

    for (unsigned i = 0; i < shape->kernel->buffer_count; i++)
        op.buffer[i] = buffer[i];
    return mp_stream_encode(worker, state->run->pool, &op, err);
}

/* Compares and counts the output of op `number`; the first failure of the round goes to
 * the page. */
static void check(struct cross_stream *state, struct mp_worker *worker, uint64_t number,
                  const struct mp_shape *shape, const float *got, const float *expected) {
    const unsigned output = shape->kernel->buffer_count - 1;
    struct mp_round_page *page = worker->page;
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    struct mp_check found = {0};
    char text[256];

    mp_check_compare(got, expected, shape->length[output], output, &shape->tolerance,
                     &found);
    if (found.wrong > 0)
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
    if (found.wrong > 0 && !atomic_flag_test_and_set(&state->has_reported)) {
        mp_check_describe(&found, text, sizeof(text));
        snprintf(page->message, sizeof(page->message), "thread %u, tensor %llu (%s): %s",
                 worker->index, (unsigned long long)number, shape->kernel->name, text);
    }
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* A block for the next tensor: with record_stream one that no stream uses any more, else
 * the one that was given up last, whoever uses it. */
static enum mp_status allocate(const struct cross_stream *state, struct pair *pair,
                               unsigned *ret_block, struct mp_error *err) {
    bool is_free;

    *ret_block = 0;
    if (state->is_broken)
        return MP_OK;
    pthread_mutex_lock(&pair->lock);
    is_free = wait_locked(pair, has_free_block, 0, GIVE_UP_NS);
    if (is_free) {
        *ret_block = pair->is_in_use[0];
        pair->is_in_use[*ret_block] = true;
    }
    pthread_mutex_unlock(&pair->lock);
    return is_free ? MP_OK : gone(err);
}

/* The copy into the block, which has run on return, or is followed by the event. */
static enum mp_status write_block(struct cross_stream *state, struct pair *pair,
                                  struct mp_worker *worker, uint64_t number,
                                  unsigned block, struct mp_error *err) {
    struct mp_stream_pool *pool = state->run->pool;
    enum mp_status status =
        encode(state, worker, &pair->copy,
               (struct mp_device_buffer *[MP_OP_BUFFERS_MAX]){
                   pair->source[number % SOURCES], pair->block[block]},
               err);
    if (status == MP_OK && !pair->made)
        return mp_stream_synchronize(worker, pool, err);
    if (status == MP_OK)
        status = mp_stream_signal(worker, pool, pair->made, number + 1, err);
    if (status == MP_OK)
        status = mp_stream_commit(worker, pool, err);
    return status;
}

/* Lets the user have the block, once it has taken over the last one. */
static enum mp_status hand_over(struct pair *pair, unsigned block, struct mp_error *err) {
    bool is_taken;

    pthread_mutex_lock(&pair->lock);
    is_taken = wait_locked(pair, is_taken_over, 0, GIVE_UP_NS);
    pair->handed = block;
    pair->is_handed = true;
    pthread_cond_broadcast(&pair->changed);
    pthread_mutex_unlock(&pair->lock);
    return is_taken ? MP_OK : gone(err);
}

static void note_written(struct pair *pair) {
    pthread_mutex_lock(&pair->lock);
    pair->written++;
    pthread_cond_broadcast(&pair->changed);
    pthread_mutex_unlock(&pair->lock);
}

static enum mp_status make_tensor(struct cross_stream *state, struct pair *pair,
                                  struct mp_worker *worker, uint64_t number,
                                  struct mp_error *err) {
    unsigned block;
    enum mp_status status = allocate(state, pair, &block, err);

    if (status == MP_OK)
        status = write_block(state, pair, worker, number, block, err);
    if (status == MP_OK && pair->made) {
        status = hand_over(pair, block, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, state->run->pool, err);
    }
    if (status != MP_OK)
        return status;
    check(state, worker, number, &pair->copy, contents(state->run, pair->block[block]),
          pair->expected_copy[number % SOURCES]);
    note_written(pair);
    return pair->made ? MP_OK : hand_over(pair, block, err);
}

static enum mp_status use_tensor(struct cross_stream *state, struct pair *pair,
                                 struct mp_worker *worker, uint64_t number, bool is_last,
                                 struct mp_error *err) {
    const struct mp_scenario_run *run = state->run;
    const size_t length = pair->product.length[2];
    unsigned block;
    enum mp_status status;
    bool is_here;

    mp_check_poison(contents(run, pair->output), length);
    pthread_mutex_lock(&pair->lock);
    is_here = wait_locked(pair, is_there, 0, GIVE_UP_NS);
    block = pair->handed;
    pthread_mutex_unlock(&pair->lock);
    if (!is_here)
        return gone(err);
    status = pair->made
                 ? mp_stream_wait_for(worker, run->pool, pair->made, number + 1, err)
                 : MP_OK;
    if (status == MP_OK)
        status = encode(state, worker, &pair->product,
                        (struct mp_device_buffer *[MP_OP_BUFFERS_MAX]){
                            pair->block[block], pair->weight, pair->output},
                        err);
    pthread_mutex_lock(&pair->lock);
    pair->is_handed = false;
    pthread_cond_broadcast(&pair->changed);
    if (!is_last)
        wait_locked(pair, has_written_next, number, LET_NS);
    pthread_mutex_unlock(&pair->lock);
    if (status == MP_OK)
        status = mp_stream_synchronize(worker, run->pool, err);
    if (status == MP_OK)
        check(state, worker, number, &pair->product, contents(run, pair->output),
              pair->expected_product[number % SOURCES]);
    pthread_mutex_lock(&pair->lock);
    pair->is_in_use[block] = false;
    pthread_cond_broadcast(&pair->changed);
    pthread_mutex_unlock(&pair->lock);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct cross_stream *state = run->state;
    struct pair *pair = &state->pair[(worker->index - 1) / 2];
    const bool is_maker = worker->index % 2 == 1;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;

    for (uint64_t i = 0; status == MP_OK && i < iters; i++)
        status = is_maker ? make_tensor(state, pair, worker, i, err)
                          : use_tensor(state, pair, worker, i, i + 1 == iters, err);
    if (status != MP_OK) {
        pthread_mutex_lock(&pair->lock);
        pair->is_over = true;
        pthread_cond_broadcast(&pair->changed);
        pthread_mutex_unlock(&pair->lock);
    }
    return status;
}

const struct mp_scenario mp_scenario_cross_stream = {
    .name = "cross_stream",
    .summary =
        "tensors made on one thread's stream are used on another's (record_stream)",
    .hunts = "work of one queue that does not see what another has finished, and memory "
             "that is reused under a queue that still reads it",
    .how = "pairs of threads: one writes a tensor, waits for it, hands it over and gives "
           "up its memory; the other encodes an op that reads it and synchronizes once "
           "the first has written its next tensor, or 20 ms later. With rule=broken "
           "the memory does not wait for the stream that it was handed to",
    .hit =
        "a wrong output: the op read another tensor's numbers; with rule=broken that is "
        "its client's fault, and the cell is a control that must fail",
    .origin = "test_record_stream and test_cross_stream_tensor of the destroyImpl "
              "investigation; Tensor.record_stream of PyTorch",
    .params = params,
    .has_outputs = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
