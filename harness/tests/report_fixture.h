/* Reports of the operating system for tests: the files of reports/, and those made of a
 * text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_REPORT_FIXTURE_H
#define MP_TESTS_REPORT_FIXTURE_H

#include "harness/supervisor/capture/os_report.h"

#define REPORT_HEADER                                                                    \
    "{\"bug_type\":\"309\",\"incident_id\":\"5EEDC0DE-00FF-4A1B-9C2D-3E4F50617283\"}\n"

/* A file of reports/, which must be readable. */
struct mp_os_report *report_load(const char *name);
/* The bytes of a file of reports/; freed by the caller. */
char *report_bytes(const char *name, size_t *ret_len);
enum mp_status report_parse(const char *text, struct mp_os_report **ret_report,
                            struct mp_error *err);
/* The report with this body behind REPORT_HEADER, which must be readable. */
struct mp_os_report *report_with_body(const char *body);

#endif
