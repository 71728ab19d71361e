/* Capture as a Mac compiles it, on a double of Mach, with real crashes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/victim_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/round/hello.h"
#include "harness/supervisor/campaign/judgement.h"
#include "harness/supervisor/capture/capture.h"
#include "harness/supervisor/capture/mach_message.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/tests/ips_writer.h"
#include "harness/tests/mach_double/mach_double.h"

#define ANY UINT64_MAX
#define WORDS                                                                            \
    "Assertion failed: (count == 7), function victim_count, file victim.c, line 12."
/* MACH_RCV_PORT_DIED */
#define PORT_DIED 0x10004009

struct row {
    const char *deed, *address;
    int signal, code;
    bool has_address;
    uint64_t at;
    enum mp_crash_access access;
    enum mp_fault_class fault_class;
    const char *function; /* NULL: the C library has no frame records */
    size_t depth;
};

static struct mp_round_end crash_once(const char *deed, const char *address) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec(deed);
    if (address != NULL)
        set_param(&spec, "address", address);
    run_round(runner, &spec, &end);
    mp_runner_close(runner);
    return end;
}

/* After every test: each message was answered once, each stop was undone, nothing was
 * looked at too early or too late, and no right is left. */
static int settle(void **state) {
    struct mach_double_counts counts = mach_double_counts();
    (void)state;
    assert_int_equal(counts.replies, counts.crashes);
    assert_int_equal(counts.unanswered, 0);
    assert_int_equal(counts.suspends, counts.resumes);
    assert_int_equal(counts.early_reads, 0);
    assert_int_equal(counts.late_reads, 0);
    assert_int_equal(counts.lists, 0);
    assert_int_equal(counts.bad_releases, 0);
    assert_int_equal(mach_double_rights(), 0);
    mp_crash_destroy(mach_double_take_witness());
    return 0;
}

static int begin(void **state) {
    (void)state;
    mach_double_reset();
    return 0;
}

static bool has_register(const struct mp_crash_thread *thread, const char *name,
                         uint64_t value) {
    for (size_t i = 0; i < thread->register_count; i++)
        if (strcmp(thread->reg[i].name, name) == 0)
            return thread->reg[i].value == value;
    return false;
}

static void check(const struct row *want) {
    struct mp_round_end end = crash_once(want->deed, want->address);
    print_message("  %s %s\n", want->deed, want->address != NULL ? want->address : "");
    assert_int_equal(end.trace, MP_TRACE_ON);
    assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
    assert_int_equal(end.exit.signal, want->signal);
    assert_non_null(end.crash);
    const struct mp_crash *crash = end.crash;
    assert_int_equal(crash->signal, want->signal);
    assert_int_equal(crash->code, want->code);
    assert_int_equal(crash->has_address, want->has_address);
    if (want->at != ANY)
        assert_true(crash->address == want->at);
    if (want->has_address)
        assert_true(has_register(&crash->thread[0], "far", crash->address));
    assert_string_equal(mp_crash_access_name(crash->access),
                        mp_crash_access_name(want->access));
    assert_string_equal(mp_fault_class_name(crash->fault_class),
                        mp_fault_class_name(want->fault_class));
    assert_true(crash->thread_count >= 1 && crash->thread[0].is_faulting);
    if (want->function != NULL) {
        assert_true(crash->thread[0].frame_count > want->depth);
        assert_string_equal(crash->thread[0].frame[want->depth].symbol, want->function);
    }
    mp_round_end_release(&end);
}

static void each_fault_has_signal_code_address_access_class_and_frame(void **state) {
    static const struct row rows[] = {
        {"read", "0", SIGSEGV, 1, true, 0, MP_ACCESS_READ, MP_FAULT_NULL, "victim_read",
         0},
        {"write", "0x3b90", SIGSEGV, 1, true, 0x3b90, MP_ACCESS_WRITE, MP_FAULT_NULL,
         "victim_write", 0},
        {"read", "0x123456789000", SIGSEGV, 1, true, 0x123456789000, MP_ACCESS_READ,
         MP_FAULT_WILD, "victim_read", 0},
        {"call", "0", SIGSEGV, 1, true, 0, MP_ACCESS_EXECUTE, MP_FAULT_JUMP_NULL,
         "victim_call", 1},
        {"call", "0x123456789000", SIGSEGV, 1, true, 0x123456789000, MP_ACCESS_EXECUTE,
         MP_FAULT_WILD, "victim_call", 1},
        {"read_only", NULL, SIGSEGV, 2, true, ANY, MP_ACCESS_WRITE, MP_FAULT_PROTECTION,
         "victim_write", 0},
        {"past_file", NULL, SIGBUS, 10, true, ANY, MP_ACCESS_READ, MP_FAULT_BUS,
         "victim_read", 0},
        {"stack_main", NULL, SIGSEGV, 1, true, ANY, MP_ACCESS_WRITE,
         MP_FAULT_STACK_OVERFLOW, "victim_recurse", 0},
        {"stack_worker", NULL, SIGSEGV, 2, true, ANY, MP_ACCESS_WRITE,
         MP_FAULT_STACK_OVERFLOW, "victim_recurse", 0},
        {"abort", NULL, SIGABRT, 0, false, 0, MP_ACCESS_UNKNOWN, MP_FAULT_NONE, NULL, 0},
#if defined(__x86_64__)
        {"non_canonical_read", NULL, SIGSEGV, 1, true, 0x5a5a000000000010, MP_ACCESS_READ,
         MP_FAULT_NON_CANONICAL, "victim_read", 0},
        {"divide", NULL, SIGFPE, 1, true, ANY, MP_ACCESS_UNKNOWN, MP_FAULT_ARITHMETIC,
         "victim_divide", 0},
        {"illegal", NULL, SIGILL, 1, true, ANY, MP_ACCESS_UNKNOWN, MP_FAULT_INSTRUCTION,
         NULL, 0},
#endif
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        check(&rows[i]);
    assert_int_equal(mach_double_counts().crashes, MP_COUNT(rows));
}

static void the_record_agrees_with_what_linux_saw_of_the_same_crash(void **state) {
    static const char *const deeds[][2] = {
        {"read", "0x5c8"},      {"write", "0"},      {"call", "0"},  {"read_only", NULL},
        {"named_worker", NULL}, {"past_file", NULL}, {"cxx", "0x20"}};
    struct mp_signature ours, theirs;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(deeds); i++) {
        struct mp_round_end end = crash_once(deeds[i][0], deeds[i][1]);
        struct mp_crash *witness = mach_double_take_witness();
        assert_non_null(end.crash);
        assert_non_null(witness);
        mp_signature_make(end.crash, &ours);
        mp_signature_make(witness, &theirs);
        assert_string_equal(ours.key, theirs.key);
        assert_string_equal(ours.title, theirs.title);
        assert_string_equal(end.crash->thread[0].name, witness->thread[0].name);
        assert_int_equal(end.crash->thread[0].tid, witness->thread[0].tid);
        assert_int_equal(end.crash->thread_count, witness->thread_count);
        const struct mp_crash_frame *frame = &end.crash->thread[0].frame[0];
        assert_true(frame->pc == witness->thread[0].frame[0].pc);
        if (frame->module >= 0) {
            const struct mp_crash_module *module = &end.crash->module[frame->module];
            assert_non_null(strstr(module->path, "victim_round"));
            /* A UUID has 16 bytes, a build id more. */
            const struct mp_crash_frame *other = &witness->thread[0].frame[0];
            assert_memory_equal(module->id, witness->module[other->module].id, 32);
            assert_true(frame->offset == other->offset);
        }
        mp_crash_destroy(witness);
        mp_round_end_release(&end);
    }
}

static void a_report_of_the_system_is_kept_for_a_real_device_only(void **state) {
    static const struct {
        const char *device;
        int32_t reply;
    } row[] = {{"metal", PORT_DIED}, {"null", 0}, {"metal@model:reader=U", 0}};
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_end end;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++) {
        struct mp_round_spec spec = victim_spec("read");
        set_param(&spec, "address", "0");
        snprintf(spec.device, sizeof(spec.device), "%s", row[i].device);
        run_round(runner, &spec, &end);
        assert_int_equal(mach_double_counts().last_reply, row[i].reply);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void rounds_leave_no_right_behind_whatever_becomes_of_them(void **state) {
    static const char *const deeds[] = {"exit", "abort", "raise", "together", "leak"};
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_end end;
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct mp_round_spec spec = victim_spec(deeds[i % 5]);
        run_round(runner, &spec, &end);
        assert_int_equal(mach_double_rights(), 0);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void symbols_that_one_round_had_are_not_read_again(void **state) {
    struct mp_runner *runner = open_runner(1, true);
    uint64_t bytes[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct mp_round_spec spec = victim_spec("write");
        struct mp_round_end end;
        uint64_t before = mach_double_counts().bytes_read;
        run_round(runner, &spec, &end);
        bytes[i] = mach_double_counts().bytes_read - before;
        assert_non_null(end.crash);
        assert_string_equal(end.crash->thread[0].frame[0].symbol, "victim_write");
        mp_round_end_release(&end);
    }
    print_message("  %u bytes, then %u and %u\n", (unsigned)bytes[0], (unsigned)bytes[1],
                  (unsigned)bytes[2]);
    assert_true(bytes[1] < bytes[0] / 2);
    assert_true(bytes[2] < bytes[0] / 2);
    mp_runner_close(runner);
}

static void rounds_at_the_same_time_are_told_apart(void **state) {
    struct mp_runner *runner = open_runner(4, true);
    struct mp_round_end end;
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        char address[32];
        struct mp_round_spec spec = victim_spec("read");
        snprintf(address, sizeof(address), "%u", (unsigned)(0x100 * (i + 1)));
        set_param(&spec, "address", address);
        start_round(runner, &spec, i + 1);
    }
    for (int i = 0; i < 4; i++) {
        wait_round(runner, &end);
        assert_non_null(end.crash);
        assert_true(end.crash->address == 0x100 * end.tag);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void a_crash_is_of_its_own_round_while_an_older_one_runs(void **state) {
    struct mp_runner *runner = open_runner(2, true);
    struct mp_round_spec older = victim_spec("spin"), spec = victim_spec("read");
    struct mp_round_end end;
    (void)state;
    set_param(&spec, "address", "0");
    start_round(runner, &older, 1);
    start_round(runner, &spec, 2);
    wait_round(runner, &end);
    assert_int_equal(end.tag, 2);
    assert_non_null(end.crash);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

/* What ReportCrash would write of what Linux saw. */
static struct mp_os_report *report_of(const struct mp_crash *witness,
                                      const struct mp_mach_codes *codes) {
    struct mp_strbuf text;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    mp_strbuf_init(&text);
    ips_write(witness, codes, &text);
    if (mp_os_report_parse(text.text, text.len, &report, &err) != MP_OK)
        fail_msg("%s", err.text);
    mp_strbuf_release(&text);
    return report;
}

static void an_imported_report_of_the_same_crash_has_the_same_record(void **state) {
    static const struct {
        const char *deed, *address;
        struct mp_mach_codes codes;
    } row[] = {
        {"read", "0x5c8", {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x92000006}},
        {"write", "0", {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x92000046}},
        {"call", "0", {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x82000006}},
        {"read_only", NULL, {"EXC_BAD_ACCESS", "SIGSEGV", 2, 0x92000046}},
        {"past_file", NULL, {"EXC_BAD_ACCESS", "SIGBUS", 10, 0x92000006}},
        {"named_worker", NULL, {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x92000006}},
        {"stack_worker", NULL, {"EXC_BAD_ACCESS", "SIGSEGV", 2, 0x92000046}},
        {"cxx", "0x20", {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x92000006}},
        {"company", NULL, {"EXC_BAD_ACCESS", "SIGSEGV", 1, 0x92000006}},
    };
    struct mp_signature ours, theirs;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++) {
        struct mp_round_end end = crash_once(row[i].deed, row[i].address);
        struct mp_crash *witness = mach_double_take_witness();
        assert_non_null(end.crash);
        assert_non_null(witness);
        struct mp_os_report *report = report_of(witness, &row[i].codes);
        print_message("  %s\n", row[i].deed);
        assert_true(mp_os_report_sign(report, &theirs));
        mp_signature_make(end.crash, &ours);
        assert_string_equal(ours.key, theirs.key);
        assert_string_equal(ours.title, theirs.title);
        const struct mp_crash *other = report->crash;
        assert_int_equal(end.crash->signal, other->signal);
        assert_int_equal(end.crash->code, other->code);
        assert_true(end.crash->address == other->address);
        assert_int_equal(end.crash->access, other->access);
        assert_int_equal(end.crash->fault_class, other->fault_class);
        assert_int_equal(end.crash->thread_count, other->thread_count);
        assert_int_equal(end.crash->thread[0].tid, other->thread[0].tid);
        assert_string_equal(end.crash->thread[0].name, other->thread[0].name);
        assert_string_equal(end.crash->thread[0].frame[0].symbol,
                            other->thread[0].frame[0].symbol);
        assert_true(end.crash->thread[0].frame[0].pc == other->thread[0].frame[0].pc);
        mp_os_report_destroy(report);
        mp_crash_destroy(witness);
        mp_round_end_release(&end);
    }
}

/* The victim's words are in its memory only, where ReportCrash finds them. */
static void an_abort_says_why_and_has_the_signature_of_its_report(void **state) {
    static const struct mp_mach_codes codes = {"EXC_CRASH", "SIGABRT", 0, 0};
    struct mp_round_end end = crash_once("abort_with_words", NULL);
    struct mp_crash *witness = mach_double_take_witness();
    struct mp_signature theirs;
    struct mp_judgement judgement;
    (void)state;
    assert_non_null(end.crash);
    assert_non_null(witness);
    assert_string_equal(end.stderr_text, "");
    snprintf(witness->said, sizeof(witness->said), "%s", WORDS);
    struct mp_os_report *report = report_of(witness, &codes);
    assert_true(mp_os_report_sign(report, &theirs));
    mp_judgement_make(&end, NULL, &judgement);
    assert_string_equal(judgement.signature.key, theirs.key);
    assert_string_equal(judgement.signature.title, theirs.title);
    assert_non_null(strstr(judgement.detail, "; it said " WORDS));
    assert_non_null(strstr(theirs.key, "count =="));
    mp_os_report_destroy(report);
    mp_crash_destroy(witness);
    mp_round_end_release(&end);
    end = crash_once("abort", NULL);
    assert_string_equal(end.crash->said, "");
    mp_round_end_release(&end);
}

/* The round's own hello: this process plays the round and the supervisor. */
static void the_hello_that_a_round_sends_is_the_one_that_is_understood(void **state) {
    struct mp_capture *capture = NULL;
    struct mp_error err;
    posix_spawnattr_t attr;
    (void)state;
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    assert_int_equal(posix_spawnattr_init(&attr), 0);
    assert_int_equal(mp_capture_mark_spawn(capture, &attr), 0);
    unsigned before = mach_double_rights();
    mp_hello_say();
    assert_false(mach_double_is_registered());
    assert_int_equal(mach_double_rights(), before + 1);
    assert_int_equal(mp_capture_attach(capture, getpid(), &err), MP_OK);
    /* A look at a hang takes what has come; this process is not the double's to stop. */
    assert_null(mp_capture_sample(capture, 1));
    assert_int_equal(mach_double_counts().suspends, 1);
    assert_int_equal(mach_double_rights(), before + 1); /* it is kept */
    mp_capture_close(capture);
    mp_hello_say(); /* nobody listens */
    posix_spawnattr_destroy(&attr);
    assert_int_equal(mach_double_rights(), 0);
    mach_double_reset();
}

static void the_task_is_kept_once_however_often_a_round_says_hello(void **state) {
    struct mp_hello_message hello = {
        .header = {.bits = 0x80001100, .size = sizeof(hello), .id = MP_HELLO_ID},
        .descriptors = 1};
    struct mp_capture *capture = NULL;
    struct mp_error err;
    (void)state;
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    assert_int_equal(mp_capture_attach(capture, getpid(), &err), MP_OK);
    unsigned before = mach_double_rights();
    for (int i = 0; i < 3; i++)
        mach_double_send(&hello, sizeof(hello), 1, getpid());
    mp_capture_serve(capture);
    assert_int_equal(mach_double_rights(), before + 1);
    mp_capture_close(capture);
}

static void what_came_before_the_end_of_a_round_is_taken(void **state) {
    struct mp_mach_exception_message message = {.header = {.bits = 0x80001100,
                                                           .size = sizeof(message),
                                                           .id = MP_MACH_EXCEPTION_ID},
                                                .descriptors = 2,
                                                .exception = MP_MACH_EXC_CRASH,
                                                .code_count = 2};
    struct mp_capture *capture = NULL;
    struct mp_error err;
    (void)state;
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    assert_int_equal(mp_capture_attach(capture, getpid(), &err), MP_OK);
    mach_double_send(&message, sizeof(message), 2, getppid());
    assert_false(mp_capture_child_crashed(capture));
    assert_int_equal(mp_capture_handle(capture, getpid(), 0), MP_CAPTURE_ENDED);
    assert_true(mp_capture_child_crashed(capture));
    mp_capture_close(capture);
}

/* Else the runner would never sleep again. */
static void a_port_that_was_served_is_quiet(void **state) {
    struct mp_mach_header plain = {.size = sizeof(plain), .id = 7};
    struct mp_capture *capture = NULL;
    struct mp_error err;
    (void)state;
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    struct pollfd watch = {.fd = mp_capture_descriptor(capture), .events = POLLIN};
    assert_int_equal(fcntl(watch.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(poll(&watch, 1, 0), 0);
    mach_double_send(&plain, sizeof(plain), 0, 0);
    assert_int_equal(poll(&watch, 1, 0), 1);
    mp_capture_serve(capture);
    /* A queue that was asked while the message waited may call once more. */
    mp_capture_serve(capture);
    assert_int_equal(poll(&watch, 1, 0), 0);
    mp_capture_close(capture);
    assert_int_equal(fcntl(watch.fd, F_GETFD), -1);
}

static void an_answer_that_cannot_be_sent_leaves_no_right(void **state) {
    struct mp_round_end end;
    (void)state;
    mach_double_knobs()->loses_replies = true;
    end = crash_once("read", "0");
    assert_int_equal(end.exit.signal, SIGSEGV);
    assert_non_null(end.crash);
    struct mach_double_counts counts = mach_double_counts();
    assert_int_equal(counts.replies, 0);
    assert_int_equal(counts.unanswered, 1);
    assert_int_equal(mach_double_rights(), 0);
    mp_round_end_release(&end);
    mach_double_reset();
}

static struct mp_round_end hang_once(const char *deed) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec(deed);
    spec.timeout_ms = 1000;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    mp_runner_close(runner);
    return end;
}

static void a_hang_is_sampled_twice_by_the_task_that_the_round_sent(void **state) {
    (void)state;
    struct mp_round_end end = hang_once("spin");
    assert_non_null(end.crash);
    assert_non_null(end.second);
    assert_int_equal(end.crash->kind, MP_CRASH_OF_HANG);
    assert_int_equal(end.crash->sample, 1);
    assert_int_equal(end.second->sample, 2);
    assert_int_equal(mach_double_counts().suspends, 2);
    bool is_found = false;
    for (size_t i = 0; i < end.crash->thread_count; i++)
        for (size_t j = 0; j < end.crash->thread[i].frame_count; j++)
            is_found |= strstr(end.crash->thread[i].frame[j].symbol, "spin") != NULL;
    assert_true(is_found);
    assert_int_equal(end.crash->thread[0].run_state, 'R');
    assert_true(end.crash->thread[0].cpu_ns > 0);
    assert_int_equal(end.hang_class, MP_HANG_SPINNING);
    mp_round_end_release(&end);
}

/* Holding a task makes its threads wait: neither is a hang thereby stopped, nor does one
 * that was stopped only sleep. */
static void
a_round_that_was_stopped_from_outside_is_told_from_one_that_hangs(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("raise");
    char number[16];
    (void)state;
    spec.timeout_ms = 1000;
    snprintf(number, sizeof(number), "%d", SIGSTOP);
    set_param(&spec, "signal", number);
    run_round(runner, &spec, &end);
    mp_runner_close(runner);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_non_null(end.second);
    assert_int_equal(end.second->thread[0].run_state, 'T');
    assert_int_equal(end.hang_class, MP_HANG_STOPPED);
    mp_round_end_release(&end);
    end = hang_once("deadlock");
    assert_int_equal(end.second->thread[0].run_state, 'S');
    assert_int_equal(end.hang_class, MP_HANG_ASLEEP);
    mp_round_end_release(&end);
}

static void a_hang_without_a_hello_is_only_killed(void **state) {
    (void)state;
    mach_double_knobs()->has_no_hello = true;
    struct mp_round_end end = hang_once("spin");
    assert_null(end.crash);
    assert_int_equal(mach_double_counts().suspends, 0);
    mp_round_end_release(&end);
}

static void a_refused_spawn_runs_unwatched_and_its_row_says_so(void **state) {
    struct mp_round_end end;
    (void)state;
    mach_double_knobs()->refuses_spawn = true;
    struct mp_runner *runner = open_runner(1, true);
    for (int i = 0; i < 2; i++) {
        struct mp_round_spec spec = victim_spec("abort");
        run_round(runner, &spec, &end);
        assert_int_equal(end.trace, MP_TRACE_REFUSED);
        assert_int_equal(end.exit.signal, SIGABRT);
        assert_null(end.crash);
        assert_false(mach_double_is_registered());
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
    assert_int_equal(mach_double_counts().spawned_marked, 2);
    assert_int_equal(mach_double_counts().spawned_plain, 2);
}

static void what_the_system_does_not_give_is_said_once_and_rounds_run(void **state) {
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .jobs = 1, .captures = true};
    bool *const knob[] = {&mach_double_knobs()->refuses_port,
                          &mach_double_knobs()->refuses_right,
                          &mach_double_knobs()->refuses_queue};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(knob); i++) {
        struct mp_runner *runner = NULL;
        struct mp_error err;
        struct mp_round_end end;
        char note[512];
        *knob[i] = true;
        assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_OK);
        assert_non_null(strstr(note, "cannot"));
        struct mp_round_spec spec = victim_spec("abort");
        run_round(runner, &spec, &end);
        assert_int_equal(end.trace, MP_TRACE_REFUSED);
        assert_int_equal(end.exit.signal, SIGABRT);
        mp_round_end_release(&end);
        mp_runner_close(runner);
        *knob[i] = false;
        assert_int_equal(mach_double_rights(), 0);
    }
}

static void a_stop_answers_the_waiting_crash_before_it_kills(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("read");
    (void)state;
    set_param(&spec, "address", "0");
    start_round(runner, &spec, 1);
    assert_false(mach_double_is_registered());
    assert_true(mach_double_await_crash());
    mp_runner_stop(runner);
    assert_int_equal(mach_double_counts().replies, 1);
    /* Who is stopped has no time to be read. */
    assert_true(mach_double_counts().bytes_read == 0);
    wait_round(runner, &end);
    assert_null(end.crash);
    assert_int_equal(mach_double_counts().killed_unanswered, 0);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void slow_reading_ends_in_time_and_counts_who_was_missed(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("company");
    (void)state;
    mach_double_knobs()->slow_state_ns = 900 * MP_CLOCK_NS_PER_MS;
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->thread_count, 1);
    assert_true(end.crash->threads_missed >= 1);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void the_crash_of_a_child_is_not_the_rounds_own(void **state) {
    (void)state;
    struct mp_round_end end = crash_once("child_crash", NULL);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_true(end.exit.child_crashed);
    assert_null(end.crash);
    assert_int_equal(mach_double_counts().crashes, 1);
    mp_round_end_release(&end);
}

static void foreign_and_forged_messages_change_nothing(void **state) {
    struct mp_mach_exception_message forged = {.header = {.bits = 0x80001100,
                                                          .size = sizeof(forged),
                                                          .id = MP_MACH_EXCEPTION_ID},
                                               .descriptors = 2,
                                               .exception = MP_MACH_EXC_CRASH,
                                               .code_count = 2,
                                               .code = {0x0b100001, 0}};
    struct mp_hello_message hello = {
        .header = {.bits = 0x80001100, .size = sizeof(hello), .id = MP_HELLO_ID},
        .descriptors = 1};
    struct mp_hello_message unknown = hello;
    struct mp_mach_header plain = {.size = sizeof(plain), .id = 7};
    static const uint8_t large[900];
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("spin");
    struct mp_round_end end;
    (void)state;
    mach_double_knobs()->has_no_hello = true;
    spec.timeout_ms = 1000;
    start_round(runner, &spec, 1);
    unknown.header.id = 8;
    mach_double_send(&forged, sizeof(forged), 2, getpid());
    mach_double_send(&hello, sizeof(hello), 1, getpid());
    mach_double_send(&unknown, sizeof(unknown), 1, getpid());
    mach_double_send(large, sizeof(large), 0, 0);
    for (int i = 0; i < 1000; i++)
        mach_double_send(&plain, sizeof(plain), 0, 0);
    wait_round(runner, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_null(end.crash);
    assert_true(end.exit.child_crashed); /* of somebody else, as far as can be told */
    assert_true(mach_double_counts().destroyed >= 1);
    assert_int_equal(mach_double_counts().suspends, 0);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define ON_THE_DOUBLE(test) cmocka_unit_test_setup_teardown(test, begin, settle)
        ON_THE_DOUBLE(each_fault_has_signal_code_address_access_class_and_frame),
        ON_THE_DOUBLE(the_record_agrees_with_what_linux_saw_of_the_same_crash),
        ON_THE_DOUBLE(a_report_of_the_system_is_kept_for_a_real_device_only),
        ON_THE_DOUBLE(rounds_leave_no_right_behind_whatever_becomes_of_them),
        ON_THE_DOUBLE(symbols_that_one_round_had_are_not_read_again),
        ON_THE_DOUBLE(rounds_at_the_same_time_are_told_apart),
        ON_THE_DOUBLE(a_crash_is_of_its_own_round_while_an_older_one_runs),
        ON_THE_DOUBLE(an_imported_report_of_the_same_crash_has_the_same_record),
        ON_THE_DOUBLE(an_abort_says_why_and_has_the_signature_of_its_report),
        ON_THE_DOUBLE(the_hello_that_a_round_sends_is_the_one_that_is_understood),
        ON_THE_DOUBLE(the_task_is_kept_once_however_often_a_round_says_hello),
        ON_THE_DOUBLE(what_came_before_the_end_of_a_round_is_taken),
        ON_THE_DOUBLE(a_port_that_was_served_is_quiet),
        ON_THE_DOUBLE(an_answer_that_cannot_be_sent_leaves_no_right),
        ON_THE_DOUBLE(a_hang_is_sampled_twice_by_the_task_that_the_round_sent),
        ON_THE_DOUBLE(a_round_that_was_stopped_from_outside_is_told_from_one_that_hangs),
        ON_THE_DOUBLE(a_hang_without_a_hello_is_only_killed),
        ON_THE_DOUBLE(a_refused_spawn_runs_unwatched_and_its_row_says_so),
        ON_THE_DOUBLE(what_the_system_does_not_give_is_said_once_and_rounds_run),
        ON_THE_DOUBLE(a_stop_answers_the_waiting_crash_before_it_kills),
        ON_THE_DOUBLE(slow_reading_ends_in_time_and_counts_who_was_missed),
        ON_THE_DOUBLE(the_crash_of_a_child_is_not_the_rounds_own),
        ON_THE_DOUBLE(foreign_and_forged_messages_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
