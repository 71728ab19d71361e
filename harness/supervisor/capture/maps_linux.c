/* Reads /proc/PID/maps once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/maps_linux.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* The kernel's own limit (vm.max_map_count) is 65530 by default. */
#define MAPPINGS_MAX 65536
#define TEXT_MAX     ((size_t)16 * 1024 * 1024)
#define TEXT_FIRST   ((size_t)32 * 1024)

static char *read_text(pid_t tid) {
    char path[32];
    size_t size = TEXT_FIRST, len = 0, got = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    char *text = mp_memory_zeroed(size, 1);
    while ((got = fread(text + len, 1, size - len - 1, file)) > 0) {
        len += got;
        if (size - len > 1 || size >= TEXT_MAX)
            continue;
        size *= 2;
        text = mp_memory_resize(text, size, 1);
    }
    fclose(file);
    text[len] = '\0';
    return text;
}

/* `line` ends in NUL. */
static bool parse(const char *line, struct mp_mapping *ret_mapping) {
    struct mp_mapping m = {0};
    unsigned major = 0, minor = 0;
    int at = 0;
    int fields =
        sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
               &m.start, &m.end, m.access, &m.offset, &major, &minor, &m.inode, &at);
    if (fields < 7 || m.end <= m.start)
        return false;
    m.device = (uint64_t)major << 32 | minor;
    m.name = line + at;
    *ret_mapping = m;
    return true;
}

static void add(struct mp_maps *maps, size_t *size, struct mp_mapping mapping) {
    if (maps->count == *size) {
        *size = *size > 0 ? 2 * *size : 128;
        maps->mapping = mp_memory_resize(maps->mapping, *size, sizeof(*maps->mapping));
    }
    maps->mapping[maps->count++] = mapping;
}

void mp_maps_read(pid_t tid, struct mp_maps *ret_maps) {
    struct mp_maps maps = {.text = read_text(tid)};
    size_t size = 0;
    char *line = maps.text;
    while (line != NULL && *line != '\0' && maps.count < MAPPINGS_MAX) {
        struct mp_mapping mapping;
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        if (parse(line, &mapping))
            add(&maps, &size, mapping);
        line = end != NULL ? end + 1 : NULL;
    }
    *ret_maps = maps;
}

const struct mp_mapping *mp_maps_find(const struct mp_maps *maps, uint64_t address) {
    size_t low = 0, high = maps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maps->mapping[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low < maps->count ? &maps->mapping[low] : NULL;
}

bool mp_mapping_is_file(const struct mp_mapping *mapping) {
    const char *name = mapping->name;
    bool has_file = mapping->inode != 0 || mapping->device != 0;
    return has_file && name[0] == '/' && strncmp(name, "/dev/", 5) != 0 &&
           strncmp(name, "/memfd:", 7) != 0 && strncmp(name, "/SYSV", 5) != 0;
}

void mp_maps_release(struct mp_maps *maps) {
    free(maps->mapping);
    free(maps->text);
    *maps = (struct mp_maps){0};
}
