/* The portable part of the environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/environment.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/base/sha256.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/variables.h"
#include "harness/supervisor/process/host.h"
#include "results/store/pairs.h"

#define VALUE_MAX   80  /* bytes of a variable's value that are kept */
#define PRELOAD_MAX 512 /* bytes of a list of libraries */
#define HASH_DIGITS 12
#define HASH_ROOM   32 /* bytes that the fact of what had no room takes */

void mp_environment_add_fact(struct mp_environment *env, const char *fmt, ...) {
    size_t len = strlen(env->facts);
    size_t room = sizeof(env->facts) - len;
    va_list args;
    va_start(args, fmt);
    int added = vsnprintf(env->facts + len, room, fmt, args);
    va_end(args);
    if (added < 0 || (size_t)added + 1 >= room) {
        env->facts[len] = '\0';
        return;
    }
    env->facts[len + (size_t)added] = '\n';
    env->facts[len + (size_t)added + 1] = '\0';
}

/* At most `room` bytes of a text, control bytes escaped. A longer one ends in a hash of
 * all of it: two that differ only behind the cut are not the same. */
static void add_cut(struct mp_strbuf *buf, const char *text, size_t room) {
    char hex[MP_SHA256_HEX_SIZE];
    size_t len = strlen(text);
    mp_strbuf_add_escaped(buf, text, len < room ? len : room, 0);
    mp_sha256_hex(text, len, hex);
    if (len > room)
        mp_strbuf_addf(buf, "...%.*s", HASH_DIGITS, hex);
}

/* Whether there is room for one more fact of `len` bytes, and for the hash after it. */
static bool has_room(const struct mp_environment *env, size_t len) {
    size_t facts = 0, used = 0;
    for (; env->facts[used] != '\0'; used++)
        facts += env->facts[used] == '\n';
    return facts + 2 <= MP_STORE_PAIRS_MAX && used + len + HASH_ROOM < sizeof(env->facts);
}

/* Each variable that matters as "env.NAME=value"; those without room as one hash. */
static void add_variables(struct mp_environment *env) {
    struct mp_strbuf text, others;
    mp_strbuf_init(&text);
    mp_strbuf_init(&others);
    for (const char *entry = mp_variables_next(NULL); entry != NULL;
         entry = mp_variables_next(entry)) {
        mp_strbuf_clear(&text);
        add_cut(&text, entry, strcspn(entry, "=") + 1 + VALUE_MAX);
        if (has_room(env, strlen("env.") + text.len + 1))
            mp_environment_add_fact(env, "env.%s", text.text);
        else
            mp_strbuf_addf(&others, "%s\n", text.text);
    }
    if (others.len > 0) {
        char hex[MP_SHA256_HEX_SIZE];
        mp_sha256_hex(others.text, others.len, hex);
        mp_environment_add_fact(env, "env.others=%.*s", HASH_DIGITS, hex);
    }
    mp_strbuf_release(&others);
    mp_strbuf_release(&text);
}

/* Libraries that come from outside change what is tested, as a build does. */
static void add_preload(struct mp_environment *env) {
    const char *preload = getenv(mp_host_preload_variable());
    struct mp_strbuf text;
    if (preload == NULL || preload[0] == '\0')
        return;
    mp_strbuf_init(&text);
    add_cut(&text, preload, PRELOAD_MAX);
    mp_environment_add_fact(env, "preload=%s", text.text);
    mp_strbuf_release(&text);
}

void mp_environment_read(struct mp_environment *env, const struct mp_driver *driver) {
    memset(env, 0, sizeof(*env));
    if (driver != NULL) {
        snprintf(env->gpu, sizeof(env->gpu), "%s", driver->gpu);
        snprintf(env->driver, sizeof(env->driver), "%s", driver->path);
        snprintf(env->driver_id, sizeof(env->driver_id), "%s", driver->id);
    }
    struct utsname name;
    if (uname(&name) == 0) {
        snprintf(env->os, sizeof(env->os), "%.*s", (int)sizeof(env->os) - 1,
                 name.sysname);
        mp_environment_add_fact(env, "kernel=%s", name.release);
        mp_environment_add_fact(env, "machine=%s", name.machine);
    }
    mp_environment_add_fact(env, "cores=%ld", mp_environment_cores());
    mp_environment_read_system(env);
    add_preload(env);
    add_variables(env);
}

double mp_environment_load(void) {
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

bool mp_environment_program_folder(char *buf, size_t size) {
    if (!mp_environment_program_path(buf, size))
        return false;
    char *slash = strrchr(buf, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}
