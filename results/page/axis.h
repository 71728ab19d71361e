/* A scale from numbers to places on a picture, with round numbers for its marks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PAGE_AXIS_H
#define MP_PAGE_AXIS_H

#include <stdbool.h>
#include <stddef.h>

/* low < high; on a logarithmic axis both are above 0. */
struct mp_axis {
    double low, high;
    bool is_log;
};

/* From 0 to 100, in percent of the length; what is outside is put at the end, as is
 * what is no number. */
double mp_axis_place(struct mp_axis axis, double value);
#define MP_AXIS_MARKS_MAX 12
/* Round numbers within the axis, rising; returns how many. */
size_t mp_axis_marks(struct mp_axis axis, double ret_mark[MP_AXIS_MARKS_MAX]);
/* The number after `value` that is round: at least `value`, of 1, 2 or 5 and a power of
 * ten. */
double mp_axis_round_up(double value);

#endif
