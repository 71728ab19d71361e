/* mpstress merge: databases of several machines become one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/store/store.h"

static void tell(void *context, const char *words) {
    (void)context;
    mp_log(MP_LOG_INFO, "%s", words);
}

static void add_line(struct mp_strbuf *buf, const char *path,
                     const struct mp_merge_counts *counts) {
    mp_strbuf_add_escaped(buf, path, strlen(path), 0);
    mp_strbuf_addf(
        buf,
        ": %" PRIu64 " new %s, %" PRIu64 " extended, %" PRIu64 " known; %" PRIu64
        " new %s, %" PRIu64 " known\n",
        counts->campaigns_new, mp_plural(counts->campaigns_new, "campaign", "campaigns"),
        counts->campaigns_grown, counts->campaigns_known, counts->rounds_new,
        mp_plural(counts->rounds_new, "round", "rounds"), counts->rounds_known);
}

static enum mp_status write_json(struct mp_store *store, const char *const *from,
                                 size_t count, const struct mp_merge_counts *counts,
                                 struct mp_strbuf *buf, struct mp_error *err) {
    uint64_t campaigns = 0, rounds = 0;
    enum mp_status status = mp_store_totals(store, &campaigns, &rounds, err);
    if (status != MP_OK)
        return status;
    struct json_object *document = mp_json_document("merge", "merged", MP_CODE_OK);
    mp_json_add_text(document, "into", mp_store_path(store));
    mp_json_add_count(document, "campaigns", campaigns);
    mp_json_add_count(document, "rounds", rounds);
    struct json_object *files = mp_json_add_array(document, "files");
    for (size_t i = 0; i < count; i++) {
        struct json_object *file = mp_json_add_object(files, NULL);
        mp_json_add_text(file, "file", from[i]);
        struct json_object *part = mp_json_add_object(file, "campaigns");
        mp_json_add_count(part, "new", counts[i].campaigns_new);
        mp_json_add_count(part, "grown", counts[i].campaigns_grown);
        mp_json_add_count(part, "known", counts[i].campaigns_known);
        part = mp_json_add_object(file, "rounds");
        mp_json_add_count(part, "new", counts[i].rounds_new);
        mp_json_add_count(part, "known", counts[i].rounds_known);
    }
    mp_json_print(document, buf);
    return MP_OK;
}

static int fail(const struct mp_args *args, enum mp_status status,
                const struct mp_error *err) {
    bool is_input = status == MP_USAGE || status == MP_FORMAT || status == MP_NOT_FOUND;
    return mp_command_fail(args, is_input ? MP_CODE_USAGE : MP_CODE_HARNESS, err);
}

/* Before INTO is created, so that what cannot be read leaves no empty database behind. */
static enum mp_status check_sources(const char *const *from, size_t count,
                                    struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < count && status == MP_OK; i++) {
        struct mp_store *probe = NULL;
        status = mp_store_open(from[i], MP_STORE_READ, &probe, err);
        mp_store_close(probe);
    }
    return status;
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_error err;
    if (args->operand_count < 2) {
        mp_error_set(
            &err, MP_USAGE,
            "merge needs a database to merge into and at least one to merge from: "
            "mpstress merge all.db one.db other.db");
        return mp_command_fail(args, MP_CODE_USAGE, &err);
    }
    struct mp_store *store = NULL;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    const char *const *from = (const char *const *)args->operand + 1;
    size_t count = args->operand_count - 1;
    struct mp_merge_counts *counts = mp_memory_zeroed(count, sizeof(*counts));
    struct mp_merge_watch watch = {.tell = tell};
    struct mp_store_patience patience = {.limit_ns = mp_command_db_wait_ns(args)};
    enum mp_status status = check_sources(from, count, &err);
    if (status == MP_OK)
        status = mp_store_open_patiently(args->operand[0], MP_STORE_WRITE, &patience,
                                         &store, &err);
    if (status == MP_OK)
        status = mp_store_merge(store, from, count, &watch, counts, &err);
    if (status == MP_OK && mp_args_flag(args, "json"))
        status = write_json(store, from, count, counts, &text, &err);
    else
        for (size_t i = 0; i < count; i++)
            add_line(&text, from[i], &counts[i]);
    int code = MP_CODE_OK;
    if (status == MP_OK)
        fwrite(text.text, 1, text.len, stdout);
    else
        code = fail(args, status, &err);
    mp_store_close(store);
    mp_strbuf_release(&text);
    free(counts);
    return code;
}

static const struct mp_option options[] = {
    MP_ROW_DB_WAIT, MP_ROW_JSON, MP_ROW_QUIET, MP_ROW_HELP, {0},
};

static const char *const description[] = {
    "Copies the campaigns that INTO lacks from the databases FROM, with everything "
    "that belongs to them, in one transaction. A campaign is identified by its uuid: "
    "merging twice, or in another order, gives the same result. A campaign that was "
    "extended since an earlier merge is brought up to date; rounds in flight are left "
    "out. Rounds and cells get the numbers of INTO. Environments, plans and cells with "
    "the same content are stored once.",
    "If two files hold the same campaign with different content, nothing is merged, and "
    "the message names the campaign and the difference. FROM is only read; a file of an "
    "older version is upgraded in a temporary copy (in SQLITE_TMPDIR or TMPDIR), which "
    "has no name and is gone even if merge is killed. Exits with 0 if "
    "everything was merged, 2 for a conflict or bad usage, and 6 if a database could not "
    "be read or written.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress merge all.db mpstress.db",
     "merge ./mpstress.db into all.db, which is created if absent"},
    {0},
};

const struct mp_command mp_command_merge = {
    .name = "merge",
    .summary = "merge the databases of several machines",
    .operands = "INTO FROM...",
    .operand_names = "files",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
