/* What was loaded in a round: its program, libraries and driver, each with the id of its
 * build. The round writes them into an area at the end of its page; the supervisor reads
 * them there however the round died, and compares them with the library that an arm
 * claims to inject.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_MODULES_H
#define MP_WIRE_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/crash.h"
#include "harness/wire/round_page.h"

#define MP_MODULE_ID_BYTES_MAX ((MP_CRASH_ID_MAX - 1) / 2)
#define MP_FIX_WORDS_MAX       512

enum mp_module_role {
    MP_MODULE_PLAIN,
    MP_MODULE_DRIVER,  /* the driver, as named by the device */
    MP_MODULE_FIX,     /* the library that the arm injects */
    MP_MODULE_OUTSIDE, /* injected by the environment of mpstress */
    MP_MODULE_ROLES
};
/* "", "driver", "fix", "outside". */
const char *mp_module_role_name(enum mp_module_role role);

struct mp_module {
    const char *path; /* borrowed from mp_modules.text; raw bytes: escape where shown */
    char id[MP_CRASH_ID_MAX]; /* build id or UUID in lower-case hex, "" none */
    uint64_t size;            /* size in memory */
    enum mp_module_role role;
    /* The methods of the driver whose code it has, "-[CLASS SELECTOR],...", in the order
     * in which they were asked; NULL: none. Borrowed; raw bytes. */
    const char *methods;
    unsigned method_count;
};

struct mp_modules {
    struct mp_module *module; /* owned */
    size_t count;
    char *text;    /* owned */
    char *methods; /* owned; NULL: nobody asked whose the methods are */
    unsigned method_count;
    bool is_known; /* false: the round did not get that far, or the table is malformed */
    bool is_cut;   /* more than fit */
};
void mp_modules_release(struct mp_modules *modules);

/* The round's side: begin, add each, end. A reader sees all of it or nothing. */
struct mp_modules_writer {
    struct mp_page_modules *area;
    uint32_t count;
    uint32_t used; /* bytes */
    bool is_cut;
};
void mp_modules_begin(struct mp_modules_writer *writer, struct mp_round_page *page);
/* `id` has `id_len` bytes, 0 if there is none. Images without a path are left out. */
void mp_modules_add(struct mp_modules_writer *writer, const char *path, uint64_t size,
                    const uint8_t *id, size_t id_len);
void mp_modules_end(struct mp_modules_writer *writer);
/* Takes over the table of another page of `size` bytes, if it has one. */
void mp_modules_copy(struct mp_round_page *page, const struct mp_round_page *from,
                     size_t size);
/* Which module has the code of which method of the driver: as many as fit. Both texts are
 * printable, and borrowed until the end of the call. */
struct mp_module_method {
    const char *path, *name; /* "-[CLASS SELECTOR]" */
};
void mp_modules_add_methods(struct mp_round_page *page,
                            const struct mp_module_method *method, size_t count);

/* The supervisor's side. `page` is a mapping of `size` bytes; any bytes and any size
 * are safe: a malformed table counts as not written. All roles are PLAIN. Release with
 * mp_modules_release. */
void mp_modules_read(const struct mp_round_page *page, size_t size,
                     struct mp_modules *ret_modules);
/* The same from what capture found, for a round that died before it wrote its table.
 * Modules without a file are left out, so that both ways agree. Not known if `crash`
 * has no modules. */
void mp_modules_from_crash(const struct mp_crash *crash, struct mp_modules *ret_modules);

/* Sets the roles. `driver` is the path of the driver and `fix` that of the library that
 * the arm injects, "" for none; `preload` the list of libraries in the environment of
 * mpstress itself, NULL for none: paths, or names without a slash. */
void mp_modules_mark(struct mp_modules *modules, const char *driver, const char *fix,
                     const char *preload);

/* Whether the library that an arm claims was mapped. */
enum mp_fix_state {
    MP_FIX_MAPPED,
    MP_FIX_ABSENT,
    MP_FIX_OTHER_BUILD, /* at its path, but not the build that was planned */
    MP_FIX_IDLE,        /* mapped, but none of the driver's methods is its own */
    MP_FIX_UNKNOWN      /* what was mapped is unknown */
};
struct mp_fix_claim {
    enum mp_fix_state state;
    char path[MP_CRASH_PATH_MAX]; /* of the library */
    char words[MP_FIX_WORDS_MAX]; /* what was claimed and what was mapped; escaped */
};
/* `path` is absolute and without symbolic links, as given to the loader; `id` "": any
 * build. */
void mp_modules_check(const struct mp_modules *modules, const char *path, const char *id,
                      struct mp_fix_claim *ret_claim);
/* A claim of which nothing is known, for a program that was looked at while it ran: the
 * library was there, or was not. */
void mp_modules_claim_seen(bool is_there, struct mp_fix_claim *claim);

#endif
