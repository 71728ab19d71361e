/* The debugger's side on macOS: not there yet. It says so, and rounds run untraced;
 * Apple's own crash reports appear as ever.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/capture.h"

#include <stddef.h>

enum mp_status mp_capture_probe(struct mp_error *err) {
    return mp_error_set(
        err, MP_UNSUPPORTED,
        "capture on macOS is not written yet; Apple's own reports still appear in "
        "~/Library/Logs/DiagnosticReports");
}

enum mp_status mp_capture_attach(pid_t pid, struct mp_capture **ret_capture,
                                 struct mp_error *err) {
    (void)pid;
    (void)ret_capture;
    return mp_capture_probe(err);
}

enum mp_capture_event mp_capture_handle(struct mp_capture *capture, pid_t tid,
                                        int status) {
    (void)capture;
    (void)tid;
    (void)status;
    return MP_CAPTURE_FOREIGN;
}

bool mp_capture_child_crashed(const struct mp_capture *capture) {
    (void)capture;
    return false;
}

size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids,
                           size_t max) {
    (void)capture;
    (void)ret_pids;
    (void)max;
    return 0;
}

void mp_capture_kill(struct mp_capture *capture) {
    (void)capture;
}

void mp_capture_detach(pid_t tid) {
    (void)tid;
}

struct mp_crash *mp_capture_sample(struct mp_capture *capture, unsigned number) {
    (void)capture;
    (void)number;
    return NULL;
}

struct mp_crash *mp_capture_take(struct mp_capture *capture) {
    (void)capture;
    return NULL;
}

void mp_capture_close(struct mp_capture *capture) {
    (void)capture;
}
