/* The environments of rounds, each of them once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "results/store/database.h"
#include "results/store/pairs.h"

/* "key=value" lines as pairs; cuts `lines` apart. */
static size_t split_facts(char *lines, struct mp_pair *pairs, size_t max) {
    size_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL && count < max;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            pairs[count++] = (struct mp_pair){.name = line, .value = equals + 1};
        }
    }
    return count;
}

/* The NUL of each text takes part, so that "a" + "bc" and "ab" + "c" differ. */
static void make_fingerprint(const struct mp_environment *env, char ret_text[17]) {
    struct mp_strbuf all;
    mp_strbuf_init(&all);
    const char *fields[] = {env->os,     env->os_build,  env->cpu,  env->gpu,
                            env->driver, env->driver_id, env->facts};
    for (size_t i = 0; i < MP_COUNT(fields); i++)
        mp_strbuf_add(&all, fields[i], strlen(fields[i]) + 1);
    snprintf(ret_text, 17, "%016llx",
             (unsigned long long)mp_rng_hash_bytes(all.text, all.len));
    mp_strbuf_release(&all);
}

static void bind_columns(struct mp_statement *statement, const struct mp_environment *env,
                         const char *facts) {
    mp_bind_foreign(statement, "os", env->os);
    mp_bind_foreign(statement, "os_build", env->os_build);
    mp_bind_foreign(statement, "cpu", env->cpu);
    mp_bind_foreign(statement, "gpu", env->gpu);
    mp_bind_foreign(statement, "driver", env->driver);
    mp_bind_foreign(statement, "driver_id", env->driver_id);
    mp_bind_text(statement, "facts", facts);
}

static int add_environment(struct mp_store *store, const struct mp_environment *env,
                           const char *fingerprint, const char *facts, int64_t *ret_id) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_ENVIRONMENT);
    mp_bind_text(&add, "fingerprint", fingerprint);
    bind_columns(&add, env, facts);
    int code = mp_statement_run(&add);
    if (code != SQLITE_OK)
        return code;
    struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_ENVIRONMENT);
    mp_bind_text(&find, "fingerprint", fingerprint);
    return mp_statement_query(&find, ret_id, 1);
}

enum mp_status mp_store_environment(struct mp_store *store,
                                    const struct mp_environment *env, int64_t *ret_id,
                                    struct mp_error *err) {
    char fingerprint[17], lines[sizeof(env->facts)];
    make_fingerprint(env, fingerprint);
    memcpy(lines, env->facts, sizeof(lines));
    struct mp_pair pairs[MP_STORE_PAIRS_MAX];
    size_t count = split_facts(lines, pairs, MP_STORE_PAIRS_MAX);
    struct mp_strbuf facts;
    mp_strbuf_init(&facts);
    int64_t id = 0;
    int code = mp_pairs_to_json(store, pairs, count, true, &facts);
    if (code == SQLITE_OK)
        code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_statement find =
            mp_statement_start(store, MP_SQL_FIND_SAME_ENVIRONMENT);
        bind_columns(&find, env, facts.text);
        code = mp_statement_query(&find, &id, 1);
        if (code == SQLITE_DONE)
            code = add_environment(store, env, fingerprint, facts.text, &id);
        code = mp_database_end(store, code);
    }
    mp_strbuf_release(&facts);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record the environment");
    *ret_id = id;
    return MP_OK;
}
