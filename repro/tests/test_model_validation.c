/* Tests of the model's validation layer: which calls it objects to, and which it lets be.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "repro/tests/model_bench.h"

/* What a hostile synchronize does to the thread that encodes. */
static void case_validated_late_call(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id encoder = model_late_encoder(&bench);
    model_set_buffer(encoder, bench.counter, 30);
}

static void case_validated_late_dispatch(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    model_dispatch(model_late_encoder(&bench), 1, 1);
}

/* Half of a race: a thread that stays inside calls while another one encodes. */
struct visitor {
    id encoder, pipeline;
    _Atomic bool is_over;
};

static void *visit(void *arg) {
    struct visitor *visitor = arg;
    do {
        model_send_id(visitor->encoder, "setComputePipelineState:", visitor->pipeline);
    } while (!atomic_load(&visitor->is_over));
    return NULL;
}

static id open_encoder(const struct model_bench *bench) {
    id command = model_send(model_send(bench->queue, "commandBuffer"), "retain");
    return model_send(model_send(command, "computeCommandEncoder"), "retain");
}

/* The calls meet sooner or later; the test's time limit is the end. */
static void case_validated_two_threads(void) {
    struct model_bench bench;
    pthread_t thread;
    model_bench_open(&bench, "validation=on");
    id encoder = open_encoder(&bench);
    struct visitor visitor = {.encoder = encoder, .pipeline = bench.noop};
    atomic_init(&visitor.is_over, false);
    CHECK(pthread_create(&thread, NULL, visit, &visitor) == 0);
    for (;;)
        model_op(&bench, encoder);
}

/* One thread after the other is allowed: the rule is about one at a time. */
static void case_validated_turns(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(model_send(command, "computeCommandEncoder"), "retain");
    model_op(&bench, encoder);
    struct visitor visitor = {.encoder = encoder, .pipeline = bench.noop};
    pthread_t thread;
    atomic_init(&visitor.is_over, true);
    CHECK(pthread_create(&thread, NULL, visit, &visitor) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    model_send(encoder, "endEncoding");
    model_send(encoder, "release");
    model_send(command, "commit");
}

static void case_validated_long_bytes(void) {
    static const unsigned char bytes[4096];
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    model_set_bytes(open_encoder(&bench), bytes, sizeof(bytes), 0);
}

static void case_validated_short_bytes(void) {
    static const unsigned char bytes[4095];
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    model_set_bytes(encoder, bytes, sizeof(bytes), 0);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
}

/* The last reference of a client to a buffer that a command buffer, made by `maker`,
 * still uses. */
static void release_early(const char *maker) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, maker);
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(bench.counter, "release");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
}

static void case_validated_early_release(void) {
    release_early("commandBufferWithUnretainedReferences");
}

static void case_validated_retained_release(void) {
    release_early("commandBuffer");
}

static void case_validated_release_in_time(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, "commandBufferWithUnretainedReferences");
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    model_send(bench.counter, "release");
}

/* What the driver objects to without the layer, it objects to under it. */
static void case_validated_commit_twice(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    model_send(model_run_ops(&bench, 1), "commit");
}

static void case_validated_commit_open(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, "commandBuffer");
    model_op(&bench, model_send(command, "computeCommandEncoder"));
    model_send(command, "commit");
}

static void case_validated_encoder_after_commit(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    model_send(model_run_ops(&bench, 1), "computeCommandEncoder");
}

static void case_validated_two_encoders(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on");
    id command = model_send(bench.queue, "commandBuffer");
    model_op(&bench, model_send(command, "computeCommandEncoder"));
    model_send(command, "computeCommandEncoder");
}

/* MTL_DEBUG_LAYER switches the layer on as for Metal, and a setting goes before it. */
static void case_layer_by_variable(void) {
    struct model_bench bench;
    setenv("MTL_DEBUG_LAYER", "1", 1);
    model_bench_open(&bench, "");
    model_dispatch(model_late_encoder(&bench), 1, 1);
}

static void case_layer_off_by_setting(void) {
    struct model_bench bench;
    setenv("MTL_DEBUG_LAYER", "1", 1);
    model_bench_open(&bench, "validation=off");
    model_dispatch(model_late_encoder(&bench), 1, 1);
}

static void case_layer_off_by_variable(void) {
    struct model_bench bench;
    setenv("MTL_DEBUG_LAYER", "0", 1);
    model_bench_open(&bench, "");
    model_dispatch(model_late_encoder(&bench), 1, 1);
}

/* Two buffers of which each has an encoder, and a second encoder on one of them. */
static void case_validated_lawful_calls(void) {
    struct model_bench bench;
    model_bench_open(&bench, "validation=on,defects=destroy_race,reader=U");
    for (int i = 0; i < 3; i++)
        model_send(model_run_ops(&bench, 2), "release");
    id command = model_send(bench.queue, "commandBuffer");
    for (int i = 0; i < 2; i++) {
        id encoder = model_send(command, "computeCommandEncoder");
        model_op(&bench, encoder);
        model_send(encoder, "endEncoding");
    }
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_ops_counted(&bench) == 8);
}

static void validation_names_the_call_on_an_encoder_that_another_has_ended(void **state) {
    (void)state;
    model_case_aborts(
        "validated_late_call",
        "-[MTLDebugComputeCommandEncoder setBuffer:offset:atIndex:]: failed "
        "assertion `the encoder has ended");
    model_case_aborts("validated_late_dispatch",
                      "-[MTLDebugComputeCommandEncoder "
                      "dispatchThreads:threadsPerThreadgroup:]: failed assertion");
    model_case_passes("validated_lawful_calls");
}

#define DEBUG_ENCODER "-[MTLDebugComputeCommandEncoder "

static void validation_objects_to_each_kind_of_call_against_the_rules(void **state) {
    (void)state;
    model_case_aborts("validated_two_threads",
                      "]: failed assertion `another thread is inside a call");
    model_case_aborts("validated_long_bytes", DEBUG_ENCODER
                      "setBytes:length:atIndex:]: failed assertion `the length");
    model_case_aborts("validated_early_release",
                      "-[MTLDebugBuffer release]: failed assertion `the last reference");
    model_case_aborts("validated_commit_twice",
                      "commit an already committed command buffer");
    model_case_aborts("validated_commit_open",
                      "commit command buffer with uncommitted encoder");
    model_case_aborts("validated_encoder_after_commit",
                      "_status < MTLCommandBufferStatusCommitted");
    model_case_aborts("validated_two_encoders",
                      "A command encoder is already encoding to this command buffer");
}

static void validation_is_silent_where_the_rules_are_kept(void **state) {
    (void)state;
    model_case_passes("validated_turns");
    model_case_passes("validated_short_bytes");
    model_case_passes("validated_retained_release");
    model_case_passes("validated_release_in_time");
}

static void validation_is_switched_on_as_on_metal(void **state) {
    (void)state;
    model_case_aborts("layer_by_variable", DEBUG_ENCODER "dispatchThreads");
    model_case_passes("layer_off_by_setting");
    model_case_passes("layer_off_by_variable");
}

static const struct model_case cases[] = {
    {"validated_two_threads", case_validated_two_threads},
    {"validated_turns", case_validated_turns},
    {"validated_long_bytes", case_validated_long_bytes},
    {"validated_short_bytes", case_validated_short_bytes},
    {"validated_early_release", case_validated_early_release},
    {"validated_retained_release", case_validated_retained_release},
    {"validated_release_in_time", case_validated_release_in_time},
    {"validated_commit_twice", case_validated_commit_twice},
    {"validated_commit_open", case_validated_commit_open},
    {"validated_encoder_after_commit", case_validated_encoder_after_commit},
    {"validated_two_encoders", case_validated_two_encoders},
    {"layer_by_variable", case_layer_by_variable},
    {"layer_off_by_setting", case_layer_off_by_setting},
    {"layer_off_by_variable", case_layer_off_by_variable},
    {"validated_late_call", case_validated_late_call},
    {"validated_late_dispatch", case_validated_late_dispatch},
    {"validated_lawful_calls", case_validated_lawful_calls},
    {0},
};

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_names_the_call_on_an_encoder_that_another_has_ended),
        cmocka_unit_test(validation_objects_to_each_kind_of_call_against_the_rules),
        cmocka_unit_test(validation_is_silent_where_the_rules_are_kept),
        cmocka_unit_test(validation_is_switched_on_as_on_metal),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
