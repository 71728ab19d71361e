/* Tables of bug types and first words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/report_kind.h"

#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/report_line.h"

#define LINES_MAX 200 /* of a text that are looked at */

/* clang-format off */
static const struct {
    const char *type;
    enum mp_os_report_kind kind;
    const char *what;
} bug_types[] = {
    {"309", MP_OS_REPORT_CRASH,     "crash of a process"},
    {"109", MP_OS_REPORT_CRASH,     "crash of a process"},
    {"284", MP_OS_REPORT_GPU_EVENT, "event of the GPU"},
    {"184", MP_OS_REPORT_GPU_EVENT, "restart of the GPU"},
    {"21",  MP_OS_REPORT_GPU_EVENT, "restart of the GPU"},
    {"308", MP_OS_REPORT_SIMULATED, "fault that a process logged"},
    {"210", MP_OS_REPORT_OTHER,     "kernel panic"},
    {"110", MP_OS_REPORT_OTHER,     "kernel panic"},
    {"10",  MP_OS_REPORT_OTHER,     "kernel panic"},
    {"151", MP_OS_REPORT_OTHER,     "forced reset of the machine"},
    {"115", MP_OS_REPORT_OTHER,     "count of resets"},
    {"298", MP_OS_REPORT_OTHER,     "lack of memory (jetsam)"},
    {"98",  MP_OS_REPORT_OTHER,     "lack of memory (jetsam)"},
    {"288", MP_OS_REPORT_OTHER,     "sample of all stacks"},
    {"202", MP_OS_REPORT_OTHER,     "warning about processor time"},
    {"206", MP_OS_REPORT_OTHER,     "limit of processor time"},
    {"142", MP_OS_REPORT_OTHER,     "warning about wake-ups"},
    {"145", MP_OS_REPORT_OTHER,     "warning about disk writes"},
    {"327", MP_OS_REPORT_OTHER,     "limit of threads"},
    {"385", MP_OS_REPORT_OTHER,     "fault that a process logged (user fault)"},
    {"222", MP_OS_REPORT_OTHER,     "hang"},
    {"223", MP_OS_REPORT_OTHER,     "hang"},
    {"310", MP_OS_REPORT_OTHER,     "hang"},
    {"228", MP_OS_REPORT_OTHER,     "hang"},
    {"328", MP_OS_REPORT_OTHER,     "hang"},
    {"409", MP_OS_REPORT_OTHER,     "killed by the machine's watchdog"},
    {"313", MP_OS_REPORT_OTHER,     "hang (spin report)"},
    {"225", MP_OS_REPORT_OTHER,     "hang"},
    {"209", MP_OS_REPORT_OTHER,     "hang (spin report)"},
    {"243", MP_OS_REPORT_OTHER,     "resource limit of a process"},
    {"326", MP_OS_REPORT_OTHER,     "warning about wake-ups"},
    {"211", MP_OS_REPORT_OTHER,     "analytics"},
    {"195", MP_OS_REPORT_OTHER,     "note of the power manager"},
    {"120", MP_OS_REPORT_OTHER,     "note of the power manager"},
};

static const struct {
    const char *start, *what;
} first_words[] = {
    {"*** Panic Report ***",      "kernel panic"},
    {"panic(cpu ",                "kernel panic"},
    {"Debugger message: panic",   "kernel panic"},
    {"Panicked task ",            "kernel panic"},
    {"Data Source:",              "sample of all stacks (spindump)"},
    {"Analysis of sampling ",     "sample of the stacks of a process"},
    {"Sampling process ",         "sample of the stacks of a process"},
    {"Heaviest stack for ",       "sample of all stacks (spindump)"},
    {"Event:            hang",    "hang"},
    {"Event:            cpu usage", "limit of processor time"},
    {"Event:            wakeups", "warning about wake-ups"},
    {"Event:            disk writes", "warning about disk writes"},
    {"Free pages:",               "lack of memory (jetsam)"},
    {"Largest process:",          "lack of memory (jetsam)"},
    {"Stackshot",                 "sample of all stacks"},
    {"Sleep Wake Failure",        "failure to sleep or wake"},
};
/* clang-format on */

bool mp_report_kind_of_type(const char *bug_type, struct mp_report_kind *ret_kind) {
    for (size_t i = 0; i < MP_COUNT(bug_types); i++) {
        if (strcmp(bug_types[i].type, bug_type) == 0) {
            *ret_kind = (struct mp_report_kind){bug_types[i].kind, bug_types[i].what};
            return true;
        }
    }
    return false;
}

bool mp_report_kind_of_text(const char *text, size_t len,
                            struct mp_report_kind *ret_kind) {
    struct mp_report_lines lines;
    bool is_known = false;
    mp_report_lines_init(&lines, text, len);
    for (int count = 0; count < LINES_MAX && !is_known && mp_report_lines_next(&lines);
         count++) {
        for (size_t i = 0; i < MP_COUNT(first_words) && !is_known; i++) {
            is_known = mp_report_begins(lines.line, first_words[i].start);
            if (is_known)
                *ret_kind =
                    (struct mp_report_kind){MP_OS_REPORT_OTHER, first_words[i].what};
        }
    }
    mp_report_lines_release(&lines);
    return is_known;
}
