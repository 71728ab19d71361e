/* What the arm of a cell is called. The arms of a comparison of programs are stored as
 * "none" and "exec:BUILD COMMAND"; people know them by their commands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CELL_ARM_H
#define MP_REPORT_CELL_ARM_H

#include "results/report/rows.h"

/* Sets `program` of every cell: the command of another program, or of the one whose place
 * another takes in this campaign. */
void mp_cell_arm_load(struct mp_report *report);
/* "arm none"; of a program "program ./trial --fast". */
void mp_cell_arm_write(const struct mp_report_cell *cell, struct mp_strbuf *buf);
/* The same without its first word. */
const char *mp_cell_arm_name(const struct mp_report_cell *cell);

#endif
