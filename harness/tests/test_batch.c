/* The batching queue on calls that the test watches: who is gathered with whom, and which
 * error goes to whom.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/round/batch.h"
#include "harness/tests/round_fixture.h"

#define THREADS 8

struct scene {
    struct mp_round_page *page;
    struct mp_worker worker[THREADS];
    struct mp_batch *batch;
    atomic_uint encoded, submitted, inside;
    bool met;     /* two groups were at the device at once */
    bool is_bare; /* a call was made without `enter` */
    uint32_t sum; /* of the constants that came */
    unsigned bad; /* encode of these constants fails; 0: of none */
    bool submit_fails;
    atomic_uint release; /* submit waits for it, if `holds` */
    bool holds;
    uint32_t constant[THREADS]; /* what each thread asks for */
    unsigned rounds;
    atomic_uint wrong; /* answers that were not what the thread should get */
};

static void enter(void *data) {
    struct scene *scene = data;

    scene->met |= atomic_fetch_add(&scene->inside, 1) > 0;
}

static void leave(void *data) {
    struct scene *scene = data;

    atomic_fetch_sub(&scene->inside, 1);
}

static enum mp_status encode(void *data, struct mp_worker *worker, const struct mp_op *op,
                             struct mp_error *err) {
    struct scene *scene = data;
    uint32_t constant;

    (void)worker;
    memcpy(&constant, op->constants, sizeof(constant));
    scene->is_bare |= atomic_load(&scene->inside) != 1;
    scene->sum += constant; /* one group at a time: TSan would see two */
    atomic_fetch_add(&scene->encoded, 1);
    return constant == scene->bad ? mp_error_set(err, MP_DEVICE, "no to %u", constant)
                                  : MP_OK;
}

static enum mp_status submit(void *data, struct mp_worker *worker, struct mp_error *err) {
    struct scene *scene = data;

    (void)worker;
    scene->is_bare |= atomic_load(&scene->inside) != 1;
    atomic_fetch_add(&scene->submitted, 1);
    if (scene->holds)
        (void)fixture_wait_for(&scene->release, 1, FIXTURE_LONG_NS);
    return scene->submit_fails ? mp_error_set(err, MP_DEVICE, "the group failed") : MP_OK;
}

static void open_scene(struct scene *scene, unsigned limit, uint64_t patience_ns) {
    memset(scene, 0, sizeof(*scene));
    scene->page = fixture_page(NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++) {
        scene->worker[i] = fixture_worker(scene->page, i + 1);
        scene->constant[i] = i + 1;
    }
    scene->rounds = 1;
    scene->batch = mp_batch_create(limit, patience_ns,
                                   &(struct mp_batch_calls){.enter = enter,
                                                            .encode = encode,
                                                            .submit = submit,
                                                            .leave = leave,
                                                            .data = scene});
}

static void close_scene(struct scene *scene) {
    mp_batch_destroy(scene->batch);
    fixture_page_free(scene->page);
}

/* Adds an op with the thread's constant, which is gone when the queue comes to it. */
static void ask(struct scene *scene, unsigned thread) {
    static const struct mp_kernel kernel = {.name = "test", .constants_len = 4};
    uint32_t constant = scene->constant[thread];
    struct mp_op op = {.kernel = &kernel, .constants = &constant};

    mp_batch_add(scene->batch, &scene->worker[thread], &op);
    constant = 0;
}

struct job {
    struct scene *scene;
    unsigned thread;
    pthread_t handle;
};

static void *run_job(void *data) {
    struct job *job = data;
    struct scene *scene = job->scene;

    for (unsigned i = 0; i < scene->rounds; i++) {
        struct mp_error err = {""};
        bool is_bad = scene->constant[job->thread] == scene->bad;
        enum mp_status status;

        ask(scene, job->thread);
        ask(scene, job->thread);
        status = mp_batch_flush(scene->batch, &scene->worker[job->thread], &err);
        if (status != (is_bad || scene->submit_fails ? MP_DEVICE : MP_OK) ||
            (is_bad && strcmp(err.text, "no to 3") != 0) ||
            (!is_bad && scene->submit_fails && strcmp(err.text, "the group failed") != 0))
            atomic_fetch_add(&scene->wrong, 1);
    }
    return NULL;
}

static void run_threads(struct scene *scene, unsigned threads) {
    struct job job[THREADS];

    for (unsigned i = 0; i < threads; i++) {
        job[i] = (struct job){.scene = scene, .thread = i};
        assert_int_equal(pthread_create(&job[i].handle, NULL, run_job, &job[i]), 0);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(job[i].handle, NULL);
}

static uint64_t figure(const struct scene *scene, enum mp_figure figure) {
    return atomic_load(&scene->page->figure[figure]);
}

static void every_request_is_answered_once_in_groups_of_the_limit(void **state) {
    (void)state;
    for (unsigned limit = 1; limit <= THREADS; limit += 3) {
        struct scene scene;

        open_scene(&scene, limit, FIXTURE_LONG_NS);
        scene.rounds = 50;
        run_threads(&scene, THREADS);
        assert_int_equal(atomic_load(&scene.wrong), 0);
        assert_false(scene.met);
        assert_false(scene.is_bare);
        assert_int_equal(atomic_load(&scene.encoded), 2 * 50 * THREADS);
        assert_int_equal(scene.sum, 2 * 50 * (1 + 2 + 3 + 4 + 5 + 6 + 7 + 8));
        assert_int_equal(figure(&scene, MP_FIGURE_ARM_PASSES), 50 * THREADS);
        assert_int_equal(figure(&scene, MP_FIGURE_ARM_GROUPS),
                         atomic_load(&scene.submitted));
        assert_true(atomic_load(&scene.submitted) >= 50 * THREADS / limit);
        assert_in_range(figure(&scene, MP_FIGURE_ARM_PEAK), 1, limit);
        close_scene(&scene);
    }
}

/* The first group is held at the device until all others wait: they are one group then. */
static void waiting_requests_are_gathered(void **state) {
    struct scene scene;

    (void)state;
    open_scene(&scene, THREADS, FIXTURE_LONG_NS);
    scene.holds = true;
    struct job job[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        job[i] = (struct job){.scene = &scene, .thread = i};
        assert_int_equal(pthread_create(&job[i].handle, NULL, run_job, &job[i]), 0);
        if (i == 0)
            assert_true(fixture_wait_for(&scene.submitted, 1, FIXTURE_LONG_NS));
    }
    /* Whether all have come by now or not: none is lost, and two groups never meet. */
    atomic_store(&scene.release, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(job[i].handle, NULL);
    assert_int_equal(atomic_load(&scene.wrong), 0);
    assert_int_equal(atomic_load(&scene.encoded), 2 * THREADS);
    assert_false(scene.met);
    close_scene(&scene);
}

static void error_of_an_op_goes_to_the_thread_that_asked_for_it(void **state) {
    struct scene scene;

    (void)state;
    open_scene(&scene, THREADS, FIXTURE_LONG_NS);
    scene.rounds = 20;
    scene.bad = 3;
    run_threads(&scene, THREADS);
    assert_int_equal(atomic_load(&scene.wrong), 0);
    close_scene(&scene);
}

static void error_of_a_submission_goes_to_all_that_were_in_it(void **state) {
    struct scene scene;

    (void)state;
    open_scene(&scene, THREADS, FIXTURE_LONG_NS);
    scene.rounds = 20;
    scene.bad = 3;
    scene.submit_fails = true;
    run_threads(&scene, THREADS);
    assert_int_equal(atomic_load(&scene.wrong), 0);
    close_scene(&scene);
}

static void *flush_first(void *data) {
    struct scene *scene = data;
    struct mp_error err;

    ask(scene, 0);
    (void)mp_batch_flush(scene->batch, &scene->worker[0], &err);
    return NULL;
}

/* The leader is stuck at the device: the other thread is told so, again if it asks again. */
static void request_that_is_not_answered_ends_with_its_patience(void **state) {
    struct scene scene;
    struct mp_error err;
    pthread_t thread;

    (void)state;
    open_scene(&scene, 1, 20 * MP_CLOCK_NS_PER_MS);
    scene.holds = true;
    assert_int_equal(pthread_create(&thread, NULL, flush_first, &scene), 0);
    assert_true(fixture_wait_for(&scene.submitted, 1, FIXTURE_LONG_NS));
    ask(&scene, 1);
    assert_int_equal(mp_batch_flush(scene.batch, &scene.worker[1], &err), MP_TIMEOUT);
    assert_non_null(strstr(err.text, "did not answer in time"));
    ask(&scene, 1);
    assert_int_equal(mp_batch_flush(scene.batch, &scene.worker[1], &err), MP_TIMEOUT);
    atomic_store(&scene.release, 1);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&scene.encoded), 1);
    close_scene(&scene);
}

static void request_without_ops_asks_nothing_of_the_device(void **state) {
    struct scene scene;
    struct mp_error err;

    (void)state;
    open_scene(&scene, 2, FIXTURE_LONG_NS);
    assert_int_equal(mp_batch_flush(scene.batch, &scene.worker[0], &err), MP_OK);
    assert_int_equal(atomic_load(&scene.submitted), 0);
    close_scene(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_answered_once_in_groups_of_the_limit),
        cmocka_unit_test(waiting_requests_are_gathered),
        cmocka_unit_test(error_of_an_op_goes_to_the_thread_that_asked_for_it),
        cmocka_unit_test(error_of_a_submission_goes_to_all_that_were_in_it),
        cmocka_unit_test(request_that_is_not_answered_ends_with_its_patience),
        cmocka_unit_test(request_without_ops_asks_nothing_of_the_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
