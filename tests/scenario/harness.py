# Goal: give every scenario both ends to the byte, a hark process and TAP.
#
# An Origin is the API behind the gateway: a threaded raw-socket server that
# logs the exact bytes of each request and answers from a script.  A Client
# speaks to the gateway and reads answers strictly.  Hark is the program under
# test.  A case is a function marked @case whose name is the sentence that it
# proves; it gets a Case, which makes all of these and takes them down again.
#
# Nothing here sleeps to wait for something else to happen: waits are on
# conditions, each with a deadline.

import contextlib
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

from origin import Origin, certificate, echo, reply, tls_server
from program import (Hark, command, entries, export, numbers, outcome,
                     problem)
from waits import (BIG, HARK, PATIENCE, SCALE, Failed, Gate, Late, Skip,
                   check, grown, ms, same, until)
from wire import Client, Ended, Request, Response

__all__ = ['BIG', 'HARK', 'PATIENCE', 'SCALE', 'Case', 'Client', 'Ended',
           'Failed', 'Gate', 'Hark', 'Late', 'Origin', 'Request', 'Response',
           'Shared', 'Skip', 'case', 'certificate', 'check', 'command',
           'echo', 'entries', 'export', 'grown', 'main', 'ms', 'outcome',
           'problem', 'reply', 'same', 'tls_server', 'until']


class Case:
    """What a case asks for things, all of which end with it."""

    def __init__(self, folder):
        self.folder = folder
        self.ends = contextlib.ExitStack()
        self.harks = []
        self.origins = []

    def path(self, name=''):
        path = self.folder / f'{next(numbers)}'
        path.mkdir()
        return path / name if name else path

    def origin(self, **how):
        origin = Origin(**how)
        self.origins.append(origin)
        self.ends.callback(origin.stop)
        return origin

    def hark(self, mode, *options, **how):
        # A URL may stand first among the options, as an Origin.
        if options and isinstance(options[0], Origin):
            how.setdefault('url', options[0].url)
            options = options[1:]
        hark = Hark(self.path(), mode, *options, **how)
        self.harks.append(hark)
        self.ends.callback(hark.stop)
        return hark.start()

    def client(self, hark, **how):
        client = Client(hark.address, **how)
        self.ends.callback(client.close)
        return client

    def gate(self, what='gate'):
        gate = Gate(what)
        self.ends.callback(gate.open)
        return gate

    def gates(self, n, what='gate'):
        return [self.gate(f'{what} {i}') for i in range(n)]

    def close(self):
        self.ends.close()
        errors = [e for o in self.origins for e in o.errors]
        check(not errors, lambda: '; '.join(errors))

    def logs(self):
        return ''.join(f'--- stderr of {h.argv()}\n{h.log[-4000:]}'
                       for h in self.harks if h.log)


class Shared:
    """
    Things that the cases of a file have in common, made at the first use by
    make(case) and made anew when the program under test died.  The runner
    takes it down as a last case of its own.
    """

    everything = []

    def __init__(self, make):
        self.make = make
        self.case = None
        self.broken = False
        Shared.everything.append(self)

    def __call__(self):
        if self.broken or self.case and any(
                h.died() for h in self.case.harks):
            self.close(quiet=True)
        if not self.case:
            self.case = Case(pathlib.Path(tempfile.mkdtemp(dir=ROOT.name)))
            try:
                self.things = self.make(self.case)
            except BaseException:
                self.close(quiet=True)
                raise
        for origin in self.case.origins:
            origin.take()
        return self.things

    def close(self, quiet=False):
        case, self.case = self.case, None
        self.broken = False
        try:
            if case:
                case.close()
        except Exception:
            if not quiet:
                raise

    def alive(self):
        for hark in self.case.harks if self.case else ():
            self.broken = True
            check(not hark.died(),
                  lambda: f'hark died with {hark.process.returncode}')
            hark.no_report()
            self.broken = False
        for origin in self.case.origins if self.case else ():
            errors, origin.errors = origin.errors, []
            check(not errors, lambda: '; '.join(errors))


ROOT = tempfile.TemporaryDirectory(prefix='hark-test-',
                                   ignore_cleanup_errors=True)
_cases = []


def case(function=None, *, deadline=60):
    """Marks a case; deadline is in seconds before scaling."""
    def mark(f):
        _cases.append((f, deadline))
        return f
    return mark(function) if function else mark


def _sentence(function):
    return function.__name__.replace('__', ', ').replace('_', ' ')


def _on_alarm(*_):
    raise Late('the case ran into its deadline')


def _diagnose(text):
    for line in text.splitlines() or ['']:
        # TAP has no control characters.
        clean = re.sub(r'[^\x20-\x7e\u00a0-\uffff]', '?', line)
        print(f'# {clean}'[:2000])


def _attempt(function, deadline):
    """None when the case held, else the exception."""
    t = Case(pathlib.Path(tempfile.mkdtemp(dir=ROOT.name)))
    failure = None
    signal.alarm(max(1, int(deadline * SCALE)))
    try:
        function(t)
        for shared in Shared.everything:
            shared.alive()
    except Exception as e:
        failure = e
        failure.trace = traceback.format_exc(limit=-6)
    signal.alarm(max(1, int(30 * SCALE)))
    try:
        t.close()
    except Exception as e:
        if failure is None or isinstance(failure, Skip):
            failure = e
            failure.trace = traceback.format_exc(limit=-6)
    finally:
        signal.alarm(0)
    if failure is not None:
        failure.logs = t.logs() + ''.join(
            s.case.logs() for s in Shared.everything if s.case)
    shutil.rmtree(t.folder, ignore_errors=True)
    return failure


def _only(cases):
    """The cases named on the command line, or all."""
    wanted = sys.argv[1:]
    return [c for c in cases if not wanted or
            any(re.search(w, c[0].__name__) for w in wanted)]


def the_shared_gateway_ends_well(_):
    for shared in Shared.everything:
        # What broke it has been told.
        shared.close(quiet=shared.broken)


def main():
    signal.signal(signal.SIGALRM, _on_alarm)
    # A background job or nohup(1) ignores these, and so would all it starts.
    for one in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(one) == signal.SIG_IGN:
            signal.signal(one, signal.SIG_DFL)
    cases = _only(_cases)
    if Shared.everything:
        cases.append((the_shared_gateway_ends_well, 30))
    print(f'1..{len(cases)}', flush=True)
    failed = 0
    for number, (function, deadline) in enumerate(cases, 1):
        began = time.monotonic()
        failure = _attempt(function, deadline)
        took = time.monotonic() - began
        name = f'{number} - {_sentence(function)}'
        if failure is None:
            print(f'ok {name}')
        elif isinstance(failure, Skip):
            print(f'ok {name} # SKIP {failure}')
        else:
            failed += 1
            print(f'not ok {name}')
            _diagnose(failure.trace)
            _diagnose(failure.logs)
        if took > 5:
            print(f'# took {took:.1f} s')
        sys.stdout.flush()
    ROOT.cleanup()
    # Origin threads may still sit in a read; they are nobody's concern now.
    sys.stdout.flush()
    os._exit(1 if failed else 0)
