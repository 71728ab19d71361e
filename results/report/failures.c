/* Failures as text: the newest example of each kind, and how to repeat it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/failures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/json.h"
#include "results/report/legality.h"
#include "results/report/line.h"
#include "results/report/repeat.h"

#define KINDS_MAX     8 /* crashes, other failures, rounds without a verdict: of each */
#define FRAMES_MAX    8
#define ADDRESSES_MAX 8

static void add_item(struct mp_text *text, size_t number, enum mp_style style,
                     const char *title) {
    mp_text_add(text, MP_PLAIN, "%3zu  ", number);
    mp_text_wrap(text, style, MP_LINE_INDENT, title);
}

static void add_rest(struct mp_text *text, size_t count) {
    if (count > KINDS_MAX) {
        mp_text_add(text, MP_DIM, "     and %zu more kinds in the database",
                    count - KINDS_MAX);
        mp_text_end(text);
    }
}

static const char *role_words(enum mp_role role) {
    static const char *const words[MP_ROLE_COUNT] = {
        [MP_ROLE_SUBJECT] = "",
        [MP_ROLE_POSITIVE] = " (a control that must fail)",
        [MP_ROLE_NEGATIVE] = " (a control that must pass)",
        [MP_ROLE_FINDER] = " (in no rate)"};
    return words[role];
}

static void add_where(const struct mp_crash_group *kind, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < kind->place_count; i++) {
        const struct mp_place_row *place = &kind->place[i];
        mp_strbuf_addf(&line, "%s%s, arm %s%s ×%lld", i > 0 ? "; " : "", place->scenario,
                       place->arm, role_words(mp_role_find(place->role)),
                       (long long)place->count);
    }
    mp_line_item(text, "in", MP_PLAIN, line.text);
    mp_strbuf_clear(&line);
    for (size_t i = 0; i < kind->address_count && i < ADDRESSES_MAX; i++)
        mp_strbuf_addf(&line, "%s%s ×%lld", i > 0 ? ", " : "", kind->address[i].address,
                       (long long)kind->address[i].count);
    if (kind->address_count > ADDRESSES_MAX)
        mp_strbuf_addf(&line, ", and %zu more", kind->address_count - ADDRESSES_MAX);
    if (kind->address_count > 0)
        mp_line_item(text, "addresses", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* "round 7 at 12:00:01, thread 81 'worker': SIGSEGV code 1, read at 0x5c8 (null)" */
static void add_newest(const struct mp_crash_group *kind, struct mp_text *text) {
    const struct mp_crash_facts *crash = &kind->crash;
    const struct mp_thread_facts *thread = mp_crash_facts_stopped(crash);
    const char *time = kind->round.started_at;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "round %lld at %.8s", (long long)kind->round.seq,
                   strlen(time) > 11 ? time + 11 : "");
    if (crash->tid != MP_FIELD_NULL)
        mp_strbuf_addf(&line, ", thread %lld", (long long)crash->tid);
    if (thread != NULL && thread->name[0] != '\0')
        mp_strbuf_addf(&line, " '%s'", thread->name);
    if (crash->signal == 0)
        mp_strbuf_addf(&line, ": %s", kind->round.detail);
    else
        mp_strbuf_addf(&line, ": %s code %lld", crash->signal_name,
                       (long long)crash->code);
    if (crash->fault_address != NULL)
        mp_strbuf_addf(&line, ", %s at %s (%s%s)", crash->access, crash->fault_address,
                       crash->fault_class,
                       crash->address_is_derived ? ", derived from the registers" : "");
    else if (crash->signal != 0)
        mp_strbuf_addf(&line, " (%s)", crash->fault_class);
    mp_line_item(text, "newest", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* The last line that the round wrote to stderr: of an abort, the assertion. */
static void add_last_words(const struct mp_round_facts *round, struct mp_text *text) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_strbuf_addstr(&words, round->stderr_end != NULL ? round->stderr_end : "");
    while (words.len > 0 && strchr("\n\r ", words.text[words.len - 1]) != NULL)
        words.text[--words.len] = '\0';
    const char *line = strrchr(words.text, '\n');
    if (words.len > 0)
        mp_line_item(text, "stderr", MP_PLAIN, line != NULL ? line + 1 : words.text);
    mp_strbuf_release(&words);
}

static void add_frames(const struct mp_crash_facts *crash, struct mp_text *text) {
    const struct mp_thread_facts *thread = mp_crash_facts_stopped(crash);
    size_t count = thread != NULL ? thread->frame_count : 0;
    for (size_t i = 0; i < count && i < FRAMES_MAX; i++)
        mp_frame_facts_add(&thread->frame[i], i == 0, text);
    if (count > FRAMES_MAX) {
        mp_strbuf_pad(text->buf, ' ', MP_FRAME_INDENT);
        mp_text_add(text, MP_DIM, "and %zu more", count - FRAMES_MAX);
        mp_text_end(text);
    }
}

static void add_in_full(int64_t crash_id, const char *db, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "mpstress show crash %lld --db ", (long long)crash_id);
    mp_text_quote(&line, db);
    mp_line_begin(text, "in full");
    mp_text_add(text, MP_PLAIN, "%s", line.text);
    mp_text_end(text);
    mp_strbuf_release(&line);
}

static void write_title(const struct mp_crash_group *kind, struct mp_strbuf *buf) {
    const struct mp_crash_facts *crash = &kind->crash;
    if (crash->signature.title != NULL)
        mp_strbuf_addstr(buf, crash->signature.title);
    else if (crash->signal == 0)
        mp_strbuf_addstr(buf, crash->kind);
    else
        mp_strbuf_addf(buf, "%s in a %s", crash->signal_name, crash->kind);
    mp_strbuf_addf(buf, " ×%lld", (long long)kind->count);
}

/* Whether only controls that must fail were affected. */
static bool is_of_controls(const struct mp_crash_group *kind) {
    bool is_all = kind->place_count > 0;
    for (size_t i = 0; i < kind->place_count; i++)
        is_all = is_all && mp_role_find(kind->place[i].role) == MP_ROLE_POSITIVE;
    return is_all;
}

/* False if there is none to show. */
static bool add_crashes(const struct mp_failures *failures, const char *db,
                        struct mp_text *text) {
    size_t shown = 0;
    for (size_t i = 0; i < failures->crash_count; i++) {
        const struct mp_crash_group *kind = &failures->crash[i];
        struct mp_strbuf title;
        if (is_of_controls(kind) || ++shown > KINDS_MAX)
            continue;
        if (shown == 1)
            mp_line_title(text, "Crashes by kind, the newest of each");
        mp_strbuf_init(&title);
        write_title(kind, &title);
        add_item(text, shown, MP_BOLD, title.text);
        add_where(kind, text);
        add_newest(kind, text);
        add_last_words(&kind->round, text);
        add_frames(&kind->crash, text);
        add_in_full(kind->crash.id, db, text);
        if (shown == 1)
            mp_legality_add_note(kind->round.cell, kind->round.device, text);
        mp_repeat_add(&kind->round, db, text);
        if (shown == 1)
            mp_repeat_add_standalone(&kind->round, db, text);
        mp_strbuf_release(&title);
    }
    add_rest(text, shown);
    return shown > 0;
}

/* The newest crash of the cell's most frequent kind, 0: none. */
static int64_t find_crash(const struct mp_failures *failures,
                          const struct mp_report_cell *cell) {
    for (size_t i = 0; i < failures->other_count; i++)
        if (failures->other[i].cell_id == cell->id && failures->other[i].crash_id != 0)
            return failures->other[i].crash_id;
    return 0;
}

/* Which cell it is, as the table has it. */
static void write_cell(const struct mp_report *report, const struct mp_report_cell *cell,
                       struct mp_strbuf *buf) {
    mp_cell_title_write(report, cell, NULL, buf);
    mp_strbuf_addstr(buf, ", ");
    mp_cell_arm_write(cell, buf);
    if (report->device_count > 1)
        mp_strbuf_addf(buf, ", device %zu", cell->device_index + 1);
}

/* A line for each control that failed, as it must. */
static void add_behaved(const struct mp_failures *failures,
                        const struct mp_report *report, struct mp_text *text) {
    bool has_title = false;
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *cell = &report->cell[i];
        if (cell->role != MP_ROLE_POSITIVE || cell->failures == 0)
            continue;
        if (!has_title)
            mp_line_title(text, "Controls that must fail, and did");
        has_title = true;
        const int64_t crash_id = find_crash(failures, cell);
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        write_cell(report, cell, &line);
        mp_strbuf_addf(&line, ": %llu of %llu %s", (unsigned long long)cell->failures,
                       (unsigned long long)cell->rounds,
                       mp_plural(cell->rounds, "round", "rounds"));
        if (crash_id != 0) {
            mp_strbuf_addf(&line, "; mpstress show crash %lld --db ",
                           (long long)crash_id);
            mp_text_quote(&line, report->query.path);
        }
        mp_strbuf_pad(text->buf, ' ', MP_LINE_INDENT);
        mp_text_wrap(text, MP_PLAIN, MP_LINE_INDENT, line.text);
        mp_strbuf_release(&line);
    }
}

/* A kind as listed; it may combine rounds of several cells. */
struct item {
    const struct mp_outcome_group *newest;
    int64_t count;
};

static int compare_items(const void *left, const void *right) {
    const struct item *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return (a->newest->newest < b->newest->newest) -
           (a->newest->newest > b->newest->newest);
}

typedef bool (*is_alike)(const struct mp_outcome_group *left,
                         const struct mp_outcome_group *right);

static bool has_same_scenario(const struct mp_outcome_group *left,
                              const struct mp_outcome_group *right) {
    return strcmp(left->outcome, right->outcome) == 0 &&
           strcmp(left->scenario, right->scenario) == 0 &&
           left->signature_id == right->signature_id;
}

static bool has_same_cell(const struct mp_outcome_group *left,
                          const struct mp_outcome_group *right) {
    return strcmp(left->outcome, right->outcome) == 0 && left->cell_id == right->cell_id;
}

static bool is_control_that_fails(const struct mp_report *report, int64_t cell_id) {
    const struct mp_report_cell *cell = mp_report_find_cell(report, cell_id);
    return cell != NULL && cell->role == MP_ROLE_POSITIVE;
}

/* The kinds of a class, equal ones combined, in order; freed by the caller. With
 * `report`, those of controls that must fail are left out. */
static struct item *unite(const struct mp_failures *failures,
                          const struct mp_report *report, const char *class,
                          bool with_crashes, is_alike alike, size_t *ret_count) {
    size_t count = 0;
    struct item *items = mp_memory_zeroed(failures->other_count + 1, sizeof(*items));
    for (size_t i = 0; i < failures->other_count; i++) {
        const struct mp_outcome_group *kind = &failures->other[i];
        if (strcmp(kind->class, class) != 0 || (kind->has_crash && !with_crashes))
            continue;
        if (report != NULL && is_control_that_fails(report, kind->cell_id))
            continue;
        size_t j = 0;
        while (j < count && !alike(items[j].newest, kind))
            j++;
        if (j == count)
            items[count++].newest = kind;
        else if (kind->newest > items[j].newest->newest)
            items[j].newest = kind;
        items[j].count += kind->count;
    }
    qsort(items, count, sizeof(*items), compare_items);
    *ret_count = count;
    return items;
}

static bool dies(const char *outcome) {
    return strcmp(outcome, "crash") == 0 || strcmp(outcome, "abort") == 0 ||
           strcmp(outcome, "hang") == 0;
}

static void add_failure(const struct item *item, size_t number, const char *db,
                        struct mp_text *text) {
    const struct mp_outcome_group *kind = item->newest;
    const char *untraced =
        dies(kind->outcome) ? mp_round_facts_untraced(&kind->round) : NULL;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s in %s ×%lld: %s", kind->outcome, kind->scenario,
                   (long long)item->count, kind->words);
    add_item(text, number, MP_BOLD, line.text);
    mp_strbuf_clear(&line);
    mp_strbuf_addf(&line, "round %lld, arm %s: %s", (long long)kind->round.seq,
                   kind->round.arm, kind->round.detail);
    mp_line_item(text, "newest", MP_PLAIN, line.text);
    if (kind->signature_id != 0) {
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "signature %lld: %s", (long long)kind->signature_id,
                       kind->round.signature.title);
        mp_line_item(text, "named", MP_PLAIN, line.text);
    }
    if (untraced != NULL)
        mp_line_item(text, "stacks", MP_PLAIN, untraced);
    mp_repeat_add(&kind->round, db, text);
    mp_strbuf_release(&line);
}

static void add_first(const struct mp_first_failure *first, const char *db,
                      struct mp_text *text) {
    const struct mp_round_facts *round = &first->round;
    struct mp_strbuf line;
    char after[32];
    if (first->id == 0)
        return;
    mp_strbuf_init(&line);
    mp_clock_format_short((uint64_t)first->after_ns, after, sizeof(after));
    mp_strbuf_addf(&line, "round %lld, %s after the start: %s in %s, arm %s, seed %s",
                   (long long)round->seq, after, round->outcome, round->cell, round->arm,
                   round->seed);
    mp_line_title(text, "First failure of a subject");
    mp_strbuf_pad(text->buf, ' ', MP_LINE_INDENT);
    mp_text_wrap(text, MP_PLAIN, MP_LINE_INDENT, line.text);
    mp_repeat_add(round, db, text);
    mp_strbuf_release(&line);
}

void mp_failures_add(const struct mp_failures *failures, const struct mp_report *report,
                     struct mp_text *text) {
    size_t count = 0;
    add_first(&failures->first, report->query.path, text);
    struct item *items =
        unite(failures, report, "failure", false, has_same_scenario, &count);
    bool has_crashes = add_crashes(failures, report->query.path, text);
    if (count > 0)
        mp_line_title(
            text, has_crashes ? "Other failures by kind and scenario, the newest of each"
                              : "Failures by kind and scenario, the newest of each");
    for (size_t i = 0; i < count && i < KINDS_MAX; i++)
        add_failure(&items[i], i + 1, report->query.path, text);
    add_rest(text, count);
    free(items);
    add_behaved(failures, report, text);
}

/* "mm:threads=8, arm none" */
static void write_place(const struct mp_report *report,
                        const struct mp_outcome_group *kind, struct mp_strbuf *buf) {
    const struct mp_report_cell *cell = mp_report_find_cell(report, kind->cell_id);
    if (cell == NULL) {
        mp_strbuf_addf(buf, "%s, arm %s", kind->scenario, kind->round.arm);
    } else {
        mp_cell_title_write(report, cell, NULL, buf);
        mp_strbuf_addstr(buf, ", ");
        mp_cell_arm_write(cell, buf);
    }
}

void mp_failures_add_no_verdict(const struct mp_failures *failures,
                                const struct mp_report *report, struct mp_text *text) {
    size_t count = 0;
    struct item *items = unite(failures, NULL, "no_verdict", true, has_same_cell, &count);
    if (count > 0)
        mp_line_title(text, "Rounds that showed nothing");
    for (size_t i = 0; i < count && i < KINDS_MAX; i++) {
        const struct mp_outcome_group *kind = items[i].newest;
        const char *detail = kind->round.detail;
        struct mp_strbuf title;
        mp_strbuf_init(&title);
        mp_strbuf_addf(&title, "%s in ", kind->outcome);
        write_place(report, kind, &title);
        mp_strbuf_addf(&title, " ×%lld: %s", (long long)items[i].count,
                       detail[0] != '\0' ? detail : kind->words);
        add_item(text, i + 1, MP_PLAIN, title.text);
        mp_strbuf_release(&title);
    }
    add_rest(text, count);
    free(items);
}

static void add_round_json(const struct mp_round_facts *round, const char *name,
                           struct json_object *to) {
    mp_fields_add(&mp_round_fields, round,
                  "id seq cell_id seed started_at wall_ns outcome detail max_overlap"
                  " untraced spec",
                  mp_json_add_object(to, name));
}

static void add_thread_json(const struct mp_thread_facts *thread,
                            struct json_object *to) {
    if (thread == NULL) {
        mp_json_add_null(to, "thread");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "thread");
    mp_fields_add(&mp_thread_fields, thread, "tid name registers", object);
    mp_fields_add_list(&mp_frame_fields, thread->frame, thread->frame_count, NULL, object,
                       "frames");
}

static void add_signature_json(const struct mp_signature_facts *signature,
                               struct json_object *to) {
    if (signature->id != 0)
        mp_fields_add(&mp_signature_fields, signature, "key title family",
                      mp_json_add_object(to, "signature"));
    else
        mp_json_add_null(to, "signature");
}

static void add_crash_json(const struct mp_crash_group *kind, struct json_object *to) {
    const struct mp_crash_facts *crash = &kind->crash;
    add_signature_json(&crash->signature, to);
    mp_json_add_integer(to, "count", kind->count);
    mp_fields_add_list(&mp_address_fields, kind->address, kind->address_count, NULL, to,
                       "fault_addresses");
    struct json_object *newest = mp_json_add_object(to, "newest");
    mp_fields_add(&mp_crash_fields, crash,
                  "id kind signal signal_name code fault_address address_is_derived"
                  " access fault_class",
                  newest);
    add_thread_json(mp_crash_facts_stopped(crash), newest);
    add_round_json(&kind->round, "round", newest);
}

/* Kinds not explained by a crash. */
static void add_class_json(const struct mp_failures *failures, const char *class,
                           struct json_object *to, const char *name) {
    struct json_object *list = mp_json_add_array(to, name);
    for (size_t i = 0; i < failures->other_count; i++) {
        const struct mp_outcome_group *kind = &failures->other[i];
        if (strcmp(kind->class, class) == 0 && !kind->has_crash) {
            struct json_object *object = mp_json_add_object(list, NULL);
            mp_json_add_text(object, "outcome", kind->outcome);
            mp_json_add_integer(object, "cell_id", kind->cell_id);
            mp_json_add_integer(object, "count", kind->count);
            add_signature_json(&kind->round.signature, object);
            add_round_json(&kind->round, "newest", object);
        }
    }
}

static void add_first_json(const struct mp_first_failure *first, struct json_object *to) {
    if (first->id == 0) {
        mp_json_add_null(to, "first_failure");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "first_failure");
    mp_json_add_integer(object, "after_ns", first->after_ns);
    add_round_json(&first->round, "round", object);
}

void mp_failures_add_json(const struct mp_failures *failures, struct json_object *to) {
    add_first_json(&failures->first, to);
    struct json_object *crashes = mp_json_add_array(to, "crashes");
    for (size_t i = 0; i < failures->crash_count; i++)
        add_crash_json(&failures->crash[i], mp_json_add_object(crashes, NULL));
    add_class_json(failures, "failure", to, "failures");
    add_class_json(failures, "no_verdict", to, "no_verdict");
}
