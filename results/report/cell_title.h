/* What a cell is called within its campaign: the scenario with the settings in which it
 * differs from the campaign's other cells of it. What all of them share is said once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CELL_TITLE_H
#define MP_REPORT_CELL_TITLE_H

#include "results/report/rows.h"

/* "mm:threads=8"; "mm" if nothing varies. The setting named `without` is left out, unless
 * that is NULL. */
void mp_cell_title_write(const struct mp_report *report,
                         const struct mp_report_cell *cell, const char *without,
                         struct mp_strbuf *buf);
/* Adds the settings that all cells of the scenario of cell `index` share:
 * "mm:iters=10,n=256". False, with nothing added, if there are none, or an earlier cell
 * has the scenario. */
bool mp_cell_title_write_shared(const struct mp_report *report, size_t index,
                                struct mp_strbuf *buf);

#endif
