/* The rows of one crash: where it stopped, the threads, their stacks, the modules. Names
 * and paths come from a broken process, so they are escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "results/store/database.h"
#include "results/store/pairs.h"

int mp_database_ensure_signature(struct mp_store *store,
                                 const struct mp_signature_row *signature,
                                 int64_t *ret_id) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_SIGNATURE);
    mp_bind_foreign(&add, "key", signature->key);
    mp_bind_foreign(&add, "title", signature->title);
    mp_bind_foreign(&add, "family", signature->family);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_SIGNATURE);
        mp_bind_foreign(&find, "key", signature->key);
        code = mp_statement_query(&find, ret_id, 1);
    }
    return code;
}

static int add_crash(struct mp_store *store, int64_t round_id, const char *kind,
                     const struct mp_crash *crash, int64_t signature_id,
                     const char *other_key, int64_t *ret_id) {
    char signal[16];
    bool is_hang = crash->kind == MP_CRASH_OF_HANG, has_thread = crash->thread_count > 0;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_CRASH);
    mp_bind_integer(&add, "round_id", round_id);
    mp_bind_integer_or_null(&add, "signature_id", signature_id != 0, signature_id);
    mp_bind_text(&add, "kind", is_hang ? "hang" : kind);
    mp_bind_integer_or_null(&add, "sample", is_hang, crash->sample);
    mp_bind_integer(&add, "signal", crash->signal);
    mp_bind_text(&add, "signal_name",
                 mp_crash_signal_name(crash->signal, signal, sizeof(signal)));
    mp_bind_integer(&add, "code", crash->code);
    mp_bind_hex_or_null(&add, "fault_address", crash->has_address, crash->address);
    mp_bind_integer(&add, "address_is_derived", crash->address_is_derived);
    mp_bind_text(&add, "access", mp_crash_access_name(crash->access));
    mp_bind_text(&add, "fault_class", mp_fault_class_name(crash->fault_class));
    mp_bind_count_or_null(&add, "tid", has_thread, has_thread ? crash->thread[0].tid : 0);
    mp_bind_integer(&add, "threads_missed", crash->threads_missed);
    mp_bind_integer(&add, "modules_missed", crash->modules_missed);
    mp_bind_foreign_or_null(&add, "other_key", other_key);
    mp_bind_foreign_or_null(&add, "unread", crash->unread);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return code;
}

int mp_database_registers(struct mp_store *store, const struct mp_crash_thread *thread,
                          struct mp_strbuf *buf) {
    struct mp_pair pairs[MP_CRASH_REGISTERS_MAX];
    char values[MP_CRASH_REGISTERS_MAX][24];
    for (size_t i = 0; i < thread->register_count; i++) {
        snprintf(values[i], sizeof(values[i]), "0x%llx",
                 (unsigned long long)thread->reg[i].value);
        pairs[i] = (struct mp_pair){.name = thread->reg[i].name, .value = values[i]};
    }
    return mp_pairs_to_json(store, pairs, thread->register_count, false, buf);
}

size_t mp_database_frames(const struct mp_crash_thread *thread) {
    return thread->frames_total > thread->frame_count ? thread->frames_total
                                                      : thread->frame_count;
}

static int add_thread(struct mp_store *store, int64_t crash_id,
                      const struct mp_crash_thread *thread) {
    struct mp_strbuf registers;
    mp_strbuf_init(&registers);
    int code = mp_database_registers(store, thread, &registers);
    if (code == SQLITE_OK) {
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_THREAD);
        mp_bind_integer(&add, "crash_id", crash_id);
        mp_bind_count(&add, "tid", thread->tid);
        mp_bind_foreign(&add, "name", thread->name);
        mp_bind_integer(&add, "faulting", thread->is_faulting);
        mp_bind_integer_or_null(&add, "signal", thread->is_faulting, thread->signal);
        mp_bind_text(&add, "registers", registers.text);
        mp_bind_count(&add, "frames", mp_database_frames(thread));
        code = mp_statement_run(&add);
    }
    mp_strbuf_release(&registers);
    return code;
}

void mp_bind_frame(struct mp_statement *statement, const struct mp_crash *crash,
                   const struct mp_crash_frame *frame) {
    bool has_module = frame->module >= 0 && (size_t)frame->module < crash->module_count;
    const struct mp_crash_module *module =
        has_module ? &crash->module[frame->module] : NULL;
    mp_bind_hex(statement, "pc", frame->pc);
    mp_bind_foreign_or_null(statement, "module", has_module ? module->path : NULL);
    mp_bind_foreign_or_null(statement, "module_id", has_module ? module->id : NULL);
    mp_bind_foreign_or_null(statement, "symbol", frame->symbol);
    mp_bind_integer_or_null(statement, "symbol_bytes", frame->symbol_bytes > 0,
                            (int64_t)frame->symbol_bytes);
    mp_bind_count(statement, "offset", frame->offset);
    mp_bind_foreign_or_null(statement, "file", frame->file);
    mp_bind_integer_or_null(statement, "line", frame->line > 0, frame->line);
}

static int add_frame(struct mp_store *store, int64_t crash_id, uint64_t tid, size_t depth,
                     const struct mp_crash *crash, const struct mp_crash_frame *frame) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_FRAME);
    mp_bind_integer(&add, "crash_id", crash_id);
    mp_bind_count(&add, "tid", tid);
    mp_bind_count(&add, "depth", depth);
    mp_bind_frame(&add, crash, frame);
    return mp_statement_run(&add);
}

static int add_module(struct mp_store *store, int64_t crash_id,
                      const struct mp_crash_module *module) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_MODULE);
    mp_bind_integer(&add, "crash_id", crash_id);
    mp_bind_foreign(&add, "path", module->path);
    mp_bind_hex(&add, "base", module->base);
    mp_bind_count(&add, "size", module->size);
    mp_bind_foreign_or_null(&add, "module_id", module->id);
    return mp_statement_run(&add);
}

int mp_database_put_crash(struct mp_store *store, int64_t round_id, const char *kind,
                          const struct mp_crash *crash, int64_t signature_id,
                          const char *other_key) {
    int64_t id = 0;
    int code = add_crash(store, round_id, kind, crash, signature_id, other_key, &id);
    for (size_t i = 0; i < crash->thread_count && code == SQLITE_OK; i++) {
        const struct mp_crash_thread *thread = &crash->thread[i];
        code = add_thread(store, id, thread);
        if (sqlite3_changes(store->db) == 0)
            continue; /* the kernel reused a thread id: keep the first */
        for (size_t f = 0; f < thread->frame_count && code == SQLITE_OK; f++)
            code = add_frame(store, id, thread->tid, f, crash, &thread->frame[f]);
    }
    for (size_t i = 0; i < crash->module_count && code == SQLITE_OK; i++)
        code = add_module(store, id, &crash->module[i]);
    return code;
}
