/* Tests of completed and scheduled handlers: order, queue, what waiters see, and the
 * assertions with Apple's texts.
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

#define SCHEDULED 3
#define COMPLETED 4

static struct model_bench bench;
static struct model_log log_of_case;

static void open_bench(void) {
    model_bench_open(&bench, "");
    model_log_init(&log_of_case);
}

static void add(id command, const char *selector, unsigned number) {
    struct model_block block = model_block_make(&log_of_case, number, 0);
    model_send_id(command, selector, (id)&block);
    memset(&block, 0, sizeof(block)); /* what was added is a copy */
}

/* All of a buffer's handlers run in the order of adding, the scheduled ones first; the
 * waiter finds them done. */
static void case_in_order(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    add(command, "addCompletedHandler:", 10);
    add(command, "addScheduledHandler:", 1);
    add(command, "addCompletedHandler:", 11);
    add(command, "addScheduledHandler:", 2);
    add(command, "addCompletedHandler:", 12);
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    CHECK(log_of_case.count == 0);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    static const unsigned expected[] = {1, 2, 10, 11, 12};
    pthread_mutex_lock(&log_of_case.lock);
    CHECK(log_of_case.count == 5);
    for (unsigned i = 0; i < 5; i++) {
        CHECK(log_of_case.entry[i].number == expected[i]);
        CHECK(log_of_case.entry[i].object == command);
        CHECK(!pthread_equal(log_of_case.entry[i].thread, pthread_self()));
        CHECK(i < 2 ? log_of_case.entry[i].status >= SCHEDULED
                    : log_of_case.entry[i].status == COMPLETED);
    }
    pthread_mutex_unlock(&log_of_case.lock);
    CHECK(bench.model.count("handlers_run") == 5);
    bench.model.pool_pop(pool);
}

static atomic_bool may_go_on;

static void hold(struct model_block *block, id object) {
    (void)block, (void)object;
    while (!atomic_load(&may_go_on))
        usleep(100);
}

static void *let_go(void *arg) {
    usleep(20000);
    CHECK(model_number(arg, "status") == COMPLETED);
    atomic_store(&may_go_on, true);
    return NULL;
}

/* waitUntilCompleted returns after the handlers, although the status says completed
 * before; a later buffer of the queue completes after them as well, even without
 * handlers. */
static void case_waiters_last(void) {
    pthread_t thread;
    open_bench();
    void *pool = bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    struct model_block block = model_block_make(&log_of_case, 1, 0);
    block.also = hold;
    model_send_id(command, "addCompletedHandler:", (id)&block);
    model_send(command, "commit");
    CHECK(model_log_await(&log_of_case, 1));
    id later = model_send(bench.queue, "commandBuffer");
    model_send(later, "commit");
    pthread_create(&thread, NULL, let_go, command);
    model_send(later, "waitUntilCompleted");
    CHECK(atomic_load(&may_go_on));
    model_send(command, "waitUntilCompleted");
    pthread_join(thread, NULL);
    bench.model.pool_pop(pool);
}

static void wait_for_other(struct model_block *block, id object) {
    (void)block;
    id queue = model_send(object, "commandQueue");
    if (block->number != 1)
        return;
    id other = model_queue(&bench.model);
    id command = model_send(other, "commandBuffer");
    struct model_block inner = model_block_make(&log_of_case, 2, 0);
    model_send_id(command, "addCompletedHandler:", (id)&inner);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(other != queue);
    model_send(other, "release");
}

/* Each queue has a completion queue of its own: a handler may wait for another queue. */
static void case_queue_each(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    struct model_block block = model_block_make(&log_of_case, 1, 0);
    block.also = wait_for_other;
    model_send_id(command, "addCompletedHandler:", (id)&block);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(log_of_case.count == 2);
    bench.model.pool_pop(pool);
}

static void use(struct model_block *block, id object) {
    (void)block;
    model_send(object, "retain");
    model_send(object, "release");
}

/* A buffer that goes without a commit runs its handlers, with itself as argument. */
static void case_abandoned(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    add(command, "addScheduledHandler:", 1);
    struct model_block block = model_block_make(&log_of_case, 2, 0);
    block.also = use;
    model_send_id(command, "addCompletedHandler:", (id)&block);
    CHECK(log_of_case.count == 0);
    bench.model.pool_pop(pool);
    CHECK(log_of_case.count == 2);
    CHECK(log_of_case.entry[0].number == 1 && log_of_case.entry[1].number == 2);
    CHECK(log_of_case.entry[1].object == command);
    CHECK(log_of_case.entry[1].status == 0);
}

/* What a block captured is copied by its helper and let go after it ran. */
static void case_helpers(void) {
    open_bench();
    void *pool = bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    struct model_block block = model_block_with_helpers(&log_of_case, 1);
    model_send_id(command, "addCompletedHandler:", (id)&block);
    CHECK(atomic_load(&log_of_case.copied) == 1);
    CHECK(atomic_load(&log_of_case.disposed) == 0);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(log_of_case.count == 1);
    CHECK(atomic_load(&log_of_case.copied) == 1);
    CHECK(atomic_load(&log_of_case.disposed) == 1);
    bench.model.pool_pop(pool);
}

static void add_late(const char *selector) {
    open_bench();
    bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    model_send(command, "commit");
    add(command, selector, 1);
}
static void case_completed_late(void) {
    add_late("addCompletedHandler:");
}
static void case_scheduled_late(void) {
    add_late("addScheduledHandler:");
}

static const struct model_case cases[] = {
    {"in_order", case_in_order},
    {"waiters_last", case_waiters_last},
    {"queue_each", case_queue_each},
    {"abandoned", case_abandoned},
    {"helpers", case_helpers},
    {"completed_late", case_completed_late},
    {"scheduled_late", case_scheduled_late},
    {NULL, NULL},
};

static void handlers_run_in_order_of_adding_before_waiters_wake(void **state) {
    (void)state;
    model_case_passes("in_order");
    model_case_passes("waiters_last");
}
static void each_queue_has_a_completion_queue_of_its_own(void **state) {
    (void)state;
    model_case_passes("queue_each");
}
static void buffer_freed_without_commit_runs_its_handlers(void **state) {
    (void)state;
    model_case_passes("abandoned");
}
static void blocks_are_copied_and_released_by_their_helpers(void **state) {
    (void)state;
    model_case_passes("helpers");
}
static void handlers_after_commit_abort(void **state) {
    (void)state;
    model_case_aborts("completed_late",
                      "-[_MTLCommandBuffer addCompletedHandler:]:976: failed assertion "
                      "`Completed handler provided after commit call'");
    model_case_aborts("scheduled_late",
                      "-[_MTLCommandBuffer addScheduledHandler:]:787: failed assertion "
                      "`Scheduled handler provided after commit call'");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_run_in_order_of_adding_before_waiters_wake),
        cmocka_unit_test(each_queue_has_a_completion_queue_of_its_own),
        cmocka_unit_test(buffer_freed_without_commit_runs_its_handlers),
        cmocka_unit_test(blocks_are_copied_and_released_by_their_helpers),
        cmocka_unit_test(handlers_after_commit_abort),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
