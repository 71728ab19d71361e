/* Reports of the operating system: each is recorded once, and linked to its round where
 * that is certain.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "harness/base/sha256.h"
#include "results/store/database.h"

static int find(struct mp_store *store, enum mp_statement_id id, const char *name,
                const char *text, int64_t *ret_id) {
    struct mp_statement find = mp_statement_start(store, id);
    mp_bind_foreign(&find, name, text);
    int code = mp_statement_query(&find, ret_id, 1);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Its id, or 0. The incident says more than the bytes: one report has several forms, and
 * not each of them has it. No process dies twice at one time. */
static int find_known(struct mp_store *store, const struct mp_os_report_row *row,
                      int64_t *ret_id) {
    int code = SQLITE_OK;
    if (row->incident[0] != '\0')
        code = find(store, MP_SQL_FIND_INCIDENT, "incident", row->incident, ret_id);
    if (code == SQLITE_OK && *ret_id == 0)
        code = find(store, MP_SQL_FIND_CONTENT, "sha256", row->sha256, ret_id);
    if (code != SQLITE_OK || *ret_id != 0 || row->pid == 0 || row->captured_wall_ns == 0)
        return code;
    struct mp_statement same = mp_statement_start(store, MP_SQL_FIND_MOMENT);
    mp_bind_foreign_or_null(&same, "process", row->process);
    mp_bind_integer(&same, "pid", row->pid);
    mp_bind_utc_or_null(&same, "captured_at", row->captured_wall_ns);
    mp_bind_foreign_or_null(&same, "incident", row->incident);
    code = mp_statement_query(&same, ret_id, 1);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Columns that are NULL without a crash. */
static void bind_crash(struct mp_statement *add, const struct mp_crash *crash,
                       const char *registers) {
    char signal[16];
    bool is_crash = crash != NULL;
    mp_bind_foreign(add, "signal_name",
                    is_crash ? mp_crash_signal_name(crash->signal, signal, sizeof(signal))
                             : NULL);
    mp_bind_hex_or_null(add, "fault_address", is_crash && crash->has_address,
                        is_crash ? crash->address : 0);
    mp_bind_text(add, "access", is_crash ? mp_crash_access_name(crash->access) : NULL);
    mp_bind_text(add, "fault_class",
                 is_crash ? mp_fault_class_name(crash->fault_class) : NULL);
    mp_bind_text(add, "registers", registers);
}

/* What names the end besides the signal. */
static void bind_end(struct mp_statement *add, const struct mp_os_report_row *row) {
    char code[24] = "";
    if (row->has_termination_code)
        snprintf(code, sizeof(code), "%llu", (unsigned long long)row->termination_code);
    mp_bind_foreign_or_null(add, "model", row->model);
    mp_bind_foreign_or_null(add, "exception_type", row->exception_type);
    mp_bind_foreign_or_null(add, "exception_codes", row->exception_codes);
    mp_bind_foreign_or_null(add, "termination", row->termination);
    mp_bind_foreign_or_null(add, "termination_code", code);
    mp_bind_integer_or_null(add, "message_bytes", row->message_bytes != 0,
                            (int64_t)row->message_bytes);
}

static int add_report(struct mp_store *store, const struct mp_os_report_row *row,
                      int64_t signature_id, int64_t *ret_id) {
    int code = SQLITE_OK;
    bool has_registers = row->crash != NULL && row->crash->thread_count > 0 &&
                         row->crash->thread[0].is_faulting;
    struct mp_strbuf registers;
    mp_strbuf_init(&registers);
    if (has_registers)
        code = mp_database_registers(store, &row->crash->thread[0], &registers);
    if (code == SQLITE_OK) {
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_OS_REPORT);
        mp_bind_foreign_or_null(&add, "incident", row->incident);
        mp_bind_foreign(&add, "sha256", row->sha256);
        mp_bind_foreign(&add, "path", row->path);
        mp_bind_foreign_or_null(&add, "bug_type", row->bug_type);
        mp_bind_text(&add, "kind", row->kind);
        mp_bind_foreign_or_null(&add, "what", row->what);
        mp_bind_foreign_or_null(&add, "form", row->form);
        mp_bind_foreign_or_null(&add, "process", row->process);
        mp_bind_integer_or_null(&add, "pid", row->pid != 0, row->pid);
        mp_bind_utc_or_null(&add, "launched_at", row->launched_wall_ns);
        mp_bind_utc_or_null(&add, "captured_at", row->captured_wall_ns);
        mp_bind_foreign_or_null(&add, "os_build", row->os_build);
        mp_bind_lines(&add, "message", row->message[0] != '\0' ? row->message : NULL);
        bind_end(&add, row);
        mp_bind_integer(&add, "truncated", row->is_truncated);
        mp_bind_integer_or_null(&add, "bytes_read", row->bytes_read != 0,
                                (int64_t)row->bytes_read);
        mp_bind_integer_or_null(&add, "bytes_total", row->bytes_total != 0,
                                (int64_t)row->bytes_total);
        mp_bind_count(&add, "lines_cut", row->lines_cut);
        mp_bind_count(&add, "threads_missed",
                      row->crash != NULL ? row->crash->threads_missed : 0);
        mp_bind_count(&add, "modules_missed",
                      row->crash != NULL ? row->crash->modules_missed : 0);
        mp_bind_integer_or_null(&add, "signature_id", signature_id != 0, signature_id);
        bind_crash(&add, row->crash, has_registers ? registers.text : NULL);
        code = mp_statement_run(&add);
        *ret_id = sqlite3_last_insert_rowid(store->db);
    }
    mp_strbuf_release(&registers);
    return code;
}

static int add_thread(struct mp_store *store, int64_t id, size_t index,
                      const struct mp_crash_thread *thread) {
    const char *role = thread->is_faulting    ? "faulting"
                       : thread->is_exception ? "exception"
                                              : "other";
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_OS_REPORT_THREAD);
    mp_bind_integer(&add, "os_report_id", id);
    mp_bind_count(&add, "thread", index);
    mp_bind_integer(&add, "number", thread->number);
    mp_bind_foreign_or_null(&add, "name", thread->name);
    mp_bind_text(&add, "role", role);
    mp_bind_count(&add, "frames", mp_database_frames(thread));
    return mp_statement_run(&add);
}

static int add_frames(struct mp_store *store, int64_t id, const struct mp_crash *crash) {
    int code = SQLITE_OK;
    for (size_t t = 0; t < crash->thread_count && code == SQLITE_OK; t++) {
        const struct mp_crash_thread *thread = &crash->thread[t];
        code = add_thread(store, id, t, thread);
        for (size_t f = 0; f < thread->frame_count && code == SQLITE_OK; f++) {
            struct mp_statement add =
                mp_statement_start(store, MP_SQL_ADD_OS_REPORT_FRAME);
            mp_bind_integer(&add, "os_report_id", id);
            mp_bind_count(&add, "thread", t);
            mp_bind_count(&add, "depth", f);
            mp_bind_integer(&add, "faulting", thread->is_faulting);
            mp_bind_foreign_or_null(&add, "name", thread->name);
            mp_bind_frame(&add, crash, &thread->frame[f]);
            code = mp_statement_run(&add);
        }
    }
    return code;
}

static int add_new(struct mp_store *store, const struct mp_os_report_row *row,
                   int64_t *ret_id) {
    int64_t signature_id = 0;
    int code = SQLITE_OK;
    if (row->signature != NULL)
        code = mp_database_ensure_signature(store, row->signature, &signature_id);
    if (code == SQLITE_OK)
        code = add_report(store, row, signature_id, ret_id);
    if (code == SQLITE_OK && row->crash != NULL)
        code = add_frames(store, *ret_id, row->crash);
    return code;
}

/* The file, once, whatever it holds. A report that was recorded without gets it, if it is
 * that report's. */
static int add_file(struct mp_store *store, const struct mp_os_report_row *row,
                    int64_t id) {
    char sha256[MP_SHA256_HEX_SIZE];
    if (row->file_bytes == NULL)
        return SQLITE_OK;
    mp_sha256_hex(row->file_bytes, row->file_len, sha256);
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_CONTENT);
    mp_bind_text(&add, "sha256", sha256);
    mp_bind_bytes(&add, "bytes", row->file_bytes, row->file_len);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement link = mp_statement_start(store, MP_SQL_ADD_OS_REPORT_FILE);
        mp_bind_integer(&link, "os_report_id", id);
        mp_bind_text(&link, "sha256", sha256);
        code = mp_statement_run(&link);
    }
    return code;
}

/* A recorded pass whose process crashed according to the system becomes a crash. */
static int overrule_pass(struct mp_store *store, int64_t report_id) {
    int64_t campaign_id = 0;
    struct mp_statement overrule = mp_statement_start(store, MP_SQL_OVERRULE_PASS);
    mp_bind_integer(&overrule, "id", report_id);
    int code = mp_statement_query(&overrule, &campaign_id, 1);
    if (code != SQLITE_OK) /* usually there is nothing to overrule */
        return code == SQLITE_DONE ? SQLITE_OK : code;
    return mp_database_renew_limits(store->db, campaign_id);
}

enum mp_status mp_store_os_report(struct mp_store *store,
                                  const struct mp_os_report_row *row,
                                  const char *round_process,
                                  struct mp_os_report_place *ret_place,
                                  struct mp_error *err) {
    int64_t id = 0, seen[2] = {0, 0};
    bool is_known = false;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = find_known(store, row, &id);
        is_known = id != 0;
        if (code == SQLITE_OK && !is_known)
            code = add_new(store, row, &id);
        if (code == SQLITE_OK)
            code = add_file(store, row, id);
        if (code == SQLITE_OK) { /* even if known: its round may have come later */
            struct mp_statement link = mp_statement_start(store, MP_SQL_LINK_OS_REPORT);
            mp_bind_integer(&link, "id", id);
            mp_bind_text(&link, "process", round_process);
            code = mp_statement_run(&link);
        }
        if (code == SQLITE_OK)
            code = overrule_pass(store, id);
        if (code == SQLITE_OK) {
            struct mp_statement show = mp_statement_start(store, MP_SQL_SHOW_OS_REPORT);
            mp_bind_integer(&show, "id", id);
            code = mp_statement_query(&show, seen, 2);
        }
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record a report");
    *ret_place = (struct mp_os_report_place){
        .id = id, .is_known = is_known, .round_id = seen[0], .signature_id = seen[1]};
    return MP_OK;
}
