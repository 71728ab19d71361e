/* Times, builds and UUIDs as Apple's reports write them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/os_report_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"

#define UUID_LEN (MP_OS_REPORT_UUID_SIZE - 1)

static bool read_digits(const char **text, size_t count, unsigned *ret_value) {
    unsigned value = 0;
    for (size_t i = 0; i < count; i++, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return false;
        value = 10 * value + (unsigned)(**text - '0');
    }
    *ret_value = value;
    return true;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t count_days(unsigned year, unsigned month, unsigned day) {
    unsigned y = month <= 2 ? year - 1 : year;
    unsigned shifted = month > 2 ? month - 3 : month + 9; /* March is the first month */
    int64_t leaps = (int64_t)(y / 4) - y / 100 + y / 400;
    return (int64_t)y * 365 + leaps + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

/* Between date and time stands a blank, or ISO 8601's T. */
static bool is_after(const char *text, char after) {
    return after == '\0' || *text == after || (after == ' ' && *text == 'T');
}

/* "+0900", "-05:30", "Z", "UTC", "GMT". False if none of them stands there. */
static bool read_zone(const char *text, int64_t *ret_seconds) {
    unsigned hours = 0, minutes = 0;
    int64_t sign = *text == '-' ? -1 : 1;
    *ret_seconds = 0;
    if (*text == 'Z' || strncmp(text, "UTC", 3) == 0 || strncmp(text, "GMT", 3) == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    text++;
    if (!read_digits(&text, 2, &hours))
        return false;
    text += *text == ':';
    if (!read_digits(&text, 2, &minutes) || hours > 15)
        return false;
    *ret_seconds = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

uint64_t mp_os_report_time(const char *text) {
    static const struct {
        size_t digits;
        unsigned min, max;
        char after;
    } fields[] = {
        {4, 1970, 2200, '-'}, {2, 1, 12, '-'}, {2, 1, 31, ' '},
        {2, 0, 23, ':'},      {2, 0, 59, ':'}, {2, 0, 60, '\0'},
    };
    unsigned value[6];
    for (size_t i = 0; i < 6; i++)
        if (!read_digits(&text, fields[i].digits, &value[i]) ||
            value[i] < fields[i].min || value[i] > fields[i].max ||
            !is_after(text, fields[i].after))
            return 0;
        else if (fields[i].after != '\0')
            text++;
    uint64_t fraction = 0, unit = MP_CLOCK_NS_PER_S;
    if (*text == '.') {
        for (text++; isdigit((unsigned char)*text); text++) {
            unit /= 10;
            fraction += unit * (unsigned)(*text - '0');
        }
    }
    text += strspn(text, " ");
    int64_t zone = 0;
    if (!read_zone(text, &zone))
        return 0; /* without its zone the time is unknown */
    int64_t seconds = count_days(value[0], value[1], value[2]) * 86400 + value[3] * 3600 +
                      value[4] * 60 + value[5] - zone;
    return seconds <= 0 ? 0 : (uint64_t)seconds * MP_CLOCK_NS_PER_S + fraction;
}

void mp_os_report_build(const char *version, char *ret_build, size_t size) {
    const char *open = strchr(version, '(');
    size_t len = open != NULL ? strcspn(open + 1, ")") : 0;
    if (len > 0 && len < size)
        snprintf(ret_build, size, "%.*s", (int)len, open + 1);
}

void mp_os_report_module_id(const char *uuid, char *ret_id, size_t size) {
    size_t len = 0;
    bool is_zero = true;
    ret_id[0] = '\0';
    for (; *uuid != '\0'; uuid++) {
        if (*uuid == '-')
            continue;
        if (!isxdigit((unsigned char)*uuid) || len + 1 >= size) {
            ret_id[0] = '\0';
            return;
        }
        is_zero = is_zero && *uuid == '0';
        ret_id[len++] = (char)tolower((unsigned char)*uuid);
    }
    ret_id[is_zero ? 0 : len] = '\0';
}

void mp_os_report_read_incident(const char *text,
                                char ret_incident[MP_OS_REPORT_UUID_SIZE]) {
    char upper[MP_OS_REPORT_UUID_SIZE];
    if (strlen(text) != UUID_LEN || strspn(text, "0-") == UUID_LEN)
        return;
    for (size_t i = 0; i < UUID_LEN; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return;
        upper[i] = (char)toupper((unsigned char)text[i]);
    }
    upper[UUID_LEN] = '\0';
    memcpy(ret_incident, upper, sizeof(upper));
}
