/* Time: two clocks, durations as people write them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_CLOCK_H
#define MP_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

#define MP_CLOCK_NS_PER_US UINT64_C(1000)
#define MP_CLOCK_NS_PER_MS UINT64_C(1000000)
#define MP_CLOCK_NS_PER_S  UINT64_C(1000000000)

/* Nanoseconds of a clock that stands still while the machine sleeps; comparable between
 * processes of one boot. Linux: CLOCK_MONOTONIC. macOS: CLOCK_UPTIME_RAW; its
 * CLOCK_MONOTONIC is wall time less boot time, which runs on during sleep and has
 * microseconds only (Apple's Libc, gen/clock_gettime.c). */
uint64_t mp_clock_now_ns(void);
/* For how long the machine has slept since it was booted, in nanoseconds: a clock that
 * counts sleep less the one above. Two readings of an interval differ by the sleep in it,
 * exact to about a microsecond unless this thread is kept from running between its
 * readings, and then to a millisecond. */
uint64_t mp_clock_asleep_ns(void);
/* Nanoseconds since 1970 (wall clock). */
uint64_t mp_clock_wall_ns(void);
/* Sleeps; continues after signals until the time has passed. */
void mp_clock_sleep_ns(uint64_t duration_ns);

/* Reads "250ms", "2.5s", "10s", "5m", "8h", "1d", "1h30m"; seconds alone may have a
 * fraction. A number without a unit, zero, negative, and more than 365 days are
 * refused. */
enum mp_status mp_clock_parse_duration(const char *text, uint64_t *ret_ns,
                                       struct mp_error *err);
/* Writes a duration exactly, as mp_clock_parse_duration reads it: "1h30m", "250ms",
 * and seconds with nine places ("0.000000001s") if it is not a whole number of
 * milliseconds. `size` at least 32. */
void mp_clock_format_duration(uint64_t duration_ns, char *buf, size_t size);
/* Writes a duration as "00:52:35" (hours may exceed two digits). */
void mp_clock_format_hms(uint64_t duration_ns, char *buf, size_t size);
/* Writes a duration in the largest unit that fits: "840 us", "12.3 ms", "4.1 s", "12
 * min", "3.2 h".
 */
void mp_clock_format_short(uint64_t duration_ns, char *buf, size_t size);
/* Writes a wall time as "2026-11-21T03:12:01Z" (UTC). `size` at least 21. */
void mp_clock_format_utc(uint64_t wall_ns, char *buf, size_t size);

#endif
