/* Takes a report apart into its first line and its body, and determines its kind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/os_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/os_report_text.h"

/* Apple's bug types, as its submission settings list them. */
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
    {"385", MP_OS_REPORT_OTHER,     "limit of threads"},
    {"222", MP_OS_REPORT_OTHER,     "hang"},
    {"223", MP_OS_REPORT_OTHER,     "hang"},
    {"310", MP_OS_REPORT_OTHER,     "hang"},
    {"228", MP_OS_REPORT_OTHER,     "hang"},
    {"328", MP_OS_REPORT_OTHER,     "hang"},
    {"409", MP_OS_REPORT_OTHER,     "killed by the machine's watchdog"},
};
/* clang-format on */

static void set_bug_type(struct mp_os_report *report, struct json_object *object) {
    uint64_t number = 0;
    const char *text = mp_json_string(object, "bug_type");
    if (text[0] != '\0')
        snprintf(report->bug_type, sizeof(report->bug_type), "%s", text);
    else if (mp_json_member_number(object, "bug_type", &number))
        snprintf(report->bug_type, sizeof(report->bug_type), "%llu",
                 (unsigned long long)number);
}

/* Facts that both objects may state; the second one takes precedence. */
static void read_identity(struct json_object *object, struct mp_os_report *report) {
    uint64_t simulated = 0;
    struct json_object *mark = mp_json_member(object, "is_simulated", json_type_boolean);
    set_bug_type(report, object);
    mp_os_report_read_incident(mp_json_string(object, "incident_id"), report->incident);
    mp_os_report_read_incident(mp_json_string(object, "incident"), report->incident);
    mp_os_report_build(mp_json_string(object, "os_version"), report->os_build,
                       sizeof(report->os_build));
    const char *name = mp_json_string(object, "app_name");
    if (name[0] == '\0')
        name = mp_json_string(object, "name");
    if (name[0] != '\0')
        snprintf(report->process, sizeof(report->process), "%s", name);
    if ((mp_json_member_number(object, "is_simulated", &simulated) && simulated != 0) ||
        (mark != NULL && json_object_get_boolean(mark)))
        report->kind = MP_OS_REPORT_SIMULATED;
}

/* Decides the kind by the bug type; without one, by the body. */
static void set_kind(struct mp_os_report *report, bool has_crash) {
    bool is_simulated = report->kind == MP_OS_REPORT_SIMULATED;
    report->kind = has_crash && report->bug_type[0] == '\0' ? MP_OS_REPORT_CRASH
                                                            : MP_OS_REPORT_OTHER;
    snprintf(report->what, sizeof(report->what), "%s",
             report->kind == MP_OS_REPORT_CRASH ? "crash of a process"
                                                : "report of another kind");
    for (size_t i = 0; i < MP_COUNT(bug_types); i++) {
        if (strcmp(bug_types[i].type, report->bug_type) == 0) {
            report->kind = bug_types[i].kind;
            snprintf(report->what, sizeof(report->what), "%s", bug_types[i].what);
        }
    }
    if (is_simulated) {
        report->kind = MP_OS_REPORT_SIMULATED;
        snprintf(report->what, sizeof(report->what),
                 "simulated report, the process continued");
    }
}

static bool looks_like_crash(struct json_object *body) {
    static const char *const names[] = {"threads", "exception", "termination",
                                        "faultingThread"};
    struct json_object *member = NULL;
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (json_object_object_get_ex(body, names[i], &member))
            return true;
    return false;
}

/* A JSON body; without one only the first line counts. */
static enum mp_status read_json(struct json_object *body, struct mp_os_report *report,
                                struct mp_error *err) {
    bool has_crash = looks_like_crash(body);
    read_identity(body, report);
    mp_ips_read_facts(body, report);
    set_kind(report, has_crash);
    if (report->kind != MP_OS_REPORT_CRASH)
        return MP_OK;
    if (!has_crash)
        return mp_error_set(err, MP_USAGE,
                            report->is_truncated
                                ? "it ends before saying how the process died"
                                : "it does not say how the process died");
    report->crash = mp_ips_read_crash(body);
    return MP_OK;
}

static enum mp_status read_text(const char *text, size_t len, struct mp_os_report *report,
                                struct mp_error *err) {
    struct mp_crash *crash = mp_crash_text_read(text, len, report);
    set_kind(report, crash != NULL);
    if (report->kind == MP_OS_REPORT_CRASH) {
        report->crash = crash;
        return crash != NULL
                   ? MP_OK
                   : mp_error_set(err, MP_USAGE, "it does not say how the process died");
    }
    mp_crash_destroy(crash);
    return MP_OK;
}

static size_t skip_blank(const char *text, size_t len, size_t at) {
    while (at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at;
}

/* Two objects, or one and a text, or a single one. */
static enum mp_status read_objects(const char *text, size_t len,
                                   struct mp_os_report *report, struct mp_error *err) {
    struct json_object *first = NULL, *second = NULL;
    size_t used = 0, taken = 0;
    enum mp_status status =
        mp_json_parse(text, len, &first, &used, &report->is_truncated, err);
    if (status != MP_OK)
        return status;
    read_identity(first, report);
    size_t at = skip_blank(text, len, used);
    if (report->is_truncated && !looks_like_crash(first)) {
        status = mp_error_set(err, MP_USAGE, "it ends within its first line");
    } else if (at == len || looks_like_crash(first)) {
        status = read_json(first, report, err);
    } else if (text[at] != '{') {
        status = read_text(text + at, len - at, report, err);
    } else {
        status = mp_json_parse(text + at, len - at, &second, &taken,
                               &report->is_truncated, err);
        if (status == MP_OK)
            status = read_json(second, report, err);
    }
    json_object_put(first);
    json_object_put(second);
    return status;
}

/* Where the objects begin in a pasted report: the translation, a line "Full Report",
 * then the original file. `len` if there are none. */
static size_t find_full_report(const char *text, size_t len) {
    static const char mark[] = "\nFull Report\n";
    for (size_t i = 0; i + sizeof(mark) - 1 < len; i++) {
        if (text[i] == '\n' && memcmp(text + i, mark, sizeof(mark) - 1) == 0) {
            const char *open = memchr(text + i, '{', len - i);
            return open != NULL ? (size_t)(open - text) : len;
        }
    }
    return len;
}

enum mp_status mp_os_report_parse(const char *bytes, size_t len,
                                  struct mp_os_report **ret_report,
                                  struct mp_error *err) {
    if (len > MP_OS_REPORT_BYTES_MAX)
        return mp_error_set(err, MP_USAGE, "it is larger than %zu MiB",
                            MP_OS_REPORT_BYTES_MAX / 1024 / 1024);
    size_t at = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    at = skip_blank(bytes, len, at);
    if (at == len)
        return mp_error_set(err, MP_USAGE, "it is empty");
    struct mp_os_report *report = mp_memory_zeroed(1, sizeof(*report));
    enum mp_status status = MP_OK;
    mp_sha256_hex(bytes, len, report->sha256);
    size_t full = bytes[at] == '{' ? at : find_full_report(bytes, len);
    if (full < len) {
        status = read_objects(bytes + full, len - full, report, err);
    } else {
        report->crash = mp_crash_text_read(bytes + at, len - at, report);
        set_kind(report, report->crash != NULL);
        if (report->crash == NULL)
            status = mp_error_set(err, MP_USAGE, "it is not a crash report");
    }
    if (status == MP_OK)
        *ret_report = report;
    else
        mp_os_report_destroy(report);
    return status;
}

/* Reads what is there, not what stat reported: the file may still be growing. */
static enum mp_status read_bytes(int fd, char *bytes, size_t size, size_t *ret_len,
                                 struct mp_error *err) {
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read it");
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return MP_OK;
}

enum mp_status mp_os_report_read(const char *path, struct mp_os_report **ret_report,
                                 struct mp_error *err) {
    enum mp_status status = MP_OK;
    struct stat info;
    char *bytes = NULL;
    size_t len = 0, size = 0;
    /* Does not wait for a writer: the path may be a FIFO. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot open it");
    if (fstat(fd, &info) != 0) {
        status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read it");
    } else if (!S_ISREG(info.st_mode)) {
        status = mp_error_set(err, MP_USAGE, "it is not a regular file");
    } else {
        bool is_large = (uint64_t)info.st_size > MP_OS_REPORT_BYTES_MAX;
        size = is_large ? MP_OS_REPORT_BYTES_MAX + 1 : (size_t)info.st_size + 1;
        bytes = mp_memory_zeroed(size, 1);
        status = read_bytes(fd, bytes, size, &len, err);
    }
    if (status == MP_OK)
        status = mp_os_report_parse(bytes, len, ret_report, err);
    free(bytes);
    close(fd);
    return status;
}

void mp_os_report_destroy(struct mp_os_report *report) {
    if (report == NULL)
        return;
    mp_crash_destroy(report->crash);
    free(report);
}

bool mp_os_report_sign(const struct mp_os_report *report,
                       struct mp_signature *ret_signature) {
    const struct mp_crash *crash = report->crash;
    struct mp_signature signature;
    if (crash == NULL || crash->thread_count == 0 || !crash->thread[0].is_faulting ||
        crash->thread[0].frame_count == 0 || crash->signal == 0)
        return false;
    struct mp_assertion said;
    bool has_said = mp_assertion_find(report->message, strlen(report->message), &said);
    mp_signature_make_assertion(crash, has_said ? &said : NULL, NULL, &signature);
    if (signature.is_incomplete)
        return false;
    *ret_signature = signature;
    return true;
}

const char *mp_os_report_kind_name(enum mp_os_report_kind kind) {
    switch (kind) {
    case MP_OS_REPORT_CRASH:
        return "crash";
    case MP_OS_REPORT_GPU_EVENT:
        return "gpu_event";
    case MP_OS_REPORT_SIMULATED:
        return "simulated";
    case MP_OS_REPORT_OTHER:
        break;
    }
    return "other";
}
