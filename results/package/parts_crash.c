/* The crash itself: stacks of both sides, last calls, reports of the system, where.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "results/package/parts.h"
#include "results/report/show_crash.h"

#define FRAMES_SHOWN 12
#define OTHERS_SHOWN 4

static const char *file_name(const char *path) {
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash != NULL ? slash + 1 : path != NULL ? path : "";
}

/* Adds what `line` has as one line, and empties it: a name with a newline, which only a
 * database that somebody else wrote can have, must not look like a frame of its own. */
static void add_line(struct mp_strbuf *line, struct mp_strbuf *buf) {
    mp_strbuf_add_escaped(buf, line->text, line->len, 0);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_clear(line);
}

static void add_frame(const struct mp_frame_facts *frame, struct mp_strbuf *lines) {
    struct mp_strbuf line, *buf = &line;
    mp_strbuf_init(buf);
    mp_strbuf_addf(buf, "  %2lld  %s", (long long)frame->depth, frame->pc);
    if (frame->symbol != NULL)
        mp_strbuf_addf(buf, "  %s + %lld", frame->symbol, (long long)frame->offset);
    if (frame->module != NULL) {
        mp_strbuf_addf(buf, "  in %s", file_name(frame->module));
        if (frame->symbol == NULL)
            mp_strbuf_addf(buf, " + %lld", (long long)frame->offset);
    }
    if (frame->module_id != NULL)
        mp_strbuf_addf(buf, " (%s)", frame->module_id);
    if (frame->file != NULL) {
        mp_strbuf_addstr(buf, "  ");
        mp_frame_facts_add_source(frame, buf);
    }
    add_line(buf, lines);
    mp_strbuf_release(buf);
}

/* The call that a captured thread was in, by the flight recorder. */
static const struct mp_event_row *call_of(const struct mp_show *show,
                                          const struct mp_thread_facts *thread) {
    for (size_t i = 0; i < show->thread_count; i++)
        if (strtoll(show->thread[i].object, NULL, 10) == thread->tid)
            return mp_show_in_flight(show, show->thread[i].thread);
    return NULL;
}

static void add_thread(const struct mp_show *show, const struct mp_thread_facts *thread,
                       size_t frames, struct mp_strbuf *lines) {
    const struct mp_event_row *call = call_of(show, thread);
    struct mp_strbuf line, *buf = &line;
    mp_strbuf_init(buf);
    mp_strbuf_addf(buf, "thread %lld", (long long)thread->tid);
    if (thread->name != NULL && thread->name[0] != '\0')
        mp_strbuf_addf(buf, " '%s'", thread->name);
    if (thread->faulting)
        mp_strbuf_addstr(buf, ", faulting");
    if (call != NULL) {
        mp_strbuf_addf(buf, ", in %s on ", call->op);
        mp_show_write_object(call, buf);
    }
    add_line(buf, lines);
    mp_strbuf_release(buf);
    for (size_t i = 0; i < thread->frame_count && i < frames; i++)
        add_frame(&thread->frame[i], lines);
    if (thread->frame_count > frames)
        mp_strbuf_addf(lines, "      %zu more in stacks.txt\n",
                       thread->frame_count - frames);
}

static void add_redacted(const struct mp_writing *writing, struct mp_strbuf *lines,
                         struct mp_strbuf *buf) {
    mp_redact_add(writing->redact, lines->text, lines->len, buf);
    mp_strbuf_release(lines);
}

void mp_stacks_write(const struct mp_writing *writing, struct mp_strbuf *buf) {
    const struct mp_show *show = &writing->dossier->show;
    const struct mp_show_crash *shown = writing->dossier->crash;
    struct mp_strbuf lines, line;
    mp_strbuf_init(&lines);
    mp_strbuf_init(&line);
    for (size_t i = 0; i < shown->crash.thread_count; i++) {
        const struct mp_thread_facts *thread = &shown->crash.thread[i];
        add_thread(show, thread, SIZE_MAX, &lines);
        if (thread->register_words != NULL) {
            mp_strbuf_addf(&line, "  registers %s", thread->register_words);
            add_line(&line, &lines);
        }
        mp_strbuf_addch(&lines, '\n');
    }
    mp_strbuf_addstr(&lines, "modules: base, bytes, id, path\n");
    for (size_t i = 0; i < shown->image_count; i++) {
        const struct mp_image_row *image = &shown->image[i];
        mp_strbuf_addf(&line, "  %s %lld %s %s", image->base, (long long)image->size,
                       image->module_id != NULL ? image->module_id : "-", image->path);
        add_line(&line, &lines);
    }
    mp_strbuf_release(&line);
    add_redacted(writing, &lines, buf);
}

/* The thread of the flight recorder that a captured one is; -1: of none. */
static int64_t recorded_as(const struct mp_show *show,
                           const struct mp_thread_facts *thread) {
    for (size_t i = 0; i < show->thread_count; i++)
        if (strtoll(show->thread[i].object, NULL, 10) == thread->tid)
            return show->thread[i].thread;
    return -1;
}

/* The call in which the crash happened, NULL: it is not known. */
static const struct mp_event_row *side_of(const struct mp_show *show,
                                          const struct mp_crash_facts *crash) {
    const struct mp_thread_facts *stopped = mp_crash_facts_stopped(crash);
    int64_t number = stopped != NULL ? recorded_as(show, stopped) : -1;
    return number >= 0 ? mp_show_in_flight(show, number) : NULL;
}

/* What a thread did on the same stream while the crash came: it is the other side. */
static bool was_there(const struct mp_show *show, const struct mp_event_row *side,
                      const struct mp_thread_facts *thread, struct mp_strbuf *words) {
    int64_t number = recorded_as(show, thread);
    return side != NULL && number >= 0 && number != side->thread &&
           mp_show_write_meanwhile(show, side, number, words) > 0;
}

/* Nobody stopped: the threads as they wait, those in a call of the device first. */
static void add_waiting(const struct mp_show *show, const struct mp_crash_facts *crash,
                        struct mp_strbuf *lines) {
    size_t shown = 0;
    for (int in_call = 1; in_call >= 0; in_call--)
        for (size_t i = 0; i < crash->thread_count && shown < OTHERS_SHOWN; i++) {
            if ((call_of(show, &crash->thread[i]) != NULL) != (in_call == 1))
                continue;
            mp_strbuf_addstr(lines, shown++ > 0 ? "\n" : "");
            add_thread(show, &crash->thread[i], FRAMES_SHOWN, lines);
        }
}

static void add_sides(const struct mp_writing *writing) {
    const struct mp_show *show = &writing->dossier->show;
    const struct mp_crash_facts *crash = &writing->dossier->crash->crash;
    const struct mp_event_row *side = side_of(show, crash);
    struct mp_strbuf lines, safe, words;
    size_t others = 0;
    mp_strbuf_init(&words);
    mp_strbuf_init(&lines);
    mp_strbuf_init(&safe);
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].faulting)
            add_thread(show, &crash->thread[i], FRAMES_SHOWN, &lines);
    for (size_t i = 0; i < crash->thread_count && others < OTHERS_SHOWN; i++)
        if (!crash->thread[i].faulting &&
            was_there(show, side, &crash->thread[i], &words)) {
            mp_strbuf_addch(&lines, '\n');
            add_thread(show, &crash->thread[i], FRAMES_SHOWN, &lines);
            others++;
        }
    if (mp_writing_is_hang(writing))
        add_waiting(show, crash, &lines);
    add_redacted(writing, &lines, &safe);
    if (safe.len > 0)
        mp_letter_add(writing->letter, MP_LETTER_LINES, "%s", safe.text);
    if (mp_writing_is_hang(writing))
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The round did not end in time; so its threads stood when it was "
                      "sampled, before it was killed.");
    else if (others > 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "Meanwhile, on the same stream, since the call began in which it "
                      "crashed: %s.",
                      words.text);
    else if (show->event_count == 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The other side is not known, since no calls were recorded.");
    else
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "The other side is not known: no other recorded thread was in a call "
            "on the same stream.");
    mp_strbuf_release(&words);
    mp_strbuf_release(&safe);
}

/* What is in the files, and what is in none: not all need have been read. */
static void add_extent(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    const struct mp_crash_facts *crash = &dossier->crash->crash;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (crash->threads_missed > 0)
        mp_strbuf_addf(&line, "%zu of %lld threads with registers are",
                       crash->thread_count,
                       (long long)crash->thread_count + crash->threads_missed);
    else if (crash->thread_count == 1)
        mp_strbuf_addstr(&line, "The only thread with registers is");
    else
        mp_strbuf_addf(&line, "All %zu threads with registers are", crash->thread_count);
    mp_strbuf_addstr(&line, " in stacks.txt, with the modules");
    if (crash->modules_missed > 0)
        mp_strbuf_addf(&line, " but %lld, which were too many",
                       (long long)crash->modules_missed);
    mp_letter_add(
        writing->letter, MP_LETTER_TEXT,
        "%s%s. In parentheses: the id of the module (build id or UUID).", line.text,
        dossier->show.event_count > 0
            ? "; the last calls of all threads in trace.json, for ui.perfetto.dev"
            : "; no calls were recorded");
    mp_strbuf_release(&line);
    if (crash->unread == NULL)
        return;
    char *unread = mp_writing_redact(writing, crash->unread);
    mp_letter_add(writing->letter, MP_LETTER_TEXT, "Not all was read: %s.", unread);
    free(unread);
}

void mp_part_crash(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    const struct mp_crash_facts *crash = &dossier->crash->crash;
    const struct mp_round_facts *round = &dossier->show.round;
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Stacks of both sides");
    if (mp_writing_is_hang(writing))
        mp_letter_add(writing->letter, MP_LETTER_TEXT, "A hang, in round %lld, seed %s.",
                      (long long)round->id, round->seed);
    else if (strcmp(crash->fault_class, "none") == 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT, "%s, in round %lld, seed %s.",
                      crash->signal_name, (long long)round->id, round->seed);
    else
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT, "%s, %s%s%s (%s%s), in round %lld, seed %s.",
            crash->signal_name, crash->access, crash->fault_address != NULL ? " at " : "",
            crash->fault_address != NULL ? crash->fault_address : "", crash->fault_class,
            crash->address_is_derived ? ", derived from the registers" : "",
            (long long)round->id, round->seed);
    if (crash->thread_count == 0) {
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "Its stacks and calls were not kept: a campaign keeps those of the "
                      "first and the newest rounds of each kind (--keep-first, "
                      "--keep-newest).");
        return;
    }
    add_sides(writing);
    add_extent(writing);
}

void mp_part_reports(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Reports of the system");
    if (dossier->report_count == 0) {
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "None is known of this %s (mpstress import takes them).",
                      mp_writing_noun(writing));
        return;
    }
    mp_letter_head(writing->letter, "Report", "Captured", "System", "Model",
                   "SHA-256 of the original", "In this package", NULL);
    for (size_t i = 0; i < dossier->report_count; i++) {
        const struct mp_dossier_report *report = &dossier->report[i];
        char number[24], place[96];
        snprintf(number, sizeof(number), "%lld", (long long)report->id);
        if (report->file_sha256 == NULL)
            snprintf(place, sizeof(place), "no: its bytes were not kept");
        else if (report->is_binary)
            snprintf(place, sizeof(place), "%s",
                     writing->is_verbatim ? "as it was: it is packed"
                                          : "no: it is packed and cannot be redacted");
        else
            snprintf(place, sizeof(place), "reports/%lld.txt, redacted%s",
                     (long long)report->id,
                     writing->is_verbatim ? "; and as it was" : "");
        mp_letter_row(writing->letter, number,
                      report->captured_at != NULL ? report->captured_at : "",
                      report->os_build != NULL ? report->os_build : "",
                      report->model != NULL ? report->model : "",
                      report->file_sha256 != NULL ? report->file_sha256 : report->sha256,
                      place, NULL);
    }
    if (dossier->reports_left_out > 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT, "%lld more are left out.",
                      (long long)dossier->reports_left_out);
}

static void add_environment(const struct mp_writing *writing,
                            const struct mp_dossier_environment *at) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s, build %s, processor %s", at->os, at->os_build, at->cpu);
    if (at->gpu[0] != '\0')
        mp_strbuf_addf(&line, ", GPU %s", at->gpu);
    if (at->driver[0] != '\0')
        mp_strbuf_addf(&line, ", driver %s (%s)", at->driver, at->driver_id);
    mp_strbuf_addf(&line, "; fingerprint %s; %s", at->fingerprint, at->facts);
    char *text = mp_writing_redact(writing, line.text);
    mp_letter_add(writing->letter, MP_LETTER_ITEM, "%s", text);
    free(text);
    mp_strbuf_release(&line);
}

void mp_part_environment(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Environment");
    for (size_t i = 0; i < dossier->environment_count; i++)
        add_environment(writing, &dossier->environment[i]);
    for (size_t i = 0; i < dossier->state_count; i++) {
        char *text = mp_writing_redact(writing, dossier->state[i].text);
        mp_letter_add(writing->letter, MP_LETTER_ITEM, "When campaign %s began, %s: %s",
                      dossier->state[i].campaigns, dossier->state[i].name, text);
        free(text);
    }
}
