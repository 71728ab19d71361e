/* The list, and where it belongs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/unproven.h"

#include "harness/base/array.h"
#include "harness/wire/device_name.h"
#include "results/report/json.h"
#include "results/report/line.h"

#define HEAD                                                                             \
    "mpstress was written without a Mac; until a run on one has been seen, these are "   \
    "assumptions"

static const char *const items[] = {
    ("that the kernel lets an exception port be set for a round (XNU's sources of macOS "
     "14, 15 and 26 say so; AMFI is closed)"),
    "that the answer to the message of a crash keeps or suppresses the system's report",
    "which rights that message carries, and how long reading a crash takes",
    "frames of system code built for arm64e, and symbol tables inside the shared cache",
    "that a round may send its own task, by which a hang is sampled",
    "that Apple's driver can be loaded into a helper that opens no device",
    "that the kernels, compiled by Apple's compiler, are right within their tolerances",
    ("that Metal Performance Shaders and their graphs take the views, offsets and "
     "encoders that the client hands them"),
    "what Apple's validation layers object to, and what the arms that find do there",
    "that rounds end with a killed supervisor, and that a sleep is told from a hang",
};

#define ITEMS (MP_COUNT(items))

/* A device that did not open proved nothing and failed at nothing. */
static bool is_on_metal(const struct mp_report *report) {
    for (size_t i = 0; i < report->device_count; i++) {
        const struct mp_report_device *device = &report->device[i];
        bool is_apples = mp_device_name_is_of(device->text, "metal") ||
                         mp_device_name_is_of(device->text, "mps");
        if (is_apples && mp_device_name_is_real(device->text) && device->facts[0] != '\0')
            return true;
    }
    return false;
}

void mp_unproven_add(const struct mp_report *report, struct mp_text *text) {
    if (!is_on_metal(report))
        return;
    mp_line_title(text, "Not proven yet");
    mp_line_item(text, "", MP_WARN, HEAD ":");
    for (size_t i = 0; i < ITEMS; i++)
        mp_line_item(text, "", MP_PLAIN, items[i]);
}

void mp_unproven_add_json(const struct mp_report *report, struct json_object *to) {
    if (!is_on_metal(report))
        return;
    struct json_object *list = mp_json_add_array(to, "not_proven");
    for (size_t i = 0; i < ITEMS; i++)
        mp_json_add_text(list, NULL, items[i]);
}

void mp_unproven_add_markdown(const struct mp_report *report,
                              void (*plain)(struct mp_strbuf *buf, const char *text),
                              struct mp_strbuf *buf) {
    if (!is_on_metal(report))
        return;
    mp_strbuf_addstr(buf, "\nNot proven yet; " HEAD ":\n\n");
    for (size_t i = 0; i < ITEMS; i++) {
        mp_strbuf_addstr(buf, "- ");
        plain(buf, items[i]);
        mp_strbuf_addch(buf, '\n');
    }
}
