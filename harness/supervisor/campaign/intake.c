/* Turns a report of the operating system into rows. Reads no file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mp_status mp_intake_report(struct mp_store *store, const char *path,
                                const struct mp_os_report *report,
                                struct mp_os_report_place *ret_place, char *ret_title,
                                struct mp_error *err) {
    struct mp_signature signature;
    bool has_signature = mp_os_report_sign(report, &signature);
    struct mp_signature_row named = {
        .key = signature.key, .title = signature.title, .family = signature.family};
    char *whole = realpath(path, NULL);
    struct mp_os_report_row row = {
        .incident = report->incident,
        .sha256 = report->sha256,
        .path = whole != NULL ? whole : path,
        .bug_type = report->bug_type,
        .kind = mp_os_report_kind_name(report->kind),
        .what = report->what,
        .form = report->form,
        .process = report->process,
        .os_build = report->os_build,
        .model = report->model,
        .message = report->message,
        .message_bytes =
            report->message_total > strlen(report->message) ? report->message_total : 0,
        .exception_type = report->exception_type,
        .exception_codes = report->exception_codes,
        .termination = report->termination,
        .has_termination_code = report->has_termination_code,
        .termination_code = report->termination_code,
        .pid = report->pid,
        .launched_wall_ns = report->launched_wall_ns,
        .captured_wall_ns = report->captured_wall_ns,
        .is_truncated = report->is_truncated,
        .bytes_read = report->bytes_read,
        .bytes_total = report->bytes_total,
        .lines_cut = report->lines_cut,
        .file_bytes = report->file_bytes,
        .file_len = report->file_len,
        .crash = report->crash,
        .signature = has_signature ? &named : NULL,
    };
    enum mp_status status =
        mp_store_os_report(store, &row, MP_INTAKE_ROUND_PROCESS, ret_place, err);
    if (status == MP_OK)
        snprintf(ret_title, MP_INTAKE_TITLE_MAX, "%.255s",
                 has_signature ? signature.title : report->message);
    free(whole);
    return status;
}
