/* Images, frames and registers of reporters' JSON. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/reporter_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report_text.h"

#define PATH_WORD_MAX    32
#define NAMES            4
#define MICROSECONDS_MIN UINT64_C(100000000000) /* seconds of the year 5138 */

struct json_object *mp_reporter_at(struct json_object *object, const char *path) {
    while (object != NULL && *path != '\0') {
        char word[PATH_WORD_MAX];
        size_t len = strcspn(path, "/");
        snprintf(word, sizeof(word), "%.*s", (int)len, path);
        struct json_object *next = NULL;
        if (!json_object_is_type(object, json_type_object) ||
            !json_object_object_get_ex(object, word, &next))
            return NULL;
        object = next;
        path += len + (path[len] == '/');
    }
    return object;
}

const char *mp_reporter_text(struct json_object *object, const char *path) {
    struct json_object *value = mp_reporter_at(object, path);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                        : "";
}

static bool read_number(struct json_object *value, uint64_t *ret_number) {
    if (!json_object_is_type(value, json_type_string))
        return mp_json_number(value, ret_number);
    const char *text = json_object_get_string(value);
    char *end = NULL;
    *ret_number = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return end != text && *end == '\0';
}

static struct json_object *find(struct json_object *object,
                                const struct mp_reporter_names *names) {
    struct json_object *value = NULL;
    for (size_t i = 0; i < NAMES && names->name[i] != NULL && value == NULL; i++)
        value = mp_reporter_at(object, names->name[i]);
    return value;
}

bool mp_reporter_number(struct json_object *object, const struct mp_reporter_names *names,
                        uint64_t *ret_number) {
    return read_number(find(object, names), ret_number);
}

static const char *find_text(struct json_object *object,
                             const struct mp_reporter_names *names) {
    struct json_object *value = find(object, names);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                        : "";
}

uint64_t mp_reporter_time(struct json_object *value) {
    uint64_t number = 0;
    if (json_object_is_type(value, json_type_string))
        return mp_os_report_time(json_object_get_string(value));
    if (json_object_is_type(value, json_type_double)) {
        double seconds = json_object_get_double(value);
        bool is_time = seconds > 0 && seconds < (double)MICROSECONDS_MIN;
        return is_time ? (uint64_t)(seconds * 1000) * MP_CLOCK_NS_PER_MS : 0;
    }
    if (!mp_json_number(value, &number) || number > UINT64_C(1) << 53)
        return 0;
    return number < MICROSECONDS_MIN ? number * MP_CLOCK_NS_PER_S : number * 1000;
}

void mp_reporter_begin(struct mp_reporter *reporter,
                       const struct mp_reporter_layout *layout) {
    *reporter = (struct mp_reporter){.layout = layout, .crash = mp_crash_create()};
}

static size_t count_of(struct json_object *list) {
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list)
                                                      : 0;
}

void mp_reporter_add_images(struct mp_reporter *reporter, struct json_object *list) {
    const struct mp_reporter_layout *layout = reporter->layout;
    for (size_t i = 0; i < count_of(list); i++) {
        struct json_object *object = json_object_array_get_idx(list, i);
        uint64_t base = 0, size = 0;
        const char *path = find_text(object, &layout->image_path);
        if (path[0] == '\0' || !mp_reporter_number(object, &layout->image_base, &base))
            continue;
        if (!mp_reporter_number(object, &layout->image_size, &size))
            size = 0;
        struct mp_text_image *image = mp_text_images_add(&reporter->images);
        image->base = base;
        image->size = size;
        mp_os_report_module_id(find_text(object, &layout->image_id), image->id,
                               sizeof(image->id));
        image->path = mp_memory_copy_text(path);
    }
}

static struct mp_text_part part_of(const char *text) {
    return (struct mp_text_part){.at = text, .len = strlen(text)};
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void add_frame(struct mp_reporter *reporter, struct json_object *object,
                      struct mp_crash_thread *thread) {
    const struct mp_reporter_layout *layout = reporter->layout;
    struct mp_text_frame frame = {.has_pc = false};
    uint64_t start = 0, line = 0;
    const char *symbol = find_text(object, &layout->symbol);
    frame.has_pc = mp_reporter_number(object, &layout->pc, &frame.pc);
    frame.has_base = mp_reporter_number(object, &layout->module_base, &frame.base);
    frame.module = part_of(file_name(find_text(object, &layout->module)));
    frame.file = part_of(find_text(object, &layout->file));
    if (strcmp(symbol, "<redacted>") != 0 && strcmp(symbol, "<unknown>") != 0)
        frame.symbol = part_of(symbol);
    if (frame.has_pc && mp_reporter_number(object, &layout->symbol_start, &start) &&
        start != 0 && start <= frame.pc) {
        frame.has_offset = true;
        frame.offset = frame.pc - start;
    }
    if (mp_reporter_number(object, &layout->line, &line) && line <= INT32_MAX)
        frame.line = (unsigned)line;
    mp_text_frame_add(&frame, &reporter->images, reporter->crash, thread);
}

void mp_reporter_add_frames(struct mp_reporter *reporter, struct json_object *list,
                            struct mp_crash_thread *thread) {
    size_t count = count_of(list);
    for (size_t i = 0; i < count; i++) {
        size_t index = reporter->layout->is_oldest_first ? count - 1 - i : i;
        add_frame(reporter, json_object_array_get_idx(list, index), thread);
    }
}

void mp_reporter_add_registers(struct json_object *registers,
                               struct mp_crash_thread *thread) {
    if (thread == NULL || !json_object_is_type(registers, json_type_object))
        return;
    struct json_object_iterator at = json_object_iter_begin(registers);
    struct json_object_iterator end = json_object_iter_end(registers);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        struct mp_crash_register reg = {0};
        const char *name = json_object_iter_peek_name(&at);
        if (thread->register_count == MP_CRASH_REGISTERS_MAX)
            return;
        if (strlen(name) >= sizeof(reg.name) ||
            !read_number(json_object_iter_peek_value(&at), &reg.value))
            continue;
        snprintf(reg.name, sizeof(reg.name), "%s", name);
        thread->reg[thread->register_count++] = reg;
    }
}

void mp_reporter_offer_exception(struct mp_reporter *reporter, const char *name,
                                 const char *reason) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_strbuf_addf(&text,
                   "*** Terminating app due to uncaught exception '%s', reason: '%s'",
                   name, reason);
    mp_report_message_offer(&reporter->message, text.text);
    mp_strbuf_release(&text);
}

void mp_reporter_end(struct mp_reporter *reporter, struct mp_os_report *report) {
    mp_text_images_release(&reporter->images);
    mp_apple_exception_apply(&reporter->exception, reporter->crash);
    report->crash = reporter->crash;
    mp_excerpt(report->exception_type, sizeof(report->exception_type),
               reporter->exception.type);
    mp_report_message_settle(&reporter->message, report);
}
