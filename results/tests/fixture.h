/* A database in a folder of its own, and rounds to put into it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_RESULTS_FIXTURE_H
#define MP_RESULTS_FIXTURE_H

#include <sqlite3.h>
#include <stdint.h>

#include "results/store/store.h"

struct fixture {
    char folder[256], path[288];
    struct mp_store *store;
    int64_t environment_id, campaign_id;
    uint64_t seq;
    /* of the next rounds; NULL: all keep their detail */
    const struct mp_retention *retention;
    const struct mp_modules *modules; /* of the next rounds, borrowed; NULL: not known */
};

/* A fresh folder, no file yet. */
void fixture_make_folder(struct fixture *fixture);
/* The folder, an open store, an environment and a running campaign. */
void fixture_open(struct fixture *fixture);
/* Opens the file at `path` (made if absent), with an environment and a running
 * campaign. */
void fixture_attach(struct fixture *fixture, const char *path);
/* Another campaign of the same environment becomes the current one. */
void fixture_begin_campaign(struct fixture *fixture);
/* Closes and removes everything. */
void fixture_close(struct fixture *fixture);

/* "mm:threads=8,n=256" on `device` under `arm`. */
void fixture_spec(struct mp_round_spec *spec, const char *device, const char *scenario,
                  const char *arm);
int64_t fixture_cell(struct fixture *fixture, const struct mp_round_spec *spec,
                     const char *role);

/* One round of `cell_id`, seed 0x1000 + its seq. */
enum mp_status fixture_round(struct fixture *fixture, int64_t cell_id,
                             enum mp_outcome outcome, const struct mp_crash *crash,
                             const struct mp_signature_row *signature,
                             struct mp_error *err);
/* `count` rounds that must be recorded. */
void fixture_rounds(struct fixture *fixture, int64_t cell_id, enum mp_outcome outcome,
                    unsigned count);

/* A segmentation fault at `address` in a method of the model, with two threads and two
 * modules. */
struct mp_crash *fixture_crash(uint64_t address);
extern const struct mp_signature_row FIXTURE_SIGNATURE;

/* Adds what the check of this name finds (mp_store_integrity), a line each; nothing if all
 * is well. */
void fixture_findings(struct mp_store *store, const char *check, struct mp_strbuf *buf);

/* The first value of a query as text, "" for no row and NULL; valid until the next
 * call. */
const char *fixture_text(sqlite3 *db, const char *sql);
int64_t fixture_integer(sqlite3 *db, const char *sql);

#endif
