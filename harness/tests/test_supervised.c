/* The program mpstress-round as its supervisor meets it: spawned with a page, told to go,
 * left alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cmocka.h>

#include "harness/tests/round_fixture.h"

#define SLOTS 3

extern char **environ;

/* A page in a file that a spawned round inherits. */
struct order {
    FILE *file;
    struct mp_round_page *page;
    size_t size;
};

static void open_order(struct order *order, const char *device, const char *scenario) {
    struct mp_round_spec spec;
    struct mp_error err;

    mp_round_spec_init(&spec);
    strcpy(spec.device, device);
    strcpy(spec.scenario, scenario);
    order->size = mp_round_page_size(SLOTS);
    order->file = tmpfile();
    assert_non_null(order->file);
    assert_int_equal(ftruncate(fileno(order->file), (off_t)order->size), 0);
    order->page = mmap(NULL, order->size, PROT_READ | PROT_WRITE, MAP_SHARED,
                       fileno(order->file), 0);
    assert_ptr_not_equal(order->page, MAP_FAILED);
    assert_int_equal(mp_round_page_format(order->page, order->size, SLOTS, &spec, &err),
                     MP_OK);
    order->page->supervisor_pid = (uint64_t)getpid();
}

static void close_order(struct order *order) {
    munmap(order->page, order->size);
    fclose(order->file);
}

static pid_t spawn_round(const struct order *order) {
    char fd[16];
    char program[] = MP_ROUND_PROGRAM, option[] = "--page-fd";
    char *argv[] = {program, option, fd, NULL};
    pid_t pid = -1;

    snprintf(fd, sizeof(fd), "%d", fileno(order->file));
    if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0)
        return -1;
    return pid;
}

static int exit_code_of(pid_t pid) {
    int status;

    assert_true(pid > 0);
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void nothing_happens_before_the_go(void **state) {
    struct order order;
    struct mp_page_summary sum;
    pid_t pid;

    (void)state;
    open_order(&order, "null", "noop");
    pid = spawn_round(&order);
    assert_true(fixture_wait_for(&order.page->phase, MP_PHASE_WAITING, FIXTURE_LONG_NS));
    assert_false(fixture_wait_for(&order.page->phase, MP_PHASE_OPEN, FIXTURE_SHORT_NS));
    atomic_store(&order.page->go, 1);
    assert_int_equal(exit_code_of(pid), 0);
    mp_round_page_summarise(order.page, order.size, &sum);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_int_equal(sum.result, MP_RESULT_OK);
    assert_true(sum.ops_done > 0);
    close_order(&order);
}

static void finished_round_exits_with_0_whatever_its_result(void **state) {
    struct order order;

    (void)state;
    open_order(&order, "null:fault=drop", "noop");
    atomic_store(&order.page->go, 1);
    assert_int_equal(exit_code_of(spawn_round(&order)), 0);
    assert_int_equal(atomic_load(&order.page->result), MP_RESULT_DROPPED);
    close_order(&order);
}

static void order_without_sense_is_broken_and_says_why(void **state) {
    struct order order;
    struct mp_page_summary sum;

    (void)state;
    open_order(&order, "null", "nop");
    atomic_store(&order.page->go, 1);
    assert_int_equal(exit_code_of(spawn_round(&order)), 2);
    mp_round_page_summarise(order.page, order.size, &sum);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_int_equal(sum.result, MP_RESULT_BROKEN);
    assert_non_null(strstr(sum.message, "noop"));
    close_order(&order);
}

static void page_of_another_supervisor_is_refused(void **state) {
    struct order order;

    (void)state;
    open_order(&order, "null", "noop");
    order.page->supervisor_pid = 1;
    atomic_store(&order.page->go, 1);
    assert_int_equal(exit_code_of(spawn_round(&order)), 6);
    assert_int_equal(atomic_load(&order.page->phase), MP_PHASE_START);
    close_order(&order);
}

static void damaged_page_is_refused(void **state) {
    struct order order;

    (void)state;
    open_order(&order, "null", "noop");
    atomic_store(&order.page->go, 1);
    order.page->thread_slots = UINT32_MAX;
    assert_int_equal(exit_code_of(spawn_round(&order)), 6);
    order.page->thread_slots = SLOTS;
    order.page->magic ^= 1;
    assert_int_equal(exit_code_of(spawn_round(&order)), 6);
    close_order(&order);
}

#ifdef __linux__
static void round_dies_with_its_supervisor(void **state) {
    struct order order;
    pid_t supervisor, round;
    int status;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    open_order(&order, "null:fault=hang", "noop");
    supervisor = fork();
    if (supervisor == 0) {
        order.page->supervisor_pid = (uint64_t)getpid();
        round = spawn_round(&order);
        atomic_store(&order.page->go, 1);
        _exit(round > 0 && fixture_wait_for(&order.page->thread[1].inside,
                                            MP_PAGE_OP_ENCODE, FIXTURE_LONG_NS)
                  ? 0
                  : 1);
    }
    assert_int_equal(exit_code_of(supervisor), 0);
    /* The orphan comes to this process. */
    round = waitpid(-1, &status, 0);
    assert_true(round > 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    close_order(&order);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_before_the_go),
        cmocka_unit_test(finished_round_exits_with_0_whatever_its_result),
        cmocka_unit_test(order_without_sense_is_broken_and_says_why),
        cmocka_unit_test(page_of_another_supervisor_is_refused),
        cmocka_unit_test(damaged_page_is_refused),
#ifdef __linux__
        cmocka_unit_test(round_dies_with_its_supervisor),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
