/* Tests of the fix libraries on the model: each case runs in a process that has one of
 * them preloaded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr */
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/mpstress.h"
#include "repro/fix/counts.h"
#include "repro/tests/model_bench.h"

#define SLOTS      64 /* command buffers that a queue has at a time */
#define OP_CALLS   3  /* pipeline, counter, dispatch */
#define CONCURRENT 1  /* MTLDispatchTypeConcurrent */
#define RACY       "defects=destroy_race,reader=U"
#define FAKE_NAME  "AGXTestFamilyComputeContext"

static struct mp_fix_counts *counts(void) {
    struct mp_fix_counts *block = dlsym(RTLD_DEFAULT, "mp_fix_counts");
    CHECK(block != NULL);
    return block;
}

/* The file that has the method of class `name`. */
static const char *owner(const char *name, const char *selector) {
    Dl_info info = {0};
    mp_imp *method = class_getMethodImplementation((Class)model_class(name),
                                                   sel_registerName(selector));
    CHECK(dladdr((void *)(uintptr_t)method, &info) != 0 && info.dli_fname != NULL);
    const char *slash = info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
    return slash ? slash + 1 : "";
}

static bool is_fixed(const char *name, const char *selector) {
    return !strncmp(owner(name, selector), "libfix_", 7);
}

/* Nothing of a driver is there at first; then it is, and no object of it was made. */
static void case_late_load(void) {
    struct model model;
    CHECK(counts()->version == MP_FIX_COUNTS_VERSION);
    CHECK(counts()->size == sizeof(struct mp_fix_counts));
    CHECK(counts()->classes == 0);
    model_open(&model, NULL);
    CHECK(counts()->classes == 4);
    CHECK(counts()->classes_refused == 0);
    CHECK(model.count("inits") == 0);
    CHECK(is_fixed("AGXG16XFamilyComputeContext", "setComputePipelineState:"));
    CHECK(is_fixed("AGXG16XFamilyComputeContext", "destroyImpl"));
    CHECK(is_fixed("AGXG16XFamilyBlitContext", "updateFence:"));
    CHECK(is_fixed("AGXG16XFamilyCommandBuffer", "commit"));
    CHECK(is_fixed("MPSCommandBuffer", "commit"));
}

/* Methods that a class inherits get one in front, in that class alone. */
static void case_inherited(void) {
    struct model model;
    model_open(&model, NULL);
    CHECK(is_fixed("AGXG16XFamilyCommandBuffer", "encodeSignalEvent:value:"));
    CHECK(!is_fixed("IOGPUMetalCommandBuffer", "encodeSignalEvent:value:"));
    CHECK(!is_fixed("IOGPUMetalCommandBuffer", "dealloc"));
    CHECK(!is_fixed("_MTLCommandEncoder", "dealloc"));
    CHECK(!is_fixed("IOGPUMetalBlitCommandEncoder", "endEncoding"));
    CHECK(!is_fixed("IOGPUMetalComputeCommandEncoder", "dealloc"));
    CHECK(!is_fixed("_MTLObjectWithLabel", "dealloc"));
    CHECK(!is_fixed("AGXG16XFamilyBuffer", "dealloc"));
}

static void late_op(void) {
    struct model_bench bench;
    model_bench_open(&bench, RACY);
    model_op(&bench, model_late_encoder(&bench));
}

static void case_unfixed(void) {
    late_op();
}

static void case_late_call(void) {
    late_op();
    CHECK(counts()->rejected == OP_CALLS);
    CHECK(counts()->skipped == 0);
}

/* Work that is not late is all done, and what is freed is forgotten: the last buffer when
 * its executor lets go of it. */
static void case_lawful(void) {
    struct model_bench bench;
    model_bench_open(&bench, RACY);
    for (int i = 0; i < 2 * SLOTS; i++) {
        void *pool = bench.model.pool_push();
        id command = model_run_ops(&bench, 4);
        CHECK(model_number(command, "status") == 4);
        model_send(command, "release");
        bench.model.pool_pop(pool);
    }
    CHECK(model_ops_counted(&bench) == 2 * SLOTS * 4);
    CHECK(counts()->calls > 2 * SLOTS * 4 * OP_CALLS);
    CHECK(counts()->rejected == 0);
    CHECK(counts()->skipped == 0);
    while (counts()->tracked > 0) /* the case has a deadline */
        sched_yield();
}

/* More encoders are held by the client than the queue has places. */
static void case_held(void) {
    struct model_bench bench;
    id held[SLOTS + 6];
    model_bench_open(&bench, RACY);
    for (int i = 0; i < SLOTS + 6; i++) {
        void *pool = bench.model.pool_push();
        held[i] = model_late_encoder(&bench);
        bench.model.pool_pop(pool);
    }
    model_send(model_run_ops(&bench, 1), "release");
    for (int i = 0; i < SLOTS + 6; i++)
        model_send(held[i], "release");
    CHECK(model_ops_counted(&bench) == SLOTS + 7);
}

static void case_abandoned(void) {
    struct model_bench bench;
    model_bench_open(&bench, RACY);
    void *pool = bench.model.pool_push();
    model_send(model_send(bench.queue, "commandBuffer"), "computeCommandEncoder");
    bench.model.pool_pop(pool);
}

/* A class of the driver's kind whose methods do what a case needs. */
struct fake {
    sem_t inside, go_on;
};
static struct fake fake;

static void fake_stays(id self, SEL cmd, id heap) {
    (void)self, (void)cmd, (void)heap;
    sem_post(&fake.inside);
    sem_wait(&fake.go_on);
}

static void fake_leaves(id self, SEL cmd, id fence) {
    (void)self, (void)cmd, (void)fence;
    pthread_exit(NULL);
}

static void fake_returns(id self, SEL cmd) {
    (void)self, (void)cmd;
}

static Class fake_class(void) {
    struct model model;
    model_open(&model, NULL);
    sem_init(&fake.inside, 0, 0);
    sem_init(&fake.go_on, 0, 0);
    Class class = objc_allocateClassPair((Class)model_class("NSObject"), FAKE_NAME, 0);
    class_addMethod(class, sel_registerName("useHeap:"), (mp_imp *)fake_stays, "v@:@");
    class_addMethod(class, sel_registerName("updateFence:"), (mp_imp *)fake_leaves,
                    "v@:@");
    class_addMethod(class, sel_registerName("endEncoding"), (mp_imp *)fake_returns,
                    "v@:");
    objc_registerClassPair(class);
    CHECK(is_fixed(FAKE_NAME, "useHeap:"));
    return class;
}

static void *stay(void *encoder) {
    model_send_id(encoder, "useHeap:", NULL);
    return NULL;
}

static void *leave(void *encoder) {
    model_send_id(encoder, "updateFence:", NULL);
    return NULL;
}

/* A call on `second` while one on `first` goes on. */
static void call_beside(id first, id second) {
    pthread_t thread;
    pthread_create(&thread, NULL, stay, first);
    sem_wait(&fake.inside);
    model_send(second, "endEncoding");
    sem_post(&fake.go_on);
    pthread_join(thread, NULL);
}

/* Two encoders: one waits for the other only if there is one lock for all. */
static void case_two_encoders(void) {
    Class class = fake_class();
    const char *name = counts()->name;
    bool is_global = name && !strcmp(name, "fix_global");
    call_beside(class_createInstance(class, 0), class_createInstance(class, 0));
    CHECK(counts()->waits == (is_global ? 1 : 0));
    CHECK(counts()->skipped == (is_global ? 1 : 0));
}

/* A call that never ends keeps others waiting for a while, and then no longer. */
static void case_bounded_wait(void) {
    alarm(20); /* which no library needs that ends its waits */
    id encoder = class_createInstance(fake_class(), 0);
    call_beside(encoder, encoder);
    CHECK(counts()->waits == 1);
    CHECK(counts()->skipped == 1);
    CHECK(counts()->rejected == 0);
    CHECK(counts()->longest_wait_ns > 0);
    model_send(encoder, "endEncoding");
    CHECK(counts()->waits == 1);
}

/* A thread that is unwound inside a method leaves the lock. */
static void case_unwound(void) {
    id encoder = class_createInstance(fake_class(), 0);
    pthread_t thread;
    pthread_create(&thread, NULL, leave, encoder);
    pthread_join(thread, NULL);
    model_send(encoder, "endEncoding");
    CHECK(counts()->calls == 2);
    CHECK(counts()->waits == 0);
    CHECK(counts()->skipped == 0);
}

/* A thread that kept the encoder of a command buffer, and what it saw. */
struct keeper {
    const struct model_bench *bench;
    id encoder;
    atomic_bool is_back; /* the call that opens the encoder again has returned */
    bool was_back;       /* ... when the op had been encoded */
};

/* Encodes as soon as the driver says that the encoder is open again. */
static void *encode_when_open(void *arg) {
    struct keeper *keeper = arg;
    while (model_number(keeper->encoder, "dispatchType") != CONCURRENT)
        sched_yield(); /* the case has a deadline */
    model_op(keeper->bench, keeper->encoder);
    keeper->was_back = atomic_load(&keeper->is_back);
    return NULL;
}

/* The driver opens the ended encoder of a command buffer again, at the same address: a
 * thread that kept it can use it before the call that opens it has come back. A library
 * that learns of it only then takes the encoder for an ended one. The case is a cell too:
 * in a round of mpstress the op is planned, and that it is missing is the round's to
 * say. */
static void case_reopened(void) {
    struct model_bench bench;
    pthread_t thread;
    mpstress_plan(1);
    model_bench_open(&bench, "defects=none");
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    struct keeper keeper = {.bench = &bench, .encoder = encoder};
    model_send(encoder, "endEncoding");
    pthread_create(&thread, NULL, encode_when_open, &keeper);
    CHECK(model_send_number(
              command, "computeCommandEncoderWithDispatchType:", CONCURRENT) == encoder);
    atomic_store(&keeper.is_back, true);
    pthread_join(thread, NULL);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    fprintf(stderr, "done %u of 1%s\n", model_ops_counted(&bench),
            keeper.was_back ? "" : ", before the encoder's opening came back");
    mpstress_done(model_ops_counted(&bench));
    CHECK(model_ops_counted(&bench) == 1 || mpstress_is_round());
}

static const struct model_case cases[] = {
    {"late_load", case_late_load},
    {"inherited", case_inherited},
    {"unfixed", case_unfixed},
    {"late_call", case_late_call},
    {"lawful", case_lawful},
    {"held", case_held},
    {"abandoned", case_abandoned},
    {"two_encoders", case_two_encoders},
    {"bounded_wait", case_bounded_wait},
    {"unwound", case_unwound},
    {"reopened", case_reopened},
    {NULL, NULL},
};

static void pass_with(const char *library) {
    const char *const passing[] = {"late_load",    "inherited",    "lawful",  "held",
                                   "two_encoders", "bounded_wait", "unwound", "reopened"};
    struct model_result result;
    assert_int_equal(setenv("LD_PRELOAD", library, 1), 0);
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        model_case_passes(passing[i]);
    model_case_aborts("abandoned", "Command encoder released without endEncoding");
    model_case_run("late_call", &result);
    unsetenv("LD_PRELOAD");
    if (result.exit_code != 0 || !strstr(result.text, "its work is missing"))
        fail_msg("late_call: exit code %d, signal %d:\n%s", result.exit_code,
                 result.signal, result.text);
}

static void a_lock_for_each(void **state) {
    (void)state;
    pass_with(MP_TEST_FIX_ENCODER);
}

static void a_lock_for_all(void **state) {
    (void)state;
    pass_with(MP_TEST_FIX_GLOBAL);
}

/* A library whose waits have no end: the case does not end by itself. */
static void a_wait_without_an_end_is_noticed(void **state) {
    struct model_result result;
    (void)state;
    assert_int_equal(setenv("LD_PRELOAD", MP_TEST_FIX_BOUND, 1), 0);
    model_case_run("bounded_wait", &result);
    unsetenv("LD_PRELOAD");
    assert_int_equal(result.signal, SIGALRM);
}

/* A library that knows an encoder only once the call that opened it has returned. */
static void an_encoder_that_is_known_too_late_is_noticed(void **state) {
    struct model_result result;
    (void)state;
    model_case_passes("reopened");
    assert_int_equal(setenv("LD_PRELOAD", MP_TEST_FIX_TRACK, 1), 0);
    model_case_passes("lawful");
    model_case_run("reopened", &result);
    unsetenv("LD_PRELOAD");
    if (!strstr(result.text, "done 0 of 1") ||
        !strstr(result.text, "its work is missing"))
        fail_msg("reopened: exit code %d, signal %d:\n%s", result.exit_code,
                 result.signal, result.text);
}

static void without_a_library_a_late_call_faults(void **state) {
    struct model_result result;
    (void)state;
    model_case_run("unfixed", &result);
    assert_true(result.faulted);
    assert_int_equal(result.address, 0x5c8);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_library_a_late_call_faults),
        cmocka_unit_test(a_lock_for_each),
        cmocka_unit_test(a_lock_for_all),
        cmocka_unit_test(a_wait_without_an_end_is_noticed),
        cmocka_unit_test(an_encoder_that_is_known_too_late_is_noticed),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
