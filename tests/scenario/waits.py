# Goal: expectations, and waits that end.
#
# HARK_TEST_SCALE stretches all deadlines (default 2; 4 when the program was
# built with a sanitizer).

import contextlib
import os
import pathlib
import threading
import time

HARK = os.environ.get('HARK', './hark')


def _sanitized():
    with contextlib.suppress(OSError):
        program = pathlib.Path(HARK).read_bytes()
        return b'__asan_init' in program or b'__tsan_init' in program
    return False


SANITIZED = _sanitized()
SCALE = float(os.environ.get('HARK_TEST_SCALE') or (4 if SANITIZED else 2))
PATIENCE = 15 * SCALE  # for anything that should happen at once
BIG = os.environ.get('HARK_BIG') == '1'


class Failed(Exception):
    """What a case expected did not happen."""


class Skip(Exception):
    """The case cannot run here; the text says why."""


class Late(Failed):
    pass


def same(got, wanted, what='value'):
    if got != wanted:
        raise Failed(f'{what}:\n  got    {_short(got)}\n'
                     f'  wanted {_short(wanted)}')


def check(fact, what):
    if not fact:
        raise Failed(what() if callable(what) else what)


def _short(value):
    text = repr(value)
    return text if len(text) < 1500 else text[:700] + ' … ' + text[-700:]


def until(condition, what, patience=None):
    """The first true value of condition(), polled; Failed after patience."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f'waited in vain until {what}')
        time.sleep(0.005)


def ms(n):
    """The text of an option: n milliseconds, stretched as deadlines are."""
    return f'{int(n * SCALE)}ms'


def grown(hark, before, most):
    """
    Checks that the peak of hark's memory is at most most MiB over before, in
    KiB; gives the difference.  A sanitizer's own memory makes it pointless.
    """
    more = hark.status('VmHWM') - before
    check(SANITIZED or more < most << 10, f'memory grew by {more} KiB')
    return more


class Gate:
    """An event that a case opens and a script waits for (or the reverse)."""

    def __init__(self, what='gate'):
        self.what = what
        self.event = threading.Event()

    def open(self):
        self.event.set()

    def wait(self, patience=None):
        if not self.event.wait(patience or PATIENCE):
            raise Failed(f'waited in vain for the {self.what}')

    @property
    def is_open(self):
        return self.event.is_set()
