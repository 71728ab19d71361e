/* Pairs of a cell and its lawful twin: found by their parameters, judged, written.
 *
 * The rule is CB1 of Apple's pages: one thread at a time may use a command buffer and the
 * encoder that is open on it (Metal Programming Guide, command submission; the pages of
 * MTLCommandBuffer and MTLCommandEncoder, which are not marked as Sendable).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/legality.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/wire/device_name.h"
#include "results/report/json.h"
#include "results/report/line.h"

#define SHARED "share=all"
#define BESIDE "sync=off_queue"
#define ARM    "metal_validation"
/* Its streams synchronize on the queue, whatever `sync` says. */
#define ON_QUEUE "stream=pytorch_main"

#define BREACH                                                                           \
    "threads share an encoder, and a synchronize beside the queue ends it while another" \
    " thread encodes; "

/* The rule that is broken, by who made it. */
static const char *rule_of(const char *device) {
    if (mp_device_name_is_of(device, "vulkan"))
        return BREACH
            "Vulkan lets one thread at a time use a command buffer and its "
            "pool, so that this is the client's fault, whatever the driver does";
    return BREACH "Apple lets one thread at a time use a command buffer and its encoder";
}

enum fault { FAULT_NONE, FAULT_CALLER, FAULT_UNSEEN, FAULT_DRIVER, FAULT_CLIENT };

/* Whether `list` ("a=1,b=2", perhaps after a colon) has this item. */
static bool has_item(const char *list, const char *item) {
    size_t len = strlen(item);
    for (const char *at = list; (at = strstr(at, item)) != NULL; at += len)
        if ((at == list || strchr(",:", at[-1])) && (at[len] == ',' || at[len] == '\0'))
            return true;
    return false;
}

bool mp_legality_is_unlawful(const char *cell) {
    return has_item(cell, SHARED) && has_item(cell, BESIDE) && !has_item(cell, ON_QUEUE);
}

static bool is_lawful_twin(const char *cell) {
    return has_item(cell, "share=thread") && has_item(cell, "sync=on_queue");
}

static bool is_validated(const struct mp_report_cell *cell) {
    return strcmp(cell->arm, ARM) == 0;
}

/* The parameters that make no difference between a cell and its twin. */
static bool is_of_pool(const char *item, size_t len) {
    static const char *const names[] = {"q=", "share=", "sync="};
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (len > strlen(names[i]) && strncmp(item, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Whether two lists of parameters, which are sorted by name, are the same but for
 * these. */
static bool is_same_list(const char *a, const char *b) {
    for (;;) {
        size_t a_len = strcspn(a, ","), b_len = strcspn(b, ",");
        if (*a != '\0' && is_of_pool(a, a_len))
            a += a_len + (a[a_len] == ',');
        else if (*b != '\0' && is_of_pool(b, b_len))
            b += b_len + (b[b_len] == ',');
        else if (*a == '\0' || *b == '\0')
            return *a == *b;
        else if (a_len != b_len || strncmp(a, b, a_len) != 0)
            return false;
        else
            a += a_len + (a[a_len] == ','), b += b_len + (b[b_len] == ',');
    }
}

static bool is_same_work(const struct mp_report_cell *a, const struct mp_report_cell *b) {
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->device, b->device) == 0 &&
           is_same_list(a->params, b->params);
}

static const struct mp_report_cell *find(const struct mp_report *report,
                                         const struct mp_report_cell *of, bool is_lawful,
                                         bool has_layer) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        bool is_kind = is_lawful ? is_lawful_twin(cell->params)
                                 : strcmp(cell->params, of->params) == 0;
        if (cell != of && is_kind && is_validated(cell) == has_layer &&
            (has_layer || strcmp(cell->arm, of->arm) == 0) && is_same_work(of, cell))
            return cell;
    }
    return NULL;
}

/* The call that an assertion names: "... it said -[A b:]:12: failed assertion `...".
 * NULL: none. */
static char *call_of(const char *detail) {
    const char *end = strstr(detail, ": failed assertion"), *start = NULL;
    for (const char *at = detail; end && at < end; at++)
        if (strncmp(at, "it said ", 8) == 0 || strncmp(at, "-[", 2) == 0)
            start = *at == '-' ? at : at + 8;
    if (start == NULL)
        return NULL;
    const char *bracket = memchr(start, ']', (size_t)(end - start));
    char *call = mp_memory_copy_text(start);
    call[(bracket ? bracket + 1 : end) - start] = '\0';
    return call;
}

static void add_objection(struct mp_legality_check *check, char *call, uint64_t rounds) {
    check->rounds += rounds;
    for (size_t i = 0; i < check->count; i++)
        if (strcmp(check->objection[i].call, call) == 0) {
            check->objection[i].rounds += rounds;
            free(call);
            return;
        }
    check->objection =
        mp_memory_resize(check->objection, check->count + 1, sizeof(check->objection[0]));
    check->objection[check->count++] = (struct mp_objection){call, rounds};
}

static void load_check(struct mp_report *report, const struct mp_report_cell *cell,
                       struct mp_legality_check *check) {
    check->cell = cell;
    if (cell == NULL)
        return;
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT detail, count(*) FROM round WHERE campaign_id = ?1 AND cell_id = ?2"
        " AND outcome = 'abort' GROUP BY detail ORDER BY count(*) DESC, detail",
        report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows)) {
        char *call = call_of(mp_query_text(rows, 0));
        if (call != NULL)
            add_objection(check, call, (uint64_t)sqlite3_column_int64(rows, 1));
    }
}

void mp_legality_load(struct mp_legality *legality, struct mp_report *report) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        struct mp_legality_row row = {.cell = cell};
        if (!mp_legality_is_unlawful(cell->params) || is_validated(cell))
            continue;
        row.twin = find(report, cell, true, false);
        load_check(report, find(report, cell, false, true), &row.checked);
        load_check(report, find(report, cell, true, true), &row.checked_twin);
        if (row.twin == NULL)
            continue;
        legality->row = mp_memory_resize(legality->row, legality->count + 1,
                                         sizeof(legality->row[0]));
        legality->row[legality->count++] = row;
    }
}

static void release_check(struct mp_legality_check *check) {
    for (size_t i = 0; i < check->count; i++)
        free(check->objection[i].call);
    free(check->objection);
}

void mp_legality_release(struct mp_legality *legality) {
    for (size_t i = 0; i < legality->count; i++) {
        release_check(&legality->row[i].checked);
        release_check(&legality->row[i].checked_twin);
    }
    free(legality->row);
}

static enum fault judge(const struct mp_legality_row *row) {
    if (row->checked_twin.rounds > 0)
        return FAULT_CLIENT;
    if (row->twin->failures > 0)
        return FAULT_DRIVER;
    if (row->cell->failures == 0)
        return FAULT_NONE;
    return row->checked.rounds > 0 ? FAULT_CALLER : FAULT_UNSEEN;
}

static const struct {
    const char *word, *text;
} faults[] = {
    [FAULT_NONE] = {"nothing_failed", "nothing failed, so there is nothing to explain"},
    [FAULT_CALLER] = {"caller",
                      "the caller's fault: the layer objects to the shared encoder, and "
                      "the twin, which keeps the rule, did not fail. How the driver then "
                      "fails is not a finding against it"},
    [FAULT_UNSEEN] =
        {"caller_by_the_rule",
         "by the rule the caller's fault, and the twin, which keeps it, did not fail; "
         "no validation layer was seen to object"},
    [FAULT_DRIVER] = {"driver",
                      "the twin keeps the rule and fails too: so this is about the "
                      "driver, provided that the client is right"},
    [FAULT_CLIENT] = {"client",
                      "the layer objects to the twin too: a bug of mpstress, and "
                      "no finding about the driver"},
};

static void add_rounds(const char *label, const struct mp_report_cell *cell,
                       const char *how, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%llu of %llu %s failed%s", (unsigned long long)cell->failures,
                   (unsigned long long)cell->rounds,
                   mp_plural(cell->rounds, "round", "rounds"), how);
    mp_line_item(text, label, MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_check(const char *label, const struct mp_legality_check *check,
                      struct mp_text *text) {
    struct mp_strbuf line;
    if (check->cell == NULL)
        return;
    mp_strbuf_init(&line);
    if (check->rounds == 0)
        mp_strbuf_addf(&line, "silent in %llu %s",
                       (unsigned long long)check->cell->rounds,
                       mp_plural(check->cell->rounds, "round", "rounds"));
    else
        mp_strbuf_addf(&line, "objected in %llu of %llu %s to",
                       (unsigned long long)check->rounds,
                       (unsigned long long)check->cell->rounds,
                       mp_plural(check->cell->rounds, "round", "rounds"));
    for (size_t i = 0; i < check->count; i++)
        mp_strbuf_addf(&line, "%s %s ×%llu", i > 0 ? "," : "", check->objection[i].call,
                       (unsigned long long)check->objection[i].rounds);
    mp_line_item(text, label, MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

void mp_legality_add(const struct mp_legality *legality, struct mp_text *text) {
    for (size_t i = 0; i < legality->count; i++) {
        const struct mp_legality_row *row = &legality->row[i];
        struct mp_strbuf title;
        mp_strbuf_init(&title);
        mp_strbuf_addf(&title, "Whose fault: %s, arm %s", row->cell->scenario,
                       row->cell->arm);
        mp_line_title(text, title.text);
        mp_strbuf_release(&title);
        mp_line_item(text, "rule", MP_PLAIN, rule_of(row->cell->device));
        add_rounds("as it is", row->cell, "", text);
        add_check("validated", &row->checked, text);
        add_rounds("its twin", row->twin, " (share=thread, sync=on_queue, q=0)", text);
        add_check("validated", &row->checked_twin, text);
        mp_line_item(text, "so", MP_BOLD, faults[judge(row)].text);
    }
}

static void add_check_json(const char *name, const struct mp_legality_check *check,
                           struct json_object *to) {
    if (check->cell == NULL) {
        mp_json_add_null(to, name);
        return;
    }
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_integer(object, "cell_id", check->cell->id);
    mp_json_add_count(object, "rounds", check->cell->rounds);
    mp_json_add_count(object, "objected", check->rounds);
    struct json_object *calls = mp_json_add_array(object, "calls");
    for (size_t i = 0; i < check->count; i++) {
        struct json_object *call = mp_json_add_object(calls, NULL);
        mp_json_add_text(call, "call", check->objection[i].call);
        mp_json_add_count(call, "rounds", check->objection[i].rounds);
    }
}

void mp_legality_add_json(const struct mp_legality *legality, struct json_object *to) {
    if (legality->count == 0)
        return;
    struct json_object *rows = mp_json_add_array(to, "legality");
    for (size_t i = 0; i < legality->count; i++) {
        const struct mp_legality_row *row = &legality->row[i];
        struct json_object *object = mp_json_add_object(rows, NULL);
        mp_json_add_integer(object, "cell_id", row->cell->id);
        mp_json_add_integer(object, "twin_id", row->twin->id);
        mp_json_add_text(object, "fault", faults[judge(row)].word);
        add_check_json("validated", &row->checked, object);
        add_check_json("twin_validated", &row->checked_twin, object);
    }
}

void mp_legality_add_note(const char *cell, const char *device, struct mp_text *text) {
    struct mp_strbuf line;
    if (!mp_legality_is_unlawful(cell))
        return;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "broken by this cell: %s; run --legality shows its lawful twin",
                   rule_of(device));
    mp_line_item(text, "rule", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}
