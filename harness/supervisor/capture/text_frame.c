/* Frames, images and threads of text forms. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/text_frame.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/os_report_text.h"
#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/symbol.h"

#define OVERLAPPING_MAX  8
#define NO_PREFIX_DIGITS 9 /* an address without "0x" has at least this many */

static struct mp_text_part part(const char *from, const char *to) {
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return (struct mp_text_part){.at = from, .len = (size_t)(to - from)};
}

static bool equals(struct mp_text_part text, const char *other) {
    return strlen(other) == text.len && memcmp(text.at, other, text.len) == 0;
}

/* "(file.c:21)" or "(file.c:21:5)" at the end of the text; returns what stands before. */
static struct mp_text_part take_line(struct mp_text_part text,
                                     struct mp_text_frame *frame) {
    if (text.len < 4 || text.at[text.len - 1] != ')')
        return text;
    const char *open = text.at + text.len - 1, *end = NULL;
    while (open > text.at && *open != '(')
        open--;
    struct mp_text_part inside = {.at = open + 1, .len = text.len};
    inside.len = (size_t)(text.at + text.len - 1 - inside.at);
    const char *colon = memchr(inside.at, ':', inside.len);
    uint64_t number = 0;
    if (colon == NULL || colon == inside.at || open == text.at || open[-1] != ' ' ||
        !mp_report_number(colon + 1, 10, &number, &end) || (*end != ')' && *end != ':') ||
        number > INT32_MAX)
        return text;
    frame->file = part(inside.at, colon);
    frame->line = (unsigned)number;
    return part(text.at, open);
}

/* "(in Image)" at the end. */
static struct mp_text_part take_image(struct mp_text_part text,
                                      struct mp_text_frame *frame) {
    static const char in[] = " (in ";
    if (text.len < sizeof(in) || text.at[text.len - 1] != ')')
        return text;
    const char *open = NULL;
    for (const char *at = text.at; at + sizeof(in) - 1 < text.at + text.len; at++)
        if (memcmp(at, in, sizeof(in) - 1) == 0)
            open = at;
    if (open == NULL)
        return text;
    if (frame->module.len == 0)
        frame->module = part(open + sizeof(in) - 1, text.at + text.len - 1);
    return part(text.at, open);
}

/* The last " + " with a number behind: symbols hold plus signs, blanks and brackets. */
static const char *find_plus(struct mp_text_part text) {
    const char *plus = NULL;
    for (const char *at = text.at; at + 3 < text.at + text.len; at++)
        if (memcmp(at, " + ", 3) == 0 && isdigit((unsigned char)at[3]))
            plus = at;
    return plus;
}

static bool is_number(struct mp_text_part text) {
    size_t at = text.len > 2 && memcmp(text.at, "0x", 2) == 0 ? 2 : 0;
    bool is_hex = at == 2;
    if (at == text.len)
        return false;
    for (; at < text.len; at++)
        if (!(is_hex ? isxdigit((unsigned char)text.at[at])
                     : isdigit((unsigned char)text.at[at])))
            return false;
    return true;
}

/* "symbol + 12" or "0x102230000 + 25788 (symbol + 12)". */
static void take_symbol(struct mp_text_part text, struct mp_text_frame *frame) {
    const char *plus = find_plus(text), *end = NULL;
    uint64_t base = 0;
    if (plus == NULL) {
        if (!is_number(text))
            frame->symbol = text;
        return;
    }
    int radix = mp_report_begins(plus + 3, "0x") ? 16 : 10;
    frame->has_offset = mp_report_number(plus + 3, radix, &frame->offset, &end);
    struct mp_text_part name = part(text.at, plus);
    if (!is_number(name)) {
        /* "0x102230000 + 25788 (symbol + 12)": the number before is the module's. */
        const char *open = memchr(name.at, '(', name.len);
        struct mp_text_part before = part(name.at, open != NULL ? open : name.at);
        const char *first = find_plus(before);
        bool is_inside = first != NULL && is_number(part(name.at, first)) &&
                         text.at[text.len - 1] == ')';
        if (is_inside && mp_report_number(name.at, 16, &base, &end)) {
            frame->has_base = base != 0;
            frame->base = base;
            name = part(open + 1, name.at + name.len);
        }
        frame->symbol = name;
    } else if (mp_report_number(name.at, 16, &base, &end) && base != 0) {
        frame->has_base = true;
        frame->base = base;
    }
}

void mp_text_frame_place(const char *text, struct mp_text_frame *frame) {
    static const char inlined[] = "[inlined]";
    struct mp_text_part place = part(text, text + strlen(text));
    if (place.len > sizeof(inlined) &&
        memcmp(place.at + place.len - (sizeof(inlined) - 1), inlined,
               sizeof(inlined) - 1) == 0)
        place = part(place.at, place.at + place.len - (sizeof(inlined) - 1));
    place = take_line(place, frame);
    place = take_image(place, frame);
    if (place.len > 0)
        take_symbol(place, frame);
}

/* Length of the address at the start of `text`, 0 if none stands there. */
static size_t address_len(const char *text) {
    bool has_prefix = mp_report_begins(text, "0x");
    size_t digits = strspn(text + (has_prefix ? 2 : 0), "0123456789abcdefABCDEF");
    size_t len = digits + (has_prefix ? 2 : 0);
    bool ends = text[len] == '\0' || isspace((unsigned char)text[len]);
    return ends && digits >= (has_prefix ? 1 : NO_PREFIX_DIGITS) ? len : 0;
}

bool mp_text_frame_read(const char *line, struct mp_text_frame *ret_frame) {
    struct mp_text_frame frame = {.has_pc = false};
    uint64_t index = 0;
    const char *rest = NULL, *end = NULL;
    if (!isdigit((unsigned char)line[0]) || !mp_report_number(line, 10, &index, &rest) ||
        !isspace((unsigned char)*rest))
        return false;
    const char *name = rest + strspn(rest, " \t");
    const char *at = name;
    /* Names of images hold blanks: the address is the first one behind a blank. */
    while (*at != '\0' && (at == name || address_len(at) == 0)) {
        at += strcspn(at, " \t");
        at += strspn(at, " \t");
    }
    if (*at != '\0') {
        frame.module = part(name, at);
        frame.has_pc = mp_report_number(at, 16, &frame.pc, &end);
        at = end + strspn(end, " \t");
    } else { /* without an address: one word, and a symbol with an offset */
        at = name + strcspn(name, " \t");
        frame.module = part(name, at);
        at += strspn(at, " \t");
        if (find_plus(part(at, at + strlen(at))) == NULL)
            return false;
    }
    if (equals(frame.module, "???"))
        frame.module.len = 0;
    mp_text_frame_place(at, &frame);
    *ret_frame = frame;
    return true;
}

/* -- images -- */

struct mp_text_image *mp_text_images_add(struct mp_text_images *images) {
    if ((images->count & (images->count - 1)) == 0)
        images->image =
            mp_memory_resize(images->image, images->count > 0 ? 2 * images->count : 1,
                             sizeof(*images->image));
    struct mp_text_image *image = &images->image[images->count++];
    *image = (struct mp_text_image){.module = -1};
    return image;
}

void mp_text_images_read(struct mp_text_images *images, const char *line) {
    uint64_t first = 0, last = 0;
    const char *at = line, *end = NULL;
    if (!mp_report_begins(at, "0x") || !mp_report_number(at, 16, &first, &end))
        return;
    at = end + strspn(end, " -\t");
    bool has_end = mp_report_begins(at, "0x") || mp_report_begins(at, "???");
    if (!has_end || (*at == '0' && !mp_report_number(at, 16, &last, &end)))
        return;
    if (*at == '?')
        end = at + 3;
    const char *name = end + strspn(end, " \t+");
    const char *open = strchr(name, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    const char *path = close != NULL ? close + 1 + strspn(close + 1, " ") : "";
    if (name[0] == '\0' || (last != 0 && last < first))
        return;
    struct mp_text_image *image = mp_text_images_add(images);
    image->base = first;
    image->size = last != 0 ? last - first + 1 : 0;
    if (close != NULL) {
        char uuid[MP_CRASH_ID_MAX];
        snprintf(uuid, sizeof(uuid), "%.*s", (int)(close - open - 1), open + 1);
        mp_os_report_module_id(uuid, image->id, sizeof(image->id));
    }
    struct mp_strbuf word;
    mp_strbuf_init(&word);
    mp_strbuf_add(&word, name, strcspn(name, " <"));
    image->path = mp_memory_copy_text(path[0] != '\0' ? path : word.text);
    mp_strbuf_release(&word);
}

void mp_text_images_release(struct mp_text_images *images) {
    for (size_t i = 0; i < images->count; i++)
        free(images->image[i].path);
    free(images->image);
    free(images->by_base);
    free(images->by_name);
    *images = (struct mp_text_images){0};
}

/* Lists may be long, and so may stacks: both orders are made once. */
struct mp_text_place {
    uint64_t base;
    const char *name;
    size_t index;
};

static int compare_bases(const void *left, const void *right) {
    const struct mp_text_place *a = left, *b = right;
    if (a->base != b->base)
        return a->base > b->base ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static int compare_names(const void *left, const void *right) {
    const struct mp_text_place *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void sort_images(struct mp_text_images *images) {
    size_t count = images->count;
    if (images->sorted == count)
        return;
    images->by_base = mp_memory_resize(images->by_base, count, sizeof(*images->by_base));
    images->by_name = mp_memory_resize(images->by_name, count, sizeof(*images->by_name));
    for (size_t i = 0; i < count; i++) {
        const struct mp_text_image *image = &images->image[i];
        const char *slash = strrchr(image->path, '/');
        images->by_base[i] = (struct mp_text_place){
            .base = image->base,
            .name = slash != NULL ? slash + 1 : image->path,
            .index = i,
        };
        images->by_name[i] = images->by_base[i];
    }
    qsort(images->by_base, count, sizeof(*images->by_base), compare_bases);
    qsort(images->by_name, count, sizeof(*images->by_name), compare_names);
    images->sorted = count;
}

static struct mp_text_image *find_by_pc(struct mp_text_images *images, uint64_t pc) {
    size_t low = 0, high = images->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (images->by_base[middle].base <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    /* One image may lie within another. */
    for (size_t i = 0; i < OVERLAPPING_MAX && i < low; i++) {
        struct mp_text_image *image = &images->image[images->by_base[low - 1 - i].index];
        if (pc - image->base < image->size)
            return image;
    }
    return NULL;
}

static struct mp_text_image *find_by_name(struct mp_text_images *images,
                                          struct mp_text_part name) {
    size_t low = 0, high = images->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = images->by_name[middle].name;
        int order = strncmp(other, name.at, name.len);
        if (order < 0) /* a longer one that begins so stands behind it */
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < images->count && equals(name, images->by_name[low].name);
    return is_found ? &images->image[images->by_name[low].index] : NULL;
}

static struct mp_text_image *find_image(const struct mp_text_frame *frame,
                                        struct mp_text_images *images) {
    struct mp_text_image *image = NULL;
    sort_images(images);
    if (frame->has_pc)
        image = find_by_pc(images, frame->pc);
    if (image == NULL && frame->module.len > 0)
        image = find_by_name(images, frame->module);
    return image;
}

static int add_module(struct mp_crash *crash, const char *path, size_t len, uint64_t base,
                      uint64_t size, const char *id) {
    struct mp_crash_module *module = mp_crash_add_module(crash);
    if (module == NULL) {
        crash->modules_missed++;
        return -1;
    }
    mp_excerpt_end(module->path, sizeof(module->path), path, len);
    snprintf(module->id, sizeof(module->id), "%s", id);
    module->base = base;
    module->size = size;
    return (int)crash->module_count - 1;
}

/* The module of a frame, entered into the crash on its first use. Without a list of
 * images the frame's own column names it. */
static int find_module(const struct mp_text_frame *frame, struct mp_text_images *images,
                       struct mp_crash *crash) {
    struct mp_text_image *image = find_image(frame, images);
    if (image != NULL) {
        if (image->module < 0)
            image->module = add_module(crash, image->path, strlen(image->path),
                                       image->base, image->size, image->id);
        return image->module;
    }
    if (frame->module.len == 0)
        return -1;
    for (size_t i = 0; i < crash->module_count; i++) {
        struct mp_crash_module *module = &crash->module[i];
        if (equals(frame->module, module->path)) {
            if (module->base == 0 && frame->has_base)
                module->base = frame->base;
            return (int)i;
        }
    }
    return add_module(crash, frame->module.at, frame->module.len,
                      frame->has_base ? frame->base : 0, 0, "");
}

void mp_text_frame_add(const struct mp_text_frame *frame, struct mp_text_images *images,
                       struct mp_crash *crash, struct mp_crash_thread *thread) {
    if (thread == NULL)
        return;
    thread->frames_total++;
    struct mp_crash_frame *added = mp_crash_add_frame(thread);
    if (added == NULL) /* before a look for its image, of which there may be many */
        return;
    int module = find_module(frame, images, crash);
    struct mp_strbuf symbol;
    mp_strbuf_init(&symbol);
    if (frame->symbol.len > 0)
        mp_strbuf_add(&symbol, frame->symbol.at, frame->symbol.len);
    added->symbol_bytes =
        mp_symbol_copy(symbol.text, added->symbol, sizeof(added->symbol));
    mp_strbuf_release(&symbol);
    uint64_t base = module >= 0 ? crash->module[module].base : 0;
    added->module = module;
    added->pc = frame->has_pc     ? frame->pc
                : frame->has_base ? frame->base + frame->offset
                                  : 0;
    added->offset = frame->has_offset ? frame->offset : 0;
    /* Without a symbol it is the offset in the module. */
    if (frame->symbol.len == 0 && base != 0 && added->pc >= base)
        added->offset = added->pc - base;
    mp_excerpt_end(added->file, sizeof(added->file),
                   frame->file.len > 0 ? frame->file.at : "", frame->file.len);
    added->line = frame->line;
}

/* -- threads -- */

struct mp_crash_thread *mp_text_thread(struct mp_crash *crash, uint64_t number,
                                       uint64_t faulting) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].tid == number && !crash->thread[i].is_exception)
            return &crash->thread[i];
    bool is_full = crash->thread_count + 1 >= MP_CRASH_THREADS_MAX && number != faulting;
    struct mp_crash_thread *thread = is_full ? NULL : mp_crash_add_thread(crash);
    if (thread == NULL)
        return NULL;
    thread->tid = number;
    thread->number = number <= UINT32_MAX ? (unsigned)number : 0;
    return thread;
}

static void move_to(struct mp_crash *crash, size_t from, size_t to) {
    struct mp_crash_thread moved = crash->thread[from];
    memmove(&crash->thread[to + 1], &crash->thread[to],
            (from - to) * sizeof(crash->thread[0]));
    crash->thread[to] = moved;
}

void mp_text_put_faulting_first(struct mp_crash *crash, uint64_t number) {
    for (size_t i = 0; i < crash->thread_count; i++) {
        if (crash->thread[i].tid == number && !crash->thread[i].is_exception) {
            move_to(crash, i, 0);
            crash->thread[0].is_faulting = true;
            break;
        }
    }
    size_t place = crash->thread_count > 0 && crash->thread[0].is_faulting ? 1 : 0;
    for (size_t i = place + 1; i < crash->thread_count; i++)
        if (crash->thread[i].is_exception)
            move_to(crash, i, place);
}
