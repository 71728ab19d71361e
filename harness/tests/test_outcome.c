/* Tests of the outcome: every combination of exit, page and capture against a table of
 * what it means. The table is written from the rules in outcome.h, over facts that each
 * case states about itself; it shares no code with the function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/wire/outcome.h"

/* What is true of one combination. Set by the rows that make it, never worked out from
 * it. */
enum fact {
    NOT_STARTED = 1 << 0,
    STOPPED = 1 << 1,
    DEADLINE = 1 << 2,
    DIED_ABORT = 1 << 3,
    DIED_FAULT = 1 << 4, /* also of a SIGPIPE of its own */
    DIED_OUTSIDE = 1 << 5,
    BAD_CODE = 1 << 6,
    SAW_ABORT = 1 << 7,
    SAW_FAULT = 1 << 8,
    CHILD = 1 << 9,
    TORN = 1 << 10,
    NO_DRIVER_YET = 1 << 11,
    NO_WORK_YET = 1 << 12,
    NOT_DONE = 1 << 13,
    SAYS_NOTHING = 1 << 14,
    SAYS_MISMATCH = 1 << 15,
    SAYS_DROPPED = 1 << 16,
    SAYS_GPU_ERROR = 1 << 17,
    SAYS_SKIP = 1 << 18,
    SAYS_BROKEN = 1 << 19,
    COUNTED_WRONG = 1 << 20,
    BOOKS_LIE = 1 << 21,
    DEVICE_DID_MORE = 1 << 22,
    WORK_IS_MISSING = 1 << 23,
    PROMISED = 1 << 24,
    SERIALISED = 1 << 25,
    NEVER_MET = 1 << 26,
    HALTED = 1 << 27, /* somebody else had stopped it, or its supervisor */
    SAYS_HANG = 1 << 28,
    HIT = 1 << 29,   /* another process sent it a crash signal */
    UNSEEN = 1 << 30 /* it died of one, and nobody knows who sent it */
};

static const struct {
    unsigned all;  /* facts that must hold, all of them */
    unsigned none; /* facts that must not hold, none of them */
    enum mp_outcome outcome;
} expectation[] = {
    {NOT_STARTED, 0, MP_OUTCOME_BROKEN},
    {STOPPED, 0, MP_OUTCOME_LOST},
    {HIT, 0, MP_OUTCOME_BROKEN},
    {SAW_FAULT, 0, MP_OUTCOME_CRASH},
    {SAW_ABORT, 0, MP_OUTCOME_ABORT},
    {DIED_ABORT | UNSEEN | NO_DRIVER_YET, TORN, MP_OUTCOME_BROKEN},
    {DIED_FAULT | UNSEEN | NO_DRIVER_YET, TORN, MP_OUTCOME_BROKEN},
    {DIED_ABORT, 0, MP_OUTCOME_ABORT},
    {DIED_FAULT, 0, MP_OUTCOME_CRASH},
    {CHILD, 0, MP_OUTCOME_CRASH},
    {SAYS_SKIP, TORN, MP_OUTCOME_SKIP},
    {SAYS_BROKEN, TORN, MP_OUTCOME_BROKEN},
    {DEADLINE | NO_DRIVER_YET, TORN, MP_OUTCOME_BROKEN},
    {DEADLINE | HALTED, 0, MP_OUTCOME_BROKEN},
    {DEADLINE, 0, MP_OUTCOME_HANG},
    {DIED_OUTSIDE, 0, MP_OUTCOME_BROKEN},
    {TORN, 0, MP_OUTCOME_BROKEN},
    {NO_WORK_YET, 0, MP_OUTCOME_BROKEN},
    {NOT_DONE, 0, MP_OUTCOME_DROPPED},
    {SAYS_MISMATCH, 0, MP_OUTCOME_MISMATCH},
    {SAYS_DROPPED, 0, MP_OUTCOME_DROPPED},
    {SAYS_GPU_ERROR, 0, MP_OUTCOME_GPU_ERROR},
    {SAYS_HANG | HALTED, 0, MP_OUTCOME_BROKEN},
    {SAYS_HANG, 0, MP_OUTCOME_HANG},
    {SAYS_NOTHING, 0, MP_OUTCOME_BROKEN},
    {COUNTED_WRONG, 0, MP_OUTCOME_MISMATCH},
    {BOOKS_LIE, 0, MP_OUTCOME_BROKEN},
    {DEVICE_DID_MORE, 0, MP_OUTCOME_MISMATCH},
    {WORK_IS_MISSING, 0, MP_OUTCOME_DROPPED},
    {BAD_CODE, 0, MP_OUTCOME_ABORT},
    {PROMISED | NEVER_MET, SERIALISED, MP_OUTCOME_NO_OVERLAP},
    {0, 0, MP_OUTCOME_PASS},
};

static const struct {
    enum mp_exit_kind kind;
    int code, signal;
    unsigned facts;
    struct mp_sender sender;
    uint64_t absent_ns;
} exits[] = {
    {MP_EXIT_CODE, 0, 0, 0, {0}, 0},
    {MP_EXIT_CODE, 1, 0, BAD_CODE, {0}, 0},
    {MP_EXIT_CODE, 66, 0, BAD_CODE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGABRT, DIED_ABORT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGSEGV, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGBUS, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGFPE, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGILL, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGTRAP, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGSYS, DIED_FAULT | UNSEEN, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGPIPE, DIED_FAULT, {MP_SENDER_ITSELF, 0, 0, ""}, 0},
    {MP_EXIT_SIGNAL, 0, SIGSEGV, DIED_FAULT, {MP_SENDER_ITSELF, 0, 0, ""}, 0},
    {MP_EXIT_SIGNAL, 0, SIGPIPE, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGUSR1, DIED_OUTSIDE, {MP_SENDER_OTHER, SIGUSR1, 7, "x"}, 0},
    {MP_EXIT_SIGNAL, 0, SIGSEGV, HIT, {MP_SENDER_OTHER, SIGSEGV, 7, ""}, 0},
    {MP_EXIT_SIGNAL, 0, SIGABRT, HIT, {MP_SENDER_OTHER, SIGBUS, 0, ""}, 0},
    {MP_EXIT_CODE, 0, 0, HIT, {MP_SENDER_OTHER, SIGABRT, 7, "x"}, 0},
    {MP_EXIT_CODE, 0, 0, 0, {MP_SENDER_OTHER, SIGUSR1, 7, "x"}, 0},
    {MP_EXIT_SIGNAL, 0, SIGKILL, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGTERM, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGINT, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGHUP, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_SIGNAL, 0, SIGXCPU, DIED_OUTSIDE, {0}, 0},
    {MP_EXIT_DEADLINE, 0, SIGKILL, DEADLINE, {0}, 0},
    {MP_EXIT_DEADLINE, 0, SIGKILL, DEADLINE | HALTED, {0}, 0},
    {MP_EXIT_DEADLINE, 0, SIGKILL, DEADLINE, {0}, MP_OUTCOME_SLEEP_MIN_NS - 1},
    {MP_EXIT_DEADLINE, 0, SIGKILL, DEADLINE | HALTED, {0}, MP_OUTCOME_SLEEP_MIN_NS},
    {MP_EXIT_CODE, 0, 0, HALTED, {0}, MP_OUTCOME_SLEEP_MIN_NS},
    {MP_EXIT_STOPPED, 0, SIGKILL, STOPPED, {0}, 0},
    {MP_EXIT_NOT_STARTED, 0, 0, NOT_STARTED, {0}, 0},
};

static const struct {
    int signal; /* -1: capture saw nothing; 0: a sample of a hang */
    unsigned facts;
} captures[] = {
    {-1, 0},
    {0, 0},
    {SIGSTOP, 0},
    {SIGABRT, SAW_ABORT},
    {SIGSEGV, SAW_FAULT},
    {SIGTRAP, SAW_FAULT},
};

static const struct {
    enum mp_page_phase phase;
    unsigned facts;
} phases[] = {
    {MP_PHASE_START, NO_DRIVER_YET | NO_WORK_YET | NOT_DONE},
    {MP_PHASE_WAITING, NO_DRIVER_YET | NO_WORK_YET | NOT_DONE},
    {MP_PHASE_OPEN, NO_WORK_YET | NOT_DONE},
    {MP_PHASE_SET_UP, NO_WORK_YET | NOT_DONE},
    {MP_PHASE_RUN, NOT_DONE},
    {MP_PHASE_VERIFY, NOT_DONE},
    {MP_PHASE_TEAR_DOWN, NOT_DONE},
    {MP_PHASE_DONE, 0},
};

static const struct {
    enum mp_page_result result;
    unsigned facts;
} results[] = {
    {MP_RESULT_NONE, SAYS_NOTHING},        {MP_RESULT_OK, 0},
    {MP_RESULT_MISMATCH, SAYS_MISMATCH},   {MP_RESULT_DROPPED, SAYS_DROPPED},
    {MP_RESULT_GPU_ERROR, SAYS_GPU_ERROR}, {MP_RESULT_SKIP, SAYS_SKIP},
    {MP_RESULT_BROKEN, SAYS_BROKEN},       {MP_RESULT_HANG, SAYS_HANG},
};

static const struct {
    uint64_t planned, started, done, wrong, dropped, device, failed;
    unsigned facts;
} counts[] = {
    {10, 10, 10, 0, 0, 10, 0, 0},
    {1, 1, 1, 0, 0, 1, 0, 0},
    {10, 10, 9, 1, 0, 10, 0, COUNTED_WRONG},
    {10, 10, 9, 1, 0, 9, 0, COUNTED_WRONG | WORK_IS_MISSING},
    {10, 11, 9, 2, 0, 12, 1,
     COUNTED_WRONG | BOOKS_LIE | DEVICE_DID_MORE | WORK_IS_MISSING},
    {0, 0, 0, 0, 0, 0, 0, BOOKS_LIE},
    {10, 11, 11, 0, 0, 11, 0, BOOKS_LIE},
    {10, 9, 10, 0, 0, 10, 0, BOOKS_LIE},
    {10, 10, 10, 0, 1, 10, 0, BOOKS_LIE},
    {10, 10, UINT64_MAX, 0, 11, 10, 0, BOOKS_LIE},
    {10, 10, 10, 0, 0, 11, 0, DEVICE_DID_MORE},
    {10, 9, 9, 0, 0, 10, 0, DEVICE_DID_MORE | WORK_IS_MISSING},
    {10, 10, 9, 0, 1, 10, 0, WORK_IS_MISSING},
    {10, 9, 9, 0, 0, 9, 0, WORK_IS_MISSING},
    {10, 10, 9, 0, 0, 10, 0, WORK_IS_MISSING},
    {10, 10, 10, 0, 0, 9, 0, WORK_IS_MISSING},
    {10, 10, 10, 0, 0, 0, 0, WORK_IS_MISSING},
    {10, 10, 10, 0, 0, 10, 1, WORK_IS_MISSING},
};

static const struct {
    bool promised, serialises;
    uint32_t max;
    unsigned facts;
} overlaps[] = {
    {false, false, 0, NEVER_MET},
    {false, false, 8, 0},
    {true, false, 0, PROMISED | NEVER_MET},
    {true, false, 1, PROMISED | NEVER_MET},
    {true, false, 2, PROMISED},
    {true, true, 1, PROMISED | SERIALISED | NEVER_MET},
    {true, true, 8, PROMISED | SERIALISED},
};

struct combination {
    struct mp_exit exit;
    struct mp_page_summary page;
    struct mp_crash crash;
    bool has_crash;
    unsigned facts;
};

/* The combination with this number; false when there are no more. */
static bool combine(size_t number, struct combination *ret) {
    size_t e = number % MP_COUNT(exits), rest = number / MP_COUNT(exits);
    size_t c = rest % MP_COUNT(captures);
    rest /= MP_COUNT(captures);
    size_t p = rest % MP_COUNT(phases);
    rest /= MP_COUNT(phases);
    size_t r = rest % MP_COUNT(results);
    rest /= MP_COUNT(results);
    size_t n = rest % MP_COUNT(counts);
    rest /= MP_COUNT(counts);
    size_t o = rest % MP_COUNT(overlaps);
    rest /= MP_COUNT(overlaps);
    bool is_torn = rest & 1, child = rest & 2;
    if (rest > 3)
        return false;
    ret->exit = (struct mp_exit){.kind = exits[e].kind,
                                 .code = exits[e].code,
                                 .signal = exits[e].signal,
                                 .sender = exits[e].sender,
                                 .absent_ns = exits[e].absent_ns,
                                 .was_stopped = (exits[e].facts & HALTED) != 0 &&
                                                exits[e].absent_ns == 0,
                                 .child_crashed = child};
    ret->has_crash = captures[c].signal >= 0;
    ret->crash.signal = captures[c].signal;
    ret->page.phase = phases[p].phase;
    ret->page.result = results[r].result;
    ret->page.is_torn = is_torn;
    ret->page.ops_planned = counts[n].planned;
    ret->page.ops_started = counts[n].started;
    ret->page.ops_done = counts[n].done;
    ret->page.ops_wrong = counts[n].wrong;
    ret->page.ops_dropped = counts[n].dropped;
    ret->page.ops_device = counts[n].device;
    ret->page.buffers_failed = counts[n].failed;
    ret->page.promised_overlap = overlaps[o].promised;
    ret->page.arm_serialises = overlaps[o].serialises;
    ret->page.overlap_max = overlaps[o].max;
    ret->facts = exits[e].facts | captures[c].facts | phases[p].facts | results[r].facts |
                 counts[n].facts | overlaps[o].facts | (is_torn ? TORN : 0) |
                 (child ? CHILD : 0);
    return true;
}

static enum mp_outcome decide(const struct combination *c, char *ret_detail,
                              size_t size) {
    return mp_outcome_decide(&c->exit, &c->page, c->has_crash ? &c->crash : NULL, NULL,
                             ret_detail, size);
}

static size_t expected_row(unsigned facts) {
    size_t row = 0;
    while ((facts & expectation[row].all) != expectation[row].all ||
           (facts & expectation[row].none) != 0)
        row++;
    return row;
}

static void every_combination_ends_as_the_table_says(void **state) {
    (void)state;
    static struct combination c;
    size_t hits[MP_COUNT(expectation)] = {0};
    size_t number = 0;
    for (; combine(number, &c); number++) {
        char detail[256] = "";
        size_t row = expected_row(c.facts);
        enum mp_outcome outcome = decide(&c, detail, sizeof(detail));
        if (outcome != expectation[row].outcome)
            fail_msg("combination %zu, facts %#x: %s instead of %s (%s)", number, c.facts,
                     mp_outcome_name(outcome), mp_outcome_name(expectation[row].outcome),
                     detail);
        assert_int_not_equal(detail[0], '\0');
        hits[row]++;
    }
    assert_int_equal(number, MP_COUNT(exits) * MP_COUNT(captures) * MP_COUNT(phases) *
                                 MP_COUNT(results) * MP_COUNT(counts) *
                                 MP_COUNT(overlaps) * 4);
    /* A row that nothing reaches would be a rule without a test. */
    for (size_t row = 0; row < MP_COUNT(expectation); row++)
        assert_int_not_equal(hits[row], 0);
}

static void no_pass_without_every_proof(void **state) {
    (void)state;
    static struct combination c;
    size_t passes = 0;
    for (size_t number = 0; combine(number, &c); number++) {
        char detail[256];
        enum mp_outcome outcome = decide(&c, detail, sizeof(detail));
        if (c.exit.kind == MP_EXIT_STOPPED)
            assert_int_equal(mp_outcome_class(outcome), MP_CLASS_NO_VERDICT);
        if (outcome != MP_OUTCOME_PASS)
            continue;
        passes++;
        assert_true(c.exit.kind == MP_EXIT_CODE && c.exit.code == 0 &&
                    !c.exit.child_crashed);
        assert_true(!c.has_crash || c.crash.signal == 0 || c.crash.signal == SIGSTOP);
        assert_true(c.page.phase == MP_PHASE_DONE && c.page.result == MP_RESULT_OK);
        assert_false(c.page.is_torn);
        assert_true(c.page.ops_planned > 0 && c.page.ops_planned == c.page.ops_started &&
                    c.page.ops_planned == c.page.ops_done &&
                    c.page.ops_planned == c.page.ops_device);
        assert_true(c.page.ops_wrong + c.page.ops_dropped + c.page.buffers_failed == 0);
    }
    assert_true(passes > 0);
}

static void same_witnesses_give_the_same_outcome_and_detail(void **state) {
    (void)state;
    static struct combination c;
    for (size_t number = 0; combine(number, &c); number += 101) {
        char first[256], second[256];
        memset(first, 1, sizeof(first));
        memset(second, 2, sizeof(second));
        assert_int_equal(decide(&c, first, sizeof(first)),
                         decide(&c, second, sizeof(second)));
        assert_string_equal(first, second);
    }
}

static void processes_left_behind_are_told_and_change_nothing(void **state) {
    (void)state;
    static struct combination c;
    for (size_t number = 0; combine(number, &c); number += 37) {
        char detail[256];
        enum mp_outcome clean = decide(&c, detail, sizeof(detail));
        assert_null(strstr(detail, "behind"));
        c.exit.leaked = 3;
        assert_int_equal(decide(&c, detail, sizeof(detail)), clean);
        assert_non_null(strstr(detail, "left 3 processes behind"));
    }
}

static void detail_is_bounded_and_shows_no_control_bytes(void **state) {
    (void)state;
    struct mp_exit exit = {.kind = MP_EXIT_CODE};
    struct mp_page_summary page = {.phase = MP_PHASE_DONE, .result = MP_RESULT_MISMATCH};
    snprintf(page.message, sizeof(page.message), "\x1b[31mop 7: 1 instead of 2\n");
    char detail[64];
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_MISMATCH);
    assert_string_equal(detail, "\\x1b[31mop 7: 1 instead of 2\\x0a");
    char small[8];
    memset(page.message, 'x', sizeof(page.message) - 1);
    mp_outcome_decide(&exit, &page, NULL, NULL, small, sizeof(small));
    assert_string_equal(small, "xxxxxxx");
}

static void detail_names_what_happened(void **state) {
    (void)state;
    struct mp_crash crash = {.signal = SIGSEGV};
    struct mp_page_summary page = {.phase = MP_PHASE_RUN};
    struct mp_exit swallowed = {.kind = MP_EXIT_CODE, .code = 3};
    struct mp_exit killed = {.kind = MP_EXIT_SIGNAL, .signal = SIGKILL};
    char detail[256];
    mp_outcome_decide(&swallowed, &page, &crash, NULL, detail, sizeof(detail));
    assert_string_equal(detail, "SIGSEGV in phase run, and then it exited with code 3");
    mp_outcome_decide(&killed, &page, NULL, NULL, detail, sizeof(detail));
    assert_string_equal(
        detail, "was killed by SIGKILL in phase run, sent from outside (out of memory?)");
    killed.signal = SIGBUS;
    mp_outcome_decide(&killed, &page, NULL, NULL, detail, sizeof(detail));
    assert_string_equal(detail, "SIGBUS in phase run; whether it was sent is not known "
                                "without capture");
    killed.signal = SIGUSR1;
    mp_outcome_decide(&killed, &page, NULL, NULL, detail, sizeof(detail));
    assert_string_equal(detail, "was killed by SIGUSR1 in phase run; who sent it is not "
                                "known without capture");
    killed.sender = (struct mp_sender){MP_SENDER_OTHER, SIGUSR1, 42, "e\x1bl"};
    mp_outcome_decide(&killed, &page, NULL, NULL, detail, sizeof(detail));
    assert_string_equal(detail, "was killed by SIGUSR1 in phase run, sent by process 42 "
                                "(e\\x1bl)");
    mp_outcome_decide(&swallowed, &page, NULL, NULL, detail, sizeof(detail));
    assert_string_equal(
        detail, "it exited with code 3 in phase run, so the rest of its work is missing");
}

static void a_round_without_memory_of_its_own_is_no_finding(void **state) {
    (void)state;
    struct mp_page_summary page = {.phase = MP_PHASE_RUN, .ops_planned = 4};
    struct mp_exit exit = {.kind = MP_EXIT_CODE, .code = 6};
    char detail[256];
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_BROKEN);
    assert_string_equal(detail,
                        "it got no memory for its own work in phase run, and ended");
    exit.code = 5;
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_DROPPED);
}

static void names_lead_back_to_their_outcome(void **state) {
    (void)state;
    static const char *const failures[] = {"crash", "abort",     "mismatch", "dropped",
                                           "hang",  "gpu_error", "exit"};
    static const char *const without[] = {"skip", "broken", "no_verdict", "lost"};
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        assert_int_equal(mp_outcome_find(mp_outcome_name((enum mp_outcome)i)), i);
    for (size_t i = 0; i < MP_COUNT(failures); i++)
        assert_int_equal(mp_outcome_class(mp_outcome_find(failures[i])),
                         MP_CLASS_FAILURE);
    for (size_t i = 0; i < MP_COUNT(without); i++) {
        assert_int_equal(mp_outcome_class(mp_outcome_find(without[i])),
                         MP_CLASS_NO_VERDICT);
        assert_int_equal(mp_outcome_may_hide(mp_outcome_find(without[i])), i > 0);
    }
    assert_int_equal(mp_outcome_class(mp_outcome_find("pass")), MP_CLASS_PASS);
    /* Left out, it would leave out passes only. */
    assert_int_equal(mp_outcome_class(mp_outcome_find("no_overlap")), MP_CLASS_PASS);
    assert_false(mp_outcome_may_hide(MP_OUTCOME_PASS) ||
                 mp_outcome_may_hide(MP_OUTCOME_HANG));
    assert_int_equal(MP_COUNT(failures) + MP_COUNT(without) + 2, MP_OUTCOME_COUNT);
    assert_int_equal(mp_outcome_find("passed"), MP_OUTCOME_COUNT);
}

static void round_with_a_thread_that_never_ended_is_no_pass(void **state) {
    (void)state;
    struct mp_exit exit = {.kind = MP_EXIT_CODE};
    struct mp_page_summary page = {.phase = MP_PHASE_DONE,
                                   .result = MP_RESULT_OK,
                                   .threads_started = 4,
                                   .ops_planned = 8,
                                   .ops_started = 8,
                                   .ops_done = 8,
                                   .ops_device = 8};
    char detail[256];
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_PASS);
    page.threads_unfinished = 1;
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_DROPPED);
    assert_non_null(strstr(detail, "1 of 4 threads"));
}

static void counts_say_what_is_wrong_or_missing(void **state) {
    (void)state;
    static const struct {
        uint64_t planned, started, done, wrong, dropped, device, failed;
        const char *message;
        enum mp_outcome outcome;
        const char *words;
    } rows[] = {
        {8, 8, 8, 0, 0, 8, 0, "", MP_OUTCOME_PASS, ""},
        {8, 8, 6, 2, 0, 8, 0, "op 3: 1, not 2", MP_OUTCOME_MISMATCH,
         "2 of 8 ops gave a wrong result; first: op 3: 1, not 2"},
        {0, 0, 0, 0, 0, 0, 0, "", MP_OUTCOME_BROKEN, "no op was planned"},
        {8, 9, 8, 0, 0, 9, 0, "", MP_OUTCOME_BROKEN, "contradict"},
        {8, 7, 8, 0, 0, 8, 0, "", MP_OUTCOME_BROKEN, "contradict"},
        {8, 8, UINT64_MAX, 0, 2, 8, 0, "", MP_OUTCOME_BROKEN, "contradict"},
        {8, 8, 8, 0, 0, 9, 0, "", MP_OUTCOME_MISMATCH,
         "the device executed 9 ops but was given 8"},
        {8, 8, 7, 0, 1, 8, 0, "", MP_OUTCOME_DROPPED, "1 of 8 ops left no output"},
        {8, 8, 8, 0, 0, 7, 0, "", MP_OUTCOME_DROPPED,
         "the device executed 7 of 8 ops it was given"},
        {8, 7, 7, 0, 0, 7, 0, "", MP_OUTCOME_DROPPED, "7 of 8 planned ops were done"},
        {8, 8, 8, 0, 0, 8, 1, "", MP_OUTCOME_DROPPED, "1 command buffer failed"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_page_summary page = {.ops_planned = rows[i].planned,
                                       .ops_started = rows[i].started,
                                       .ops_done = rows[i].done,
                                       .ops_wrong = rows[i].wrong,
                                       .ops_dropped = rows[i].dropped,
                                       .ops_device = rows[i].device,
                                       .buffers_failed = rows[i].failed};
        struct mp_strbuf detail;
        mp_strbuf_init(&detail);
        snprintf(page.message, sizeof(page.message), "%s", rows[i].message);
        assert_int_equal(mp_outcome_from_counts(&page, &detail), rows[i].outcome);
        assert_non_null(strstr(detail.text, rows[i].words));
        assert_true((detail.len > 0) == (rows[i].outcome != MP_OUTCOME_PASS));
        mp_strbuf_release(&detail);
    }
}

/* Every combination once more, with a claim: what it tested is not what its arm names. */
static void round_without_the_claimed_library_is_broken_whatever_it_did(void **state) {
    (void)state;
    static const enum mp_fix_state unmet[] = {MP_FIX_ABSENT, MP_FIX_OTHER_BUILD,
                                              MP_FIX_IDLE, MP_FIX_UNKNOWN};
    const struct mp_page_summary good = {.phase = MP_PHASE_DONE,
                                         .result = MP_RESULT_OK,
                                         .ops_planned = 1,
                                         .ops_started = 1,
                                         .ops_done = 1,
                                         .ops_device = 1};
    struct mp_page_summary bad = good, skip = good, broken = good;
    bad.result = MP_RESULT_MISMATCH;
    skip.result = MP_RESULT_SKIP;
    broken.result = MP_RESULT_BROKEN;
    const struct mp_exit left = {.kind = MP_EXIT_CODE},
                         died = {.kind = MP_EXIT_SIGNAL, .signal = SIGSEGV},
                         stopped = {.kind = MP_EXIT_STOPPED};
    const struct {
        const struct mp_exit *exit;
        const struct mp_page_summary *page;
        enum mp_outcome with, without;
    } cases[] = {
        {&left, &good, MP_OUTCOME_PASS, MP_OUTCOME_BROKEN},
        {&died, &good, MP_OUTCOME_CRASH, MP_OUTCOME_BROKEN},
        {&left, &bad, MP_OUTCOME_MISMATCH, MP_OUTCOME_BROKEN},
        {&left, &skip, MP_OUTCOME_SKIP, MP_OUTCOME_SKIP},
        {&left, &broken, MP_OUTCOME_BROKEN, MP_OUTCOME_BROKEN},
        {&stopped, &good, MP_OUTCOME_LOST, MP_OUTCOME_LOST},
    };
    char detail[1024];
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_fix_claim claim = {.state = MP_FIX_MAPPED, .words = "it is there"};
        assert_int_equal(mp_outcome_decide(cases[i].exit, cases[i].page, NULL, &claim,
                                           detail, sizeof(detail)),
                         cases[i].with);
        assert_null(strstr(detail, claim.words));
        for (size_t k = 0; k < MP_COUNT(unmet); k++) {
            claim.state = unmet[k];
            assert_int_equal(mp_outcome_decide(cases[i].exit, cases[i].page, NULL, &claim,
                                               detail, sizeof(detail)),
                             cases[i].without);
            assert_true((strstr(detail, claim.words) != NULL) ==
                        (cases[i].with != cases[i].without));
        }
    }
}

/* Whatever kills a round before its device is open is the library's doing, if its arm
 * has one, and only then. */
static void library_that_dies_while_it_is_loaded_is_broken(void **state) {
    (void)state;
    const struct mp_fix_claim claim = {.state = MP_FIX_UNKNOWN, .words = "unknown"};
    const struct mp_exit died = {
        .kind = MP_EXIT_SIGNAL, .signal = SIGSEGV, .sender.kind = MP_SENDER_ITSELF};
    char detail[1024];
    for (int phase = 0; phase < MP_PHASE_COUNT; phase++) {
        const struct mp_page_summary page = {.phase = (enum mp_page_phase)phase};
        bool is_loading = phase <= MP_PHASE_OPEN;
        assert_int_equal(
            mp_outcome_decide(&died, &page, NULL, NULL, detail, sizeof(detail)),
            MP_OUTCOME_CRASH);
        assert_int_equal(
            mp_outcome_decide(&died, &page, NULL, &claim, detail, sizeof(detail)),
            MP_OUTCOME_BROKEN);
        assert_true((strstr(detail, "while the library of its arm was loaded") != NULL) ==
                    is_loading);
    }
}

/* Only what may follow from the lost buffer loses its verdict. */
static void work_lost_to_another_ones_gpu_error_is_no_verdict(void **state) {
    static const struct {
        enum mp_page_result result;
        enum mp_exit_kind exit;
        enum mp_outcome own, other;
    } cases[] = {
        {MP_RESULT_GPU_ERROR, MP_EXIT_CODE, MP_OUTCOME_GPU_ERROR, MP_OUTCOME_NO_VERDICT},
        {MP_RESULT_DROPPED, MP_EXIT_CODE, MP_OUTCOME_DROPPED, MP_OUTCOME_NO_VERDICT},
        {MP_RESULT_MISMATCH, MP_EXIT_CODE, MP_OUTCOME_MISMATCH, MP_OUTCOME_NO_VERDICT},
        {MP_RESULT_SKIP, MP_EXIT_CODE, MP_OUTCOME_SKIP, MP_OUTCOME_SKIP},
        {MP_RESULT_GPU_ERROR, MP_EXIT_SIGNAL, MP_OUTCOME_CRASH, MP_OUTCOME_CRASH},
        {MP_RESULT_GPU_ERROR, MP_EXIT_DEADLINE, MP_OUTCOME_HANG, MP_OUTCOME_HANG},
    };
    char detail[1024];
    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_exit exit = {.kind = cases[i].exit, .signal = SIGSEGV};
        struct mp_page_summary page = {.phase = MP_PHASE_DONE,
                                       .result = cases[i].result,
                                       .gpu_blame = MP_GPU_BLAME_OWN,
                                       .gpu_error = {.callback = 3}};
        assert_int_equal(
            mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
            cases[i].own);
        page.gpu_blame = MP_GPU_BLAME_OTHER;
        page.gpu_error.callback = 5;
        assert_int_equal(
            mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
            cases[i].other);
        assert_true((strstr(detail, "(innocent victim)") != NULL) ==
                    (cases[i].own != cases[i].other));
    }
}

/* A sleep of the machine takes the verdict, a pause of a moment does not. */
static void round_across_a_sleep_is_broken_whatever_it_did(void **state) {
    (void)state;
    const struct mp_page_summary good = {.phase = MP_PHASE_DONE,
                                         .result = MP_RESULT_OK,
                                         .ops_planned = 1,
                                         .ops_started = 1,
                                         .ops_done = 1,
                                         .ops_device = 1};
    struct mp_page_summary skip = good, early = good;
    skip.result = MP_RESULT_SKIP;
    early.phase = MP_PHASE_RUN;
    const struct {
        struct mp_exit exit;
        const struct mp_page_summary *page;
        enum mp_outcome awake, across;
    } cases[] = {
        {{.kind = MP_EXIT_CODE}, &good, MP_OUTCOME_PASS, MP_OUTCOME_BROKEN},
        {{.kind = MP_EXIT_DEADLINE}, &early, MP_OUTCOME_HANG, MP_OUTCOME_BROKEN},
        {{.kind = MP_EXIT_SIGNAL, .signal = SIGSEGV},
         &early,
         MP_OUTCOME_CRASH,
         MP_OUTCOME_BROKEN},
        {{.kind = MP_EXIT_CODE}, &skip, MP_OUTCOME_SKIP, MP_OUTCOME_SKIP},
        {{.kind = MP_EXIT_STOPPED}, &good, MP_OUTCOME_LOST, MP_OUTCOME_LOST},
    };
    char detail[1024];
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_exit exit = cases[i].exit;
        exit.slept_ns = MP_OUTCOME_SLEEP_MIN_NS - 1;
        assert_int_equal(
            mp_outcome_decide(&exit, cases[i].page, NULL, NULL, detail, sizeof(detail)),
            cases[i].awake);
        exit.slept_ns = 150 * MP_OUTCOME_SLEEP_MIN_NS;
        assert_int_equal(
            mp_outcome_decide(&exit, cases[i].page, NULL, NULL, detail, sizeof(detail)),
            cases[i].across);
        assert_true((strstr(detail, "the machine slept for 3 min during the round; "
                                    "without that it would be ") != NULL) ==
                    (cases[i].awake != cases[i].across));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_lost_to_another_ones_gpu_error_is_no_verdict),
        cmocka_unit_test(round_across_a_sleep_is_broken_whatever_it_did),
        cmocka_unit_test(round_with_a_thread_that_never_ended_is_no_pass),
        cmocka_unit_test(every_combination_ends_as_the_table_says),
        cmocka_unit_test(no_pass_without_every_proof),
        cmocka_unit_test(same_witnesses_give_the_same_outcome_and_detail),
        cmocka_unit_test(processes_left_behind_are_told_and_change_nothing),
        cmocka_unit_test(detail_is_bounded_and_shows_no_control_bytes),
        cmocka_unit_test(detail_names_what_happened),
        cmocka_unit_test(counts_say_what_is_wrong_or_missing),
        cmocka_unit_test(a_round_without_memory_of_its_own_is_no_finding),
        cmocka_unit_test(names_lead_back_to_their_outcome),
        cmocka_unit_test(round_without_the_claimed_library_is_broken_whatever_it_did),
        cmocka_unit_test(library_that_dies_while_it_is_loaded_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
