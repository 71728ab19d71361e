/* The rows of one crash: where it stopped, the threads, their stacks, the modules. Names
 * and paths come out of a broken process and are treated so.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "results/store/database.h"

int mp_database_ensure_signature(struct mp_store *store,
                                 const struct mp_signature_row *signature,
                                 int64_t *ret_id) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_SIGNATURE);
    mp_put_foreign(&add, signature->key, 0);
    mp_put_foreign(&add, signature->title, 0);
    mp_put_foreign(&add, signature->family, 0);
    int code = mp_binder_run(&add);
    if (code == SQLITE_OK) {
        struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_SIGNATURE);
        mp_put_foreign(&find, signature->key, 0);
        code = mp_binder_query(&find, ret_id, 1);
    }
    return code;
}

static int add_crash(struct mp_store *store, int64_t round_id, const char *kind,
                     const struct mp_crash *crash, int64_t signature_id,
                     const char *other_key, int64_t *ret_id) {
    char signal[16];
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_CRASH);
    mp_put_integer(&add, round_id);
    if (signature_id != 0)
        mp_put_integer(&add, signature_id);
    else
        mp_put_null(&add);
    mp_put_text(&add, crash->kind == MP_CRASH_OF_HANG ? "hang" : kind);
    mp_put_integer(&add, crash->signal);
    mp_put_text(&add, mp_crash_signal_name(crash->signal, signal, sizeof(signal)));
    mp_put_integer(&add, crash->code);
    if (crash->has_address)
        mp_put_hex(&add, crash->address);
    else
        mp_put_null(&add);
    mp_put_integer(&add, crash->address_is_derived);
    mp_put_text(&add, mp_crash_access_name(crash->access));
    mp_put_text(&add, mp_fault_class_name(crash->fault_class));
    if (crash->thread_count > 0)
        mp_put_count(&add, crash->thread[0].tid);
    else
        mp_put_null(&add);
    if (crash->kind == MP_CRASH_OF_HANG)
        mp_put_integer(&add, crash->sample);
    else
        mp_put_null(&add);
    mp_put_integer(&add, crash->threads_missed);
    mp_put_foreign_or_null(&add, other_key);
    int code = mp_binder_run(&add);
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
    return mp_database_json(store, pairs, thread->register_count, 0, buf);
}

static int add_thread(struct mp_store *store, int64_t crash_id,
                      const struct mp_crash_thread *thread) {
    struct mp_strbuf registers;
    mp_strbuf_init(&registers);
    int code = mp_database_registers(store, thread, &registers);
    if (code == SQLITE_OK) {
        struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_THREAD);
        mp_put_integer(&add, crash_id);
        mp_put_count(&add, thread->tid);
        mp_put_foreign(&add, thread->name, 0);
        mp_put_integer(&add, thread->is_faulting);
        if (thread->is_faulting)
            mp_put_integer(&add, thread->signal);
        else
            mp_put_null(&add);
        mp_put_text(&add, registers.text);
        mp_put_integer(&add, thread->is_cut);
        code = mp_binder_run(&add);
    }
    mp_strbuf_release(&registers);
    return code;
}

void mp_put_frame(struct mp_binder *binder, const struct mp_crash *crash,
                  const struct mp_crash_frame *frame) {
    bool has_module = frame->module >= 0 && (size_t)frame->module < crash->module_count;
    const struct mp_crash_module *module =
        has_module ? &crash->module[frame->module] : NULL;
    mp_put_hex(binder, frame->pc);
    mp_put_foreign_or_null(binder, has_module ? module->path : NULL);
    mp_put_foreign_or_null(binder, has_module ? module->id : NULL);
    mp_put_foreign_or_null(binder, frame->symbol);
    mp_put_count(binder, frame->offset);
    mp_put_foreign_or_null(binder, frame->file);
    if (frame->line > 0)
        mp_put_integer(binder, frame->line);
    else
        mp_put_null(binder);
}

static int add_frame(struct mp_store *store, int64_t crash_id, uint64_t tid, size_t depth,
                     const struct mp_crash *crash, const struct mp_crash_frame *frame) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_FRAME);
    mp_put_integer(&add, crash_id);
    mp_put_count(&add, tid);
    mp_put_count(&add, depth);
    mp_put_frame(&add, crash, frame);
    return mp_binder_run(&add);
}

static int add_module(struct mp_store *store, int64_t crash_id,
                      const struct mp_crash_module *module) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_MODULE);
    mp_put_integer(&add, crash_id);
    mp_put_foreign(&add, module->path, 0);
    mp_put_hex(&add, module->base);
    mp_put_count(&add, module->size);
    mp_put_foreign_or_null(&add, module->id);
    return mp_binder_run(&add);
}

int mp_database_put_crash(struct mp_store *store, int64_t round_id, const char *kind,
                          const struct mp_crash *crash,
                          const struct mp_signature_row *signature) {
    int64_t signature_id = 0, id = 0;
    bool has_bucket = signature != NULL && signature->key != NULL;
    int code = has_bucket ? mp_database_ensure_signature(store, signature, &signature_id)
                          : SQLITE_OK;
    if (code == SQLITE_OK) {
        code = add_crash(store, round_id, kind, crash, signature_id,
                         signature != NULL ? signature->other_key : NULL, &id);
    }
    for (size_t i = 0; i < crash->thread_count && code == SQLITE_OK; i++) {
        const struct mp_crash_thread *thread = &crash->thread[i];
        code = add_thread(store, id, thread);
        if (sqlite3_changes(store->db) == 0) {
            continue; /* the kernel gave one number to two threads: the first one
                         stands */
        }
        for (size_t f = 0; f < thread->frame_count && code == SQLITE_OK; f++)
            code = add_frame(store, id, thread->tid, f, crash, &thread->frame[f]);
    }
    for (size_t i = 0; i < crash->module_count && code == SQLITE_OK; i++)
        code = add_module(store, id, &crash->module[i]);
    return code;
}
