# Goal: what Prometheus reads is in its formats to the letter, and tells what
# has happened.

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

from harness import (Client, Shared, Skip, case, check, main, reply,
                     same, until)
from sockets import opened
from waits import PATIENCE

TOP = pathlib.Path(os.environ.get('top_srcdir', '.'))
OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
TEXT = 'text/plain; version=0.0.4; charset=utf-8'
NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SUFFIXES = {'histogram': ('_bucket', '_sum', '_count'), 'gauge': ('',)}


def admin_of(hark):
    return json.loads(hark.ready.read_text())['admin']


def ask(hark, accept=None, token=None, method='GET'):
    c = Client(admin_of(hark).removeprefix('http://'))
    try:
        fields = [('Accept', accept)] if accept else []
        if token:
            fields.append(('Authorization', f'Bearer {token}'))
        c.request(method, '/metrics', fields)
        return c.response(method)
    finally:
        c.close()


class Metrics(dict):
    """{(name, ((label, value), ...)): number}, read strictly."""

    def __init__(self, text, is_open=False):
        super().__init__()
        self.types, self.helps, self.order = {}, {}, []
        self.is_open = is_open
        check(text.endswith('\n'), 'no line end at the end')
        lines = text.split('\n')[:-1]
        if is_open:
            same(lines.pop(), '# EOF')
        for line in lines:
            self.line(line)
        for family, kind in self.types.items():
            check(family in self.helps, f'{family} without HELP')
            if kind == 'histogram':
                self.histogram(family)

    def line(self, line):
        m = re.fullmatch(rf'# (HELP|TYPE) ({NAME}) (.+)', line)
        if m:
            what, family, rest = m.groups()
            if what == 'HELP':
                check(family not in self.helps, f'{family} twice')
                self.helps[family] = rest
                self.order.append(family)
            else:
                same(self.order[-1], family, 'TYPE behind its HELP')
                check(rest in ('counter', 'gauge', 'histogram'), line)
                self.types[family] = rest
            return
        m = re.fullmatch(rf'({NAME})(?:\{{((?:{LABEL},?)*)\}})? (\S+)', line)
        check(m, f'no sample: {line!r}')
        self.sample(m.group(1), m.group(2) or '', m.group(5), line)

    def sample(self, name, labels, value, line):
        family = self.order[-1]
        kind = self.types[family]
        if kind == 'counter':
            suffixes = ('_total',) if self.is_open else ('',)
        else:
            suffixes = SUFFIXES[kind]
        check(name in [family + s for s in suffixes],
              f'{line!r} is not of {family}')
        pairs = re.findall(LABEL, labels)
        same(','.join(f'{n}="{v}"' for n, v in pairs), labels)
        names = [n for n, _ in pairs]
        same(len(set(names)), len(names), line)
        key = (name, tuple(pairs))
        check(key not in self, f'{line!r} twice')
        self[key] = float(value)
        check(self[key] >= 0, line)

    def histogram(self, family):
        rows = {}
        for (name, pairs), value in self.items():
            if name == family + '_bucket':
                le = dict(pairs)['le']
                rest = tuple(p for p in pairs if p[0] != 'le')
                rows.setdefault(rest, []).append((float(le), value))
        for rest, buckets in rows.items():
            same(buckets, sorted(buckets), 'order of the buckets')
            counts = [n for _, n in buckets]
            same(counts, sorted(counts), 'they add up')
            same(buckets[-1][0], float('inf'))
            same(self[(family + '_count', rest)], counts[-1])
            check((family + '_sum', rest) in self, f'{family} without sum')

    def of(self, name, **labels):
        """The sum of those samples that have these labels."""
        wanted = set(labels.items())
        found = [v for (n, pairs), v in self.items()
                 if n == name and wanted <= set(pairs)]
        return sum(found)


def metrics(hark):
    r = ask(hark)
    same((r.status, r.get('content-type')), (200, TEXT))
    return Metrics(r.body.decode())


def after(hark, name, value, **labels):
    """The metrics once one has this value: replies are counted a moment
    after their last byte is out."""
    until(lambda: metrics(hark).of(name, **labels) == value,
          f'{name} {labels} is {value}')
    return metrics(hark)


def make(t):
    origin = t.origin()
    origin.routes.update({'/ok': reply(b'fine'),
                          '/none': reply(b'', status='404 Not Found')})
    mocks = t.path('mocks.json')
    mocks.write_text(json.dumps({'routes': [
        {'uuid': 'first', 'method': 'get', 'endpoint': 'mock',
         'responses': [{'body': 'mocked'}]}]}))
    return t.hark('auto', origin, '--mocks', mocks)


gateway = Shared(make)


@case
def both_forms_are_what_they_should_be(t):
    hark = gateway()
    hark.get('/ok')
    r = ask(hark, 'application/openmetrics-text;version=1.0.0;q=0.5,'
                  'text/plain;version=0.0.4;q=0.2,*/*;q=0.1')
    same((r.status, r.get('content-type')), (200, OPEN))
    of_open = Metrics(r.body.decode(), True)
    of_text = metrics(hark)
    same({f for f, k in of_text.types.items() if k == 'counter'},
         {f + '_total' for f, k in of_open.types.items() if k == 'counter'})
    same(len(of_open.types), len(of_text.types))


@case
def names_are_as_prometheus_wants_them(t):
    for family, kind in metrics(gateway()).types.items():
        check(re.fullmatch(r'(hark|process)_[a-z_]+', family), family)
        same(family.endswith('_total'), kind == 'counter', family)


@case
def head_has_the_length_of_get(t):
    r = ask(gateway(), method='HEAD')
    same((r.status, r.body), (200, b''))
    check(int(r.get('content-length')) > 5000, r)


@case
def requests_are_told_by_source_mode_method_and_status(t):
    hark = gateway()
    name = 'hark_requests_total'
    before = metrics(hark)

    def grown_by(n, **labels):
        after(hark, name, before.of(name, **labels) + n, **labels)

    hark.get('/mock')
    hark.get('/ok?1')
    hark.get('/ok?1')
    hark.get('/none')
    hark.ask('BREW', '/ok')
    grown_by(1, source='mock', method='GET', status='2xx', mode='auto')
    grown_by(1, source='replay', method='GET', status='2xx')
    grown_by(1, source='upstream', method='GET', status='4xx')
    grown_by(1, method='other')
    now = metrics(hark)
    same(now.of('hark_mock_route_requests_total', route='first') -
         before.of('hark_mock_route_requests_total', route='first'), 1)
    same(now.of('hark_responses_total', code='404') -
         before.of('hark_responses_total', code='404'), 1)
    same(now.of(name), now.of('hark_request_duration_seconds_count'))


@case
def methods_without_end_are_one(t):
    hark = gateway()
    names = {dict(p)['method'] for n, p in metrics(hark)
             if n == 'hark_requests_total'}
    for i in range(30):
        hark.ask(f'METHOD{i}', '/ok')
    later = {dict(p)['method'] for n, p in metrics(hark)
             if n == 'hark_requests_total'}
    check(len(later - names) <= 1, later)
    check('other' in later, later)


@case
def what_is_refused_or_fails_is_told(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    origin.stop()
    same(hark.get('/').status, 502)
    c = hark.client()
    c.send(b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
    same(c.response().status, 400)
    now = after(hark, 'hark_requests_total', 2)
    same(now.of('hark_upstream_errors_total', phase='connect'), 1)
    same(now.of('hark_upstream_errors_total'), 1)
    same(now.of('hark_requests_failed_total'), 1)
    same(now.of('hark_requests_refused_total'), 1)
    same(now.of('hark_requests_total', source='hark', status='5xx'), 1)


@case
def connections_and_bytes_are_told(t):
    origin = t.origin()
    origin.routes['/b'] = reply(b'x' * 100_000)
    hark = t.hark('proxy', origin, '--workers', '1')
    c = hark.client()
    for _ in range(3):
        same(len(c.ask('GET', '/b').body), 100_000)
    after(hark, 'hark_upstream_connections_idle', 1)
    now = after(hark, 'hark_requests_total', 3)
    same(now.of('hark_connections_accepted_total'), 1)
    same(now.of('hark_connections_open'), 1)
    same(now.of('hark_upstream_connections_opened_total'), 1)
    same(now.of('hark_upstream_connections_reused_total'), 2)
    same(now.of('hark_upstream_connections_open'), 1)
    for name in ('hark_client_sent_bytes_total',
                 'hark_upstream_received_bytes_total'):
        check(300_000 < now.of(name) < 302_000, (name, now.of(name)))
    check(0 < now.of('hark_client_received_bytes_total') < 1000, now)
    c.close()
    after(hark, 'hark_connections_open', 0)


def queued(hark):
    return metrics(hark).of('hark_recorder_queue_bytes')


@case
def what_is_recorded_is_told(t):
    origin = t.origin()
    origin.routes['/b'] = reply(b'y' * 5000)
    hark = t.hark('record', origin)
    for i in range(5):
        hark.get('/b')
    now = after(hark, 'hark_recorder_entries_total', 5)
    check(now.of('hark_recorder_written_bytes_total') > 25_000, now)
    check(now.of('hark_recorder_commits_total') >= 1, now)
    check(now.of('hark_recorder_commit_seconds_total') > 0, now)
    same(now.of('hark_recorder_lost_total'), 0)
    after(hark, 'hark_recorder_queue_bytes', 0)


@case(deadline=40)
def what_waits_for_a_locked_store_is_bounded(t):
    origin = t.origin()
    origin.default = lambda p, r: p.send(reply(b'y' * 20_000))
    hark = t.hark('record', origin, '--queue-size', '64k')
    same(hark.get('/first').status, 200)
    after(hark, 'hark_recorder_entries_total', 1)
    answered = []

    def ask():
        for i in range(100):
            answered.append(hark.get(f'/{i}').status)

    asking = threading.Thread(target=ask)
    with contextlib.closing(sqlite3.connect(
            hark.store, isolation_level=None)) as db:
        db.execute('BEGIN IMMEDIATE')
        asking.start()
        until(lambda: queued(hark) > 64 * 1024, 'the queue is full')
        # Not for longer than hark waits for a lock.
        looks, began = 0, time.monotonic()
        while looks < 50 and time.monotonic() - began < 1:
            check(queued(hark) < 128 * 1024, queued(hark))
            looks += 1
        check(len(answered) < 100, 'all are answered')
        db.execute('COMMIT')
    asking.join()
    same(answered, [200] * 100)
    after(hark, 'hark_recorder_entries_total', 101)


@case
def what_is_replayed_is_told(t):
    origin = t.origin()
    origin.routes['/a'] = reply(b'z')
    hark = t.hark('record', origin)
    hark.get('/a')
    hark.stop()
    hark.restart(mode='replay')
    for _ in range(3):
        same(hark.get('/a').body, b'z')
    same(hark.get('/other').status, 501)
    now = after(hark, 'hark_requests_total', 1, source='miss')
    same(now.of('hark_requests_total', source='replay', mode='replay'), 3)
    check(now.of('hark_cache_misses_total') >= 1, now)
    check(now.of('hark_cache_hits_total') >= 1, now)
    check(now.of('hark_cache_bytes') > 0, now)


@case
def web_sockets_are_told(t):
    mocks = t.path('mocks.json')
    mocks.write_text(json.dumps({'routes': [
        {'type': 'ws', 'endpoint': 'chat',
         'responses': [{'body': 'you said {{body}}'}]}]}))
    hark = t.hark('proxy', '--mocks', mocks)
    s, _ = opened(t.client(hark), '/chat')
    for i in range(3):
        s.send(f'hello {i}')
        s.receive()
    now = metrics(hark)
    same(now.of('hark_websockets_open'), 1)
    same(now.of('hark_mock_route_requests_total', route='chat'), 1)
    same(now.of('hark_websocket_messages_total', **{'from': 'client'}), 3)
    same(now.of('hark_websocket_messages_total', **{'from': 'server'}), 3)
    s.close()
    now = after(hark, 'hark_websockets_open', 0)
    same(now.of('hark_websockets_total'), 1)
    # How long it was open is no latency.
    after(hark, 'hark_requests_total', 1)
    same(metrics(hark).of('hark_request_duration_seconds_count'), 0)


@case
def reloads_are_told(t):
    mocks = t.path('mocks.json')
    good = json.dumps({'routes': [{'endpoint': 'a', 'responses': [{}]}]})
    mocks.write_text(good)
    hark = t.hark('proxy', '--mocks', mocks)
    began = metrics(hark).of('hark_last_reload_success_timestamp_seconds')
    mocks.write_text('{')
    hark.signal(signal.SIGHUP)
    until(lambda: metrics(hark).of('hark_last_reload_successful') == 0,
          'a reload that fails')
    check(metrics(hark).of('hark_reloads_total', result='failure') >= 1, '')
    mocks.write_text(good)
    hark.signal(signal.SIGHUP)
    until(lambda: metrics(hark).of('hark_last_reload_successful') == 1,
          'a reload that goes well')
    check(metrics(hark).of('hark_last_reload_success_timestamp_seconds') >
          began, 'it is later')


@case
def the_process_is_told(t):
    hark = gateway()
    now = metrics(hark)
    rss = hark.status('VmRSS') * 1024
    check(rss / 2 < now.of('process_resident_memory_bytes') < rss * 2, rss)
    check(abs(now.of('process_open_fds') - hark.descriptors()) <= 5, now)
    same(now.of('process_threads'), hark.status('Threads'))
    check(now.of('process_cpu_seconds_total') > 0, now)
    began = pathlib.Path(f'/proc/{hark.process.pid}').stat().st_mtime
    check(abs(now.of('process_start_time_seconds') - began) < 60, began)


@case
def they_are_behind_the_guards(t):
    hark = t.hark('proxy', t.origin(), '--admin-token', 's3cret')
    same(ask(hark).status, 401)
    same(ask(hark, token='other').status, 401)
    same(ask(hark, token='s3cret').status, 200)
    same(hark.get('/metrics').get('x-hark-source'), 'upstream')


def promtool(t):
    """Prometheus' own check, of Debian's package if there is none."""
    if shutil.which('promtool'):
        return 'promtool'
    here = pathlib.Path(os.environ.get('top_builddir', '.')) / 'tests/tools'
    tool = here / 'usr/bin/promtool'
    if not tool.exists():
        if not shutil.which('apt-get') or not shutil.which('dpkg-deb'):
            raise Skip('there is no promtool, nor apt-get')
        here.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(
                'apt-get -qq download prometheus && dpkg-deb --fsys-tarfile '
                'prometheus_*.deb | tar -x ./usr/bin/promtool; '
                'rm -f prometheus_*.deb', shell=True, cwd=here,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        except subprocess.TimeoutExpired:
            raise Skip('promtool does not come') from None
    if not tool.exists():
        raise Skip('promtool cannot be had')
    return tool


@case(deadline=80)
def promtool_has_nothing_to_say(t):
    tool = promtool(t)
    hark = gateway()
    hark.get('/mock')
    hark.get('/ok?promtool')
    done = subprocess.run([tool, 'check', 'metrics'], input=ask(hark).body,
                          capture_output=True, timeout=PATIENCE)
    same((done.returncode, done.stdout, done.stderr), (0, b'', b''))


@case
def the_dashboard_of_grafana_shows_what_there_is(t):
    board = json.loads((TOP / 'contrib/grafana/hark.json').read_text())
    now = metrics(gateway())
    names = set()
    for family, kind in now.types.items():
        names |= {family + s for s in SUFFIXES['histogram']} \
            if kind == 'histogram' else {family}
    asked = set()
    for panel in board['panels']:
        for target in panel.get('targets', ()):
            asked |= set(re.findall(r'\b(?:hark|process)_[a-z_]+',
                                    target['expr']))
    for variable in board['templating']['list'][1:]:
        asked |= set(re.findall(r'\bhark_[a-z_]+',
                                variable['query']['query']))
    check(len(asked) > 40, asked)
    same(sorted(asked - names), [], 'asked for, but not there')
    shown = {re.sub('_(bucket|sum|count)$', '', n) for n in asked}
    left = {f for f in now.types if f not in shown}
    same(sorted(left - {'process_virtual_memory_bytes', 'process_threads',
                        'hark_cache_keys', 'hark_websockets_total'}), [],
         'there, but not shown')


main()
