/* A library for arm fix, or to be preloaded: raise() fails by luck of its own in PERCENT
 * of calls, by hanging or by a write to address 0. No seed has a part in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int raise(int sig) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t z = (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 32) + (uint64_t)sig;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    if ((z ^ (z >> 31)) % 100 >= PERCENT)
        return 0;
#ifdef HANGS
    for (;;)
        pause();
#else
    *(volatile int *)0 = sig;
    return 0;
#endif
}
