/* Writes and reads the table of loaded modules; one file, since the two must agree on
 * every byte. A record is: size in memory (8 bytes), length of the path (2), length of
 * the id (1), 0 (1), then the bytes of both, and nothing between records. Owners of
 * methods are a text (mp_page_owners).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"

#define RECORD_HEAD 12
/* Names of mapped modules in the words of a claim. */
#define WORDS_NAMES_MAX 12

enum { STATE_NONE, STATE_WHOLE, STATE_CUT };

const char *mp_module_role_name(enum mp_module_role role) {
    static const char *const names[MP_MODULE_ROLES] = {"", "driver", "fix", "outside"};
    return (unsigned)role < MP_MODULE_ROLES ? names[role] : "unknown";
}

void mp_modules_release(struct mp_modules *modules) {
    free(modules->module);
    free(modules->text);
    free(modules->methods);
    *modules = (struct mp_modules){0};
}

static struct mp_page_modules *area_of(struct mp_round_page *page) {
    return (void *)((char *)page + page->size - MP_PAGE_MODULES_BYTES);
}

void mp_modules_begin(struct mp_modules_writer *writer, struct mp_round_page *page) {
    *writer = (struct mp_modules_writer){.area = area_of(page)};
    atomic_store_explicit(&writer->area->state, STATE_NONE, memory_order_release);
}

void mp_modules_add(struct mp_modules_writer *writer, const char *path, uint64_t size,
                    const uint8_t *id, size_t id_len) {
    size_t path_len = strlen(path);
    id_len = id_len <= MP_MODULE_ID_BYTES_MAX ? id_len : MP_MODULE_ID_BYTES_MAX;
    if (path_len == 0)
        return;
    if (path_len >= MP_CRASH_PATH_MAX || writer->count == MP_PAGE_MODULES_MAX ||
        RECORD_HEAD + path_len + id_len > sizeof(writer->area->record) - writer->used) {
        writer->is_cut = true;
        return;
    }
    uint8_t *at = writer->area->record + writer->used;
    uint16_t len = (uint16_t)path_len;
    memcpy(at, &size, sizeof(size));
    memcpy(at + 8, &len, sizeof(len));
    at[10] = (uint8_t)id_len;
    at[11] = 0;
    memcpy(at + RECORD_HEAD, path, path_len);
    if (id_len > 0)
        memcpy(at + RECORD_HEAD + path_len, id, id_len);
    writer->used += (uint32_t)(RECORD_HEAD + path_len + id_len);
    writer->count++;
}

void mp_modules_end(struct mp_modules_writer *writer) {
    writer->area->count = writer->count;
    writer->area->used = writer->used;
    atomic_store_explicit(&writer->area->state, writer->is_cut ? STATE_CUT : STATE_WHOLE,
                          memory_order_release);
}

void mp_modules_copy(struct mp_round_page *page, const struct mp_round_page *from,
                     size_t size) {
    char *end = (char *)page + page->size;
    struct mp_page_modules *area = (void *)(end - MP_PAGE_MODULES_BYTES);
    const struct mp_page_modules *other =
        (const void *)((const char *)from + size - MP_PAGE_MODULES_BYTES);
    uint32_t state = atomic_load_explicit(&other->state, memory_order_acquire);
    if (state == STATE_NONE)
        return;
    atomic_store_explicit(&area->state, STATE_NONE, memory_order_release);
    area->count = other->count;
    area->used = other->used;
    memcpy(area->record, other->record, sizeof(area->record));
    atomic_store_explicit(&area->state, state, memory_order_release);
}

/* "\tNAME" for each method of one module, after its path. */
static void write_owner(const struct mp_module_method *method, size_t count,
                        const char *path, struct mp_strbuf *text) {
    mp_strbuf_addstr(text, path);
    for (size_t i = 0; i < count; i++)
        if (strcmp(method[i].path, path) == 0)
            mp_strbuf_addf(text, "\t%s", method[i].name);
    mp_strbuf_addch(text, '\n');
}

void mp_modules_add_methods(struct mp_round_page *page,
                            const struct mp_module_method *method, size_t count) {
    struct mp_page_owners *owners = &area_of(page)->owners;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (strcmp(method[first].path, method[i].path) != 0)
            first++;
        if (first == i)
            write_owner(method, count, method[i].path, &text);
    }
    bool is_cut = text.len > sizeof(owners->text);
    size_t used = is_cut ? sizeof(owners->text) : text.len;
    atomic_store_explicit(&owners->state, STATE_NONE, memory_order_release);
    memcpy(owners->text, text.text, used);
    owners->used = (uint32_t)used;
    atomic_store_explicit(&owners->state, is_cut ? STATE_CUT : STATE_WHOLE,
                          memory_order_release);
    mp_strbuf_release(&text);
}

static void write_hex(const uint8_t *bytes, size_t count, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
}

/* Reads one record of at most `left` bytes; its path goes to `text`. Returns its size,
 * 0 if it is malformed. */
static size_t take_record(const uint8_t *at, size_t left, char *text,
                          struct mp_module *module) {
    uint16_t path_len = 0;
    if (left < RECORD_HEAD)
        return 0;
    memcpy(&module->size, at, sizeof(module->size));
    memcpy(&path_len, at + 8, sizeof(path_len));
    size_t id_len = at[10];
    size_t whole = RECORD_HEAD + (size_t)path_len + id_len;
    if (path_len == 0 || path_len >= MP_CRASH_PATH_MAX ||
        id_len > MP_MODULE_ID_BYTES_MAX || at[11] != 0 || whole > left ||
        memchr(at + RECORD_HEAD, '\0', path_len) != NULL)
        return 0;
    memcpy(text, at + RECORD_HEAD, path_len);
    text[path_len] = '\0';
    module->path = text;
    write_hex(at + RECORD_HEAD + path_len, id_len, module->id);
    return whole;
}

/* Reads `count` records that fill `used` bytes, both within the limits of the area. */
static bool take_records(const uint8_t *records, uint32_t used, uint32_t count,
                         struct mp_modules *modules) {
    /* The area may change while it is read, so everything is read from a copy. */
    uint8_t *copy = mp_memory_zeroed(used, 1);
    size_t at = 0, text_at = 0;
    memcpy(copy, records, used);
    modules->text =
        mp_memory_zeroed(used, 1); /* a path with its NUL is shorter than its record */
    modules->module = mp_memory_zeroed(count, sizeof(*modules->module));
    while (modules->count < count) {
        struct mp_module *module = &modules->module[modules->count];
        size_t whole = take_record(copy + at, used - at, modules->text + text_at, module);
        if (whole == 0)
            break;
        text_at += strlen(module->path) + 1;
        at += whole;
        modules->count++;
    }
    free(copy);
    return modules->count == count && at == used;
}

static struct mp_module *module_find(struct mp_modules *modules, const char *path) {
    for (size_t i = 0; i < modules->count; i++)
        if (strcmp(modules->module[i].path, path) == 0)
            return &modules->module[i];
    return NULL;
}

/* Gives a module its methods, "NAME\tNAME", which becomes "NAME,NAME". */
static void take_methods(struct mp_modules *modules, const char *path, char *names) {
    struct mp_module *module = module_find(modules, path);
    unsigned count = 1;
    for (char *tab = names; (tab = strchr(tab, '\t')) != NULL; count++)
        *tab = ',';
    modules->method_count += count;
    if (module == NULL)
        return;
    module->methods = names;
    module->method_count = count;
}

/* Reads the owners of methods; a text without a line is one that is malformed. */
static void take_owners(const struct mp_page_owners *owners, struct mp_modules *modules) {
    uint32_t state = atomic_load_explicit(&owners->state, memory_order_acquire);
    uint32_t used = *(const volatile uint32_t *)&owners->used;
    if ((state != STATE_WHOLE && state != STATE_CUT) || used > sizeof(owners->text))
        return;
    modules->methods = mp_memory_zeroed(used + 1, 1);
    memcpy(modules->methods, owners->text, used);
    char *line = modules->methods, *end;
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        char *tab = strchr(line, '\t');
        if (tab != NULL) {
            *tab = '\0';
            take_methods(modules, line, tab + 1);
        }
        line = end + 1;
    }
}

void mp_modules_read(const struct mp_round_page *page, size_t size,
                     struct mp_modules *ret_modules) {
    struct mp_modules modules = {0};
    *ret_modules = modules;
    if (size < sizeof(*page) + MP_PAGE_MODULES_BYTES || size % 64 != 0)
        return;
    const struct mp_page_modules *area =
        (const void *)((const char *)page + size - MP_PAGE_MODULES_BYTES);
    uint32_t state = atomic_load_explicit(&area->state, memory_order_acquire);
    uint32_t count = *(const volatile uint32_t *)&area->count;
    uint32_t used = *(const volatile uint32_t *)&area->used;
    if ((state != STATE_WHOLE && state != STATE_CUT) || count == 0 ||
        count > MP_PAGE_MODULES_MAX || used < RECORD_HEAD || used > sizeof(area->record))
        return;
    modules.is_known = take_records(area->record, used, count, &modules);
    modules.is_cut = state == STATE_CUT;
    if (modules.is_known)
        take_owners(&area->owners, &modules);
    if (modules.is_known)
        *ret_modules = modules;
    else
        mp_modules_release(&modules);
}

void mp_modules_from_crash(const struct mp_crash *crash, struct mp_modules *ret_modules) {
    struct mp_modules modules = {0};
    size_t room = 0;
    *ret_modules = modules;
    if (crash == NULL || crash->module_count == 0)
        return;
    for (size_t i = 0; i < crash->module_count; i++)
        room += strlen(crash->module[i].path) + 1;
    modules.text = mp_memory_zeroed(room, 1);
    modules.module = mp_memory_zeroed(crash->module_count, sizeof(*modules.module));
    char *text = modules.text;
    for (size_t i = 0; i < crash->module_count; i++) {
        const struct mp_crash_module *from = &crash->module[i];
        if (from->path[0] != '/') { /* no file, or a path too long to be kept whole */
            modules.is_cut |= from->path[0] != '[';
            continue;
        }
        struct mp_module *to = &modules.module[modules.count++];
        size_t len = strlen(from->path) + 1;
        memcpy(text, from->path, len);
        to->path = text;
        text += len;
        to->size = from->size;
        memcpy(to->id, from->id, sizeof(to->id));
    }
    modules.is_known = true;
    modules.is_cut |= crash->modules_missed > 0;
    *ret_modules = modules;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Whether `path` is one of the entries of `list`, separated as the loaders do it. An
 * entry may name the file by another path than the loader does: the file name alone
 * decides. */
static bool is_listed(const char *list, const char *path) {
    const char *name = name_of(path);
    size_t len = strlen(name);
    while (*list != '\0') {
        size_t entry = strcspn(list, ": \t");
        size_t tail = entry;
        while (tail > 0 && list[tail - 1] != '/')
            tail--;
        if (entry - tail == len && memcmp(list + tail, name, len) == 0)
            return true;
        list += entry + (list[entry] != '\0');
    }
    return false;
}

void mp_modules_mark(struct mp_modules *modules, const char *driver, const char *fix,
                     const char *preload) {
    for (size_t i = 0; i < modules->count; i++) {
        struct mp_module *module = &modules->module[i];
        if (strcmp(module->path, fix) == 0)
            module->role = MP_MODULE_FIX;
        else if (strcmp(module->path, driver) == 0)
            module->role = MP_MODULE_DRIVER;
        else if (preload != NULL && is_listed(preload, module->path))
            module->role = MP_MODULE_OUTSIDE;
    }
}

static void add_names(const struct mp_modules *modules, struct mp_strbuf *words) {
    for (size_t i = 0; i < modules->count && i < WORDS_NAMES_MAX; i++) {
        const char *name = name_of(modules->module[i].path);
        mp_strbuf_addstr(words, i > 0 ? ", " : "");
        mp_strbuf_add_escaped(words, name, strlen(name), 0);
    }
    if (modules->count > WORDS_NAMES_MAX)
        mp_strbuf_addf(words, " and %zu more", modules->count - WORDS_NAMES_MAX);
}

static void begin_claim(const char *path, struct mp_strbuf *words) {
    mp_strbuf_init(words);
    mp_strbuf_addstr(words, "the arm claims ");
    mp_strbuf_add_escaped(words, path, strlen(path), 0);
}

void mp_modules_check(const struct mp_modules *modules, const char *path, const char *id,
                      struct mp_fix_claim *ret_claim) {
    struct mp_strbuf words;
    const struct mp_module *found = NULL;
    for (size_t i = 0; i < modules->count && found == NULL; i++)
        if (strcmp(modules->module[i].path, path) == 0)
            found = &modules->module[i];
    begin_claim(path, &words);
    if (!modules->is_known) {
        ret_claim->state = MP_FIX_UNKNOWN;
        mp_strbuf_addstr(&words,
                         ", and the round ended before it could say what is mapped");
    } else if (found == NULL) {
        ret_claim->state = MP_FIX_ABSENT;
        mp_strbuf_addstr(&words, ", which is not mapped; mapped are ");
        add_names(modules, &words);
    } else if (id[0] != '\0' && strcmp(found->id, id) != 0) {
        ret_claim->state = MP_FIX_OTHER_BUILD;
        mp_strbuf_addf(&words, " of build %s, but mapped from there is %s%s", id,
                       found->id[0] != '\0' ? "build " : "one without an id", found->id);
    } else if (modules->method_count > 0 && found->method_count == 0) {
        ret_claim->state = MP_FIX_IDLE;
        mp_strbuf_addf(&words,
                       ", which is mapped and not active: none of the %u methods of the "
                       "driver that were asked is its own",
                       modules->method_count);
    } else {
        ret_claim->state = MP_FIX_MAPPED;
        mp_strbuf_addstr(&words, ", which is mapped");
    }
    snprintf(ret_claim->path, sizeof(ret_claim->path), "%s", path);
    snprintf(ret_claim->words, sizeof(ret_claim->words), "%s", words.text);
    mp_strbuf_release(&words);
}

void mp_modules_claim_seen(bool is_there, struct mp_fix_claim *claim) {
    struct mp_strbuf words;
    begin_claim(claim->path, &words);
    mp_strbuf_addf(&words, ", which was%s mapped when the program was looked at last",
                   is_there ? "" : " not");
    claim->state = is_there ? MP_FIX_MAPPED : MP_FIX_ABSENT;
    snprintf(claim->words, sizeof(claim->words), "%s", words.text);
    mp_strbuf_release(&words);
}
