/* A stream as PyTorch keeps it, on the model: the points that it passes, and what becomes
 * of a buffer that nobody waits for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/tests/metal_fixture.h"
#include "scenarios/kernels/kernels.h"

static const uint32_t one_thread[3] = {1, 1, 1};
static const struct mp_op noop = {
    .kernel = &mp_kernel_noop, .grid = {1, 1, 1}, .group = {1, 1, 1}};

struct scene {
    struct mp_metal_device *metal;
    struct mp_device_stream *stream;
    struct mp_bare *bare;
    struct mp_bare_pass pass;
    enum mp_bare_point point[32];
    size_t points;
};

static void note(void *data, enum mp_bare_point point) {
    struct scene *scene = data;

    assert_true(scene->points < MP_COUNT(scene->point));
    scene->point[scene->points++] = point;
}

static void open_scene(struct scene *scene, const char *settings, unsigned index) {
    struct mp_error err = {""};

    *scene = (struct scene){.points = 0};
    scene->pass = (struct mp_bare_pass){.at = note, .data = scene};
    assert_int_equal(metal_fixture_open(settings, &scene->metal, &err), MP_OK);
    mp_metal_thread_enter(&scene->metal->base);
    assert_int_equal(
        mp_metal_kernel_load(&scene->metal->base, &mp_kernel_noop, one_thread, &err),
        MP_OK);
    assert_int_equal(
        mp_metal_stream_create(&scene->metal->base, index, &scene->stream, &err), MP_OK);
    assert_int_equal(mp_metal_bare.create(scene->stream, false, &scene->bare, &err),
                     MP_OK);
}

static void close_scene(struct scene *scene) {
    mp_metal_bare.destroy(scene->bare);
    mp_metal_stream_destroy(&scene->metal->base, scene->stream);
    mp_metal_thread_leave(&scene->metal->base);
    metal_fixture_close(scene->metal);
}

static void encode(struct scene *scene) {
    struct mp_error err = {""};

    assert_int_equal(mp_metal_bare.encode(scene->bare, &noop, &scene->pass, &err), MP_OK);
}

static void synchronize(struct scene *scene) {
    struct mp_error err = {""};

    assert_int_equal(mp_metal_bare.end(scene->bare, &scene->pass, &err), MP_OK);
    assert_int_equal(mp_metal_bare.commit(scene->bare, &scene->pass, &err), MP_OK);
    assert_int_equal(mp_metal_bare.wait(scene->bare, &scene->pass, &err), MP_OK);
}

static void flush(struct scene *scene) {
    struct mp_error err = {""};

    assert_int_equal(mp_metal_bare.end(scene->bare, &scene->pass, &err), MP_OK);
    mp_metal_bare.flush(scene->bare);
}

static void expect_points(struct scene *scene, const enum mp_bare_point *expected,
                          size_t count) {
    assert_int_equal(scene->points, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(scene->point[i], expected[i]);
    scene->points = 0;
}

static void encoder_stays_open_over_ops_and_ends_with_the_synchronization(void **state) {
    static const enum mp_bare_point opens[] = {MP_BARE_BEGIN, MP_BARE_NIL, MP_BARE_BUFFER,
                                               MP_BARE_MAKE, MP_BARE_OPENED};
    static const enum mp_bare_point goes_on[] = {MP_BARE_BEGIN, MP_BARE_REUSED};
    static const enum mp_bare_point ends[] = {
        MP_BARE_SYNC,   MP_BARE_CHECKED,   MP_BARE_END,
        MP_BARE_ENDED,  MP_BARE_RELEASE,   MP_BARE_RELEASED,
        MP_BARE_COMMIT, MP_BARE_COMMITTED, MP_BARE_DROP};
    static const enum mp_bare_point finds_nothing[] = {MP_BARE_SYNC, MP_BARE_RELEASED};
    struct scene scene;

    (void)state;
    open_scene(&scene, "", 0);
    encode(&scene);
    expect_points(&scene, opens, MP_COUNT(opens));
    encode(&scene);
    expect_points(&scene, goes_on, MP_COUNT(goes_on));
    synchronize(&scene);
    expect_points(&scene, ends, MP_COUNT(ends));
    assert_int_equal(mp_metal_ops_executed(scene.stream), 2);
    synchronize(&scene);
    expect_points(&scene, finds_nothing, MP_COUNT(finds_nothing));
    close_scene(&scene);
}

static void
stream_0_goes_on_in_its_buffer_if_that_is_an_mps_command_buffer(void **state) {
    static const struct {
        const char *settings;
        unsigned index;
        unsigned continued;
    } cases[] = {
        {"buffers=mps", 0, 2}, {"buffers=mps", 1, 0}, {"buffers=retained", 0, 0}};

    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct scene scene;
        uint64_t before;

        open_scene(&scene, cases[i].settings, cases[i].index);
        assert_int_equal(mp_metal_bare.has_continue(scene.bare), cases[i].continued > 0);
        before = mp_metal_driver_count(&scene.metal->base, "continued");
        for (int turn = 0; turn < 2; turn++) {
            encode(&scene);
            flush(&scene);
        }
        encode(&scene);
        scene.points = 0;
        synchronize(&scene);
        assert_int_equal(mp_metal_driver_count(&scene.metal->base, "continued") - before,
                         cases[i].continued);
        assert_int_equal(mp_metal_ops_executed(scene.stream), 3);
        close_scene(&scene);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoder_stays_open_over_ops_and_ends_with_the_synchronization),
        cmocka_unit_test(stream_0_goes_on_in_its_buffer_if_that_is_an_mps_command_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
