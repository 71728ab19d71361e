/* Signatures as a list, and one of them with its cells and rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/bucket.h"

#include <stdlib.h>

#include "harness/base/text.h"
#include "results/report/fields.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/report/query.h"
#include "results/store/known.h"

#define LISTED_ROUNDS 20 /* in text; JSON has all */

/* A signature, and what is under it: of the whole database. */
struct bucket {
    int64_t id, rounds, reports, cells;
    char *title, *family, *key, *outcomes, *first_at, *last_at, *issue;
};

/* A cell of a campaign in which it occurred. */
struct place {
    int64_t campaign, failed, rounds;
    char *cell, *arm, *device, *role;
};

struct hit {
    int64_t id, campaign;
    char *started_at, *seed, *outcome, *cell, *arm, *detail;
};

/* clang-format off */
#define BUCKET(member, kind) MP_FIELD(struct bucket, member, kind)
static const struct mp_field BUCKET_TABLE[] = {
    BUCKET(id, INTEGER), BUCKET(title, WORD), BUCKET(family, WORD), BUCKET(key, WORD),
    BUCKET(outcomes, TEXT), BUCKET(rounds, INTEGER), BUCKET(cells, INTEGER),
    BUCKET(reports, INTEGER), BUCKET(first_at, TEXT), BUCKET(last_at, TEXT),
    BUCKET(issue, TEXT),
};

#define PLACE(member, kind) MP_FIELD(struct place, member, kind)
static const struct mp_field PLACE_TABLE[] = {
    PLACE(campaign, INTEGER), PLACE(cell, WORD), PLACE(arm, WORD), PLACE(device, WORD),
    PLACE(role, WORD), PLACE(failed, INTEGER), PLACE(rounds, INTEGER),
};

#define HIT(member, kind) MP_FIELD(struct hit, member, kind)
static const struct mp_field HIT_TABLE[] = {
    HIT(id, INTEGER), HIT(campaign, INTEGER), HIT(started_at, WORD), HIT(seed, WORD),
    HIT(outcome, WORD), HIT(cell, WORD), HIT(arm, WORD), HIT(detail, LINES),
};
/* clang-format on */

static const struct mp_fields bucket_fields = MP_FIELDS(struct bucket, BUCKET_TABLE);
static const struct mp_fields place_fields = MP_FIELDS(struct place, PLACE_TABLE);
static const struct mp_fields hit_fields = MP_FIELDS(struct hit, HIT_TABLE);

/* ?1: the only signature, 0: all. */
static const char buckets_sql[] = {
    "SELECT s.*, count(r.id) AS rounds, count(DISTINCT r.cell_id) AS cells,"
    " group_concat(DISTINCT r.outcome) AS outcomes, min(r.started_at) AS first_at,"
    " max(r.started_at) AS last_at, (SELECT count(*) FROM os_report AS o"
    " WHERE o.signature_id = s.id) AS reports, (SELECT issue FROM known_failure AS k"
    " WHERE k.key = s.key AND NOT k.is_removed) AS issue"
    " FROM signature AS s LEFT JOIN round AS r ON r.signature_id = s.id"
    " WHERE ?1 IN (0, s.id) GROUP BY s.id ORDER BY rounds DESC, reports DESC, s.id"};

/* ?1: the signature; ?2: the campaign, 0: all. */
static const char places_sql[] = {
    "SELECT h.campaign_id AS campaign, t.title AS cell, c.arm, c.device, p.role, failed,"
    " (SELECT sum(rounds) FROM round_count AS n WHERE n.campaign_id = h.campaign_id"
    "  AND n.cell_id = h.cell_id) AS rounds"
    " FROM (SELECT campaign_id, cell_id, count(*) AS failed FROM round"
    "  WHERE signature_id = ?1 AND ?2 IN (0, campaign_id) GROUP BY 1, 2) AS h"
    " JOIN cell AS c ON c.id = h.cell_id JOIN cell_title AS t ON t.cell_id = c.id"
    " JOIN campaign_cell AS p ON p.campaign_id = h.campaign_id"
    "  AND p.cell_id = h.cell_id"
    " ORDER BY h.campaign_id DESC, failed DESC, c.id"};

static const char hits_sql[] = {
    "SELECT r.id, r.campaign_id AS campaign, r.started_at, r.seed, r.outcome,"
    " t.title AS cell, c.arm, r.detail"
    " FROM round AS r JOIN cell AS c ON c.id = r.cell_id"
    " JOIN cell_title AS t ON t.cell_id = c.id"
    " WHERE r.signature_id = ?1 AND ?2 IN (0, r.campaign_id) ORDER BY r.id DESC"};

/* -- the list -- */

static enum mp_status end_list(struct mp_query *query, struct bucket *list, size_t count,
                               struct mp_error *err) {
    enum mp_status status = mp_query_status(query, err);
    mp_query_end(query);
    mp_fields_release(&bucket_fields, list, count);
    free(list);
    return status;
}

static void list_one(const struct bucket *row, struct mp_text *text) {
    mp_text_add(text, MP_PLAIN, "%6lld  ", (long long)row->id);
    if (row->rounds > 0 || row->reports == 0)
        mp_text_add(text, MP_PLAIN, "%7lld %-6s  ", (long long)row->rounds,
                    mp_plural((uint64_t)row->rounds, "round", "rounds"));
    else
        mp_text_add(text, MP_PLAIN, "%6lld %-7s  ", (long long)row->reports,
                    mp_plural((uint64_t)row->reports, "report", "reports"));
    mp_text_left(text, MP_PLAIN, 9, row->outcomes == NULL ? "-" : row->outcomes);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_PLAIN, 36, row->title);
    if (row->issue != NULL) {
        mp_text_add(text, MP_PLAIN, "%36sknown: ", "");
        mp_text_wrap(text, MP_PLAIN, 43, row->issue);
    }
}

enum mp_status mp_bucket_list_text(struct mp_store *store, unsigned width,
                                   struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf, .width = width == 0 ? 100 : width};
    struct mp_query query;
    size_t count = 0;
    mp_query_begin(&query, store);
    struct bucket *list =
        mp_fields_list(&bucket_fields, &query, buckets_sql, 0, 0, &count);
    for (size_t i = 0; i < count; i++)
        list_one(&list[i], &text);
    if (count > 0)
        mp_text_add(&text, MP_PLAIN,
                    "mpstress report --signature %lld: its rounds; mpstress show "
                    "signature %lld: one of them in full",
                    (long long)list[0].id, (long long)list[0].id);
    else
        mp_text_add(&text, MP_PLAIN, "%s has no failures, so it has no signatures",
                    query.path);
    mp_text_end(&text);
    return end_list(&query, list, count, err);
}

enum mp_status mp_bucket_list_json(struct mp_store *store, struct mp_strbuf *buf,
                                   struct mp_error *err) {
    struct mp_query query;
    size_t count = 0;
    mp_query_begin(&query, store);
    struct bucket *list =
        mp_fields_list(&bucket_fields, &query, buckets_sql, 0, 0, &count);
    struct json_object *document = mp_json_document("list", "ok", 0);
    mp_fields_add_list(&bucket_fields, list, count, NULL, document, "signatures");
    mp_json_print(document, buf);
    return end_list(&query, list, count, err);
}

/* -- one of them -- */

struct view {
    struct mp_query query;
    struct bucket bucket;
    struct place *place;
    struct hit *hit;
    size_t place_count, hit_count;
};

static void release(struct view *view) {
    mp_query_end(&view->query);
    mp_fields_release(&bucket_fields, &view->bucket, 1);
    mp_fields_release(&place_fields, view->place, view->place_count);
    mp_fields_release(&hit_fields, view->hit, view->hit_count);
    free(view->place);
    free(view->hit);
}

static int64_t find_key(struct mp_query *query, const char *key) {
    sqlite3_stmt *rows =
        mp_query_rows(query, "SELECT id FROM signature WHERE key = ?3", 0, 0);
    int64_t id = 0;
    if (rows != NULL)
        sqlite3_bind_text(rows, 3, key, -1, SQLITE_STATIC);
    while (mp_query_next(query, rows))
        id = sqlite3_column_int64(rows, 0);
    return id;
}

enum mp_status mp_bucket_find(struct mp_store *store, const char *text, int64_t *ret_id,
                              struct mp_error *err) {
    struct mp_query query;
    struct mp_strbuf key;
    mp_strbuf_init(&key);
    mp_query_begin(&query, store);
    *ret_id = 0;
    enum mp_status status = mp_store_signature_key(store, text, &key, err);
    if (status == MP_OK) {
        *ret_id = find_key(&query, key.text);
        status = mp_query_status(&query, err);
    }
    if (status == MP_OK && *ret_id == 0)
        status = mp_error_set(err, MP_NOT_FOUND,
                              "there is no signature '%s' in %s; 'mpstress list "
                              "signatures' shows those that are there",
                              text, query.path);
    mp_query_end(&query);
    mp_strbuf_release(&key);
    return status;
}

static enum mp_status load(struct view *view, struct mp_store *store,
                           const struct mp_bucket_options *options,
                           struct mp_error *err) {
    int64_t id = 0;
    *view = (struct view){.place = NULL};
    mp_query_begin(&view->query, store);
    enum mp_status status = mp_bucket_find(store, options->signature, &id, err);
    if (status != MP_OK)
        return status;
    mp_fields_find(&bucket_fields, &view->query, buckets_sql, id, 0, &view->bucket);
    view->place = mp_fields_list(&place_fields, &view->query, places_sql, id,
                                 options->campaign_id, &view->place_count);
    view->hit = mp_fields_list(&hit_fields, &view->query, hits_sql, id,
                               options->campaign_id, &view->hit_count);
    return mp_query_status(&view->query, err);
}

static void add_head(const struct view *view, const struct mp_bucket_options *options,
                     struct mp_text *text) {
    const struct bucket *bucket = &view->bucket;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_line_signature(text, bucket->id, bucket->title, bucket->family, bucket->key);
    if (bucket->issue != NULL)
        mp_line_add(text, "known", MP_PLAIN, bucket->issue);
    mp_strbuf_addf(&line, "%zu %s", view->hit_count,
                   mp_plural(view->hit_count, "round", "rounds"));
    if (options->campaign_id != 0)
        mp_strbuf_addf(&line, " of campaign %lld, %lld in the database",
                       (long long)options->campaign_id, (long long)bucket->rounds);
    if (bucket->reports > 0)
        mp_strbuf_addf(&line, "; %lld imported %s", (long long)bucket->reports,
                       mp_plural((uint64_t)bucket->reports, "report", "reports"));
    mp_line_add(text, "count", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_places(const struct view *view, struct mp_text *text) {
    struct mp_strbuf line;
    if (view->place_count == 0)
        return;
    mp_strbuf_init(&line);
    mp_line_title(text, "Cells in which it occurs, of all their rounds");
    for (size_t i = 0; i < view->place_count; i++) {
        const struct place *place = &view->place[i];
        mp_strbuf_addf(&line, "campaign %lld: %lld of %lld  %s, arm %s, %s (%s)",
                       (long long)place->campaign, (long long)place->failed,
                       (long long)place->rounds, place->cell, place->arm, place->device,
                       place->role);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 4, line.text);
        mp_strbuf_clear(&line);
    }
    mp_strbuf_release(&line);
}

static void add_hits(const struct view *view, struct mp_text *text) {
    if (view->hit_count == 0)
        return;
    mp_line_title(text, "Its rounds, the newest first");
    for (size_t i = 0; i < view->hit_count && i < LISTED_ROUNDS; i++) {
        const struct hit *hit = &view->hit[i];
        mp_text_add(text, MP_PLAIN, "  round %-7lld  ", (long long)hit->id);
        mp_text_left(text, MP_PLAIN, 24, hit->started_at);
        mp_text_add(text, MP_PLAIN, "  seed ");
        mp_text_left(text, MP_PLAIN, 18, hit->seed);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 8, hit->outcome);
        mp_text_add(text, MP_PLAIN, "        ");
        mp_text_wrap(text, MP_PLAIN, 8, hit->detail != NULL ? hit->detail : "");
    }
    if (view->hit_count > LISTED_ROUNDS)
        mp_text_add(text, MP_PLAIN, "  %zu older ones; --json lists all\n",
                    view->hit_count - LISTED_ROUNDS);
    mp_text_add(text, MP_PLAIN, "\n");
    mp_text_wrap(text, MP_PLAIN, 0,
                 "What is counted here is no rate of a kind that was chosen beforehand: "
                 "for those see the report without --signature.");
}

enum mp_status mp_bucket_text(struct mp_store *store,
                              const struct mp_bucket_options *options,
                              struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .width = options->width == 0 ? 100 : options->width};
    struct view view;
    enum mp_status status = load(&view, store, options, err);
    if (status == MP_OK) {
        add_head(&view, options, &text);
        add_places(&view, &text);
        add_hits(&view, &text);
    }
    release(&view);
    return status;
}

enum mp_status mp_bucket_json(struct mp_store *store,
                              const struct mp_bucket_options *options,
                              struct mp_strbuf *buf, struct mp_error *err) {
    struct view view;
    enum mp_status status = load(&view, store, options, err);
    if (status == MP_OK) {
        struct json_object *document = mp_json_document("report", "ok", 0);
        mp_fields_add(&bucket_fields, &view.bucket, NULL,
                      mp_json_add_object(document, "signature"));
        mp_fields_add_list(&place_fields, view.place, view.place_count, NULL, document,
                           "cells");
        mp_fields_add_list(&hit_fields, view.hit, view.hit_count, NULL, document,
                           "rounds");
        mp_json_print(document, buf);
    }
    release(&view);
    return status;
}
