#!/usr/bin/python3
# Goal: whatever HAR comes in, what hark makes of it stays what it is, and
# replay says what the HAR means.

import base64
import gzip
import json
import pathlib
import re
import string
import sys
import tempfile
import zlib

from properties import ROOT, check, examples, hypothesis, main, same, st

from program import REPORTS, Hark, command


#
# What hark makes of a file
#

def run(*argv):
    """hark's result, which may be a refusal but no crash."""
    done = command(*argv)
    check(done.returncode in (0, 1) and not REPORTS.search(done.stderr),
          lambda: f'{argv} gave {done.returncode}: {done.stderr[-3000:]}')
    return done


def settle(folder, text):
    """Imports the text and exports it twice, the second time from what the
    first gave, which must be the same; the stores and the export, or None
    when the text is refused, which must leave no trace."""
    (folder / 'in.har').write_text(text)
    stores = folder / 'once.db', folder / 'twice.db'
    hars = folder / 'once.har', folder / 'twice.har'
    done = run('import', '--store', stores[0], folder / 'in.har')
    if done.returncode:
        same(run('list', '--json', '--store', stores[0]).stdout, '')
        return None
    counts = [int(n) for n in re.findall(r'\d+', done.stdout)]
    same(run('export', '--store', stores[0], '-o', hars[0]).returncode, 0)
    done = run('import', '--strict', '--store', stores[1], hars[0])
    same(done.returncode, 0, done.stderr)
    same(run('export', '--store', stores[1], '-o', hars[1]).returncode, 0)
    once = hars[0].read_bytes()
    same(hars[1].read_bytes(), once)
    entries = json.loads(once)['log']['entries']
    same(len(entries), counts[0], done.stdout)
    for entry in entries:
        conforms(entry)
    return stores, entries


def conforms(entry):
    """What HAR 1.2 wants of an entry that anybody may rely on."""
    request, response = entry['request'], entry['response']
    check(re.fullmatch(r'\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?'
                       r'(Z|[+-]\d\d:\d\d)', entry['startedDateTime']), entry)
    timings = entry['timings']
    check(all(timings[n] >= 0 for n in ('send', 'wait', 'receive')) and
          entry['time'] >= 0, timings)
    for message in request, response:
        for field in message['headers']:
            check(not re.search('[\r\n\0]', field['name'] + field['value']),
                  field)
    check(re.match('(?i)(http|ws)s?://', request['url']) and
          isinstance(response['status'], int), entry)
    content = response['content']
    if content.get('encoding') == 'base64':
        same(len(base64.b64decode(content['text'])), content['size'])
    elif 'text' in content:
        same(len(content['text'].encode()), content['size'])


def in_folder(function):
    with tempfile.TemporaryDirectory(dir=ROOT.name) as folder:
        return function(pathlib.Path(folder))


#
# Files that anything might have written
#

def mostly(good, odd):
    """Odd for one of eight: an entry must not be lost for each reason."""
    return st.integers(0, 7).flatmap(lambda n: odd if n == 7 else good)


ANY_TEXT = st.text(max_size=12) | st.text('\r\n\0\t\x7f ü€😀\ud800\udfff',
                                          max_size=4)
LEAF = st.none() | st.booleans() | st.integers() | ANY_TEXT | \
    st.floats(allow_nan=False, allow_infinity=False)
VISIBLE = st.text(st.characters(
    blacklist_categories=('Cs', 'Cc')), max_size=20)
ANY_JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) |
    st.dictionaries(ANY_TEXT, inner, max_size=3), max_leaves=6)
NUMBER = st.sampled_from([-1, 0, 1, 200, -999, 1.5, '7', '1e3', 1e300, None])
DATE = st.sampled_from([
    '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05+0100', 'now', '', None,
    '2026-01-02 03:04:05', 'Fri, 02 Jan 2026 03:04:05 GMT', 1767323045,
    1767323045678.9, '2026-02-30T00:00:00Z', '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:60.999999999Z', '2026-1-2T3:04:05 PM', {}]) | ANY_TEXT
NAME = st.sampled_from([
    'Content-Type', 'Content-Length', 'Content-Encoding', 'Set-Cookie',
    'Cookie', 'Location', ':status', 'Transfer-Encoding', 'X-A', 'x-a'])
VALUE = st.sampled_from([
    'gzip', 'br', 'text/plain; charset=latin1', '3', 'a=b; c', '/x', 'a\nb',
    'multipart/form-data; boundary=b', 'application/x-www-form-urlencoded'])
FIELD = st.fixed_dictionaries({}, optional={
    'name': NAME | ANY_TEXT, 'value': VALUE | ANY_TEXT | LEAF,
    'comment': ANY_TEXT})
FIELDS = st.lists(FIELD | ANY_JSON, max_size=4) | \
    st.dictionaries(NAME, VALUE | ANY_TEXT, max_size=3) | \
    st.lists(st.tuples(NAME, VALUE), max_size=3) | LEAF
BODY_TEXT = ANY_TEXT | st.binary(max_size=9).map(
    lambda b: base64.b64encode(b).decode()) | st.binary(max_size=9).map(
        lambda b: b.decode('latin-1')) | st.just('["61","62"]')
PARAM = st.fixed_dictionaries({}, optional={
    'name': ANY_TEXT, 'value': ANY_TEXT, 'fileName': ANY_TEXT,
    'contentType': VALUE})
PAYLOAD = st.fixed_dictionaries({}, optional={
    'text': BODY_TEXT | LEAF, 'size': NUMBER, 'mimeType': VALUE | LEAF,
    'encoding': st.sampled_from(['base64', 'hex', 'utf-8', '', None, 7]),
    'compression': NUMBER, 'params': st.lists(PARAM | LEAF, max_size=3),
    '_file': st.sampled_from(['in.har', '../x', '/etc/hostname', 'gone']),
    '_isBinary': st.booleans(), 'comment': ANY_TEXT})
URL = mostly(st.sampled_from([
    'http://a.test/', 'https://A.test:443/x?y=%zz#f', 'http://b.test',
    'http://a.test/ü"<>\\^`{|} x', 'http://[::1]/', 'HTTP://u:p@a.test/?']),
    st.sampled_from(['/x', 'data:,x', 'ws://a.test/', 'http://a.test:99999/',
                     'http://a.test/\r\nX: y', 'http://', '']) | ANY_TEXT)
COOKIE = st.fixed_dictionaries({}, optional={
    'name': ANY_TEXT, 'value': ANY_TEXT, 'expires': DATE, 'path': ANY_TEXT,
    'httpOnly': LEAF, 'secure': LEAF, 'sameSite': ANY_TEXT})
COMMON = {'headers': FIELDS, 'headersSize': NUMBER, 'bodySize': NUMBER,
          'cookies': st.lists(COOKIE, max_size=2) | LEAF,
          'httpVersion': st.sampled_from(['HTTP/1.1', 'h2', '', 'HTTP/9.9']),
          'comment': ANY_TEXT, '_other': ANY_JSON}
REQUEST = st.fixed_dictionaries(
    {'url': URL, 'method': mostly(
        st.sampled_from(['GET', 'post', 'HEAD', 'POST']),
        st.sampled_from(['G T', '', None, 'CONNECT']) | ANY_TEXT)},
    optional={
        **COMMON, 'postData': PAYLOAD | LEAF,
        'queryString': st.lists(FIELD, max_size=2) | LEAF})
RESPONSE = st.fixed_dictionaries({'status': mostly(
    st.sampled_from([200, 204, 304, 302, 404]),
    st.sampled_from([101, 0, -1, -999, '200', 'timeout', None, 99999, 200.0,
                     20.5]))}, optional={
    **COMMON, 'content': PAYLOAD | LEAF, 'redirectURL': URL,
    '_error': ANY_TEXT,
    'statusText': mostly(VISIBLE, ANY_TEXT | LEAF)})
ENTRY = st.fixed_dictionaries({'request': REQUEST, 'response': RESPONSE},
                              optional={
    'startedDateTime': DATE, 'time': NUMBER | LEAF, 'pageref': ANY_TEXT,
    'timings': st.dictionaries(st.sampled_from(
        ['blocked', 'dns', 'connect', 'ssl', 'send', 'wait', 'receive']),
        NUMBER) | LEAF,
    'serverIPAddress': st.sampled_from(['127.0.0.1', '[::1]', '', 'x']),
    'connection': ANY_TEXT | LEAF, 'cache': ANY_JSON, 'comment': ANY_TEXT,
    '_other': ANY_JSON})
HAR_FILE = st.fixed_dictionaries({'log': st.fixed_dictionaries(
    {'entries': st.lists(mostly(ENTRY, LEAF), min_size=1, max_size=8)},
    optional={'version': st.sampled_from(['1.2', '1.1', '']),
              'pages': ANY_JSON, 'creator': ANY_JSON})})


FORMS = (('a.har', '--bodies', 'attach'), ('a.har.zip',),
         ('a.har.zip', '--bodies', 'embed'), ('a.zip',), ('a.ndjson',),
         ('a.ndjson', '--bodies', 'attach'))


def through_form(folder, store, entries, form):
    """Another form of export gives the same entries."""
    name, *how = form
    other = folder / 'other.db'
    path = folder / 'form' / name
    path.parent.mkdir()
    same(run('export', '--store', store, '-o', path, *how).returncode, 0)
    done = run('import', '--strict', '--store', other, path)
    same(done.returncode, 0, done.stderr)
    done = run('export', '--store', other, '-o', folder / 'other.har')
    same(done.returncode, 0, done.stderr)
    har = json.loads((folder / 'other.har').read_bytes())
    same(har['log']['entries'], entries, form)


@examples(80)
@hypothesis.given(HAR_FILE, st.booleans(), st.sampled_from(FORMS))
def what_hark_makes_of_any_har_stays_as_it_is(har, ascii_only, form):
    text = json.dumps(har, ensure_ascii=ascii_only)
    text = re.sub('[\ud800-\udfff]', '\ufffd', text)

    def through(folder):
        settled = settle(folder, text)
        if settled and settled[1]:  # nothing one per line is no file
            (store, _), entries = settled
            through_form(folder, store, entries, form)

    in_folder(through)


#
# Files with a meaning
#

TOKEN = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~",
                min_size=1, max_size=8)
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-2**53, 2**53) | VISIBLE,
    lambda inner: st.lists(inner, max_size=3) |
    st.dictionaries(VISIBLE, inner, max_size=3), max_leaves=8)
ENCODERS = {'gzip': gzip.compress, 'deflate': zlib.compress}


def bare_base64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


def spaced_base64(data):
    return '\r\n'.join(re.findall('.{1,6}', base64.b64encode(data).decode()))


BASE64 = (lambda data: base64.b64encode(data).decode(), bare_base64,
          spaced_base64)


@st.composite
def bodies(draw, allow_empty=True):
    """Bytes, and members of content or postData that mean them."""
    kind = draw(st.sampled_from(['text', 'json', 'binary', 'latin1']))
    if kind == 'binary':
        data = draw(st.binary(min_size=not allow_empty, max_size=300))
    elif kind == 'json':
        data = json.dumps(draw(JSON_VALUE)).encode()
    else:
        text = draw(st.text(
            st.characters(blacklist_categories=('Cs',),
                          max_codepoint=255 if kind == 'latin1' else None),
            min_size=not allow_empty, max_size=100))
        if kind == 'latin1':
            data = text.encode('latin-1')
            return data, {'size': len(data), 'text': text,
                          'mimeType': 'text/plain; charset=iso-8859-1'}
        data = text.encode()
    content = {'size': len(data), 'mimeType': 'application/octet-stream'}
    if kind == 'binary' or draw(st.booleans()):
        content['text'] = draw(st.sampled_from(BASE64))(data)
        content['encoding'] = 'base64'
    else:
        content['text'] = data.decode()
    return data, content


def inflates(data):
    """Whether bytes happen to be in the raw kind of deflate."""
    try:
        zlib.decompress(data, -15)
    except zlib.error:
        return False
    return True


def coded(draw, data, content):
    """A Content-Encoding, with the body behind it or taken off."""
    name = draw(st.sampled_from(sorted(ENCODERS)))
    hypothesis.assume(not inflates(data))
    if draw(st.booleans()):
        wire = ENCODERS[name](data)
        content.update(size=len(wire), encoding='base64',
                       text=base64.b64encode(wire).decode())
    return ('Content-Encoding', name)


@st.composite
def exchanges(draw):
    """An entry without a URL, and what a client is to see of it."""
    data, content = draw(bodies())
    status = draw(st.sampled_from(
        [200, 200, 200, 201, 204, 301, 404, 503, 599, 0]))
    fields = draw(st.lists(st.tuples(TOKEN.map(lambda n: 'X-' + n), VISIBLE),
                           max_size=5))
    seen = [(n, v.strip(' \t').encode().decode('latin-1')) for n, v in fields]
    fields.append(('Content-Type', content['mimeType']))
    if draw(st.booleans()):
        fields.append(('Content-Length', str(draw(
            st.sampled_from([0, 1, 99999, len(data)])))))
    if status == 301 and not data:
        # Without a body only because nobody kept one; see hark-har(7).
        del content['size']
    elif data and draw(st.integers(0, 3)) == 0:
        fields.append(coded(draw, data, content))
    method = draw(st.sampled_from(['GET', 'GET', 'POST', 'PUT', 'HEAD']))
    request = {'method': method, 'headers': [], 'httpVersion': 'HTTP/1.1',
               'cookies': [], 'queryString': [], 'headersSize': -1,
               'bodySize': -1}
    asked = None
    if method in ('POST', 'PUT'):
        asked, post = draw(bodies(allow_empty=False))
        request['headers'] = [{'name': 'Content-Type',
                               'value': post['mimeType']}]
        request['postData'] = post
        request['bodySize'] = len(asked)
    if status == 204 or method == 'HEAD':
        data = b''
    if not data:
        content.update(size=0, text='')
        fields = [f for f in fields if not f[0].startswith('Content-')]
    entry = {
        'startedDateTime': '2026-01-02T03:04:05.678Z', 'time': 3,
        'request': request,
        'response': {'status': status, 'statusText': draw(VISIBLE),
                     'httpVersion': 'HTTP/1.1', 'cookies': [],
                     'headers': [{'name': n, 'value': v} for n, v in fields],
                     'content': content, 'redirectURL': '',
                     'headersSize': -1, 'bodySize': -1},
        'cache': {}, 'timings': {'send': 1, 'wait': 1, 'receive': 1},
        '_mine': draw(JSON_VALUE)}
    return entry, (method, asked, status, seen, data)


def decoded(answer):
    name = answer.get('content-encoding')
    if not name or not answer.body:
        return answer.body
    return {'gzip': gzip.decompress, 'deflate': zlib.decompress}[name](
        answer.body)


def check_answer(answer, target, status, fields, data):
    if status == 0:
        same((answer.status, answer.source), (501, 'miss'), target)
        return
    same((answer.status, answer.source), (status, 'replay'), target)
    same([f for f in answer.end_to_end
          if f[0].lower().startswith('x-') and
          f[0].lower() not in ('x-hark-source',)], fields, target)
    same(decoded(answer), data, target)


def wire_of(folder, store, expected):
    """What replay sends for each; checked against what is meant."""
    hark = Hark(folder, 'replay', '--workers', 1, store=store).start()
    client = hark.client()
    heads = []
    for target, (method, asked, *meant) in expected.items():
        answer = client.ask(method, target, body=asked)
        check_answer(answer, target, *meant)
        head = re.sub(rb'(?im)^date: .*\r\n', b'', answer.head)
        heads.append((head, answer.body))
    client.close()
    hark.stop()
    return heads


@examples(60)
@hypothesis.given(st.lists(exchanges(), min_size=1, max_size=8))
def replay_says_what_a_har_means_even_after_export(drawn):
    expected = {}
    for number, (entry, meant) in enumerate(drawn):
        target = f'/{number}?q=%41'
        entry['request']['url'] = 'http://api.test' + target
        expected[target] = meant
    har = {'log': {'version': '1.2', 'creator': {'name': 'x', 'version': ''},
                   'entries': [entry for entry, _ in drawn]}}

    def through(folder):
        stores, entries = settle(folder, json.dumps(har))
        same([e['_mine'] for e in entries], [e['_mine'] for e, _ in drawn])
        first, second = (wire_of(folder, s, expected) for s in stores)
        same(second, first)

    in_folder(through)


if __name__ == '__main__':
    sys.exit(main(what_hark_makes_of_any_har_stays_as_it_is,
                  replay_says_what_a_har_means_even_after_export))
