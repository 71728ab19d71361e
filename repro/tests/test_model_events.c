/* Tests of events: signals and waits of command buffers, of the CPU, and listeners.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repro/tests/model_bench.h"
#include "repro/tests/model_block.h"

static struct model_bench bench;
static struct model_log log_of_case;

static void open_bench(void) {
    model_bench_open(&bench, "executors=1");
    model_log_init(&log_of_case);
}

static void encode_event(id command, const char *selector, id event, uint64_t value) {
    SEL sel = sel_registerName(selector);
    ((void (*)(id, SEL, id, uint64_t))mp_method_find(command, sel))(command, sel, event,
                                                                    value);
}

static uint64_t value_of(id event) {
    return model_number(event, "signaledValue");
}

static bool await(id event, uint64_t value, uint64_t timeout_ms) {
    SEL sel = sel_registerName("waitUntilSignaledValue:timeoutMS:");
    return ((BOOL(*)(id, SEL, uint64_t, uint64_t))mp_method_find(event, sel))(
        event, sel, value, timeout_ms);
}

static void notify(id event, id listener, uint64_t value, unsigned number) {
    SEL sel = sel_registerName("notifyListener:atValue:block:");
    struct model_block block = model_block_make(&log_of_case, number, 1);
    ((void (*)(id, SEL, id, uint64_t, void *))mp_method_find(event, sel))(
        event, sel, listener, value, &block);
}

static id op_on(id queue) {
    id command = model_send(queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    return command;
}

/* A buffer waits for another queue's although one executor serves both; what stands
 * behind it in its queue waits as well. */
static void case_between_queues(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id other = model_queue(&bench.model),
       event = model_send(bench.model.device, "newEvent");
    id waiting = model_send(other, "commandBuffer");
    encode_event(waiting, "encodeWaitForEvent:value:", event, 2);
    id behind = op_on(other);
    model_send(waiting, "commit");
    model_send(behind, "commit");
    id early = op_on(bench.queue);
    encode_event(early, "encodeSignalEvent:value:", event, 1);
    model_send(early, "commit");
    model_send(early, "waitUntilCompleted");
    CHECK(model_number(waiting, "status") < 4);
    CHECK(model_number(behind, "status") < 4);
    CHECK(model_ops_counted(&bench) == 1);
    id signals = op_on(bench.queue);
    encode_event(signals, "encodeSignalEvent:value:", event, 2);
    model_send(signals, "commit");
    model_send(behind, "waitUntilCompleted");
    CHECK(model_number(waiting, "status") == 4);
    CHECK(model_ops_counted(&bench) == 3);
    CHECK(bench.model.count("event_waits") == 1);
    CHECK(bench.model.count("events_signalled") == 2);
    model_send(event, "release");
    model_send(other, "release");
    bench.model.pool_pop(pool);
}

/* The middle of a buffer waits for the CPU; what was encoded before has run. */
static void case_of_the_cpu(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id event = model_send(bench.model.device, "newSharedEvent");
    CHECK(value_of(event) == 0);
    id command = op_on(bench.queue);
    encode_event(command, "encodeSignalEvent:value:", event, 1);
    encode_event(command, "encodeWaitForEvent:value:", event, 5);
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    encode_event(command, "encodeSignalEvent:value:", event, 6);
    model_send(command, "commit");
    CHECK(await(event, 1, 20000));
    CHECK(model_ops_counted(&bench) == 1);
    CHECK(!await(event, 6, 10));
    CHECK(!await(event, 2, 0));
    CHECK(value_of(event) == 1);
    SEL sel = sel_registerName("setSignaledValue:");
    ((void (*)(id, SEL, uint64_t))mp_method_find(event, sel))(event, sel, 5);
    CHECK(await(event, 6, UINT64_MAX));
    model_send(command, "waitUntilCompleted");
    CHECK(model_ops_counted(&bench) == 2);
    model_send(event, "release");
    bench.model.pool_pop(pool);
}

/* Listeners are told in their order, once, on a thread of their own, also of what has
 * been reached already. */
static void case_listeners(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id event = model_send(bench.model.device, "newSharedEvent");
    id listener =
        model_send(model_send(model_class("MTLSharedEventListener"), "alloc"), "init");
    notify(event, listener, 2, 20);
    notify(event, listener, 1, 10);
    notify(event, listener, 9, 90);
    id command = op_on(bench.queue);
    encode_event(command, "encodeSignalEvent:value:", event, 1);
    encode_event(command, "encodeSignalEvent:value:", event, 3);
    model_send(command, "commit");
    CHECK(model_log_await(&log_of_case, 2));
    notify(event, listener, 3, 30);
    CHECK(model_log_await(&log_of_case, 3));
    pthread_mutex_lock(&log_of_case.lock);
    static const unsigned expected[] = {10, 20, 30};
    for (unsigned i = 0; i < 3; i++) {
        CHECK(log_of_case.entry[i].number == expected[i]);
        CHECK(log_of_case.entry[i].value == expected[i] / 10);
        CHECK(log_of_case.entry[i].object == event);
        CHECK(!pthread_equal(log_of_case.entry[i].thread, pthread_self()));
    }
    CHECK(log_of_case.count == 3);
    pthread_mutex_unlock(&log_of_case.lock);
    model_send(command, "waitUntilCompleted");
    model_send(listener, "release");
    bench.model.pool_pop(pool);
}

/* Encoding an event finishes the previous encoder: its context goes. */
static void case_commits_encoder(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id event = model_send(bench.model.device, "newEvent");
    id command = op_on(bench.queue);
    unsigned long long before = bench.model.count("contexts_live");
    encode_event(command, "encodeSignalEvent:value:", event, 1);
    CHECK(before == 1);
    CHECK(bench.model.count("contexts_live") == 0);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    bench.model.pool_pop(pool);
}

static void encode_open(const char *selector) {
    open_bench();
    bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    model_send(command, "computeCommandEncoder");
    encode_event(command, selector, model_send(bench.model.device, "newEvent"), 1);
}
static void case_signal_open(void) {
    encode_open("encodeSignalEvent:value:");
}
static void case_wait_open(void) {
    encode_open("encodeWaitForEvent:value:");
}

static const struct model_case cases[] = {
    {"between_queues", case_between_queues},
    {"of_the_cpu", case_of_the_cpu},
    {"listeners", case_listeners},
    {"commits_encoder", case_commits_encoder},
    {"signal_open", case_signal_open},
    {"wait_open", case_wait_open},
    {NULL, NULL},
};

static void buffers_wait_for_another_queue_without_an_executor(void **state) {
    (void)state;
    model_case_passes("between_queues");
}
static void shared_event_is_set_and_waited_for_by_the_cpu(void **state) {
    (void)state;
    model_case_passes("of_the_cpu");
}
static void listeners_are_told_once_in_order(void **state) {
    (void)state;
    model_case_passes("listeners");
}
static void event_finishes_the_previous_encoder(void **state) {
    (void)state;
    model_case_passes("commits_encoder");
}
static void event_with_open_encoder_aborts(void **state) {
    (void)state;
    model_case_aborts("signal_open",
                      "encodeSignalEvent:value:]:426: failed assertion "
                      "`encodeSignalEvent:value: with uncommitted encoder'");
    model_case_aborts("wait_open",
                      "encodeWaitForEvent:value:]:488: failed assertion "
                      "`encodeWaitForEvent:value: with uncommitted encoder'");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_wait_for_another_queue_without_an_executor),
        cmocka_unit_test(shared_event_is_set_and_waited_for_by_the_cpu),
        cmocka_unit_test(listeners_are_told_once_in_order),
        cmocka_unit_test(event_finishes_the_previous_encoder),
        cmocka_unit_test(event_with_open_encoder_aborts),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
