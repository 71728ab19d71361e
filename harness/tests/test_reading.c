/* What becomes of a crash whose unwind tables, symbols or threads are meant to hurt who
 * reads it; and of a reader that is lost or lies.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/victim_fixture.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/proc_linux.h"
#include "harness/supervisor/capture/reader.h"
#include "harness/supervisor/capture/reading_linux.h"

#define GIB          ((uint64_t)1 << 30)
#define SYMBOLS_MUCH (GIB + GIB / 5)
#define SYMBOLS_HUGE (3 * GIB + GIB / 2)

/* A crash record of two threads with one frame each, as it is before anybody unwinds. */
static struct mp_crash *make_crash(void) {
    struct mp_crash *crash = mp_crash_create();
    struct mp_crash_module *module = mp_crash_add_module(crash);
    *module =
        (struct mp_crash_module){.path = "/lib/a.so", .base = 0x1000, .size = 0x1000};
    for (uint64_t i = 0; i < 2; i++) {
        struct mp_crash_thread *thread = mp_crash_add_thread(crash);
        thread->tid = 7 + i;
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        frame->pc = 0x1100 + i;
        mp_reading_place(crash, true, frame);
    }
    return crash;
}

/* The record after `work` was done in a reader. */
static struct mp_crash *read_by(mp_reading_work *work) {
    struct mp_copy *copy = mp_memory_zeroed(1, sizeof(*copy));
    struct mp_crash *crash = make_crash();
    struct mp_reading *reading = mp_reading_start(work, copy, crash);
    mp_copy_close(copy);
    assert_non_null(reading);
    mp_reading_await(reading);
    return crash;
}

static void assert_first_frames_only(const struct mp_crash *crash) {
    assert_int_equal(crash->thread_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(crash->thread[i].frame_count, 1);
        assert_int_equal(crash->thread[i].frame[0].pc, 0x1100 + i);
        assert_int_equal(crash->thread[i].frame[0].module, 0);
        assert_int_equal(crash->thread[i].frame[0].offset, 0x100 + i);
    }
}

static void assert_unread(const struct mp_crash *crash, const char *words) {
    if (strstr(crash->unread, words) == NULL)
        fail_msg("'%s' is not said: '%s'", words, crash->unread);
}

static void add_frame(struct mp_answer_thread *thread, uint64_t pc, const char *symbol) {
    struct mp_answer_frame *frame = &thread->frame[thread->frame_count++];
    frame->pc = pc;
    frame->is_exact = thread->frame_count == 1;
    snprintf(frame->symbol, sizeof(frame->symbol), "%s", symbol);
    thread->frames_total = thread->frame_count;
}

static void answer_well(const struct mp_copy *copy, const struct mp_crash *crash,
                        struct mp_answer_page *answer) {
    (void)copy;
    for (size_t i = 0; i < crash->thread_count; i++) {
        add_frame(&answer->thread[i], crash->thread[i].frame[0].pc, "inner");
        add_frame(&answer->thread[i], 0x1200, "outer");
    }
    answer->stage = MP_ANSWER_NAMED;
}

static void what_a_reader_answers_is_in_the_record(void **state) {
    (void)state;
    struct mp_crash *crash = read_by(answer_well);
    assert_string_equal(crash->unread, "");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(crash->thread[i].frame_count, 2);
        assert_int_equal(crash->thread[i].frames_total, 2);
        assert_string_equal(crash->thread[i].frame[1].symbol, "outer");
        assert_int_equal(crash->thread[i].frame[1].module, 0);
    }
    mp_crash_destroy(crash);
}

static void die_after_a_thread(const struct mp_copy *copy, const struct mp_crash *crash,
                               struct mp_answer_page *answer) {
    (void)copy;
    add_frame(&answer->thread[0], crash->thread[0].frame[0].pc, "inner");
    add_frame(&answer->thread[0], 0x1200, "outer");
    raise(SIGFPE);
}

static void what_a_reader_found_before_it_died_is_kept(void **state) {
    (void)state;
    struct mp_crash *crash = read_by(die_after_a_thread);
    assert_unread(crash, "the process that unwinds died of SIGFPE");
    assert_int_equal(crash->thread[0].frame_count, 2);
    assert_int_equal(crash->thread[1].frame_count, 1);
    mp_crash_destroy(crash);
}

static void spin(const struct mp_copy *copy, const struct mp_crash *crash,
                 struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    for (;;)
        answer->stage = MP_ANSWER_BEGUN;
}

/* Of a file that has been cut since it was mapped. */
static volatile unsigned char *cut_page;

static void cut_file(void) {
    int fd = memfd_create("cut", 0);
    assert_int_equal(ftruncate(fd, 65536), 0);
    cut_page = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(cut_page, MAP_FAILED);
    assert_int_equal(ftruncate(fd, 0), 0);
    close(fd);
}

static void read_cut_file(const struct mp_copy *copy, const struct mp_crash *crash,
                          struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    answer->stage = cut_page[4096];
}

static void want_memory(const struct mp_copy *copy, const struct mp_crash *crash,
                        struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    void *much = mmap(NULL, 8 * GIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _exit(much == MAP_FAILED ? 71 : 72);
    answer->stage = MP_ANSWER_NAMED;
}

static void look_for_descriptors(const struct mp_copy *copy, const struct mp_crash *crash,
                                 struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    int open_count = 0;
    for (int fd = 0; fd < 1024; fd++)
        open_count += fcntl(fd, F_GETFD) >= 0;
    if (open_count == 0)
        answer->stage = MP_ANSWER_NAMED;
}

static void stop_early(const struct mp_copy *copy, const struct mp_crash *crash,
                       struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    answer->stage = MP_ANSWER_UNWOUND;
}

static void a_lost_reader_costs_frames_and_the_record_says_why(void **state) {
    static const struct {
        mp_reading_work *work;
        const char *words, *or_words;
    } row[] = {
        {spin, "used up its 2 s of processor time", "did not end within 5 s"},
        {read_cut_file, "died of SIGBUS", NULL},
        {want_memory, "left with code 71", NULL},
        {stop_early, "ended before it was done", NULL},
    };
    (void)state;
    cut_file();
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct mp_crash *crash = read_by(row[i].work);
        bool is_other =
            row[i].or_words != NULL && /* on a machine that is busy elsewhere */
            strstr(crash->unread, row[i].or_words) != NULL;
        assert_unread(crash, is_other ? row[i].or_words : row[i].words);
        assert_first_frames_only(crash);
        mp_crash_destroy(crash);
    }
}

static void a_reader_inherits_no_descriptor(void **state) {
    (void)state;
    struct mp_crash *crash = read_by(look_for_descriptors);
    assert_string_equal(crash->unread, "");
    mp_crash_destroy(crash);
}

static void wait_for_ever(const struct mp_copy *copy, const struct mp_crash *crash,
                          struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    (void)answer;
    for (;;)
        pause();
}

static void a_reader_dies_with_its_supervisor(void **state) {
    int ids[2];
    pid_t reader = 0;
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    (void)state;
    assert_int_equal(pipe(ids), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct mp_copy *copy = mp_memory_zeroed(1, sizeof(*copy));
        struct mp_reading *reading = mp_reading_start(wait_for_ever, copy, make_crash());
        reader = reading != NULL ? mp_reading_pid(reading) : 0;
        alarm(60);
        while (write(ids[1], &reader, sizeof(reader)) == sizeof(reader))
            pause();
        _exit(1);
    }
    assert_int_equal(read(ids[0], &reader, sizeof(reader)), sizeof(reader));
    assert_true(reader > 0);
    assert_int_not_equal(mp_proc_run_state(reader, reader), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    char run_state = 'S';
    while (run_state != 0 && run_state != 'Z' && mp_clock_now_ns() < until_ns) {
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
        run_state = mp_proc_run_state(reader, reader);
    }
    assert_true(run_state == 0 || run_state == 'Z');
    close(ids[0]);
    close(ids[1]);
}

/* Each spoils one thing of a good answer. */
static void spoil(struct mp_answer_page *answer, int how) {
    struct mp_answer_thread *thread = &answer->thread[1];
    switch (how) {
    case 0:
        answer->stage = 77;
        break;
    case 1:
        thread->frame_count = MP_CRASH_FRAMES_MAX + 1;
        break;
    case 2:
        thread->frames_total = UINT32_MAX;
        break;
    case 3:
        thread->frames_total = 1;
        break;
    case 4:
        thread->frame[0].pc = 0xdead;
        break;
    case 5:
        memset(thread->frame[1].symbol, 'x', sizeof(thread->frame[1].symbol));
        break;
    case 6:
        memset(thread->frame[1].file, 'x', sizeof(thread->frame[1].file));
        break;
    case 7:
        thread->frame[1].symbol_bytes = UINT64_MAX;
        break;
    default:
        memset(answer, 0xff, sizeof(*answer));
        break;
    }
}

static void an_answer_that_cannot_be_is_not_taken(void **state) {
    struct mp_answer_page *answer = mp_memory_zeroed(1, sizeof(*answer));
    (void)state;
    for (int how = 1; how < 9; how++) {
        struct mp_crash *crash = make_crash();
        memset(answer, 0, sizeof(*answer));
        answer_well(NULL, crash, answer);
        spoil(answer, how);
        assert_false(mp_reading_apply(answer, crash));
        assert_int_equal(crash->thread[0].frame_count, how < 8 ? 2 : 1);
        assert_int_equal(crash->thread[1].frame_count, 1);
        mp_crash_destroy(crash);
    }
    free(answer);
}

static void answer_badly(const struct mp_copy *copy, const struct mp_crash *crash,
                         struct mp_answer_page *answer) {
    answer_well(copy, crash, answer);
    spoil(answer, 8);
}

static void answer_stage(const struct mp_copy *copy, const struct mp_crash *crash,
                         struct mp_answer_page *answer) {
    (void)copy;
    (void)crash;
    spoil(answer, 0);
}

static void a_reader_that_answers_garbage_is_found_out(void **state) {
    static mp_reading_work *const work[] = {answer_badly, answer_stage};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct mp_crash *crash = read_by(work[i]);
        assert_unread(crash, "gave an answer that cannot be");
        assert_first_frames_only(crash);
        mp_crash_destroy(crash);
    }
}

/* The victim's crash as it must be known even if nobody could unwind it. */
static void assert_crash(const struct mp_crash *crash) {
    assert_non_null(crash);
    assert_int_equal(crash->signal, SIGSEGV);
    assert_int_equal(crash->address, 0x40);
    const struct mp_crash_thread *thread = &crash->thread[0];
    assert_true(thread->is_faulting);
    assert_true(thread->register_count > 16);
    assert_true(thread->frame_count >= 1);
    assert_true(thread->frame[0].module >= 0);
    assert_true(crash->module_count > 2);
    assert_string_not_equal(crash->module[thread->frame[0].module].id, "");
}

static void assert_recorded(const struct mp_round_end *end) {
    assert_int_equal(end->exit.kind, MP_EXIT_SIGNAL);
    assert_int_equal(end->exit.signal, SIGSEGV);
    assert_int_equal(end->exit.leaked, 0);
    assert_crash(end->crash);
}

static void a_hostile_unwind_program_costs_frames_and_never_the_round(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("faulting_unwind");
    (void)state;
    run_round(runner, &spec, &end);
    assert_recorded(&end);
    assert_unread(end.crash, "died of SIGFPE");
    assert_int_equal(end.crash->thread[0].frame_count, 1);
    mp_round_end_release(&end);
    spec = victim_spec("endless_unwind");
    run_round(runner, &spec, &end);
    assert_recorded(&end);
    assert_unread(end.crash, "the process that unwinds");
    assert_int_equal(end.crash->thread[0].frame_count, 1);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void other_rounds_go_on_while_a_hostile_crash_is_read(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(2, true);
    struct mp_round_spec hostile = victim_spec("endless_unwind");
    struct mp_round_spec plain = victim_spec("company");
    (void)state;
    set_param(&plain, "count", "3");
    start_round(runner, &hostile, 1);
    start_round(runner, &plain, 2);
    for (int i = 0; i < 2; i++) {
        wait_round(runner, &end);
        assert_recorded(&end);
        if (end.tag == 1)
            assert_unread(end.crash, "the process that unwinds");
        else
            assert_string_equal(end.crash->unread, "");
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

/* The reader among the children of this process, 0 if there is none. */
static pid_t find_reader(void) {
    char path[48], text[512], name[32];
    snprintf(path, sizeof(path), "task/%d/children", (int)getpid());
    mp_proc_read(getpid(), path, text, sizeof(text));
    char *at = text, *end = NULL;
    for (long pid = strtol(at, &end, 10); end != at; pid = strtol(at, &end, 10)) {
        mp_proc_name((pid_t)pid, name, sizeof(name));
        if (strcmp(name, "mpstress-reader") == 0)
            return (pid_t)pid;
        at = end;
    }
    return 0;
}

/* The same, once there is one; 0 if the round ends before. */
static pid_t await_reader(struct mp_runner *runner, struct mp_round_end *end) {
    struct mp_error err;
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    while (mp_clock_now_ns() < until_ns) {
        if (mp_runner_wait(runner, MP_CLOCK_NS_PER_MS, end, &err) == MP_OK)
            return 0;
        pid_t reader = find_reader();
        if (reader != 0)
            return reader;
    }
    fail_msg("there is no reader");
    return 0;
}

/* What is done to it may come after its time is up, or before its round is gone. */
static void a_reader_that_is_killed_stopped_or_ended_costs_frames(void **state) {
    static const char *const words[] = {"was killed, from outside or for lack of memory",
                                        "did not end within", "was ended with the run"};
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("endless_unwind");
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct mp_round_end end = {0};
        start_round(runner, &spec, 1);
        pid_t reader = await_reader(runner, &end);
        if (reader != 0 && i < 2)
            (void)kill(reader, i == 0 ? SIGKILL : SIGSTOP);
        else if (reader != 0)
            mp_runner_stop(runner);
        if (reader != 0)
            wait_round(runner, &end);
        assert_crash(end.crash);
        bool is_late = strstr(end.crash->unread, "processor time") != NULL ||
                       strstr(end.crash->unread, "did not end") != NULL;
        assert_unread(end.crash, is_late ? "the process that unwinds" : words[i]);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void write_all(int fd, const void *bytes, size_t len, uint64_t at) {
    assert_int_equal(pwrite(fd, bytes, len, (off_t)at), len);
}

/* A copy of the library whose table of symbols has `size` bytes, nearly all of them a
 * hole behind the end of the file; returns the size that the file had. */
static size_t inflate_library(const char *path, uint64_t size) {
    static unsigned char bytes[256 * 1024];
    Elf64_Ehdr head;
    Elf64_Shdr section;
    int from = open(MP_HOSTILE_LIBRARY, O_RDONLY | O_CLOEXEC);
    assert_true(from >= 0);
    ssize_t got = read(from, bytes, sizeof(bytes));
    close(from);
    assert_true(got > (ssize_t)sizeof(head) && got < (ssize_t)sizeof(bytes));
    size_t len = (size_t)got;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    write_all(fd, bytes, len, 0);
    memcpy(&head, bytes, sizeof(head));
    for (size_t i = 0; i < head.e_shnum; i++) {
        uint64_t at = head.e_shoff + i * sizeof(section);
        memcpy(&section, bytes + at, sizeof(section));
        if (section.sh_type != SHT_SYMTAB)
            continue;
        uint64_t end = (len + 15) & ~(uint64_t)15;
        write_all(fd, bytes + section.sh_offset, section.sh_size, end);
        section.sh_offset = end;
        section.sh_size = size;
        write_all(fd, &section, sizeof(section), at);
        assert_int_equal(ftruncate(fd, (off_t)(end + size)), 0);
    }
    close(fd);
    return len;
}

static void a_symbol_table_without_measure_costs_names_and_never_the_round(void **state) {
    static const struct {
        uint64_t bytes;
        bool is_cut; /* once it is loaded */
    } row[] = {{24 * 1024 * 1024, false},
               {SYMBOLS_MUCH, false},
               {SYMBOLS_MUCH, true},
               {SYMBOLS_HUGE, false}};
    const char *folder = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char path[512];
    (void)state;
    snprintf(path, sizeof(path), "%.400s/hostile-%d.so", folder, (int)getpid());
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct mp_round_end end;
        char cut[24];
        struct mp_round_spec spec = victim_spec("library");
        snprintf(cut, sizeof(cut), "%zu", inflate_library(path, row[i].bytes));
        setenv("VICTIM_LIBRARY", path, 1);
        if (row[i].is_cut)
            setenv("VICTIM_CUT", cut, 1);
        struct mp_runner *runner = open_runner(1, true);
        run_round(runner, &spec, &end);
        unsetenv("VICTIM_CUT");
        assert_recorded(&end);
        const struct mp_crash_thread *thread = &end.crash->thread[0];
        assert_string_equal(end.crash->module[thread->frame[0].module].path, path);
        assert_true(thread->frame_count > 2); /* unwound before anything is named */
        mp_round_end_release(&end);
        mp_runner_close(runner);
    }
    unlink(path);
}

static void a_thousand_threads_are_stopped_and_counted(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("company");
    const char *count = getenv("MPSTRESS_TEST_THREADS");
    (void)state;
    set_param(&spec, "count", count != NULL ? count : "1000");
    run_round(runner, &spec, &end);
    assert_recorded(&end);
    assert_string_equal(end.crash->unread, "");
    assert_int_equal(end.crash->thread_count + end.crash->threads_missed,
                     strtol(count != NULL ? count : "1000", NULL, 10) + 1);
    assert_true(end.crash->thread[0].frame_count > 2);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void a_stack_is_unwound_from_a_handler_with_a_stack_of_its_own(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("overflow_with_handler");
    bool has_deep = false;
    (void)state;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.signal, SIGABRT);
    assert_non_null(end.crash);
    const struct mp_crash_thread *thread = &end.crash->thread[0];
    for (size_t i = 0; i < thread->frame_count; i++)
        has_deep |= strcmp(thread->frame[i].symbol, "victim_deepen") == 0;
    assert_true(has_deep);
    assert_true(thread->frames_total > 1000);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_reader_answers_is_in_the_record),
        cmocka_unit_test(what_a_reader_found_before_it_died_is_kept),
        cmocka_unit_test(a_lost_reader_costs_frames_and_the_record_says_why),
        cmocka_unit_test(a_reader_inherits_no_descriptor),
        cmocka_unit_test(a_reader_dies_with_its_supervisor),
        cmocka_unit_test(an_answer_that_cannot_be_is_not_taken),
        cmocka_unit_test(a_reader_that_answers_garbage_is_found_out),
        cmocka_unit_test(a_hostile_unwind_program_costs_frames_and_never_the_round),
        cmocka_unit_test(other_rounds_go_on_while_a_hostile_crash_is_read),
        cmocka_unit_test(a_reader_that_is_killed_stopped_or_ended_costs_frames),
        cmocka_unit_test(a_symbol_table_without_measure_costs_names_and_never_the_round),
        cmocka_unit_test(a_thousand_threads_are_stopped_and_counted),
        cmocka_unit_test(a_stack_is_unwound_from_a_handler_with_a_stack_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
