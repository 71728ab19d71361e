/* Events of Sentry: as SDKs send them and the service gives them out, where lists are
 * {"values": []} or stand among "entries". See reporter_json.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/reporter_json.h"

static const struct mp_reporter_layout layout = {
    .image_path = {{"code_file", "name"}},
    .image_base = {{"image_addr"}},
    .image_size = {{"image_size"}},
    .image_id = {{"debug_id", "uuid"}},
    .symbol = {{"function", "rawFunction"}},
    .pc = {{"instruction_addr", "instructionAddr"}},
    .symbol_start = {{"symbol_addr", "symbolAddr"}},
    .module = {{"package"}},
    .module_base = {{"image_addr", "imageAddr"}},
    .file = {{"filename"}},
    .line = {{"lineno", "lineNo"}},
    .is_oldest_first = true,
};

/* The list `name` of the event; `type` is what an entry with it is called. */
static struct json_object *find_list(struct json_object *event, const char *name,
                                     const char *type, const char *inside) {
    struct json_object *entries = mp_json_member(event, "entries", json_type_array);
    size_t count = entries != NULL ? json_object_array_length(entries) : 0;
    struct json_object *holder = mp_reporter_at(event, name);
    for (size_t i = 0; i < count && holder == NULL; i++) {
        struct json_object *entry = json_object_array_get_idx(entries, i);
        if (strcmp(mp_reporter_text(entry, "type"), type) == 0)
            holder = mp_reporter_at(entry, "data");
    }
    struct json_object *list = mp_reporter_at(holder, inside);
    if (json_object_is_type(holder, json_type_array))
        list = holder;
    return json_object_is_type(list, json_type_array) ? list : NULL;
}

/* 32 digits, with or without dashes. */
static void read_id(const char *id, struct mp_os_report *report) {
    char uuid[MP_OS_REPORT_UUID_SIZE];
    if (strlen(id) == 32) {
        snprintf(uuid, sizeof(uuid), "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
                 id + 16, id + 20);
        id = uuid;
    }
    mp_os_report_read_incident(id, report->incident);
}

static const char *first_text(struct json_object *object, const char *path,
                              const char *other) {
    const char *text = mp_reporter_text(object, path);
    return text[0] != '\0' ? text : mp_reporter_text(object, other);
}

static void read_facts(struct json_object *event, struct mp_os_report *report) {
    read_id(first_text(event, "event_id", "eventID"), report);
    struct json_object *time = mp_reporter_at(event, "timestamp");
    report->captured_wall_ns =
        mp_reporter_time(time != NULL ? time : mp_reporter_at(event, "dateCreated"));
    mp_excerpt(report->process, sizeof(report->process),
               first_text(event, "contexts/app/app_name", "contexts/app/app_identifier"));
    mp_excerpt(report->model, sizeof(report->model),
               mp_reporter_text(event, "contexts/device/model"));
    mp_excerpt(report->os_build, sizeof(report->os_build),
               mp_reporter_text(event, "contexts/os/build"));
    report->launched_wall_ns =
        mp_reporter_time(mp_reporter_at(event, "contexts/app/app_start_time"));
}

/* The error that ended it: of a chain the last one was raised last. */
static struct json_object *last_of(struct json_object *list) {
    size_t count = list != NULL ? json_object_array_length(list) : 0;
    return count > 0 ? json_object_array_get_idx(list, count - 1) : NULL;
}

static void read_error(struct json_object *error, struct mp_reporter *reporter) {
    static const struct mp_reporter_names
        code_names = {{"mechanism/meta/mach_exception/code"}},
        subcode_names = {{"mechanism/meta/mach_exception/subcode"}},
        address_names = {{"mechanism/data/relevant_address"}};
    struct mp_apple_exception *exception = &reporter->exception;
    const char *type = mp_reporter_text(error, "mechanism/meta/mach_exception/name");
    const char *signal = mp_reporter_text(error, "mechanism/meta/signal/name");
    const char *name = mp_reporter_text(error, "type");
    const char *value = mp_reporter_text(error, "value");
    bool is_stop = strncmp(name, "EXC_", 4) == 0 || strncmp(name, "SIG", 3) == 0 ||
                   strcmp(name, "Fatal Error") == 0;
    if (type[0] == '\0')
        type = is_stop && name[0] != 'F' ? name
               : signal[0] != '\0'       ? signal
                                         : "EXC_CRASH";
    snprintf(exception->type, sizeof(exception->type), "%s",
             is_stop ? type : "EXC_CRASH");
    snprintf(exception->signal, sizeof(exception->signal), "%s",
             signal[0] != '\0'              ? signal
             : strncmp(type, "SIG", 3) == 0 ? type
             : is_stop                      ? ""
                                            : "SIGABRT");
    exception->has_code = mp_reporter_number(error, &code_names, &exception->code);
    exception->has_address =
        mp_reporter_number(error, &subcode_names, &exception->address) ||
        mp_reporter_number(error, &address_names, &exception->address);
    mp_apple_exception_read(exception, value);
    const char *comma = strstr(value, ", KERN_");
    if (comma != NULL)
        mp_apple_exception_read(exception, comma + 2);
    if (!is_stop)
        mp_reporter_offer_exception(reporter, name, value);
    mp_report_message_offer(&reporter->message, value);
}

static void read_thread(struct json_object *object, uint64_t number,
                        struct mp_reporter *reporter, uint64_t faulting,
                        struct json_object *stack) {
    struct mp_crash_thread *thread = mp_text_thread(reporter->crash, number, faulting);
    if (thread == NULL) {
        reporter->crash->threads_missed++;
        return;
    }
    mp_excerpt(thread->name, sizeof(thread->name), mp_reporter_text(object, "name"));
    if (stack == NULL)
        stack = mp_reporter_at(object, "stacktrace");
    mp_reporter_add_frames(reporter, mp_reporter_at(stack, "frames"), thread);
    mp_reporter_add_registers(mp_reporter_at(stack, "registers"), thread);
}

static bool is_true(struct json_object *object, const char *name) {
    struct json_object *value = mp_reporter_at(object, name);
    return json_object_is_type(value, json_type_boolean) &&
           json_object_get_boolean(value);
}

/* The thread that died is marked, or the error names it, or it is the only one. */
static void read_threads(struct json_object *threads, struct json_object *error,
                         struct mp_reporter *reporter) {
    static const struct mp_reporter_names id_names = {{"id"}},
                                          thread_names = {{"thread_id", "threadId"}};
    size_t count = threads != NULL ? json_object_array_length(threads) : 0;
    struct json_object *stack = mp_reporter_at(error, "stacktrace");
    uint64_t faulting = 0, id = 0;
    bool is_known = mp_reporter_number(error, &thread_names, &faulting), is_met = false;
    for (size_t i = 0; i < count && !is_known; i++) {
        struct json_object *thread = json_object_array_get_idx(threads, i);
        is_known = is_true(thread, "crashed");
        faulting = mp_reporter_number(thread, &id_names, &id) ? id : i;
    }
    if (!is_known)
        faulting = 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *thread = json_object_array_get_idx(threads, i);
        if (!mp_reporter_number(thread, &id_names, &id))
            id = i;
        bool is_faulting = id == faulting && !is_met;
        is_met |= is_faulting;
        if (is_faulting || id != faulting)
            read_thread(thread, id, reporter, faulting, is_faulting ? stack : NULL);
    }
    if (!is_met)
        read_thread(NULL, faulting, reporter, faulting, stack);
    mp_text_put_faulting_first(reporter->crash, faulting);
}

/* Errors that a program survives, and of languages whose processes do not crash. */
static bool is_crash(struct json_object *event, struct json_object *error) {
    struct json_object *handled = mp_reporter_at(error, "mechanism/handled");
    const char *platform = mp_reporter_text(event, "platform");
    bool is_native = platform[0] == '\0' || strcmp(platform, "cocoa") == 0 ||
                     strcmp(platform, "native") == 0 || strcmp(platform, "c") == 0 ||
                     strcmp(platform, "objc") == 0 || strcmp(platform, "swift") == 0;
    bool is_handled = json_object_is_type(handled, json_type_boolean) &&
                      json_object_get_boolean(handled);
    const char *mechanism = mp_reporter_text(error, "mechanism/type");
    return error != NULL && is_native && !is_handled &&
           strcmp(mechanism, "AppHang") != 0 && strcmp(mechanism, "NSError") != 0;
}

bool mp_sentry_read(struct json_object *object, struct mp_os_report *report) {
    struct json_object *error =
        last_of(find_list(object, "exception", "exception", "values"));
    bool has_id = first_text(object, "event_id", "eventID")[0] != '\0';
    if (error == NULL && !has_id)
        return false;
    if (mp_json_member(object, "usedImages", json_type_array) != NULL)
        return false;
    snprintf(report->form, sizeof(report->form), "sentry");
    read_facts(object, report);
    if (!is_crash(object, error)) {
        report->kind = MP_OS_REPORT_OTHER;
        snprintf(report->what, sizeof(report->what),
                 "event that a program reported (Sentry)");
        return true;
    }
    struct mp_reporter reporter;
    report->kind = MP_OS_REPORT_CRASH;
    snprintf(report->what, sizeof(report->what), "crash of a process (Sentry)");
    mp_reporter_begin(&reporter, &layout);
    mp_reporter_add_images(&reporter,
                           find_list(object, "debug_meta", "debugmeta", "images"));
    read_error(error, &reporter);
    read_threads(find_list(object, "threads", "threads", "values"), error, &reporter);
    mp_reporter_end(&reporter, report);
    return true;
}
