/* What the Metal client sends beside the plain form of an op, on the model driver, whose
 * own counts say that it arrived: forms of command buffers, encoders and memory, handlers,
 * blits with fences, events, and rules that are broken or kept.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/objc/send.h"
#include "harness/tests/metal_fixture.h"
#include "scenarios/kernels/kernels.h"

#define OPS     6
#define ROUNDS  3
#define BYTES   64
#define AWAY_MS 20000

static const uint32_t one_thread[3] = {1, 1, 1};
static const struct mp_op noop = {
    .kernel = &mp_kernel_noop, .grid = {1, 1, 1}, .group = {1, 1, 1}};

static void expect_ok(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK)
        fail_msg("%s: %s", mp_status_text(status), err->text);
}

static struct mp_metal_device *open_with(const char *settings) {
    struct mp_metal_device *metal = NULL;
    struct mp_error err = {""};
    expect_ok(metal_fixture_open(settings, &metal, &err), &err);
    expect_ok(mp_metal_kernel_load(&metal->base, &mp_kernel_noop, one_thread, &err),
              &err);
    return metal;
}

static struct mp_device_stream *make_stream(struct mp_metal_device *metal) {
    struct mp_device_stream *stream = NULL;
    struct mp_error err = {""};
    expect_ok(mp_metal_stream_create(&metal->base, 1, &stream, &err), &err);
    return stream;
}

static uint64_t count(struct mp_metal_device *metal, const char *name) {
    return mp_metal_driver_count(&metal->base, name);
}

/* Objects that nobody keeps and that are not freed. */
static uint64_t loose(struct mp_metal_device *metal) {
    return count(metal, "inits") - count(metal, "deallocs") - count(metal, "held");
}

static void run_ops(struct mp_device_stream *stream) {
    struct mp_error err = {""};
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < OPS; i++)
            expect_ok(mp_metal_encode(stream, &noop, &err), &err);
        expect_ok(mp_metal_commit(stream, &err), &err);
        expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
        assert_int_equal(MP_STREAM_IDLE, mp_metal_state(stream));
    }
    assert_int_equal(ROUNDS * OPS, mp_metal_ops_executed(stream));
}

/* The settings, and a count of the driver that must have risen so much by the ops. */
static const struct {
    const char *settings, *count;
    uint64_t rise;
} forms[] = {
    {"", "handlers_run", 0},
    {"handlers=on", "handlers_run", 2 * ROUNDS},
    {"buffers=mps", "continued", ROUNDS},
    {"buffers=mps,handlers=on", "handlers_run", 2 * ROUNDS},
    {"buffers=unretained", "buffers_committed", ROUNDS},
    {"encoders=concurrent", "barriers", ROUNDS *(OPS - 1)},
    {"encoders=descriptor", "barriers", ROUNDS *(OPS - 1)},
    {"encoders=serial", "barriers", 0},
    {"memory=heap", "heap_buffers", 1},
    {"memory=device", "heap_buffers", 0},
    {"residency=bound", "uses_declared", 0},
    {"residency=use", "uses_declared", ROUNDS *OPS},
    {"residency=use,memory=heap", "uses_declared", 2 * ROUNDS *OPS},
    {"enqueue=on", "buffers_committed", ROUNDS},
    {"enqueue=on,handlers=on", "handlers_run", 2 * ROUNDS},
};

static void every_form_does_its_ops_and_is_counted_by_the_driver(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        struct mp_metal_device *metal = open_with(forms[i].settings);
        const uint64_t before = count(metal, forms[i].count), alone = loose(metal);
        struct mp_device_stream *stream = make_stream(metal);
        run_ops(stream);
        mp_metal_stream_destroy(&metal->base, stream);
        for (int ms = 0; loose(metal) != alone && ms < AWAY_MS; ms++)
            mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
        if (loose(metal) != alone)
            fail_msg("%s: %lld objects are neither freed nor kept", forms[i].settings,
                     (long long)(loose(metal) - alone));
        if (count(metal, forms[i].count) - before != forms[i].rise)
            fail_msg("%s: %s rose by %llu", forms[i].settings, forms[i].count,
                     (unsigned long long)(count(metal, forms[i].count) - before));
        metal_fixture_close(metal);
    }
}

static void unretained_buffers_say_so(void **state) {
    struct mp_metal_device *metal = open_with("buffers=unretained");
    struct mp_device_stream *stream = make_stream(metal);
    const struct mp_objc *objc = &metal->objc;
    (void)state;
    void *pool = objc->pool_push();
    id buffer = mp_metal_stream_leave(stream, NULL);
    SEL selector = objc->selector_named("retainedReferences");
    mp_objc_function method = mp_objc_method(objc, buffer, selector);
    assert_false(((unsigned char (*)(id, SEL))method)(buffer, selector));
    mp_send_release(objc, buffer);
    objc->pool_pop(pool);
    mp_metal_stream_destroy(&metal->base, stream);
    metal_fixture_close(metal);
}

static void a_handler_that_does_not_run_or_runs_in_the_wrong_order_is_noticed(void **s) {
    struct mp_metal_device *metal = open_with("");
    struct mp_error err = {""};
    (void)s;
    void *pool = metal->objc.pool_push();
    id queue = mp_send_new_queue(&metal->objc, metal->device);
    id first = mp_send_command_buffer(&metal->objc, queue);
    id second = mp_send_command_buffer(&metal->objc, queue);
    struct mp_metal_watch *watch = mp_metal_watch_create(&metal->objc);
    mp_metal_watch_add(watch, first);
    mp_metal_watch_add(watch, second);
    assert_int_equal(MP_OK, mp_metal_watch_check(watch, 0, 7, &err));
    assert_int_equal(MP_DEVICE, mp_metal_watch_check(watch, 1, 7, &err));
    assert_string_equal("waitUntilCompleted returned before the completed handler of "
                        "command buffer 1 of stream 7 had run",
                        err.text);
    mp_send_commit(&metal->objc, second);
    mp_send_wait_until_completed(&metal->objc, second);
    mp_send_commit(&metal->objc, first);
    mp_send_wait_until_completed(&metal->objc, first);
    assert_int_equal(MP_DEVICE, mp_metal_watch_check(watch, 2, 7, &err));
    assert_non_null(strstr(err.text, "in another order"));
    mp_metal_watch_release(watch);
    metal->objc.pool_pop(pool);
    mp_send_release(&metal->objc, queue);
    metal_fixture_close(metal);
}

static Class no_class(const char *name) {
    (void)name;
    return NULL;
}

static void a_missing_class_is_named(void **state) {
    static const struct {
        struct mp_metal_form form;
        const char *name;
    } rows[] = {
        {{.buffers = MP_METAL_BUFFERS_MPS}, "MPSCommandBuffer"},
        {{.encoders = MP_METAL_ENCODERS_DESCRIPTOR}, "MTLComputePassDescriptor"},
        {{.uses_heaps = true}, "MTLHeapDescriptor"},
        {{.has_handlers = true}, NULL},
    };
    const struct mp_objc without = {.class_named = no_class};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_error err = {""};
        enum mp_status status = mp_metal_form_check(&without, &rows[i].form, &err);
        assert_int_equal(rows[i].name ? MP_UNSUPPORTED : MP_OK, status);
        if (rows[i].name)
            assert_non_null(strstr(err.text, rows[i].name));
    }
}

static void heaps_give_room_again_and_grow(void **state) {
    struct mp_metal_device *metal = open_with("memory=heap");
    struct mp_error err = {""};
    struct mp_device_buffer *buffer[3] = {NULL};
    (void)state;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < MP_COUNT(buffer); i++) {
            expect_ok(
                mp_metal_buffer_create(&metal->base, (size_t)5 << 20, &buffer[i], &err),
                &err);
            memset(mp_metal_buffer_contents(buffer[i]), (int)i, (size_t)5 << 20);
        }
        for (size_t i = 0; i < MP_COUNT(buffer); i++) {
            assert_int_equal(i, *(unsigned char *)mp_metal_buffer_contents(buffer[i]));
            mp_metal_buffer_destroy(&metal->base, buffer[i]);
        }
    }
    assert_int_equal(3, metal->heaps.count); /* one of 8 MiB has room for one */
    struct mp_device_buffer *large = NULL;
    expect_ok(mp_metal_buffer_create(&metal->base, (size_t)20 << 20, &large, &err), &err);
    assert_int_equal(4, metal->heaps.count);
    mp_metal_buffer_destroy(&metal->base, large);
    metal_fixture_close(metal);
}

static void blits_keep_their_place_between_ops(void **state) {
    struct mp_metal_device *metal = open_with("");
    struct mp_device_stream *stream = make_stream(metal);
    struct mp_error err = {""};
    (void)state;
    struct mp_device_buffer *from = metal_fixture_buffer(metal, NULL, BYTES);
    struct mp_device_buffer *to = metal_fixture_buffer(metal, NULL, BYTES);
    uint64_t fences = count(metal, "fences"), blits = count(metal, "blits");
    const struct mp_blit fill = {
        .to = from, .to_offset = 4, .size = 8, .value = 7, .is_fenced = true};
    const struct mp_blit copy = {
        .from = from, .to = to, .to_offset = 16, .size = 16, .is_fenced = true};
    const struct mp_blit last = {.to = from, .size = BYTES, .value = 1};
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_blit(stream, &fill, &err), &err);
    expect_ok(mp_metal_blit(stream, &copy, &err), &err);
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_blit(stream, &last, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    unsigned char expected[BYTES] = {0};
    memset(expected + 20, 7, 8);
    assert_memory_equal(expected, mp_metal_buffer_contents(to), BYTES);
    memset(expected, 1, BYTES);
    assert_memory_equal(expected, mp_metal_buffer_contents(from), BYTES);
    assert_int_equal(2, mp_metal_ops_executed(stream));
    assert_int_equal(3, count(metal, "blits") - blits);
    assert_int_equal(6, count(metal, "fences") - fences); /* 1 + 2 + 2 + 1 */
    mp_metal_stream_destroy(&metal->base, stream);
    mp_metal_buffer_destroy(&metal->base, from);
    mp_metal_buffer_destroy(&metal->base, to);
    metal_fixture_close(metal);
}

static atomic_uint_least64_t told_value;

static void note(void *data, uint64_t value) {
    (void)data;
    atomic_store(&told_value, value);
}

static void events_are_signalled_waited_for_and_told(void **state) {
    struct mp_metal_device *metal = open_with("");
    const struct mp_event_ops *events = metal->base.ops->event;
    struct mp_device_stream *first = make_stream(metal), *second = make_stream(metal);
    struct mp_device_event *shared = NULL, *plain = NULL;
    struct mp_error err = {""};
    (void)state;
    expect_ok(events->create(&metal->base, true, &shared, &err), &err);
    expect_ok(events->create(&metal->base, false, &plain, &err), &err);
    events->notify(shared, 2, note, NULL);
    expect_ok(events->wait(second, plain, 1, &err), &err);
    expect_ok(mp_metal_encode(second, &noop, &err), &err);
    expect_ok(events->signal(second, shared, 2, &err), &err);
    expect_ok(mp_metal_commit(second, &err), &err);
    assert_int_equal(MP_TIMEOUT, events->await(shared, 2, 20, &err));
    assert_non_null(strstr(err.text, "did not reach 2 within 20 ms; it is at 0"));
    assert_int_equal(0, mp_metal_ops_executed(second));
    expect_ok(mp_metal_encode(first, &noop, &err), &err);
    expect_ok(events->signal(first, plain, 1, &err), &err);
    expect_ok(mp_metal_commit(first, &err), &err);
    expect_ok(events->await(shared, 2, AWAY_MS, &err), &err);
    assert_int_equal(2, events->value(shared));
    expect_ok(mp_metal_wait(second, UINT64_MAX, &err), &err);
    expect_ok(mp_metal_wait(first, UINT64_MAX, &err), &err);
    for (int i = 0; i < AWAY_MS && atomic_load(&told_value) == 0; i++)
        mp_clock_sleep_ns(UINT64_C(1000000));
    assert_int_equal(2, atomic_load(&told_value));
    events->set(shared, 9);
    assert_int_equal(9, events->value(shared));
    events->destroy(shared);
    events->destroy(plain);
    mp_metal_stream_destroy(&metal->base, first);
    mp_metal_stream_destroy(&metal->base, second);
    metal_fixture_close(metal);
}

static void kept_rules_pass_on_every_kind(void **state) {
    struct mp_metal_device *metal = open_with("");
    const struct mp_misuse_ops *misuse = metal->base.ops->misuse;
    struct mp_error err = {""};
    (void)state;
    unsigned kinds = 0;
    for (const struct mp_misuse_kind *kind = misuse->kinds; kind->name; kind++, kinds++) {
        struct mp_misuse *run = NULL;
        bool has_output = false;
        expect_ok(misuse->create(&metal->base, kind, true, 1, &noop, &run, &err), &err);
        for (int i = 0; i < OPS; i++)
            expect_ok(misuse->step(run, 1, &noop, &has_output, &err), &err);
        assert_true(has_output);
        assert_int_equal(OPS, misuse->executed(run));
        misuse->destroy(run);
    }
    assert_int_equal(11, kinds);
    metal_fixture_close(metal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_does_its_ops_and_is_counted_by_the_driver),
        cmocka_unit_test(unretained_buffers_say_so),
        cmocka_unit_test(
            a_handler_that_does_not_run_or_runs_in_the_wrong_order_is_noticed),
        cmocka_unit_test(a_missing_class_is_named),
        cmocka_unit_test(heaps_give_room_again_and_grow),
        cmocka_unit_test(blits_keep_their_place_between_ops),
        cmocka_unit_test(events_are_signalled_waited_for_and_told),
        cmocka_unit_test(kept_rules_pass_on_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
