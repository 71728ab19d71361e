/* Tests of mpstress.h: it and the page agree, member for member, mpstress.py too; what it
 * writes is what the supervisor reads; outside it does nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/mpstress.h"
#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/round/program.h"
#include "harness/wire/flight.h"
#include "harness/wire/round_page.h"

#define SLOTS 6

void second_file_does(uint64_t object);

_Static_assert(MPSTRESS_PAGE_MAGIC == MP_PAGE_MAGIC, "");
_Static_assert(MPSTRESS_PAGE_VERSION == MP_PAGE_VERSION, "");
_Static_assert(MPSTRESS_PAGE_EVENTS == MP_PAGE_EVENTS, "");
_Static_assert(MPSTRESS_MESSAGE_MAX == MP_PAGE_TEXT_MAX, "");
_Static_assert((int)MPSTRESS_RESULT_MISMATCH == (int)MP_RESULT_MISMATCH, "");
_Static_assert((int)MPSTRESS_OP_CALL == (int)MP_PAGE_OP_ACTION, "");
_Static_assert((int)MPSTRESS_STATE_RUNNING == (int)MP_STATE_RUNNING, "");
_Static_assert(sizeof(struct mpstress_event) == sizeof(struct mp_page_event), "");
_Static_assert(sizeof(struct mpstress_slot) == sizeof(struct mp_page_thread), "");

/* The members of the page that a program sees: where mpstress.h has them, where the page
 * has them, and what mpstress.py calls that offset (NULL: it does not need it). */
/* clang-format off */
#define MEMBER(their, theirs, our, ours, python) \
    {#ours, offsetof(struct their, theirs), offsetof(struct our, ours), python}
/* clang-format on */
#define PAGE(theirs, ours, python)                                                       \
    MEMBER(mpstress_page, theirs, mp_round_page, ours, python)
#define SLOT(member, python) MEMBER(mpstress_slot, member, mp_page_thread, member, python)
#define EVENT(member)        MEMBER(mpstress_event, member, mp_page_event, member, NULL)
static const struct {
    const char *name;
    size_t theirs, ours;
    const char *python;
} members[] = {
    PAGE(magic, magic, NULL),
    PAGE(version, version, "_AT_VERSION"),
    PAGE(size, size, "_AT_SIZE"),
    PAGE(client_version, client_version, "_AT_CLIENT_VERSION"),
    PAGE(thread_slots, thread_slots, "_AT_THREAD_SLOTS"),
    PAGE(result, result, "_AT_RESULT"),
    PAGE(promised_overlap, promised_overlap, "_AT_PROMISED_OVERLAP"),
    PAGE(arm_serialises, arm_serialises, NULL),
    PAGE(child_crashed, child_crashed, NULL),
    PAGE(ops_planned, ops_planned, "_AT_OPS_PLANNED"),
    PAGE(ops_device, ops_device, NULL),
    PAGE(buffers_failed, buffers_failed, NULL),
    PAGE(hostile_syncs, hostile_syncs, NULL),
    PAGE(go_ns, go_ns, "_AT_GO_NS"),
    PAGE(end_ns, end_ns, "_AT_END_NS"),
    PAGE(slots_taken, slots_taken, "_AT_SLOTS_TAKEN"),
    PAGE(slots_python, slots_python, "_AT_SLOTS_PYTHON"),
    PAGE(delay_us, delay_us, "_AT_DELAY_US"),
    PAGE(seed, seed, "_AT_SEED"),
    PAGE(number, number, "_AT_NUMBER"),
    PAGE(overlap_now, overlap_now, NULL),
    PAGE(overlap_max, overlap_max, "_AT_OVERLAP_MAX"),
    PAGE(driver, driver, NULL),
    PAGE(message, message, "_AT_MESSAGE"),
    PAGE(slot, thread, "_AT_SLOT"),
    SLOT(state, NULL),
    SLOT(inside, "_SLOT_INSIDE"),
    SLOT(tid, "_SLOT_TID"),
    SLOT(ops_started, "_SLOT_OPS_STARTED"),
    SLOT(ops_done, "_SLOT_OPS_DONE"),
    SLOT(ops_wrong, "_SLOT_OPS_WRONG"),
    SLOT(ops_dropped, NULL),
    SLOT(event_next, "_SLOT_EVENT_NEXT"),
    SLOT(event, "_SLOT_EVENT"),
    EVENT(time_ns),
    EVENT(object),
    EVENT(arg),
    EVENT(seq),
    EVENT(op),
    EVENT(phase),
};

/* Other numbers of mpstress.py. */
static const struct {
    const char *name;
    uint64_t value;
} numbers[] = {
    {"_MAGIC", MPSTRESS_PAGE_MAGIC},
    {"_VERSION", MPSTRESS_PAGE_VERSION},
    {"_MESSAGE_MAX", MPSTRESS_MESSAGE_MAX},
    {"_SLOT_SIZE", sizeof(struct mpstress_slot)},
    {"_EVENTS", MPSTRESS_PAGE_EVENTS},
    {"_EVENT_SIZE", sizeof(struct mpstress_event)},
    {"_RESULT_MISMATCH", MPSTRESS_RESULT_MISMATCH},
    {"_OP_CALL", MPSTRESS_OP_CALL},
    {"_STATE_RUNNING", MPSTRESS_STATE_RUNNING},
};

static void header_has_the_layout_of_the_page(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(members); i++)
        if (members[i].theirs != members[i].ours)
            fail_msg("%s is at %zu in mpstress.h and at %zu in the page", members[i].name,
                     members[i].theirs, members[i].ours);
}

/* The number that mpstress.py gives this name. */
static uint64_t number_of(const char *text, const char *name) {
    char start[64];
    snprintf(start, sizeof(start), "\n%s = ", name);
    const char *line = strstr(text, start);
    if (line == NULL) {
        fail_msg("mpstress.py has no %s", name);
        return 0;
    }
    return strtoull(line + strlen(start), NULL, 0);
}

/* The module has the same numbers as the header. */
static void python_module_has_the_layout_of_the_header(void **state) {
    static char text[65536];
    FILE *file = fopen(MP_PYTHON_MODULE, "re");
    (void)state;
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < MP_COUNT(members); i++)
        if (members[i].python != NULL)
            assert_int_equal(number_of(text, members[i].python), members[i].theirs);
    for (size_t i = 0; i < MP_COUNT(numbers); i++)
        assert_int_equal(number_of(text, numbers[i].name), numbers[i].value);
    /* Words at offsets that the module works out. */
    assert_int_equal(offsetof(struct mpstress_event, seq), 24);
    assert_int_equal(offsetof(struct mpstress_event, op), 28);
}

/* A round as a program finds it. */
struct round {
    FILE *file;
    struct mp_round_page *page;
    size_t size;
};

static void open_round(struct round *round) {
    struct mp_round_spec spec;
    struct mp_error err;
    char number[16];
    mp_round_spec_init(&spec);
    strcpy(spec.device, "program");
    strcpy(spec.scenario, "exec");
    round->size = mp_round_page_size(SLOTS);
    round->file = tmpfile();
    assert_non_null(round->file);
    /* Longer than the page, as shared memory on macOS is: whole pages. */
    assert_int_equal(ftruncate(fileno(round->file), (off_t)round->size + 4096), 0);
    round->page = mmap(NULL, round->size, PROT_READ | PROT_WRITE, MAP_SHARED,
                       fileno(round->file), 0);
    assert_ptr_not_equal(round->page, MAP_FAILED);
    assert_int_equal(mp_round_page_format(round->page, round->size, SLOTS, &spec, &err),
                     MP_OK);
    round->page->phase = MP_PHASE_RUN;
    round->page->seed = 77;
    round->page->number = 3;
    snprintf(number, sizeof(number), "%d", fileno(round->file));
    setenv(MP_PROGRAM_VARIABLE_PAGE, number, 1);
}

static void close_round(struct round *round) {
    munmap(round->page, round->size);
    fclose(round->file);
    unsetenv(MP_PROGRAM_VARIABLE_PAGE);
}

/* Runs `act` in a process of its own, which finds the page anew, and reads the page. */
static int run_program(void (*act)(void), const struct round *round,
                       struct mp_page_summary *ret_sum) {
    int status = -1;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    mp_round_page_summarise(round->page, round->size, ret_sum);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void require(int holds) {
    if (!holds)
        _exit(9);
}

/* Both threads are inside an op before one leaves it. */
static void *two_ops(void *arrived) {
    mpstress_begin(5, 6);
    __atomic_add_fetch((int *)arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n((int *)arrived, __ATOMIC_ACQUIRE) < 2)
        sched_yield();
    mpstress_end(5, 6);
    second_file_does(7);
    mpstress_done(1);
    return NULL;
}

static void say_all(void) {
    int arrived = 0;
    pthread_t thread[2];
    require(mpstress_is_round() && mpstress_seed() == 77 && mpstress_number() == 3);
    mpstress_plan(3);
    mpstress_plan(1);
    mpstress_expect_overlap();
    for (size_t i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, two_ops, &arrived);
    for (size_t i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    require(mpstress_check("holds", 1) == 1);
}

static void what_a_program_says_is_read(void **state) {
    struct round round;
    struct mp_page_summary sum;
    struct mp_flight flight;
    (void)state;
    open_round(&round);
    assert_int_equal(run_program(say_all, &round, &sum), 0);
    assert_true(sum.speaks);
    assert_false(sum.is_torn);
    assert_int_equal(sum.ops_planned, 4);
    assert_int_equal(sum.ops_started, 4);
    assert_int_equal(sum.ops_done, 4);
    assert_int_equal(sum.ops_wrong, 0);
    assert_int_equal(sum.overlap_max, 2);
    assert_int_equal(sum.threads_started, 2);
    assert_int_equal(sum.result, MP_RESULT_NONE);
    assert_true(sum.promised_overlap);
    assert_true(sum.run_ns > 0);
    mp_flight_read(round.page, round.size, &flight);
    assert_int_equal(flight.thread_count, 2); /* one slot for both files */
    assert_int_equal(flight.event_count, 8);
    assert_int_equal(flight.thread[0].in_flight, MP_PAGE_OP_NONE);
    assert_int_equal(flight.event[0].object, 5);
    assert_int_equal(flight.event[0].arg, 6);
#ifdef __linux__
    assert_true(flight.thread[0].tid > 0);
#endif
    mp_flight_release(&flight);
    close_round(&round);
}

static void fail_checks(void) {
    mpstress_begin(1, 2);
    mpstress_wrong(2);
    require(mpstress_check("the sum", 0) == 0 && mpstress_check("the product", 0) == 0);
    _exit(4);
}

static void first_failing_check_is_kept_and_an_open_op_stays_open(void **state) {
    struct round round;
    struct mp_page_summary sum;
    struct mp_flight flight;
    (void)state;
    open_round(&round);
    assert_int_equal(run_program(fail_checks, &round, &sum), 4);
    assert_int_equal(sum.result, MP_RESULT_MISMATCH);
    assert_int_equal(sum.ops_wrong, 2);
    assert_string_equal(sum.message, "check 'the sum' failed");
    mp_flight_read(round.page, round.size, &flight);
    assert_int_equal(flight.thread[0].in_flight, MP_PAGE_OP_ACTION);
    mp_flight_release(&flight);
    close_round(&round);
}

static void *meet_all(void *arrived) {
    mpstress_begin(1, 0);
    __atomic_add_fetch((int *)arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n((int *)arrived, __ATOMIC_ACQUIRE) < 3 * SLOTS)
        sched_yield();
    mpstress_end(1, 0);
    mpstress_done(1);
    return NULL;
}

static void start_many_threads(void) {
    pthread_t thread[3 * SLOTS];
    int arrived = 0;
    for (size_t i = 0; i < 3 * SLOTS; i++)
        pthread_create(&thread[i], NULL, meet_all, &arrived);
    for (size_t i = 0; i < 3 * SLOTS; i++)
        pthread_join(thread[i], NULL);
}

static void threads_beyond_the_slots_are_counted_all_the_same(void **state) {
    struct round round;
    struct mp_page_summary sum;
    (void)state;
    open_round(&round);
    assert_int_equal(run_program(start_many_threads, &round, &sum), 0);
    assert_int_equal(sum.ops_done, 3 * SLOTS);
    assert_int_equal(sum.ops_started, 3 * SLOTS);
    assert_int_equal(sum.threads_started, SLOTS - 1);
    assert_int_equal(sum.overlap_max, SLOTS);
    assert_false(sum.is_torn);
    close_round(&round);
}

static void fork_and_count(void) {
    second_file_does(1);
    for (size_t i = 0; i < 2; i++)
        if (fork() == 0) {
            for (size_t k = 0; k < 300000; k++)
                mpstress_done(1);
            _exit(0);
        }
    while (wait(NULL) > 0) {
    }
}

static void children_of_fork_add_to_the_counts(void **state) {
    struct round round;
    struct mp_page_summary sum;
    (void)state;
    open_round(&round);
    assert_int_equal(run_program(fork_and_count, &round, &sum), 0);
    assert_int_equal(sum.ops_done, 600001);
    close_round(&round);
}

static void do_nothing_outside(void) {
    require(!mpstress_is_round() && mpstress_number() == 0 && mpstress_seed() == 5);
    mpstress_thread(1);
    mpstress_plan(1);
    mpstress_begin(1, 2);
    mpstress_end(1, 2);
    mpstress_done(1);
    mpstress_wrong(1);
    mpstress_expect_overlap();
    mpstress_point();
    require(mpstress_check("no", 0) == 0 && mpstress_check("yes", 1) == 1);
}

static void outside_nothing_happens_whatever_the_descriptor_is(void **state) {
    struct round round;
    struct mp_page_summary sum;
    (void)state;
    open_round(&round);
    setenv(MP_PROGRAM_VARIABLE_SEED, "5", 1);
    static const char *const values[] = {NULL, "", "x", "-1", "999"};
    for (size_t i = 0; i < MP_COUNT(values); i++) {
        if (values[i] != NULL)
            setenv(MP_PROGRAM_VARIABLE_PAGE, values[i], 1);
        else
            unsetenv(MP_PROGRAM_VARIABLE_PAGE);
        assert_int_equal(run_program(do_nothing_outside, &round, &sum), 0);
    }
    /* Another file has the number by now, of whatever size: not a byte of it changes. */
    close_round(&round);
    open_round(&round);
    round.page->magic++;
    struct mp_round_page before = *round.page;
    assert_int_equal(run_program(do_nothing_outside, &round, &sum), 0);
    assert_memory_equal(round.page, &before, sizeof(before));
    close_round(&round);
    open_round(&round);
    memset(round.page, 7, round.size);
    assert_int_equal(run_program(do_nothing_outside, &round, &sum), 0);
    for (size_t i = 0; i < round.size; i++)
        assert_int_equal(((const unsigned char *)round.page)[i], 7);
    unsetenv(MP_PROGRAM_VARIABLE_SEED);
    close_round(&round);
}

static void another_version_says_which_and_writes_nothing_else(void **state) {
    struct round round;
    struct mp_page_summary sum;
    (void)state;
    open_round(&round);
    setenv(MP_PROGRAM_VARIABLE_SEED, "5", 1);
    round.page->version = MP_PAGE_VERSION + 1;
    struct mp_round_page before = *round.page;
    before.client_version = MP_PAGE_VERSION;
    assert_int_equal(run_program(do_nothing_outside, &round, &sum), 0);
    assert_memory_equal(round.page, &before, sizeof(before));
    /* Its page is another's by its header; a supervisor that wrote it reads it so. */
    round.page->version = MP_PAGE_VERSION;
    round.page->client_version = MP_PAGE_VERSION + 1;
    mp_round_page_summarise(round.page, round.size, &sum);
    assert_false(sum.speaks);
    assert_false(sum.is_torn);
    assert_int_equal(sum.client_version, MP_PAGE_VERSION + 1);
    unsetenv(MP_PROGRAM_VARIABLE_SEED);
    close_round(&round);
}

/* Pauses as the header works them out, without the pause. */
static uint64_t pause_of(uint64_t seed, uint64_t thread, uint64_t point) {
    return mpstress_hash_(mpstress_hash_(seed, thread), point) % 1001;
}

static void pauses_follow_from_seed_thread_and_point(void **state) {
    (void)state;
    assert_int_equal(pause_of(77, 1, 0), pause_of(77, 1, 0));
    assert_int_not_equal(pause_of(77, 1, 0), pause_of(78, 1, 0));
    assert_int_not_equal(pause_of(77, 1, 0), pause_of(77, 2, 0));
    assert_int_not_equal(pause_of(77, 1, 0), pause_of(77, 1, 1));
    assert_int_equal(mpstress_hash_(77, 1), UINT64_C(0x7e54a4883a969e54));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_has_the_layout_of_the_page),
        cmocka_unit_test(python_module_has_the_layout_of_the_header),
        cmocka_unit_test(what_a_program_says_is_read),
        cmocka_unit_test(first_failing_check_is_kept_and_an_open_op_stays_open),
        cmocka_unit_test(threads_beyond_the_slots_are_counted_all_the_same),
        cmocka_unit_test(children_of_fork_add_to_the_counts),
        cmocka_unit_test(outside_nothing_happens_whatever_the_descriptor_is),
        cmocka_unit_test(another_version_says_which_and_writes_nothing_else),
        cmocka_unit_test(pauses_follow_from_seed_thread_and_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
