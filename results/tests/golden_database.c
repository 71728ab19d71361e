/* Writes the database that the golden files are made of, and a second one to merge with
 * it: golden_database FILE OTHER. Neither may be there. The same bytes in every table,
 * whenever and wherever it runs.
 *
 * Campaigns: 1 smoke, 2 a claim that is met, 3 one that is refuted, 4 two arms, 5 four
 * arms (one of them an injected library) in three strata, 6 a silent comparison, 7 a run
 * with an injected library, 8 interrupted, 9 running elsewhere, 10 and on: nights. OTHER
 * holds 2 as it is, 8 after it has gone on, and one more.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "results/store/request.h"
#include "results/tests/fixture.h"
#include "results/tests/golden_smoke.h"

#define FIRST_NIGHT 31 /* the number of a campaign on the first of November */

static void add_crashes(struct golden *golden, size_t cell, uint64_t seed,
                        unsigned count) {
    struct mp_crash *crash = fixture_crash(0x5c8);
    golden_add(golden,
               &(struct golden_round){.cell = cell,
                                      .outcome = MP_OUTCOME_CRASH,
                                      .crash = crash,
                                      .signature = &FIXTURE_SIGNATURE,
                                      .seed = seed},
               count);
    mp_crash_destroy(crash);
}

static void add_claim_met(struct golden *golden) {
    golden_begin(golden, &(struct golden_campaign){
                             .number = 2,
                             .argv = "mpstress run mm layernorm --until 'rate<5%@95%'",
                             .command = "run",
                             .claim = "rate<5%@95%",
                             .cell = {
                                 {GOLDEN_SOUND, "mm", "none", .rounds = 400},
                                 {GOLDEN_SOUND, "layernorm", "none", .rounds = 400},
                                 {GOLDEN_RACING, "destroy_impl", "none",
                                  .role = MP_ROLE_POSITIVE, .rounds = 400},
                             }});
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 89);
    golden_add_plain(golden, 1, MP_OUTCOME_PASS, 87);
    golden_add_plain(golden, 1, MP_OUTCOME_NO_OVERLAP, 2);
    add_crashes(golden, 2, 0, 60);
    golden_add_plain(golden, 2, MP_OUTCOME_PASS, 29);
    golden_end(golden, "complete");
}

static void add_claim_refuted(struct golden *golden) {
    golden_begin(golden, &(struct golden_campaign){
                             .number = 3,
                             .argv = "mpstress run mm noop --until 'rate<1%@95%'",
                             .command = "run",
                             .claim = "rate<1%@95%",
                             .cell = {{"null", "mm", "none", .rounds = 1000},
                                      {"null", "noop", "none", .rounds = 1000}}});
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 20);
    golden_add_plain(golden, 1, MP_OUTCOME_PASS, 14);
    golden_add_plain(golden, 1, MP_OUTCOME_MISMATCH, 6);
    golden_end(golden, "complete");
}

/* Blocks of one round of each arm of a stratum, which have one seed: 'p' passed, 'f'
 * crashed, '-' lost, 's' skipped. Arm 0 does 1,200 ops in a millisecond, arm 1 half of
 * that, arm 2 a third. */
static void add_blocks(struct golden *golden, size_t first_cell, unsigned count,
                       const char *rounds) {
    for (unsigned i = 0; i < count; i++) {
        uint64_t seed = 0x1000 + golden->seq;
        for (size_t arm = 0; rounds[arm] != '\0'; arm++) {
            if (rounds[arm] == 'f') {
                add_crashes(golden, first_cell + arm, seed, 1);
                continue;
            }
            enum mp_outcome outcome = rounds[arm] == 'p'   ? MP_OUTCOME_PASS
                                      : rounds[arm] == 's' ? MP_OUTCOME_SKIP
                                                           : MP_OUTCOME_LOST;
            golden_add(golden,
                       &(struct golden_round){.cell = first_cell + arm,
                                              .outcome = outcome,
                                              .seed = seed,
                                              .ops = 1200 / (arm + 1),
                                              .run_us = 1000 + i % 5 * 10},
                       1);
        }
    }
}

static void add_two_arms(struct golden *golden) {
    golden_begin(golden,
                 &(struct golden_campaign){
                     .number = 4,
                     .argv = "mpstress compare none serial destroy_impl",
                     .command = "compare",
                     .claim = "rate<10%@95%",
                     .cell = {{GOLDEN_RACING, "destroy_impl", "none", .rounds = 200},
                              {GOLDEN_RACING, "destroy_impl", "serial", .rounds = 200}}});
    add_blocks(golden, 0, 28, "fp");
    add_blocks(golden, 0, 10, "pp");
    add_blocks(golden, 0, 1, "f-");
    add_blocks(golden, 0, 1, "fp");
    golden_end(golden, "complete");
}

static void add_many_arms(struct golden *golden) {
    static const char *const threads[] = {"2", "4", "8"};
    static const char *const arms[] = {"none", "serial", "encode_mutex", GOLDEN_FIX};
    struct golden_campaign campaign = {
        .number = 5,
        .argv = "mpstress compare none serial encode_mutex fix --fix /opt/fixes/libfix.so"
                " 'destroy_impl:threads=2|4|8' --rounds 30 --all-rounds",
        .command = "compare",
        .kind = "compare_all",
        .claim = "rate<20%@95%"};
    for (size_t i = 0; i < 12; i++) {
        campaign.cell[i] = (struct golden_cell){.device = GOLDEN_RACING,
                                                .scenario = "destroy_impl",
                                                .arm = arms[i % 4],
                                                .threads = threads[i / 4],
                                                .rounds = 30,
                                                .stratum = i / 4 * 4};
    }
    golden_begin(golden, &campaign);
    for (size_t i = 0; i < 3; i++) {
        add_blocks(golden, i * 4, (unsigned)(8 + i * 6), "fpfp");
        add_blocks(golden, i * 4, (unsigned)(20 - i * 6), "pppp");
        add_blocks(golden, i * 4, 1, "fsfp");
        add_blocks(golden, i * 4, 1, i == 2 ? "ff-f" : "pp-p");
    }
    golden_end(golden, "complete");
}

static void add_silent_comparison(struct golden *golden) {
    golden_begin(golden, &(struct golden_campaign){
                             .number = 6,
                             .argv = "mpstress compare none serial noop --device null",
                             .command = "compare",
                             .claim = "rate<5%@95%",
                             .cell = {{"null", "noop", "none", .rounds = 200},
                                      {"null", "noop", "serial", .rounds = 200}}});
    add_blocks(golden, 0, 20, "pp");
    golden_end(golden, "complete");
}

static void add_injected(struct golden *golden) {
    struct mp_module module[] = {
        {.path = "/opt/mpstress/mpstress-round", .id = "aa01", .size = 40960},
        {.path = "/opt/mpstress/libmpmodel.so",
         .id = "0123abcd",
         .size = 8192,
         .role = MP_MODULE_DRIVER},
        {.path = "/opt/fixes/libfix.so",
         .id = "beefcafe",
         .size = 4096,
         .role = MP_MODULE_FIX},
    };
    struct mp_modules bare = {.module = module, .count = 2, .is_known = true};
    struct mp_modules injected = {.module = module, .count = 3, .is_known = true};
    golden_begin(golden, &(struct golden_campaign){
                             .number = 7,
                             .argv = "mpstress run mm --arm none --arm fix --fix "
                                     "/opt/fixes/libfix.so",
                             .command = "run",
                             .cell = {{GOLDEN_RACING, "mm", "none", .rounds = 12},
                                      {GOLDEN_RACING, "mm", GOLDEN_FIX, .rounds = 12}}});
    golden->modules = &bare;
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 8);
    add_crashes(golden, 0, 0, 4);
    golden_add(golden,
               &(struct golden_round){.cell = 1,
                                      .outcome = MP_OUTCOME_BROKEN,
                                      .detail = "/opt/fixes/libfix.so was not mapped"},
               1);
    golden->modules = &injected;
    golden_add_plain(golden, 1, MP_OUTCOME_PASS, 10);
    add_crashes(golden, 1, 0, 1);
    golden->modules = NULL;
    golden_end(golden, "complete");
}

static void add_interrupted(struct golden *golden, bool has_gone_on) {
    golden_begin(golden, &(struct golden_campaign){
                             .number = 8,
                             .argv = "mpstress run mm noop --device null --rounds 20",
                             .command = "run",
                             .cell = {{"null", "mm", "none", .rounds = 20},
                                      {"null", "noop", "none", .rounds = 20}}});
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 7);
    golden_add_plain(golden, 1, MP_OUTCOME_PASS, 6);
    golden_add(golden,
               &(struct golden_round){.cell = 0,
                                      .outcome = MP_OUTCOME_LOST,
                                      .detail = "its supervisor was killed"},
               2);
    golden_end(golden, "interrupted");
    if (has_gone_on) {
        golden_add_plain(golden, 0, MP_OUTCOME_PASS, 11);
        golden_add_plain(golden, 1, MP_OUTCOME_PASS, 14);
        golden_end(golden, "complete");
    }
}

/* Its machine is not this one, so nobody can tell whether it still runs. */
static void add_running(struct golden *golden) {
    struct mp_error err;
    golden_begin(golden, &(struct golden_campaign){
                             .number = 9,
                             .argv = "mpstress run noop --device null --duration 8h",
                             .command = "run",
                             .cell = {{"null", "noop", "none", .rounds = 0}}});
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 5);
    struct mp_running_row row = {.campaign_id = golden->campaign_id,
                                 .cell_id = golden->cell_id[0],
                                 .position = golden->seq + 1,
                                 .seed = 0x1234,
                                 .started_wall_ns = golden->start_ns};
    golden_check(mp_store_round_begin(golden->store, &row, &err), &err);
}

/* A night of two subjects, of which the first fails `failures` times, and a control. */
static void add_night(struct golden *golden, unsigned night, unsigned failures,
                      unsigned found, const char *state) {
    char date[16];
    snprintf(date, sizeof(date), "2026-11-%02u", night);
    golden_begin(golden, &(struct golden_campaign){
                             .number = FIRST_NIGHT + night - 1,
                             .argv = "mpstress run --suite nightly --night",
                             .command = "run",
                             .night = date,
                             .cell = {
                                 {GOLDEN_SOUND, "mm", "none", .rounds = 40},
                                 {GOLDEN_SOUND, "layernorm", "none", .rounds = 20},
                                 {GOLDEN_RACING, "destroy_impl", "none",
                                  .role = MP_ROLE_POSITIVE, .rounds = 5},
                             }});
    struct golden_round pass = {.run_us = 1000 + (night >= 8 ? 400 : 0) + night * 5};
    golden_add_plain(golden, 0, MP_OUTCOME_MISMATCH, failures / 2);
    golden_add(golden, &pass, 40 - failures);
    add_crashes(golden, 0, 0, failures - failures / 2);
    if (night == 9)
        golden_add_plain(golden, 1, MP_OUTCOME_HANG, 2);
    if (night == 10)
        golden_add_plain(golden, 1, MP_OUTCOME_DROPPED, 1);
    pass.cell = 1;
    golden_add(golden, &pass, night == 9 ? 18 : night == 10 ? 19 : 20);
    add_crashes(golden, 2, 0, found);
    golden_add_plain(golden, 2, MP_OUTCOME_PASS, 5 - found);
    golden_end(golden, state);
}

static void add_nights(struct golden *golden) {
    static const unsigned failures[] = {0, 1, 0, 2, 0, 0, 6, 8, 5, 7};
    for (unsigned i = 0; i < MP_COUNT(failures); i++) {
        if (i == 6)
            golden_environment(golden, "6.2.0", "def456");
        add_night(golden, i + 1, failures[i], i == 2 ? 0 : 4 + i % 2,
                  i == 4 ? "interrupted" : "complete");
    }
}

static void add_other(struct golden *golden) {
    golden_begin(
        golden, &(struct golden_campaign){.number = 60,
                                          .argv = "mpstress run mm --device null",
                                          .command = "run",
                                          .cell = {{"null", "mm", "none", .rounds = 4}}});
    golden_add_plain(golden, 0, MP_OUTCOME_PASS, 2);
    add_crashes(golden, 0, 0, 2);
    golden_end(golden, "complete");
}

int main(int argc, char **argv) {
    struct golden golden;
    if (argc != 3) {
        fputs("usage: golden_database FILE OTHER\n", stderr);
        return 2;
    }
    golden_open(&golden, argv[1]);
    golden_add_smoke(&golden);
    add_claim_met(&golden);
    add_claim_refuted(&golden);
    add_two_arms(&golden);
    add_many_arms(&golden);
    add_silent_comparison(&golden);
    add_injected(&golden);
    add_interrupted(&golden, false);
    add_running(&golden);
    add_nights(&golden);
    golden_close(&golden);
    golden_open(&golden, argv[2]);
    add_claim_met(&golden);
    add_interrupted(&golden, true);
    add_other(&golden);
    golden_close(&golden);
    return 0;
}
