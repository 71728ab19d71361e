/* Signatures of failures without a stack: the same for one way to fail, whatever its
 * numbers, different for different ways.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/supervisor/campaign/failure_signature.h"

#define FRAMES "libmpmodel AGX -[AGX"

static struct mp_round_end end_of(enum mp_page_phase phase, const char *message) {
    struct mp_round_end end = {.exit.kind = MP_EXIT_CODE, .page.phase = phase};
    snprintf(end.page.message, sizeof(end.page.message), "%s", message);
    return end;
}

static struct mp_signature sign(const struct mp_round_end *end, enum mp_outcome outcome,
                                const char *detail) {
    struct mp_signature made;
    mp_failure_signature_make(end, outcome, detail, NULL, FRAMES, &made);
    assert_true(made.title[0] != '\0' && made.family[0] != '\0');
    return made;
}

static void assert_key(enum mp_outcome outcome, const char *message, const char *key) {
    struct mp_round_end end = end_of(MP_PHASE_DONE, message);
    assert_string_equal(sign(&end, outcome, "").key, key);
}

static void mismatch_is_named_by_kernel_and_kind_of_number(void **state) {
    (void)state;
    assert_key(MP_OUTCOME_MISMATCH,
               "thread 8, op 0 (mp_contiguous): buffer 1, element 0: got 0.139099479, "
               "expected 0.650465727; 4087 of 4096 elements are wrong, 0 of them never "
               "written",
               "mismatch/mp_contiguous/wrong numbers");
    assert_key(MP_OUTCOME_MISMATCH,
               "422 of 480 ops gave a wrong result; first: thread 1, op 31 "
               "(mp_contiguous): buffer 1, element 7: got -3e-05, expected -1.5; 1 of 64 "
               "elements are wrong, 0 of them never written",
               "mismatch/mp_contiguous/wrong numbers");
    assert_key(MP_OUTCOME_MISMATCH,
               "thread 1, op 2 (mp_layernorm): buffer 3, element 0: got nan, expected 1; "
               "4 of 8 elements are wrong, 0 of them never written",
               "mismatch/mp_layernorm/not a number");
    assert_key(MP_OUTCOME_MISMATCH,
               "thread 1, op 2 (mp_layernorm): buffer 3, element 0: got 0, expected 1; 4 "
               "of 8 elements are wrong, 0 of them never written",
               "mismatch/mp_layernorm/zero");
    assert_key(MP_OUTCOME_MISMATCH,
               "thread 1, op 2 (mp_mm, stage 2 of 3 of pass 7): buffer 3, row 4: its "
               "product with a random vector is 7, expected 8; 4 of 8 elements are in "
               "wrong rows, 2 of them never written",
               "mismatch/mp_mm/written in part");
    assert_key(MP_OUTCOME_MISMATCH,
               "thread 1, op 2 (mp_mm): buffer 3, row 4: its product with a random "
               "vector is 7, expected 8; 4 of 8 elements are in wrong rows, 0 of them "
               "never written",
               "mismatch/mp_mm/wrong numbers");
    assert_key(MP_OUTCOME_MISMATCH, "row 17 of 400 differs by 1e-3 at 0x7f0012345678",
               "mismatch/row NUM of NUM differs by NUM at ADDR");
}

static void missing_work_is_named_by_what_is_missing(void **state) {
    (void)state;
    assert_key(MP_OUTCOME_DROPPED,
               "10 of 160 ops left no output; first: thread 2, op 2 (mp_mm): none of its "
               "2304 elements was written",
               "dropped/mp_mm/no output");
    assert_key(MP_OUTCOME_DROPPED, "worker 3: worker 3 vanished inside encode",
               "dropped/worker NUM vanished inside encode");
    struct mp_round_end end = end_of(MP_PHASE_DONE, "");
    assert_string_equal(
        sign(&end, MP_OUTCOME_DROPPED, "the device executed 5 of 9 ops it was given").key,
        "dropped/the device executed NUM of NUM ops it was given");
    end.page.phase = MP_PHASE_RUN;
    end.exit.code = 7;
    assert_string_equal(sign(&end, MP_OUTCOME_DROPPED, "").key,
                        "dropped/left in phase run with code 7");
    end.exit.code = 0;
    assert_string_equal(sign(&end, MP_OUTCOME_DROPPED, "").key,
                        "dropped/left in phase run with code 0");
}

static void error_of_the_device_is_named_by_its_numbers_and_text(void **state) {
    (void)state;
    assert_key(
        MP_OUTCOME_GPU_ERROR,
        "worker 6: the driver returned no command buffer or encoder on stream 6",
        "gpu_error/the driver returned no command buffer or encoder on stream NUM");
    assert_key(
        MP_OUTCOME_GPU_ERROR,
        "worker 1: the driver returned no command buffer or encoder on stream 17",
        "gpu_error/the driver returned no command buffer or encoder on stream NUM");
    struct mp_round_end end = end_of(MP_PHASE_DONE, "worker 3: command buffer 2 failed");
    end.page.gpu_blame = MP_GPU_BLAME_OWN;
    end.page.gpu_error = (struct mp_gpu_error){.domain = "MTLCommandBufferErrorDomain",
                                               .code = 3,
                                               .text = "Fault at 0x1234abcd"};
    assert_string_equal(sign(&end, MP_OUTCOME_GPU_ERROR, "").key,
                        "gpu_error/MTLCommandBufferErrorDomain 3/Fault at ADDR");
    end.page.gpu_error.code = 2;
    assert_string_equal(sign(&end, MP_OUTCOME_GPU_ERROR, "").key,
                        "gpu_error/MTLCommandBufferErrorDomain 2/Fault at ADDR");
}

/* A hang: threads with tids 11, 12, ..., each with one stack, the newest frame first. */
static void add_thread(struct mp_crash *sample, const char *const *symbol,
                       uint64_t lock_owner) {
    struct mp_crash_thread *thread = mp_crash_add_thread(sample);
    thread->tid = 10 + sample->thread_count;
    thread->lock_owner = lock_owner;
    for (size_t i = 0; symbol[i] != NULL; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        snprintf(frame->symbol, sizeof(frame->symbol), "%s", symbol[i]);
    }
}

static const char *const WAITS[] = {"-[AGXG16XFamilyCommandBuffer waitUntilCompleted]",
                                    "mp_metal_wait", "worker_main", NULL};
static const char *const ENCODES[] = {"-[AGXG13XFamilyCommandBuffer encode]",
                                      "-[AGXG13XFamilyCommandBuffer open]", "run", NULL};
static const char *const MAIN[] = {"run_on_device", "main", NULL};

static struct mp_signature sign_hang(struct mp_crash *sample, struct mp_flight *flight,
                                     enum mp_hang_class hang_class) {
    struct mp_round_end end = {.exit.kind = MP_EXIT_DEADLINE,
                               .page.phase = MP_PHASE_RUN,
                               .crash = sample,
                               .second = sample,
                               .hang_class = hang_class,
                               .flight = *flight};
    struct mp_signature made = sign(&end, MP_OUTCOME_HANG, "");
    mp_crash_destroy(sample);
    return made;
}

static void hang_is_named_by_where_its_longest_call_stands(void **state) {
    (void)state;
    struct mp_flight_thread threads[] = {
        {.thread = 1, .tid = 12, .in_flight = MP_PAGE_OP_WAIT},
        {.thread = 2, .tid = 13, .in_flight = MP_PAGE_OP_ENCODE}};
    struct mp_flight_event events[] = {
        {.thread = 2, .time_ns = 50, .op = MP_PAGE_OP_ENCODE},
        {.thread = 1, .time_ns = 90, .op = MP_PAGE_OP_WAIT}};
    struct mp_flight flight = {events, 2, threads, 2};
    for (int turn = 0; turn < 2; turn++) {
        struct mp_crash *sample = mp_crash_create();
        sample->kind = MP_CRASH_OF_HANG;
        add_thread(sample, MAIN, 0);
        add_thread(sample, WAITS, 0);
        add_thread(sample, ENCODES, 0);
        struct mp_signature made = sign_hang(sample, &flight, MP_HANG_ASLEEP);
        const char *key =
            turn == 0 ? "hang/asleep/encode/-[AGX*FamilyCommandBuffer encode]|-[AGX*"
                        "FamilyCommandBuffer open]"
                      : "hang/asleep/wait/-[AGX*FamilyCommandBuffer waitUntilCompleted]";
        assert_string_equal(made.key, key);
        assert_non_null(strstr(made.title, "all of its threads sleep"));
        events[1].time_ns = 40; /* now it is the older one */
    }
}

static void slow_or_spinning_hang_is_not_named_by_where_it_was_seen(void **state) {
    (void)state;
    struct mp_flight none = {0};
    struct mp_crash *sample = mp_crash_create();
    add_thread(sample, WAITS, 0);
    assert_string_equal(sign_hang(sample, &none, MP_HANG_SLOW).key, "hang/slow");
    struct mp_flight_thread thread = {
        .thread = 1, .tid = 11, .in_flight = MP_PAGE_OP_ACTION};
    struct mp_flight_event event = {.thread = 1, .time_ns = 5, .op = MP_PAGE_OP_ACTION};
    struct mp_flight flight = {&event, 1, &thread, 1};
    sample = mp_crash_create();
    add_thread(sample, WAITS, 0);
    assert_string_equal(sign_hang(sample, &flight, MP_HANG_SPINNING).key,
                        "hang/spinning/action");
}

static void deadlock_is_the_same_whoever_came_first(void **state) {
    (void)state;
    struct mp_flight none = {0};
    struct mp_crash *one = mp_crash_create(), *other = mp_crash_create();
    add_thread(one, MAIN, 12);
    add_thread(one, WAITS, 13);
    add_thread(one, ENCODES, 12);
    add_thread(other, ENCODES, 12);
    add_thread(other, WAITS, 11);
    struct mp_signature first = sign_hang(one, &none, MP_HANG_DEADLOCK);
    assert_string_equal(first.key, sign_hang(other, &none, MP_HANG_DEADLOCK).key);
    assert_non_null(strstr(first.key, "encode"));
    assert_non_null(strstr(first.key, "waitUntilCompleted"));
    assert_null(strstr(first.key, "run_on_device")); /* it only waits for one of them */
}

static void hang_that_nobody_looked_at_is_named_by_its_call(void **state) {
    (void)state;
    struct mp_flight_thread thread = {
        .thread = 1, .tid = 11, .in_flight = MP_PAGE_OP_COMMIT};
    struct mp_flight_event event = {.thread = 1, .time_ns = 5, .op = MP_PAGE_OP_COMMIT};
    struct mp_round_end end = {.exit.kind = MP_EXIT_DEADLINE,
                               .page.phase = MP_PHASE_RUN,
                               .flight = {&event, 1, &thread, 1}};
    assert_string_equal(sign(&end, MP_OUTCOME_HANG, "").key, "hang/unknown/commit");
    end.flight = (struct mp_flight){0};
    assert_string_equal(sign(&end, MP_OUTCOME_HANG, "").key, "hang/unknown");
}

static void death_without_a_stack_is_named_by_signal_and_message(void **state) {
    (void)state;
    struct mp_round_end end = {.exit = {.kind = MP_EXIT_SIGNAL, .signal = SIGSEGV}};
    assert_string_equal(sign(&end, MP_OUTCOME_CRASH, "").key, "SIGSEGV/no stack");
    struct mp_assertion said = {.key = "encoder_already_open"};
    struct mp_signature made;
    end.exit.signal = SIGABRT;
    mp_failure_signature_make(&end, MP_OUTCOME_ABORT, "", &said, FRAMES, &made);
    assert_string_equal(made.key, "SIGABRT/no stack/encoder_already_open");
    end.exit = (struct mp_exit){.kind = MP_EXIT_CODE, .code = 66};
    assert_string_equal(sign(&end, MP_OUTCOME_ABORT, "").key, "abort/code 66");
    snprintf(end.exit.said, sizeof(end.exit.said), "FAILED case 17 after 0.25 s");
    assert_string_equal(sign(&end, MP_OUTCOME_EXIT, "").key,
                        "exit/code 66/FAILED case NUM after NUM s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mismatch_is_named_by_kernel_and_kind_of_number),
        cmocka_unit_test(missing_work_is_named_by_what_is_missing),
        cmocka_unit_test(error_of_the_device_is_named_by_its_numbers_and_text),
        cmocka_unit_test(hang_is_named_by_where_its_longest_call_stands),
        cmocka_unit_test(slow_or_spinning_hang_is_not_named_by_where_it_was_seen),
        cmocka_unit_test(deadlock_is_the_same_whoever_came_first),
        cmocka_unit_test(hang_that_nobody_looked_at_is_named_by_its_call),
        cmocka_unit_test(death_without_a_stack_is_named_by_signal_and_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
