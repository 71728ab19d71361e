/* Failures as cards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/failures_html.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/clock.h"
#include "results/report/parts_html.h"
#include "results/report/repeat.h"

#define KINDS_MAX  12
#define FRAMES_MAX 6

static void add_repeat(const struct mp_round_facts *round, const char *db,
                       struct mp_html *html) {
    struct mp_strbuf command;
    mp_strbuf_init(&command);
    mp_repeat_write(
        &(struct mp_repeat){.cell = round->cell,
                            .device = round->device,
                            .arm = round->arm,
                            .fix = round->fix,
                            .seed = round->seed,
                            .number = round->number,
                            .is_uncaptured = round->untraced != NULL &&
                                             strcmp(round->untraced, "off") == 0,
                            .db = db},
        &command);
    mp_html_leaf(html, "p", "soft", "%s", "Repeat it:");
    mp_page_command(html, command.text);
    mp_strbuf_release(&command);
}

static void add_first(const struct mp_first_failure *first, const char *db,
                      struct mp_html *html) {
    char after[32];
    if (first->id == 0)
        return;
    mp_clock_format_short((uint64_t)first->after_ns, after, sizeof(after));
    mp_page_section(html, "first", "First failure of a subject");
    mp_html_open_class(html, "div", "row");
    mp_page_id(html, "round", first->round.id);
    mp_html_leaf(html, "span", NULL, "%s after the start: %s in %s, arm %s, seed %s",
                 after, first->round.outcome, first->round.cell, first->round.arm,
                 first->round.seed);
    mp_html_close(html);
    add_repeat(&first->round, db, html);
    mp_page_section_end(html);
}

static void write_title(const struct mp_crash_group *kind, struct mp_strbuf *buf) {
    const struct mp_crash_facts *crash = &kind->crash;
    if (crash->signature.title != NULL)
        mp_strbuf_addstr(buf, crash->signature.title);
    else if (crash->signal == 0)
        mp_strbuf_addstr(buf, crash->kind);
    else
        mp_strbuf_addf(buf, "%s in a %s", crash->signal_name, crash->kind);
}

static void add_where(const struct mp_crash_group *kind, struct mp_html *html) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < kind->place_count; i++) {
        const struct mp_place_row *place = &kind->place[i];
        mp_strbuf_addf(&line, "%s%" PRId64 " in %s, arm %s", i > 0 ? "; " : "",
                       place->count, place->scenario, place->arm);
    }
    mp_page_fact(html, "where", line.text);
    mp_strbuf_clear(&line);
    for (size_t i = 0; i < kind->address_count && i < 4; i++)
        mp_strbuf_addf(&line, "%s%s (%" PRId64 "×)", i > 0 ? ", " : "",
                       kind->address[i].address != NULL ? kind->address[i].address
                                                        : "none",
                       kind->address[i].count);
    mp_page_fact(html, "addresses", line.text);
    mp_strbuf_release(&line);
}

static void add_crash(const struct mp_crash_group *kind, const char *db,
                      struct mp_html *html) {
    const struct mp_crash_facts *crash = &kind->crash;
    const struct mp_thread_facts *stopped = mp_crash_facts_stopped(crash);
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    write_title(kind, &title);
    mp_html_open_class(html, "div", "card bad");
    mp_html_leaf(html, "h3", NULL, "%s", title.text);
    mp_html_open_class(html, "div", "row");
    mp_html_leaf(html, "span", NULL, "%" PRId64 " %s", kind->count,
                 mp_plural((uint64_t)kind->count, "round", "rounds"));
    mp_page_id(html, "crash", crash->id);
    mp_page_id(html, "round", kind->round.id);
    if (crash->signature.id != 0)
        mp_page_id(html, "signature", crash->signature.id);
    mp_html_close(html);
    mp_page_facts(html);
    add_where(kind, html);
    mp_page_facts_end(html);
    if (stopped != NULL) {
        mp_page_fold(html, false, "stack of the newest, thread %" PRId64 " %s",
                     stopped->tid, stopped->name != NULL ? stopped->name : "");
        mp_html_add_frames(html, stopped, FRAMES_MAX);
        mp_page_fold_end(html);
    }
    add_repeat(&kind->round, db, html);
    mp_html_close(html);
    mp_strbuf_release(&title);
}

/* A kind that no crash explains. */
static bool is_other(const struct mp_outcome_group *kind, const char *class) {
    return strcmp(kind->class, class) == 0 &&
           (!kind->has_crash || strcmp(class, "failure") != 0);
}

static size_t count_others(const struct mp_failures *failures, const char *class) {
    size_t count = 0;
    for (size_t i = 0; i < failures->other_count; i++)
        count += is_other(&failures->other[i], class);
    return count;
}

static void add_other(const struct mp_outcome_group *kind, const char *db,
                      bool is_failure, struct mp_html *html) {
    mp_html_open_class(html, "div", is_failure ? "card bad" : "card warn");
    mp_html_leaf(html, "h3", NULL, "%s in %s", kind->outcome, kind->round.cell);
    mp_html_open_class(html, "div", "row");
    mp_html_leaf(html, "span", NULL, "%" PRId64 " %s, arm %s: %s", kind->count,
                 mp_plural((uint64_t)kind->count, "round", "rounds"), kind->round.arm,
                 kind->words);
    mp_page_id(html, "round", kind->round.id);
    mp_html_close(html);
    if (kind->round.detail != NULL && kind->round.detail[0] != '\0')
        mp_html_leaf(html, "p", NULL, "newest: %s", kind->round.detail);
    if (is_failure)
        add_repeat(&kind->round, db, html);
    mp_html_close(html);
}

static void add_others(const struct mp_failures *failures, const char *db,
                       const char *class, struct mp_html *html) {
    size_t count = count_others(failures, class), shown = 0;
    for (size_t i = 0; i < failures->other_count && shown < KINDS_MAX; i++) {
        if (!is_other(&failures->other[i], class))
            continue;
        add_other(&failures->other[i], db, strcmp(class, "failure") == 0, html);
        shown++;
    }
    if (count > shown)
        mp_page_small(html, "and %zu more kinds in the database", count - shown);
}

void mp_failures_add_html(const struct mp_failures *failures,
                          const struct mp_report *report, struct mp_html *html) {
    const char *db = report->query.path;
    add_first(&failures->first, db, html);
    if (failures->crash_count > 0) {
        mp_page_section(html, "crashes", "Crashes by kind, the newest of each");
        for (size_t i = 0; i < failures->crash_count && i < KINDS_MAX; i++)
            add_crash(&failures->crash[i], db, html);
        if (failures->crash_count > KINDS_MAX)
            mp_page_small(html, "and %zu more kinds in the database",
                          failures->crash_count - KINDS_MAX);
        mp_page_section_end(html);
    }
    if (count_others(failures, "failure") > 0) {
        mp_page_section(html, "failures", "Other failures by kind and cell");
        add_others(failures, db, "failure", html);
        mp_page_section_end(html);
    }
    if (count_others(failures, "no_verdict") > 0) {
        mp_page_section(html, "silent", "Rounds that showed nothing");
        add_others(failures, db, "no_verdict", html);
        mp_page_section_end(html);
    }
}
