"""A worked example of mpstress.py: threads submit numbers to a queue that adds them up, and
check what it says in the end.

    export PYTHONPATH=..
    mpstress run --exec 'python3 sums.py locked' --watch sums.py --rounds 20
    mpstress run --exec 'python3 sums.py racy' --watch sums.py --delay 2ms --rounds 20

With "racy" the queue forgets its lock: additions get lost where a pause falls, and the
rounds fail as mismatch. With "lazy" it forgets some work without a trace of it, and the
rounds fail as dropped.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import sys
import threading

import mpstress

THREADS = 4
OPS = 20  # of each thread


class Queue:
    def __init__(self, kind):
        self.lock = contextlib.nullcontext() if kind == "racy" else threading.Lock()
        self.is_lazy = kind == "lazy"
        self.sum = 0

    def submit(self, number):
        with self.lock:
            before = self.sum
            mpstress.point()  # between reading and writing
            self.sum = before + number


def work(queue, index):
    mpstress.thread(index)
    for i in range(OPS):
        if queue.is_lazy and i % 10 == 9:
            continue
        with mpstress.op(index, i):
            queue.submit(1)
        mpstress.done()


def main():
    queue = Queue(sys.argv[1] if len(sys.argv) > 1 else "locked")
    mpstress.plan(THREADS * OPS)
    threads = [threading.Thread(target=work, args=(queue, i + 1)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = THREADS * (OPS - OPS // 10 if queue.is_lazy else OPS)
    print("sum", queue.sum, "of", expected)
    return 0 if mpstress.check("sum", queue.sum == expected) else 1


if __name__ == "__main__":
    sys.exit(main())
