/* A module is a run of mappings of one file that begins with an ELF header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/modules_linux.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/build_id_linux.h"
#include "harness/supervisor/capture/remote_linux.h"

#define SEGMENTS_MAX 64
#define NOTES_MAX    4096
#define ID_BYTES_MAX ((MP_CRASH_ID_MAX - 1) / 2)

struct run {
    const struct mp_mapping *first; /* NULL: none is open */
    uint64_t end;
};

static void write_id(const uint8_t *bytes, size_t len, char *buf, size_t size) {
    size_t at = 0;
    for (size_t i = 0; i < len && at + 2 < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%02x", bytes[i]);
}

/* The segments of the module in memory; returns how many there are. */
static size_t read_segments(int memory, uint64_t start, const Elf64_Ehdr *head,
                            Elf64_Phdr *ret_segment) {
    size_t count = head->e_phnum < SEGMENTS_MAX ? head->e_phnum : SEGMENTS_MAX;
    if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    size_t got = mp_remote_read(memory, start + head->e_phoff, ret_segment,
                                count * sizeof(*ret_segment));
    return got / sizeof(*ret_segment);
}

static void find_id(int memory, const struct run *run, const Elf64_Ehdr *head, char *buf,
                    size_t size) {
    Elf64_Phdr segment[SEGMENTS_MAX];
    uint8_t note[NOTES_MAX], id[ID_BYTES_MAX];
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), bias = run->first->start;
    size_t len = 0, count = read_segments(memory, run->first->start, head, segment),
           i = 0;
    while (i < count && segment[i].p_type != PT_LOAD)
        i++;
    if (i < count)
        bias -= segment[i].p_vaddr & ~(page - 1);
    for (i = 0; i < count; i++) {
        uint64_t at = bias + segment[i].p_vaddr;
        if (segment[i].p_type != PT_NOTE || at < run->first->start || at >= run->end)
            continue;
        size_t wanted =
            segment[i].p_filesz < sizeof(note) ? segment[i].p_filesz : sizeof(note);
        size_t got = mp_remote_read(memory, at, note, wanted);
        if (mp_build_id_find(note, got, id, sizeof(id), &len)) {
            write_id(id, len, buf, size);
            return;
        }
    }
}

static void add_module(pid_t pid, int memory, const struct run *run,
                       struct mp_crash *crash) {
    Elf64_Ehdr head;
    const struct mp_mapping *first = run->first;
    if (first == NULL ||
        mp_remote_read(memory, first->start, &head, sizeof(head)) != sizeof(head) ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return;
    struct mp_crash_module *module = mp_crash_add_module(crash);
    if (module == NULL) {
        crash->modules_missed++;
        return;
    }
    module->base = first->start;
    module->size = run->end - first->start;
    if (first->name[0] == '[')
        snprintf(module->path, sizeof(module->path), "[vdso: %d]", (int)pid);
    else
        mp_excerpt_end(module->path, sizeof(module->path), first->name,
                       strlen(first->name));
    find_id(memory, run, &head, module->id, sizeof(module->id));
}

void mp_modules_find(pid_t pid, const struct mp_maps *maps, int memory,
                     struct mp_crash *crash) {
    struct run run = {.first = NULL};
    for (size_t i = 0; i < maps->count; i++) {
        const struct mp_mapping *m = &maps->mapping[i];
        bool is_vdso = strcmp(m->name, "[vdso]") == 0;
        if (!is_vdso && !mp_mapping_is_file(m))
            continue;
        bool goes_on = run.first != NULL && run.first->device == m->device &&
                       run.first->inode == m->inode;
        if (!goes_on) {
            add_module(pid, memory, &run, crash);
            run.first = m;
        }
        run.end = m->end;
    }
    add_module(pid, memory, &run, crash);
}
