/* Images as the ELF loader has them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harness/round/metal/image.h"

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

static bool holds(const struct dl_phdr_info *info, uintptr_t address) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = (uintptr_t)(info->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_LOAD && address >= start && address - start < segment->p_memsz)
            return true;
    }
    return false;
}

static void write_hex(const uint8_t *bytes, size_t count, char *text, size_t size) {
    for (size_t i = 0; i < count && 2 * i + 2 < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static void read_notes(const uint8_t *note, size_t left, char *id, size_t id_size) {
    ElfW(Nhdr) head;
    while (left >= sizeof(head)) {
        memcpy(&head, note, sizeof(head));
        size_t name_len = ((size_t)head.n_namesz + 3) & ~(size_t)3;
        size_t body_len = ((size_t)head.n_descsz + 3) & ~(size_t)3;
        if (name_len + body_len > left - sizeof(head))
            return;
        const uint8_t *name = note + sizeof(head), *body = name + name_len;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && !memcmp(name, "GNU", 4))
            write_hex(body, head.n_descsz, id, id_size);
        note = body + body_len;
        left -= sizeof(head) + name_len + body_len;
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    struct search *search = data;
    if (!holds(info, search->address))
        return 0;
    snprintf(search->path, search->path_size, "%s", info->dlpi_name);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            read_notes((const uint8_t *)info->dlpi_addr + segment->p_vaddr, segment->p_memsz,
                       search->id, search->id_size);
    }
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
