/* Reads what show displays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* clang-format off */
#define EVENT(member, kind) MP_FIELD(struct mp_event_row, member, kind)
static const struct mp_field EVENT_TABLE[] = {
    EVENT(t_ns, INTEGER), EVENT(thread, INTEGER), EVENT(seq, INTEGER), EVENT(op, WORD),
    EVENT(phase, WORD), EVENT(object, WORD), EVENT(arg, WORD),
};

#define IMAGE(member, kind) MP_FIELD(struct mp_image_row, member, kind)
static const struct mp_field IMAGE_TABLE[] = {
    IMAGE(path, WORD), IMAGE(base, WORD), IMAGE(size, INTEGER), IMAGE(module_id, TEXT),
};

#define HIT(member, kind) MP_FIELD(struct mp_hit_row, member, kind)
static const struct mp_field HIT_TABLE[] = {
    HIT(id, INTEGER), HIT(device, WORD), HIT(scenario, WORD), HIT(params, JSON),
    HIT(arm, WORD), HIT(spec_hash, WORD), HIT(cell, WORD), HIT(failed, INTEGER),
    HIT(rounds, INTEGER),
};

#define STATISTICS(member, kind) MP_FIELD(struct mp_statistics_row, member, kind)
static const struct mp_field STATISTICS_TABLE[] = {
    STATISTICS(count, INTEGER), STATISTICS(rounds, INTEGER),
    STATISTICS(first_round, INTEGER), STATISTICS(last_round, INTEGER),
    STATISTICS(first_at, TEXT), STATISTICS(last_at, TEXT),
    STATISTICS(reports, INTEGER), STATISTICS(last_report, INTEGER),
};

#define KEPT(member, kind) MP_FIELD(struct mp_kept_row, member, kind)
static const struct mp_field KEPT_TABLE[] = {
    KEPT(keep_first, INTEGER), KEPT(keep_newest, INTEGER), KEPT(first, INTEGER),
    KEPT(last, INTEGER),
};
/* clang-format on */

const struct mp_fields mp_event_fields = MP_FIELDS(struct mp_event_row, EVENT_TABLE);
const struct mp_fields mp_image_fields = MP_FIELDS(struct mp_image_row, IMAGE_TABLE);
const struct mp_fields mp_hit_fields = MP_FIELDS(struct mp_hit_row, HIT_TABLE);
const struct mp_fields mp_statistics_fields =
    MP_FIELDS(struct mp_statistics_row, STATISTICS_TABLE);
static const struct mp_fields kept_fields = MP_FIELDS(struct mp_kept_row, KEPT_TABLE);

const char *mp_show_kind_name(enum mp_show_kind kind) {
    static const char *const names[MP_SHOW_COUNT] = {"round", "crash", "signature",
                                                     "report"};
    return (unsigned)kind < MP_SHOW_COUNT ? names[kind] : "unknown";
}

static bool find(struct mp_show *show, const struct mp_show_options *options) {
    static const char *const queries[MP_SHOW_COUNT] = {
        "SELECT id, 0, 0 FROM round WHERE id = ?1",
        "SELECT round_id, id, 0 FROM crash WHERE id = ?1",
        /* The newest round represents all; a signature of imported reports alone has
         * none. */
        ("SELECT r.id, c.id, s.id FROM signature AS s LEFT JOIN round AS r"
         " ON r.signature_id = s.id LEFT JOIN crash AS c ON c.round_id = r.id"
         " AND c.signature_id = s.id WHERE s.id = ?1 ORDER BY r.id DESC, c.id DESC"
         " LIMIT 1")};
    bool is_found = false;
    if (queries[options->kind] == NULL)
        return false; /* no round is known to it */
    sqlite3_stmt *rows =
        mp_query_rows(&show->query, queries[options->kind], options->id, 0);
    while (mp_query_next(&show->query, rows)) {
        is_found = true;
        show->round_id = sqlite3_column_int64(rows, 0);
        show->crash_id = sqlite3_column_int64(rows, 1);
        show->signature.id = sqlite3_column_int64(rows, 2);
    }
    return is_found;
}

static void load_signature(struct mp_show *show) {
    int64_t id = show->signature.id;
    mp_fields_find(&mp_signature_fields, &show->query,
                   "SELECT * FROM signature WHERE id = ?1", id, 0, &show->signature);
    mp_fields_find(
        &mp_statistics_fields, &show->query,
        "WITH hit AS (SELECT id, started_at FROM round WHERE signature_id = ?1),"
        " first AS (SELECT * FROM hit ORDER BY started_at, id LIMIT 1),"
        " last AS (SELECT * FROM hit ORDER BY started_at DESC, id DESC LIMIT 1)"
        " SELECT count(*) AS count, (SELECT count(*) FROM hit) AS rounds,"
        " (SELECT id FROM first) AS first_round, (SELECT id FROM last) AS last_round,"
        " (SELECT started_at FROM first) AS first_at,"
        " (SELECT started_at FROM last) AS last_at, (SELECT count(*) FROM os_report"
        " WHERE signature_id = ?1) AS reports, (SELECT max(id) FROM os_report"
        " WHERE signature_id = ?1) AS last_report FROM crash WHERE signature_id = ?1"
        " AND sample IS NULL",
        id, 0, &show->statistics);
    show->address =
        mp_fields_list(&mp_address_fields, &show->query,
                       "SELECT fault_address AS address, count(*) AS count FROM crash"
                       " WHERE signature_id = ?1 AND sample IS NULL GROUP BY 1"
                       " ORDER BY 2 DESC, 1",
                       id, 0, &show->address_count);
    show->hit = mp_fields_list(
        &mp_hit_fields, &show->query,
        "SELECT cell.*, title AS cell, failed, (SELECT sum(rounds) FROM round_count AS n"
        " JOIN campaign_pool AS p ON p.campaign_id = n.campaign_id"
        " WHERE n.cell_id = cell.id) AS rounds FROM (SELECT cell_id,"
        " count(*) AS failed FROM round AS r"
        " JOIN campaign_pool AS p ON p.campaign_id = r.campaign_id"
        " WHERE signature_id = ?1 GROUP BY cell_id) AS hit JOIN cell ON cell.id ="
        " hit.cell_id JOIN cell_title AS t ON t.cell_id = cell.id"
        " ORDER BY failed DESC, cell.id",
        id, 0, &show->hit_count);
}

static void load_crashes(struct mp_show *show) {
    sqlite3_stmt *rows = mp_query_rows(
        &show->query, "SELECT id FROM crash WHERE round_id = ?1 ORDER BY id",
        show->round_id, 0);
    while (mp_query_next(&show->query, rows)) {
        show->crash =
            mp_memory_resize(show->crash, show->crash_count + 1, sizeof(*show->crash));
        struct mp_show_crash *crash = &show->crash[show->crash_count++];
        mp_crash_facts_load(&show->query, sqlite3_column_int64(rows, 0), true,
                            &crash->crash);
        crash->image = mp_fields_list(
            &mp_image_fields, &show->query,
            "SELECT * FROM crash_module WHERE crash_id = ?1 ORDER BY length(base), base",
            crash->crash.id, 0, &crash->image_count);
    }
}

static void load_round(struct mp_show *show) {
    mp_round_facts_load(&show->query, show->round_id, &show->round);
    if (show->round.detail_dropped)
        mp_fields_find(
            &kept_fields, &show->query,
            "SELECT keep_first, keep_newest, min(e.round_id) AS first, max(e.round_id)"
            " AS last FROM round AS r JOIN campaign AS c ON c.id = r.campaign_id"
            " LEFT JOIN retention AS e ON e.campaign_id = c.id AND e.kind ="
            " ifnull((SELECT key FROM signature WHERE id = r.signature_id), r.outcome)"
            " WHERE r.id = ?1",
            show->round_id, 0, &show->kept);
    mp_loaded_load_round(&show->modules, &show->query, show->round_id);
    mp_figures_load_round(&show->figures, &show->query, show->round_id);
    load_crashes(show);
    show->thread = mp_fields_list(
        &mp_event_fields, &show->query,
        "SELECT * FROM event WHERE round_id = ?1 AND seq = 0 ORDER BY thread",
        show->round_id, 0, &show->thread_count);
    show->event = mp_fields_list(
        &mp_event_fields, &show->query,
        "SELECT * FROM event WHERE round_id = ?1 AND seq > 0 ORDER BY t_ns, thread, seq",
        show->round_id, 0, &show->event_count);
}

enum mp_status mp_show_load(struct mp_show *show, struct mp_store *store,
                            const struct mp_show_options *options, struct mp_error *err) {
    memset(show, 0, sizeof(*show));
    mp_query_begin(&show->query, store);
    bool is_found = find(show, options);
    if (show->signature.id != 0)
        load_signature(show);
    if (show->round_id != 0)
        load_round(show);
    enum mp_status status = mp_query_status(&show->query, err);
    if (status == MP_OK && !is_found)
        status = mp_error_set(err, MP_NOT_FOUND, "%s has no %s %lld", show->query.path,
                              mp_show_kind_name(options->kind), (long long)options->id);
    return status;
}

void mp_show_release(struct mp_show *show) {
    mp_query_end(&show->query);
    for (size_t i = 0; i < show->crash_count; i++) {
        struct mp_show_crash *crash = &show->crash[i];
        mp_crash_facts_release(&crash->crash);
        mp_fields_release(&mp_image_fields, crash->image, crash->image_count);
        free(crash->image);
    }
    mp_fields_release(&mp_event_fields, show->thread, show->thread_count);
    mp_fields_release(&mp_event_fields, show->event, show->event_count);
    mp_fields_release(&mp_address_fields, show->address, show->address_count);
    mp_fields_release(&mp_hit_fields, show->hit, show->hit_count);
    mp_fields_release(&mp_signature_fields, &show->signature, 1);
    mp_fields_release(&mp_statistics_fields, &show->statistics, 1);
    mp_loaded_release_round(&show->modules);
    mp_round_facts_release(&show->round);
    free(show->crash);
    free(show->thread);
    free(show->event);
    free(show->address);
    free(show->hit);
}

bool mp_show_includes(const struct mp_show *show, const struct mp_crash_facts *crash) {
    return show->crash_id == 0 || show->crash_id == crash->id;
}

const struct mp_event_row *mp_show_next_event(const struct mp_show *show, size_t index) {
    for (size_t i = index + 1; i < show->event_count; i++)
        if (show->event[i].thread == show->event[index].thread)
            return &show->event[i];
    return NULL;
}

const struct mp_event_row *mp_show_in_flight(const struct mp_show *show, int64_t thread) {
    for (size_t i = show->event_count; i-- > 0;) {
        const struct mp_event_row *event = &show->event[i];
        if (event->thread == thread)
            return strcmp(event->phase, "enter") == 0 ? event : NULL;
    }
    return NULL;
}

const struct mp_crash_facts *mp_show_crash_of(const struct mp_show *show,
                                              const struct mp_event_row *thread) {
    for (size_t i = 0; i < show->crash_count; i++) {
        const struct mp_crash_facts *crash = &show->crash[i].crash;
        for (size_t j = 0; j < crash->thread_count; j++)
            if (crash->thread[j].faulting &&
                crash->thread[j].tid == strtoll(thread->object, NULL, 10))
                return crash;
    }
    return NULL;
}

bool mp_show_is_of_round(const struct mp_show *show,
                         const struct mp_thread_facts *thread) {
    for (size_t i = 0; i < show->thread_count; i++)
        if (strtoll(show->thread[i].object, NULL, 10) == thread->tid)
            return true;
    return false;
}

const char *mp_show_started_by(const struct mp_show *show,
                               const struct mp_thread_facts *thread) {
    return mp_show_is_of_round(show, thread) ? NULL : mp_thread_facts_started_by(thread);
}

const struct mp_event_row *mp_show_submission(const struct mp_show *show,
                                              int64_t thread) {
    for (size_t i = show->event_count; i-- > 0;) {
        const struct mp_event_row *event = &show->event[i];
        if (event->thread != thread)
            continue;
        if (strcmp(event->op, "wait") == 0 && strcmp(event->phase, "leave") == 0)
            return NULL;
        if (strcmp(event->op, "commit") == 0 && strcmp(event->phase, "enter") == 0)
            return event;
        if (strcmp(event->op, "action") == 0)
            return strcmp(event->phase, "enter") == 0 ? event : NULL;
    }
    return NULL;
}

void mp_show_write_thread(int64_t thread, struct mp_strbuf *buf) {
    if (thread == 0)
        mp_strbuf_addstr(buf, "main thread");
    else
        mp_strbuf_addf(buf, "worker %lld", (long long)thread);
}

bool mp_show_is_of_submission(const struct mp_show *show,
                              const struct mp_crash_facts *crash) {
    const struct mp_thread_facts *stopped = mp_crash_facts_stopped(crash);
    return stopped != NULL && show->event_count > 0 &&
           !mp_show_is_of_round(show, stopped);
}

void mp_show_write_object(const struct mp_event_row *event, struct mp_strbuf *buf) {
    if (strcmp(event->op, "buffer_create") == 0)
        mp_strbuf_addstr(buf, "a buffer");
    else
        mp_strbuf_addf(buf, "stream %s", event->object);
}
