/* Reports for tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/strbuf.h"

struct mp_os_report *report_load(const char *name) {
    char path[512];
    struct mp_os_report *report = NULL;
    struct mp_error err;
    snprintf(path, sizeof(path), "%s/%s", MP_REPORTS, name);
    if (mp_os_report_read(path, &report, &err) != MP_OK)
        fail_msg("%s: %s", name, err.text);
    return report;
}

char *report_bytes(const char *name, size_t *ret_len) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", MP_REPORTS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(MP_OS_REPORT_BYTES_MAX);
    assert_non_null(bytes);
    *ret_len = fread(bytes, 1, MP_OS_REPORT_BYTES_MAX, file);
    fclose(file);
    return bytes;
}

enum mp_status report_parse(const char *text, struct mp_os_report **ret_report,
                            struct mp_error *err) {
    return mp_os_report_parse(text, strlen(text), ret_report, err);
}

struct mp_os_report *report_with_body(const char *body) {
    struct mp_strbuf text;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    mp_strbuf_init(&text);
    mp_strbuf_addf(&text, "%s%s", REPORT_HEADER, body);
    if (report_parse(text.text, &report, &err) != MP_OK)
        fail_msg("%s: %s", body, err.text);
    mp_strbuf_release(&text);
    return report;
}
