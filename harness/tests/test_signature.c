/* Signatures: the same for one bug in every round, different for different bugs.
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
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/signature.h"

#define FRAMES_MAX 8

/* A crash as capture would hand it over. `slide` moves every address. */
static struct mp_crash *make(int signal, enum mp_fault_class fault_class,
                             uint64_t address, uint64_t slide,
                             const char *const *symbol) {
    static const char *const path[] = {"/usr/lib/x86_64-linux-gnu/libc.so.6",
                                       "/opt/bin/libmpmodel.so"};
    struct mp_crash *crash = mp_crash_create();
    crash->signal = signal;
    crash->fault_class = fault_class;
    crash->has_address = address != UINT64_MAX;
    crash->address = crash->has_address ? address : 0;
    for (size_t i = 0; i < 2; i++) {
        struct mp_crash_module *module = mp_crash_add_module(crash);
        snprintf(module->path, sizeof(module->path), "%s", path[i]);
        module->base = slide + i * 0x100000;
        module->size = 0x100000;
    }
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    thread->is_faulting = true;
    thread->tid = slide >> 12;
    for (size_t i = 0; i < FRAMES_MAX && symbol[i] != NULL; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        bool is_libc = strncmp(symbol[i], "libc:", 5) == 0;
        frame->pc = slide + 0x100000 + 0x40 * i;
        frame->module = is_libc ? 0 : 1;
        frame->offset = 32;
        snprintf(frame->symbol, sizeof(frame->symbol), "%s",
                 symbol[i] + (is_libc ? 5 : 0));
    }
    return crash;
}

static struct mp_signature sign(int signal, enum mp_fault_class fault_class,
                                uint64_t address, uint64_t slide,
                                const char *const *symbol) {
    struct mp_signature signature;
    struct mp_crash *crash = make(signal, fault_class, address, slide, symbol);
    mp_signature_make(crash, &signature);
    mp_crash_destroy(crash);
    return signature;
}

static const char *const set_pso[] = {
    "-[AGXG16XFamilyComputeContext setComputePipelineState:]", "mp_client_encode", "work",
    "libc:start_thread", NULL};

static void signature_is_the_same_under_aslr_and_for_every_small_offset(void **state) {
    struct mp_signature a = sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0x7f1200000000, set_pso);
    struct mp_signature b = sign(SIGSEGV, MP_FAULT_NULL, 0x5f4, 0x55aa00000000, set_pso);
    (void)state;
    assert_string_equal(a.key, b.key);
    assert_string_equal(a.family, b.family);
    assert_string_equal(a.title, "SIGSEGV at NULL+0x5c8 in -[AGXG16XFamilyComputeContext "
                                 "setComputePipelineState:] + 32");
}

static void signature_differs_for_different_defects(void **state) {
    static const char *const dispatch[] = {
        "-[AGXG16XFamilyComputeContext dispatchThreads:threadsPerThreadgroup:]",
        "mp_client_encode", "work", NULL};
    struct mp_signature all[] = {
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0, set_pso),
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0, dispatch),
        sign(SIGSEGV, MP_FAULT_WILD, 0x7f0000000000, 0, set_pso),
        sign(SIGSEGV, MP_FAULT_NON_CANONICAL, 0x5a5a000000000000, 0, set_pso),
        sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, set_pso),
    };
    size_t count = MP_COUNT(all);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            assert_string_not_equal(all[i].key, all[j].key);
}

static void signature_key_holds_no_address(void **state) {
    static const char *const nameless[] = {"", "", "", NULL};
    struct mp_signature all[] = {
        sign(SIGSEGV, MP_FAULT_WILD, 0xdeadbeef0000, 0x7f1200000000, nameless),
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0x7f1200000000, set_pso),
        sign(SIGBUS, MP_FAULT_BUS, 0x7f1200345000, 0x7f1200000000, set_pso),
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(all); i++) {
        assert_null(strstr(all[i].key, "7f12"));
        assert_null(strstr(all[i].key, "dead"));
        assert_null(strstr(all[i].key, "5c8"));
        assert_null(strstr(all[i].family, "0x"));
    }
    /* Of a module without symbols the offset in it is all there is. */
    assert_string_equal(
        all[0].key,
        "SIGSEGV/wild/libmpmodel.so!+0x20|libmpmodel.so!+0x20|libmpmodel.so!+0x20");
    assert_string_equal(all[0].family, "wild:libmpmodel.so");
}

static void signature_is_the_same_on_every_gpu_family(void **state) {
    static const char *const names[][4] = {
        {"-[AGXG13XFamilyComputeContext setBuffer:]", "f", NULL},
        {"-[AGXG16XFamilyComputeContext setBuffer:]", "f", NULL},
        {"-[AGXG15GFamilyComputeContext setBuffer:]", "f", NULL},
        {"-[AGXG14FamilyComputeContext setBuffer:]", "f", NULL},
        {"-[AGXG16G_B0FamilyComputeContext setBuffer:]", "f", NULL},
    };
    struct mp_signature first = sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, names[0]);
    (void)state;
    assert_non_null(strstr(first.key, "-[AGX*FamilyComputeContext setBuffer:]"));
    assert_string_equal(first.family, "null-offset:AGX*ComputeContext");
    for (size_t i = 1; i < MP_COUNT(names); i++)
        assert_string_equal(sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, names[i]).key,
                            first.key);
}

static void signature_skips_the_runtime_and_keeps_who_called_it(void **state) {
    static const char *const direct[] = {"guilty", "caller", "main", NULL};
    static const char *const by_abort[] = {"libc:__pthread_kill_implementation",
                                           "libc:raise",
                                           "libc:abort",
                                           "guilty",
                                           "caller",
                                           "main",
                                           NULL};
    static const char *const by_copy[] = {"libc:__memmove_avx_unaligned_erms", "guilty",
                                          "caller", "main", NULL};
    static const char *const only_libc[] = {"libc:", "libc:abort", NULL};
    struct mp_signature a = sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, direct);
    struct mp_signature b = sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, by_abort);
    struct mp_signature c = sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, by_copy);
    (void)state;
    assert_string_equal(a.key, "SIGABRT/none/guilty|caller|main");
    assert_string_equal(a.key, b.key);
    assert_string_equal(a.key, c.key);
    assert_string_equal(b.title, "SIGABRT in guilty + 32");
    struct mp_signature d = sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, only_libc);
    assert_string_equal(d.key, "SIGABRT/none/libc.so.6!+0x20|abort");
    assert_false(d.is_incomplete);
    assert_false(a.is_incomplete || b.is_incomplete || c.is_incomplete);
}

static void signature_drops_what_compilers_append(void **state) {
    static const char *const plain[] = {"guilty", "-[Stream end]", "-[Stream end]{block}",
                                        NULL};
    static const char *const marked[] = {"guilty.constprop.0", "-[Stream(Extra) end]",
                                         "__52-[Stream end]_block_invoke_2", NULL};
    struct mp_signature a = sign(SIGSEGV, MP_FAULT_WILD, 0x123456, 0, plain);
    struct mp_signature b = sign(SIGSEGV, MP_FAULT_WILD, 0x123456, 0, marked);
    (void)state;
    assert_string_equal(b.key, "SIGSEGV/wild/guilty|-[Stream end]|-[Stream end]{block}");
    assert_non_null(strstr(a.key, "guilty|-[Stream end]"));
}

static void signature_stays_in_bounds_with_the_longest_names(void **state) {
    char name[MP_CRASH_SYMBOL_MAX];
    memset(name, 'A', sizeof(name) - 1);
    memcpy(name, "-[AGXG16X", 9);
    name[sizeof(name) - 1] = '\0';
    const char *const names[] = {name, name, name, name, NULL};
    struct mp_signature signature = sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, names);
    (void)state;
    assert_true(strlen(signature.key) < sizeof(signature.key));
    assert_true(strlen(signature.title) < sizeof(signature.title));
    static const char *const none[] = {NULL};
    signature = sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, none);
    assert_string_equal(signature.key, "SIGSEGV/null");
    assert_string_equal(signature.title, "SIGSEGV at NULL+0x98");
    struct mp_crash *empty = mp_crash_create();
    mp_signature_make(empty, &signature);
    mp_crash_destroy(empty);
}

static void signature_of_a_fault_keeps_the_runtime_function_it_happened_in(void **state) {
    static const char *const direct[] = {"guilty", "caller", "main", NULL};
    static const char *const by_send[] = {"libc:objc_msgSend", "guilty", "caller", "main",
                                          NULL};
    static const char *const by_lookup[] = {"objc_msg_lookup", "guilty", "caller", "main",
                                            NULL};
    static const char *const by_avx[] = {"libc:__memmove_avx_unaligned_erms", "guilty",
                                         "caller", "main", NULL};
    static const char *const by_sse[] = {"libc:__memcpy_ssse3", "guilty", "caller",
                                         "main", NULL};
    struct mp_signature a = sign(SIGSEGV, MP_FAULT_WILD, 0x1234567000, 0, direct);
    struct mp_signature b = sign(SIGSEGV, MP_FAULT_WILD, 0x1234567000, 0, by_send);
    struct mp_signature c = sign(SIGSEGV, MP_FAULT_WILD, 0x1234567000, 0, by_lookup);
    struct mp_signature d = sign(SIGSEGV, MP_FAULT_WILD, 0x1234567000, 0, by_avx);
    struct mp_signature e = sign(SIGSEGV, MP_FAULT_WILD, 0x1234567000, 0, by_sse);
    (void)state;
    assert_string_equal(b.key, "SIGSEGV/wild/via objc_msgSend/guilty|caller|main");
    assert_string_equal(b.key, c.key);
    assert_string_equal(d.key, e.key);
    assert_string_not_equal(a.key, b.key);
    assert_string_not_equal(b.key, d.key);
    assert_string_equal(a.family, b.family);
}

static void signature_of_a_jump_to_nowhere_names_who_jumped(void **state) {
    static const char *const to_null[] = {"libc:", "guilty", "caller", "main", NULL};
    static const char *const to_data[] = {"some_table", "guilty", "caller", "main", NULL};
    static const char *const to_other_data[] = {"another", "guilty", "caller", "main",
                                                NULL};
    struct mp_signature signature[3];
    const char *const *stack[] = {to_null, to_data, to_other_data};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct mp_crash *crash = make(
            SIGSEGV, i == 0 ? MP_FAULT_JUMP_NULL : MP_FAULT_PROTECTION, 0, 0, stack[i]);
        crash->access = MP_ACCESS_EXECUTE;
        if (i == 0)
            crash->thread[0].frame[0].module = -1;
        mp_signature_make(crash, &signature[i]);
        mp_crash_destroy(crash);
    }
    assert_string_equal(signature[0].key, "SIGSEGV/jump_null/guilty|caller|main");
    assert_string_equal(signature[0].family, "jump_null:guilty");
    assert_string_equal(signature[1].key, "SIGSEGV/jump_protection/guilty|caller|main");
    assert_string_equal(signature[1].key, signature[2].key);
}

/* The key of an abort in `own` with an exception that was thrown in `thrown`. */
static void make_thrown_key(const char *const *own, const char *const *thrown,
                            struct mp_signature *ret_signature) {
    struct mp_crash *crash = make(SIGABRT, MP_FAULT_NONE, 0, 0, own);
    struct mp_crash_thread *stack = mp_crash_add_thread(crash);
    stack->is_exception = true;
    for (size_t i = 0; thrown[i] != NULL; i++)
        snprintf(mp_crash_add_frame(stack)->symbol, MP_CRASH_SYMBOL_MAX, "%s", thrown[i]);
    mp_signature_make(crash, ret_signature);
    mp_crash_destroy(crash);
}

static void
machinery_of_an_exception_names_no_bug_while_the_thread_has_better(void **state) {
    static const char *const machinery[] = {"__exceptionPreprocess",
                                            "objc_exception_throw", NULL};
    static const char *const thrower[] = {"objc_exception_throw", "guilty", NULL};
    static const char *const user[] = {"abort", "handler", "main", NULL};
    static const char *const runtime[] = {"__pthread_kill", "abort", NULL};
    struct mp_signature signature;
    (void)state;
    make_thrown_key(user, thrower, &signature);
    assert_string_equal(signature.key, "SIGABRT/none/guilty");
    make_thrown_key(user, machinery, &signature);
    assert_string_equal(signature.key, "SIGABRT/none/handler|main");
    make_thrown_key(runtime, machinery, &signature);
    assert_string_equal(signature.key,
                        "SIGABRT/none/__exceptionPreprocess|objc_exception_throw");
    assert_false(signature.is_incomplete);
}

static void signature_of_a_stack_overflow_is_its_cycle_wherever_it_ended(void **state) {
    static const char *const cycle[] = {"visit", "walk", "visit", "step"};
    char key[8][512];
    (void)state;
    for (size_t turn = 0; turn < 8; turn++) {
        /* Four places to end, with and without one call more on top. */
        const char *stack[MP_CRASH_FRAMES_MAX + 1] = {NULL};
        struct mp_crash *crash =
            make(SIGSEGV, MP_FAULT_STACK_OVERFLOW, 0x7ffe0000, 0, stack);
        struct mp_crash_thread *thread = &crash->thread[0];
        if (turn >= 4)
            snprintf(mp_crash_add_frame(thread)->symbol, MP_CRASH_SYMBOL_MAX, "helper");
        for (size_t i = 0; i < 40; i++)
            snprintf(mp_crash_add_frame(thread)->symbol, MP_CRASH_SYMBOL_MAX, "%s",
                     cycle[(turn + i) % 4]);
        struct mp_signature signature;
        mp_signature_make(crash, &signature);
        snprintf(key[turn], sizeof(key[turn]), "%s", signature.key);
        assert_non_null(strstr(signature.title, "by stack overflow"));
        mp_crash_destroy(crash);
    }
    assert_string_equal(key[0], "SIGSEGV/stack_overflow/step>visit>walk>visit");
    for (size_t turn = 1; turn < 8; turn++)
        assert_string_equal(key[turn], key[0]);
}

static void signature_of_a_stack_overflow_without_a_cycle_is_its_frames(void **state) {
    static const char *const large[] = {"large_frame", "caller", "main",
                                        "libc:start_thread", NULL};
    struct mp_signature signature =
        sign(SIGSEGV, MP_FAULT_STACK_OVERFLOW, 0x7ffe0000, 0, large);
    (void)state;
    assert_string_equal(signature.key, "SIGSEGV/stack_overflow/large_frame|caller|main");
}

static void signature_of_an_abort_is_its_message_and_one_frame(void **state) {
    static const char *const stack[] = {
        "libc:raise",       "libc:abort",
        "MTLReportFailure", "-[AGXG16XFamilyCommandBuffer commit]",
        "caller",           NULL};
    static const char *const deeper[] = {
        "libc:abort", "-[AGXG13XFamilyCommandBuffer commit]", "other_caller", NULL};
    static const char said[] =
        "-[AGXG16XFamilyCommandBuffer commit]:836: failed assertion "
        "`commit an already committed command buffer'\n";
    static const char also[] =
        "-[AGXG13XFamilyCommandBuffer commit]:967: failed assertion "
        "`commit an already committed command buffer'\n";
    struct mp_assertion message[2];
    struct mp_signature a, b, c, d;
    (void)state;
    assert_true(mp_assertion_find(said, strlen(said), &message[0]));
    assert_true(mp_assertion_find(also, strlen(also), &message[1]));
    struct mp_crash *crash = make(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, stack);
    mp_signature_make_assertion(crash, &message[0], NULL, &a);
    mp_signature_make(crash, &d);
    crash->signal = SIGSEGV;
    mp_signature_make_assertion(crash, &message[0], NULL, &c);
    mp_crash_destroy(crash);
    crash = make(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0x7f1200000000, deeper);
    mp_signature_make_assertion(crash, &message[1], NULL, &b);
    mp_crash_destroy(crash);
    assert_string_equal(a.key, "SIGABRT/double_commit/-[AGX*FamilyCommandBuffer commit]");
    assert_string_equal(a.key, b.key);
    assert_string_equal(a.family, "abort:double_commit");
    assert_non_null(
        strstr(a.title, "SIGABRT (double_commit): -[AGXG16XFamilyCommandBuffer"));
    assert_string_not_equal(a.key, d.key);
    /* What was said before explains no fault. */
    assert_non_null(strstr(c.key, "SIGSEGV/none/-[AGX*"));
}

/* Code that a program compiled: addresses in no module, without a name. */
static void frames_of_no_module_still_have_a_key_without_addresses(void **state) {
    static const char *const nameless[] = {"", "", NULL};
    struct mp_signature made[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct mp_crash *crash =
            make(SIGSEGV, i < 2 ? MP_FAULT_NULL : MP_FAULT_WILD, 0x18 + i,
                 UINT64_C(0x7f1200000000) + (i << 20), nameless);
        for (size_t k = 0; k < crash->thread[0].frame_count; k++)
            crash->thread[0].frame[k].module = -1;
        mp_signature_make(crash, &made[i]);
        mp_crash_destroy(crash);
    }
    assert_string_equal(made[0].key, "SIGSEGV/null/no module");
    assert_string_equal(made[0].key, made[1].key);
    assert_string_equal(made[0].title, "SIGSEGV at NULL+0x18 in code of no module");
    assert_false(made[0].is_incomplete);
    assert_string_equal(made[2].key, "SIGSEGV/wild/no module");
}

static void signature_of_an_abort_with_a_message_needs_no_frame(void **state) {
    static const char *const none[] = {NULL};
    static const char *const runtime[] = {"libc:raise", "libc:abort", NULL};
    struct mp_assertion message;
    struct mp_signature bare, silent;
    (void)state;
    assert_true(mp_assertion_find("free(): invalid pointer\n", 24, &message));
    struct mp_crash *crash = make(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, none);
    mp_signature_make_assertion(crash, &message, NULL, &bare);
    mp_signature_make(crash, &silent);
    mp_crash_destroy(crash);
    assert_string_equal(bare.key, "SIGABRT/free(): invalid pointer");
    assert_false(bare.is_incomplete);
    assert_true(silent.is_incomplete); /* no frame at all */
    crash = make(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, runtime);
    mp_signature_make_assertion(crash, &message, NULL, &silent);
    mp_crash_destroy(crash);
    assert_string_equal(bare.key, silent.key);
}

/* A crash with more threads, each a stack inside or outside the driver (module 1). */
static struct mp_crash *make_race(const char *const *const *stack, size_t count) {
    struct mp_crash *crash = make(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0, stack[0]);
    for (size_t i = 1; i < count; i++) {
        struct mp_crash_thread *thread = mp_crash_add_thread(crash);
        for (size_t j = 0; stack[i][j] != NULL; j++) {
            struct mp_crash_frame *frame = mp_crash_add_frame(thread);
            frame->module = strncmp(stack[i][j], "exe:", 4) == 0 ? -1 : 1;
            snprintf(frame->symbol, sizeof(frame->symbol), "%s",
                     stack[i][j] + (frame->module < 0 ? 4 : 0));
        }
    }
    return crash;
}

static void other_side_is_who_ended_something_in_any_order_of_threads(void **state) {
    static const char *const ends[] = {
        "pthread_mutex_lock", "-[AGXG16XFamilyComputeContext destroyImpl]",
        "-[AGXG16XFamilyComputeContext endEncoding]", "exe:sync", NULL};
    static const char *const uses[] = {
        "-[AGXG16XFamilyComputeContext setBuffer:offset:atIndex:]", "exe:work", NULL};
    static const char *const waits[] = {
        "-[AGXG16XFamilyCommandBuffer waitUntilCompleted]", "exe:work", NULL};
    static const char *const own[] = {"-[AGXG16XFamilyCommandBuffer commit]", "executor",
                                      NULL};
    static const char *const outside[] = {"exe:work", "exe:main", NULL};
    const char *const *one[] = {set_pso, ends, uses, waits, own, outside};
    const char *const *two[] = {set_pso, outside, uses, uses, own,
                                waits,   uses,    ends, ends};
    const char *const *no_end[] = {set_pso, waits, uses, own};
    const char *const *nobody[] = {set_pso, waits, own, outside};
    struct mp_signature signature[4];
    struct mp_crash *crash[] = {make_race(one, 6), make_race(two, 9),
                                make_race(no_end, 4), make_race(nobody, 4)};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        mp_signature_make_assertion(crash[i], NULL, "other libmpmodel", &signature[i]);
        mp_crash_destroy(crash[i]);
        assert_string_equal(signature[i].key, signature[0].key);
    }
    assert_string_equal(signature[0].other_key,
                        "-[AGX*FamilyComputeContext destroyImpl]");
    assert_string_equal(signature[1].other_key, signature[0].other_key);
    assert_string_equal(signature[2].other_key,
                        "-[AGX*FamilyComputeContext setBuffer:offset:atIndex:]");
    assert_string_equal(signature[3].other_key, "");
}

static void offsets_are_of_one_build_and_names_of_all(void **state) {
    static const char *const offsets[] = {"", "", NULL};
    static const char *const builds[] = {"24E14FCF-bc65", "24e14fcf00", "99e14fcf", ""};
    static const char *const keys[] = {
        "SIGSEGV/null/libmpmodel.so!+0x20@24e14fcf|libmpmodel.so!+0x20@24e14fcf",
        "SIGSEGV/null/libmpmodel.so!+0x20@24e14fcf|libmpmodel.so!+0x20@24e14fcf",
        "SIGSEGV/null/libmpmodel.so!+0x20@99e14fcf|libmpmodel.so!+0x20@99e14fcf",
        "SIGSEGV/null/libmpmodel.so!+0x20|libmpmodel.so!+0x20"};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(builds); i++) {
        struct mp_crash *crash = make(SIGSEGV, MP_FAULT_NULL, 8, 0x7f1200000000, offsets);
        struct mp_crash *named = make(SIGSEGV, MP_FAULT_NULL, 8, 0x7f1200000000, set_pso);
        struct mp_signature live, elsewhere, by_name, plain;
        snprintf(crash->module[1].id, sizeof(crash->module[1].id), "%s", builds[i]);
        snprintf(named->module[1].id, sizeof(named->module[1].id), "%s", builds[i]);
        mp_signature_make_assertion(crash, NULL, "", &live);
        mp_signature_make(crash, &elsewhere);
        mp_signature_make_assertion(named, NULL, "", &by_name);
        mp_signature_make(named, &plain);
        assert_string_equal(live.key, keys[i]);
        assert_string_equal(live.family, "null-offset:libmpmodel.so");
        assert_int_equal(strstr(live.title, "(build ") != NULL, builds[i][0] != '\0');
        assert_string_equal(elsewhere.key, keys[3]);
        assert_string_equal(by_name.key, plain.key);
        mp_crash_destroy(crash);
        mp_crash_destroy(named);
    }
}

static void other_side_is_sought_in_the_frames_of_the_device_only(void **state) {
    static const char *const calls[] = {"-[AGXG16XFamilyCommandBuffer commit]", "_work",
                                        NULL};
    const char *const *stacks[] = {set_pso, calls};
    static const struct {
        const char *frames, *other_key;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"AGX cuda", ""},
        {"cuda -[AGX", "-[AGX*FamilyCommandBuffer commit]"}, /* "_work" called it */
        {"libmpmodel", ""}, /* both are the driver's own frames */
        {"libmpmodel.so.1", ""},
    };
    struct mp_crash *crash = make_race(stacks, 2);
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_signature signature;
        mp_signature_make_assertion(crash, NULL, rows[i].frames, &signature);
        assert_string_equal(signature.other_key, rows[i].other_key);
    }
    mp_crash_destroy(crash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_the_same_under_aslr_and_for_every_small_offset),
        cmocka_unit_test(signature_differs_for_different_defects),
        cmocka_unit_test(signature_key_holds_no_address),
        cmocka_unit_test(signature_is_the_same_on_every_gpu_family),
        cmocka_unit_test(signature_skips_the_runtime_and_keeps_who_called_it),
        cmocka_unit_test(signature_drops_what_compilers_append),
        cmocka_unit_test(signature_stays_in_bounds_with_the_longest_names),
        cmocka_unit_test(signature_of_a_fault_keeps_the_runtime_function_it_happened_in),
        cmocka_unit_test(signature_of_a_jump_to_nowhere_names_who_jumped),
        cmocka_unit_test(signature_of_a_stack_overflow_is_its_cycle_wherever_it_ended),
        cmocka_unit_test(signature_of_a_stack_overflow_without_a_cycle_is_its_frames),
        cmocka_unit_test(signature_of_an_abort_is_its_message_and_one_frame),
        cmocka_unit_test(frames_of_no_module_still_have_a_key_without_addresses),
        cmocka_unit_test(signature_of_an_abort_with_a_message_needs_no_frame),
        cmocka_unit_test(
            machinery_of_an_exception_names_no_bug_while_the_thread_has_better),
        cmocka_unit_test(other_side_is_who_ended_something_in_any_order_of_threads),
        cmocka_unit_test(offsets_are_of_one_build_and_names_of_all),
        cmocka_unit_test(other_side_is_sought_in_the_frames_of_the_device_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
