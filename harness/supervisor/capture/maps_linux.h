/* The mappings of a stopped process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_MAPS_LINUX_H
#define MP_CAPTURE_MAPS_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One line of /proc/PID/maps. */
struct mp_mapping {
    uint64_t start, end;
    uint64_t offset; /* in its file */
    uint64_t device, inode;
    char access[5];   /* "r-xp" */
    const char *name; /* path, "[stack]", or "": in the text of the maps, as the kernel
                         escapes it */
};

struct mp_maps {
    struct mp_mapping *mapping; /* owned, by address */
    size_t count;
    char *text; /* owned */
};

/* Reads the mappings of the process of thread `tid`, up to the kernel's own limit; none
 * if they cannot be read. Released with mp_maps_release. */
void mp_maps_read(pid_t tid, struct mp_maps *ret_maps);
/* The first mapping that ends above `address`, which may begin above it; NULL if there is
 * none. */
const struct mp_mapping *mp_maps_find(const struct mp_maps *maps, uint64_t address);
/* Whether a mapping is that of a file on disk that may be code: no device, no shared
 * memory. */
bool mp_mapping_is_file(const struct mp_mapping *mapping);
void mp_maps_release(struct mp_maps *maps);

#endif
