/* One entry for each program with its watched files, which cells share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/memory.h"
#include "harness/supervisor/process/program.h"

#define PATH_SIZE 4096
#define NO_ENTRY  SIZE_MAX

/* What the system says of a file; all zero if it cannot be found. */
struct face {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written, changed;
};

struct entry {
    char *command;         /* the first word */
    struct mp_words watch; /* files */
    struct face *face;     /* of the program and each of `watch` */
    char build[MP_PROGRAM_DIGITS + 1];
    bool is_other;
};

struct mp_rebuild {
    struct entry *entry;
    size_t entry_count;
    size_t *of_cell; /* index into `entry`, NO_ENTRY: not a program */
    char words[MP_REBUILD_WORDS_MAX];
};

static struct face read_face(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return (struct face){0};
#ifdef __APPLE__
    struct timespec written = info.st_mtimespec, changed = info.st_ctimespec;
#else
    struct timespec written = info.st_mtim, changed = info.st_ctim;
#endif
    return (struct face){info.st_dev, info.st_ino, info.st_size, written, changed};
}

static bool is_same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_face(const struct face *a, const struct face *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           is_same_time(a->written, b->written) && is_same_time(a->changed, b->changed);
}

/* Reads the faces of all files of `entry`; true if they are those that it holds. */
static bool take_faces(struct entry *entry) {
    char path[PATH_SIZE];
    struct mp_error ignored;
    bool is_same = true;
    for (size_t i = 0; i <= entry->watch.count; i++) {
        struct face face = {0};
        if (i > 0)
            face = read_face(entry->watch.word[i - 1]);
        else if (mp_program_find(entry->command, path, sizeof(path), &ignored) == MP_OK)
            face = read_face(path);
        is_same = is_same && is_same_face(&face, &entry->face[i]);
        entry->face[i] = face;
    }
    return is_same;
}

/* The program that rounds of a cell start, and its build. */
static bool find_program(const struct mp_round_spec *spec, struct mp_words *ret_command,
                         char *ret_build) {
    const char *text = mp_round_spec_param(spec, "exec");
    const char *build = mp_round_spec_param(spec, "build");
    struct mp_error ignored;
    if (mp_program_arm_kind(spec->arm) == MP_PROGRAM_EXEC)
        return mp_program_arm_split(spec->arm, ret_command, ret_build, &ignored) == MP_OK;
    snprintf(ret_build, MP_PROGRAM_DIGITS + 1, "%s", build != NULL ? build : "");
    return text != NULL && mp_words_split(text, ret_command, &ignored) == MP_OK &&
           ret_command->count > 0;
}

static bool is_same_words(const struct mp_words *a, const struct mp_words *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->word[i], b->word[i]) != 0)
            return false;
    return true;
}

static size_t find_entry(struct mp_rebuild *rebuild, const char *command,
                         const struct mp_words *watch, const char *build) {
    for (size_t i = 0; i < rebuild->entry_count; i++) {
        const struct entry *entry = &rebuild->entry[i];
        if (strcmp(entry->command, command) == 0 && strcmp(entry->build, build) == 0 &&
            is_same_words(&entry->watch, watch))
            return i;
    }
    rebuild->entry = mp_memory_resize(rebuild->entry, rebuild->entry_count + 1,
                                      sizeof(*rebuild->entry));
    struct entry *entry = &rebuild->entry[rebuild->entry_count];
    *entry = (struct entry){.command = mp_memory_copy_text(command)};
    for (size_t i = 0; i < watch->count; i++)
        mp_words_add(&entry->watch, watch->word[i]);
    entry->face = mp_memory_zeroed(watch->count + 1, sizeof(*entry->face));
    snprintf(entry->build, sizeof(entry->build), "%s", build);
    return rebuild->entry_count++;
}

static size_t add_cell(struct mp_rebuild *rebuild, const struct mp_round_spec *spec) {
    const char *text = mp_round_spec_param(spec, "watch");
    struct mp_words command = {0}, watch = {0};
    char build[MP_PROGRAM_DIGITS + 1] = "";
    struct mp_error ignored;
    size_t found = NO_ENTRY;
    bool is_read = text == NULL || mp_words_split(text, &watch, &ignored) == MP_OK;
    if (is_read && find_program(spec, &command, build))
        found = find_entry(rebuild, command.word[0], &watch, build);
    mp_words_release(&command);
    mp_words_release(&watch);
    return found;
}

struct mp_rebuild *mp_rebuild_make(const struct mp_plan *plan) {
    struct mp_rebuild *rebuild = mp_memory_zeroed(1, sizeof(*rebuild));
    rebuild->of_cell = mp_memory_zeroed(plan->cell_count + 1, sizeof(*rebuild->of_cell));
    for (size_t i = 0; i < plan->cell_count; i++)
        rebuild->of_cell[i] = mp_program_is_spec(&plan->cell[i].spec)
                                  ? add_cell(rebuild, &plan->cell[i].spec)
                                  : NO_ENTRY;
    return rebuild;
}

void mp_rebuild_release(struct mp_rebuild *rebuild) {
    if (rebuild == NULL)
        return;
    for (size_t i = 0; i < rebuild->entry_count; i++) {
        free(rebuild->entry[i].command);
        free(rebuild->entry[i].face);
        mp_words_release(&rebuild->entry[i].watch);
    }
    free(rebuild->entry);
    free(rebuild->of_cell);
    free(rebuild);
}

static void describe(struct mp_rebuild *rebuild, const struct entry *entry,
                     const char *build, const char *why) {
    if (rebuild->words[0] == '\0')
        snprintf(rebuild->words, sizeof(rebuild->words),
                 build[0] != '\0'
                     ? "'%.150s', or a file of --watch, was rebuilt or changed during "
                       "the campaign: build %s was planned, and it is %s now"
                     : "'%.150s', or a file of --watch, cannot be read any more, which "
                       "was build %s: %s",
                 entry->command, entry->build, build[0] != '\0' ? build : why);
}

bool mp_rebuild_look(struct mp_rebuild *rebuild, size_t cell) {
    if (rebuild->of_cell[cell] == NO_ENTRY)
        return false;
    struct entry *entry = &rebuild->entry[rebuild->of_cell[cell]];
    struct mp_error err = {{0}};
    char build[MP_PROGRAM_DIGITS + 1] = "";
    /* The faces are read first: a file that is written while it is read has another one
     * at the next look. */
    if (entry->is_other || take_faces(entry))
        return entry->is_other;
    enum mp_status status =
        mp_program_read_build(entry->command, &entry->watch, build, &err);
    entry->is_other = status != MP_OK || strcmp(build, entry->build) != 0;
    if (entry->is_other)
        describe(rebuild, entry, status == MP_OK ? build : "", err.text);
    return entry->is_other;
}

void mp_rebuild_judge(struct mp_rebuild *rebuild, size_t cell,
                      struct mp_judgement *judgement) {
    if (mp_rebuild_look(rebuild, cell))
        mp_judgement_withdraw(judgement, rebuild->words);
}

const char *mp_rebuild_words(const struct mp_rebuild *rebuild) {
    return rebuild->words;
}
