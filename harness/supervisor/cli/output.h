/* Where the product of a command goes: stdout, a file (--output), and from there into a
 * browser (--open).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_OUTPUT_H
#define MP_CLI_OUTPUT_H

#include <stdio.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/cli/command.h"

/* clang-format off */
#define MP_ROW_OUTPUT \
    {.name = "output", .type = MP_OPTION_TEXT, .metavar = "FILE", \
     .help = "write it to FILE, which is replaced as a whole, instead of stdout; - is " \
             "stdout"}
#define MP_ROW_OPEN \
    {.name = "open", .type = MP_OPTION_FLAG, \
     .help = "open it in the browser ($BROWSER, else the system's): FILE, or without " \
             "--output a temporary file"}
/* clang-format on */

/* A file is written beside its place and renamed when it is whole, so that nobody reads
 * half of one. */
struct mp_output {
    FILE *file;              /* takes the product */
    struct mp_strbuf path;   /* "": stdout */
    struct mp_strbuf beside; /* "": written in place */
    bool opens;              /* in the browser, at the end */
};

/* Whether it could be opened later, for a command that first runs for hours. */
enum mp_status mp_output_check(const struct mp_args *args, const char *database,
                               struct mp_error *err);
/* Opens it, as the options say; `ending` is that of a temporary file ("html"). Refused:
 * what a database would be damaged by. To be ended in any case. */
enum mp_status mp_output_open(struct mp_output *output, const struct mp_args *args,
                              const char *ending, struct mp_error *err);
/* Writes `text`, ends the file and opens it in the browser, if `status` is MP_OK;
 * otherwise whatever was in its place stays. Returns `status`, or what went wrong. */
enum mp_status mp_output_end(struct mp_output *output, enum mp_status status,
                             const struct mp_strbuf *text, struct mp_error *err);

/* Whether `path` may be written anew as a `what`, whose text begins with `start` (at most
 * 32 bytes): nothing is there, or one of these. For a command that first runs for hours.
 */
enum mp_status mp_output_check_own(const char *path, const char *start, const char *what,
                                   struct mp_error *err);
/* Writes it, if it may be, as a whole. */
enum mp_status mp_output_write_own(const char *path, const char *start, const char *what,
                                   const struct mp_strbuf *text, struct mp_error *err);

/* Whether SQLite would take a file of that name for part of the database beside it. */
bool mp_output_is_of_database(const char *path);

#endif
