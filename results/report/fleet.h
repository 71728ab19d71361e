/* The runs of a fleet: several machines that share one run, each with a database of its
 * own, after a merge. A build is one system, driver and kind of machine with one version
 * of mpstress (rule 2 of view pool in schema.sql).
 *
 * The claim is about each build by itself and is met when it is met on every one. Within
 * a build the rounds of its machines are added up, which is said: the rate is then that
 * of rounds drawn from these machines in the proportion in which they ran. Builds are
 * never added up. What is guaranteed is in results/stats/evidence.h, whose condition that
 * all rounds that were begun have ended is kept so: while a run still runs nothing is
 * met, and a run whose machine is gone counts as many failures as it had rounds in
 * flight. Earlier tries of the claim count as they do for a run of one machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FLEET_H
#define MP_REPORT_FLEET_H

#include "harness/base/strbuf.h"
#include "results/report/query.h"
#include "results/report/verdict.h"
#include "results/stats/evidence.h"

/* The fleet that a report is of: the one that began last. */
#define MP_FLEET_NEWEST                                                                  \
    "(SELECT n.fleet FROM fleet_member AS n JOIN campaign AS b ON b.id = n.campaign_id"  \
    " ORDER BY b.started_at DESC, b.id DESC LIMIT 1)"

struct mp_fleet_options {
    bool all;       /* every campaign that may be pooled, not the newest fleet */
    bool has_ended; /* none of its runs goes on, whatever their state says */
    bool use_colour, use_ascii;
    unsigned width; /* columns of the terminal, 0: 100 */
};

/* Texts are owned. */
struct mp_fleet_build {
    int64_t environment_id;
    char *version, *os, *os_build, *cpu, *gpu, *driver, *driver_id;
    char name[8]; /* "A", "B", ... */
    size_t machines;
};

/* One cell on one build: of one machine, or of all together. */
struct mp_fleet_row {
    size_t build;  /* into `build` */
    char *machine; /* owned; NULL: all of the build together */
    int64_t cell_id;
    char *title, *arm,
        *device; /* owned by the rows of machines, borrowed by the others */
    enum mp_role role;
    uint64_t campaigns, running; /* runs, and those of them that have not ended */
    uint64_t rounds, failures, no_verdict, no_overlap, skipped, without_power;
    uint64_t in_flight;                 /* rounds that those may have had, at most */
    size_t machines;                    /* that are in it */
    struct mp_evidence_earlier earlier; /* tries of the claim; of all together only */
};

struct mp_fleet {
    const struct mp_fleet_options *options; /* borrowed */
    struct mp_query query;
    char *name;       /* of the newest fleet, or "all"; NULL: there is none */
    char *claim_text; /* NULL: none was made */
    struct mp_claim claim;
    size_t campaigns, running; /* runs, and those that have not ended */
    size_t machines;           /* of all builds */
    size_t left_out;           /* replays, and runs whose rounds shared a process */
    struct mp_fleet_build *build;
    size_t build_count;
    /* By build and cell (with `all` by cell and build): the machines, then all of that
     * build together. */
    struct mp_fleet_row *row;
    size_t row_count;
    struct mp_evidence evidence; /* of the rows "together", in their order */
    enum mp_decision decision;   /* what would stand if all runs had ended */
    enum mp_verdict verdict;
};

/* Reads the newest fleet of the database and judges it. Must be released, even after a
 * failure. */
enum mp_status mp_fleet_load(struct mp_fleet *fleet, struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_error *err);
void mp_fleet_release(struct mp_fleet *fleet);
/* The k-th of the rows "together", which `evidence` counts by. */
const struct mp_fleet_row *mp_fleet_together(const struct mp_fleet *fleet, size_t k);
/* Its counts as the rule of the evidence takes them. */
struct mp_evidence_cell mp_fleet_counts(const struct mp_fleet *fleet,
                                        const struct mp_fleet_row *row);
/* Earlier tries of the claim in this database, about the cell of a row "together" on the
 * system of its build: other fleets, each one try, and runs of one machine. */
void mp_fleet_count_tries(struct mp_fleet *fleet, struct mp_fleet_row *row);
/* The row that was tried most often before; NULL if none was. */
const struct mp_fleet_row *mp_fleet_most_tried(const struct mp_fleet *fleet);
/* The verdict's reason in one sentence. */
void mp_fleet_write_reason(const struct mp_fleet *fleet, struct mp_strbuf *buf);

enum mp_status mp_fleet_text(struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err);
enum mp_status mp_fleet_json(struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err);

#endif
