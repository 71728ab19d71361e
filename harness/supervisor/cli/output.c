/* Files of products, and the browser.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/output.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"

#ifdef __APPLE__
#define OPENER "open"
#else
#define OPENER "xdg-open"
#endif

#define OPENER_WAIT_NS (2 * MP_CLOCK_NS_PER_S) /* then it is taken to be the browser */
#define OPENER_TICK_NS (20 * MP_CLOCK_NS_PER_MS)

extern char **environ;

bool mp_output_is_of_database(const char *path) {
    static const char *const endings[] = {"-wal", "-shm", "-journal"};
    struct stat info;
    size_t len = strlen(path);
    for (size_t i = 0; i < MP_COUNT(endings); i++) {
        size_t end = strlen(endings[i]);
        if (len <= end || strcmp(path + len - end, endings[i]) != 0)
            continue;
        char *database = mp_memory_copy_text(path);
        database[len - end] = '\0';
        bool is_there = stat(database, &info) == 0;
        free(database);
        return is_there;
    }
    return false;
}

/* Whether the regular file `path` begins so. */
static bool begins_with(const char *path, const char *start, size_t len) {
    char found[32];
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || len > sizeof(found))
        return false;
    FILE *file = fopen(path, "rb");
    size_t got = file != NULL ? fread(found, 1, len, file) : 0;
    if (file != NULL)
        fclose(file);
    return got == len && memcmp(found, start, len) == 0;
}

static bool is_database(const char *path) {
    static const char magic[] = "SQLite format 3";
    return begins_with(path, magic, sizeof(magic));
}

static enum mp_status check_path(const char *path, struct mp_error *err) {
    if (path[0] == '\0')
        return mp_error_set(err, MP_USAGE, "--output needs the name of a file");
    if (is_database(path) || mp_output_is_of_database(path))
        return mp_error_set(err, MP_USAGE,
                            "--output %s: a database of rounds, or a part of one, is not "
                            "overwritten; choose another name",
                            path);
    return MP_OK;
}

/* Whether a file can be made there. */
static enum mp_status check_folder(const char *path, struct mp_error *err) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    struct mp_strbuf folder;
    enum mp_status status = MP_OK;
    mp_strbuf_init(&folder);
    mp_strbuf_add(&folder, slash == NULL ? "." : path, len);
    if (access(folder.text, W_OK) != 0)
        status =
            mp_error_set_errno(err, MP_USAGE, errno, "%s: nothing can be written into %s",
                               path, folder.text);
    mp_strbuf_release(&folder);
    return status;
}

enum mp_status mp_output_check(const struct mp_args *args, const char *database,
                               struct mp_error *err) {
    const char *path = mp_args_text(args, "output");
    if (path == NULL || strcmp(path, "-") == 0)
        return MP_OK;
    if (database != NULL && strcmp(path, database) == 0)
        return mp_error_set(err, MP_USAGE,
                            "--output %s is the database of this run; choose another "
                            "name",
                            path);
    enum mp_status status = check_path(path, err);
    if (status == MP_OK && check_folder(path, err) != MP_OK) {
        mp_error_prefix(err, "--output ");
        status = MP_USAGE;
    }
    return status;
}

/* A file in a new folder of its own, which only this user can read. */
static enum mp_status name_temporary(struct mp_output *output, const char *ending,
                                     struct mp_error *err) {
    const char *root = getenv("TMPDIR");
    mp_strbuf_addf(&output->path, "%s/mpstress-XXXXXX",
                   root != NULL && root[0] != '\0' ? root : "/tmp");
    if (mkdtemp(output->path.text) == NULL)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot make a folder for the page to open at %s; name "
                                  "a file with --output",
                                  output->path.text);
    mp_strbuf_addf(&output->path, "/report.%s", ending);
    return MP_OK;
}

/* What is no regular file (a terminal, a pipe, a link) is written in place. */
static void choose_place(struct mp_output *output) {
    struct stat info;
    if (lstat(output->path.text, &info) == 0 && !S_ISREG(info.st_mode))
        return;
    mp_strbuf_addf(&output->beside, "%s.%ld.part", output->path.text, (long)getpid());
}

static enum mp_status open_place(struct mp_output *output, struct mp_error *err) {
    choose_place(output);
    const char *place = output->beside.len > 0 ? output->beside.text : output->path.text;
    output->file = fopen(place, "w");
    if (output->file == NULL)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot write to %s", place);
    return MP_OK;
}

enum mp_status mp_output_open(struct mp_output *output, const struct mp_args *args,
                              const char *ending, struct mp_error *err) {
    const char *path = mp_args_text(args, "output");
    *output = (struct mp_output){.file = stdout, .opens = mp_args_flag(args, "open")};
    mp_strbuf_init(&output->path);
    mp_strbuf_init(&output->beside);
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    if (is_stdout && !output->opens)
        return MP_OK;
    enum mp_status status =
        is_stdout ? name_temporary(output, ending, err) : check_path(path, err);
    if (!is_stdout)
        mp_strbuf_addstr(&output->path, path);
    return status == MP_OK ? open_place(output, err) : status;
}

/* Starts the browser. One that stays (no opener that hands over) is left alone. */
static void open_browser(const char *path) {
    const char *browser = getenv("BROWSER");
    const char *program = browser != NULL && browser[0] != '\0' ? browser : OPENER;
    char *argv[] = {(char *)program, (char *)path, NULL};
    int result = 0, code = 0;
    pid_t child = 0, ended = 0;
    result = posix_spawnp(&child, program, NULL, NULL, argv, environ);
    if (result != 0) {
        mp_log(MP_LOG_WARN, "cannot open it: %s: %s; it is in %s", program,
               strerror(result), path);
        return;
    }
    uint64_t until_ns = mp_clock_now_ns() + OPENER_WAIT_NS;
    while ((ended = waitpid(child, &code, WNOHANG)) == 0 && mp_clock_now_ns() < until_ns)
        mp_clock_sleep_ns(OPENER_TICK_NS);
    if (ended == child && (!WIFEXITED(code) || WEXITSTATUS(code) != 0))
        mp_log(MP_LOG_WARN, "%s could not open it; it is in %s", program, path);
    else
        mp_log(MP_LOG_INFO, "opened %s", path);
}

static enum mp_status end_file(struct mp_output *output, enum mp_status status,
                               const struct mp_strbuf *text, struct mp_error *err) {
    bool is_written = status == MP_OK;
    errno = 0;
    if (status == MP_OK)
        is_written = fwrite(text->text, 1, text->len, output->file) == text->len;
    int reason = errno;
    /* Before what stderr, which may be the same file, says of it. */
    if (output->file == stdout)
        (void)fflush(stdout);
    if (output->file != stdout && fclose(output->file) != 0) {
        reason = is_written ? errno : reason;
        is_written = false;
    }
    if (status == MP_OK && is_written && output->beside.len > 0 &&
        rename(output->beside.text, output->path.text) != 0) {
        reason = errno;
        is_written = false;
    }
    if (!is_written && output->beside.len > 0)
        unlink(output->beside.text);
    if (status == MP_OK && !is_written && output->path.len > 0)
        return mp_error_set_errno(err, MP_SYSTEM, reason, "cannot write to %s",
                                  output->path.text);
    return status; /* stdout is checked by main */
}

enum mp_status mp_output_end(struct mp_output *output, enum mp_status status,
                             const struct mp_strbuf *text, struct mp_error *err) {
    if (output->file != NULL)
        status = end_file(output, status, text, err);
    if (status == MP_OK && output->opens)
        open_browser(output->path.text);
    mp_strbuf_release(&output->beside);
    mp_strbuf_release(&output->path);
    return status;
}

enum mp_status mp_output_check_own(const char *path, const char *start, const char *what,
                                   struct mp_error *err) {
    struct stat info = {0};
    bool is_there = stat(path, &info) == 0;
    /* A terminal, a pipe and an empty file have nothing to lose. */
    if (is_there && S_ISREG(info.st_mode) && info.st_size > 0 &&
        !begins_with(path, start, strlen(start)))
        return mp_error_set(err, MP_USAGE,
                            "%s exists and is not a %s of mpstress: choose another name, "
                            "or remove it first",
                            path, what);
    if (mp_output_is_of_database(path))
        return mp_error_set(err, MP_USAGE,
                            "a file called %s would be taken for a part of the database "
                            "beside it: choose another name",
                            path);
    return is_there ? MP_OK : check_folder(path, err);
}

enum mp_status mp_output_write_own(const char *path, const char *start, const char *what,
                                   const struct mp_strbuf *text, struct mp_error *err) {
    struct mp_output output = {0};
    enum mp_status status = mp_output_check_own(path, start, what, err);
    if (status != MP_OK)
        return status;
    mp_strbuf_init(&output.path);
    mp_strbuf_init(&output.beside);
    mp_strbuf_addstr(&output.path, path);
    status = open_place(&output, err);
    return mp_output_end(&output, status, text, err);
}
