/* The formats of a campaign's report (results/report/formats.def), for all commands that
 * print one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_FORMAT_H
#define MP_CLI_FORMAT_H

#include "harness/supervisor/cli/command.h"
#include "results/report/report.h"

/* In the order of the choices of --format. */
enum mp_format {
#define MP_FORMAT(name, words) MP_FORMAT_##name,
#include "results/report/formats.def"
#undef MP_FORMAT
    MP_FORMAT_COUNT
};

/* "text|json|..." and what they are. */
extern const char mp_format_choices[], mp_format_help[];

#define MP_ROW_FORMAT                                                                    \
    {                                                                                    \
        .name = "format", .type = MP_OPTION_CHOICE, .metavar = "FORMAT",                 \
        .fallback = "text", .choices = mp_format_choices + 1, .help = mp_format_help     \
    }

/* The format asked for: by --json, or by --format. */
enum mp_format mp_format_find(const struct mp_args *args);
/* The name of a format, and the ending of its files: "markdown", "md". */
const char *mp_format_name(enum mp_format format);
const char *mp_format_ending(enum mp_format format);
/* Adds the report of a campaign to `buf`. */
enum mp_status mp_format_write(enum mp_format format, struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err);

#endif
