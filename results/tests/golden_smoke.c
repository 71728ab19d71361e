/* A campaign as the smoke suite makes it, with one round at least of everything that can
 * become of a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/golden_smoke.h"

#include <stdio.h>

#include "results/store/request.h"
#include "results/tests/fixture.h"

enum { MM, LAYERNORM, LINEAR, OVERSUBSCRIBE, NOOP, ABSENT, RACE, SYNCED };

static const struct golden_campaign SMOKE = {
    .number = 1,
    .argv = "mpstress run --suite smoke --seed 0xfedcba9876543201 --db rounds.db",
    .command = "run",
    .retention = {2, 2},
    .cell = {
        {GOLDEN_SOUND, "mm", "none", .rounds = 40},
        {GOLDEN_SOUND, "layernorm", "none", .rounds = 40},
        {GOLDEN_SOUND, "linear_nograph", "none", .rounds = 20},
        {GOLDEN_SOUND, "oversubscribe", "none", .rounds = 20},
        {"null", "noop", "serial", .rounds = 10},
        {"metal", "mm", "none", .rounds = 2},
        {GOLDEN_RACING, "destroy_impl", "none", .role = MP_ROLE_POSITIVE, .rounds = 20},
        {GOLDEN_RACING, "destroy_impl", "sync_on_queue", .role = MP_ROLE_NEGATIVE,
         .rounds = 20},
    }};

static const struct mp_signature_row ASSERTED = {
    .key = "SIGABRT|assert|command buffer committed twice",
    .title = "SIGABRT: command buffer committed twice",
    .family = "assertion"};
static const struct mp_signature_row WILD = {.key = "SIGSEGV|wild write|AGXBufferFree",
                                             .title = "SIGSEGV writing 0x7f00dead0010 in "
                                                      "AGXBufferFree",
                                             .family = "wild:AGXBuffer*",
                                             .other_key = "commit|AGXBufferReuse"};
static const struct mp_signature_row STUCK = {
    .key = "HANG|lock|waitUntilCompleted",
    .title = "hang in waitUntilCompleted, for a lock",
    .family = "lock"};

/* The race of destroyImpl and, of the same signature, one more offset. */
static void add_races(struct golden *golden, uint64_t address, unsigned count) {
    struct mp_crash *crash = fixture_crash(address);
    struct mp_signature_row signature = FIXTURE_SIGNATURE;
    signature.other_key = "destroyImpl|AGXG16XFamilyComputeContext";
    golden_add(golden,
               &(struct golden_round){.cell = RACE,
                                      .outcome = MP_OUTCOME_CRASH,
                                      .detail = "SIGSEGV, read at NULL+0x5c8",
                                      .stderr_text =
                                          "mpmodel: context 7 destroyed\nlast words\n",
                                      .crash = crash,
                                      .signature = &signature},
               count);
    mp_crash_destroy(crash);
}

static void add_wild_write(struct golden *golden) {
    struct mp_crash *crash = fixture_crash(0x7f00dead0010);
    crash->access = MP_ACCESS_WRITE;
    crash->fault_class = MP_FAULT_WILD;
    crash->address_is_derived = true;
    crash->threads_missed = 3;
    crash->thread[0].frames_total = 512;
    snprintf(crash->thread[0].reg[1].name, sizeof(crash->thread[0].reg[1].name), "rax");
    crash->thread[0].reg[1].value = 0x7f00dead0010;
    crash->thread[0].register_count = 2;
    snprintf(crash->thread[0].frame[0].symbol, sizeof(crash->thread[0].frame[0].symbol),
             "AGXBufferFree");
    golden_add(golden,
               &(struct golden_round){.cell = OVERSUBSCRIBE,
                                      .outcome = MP_OUTCOME_CRASH,
                                      .crash = crash,
                                      .signature = &WILD},
               1);
    mp_crash_destroy(crash);
}

static void add_aborts(struct golden *golden, unsigned count) {
    struct mp_crash *crash = fixture_crash(0);
    crash->signal = 6;
    crash->code = -6;
    crash->has_address = false;
    crash->access = MP_ACCESS_UNKNOWN;
    crash->fault_class = MP_FAULT_NONE;
    crash->thread[0].signal = 6;
    snprintf(crash->thread[0].frame[0].symbol, sizeof(crash->thread[0].frame[0].symbol),
             "abort");
    golden_add(golden,
               &(struct golden_round){
                   .cell = LINEAR,
                   .outcome = MP_OUTCOME_ABORT,
                   .detail = "SIGABRT: command buffer committed twice",
                   .stderr_text =
                       "starting\nAssertion failed: (!committed), function "
                       "commit, file command_buffer.c, line 88: command buffer "
                       "committed twice\n",
                   .crash = crash,
                   .signature = &ASSERTED},
               count);
    mp_crash_destroy(crash);
}

/* One look at a hang: worker 3 waits for a lock of worker 4, which runs. */
static struct mp_crash *look_at_hang(unsigned sample) {
    struct mp_crash *crash = fixture_crash(0);
    crash->kind = MP_CRASH_OF_HANG;
    crash->sample = sample;
    crash->signal = 0;
    crash->code = 0;
    crash->has_address = false;
    crash->access = MP_ACCESS_UNKNOWN;
    crash->fault_class = MP_FAULT_NONE;
    crash->thread[0].is_faulting = false;
    crash->thread[0].signal = 0;
    crash->thread[0].run_state = 'S';
    crash->thread[0].is_at_lock = true;
    crash->thread[0].lock_owner = 4712;
    crash->thread[1].run_state = 'R';
    crash->thread[1].cpu_ns = 1000000 + (uint64_t)sample * 500;
    snprintf(crash->thread[0].frame[0].symbol, sizeof(crash->thread[0].frame[0].symbol),
             "waitUntilCompleted");
    return crash;
}

static void add_hangs(struct golden *golden, unsigned count) {
    struct mp_crash *first = look_at_hang(1), *second = look_at_hang(2);
    golden_add(
        golden,
        &(struct golden_round){.cell = OVERSUBSCRIBE,
                               .outcome = MP_OUTCOME_HANG,
                               .detail = "killed after 2.00 s without progress; 1 thread "
                                         "waits for a lock of thread 4712",
                               .crash = first,
                               .second_sample = second,
                               .signature = &STUCK},
        count);
    mp_crash_destroy(first);
    mp_crash_destroy(second);
}

static void add_canary(struct golden *golden, enum mp_outcome outcome,
                       const char *detail) {
    struct mp_error err;
    struct mp_health_row row = {.campaign_id = golden->campaign_id,
                                .after_seq = golden->seq,
                                .device = GOLDEN_SOUND,
                                .started_wall_ns =
                                    golden->start_ns + golden->seq * 50000000,
                                .wall_ns = 12000000,
                                .outcome = outcome,
                                .detail = detail};
    golden_check(mp_store_health(golden->store, &row, &err), &err);
}

/* What passes comes after what does not, as far as a report tells: the newest stand out.
 */
static void add_failures(struct golden *golden) {
    golden_add_plain(golden, LAYERNORM, MP_OUTCOME_MISMATCH, 1);
    golden_add(golden,
               &(struct golden_round){.cell = LAYERNORM,
                                      .outcome = MP_OUTCOME_DROPPED,
                                      .detail = "7 ops of 400 were dropped"},
               1);
    golden_add_plain(golden, LAYERNORM, MP_OUTCOME_GPU_ERROR, 1);
    golden_add_plain(golden, LAYERNORM, MP_OUTCOME_NO_OVERLAP, 1);
    add_aborts(golden, 2);
    add_hangs(golden, 2);
    add_canary(golden, MP_OUTCOME_HANG, "killed after 5.00 s");
    golden_add(golden,
               &(struct golden_round){
                   .cell = OVERSUBSCRIBE,
                   .outcome = MP_OUTCOME_NO_VERDICT,
                   .detail = "the canary failed before it: killed after 5.00 s"},
               1);
    add_canary(golden, MP_OUTCOME_PASS, "");
    golden_add_plain(golden, OVERSUBSCRIBE, MP_OUTCOME_LOST, 1);
    golden_add(
        golden,
        &(struct golden_round){.cell = OVERSUBSCRIBE,
                               .outcome = MP_OUTCOME_BROKEN,
                               .detail = "the round left in phase open with code 3",
                               .stderr_text = "mpstress-round: cannot open the device\n"},
        1);
    add_wild_write(golden);
    golden_add(golden,
               &(struct golden_round){.cell = ABSENT,
                                      .outcome = MP_OUTCOME_SKIP,
                                      .detail = "device metal is not on this system"},
               2);
}

static void add_untraced(struct golden *golden) {
    const struct golden_round refused = {
        .cell = NOOP, .is_untraced = true, .trace = MP_TRACE_REFUSED};
    struct golden_round off = {.cell = NOOP,
                               .is_untraced = true,
                               .trace = MP_TRACE_OFF,
                               .has_no_recorder = true};
    golden_add(golden, &refused, 7);
    golden_add(golden, &off, 2);
    off.outcome = MP_OUTCOME_CRASH;
    golden_add(golden, &off, 1);
}

/* A report of the system about the first crash of the race, and one that belongs to no
 * round. */
static void add_reports(struct golden *golden, uint64_t seq) {
    struct mp_error err;
    struct mp_os_report_place place;
    struct mp_crash *crash = fixture_crash(0x5c8);
    uint64_t started_ns = golden->start_ns + (seq - 1) * 50000000;
    struct mp_os_report_row row = {.incident = "5EEDC0DE-1111-4A1B-9C2D-3E4F50617283",
                                   .sha256 = "aaaa5eedc0de",
                                   .path = "reports/mpstress-round-1.ips",
                                   .bug_type = "309",
                                   .kind = "crash",
                                   .what = "crash of a process",
                                   .form = "ips",
                                   .model = "Mac16,5",
                                   .exception_type = "EXC_BAD_ACCESS",
                                   .exception_codes =
                                       "0x0000000000000001, 0x00000000000005c8",
                                   .termination = "SIGNAL",
                                   .has_termination_code = true,
                                   .termination_code = 11,
                                   .process = "mpstress-round",
                                   .os_build = "24X999",
                                   .message = "",
                                   .pid = 5000 + (int64_t)seq,
                                   .launched_wall_ns = started_ns,
                                   .captured_wall_ns = started_ns + 15000000,
                                   .crash = crash,
                                   .signature = &FIXTURE_SIGNATURE};
    golden_check(mp_store_os_report(golden->store, &row, "mpstress-round", &place, &err),
                 &err);
    row = (struct mp_os_report_row){.incident = "5EEDC0DE-2222-4A1B-9C2D-3E4F50617283",
                                    .sha256 = "bbbb5eedc0de",
                                    .path = "reports/gpu_event.ips",
                                    .bug_type = "284",
                                    .kind = "gpu_event",
                                    .what = "event of the GPU",
                                    .form = "ips",
                                    .model = "",
                                    .exception_type = "",
                                    .exception_codes = "",
                                    .termination = "",
                                    .process = "mpstress-round",
                                    .os_build = "24X999",
                                    .message = "firmware-detected lockup",
                                    .pid = 79};
    golden_check(mp_store_os_report(golden->store, &row, "mpstress-round", &place, &err),
                 &err);
    mp_crash_destroy(crash);
}

void golden_add_smoke(struct golden *golden) {
    struct mp_module plain[] = {
        {.path = "/opt/mpstress/mpstress-round", .id = "aa01", .size = 40960},
        {.path = "/opt/mpstress/libmpmodel.so",
         .id = "0123abcd",
         .size = 8192,
         .role = MP_MODULE_DRIVER},
        {.path = "/lib/libc.so.6", .id = "cc", .size = 1900544},
    };
    struct mp_module more[4] = {
        plain[0],
        plain[1],
        plain[2],
        {.path = "/usr/lib/liboutside.so", .size = 100, .role = MP_MODULE_OUTSIDE}};
    struct mp_modules usual = {.module = plain, .count = 3, .is_known = true};
    struct mp_modules other = {.module = more, .count = 4, .is_known = true};
    golden_begin(golden, &SMOKE);
    golden->modules = &usual;
    golden->host_state = "power=ac thermal=55C";
    golden_add_plain(golden, MM, MP_OUTCOME_PASS, 36);
    golden->modules = &other;
    golden_add_plain(golden, MM, MP_OUTCOME_PASS, 4);
    golden->modules = &usual;
    golden_add_plain(golden, LAYERNORM, MP_OUTCOME_PASS, 36);
    golden_add_plain(golden, LINEAR, MP_OUTCOME_PASS, 18);
    golden_add_plain(golden, OVERSUBSCRIBE, MP_OUTCOME_PASS, 14);
    uint64_t first_race = golden->seq + 1;
    add_races(golden, 0x5c8, 12);
    add_races(golden, 0x5f4, 7);
    golden_add_plain(golden, RACE, MP_OUTCOME_PASS, 1);
    golden->host_state = "power=battery thermal=91C";
    golden_add_plain(golden, SYNCED, MP_OUTCOME_PASS, 20);
    add_failures(golden);
    golden->modules = NULL;
    add_untraced(golden);
    golden->host_state = NULL;
    add_reports(golden, first_race);
    golden_end(golden, "complete");
}
