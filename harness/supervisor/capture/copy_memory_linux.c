/* Files are read, not mapped: one that is cut short while it is read ends the reading and
 * not the reader. A small direct-mapped cache, since an unwinder reads the same
 * neighbourhood again and again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/copy_memory_linux.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"

#define LINE_SIZE  512 /* divides a page: a line lies in one mapping */
#define LINE_COUNT 64
#define FILES_MAX  64

struct line {
    uint64_t start;
    bool is_known;
    size_t len; /* that could be read */
    unsigned char bytes[LINE_SIZE];
};

struct file {
    const char *path; /* NULL: free */
    int fd;           /* -1: it cannot be read */
};

struct mp_copy_memory {
    const struct mp_copy *copy;
    const struct mp_copy_region *last; /* the region that was read last */
    struct file file[FILES_MAX];
    size_t next; /* of the files, that which is replaced next */
    struct line line[LINE_COUNT];
};

int mp_copy_memory_open_file(const char *path) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

struct mp_copy_memory *mp_copy_memory_open(const struct mp_copy *copy) {
    struct mp_copy_memory *memory = mp_memory_zeroed(1, sizeof(*memory));
    memory->copy = copy;
    return memory;
}

static int find_file(struct mp_copy_memory *memory, const char *path) {
    for (size_t i = 0; i < FILES_MAX && memory->file[i].path != NULL; i++)
        if (strcmp(memory->file[i].path, path) == 0)
            return memory->file[i].fd;
    struct file *file = &memory->file[memory->next++ % FILES_MAX];
    if (file->path != NULL && file->fd >= 0)
        close(file->fd);
    *file = (struct file){.path = path, .fd = mp_copy_memory_open_file(path)};
    return file->fd;
}

static void fill(struct mp_copy_memory *memory, const struct mp_mapping *m,
                 struct line *line, uint64_t start) {
    int fd = find_file(memory, m->name);
    ssize_t got = fd < 0 ? -1
                         : pread(fd, line->bytes, sizeof(line->bytes),
                                 (off_t)(m->offset + (start - m->start)));
    line->start = start;
    line->is_known = true;
    line->len = got > 0 ? (size_t)got : 0;
}

static bool read_file_byte(struct mp_copy_memory *memory, const struct mp_mapping *m,
                           uint64_t address, unsigned char *ret_byte) {
    uint64_t start = address & ~(uint64_t)(LINE_SIZE - 1);
    struct line *line = &memory->line[start / LINE_SIZE % LINE_COUNT];
    if (!line->is_known || line->start != start)
        fill(memory, m, line, start);
    if (address - start >= line->len)
        return false;
    *ret_byte = line->bytes[address - start];
    return true;
}

static bool holds(const struct mp_copy_region *region, uint64_t address, size_t len) {
    return address >= region->start && region->len >= len &&
           address - region->start <= region->len - len;
}

static const struct mp_copy_region *find_region(struct mp_copy_memory *memory,
                                                uint64_t address, size_t len) {
    const struct mp_copy *copy = memory->copy;
    if (memory->last != NULL && holds(memory->last, address, len))
        return memory->last;
    for (size_t i = 0; i < copy->region_count; i++)
        if (holds(&copy->region[i], address, len))
            return memory->last = &copy->region[i];
    return NULL;
}

bool mp_copy_memory_read(struct mp_copy_memory *memory, uint64_t address,
                         uint64_t *ret_word) {
    unsigned char bytes[sizeof(*ret_word)];
    const struct mp_copy_region *region = memory->last;
    bool is_last = region != NULL && holds(region, address, sizeof(bytes));
    const struct mp_mapping *m =
        is_last ? NULL : mp_maps_find(&memory->copy->maps, address);
    if (m != NULL && m->start <= address && mp_mapping_is_file(m)) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            if (address + i >= m->end ||
                !read_file_byte(memory, m, address + i, &bytes[i]))
                return false;
        memcpy(ret_word, bytes, sizeof(bytes));
        return true;
    }
    region = find_region(memory, address, sizeof(bytes));
    if (region == NULL)
        return false;
    memcpy(ret_word, region->bytes + (address - region->start), sizeof(bytes));
    return true;
}

void mp_copy_memory_close(struct mp_copy_memory *memory) {
    for (size_t i = 0; i < FILES_MAX && memory->file[i].path != NULL; i++)
        if (memory->file[i].fd >= 0)
            close(memory->file[i].fd);
    free(memory);
}
