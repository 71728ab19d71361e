/* The program whose faults arm64/recorded.txt holds: frame records of a compiler, return addresses that
 * the processor signed. Built with clang for aarch64 Linux (-O2 -fno-omit-frame-pointer
 * -fno-optimize-sibling-calls -mbranch-protection=pac-ret, static), run once under qemu-aarch64 7.2
 * (-cpu max); registers, stack and code were read at the fault through its gdb stub.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline))

static volatile uint64_t sink;

APART uint64_t victim_leaf(const uint64_t *from) {
    return *from;
}

APART void victim_framed(uint64_t *to) {
    sink += (uint64_t)getenv("HOME");
    *to = sink;
    sink++;
}

APART void victim_jump(void (*to)(void)) {
    to();
    sink++;
}

APART uint64_t victim_recurse(uint64_t depth) {
    volatile char room[256];
    memset((void *)room, (int)depth, sizeof(room));
    return victim_recurse(depth + 1) + (uint64_t)room[depth % 256];
}

APART void victim_middle(const char *deed) {
    if (strcmp(deed, "leaf") == 0)
        sink += victim_leaf((uint64_t *)0x5c8);
    else if (strcmp(deed, "framed") == 0)
        victim_framed((uint64_t *)0x3b90);
    else if (strcmp(deed, "jump") == 0)
        victim_jump((void (*)(void))0);
    else
        sink += victim_recurse(0);
    sink++;
}

APART void victim_outer(const char *deed) {
    victim_middle(deed);
    sink++;
}

int main(int argc, char **argv) {
    victim_outer(argc > 1 ? argv[1] : "leaf");
    return (int)sink;
}
