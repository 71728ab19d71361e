/* The formats by their table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/format.h"

static enum mp_status (*const WRITERS[MP_FORMAT_COUNT])(struct mp_store *,
                                                        const struct mp_report_options *,
                                                        struct mp_strbuf *,
                                                        enum mp_verdict *,
                                                        struct mp_error *) = {
#define MP_FORMAT(name, words) [MP_FORMAT_##name] = mp_report_##name,
#include "results/report/formats.def"
#undef MP_FORMAT
};

static const char *const NAMES[MP_FORMAT_COUNT] = {
#define MP_FORMAT(name, words) [MP_FORMAT_##name] = #name,
#include "results/report/formats.def"
#undef MP_FORMAT
};

/* Each row with what joins it to the one before, which the first does not need. */
const char mp_format_choices[] = ""
#define MP_FORMAT(name, words) "|" #name
#include "results/report/formats.def"
#undef MP_FORMAT
    ;
const char mp_format_help[] = "how the report is written"
#define MP_FORMAT(name, words) "; " words
#include "results/report/formats.def"
#undef MP_FORMAT
    ;

enum mp_format mp_format_find(const struct mp_args *args) {
    return mp_args_flag(args, "json")
               ? MP_FORMAT_json
               : (enum mp_format)mp_args_integer(args, "format", 0);
}

const char *mp_format_name(enum mp_format format) {
    return NAMES[format];
}

const char *mp_format_ending(enum mp_format format) {
    switch (format) {
    case MP_FORMAT_json:
        return "json";
    case MP_FORMAT_junit:
        return "xml";
    case MP_FORMAT_markdown:
        return "md";
    case MP_FORMAT_csv:
        return "csv";
    case MP_FORMAT_svg:
    case MP_FORMAT_badge:
        return "svg";
    case MP_FORMAT_html:
    case MP_FORMAT_summary:
        return "html";
    default:
        return "txt";
    }
}

enum mp_status mp_format_write(enum mp_format format, struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err) {
    return WRITERS[format](store, options, buf, ret_verdict, err);
}
