/* How fast a campaign's cells were: ops counted, and for cells that differ in nothing but
 * their number of threads, speed-up, efficiency and saturation. For the scenario `batch`,
 * whose requests have n samples, also samples against samples.
 *
 * The time is a round's `run_ns`: from the barrier behind which the threads start to the
 * end of the last one. Opening, kernels, buffers and references are before it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SCALING_H
#define MP_REPORT_SCALING_H

#include "harness/base/text.h"
#include "results/report/dose.h"
#include "results/stats/scaling.h"

/* Ops of one request of the scenario `batch` (scenarios/batch.c). */
#define MP_SCALING_BATCH_OPS 6

/* Of the passing rounds of a cell, in nanoseconds over all threads. */
struct mp_scaling_time {
    double all, in_driver, waiting; /* in_driver: 0 if the recorder was off */
};

struct mp_scaling_curve {
    const struct mp_dose_family *family; /* borrowed: its cells are the points */
    struct mp_scaling_point *point;
    const struct mp_scaling_time **time; /* of each point, borrowed */
    enum mp_saturation saturation;
    size_t saturated; /* index of the point, if MP_SATURATION_AT */
};

/* A cell of `batch`; speeds are samples a second. */
struct mp_scaling_batch {
    const struct mp_report_cell *cell;   /* borrowed */
    bool is_base;                        /* of the fewest samples at a time */
    struct mp_paired_ratio speeds, gain; /* gain: against the base, in the same block */
};

struct mp_scaling {
    struct mp_scaling_curve *curve;
    size_t curve_count;
    struct mp_scaling_batch *batch; /* of one device; none, or more than one */
    size_t batch_count;
    double *speeds; /* ops a second of each cell and block, 0 not measured */
    size_t blocks;
    struct mp_scaling_time *time; /* of each cell */
    double ops_done, ops_planned; /* of all rounds */
};

/* Of a report and its sweeps, which must outlive it. To be released. */
void mp_scaling_load(struct mp_scaling *scaling, struct mp_report *report,
                     const struct mp_dose_sweep *sweep);
void mp_scaling_release(struct mp_scaling *scaling);
/* "at", "none", "unknown" */
const char *mp_scaling_word(enum mp_saturation saturation);
/* A line with the ops of the campaign; nothing without ops. */
void mp_scaling_add_ops(const struct mp_scaling *scaling, struct mp_text *text);
/* A section for each curve, and one for batches; nothing where there is none. */
void mp_scaling_add(const struct mp_scaling *scaling, const struct mp_report *report,
                    struct mp_text *text);
/* The members "ops", "scaling" and "batching" of a document. */
void mp_scaling_add_json(const struct mp_scaling *scaling, struct json_object *to);
/* The same in Markdown; `add` writes a text so that nothing in it is markup. */
void mp_scaling_add_markdown(const struct mp_scaling *scaling,
                             const struct mp_report *report,
                             void (*add)(struct mp_strbuf *buf, const char *text),
                             struct mp_strbuf *buf);

/* "1.9 [1.7, 2.05]", "1.9" without limits, "" without rounds; limits rounded outward. */
void mp_scaling_write_ratio(struct mp_paired_ratio ratio, struct mp_strbuf *buf);

#endif
