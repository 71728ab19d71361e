/* Counts the rounds of a hunt. Writes nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/hunt.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/wire/wanted.h"
#include "results/report/query.h"

/* A signature of the wanted failures, while they are counted. */
struct bucket {
    char *key, *title, *seed, *cell, *arm, *fix;
    int64_t id;
    uint64_t rounds;
};

static void load_campaign(struct mp_hunt_part *part, struct mp_query *query) {
    sqlite3_stmt *rows =
        mp_query_rows(query, "SELECT uuid, seed, state FROM campaign WHERE id = ?1",
                      part->campaign_id, 0);
    while (mp_query_next(query, rows)) {
        part->uuid = mp_query_copy(rows, 0);
        part->seed = mp_query_copy(rows, 1);
        part->state = mp_query_copy(rows, 2);
    }
    rows = mp_query_rows(query,
                         "SELECT cell_id, ifnull(json_extract(params, '$.perturb'), ''),"
                         " device FROM campaign_cell JOIN cell ON cell.id = cell_id"
                         " WHERE campaign_id = ?1 ORDER BY place",
                         part->campaign_id, 0);
    while (mp_query_next(query, rows)) {
        part->way = mp_memory_resize(part->way, part->count + 1, sizeof(*part->way));
        part->way[part->count++] =
            (struct mp_hunt_way){.cell_id = sqlite3_column_int64(rows, 0),
                                 .perturb = mp_query_copy(rows, 1),
                                 .device = mp_query_copy(rows, 2)};
    }
}

static struct mp_hunt_way *find_way(struct mp_hunt_part *part, int64_t cell_id) {
    for (size_t i = 0; i < part->count; i++)
        if (part->way[i].cell_id == cell_id)
            return &part->way[i];
    return NULL;
}

/* NULL where the arm injects nothing. */
static char *copy_path(sqlite3_stmt *rows, int column) {
    return sqlite3_column_type(rows, column) != SQLITE_NULL ? mp_query_copy(rows, column)
                                                            : NULL;
}

static void count_bucket(struct bucket **bucket, size_t *count, sqlite3_stmt *rows) {
    const char *key = mp_query_text(rows, 4);
    size_t i = 0;
    if (key[0] == '\0')
        return;
    while (i < *count && strcmp((*bucket)[i].key, key) != 0)
        i++;
    if (i == *count) {
        *bucket = mp_memory_resize(*bucket, ++*count, sizeof(**bucket));
        (*bucket)[i] = (struct bucket){.key = mp_query_copy(rows, 4),
                                       .title = mp_query_copy(rows, 5),
                                       .seed = mp_query_copy(rows, 7),
                                       .cell = mp_query_copy(rows, 8),
                                       .arm = mp_query_copy(rows, 9),
                                       .fix = copy_path(rows, 11),
                                       .id = sqlite3_column_int64(rows, 10)};
    }
    (*bucket)[i].rounds++;
}

/* Keeps the most frequent bucket, of equals the first. */
static void take_bucket(struct mp_hunt_part *part, struct bucket *bucket, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (bucket[i].rounds > bucket[best].rounds)
            best = i;
    for (size_t i = 0; i < count; i++) {
        if (i == best) {
            part->key = bucket[i].key;
            part->title = bucket[i].title;
            part->key_seed = bucket[i].seed;
            part->key_cell = bucket[i].cell;
            part->key_arm = bucket[i].arm;
            part->key_fix = bucket[i].fix;
            part->key_id = bucket[i].id;
            part->key_rounds = bucket[i].rounds;
            continue;
        }
        free(bucket[i].key);
        free(bucket[i].title);
        free(bucket[i].seed);
        free(bucket[i].cell);
        free(bucket[i].arm);
        free(bucket[i].fix);
    }
    free(bucket);
}

static void load_rounds(struct mp_hunt_part *part, struct mp_query *query,
                        const char *wanted) {
    struct bucket *bucket = NULL;
    size_t bucket_count = 0;
    double seconds = 0;
    sqlite3_stmt *rows = mp_query_rows(
        query,
        "SELECT r.id, r.cell_id, class, r.wall_ns, s.key, s.title,"
        " ifnull(position, seq), r.seed, t.title, cell.arm, s.id, f.path FROM round AS r"
        " JOIN outcome ON outcome.name = r.outcome"
        " JOIN cell ON cell.id = r.cell_id JOIN cell_title AS t ON t.cell_id = r.cell_id"
        " LEFT JOIN signature AS s ON s.id = r.signature_id"
        " LEFT JOIN fix_library AS f ON f.cell_id = r.cell_id"
        " WHERE r.campaign_id = ?1 ORDER BY ifnull(position, seq)",
        part->campaign_id, 0);
    while (mp_query_next(query, rows)) {
        struct mp_hunt_way *way = find_way(part, sqlite3_column_int64(rows, 1));
        const char *class = mp_query_text(rows, 2);
        bool has_key = sqlite3_column_type(rows, 4) != SQLITE_NULL;
        double took = (double)sqlite3_column_int64(rows, 3) / 1e9;
        if (way == NULL)
            continue;
        seconds += took;
        way->seconds += took;
        if (strcmp(class, "no_verdict") == 0) {
            way->no_verdict++;
            continue;
        }
        way->rounds++;
        way->failures += strcmp(class, "failure") == 0;
        if (strcmp(class, "failure") != 0 ||
            !mp_wanted(wanted, has_key ? mp_query_text(rows, 4) : NULL,
                       has_key ? mp_query_text(rows, 5) : NULL))
            continue;
        way->wanted++;
        count_bucket(&bucket, &bucket_count, rows);
        if (part->has_first)
            continue;
        part->has_first = true;
        part->first_round_id = sqlite3_column_int64(rows, 0);
        part->first_position = (uint64_t)sqlite3_column_int64(rows, 6);
        part->first_seconds = seconds;
    }
    take_bucket(part, bucket, bucket_count);
}

/* The verdict: found, if the wanted failure was seen at all. */
static void judge(struct mp_hunt_report *report) {
    uint64_t rounds = 0;
    for (size_t i = 0; i < report->search.count; i++)
        rounds += report->search.way[i].rounds;
    bool is_found = report->search.has_first || report->fresh.has_first;
    report->code = is_found ? 1 : rounds > 0 ? 3 : 4;
    report->verdict = is_found ? "failures" : rounds > 0 ? "inconclusive" : "nothing_ran";
}

enum mp_status mp_hunt_load(struct mp_store *store, int64_t search_id, int64_t fresh_id,
                            const char *wanted, struct mp_hunt_report *ret_report,
                            struct mp_error *err) {
    struct mp_query query;
    memset(ret_report, 0, sizeof(*ret_report));
    ret_report->wanted = wanted;
    ret_report->path = mp_store_path(store);
    ret_report->search.campaign_id = search_id;
    ret_report->fresh.campaign_id = fresh_id;
    mp_query_begin(&query, store);
    load_campaign(&ret_report->search, &query);
    load_rounds(&ret_report->search, &query, wanted);
    load_campaign(&ret_report->fresh, &query);
    load_rounds(&ret_report->fresh, &query, wanted);
    mp_query_end(&query);
    judge(ret_report);
    return mp_query_status(&query, err);
}

static void release_part(struct mp_hunt_part *part) {
    for (size_t i = 0; i < part->count; i++) {
        free(part->way[i].perturb);
        free(part->way[i].device);
    }
    free(part->way);
    free(part->uuid);
    free(part->seed);
    free(part->state);
    free(part->key);
    free(part->title);
    free(part->key_seed);
    free(part->key_cell);
    free(part->key_arm);
    free(part->key_fix);
}

void mp_hunt_release(struct mp_hunt_report *report) {
    release_part(&report->search);
    release_part(&report->fresh);
}

const struct mp_hunt_way *mp_hunt_chosen(const struct mp_hunt_report *report) {
    for (size_t i = 0; i < report->fresh.count; i++)
        if (report->fresh.way[i].perturb[0] != '\0')
            return &report->fresh.way[i];
    return NULL;
}

struct mp_exposures mp_hunt_exposures(const struct mp_hunt_report *report) {
    const struct mp_hunt_way *chosen = mp_hunt_chosen(report);
    const struct mp_hunt_way *plain = &report->fresh.way[0];
    if (chosen == NULL)
        return (struct mp_exposures){0};
    return (struct mp_exposures){.failures_a = chosen->wanted,
                                 .failures_b = plain->wanted,
                                 .exposure_a = chosen->seconds,
                                 .exposure_b = plain->seconds};
}

/* Whether a campaign of the list is asked for. */
static bool is_asked_for(sqlite3_stmt *rows, const char *kind, const uint64_t *seed) {
    return strcmp(mp_query_text(rows, 1), kind) == 0 &&
           (seed == NULL || strtoull(mp_query_text(rows, 2), NULL, 16) == *seed);
}

enum mp_status mp_hunt_find(struct mp_store *store, int64_t of, const char *kind,
                            const uint64_t *seed, int64_t *ret_id, bool *ret_is_complete,
                            struct mp_error *err) {
    struct mp_query query;
    *ret_id = 0;
    *ret_is_complete = false;
    mp_query_begin(&query, store);
    sqlite3_stmt *rows =
        mp_query_rows(&query,
                      "SELECT c.id, plan.kind, c.seed, c.state FROM campaign AS c"
                      " JOIN plan ON plan.id = c.plan_id JOIN campaign AS f ON f.id = ?1"
                      " WHERE plan.kind LIKE 'repro %' AND c.argv = f.argv ORDER BY c.id",
                      of, 0);
    while (mp_query_next(&query, rows)) {
        if (!is_asked_for(rows, kind, seed))
            continue;
        *ret_id = sqlite3_column_int64(rows, 0);
        *ret_is_complete = strcmp(mp_query_text(rows, 3), "complete") == 0;
    }
    mp_query_end(&query);
    return mp_query_status(&query, err);
}
