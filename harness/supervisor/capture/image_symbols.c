/* Load commands and symbols, every number of them checked. A library in the shared cache
 * shares its __LINKEDIT with all others: the strings are never copied whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/image_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/supervisor/capture/symbol.h"

#define SYMBOLS_MAX     (UINT32_C(1) << 20)
#define STARTS_SIZE_MAX (UINT32_C(4) << 20)
/* Symbols that are copied at one go. */
#define CHUNK 4096

struct symbol {
    uint64_t offset; /* from the start of __TEXT, so that it holds in every task */
    uint32_t strx;
    bool is_external;
};

struct mp_image_symbols {
    struct symbol *symbol; /* owned; by rising offset, the better name first */
    size_t symbol_count;
    uint64_t *start; /* owned; offsets, rising */
    size_t start_count;
    bool is_whole;
};

static bool is_named(const char *name, const char *want) {
    return strncmp(name, want, 16) == 0;
}

/* __crash_info is in __DATA or in what a linker splits off it. */
static void read_sections(const uint8_t *command, uint32_t size, uint32_t count,
                          struct mp_image_layout *layout) {
    struct mp_macho_section section;
    size_t at = sizeof(struct mp_macho_segment);
    for (uint32_t i = 0; i < count && size - at >= sizeof(section); i++) {
        memcpy(&section, command + at, sizeof(section));
        at += sizeof(section);
        if (is_named(section.sectname, "__crash_info") &&
            strncmp(section.segname, "__DATA", 6) == 0) {
            layout->info_start = section.addr; /* the slide is not known yet */
            layout->info_size = section.size;
        }
    }
}

static void read_segment(uint64_t base, const uint8_t *command, uint32_t size,
                         struct mp_image_layout *layout) {
    struct mp_macho_segment segment;
    memcpy(&segment, command, sizeof(segment));
    if (is_named(segment.segname, "__TEXT")) {
        layout->slide = base - segment.vmaddr;
        layout->text_start = base;
        layout->text_size = segment.vmsize;
    } else if (is_named(segment.segname, "__LINKEDIT")) {
        layout->linkedit_start = segment.vmaddr; /* the slide is not known yet */
        layout->linkedit_offset = segment.fileoff;
        layout->linkedit_size = segment.vmsize;
    } else {
        read_sections(command, size, segment.nsects, layout);
    }
}

static void read_name(const uint8_t *command, uint32_t size,
                      struct mp_image_layout *layout) {
    struct mp_macho_dylib dylib;
    memcpy(&dylib, command, sizeof(dylib));
    if (dylib.name < sizeof(dylib) || dylib.name >= size)
        return;
    size_t len = strnlen((const char *)command + dylib.name, size - dylib.name);
    if (len >= sizeof(layout->name))
        len = sizeof(layout->name) - 1;
    memcpy(layout->name, command + dylib.name, len);
    layout->name[len] = '\0';
}

static void read_command(uint64_t base, const uint8_t *command, uint32_t cmd,
                         uint32_t size, struct mp_image_layout *layout) {
    struct mp_macho_symtab symtab;
    struct mp_macho_linkedit starts;
    if (cmd == MP_MACHO_SEGMENT && size >= sizeof(struct mp_macho_segment)) {
        read_segment(base, command, size, layout);
    } else if (cmd == MP_MACHO_SYMTAB && size >= sizeof(symtab)) {
        memcpy(&symtab, command, sizeof(symtab));
        layout->symbol_offset = symtab.symoff;
        layout->symbol_count = symtab.nsyms;
        layout->string_offset = symtab.stroff;
        layout->string_size = symtab.strsize;
    } else if (cmd == MP_MACHO_FUNCTION_STARTS && size >= sizeof(starts)) {
        memcpy(&starts, command, sizeof(starts));
        layout->starts_offset = starts.dataoff;
        layout->starts_size = starts.datasize;
    } else if (cmd == MP_MACHO_UUID && size >= sizeof(struct mp_macho_uuid)) {
        memcpy(layout->uuid, command + offsetof(struct mp_macho_uuid, uuid),
               sizeof(layout->uuid));
        layout->has_uuid = true;
    } else if (cmd == MP_MACHO_ID_DYLIB && size >= sizeof(struct mp_macho_dylib)) {
        read_name(command, size, layout);
    }
}

bool mp_image_layout_read(uint64_t base, const uint8_t *commands, size_t size,
                          uint32_t count, struct mp_image_layout *ret_layout) {
    struct mp_image_layout layout = {0};
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct mp_macho_command command;
        if (size - at < sizeof(command))
            return false;
        memcpy(&command, commands + at, sizeof(command));
        if (command.cmdsize < sizeof(command) || command.cmdsize > size - at)
            return false;
        read_command(base, commands + at, command.cmd, command.cmdsize, &layout);
        at += command.cmdsize;
    }
    layout.linkedit_start += layout.slide;
    layout.info_start += layout.slide;
    if (layout.text_size == 0 || layout.text_size > UINT64_MAX - base ||
        layout.linkedit_size > UINT64_MAX - layout.linkedit_start)
        return false;
    *ret_layout = layout;
    return true;
}

/* Where `size` bytes at `offset` of the file are; 0 if they are not in __LINKEDIT. */
static uint64_t linkedit_address(const struct mp_image_layout *layout, uint64_t offset,
                                 uint64_t size) {
    if (offset < layout->linkedit_offset)
        return 0;
    uint64_t within = offset - layout->linkedit_offset;
    if (within > layout->linkedit_size || size > layout->linkedit_size - within)
        return 0;
    return layout->linkedit_start + within;
}

static bool is_code(const struct mp_image_layout *layout,
                    const struct mp_macho_symbol *raw) {
    uint64_t value = raw->value + layout->slide;
    return (raw->type & MP_MACHO_STAB_BITS) == 0 &&
           (raw->type & MP_MACHO_TYPE_BITS) == MP_MACHO_IN_SECTION && raw->strx != 0 &&
           raw->strx < layout->string_size && value >= layout->text_start &&
           value - layout->text_start < layout->text_size;
}

static int compare_symbols(const void *left, const void *right) {
    const struct symbol *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset > b->offset ? 1 : -1;
    if (a->is_external != b->is_external)
        return a->is_external ? -1 : 1;
    return (a->strx > b->strx) - (a->strx < b->strx);
}

static int compare_starts(const void *left, const void *right) {
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void read_symbols(const struct mp_task *task, const struct mp_image_layout *layout,
                         size_t *bytes_left, struct mp_image_symbols *symbols) {
    size_t count = layout->symbol_count;
    uint64_t at = linkedit_address(layout, layout->symbol_offset,
                                   count * sizeof(struct mp_macho_symbol));
    if (count == 0)
        return;
    if (at == 0 || count > SYMBOLS_MAX || count > *bytes_left / sizeof(struct symbol)) {
        symbols->is_whole = false;
        return;
    }
    struct mp_macho_symbol *raw = mp_memory_zeroed(CHUNK, sizeof(*raw));
    size_t kept = 0, size = 0;
    for (size_t i = 0; i < count; i += CHUNK) {
        size_t part = count - i < CHUNK ? count - i : CHUNK;
        if (!mp_task_read(task, at + i * sizeof(*raw), raw, part * sizeof(*raw))) {
            symbols->is_whole = false;
            break;
        }
        if (size < kept + part) {
            size = 2 * (kept + part);
            symbols->symbol =
                mp_memory_resize(symbols->symbol, size, sizeof(*symbols->symbol));
        }
        for (size_t j = 0; j < part; j++)
            if (is_code(layout, &raw[j]))
                symbols->symbol[kept++] =
                    (struct symbol){raw[j].value + layout->slide - layout->text_start,
                                    raw[j].strx, (raw[j].type & MP_MACHO_EXTERNAL) != 0};
    }
    free(raw);
    symbols->symbol_count = kept;
    *bytes_left -= kept * sizeof(struct symbol);
    if (kept > 0)
        qsort(symbols->symbol, kept, sizeof(*symbols->symbol), compare_symbols);
}

/* Distances from one start to the next in ULEB128, the first from the image's own; a zero
 * ends them. */
static void read_starts(const struct mp_task *task, const struct mp_image_layout *layout,
                        size_t *bytes_left, struct mp_image_symbols *symbols) {
    size_t size = layout->starts_size, count = 0;
    uint64_t from = linkedit_address(layout, layout->starts_offset, size);
    if (size == 0)
        return;
    if (from == 0 || size > STARTS_SIZE_MAX || size > *bytes_left / sizeof(uint64_t)) {
        symbols->is_whole = false;
        return;
    }
    uint8_t *bytes = mp_memory_zeroed(size, 1);
    symbols->start = mp_memory_zeroed(size, sizeof(*symbols->start));
    if (!mp_task_read(task, from, bytes, size)) {
        symbols->is_whole = false;
        size = 0;
    }
    uint64_t offset = 0;
    for (size_t at = 0; at < size;) {
        uint64_t distance = 0;
        unsigned shift = 0;
        uint8_t byte = 0x80;
        while (at < size && (byte & 0x80) != 0) {
            byte = bytes[at++];
            if (shift < 64)
                distance |= (uint64_t)(byte & 0x7f) << shift;
            shift += 7;
        }
        if (distance == 0 || distance >= layout->text_size - offset)
            break;
        offset += distance;
        symbols->start[count++] = offset;
    }
    free(bytes);
    symbols->start_count = count;
    *bytes_left -= count * sizeof(uint64_t);
    if (count > 0)
        qsort(symbols->start, count, sizeof(*symbols->start), compare_starts);
}

struct mp_image_symbols *mp_image_symbols_read(const struct mp_task *task,
                                               const struct mp_image_layout *layout,
                                               size_t *bytes_left) {
    struct mp_image_symbols *symbols = mp_memory_zeroed(1, sizeof(*symbols));
    symbols->is_whole = true;
    read_symbols(task, layout, bytes_left, symbols);
    read_starts(task, layout, bytes_left, symbols);
    return symbols;
}

/* The names that a linker gives the header and that an assembler gives a section. */
static bool is_artificial(const char *name) {
    return strncmp(name, "__mh_", 5) == 0 || strncmp(name, "ltmp", 4) == 0;
}

bool mp_image_symbols_are_whole(const struct mp_image_symbols *symbols) {
    return symbols->is_whole;
}

size_t mp_image_symbols_size(const struct mp_image_symbols *symbols) {
    return symbols->symbol_count * sizeof(*symbols->symbol) +
           symbols->start_count * sizeof(*symbols->start);
}

/* How many symbols are at or below `offset`. */
static size_t symbols_up_to(const struct mp_image_symbols *symbols, uint64_t offset) {
    size_t low = 0, high = symbols->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->symbol[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t starts_up_to(const struct mp_image_symbols *symbols, uint64_t offset) {
    size_t low = 0, high = symbols->start_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->start[middle] <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The name of a symbol without the underscore that C names have, demangled while it is
 * whole. */
static bool read_symbol_name(const struct mp_task *task,
                             const struct mp_image_layout *layout, uint32_t strx,
                             struct mp_crash_frame *frame) {
    char name[MP_SYMBOL_MANGLED_MAX + 2];
    uint64_t at = linkedit_address(layout, (uint64_t)layout->string_offset + strx, 1);
    size_t limit = layout->string_size - strx < sizeof(name) - 1
                       ? layout->string_size - strx + 1
                       : sizeof(name);
    if (at == 0 || mp_task_read_text(task, at, name, limit) == 0)
        return false;
    const char *text = name[0] == '_' ? name + 1 : name;
    if (text[0] == '\0' || is_artificial(text) || is_artificial(name))
        return false;
    frame->symbol_bytes = mp_symbol_copy(text, frame->symbol, sizeof(frame->symbol));
    return true;
}

bool mp_image_symbols_find(const struct mp_task *task,
                           const struct mp_image_layout *layout,
                           const struct mp_image_symbols *symbols, uint64_t pc,
                           uint64_t *ret_start, struct mp_crash_frame *frame) {
    size_t count = symbols_up_to(symbols, pc - layout->text_start);
    size_t starts = starts_up_to(symbols, pc - layout->text_start);
    if (count == 0)
        return false;
    uint64_t offset = symbols->symbol[count - 1].offset;
    if (starts > 0 && symbols->start[starts - 1] > offset)
        return false;
    size_t first = count - 1;
    while (first > 0 && symbols->symbol[first - 1].offset == offset)
        first--;
    for (size_t i = first; i < count; i++) {
        if (read_symbol_name(task, layout, symbols->symbol[i].strx, frame)) {
            *ret_start = layout->text_start + offset;
            return true;
        }
    }
    return false;
}

bool mp_image_symbols_start(const struct mp_image_layout *layout,
                            const struct mp_image_symbols *symbols, uint64_t pc,
                            uint64_t *ret_start) {
    size_t count = symbols_up_to(symbols, pc - layout->text_start);
    size_t starts = starts_up_to(symbols, pc - layout->text_start);
    uint64_t best = starts > 0 ? symbols->start[starts - 1] : 0;
    if (count > 0 && symbols->symbol[count - 1].offset > best)
        best = symbols->symbol[count - 1].offset;
    *ret_start = layout->text_start + best;
    return count > 0 || starts > 0;
}

void mp_image_symbols_destroy(struct mp_image_symbols *symbols) {
    if (symbols == NULL)
        return;
    free(symbols->symbol);
    free(symbols->start);
    free(symbols);
}
