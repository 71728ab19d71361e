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

#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/variables.h"
#include "harness/supervisor/process/host.h"

#define VALUE_MAX   80  /* bytes of a variable's value that are kept */
#define PRELOAD_MAX 512 /* bytes of a list of libraries */

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

/* Each variable that matters as "env.NAME=value", control bytes escaped, a long value
 * cut. */
static void add_variables(struct mp_environment *env) {
    for (const char *entry = mp_variables_next(NULL); entry != NULL;
         entry = mp_variables_next(entry)) {
        struct mp_strbuf text;
        size_t len = strlen(entry), name_len = strcspn(entry, "=");
        size_t room = name_len + 1 + VALUE_MAX;
        mp_strbuf_init(&text);
        mp_strbuf_add_escaped(&text, entry, len < room ? len : room, 0);
        mp_environment_add_fact(env, "env.%s%s", text.text, len > room ? "..." : "");
        mp_strbuf_release(&text);
    }
}

/* Libraries that come from outside change what is tested, as a build does. */
static void add_preload(struct mp_environment *env) {
    const char *preload = getenv(mp_host_preload_variable());
    struct mp_strbuf text;
    if (preload == NULL || preload[0] == '\0')
        return;
    mp_strbuf_init(&text);
    mp_strbuf_add_escaped(&text, preload, strnlen(preload, PRELOAD_MAX), 0);
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
