/* Images as listed by the ELF loader.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harness/round/image/image.h"

#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const mp_image_model_name = "libmpmodel.so";

struct search {
    uintptr_t address;
    char *path, *id;
    size_t path_size, id_size;
};

/* State of a walk over all images. */
struct walk {
    void (*visit)(void *data, const struct mp_image *image);
    void *data;
    const char *program;
};

static bool holds(const struct dl_phdr_info *info, uintptr_t address) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = (uintptr_t)(info->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_LOAD && address >= start &&
            address - start < segment->p_memsz)
            return true;
    }
    return false;
}

static void write_hex(const uint8_t *bytes, size_t count, char *text, size_t size) {
    for (size_t i = 0; i < count && 2 * i + 2 < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* The build id among the notes of one segment, or NULL. */
static const uint8_t *find_note(const uint8_t *note, size_t left, size_t *ret_len) {
    ElfW(Nhdr) head;
    while (left >= sizeof(head)) {
        memcpy(&head, note, sizeof(head));
        size_t name_len = ((size_t)head.n_namesz + 3) & ~(size_t)3;
        size_t body_len = ((size_t)head.n_descsz + 3) & ~(size_t)3;
        if (name_len + body_len > left - sizeof(head))
            return NULL;
        const uint8_t *name = note + sizeof(head), *body = name + name_len;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
            !memcmp(name, "GNU", 4)) {
            *ret_len = head.n_descsz;
            return body;
        }
        note = body + body_len;
        left -= sizeof(head) + name_len + body_len;
    }
    return NULL;
}

static const uint8_t *find_id(const struct dl_phdr_info *info, size_t *ret_len) {
    const uint8_t *id = NULL;
    for (int i = 0; i < info->dlpi_phnum && id == NULL; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            id = find_note((const uint8_t *)info->dlpi_addr + segment->p_vaddr,
                           segment->p_memsz, ret_len);
    }
    return id;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    struct search *search = data;
    size_t id_len = 0;
    if (!holds(info, search->address))
        return 0;
    snprintf(search->path, search->path_size, "%s", info->dlpi_name);
    const uint8_t *id = find_id(info, &id_len);
    if (id != NULL)
        write_hex(id, id_len, search->id, search->id_size);
    return 1;
}

void mp_image_describe(const void *address, char *path, size_t path_size, char *ret_id,
                       size_t id_size) {
    struct search search = {.address = (uintptr_t)address,
                            .path = path,
                            .path_size = path_size,
                            .id = ret_id,
                            .id_size = id_size};
    path[0] = ret_id[0] = '\0';
    dl_iterate_phdr(visit, &search);
}

void mp_image_program_path(char *path, size_t size) {
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    path[len > 0 ? len : 0] = '\0';
}

/* From the first loaded byte to the last, in whole pages of 4 KiB as debuggers count
 * them. */
static uint64_t span_of(const struct dl_phdr_info *info) {
    uint64_t low = UINT64_MAX, high = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        uint64_t start = segment->p_vaddr & ~UINT64_C(0xfff);
        uint64_t end = (segment->p_vaddr + segment->p_memsz + 0xfff) & ~UINT64_C(0xfff);
        low = start < low ? start : low;
        high = end > high ? end : high;
    }
    return high > low ? high - low : 0;
}

static int walk_visit(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    struct walk *walk = data;
    struct mp_image image = {.path = info->dlpi_name[0] != '\0' ? info->dlpi_name
                                                                : walk->program,
                             .size = span_of(info)};
    if (strchr(image.path, '/') == NULL)
        return 0; /* the kernel's own */
    image.id = find_id(info, &image.id_len);
    walk->visit(walk->data, &image);
    return 0;
}

void mp_image_each(void (*visit_image)(void *data, const struct mp_image *image),
                   void *data) {
    char program[PATH_MAX];
    struct walk walk = {.visit = visit_image, .data = data, .program = program};
    mp_image_program_path(program, sizeof(program));
    dl_iterate_phdr(walk_visit, &walk);
}

static int read_changes(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    *(uint64_t *)data = (uint64_t)(info->dlpi_adds + info->dlpi_subs);
    return 1;
}

uint64_t mp_image_changes(void) {
    uint64_t changes = 0;
    dl_iterate_phdr(read_changes, &changes);
    return changes;
}
