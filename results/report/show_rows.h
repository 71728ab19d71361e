/* A round, crash or signature in full, read once for text, JSON and trace.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SHOW_ROWS_H
#define MP_REPORT_SHOW_ROWS_H

#include "results/report/facts.h"
#include "results/report/figures.h"
#include "results/report/loaded.h"
#include "results/report/show.h"

/* An event of the flight recorder, or (seq 0) a thread of it: the schema says how. */
struct mp_event_row {
    int64_t thread, seq, t_ns;
    char *op, *phase, *object, *arg;
};

struct mp_image_row {
    char *path, *base, *module_id;
    int64_t size;
};

struct mp_show_crash {
    struct mp_crash_facts crash;
    struct mp_image_row *image; /* modules, by address */
    size_t image_count;
};

/* A cell that a signature occurs in. */
struct mp_hit_row {
    int64_t id, failed, rounds;
    char *device, *scenario, *params, *arm, *spec_hash;
    char *cell; /* "mm:n=256,threads=8" */
};

/* All crashes of a signature. */
struct mp_statistics_row {
    int64_t count, rounds, first_round, last_round; /* wall clock */
    char *first_at, *last_at;
    int64_t reports, last_report; /* imported; they enter no rate */
};

/* What its campaign keeps of rounds like one whose detail was dropped. */
struct mp_kept_row {
    int64_t keep_first, keep_newest;
    int64_t first, last; /* rounds; MP_FIELD_NULL: none */
};

struct mp_show {
    struct mp_query query;
    int64_t round_id; /* of the round or crash; of a signature the newest round, or 0 */
    int64_t crash_id; /* that is shown; 0: all of the round */
    struct mp_signature_facts signature; /* id 0: none was asked for */
    struct mp_statistics_row statistics;
    /* of the signature's crashes, the most frequent first */
    struct mp_address_facts *address;
    size_t address_count;
    struct mp_hit_row *hit;
    size_t hit_count;
    struct mp_round_facts round;
    struct mp_kept_row kept;
    struct mp_loaded_list modules;
    struct mp_figures figures;   /* of the round */
    struct mp_show_crash *crash; /* all of the round */
    size_t crash_count;
    struct mp_event_row *thread; /* of the recorder */
    size_t thread_count;
    struct mp_event_row *event; /* in the order of time */
    size_t event_count;
};

extern const struct mp_fields mp_event_fields, mp_image_fields, mp_hit_fields,
    mp_statistics_fields;

/* MP_NOT_FOUND if there is no such row. Must be released, even after a failure. */
enum mp_status mp_show_load(struct mp_show *show, struct mp_store *store,
                            const struct mp_show_options *options, struct mp_error *err);
void mp_show_release(struct mp_show *show);

/* Whether this crash of the round is to be shown. */
bool mp_show_includes(const struct mp_show *show, const struct mp_crash_facts *crash);
/* Whether the round itself started the thread: it is one of its flight recorder. */
bool mp_show_is_of_round(const struct mp_show *show,
                         const struct mp_thread_facts *thread);
/* What mp_thread_facts_started_by says of a thread that is not of the round, else
 * NULL. */
const char *mp_show_started_by(const struct mp_show *show,
                               const struct mp_thread_facts *thread);
/* The newest call by which `thread` handed work to the driver (a commit, an op of a
 * user's program) and for which it has not waited to the end; NULL: there is none. */
const struct mp_event_row *mp_show_submission(const struct mp_show *show, int64_t thread);
/* Whether the fault was on a thread that the round did not start, so that it was in work
 * which some call had handed to the driver. */
bool mp_show_is_of_submission(const struct mp_show *show,
                              const struct mp_crash_facts *crash);
/* The event of the same thread that follows event `index`; NULL: there is none. */
const struct mp_event_row *mp_show_next_event(const struct mp_show *show, size_t index);
/* The call that a thread of the recorder was in at the end; NULL: in none. */
const struct mp_event_row *mp_show_in_flight(const struct mp_show *show, int64_t thread);
/* The crash in which a thread of the recorder, given by its row, is a faulting one; NULL:
 * there is none. */
const struct mp_crash_facts *mp_show_crash_of(const struct mp_show *show,
                                              const struct mp_event_row *thread);
/* "main thread", "worker 3"; and what a call worked on: "a buffer", "stream 2". */
void mp_show_write_thread(int64_t thread, struct mp_strbuf *buf);
void mp_show_write_object(const struct mp_event_row *event, struct mp_strbuf *buf);

#endif
