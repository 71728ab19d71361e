"""What a Python program may say about itself while it is a round of mpstress:

    mpstress run --exec 'python3 yours.py --seed {seed}' --watch yours.py

Outside mpstress every call returns at once. Any thread and any child process of the
program may call; the page that the calls write to is described in mpstress.h.

    import mpstress

    mpstress.plan(100)                     # what is coming; lost work then shows
    with mpstress.op(queue, 0):            # a call that should meet others
        submit(queue, job)
    mpstress.point()                       # a pause may fall here (run --delay)
    if mpstress.check("sum", job.wait() == expected):
        mpstress.done()
    else:
        mpstress.wrong()

Threads of one interpreter hold its lock in turn: they overlap inside an op only where it
lets the lock go, as calls into a driver do.

SPDX-License-Identifier: Apache-2.0
"""
import mmap
import os
import struct
import sys
import threading
import time

try:
    import fcntl
except ImportError:  # not a system that mpstress runs on
    fcntl = None

__all__ = ["is_round", "seed", "number", "thread", "plan", "begin", "end", "op", "done",
           "wrong", "check", "expect_overlap", "point"]

# The page, in version 8: offsets of its members, as mpstress.h has them.
_MAGIC = 0x4D505247
_VERSION = 8
_AT_VERSION = 4
_AT_SIZE = 8
_AT_CLIENT_VERSION = 16
_AT_THREAD_SLOTS = 20
_AT_RESULT = 4168
_AT_PROMISED_OVERLAP = 4172
_AT_OPS_PLANNED = 4184
_AT_GO_NS = 4216
_AT_END_NS = 4224
_AT_SLOTS_TAKEN = 4232
_AT_SLOTS_PYTHON = 4236
_AT_DELAY_US = 4240
_AT_SEED = 4248
_AT_NUMBER = 4256
_AT_OVERLAP_MAX = 4352
_AT_MESSAGE = 5036
_MESSAGE_MAX = 512
_AT_SLOT = 6784
# Of a thread's slot.
_SLOT_SIZE = 8256
_SLOT_INSIDE = 4
_SLOT_TID = 8
_SLOT_OPS_STARTED = 16
_SLOT_OPS_DONE = 24
_SLOT_OPS_WRONG = 32
_SLOT_EVENT_NEXT = 48
_SLOT_EVENT = 64
_EVENTS = 256
_EVENT_SIZE = 32

_RESULT_MISMATCH = 2
_OP_CALL = 7
_STATE_RUNNING = 3
_WORD = (1 << 64) - 1


def _hash(seed, counter):
    mixed = (seed + (counter + 1) * 0x9E3779B97F4A7C15) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
    return mixed ^ (mixed >> 31)


class _Page:
    """The page of the round, mapped: words of 4 and 8 bytes at their offsets."""

    def __init__(self, memory, descriptor):
        self.memory = memory
        self.descriptor = descriptor
        view = memoryview(memory)
        whole = len(memory) // 8 * 8
        self.words = view[:whole].cast("I")
        self.longs = view[:whole].cast("Q")
        self.lock = threading.Lock()
        self.inside = 0  # threads of this process between begin and end

    def get(self, at):
        return self.words[at // 4]

    def set(self, at, value):
        self.words[at // 4] = value

    def get_long(self, at):
        return self.longs[at // 8]

    def set_long(self, at, value):
        self.longs[at // 8] = value & _WORD

    def __enter__(self):
        """Alone among the threads and processes that use this module."""
        self.lock.acquire()
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX)
        except OSError:
            pass  # then only its threads
        return self

    def __exit__(self, *unused):
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN)
        except OSError:
            pass
        self.lock.release()

    def enter(self):
        with self.lock:
            self.inside += 1
            most = min(self.inside, self.get(_AT_THREAD_SLOTS))
            if most > self.get(_AT_OVERLAP_MAX):
                self.set(_AT_OVERLAP_MAX, most)

    def leave(self):
        with self.lock:
            self.inside -= 1


class _Slot:
    """What the calling thread has written so far; nobody else writes there."""

    def __init__(self, page):
        with page:
            taken = page.get(_AT_SLOTS_PYTHON) + 1
            last = page.get(_AT_THREAD_SLOTS) - 1
            number = last + 1 - taken
            if number <= page.get(_AT_SLOTS_TAKEN) or number < 1:
                raise RuntimeError("more threads than a round of mpstress can tell apart "
                                   "(%d), in all its processes" % last)
            page.set(_AT_SLOTS_PYTHON, taken)
            if page.get_long(_AT_GO_NS) == 0:
                page.set_long(_AT_GO_NS, time.monotonic_ns())
        self.page = page
        self.number = number
        self.base = _AT_SLOT + number * _SLOT_SIZE
        self.counts = {_SLOT_OPS_STARTED: 0, _SLOT_OPS_DONE: 0, _SLOT_OPS_WRONG: 0}
        self.seq = 0
        self.points = 0
        page.set_long(self.base + _SLOT_TID, threading.get_native_id())
        page.set(self.base, _STATE_RUNNING)

    def count(self, member, ops):
        self.counts[member] += ops
        self.page.set_long(self.base + member, self.counts[member])

    def record(self, phase, target, arg):
        self.seq = self.seq + 1 & 0xFFFFFFFF
        at = self.base + _SLOT_EVENT + (self.seq - 1) % _EVENTS * _EVENT_SIZE
        self.page.set(at + 24, self.seq)  # first: a record cut off is recognised
        struct.pack_into("<QQQ", self.page.memory, at, time.monotonic_ns(),
                         int(target) & _WORD, int(arg) & _WORD)
        struct.pack_into("<HH", self.page.memory, at + 28, _OP_CALL, phase)
        self.page.set(self.base + _SLOT_EVENT_NEXT, self.seq)


def _map():
    """The page of the round, or None if this process is none."""
    try:
        descriptor = int(os.environ["MPSTRESS_PAGE"])
        size = os.fstat(descriptor).st_size
        if fcntl is None or sys.byteorder != "little" or size < _AT_SLOT:
            return None
        memory = mmap.mmap(descriptor, size)
    except (KeyError, ValueError, OSError):
        return None
    page = _Page(memory, descriptor)
    # The descriptor may have been closed and be another file by now. Shared memory is
    # longer than what it was made for on macOS: whole pages.
    if page.get(0) != _MAGIC or not _AT_SLOT <= page.get_long(_AT_SIZE) <= size:
        return None
    page.set(_AT_CLIENT_VERSION, _VERSION)
    if page.get(_AT_VERSION) == _VERSION:
        return page
    sys.stderr.write("mpstress.py: it is of page version %d, but the mpstress that runs "
                     "this program of %d: use the file that was installed with it\n"
                     % (_VERSION, page.get(_AT_VERSION)))
    return None


_page = _map()
_own = threading.local()


def _forget():
    """A child of fork has threads and slots of its own."""
    global _own
    _own = threading.local()
    if _page is not None:
        _page.lock = threading.Lock()
        _page.inside = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _slot():
    try:
        return _own.slot
    except AttributeError:
        _own.slot = _Slot(_page)
        return _own.slot


def is_round():
    """Whether this is a round of mpstress."""
    return _page is not None


def seed():
    """The seed of the round; outside what $MPSTRESS_SEED says, else 0."""
    if _page is not None:
        return _page.get_long(_AT_SEED)
    text = os.environ.get("MPSTRESS_SEED", "")
    return int(text) if text.isdigit() else 0


def number():
    """The number of the round in its campaign, from 1; outside 0."""
    return _page.get_long(_AT_NUMBER) if _page is not None else 0


def thread(index):
    """Says that the calling thread is number `index` (not 0) of the program, so that its
    pauses follow from the seed alone, and not from which thread came first."""
    if _page is not None:
        _own.index = index


def plan(ops):
    """`ops` more ops are planned: a round in which fewer are done has lost work. A program
    that never plans has lost those that it began and did not call done or wrong."""
    if _page is not None:
        with _page:
            _page.set_long(_AT_OPS_PLANNED, _page.get_long(_AT_OPS_PLANNED) + ops)


def begin(target=0, arg=0):
    """An op begins; it stands in the record of the last 256 of its thread, and counts for
    overlap until its end. `target` and `arg` are numbers that the record shows, such as
    which queue and which size. Ops of a thread do not nest."""
    if _page is None:
        return
    slot = _slot()
    slot.record(0, target, arg)
    slot.count(_SLOT_OPS_STARTED, 1)
    _page.set(slot.base + _SLOT_INSIDE, _OP_CALL)
    _page.enter()


def end(target=0, arg=0):
    """The op that the calling thread began ends."""
    if _page is None:
        return
    slot = _slot()
    _page.leave()
    _page.set(slot.base + _SLOT_INSIDE, 0)
    slot.record(1, target, arg)


class op:
    """`with op(target, arg):` is begin and end, whatever is raised between them."""

    def __init__(self, target=0, arg=0):
        self.target = target
        self.arg = arg

    def __enter__(self):
        if _page is not None:
            begin(self.target, self.arg)
        return self

    def __exit__(self, *unused):
        if _page is not None:
            end(self.target, self.arg)
        return False


def done(ops=1):
    """The result of `ops` ops was looked at and is right."""
    if _page is not None:
        _slot().count(_SLOT_OPS_DONE, ops)
        _page.set_long(_AT_END_NS, time.monotonic_ns())


def wrong(ops=1):
    """... and is wrong: the round fails as mismatch, whatever its exit code."""
    if _page is not None:
        _slot().count(_SLOT_OPS_WRONG, ops)


def check(name, holds):
    """Returns `holds`, inside and outside. If it is false, the round fails as mismatch,
    whatever its exit code, and the first such `name` stands in its report."""
    if _page is None or holds:
        return holds
    with _page:
        if _page.get(_AT_RESULT) == 0:
            text = ("check '%s' failed" % name).encode("utf-8", "replace")
            text = text[:_MESSAGE_MAX - 1]
            _page.memory[_AT_MESSAGE:_AT_MESSAGE + len(text)] = text
            _page.set(_AT_RESULT, _RESULT_MISMATCH)
    return holds


def expect_overlap():
    """Says that threads should be between begin and end at the same time: a round that
    passes though no two of them were counts as no_overlap."""
    if _page is not None:
        _page.set(_AT_PROMISED_OVERLAP, 1)


def point():
    """A place where a pause does no harm but changes who meets whom. With `run --delay T`
    the thread sleeps there from 0 to T, by a hash of seed, thread and how many such places
    it has passed; without it nothing happens."""
    if _page is None or _page.get(_AT_DELAY_US) == 0:
        return
    slot = _slot()
    who = getattr(_own, "index", 0) or slot.number
    mixed = _hash(_hash(_page.get_long(_AT_SEED), who), slot.points)
    slot.points += 1
    time.sleep(mixed % (_page.get(_AT_DELAY_US) * 1000 + 1) / 1e9)
