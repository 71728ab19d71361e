/* The made-up task.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/task_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/macho.h"

#define LIST_AT      UINT64_C(0x700000000)
#define LIST_SIZE    0x10000
#define LIST_IMAGES  0x1000
#define LIST_PATHS   0x8000
#define PATH_STRIDE  256
#define LINKEDIT_MAX 0x8000
#define FILE_OFFSET  0x4000 /* of __LINKEDIT */
#define DATA_SIZE    0x4000
#define INFO_TEXTS   0x200

static struct fake_piece *find(struct fake_task *task, uint64_t address) {
    for (size_t i = 0; i < task->piece_count; i++)
        if (address >= task->piece[i].start &&
            address - task->piece[i].start < task->piece[i].size)
            return &task->piece[i];
    return NULL;
}

static bool fake_read(void *at, uint64_t address, void *buf, size_t size) {
    struct fake_task *task = at;
    uint8_t *to = buf;
    task->bytes_read += size;
    while (size > 0) {
        const struct fake_piece *piece = find(at, address);
        if (piece == NULL || piece->is_unreadable)
            return false;
        size_t offset = (size_t)(address - piece->start);
        size_t part = piece->size - offset < size ? piece->size - offset : size;
        memcpy(to, piece->bytes + offset, part);
        to += part;
        address += part;
        size -= part;
    }
    return true;
}

static bool fake_region(void *at, uint64_t address, struct mp_task_region *ret_region) {
    struct fake_task *task = at;
    const struct fake_piece *best = find(task, address);
    for (size_t i = 0; best == NULL && i < task->piece_count; i++) {
        const struct fake_piece *piece = &task->piece[i];
        bool is_nearest = piece->start > address;
        for (size_t j = 0; j < task->piece_count && is_nearest; j++)
            is_nearest =
                task->piece[j].start <= address || task->piece[j].start >= piece->start;
        if (is_nearest)
            best = piece;
    }
    if (best == NULL)
        return false;
    *ret_region = (struct mp_task_region){best->start, best->size, !best->is_unreadable};
    return true;
}

static bool fake_image_info(void *at, uint64_t *ret_address) {
    const struct fake_task *task = at;
    *ret_address = task->image_info;
    return task->image_info != 0;
}

static bool fake_is_held(void *at) {
    const struct fake_task *task = at;
    return task->is_held;
}

static size_t fake_threads(void *at, uint32_t *ret_threads, size_t max) {
    struct fake_task *task = at;
    size_t claimed =
        task->claimed_threads > 0 ? task->claimed_threads : task->thread_count;
    for (size_t i = 0; i < claimed && i < max; i++) {
        ret_threads[i] = FAKE_HANDLE(i);
        task->held++;
    }
    return claimed;
}

static void fake_release(void *at, uint32_t thread) {
    struct fake_task *task = at;
    (void)thread;
    task->held--;
}

static struct fake_thread *thread_of(struct fake_task *task, uint32_t handle) {
    size_t index = handle - FAKE_HANDLE(0);
    bool is_there = index < task->thread_count && !task->thread[index].is_gone;
    return is_there ? &task->thread[index] : NULL;
}

static bool fake_facts(void *at, uint32_t handle, struct mp_task_thread *ret_facts) {
    const struct fake_thread *thread = thread_of(at, handle);
    if (thread != NULL)
        *ret_facts = thread->facts;
    return thread != NULL;
}

static bool fake_state(void *at, uint32_t handle, struct mp_arm64_state *ret_state) {
    const struct fake_thread *thread = thread_of(at, handle);
    if (thread != NULL)
        *ret_state = thread->state;
    return thread != NULL;
}

static bool fake_fault(void *at, uint32_t handle, struct mp_arm64_fault *ret_fault) {
    const struct fake_thread *thread = thread_of(at, handle);
    if (thread != NULL)
        *ret_fault = thread->fault;
    return thread != NULL;
}

struct mp_task fake_task_open(struct fake_task *task) {
    static const struct mp_task_ops ops = {
        .read = fake_read,
        .region = fake_region,
        .image_info = fake_image_info,
        .is_held = fake_is_held,
        .threads = fake_threads,
        .release = fake_release,
        .facts = fake_facts,
        .state = fake_state,
        .fault = fake_fault,
    };
    return (struct mp_task){.ops = &ops, .at = task};
}

uint8_t *fake_task_map(struct fake_task *task, uint64_t start, size_t size) {
    if (task->piece_count == FAKE_PIECES_MAX)
        abort();
    struct fake_piece *piece = &task->piece[task->piece_count++];
    *piece = (struct fake_piece){
        .start = start, .size = size, .bytes = mp_memory_zeroed(size, 1)};
    return piece->bytes;
}

void fake_task_store(struct fake_task *task, uint64_t address, const void *bytes,
                     size_t size) {
    struct fake_piece *piece = find(task, address);
    if (piece == NULL || piece->size - (address - piece->start) < size)
        abort();
    memcpy(piece->bytes + (address - piece->start), bytes, size);
}

void fake_task_close(struct fake_task *task) {
    for (size_t i = 0; i < task->piece_count; i++)
        free(task->piece[i].bytes);
    *task = (struct fake_task){0};
}

static size_t add_command(uint8_t *commands, size_t at, const void *command, size_t size,
                          struct mp_macho_header *header) {
    memcpy(commands + at, command, size);
    header->ncmds++;
    header->sizeofcmds += (uint32_t)size;
    return at + size;
}

/* Symbols, then strings, then the starts of functions, as a linker may put them. */
static struct mp_macho_symtab write_linkedit(const struct fake_image *image,
                                             uint8_t *linkedit,
                                             struct mp_macho_linkedit *ret_starts) {
    size_t strings = image->symbol_count * sizeof(struct mp_macho_symbol);
    size_t used = 1; /* the empty name */
    for (size_t i = 0; i < image->symbol_count; i++) {
        const struct fake_symbol *from = &image->symbol[i];
        struct mp_macho_symbol symbol = {.strx = (uint32_t)used,
                                         .type = from->type != 0 ? from->type
                                                                 : MP_MACHO_IN_SECTION |
                                                                       MP_MACHO_EXTERNAL,
                                         .sect = 1,
                                         .value = image->vmaddr + from->offset};
        memcpy(linkedit + i * sizeof(symbol), &symbol, sizeof(symbol));
        memcpy(linkedit + strings + used, from->name, strlen(from->name) + 1);
        used += strlen(from->name) + 1;
    }
    size_t at = strings + used, first = at;
    uint64_t last = 0;
    for (size_t i = 0; i < image->start_count; i++) {
        uint64_t distance = image->start[i] - last;
        last = image->start[i];
        for (; distance >= 0x80; distance >>= 7)
            linkedit[at++] = (uint8_t)(distance | 0x80);
        linkedit[at++] = (uint8_t)distance;
    }
    *ret_starts = (struct mp_macho_linkedit){
        MP_MACHO_FUNCTION_STARTS, sizeof(*ret_starts), (uint32_t)(FILE_OFFSET + first),
        (uint32_t)(at - first)};
    return (struct mp_macho_symtab){MP_MACHO_SYMTAB,
                                    sizeof(struct mp_macho_symtab),
                                    FILE_OFFSET,
                                    (uint32_t)image->symbol_count,
                                    (uint32_t)(FILE_OFFSET + strings),
                                    (uint32_t)used};
}

/* What a library leaves for reports: the struct, and its texts behind it. */
static void write_info(struct fake_task *task, const struct fake_image *image) {
    uint8_t *data = fake_task_map(task, image->base + FAKE_INFO, DATA_SIZE);
    uint64_t text = image->base + FAKE_INFO + INFO_TEXTS;
    struct mp_macho_info info = {.version = 5, .message = text};
    size_t len = strlen(image->said) + 1;
    memcpy(data + INFO_TEXTS, image->said, len);
    if (image->said2 != NULL) {
        info.message2 = text + len;
        memcpy(data + INFO_TEXTS + len, image->said2, strlen(image->said2) + 1);
    }
    memcpy(data, &info, sizeof(info));
}

struct data_command {
    struct mp_macho_segment segment;
    struct mp_macho_section section[2];
};

static struct data_command data_command(const struct fake_image *image) {
    uint64_t at = image->vmaddr + FAKE_INFO;
    return (struct data_command){
        .segment = {MP_MACHO_SEGMENT, sizeof(struct data_command),
                    .segname = "__DATA_DIRTY", .vmaddr = at, .vmsize = DATA_SIZE,
                    .nsects = 2},
        .section = {{.sectname = "__data",
                     .segname = "__DATA_DIRTY",
                     .addr = at + 0x100,
                     .size = 0x100},
                    {.sectname = "__crash_info",
                     .segname = "__DATA_DIRTY",
                     .addr = at,
                     .size = sizeof(struct mp_macho_info) + sizeof(uint64_t)}}};
}

void fake_task_add_image(struct fake_task *task, const struct fake_image *image) {
    uint8_t *text = fake_task_map(task, image->base, FAKE_TEXT_SIZE);
    uint8_t *linkedit = fake_task_map(task, image->base + FAKE_TEXT_SIZE, LINKEDIT_MAX);
    struct mp_macho_header header = {.magic = MP_MACHO_MAGIC, .cputype = 0x100000c};
    struct mp_macho_segment text_segment = {MP_MACHO_SEGMENT, sizeof(text_segment),
                                            .segname = "__TEXT", .vmaddr = image->vmaddr,
                                            .vmsize = FAKE_TEXT_SIZE};
    struct mp_macho_segment edit_segment = {
        MP_MACHO_SEGMENT,        sizeof(edit_segment),
        .segname = "__LINKEDIT", .vmaddr = image->vmaddr + FAKE_TEXT_SIZE,
        .vmsize = LINKEDIT_MAX,  .fileoff = FILE_OFFSET,
        .filesize = LINKEDIT_MAX};
    struct mp_macho_linkedit starts;
    struct mp_macho_symtab symtab = write_linkedit(image, linkedit, &starts);
    struct mp_macho_uuid uuid = {MP_MACHO_UUID, sizeof(uuid), {0}};
    memset(uuid.uuid, image->uuid_byte, sizeof(uuid.uuid));
    size_t at = sizeof(header);
    at = add_command(text, at, &text_segment, sizeof(text_segment), &header);
    at = add_command(text, at, &edit_segment, sizeof(edit_segment), &header);
    at = add_command(text, at, &symtab, sizeof(symtab), &header);
    at = add_command(text, at, &uuid, sizeof(uuid), &header);
    if (image->start_count > 0)
        at = add_command(text, at, &starts, sizeof(starts), &header);
    if (image->said != NULL) {
        struct data_command data = data_command(image);
        write_info(task, image);
        at = add_command(text, at, &data, sizeof(data), &header);
    }
    if (image->own_name != NULL) {
        struct mp_macho_dylib dylib = {.cmd = MP_MACHO_ID_DYLIB, .name = sizeof(dylib)};
        uint8_t command[sizeof(dylib) + 256] = {0};
        dylib.cmdsize = sizeof(command);
        memcpy(command, &dylib, sizeof(dylib));
        memcpy(command + sizeof(dylib), image->own_name, strlen(image->own_name) + 1);
        (void)add_command(text, at, command, sizeof(command), &header);
    }
    memcpy(text, &header, sizeof(header));
}

void fake_task_list_images(struct fake_task *task, const struct fake_image *image,
                           size_t count) {
    struct mp_dyld_infos infos = {
        .version = 18, .image_count = (uint32_t)count, .images = LIST_AT + LIST_IMAGES};
    uint8_t *list = fake_task_map(task, LIST_AT, LIST_SIZE);
    memcpy(list, &infos, sizeof(infos));
    for (size_t i = 0; i < count; i++) {
        struct mp_dyld_image entry = {.base = image[i].base};
        if (image[i].path != NULL) {
            entry.path = LIST_AT + LIST_PATHS + i * PATH_STRIDE;
            memcpy(list + LIST_PATHS + i * PATH_STRIDE, image[i].path,
                   strlen(image[i].path) + 1);
        }
        memcpy(list + LIST_IMAGES + i * sizeof(entry), &entry, sizeof(entry));
    }
    task->image_info = LIST_AT;
}

void fake_task_add_record(struct fake_task *task, uint64_t at, uint64_t next,
                          uint64_t lr) {
    uint64_t record[2] = {next, lr};
    fake_task_store(task, at, record, sizeof(record));
}
