/* Messages on stderr. Writes whole lines, so that lines of two writers do not mix; never
 * writes to stdout.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/strbuf.h"
#include "harness/base/text.h"

#define LOG_LINE_MAX      4096
#define WRAPPED_INDENT    10 /* that of "mpstress: " */
#define WRAPPED_WIDTH_MIN 30 /* a narrower terminal wraps lines itself */

static const char *const level_word[] = {[MP_LOG_ERROR] = "error: ",
                                         [MP_LOG_WARN] = "warning: ",
                                         [MP_LOG_INFO] = "",
                                         [MP_LOG_DEBUG] = "debug: "};

static _Atomic int current_level = MP_LOG_INFO;
static _Atomic unsigned terminal_width; /* 0: stderr is not a terminal */

void mp_log_set_level(enum mp_log_level level) {
    atomic_store(&current_level, (int)level);
}

enum mp_log_level mp_log_level(void) {
    return (enum mp_log_level)atomic_load(&current_level);
}

void mp_log_set_width(unsigned columns) {
    atomic_store(&terminal_width, columns);
}

/* Adds the words after what is already in `line`, wrapped at the width of the
 * terminal. */
static void add_words(struct mp_strbuf *line, const char *words) {
    unsigned width = atomic_load(&terminal_width);
    if (width < WRAPPED_WIDTH_MIN) {
        mp_strbuf_add_escaped(line, words, strlen(words), 0);
        mp_strbuf_addch(line, '\n');
        return;
    }
    struct mp_text text = {.buf = line, .width = width};
    mp_text_wrap_at(&text, MP_PLAIN, line->len, WRAPPED_INDENT, "", words);
}

void mp_log(enum mp_log_level level, const char *fmt, ...) {
    if (level > mp_log_level())
        return;
    int saved_errno = errno;
    char text[LOG_LINE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line, "mpstress: ");
    mp_strbuf_addstr(&line, level_word[level]);
    add_words(&line, text);

    /* Usually a single write; loops only after a short write. */
    size_t done = 0;
    while (done < line.len) {
        ssize_t n = write(STDERR_FILENO, line.text + done, line.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* nobody to tell */
        done += (size_t)n;
    }
    mp_strbuf_release(&line);
    errno = saved_errno;
}
