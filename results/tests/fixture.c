/* What the tests of results share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/store/integrity.h"

const struct mp_signature_row FIXTURE_SIGNATURE = {
    .key = "SIGSEGV|null|setComputePipelineState:",
    .title = "SIGSEGV reading NULL+0x5c8 in -[AGXG16XFamilyComputeContext "
             "setComputePipelineState:]",
    .family = "null-offset:AGX*ComputeContext"};

void fixture_make_folder(struct fixture *fixture) {
    memset(fixture, 0, sizeof(*fixture));
    const char *folder = getenv("TMPDIR");
    snprintf(fixture->folder, sizeof(fixture->folder), "%s/mp_results_XXXXXX",
             folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/rounds.db", fixture->folder);
}

void fixture_begin_campaign(struct fixture *fixture) {
    struct mp_error err;
    struct mp_campaign_row row = {.argv = "mpstress run --suite smoke",
                                  .version = "0.1.0",
                                  .seed = UINT64_C(0xfedcba9876543210),
                                  .environment_id = fixture->environment_id};
    fixture->seq = 0;
    if (mp_store_campaign_begin(fixture->store, &row, &fixture->campaign_id, &err) !=
        MP_OK)
        fail_msg("%s", err.text);
}

void fixture_open(struct fixture *fixture) {
    fixture_make_folder(fixture);
    fixture_attach(fixture, fixture->path);
}

void fixture_attach(struct fixture *fixture, const char *path) {
    struct mp_error err;
    if (mp_store_open(path, MP_STORE_WRITE, &fixture->store, &err) != MP_OK)
        fail_msg("%s", err.text);
    struct mp_environment env = {.os = "Debian 12",
                                 .os_build = "6.1.0",
                                 .cpu = "a processor",
                                 .gpu = "model",
                                 .driver = "mpmodel",
                                 .driver_id = "abc123",
                                 .facts = "cores=2\nhost=x\nmemory=4.5"};
    if (mp_store_environment(fixture->store, &env, &fixture->environment_id, &err) !=
        MP_OK)
        fail_msg("%s", err.text);
    fixture_begin_campaign(fixture);
}

void fixture_close(struct fixture *fixture) {
    mp_store_close(fixture->store);
    fixture->store = NULL;
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < MP_COUNT(endings); i++) {
        char path[sizeof(fixture->path) + 16];
        snprintf(path, sizeof(path), "%s%s", fixture->path, endings[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
}

void fixture_spec(struct mp_round_spec *spec, const char *device, const char *scenario,
                  const char *arm) {
    struct mp_error err;
    mp_round_spec_init(spec);
    snprintf(spec->device, sizeof(spec->device), "%s", device);
    snprintf(spec->scenario, sizeof(spec->scenario), "%s", scenario);
    snprintf(spec->arm, sizeof(spec->arm), "%s", arm);
    assert_int_equal(mp_round_spec_set_param(spec, "threads", "8", &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(spec, "n", "256", &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(spec, "sync", "off_queue", &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(spec, "q", "0.5", &err), MP_OK);
}

int64_t fixture_cell(struct fixture *fixture, const struct mp_round_spec *spec,
                     const char *role) {
    struct mp_error err;
    int64_t id = 0;
    if (mp_store_cell(fixture->store, fixture->campaign_id, spec, mp_role_find(role), &id,
                      &err) != MP_OK)
        fail_msg("%s", err.text);
    return id;
}

/* Worker 3 (4711) encodes while worker 4 (4712) has committed the same stream. */
static struct mp_flight_event EVENTS[] = {
    {5000, 7, 0, 4, 8, MP_PAGE_OP_ENCODE, true},
    {6000, 7, 0, 4, 9, MP_PAGE_OP_COMMIT, false},
    {6500, 7, 0, 3, 1, MP_PAGE_OP_ENCODE, false},
    {7250, 7, 1, 4, 10, MP_PAGE_OP_COMMIT, true},
};
static struct mp_flight_thread THREADS[] = {
    {3, 4711, MP_PAGE_OP_ENCODE, 1, false},
    {4, 4712, MP_PAGE_OP_NONE, 10, true},
};
static const struct mp_flight FLIGHT = {
    .event = EVENTS, .event_count = 4, .thread = THREADS, .thread_count = 2};

enum mp_status fixture_round(struct fixture *fixture, int64_t cell_id,
                             enum mp_outcome outcome, const struct mp_crash *crash,
                             const struct mp_signature_row *signature,
                             struct mp_error *err) {
    struct mp_page_summary page = {.phase = MP_PHASE_DONE,
                                   .overlap_max = 5,
                                   .threads_started = 9,
                                   .threads_unfinished = 1,
                                   .ops_planned = 400,
                                   .ops_started = 399,
                                   .ops_done = 390,
                                   .ops_wrong = 2,
                                   .ops_dropped = 7,
                                   .ops_device = 392,
                                   .buffers_failed = 3,
                                   .hostile_syncs = 4,
                                   .run_ns = 1000000,
                                   .driver = {.name = "metal@model",
                                              .gpu = "model",
                                              .path = "mpmodel",
                                              .id = "0123abcd",
                                              .facts = "reader=U"}};
    struct mp_exit exit = {.kind = MP_EXIT_CODE, .code = 0, .leaked = 1};
    if (outcome == MP_OUTCOME_CRASH)
        exit = (struct mp_exit){.kind = MP_EXIT_SIGNAL, .signal = 11};
    fixture->seq++;
    struct mp_round_row row = {.campaign_id = fixture->campaign_id,
                               .cell_id = cell_id,
                               .seq = fixture->seq,
                               .seed = 0x1000 + fixture->seq,
                               .started_wall_ns = UINT64_C(1763694721123456789),
                               .wall_ns = 25000000,
                               .outcome = outcome,
                               .detail = mp_outcome_words(outcome),
                               .page = &page,
                               .exit = &exit,
                               .trace = MP_TRACE_ON,
                               .recorder = true,
                               .modules = fixture->modules,
                               .load = 0.25,
                               .stderr_text = "last\nwords",
                               .spec_text = "mpstress-spec 1\n",
                               .flight = &FLIGHT,
                               .retention = fixture->retention};
    int64_t id = 0;
    return mp_store_round(fixture->store, &row, crash, signature, &id, err);
}

void fixture_rounds(struct fixture *fixture, int64_t cell_id, enum mp_outcome outcome,
                    unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct mp_error err;
        if (fixture_round(fixture, cell_id, outcome, NULL, NULL, &err) != MP_OK)
            fail_msg("%s", err.text);
    }
}

struct mp_crash *fixture_crash(uint64_t address) {
    struct mp_crash *crash = mp_crash_create();
    crash->signal = 11;
    crash->code = 1;
    crash->has_address = true;
    crash->address = address;
    crash->access = MP_ACCESS_READ;
    crash->fault_class = MP_FAULT_NULL;
    struct mp_crash_module *module = mp_crash_add_module(crash);
    snprintf(module->path, sizeof(module->path), "/opt/mpstress/libmpmodel.so");
    snprintf(module->id, sizeof(module->id), "0123abcd");
    module->base = UINT64_C(0xffff800000001000);
    module->size = 4096;
    module = mp_crash_add_module(crash);
    snprintf(module->path, sizeof(module->path), "/lib/libc.so.6");
    module->base = 0x7f0000000000;
    module->size = 8192;
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    thread->tid = 4711;
    thread->is_faulting = true;
    thread->signal = 11;
    snprintf(thread->name, sizeof(thread->name), "worker 3");
    snprintf(thread->reg[0].name, sizeof(thread->reg[0].name), "rip");
    thread->reg[0].value = UINT64_C(0xffff800000001018);
    thread->register_count = 1;
    static const char *const symbols[] = {
        "-[AGXG16XFamilyComputeContext setComputePipelineState:]", "encode_mm",
        "thread_main", ""};
    for (int i = 0; i < 4; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        frame->pc = UINT64_C(0xffff800000001018) + (uint64_t)i * 16;
        frame->module = i < 3 ? 0 : 1;
        frame->offset = 24;
        frame->line = i == 1 ? 77 : 0;
        snprintf(frame->symbol, sizeof(frame->symbol), "%s", symbols[i]);
        snprintf(frame->file, sizeof(frame->file), "%s", i == 1 ? "metal/stream.c" : "");
    }
    thread = mp_crash_add_thread(crash);
    thread->tid = 4712;
    snprintf(thread->name, sizeof(thread->name), "worker 4");
    mp_crash_add_frame(thread)->pc = 0x7f0000000010;
    return crash;
}

struct search {
    const char *check;
    struct mp_strbuf *buf;
};

static void take_finding(void *arg, const struct mp_integrity_finding *finding) {
    struct search *search = arg;
    if (strcmp(finding->check, search->check) == 0)
        mp_strbuf_addf(search->buf, "%s\n", finding->text);
}

void fixture_findings(struct mp_store *store, const char *check, struct mp_strbuf *buf) {
    struct search search = {check, buf};
    struct mp_integrity_counts counts;
    struct mp_error err;
    if (mp_store_integrity(store, take_finding, &search, &counts, &err) != MP_OK)
        fail_msg("%s", err.text);
}

const char *fixture_text(sqlite3 *db, const char *sql) {
    static char text[65536];
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    text[0] = '\0';
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL)
        snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return text;
}

int64_t fixture_integer(sqlite3 *db, const char *sql) {
    return strtoll(fixture_text(db, sql), NULL, 10);
}
