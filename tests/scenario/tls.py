# Goal: clients come by TLS, with certificates of the user's or of the local
# authority.

import json
import shutil
import signal
import socket
import ssl
import stat
import subprocess

from frames import speaks_h2
from harness import (Ended, Shared, Skip, case, certificate, check, command,
                     main, ms, problem, reply, same, tls_server, until)
from sockets import PING, PONG, opened


def openssl(*argv, **how):
    if not shutil.which('openssl'):
        raise Skip('there is no openssl command')
    done = subprocess.run(['openssl', *map(str, argv)], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=60,
                          **how)
    return done


def authority(t, *options):
    folder = t.path('ca')
    done = command('ca', 'init', '--ca-dir', folder, *options)
    same((done.returncode, done.stderr), (0, ''), 'hark ca init')
    return folder


def trusting(cafile, client=None, **how):
    context = ssl.create_default_context(cafile=cafile)
    # An end without close_notify is none in order.
    context.options &= ~getattr(ssl, 'OP_IGNORE_UNEXPECTED_EOF', 0)
    if client:
        context.load_cert_chain(*client)
    for name, value in how.items():
        setattr(context, name, value)
    return context


def secure(t, hark, context, name='127.0.0.1', session=None):
    """A client that has made its handshake."""
    c = t.client(hark)
    c.sock = context.wrap_socket(c.sock, server_hostname=name,
                                 session=session)
    return c


@Shared
def files(t):
    return {name: certificate(t.folder, name, 'IP:127.0.0.1',
                              'DNS:localhost')
            for name in ('one', 'two', 'client', 'stranger')}


@Shared
def gateway(t):
    origin = t.origin()
    cert, key = files()['one']
    return origin, t.hark('proxy', origin, '--tls-cert', cert,
                          '--tls-key', key)


# --- the data port -----------------------------------------------------------

@case
def requests_come_by_TLS_and_the_connection_is_kept(t):
    origin, hark = gateway()
    c = secure(t, hark, trusting(files()['one'][0]))
    body = bytes(range(256)) * 1024
    origin.routes['/big'] = reply(body * 8)
    for _ in range(3):
        same(c.ask('POST', '/echo', [], body).json['body'],
             body.decode('latin-1'))
        check(c.ask('GET', '/big').body == body * 8, 'the bodies differ')


@case
def pipelined_requests_in_one_record_are_all_answered(t):
    _, hark = gateway()
    c = secure(t, hark, trusting(files()['one'][0]))
    c.send(b''.join(b'GET /%d HTTP/1.1\r\nHost: a\r\n\r\n' % i
                    for i in range(50)))
    for i in range(50):
        check(f'/{i} ' in c.response().json['start'], i)


@case
def an_end_in_order_says_close_notify(t):
    _, hark = gateway()
    c = secure(t, hark, trusting(files()['one'][0]))
    c.sock.suppress_ragged_eofs = False
    same(c.ask('GET', '/', [('Connection', 'close')]).status, 200)
    same(c.ended(), 'eof')


@case
def an_answer_that_is_cut_says_none(t):
    origin, hark = gateway()

    def cut(peer, _):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
        peer.close()
    origin.routes['/cut'] = cut
    c = secure(t, hark, trusting(files()['one'][0]))
    c.sock.suppress_ragged_eofs = False
    r = c.ask('GET', '/cut')
    same((r.body, r.complete, r.ending), (b'half', False, 'rst'))


@case
def old_versions_are_refused_and_new_ones_agree_on_a_version_of_http(t):
    _, hark = gateway()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = trusting(files()['one'][0], maximum_version=version)
        context.set_alpn_protocols(['http/1.1'])
        c = secure(t, hark, context)
        same((c.sock.selected_alpn_protocol(), c.ask('GET', '/').status),
             ('http/1.1', 200))
        context.set_alpn_protocols(['http/1.1', 'h2'])
        same(secure(t, hark, context).sock.selected_alpn_protocol(),
             'h2' if speaks_h2() else 'http/1.1')
    done = openssl('s_client', '-connect', hark.address, '-tls1_1',
                   '-cipher', 'ALL@SECLEVEL=0')
    check(done.returncode != 0 and 'Cipher is (NONE)' in done.stdout,
          done.stdout + done.stderr)


@case
def who_only_speaks_h2_is_told_where_it_is_off(t):
    origin, _ = gateway()
    cert, key = files()['one']
    hark = t.hark('proxy', origin, '--tls-cert', cert, '--tls-key', key,
                  '--http2', 'off')
    context = trusting(cert)
    context.set_alpn_protocols(['h2'])
    try:
        secure(t, hark, context)
    except ssl.SSLError as e:
        check('application protocol' in str(e).replace('_', ' ').lower(), e)
    else:
        raise AssertionError('a handshake for h2')


@case
def sessions_are_resumed(t):
    _, hark = gateway()
    context = trusting(files()['one'][0])
    c = secure(t, hark, context)
    same(c.ask('GET', '/').status, 200)
    again = secure(t, hark, context, session=c.sock.session)
    same(again.ask('GET', '/').status, 200)
    check(again.sock.session_reused, 'a new session')


@case
def plain_http_on_the_port_is_told_to_use_https(t):
    origin, hark = gateway()
    r = hark.get('/')
    problem(r, 400)
    check('https' in r.json['detail'], r.json)
    same(origin.targets(), [])


@case
def a_handshake_that_does_not_go_on_is_ended(t):
    cert, key = files()['one']
    hark = t.hark('proxy', t.origin(), '--tls-cert', cert, '--tls-key', key,
                  '--header-timeout', ms(600))
    for sent in (b'', b'\x16', b'\x16\x03\x01\x02\x00\x01'):
        c = t.client(hark)
        c.send(sent)
        same(c.ended(), 'eof', sent)


@case
def abrupt_ends_at_each_stage_leave_nothing_behind(t):
    origin, hark = gateway()
    before = hark.descriptors()
    gate = t.gate()

    def late(peer, _):
        gate.wait()
        peer.send(reply(b'late'))
    origin.routes['/late'] = late
    hello = t.client(hark)
    context = trusting(files()['one'][0])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = context.wrap_bio(incoming, outgoing, server_hostname='localhost')
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    bytes_of_hello = outgoing.read()
    for n in (1, 5, 100, len(bytes_of_hello)):
        c = t.client(hark)
        c.send(bytes_of_hello[:n])
        c.reset()
    hello.reset()
    for stage in ('after', 'request', 'waiting'):
        c = secure(t, hark, context)
        raw = c.sock
        if stage == 'request':
            c.send(b'GET / HT')
        if stage == 'waiting':
            c.request('GET', '/late')
            origin.wait_for(1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                       b'\1\0\0\0\0\0\0\0')
        socket.close(raw.detach())
    gate.open()
    until(lambda: hark.descriptors() <= before + 1, 'all descriptors closed')
    c = secure(t, hark, context)
    same(c.ask('GET', '/').status, 200)


# --- certificates ------------------------------------------------------------

@case
def a_signal_makes_new_connections_get_a_new_certificate(t):
    folder = t.path()
    for name, there in zip(('cert', 'key'), files()['one']):
        shutil.copy(there, folder / name)
    hark = t.hark('proxy', t.origin(), '--tls-cert', folder / 'cert',
                  '--tls-key', folder / 'key')
    old = secure(t, hark, trusting(files()['one'][0]))
    same(old.ask('GET', '/').status, 200)
    (folder / 'cert').write_text('nonsense')
    hark.signal(signal.SIGHUP)
    until(lambda: 'all stays as it was' in hark.log,
          'the bad file is refused')
    same(secure(t, hark, trusting(files()['one'][0])).ask('GET', '/').status,
         200)
    for name, there in zip(('cert', 'key'), files()['two']):
        shutil.copy(there, folder / name)
    hark.signal(signal.SIGHUP)
    until(lambda: 'certificates are read anew' in hark.log,
          'the new files are read')
    same(old.ask('GET', '/').status, 200)
    same(secure(t, hark, trusting(files()['two'][0])).ask('GET', '/').status,
         200)


@case
def a_PKCS_12_file_is_opened_by_its_password(t):
    cert, key = files()['one']
    pfx = t.path('one.pfx')
    done = openssl('pkcs12', '-export', '-in', cert, '-inkey', key, '-out',
                   pfx, '-passout', 'pass:s3cret')
    same(done.returncode, 0, done.stderr)
    hark = t.hark('proxy', t.origin(), '--tls-cert', pfx,
                  env={'HARK_TLS_PASSWORD': 's3cret'})
    same(secure(t, hark, trusting(cert)).ask('GET', '/').status, 200)
    word = t.path('word')
    word.write_text('s3cret\n')
    hark = t.hark('proxy', t.origin(), '--tls-cert', pfx,
                  '--tls-password-file', word)
    same(secure(t, hark, trusting(cert)).ask('GET', '/').status, 200)
    word.write_text('wrong\n')
    done = command('proxy', 'http://127.0.0.1:1', '--tls-cert', pfx,
                   '--tls-password-file', word, '--listen', '127.0.0.1:0')
    same(done.returncode, 2)
    check('wrong password' in done.stderr, done.stderr)


@case
def what_cannot_be_a_certificate_is_named_at_the_start(t):
    cert, key = files()['one']
    other = files()['two'][1]
    empty = t.path('empty')
    empty.write_text('')
    for options, said in (
            (['--tls-cert', '/nonexistent'], 'tls-cert'),
            (['--tls-cert', empty, '--tls-key', key], 'tls-cert'),
            (['--tls-cert', cert, '--tls-key', other], 'tls-key'),
            (['--tls-key', key], 'tls-cert'),
            (['--tls-client-ca', cert], 'tls-client-ca'),
            (['--tls', 'auto', '--tls-cert', cert], 'exclude'),
            (['--tls', 'auto', '--ca-dir', t.path('none')], 'hark ca init')):
        done = command('proxy', 'http://127.0.0.1:1', '--listen',
                       '127.0.0.1:0', *options)
        same(done.returncode, 2, options)
        check(said in done.stderr, (options, done.stderr))


@case
def clients_without_a_certificate_that_is_asked_for_are_refused(t):
    cert, key = files()['one']
    hark = t.hark('proxy', t.origin(), '--tls-cert', cert, '--tls-key', key,
                  '--tls-client-ca', files()['client'][0])
    for pair in (None, files()['stranger']):
        try:
            secure(t, hark, trusting(cert, pair)).ask('GET', '/')
        except (ssl.SSLError, Ended, OSError):
            continue
        raise AssertionError(f'{pair} was let in')
    c = secure(t, hark, trusting(cert, files()['client']))
    same(c.ask('GET', '/').status, 200)


# --- the local authority -----------------------------------------------------

@case
def auto_has_a_certificate_for_each_name(t):
    folder = authority(t)
    hark = t.hark('proxy', t.origin(), '--tls', 'auto', '--ca-dir', folder)
    context = trusting(folder / 'ca.pem')
    for name in ('127.0.0.1', 'localhost', 'api.test', 'API.test',
                 'a.b.c.test'):
        c = secure(t, hark, context, name)
        same(c.ask('GET', '/').status, 200)
    done = openssl('s_client', '-connect', hark.address, '-servername',
                   'x.test', '-verify_hostname', 'x.test', '-CAfile',
                   folder / 'ca.pem', '-verify_return_error')
    check('Verification: OK' in done.stdout, done.stdout + done.stderr)


@case
def curl_asks_by_TLS(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    folder = authority(t)
    hark = t.hark('proxy', t.origin(), '--tls', 'auto', '--ca-dir', folder)
    done = subprocess.run(
        ['curl', '-sS', '--noproxy', '*', '--cacert', folder / 'ca.pem', '-w',
         '%{http_code} %{ssl_verify_result}', '-o', '/dev/null',
         f'https://{hark.address}/'], capture_output=True, text=True,
        timeout=60)
    same((done.stdout, done.stderr), ('200 0', ''))


def mocked(t, *routes):
    """A gateway that mocks, and a way to new clients of it."""
    folder, path = authority(t), t.path('mocks.json')
    path.write_text(json.dumps({'routes': list(routes)}))
    hark = t.hark('proxy', '--mocks', path, '--on-miss', '404', '--tls',
                  'auto', '--ca-dir', folder)
    context = trusting(folder / 'ca.pem')

    def client():
        c = secure(t, hark, context)
        c.sock.suppress_ragged_eofs = False
        return c
    return hark, client


@case
def faults_of_mocks_are_noticed(t):
    faults = ('reset', 'empty', 'malformed', 'garbage', 'cut', 'stall')
    hark, client = mocked(t, {'endpoint': 'good',
                              'responses': [{'body': 'x'}]}, *(
        {'endpoint': f, 'responses': [{'body': 'abcdefghij' * 2,
                                       'hark': {'fault': f}}]}
        for f in faults))
    got = {}
    for fault in faults:
        c = client()
        c.request('GET', f'/{fault}')
        try:
            while fault != 'stall' or not c.buffer.endswith(b'abcdefghij'):
                c.fill()
            got[fault] = c.buffer, 'open'
        except Ended as e:
            got[fault] = e.got, e.how
    # A reset does not end in order.
    same([got[f][1] for f in faults],
         ['rst', 'eof', 'eof', 'eof', 'eof', 'open'])
    same(got['reset'][0], b'')
    same(got['empty'][0], b'')
    check(b'HTTP' not in got['garbage'][0] and got['garbage'][0], got)
    for fault in ('cut', 'stall'):
        head, _, body = got[fault][0].partition(b'\r\n\r\n')
        check(b'Content-Length: 20' in head and body == b'abcdefghij', got)
    check(got['malformed'][0].endswith(
        b'a\r\nabcdefghij\r\n' + got['garbage'][0]), got)
    same(client().ask('GET', '/good').body, b'x')


@case
def curl_notices_faults_of_mocks(t):
    if not shutil.which('curl'):
        raise Skip('there is no curl')
    codes = {'reset': (35, 56), 'cut': (18,), 'empty': (52,)}
    hark, _ = mocked(t, *({'endpoint': f, 'responses': [
        {'body': 'abcdefghij', 'hark': {'fault': f}}]} for f in codes))
    for version in ('--http1.1', '--http2'):
        for fault, wanted in codes.items():
            if version == '--http2' and speaks_h2():
                wanted = (92,)  # the stream was reset
            done = subprocess.run(
                ['curl', '-sS', '-k', '--noproxy', '*', version,
                 f'https://{hark.address}/{fault}'], capture_output=True,
                timeout=60)
            check(done.returncode in wanted, (fault, done))
            same(done.stdout, b'abcde' if fault == 'cut' else b'')


@case
def a_mocked_socket_is_wss(t):
    hark, client = mocked(t, {'type': 'ws', 'endpoint': 'chat', 'responses': [
        {'body': 'you said {{body}}'}]})
    sockets = []
    for n in (1, 70000):
        s, r = opened(client(), '/chat')
        same(r.get('x-hark-source'), 'mock;route=chat')
        s.send('é' * n)
        same(s.receive(), 'you said ' + 'é' * n)
        s.send(b'p', PING)
        same(s.receive(), (PONG, b'p'))
        sockets.append(s)
    s.close(1000, 'bye')
    same(s.closed()[0], 1000)
    same(s.wire.ended(), 'eof')
    # Who stops says so.
    hark.signal(signal.SIGTERM)
    same(sockets[0].closed()[0], 1001)
    sockets[0].close(1001)
    same(sockets[0].wire.ended(), 'eof')
    same(hark.wait(), 0)


@case
def a_client_that_does_not_trust_it_is_told_of_in_the_log(t):
    folder = authority(t)
    hark = t.hark('proxy', t.origin(), '--tls', 'auto', '--ca-dir', folder)
    try:
        secure(t, hark, ssl.create_default_context())
    except ssl.SSLError:
        pass
    until(lambda: 'install-help' in hark.log, 'the log says what to do')


@case
def the_key_is_the_owners_and_an_authority_is_never_overwritten(t):
    folder = authority(t)
    key = folder / 'ca-key.pem'
    same(stat.S_IMODE(key.stat().st_mode), 0o600)
    before = key.read_bytes()
    done = command('ca', 'init', '--ca-dir', folder)
    same((done.returncode, key.read_bytes()), (2, before))
    for verb, said in (('show', 'sha256'), ('export', 'BEGIN CERTIFICATE'),
                       ('install-help', str(folder))):
        done = command('ca', verb, '--ca-dir', folder)
        same(done.returncode, 0)
        check(said in done.stdout and 'PRIVATE' not in done.stdout, verb)


@case
def a_broken_authority_is_said_to_be_so(t):
    one, two = authority(t), t.path('two')
    same(command('ca', 'init', '--ca-dir', two).returncode, 0)
    key, other = one / 'ca-key.pem', (two / 'ca-key.pem').read_bytes()
    own, certificate = key.read_bytes(), (one / 'ca.pem').read_bytes()
    for path, bytes_, said in (
            (key, other, 'are not a pair'), (key, b'', 'ca-key.pem'),
            (one / 'ca.pem', b'no PEM', 'ca.pem')):
        path.write_bytes(bytes_)
        done = command('ca', 'show', '--ca-dir', one)
        same(done.returncode, 2)
        check(said in done.stderr and done.stderr.count('\n') == 1, done)
        key.write_bytes(own)
        (one / 'ca.pem').write_bytes(certificate)
    key.chmod(0o644)
    done = command('ca', 'show', '--ca-dir', one)
    check(done.returncode == 0 and 'chmod 600' in done.stderr, done)
    file = t.path('file')
    file.write_text('')
    done = command('ca', 'init', '--ca-dir', file / 'below')
    check(done.returncode == 2 and str(file) in done.stderr, done)
    done = command('ca', 'show', env={'HOME': '', 'XDG_DATA_HOME': ''})
    check(done.returncode == 2 and '--ca-dir' in done.stderr, done)


@case
def the_users_own_is_below_XDG_DATA_HOME(t):
    home = t.path()
    env = {'XDG_DATA_HOME': str(home), 'HOME': '/nonexistent'}
    same(command('ca', 'show', env=env).returncode, 2)
    same(command('ca', 'init', env=env).returncode, 0)
    check((home / 'hark/ca/ca.pem').exists(), 'no ca.pem')
    for argv in (['ca'], ['ca', 'make'], ['ca', 'show', 'twice']):
        same(command(*argv, env=env).returncode, 2, argv)


@case
def a_limited_authority_serves_its_hosts_alone(t):
    folder = authority(t, '--permit', 'example.test')
    hark = t.hark('proxy', t.origin(), '--tls', 'auto', '--ca-dir', folder)
    context = trusting(folder / 'ca.pem')
    same(secure(t, hark, context, 'api.example.test').ask('GET', '/').status,
         200)
    same(secure(t, hark, context).ask('GET', '/').status, 200)
    try:
        secure(t, hark, context, 'other.test')
    except (ssl.SSLError, OSError):
        return
    raise AssertionError('a certificate for another host')


EXPIRED = '''[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = IP:127.0.0.1
'''


# --- upstreams ---------------------------------------------------------------

@case
def an_expired_certificate_of_an_upstream_is_a_502_that_says_so(t):
    folder = t.path()
    cert, key = folder / 'e.pem', folder / 'e.key'
    (folder / 'index.txt').write_text('')
    (folder / 'serial').write_text('01\n')
    (folder / 'ca.cnf').write_text(EXPIRED)
    for argv in (['req', '-new', '-newkey', 'ec', '-pkeyopt',
                  'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=e',
                  '-keyout', key, '-out', 'e.csr'],
                 ['ca', '-batch', '-selfsign', '-config', 'ca.cnf', '-in',
                  'e.csr', '-keyfile', key, '-startdate', '20200101000000Z',
                  '-enddate', '20200102000000Z', '-notext', '-out', cert]):
        done = openssl(*argv, cwd=folder)
        same(done.returncode, 0, done.stderr)
    origin = t.origin(tls=tls_server(cert, key))
    hark = t.hark('proxy', origin, '--upstream-ca', cert)
    r = problem(hark.get('/'), 502, 'tls')
    check('expired' in r['detail'], r)


main()
