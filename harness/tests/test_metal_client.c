/* The Metal client on the model driver: what it computes, what it says when something
 * fails, and that nothing is lost or left behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/device.h"
#include "harness/round/image/image.h"
#include "harness/round/objc/send.h"
#include "harness/tests/metal_fixture.h"

static const uint32_t one_thread[3] = {1, 1, 1};
#include "scenarios/kernels/kernels.h"
#include "scenarios/kernels/reference.h"

#define SIZE      6 /* of the square matrices */
#define TOLERANCE 1e-5f
#define POISON    (-77.0f)

static int set_up_with(const char *settings, void **state) {
    struct mp_error err = {""};
    struct mp_metal_device *metal = NULL;
    if (metal_fixture_open(settings, &metal, &err) != MP_OK)
        fail_msg("cannot open metal@model: %s", err.text);
    if (mp_metal_kernel_load(&metal->base, &mp_kernel_mm, one_thread, &err) != MP_OK ||
        mp_metal_kernel_load(&metal->base, &mp_kernel_noop, one_thread, &err) != MP_OK)
        fail_msg("%s", err.text);
    *state = metal;
    return 0;
}

static int set_up(void **state) {
    return set_up_with("", state);
}

/* Calls beside a commit, which break Apple's rules, are safe. */
static int set_up_held(void **state) {
    return set_up_with("late=hold", state);
}

static int tear_down(void **state) {
    metal_fixture_close(*state);
    return 0;
}

static struct mp_device_stream *make_stream(struct mp_metal_device *metal,
                                            unsigned index) {
    struct mp_device_stream *stream = NULL;
    struct mp_error err = {""};
    if (mp_metal_stream_create(&metal->base, index, &stream, &err) != MP_OK)
        fail_msg("no stream: %s", err.text);
    return stream;
}

static const struct mp_kernel_mm mm_constants = {SIZE, SIZE, SIZE};

/* One multiplication: operands, poisoned output and the op. */
struct product {
    float expected[SIZE * SIZE];
    struct mp_device_buffer *buffer[3];
    struct mp_op op;
};

static void product_make(struct mp_metal_device *metal, struct product *product) {
    float a[SIZE * SIZE], b[SIZE * SIZE], poison[SIZE * SIZE];
    for (int i = 0; i < SIZE * SIZE; i++) {
        a[i] = (float)(i % 7) - 3.0f;
        b[i] = (float)(i % 5) * 0.5f;
        poison[i] = POISON;
    }
    void *host[3] = {a, b, product->expected};
    mp_kernel_reference_find("mp_mm")->run(host, &mm_constants);
    product->buffer[0] = metal_fixture_buffer(metal, a, SIZE * SIZE);
    product->buffer[1] = metal_fixture_buffer(metal, b, SIZE * SIZE);
    product->buffer[2] = metal_fixture_buffer(metal, poison, SIZE * SIZE);
    product->op = (struct mp_op){
        .kernel = &mp_kernel_mm,
        .buffer = {product->buffer[0], product->buffer[1], product->buffer[2]},
        .constants = &mm_constants,
        .grid = {SIZE, SIZE, 1},
        .group = {SIZE, SIZE, 1},
    };
}

static void product_release(struct mp_metal_device *metal, struct product *product) {
    for (int i = 0; i < 3; i++)
        mp_metal_buffer_destroy(&metal->base, product->buffer[i]);
}

/* Elements of the output that are not as expected; poisons the output again. */
static unsigned product_check(struct product *product) {
    float *output = mp_metal_buffer_contents(product->buffer[2]);
    unsigned wrong = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        wrong += !(fabsf(output[i] - product->expected[i]) <= TOLERANCE);
        output[i] = POISON;
    }
    return wrong;
}

static const struct mp_op noop = {
    .kernel = &mp_kernel_noop, .grid = {1, 1, 1}, .group = {1, 1, 1}};

static void expect_ok(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK)
        fail_msg("%s: %s", mp_status_text(status), err->text);
}

static void an_op_gives_the_numbers_of_the_reference(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct product product;
    product_make(metal, &product);
    expect_ok(mp_metal_encode(stream, &product.op, &err), &err);
    assert_int_equal(MP_STREAM_BUSY, mp_metal_state(stream));
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(0, product_check(&product));
    assert_int_equal(1, mp_metal_ops_executed(stream));
    assert_int_equal(MP_STREAM_IDLE, mp_metal_state(stream));
    mp_metal_stream_destroy(&metal->base, stream);
    product_release(metal, &product);
}

static void groups_and_offsets_reach_the_kernel(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct product product;
    product_make(metal, &product);
    /* b starts behind one more matrix. */
    float shifted[2 * SIZE * SIZE] = {0};
    memcpy(shifted + SIZE * SIZE, mp_metal_buffer_contents(product.buffer[1]),
           SIZE * SIZE * sizeof(float));
    struct mp_device_buffer *behind =
        metal_fixture_buffer(metal, shifted, 2 * SIZE * SIZE);
    product.op.buffer[1] = behind;
    product.op.offset[1] = SIZE * SIZE * sizeof(float);
    product.op.by_group = true;
    product.op.grid[0] = product.op.grid[1] = 1;
    expect_ok(mp_metal_encode(stream, &product.op, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(0, product_check(&product));
    mp_metal_stream_destroy(&metal->base, stream);
    mp_metal_buffer_destroy(&metal->base, behind);
    product_release(metal, &product);
}

static void nothing_runs_before_the_commit(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_end(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(0, mp_metal_ops_executed(stream));
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(2, mp_metal_ops_executed(stream));
    mp_metal_stream_destroy(&metal->base, stream);
}

static void commit_and_wait_with_nothing_encoded_are_fine(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    for (int i = 0; i < 3; i++) {
        expect_ok(mp_metal_end(stream, &err), &err);
        expect_ok(mp_metal_commit(stream, &err), &err);
        expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    }
    assert_int_equal(MP_STREAM_IDLE, mp_metal_state(stream));
    mp_metal_stream_destroy(&metal->base, stream);
}

static void a_fresh_encoder_is_opened_when_asked_for_and_loses_no_op(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct mp_op op = noop;
    uint64_t reopened = mp_metal_driver_count(&metal->base, "encoders_coalesced");
    op.fresh_encoder = true;
    for (int i = 0; i < 100; i++)
        expect_ok(mp_metal_encode(stream, &op, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(100, mp_metal_ops_executed(stream));
    /* The first is new; the driver makes each of the others out of the one before. */
    assert_int_equal(reopened + 99,
                     mp_metal_driver_count(&metal->base, "encoders_coalesced"));
    mp_metal_stream_destroy(&metal->base, stream);
}

/* Before and after an op by graph no encoder is open: each op has one of its own. */
static void an_op_by_graph_has_an_encoder_to_itself(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct mp_op op = noop;
    uint64_t reopened = mp_metal_driver_count(&metal->base, "encoders_coalesced");
    for (int i = 0; i < 30; i++) {
        op.by_graph = i % 3 == 0; /* the two others share one */
        expect_ok(mp_metal_encode(stream, &op, &err), &err);
    }
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(30, mp_metal_ops_executed(stream));
    assert_int_equal(reopened + 19,
                     mp_metal_driver_count(&metal->base, "encoders_coalesced"));
    mp_metal_stream_destroy(&metal->base, stream);
}

/* More buffers than the client keeps track of at a time, and a wait only at the end. */
static void many_commits_before_one_wait_all_complete(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    for (int i = 0; i < 500; i++) {
        expect_ok(mp_metal_encode(stream, &noop, &err), &err);
        expect_ok(mp_metal_commit(stream, &err), &err);
    }
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    assert_int_equal(500, mp_metal_ops_executed(stream));
    mp_metal_stream_destroy(&metal->base, stream);
}

static void a_buffer_that_fails_is_named_with_the_drivers_reason(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 5);
    struct mp_error err = {""};
    struct product product;
    product_make(metal, &product);
    struct mp_device_buffer *short_of_room = metal_fixture_buffer(metal, NULL, 1);
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    product.op.buffer[0] = short_of_room; /* the kernel reads far past its end */
    expect_ok(mp_metal_encode(stream, &product.op, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_encode(stream, &noop, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    assert_int_equal(MP_DEVICE, mp_metal_wait(stream, UINT64_MAX, &err));
    assert_non_null(strstr(err.text, "command buffer 2 of stream 5"));
    assert_non_null(strstr(err.text, "MTLCommandBufferErrorDomain 3"));
    assert_int_equal(MP_STREAM_FAILED, mp_metal_state(stream));
    /* The failure is not forgotten by having been told once. */
    assert_int_equal(MP_DEVICE, mp_metal_wait(stream, UINT64_MAX, &err));
    mp_metal_stream_destroy(&metal->base, stream);
    mp_metal_buffer_destroy(&metal->base, short_of_room);
    product_release(metal, &product);
}

static void bad_metal_source_is_refused_with_the_drivers_reason(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_error err = {""};
    const struct mp_kernel bad = {.name = "mp_bad", .msl = "kernel void mp_bad( {"};
    assert_int_equal(MP_FORMAT,
                     mp_metal_kernel_load(&metal->base, &bad, one_thread, &err));
    assert_non_null(strstr(err.text, "mp_bad"));
    assert_non_null(strstr(err.text, "MTLLibraryErrorDomain 3"));
    const struct mp_kernel other = {.name = "mp_other", .msl = mp_kernel_noop.msl};
    assert_int_equal(MP_FORMAT,
                     mp_metal_kernel_load(&metal->base, &other, one_thread, &err));
    assert_non_null(strstr(err.text, "mp_other"));
    const struct mp_kernel none = {.name = "mp_none"};
    assert_int_equal(MP_UNSUPPORTED,
                     mp_metal_kernel_load(&metal->base, &none, one_thread, &err));
}

static void a_kernel_that_was_not_loaded_is_refused(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct mp_op op = {
        .kernel = &mp_kernel_linear, .grid = {1, 1, 1}, .group = {1, 1, 1}};
    assert_int_equal(MP_USAGE, mp_metal_encode(stream, &op, &err));
    assert_non_null(strstr(err.text, "mp_linear"));
    mp_metal_stream_destroy(&metal->base, stream);
}

static void a_kernel_is_compiled_once(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_error err = {""};
    const struct mp_metal_pipeline *before = mp_metal_pipeline_find(metal, &mp_kernel_mm);
    size_t count = metal->pipeline_count;
    expect_ok(mp_metal_kernel_load(&metal->base, &mp_kernel_mm, one_thread, &err), &err);
    assert_ptr_equal(before, mp_metal_pipeline_find(metal, &mp_kernel_mm));
    assert_int_equal(count, metal->pipeline_count);
}

/* Their defaults move with the system: a kernel compiled with them is another test on
 * another Mac. */
static void kernels_are_compiled_with_pinned_language_and_math(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_error err = {""};
    uint64_t before = mp_metal_driver_count(&metal->base, "libraries_unpinned");
    const struct mp_kernel *const *kernels = mp_kernel_list();
    for (size_t i = 0; kernels[i]; i++)
        expect_ok(mp_metal_kernel_load(&metal->base, kernels[i], one_thread, &err), &err);
    assert_int_equal(before, mp_metal_driver_count(&metal->base, "libraries_unpinned"));
}

static void
a_group_larger_than_the_pipeline_takes_is_refused_before_it_is_encoded(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_device_stream *stream = make_stream(metal, 1);
    struct mp_error err = {""};
    struct mp_op op = noop;
    unsigned long most = mp_metal_pipeline_find(metal, &mp_kernel_noop)->threads_max;
    uint64_t dispatches = mp_metal_driver_count(&metal->base, "dispatches");
    op.group[0] = (uint32_t)most;
    op.group[1] = 2;
    assert_int_equal(MP_LIMIT, mp_metal_encode(stream, &op, &err));
    assert_non_null(strstr(err.text, "1024 x 2 x 1"));
    assert_non_null(strstr(err.text, "at most 1024"));
    assert_int_equal(dispatches, mp_metal_driver_count(&metal->base, "dispatches"));
    op.group[1] = 1;
    expect_ok(mp_metal_encode(stream, &op, &err), &err);
    expect_ok(mp_metal_commit(stream, &err), &err);
    expect_ok(mp_metal_wait(stream, UINT64_MAX, &err), &err);
    mp_metal_stream_destroy(&metal->base, stream);
}

struct race {
    struct mp_device_stream *stream;
    struct product product;
    unsigned ops, wrong;
    _Atomic bool is_done;
    _Atomic bool has_failed;
};

/* Encodes, commits, waits and checks, op by op. */
static void *encode_and_check(void *data) {
    struct race *race = data;
    struct mp_error err;
    for (unsigned i = 0; i < race->ops; i++) {
        race->product.op.fresh_encoder = i % 3 == 0;
        if (mp_metal_encode(race->stream, &race->product.op, &err) != MP_OK ||
            mp_metal_commit(race->stream, &err) != MP_OK ||
            mp_metal_wait(race->stream, UINT64_MAX, &err) != MP_OK)
            atomic_store(&race->has_failed, true);
        race->wrong += product_check(&race->product) != 0;
    }
    atomic_store(&race->is_done, true);
    return NULL;
}

/* Ends and commits under the other's feet, as a synchronize off the queue does. */
static void *commit_off_queue(void *data) {
    struct race *race = data;
    struct mp_error err;
    while (!atomic_load(&race->is_done))
        if (mp_metal_commit(race->stream, &err) != MP_OK ||
            mp_metal_wait(race->stream, UINT64_MAX, &err) != MP_OK)
            atomic_store(&race->has_failed, true);
    return NULL;
}

static void commits_by_other_threads_lose_no_op_where_late_calls_are_safe(void **state) {
    struct mp_metal_device *metal = *state;
    struct race race = {.stream = make_stream(metal, 0), .ops = 2000};
    product_make(metal, &race.product);
    pthread_t thread[3];
    assert_int_equal(0, pthread_create(&thread[0], NULL, encode_and_check, &race));
    for (int i = 1; i < 3; i++)
        assert_int_equal(0, pthread_create(&thread[i], NULL, commit_off_queue, &race));
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    assert_false(race.has_failed);
    assert_int_equal(0, race.wrong);
    assert_int_equal(race.ops, mp_metal_ops_executed(race.stream));
    mp_metal_stream_destroy(&metal->base, race.stream);
    product_release(metal, &race.product);
}

static uint64_t objects_alive(struct mp_metal_device *metal) {
    return mp_metal_driver_count(&metal->base, "inits") -
           mp_metal_driver_count(&metal->base, "deallocs");
}

static void a_round_of_streams_leaves_nothing_in_the_driver(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_error err = {""};
    uint64_t before = mp_metal_driver_count(&metal->base, "contexts_live");
    uint64_t executed = mp_metal_driver_count(&metal->base, "executed");
    uint64_t alive = objects_alive(metal);
    struct mp_device_stream *stream[8];
    for (unsigned i = 0; i < 8; i++) {
        stream[i] = make_stream(metal, i);
        for (int k = 0; k < 20; k++)
            expect_ok(mp_metal_encode(stream[i], &noop, &err), &err);
        expect_ok(mp_metal_commit(stream[i], &err), &err);
        expect_ok(mp_metal_encode(stream[i], &noop, &err), &err); /* never committed */
    }
    assert_true(mp_metal_driver_count(&metal->base, "contexts_live") > before);
    for (unsigned i = 0; i < 8; i++) {
        expect_ok(mp_metal_wait(stream[i], UINT64_MAX, &err), &err);
        mp_metal_stream_destroy(&metal->base, stream[i]);
    }
    /* Its own threads may let go of a buffer a little after its waiters have woken. */
    uint64_t deadline_ns = mp_clock_now_ns() + 10 * MP_CLOCK_NS_PER_S;
    while ((objects_alive(metal) != alive ||
            mp_metal_driver_count(&metal->base, "contexts_live") != before) &&
           mp_clock_now_ns() < deadline_ns)
        sched_yield();
    assert_int_equal(alive, objects_alive(metal));
    assert_int_equal(before, mp_metal_driver_count(&metal->base, "contexts_live"));
    assert_int_equal(executed + 160, mp_metal_driver_count(&metal->base, "executed"));
    assert_int_equal(0, mp_metal_driver_count(&metal->base, "no such counter"));
}

static void info_names_driver_build_and_settings(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_driver driver = {.gpu = ""};
    mp_metal_info(&metal->base, &driver);
    assert_true(driver.gpu[0] != '\0');
    assert_non_null(strstr(driver.path, mp_image_model_name));
    assert_true(strlen(driver.id) >= 16);
    for (const char *at = driver.id; *at; at++)
        assert_true(isxdigit((unsigned char)*at));
    assert_string_equal(
        "defects=none reader=U order=original freelist=8 executors=2 rendezvous=off "
        "late=start end=keep commit=locked",
        driver.facts);
}

/* "name TAB default TAB choices" or "... min..max", as the model prints its own rows. */
static void format_rows(const struct mp_option *rows, char *text, size_t size) {
    size_t len = 0;
    for (size_t i = 0; rows[i].name; i++) {
        char values[2048];
        if (rows[i].type == MP_OPTION_INT)
            snprintf(values, sizeof(values), "%lld..%lld", (long long)rows[i].min,
                     (long long)rows[i].max);
        else
            snprintf(values, sizeof(values), "%s",
                     rows[i].type == MP_OPTION_FLAG   ? "on|off"
                     : rows[i].type == MP_OPTION_TEXT ? rows[i].metavar
                                                      : rows[i].choices);
        len += (size_t)snprintf(text + len, size - len, "%s\t%s\t%s\n", rows[i].name,
                                rows[i].fallback ? rows[i].fallback : "", values);
    }
}

/* The same lines, of which the second text ends each. */
static void expect_lines(const char *said, const char *expected) {
    assert_int_equal(strlen(said), strlen(expected) - 1);
    assert_memory_equal(said, expected, strlen(said));
}

/* One line for each choice, or one for a row without choices. */
static void every_setting_says_what_stands_behind_it(void **state) {
    (void)state;
    for (const struct mp_option *row = mp_metal_model_device.settings; row->name; row++) {
        size_t lines = 1, choices = 1;
        assert_non_null(row->basis);
        for (const char *at = row->basis; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        for (const char *at = row->choices; at && (at = strchr(at, '|')) != NULL; at++)
            choices++;
        assert_int_equal(lines, choices);
    }
}

static void settings_are_those_of_the_model(void **state) {
    (void)state;
    void *library = dlopen(getenv("MPSTRESS_MODEL"), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    mp_objc_function settings = NULL;
    struct mp_error err = {""};
    expect_ok(
        mp_objc_function_find(library, "the model", "mp_model_settings", &settings, &err),
        &err);
    char ours[4096];
    format_rows(mp_metal_model_device.settings, ours, sizeof(ours));
    const char *models = ((const char *(*)(void))settings)();
    assert_memory_equal(ours, models, strlen(models));
    /* The rest is what the client sends, which no driver is told. */
    assert_memory_equal(ours + strlen(models), "buffers\t", strlen("buffers\t"));
    const struct mp_option *defects = &mp_metal_model_device.settings[0];
    expect_lines(defects->meanings,
#define MP_DEFECT(id, name, every, plants, scenario, basis)                              \
    plants "; " scenario " finds it\n"
#include "repro/model/defect.def"
#undef MP_DEFECT
    );
    expect_lines(defects->basis,
#define MP_DEFECT(id, name, every, plants, scenario, basis) basis "\n"
#include "repro/model/defect.def"
#undef MP_DEFECT
    );
    dlclose(library);
}

static void a_missing_model_is_named_with_what_to_do(void **state) {
    (void)state;
    struct mp_error err = {""};
    const char *before = getenv("MPSTRESS_MODEL");
    char *kept = strdup(before != NULL ? before : "");
    setenv("MPSTRESS_MODEL", "/no/such/libmpmodel", 1);
    assert_int_equal(MP_NOT_FOUND, mp_metal_model_device.probe(&err));
    assert_non_null(strstr(err.text, "/no/such/libmpmodel"));
    unsetenv("MPSTRESS_MODEL"); /* nor is it beside this test */
    assert_int_equal(MP_NOT_FOUND, mp_metal_model_device.probe(&err));
    assert_non_null(strstr(err.text, "MPSTRESS_MODEL"));
    setenv("MPSTRESS_MODEL", MP_TEST_NO_MODEL, 1); /* a library, but another one */
    assert_int_equal(MP_SYSTEM, mp_metal_model_device.probe(&err));
    setenv("MPSTRESS_MODEL", kept, 1);
    free(kept);
    expect_ok(mp_metal_model_device.probe(&err), &err);
}

static void metal_itself_is_unsupported_where_there_is_no_macos(void **state) {
    (void)state;
#ifdef __linux__
    struct mp_error err = {""};
    struct mp_metal_device metal = {.device = NULL};
    assert_int_equal(MP_UNSUPPORTED, mp_metal_device.probe(&err));
    assert_string_equal("Apple's Metal exists on macOS only; use metal@model", err.text);
    assert_int_equal(MP_UNSUPPORTED, mp_metal_device.open(&metal.base, NULL, &err));
#else
    skip();
#endif
}

static void
a_gpu_is_chosen_by_index_or_name_and_an_unknown_one_lists_those_there(void **state) {
    static const char *const good[] = {"0", "AGX G16X model", "G16X"};
    static const char *const bad[] = {"1", "M9", "-1", "00x"};
    struct mp_metal_device *metal = *state;
    const struct mp_objc *objc = &metal->objc;
    void *library = dlopen(getenv("MPSTRESS_MODEL"), RTLD_NOW | RTLD_LOCAL);
    mp_objc_function copy = NULL;
    struct mp_error err = {""};
    char others[64] = "?";
    expect_ok(mp_objc_function_find(library, "model", "MTLCopyAllDevices", &copy, &err),
              &err);
    void *pool = objc->pool_push();
    id devices = ((id(*)(void))copy)();
    for (size_t i = 0; i < MP_COUNT(good); i++) {
        assert_ptr_equal(
            mp_metal_choose(objc, devices, good[i], others, sizeof(others), &err),
            metal->device);
        assert_string_equal(others, "");
    }
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        assert_null(mp_metal_choose(objc, devices, bad[i], others, sizeof(others), &err));
        assert_non_null(
            strstr(err.text, "names no GPU of this machine: 0 AGX G16X model"));
    }
    mp_metal_list_others(objc, devices, NULL, others, sizeof(others));
    assert_string_equal(others, "0 AGX G16X model");
    mp_metal_list_others(objc, devices, NULL, others, 6); /* cut, never too long */
    assert_string_equal(others, "0 AGX");
    mp_send_release(objc, devices);
    objc->pool_pop(pool);
    dlclose(library);
}

/* MTLCreateSystemDefaultDevice where there is no GPU. */
static id no_device(void) {
    return NULL;
}

static void the_gpu_that_the_link_names_is_opened(void **state) {
    struct mp_metal_device *metal = *state;
    struct mp_metal_link link = metal->link;
    struct mp_metal_device other = {.device = NULL};
    struct mp_error err = {""};
    expect_ok(mp_objc_function_find(link.pool_library, "model", "MTLCopyAllDevices",
                                    &link.copy_devices, &err),
              &err);
    struct mp_option_values values;
    mp_option_values_init(&values, mp_metal_settings);
    mp_metal_link_set(&link, &values);
    assert_string_equal(link.gpu, "");
    expect_ok(mp_option_set(&values, "gpu", "AGX_G16X_model", &err), &err);
    mp_metal_link_set(&link, &values);
    assert_string_equal(link.gpu, "AGX G16X model");
    expect_ok(mp_metal_open(&other, &link, &err), &err);
    assert_ptr_equal(other.device, metal->device);
    mp_metal_close(&other.base);
    snprintf(link.gpu, sizeof(link.gpu), "%s", "Radeon");
    assert_int_equal(mp_metal_open(&other, &link, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "gpu=Radeon names no GPU"));
    /* A Mac without Metal, a login without a screen, a sandbox. */
    link.gpu[0] = '\0';
    link.create_device = (mp_objc_function)no_device;
    assert_int_equal(mp_metal_open(&other, &link, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Metal found no GPU"));
    assert_non_null(strstr(err.text, "logged in at the screen"));
}

static void the_counters_index_is_that_of_the_kernels(void **state) {
    (void)state;
    assert_int_equal(MP_KERNEL_COUNTER_INDEX, MP_METAL_COUNTER_INDEX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        /* First, while the driver is at rest: its own threads let go of the buffers of an
         * earlier test at a time of their choosing. */
        cmocka_unit_test(a_round_of_streams_leaves_nothing_in_the_driver),
        cmocka_unit_test(an_op_gives_the_numbers_of_the_reference),
        cmocka_unit_test(groups_and_offsets_reach_the_kernel),
        cmocka_unit_test(nothing_runs_before_the_commit),
        cmocka_unit_test(commit_and_wait_with_nothing_encoded_are_fine),
        cmocka_unit_test(a_fresh_encoder_is_opened_when_asked_for_and_loses_no_op),
        cmocka_unit_test(an_op_by_graph_has_an_encoder_to_itself),
        cmocka_unit_test(many_commits_before_one_wait_all_complete),
        cmocka_unit_test(a_buffer_that_fails_is_named_with_the_drivers_reason),
        cmocka_unit_test(bad_metal_source_is_refused_with_the_drivers_reason),
        cmocka_unit_test(a_kernel_that_was_not_loaded_is_refused),
        cmocka_unit_test(a_kernel_is_compiled_once),
        cmocka_unit_test(kernels_are_compiled_with_pinned_language_and_math),
        cmocka_unit_test(
            a_group_larger_than_the_pipeline_takes_is_refused_before_it_is_encoded),
        cmocka_unit_test(info_names_driver_build_and_settings),
        cmocka_unit_test(settings_are_those_of_the_model),
        cmocka_unit_test(every_setting_says_what_stands_behind_it),
        cmocka_unit_test(a_missing_model_is_named_with_what_to_do),
        cmocka_unit_test(metal_itself_is_unsupported_where_there_is_no_macos),
        cmocka_unit_test(
            a_gpu_is_chosen_by_index_or_name_and_an_unknown_one_lists_those_there),
        cmocka_unit_test(the_gpu_that_the_link_names_is_opened),
        cmocka_unit_test(the_counters_index_is_that_of_the_kernels),
    };
    const struct CMUnitTest held[] = {
        cmocka_unit_test(commits_by_other_threads_lose_no_op_where_late_calls_are_safe),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    return failed + cmocka_run_group_tests(held, set_up_held, tear_down);
}
