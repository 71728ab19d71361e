/* Reports of the operating system: each one once, joined to its round where that is
 * certain.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/database.h"

static int find(struct mp_store *store, enum mp_statement statement, const char *text,
                int64_t *ret_id) {
    struct mp_binder binder = mp_binder_start(store, statement);
    mp_put_foreign(&binder, text, 0);
    int code = mp_binder_query(&binder, ret_id, 1);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Its id, or 0. The incident says more than the bytes: one report has several forms. */
static int find_known(struct mp_store *store, const struct mp_os_report_row *row,
                      int64_t *ret_id) {
    int code = SQLITE_OK;
    if (row->incident[0] != '\0')
        code = find(store, MP_SQL_FIND_INCIDENT, row->incident, ret_id);
    if (code == SQLITE_OK && *ret_id == 0)
        code = find(store, MP_SQL_FIND_CONTENT, row->sha256, ret_id);
    return code;
}

static void put_id(struct mp_binder *binder, int64_t id) {
    if (id != 0)
        mp_put_integer(binder, id);
    else
        mp_put_null(binder);
}

static void put_time(struct mp_binder *binder, uint64_t wall_ns) {
    if (wall_ns != 0)
        mp_put_utc(binder, wall_ns);
    else
        mp_put_null(binder);
}

/* signal_name, fault_address, access, fault_class, registers: NULL where there is no
 * crash. */
static int put_crash(struct mp_binder *binder, const struct mp_crash *crash,
                     struct mp_strbuf *registers) {
    char signal[16];
    if (crash == NULL) {
        for (int i = 0; i < 5; i++)
            mp_put_null(binder);
        return SQLITE_OK;
    }
    mp_put_foreign(binder, mp_crash_signal_name(crash->signal, signal, sizeof(signal)),
                   0);
    if (crash->has_address)
        mp_put_hex(binder, crash->address);
    else
        mp_put_null(binder);
    mp_put_text(binder, mp_crash_access_name(crash->access));
    mp_put_text(binder, mp_fault_class_name(crash->fault_class));
    if (crash->thread_count == 0 || !crash->thread[0].is_faulting) {
        mp_put_null(binder);
        return SQLITE_OK;
    }
    int code = mp_database_registers(binder->store, &crash->thread[0], registers);
    mp_put_text(binder, registers->text);
    return code;
}

static int add_report(struct mp_store *store, const struct mp_os_report_row *row,
                      int64_t signature_id, int64_t *ret_id) {
    struct mp_strbuf registers;
    mp_strbuf_init(&registers);
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_OS_REPORT);
    mp_put_foreign_or_null(&add, row->incident);
    mp_put_foreign(&add, row->sha256, 0);
    mp_put_foreign(&add, row->path, 0);
    mp_put_foreign_or_null(&add, row->bug_type);
    mp_put_text(&add, row->kind);
    mp_put_foreign_or_null(&add, row->process);
    put_id(&add, row->pid);
    put_time(&add, row->launched_wall_ns);
    put_time(&add, row->captured_wall_ns);
    mp_put_foreign_or_null(&add, row->os_build);
    mp_put_foreign(&add, row->message[0] != '\0' ? row->message : NULL, 1);
    mp_put_integer(&add, row->is_truncated);
    put_id(&add, signature_id);
    int code = put_crash(&add, row->crash, &registers);
    int run = mp_binder_run(&add);
    code = code == SQLITE_OK ? run : code;
    if (code == SQLITE_OK)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    mp_strbuf_release(&registers);
    return code;
}

static int add_frames(struct mp_store *store, int64_t id, const struct mp_crash *crash) {
    int code = SQLITE_OK;
    for (size_t t = 0; t < crash->thread_count; t++) {
        const struct mp_crash_thread *thread = &crash->thread[t];
        for (size_t f = 0; f < thread->frame_count && code == SQLITE_OK; f++) {
            struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_OS_REPORT_FRAME);
            mp_put_integer(&add, id);
            mp_put_count(&add, t);
            mp_put_count(&add, f);
            mp_put_integer(&add, thread->is_faulting);
            mp_put_foreign_or_null(&add, thread->name);
            mp_put_frame(&add, crash, &thread->frame[f]);
            code = mp_binder_run(&add);
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

/* A round that passed although the system saw its process crash did not pass. */
static int overrule_pass(struct mp_store *store, int64_t report_id) {
    int64_t cell_id = 0;
    struct mp_binder overrule = mp_binder_start(store, MP_SQL_OVERRULE_PASS);
    mp_put_integer(&overrule, report_id);
    int code = mp_binder_query(&overrule, &cell_id, 1);
    if (code != SQLITE_OK) {
        return code == SQLITE_DONE ? SQLITE_OK
                                   : code; /* mostly there is nothing to overrule */
    }
    struct mp_binder count = mp_binder_start(store, MP_SQL_COUNT_OVERRULED);
    mp_put_integer(&count, cell_id);
    return mp_database_set_limits(&count, cell_id);
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
        if (code == SQLITE_OK) { /* a known one too: its round may have come later */
            struct mp_binder link = mp_binder_start(store, MP_SQL_LINK_OS_REPORT);
            mp_put_integer(&link, id);
            mp_put_text(&link, round_process);
            code = mp_binder_run(&link);
        }
        if (code == SQLITE_OK)
            code = overrule_pass(store, id);
        if (code == SQLITE_OK) {
            struct mp_binder show = mp_binder_start(store, MP_SQL_SHOW_OS_REPORT);
            mp_put_integer(&show, id);
            code = mp_binder_query(&show, seen, 2);
        }
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record a report");
    *ret_place = (struct mp_os_report_place){
        .id = id, .is_known = is_known, .round_id = seen[0], .signature_id = seen[1]};
    return MP_OK;
}
