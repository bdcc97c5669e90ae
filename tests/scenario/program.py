# Goal: start, watch and end the program under test.

import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess

from waits import HARK, PATIENCE, Failed, check, same, until
from wire import Client

REPORTS = re.compile(r'Sanitizer|runtime error:|Assertion .* failed|'
                     r'terminate called|corrupted|double free')


def _environment(extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith('HARK_')}
    env.setdefault('LC_ALL', 'C.UTF-8')
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    env.update(extra or {})
    return env


LISTENS = '0A'  # a state in /proc/net/tcp

# off, auto or on: what gateways get that say nothing of it themselves.
SANDBOX = os.environ.get('HARK_TEST_SANDBOX', '')


def _redacts(options):
    """Whether they say something of redaction, which is on otherwise."""
    return any(o.startswith(('--redact', '--no-redact')) for o in options)


class Hark:
    """hark MODE on a free port of 127.0.0.1 with a store of its own."""

    def __init__(self, folder, mode, *options, url=None, store=None,
                 env=None, wrap=(), listen=('127.0.0.1:0',)):
        self.folder = folder
        self.mode = mode
        self.store = store if '://' in str(store) else \
            pathlib.Path(store or folder / 'hark.db')
        self.ready = folder / 'ready.json'
        self.stderr = folder / 'stderr'
        self.options = [str(o) for o in options]
        self.env = env
        self.wrap = list(wrap)
        self.listen = listen
        self.url_of_origin = url
        self.process = None

    def argv(self):
        argv = self.wrap + [HARK, self.mode]
        for address in self.listen:
            argv += ['--listen', address]
        argv += ['--ready-file', str(self.ready), '--store', str(self.store),
                 '--drain-timeout', '3s']
        argv += self.options
        # What passed is what most tests look for.
        if not _redacts(self.options):
            argv += ['--no-redact']
        if SANDBOX and '--sandbox' not in self.options:
            argv += ['--sandbox', SANDBOX]
        return argv + ([self.url_of_origin] if self.url_of_origin else [])

    def spawn(self):
        self.ready.unlink(missing_ok=True)
        with open(self.stderr, 'ab') as log:
            self.process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, env=self._environment())

    def _environment(self):
        extra = dict(self.env or {})
        if SANDBOX and 'TMPDIR' not in extra:
            # Else all that tests make was below a folder that is open to it.
            (self.folder / 'tmp').mkdir(exist_ok=True)
            extra['TMPDIR'] = str(self.folder / 'tmp')
        return _environment(extra)

    def start(self):
        self.spawn()
        until(lambda: self.ready.exists() or self.process.poll() is not None,
              'the ready file is there')
        if not self.ready.exists():
            raise Failed(f'hark ended with {self.process.returncode}')
        self.addresses = json.loads(self.ready.read_text())['listen']
        self.address = self.addresses[0]
        self.admin = json.loads(self.ready.read_text()).get(
            'admin', '').removeprefix('http://')
        self.url = f'http://{self.address}'
        return self

    def restart(self, *, mode=None, url=None, options=None):
        """Again on the same store, with what is named changed."""
        self.mode = mode or self.mode
        self.url_of_origin = url
        if options is not None:
            self.options = [str(o) for o in options]
        return self.start()

    @property
    def log(self):
        return self.stderr.read_text(errors='replace') \
            if self.stderr.exists() else ''

    def status(self, field):
        """A field of /proc/PID/status, in KiB where it has that unit."""
        path = f'/proc/{self.process.pid}/status'
        text = pathlib.Path(path).read_text()
        return int(re.search(rf'^{field}:\s*(\d+)', text, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def open_files(self):
        """What its descriptors lead to by now."""
        folder = f'/proc/{self.process.pid}/fd'
        found = []
        for fd in os.listdir(folder):
            # It may be closed at any time.
            with contextlib.suppress(OSError):
                found.append(os.readlink(f'{folder}/{fd}'))
        return found

    def clients(self):
        """How many connections it has accepted and not closed yet."""
        port = f':{int(self.address.rpartition(":")[2]):04X}'
        files = self.open_files()
        table = pathlib.Path('/proc/net/tcp').read_text().splitlines()[1:]
        return sum(row[1].endswith(port) and f'socket:[{row[9]}]' in files
                   for row in map(str.split, table) if row[3] != LISTENS)

    def told(self, text, times=1):
        """Waits until the log has text, so many times."""
        until(lambda: self.log.count(text) >= times,
              f'the log has {text!r} {times} times')

    def metric(self, name):
        """The value of one without labels."""
        c = Client(self.admin)
        try:
            text = c.ask('GET', '/metrics').body.decode()
        finally:
            c.close()
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith(name + ' '))

    def signal(self, number):
        self.process.send_signal(number)

    @contextlib.contextmanager
    def stopped(self):
        """It does nothing for the time of a block; what comes has to wait."""
        stat = pathlib.Path(f'/proc/{self.process.pid}/stat')
        self.signal(signal.SIGSTOP)
        try:
            until(lambda: stat.read_text().rpartition(')')[2].split()[0] ==
                  'T', 'hark stands still')
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait(self, patience=None):
        try:
            return self.process.wait(patience or PATIENCE * 2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed('hark did not end in time') from None

    def stop(self):
        """SIGTERM; Failed unless it ends with 0 and without a report."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        self.process = None
        self.no_report()
        same(code, 0, 'exit status of hark after SIGTERM')

    def died(self):
        """Whether it ended and nobody has asked it to."""
        return self.process is not None and self.process.poll() is not None

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def no_report(self):
        found = REPORTS.search(self.log)
        check(not found, lambda: 'hark reports:\n' +
              self.log[max(0, found.start() - 500):][:6000])

    def client(self, **how):
        return Client(self.address, **how)

    def ask(self, method, target, headers=(), body=None):
        """One request on a connection of its own."""
        c = self.client()
        try:
            return c.ask(method, target, headers, body)
        finally:
            c.close()

    def get(self, target, headers=()):
        return self.ask('GET', target, headers)


def command(*argv, env=None, timeout=None, **how):
    """Runs hark to its end; the result has text in stdout and stderr."""
    argv = [str(a) for a in argv]
    if argv[:1] in (['import'], ['edit']) and not _redacts(argv):
        argv.insert(1, '--no-redact')
    return subprocess.run(
        [HARK, *argv], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=timeout or PATIENCE * 4,
        env=_environment(env), **how)


def export(store, *options):
    """The HAR of a store as the program exports it."""
    path = pathlib.Path(f'{store}.{next(numbers)}.har')
    done = command('export', '--store', store, *options, '-o', path)
    same((done.returncode, done.stderr), (0, ''), 'hark export')
    return json.loads(path.read_text())


def entries(store, *options):
    return export(store, *options)['log']['entries']


numbers = itertools.count(1)


def outcome(entry):
    """How an exported exchange ended; complete when it does not say."""
    own = entry.get('_hark') or {}
    return own.get('outcome', 'complete')


def problem(r, status, phase=None):
    """r is hark's own error, in the form of RFC 9457."""
    same((r.status, r.get('content-type')),
         (status, 'application/problem+json'), r)
    same(r.source, 'hark')
    text = r.json
    same((text['type'], text['status']), ('about:blank', status))
    check(text['title'] and text['detail'], text)
    if phase:
        same(text.get('phase'), phase, text)
    return text
