# Goal: requests follow the answers of mocks, as often and as long as is said.

import hashlib
import hmac
import json
import os
import re
import signal
import socket
import ssl
import sys
import time
import urllib.request

from harness import (SCALE, case, certificate, check, command, main, ms, reply,
                     same, tls_server, until)

OK = reply(b'fine')


def route(endpoint, response, **more):
    return {'endpoint': endpoint, 'responses': [response], **more}


def mocks(t, *routes, **more):
    """A mocks file."""
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes), **more}))
    return path


def receiver(t, **how):
    origin = t.origin(**how)
    origin.default = OK
    return origin


def callback(uri, uuid='c', **more):
    return {'uuid': uuid, 'name': uuid, 'uri': str(uri), **more}


def follows(*uuids, latency=0):
    return [{'uuid': u, 'latency': latency} for u in uuids or ('c',)]


def served(t, callbacks, *routes, options=(), env=None, **more):
    """Routes whose responses have all callbacks, unless they say which."""
    file = mocks(t, *routes or [route('a', {
        'body': 'answer', 'callbacks': follows(
            *(c['uuid'] for c in callbacks))})],
        callbacks=callbacks, **more)
    return t.hark('proxy', '--mocks', file, '--on-miss', '404', *options,
                  env=env)


@case
def a_callback_has_what_its_templates_make_of_the_request(t):
    origin = receiver(t)
    hark = served(t, [callback(
        origin.url + "/hook/{{urlParam 'id'}}?q={{queryParam 'q'}} x#part",
        method='put', headers=[
            {'key': 'X-Id', 'value': "{{header 'X-Asked'}}"},
            {'key': 'Content-Type', 'value': 'application/json'},
            {'key': 'Content-Length', 'value': '7'}],
        body={'name': "{{body 'name'}}"})],
        route('users/:id', {'callbacks': follows()}, method='post'))
    same(hark.ask('POST', '/users/5?q=1', [
        ('Content-Type', 'application/json'), ('X-Asked', 'yes')],
        b'{"name":"Bo"}').status, 200)
    r, = origin.wait_for(1)
    same((r.method, r.target), ('PUT', '/hook/5?q=1%20x'))
    same((r.get('x-id'), r.get('content-type'), r.get('host'), r.json),
         ('yes', 'application/json', origin.authority, {'name': 'Bo'}))
    same(r.get('x-mockoon-callback-depth'), '1')
    until(lambda: '200 in' in hark.log, 'its outcome is in the log')
    check(re.search(r'callback c PUT http://127\.0\.0\.1:\d+/hook/5\S+: 200 '
                    r'in \d+ ms, attempt 1 of 1', hark.log), hark.log)
    hark.stop()
    check('callbacks: 1 delivered, 0 failed, 0 dropped' in hark.log, hark.log)


@case
def bodies_come_from_texts_buckets_and_files(t):
    origin = receiver(t)
    folder = t.path('files')
    folder.mkdir()
    (folder / 'x.bin').write_bytes(bytes(range(256)))
    (folder / 't.json').write_text('{"q": "{{queryParam \'q\'}}"}')
    base = origin.url
    file = folder / 'm.json'
    names = ['get', 'empty', 'bucket', 'file', 'text', 'form']
    file.write_text(json.dumps({
        'data': [{'id': 'd', 'name': 'd', 'value': [{'a': 1}]}],
        'callbacks': [
            callback(base + '/get', 'get', method='get', body='none'),
            callback(base + '/empty', 'empty'),
            callback(base + '/bucket', 'bucket', databucketID='d'),
            callback(base + '/file', 'file', filePath='x.bin'),
            callback(base + '/text', 'text', filePath='./t.json'),
            callback(base + '/form', 'form', filePath='x.bin',
                     bodyType='FILE', sendFileAsBody=False)],
        'routes': [route('a', {'callbacks': follows(*names)})]}))
    hark = t.hark('proxy', '--mocks', file)
    hark.get('/a?q=v')
    got = {r.target[1:]: r for r in origin.wait_for(6)}
    same(sorted(got), sorted(names))
    same({n: (r.get('content-length'), r.get('content-type'), r.body)
          for n, r in got.items() if n != 'form'}, {
        'get': (None, None, b''),
        'empty': ('0', 'text/plain;charset=UTF-8', b''),
        'bucket': ('9', 'text/plain;charset=UTF-8', b'[{"a":1}]'),
        'file': ('256', 'application/octet-stream', bytes(range(256))),
        'text': ('10', 'application/json', b'{"q": "v"}')})
    form = got['form']
    boundary = re.fullmatch('multipart/form-data; boundary=(.+)',
                            form.get('content-type')).group(1).encode()
    same(form.body, b'--' + boundary + b'\r\nContent-Disposition: form-data; '
         b'name="file"; filename="blob"\r\n'
         b'Content-Type: application/octet-stream\r\n\r\n' +
         bytes(range(256)) + b'\r\n--' + boundary + b'--\r\n')


@case
def a_callback_waits_for_the_end_of_the_answer_and_its_latency(t):
    origin = receiver(t)
    hark = served(
        t, [callback(origin.url + '/long', 'long'),
            callback(origin.url + '/short', 'short')],
        route('long', {'body': 'x' * (8 << 20), 'disableTemplating': True,
                       'callbacks': follows('long')}),
        route('short', {'callbacks': follows('short')}),
        route('late', {'callbacks': follows('long', latency=300) +
                       follows('short', latency=100)}))
    # One that nobody reads, and another that comes and goes meanwhile.
    c = t.client(hark, receive_buffer=65536)
    c.send(b'GET /long HTTP/1.1\r\nHost: h\r\n\r\n')
    until(lambda: c.sock.recv(1, socket.MSG_PEEK), 'it began')
    hark.get('/short')
    same([r.target for r in origin.wait_for(1)], ['/short'])
    same(len(c.response('GET').body), 8 << 20)
    same([r.target for r in origin.wait_for(2)], ['/short', '/long'])
    came = {}
    origin.default = lambda peer, r: (
        came.setdefault(r.target, time.monotonic()), peer.send(OK))
    began = time.monotonic()
    hark.get('/late')
    origin.wait_for(4)
    until(lambda: len(came) == 2, 'both are there')
    check(came['/short'] - began >= 0.1 and came['/long'] - began >= 0.3,
          'it came too early')


@case
def what_fails_is_tried_again_after_growing_pauses(t):
    origin = receiver(t)
    answers = [reply(b'', '503 Service Unavailable'),
               reply(b'', '429 Too Many Requests')]
    times = []

    def unwell(peer, r):
        times.append(time.monotonic())
        peer.send(answers.pop(0) if answers else OK)
    origin.default = unwell
    retry = {'retries': 5, 'retryDelay': 100, 'retryMaxDelay': 10000}
    hark = served(t, [callback(origin.url + '/x', body='again', hark=retry)])
    hark.get('/a')
    same([r.body for r in origin.wait_for(3)], [b'again'] * 3)
    until(lambda: 'attempt 3 of 6' in hark.log, 'the third one is told')
    check(times[1] - times[0] >= 0.1 and times[2] - times[1] >= 0.2, times)
    same(re.findall(r': (\d+) in \d+ ms, (attempt.*)', hark.log), [
        ('503', 'attempt 1 of 6, again in 100 ms'),
        ('429', 'attempt 2 of 6, again in 200 ms'),
        ('200', 'attempt 3 of 6')])
    hark.stop()
    check('1 delivered, 0 failed' in hark.log, hark.log)


@case
def a_refusal_is_not_tried_again_and_nobody_there_is_told(t):
    origin = receiver(t)
    gone = t.origin()
    gone.stop()
    origin.default = reply(b'', '404 Not Found')
    retry = {'retries': 2, 'retryDelay': 1}
    hark = served(t, [callback(origin.url, 'no', hark=retry),
                      callback(gone.url + '/x', 'gone', hark=retry)])
    hark.get('/a')
    until(lambda: 'attempt 3 of 3' in hark.log, 'the last attempt is told')
    check('attempt 1 of 3, again in 1 ms' in hark.log, hark.log)
    check('attempt 2 of 3, again in 2 ms' in hark.log, hark.log)
    check(re.search('callback gone .*connect failed: .*refused', hark.log),
          hark.log)
    until(lambda: '404 in' in hark.log, 'the refusal is told')
    same(len(origin.requests), 1)
    hark.stop()
    check('0 delivered, 2 failed, 0 dropped' in hark.log, hark.log)


@case
def an_attempt_without_an_answer_ends(t):
    origin = receiver(t)
    gate = t.gate()
    origin.default = lambda peer, r: gate.wait()
    hark = served(t, [callback(origin.url)],
                  options=('--callback-timeout', ms(500)))
    hark.get('/a')
    until(lambda: 'no answer in time in' in hark.log, 'that is told')
    gate.open()


@case
def an_answer_without_end_is_an_answer(t):
    origin = receiver(t)
    gate = t.gate()

    def endless(peer, r):
        peer.send(b'HTTP/1.1 202 Accepted\r\nContent-Length: 99999999\r\n\r\n')
        if r.target == '/long':
            peer.send(b'x' * (2 << 20))
        gate.wait()
    origin.default = endless
    hark = served(t, [callback(origin.url + '/long', 'long'),
                      callback(origin.url + '/slow', 'slow')],
                  options=('--callback-timeout', ms(1000)))
    hark.get('/a')
    until(lambda: hark.log.count('202 in') == 2, 'both are told')
    gate.open()


@case
def signatures_are_what_receivers_of_github_and_stripe_check(t):
    origin = receiver(t)
    folder = t.path()
    (folder / 'key').write_text('from a file\n')
    body = '{"id": 1}'

    def signed(uuid, **sign):
        return callback(f'{origin.url}/{uuid}', uuid, body=body,
                        hark={'sign': sign})
    hark = served(
        t, [signed('plain', key='k'),
            signed('hub', keyEnv='HOOK_KEY', header='X-Hub-Signature-256'),
            signed('stripe', keyFile=str(folder / 'key'), format='stripe',
                   header='Stripe-Signature')],
        env={'HOOK_KEY': 'from outside'},
        options=['--sandbox-path', folder])
    began = int(time.time())
    hark.get('/a')
    got = {r.target[1:]: r for r in origin.wait_for(3)}

    def mac(key, text):
        return hmac.new(key, text, hashlib.sha256).hexdigest()
    same(got['plain'].get('x-hark-signature'),
         'sha256=' + mac(b'k', got['plain'].body))
    same(got['hub'].get('x-hub-signature-256'),
         'sha256=' + mac(b'from outside', body.encode()))
    at, v1 = re.fullmatch(r't=(\d+),v1=([0-9a-f]{64})',
                          got['stripe'].get('stripe-signature')).groups()
    check(began <= int(at) <= time.time() + 1, at)
    same(v1, mac(b'from a file', f'{at}.{body}'.encode()))
    check('from' not in hark.log, hark.log)


@case
def callbacks_of_callbacks_come_to_an_end(t):
    origin = receiver(t)
    hark = served(t, [callback('/loop?self', 'self', method='get'),
                      callback(origin.url + '/seen', 'seen')],
                  route('loop', {'callbacks': follows('seen', 'self')}),
                  options=('--max-callback-depth', '3'), endpointPrefix='v1')
    hark.get('/v1/loop')
    same(sorted(r.get('x-mockoon-callback-depth')
                for r in origin.wait_for(3)), ['1', '2', '3'])
    until(lambda: 'in a chain of 3 already' in hark.log, 'the end is told')
    hark.stop()
    check('callbacks: 6 delivered' in hark.log, hark.log)
    same(len(origin.requests), 3)


@case
def callbacks_to_the_gateway_stay_in_the_session(t):
    for option, ask in (
            ('header:X-S', lambda to, s: hark.get(to, [('X-S', s)])),
            ('cookie:s', lambda to, s: hark.get(to, [('Cookie', f's={s}')])),
            ('path:/s', lambda to, s: hark.get(f'/s/{s}{to}')),
            ('host:h.test', lambda to, s: hark.get(
                f'http://{s}.h.test{to}'))):
        hark = served(
            t, [callback('/count', method='get')],
            route('begin', {'callbacks': follows()}),
            {'endpoint': 'count', 'responseMode': 'SEQUENTIAL',
             'responses': [{'body': str(i)} for i in range(9)]},
            options=('--session', option))
        same([ask('/begin', 'a').status for _ in 'xy'], [200, 200], option)
        until(lambda: hark.log.count('200 in') == 2, option)
        same([ask('/count', s).body for s in 'aba'], [b'2', b'0', b'3'],
             option)
        same(hark.get('/count').body, b'0')
        hark.stop()


@case
def more_than_fit_are_dropped_and_counted(t):
    origin = receiver(t)
    gate = t.gate()

    def held(peer, r):
        gate.wait()
        peer.send(OK)
    origin.default = held
    hark = served(t, [callback(origin.url)],
                  options=('--max-callbacks', '2'))
    for _ in range(5):
        hark.get('/a')
    until(lambda: hark.log.count('not sent: too many others wait') == 3,
          'three are told')
    gate.open()
    until(lambda: hark.log.count('200 in') == 2, 'two are delivered')
    # There is room again.
    hark.get('/a')
    until(lambda: hark.log.count('200 in') == 3, 'a third one is')
    hark.stop()
    check('3 delivered, 0 failed, 3 dropped' in hark.log, hark.log)


@case
def a_flood_of_what_is_dropped_does_not_flood_the_log(t):
    origin = receiver(t)
    gate = t.gate()
    origin.default = lambda peer, r: gate.wait()
    hark = served(t, [callback(origin.url)], route('a', {
        'callbacks': follows() * 1000}), options=(
            '--max-callbacks', '1', '--callback-drain', '0s'))
    hark.get('/a')
    until(lambda: 'more callbacks are not sent' in hark.log, 'that is told')
    hark.stop()
    check('0 delivered, 0 failed, 1000 dropped' in hark.log, hark.log)
    check(hark.log.count('not sent') < 500, hark.log)
    gate.open()


@case
def many_at_a_time_all_arrive(t):
    origin = receiver(t)
    hark = served(t, [callback(origin.url + '/{{queryParam "n"}}')])
    c = t.client(hark)
    for i in range(200):
        c.ask('GET', f'/a?n={i}')
    same({r.target for r in origin.wait_for(200)},
         {f'/{i}' for i in range(200)})
    until(lambda: hark.log.count('200 in') == 200, 'all are told')


@case
def stopping_waits_for_what_is_due_and_no_longer(t):
    origin = receiver(t)
    hark = served(
        t, [callback(origin.url + '/soon', 'soon'),
            callback(origin.url + '/later', 'later')],
        route('a', {'callbacks': follows('soon', latency=300) +
                    follows('later', latency=3600000)}),
        options=('--callback-drain', '60s'))
    hark.get('/a')
    began = time.monotonic()
    hark.stop()
    check(time.monotonic() - began < 10 * SCALE, 'it took too long')
    same(origin.targets(), ['/soon'])
    check(re.search('callback later .*not sent: the gateway stops before',
                    hark.log), hark.log)
    check('1 delivered, 0 failed, 1 dropped' in hark.log, hark.log)


@case
def what_waits_outlives_the_file_that_it_is_of(t):
    origin = receiver(t)
    file = mocks(t, route('a', {'callbacks': follows(latency=500)}),
                 callbacks=[callback(origin.url, body='old', hark={
                     'sign': {'key': 'k'}})])
    hark = t.hark('proxy', '--mocks', file)
    hark.get('/a')
    file.write_text(json.dumps({'routes': [route('b', {})]}))
    hark.signal(signal.SIGHUP)
    until(lambda: 'taken anew' in hark.log, 'the file is another')
    r, = origin.wait_for(1)
    same((r.body, r.get('x-hark-signature')), (
        b'old', 'sha256=' + hmac.new(b'k', b'old', 'sha256').hexdigest()))


@case
def a_receiver_that_does_not_answer_holds_nothing_up(t):
    origin = receiver(t)
    gate = t.gate()
    origin.default = lambda peer, r: gate.wait()
    hark = served(t, [callback(origin.url, hark={'retries': 9})],
                  options=('--callback-drain', '100ms'))
    hark.get('/a')
    origin.wait_for(1)
    began = time.monotonic()
    hark.stop()
    check(time.monotonic() - began < 10 * SCALE, 'it took too long')
    check('not sent: the gateway stops without its answer' in hark.log,
          hark.log)
    check('0 delivered, 0 failed, 1 dropped' in hark.log, hark.log)
    gate.open()


@case
def replay_opens_no_connection_unless_it_is_asked_to(t):
    origin = receiver(t)
    file = mocks(t, route('a', {'body': 'answer', 'callbacks': follows()}),
                 callbacks=[callback(origin.url)])
    hark = t.hark('record', origin)
    hark.get('/recorded')
    hark.stop()
    origin.take()
    hark.restart(mode='replay', options=['--mocks', file])
    same(hark.get('/a').body, b'answer')
    check('callbacks of mocks are not sent: mode replay' in hark.log,
          hark.log)
    hark.stop()
    check('delivered' not in hark.log, hark.log)
    same(origin.requests, [])
    hark.restart(options=['--mocks', file, '--callbacks', 'on'])
    hark.get('/a')
    origin.wait_for(1)
    hark.stop()
    hark = served(t, [callback(origin.url)], options=('--callbacks', 'off'))
    hark.get('/a')
    hark.stop()
    check('callback' not in hark.log, hark.log)
    same(len(origin.requests), 1)


@case
def a_run_waits_for_the_callbacks_of_its_command(t):
    origin = receiver(t)
    file = mocks(t, route('a', {'callbacks': follows(latency=200)}),
                 callbacks=[callback(origin.url)])
    done = command(
        'run', '--mode', 'proxy', '--mocks', file, '--listen', '127.0.0.1:0',
        '--store', t.path('s.db'), '--json', '--', sys.executable, '-c',
        'import os, urllib.request as u;'
        'u.urlopen(os.environ["HARK_URL"] + "/a").read()')
    same(done.returncode, 0, done.stderr)
    same(json.loads(done.stderr.splitlines()[-1])['callbacks'],
         {'delivered': 1, 'failed': 0, 'dropped': 0})
    same(len(origin.requests), 1)


@case
def receivers_by_https_have_to_prove_who_they_are(t):
    folder = t.path()
    cert, key = certificate(folder, 'hook', 'IP:127.0.0.1')
    origin = receiver(t, tls=tls_server(cert, key))
    hark = served(t, [callback(origin.url + '/a', body='x')],
                  options=('--upstream-ca', cert))
    hark.get('/a')
    same([r.body for r in origin.wait_for(1)], [b'x'])
    hark.stop()
    hark = served(t, [callback(origin.url + '/a')])
    hark.get('/a')
    until(lambda: 'tls failed: ' in hark.log, 'the refusal is told')
    hark.stop()
    check('0 delivered, 1 failed' in hark.log, hark.log)
    same(len(origin.requests), 1)


@case
def a_gateway_that_speaks_https_is_reached_by_its_callbacks(t):
    cert, key = certificate(t.path(), 'other', 'DNS:other.test')
    origin = receiver(t)
    hark = served(
        t, [callback('/second', 'own'), callback(origin.url + '/x', 'out')],
        route('first', {'callbacks': follows('own')}),
        route('second', {'callbacks': follows('out')}, method='post'),
        options=('--tls-cert', cert, '--tls-key', key))
    with urllib.request.urlopen(
            f'https://{hark.address}/first',
            context=ssl._create_unverified_context()) as r:
        same(r.status, 200)
    same([r.get('x-mockoon-callback-depth') for r in origin.wait_for(1)],
         ['2'])


@case
def secrets_of_a_url_are_not_in_the_log(t):
    origin = receiver(t)
    secret = 'ghp_' + 'a1B2c3D4e5F6g7H8i9J0' + 'k1L2m3N4o5P6q7R8'
    hark = served(t, [callback(f'{origin.url}/x?access_token={secret}&n=1')],
                  options=('--redact',))
    hark.get('/a')
    r, = origin.wait_for(1)
    same(r.target, f'/x?access_token={secret}&n=1')
    until(lambda: '200 in' in hark.log, 'its outcome is in the log')
    check(secret not in hark.log and '&n=1' in hark.log, hark.log)


@case
def what_cannot_be_sent_says_why_and_leaves_the_others_alone(t):
    origin = receiver(t)
    wrong = {
        'scheme': ('ftp://h/', 'its URL: expected an absolute one'),
        'none': ('', 'its URL: expected an absolute one'),
        'user': ('http://u:secret@h/', 'its URL: expected no user name'),
        'template': ("{{#if}}", 'its URL: line 1'),
    }
    callbacks = [callback(uri, name) for name, (uri, _) in wrong.items()]
    callbacks.append(callback(origin.url, 'key', hark={
        'sign': {'keyEnv': 'NOT_THERE_AT_ALL'}}))
    callbacks.append(callback(origin.url, 'file', filePath='none'))
    long = t.path('long.bin')
    long.touch()
    os.truncate(long, (16 << 20) + 1)
    callbacks.append(callback(origin.url, 'long', filePath=str(long)))
    callbacks.append(callback(origin.url + '/fine', 'fine'))
    hark = served(t, callbacks, options=['--sandbox-path', long])
    check('callbacks[4]: its signature: no environment variable NOT_THERE'
          in hark.log, hark.log)
    same(hark.get('/a').body, b'answer')
    same([r.target for r in origin.wait_for(1)], ['/fine'])
    until(lambda: hark.log.count('not sent: ') == 7 and
          '200 in' in hark.log, 'all are told')
    for name, (_, why) in wrong.items():
        check(re.search(f'callback {name} .*not sent: {why}', hark.log),
              f'{name}: {hark.log}')
    check(re.search('callback key .*not sent: its signature: ', hark.log),
          hark.log)
    check(re.search('callback file .*not sent: its body: .*none', hark.log),
          hark.log)
    check('callback long POST' in hark.log and
          'not sent: its body: longer than 16 MiB' in hark.log, hark.log)
    check('secret' not in hark.log, hark.log)
    hark.stop()
    check('1 delivered, 7 failed, 0 dropped' in hark.log, hark.log)


@case
def an_answer_that_failed_has_no_callbacks(t):
    origin = receiver(t)
    hark = served(
        t, [callback(origin.url + "/{{queryParam 'n'}}", method='get')],
        route('bad', {'body': '{{#if}}', 'callbacks': follows()}),
        route('file', {'bodyType': 'FILE', 'filePath': 'none',
                       'callbacks': follows()}),
        route('fine', {'callbacks': follows()}),
        route('crud', {'bodyType': 'DATABUCKET', 'databucketID': 'd',
                       'callbacks': follows()}, type='crud', method=''),
        data=[{'id': 'd', 'name': 'd', 'value': [1]}])
    hark.get('/bad?n=1')
    hark.get('/file?n=2')
    hark.get('/fine?n=3')
    hark.get('/crud?n=4')
    origin.wait_for(2)
    hark.stop()
    same(sorted(origin.targets()), ['/3', '/4'])


@case
def who_leaves_early_has_them_all_the_same(t):
    origin = receiver(t)
    hark = served(t, [callback(origin.url)], route('a', {
        'latency': 3600000, 'callbacks': follows()}))
    c = t.client(hark)
    c.send(b'GET /a HTTP/1.1\r\nHost: h\r\n\r\n')
    c.close()
    origin.wait_for(1)


if __name__ == '__main__':
    main()
