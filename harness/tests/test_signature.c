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

#include "harness/supervisor/capture/signature.h"

#define FRAMES_MAX 8

/* A crash as capture would hand it over. `slide` moves every address. */
static struct mp_crash *make(int signal, enum mp_fault_class fault_class, uint64_t address,
                             uint64_t slide, const char *const *symbol) {
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
        snprintf(frame->symbol, sizeof(frame->symbol), "%s", symbol[i] + (is_libc ? 5 : 0));
    }
    return crash;
}

static struct mp_signature sign(int signal, enum mp_fault_class fault_class, uint64_t address,
                                uint64_t slide, const char *const *symbol) {
    struct mp_signature signature;
    struct mp_crash *crash = make(signal, fault_class, address, slide, symbol);
    mp_signature_make(crash, &signature);
    mp_crash_destroy(crash);
    return signature;
}

static const char *const set_pso[] = {"-[AGXG16XFamilyComputeContext setComputePipelineState:]",
                                      "mp_client_encode", "work", "libc:start_thread", NULL};

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
        "-[AGXG16XFamilyComputeContext dispatchThreads:threadsPerThreadgroup:]", "mp_client_encode",
        "work", NULL};
    struct mp_signature all[] = {
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0, set_pso),
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0, dispatch),
        sign(SIGSEGV, MP_FAULT_WILD, 0x7f0000000000, 0, set_pso),
        sign(SIGSEGV, MP_FAULT_NON_CANONICAL, 0x5a5a000000000000, 0, set_pso),
        sign(SIGABRT, MP_FAULT_NONE, UINT64_MAX, 0, set_pso),
    };
    size_t count = sizeof(all) / sizeof(all[0]);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++)
            assert_string_not_equal(all[i].key, all[j].key);
    }
}

static void signature_key_holds_no_address(void **state) {
    static const char *const nameless[] = {"", "", "", NULL};
    struct mp_signature all[] = {
        sign(SIGSEGV, MP_FAULT_WILD, 0xdeadbeef0000, 0x7f1200000000, nameless),
        sign(SIGSEGV, MP_FAULT_NULL, 0x5c8, 0x7f1200000000, set_pso),
        sign(SIGBUS, MP_FAULT_BUS, 0x7f1200345000, 0x7f1200000000, set_pso),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_null(strstr(all[i].key, "0x"));
        assert_null(strstr(all[i].key, "7f12"));
        assert_null(strstr(all[i].family, "0x"));
    }
    assert_non_null(strstr(all[0].key, "libmpmodel.so"));
}

static void signature_is_the_same_on_every_gpu_family(void **state) {
    static const char *const names[][4] = {
        {"-[AGXG13XFamilyComputeContext setBuffer:]",    "f", NULL},
        {"-[AGXG16XFamilyComputeContext setBuffer:]",    "f", NULL},
        {"-[AGXG15GFamilyComputeContext setBuffer:]",    "f", NULL},
        {"-[AGXG14FamilyComputeContext setBuffer:]",     "f", NULL},
        {"-[AGXG16G_B0FamilyComputeContext setBuffer:]", "f", NULL},
    };
    struct mp_signature first = sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, names[0]);
    (void)state;
    assert_non_null(strstr(first.key, "-[AGX*FamilyComputeContext setBuffer:]"));
    assert_string_equal(first.family, "null-offset:AGX*ComputeContext");
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
        assert_string_equal(sign(SIGSEGV, MP_FAULT_NULL, 0x98, 0, names[i]).key, first.key);
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
    static const char *const by_copy[] = {"libc:__memmove_avx_unaligned_erms", "guilty", "caller",
                                          "main", NULL};
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
    assert_string_equal(d.key, "SIGABRT/none/libc.so.6|abort");
}

static void signature_drops_what_compilers_append(void **state) {
    static const char *const plain[] = {"guilty", "-[Stream end]", "-[Stream end]{block}", NULL};
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_is_the_same_under_aslr_and_for_every_small_offset),
        cmocka_unit_test(signature_differs_for_different_defects),
        cmocka_unit_test(signature_key_holds_no_address),
        cmocka_unit_test(signature_is_the_same_on_every_gpu_family),
        cmocka_unit_test(signature_skips_the_runtime_and_keeps_who_called_it),
        cmocka_unit_test(signature_drops_what_compilers_append),
        cmocka_unit_test(signature_stays_in_bounds_with_the_longest_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
