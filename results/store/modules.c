/* Sets of loaded modules: each is written once and referred to by its id. Paths come from
 * rounds, so they are escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/sha256.h"
#include "results/store/database.h"

static void add_key(const struct mp_module *module, struct mp_strbuf *key) {
    uint8_t role = (uint8_t)module->role;
    mp_strbuf_add(key, module->path, strlen(module->path) + 1);
    mp_strbuf_add(key, module->id, strlen(module->id) + 1);
    mp_strbuf_add(key, &module->size, sizeof(module->size));
    mp_strbuf_add(key, &role, sizeof(role));
    if (module->methods != NULL)
        mp_strbuf_add(key, module->methods, strlen(module->methods) + 1);
}

static int compare_modules(const void *left, const void *right) {
    const struct mp_module *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order != 0 ? order : strcmp(a->id, b->id);
}

static int add_member(struct mp_store *store, int64_t set_id,
                      const struct mp_module *module) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_SET_MEMBER);
    mp_bind_integer(&add, "module_set_id", set_id);
    mp_bind_foreign(&add, "path", module->path);
    mp_bind_count(&add, "size", module->size);
    mp_bind_foreign_or_null(&add, "module_id", module->id);
    mp_bind_text(&add, "role", mp_module_role_name(module->role));
    mp_bind_foreign_or_null(&add, "methods",
                            module->methods != NULL ? module->methods : "");
    return mp_statement_run(&add);
}

/* Finds the set by its hash, or writes it with its members. Loading order does not
 * matter. */
static int find_or_add(struct mp_store *store, const struct mp_modules *modules,
                       int64_t *ret_id) {
    char hash[MP_SHA256_HEX_SIZE];
    struct mp_strbuf sorted_key;
    struct mp_module *sorted = mp_memory_zeroed(modules->count, sizeof(*sorted));
    memcpy(sorted, modules->module, modules->count * sizeof(*sorted));
    qsort(sorted, modules->count, sizeof(*sorted), compare_modules);
    mp_strbuf_init(&sorted_key);
    mp_strbuf_addch(&sorted_key, modules->is_cut ? '1' : '0');
    for (size_t i = 0; i < modules->count; i++)
        add_key(&sorted[i], &sorted_key);
    mp_sha256_hex(sorted_key.text, sorted_key.len, hash);
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_MODULE_SET);
    mp_bind_text(&add, "hash", hash);
    mp_bind_integer(&add, "cut", modules->is_cut);
    int code = mp_statement_run(&add);
    bool is_new = code == SQLITE_OK && sqlite3_changes(store->db) > 0;
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_MODULE_SET);
        mp_bind_text(&find, "hash", hash);
        code = mp_statement_query(&find, ret_id, 1);
    }
    for (size_t i = 0; is_new && code == SQLITE_OK && i < modules->count; i++)
        code = add_member(store, *ret_id, &sorted[i]);
    mp_strbuf_release(&sorted_key);
    free(sorted);
    return code;
}

static struct mp_module_cache *find_cached(struct mp_store *store,
                                           const struct mp_strbuf *key) {
    for (size_t i = 0; i < MP_STORE_SETS_MAX; i++) {
        struct mp_module_cache *cache = &store->module_cache[i];
        if (cache->id != 0 && cache->key.len == key->len &&
            memcmp(cache->key.text, key->text, key->len) == 0)
            return cache;
    }
    return NULL;
}

int mp_database_ensure_modules(struct mp_store *store, const struct mp_modules *modules) {
    if (modules == NULL || !modules->is_known) {
        store->modules_id = 0;
        return SQLITE_OK;
    }
    struct mp_strbuf key;
    mp_strbuf_init(&key);
    mp_strbuf_addch(&key, modules->is_cut ? '1' : '0');
    for (size_t i = 0; i < modules->count; i++)
        add_key(&modules->module[i], &key);
    int code = SQLITE_OK;
    struct mp_module_cache *cache = find_cached(store, &key);
    if (cache == NULL) {
        cache = &store->module_cache[store->module_cache_next++ % MP_STORE_SETS_MAX];
        cache->id = 0;
        code = find_or_add(store, modules, &cache->id);
        mp_strbuf_clear(&cache->key);
        mp_strbuf_add(&cache->key, key.text, key.len);
    }
    store->modules_id = cache->id;
    mp_strbuf_release(&key);
    return code;
}

int mp_database_note_modules(struct mp_store *store, const struct mp_round_row *row,
                             int64_t round_id) {
    if (store->modules_id == 0)
        return SQLITE_OK;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_CELL_MODULES);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_integer(&add, "cell_id", row->cell_id);
    mp_bind_integer(&add, "module_set_id", store->modules_id);
    mp_bind_integer(&add, "whole", row->page->phase == MP_PHASE_DONE);
    mp_bind_integer(&add, "round_id", round_id);
    return mp_statement_run(&add);
}
