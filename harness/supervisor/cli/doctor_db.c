/* Reads, never writes: a database that something is wrong with is evidence too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/doctor_db.h"

#include <stdio.h>

#include "harness/supervisor/cli/command.h"
#include "results/report/check.h"

int mp_doctor_database(const struct mp_args *args) {
    struct mp_store *store = NULL;
    struct mp_strbuf text;
    struct mp_error err;
    bool is_sound = false;
    mp_strbuf_init(&text);
    enum mp_status status =
        mp_store_open(mp_command_database(args), MP_STORE_READ, &store, &err);
    if (status == MP_OK) {
        status = mp_args_flag(args, "json")
                     ? mp_report_check_json(store, &text, &is_sound, &err)
                     : mp_report_check_text(store, &text, &is_sound, &err);
    }
    fwrite(text.text, 1, text.len, stdout);
    int code = is_sound ? MP_CODE_OK : MP_CODE_HARNESS;
    if (status != MP_OK)
        code = mp_command_fail(MP_CODE_HARNESS, &err);
    mp_strbuf_release(&text);
    mp_store_close(store);
    return code;
}
