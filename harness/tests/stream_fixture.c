/* The device and the two threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/stream_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct mp_device_stream {
    struct fake *fake;
};

static enum mp_status pass(struct fake *fake, enum call call) {
    unsigned earlier = atomic_load(&fake->entered[fake->release]);

    if (atomic_fetch_add(&fake->entered[call], 1) == 0 && call == fake->hold &&
        fake->limit_ns > 0)
        fake->was_released =
            fixture_wait_for(&fake->entered[fake->release],
                             earlier + 1 + (fake->hold == fake->release), fake->limit_ns);
    return MP_OK;
}

static enum mp_status fake_stream_create(struct mp_device *device, unsigned index,
                                         struct mp_device_stream **ret_stream,
                                         struct mp_error *err) {
    struct fake *fake = (struct fake *)(void *)device;

    if (index >= fake->streams_limit)
        return mp_error_set(err, MP_DEVICE, "no more queues");
    *ret_stream = malloc(sizeof(**ret_stream));
    (*ret_stream)->fake = fake;
    fake->streams_alive++;
    return MP_OK;
}

static void fake_stream_destroy(struct mp_device *device,
                                struct mp_device_stream *stream) {
    ((struct fake *)(void *)device)->streams_alive--;
    free(stream);
}

static enum mp_status fake_encode(struct mp_device_stream *stream, const struct mp_op *op,
                                  struct mp_error *err) {
    (void)err;
    atomic_fetch_add(&stream->fake->inside_encode, 1);
    for (int point = 0; point < MP_OP_POINTS; point++)
        mp_op_reach(op, (enum mp_op_point)point);
    enum mp_status status = pass(stream->fake, IN_ENCODE);
    atomic_fetch_sub(&stream->fake->inside_encode, 1);
    return status;
}

static enum mp_status fake_end(struct mp_device_stream *stream, struct mp_error *err) {
    (void)err;
    if (atomic_load(&stream->fake->inside_encode) > 0)
        atomic_fetch_add(&stream->fake->ends_inside, 1);
    return pass(stream->fake, IN_END);
}

static enum mp_status fake_commit(struct mp_device_stream *stream, struct mp_error *err) {
    (void)err;
    return pass(stream->fake, IN_COMMIT);
}

static enum mp_status fake_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                                struct mp_error *err) {
    (void)deadline_ns;
    (void)err;
    return pass(stream->fake, IN_WAIT);
}

static uint64_t fake_ops_executed(struct mp_device_stream *stream) {
    return atomic_load(&stream->fake->entered[IN_ENCODE]);
}

const struct mp_device_ops fake_ops = {
    .name = "fake",
    .capabilities = MP_CAP_OFF_QUEUE_SYNC | MP_CAP_GRAPHS,
    .stream_create = fake_stream_create,
    .stream_destroy = fake_stream_destroy,
    .encode = fake_encode,
    .end = fake_end,
    .commit = fake_commit,
    .wait = fake_wait,
    .ops_executed = fake_ops_executed,
};

enum mp_status encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                      struct mp_error *err) {
    static const struct mp_kernel kernel = {.name = "test"};
    static const struct mp_op op = {.kernel = &kernel};

    return mp_stream_encode(worker, pool, &op, err);
}

void open_scene(struct scene *scene, const struct mp_stream_policy *policy) {
    struct mp_error err;

    *scene = (struct scene){
        .fake = {.base = {.ops = &fake_ops}, .streams_limit = MP_STREAMS_MAX}};
    scene->page = fixture_page(NULL, 3);
    fixture_worker(scene->page, 0);
    scene->worker[0] = fixture_worker(scene->page, 1);
    scene->worker[1] = fixture_worker(scene->page, 2);
    assert_int_equal(mp_stream_pool_create(&scene->worker[0], &scene->fake.base, policy,
                                           &scene->pool, &err),
                     MP_OK);
}

void close_scene(struct scene *scene) {
    mp_stream_pool_destroy(scene->pool);
    assert_int_equal(scene->fake.streams_alive, 0);
    fixture_page_free(scene->page);
}

static void *run_second(void *data) {
    struct scene *scene = data;
    struct mp_error err;
    bool is_there =
        fixture_wait_for(&scene->fake.entered[scene->fake.hold], 1, FIXTURE_LONG_NS);

    return is_there && scene->second(&scene->worker[1], scene->pool, &err) == MP_OK
               ? scene
               : NULL;
}

bool meets(struct scene *scene, enum call hold, enum call release, bool expects,
           enum mp_status (*first)(struct mp_worker *, struct mp_stream_pool *,
                                   struct mp_error *),
           enum mp_status (*second)(struct mp_worker *, struct mp_stream_pool *,
                                    struct mp_error *)) {
    struct mp_error err;
    pthread_t thread;
    void *result;

    scene->fake.hold = hold;
    scene->fake.release = release;
    scene->fake.limit_ns = expects ? FIXTURE_LONG_NS : FIXTURE_SHORT_NS;
    scene->second = second;
    assert_int_equal(pthread_create(&thread, NULL, run_second, scene), 0);
    assert_int_equal(first(&scene->worker[0], scene->pool, &err), MP_OK);
    pthread_join(thread, &result);
    assert_non_null(result);
    return scene->fake.was_released;
}

struct mp_stream_policy policy_of(const struct mp_arm *arm, enum mp_stream_share share) {
    return (struct mp_stream_policy){
        .streams = MP_STREAMS_MAX,
        .share = share,
        .arm = arm,
        .arm_number = 2,
        .seed = 42,
        .wait_ns = FIXTURE_LONG_NS,
    };
}

const struct mp_arm *find_arm(const char *name) {
    struct mp_error err;
    unsigned number;
    return mp_arm_find(name, &number, &err);
}
