/* macOS: the regions of a process, one by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/mapping.h"

#include <libproc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/proc_info.h>
#include <sys/stat.h>

/* Of a process that maps more, no more are looked at. */
#define REGIONS_MAX 100000

enum mp_mapping_sight mp_mapping_look(pid_t pid, const char *path) {
    enum mp_mapping_sight sight = MP_MAPPING_UNKNOWN;
    struct proc_regionwithpathinfo region;
    struct stat file;
    uint64_t address = 0;
    if (stat(path, &file) != 0)
        return sight;
    for (unsigned i = 0; i < REGIONS_MAX && sight != MP_MAPPING_SEEN; i++) {
        int size = proc_pidinfo(pid, PROC_PIDREGIONPATHINFO, address, &region,
                                (int)sizeof(region));
        if (size != (int)sizeof(region) || region.prp_prinfo.pri_size == 0)
            break;
        const struct vinfo_stat *mapped = &region.prp_vip.vip_vi.vi_stat;
        bool is_it =
            mapped->vst_ino == file.st_ino && mapped->vst_dev == (uint32_t)file.st_dev;
        sight = is_it ? MP_MAPPING_SEEN : MP_MAPPING_NONE;
        address = region.prp_prinfo.pri_address + region.prp_prinfo.pri_size;
    }
    return sight;
}
