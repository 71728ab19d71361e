/* The JSON body of an .ips file as a crash. Every member may be missing or of another
 * type; numbers are used as indices only after a look at the array. Layout: Apple's page
 * "Interpreting the JSON format of a crash report".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/os_report_text.h"
#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/symbol.h"
#include "harness/supervisor/capture/text_frame.h"

struct images {
    struct json_object *list; /* usedImages, or NULL */
    size_t count;
    int *
        module; /* owned; per image its index in the crash plus 1, 0: not looked at yet */
};

static void copy_text(char *buf, size_t size, const char *text) {
    if (text[0] != '\0')
        mp_excerpt(buf, size, text);
}

static void offer_list(struct json_object *list, struct mp_report_message *message) {
    size_t count = list != NULL ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        if (json_object_is_type(item, json_type_string))
            mp_report_message_offer(message, json_object_get_string(item));
    }
}

/* "asi" (application specific information), an object of lists by image. */
static void offer_images(struct json_object *body, struct mp_report_message *message) {
    struct json_object *asi = mp_json_member(body, "asi", json_type_object);
    if (asi == NULL)
        return;
    struct json_object_iterator at = json_object_iter_begin(asi);
    struct json_object_iterator end = json_object_iter_end(asi);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        struct json_object *list = json_object_iter_peek_value(&at);
        if (json_object_is_type(list, json_type_array))
            offer_list(list, message);
    }
}

static void read_message(struct json_object *body, struct mp_os_report *report) {
    struct json_object *end = mp_json_member(body, "termination", json_type_object);
    struct json_object *exception = mp_json_member(body, "exception", json_type_object);
    struct json_object *event = mp_json_member(body, "analysis", json_type_object);
    struct mp_report_message message = {0};
    offer_images(body, &message);
    offer_list(mp_json_member(end, "reasons", json_type_array), &message);
    offer_list(mp_json_member(end, "details", json_type_array), &message);
    mp_report_message_offer(&message, mp_json_string(exception, "message"));
    mp_report_message_offer(&message, mp_json_string(event, "restart_reason_desc"));
    mp_report_message_offer(&message, mp_json_string(body, "restart_reason_desc"));
    mp_report_message_offer(&message, mp_json_string(body, "signature"));
    mp_report_message_offer(&message, mp_json_string(end, "indicator"));
    mp_report_message_settle(&message, report);
}

/* What names the end of the process besides the signal. */
static void read_end(struct json_object *body, struct mp_os_report *report) {
    struct json_object *end = mp_json_member(body, "termination", json_type_object);
    struct json_object *exception = mp_json_member(body, "exception", json_type_object);
    copy_text(report->exception_type, sizeof(report->exception_type),
              mp_json_string(exception, "type"));
    copy_text(report->exception_codes, sizeof(report->exception_codes),
              mp_json_string(exception, "codes"));
    copy_text(report->termination, sizeof(report->termination),
              mp_json_string(end, "namespace"));
    report->has_termination_code =
        mp_json_member_number(end, "code", &report->termination_code);
}

void mp_ips_read_facts(struct json_object *body, struct mp_os_report *report) {
    struct json_object *version = mp_json_member(body, "osVersion", json_type_object);
    uint64_t pid = 0;
    copy_text(report->process, sizeof(report->process),
              mp_json_string(body, "process_name"));
    copy_text(report->process, sizeof(report->process), mp_json_string(body, "procName"));
    copy_text(report->os_build, sizeof(report->os_build),
              mp_json_string(version, "build"));
    copy_text(report->model, sizeof(report->model), mp_json_string(body, "modelCode"));
    read_message(body, report);
    read_end(body, report);
    if (mp_json_member_number(body, "pid", &pid) && pid <= INT32_MAX)
        report->pid = (int64_t)pid;
    uint64_t launched = mp_os_report_time(mp_json_string(body, "procLaunch"));
    uint64_t captured = mp_os_report_time(mp_json_string(body, "captureTime"));
    report->launched_wall_ns = launched != 0 ? launched : report->launched_wall_ns;
    report->captured_wall_ns = captured != 0 ? captured : report->captured_wall_ns;
}

static void read_exception(struct json_object *body,
                           struct mp_apple_exception *ret_exception) {
    struct json_object *object = mp_json_member(body, "exception", json_type_object);
    struct json_object *raw = mp_json_member(object, "rawCodes", json_type_array);
    size_t count = raw != NULL ? json_object_array_length(raw) : 0;
    struct mp_apple_exception exception = {0};
    copy_text(exception.type, sizeof(exception.type), mp_json_string(object, "type"));
    copy_text(exception.signal, sizeof(exception.signal),
              mp_json_string(object, "signal"));
    exception.has_code =
        count > 0 && mp_json_number(json_object_array_get_idx(raw, 0), &exception.code);
    exception.has_address = count > 1 && mp_json_number(json_object_array_get_idx(raw, 1),
                                                        &exception.address);
    if (!exception.has_code || !exception.has_address)
        mp_apple_exception_read(&exception, mp_json_string(object, "codes"));
    mp_apple_exception_read(&exception, mp_json_string(object, "subtype"));
    mp_apple_exception_read_region(&exception, mp_json_string(body, "vmRegionInfo"));
    *ret_exception = exception;
}

static void add_register(struct mp_crash_thread *thread, const char *name,
                         struct json_object *holder) {
    uint64_t value = 0;
    if (thread->register_count == MP_CRASH_REGISTERS_MAX ||
        !mp_json_member_number(holder, "value", &value))
        return;
    struct mp_crash_register *reg = &thread->reg[thread->register_count++];
    snprintf(reg->name, sizeof(reg->name), "%s", name);
    reg->value = value;
}

static void read_registers(struct json_object *state, struct mp_crash_thread *thread) {
    static const char *const names[] = {
        "fp",  "lr",  "sp",  "pc",  "cpsr",   "far", "esr", "rax",  "rbx", "rcx",
        "rdx", "rdi", "rsi", "rbp", "rsp",    "r8",  "r9",  "r10",  "r11", "r12",
        "r13", "r14", "r15", "rip", "rflags", "cr2", "err", "trap",
    };
    struct json_object *x = mp_json_member(state, "x", json_type_array);
    size_t count = x != NULL ? json_object_array_length(x) : 0;
    for (size_t i = 0; i < count && i < 29; i++) {
        char name[8];
        snprintf(name, sizeof(name), "x%zu", i);
        add_register(thread, name, json_object_array_get_idx(x, i));
    }
    for (size_t i = 0; i < MP_COUNT(names); i++)
        add_register(thread, names[i], mp_json_member(state, names[i], json_type_object));
}

/* The module of an image, made on its first use: the list may be longer than a crash can
 * hold, and images that no kept frame uses say nothing. -1 for those without a name
 * (source "A"). */
static int find_module(struct mp_crash *crash, struct images *images, uint64_t index) {
    if (index >= images->count)
        return -1;
    if (images->module[index] != 0)
        return images->module[index] - 1;
    struct json_object *image = json_object_array_get_idx(images->list, (size_t)index);
    const char *path = mp_json_string(image, "path");
    if (path[0] == '\0')
        path = mp_json_string(image, "name");
    struct mp_crash_module *module = path[0] != '\0' ? mp_crash_add_module(crash) : NULL;
    if (module == NULL) {
        crash->modules_missed += path[0] != '\0';
        return -1;
    }
    mp_excerpt_end(module->path, sizeof(module->path), path, strlen(path));
    mp_json_member_number(image, "base", &module->base);
    mp_json_member_number(image, "size", &module->size);
    mp_os_report_module_id(mp_json_string(image, "uuid"), module->id, sizeof(module->id));
    images->module[index] = (int)crash->module_count;
    return (int)crash->module_count - 1;
}

static void read_frame(struct json_object *object, struct mp_crash *crash,
                       struct images *images, struct mp_crash_frame *frame) {
    uint64_t index = 0, offset = 0, line = 0;
    if (mp_json_member_number(object, "imageIndex", &index))
        frame->module = find_module(crash, images, index);
    if (!mp_json_member_number(object, "imageOffset", &offset))
        offset = 0;
    uint64_t base = frame->module >= 0 ? crash->module[frame->module].base : 0;
    frame->pc = base + offset;
    frame->symbol_bytes = mp_symbol_copy(mp_json_string(object, "symbol"), frame->symbol,
                                         sizeof(frame->symbol));
    const char *file = mp_json_string(object, "sourceFile");
    mp_excerpt_end(frame->file, sizeof(frame->file), file, strlen(file));
    frame->offset = offset;
    if (frame->symbol[0] != '\0' &&
        !mp_json_member_number(object, "symbolLocation", &frame->offset))
        frame->offset = 0;
    if (mp_json_member_number(object, "sourceLine", &line) && line <= INT32_MAX)
        frame->line = (unsigned)line;
}

static void read_frames(struct json_object *frames, struct mp_crash *crash,
                        struct images *images, struct mp_crash_thread *thread) {
    size_t count = frames != NULL ? json_object_array_length(frames) : 0;
    for (size_t i = 0; i < count; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        if (frame == NULL)
            break;
        read_frame(json_object_array_get_idx(frames, i), crash, images, frame);
    }
    thread->frames_total = count;
}

static void read_thread(struct json_object *object, unsigned number,
                        struct mp_crash *crash, struct images *images, bool is_faulting) {
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    if (thread == NULL) {
        crash->threads_missed++;
        return;
    }
    thread->is_faulting = is_faulting;
    thread->number = number;
    mp_json_member_number(object, "id", &thread->tid);
    copy_text(thread->name, sizeof(thread->name), mp_json_string(object, "queue"));
    copy_text(thread->name, sizeof(thread->name), mp_json_string(object, "name"));
    read_registers(mp_json_member(object, "threadState", json_type_object), thread);
    read_frames(mp_json_member(object, "frames", json_type_array), crash, images, thread);
}

/* The images in the form in which frames that are text look for theirs. */
static void list_images(const struct images *images, struct mp_text_images *list) {
    for (size_t i = 0; i < images->count; i++) {
        struct json_object *object = json_object_array_get_idx(images->list, i);
        const char *path = mp_json_string(object, "path");
        if (path[0] == '\0')
            continue;
        struct mp_text_image *image = mp_text_images_add(list);
        image->path = mp_memory_copy_text(path);
        image->module = images->module[i] - 1;
        mp_json_member_number(object, "base", &image->base);
        mp_json_member_number(object, "size", &image->size);
        mp_os_report_module_id(mp_json_string(object, "uuid"), image->id,
                               sizeof(image->id));
    }
}

/* A stack as one text, as the program itself handed it to the system. */
static void read_frame_lines(struct json_object *value, struct mp_crash *crash,
                             const struct images *images,
                             struct mp_crash_thread *thread) {
    struct mp_text_images list = {.count = 0};
    struct mp_report_lines lines;
    struct mp_text_frame frame;
    if (!json_object_is_type(value, json_type_string))
        return;
    list_images(images, &list);
    mp_report_lines_init(&lines, json_object_get_string(value),
                         (size_t)json_object_get_string_len(value));
    while (mp_report_lines_next(&lines))
        if (mp_text_frame_read(lines.line, &frame))
            mp_text_frame_add(&frame, &list, crash, thread);
    mp_report_lines_release(&lines);
    mp_text_images_release(&list);
}

/* The stack of the exception that nobody caught, if there was one. */
static void read_thrown(struct json_object *body, struct mp_crash *crash,
                        struct images *images) {
    struct json_object *frames =
        mp_json_member(body, "lastExceptionBacktrace", json_type_array);
    struct json_object *texts = mp_json_member(body, "asiBacktraces", json_type_array);
    bool has_text =
        frames == NULL && texts != NULL && json_object_array_length(texts) > 0;
    struct mp_crash_thread *stack =
        frames != NULL || has_text ? mp_crash_add_thread(crash) : NULL;
    if (stack == NULL)
        return;
    stack->is_exception = true;
    snprintf(stack->name, sizeof(stack->name), "last exception");
    for (size_t i = 0; has_text && i < json_object_array_length(texts); i++)
        if (stack->frame_count == 0)
            read_frame_lines(json_object_array_get_idx(texts, i), crash, images, stack);
    if (!has_text)
        read_frames(frames, crash, images, stack);
}

/* The place of the thread that died: as the body says, else the one that is marked;
 * `count` if neither is there. */
static size_t find_faulting(struct json_object *body, struct json_object *threads,
                            size_t count) {
    uint64_t index = 0;
    if (mp_json_member_number(body, "faultingThread", &index) && index < count)
        return (size_t)index;
    for (size_t i = 0; i < count; i++) {
        struct json_object *thread = json_object_array_get_idx(threads, i);
        struct json_object *mark = mp_json_member(thread, "triggered", json_type_boolean);
        if (mark != NULL && json_object_get_boolean(mark))
            return i;
    }
    return count;
}

struct mp_crash *mp_ips_read_crash(struct json_object *body) {
    struct mp_crash *crash = mp_crash_create();
    struct json_object *threads = mp_json_member(body, "threads", json_type_array);
    size_t count = threads != NULL ? json_object_array_length(threads) : 0;
    struct images images = {.list = mp_json_member(body, "usedImages", json_type_array)};
    images.count = images.list != NULL ? json_object_array_length(images.list) : 0;
    images.module = mp_memory_zeroed(images.count + 1, sizeof(*images.module));
    size_t faulting = find_faulting(body, threads, count);
    if (faulting < count)
        read_thread(json_object_array_get_idx(threads, faulting), (unsigned)faulting,
                    crash, &images, true);
    if (faulting < count)
        read_thrown(body, crash, &images);
    for (size_t i = 0; i < count; i++)
        if (i != faulting)
            read_thread(json_object_array_get_idx(threads, i), (unsigned)i, crash,
                        &images, false);
    free(images.module);
    struct mp_apple_exception exception;
    read_exception(body, &exception);
    mp_apple_exception_apply(&exception, crash);
    return crash;
}
