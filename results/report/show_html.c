/* A round or crash as a page: what stopped, the last device calls of all threads with
 * both sides of the race, stacks with the innocent ones last, and how to repeat it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/wire/device_name.h"
#include "results/report/line.h"
#include "results/report/parts_html.h"
#include "results/report/repeat.h"
#include "results/report/show_rows.h"
#include "results/report/timeline_html.h"

#define COLUMNS 100

static const struct mp_crash_facts *first_crash(const struct mp_show *show) {
    for (size_t i = 0; i < show->crash_count; i++)
        if (mp_show_includes(show, &show->crash[i].crash))
            return &show->crash[i].crash;
    return NULL;
}

static void write_stop(const struct mp_crash_facts *crash, struct mp_strbuf *buf) {
    if (crash->signal == 0)
        mp_strbuf_addstr(buf, strcmp(crash->kind, "hang") == 0
                                  ? "sampled by mpstress before the kill"
                                  : "no signal");
    else
        mp_strbuf_addf(buf, "%s code %" PRId64, crash->signal_name, crash->code);
    if (crash->fault_address != NULL)
        mp_strbuf_addf(buf, ", %s at %s", crash->access, crash->fault_address);
    mp_strbuf_addf(buf, " (%s%s)", crash->fault_class,
                   crash->address_is_derived ? ", derived from the registers" : "");
}

static void add_verdict(const struct mp_show *show, struct mp_html *html) {
    const struct mp_round_facts *round = &show->round;
    const struct mp_crash_facts *crash = first_crash(show);
    bool is_failure = strcmp(round->class, "failure") == 0;
    struct mp_strbuf view, title, reason;
    mp_strbuf_init(&view);
    mp_strbuf_init(&title);
    mp_strbuf_init(&reason);
    if (mp_device_name_is_model(round->device))
        mp_page_note(html, MP_MODEL_NOTE);
    mp_strbuf_addf(&view, "%s · round %" PRId64 " of campaign %" PRId64, round->device,
                   round->id, round->campaign_id);
    mp_verdict_write_words(round->outcome, &title);
    if (crash != NULL) {
        mp_strbuf_addf(&reason, "%s: ",
                       crash->signature.title != NULL ? crash->signature.title
                                                      : crash->kind);
        write_stop(crash, &reason);
    } else {
        mp_strbuf_addstr(&reason, round->detail != NULL ? round->detail : "");
    }
    mp_page_verdict(html,
                    is_failure                            ? MP_MOOD_BAD
                    : strcmp(round->outcome, "pass") == 0 ? MP_MOOD_GOOD
                                                          : MP_MOOD_WARN,
                    view.text, title.text, reason.text);
    mp_strbuf_release(&reason);
    mp_strbuf_release(&title);
    mp_strbuf_release(&view);
}

static void add_facts(const struct mp_show *show, struct mp_html *html) {
    const struct mp_round_facts *round = &show->round;
    struct mp_strbuf driver;
    mp_strbuf_init(&driver);
    mp_driver_facts_write(&round->driver, true, true, &driver);
    mp_page_section(html, "facts", "What ran");
    mp_page_facts(html);
    mp_page_fact(html, "cell", round->cell);
    mp_page_fact(html, "arm", round->arm);
    mp_page_fact(html, "device", round->device);
    mp_page_fact(html, "driver", driver.text);
    mp_page_fact(html, "seed", round->seed);
    mp_page_fact(html, "began", round->started_at);
    mp_page_fact(html, "detail", round->detail);
    mp_page_fact(html, "database", show->query.path);
    mp_page_facts_end(html);
    mp_html_open_class(html, "div", "row");
    mp_page_id(html, "round", round->id);
    mp_page_id(html, "campaign", round->campaign_id);
    for (size_t i = 0; i < show->crash_count; i++) {
        mp_page_id(html, "crash", show->crash[i].crash.id);
        if (show->crash[i].crash.signature.id != 0)
            mp_page_id(html, "signature", show->crash[i].crash.signature.id);
    }
    mp_html_close(html);
    mp_page_section_end(html);
    mp_strbuf_release(&driver);
}

/* How much a thread has to do with it: 0 it stopped first, 1 faulting too, 2 the other
 * side of the race, 3 nothing that is known. */
static int rank_of(const struct mp_show *show, const struct mp_crash_facts *crash,
                   const struct mp_thread_facts *thread) {
    if (thread->tid == crash->tid)
        return 0;
    if (thread->faulting)
        return 1;
    for (size_t i = 0; i < show->thread_count; i++)
        if (strtoll(show->thread[i].object, NULL, 10) == thread->tid &&
            mp_timeline_is_other_side(show, show->thread[i].thread))
            return 2;
    return 3;
}

static void add_thread(const struct mp_show *show, const struct mp_thread_facts *thread,
                       int rank, struct mp_html *html) {
    static const char *const words[] = {"stopped here", "faulting, too",
                                        "the other side of the race", ""};
    const char *starter = mp_show_started_by(show, thread);
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    mp_strbuf_addf(&title, "thread %" PRId64, thread->tid);
    if (thread->name != NULL && thread->name[0] != '\0')
        mp_strbuf_addf(&title, " '%s'", thread->name);
    if (starter != NULL)
        mp_strbuf_addf(&title, ", started by %s", starter);
    if (rank < 3)
        mp_strbuf_addf(&title, ": %s", words[rank]);
    else if (thread->frame_count > 0 && thread->frame[0].symbol != NULL)
        mp_strbuf_addf(&title, ", in %s", thread->frame[0].symbol);
    mp_page_fold(html, rank == 0, "%s", title.text);
    mp_html_add_frames(html, thread, 0);
    if (thread->register_words != NULL)
        mp_page_lines(html, "registers", thread->register_words);
    mp_page_fold_end(html);
    mp_strbuf_release(&title);
}

static void add_stacks(const struct mp_show *show, const struct mp_crash_facts *crash,
                       struct mp_html *html) {
    struct mp_strbuf stop;
    size_t innocent = 0;
    mp_strbuf_init(&stop);
    write_stop(crash, &stop);
    mp_page_section(html, "stacks", "Where every thread was");
    mp_html_open_class(html, "div", "row");
    mp_page_id(html, "crash", crash->id);
    mp_html_leaf(html, "span", NULL, "%s", stop.text);
    mp_html_close(html);
    for (int rank = 0; rank < 4; rank++) {
        for (size_t i = 0; i < crash->thread_count; i++) {
            if (rank_of(show, crash, &crash->thread[i]) != rank)
                continue;
            if (rank == 3 && innocent++ == 0)
                mp_html_leaf(html, "h3", NULL, "%s",
                             "Threads of which nothing suspicious is known");
            add_thread(show, &crash->thread[i], rank, html);
        }
    }
    if (crash->threads_missed > 0)
        mp_page_small(html, "%" PRId64 " more threads were there and were not kept",
                      crash->threads_missed);
    if (crash->unread != NULL)
        mp_page_small(html, "Not all was read: %s", crash->unread);
    mp_page_section_end(html);
    mp_strbuf_release(&stop);
}

static void add_repeat(const struct mp_show *show, struct mp_html *html) {
    const struct mp_round_facts *round = &show->round;
    struct mp_strbuf command;
    mp_strbuf_init(&command);
    mp_page_section(html, "repeat", "How to repeat it");
    mp_repeat_write(
        &(struct mp_repeat){.cell = round->cell,
                            .device = round->device,
                            .arm = round->arm,
                            .fix = round->fix,
                            .seed = round->seed,
                            .number = round->number,
                            .is_uncaptured = round->untraced != NULL &&
                                             strcmp(round->untraced, "off") == 0,
                            .db = show->query.path},
        &command);
    mp_page_command(html, command.text);
    if (round->stderr_end != NULL && round->stderr_end[0] != '\0') {
        mp_page_fold(html, false, "the end of its stderr");
        mp_page_lines(html, "stderr", round->stderr_end);
        mp_page_fold_end(html);
    }
    mp_page_section_end(html);
    mp_strbuf_release(&command);
}

static void write_page(const struct mp_show *show, const struct mp_strbuf *as_text,
                       struct mp_strbuf *buf) {
    struct mp_html html;
    struct mp_strbuf title;
    mp_strbuf_init(&title);
    mp_strbuf_addf(&title, "mpstress: %s, round %" PRId64, show->round.outcome,
                   show->round_id);
    mp_page_begin(&html, buf, show->query.path, title.text);
    add_verdict(show, &html);
    mp_timeline_add(show, &html);
    for (size_t i = 0; i < show->crash_count; i++)
        if (mp_show_includes(show, &show->crash[i].crash))
            add_stacks(show, &show->crash[i].crash, &html);
    add_repeat(show, &html);
    add_facts(show, &html);
    mp_page_section(&html, "text", "The same as text");
    mp_page_fold(&html, false, "as 'mpstress show' prints it");
    mp_page_lines(&html, "the same as text", as_text->text);
    mp_page_fold_end(&html);
    mp_page_section_end(&html);
    mp_page_end(&html, MP_VERSION);
    mp_strbuf_release(&title);
}

enum mp_status mp_show_html(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_show show;
    struct mp_show_options plain = *options;
    struct mp_strbuf as_text;
    mp_strbuf_init(&as_text);
    plain.use_colour = false;
    plain.width = COLUMNS;
    enum mp_status status = mp_show_text(store, &plain, &as_text, err);
    if (status == MP_OK) {
        status = mp_show_load(&show, store, options, err);
        if (status == MP_OK && show.round_id != 0)
            write_page(&show, &as_text, buf);
        else if (status == MP_OK)
            status = mp_error_set(err, MP_NOT_FOUND,
                                  "signature %" PRId64
                                  " has no round in this database to make a page of",
                                  options->id);
        mp_show_release(&show);
    }
    mp_strbuf_release(&as_text);
    return status;
}
