/* Reads and writes whole files; finds the routine in what was read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/patch/driver_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"

#define SIZE_MAX_BYTES ((size_t)1 << 30)

static enum mp_status read_all(int fd, struct mp_driver_file *file,
                               struct mp_error *err) {
    size_t done = 0;

    file->bytes = mp_memory_zeroed(file->size + 1, 1);
    while (done < file->size) {
        ssize_t count = read(fd, file->bytes + done, file->size - done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read %s",
                                      file->path);
        if (count == 0)
            return mp_error_set(err, MP_SYSTEM, "%s became shorter while it was read",
                                file->path);
        done += (size_t)count;
    }
    return MP_OK;
}

static enum mp_status read_bytes(struct mp_driver_file *file, struct mp_error *err) {
    struct stat info;
    enum mp_status status = MP_OK;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot open %s", file->path);
    if (fstat(fd, &info) != 0)
        status =
            mp_error_set_errno(err, MP_SYSTEM, errno, "cannot examine %s", file->path);
    else if (!S_ISREG(info.st_mode))
        status = mp_error_set(err, MP_FORMAT, "%s is no ordinary file", file->path);
    else if ((uint64_t)info.st_size > SIZE_MAX_BYTES)
        status = mp_error_set(err, MP_LIMIT, "%s is larger than 1 GiB", file->path);
    if (status == MP_OK) {
        file->size = (size_t)info.st_size;
        file->mode = (unsigned)info.st_mode & 0777;
        status = read_all(fd, file, err);
    }
    close(fd);
    return status;
}

/* Says which word is neither original nor patched. */
static enum mp_status refuse_known(const uint8_t *code, struct mp_error *err) {
    unsigned number = mp_store_order_differs(code);
    const struct mp_store_order_word *row = &mp_store_order_word[number];
    const uint8_t *at = code + row->offset;

    return mp_error_set(
        err, MP_FORMAT,
        "it has the UUID of the known build, but other instructions: word %u of %d, at "
        "%#" PRIx64
        ", is %02x %02x %02x %02x and not %02x %02x %02x %02x; it was changed "
        "before, and is not touched",
        number + 1, MP_STORE_ORDER_WORDS, MP_STORE_ORDER_ADDRESS + row->offset, at[0],
        at[1], at[2], at[3], row->before & 0xff, row->before >> 8 & 0xff,
        row->before >> 16 & 0xff, row->before >> 24);
}

static enum mp_status find_known(struct mp_driver_file *file, struct mp_error *err) {
    size_t at = 0;
    const uint8_t *code;

    if (!mp_macho_code_at(&file->macho, MP_STORE_ORDER_ADDRESS, MP_STORE_ORDER_SIZE, &at))
        return mp_error_set(err, MP_FORMAT,
                            "it has the UUID of the known build, but no code at %#" PRIx64
                            ": it is damaged",
                            MP_STORE_ORDER_ADDRESS);
    code = file->bytes + at;
    file->address = MP_STORE_ORDER_ADDRESS;
    file->offset = at;
    file->order = mp_store_order_of(code);
    file->is_known_build = mp_store_order_is_known(code, file->order);
    return file->is_known_build ? MP_OK : refuse_known(code, err);
}

static enum mp_status find_by_form(struct mp_driver_file *file, struct mp_error *err) {
    const struct mp_macho *macho = &file->macho;
    size_t at[2] = {0, 0};
    size_t count =
        mp_store_order_search(file->bytes + macho->text_offset, macho->text_size, at, 2);

    if (count == 0)
        return mp_error_set(err, MP_NOT_FOUND,
                            "it is another build than the known one, and nothing in its "
                            "%zu bytes of code has the form of the routine",
                            macho->text_size);
    if (count > 1)
        return mp_error_set(err, MP_NOT_FOUND,
                            "it is another build than the known one, and %zu places in "
                            "its code have the form of the routine (%#" PRIx64
                            ", %#" PRIx64 "%s): which is it?",
                            count, macho->text_address + at[0],
                            macho->text_address + at[1], count > 2 ? ", ..." : "");
    file->address = macho->text_address + at[0];
    file->offset = macho->text_offset + at[0];
    file->order = mp_store_order_of(file->bytes + file->offset);
    return MP_OK;
}

enum mp_status mp_driver_file_read(const char *path, struct mp_driver_file *file,
                                   struct mp_error *err) {
    enum mp_status status;

    memset(file, 0, sizeof(*file));
    file->path = path;
    status = read_bytes(file, err);
    if (status != MP_OK)
        return status;
    mp_sha256_hex(file->bytes, file->size, file->sha256);
    status = mp_macho_read(file->bytes, file->size, &file->macho, err);
    if (status == MP_OK && strcmp(file->macho.uuid, MP_STORE_ORDER_UUID) == 0)
        status = find_known(file, err);
    else if (status == MP_OK)
        status = find_by_form(file, err);
    if (status != MP_OK)
        mp_error_prefix(err, "%s", path);
    return status;
}

void mp_driver_file_release(struct mp_driver_file *file) {
    free(file->bytes);
    file->bytes = NULL;
}

/* A new file; never one that is there, and never through a link. */
static enum mp_status write_new(const char *path, const void *content, size_t size,
                                unsigned mode, struct mp_error *err) {
    const char *bytes = content;
    size_t done = 0;
    int error = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST)
        return mp_error_set(err, MP_USAGE, "%s is there already; name a new file", path);
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot make %s", path);
    while (done < size && error == 0) {
        ssize_t count = write(fd, bytes + done, size - done);

        if (count >= 0)
            done += (size_t)count;
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0))
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0)
        return MP_OK;
    unlink(path);
    return mp_error_set_errno(err, MP_SYSTEM, error, "cannot write %s", path);
}

enum mp_status mp_driver_file_write_patched(struct mp_driver_file *file, const char *path,
                                            struct mp_error *err) {
    mp_store_order_patch(file->bytes + file->offset);
    file->order = mp_store_order_of(file->bytes + file->offset);
    mp_sha256_hex(file->bytes, file->size, file->sha256);
    return write_new(path, file->bytes, file->size, file->mode, err);
}

enum mp_status mp_driver_file_write_text(const char *path, const char *text,
                                         struct mp_error *err) {
    return write_new(path, text, strlen(text), 0644, err);
}
