/* Scales.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/page/axis.h"

#include <math.h>

#define MARKS_WANTED 5

double mp_axis_place(struct mp_axis axis, double value) {
    double low = axis.low, high = axis.high;
    if (isnan(value))
        return 0.0;
    if (axis.is_log) {
        low = log(low);
        high = log(high);
        value = value > 0 ? log(value) : low;
    }
    return 100.0 * fmin(1.0, fmax(0.0, (value - low) / (high - low)));
}

double mp_axis_round_up(double value) {
    static const double steps[] = {1.0, 2.0, 5.0, 10.0};
    if (!(value > 0) || isinf(value))
        return 1.0;
    double power = pow(10.0, floor(log10(value)));
    for (int i = 0; i < 4; i++)
        if (steps[i] * power >= value * (1.0 - 1e-9))
            return steps[i] * power;
    return 10.0 * power;
}

static size_t log_marks(struct mp_axis axis, double ret_mark[MP_AXIS_MARKS_MAX]) {
    size_t count = 0;
    double decades = log10(axis.high / axis.low);
    double step = pow(10.0, ceil(fmax(1.0, decades / (MP_AXIS_MARKS_MAX - 2))));
    double mark = pow(10.0, ceil(log10(axis.low) - 1e-9));
    for (; mark <= axis.high * (1.0 + 1e-9) && count < MP_AXIS_MARKS_MAX; mark *= step)
        ret_mark[count++] = mark;
    return count;
}

size_t mp_axis_marks(struct mp_axis axis, double ret_mark[MP_AXIS_MARKS_MAX]) {
    size_t count = 0;
    if (axis.is_log)
        return log_marks(axis, ret_mark);
    double step = mp_axis_round_up((axis.high - axis.low) / MARKS_WANTED);
    double first = ceil(axis.low / step - 1e-9);
    for (; first * step <= axis.high + step * 1e-9 && count < MP_AXIS_MARKS_MAX; first++)
        ret_mark[count++] = first * step + 0.0; /* no -0 */
    return count;
}
