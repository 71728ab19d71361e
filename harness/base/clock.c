/* Time: clocks, sleeping, and durations as people write and read them. Sets no timers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/base/array.h"

#define NS_PER_MINUTE (UINT64_C(60) * MP_CLOCK_NS_PER_S)
#define NS_PER_HOUR   (UINT64_C(60) * NS_PER_MINUTE)
#define NS_PER_DAY    (UINT64_C(24) * NS_PER_HOUR)
#define DURATION_MAX  (UINT64_C(365) * NS_PER_DAY)

/* Two clocks are read as one if that took no longer; else again. */
#define PAIR_NS_MAX MP_CLOCK_NS_PER_MS
#define PAIR_TRIES  100

struct unit {
    const char *word;
    uint64_t ns;
};

/* In the order in which they may follow each other in one duration. */
static const struct unit units[] = {
    {"d", NS_PER_DAY},        {"h", NS_PER_HOUR},         {"m", NS_PER_MINUTE},
    {"s", MP_CLOCK_NS_PER_S}, {"ms", MP_CLOCK_NS_PER_MS}, {"us", MP_CLOCK_NS_PER_US},
};
#define UNIT_COUNT (MP_COUNT(units))

/* The clock that stands still in sleep, and the one that does not. */
#ifdef __APPLE__
#define AWAKE_CLOCK CLOCK_UPTIME_RAW
#define BOOT_CLOCK  CLOCK_MONOTONIC_RAW
#else
#define AWAKE_CLOCK CLOCK_MONOTONIC
#define BOOT_CLOCK  CLOCK_BOOTTIME
#endif

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * MP_CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t mp_clock_now_ns(void) {
    return read_clock(AWAKE_CLOCK);
}

uint64_t mp_clock_asleep_ns(void) {
    uint64_t before = 0, boot = 0, after = 0;
    for (int i = 0; i < PAIR_TRIES && (i == 0 || after - before > PAIR_NS_MAX); i++) {
        before = read_clock(AWAKE_CLOCK);
        boot = read_clock(BOOT_CLOCK);
        after = read_clock(AWAKE_CLOCK);
    }
    return boot > after ? boot - after : 0;
}

uint64_t mp_clock_wall_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

void mp_clock_sleep_ns(uint64_t duration_ns) {
    struct timespec left = {.tv_sec = (time_t)(duration_ns / MP_CLOCK_NS_PER_S),
                            .tv_nsec = (long)(duration_ns % MP_CLOCK_NS_PER_S)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads digits into a number capped at DURATION_MAX + 1 and returns how many there
 * were. */
static size_t read_digits(const char *text, uint64_t *ret_value) {
    uint64_t value = 0;
    size_t n = 0;
    for (; is_digit(text[n]); n++) {
        value = value * 10 + (uint64_t)(text[n] - '0');
        if (value > DURATION_MAX)
            value = DURATION_MAX + 1;
    }
    *ret_value = value;
    return n;
}

/* Adds count * unit, capped at DURATION_MAX + 1. */
static uint64_t add_capped(uint64_t total, uint64_t count, uint64_t unit) {
    if (count > DURATION_MAX / unit)
        return DURATION_MAX + 1;
    total += count * unit;
    return total > DURATION_MAX ? DURATION_MAX + 1 : total;
}

/* Seconds with an optional fraction, "2.5s"; digits below a nanosecond are ignored. */
static bool parse_seconds(const char *text, uint64_t *ret_ns) {
    uint64_t seconds;
    size_t whole = read_digits(text, &seconds);
    uint64_t ns = add_capped(0, seconds, MP_CLOCK_NS_PER_S);
    text += whole;
    if (whole > 0 && *text == '.') {
        text++;
        if (!is_digit(*text))
            return false;
        uint64_t place = MP_CLOCK_NS_PER_S / 10;
        for (; is_digit(*text); text++, place /= 10)
            ns = add_capped(ns, (uint64_t)(*text - '0') * place, 1);
    }
    *ret_ns = ns;
    return whole > 0 && strcmp(text, "s") == 0;
}

/* Numbers with units, largest unit first, each at most once. */
static bool parse_units(const char *text, uint64_t *ret_ns) {
    uint64_t total = 0;
    size_t next_unit = 0;
    do {
        uint64_t count;
        size_t n = read_digits(text, &count);
        text += n;
        size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        size_t u = next_unit;
        while (u < UNIT_COUNT &&
               (strlen(units[u].word) != word || strncmp(units[u].word, text, word) != 0))
            u++;
        if (n == 0 || u == UNIT_COUNT)
            return false;
        total = add_capped(total, count, units[u].ns);
        next_unit = u + 1;
        text += word;
    } while (*text != '\0');
    *ret_ns = total;
    return true;
}

enum mp_status mp_clock_parse_duration(const char *text, uint64_t *ret_ns,
                                       struct mp_error *err) {
    uint64_t ns;
    if (!parse_seconds(text, &ns) && !parse_units(text, &ns))
        return mp_error_set(
            err, MP_USAGE,
            "'%.40s' is not a duration: write 250ms, 2.5s, 10s, 5m, 8h, 1d or 1h30m; a "
            "number alone has no unit",
            text);
    if (ns == 0)
        return mp_error_set(err, MP_USAGE, "'%.40s' is zero: a duration must be positive",
                            text);
    if (ns > DURATION_MAX)
        return mp_error_set(err, MP_USAGE, "'%.40s' is too long: the maximum is 365 days",
                            text);
    *ret_ns = ns;
    return MP_OK;
}

void mp_clock_format_duration(uint64_t duration_ns, char *buf, size_t size) {
    if (duration_ns == 0 || duration_ns % MP_CLOCK_NS_PER_MS != 0) {
        snprintf(buf, size, "%" PRIu64 ".%09" PRIu64 "s", duration_ns / MP_CLOCK_NS_PER_S,
                 duration_ns % MP_CLOCK_NS_PER_S);
        return;
    }
    char text[64];
    size_t len = 0;
    for (size_t u = 0; u < UNIT_COUNT; u++) {
        uint64_t count = duration_ns / units[u].ns;
        duration_ns %= units[u].ns;
        if (count > 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%" PRIu64 "%s",
                                    count, units[u].word);
    }
    snprintf(buf, size, "%s", text);
}

void mp_clock_format_hms(uint64_t duration_ns, char *buf, size_t size) {
    uint64_t seconds = duration_ns / MP_CLOCK_NS_PER_S;
    snprintf(buf, size, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600,
             seconds / 60 % 60, seconds % 60);
}

static uint64_t divide_rounded(uint64_t value, uint64_t unit) {
    return value / unit + (value % unit >= unit - unit / 2);
}

void mp_clock_format_short(uint64_t duration_ns, char *buf, size_t size) {
    /* The unit is chosen by the rounded number, so that 999.96 ms reads "1.0 s". */
    uint64_t us = divide_rounded(duration_ns, MP_CLOCK_NS_PER_US);
    uint64_t ms_tenths = divide_rounded(duration_ns, MP_CLOCK_NS_PER_MS / 10);
    uint64_t s_tenths = divide_rounded(duration_ns, MP_CLOCK_NS_PER_S / 10);
    uint64_t minutes = divide_rounded(duration_ns, NS_PER_MINUTE);
    uint64_t h_tenths = divide_rounded(duration_ns, NS_PER_HOUR / 10);
    if (duration_ns < MP_CLOCK_NS_PER_US)
        snprintf(buf, size, "%" PRIu64 " ns", duration_ns);
    else if (us < 1000)
        snprintf(buf, size, "%" PRIu64 " us", us);
    else if (ms_tenths < 10000)
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " ms", ms_tenths / 10, ms_tenths % 10);
    else if (s_tenths < 600)
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " s", s_tenths / 10, s_tenths % 10);
    else if (minutes < 60)
        snprintf(buf, size, "%" PRIu64 " min", minutes);
    else
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " h", h_tenths / 10, h_tenths % 10);
}

void mp_clock_format_utc(uint64_t wall_ns, char *buf, size_t size) {
    time_t seconds = (time_t)(wall_ns / MP_CLOCK_NS_PER_S);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(buf, size, "?");
}
