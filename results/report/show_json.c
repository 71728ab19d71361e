/* The same as one JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "results/report/json.h"
#include "results/report/show_rows.h"

#define CELL_NAMES "device scenario params arm spec_hash"

static void add_signature(const struct mp_show *show, struct json_object *to) {
    mp_fields_add(&mp_signature_fields, &show->signature, NULL,
                  mp_json_add_object(to, "signature"));
    mp_fields_add(&mp_statistics_fields, &show->statistics, NULL,
                  mp_json_add_object(to, "statistics"));
    mp_fields_add_list(&mp_address_fields, show->address, show->address_count, NULL, to,
                       "fault_addresses");
    struct json_object *cells = mp_json_add_array(to, "cells");
    for (size_t i = 0; i < show->hit_count; i++) {
        struct json_object *object = mp_json_add_object(cells, NULL);
        mp_fields_add(&mp_hit_fields, &show->hit[i], "id " CELL_NAMES,
                      mp_json_add_object(object, "cell"));
        mp_fields_add(&mp_hit_fields, &show->hit[i], "failed rounds", object);
    }
}

static void add_round(const struct mp_show *show, struct json_object *to) {
    const struct mp_round_facts *round = &show->round;
    if (show->round_id == 0) {
        mp_json_add_null(to, "round");
        return;
    }
    struct json_object *object = mp_json_add_object(to, "round");
    mp_fields_add(&mp_round_columns, round, NULL, object);
    if (round->driver.name != NULL)
        mp_fields_add(&mp_driver_fields, &round->driver, NULL,
                      mp_json_add_object(object, "driver"));
    else
        mp_json_add_null(object, "driver");
    if (round->signature.id != 0)
        mp_fields_add(&mp_signature_fields, &round->signature, NULL,
                      mp_json_add_object(object, "signature"));
    else
        mp_json_add_null(object, "signature");
    struct json_object *cell = mp_json_add_object(object, "cell");
    mp_json_add_integer(cell, "id", round->cell_id);
    mp_fields_add(&mp_round_fields, round, CELL_NAMES, cell);
    mp_fields_add(&mp_round_fields, round, "spec stderr stderr_bytes detail_dropped",
                  object);
}

/* Whose work the driver's own thread was at; null on a thread of the round. */
static void add_submitters(const struct mp_show *show, const struct mp_crash_facts *crash,
                           struct json_object *to) {
    if (!mp_show_is_of_submission(show, crash)) {
        mp_json_add_null(to, "work_of");
        return;
    }
    struct json_object *list = mp_json_add_array(to, "work_of");
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *commit =
            mp_show_submission(show, show->thread[i].thread);
        if (commit == NULL)
            continue;
        struct json_object *object = mp_json_add_object(list, NULL);
        mp_json_add_integer(object, "thread", commit->thread);
        mp_fields_add(&mp_event_fields, commit, "op object", object);
        mp_json_add_integer(object, "since_ns", commit->t_ns);
    }
}

static void add_crash(const struct mp_show *show, const struct mp_show_crash *shown,
                      struct json_object *to) {
    const struct mp_crash_facts *crash = &shown->crash;
    mp_fields_add(&mp_crash_fields, crash,
                  "id kind signal signal_name code fault_address address_is_derived"
                  " access fault_class tid threads_missed modules_missed other_key"
                  " unread",
                  to);
    if (crash->signature.id != 0)
        mp_fields_add(&mp_signature_fields, &crash->signature, NULL,
                      mp_json_add_object(to, "signature"));
    else
        mp_json_add_null(to, "signature");
    add_submitters(show, crash, to);
    struct json_object *threads = mp_json_add_array(to, "threads");
    for (size_t i = 0; i < crash->thread_count; i++) {
        const struct mp_thread_facts *thread = &crash->thread[i];
        struct json_object *object = mp_json_add_object(threads, NULL);
        mp_fields_add(&mp_thread_fields, thread, "tid name faulting signal registers",
                      object);
        mp_json_add_text(object, "started_by", mp_show_started_by(show, thread));
        mp_json_add_integer(object, "frames_total", thread->frames_total);
        mp_fields_add_list(&mp_frame_fields, thread->frame, thread->frame_count, NULL,
                           object, "frames");
    }
    mp_fields_add_list(&mp_image_fields, shown->image, shown->image_count, NULL, to,
                       "modules");
}

static void add_threads(const struct mp_show *show, struct json_object *to) {
    struct json_object *threads = mp_json_add_array(to, "threads");
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *thread = &show->thread[i];
        const struct mp_event_row *call = mp_show_in_flight(show, thread->thread);
        struct json_object *object = mp_json_add_object(threads, NULL);
        mp_json_add_integer(object, "thread", thread->thread);
        mp_json_add_integer(object, "tid", strtoll(thread->object, NULL, 10));
        mp_json_add_integer(object, "recorded", strtoll(thread->arg, NULL, 10));
        if (call != NULL) {
            struct json_object *in_flight = mp_json_add_object(object, "in_flight");
            mp_fields_add(&mp_event_fields, call, "op object", in_flight);
            mp_json_add_integer(in_flight, "since_ns", call->t_ns);
        } else {
            mp_json_add_null(object, "in_flight");
        }
    }
}

enum mp_status mp_show_json(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_show show;
    enum mp_status status = mp_show_load(&show, store, options, err);
    if (status == MP_OK) {
        struct json_object *document = mp_json_document("show", "ok", 0);
        mp_json_add_text(document, "kind", mp_show_kind_name(options->kind));
        if (show.signature.id != 0)
            add_signature(&show, document);
        add_round(&show, document);
        mp_loaded_add_round_json(&show.modules, document);
        struct json_object *crashes = mp_json_add_array(document, "crashes");
        for (size_t i = 0; i < show.crash_count; i++)
            if (mp_show_includes(&show, &show.crash[i].crash))
                add_crash(&show, &show.crash[i], mp_json_add_object(crashes, NULL));
        add_threads(&show, document);
        mp_fields_add_list(&mp_event_fields, show.event, show.event_count, NULL, document,
                           "events");
        mp_json_print(document, buf);
    }
    mp_show_release(&show);
    return status;
}
