/* Writes the parameters as macros, which the program has defaults for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/source.h"

#include <string.h>

#include "harness/base/array.h"
#include "harness/wire/device_name.h"
#include "harness/wire/round_spec.h"
#include "results/package/program.h"
#include "results/report/legality.h"

#define THREADS_MAX   63
#define SEQUENCES_MAX 1000

/* Settings of metal@model that are the client's, or name a file: the model itself does
 * not take them. */
static const char *const OTHERS[] = {
    "buffers=", "encoders=", "memory=", "handlers=", "scar="};

bool mp_source_fits(const struct mp_dossier *dossier) {
    const struct mp_round_facts *round = &dossier->show.round;
    const struct mp_crash_facts *crash = &dossier->crash->crash;
    return mp_device_name_is_of(round->device, "metal") &&
           mp_legality_is_unlawful(round->cell) &&
           strcmp(crash->fault_class, "null") == 0;
}

int mp_source_threads(const struct mp_dossier *dossier) {
    int64_t threads = dossier->threads != MP_FIELD_NULL ? dossier->threads - 1 : 7;
    return (int)(threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads);
}

static void add_settings(const char *settings, struct mp_strbuf *buf) {
    const char *comma = "";
    while (*settings != '\0') {
        size_t len = strcspn(settings, ",");
        bool is_other = false;
        for (size_t i = 0; i < MP_COUNT(OTHERS); i++)
            is_other |= strncmp(settings, OTHERS[i], strlen(OTHERS[i])) == 0;
        if (!is_other) {
            mp_strbuf_addstr(buf, comma);
            for (size_t i = 0; i < len; i++) /* no byte that ends a string of C */
                if (strchr("\"\\\n", settings[i]) == NULL)
                    mp_strbuf_addch(buf, settings[i]);
            comma = ",";
        }
        settings += len + (settings[len] == ',');
    }
}

void mp_source_write(const struct mp_dossier *dossier, struct mp_strbuf *buf) {
    const char *settings = "";
    char name[MP_SPEC_NAME_MAX];
    struct mp_error ignored;
    int64_t ops = dossier->ops;
    mp_strbuf_addstr(buf,
                     "/* Parameters of the crash in this package; the program begins "
                     "below. */\n");
    mp_strbuf_addf(buf, "#define THREADS %d\n", mp_source_threads(dossier));
    if (ops >= 1 && ops <= SEQUENCES_MAX)
        mp_strbuf_addf(buf, "#define SEQUENCES %lld\n", (long long)ops);
    mp_strbuf_addstr(buf, "#define ROUNDS 20\n");
    if (mp_device_name_is_model(dossier->show.round.device) &&
        mp_device_name_split(dossier->show.round.device, name, &settings, &ignored) ==
            MP_OK) {
        mp_strbuf_addstr(buf, "#define SETTINGS \"");
        add_settings(settings, buf);
        mp_strbuf_addstr(buf, "\"\n");
    }
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_addstr(buf, mp_package_program);
}
