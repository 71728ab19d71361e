/* The numbers of errors of Apple's GPU drivers and whose fault they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/gpu_error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define CALLBACK_DIGITS 8
#define OLD_FORM        "(IOAF code "
#define METAL_DOMAIN    "MTLCommandBufferErrorDomain"

struct row {
    int64_t number;
    enum mp_gpu_blame blame;
    const char *word;
};

/* clang-format off */
static const struct row callbacks[] = {
    {2,  MP_GPU_BLAME_OWN,   "timeout"},
    {3,  MP_GPU_BLAME_OWN,   "hang"},
    {4,  MP_GPU_BLAME_OTHER, "submissions ignored"},
    {5,  MP_GPU_BLAME_OTHER, "innocent victim"},
    {6,  MP_GPU_BLAME_OTHER, "not permitted in background"},
    {8,  MP_GPU_BLAME_OWN,   "out of memory"},
    {11, MP_GPU_BLAME_OWN,   "page fault"},
    {14, MP_GPU_BLAME_OTHER, "impacting interactivity"},
    {0,  MP_GPU_BLAME_OWN,   NULL},
};

static const struct row codes[] = {
    {1,  MP_GPU_BLAME_OWN,   "internal error"},
    {2,  MP_GPU_BLAME_OWN,   "timeout"},
    {3,  MP_GPU_BLAME_OWN,   "page fault"},
    {4,  MP_GPU_BLAME_OTHER, "access revoked"},
    {7,  MP_GPU_BLAME_OTHER, "not permitted"},
    {8,  MP_GPU_BLAME_OWN,   "out of memory"},
    {9,  MP_GPU_BLAME_OWN,   "invalid resource"},
    {11, MP_GPU_BLAME_OWN,   "device removed"},
    {12, MP_GPU_BLAME_OWN,   "stack overflow"},
    {0,  MP_GPU_BLAME_OWN,   NULL},
};
/* clang-format on */

static int digit_of(char c, unsigned base) {
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
    int value = at != NULL ? (int)(at - digits) : -1;
    return value < (int)base ? value : -1;
}

/* Reads at most eight digits; returns how many there were. */
static size_t read_number(const char *text, unsigned base, uint32_t *ret_number) {
    size_t n = 0;
    *ret_number = 0;
    for (; n < CALLBACK_DIGITS && digit_of(text[n], base) >= 0; n++)
        *ret_number = *ret_number * base + (uint32_t)digit_of(text[n], base);
    return n;
}

uint32_t mp_gpu_error_callback(const char *text) {
    uint32_t number = 0;
    for (const char *at = strchr(text, '('); at != NULL; at = strchr(at + 1, '(')) {
        if (strncmp(at, OLD_FORM, sizeof(OLD_FORM) - 1) == 0) {
            size_t len = read_number(at + sizeof(OLD_FORM) - 1, 10, &number);
            if (len > 0 && at[sizeof(OLD_FORM) - 1 + len] == ')')
                return number;
        } else if (read_number(at + 1, 16, &number) == CALLBACK_DIGITS &&
                   at[1 + CALLBACK_DIGITS] == ':') {
            return number;
        }
    }
    return 0;
}

/* The row of the number that counts, or NULL. */
static const struct row *find(const struct mp_gpu_error *error) {
    bool is_metal = strcmp(error->domain, METAL_DOMAIN) == 0;
    const struct row *row = error->callback != 0 ? callbacks : codes;
    int64_t number = error->callback != 0 ? (int64_t)error->callback : error->code;
    if (error->callback == 0 && !is_metal)
        return NULL;
    while (row->number != 0 && row->number != number)
        row++;
    return row->number != 0 ? row : NULL;
}

enum mp_gpu_blame mp_gpu_error_blame(const struct mp_gpu_error *error) {
    const struct row *row = find(error);
    return row != NULL ? row->blame : MP_GPU_BLAME_OWN;
}

const char *mp_gpu_error_word(const struct mp_gpu_error *error, char *buf) {
    const struct row *row = find(error);
    if (row != NULL)
        snprintf(buf, 32, "%s", row->word);
    else
        snprintf(buf, 32, "code %" PRId64,
                 error->callback != 0 ? (int64_t)error->callback : error->code);
    return buf;
}
