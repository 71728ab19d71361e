/* Tests of the sound model under many threads: nothing is lost, nothing is wrong. Built
 * with -fsanitize=thread the same cases show that it has no data race.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/tests/model_fixture.h"
#include "scenarios/kernels/reference.h"

#define THREADS  8
#define OPS      100
#define ELEMENTS 64

/* A stream as a client keeps it: `lock` stands for no more than taking the encoder, which
 * is retained under it; any thread may take the open buffer away and commit it. */
struct stream {
    struct model *model;
    id queue, pipeline, counter;
    bool on_queue;          /* synchronizes within `encode`, as the rules want it */
    pthread_mutex_t submit; /* commits in the order of taking out */
    pthread_mutex_t lock;
    pthread_mutex_t encode; /* the serial queue: one op at a time */
    id buffer, encoder;
    _Atomic unsigned ops;
};

static void stream_open(struct stream *stream, struct model *model, bool on_queue) {
    *stream = (struct stream){.model = model,
                              .queue = model_queue(model),
                              .pipeline = model_pipeline(model, "mp_contiguous"),
                              .counter = model_buffer(model, 4),
                              .on_queue = on_queue};
    pthread_mutex_init(&stream->submit, NULL);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_mutex_init(&stream->encode, NULL);
}

static id stream_take(struct stream *stream) {
    pthread_mutex_lock(&stream->lock);
    if (!stream->buffer)
        stream->buffer = model_send(model_send(stream->queue, "commandBuffer"), "retain");
    if (!stream->encoder)
        stream->encoder =
            model_send(model_send(stream->buffer, "computeCommandEncoder"), "retain");
    id encoder = model_send(stream->encoder, "retain");
    pthread_mutex_unlock(&stream->lock);
    return encoder;
}

/* Ends, commits and waits, whoever is encoding. */
static void stream_synchronize(struct stream *stream) {
    pthread_mutex_lock(&stream->submit);
    pthread_mutex_lock(&stream->lock);
    id buffer = stream->buffer, encoder = stream->encoder;
    stream->buffer = stream->encoder = NULL;
    pthread_mutex_unlock(&stream->lock);
    if (encoder) {
        model_send(encoder, "endEncoding");
        model_send(encoder, "release");
    }
    if (!buffer)
        buffer = model_send(model_send(stream->queue, "commandBuffer"), "retain");
    model_send(buffer, "commit");
    pthread_mutex_unlock(&stream->submit);
    model_send(buffer, "waitUntilCompleted");
    CHECK(model_number(buffer, "status") == 4);
    model_send(buffer, "release");
}

struct worker {
    struct stream *stream;
    unsigned index;
};

/* Copies with a stride of its own into a buffer of its own, and checks each. */
static void *worker_main(void *arg) {
    struct worker *worker = arg;
    struct stream *stream = worker->stream;
    struct model *model = stream->model;
    unsigned stride = worker->index % 4 + 1;
    const struct mp_kernel_contiguous view = {1, ELEMENTS, 0, stride, worker->index};
    id source = model_buffer(model, (ELEMENTS * 4 + THREADS) * sizeof(float));
    id destination = model_buffer(model, ELEMENTS * sizeof(float));
    float *from = model_contents(source), *to = model_contents(destination);
    for (unsigned i = 0; i < ELEMENTS * 4 + THREADS; i++)
        from[i] = (float)(i + 1000 * worker->index);
    for (unsigned n = 0; n < OPS; n++) {
        void *pool = model->pool_push();
        memset(to, 255, ELEMENTS * sizeof(float));
        pthread_mutex_lock(&stream->encode);
        id encoder = stream_take(stream);
        model_encode(encoder, stream->pipeline, (id[]){source, destination}, 2, &view,
                     sizeof(view), stream->counter);
        model_send(encoder, "release");
        if (!stream->on_queue)
            pthread_mutex_unlock(&stream->encode);
        atomic_fetch_add(&stream->ops, 1);
        stream_synchronize(stream);
        if (stream->on_queue)
            pthread_mutex_unlock(&stream->encode);
        for (unsigned i = 0; i < ELEMENTS; i++)
            CHECK(to[i] == from[worker->index + i * stride]);
        model->pool_pop(pool);
    }
    model_send(source, "release");
    model_send(destination, "release");
    return NULL;
}

/* THREADS workers on `streams` streams. */
static void storm(const char *settings, unsigned streams, bool on_queue) {
    struct model model;
    struct stream stream[THREADS];
    struct worker worker[THREADS];
    pthread_t thread[THREADS];
    model_open(&model, settings);
    for (unsigned i = 0; i < streams; i++)
        stream_open(&stream[i], &model, on_queue);
    for (unsigned i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){&stream[i % streams], i};
        CHECK(pthread_create(&thread[i], NULL, worker_main, &worker[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    unsigned long long counted = 0;
    for (unsigned i = 0; i < streams; i++) {
        uint32_t ops = *(_Atomic uint32_t *)model_contents(stream[i].counter);
        CHECK(ops == atomic_load(&stream[i].ops));
        counted += ops;
        model_send(stream[i].counter, "release");
        model_send(stream[i].pipeline, "release");
        model_send(stream[i].queue, "release");
    }
    CHECK(counted == THREADS * OPS && model.count("executed") == counted);
    CHECK(model.count("dropped") == 0 && model.count("buffers_failed") == 0);
    model_send(model.device, "release");
    CHECK(!model.configure(""));
    CHECK(model.count("inits") == model.count("deallocs") &&
          model.count("contexts_live") == 0);
}

static void case_shared(void) {
    storm("", 1, true);
}
/* Beside the serial queue, which breaks the rules: safe with this setting only. */
static void case_held(void) {
    storm("late=hold", 1, false);
}
static void case_own(void) {
    storm("executors=4", THREADS, false);
}
static void case_free_path(void) {
    storm("freelist=0,executors=1", 2, true);
}

/* Retain counts, labels and pools of one object under many threads. */
static void *object_main(void *arg) {
    struct model *model = arg;
    for (int i = 0; i < 1000; i++) {
        void *pool = model->pool_push();
        model_send(model_send(model->device, "retain"), "autorelease");
        model_send_id(model->device, "setLabel:", model_string("a label"));
        CHECK(!strcmp(model_text(model_send(model->device, "label")), "a label"));
        model_send(model->create_device(), "release");
        model->pool_pop(pool);
    }
    return NULL;
}

static void case_objects(void) {
    struct model model;
    pthread_t thread[THREADS];
    model_open(&model, "");
    void *pool = model.pool_push();
    model_send_id(model.device, "setLabel:", model_string("a label"));
    model.pool_pop(pool);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, object_main, &model) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    CHECK(model_number(model.device, "retainCount") == 1);
}

static const struct model_case cases[] = {
    {"shared", case_shared},       {"held", case_held},       {"own", case_own},
    {"free_path", case_free_path}, {"objects", case_objects}, {.name = NULL},
};

static void threads_on_one_stream_lose_nothing(void **state) {
    (void)state;
    model_case_passes("shared");
}
static void
threads_beside_the_queue_lose_nothing_where_late_calls_are_held(void **state) {
    (void)state;
    model_case_passes("held");
}
static void threads_on_own_streams_lose_nothing(void **state) {
    (void)state;
    model_case_passes("own");
}
static void contexts_beyond_the_freelist_are_freed(void **state) {
    (void)state;
    model_case_passes("free_path");
}
static void counts_labels_and_pools_survive_threads(void **state) {
    (void)state;
    model_case_passes("objects");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_on_one_stream_lose_nothing),
        cmocka_unit_test(threads_beside_the_queue_lose_nothing_where_late_calls_are_held),
        cmocka_unit_test(threads_on_own_streams_lose_nothing),
        cmocka_unit_test(contexts_beyond_the_freelist_are_freed),
        cmocka_unit_test(counts_labels_and_pools_survive_threads),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
