/* Sets the loader's variable, and calls exec.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/preload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/strbuf.h"
#include "harness/round/image/image.h"

#define PATH_MAX_LEN 4096

#ifdef __APPLE__
#define VARIABLE "DYLD_INSERT_LIBRARIES"
/* Its capture sees a process from its first instruction on (capture/macos.c), and whether
 * that outlives exec has not been seen. */
static const bool is_seen_anyway = true;
#else
#define VARIABLE "LD_PRELOAD"
static const bool is_seen_anyway = false;
#endif

void mp_preload_set(const char *library) {
    const char *others = getenv(VARIABLE);
    struct mp_strbuf list;
    mp_strbuf_init(&list);
    mp_strbuf_addstr(&list, library);
    if (others != NULL && others[0] != '\0')
        mp_strbuf_addf(&list, ":%s", others);
    (void)setenv(VARIABLE, list.text, 1);
    mp_strbuf_release(&list);
}

/* Whether the list begins with it. */
static bool is_set(const char *library) {
    const char *list = getenv(VARIABLE);
    size_t len = strlen(library);
    return list != NULL && strncmp(list, library, len) == 0 &&
           (list[len] == ':' || list[len] == '\0');
}

enum mp_status mp_preload_take(const char *library, char *const *argv,
                               struct mp_error *err) {
    char path[PATH_MAX_LEN];
    if (library[0] == '\0' || is_seen_anyway || is_set(library))
        return MP_OK;
    mp_image_program_path(path, sizeof(path));
    mp_preload_set(library);
    (void)execv(path, argv);
    return mp_error_set_errno(err, MP_SYSTEM, errno,
                              "cannot start %.300s again with its library", path);
}
