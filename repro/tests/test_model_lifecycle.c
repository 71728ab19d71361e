/* Tests of the encoder's life: coalescing, the assertions with Apple's texts, late calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/tests/model_fixture.h"

struct bench {
    struct model model;
    id queue, noop, counter, command;
    void *pool;
};

static void bench_open(struct bench *bench, const char *settings) {
    model_open(&bench->model, settings);
    bench->queue = model_queue(&bench->model);
    bench->noop = model_pipeline(&bench->model, "mp_noop");
    bench->counter = model_buffer(&bench->model, 4);
    bench->pool = bench->model.pool_push();
    bench->command = model_send(bench->queue, "commandBuffer");
}

static void op(const struct bench *bench, id encoder) {
    model_encode(encoder, bench->noop, NULL, 0, NULL, 0, bench->counter);
}

static uint32_t ops_counted(const struct bench *bench) {
    return *(_Atomic uint32_t *)model_contents(bench->counter);
}

static void case_two_open(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "computeCommandEncoder");
    model_send(bench.command, "computeCommandEncoder");
}

static void case_commit_twice(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "commit");
    model_send(bench.command, "commit");
}

static void case_commit_open(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "computeCommandEncoder");
    model_send(bench.command, "commit");
}

static void case_encode_committed(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    model_send(bench.command, "computeCommandEncoder");
}

static void case_release_open(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "retain");
    model_send(bench.command, "computeCommandEncoder");
    bench.model.pool_pop(bench.pool);
}

static void case_end_twice(void) {
    struct bench bench;
    bench_open(&bench, "");
    id encoder = model_send(bench.command, "computeCommandEncoder");
    model_send(encoder, "endEncoding");
    model_send(encoder, "endEncoding");
}

/* Its context is gone by then, and with it what the check reads. */
static void case_end_twice_late(void) {
    struct bench bench;
    bench_open(&bench, "");
    id encoder = model_send(bench.command, "computeCommandEncoder");
    model_send(encoder, "endEncoding");
    model_send(bench.command, "commit");
    model_send(encoder, "endEncoding");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4);
}

static void case_enqueue_twice(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "enqueue");
    CHECK(model_number(bench.command, "status") == 1);
    model_send(bench.command, "enqueue");
}

/* A commit gives its buffer a place in the queue too. */
static void case_enqueue_committed(void) {
    struct bench bench;
    bench_open(&bench, "");
    model_send(bench.command, "commit");
    model_send(bench.command, "enqueue");
}

/* The _impl of an encoder, found as a library that hooks the driver finds it. */
static void *impl_of(id encoder) {
    struct objc_ivar *ivar = class_getInstanceVariable(mp_class_of(encoder), "_impl");
    CHECK(ivar != NULL);
    return *(void **)((char *)encoder + ivar_getOffset(ivar));
}

/* An ended encoder is opened again: same object, same context, cleared bindings, whatever
 * its dispatch type and whoever holds it. */
static void case_coalesce(void) {
    struct bench bench;
    bench_open(&bench, "");
    id first = model_send(bench.command, "computeCommandEncoder");
    void *impl = impl_of(first);
    op(&bench, first);
    model_send(first, "endEncoding");
    model_send(first, "retain");
    id second =
        model_send_number(bench.command, "computeCommandEncoderWithDispatchType:", 1);
    CHECK(second == first && model_number(second, "dispatchType") == 1);
    CHECK(impl && impl_of(second) == impl);
    CHECK(bench.model.count("contexts_taken") == 1);
    CHECK(bench.model.count("encoders_coalesced") == 1);
    op(&bench, second);
    model_send(second, "endEncoding");
    model_send(first, "release");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4 && ops_counted(&bench) == 2);
    CHECK(bench.model.count("contexts_live") == 0 && impl_of(first) == NULL);
}

/* With late=hold not while a client holds it, so that its calls are safe. */
static void case_coalesce_held(void) {
    struct bench bench;
    bench_open(&bench, "late=hold");
    id first = model_send(model_send(bench.command, "computeCommandEncoder"), "retain");
    model_send(first, "endEncoding");
    id second = model_send(bench.command, "computeCommandEncoder");
    CHECK(second != first && bench.model.count("encoders_coalesced") == 0);
    op(&bench, second);
    op(&bench, first);
    model_send(second, "endEncoding");
    model_send(first, "release");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4 && ops_counted(&bench) == 2);
    CHECK(bench.model.count("contexts_live") == 0);
}

/* With end=destroy nothing is kept to be opened again. */
static void case_end_destroys(void) {
    struct bench bench;
    bench_open(&bench, "end=destroy");
    id first = model_send(model_send(bench.command, "computeCommandEncoder"), "retain");
    op(&bench, first);
    model_send(first, "endEncoding");
    CHECK(impl_of(first) == NULL && bench.model.count("contexts_live") == 0);
    model_send(first, "endEncoding"); /* nothing */
    id second = model_send(bench.command, "computeCommandEncoder");
    CHECK(second != first);
    op(&bench, second);
    model_send(second, "endEncoding");
    model_send(first, "release");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4 && ops_counted(&bench) == 2);
    CHECK(bench.model.count("encoders_coalesced") == 0);
}

/* A client as a compiler with reference counting makes it: the encoder stays in a strong
 * variable until its work is over. */
static void strong_variable(const char *settings) {
    struct bench bench;
    bench_open(&bench, settings);
    id encoder = model_send(bench.command, "computeCommandEncoder");
    model_send(encoder, "retain");
    op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4 && ops_counted(&bench) == 1);
    CHECK(bench.model.count("contexts_live") == 0);
    model_send(encoder, "release");
    CHECK(bench.model.count("dropped") == 0);
}
static void case_strong_variable(void) {
    strong_variable("");
}
static void case_strong_variable_racy(void) {
    strong_variable("defects=destroy_race,late=hold"); /* which the defect overrides */
}

/* With late=hold the driver waits for the last holder, and loses nothing. */
static void case_late_held(void) {
    struct bench bench;
    bench_open(&bench, "executors=1,late=hold");
    id encoder = model_send(bench.command, "computeCommandEncoder");
    model_send(encoder, "retain");
    op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(bench.command, "commit");
    CHECK(model_number(bench.command, "status") == 2);
    /* The one executor is free all the while. */
    id other = model_send(model_queue(&bench.model), "commandBuffer");
    model_send(other, "commit");
    model_send(other, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 2);
    op(&bench, encoder);
    CHECK(bench.model.count("contexts_live") == 1);
    model_send(encoder, "release");
    CHECK(bench.model.count("contexts_live") == 0);
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4 && ops_counted(&bench) == 2);
    CHECK(bench.model.count("dropped") == 0);
}

/* Nobody held it: the call is refused, counted, and the buffer says so. */
static void case_late_unheld(void) {
    struct bench bench;
    char text[256];
    bench_open(&bench, "");
    id encoder = model_send(bench.command, "computeCommandEncoder");
    op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(bench.command, "commit");
    model_send(bench.command, "waitUntilCompleted");
    CHECK(model_number(bench.command, "status") == 4);
    model_dispatch(encoder, 1, 1);
    CHECK(bench.model.count("dropped") == 1);
    CHECK(model_number(bench.command, "status") == 5);
    CHECK(model_error_code(bench.command, text, sizeof(text)) == 1 &&
          strstr(text, "dropped"));
    CHECK(ops_counted(&bench) == 1);
}

/* What an encoder and its buffer hold: either may go first. */
static void case_any_order(void) {
    struct bench bench;
    bench_open(&bench, "freelist=0");
    id encoder = model_send(model_send(bench.command, "computeCommandEncoder"), "retain");
    model_send(encoder, "endEncoding");
    bench.model.pool_pop(bench.pool); /* the command buffer goes, never committed */
    CHECK(bench.model.count("contexts_live") == 1);
    op(&bench, encoder);
    model_send(encoder, "release");
    CHECK(bench.model.count("contexts_live") == 0);
}

static const struct model_case cases[] = {
    {"two_open", case_two_open},
    {"commit_twice", case_commit_twice},
    {"commit_open", case_commit_open},
    {"encode_committed", case_encode_committed},
    {"release_open", case_release_open},
    {"coalesce", case_coalesce},
    {"strong_variable", case_strong_variable},
    {"strong_variable_racy", case_strong_variable_racy},
    {"coalesce_held", case_coalesce_held},
    {"end_destroys", case_end_destroys},
    {"end_twice", case_end_twice},
    {"end_twice_late", case_end_twice_late},
    {"enqueue_twice", case_enqueue_twice},
    {"enqueue_committed", case_enqueue_committed},
    {"late_held", case_late_held},
    {"late_unheld", case_late_unheld},
    {"any_order", case_any_order},
    {.name = NULL},
};

static void second_open_encoder_aborts(void **state) {
    (void)state;
    model_case_aborts(
        "two_open",
        ":1091: failed assertion `A command encoder is already encoding to this "
        "command buffer'");
}
static void second_commit_aborts(void **state) {
    (void)state;
    model_case_aborts("commit_twice",
                      "-[IOGPUMetalCommandBuffer validate]:214: failed assertion "
                      "`commit an already committed command buffer'");
}
static void commit_with_open_encoder_aborts(void **state) {
    (void)state;
    model_case_aborts("commit_open",
                      "-[IOGPUMetalCommandBuffer validate]:215: failed assertion "
                      "`commit command buffer with uncommitted encoder'");
}
static void encoder_on_committed_buffer_aborts(void **state) {
    (void)state;
    model_case_aborts(
        "encode_committed",
        "-[IOGPUMetalCommandBuffer setCurrentCommandEncoder:]:323: failed assertion "
        "`_status < MTLCommandBufferStatusCommitted'");
}
static void open_encoder_released_aborts(void **state) {
    (void)state;
    model_case_aborts("release_open",
                      "-[_MTLCommandEncoder dealloc]:134: failed assertion "
                      "`Command encoder released without endEncoding'");
}
static void second_end_aborts_while_the_encoder_has_its_context(void **state) {
    (void)state;
    model_case_aborts("end_twice",
                      ":255: failed assertion `endEncoding has already been called'");
    model_case_passes("end_twice_late");
}
static void second_enqueue_aborts(void **state) {
    (void)state;
    model_case_aborts("enqueue_twice", "-[_MTLCommandBuffer enqueue]: failed assertion "
                                       "`enqueue an already enqueued command buffer'");
    model_case_aborts("enqueue_committed", "enqueue an already enqueued");
}
static void ended_encoder_is_opened_again(void **state) {
    (void)state;
    model_case_passes("coalesce");
    model_case_passes("coalesce_held");
    model_case_passes("end_destroys");
}
static void committed_work_starts_whoever_holds_an_encoder(void **state) {
    (void)state;
    model_case_passes("strong_variable");
    model_case_passes("strong_variable_racy");
}
static void late_calls_of_a_holder_are_safe_where_that_is_set(void **state) {
    (void)state;
    model_case_passes("late_held");
}
static void sound_driver_refuses_late_calls_without_holder(void **state) {
    (void)state;
    model_case_passes("late_unheld");
}
static void encoder_outlives_its_command_buffer(void **state) {
    (void)state;
    model_case_passes("any_order");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_open_encoder_aborts),
        cmocka_unit_test(second_commit_aborts),
        cmocka_unit_test(commit_with_open_encoder_aborts),
        cmocka_unit_test(encoder_on_committed_buffer_aborts),
        cmocka_unit_test(open_encoder_released_aborts),
        cmocka_unit_test(second_end_aborts_while_the_encoder_has_its_context),
        cmocka_unit_test(second_enqueue_aborts),
        cmocka_unit_test(ended_encoder_is_opened_again),
        cmocka_unit_test(committed_work_starts_whoever_holds_an_encoder),
        cmocka_unit_test(late_calls_of_a_holder_are_safe_where_that_is_set),
        cmocka_unit_test(sound_driver_refuses_late_calls_without_holder),
        cmocka_unit_test(encoder_outlives_its_command_buffer),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
