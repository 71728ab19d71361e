/* Rounds, crashes and their stacks as read by all views. All texts are owned and may be
 * NULL if their column may.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FACTS_H
#define MP_REPORT_FACTS_H

#include "harness/base/text.h"
#include "results/report/fields.h"

/* What a driver said about itself; all NULL: nothing. */
struct mp_driver_facts {
    char *name, *gpu, *path, *build_id, *facts;
};

struct mp_signature_facts {
    int64_t id; /* 0: there is none */
    char *key, *title, *family;
};

/* A round with its cell, and the detail kept if it did not pass. */
struct mp_round_facts {
#define MP_ROUND_COLUMN(member, kind) MP_FIELD_TYPE_##kind member;
#include "results/report/round.def"
#undef MP_ROUND_COLUMN
    int64_t cell_id;
    int64_t number;          /* by which it was begun in its campaign */
    char *class;             /* of the outcome: "failure" and so on */
    char *spec, *stderr_end; /* the end of its stderr ... */
    int64_t stderr_bytes;    /* ... of so many; MP_FIELD_NULL: all of it */
    bool detail_dropped;     /* its campaign keeps only some, not this one */
    char *device, *scenario, *params, *arm, *spec_hash; /* of its cell */
    char *cell;                                         /* "mm:n=256,threads=8" */
    char *role; /* NULL: its campaign has no such cell */
    char *fix;  /* the library that its arm injects */
    struct mp_driver_facts driver;
    struct mp_signature_facts signature; /* id 0: it has none */
};

struct mp_frame_facts {
    int64_t depth, offset, line;
    int64_t symbol_bytes; /* of the symbol before it was shortened */
    char *pc, *module, *module_id, *symbol, *file;
};

struct mp_thread_facts {
    int64_t tid, signal;
    int64_t frames_total; /* kept or not */
    char *name;
    char *registers, *register_words; /* JSON; "x0=0x1 x1=0x2" */
    bool faulting;
    struct mp_frame_facts *frame;
    size_t frame_count;
};

struct mp_crash_facts {
    int64_t id, round_id, signal, code, tid, threads_missed, modules_missed;
    char *kind, *signal_name, *fault_address, *access, *fault_class, *other_key;
    char *unread; /* NULL: all was read */
    bool address_is_derived;
    struct mp_signature_facts signature;
    struct mp_thread_facts *thread;
    size_t thread_count;
};

struct mp_address_facts {
    char *address; /* NULL: the crashes that have none */
    int64_t count;
};

extern const struct mp_fields mp_driver_fields, mp_round_fields,
    mp_round_columns, /* those of round.def; mp_round_fields has all */
    mp_frame_fields, mp_thread_fields, mp_signature_fields, mp_crash_fields,
    mp_address_fields;

/* False: there is no such round. Must be released in any case. */
bool mp_round_facts_load(struct mp_query *query, int64_t round_id,
                         struct mp_round_facts *ret);
void mp_round_facts_release(struct mp_round_facts *round);
/* The facts of a driver, "gpu=Apple M4 · driver=PATH · driver_id=ID", optionally
 * preceded by the device name and followed by the settings in force. */
void mp_driver_facts_write(const struct mp_driver_facts *driver, bool has_name,
                           bool has_settings, struct mp_strbuf *buf);
/* Why a round has no stacks, in words; NULL if it was traced. */
const char *mp_round_facts_untraced(const struct mp_round_facts *round);

/* Reads a crash with its signature and the frames of the thread that stopped first, or of
 * all threads: those with a fault first. */
void mp_crash_facts_load(struct mp_query *query, int64_t crash_id, bool has_all_threads,
                         struct mp_crash_facts *ret);
void mp_crash_facts_release(struct mp_crash_facts *crash);
/* The thread that stopped first; NULL if it is not known. */
const struct mp_thread_facts *mp_crash_facts_stopped(const struct mp_crash_facts *crash);

/* File name of the library that started the thread, by the oldest frames of its stack: a
 * thread inherits the name of the one that made it, so that a driver's may be called like
 * a worker. NULL: the program itself did, or the stack does not tell. */
const char *mp_thread_facts_started_by(const struct mp_thread_facts *thread);

/* "encoder.c:49"; the file alone if no line is known. */
void mp_frame_facts_add_source(const struct mp_frame_facts *frame, struct mp_strbuf *buf);
/* One line, or two where one is too short. */
#define MP_FRAME_INDENT 11
void mp_frame_facts_add(const struct mp_frame_facts *frame, bool is_first,
                        struct mp_text *text);

#endif
