/* What the calls of mpstress.h cost a program: prints the nanoseconds of OPS small ops,
 * in five turns of each kind: "plain NS" without the calls, "calls NS" with them. Run by
 * itself it shows the cost outside mpstress; with a page, that inside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/mpstress.h"

#define TURNS 5

/* An op of some hundred nanoseconds, much less than a call into any driver. */
static uint64_t op(uint64_t number) {
    for (int i = 0; i < 64; i++)
        number = mpstress_hash_(number, (uint64_t)i);
    return number;
}

static uint64_t plain(uint64_t ops) {
    uint64_t number = 1;
    for (uint64_t i = 0; i < ops; i++)
        number = op(number);
    return number;
}

static uint64_t with_calls(uint64_t ops) {
    uint64_t number = 1;
    for (uint64_t i = 0; i < ops; i++) {
        mpstress_begin(1, i);
        number = op(number);
        mpstress_end(1, i);
        mpstress_point();
        if (mpstress_check("number", number != 0))
            mpstress_done(1);
    }
    return number;
}

static uint64_t timed(uint64_t (*loop)(uint64_t), uint64_t ops, uint64_t *sum) {
    uint64_t start_ns = mpstress_now_();
    *sum += loop(ops);
    return mpstress_now_() - start_ns;
}

int main(int argc, char **argv) {
    uint64_t ops = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, sum = 0;
    if (ops == 0) {
        fprintf(stderr, "usage: %s OPS\n", argv[0]);
        return 2;
    }
    (void)plain(ops / 10);
    for (int i = 0; i < TURNS; i++) {
        printf("plain %" PRIu64 "\n", timed(plain, ops, &sum));
        printf("calls %" PRIu64 "\n", timed(with_calls, ops, &sum));
    }
    return sum == 0; /* so that the work is not left out */
}
