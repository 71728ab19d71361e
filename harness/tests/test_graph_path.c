/* The arm graph_path: which ops it sends by a graph, that it counts them, and that it is
 * refused where there are no graphs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/round/stream.h"
#include "harness/tests/round_fixture.h"

/* Encodes nothing, and notes how the last op came. */
struct mp_device_stream {
    bool was_by_graph;
};

static struct mp_device_stream only;

static enum mp_status fake_stream_create(struct mp_device *device, unsigned index,
                                         struct mp_device_stream **ret_stream,
                                         struct mp_error *err) {
    (void)device, (void)index, (void)err;
    *ret_stream = &only;
    return MP_OK;
}

static void fake_stream_destroy(struct mp_device *device,
                                struct mp_device_stream *stream) {
    (void)device, (void)stream;
}

static enum mp_status fake_encode(struct mp_device_stream *stream, const struct mp_op *op,
                                  struct mp_error *err) {
    (void)err;
    stream->was_by_graph = op->by_graph;
    return MP_OK;
}

/* Linear layers have no way here but a graph. */
static enum mp_status fake_op_check(struct mp_device *device, const struct mp_op *op,
                                    struct mp_error *err) {
    (void)device;
    return op->by_graph ? MP_OK : mp_error_set(err, MP_UNSUPPORTED, "only by a graph");
}

static const struct mp_device_ops fake_ops = {
    .name = "fake",
    .capabilities = MP_CAP_GRAPHS,
    .stream_create = fake_stream_create,
    .stream_destroy = fake_stream_destroy,
    .encode = fake_encode,
    .op_check = fake_op_check,
};

static void mean_linear(const void *constants, struct mp_meaning *ret_meaning) {
    (void)constants;
    ret_meaning->kind = MP_MEANING_LINEAR;
}

static const struct mp_kernel other = {.name = "other"};
static const struct mp_kernel linear = {.name = "linear", .meaning = mean_linear};

struct scene {
    struct mp_device_ops ops;
    struct mp_device device;
    struct mp_round_page *page;
    struct mp_worker worker;
    struct mp_stream_pool *pool;
    struct mp_error err;
};

static enum mp_status open_scene(struct scene *scene, const char *arm,
                                 unsigned capabilities) {
    struct mp_stream_policy policy = {.streams = 1, .share = MP_SHARE_ALL};
    *scene = (struct scene){.ops = fake_ops};
    scene->ops.capabilities = capabilities;
    scene->device.ops = &scene->ops;
    scene->page = fixture_page(NULL, 2);
    scene->worker = fixture_worker(scene->page, 1);
    policy.arm = mp_arm_find(arm, &policy.arm_number, &scene->err);
    return mp_stream_pool_create(&scene->worker, &scene->device, &policy, &scene->pool,
                                 &scene->err);
}

static void close_scene(struct scene *scene) {
    if (scene->pool)
        mp_stream_pool_destroy(scene->pool);
    fixture_page_free(scene->page);
}

/* Whether the op came by a graph. */
static bool comes_by_graph(struct scene *scene, const struct mp_kernel *kernel,
                           bool by_graph) {
    const struct mp_op op = {.kernel = kernel, .by_graph = by_graph};
    assert_int_equal(mp_stream_encode(&scene->worker, scene->pool, &op, &scene->err),
                     MP_OK);
    return only.was_by_graph;
}

static void linear_layers_go_by_a_graph_under_the_arm_alone(void **state) {
    static const char *const arms[] = {"none", "graph_path"};
    const struct mp_op op = {.kernel = &linear};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct scene scene;
        assert_int_equal(open_scene(&scene, arms[i], MP_CAP_GRAPHS), MP_OK);
        assert_false(comes_by_graph(&scene, &other, false));
        assert_true(comes_by_graph(&scene, &other, true));
        assert_int_equal(comes_by_graph(&scene, &linear, false), i == 1);
        assert_true(comes_by_graph(&scene, &linear, true));
        /* What was a graph of its own accord is not the arm's doing. */
        assert_int_equal(atomic_load(&scene.page->figure[MP_FIGURE_ARM_PASSES]), i);
        assert_int_equal(mp_stream_check(scene.pool, &op, &scene.err),
                         i == 1 ? MP_OK : MP_UNSUPPORTED);
        close_scene(&scene);
    }
}

static void a_device_without_graphs_is_refused(void **state) {
    struct scene scene;
    (void)state;
    assert_int_equal(open_scene(&scene, "none", 0), MP_OK);
    close_scene(&scene);
    assert_int_equal(open_scene(&scene, "graph_path", 0), MP_UNSUPPORTED);
    assert_non_null(strstr(scene.err.text, "arm graph_path would change nothing"));
    close_scene(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_layers_go_by_a_graph_under_the_arm_alone),
        cmocka_unit_test(a_device_without_graphs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
