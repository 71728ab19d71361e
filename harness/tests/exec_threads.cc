// A threaded C++ program of somebody else's: one of its threads throws, or faults.
//
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Worker {
    volatile int *target;
    __attribute__((noinline)) void step(bool throws) const {
        if (throws)
            throw std::runtime_error("the queue is empty");
        *target = 1;
    }
};

} // namespace

int main(int argc, char **argv) {
    bool throws = argc > 1 && std::string(argv[1]) == "throw";
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([i, throws] {
            if (i == 2)
                Worker{nullptr}.step(throws);
        });
    for (auto &thread : threads)
        thread.join();
    return 0;
}
