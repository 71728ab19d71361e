/* What rounds of users' programs cannot show: it depends on what they say.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/wire/device_name.h"
#include "results/report/rows.h"

/* By whether the program counts ops and whether it says when they begin. */
static const char *const notes[] = {
    "of a program that uses neither mpstress.h nor mpstress.py only its end is seen: "
    "crash, abort, hang, exit code, output. Wrong numbers, lost work and threads that "
    "never met are not seen, and such a pass says less than one of a scenario",
    "of a program that counts ops and never says when one begins and ends, threads that "
    "never met are not seen",
    "of a program that says when ops begin and end and counts none as done or wrong, "
    "wrong numbers and lost work are not seen",
    "numbers, lost work and overlap of a program are what it says of itself",
};

/* No parent is told who sent the signal that its child died of, and a program notes no
 * senders, as our rounds do. */
static const char untraced[] =
    "of a program that nobody traced it is not known whether somebody else sent the "
    "signal that it died of: such a SIGABRT counts as an abort, a SIGSEGV as a crash";

enum { COUNTS = 1, HAS_OVERLAP = 2 };

bool mp_report_is_overlap_unknown(const struct mp_report_cell *cell) {
    return mp_device_name_is_program(cell->device) && cell->overlap_max == 0;
}

void mp_report_write_not_shown(const struct mp_report_cell *cell, size_t cell_count,
                               struct mp_strbuf *buf) {
    bool is_said[MP_COUNT(notes)] = {false}, is_untraced = false;
    const char *separator = "";
    for (size_t i = 0; i < cell_count; i++) {
        bool has_overlap = !mp_report_is_overlap_unknown(&cell[i]);
        unsigned kind =
            (cell[i].counts_ops ? COUNTS : 0U) | (has_overlap ? HAS_OVERLAP : 0U);
        if (mp_device_name_is_program(cell[i].device))
            is_said[kind] = true;
        is_untraced |= mp_device_name_is_program(cell[i].device) &&
                       cell[i].untraced_off + cell[i].untraced_refused > 0;
    }
    for (size_t i = 0; i < MP_COUNT(notes); i++)
        if (is_said[i]) {
            mp_strbuf_addf(buf, "%s%s", separator, notes[i]);
            separator = "; ";
        }
    if (is_untraced)
        mp_strbuf_addf(buf, "%s%s", separator, untraced);
}
