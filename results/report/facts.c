/* Reads rounds and crashes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/facts.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define DRIVER(member) MP_FIELD(struct mp_driver_facts, member, TEXT)
static const struct mp_field DRIVER_TABLE[] = {
    DRIVER(name), DRIVER(gpu), DRIVER(path), DRIVER(build_id), DRIVER(facts),
};

/* The columns of round.def come first in the table. */
enum {
#define MP_ROUND_COLUMN(member, kind) COLUMN_##member,
#include "results/report/round.def"
#undef MP_ROUND_COLUMN
    COLUMN_COUNT
};

#define ROUND(member, kind) MP_FIELD(struct mp_round_facts, member, kind)
static const struct mp_field ROUND_TABLE[] = {
#define MP_ROUND_COLUMN(member, kind) ROUND(member, kind),
#include "results/report/round.def"

#include "harness/base/array.h"
#undef MP_ROUND_COLUMN
    ROUND(cell_id, INTEGER), ROUND(number, INTEGER), ROUND(class, WORD),
    ROUND(spec, LINES), ROUND(detail_dropped, TRUTH),
    {"stderr", MP_FIELD_LINES, offsetof(struct mp_round_facts, stderr_end)},
    ROUND(stderr_bytes, INTEGER),
    ROUND(device, WORD), ROUND(scenario, WORD), ROUND(params, JSON), ROUND(arm, WORD),
    ROUND(spec_hash, WORD), ROUND(cell, WORD), ROUND(role, WORD), ROUND(fix, TEXT),
};

#define FRAME(member, kind) MP_FIELD(struct mp_frame_facts, member, kind)
static const struct mp_field FRAME_TABLE[] = {
    FRAME(depth, INTEGER), FRAME(pc, WORD), FRAME(module, TEXT), FRAME(module_id, TEXT),
    FRAME(symbol, TEXT), FRAME(symbol_bytes, INTEGER), FRAME(offset, INTEGER), FRAME(file, TEXT), FRAME(line, INTEGER),
};

#define THREAD(member, kind) MP_FIELD(struct mp_thread_facts, member, kind)
static const struct mp_field THREAD_TABLE[] = {
    THREAD(tid, INTEGER), THREAD(name, WORD), THREAD(faulting, TRUTH),
    THREAD(signal, INTEGER), THREAD(registers, JSON), THREAD(register_words, TEXT),
    {"frames", MP_FIELD_INTEGER, offsetof(struct mp_thread_facts, frames_total)},
};

#define SIGNATURE(member, kind) MP_FIELD(struct mp_signature_facts, member, kind)
static const struct mp_field SIGNATURE_TABLE[] = {
    SIGNATURE(id, INTEGER), SIGNATURE(key, WORD), SIGNATURE(title, WORD),
    SIGNATURE(family, WORD),
};

#define CRASH(member, kind) MP_FIELD(struct mp_crash_facts, member, kind)
static const struct mp_field CRASH_TABLE[] = {
    CRASH(id, INTEGER), CRASH(kind, WORD), CRASH(signal, INTEGER),
    CRASH(signal_name, WORD), CRASH(code, INTEGER), CRASH(fault_address, TEXT),
    CRASH(address_is_derived, TRUTH), CRASH(access, WORD), CRASH(fault_class, WORD),
    CRASH(tid, INTEGER), CRASH(other_key, TEXT), CRASH(round_id, INTEGER),
    CRASH(threads_missed, INTEGER), CRASH(modules_missed, INTEGER),
    CRASH(unread, TEXT),
};

#define ADDRESS(member, kind) MP_FIELD(struct mp_address_facts, member, kind)
static const struct mp_field ADDRESS_TABLE[] = {
    ADDRESS(address, TEXT), ADDRESS(count, INTEGER),
};
/* clang-format on */

const struct mp_fields mp_driver_fields = MP_FIELDS(struct mp_driver_facts, DRIVER_TABLE);
const struct mp_fields mp_round_fields = MP_FIELDS(struct mp_round_facts, ROUND_TABLE);
const struct mp_fields mp_round_columns = {
    .field = ROUND_TABLE, .count = COLUMN_COUNT, .size = sizeof(struct mp_round_facts)};
const struct mp_fields mp_frame_fields = MP_FIELDS(struct mp_frame_facts, FRAME_TABLE);
const struct mp_fields mp_thread_fields = MP_FIELDS(struct mp_thread_facts, THREAD_TABLE);
const struct mp_fields mp_signature_fields =
    MP_FIELDS(struct mp_signature_facts, SIGNATURE_TABLE);
const struct mp_fields mp_crash_fields = MP_FIELDS(struct mp_crash_facts, CRASH_TABLE);
const struct mp_fields mp_address_fields =
    MP_FIELDS(struct mp_address_facts, ADDRESS_TABLE);

bool mp_round_facts_load(struct mp_query *query, int64_t round_id,
                         struct mp_round_facts *ret) {
    memset(ret, 0, sizeof(*ret));
    mp_fields_find(&mp_driver_fields, query,
                   "SELECT * FROM round_driver WHERE id ="
                   " (SELECT driver_id FROM round WHERE id = ?1)",
                   round_id, 0, &ret->driver);
    mp_fields_find(&mp_signature_fields, query,
                   "SELECT * FROM signature WHERE id ="
                   " (SELECT signature_id FROM round WHERE id = ?1)",
                   round_id, 0, &ret->signature);
    bool is_found = mp_fields_find(
        &mp_round_fields, query,
        "SELECT r.*, ifnull(r.position, r.seq) AS number,"
        " ifnull(class, 'no_verdict') AS class, device, scenario,"
        " params, arm, spec_hash, role,"
        " round_text.spec, round_text.stderr, round_text.stderr_bytes,"
        " f.path AS fix, host_state.text AS host_state,"
        " t.title AS cell,"
        " outcome <> 'pass' AND round_text.round_id IS NULL AND retention.round_id IS NULL"
        " AND EXISTS (SELECT 1 FROM retention WHERE campaign_id = r.campaign_id)"
        " AS detail_dropped FROM round AS r"
        /* A damaged file may lack the cell; an outcome may be of another version. */
        " LEFT JOIN cell ON cell.id = r.cell_id"
        " LEFT JOIN cell_title AS t ON t.cell_id = cell.id"
        " LEFT JOIN outcome ON outcome.name = r.outcome"
        " LEFT JOIN campaign_cell AS m ON m.campaign_id = r.campaign_id"
        " AND m.cell_id = r.cell_id"
        " LEFT JOIN fix_library AS f ON f.cell_id = r.cell_id"
        " LEFT JOIN host_state ON host_state.id = host_state_id"
        " LEFT JOIN round_text ON round_text.round_id = r.id"
        " LEFT JOIN retention ON retention.round_id = r.id WHERE r.id = ?1",
        round_id, 0, ret);
    mp_fields_complete(&mp_round_fields, ret); /* it may lack the round of a crash, too */
    return is_found;
}

void mp_round_facts_release(struct mp_round_facts *round) {
    mp_fields_release(&mp_driver_fields, &round->driver, 1);
    mp_fields_release(&mp_signature_fields, &round->signature, 1);
    mp_fields_release(&mp_round_fields, round, 1);
}

void mp_driver_facts_write(const struct mp_driver_facts *driver, bool has_name,
                           bool has_settings, struct mp_strbuf *buf) {
    const struct {
        const char *key, *value;
    } parts[] = {
        {"name", has_name ? driver->name : NULL},
        {"gpu", driver->gpu},
        {"driver", driver->path},
        {"driver_id", driver->build_id},
        {"facts", has_settings ? driver->facts : NULL},
    };
    size_t start = buf->len;
    for (size_t i = 0; i < MP_COUNT(parts); i++)
        if (parts[i].value != NULL && parts[i].value[0] != '\0')
            mp_strbuf_addf(buf, "%s%s=%s", buf->len > start ? " · " : "", parts[i].key,
                           parts[i].value);
}

const char *mp_round_facts_untraced(const struct mp_round_facts *round) {
    if (round->was_traced)
        return NULL;
    if (round->untraced == NULL)
        return "none: the round was not traced";
    if (strcmp(round->untraced, "off") == 0)
        return "none: capture was switched off";
    if (strcmp(round->untraced, "refused") == 0)
        return "none: this host refused tracing";
    return strcmp(round->untraced, "none") == 0 ? "none: the round never started"
                                                : "none: the round was not traced";
}

void mp_crash_facts_load(struct mp_query *query, int64_t crash_id, bool has_all_threads,
                         struct mp_crash_facts *ret) {
    memset(ret, 0, sizeof(*ret));
    mp_fields_find(&mp_crash_fields, query, "SELECT * FROM crash WHERE id = ?1", crash_id,
                   0, ret);
    mp_fields_find(&mp_signature_fields, query,
                   "SELECT * FROM signature WHERE id ="
                   " (SELECT signature_id FROM crash WHERE id = ?1)",
                   crash_id, 0, &ret->signature);
    ret->thread = mp_fields_list(
        &mp_thread_fields, query,
        "SELECT *, (SELECT group_concat(key || '=' || atom, ' ') FROM"
        " json_each(registers)) AS register_words FROM crash_thread WHERE crash_id = ?1 AND (?2 OR tid ="
        " (SELECT tid FROM crash WHERE id = ?1)) ORDER BY faulting DESC, tid",
        crash_id, has_all_threads, &ret->thread_count);
    for (size_t i = 0; i < ret->thread_count; i++) {
        struct mp_thread_facts *thread = &ret->thread[i];
        thread->frame = mp_fields_list(
            &mp_frame_fields, query,
            "SELECT * FROM crash_frame WHERE crash_id = ?1 AND tid = ?2 ORDER BY depth",
            crash_id, thread->tid, &thread->frame_count);
    }
}

void mp_crash_facts_release(struct mp_crash_facts *crash) {
    for (size_t i = 0; i < crash->thread_count; i++) {
        struct mp_thread_facts *thread = &crash->thread[i];
        mp_fields_release(&mp_frame_fields, thread->frame, thread->frame_count);
        free(thread->frame);
    }
    mp_fields_release(&mp_thread_fields, crash->thread, crash->thread_count);
    free(crash->thread);
    mp_fields_release(&mp_signature_fields, &crash->signature, 1);
    mp_fields_release(&mp_crash_fields, crash, 1);
}

const struct mp_thread_facts *mp_crash_facts_stopped(const struct mp_crash_facts *crash) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].tid == crash->tid)
            return &crash->thread[i];
    return NULL;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* Where every thread begins, whoever started it. */
static bool begins_threads(const char *module) {
    static const char *const starts[] = {
        "libc.so", "libc-",   "libpthread",        "libstdc++",
        "libc++",  "ld-musl", "libsystem_pthread", "libsystem_kernel"};
    for (size_t i = 0; i < MP_COUNT(starts); i++)
        if (strncmp(module, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool is_library(const char *path) {
    return strstr(base_name(path), ".so") != NULL || strstr(path, ".dylib") != NULL ||
           strstr(path, ".framework/") != NULL || strstr(path, ".bundle/") != NULL;
}

const char *mp_thread_facts_started_by(const struct mp_thread_facts *thread) {
    size_t oldest = thread->frame_count;
    bool is_cut = thread->frames_total != MP_FIELD_NULL &&
                  thread->frames_total > (int64_t)thread->frame_count;
    while (oldest > 0 && thread->frame[oldest - 1].module != NULL &&
           begins_threads(base_name(thread->frame[oldest - 1].module)))
        oldest--;
    if (is_cut || oldest == 0 || oldest == thread->frame_count)
        return NULL;
    const char *module = thread->frame[oldest - 1].module;
    return module != NULL && is_library(module) ? base_name(module) : NULL;
}

void mp_frame_facts_add_source(const struct mp_frame_facts *frame,
                               struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, base_name(frame->file));
    if (frame->line != MP_FIELD_NULL)
        mp_strbuf_addf(buf, ":%lld", (long long)frame->line);
}

void mp_frame_facts_add(const struct mp_frame_facts *frame, bool is_first,
                        struct mp_text *text) {
    struct mp_strbuf where, tail;
    mp_strbuf_init(&where);
    mp_strbuf_init(&tail);
    bool has_symbol = frame->symbol != NULL && frame->symbol[0] != '\0';
    if (has_symbol)
        mp_strbuf_addf(&where, "%s + %lld", frame->symbol, (long long)frame->offset);
    else
        mp_strbuf_addstr(&where, frame->pc);
    if (frame->module != NULL && frame->module[0] != '\0') {
        mp_strbuf_addf(&tail, "  %s", base_name(frame->module));
        if (!has_symbol)
            mp_strbuf_addf(&tail, " + %lld", (long long)frame->offset);
    }
    if (frame->file != NULL && frame->file[0] != '\0') {
        mp_strbuf_addstr(&tail, "  ");
        mp_frame_facts_add_source(frame, &tail);
    }
    if (frame->symbol_bytes != MP_FIELD_NULL)
        mp_strbuf_addf(&tail, "  (shortened from %lld bytes)",
                       (long long)frame->symbol_bytes);
    mp_strbuf_pad(text->buf, ' ', MP_FRAME_INDENT - 6);
    mp_text_add(text, MP_DIM, "%4lld  ", (long long)frame->depth);
    mp_text_add(text, is_first ? MP_BOLD : MP_PLAIN, "%s", where.text);
    if (MP_FRAME_INDENT + mp_text_columns(where.text) + mp_text_columns(tail.text) >
        text->width) {
        mp_text_end(text);
        mp_strbuf_pad(text->buf, ' ', MP_FRAME_INDENT);
    }
    mp_text_add(text, MP_DIM, "%s", tail.text);
    mp_text_end(text);
    mp_strbuf_release(&where);
    mp_strbuf_release(&tail);
}
