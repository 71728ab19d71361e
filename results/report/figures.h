/* The figures of a cell or a round (harness/wire/figure.def): what its arm did, what the
 * gate met, what the stream pool did, what the driver counted about itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FIGURES_H
#define MP_REPORT_FIGURES_H

#include <json-c/json_types.h>

#include "harness/base/text.h"
#include "harness/wire/figure.h"
#include "results/report/query.h"

/* Of one or more rounds. */
struct mp_figures {
    struct {
        double rounds; /* that have this figure */
        double total, most;
    } of[MP_FIGURES];
};

/* Of all rounds of a cell in a campaign, or of one round. */
void mp_figures_load_cell(struct mp_figures *figures, struct mp_query *query,
                          int64_t campaign_id, int64_t cell_id);
void mp_figures_load_round(struct mp_figures *figures, struct mp_query *query,
                           int64_t round_id);

/* Adds a sentence on what the arm ("it"), the gate, the pool or the driver did; nothing
 * if it did nothing and was not expected to. *ret_is_warning, if not NULL: it is one that
 * puts the rate of the cell into doubt. */
void mp_figures_write(const struct mp_figures *figures, enum mp_figure_of of,
                      struct mp_strbuf *buf, bool *ret_is_warning);
/* Adds the member "figures" of a cell: an object for each of its figures. */
void mp_figures_add_json(const struct mp_figures *figures, struct json_object *to);

#endif
