/* Reports of KSCrash in JSON: {"report", "system", "binary_images", "crash": {"error",
 * "threads"}}. See reporter_json.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/reporter_json.h"

static const struct mp_reporter_layout layout = {
    .image_path = {{"name"}},
    .image_base = {{"image_addr"}},
    .image_size = {{"image_size"}},
    .image_id = {{"uuid"}},
    .symbol = {{"symbol_name"}},
    .pc = {{"instruction_addr"}},
    .symbol_start = {{"symbol_addr"}},
    .module = {{"object_name"}},
    .module_base = {{"object_addr"}},
    .file = {{"file"}},
    .line = {{"line"}},
};

static bool is_true(struct json_object *object, const char *path) {
    struct json_object *value = mp_reporter_at(object, path);
    return json_object_is_type(value, json_type_boolean) &&
           json_object_get_boolean(value);
}

static void read_facts(struct json_object *object, struct mp_os_report *report) {
    static const struct mp_reporter_names pid_names = {
        {"system/process_id", "report/process_id"}};
    uint64_t pid = 0;
    const char *process = mp_reporter_text(object, "report/process_name");
    if (process[0] == '\0')
        process = mp_reporter_text(object, "system/process_name");
    mp_excerpt(report->process, sizeof(report->process), process);
    mp_excerpt(report->model, sizeof(report->model),
               mp_reporter_text(object, "system/machine"));
    mp_excerpt(report->os_build, sizeof(report->os_build),
               mp_reporter_text(object, "system/os_version"));
    mp_os_report_read_incident(mp_reporter_text(object, "report/id"), report->incident);
    report->captured_wall_ns =
        mp_reporter_time(mp_reporter_at(object, "report/timestamp"));
    report->launched_wall_ns =
        mp_reporter_time(mp_reporter_at(object, "system/app_start_time"));
    if (mp_reporter_number(object, &pid_names, &pid) && pid <= INT32_MAX)
        report->pid = (int64_t)pid;
}

/* The names of codes tell more than their numbers, where they are there. */
static void read_error(struct json_object *error, struct mp_reporter *reporter) {
    static const struct mp_reporter_names code_names = {{"mach/code"}},
                                          subcode_names = {{"mach/subcode"}},
                                          address_names = {{"address"}};
    struct mp_apple_exception *exception = &reporter->exception;
    const char *name = mp_reporter_text(error, "nsexception/name");
    const char *reason = mp_reporter_text(error, "reason");
    const char *type = mp_reporter_text(error, "mach/exception_name");
    const char *signal = mp_reporter_text(error, "signal/name");
    bool is_thrown = strstr(mp_reporter_text(error, "type"), "exception") != NULL;
    snprintf(exception->type, sizeof(exception->type), "%s",
             type[0] != '\0' && !is_thrown ? type
             : is_thrown                   ? "EXC_CRASH"
                                           : signal);
    snprintf(exception->signal, sizeof(exception->signal), "%s",
             signal[0] != '\0' ? signal
             : is_thrown       ? "SIGABRT"
                               : "");
    exception->has_code = mp_reporter_number(error, &code_names, &exception->code);
    exception->has_address =
        mp_reporter_number(error, &address_names, &exception->address) ||
        mp_reporter_number(error, &subcode_names, &exception->address);
    if (name[0] != '\0')
        mp_reporter_offer_exception(reporter, name, reason);
    else if (mp_reporter_text(error, "cpp_exception/name")[0] != '\0' &&
             reason[0] != '\0')
        mp_reporter_offer_exception(
            reporter, mp_reporter_text(error, "cpp_exception/name"), reason);
    mp_report_message_offer(&reporter->message, reason);
}

static void read_thread(struct json_object *object, uint64_t number,
                        struct mp_reporter *reporter, uint64_t faulting) {
    static const struct mp_reporter_names skipped_names = {{"backtrace/skipped"}};
    uint64_t skipped = 0;
    struct mp_crash_thread *thread = mp_text_thread(reporter->crash, number, faulting);
    if (thread == NULL) {
        reporter->crash->threads_missed++;
        return;
    }
    const char *name = mp_reporter_text(object, "name");
    mp_excerpt(thread->name, sizeof(thread->name),
               name[0] != '\0' ? name : mp_reporter_text(object, "dispatch_queue"));
    mp_reporter_add_frames(reporter, mp_reporter_at(object, "backtrace/contents"),
                           thread);
    if (mp_reporter_number(object, &skipped_names, &skipped) && skipped <= INT32_MAX)
        thread->frames_total += (size_t)skipped;
    mp_reporter_add_registers(mp_reporter_at(object, "registers/basic"), thread);
    mp_reporter_add_registers(mp_reporter_at(object, "registers/exception"), thread);
}

static void read_threads(struct json_object *threads, struct mp_reporter *reporter) {
    static const struct mp_reporter_names index_names = {{"index"}};
    size_t count = threads != NULL ? json_object_array_length(threads) : 0;
    uint64_t faulting = 0, index = 0;
    bool has_faulting = false;
    for (size_t i = 0; i < count && !has_faulting; i++) {
        struct json_object *thread = json_object_array_get_idx(threads, i);
        has_faulting = is_true(thread, "crashed");
        faulting = mp_reporter_number(thread, &index_names, &index) ? index : i;
    }
    for (size_t i = 0; i < count; i++) {
        struct json_object *thread = json_object_array_get_idx(threads, i);
        if (!mp_reporter_number(thread, &index_names, &index))
            index = i;
        read_thread(thread, index, reporter, has_faulting ? faulting : UINT64_MAX);
    }
    if (has_faulting)
        mp_text_put_faulting_first(reporter->crash, faulting);
}

bool mp_kscrash_read(struct json_object *object, struct mp_os_report *report) {
    struct json_object *crash = mp_json_member(object, "crash", json_type_object);
    struct json_object *error = mp_json_member(crash, "error", json_type_object);
    struct json_object *threads = mp_json_member(crash, "threads", json_type_array);
    struct mp_reporter reporter;
    if (error == NULL)
        return false;
    snprintf(report->form, sizeof(report->form), "kscrash");
    read_facts(object, report);
    const char *type = mp_reporter_text(error, "type");
    bool is_user = strcmp(type, "user") == 0, is_hang = strcmp(type, "deadlock") == 0;
    if (is_user || is_hang) {
        report->kind = MP_OS_REPORT_OTHER;
        snprintf(report->what, sizeof(report->what), "%s",
                 is_hang ? "hang" : "error that a program reported itself");
        return true;
    }
    report->kind = MP_OS_REPORT_CRASH;
    snprintf(report->what, sizeof(report->what), "crash of a process (KSCrash)");
    mp_reporter_begin(&reporter, &layout);
    mp_reporter_add_images(&reporter, mp_reporter_at(object, "binary_images"));
    read_error(error, &reporter);
    read_threads(threads, &reporter);
    mp_reporter_end(&reporter, report);
    return true;
}
