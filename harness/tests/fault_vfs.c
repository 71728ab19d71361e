/* SQLite's own VFS, of which one call fails: the one numbered $FAULT_CALL, counted over
 * all writes, syncs, truncations, locks, opened and deleted files and calls on shared
 * memory of the program mpstress; with $FAULT_STAYS also all after it. A write fails as
 * on a full disk if $FAULT_FULL is set. At its end the program writes the number of calls
 * to the file $FAULT_TALLY. Preloaded; other programs are left alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An open file: ours, followed by that of the VFS below. */
struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *below;
static sqlite3_vfs shim;
static unsigned long counted, failing; /* failing 0: none */
static bool stays, is_full;

static bool fails(void) {
    counted++;
    return failing != 0 && (counted == failing || (stays && counted > failing));
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct file *)file)->real;
}

static int close_file(sqlite3_file *file) {
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int size, sqlite3_int64 at) {
    return real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}

static int write_file(sqlite3_file *file, const void *from, int size, sqlite3_int64 at) {
    if (fails())
        return is_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size) {
    return fails() ? SQLITE_IOERR_TRUNCATE
                   : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int sync_file(sqlite3_file *file, int flags) {
    return fails() ? SQLITE_IOERR_FSYNC
                   : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int size_of_file(sqlite3_file *file, sqlite3_int64 *ret_size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int lock_file(sqlite3_file *file, int level) {
    return fails() ? SQLITE_IOERR_LOCK
                   : real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int check_lock(sqlite3_file *file, int *ret_is_reserved) {
    return fails() ? SQLITE_IOERR_CHECKRESERVEDLOCK
                   : real_of(file)->pMethods->xCheckReservedLock(real_of(file),
                                                                 ret_is_reserved);
}

static int control_file(sqlite3_file *file, int what, void *arg) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int sector_size(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int characteristics(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int map_shared(sqlite3_file *file, int region, int size, int may_extend,
                      void volatile **ret_memory) {
    return fails() ? SQLITE_IOERR_SHMMAP
                   : real_of(file)->pMethods->xShmMap(real_of(file), region, size,
                                                      may_extend, ret_memory);
}

static int lock_shared(sqlite3_file *file, int from, int count, int flags) {
    bool is_lock = (flags & SQLITE_SHM_LOCK) != 0;
    return is_lock && fails()
               ? SQLITE_IOERR_SHMLOCK
               : real_of(file)->pMethods->xShmLock(real_of(file), from, count, flags);
}

static void order_shared(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int unmap_shared(sqlite3_file *file, int is_deleted) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), is_deleted);
}

/* Version 2: no mapping of the file itself, so that each page is written by a call. */
static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = close_file,
                                           .xRead = read_file,
                                           .xWrite = write_file,
                                           .xTruncate = truncate_file,
                                           .xSync = sync_file,
                                           .xFileSize = size_of_file,
                                           .xLock = lock_file,
                                           .xUnlock = unlock_file,
                                           .xCheckReservedLock = check_lock,
                                           .xFileControl = control_file,
                                           .xSectorSize = sector_size,
                                           .xDeviceCharacteristics = characteristics,
                                           .xShmMap = map_shared,
                                           .xShmLock = lock_shared,
                                           .xShmBarrier = order_shared,
                                           .xShmUnmap = unmap_shared};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags) {
    struct file *ours = (struct file *)file;
    (void)vfs;
    file->pMethods = NULL;
    if (fails())
        return SQLITE_CANTOPEN;
    ours->real = (sqlite3_file *)(ours + 1);
    int code = below->xOpen(below, name, ours->real, flags, ret_flags);
    if (ours->real->pMethods != NULL)
        file->pMethods = &methods;
    return code;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int syncs_folder) {
    (void)vfs;
    return fails() ? SQLITE_IOERR_DELETE : below->xDelete(below, name, syncs_folder);
}

__attribute__((constructor)) static void begin(void) {
    const char *number = getenv("FAULT_CALL");
    if (strcmp(program_invocation_short_name, "mpstress") != 0)
        return;
    failing = number != NULL ? strtoul(number, NULL, 10) : 0;
    stays = getenv("FAULT_STAYS") != NULL;
    is_full = getenv("FAULT_FULL") != NULL;
    below = sqlite3_vfs_find(NULL);
    shim = *below;
    shim.zName = "fault";
    shim.szOsFile = (int)sizeof(struct file) + below->szOsFile;
    shim.pNext = NULL;
    shim.xOpen = open_file;
    shim.xDelete = delete_file;
    sqlite3_vfs_register(&shim, 1);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_TALLY");
    FILE *file = path != NULL && below != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%lu\n", counted);
        fclose(file);
    }
}
