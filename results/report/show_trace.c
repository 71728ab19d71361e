/* The last events of a round as Chrome's trace JSON. Only what Perfetto is known to read:
 * M, B, X, C, i, s and t. Times are microseconds since the first event that was kept; a
 * call that never returned is a B without an end; a return whose call is no longer in the
 * ring is left out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/json.h"
#include "results/report/show_rows.h"

/* A call: its start and, unless open, its duration. */
struct call {
    const struct mp_event_row *event, *end; /* end NULL: it is open */
    double at_us, took_us;
};

/* A record, sorted by time, then rank, then arrival. */
struct record {
    double at_us;
    int rank;
    size_t number;
    struct json_object *object;
};

struct trace {
    const struct mp_show *show;
    struct call *call;
    size_t call_count;
    struct record *record;
    size_t record_count;
};

/* Adds a record with the common members; metadata has no time. */
static struct json_object *add(struct trace *trace, double at_us, int rank,
                               const char *kind, const char *category, const char *name,
                               int64_t thread) {
    struct json_object *object = mp_json_object();
    trace->record =
        mp_memory_resize(trace->record, trace->record_count + 1, sizeof(*trace->record));
    trace->record[trace->record_count] = (struct record){
        .at_us = at_us, .rank = rank, .number = trace->record_count, .object = object};
    trace->record_count++;
    mp_json_add_text(object, "ph", kind);
    if (category != NULL)
        mp_json_add_text(object, "cat", category);
    mp_json_add_text(object, "name", name);
    mp_json_add_integer(object, "pid", 1);
    mp_json_add_integer(object, "tid", thread);
    if (at_us >= 0)
        mp_json_add_number(object, "ts", at_us);
    return object;
}

static void load_calls(struct trace *trace) {
    const struct mp_show *show = trace->show;
    trace->call = mp_memory_zeroed(show->event_count + 1, sizeof(*trace->call));
    for (size_t i = 0; i < show->event_count; i++) {
        const struct mp_event_row *event = &show->event[i];
        if (strcmp(event->phase, "enter") != 0)
            continue;
        const struct mp_event_row *end = mp_show_next_event(show, i);
        trace->call[trace->call_count++] = (struct call){
            .event = event,
            .end = end,
            .at_us = (double)(event->t_ns - show->event[0].t_ns) / 1000.0,
            .took_us = end != NULL ? (double)(end->t_ns - event->t_ns) / 1000.0 : 0};
    }
}

static void add_names(struct trace *trace) {
    const struct mp_show *show = trace->show;
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_strbuf_addf(&name, "round %lld", (long long)show->round_id);
    struct json_object *process = add(trace, -1, 0, "M", NULL, "process_name", 0);
    mp_json_add_text(mp_json_add_object(process, "args"), "name", name.text);
    for (size_t i = 0; i < show->thread_count; i++) {
        int64_t thread = show->thread[i].thread;
        bool has_crashed = mp_show_crash_of(show, &show->thread[i]) != NULL;
        mp_strbuf_clear(&name);
        mp_show_write_thread(thread, &name);
        mp_strbuf_addstr(&name, has_crashed ? " (crashed)" : "");
        struct json_object *title = add(trace, -1, 1, "M", NULL, "thread_name", thread);
        mp_json_add_text(mp_json_add_object(title, "args"), "name", name.text);
        struct json_object *place =
            add(trace, -1, 2, "M", NULL, "thread_sort_index", thread);
        mp_json_add_integer(mp_json_add_object(place, "args"), "sort_index",
                            has_crashed ? -1 : thread);
    }
    mp_strbuf_release(&name);
}

static void add_calls(struct trace *trace) {
    for (size_t i = 0; i < trace->call_count; i++) {
        const struct call *call = &trace->call[i];
        const struct mp_event_row *event = call->event;
        struct json_object *record =
            add(trace, call->at_us, 3, call->end != NULL ? "X" : "B", "op", event->op,
                event->thread);
        if (call->end != NULL)
            mp_json_add_number(record, "dur", call->took_us);
        struct json_object *args = mp_json_add_object(record, "args");
        mp_json_add_integer(args, "call", event->seq);
        mp_fields_add(&mp_event_fields, event, "object arg", args);
        if (call->end != NULL)
            mp_json_add_text(args, "status", call->end->arg);
    }
}

/* A thread enters or leaves the device. */
struct step {
    double at_us;
    int way; /* 1: in, -1: out */
    int64_t thread;
};

static int compare_steps(const void *left, const void *right) {
    const struct step *a = left, *b = right;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    if (a->way != b->way)
        return a->way - b->way;
    return (a->thread > b->thread) - (a->thread < b->thread);
}

/* Threads inside the device. */
static void add_counter(struct trace *trace) {
    size_t count = 0;
    int inside = 0;
    struct step *steps = mp_memory_zeroed(2 * trace->call_count + 1, sizeof(*steps));
    for (size_t i = 0; i < trace->call_count; i++) {
        const struct call *call = &trace->call[i];
        steps[count++] = (struct step){call->at_us, 1, call->event->thread};
        if (call->end != NULL)
            steps[count++] =
                (struct step){call->at_us + call->took_us, -1, call->event->thread};
    }
    qsort(steps, count, sizeof(*steps), compare_steps);
    for (size_t i = 0; i < count; i++) {
        inside += steps[i].way;
        struct json_object *record =
            add(trace, steps[i].at_us, 4, "C", NULL, "inside", 0);
        mp_json_add_integer(mp_json_add_object(record, "args"), "threads", inside);
    }
    free(steps);
}

static bool is_on_stream(const struct call *call) {
    return strcmp(call->event->op, "buffer_create") != 0;
}

static double middle(const struct call *call) {
    return call->at_us + call->took_us / 2;
}

/* One flow for each stream used by more than one thread; its steps lie inside the
 * calls. */
static void add_chains(struct trace *trace) {
    for (size_t i = 0; i < trace->call_count; i++) {
        const struct call *call = &trace->call[i];
        bool is_shared = false, is_first = true;
        for (size_t j = 0; j < trace->call_count && is_on_stream(call); j++) {
            const struct call *other = &trace->call[j];
            if (!is_on_stream(other) ||
                strcmp(other->event->object, call->event->object) != 0)
                continue;
            is_shared = is_shared || other->event->thread != call->event->thread;
            is_first = is_first && (middle(other) > middle(call) ||
                                    (middle(other) == middle(call) &&
                                     other->event->thread >= call->event->thread));
        }
        if (is_shared) {
            char name[64];
            snprintf(name, sizeof(name), "stream %s", call->event->object);
            struct json_object *record = add(trace, middle(call), 5, is_first ? "s" : "t",
                                             "stream", name, call->event->thread);
            mp_json_add_integer(record, "id", strtoll(call->event->object, NULL, 10));
        }
    }
}

static void add_crash(struct trace *trace) {
    const struct mp_show *show = trace->show;
    double end_us =
        (double)(show->event[show->event_count - 1].t_ns - show->event[0].t_ns) / 1000.0;
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_crash_facts *crash = mp_show_crash_of(show, &show->thread[i]);
        if (crash == NULL)
            continue;
        struct mp_strbuf name;
        mp_strbuf_init(&name);
        mp_strbuf_addstr(&name, crash->signal_name);
        if (crash->fault_address != NULL)
            mp_strbuf_addf(&name, " %s", crash->fault_address);
        struct json_object *record =
            add(trace, end_us, 6, "i", "crash", name.text, show->thread[i].thread);
        mp_json_add_text(record, "s", "p");
        mp_strbuf_release(&name);
    }
}

static int compare_records(const void *left, const void *right) {
    const struct record *a = left, *b = right;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank - b->rank;
    return (a->number > b->number) - (a->number < b->number);
}

static void write_trace(const struct mp_show *show, struct mp_strbuf *buf) {
    struct trace trace = {.show = show};
    load_calls(&trace);
    add_names(&trace);
    add_calls(&trace);
    add_counter(&trace);
    add_chains(&trace);
    add_crash(&trace);
    qsort(trace.record, trace.record_count, sizeof(*trace.record), compare_records);
    char campaign[24], round[24];
    snprintf(campaign, sizeof(campaign), "%lld", (long long)show->round.campaign_id);
    snprintf(round, sizeof(round), "%lld", (long long)show->round_id);
    struct json_object *document = mp_json_object();
    mp_json_add_text(document, "displayTimeUnit", "ns");
    struct json_object *other = mp_json_add_object(document, "otherData");
    mp_json_add_text(other, "tool", "mpstress");
    mp_json_add_text(other, "run", campaign);
    mp_json_add_text(other, "round", round);
    mp_json_add_text(other, "outcome", show->round.outcome);
    struct json_object *events = mp_json_add_array(document, "traceEvents");
    for (size_t i = 0; i < trace.record_count; i++)
        mp_json_add(events, NULL, trace.record[i].object);
    mp_json_print(document, buf);
    free(trace.call);
    free(trace.record);
}

enum mp_status mp_show_trace(struct mp_store *store,
                             const struct mp_show_options *options, struct mp_strbuf *buf,
                             struct mp_error *err) {
    if (options->kind == MP_SHOW_SIGNATURE)
        return mp_error_set(
            err, MP_USAGE,
            "--trace: a signature spans many rounds; find one with 'mpstress show "
            "signature %lld', then 'mpstress show round N --trace FILE'",
            (long long)options->id);
    struct mp_show show;
    bool has_calls = false;
    enum mp_status status = mp_show_load(&show, store, options, err);
    for (size_t i = 0; i < show.event_count; i++)
        has_calls = has_calls || strcmp(show.event[i].phase, "enter") == 0;
    if (status == MP_OK && has_calls)
        write_trace(&show, buf);
    else if (status == MP_OK)
        status = mp_error_set(
            err, MP_NOT_FOUND,
            "round %lld has no recorded events: only rounds that ran with the recorder "
            "and did not pass keep them",
            (long long)show.round_id);
    mp_show_release(&show);
    return status;
}
