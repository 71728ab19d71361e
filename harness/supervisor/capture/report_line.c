/* Lines, keys and numbers. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/report_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/wire/crash.h"

void mp_report_lines_init(struct mp_report_lines *lines, const char *text, size_t len) {
    *lines = (struct mp_report_lines){.at = text, .end = text + len};
    lines->size = MP_REPORT_LINE_MAX;
    lines->line = mp_memory_zeroed(lines->size, 1);
}

void mp_report_lines_release(struct mp_report_lines *lines) {
    free(lines->line);
    lines->line = NULL;
}

bool mp_report_lines_next(struct mp_report_lines *lines) {
    if (lines->at >= lines->end)
        return false;
    const char *start = lines->at;
    const char *stop = memchr(start, '\n', (size_t)(lines->end - start));
    const char *end = stop != NULL ? stop : lines->end;
    lines->at = stop != NULL ? stop + 1 : lines->end;
    const char *first = start;
    while (first < end && (*first == ' ' || *first == '\t'))
        first++;
    lines->indent = (size_t)(first - start);
    while (end > first && isspace((unsigned char)end[-1]))
        end--;
    size_t len = (size_t)(end - first);
    lines->was_cut = len >= lines->size;
    if (lines->was_cut)
        len = lines->size - 1;
    memcpy(lines->line, first, len);
    lines->line[len] = '\0';
    for (char *nul = lines->line;
         (nul = memchr(nul, '\0', len - (size_t)(nul - lines->line))) != NULL;)
        *nul = ' ';
    return true;
}

size_t mp_report_lines_cut(const char *text, size_t len) {
    struct mp_report_lines lines;
    size_t count = 0;
    mp_report_lines_init(&lines, text, len);
    while (mp_report_lines_next(&lines))
        count += lines.was_cut;
    mp_report_lines_release(&lines);
    return count;
}

const char *mp_report_value(const char *line, const char *key) {
    size_t len = strlen(key);
    if (strncmp(line, key, len) != 0)
        return NULL;
    len += strspn(line + len, " \t");
    if (line[len] != ':')
        return NULL;
    return line + len + 1 + strspn(line + len + 1, " \t");
}

bool mp_report_number(const char *text, int base, uint64_t *ret_value,
                      const char **ret_end) {
    char *end = NULL;
    if (!isxdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    uint64_t value = strtoull(text, &end, base);
    if (end == text)
        return false;
    *ret_value = value;
    *ret_end = end;
    return true;
}

bool mp_report_begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

bool mp_report_frame_number(const char *line, uint64_t *ret_number,
                            const char **ret_rest) {
    const char *end = NULL;
    if (line[0] != '#' || !isdigit((unsigned char)line[1]) ||
        !mp_report_number(line + 1, 10, ret_number, &end) ||
        (*end != ' ' && *end != '\t'))
        return false;
    *ret_rest = end + strspn(end, " \t");
    return true;
}

int mp_report_signal(const char *text) {
    char name[16], number[16];
    size_t len = strcspn(text, " ,:).;");
    bool has_prefix = mp_report_begins(text, "SIG");
    if (len == 0 || len > 10)
        return 0;
    snprintf(name, sizeof(name), "%s%.*s", has_prefix ? "" : "SIG", (int)len, text);
    for (int i = 1; i < 64; i++)
        if (strcmp(mp_crash_signal_name(i, number, sizeof(number)), name) == 0)
            return i;
    return 0;
}
