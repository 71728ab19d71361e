/* Text of one line a method, sorted when it is read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/method_list.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define HEAD "image\t"
#define END  "end\n"

void mp_method_list_write_head(const char *id, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, HEAD "%s\n", id);
}

void mp_method_list_write(uint64_t offset, const char *name, struct mp_strbuf *buf) {
    size_t len = strlen(name);
    if (len == 0 || len >= MP_CRASH_SYMBOL_MAX)
        return;
    for (size_t i = 0; i < len; i++)
        if (iscntrl((unsigned char)name[i]))
            return;
    mp_strbuf_addf(buf, "%" PRIx64 "\t%s\n", offset, name);
}

void mp_method_list_write_end(struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, END);
}

static int compare(const void *left, const void *right) {
    const struct mp_method *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset > b->offset ? 1 : -1;
    return strcmp(a->name, b->name);
}

/* Takes the line that begins at `line`, whose newline becomes its NUL. Returns the next
 * one; NULL if it has no end. */
static char *cut_line(char *line) {
    char *stop = strchr(line, '\n');
    if (stop == NULL)
        return NULL;
    *stop = '\0';
    return stop + 1;
}

static bool read_id(char *line, char *ret_id) {
    size_t head = strlen(HEAD), len = strlen(line);
    if (strncmp(line, HEAD, head) != 0 || len - head >= MP_CRASH_ID_MAX ||
        line[head + strspn(line + head, "0123456789abcdef")] != '\0')
        return false;
    memcpy(ret_id, line + head, len - head + 1);
    return true;
}

static bool read_method(char *line, struct mp_method *ret_method) {
    char *tab = NULL;
    if (!isxdigit((unsigned char)line[0]))
        return false;
    uint64_t offset = strtoull(line, &tab, 16);
    if (*tab != '\t' || tab[1] == '\0' || strlen(tab + 1) >= MP_CRASH_SYMBOL_MAX)
        return false;
    *ret_method = (struct mp_method){.offset = offset, .name = tab + 1};
    return true;
}

/* Reads lines into `list`, whose text they are; false if they do not fit the form. */
static bool read_lines(struct mp_method_list *list) {
    size_t size = 0;
    char *line = list->text, *next = cut_line(line);
    if (next == NULL || !read_id(line, list->id))
        return false;
    for (line = next; strcmp(line, END) != 0; line = next) {
        next = cut_line(line);
        if (list->count == size) {
            size = size > 0 ? 2 * size : 256;
            list->method = mp_memory_resize(list->method, size, sizeof(*list->method));
        }
        if (next == NULL || list->count == MP_METHODS_MAX ||
            !read_method(line, &list->method[list->count]))
            return false;
        list->count++;
    }
    return true;
}

enum mp_status mp_method_list_read(const char *text, size_t len,
                                   struct mp_method_list *ret_list,
                                   struct mp_error *err) {
    struct mp_method_list list = {.text = mp_memory_zeroed(len + 1, 1)};
    memcpy(list.text, text, len);
    if (memchr(text, '\0', len) != NULL || !read_lines(&list)) {
        mp_method_list_release(&list);
        return mp_error_set(err, MP_FORMAT, "what it wrote is not a list of methods");
    }
    if (list.count > 0)
        qsort(list.method, list.count, sizeof(*list.method), compare);
    *ret_list = list;
    return MP_OK;
}

const char *mp_method_list_find(const struct mp_method_list *list, uint64_t offset) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->method[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->count || list->method[low].offset != offset)
        return NULL;
    const char *name = list->method[low].name;
    for (size_t i = low + 1; i < list->count && list->method[i].offset == offset; i++)
        if (strcmp(list->method[i].name, name) != 0)
            return NULL;
    return name;
}

void mp_method_list_release(struct mp_method_list *list) {
    free(list->method);
    free(list->text);
    *list = (struct mp_method_list){0};
}
