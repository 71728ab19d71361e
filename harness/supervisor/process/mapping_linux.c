/* Linux: /proc/PID/maps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/mapping.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "harness/supervisor/capture/maps_linux.h"

enum mp_mapping_sight mp_mapping_look(pid_t pid, const char *path) {
    enum mp_mapping_sight sight = MP_MAPPING_UNKNOWN;
    struct mp_maps maps;
    struct stat file;
    if (stat(path, &file) != 0)
        return sight;
    uint64_t device = (uint64_t)major(file.st_dev) << 32 | minor(file.st_dev);
    mp_maps_read(pid, &maps);
    if (maps.count > 0)
        sight = MP_MAPPING_NONE;
    for (size_t i = 0; i < maps.count; i++) {
        const struct mp_mapping *mapping = &maps.mapping[i];
        bool is_file = mapping->inode == file.st_ino && mapping->device == device;
        /* An overlay shows the numbers of the layer below it. */
        if (is_file || strcmp(mapping->name, path) == 0)
            sight = MP_MAPPING_SEEN;
    }
    mp_maps_release(&maps);
    return sight;
}
