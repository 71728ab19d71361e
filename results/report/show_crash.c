/* Crashes and last calls of a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show_crash.h"

#include <stdlib.h>
#include <string.h>

#include "results/report/line.h"

#define EVENTS_SHOWN 40

/* "in encode on stream 2" */
static void write_call(const struct mp_event_row *call, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "in %s on ", call->op);
    mp_show_write_object(call, buf);
}

static void add_thread(const struct mp_show *show, const struct mp_thread_facts *thread,
                       struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "thread %lld", (long long)thread->tid);
    if (thread->name[0] != '\0')
        mp_strbuf_addf(&line, " '%s'", thread->name);
    const char *starter = mp_show_started_by(show, thread);
    if (starter != NULL)
        mp_strbuf_addf(&line, ", started by %s", starter);
    if (thread->faulting)
        mp_strbuf_addstr(&line, ", faulting");
    if (thread->faulting && thread->signal != MP_FIELD_NULL)
        mp_strbuf_addf(&line, " (signal %lld)", (long long)thread->signal);
    mp_line_write_cut(thread->frame_count, thread->frames_total, "frames", &line);
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *call =
            strtoll(show->thread[i].object, NULL, 10) == thread->tid
                ? mp_show_in_flight(show, show->thread[i].thread)
                : NULL;
        if (call != NULL) {
            mp_strbuf_addstr(&line, ", ");
            write_call(call, &line);
        }
    }
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, thread->faulting ? MP_BAD : MP_BOLD, 2, line.text);
    for (size_t i = 0; i < thread->frame_count; i++)
        mp_frame_facts_add(&thread->frame[i], thread->frame[i].depth == 0, text);
    if (thread->register_words != NULL)
        mp_line_item(text, "registers", MP_DIM, thread->register_words);
    mp_strbuf_release(&line);
}

/* Every captured thread, the one that stopped first on top. */
static void add_threads(const struct mp_show *show, const struct mp_crash_facts *crash,
                        struct mp_text *text) {
    const struct mp_thread_facts *stopped = mp_crash_facts_stopped(crash);
    if (stopped != NULL)
        add_thread(show, stopped, text);
    for (size_t i = 0; i < crash->thread_count; i++)
        if (&crash->thread[i] != stopped)
            add_thread(show, &crash->thread[i], text);
}

size_t mp_show_write_meanwhile(const struct mp_show *show,
                               const struct mp_event_row *side, int64_t thread,
                               struct mp_strbuf *buf) {
    size_t count = 0;
    for (size_t i = 0; i < show->event_count; i++) {
        const struct mp_event_row *call = &show->event[i];
        if (call->thread != thread || strcmp(call->phase, "enter") != 0 ||
            strcmp(call->op, "buffer_create") == 0 ||
            strcmp(call->object, side->object) != 0)
            continue;
        const struct mp_event_row *end = mp_show_next_event(show, i);
        if (end != NULL && end->t_ns < side->t_ns)
            continue;
        if (count == 0) {
            mp_strbuf_addstr(buf, buf->len > 0 ? "; " : "");
            mp_show_write_thread(thread, buf);
        }
        mp_strbuf_addf(buf, "%s%s", count > 0 ? ", " : " in ", call->op);
        count++;
    }
    return count;
}

/* What other threads did on the same stream while the faulting thread was in its last
 * call. */
static void add_sides(const struct mp_show *show, struct mp_text *text) {
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *thread = &show->thread[i];
        const struct mp_event_row *side = mp_show_in_flight(show, thread->thread);
        if (side == NULL || mp_show_crash_of(show, thread) == NULL)
            continue;
        struct mp_strbuf own, others;
        mp_strbuf_init(&own);
        mp_strbuf_init(&others);
        for (size_t j = 0; j < show->thread_count; j++)
            if (j != i)
                mp_show_write_meanwhile(show, side, show->thread[j].thread, &others);
        mp_show_write_thread(thread->thread, &own);
        mp_strbuf_addstr(&own, " was ");
        write_call(side, &own);
        if (others.len > 0) {
            mp_line_item(text, "one side", MP_PLAIN, own.text);
            mp_line_item(text, "meanwhile", MP_PLAIN, others.text);
        }
        mp_strbuf_release(&own);
        mp_strbuf_release(&others);
    }
}

/* Every commit whose thread has not come back from waiting for it. */
static void add_submitters(const struct mp_show *show, const struct mp_crash_facts *crash,
                           struct mp_text *text) {
    struct mp_strbuf line;
    if (!mp_show_is_of_submission(show, crash))
        return;
    int64_t end_ns = show->event[show->event_count - 1].t_ns;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *commit =
            mp_show_submission(show, show->thread[i].thread);
        if (commit == NULL)
            continue;
        mp_strbuf_addstr(&line, line.len > 0 ? "; " : "");
        mp_show_write_thread(commit->thread, &line);
        mp_strbuf_addf(&line, " by %s on ", commit->op);
        mp_show_write_object(commit, &line);
        mp_strbuf_addf(&line, ", %.1f µs before the last call",
                       (double)(end_ns - commit->t_ns) / 1000.0);
    }
    if (line.len > 0)
        mp_line_item(text, "work of", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_images(const struct mp_show_crash *crash, struct mp_text *text) {
    if (crash->image_count > 0) {
        mp_text_add(text, MP_BOLD, "  modules (base, bytes, path, id)");
        mp_text_end(text);
    }
    for (size_t i = 0; i < crash->image_count; i++) {
        const struct mp_image_row *image = &crash->image[i];
        struct mp_strbuf name;
        mp_strbuf_init(&name);
        mp_strbuf_addstr(&name, image->path);
        if (image->module_id != NULL)
            mp_strbuf_addf(&name, " (%s)", image->module_id);
        mp_text_add(text, MP_DIM, "     %18s %10lld  ", image->base,
                    (long long)image->size);
        mp_text_wrap(text, MP_PLAIN, 36, name.text);
        mp_strbuf_release(&name);
    }
}

/* "SIGSEGV code 1, read at 0x5c8 (null)" */
static void write_stop(const struct mp_crash_facts *crash, struct mp_strbuf *buf) {
    if (strcmp(crash->kind, "hang") == 0 && crash->signal == 0) {
        mp_strbuf_addstr(buf, "mpstress, to sample its threads");
        return;
    }
    if (crash->signal == 0)
        mp_strbuf_addstr(buf, "no signal");
    else
        mp_strbuf_addf(buf, "%s code %lld", crash->signal_name, (long long)crash->code);
    if (crash->fault_address != NULL)
        mp_strbuf_addf(buf, ", %s at %s", crash->access, crash->fault_address);
    mp_strbuf_addf(buf, " (%s%s)", crash->fault_class,
                   crash->address_is_derived ? ", derived from the registers" : "");
}

/* What was there and is not kept. */
static void add_cuts(const struct mp_show_crash *shown, struct mp_text *text) {
    const struct mp_crash_facts *crash = &shown->crash;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_line_write_cut(crash->thread_count,
                      (int64_t)crash->thread_count + crash->threads_missed, "threads",
                      &line);
    mp_line_write_cut(shown->image_count,
                      (int64_t)shown->image_count + crash->modules_missed, "modules",
                      &line);
    if (line.len > 0)
        mp_line_item(text, "kept", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_crash(const struct mp_show *show, const struct mp_show_crash *shown,
                      struct mp_text *text) {
    const struct mp_crash_facts *crash = &shown->crash;
    const struct mp_signature_facts *signature = &crash->signature;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s %lld: %s", crash->kind, (long long)crash->id,
                   crash->signal == 0   ? "all threads, sampled before the kill"
                   : signature->id != 0 ? signature->title
                                        : crash->signal_name);
    mp_line_title(text, line.text);
    mp_strbuf_clear(&line);
    write_stop(crash, &line);
    mp_line_item(text, "stopped by", MP_PLAIN, line.text);
    mp_strbuf_clear(&line);
    if (signature->id != 0) {
        mp_strbuf_addf(&line, "signature %lld, family %s: %s", (long long)signature->id,
                       signature->family, signature->key);
        mp_line_item(text, "named", MP_DIM, line.text);
    }
    if (crash->other_key != NULL)
        mp_line_item(text, "other side", MP_PLAIN, crash->other_key);
    if (crash->unread != NULL)
        mp_line_item(text, "not read", MP_PLAIN, crash->unread);
    add_cuts(shown, text);
    add_sides(show, text);
    add_submitters(show, crash, text);
    add_threads(show, crash, text);
    add_images(shown, text);
    mp_strbuf_release(&line);
}

void mp_show_add_crashes(const struct mp_show *show, struct mp_text *text) {
    for (size_t i = 0; i < show->crash_count; i++)
        if (mp_show_includes(show, &show->crash[i].crash))
            add_crash(show, &show->crash[i], text);
}

static void add_event(const struct mp_event_row *event, int64_t end_ns, bool is_open,
                      struct mp_text *text) {
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    mp_strbuf_addf(&part, "%.3f", (double)(event->t_ns - end_ns) / 1000.0);
    mp_text_right(text, MP_DIM, 14, part.text);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_strbuf_clear(&part);
    mp_show_write_thread(event->thread, &part);
    mp_text_left(text, MP_PLAIN, 12, part.text);
    mp_text_add(text, MP_DIM, " %ss ", event->phase);
    mp_strbuf_clear(&part);
    mp_strbuf_addf(&part, "%s on ", event->op);
    mp_show_write_object(event, &part);
    if (strcmp(event->phase, "leave") == 0 && strcmp(event->op, "gate") != 0 &&
        strcmp(event->arg, "0") != 0)
        mp_strbuf_addf(&part, ", status %s", event->arg);
    mp_text_add(text, is_open ? MP_BOLD : MP_PLAIN, "%s%s", part.text,
                is_open ? ", and never returned" : "");
    mp_text_end(text);
    mp_strbuf_release(&part);
}

static void add_ends(const struct mp_show *show, struct mp_text *text) {
    if (show->thread_count > 0)
        mp_line_title(text, "Where each thread was at the end");
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *thread = &show->thread[i];
        const struct mp_event_row *call = mp_show_in_flight(show, thread->thread);
        struct mp_strbuf part;
        mp_strbuf_init(&part);
        mp_show_write_thread(thread->thread, &part);
        if (strcmp(thread->object, "0") != 0)
            mp_strbuf_addf(&part, " (%s)", thread->object);
        mp_text_add(text, MP_PLAIN, "     ");
        mp_text_left(text, MP_PLAIN, 22, part.text);
        mp_strbuf_clear(&part);
        if (call != NULL)
            write_call(call, &part);
        else
            mp_strbuf_addstr(&part, strcmp(thread->arg, "0") == 0 ? "made no call"
                                                                  : "outside the driver");
        if (strcmp(thread->phase, "recording") == 0)
            mp_strbuf_addstr(&part, ", stopped inside the recorder");
        mp_text_add(text, call != NULL ? MP_BOLD : MP_DIM, "%s", part.text);
        mp_text_end(text);
        mp_strbuf_release(&part);
    }
}

void mp_show_add_events(const struct mp_show *show, struct mp_text *text) {
    size_t shown = 0, count = show->event_count;
    if (count > 0)
        mp_line_title(text,
                      "The last device calls, in order of time (µs before the last)");
    for (size_t i = 0; i < count; i++) {
        const struct mp_event_row *event = &show->event[i];
        /* A call that never returned is shown however old it is. */
        bool is_open = mp_show_in_flight(show, event->thread) == event;
        if (i + EVENTS_SHOWN >= count || is_open) {
            add_event(event, show->event[count - 1].t_ns, is_open, text);
            shown++;
        }
    }
    if (count > shown) {
        mp_text_add(text, MP_DIM,
                    "     %zu earlier calls are kept: see --trace and --json",
                    count - shown);
        mp_text_end(text);
    }
    add_ends(show, text);
}
