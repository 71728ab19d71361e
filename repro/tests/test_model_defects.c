/* Tests of the planted defects: each strikes when it is on, and not before. No test
 * asserts a rate: each case leads up to its defect until it strikes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/tests/model_bench.h"
#include "scenarios/kernels/reference.h"

static void case_late_pipeline(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=destroy_race,reader=U");
    model_send_id(model_late_encoder(&bench), "setComputePipelineState:", bench.noop);
}
static void case_late_buffer(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=destroy_race,reader=U,order=patched");
    model_set_buffer(model_late_encoder(&bench), bench.counter, 0);
}
static void case_late_dispatch(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=destroy_race,reader=U,freelist=0");
    model_dispatch(model_late_encoder(&bench), 1, 1);
}

static void late_is_refused(const char *settings) {
    struct model_bench bench;
    char text[256];
    static _Atomic unsigned long long late;
    model_bench_open(&bench, settings);
    CHECK(bench.model.mirror("dropped", &late) && !bench.model.mirror("late", &late));
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(model_send(command, "computeCommandEncoder"), "retain");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_op(&bench, encoder); /* ended, not yet destroyed */
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4 && model_ops_counted(&bench) == 2);
    model_set_buffer(encoder, bench.counter, 0);
    model_dispatch(encoder, 1, 1);
    CHECK(bench.model.count("dropped") == 2 && late == 2);
    CHECK(bench.model.mirror("dropped", NULL));
    CHECK(model_number(command, "status") == 5);
    CHECK(model_error_code(command, text, sizeof(text)) == 1 && strstr(text, "dropped"));
    model_send(encoder, "release");
}
static void case_refused_l(void) {
    late_is_refused("defects=destroy_race,reader=L");
}
static void case_refused_l_patched(void) {
    late_is_refused("defects=destroy_race,reader=L,order=patched");
}
static void case_refused_s(void) {
    late_is_refused("defects=destroy_race,reader=S");
}
static void case_refused_p(void) {
    late_is_refused("defects=destroy_race,reader=P");
}

/* Two threads, as in the field: one encodes, the other commits under its feet. */
struct duel {
    struct model_bench bench;
    _Atomic(id) encoder;     /* to encode on; NULL: wait for the next */
    _Atomic unsigned inside; /* sequences that the encoding thread began on it */
    _Atomic bool is_committed, is_over;
    _Atomic bool is_out; /* the encoding thread let go of the encoder */
};

static void *duel_encode(void *arg) {
    struct duel *duel = arg;
    while (!atomic_load(&duel->is_over)) {
        id encoder = atomic_exchange(&duel->encoder, NULL);
        if (!encoder)
            continue;
        void *pool = duel->bench.model.pool_push();
        bool was_committed;
        do { /* the last sequence begins after the commit */
            was_committed = atomic_load(&duel->is_committed);
            atomic_fetch_add(&duel->inside, 1);
            model_op(&duel->bench, encoder);
        } while (!was_committed);
        model_send(encoder, "release");
        duel->bench.model.pool_pop(pool);
        atomic_store(&duel->is_out, true);
    }
    return NULL;
}

/* `rounds` commits, each while the other thread is encoding. */
static void duel_fight(struct duel *duel, int rounds) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, duel_encode, duel) == 0);
    for (int i = 0; i < rounds; i++) {
        void *pool = duel->bench.model.pool_push();
        id command = model_send(duel->bench.queue, "commandBuffer");
        id encoder = model_send(model_send(command, "computeCommandEncoder"), "retain");
        model_send(encoder, "retain"); /* the other thread's */
        atomic_store(&duel->is_committed, false);
        atomic_store(&duel->is_out, false);
        atomic_store(&duel->inside, 0);
        atomic_store(&duel->encoder, encoder);
        while (atomic_load(&duel->inside) < 2)
            continue;
        model_send(encoder, "endEncoding");
        model_send(encoder, "release");
        model_send(command, "commit");
        atomic_store(&duel->is_committed, true);
        while (!atomic_load(&duel->is_out))
            continue;
        model_send(command, "waitUntilCompleted");
        duel->bench.model.pool_pop(pool);
    }
    atomic_store(&duel->is_over, true);
    pthread_join(thread, NULL);
}

static void duel_with(const char *settings, int rounds) {
    static struct duel duel;
    model_bench_open(&duel.bench, settings);
    duel_fight(&duel, rounds);
    /* The last sequence on each encoder began after its commit. */
    CHECK(duel.bench.model.count("dropped") > 0);
    if (strstr(settings, "patched"))
        CHECK(duel.bench.model.count("stale_uses") == 0);
}

static void case_duel_u(void) {
    duel_with("defects=destroy_race,reader=U", 1);
}
static void case_duel_l(void) {
    duel_with("defects=destroy_race,reader=L,rendezvous=on", 2000);
}
static void case_duel_l_patched(void) {
    duel_with("defects=destroy_race,reader=L,order=patched,rendezvous=on", 300);
}
static void case_duel_s(void) {
    duel_with("defects=destroy_race,reader=S,rendezvous=on", 2000);
}
static void case_duel_s_patched(void) {
    duel_with("defects=destroy_race,reader=S,order=patched,rendezvous=on", 2000);
}
static void case_duel_l_natural(void) {
    duel_with("defects=destroy_race,reader=L", 2000);
}
/* Reader P never faults: it uses what it loaded, though that was given away. */
static void case_duel_p(void) {
    static struct duel duel;
    model_bench_open(&duel.bench, "defects=destroy_race,reader=P,rendezvous=on");
    duel_fight(&duel, 300);
    CHECK(duel.bench.model.count("stale_uses") > 0);
}
static void case_duel_p_patched(void) {
    duel_with("defects=destroy_race,reader=P,order=patched", 300);
}

/* Two threads that commit one buffer at the same time. */
struct committers {
    id command;
    _Atomic unsigned ready;
};
static void *commit_with(void *arg) {
    struct committers *committers = arg;
    atomic_fetch_add(&committers->ready, 1);
    while (atomic_load(&committers->ready) < 2)
        continue;
    model_send(committers->command, "commit");
    return NULL;
}
static void commit_by_two(const char *settings) {
    struct model_bench bench;
    struct committers committers;
    pthread_t thread;
    model_bench_open(&bench, settings);
    committers.command = model_send(bench.queue, "commandBuffer");
    void *pool = bench.model.pool_push();
    id encoder = model_send(committers.command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    bench.model.pool_pop(pool); /* the buffer alone holds the encoder now */
    atomic_init(&committers.ready, 0);
    CHECK(pthread_create(&thread, NULL, commit_with, &committers) == 0);
    commit_with(&committers);
    pthread_join(thread, NULL);
    model_send(committers.command, "waitUntilCompleted");
}
static void case_commit_locked(void) {
    commit_by_two("");
}
static void case_commit_unlocked(void) {
    commit_by_two("commit=unlocked,rendezvous=on");
}
/* One thread alone notices nothing of that setting. */
static void case_commit_alone(void) {
    struct model_bench bench;
    model_bench_open(&bench, "commit=unlocked");
    for (int i = 0; i < 8; i++) {
        void *pool = bench.model.pool_push();
        id command = model_send(bench.queue, "commandBuffer");
        for (int e = 0; e < 3; e++) {
            id encoder = model_send(command, "computeCommandEncoder");
            model_op(&bench, encoder);
            model_send(encoder, "endEncoding");
        }
        model_send(command, "commit");
        model_send(command, "waitUntilCompleted");
        CHECK(model_number(command, "status") == 4);
        bench.model.pool_pop(pool);
    }
    CHECK(model_ops_counted(&bench) == 24);
}

static void case_silent_drop(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=silent_drop");
    for (int i = 0; i < 8; i++) {
        id command = model_run_ops(&bench, 8);
        CHECK(model_number(command, "status") == 4 && !model_send(command, "error"));
    }
    CHECK(model_ops_counted(&bench) == 60);
    CHECK(bench.model.count("defects_fired") == 4);
}

static void case_gpu_hang(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=gpu_hang,executors=1");
    for (int i = 0; i < 4; i++)
        CHECK(model_number(model_run_ops(&bench, 1), "status") == 4);
    id hung = model_send(bench.queue, "commandBuffer");
    model_send(hung, "commit");
    id behind = model_send(bench.queue, "commandBuffer");
    model_send(behind, "commit");
    /* The one executor would have taken both before this. */
    bench.queue = model_queue(&bench.model);
    CHECK(model_number(model_run_ops(&bench, 1), "status") == 4);
    CHECK(model_number(hung, "status") == 2 && model_number(behind, "status") == 2);
    CHECK(model_ops_counted(&bench) == 5);
}

/* Ends one encoder and opens the next on the same buffer, `times` times. */
static void reopen(const struct model_bench *bench, int times) {
    id command = model_send(bench->queue, "commandBuffer");
    for (int i = 0; i <= times; i++) {
        id encoder = model_send(command, "computeCommandEncoder");
        model_op(bench, encoder);
        model_send(encoder, "endEncoding");
    }
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4);
}
static void case_coalesce(void) {
    struct model_bench bench;
    model_bench_open(&bench, "defects=coalesce_assert");
    reopen(&bench, 3);
    reopen(&bench, 4);
    CHECK(model_ops_counted(&bench) == 9);
    fprintf(stderr, "seven passed\n");
    reopen(&bench, 1);
}

/* Two strided copies, recorded before either runs. */
static bool copies_are_right(const char *settings) {
    struct model_bench bench;
    model_bench_open(&bench, settings);
    id pipeline = model_pipeline(&bench.model, "mp_contiguous");
    id source = model_buffer(&bench.model, 64), rows = model_buffer(&bench.model, 64);
    id columns = model_buffer(&bench.model, 64);
    float *values = model_contents(source), *by_row = model_contents(rows);
    float *by_column = model_contents(columns);
    const struct mp_kernel_contiguous row_view = {4, 4, 4, 1, 0},
                                      column_view = {4, 4, 1, 4, 0};
    bool good = true;
    for (int i = 0; i < 16; i++)
        values[i] = (float)i;
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    model_encode(encoder, pipeline, (id[]){source, rows}, 2, &row_view, sizeof(row_view),
                 NULL);
    model_encode(encoder, pipeline, (id[]){source, columns}, 2, &column_view,
                 sizeof(column_view), NULL);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4);
    for (int i = 0; i < 16; i++)
        good = good && by_row[i] == (float)i &&
               by_column[i] == (float)(i % 4 * 4 + (i >> 2));
    return good;
}
static void case_contiguous_race(void) {
    CHECK(!copies_are_right("defects=contiguous_race"));
}
static void case_contiguous_sound(void) {
    CHECK(copies_are_right(""));
}

/* What the other defects would break, on a driver without them. */
static void case_sound(void) {
    static struct duel duel;
    model_bench_open(&duel.bench, "late=hold"); /* the duel breaks the rules */
    for (int i = 0; i < 8; i++)
        model_send(model_run_ops(&duel.bench, 8), "release");
    reopen(&duel.bench, 20);
    CHECK(model_ops_counted(&duel.bench) == 85);
    duel_fight(&duel, 100);
    CHECK(duel.bench.model.count("defects_fired") == 0);
    CHECK(duel.bench.model.count("dropped") == 0);
    CHECK(duel.bench.model.count("buffers_failed") == 0);
    CHECK(duel.bench.model.count("dispatches") == duel.bench.model.count("executed"));
    CHECK(duel.bench.model.count("contexts_live") == 0);
}

static const struct model_case cases[] = {
    {"late_pipeline", case_late_pipeline},
    {"late_buffer", case_late_buffer},
    {"late_dispatch", case_late_dispatch},
    {"refused_l", case_refused_l},
    {"refused_l_patched", case_refused_l_patched},
    {"refused_s", case_refused_s},
    {"refused_p", case_refused_p},
    {"duel_u", case_duel_u},
    {"duel_l", case_duel_l},
    {"duel_l_patched", case_duel_l_patched},
    {"duel_s", case_duel_s},
    {"duel_s_patched", case_duel_s_patched},
    {"duel_l_natural", case_duel_l_natural},
    {"duel_p", case_duel_p},
    {"duel_p_patched", case_duel_p_patched},
    {"commit_locked", case_commit_locked},
    {"commit_unlocked", case_commit_unlocked},
    {"commit_alone", case_commit_alone},
    {"silent_drop", case_silent_drop},
    {"gpu_hang", case_gpu_hang},
    {"coalesce", case_coalesce},
    {"contiguous_race", case_contiguous_race},
    {"contiguous_sound", case_contiguous_sound},
    {"sound", case_sound},
    {.name = NULL},
};

static void faults_at(const char *name, uint64_t address) {
    struct model_result result;
    model_case_run(name, &result);
    if (!result.faulted || result.address != address)
        fail_msg("case %s: exit code %d, signal %d, address 0x%llx:\n%s", name,
                 result.exit_code, result.signal, (unsigned long long)result.address,
                 result.text);
}

/* A fault, and no other address than those of the field reports. */
static void faults_at_known_field(const char *name) {
    struct model_result result;
    model_case_run(name, &result);
    uint64_t at = result.address;
    if (!result.faulted || (at != 0x5c8 && at != 0x5f4 && at != 0x98 && at != 0x184))
        fail_msg("case %s: exit code %d, signal %d, address 0x%llx:\n%s", name,
                 result.exit_code, result.signal, (unsigned long long)at, result.text);
}

static void skip_with_sanitizer(void) {
    if (model_is_sanitized)
        skip(); /* it turns the fault into a report of its own */
}

static void late_calls_fault_at_the_offsets_of_the_field_reports(void **state) {
    (void)state;
    skip_with_sanitizer();
    faults_at("late_pipeline", 0x5c8);
    faults_at("late_buffer", 0x5c8);
    faults_at("late_dispatch", 0x98);
}
static void checking_readers_refuse_late_calls_and_fail_the_buffer(void **state) {
    (void)state;
    model_case_passes("refused_l");
    model_case_passes("refused_l_patched");
    model_case_passes("refused_s");
    model_case_passes("refused_p");
}
static void unlocked_reader_faults_only_at_known_fields(void **state) {
    (void)state;
    skip_with_sanitizer();
    for (int i = 0; i < 20; i++)
        faults_at_known_field("duel_u");
}
static void locked_reader_faults_with_original_order(void **state) {
    (void)state;
    skip_with_sanitizer();
    for (int i = 0; i < 5; i++)
        faults_at_known_field("duel_l");
}
static void split_reader_faults_with_either_order(void **state) {
    (void)state;
    skip_with_sanitizer();
    for (int i = 0; i < 5; i++) {
        faults_at_known_field("duel_s");
        faults_at_known_field("duel_s_patched");
    }
}
static void locked_reader_survives_patched_order(void **state) {
    (void)state;
    model_case_passes("duel_l_patched");
    model_case_passes("duel_p_patched");
}
static void single_load_reader_uses_stale_contexts_and_lives(void **state) {
    (void)state;
    if (model_has_tsan)
        skip(); /* the stale use is the race: it is reported */
    model_case_passes("duel_p");
}
/* A message to the freed encoder reads what stands where its class was. The other end is
 * that the second committer came after the first. */
static void
two_committers_release_an_encoder_twice_where_nothing_is_locked(void **state) {
    struct model_result result;
    bool has_faulted = false;
    (void)state;
    skip_with_sanitizer();
    model_case_passes("commit_alone");
    model_case_aborts("commit_locked", "commit an already committed command buffer");
    for (int i = 0; i < 100 && !has_faulted; i++) {
        model_case_run("commit_unlocked", &result);
        has_faulted = result.faulted;
        if (has_faulted ? result.address >> 12 != 0x1f72d6c0c
                        : result.signal != SIGABRT && result.exit_code != 0)
            fail_msg("exit code %d, signal %d, address 0x%llx:\n%s", result.exit_code,
                     result.signal, (unsigned long long)result.address, result.text);
    }
    assert_true(has_faulted);
}
static void silent_drop_skips_every_sixteenth_dispatch(void **state) {
    (void)state;
    model_case_passes("silent_drop");
}
static void gpu_hang_never_ends_the_fifth_buffer(void **state) {
    (void)state;
    model_case_passes("gpu_hang");
}
static void coalesce_assert_aborts_on_the_eighth_reuse(void **state) {
    (void)state;
    model_case_aborts("coalesce", "seven passed");
    model_case_aborts("coalesce",
                      "A command encoder is already encoding to this command buffer");
}
static void contiguous_race_mixes_strides_of_two_copies(void **state) {
    (void)state;
    model_case_passes("contiguous_race");
}
static void nothing_strikes_by_default(void **state) {
    (void)state;
    model_case_passes("contiguous_sound");
    model_case_passes("sound");
}
/* The rendezvous would hide it: its atomics order the accesses. Without it the race may
   also strike before the sanitizer has seen both sides: then the case is run again. */
static void thread_sanitizer_sees_the_planted_race(void **state) {
    struct model_result result;
    bool was_seen = false;
    (void)state;
    if (!model_has_tsan)
        skip();
    for (int i = 0; i < 20 && !was_seen; i++) {
        model_case_run("duel_l_natural", &result);
        was_seen = strstr(result.text, "data race") != NULL;
    }
    if (!was_seen)
        fail_msg("no report: exit code %d\n%s", result.exit_code, result.text);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_calls_fault_at_the_offsets_of_the_field_reports),
        cmocka_unit_test(checking_readers_refuse_late_calls_and_fail_the_buffer),
        cmocka_unit_test(unlocked_reader_faults_only_at_known_fields),
        cmocka_unit_test(locked_reader_faults_with_original_order),
        cmocka_unit_test(split_reader_faults_with_either_order),
        cmocka_unit_test(locked_reader_survives_patched_order),
        cmocka_unit_test(single_load_reader_uses_stale_contexts_and_lives),
        cmocka_unit_test(two_committers_release_an_encoder_twice_where_nothing_is_locked),
        cmocka_unit_test(silent_drop_skips_every_sixteenth_dispatch),
        cmocka_unit_test(gpu_hang_never_ends_the_fifth_buffer),
        cmocka_unit_test(coalesce_assert_aborts_on_the_eighth_reuse),
        cmocka_unit_test(contiguous_race_mixes_strides_of_two_copies),
        cmocka_unit_test(nothing_strikes_by_default),
        cmocka_unit_test(thread_sanitizer_sees_the_planted_race),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
