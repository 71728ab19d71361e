/* Figures over nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_MEASURE_H
#define MP_REPORT_NIGHTS_MEASURE_H

#include "results/report/nights_rows.h"

/* Computes the figures over the nights that were read. */
enum mp_status mp_nights_measure(struct mp_nights *nights, struct mp_error *err);

#endif
