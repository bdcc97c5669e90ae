#!/usr/bin/python3
# Goal: redaction changes nothing but secrets, and those always the same way.

import itertools
import json
import pathlib
import re
import string
import sys
import tempfile
import urllib.parse

from properties import ROOT, check, examples, hypothesis, main, same, st

from program import command

KEY = {'HARK_REDACT_KEY': '5a' * 32}
PSEUDONYM = re.compile(r'hark-[a-z2-7]{23}')


#
# Requests with secrets in them
#

# Few, so that equal ones meet; some need encoding, some are parts of others.
secrets = st.sampled_from(
    ['hunter2', 'hunter22', 'a b&c=d', 'ä"\\/', '%41', 'A', '1234',
     'x' * 40]) | st.text(
         st.characters(min_codepoint=33, max_codepoint=0x2ff), min_size=1,
         max_size=12).filter(lambda s: not s.startswith('hark-'))
words = st.text(string.ascii_letters + ' ', max_size=6)


def quoted(s):
    return urllib.parse.quote(s, safe='')


def in_query(s):
    return {'url': '?x=1&access_token=' + quoted(s)}


def in_form(s):
    return {'type': 'application/x-www-form-urlencoded',
            'body': 'user=ada&password=' + quoted(s)}


def in_json(s, ascii_only):
    return {'type': 'application/json', 'body': json.dumps(
        {'user': 'ada', 'client_secret': s}, ensure_ascii=ascii_only)}


def in_string(s):
    return {'type': 'application/json', 'body': json.dumps(
        {'event': json.dumps({'refresh_token': s})})}


def in_parts(s):
    return {'type': 'multipart/form-data; boundary=b', 'body':
            '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n' +
            s + '\r\n--b--\r\n'}


def plain(s):
    return {'type': 'text/plain', 'body': s}


places = st.one_of(
    secrets.map(lambda s: (s, in_query(s))),
    secrets.map(lambda s: (s, in_form(s))),
    st.tuples(secrets, st.booleans()).map(lambda p: (p[0], in_json(*p))),
    secrets.map(lambda s: (s, in_string(s))),
    secrets.map(lambda s: (s, in_parts(s))),
    words.map(lambda s: (None, plain(s))))


def entry(number, place):
    request = {'method': 'POST', 'httpVersion': 'HTTP/1.1', 'cookies': [],
               'url': 'http://h.test/a' + place.get('url', ''),
               'headers': [{'name': 'X-Number', 'value': str(number)}],
               'queryString': [], 'headersSize': -1, 'bodySize': -1}
    if 'body' in place:
        request['headers'].append({'name': 'Content-Type',
                                   'value': place['type']})
        request['postData'] = {'mimeType': place['type'],
                               'text': place['body']}
    return {'startedDateTime': '2026-11-21T00:00:00.000Z', 'time': 0,
            'request': request, 'cache': {},
            'response': {'status': 204, 'statusText': '', 'cookies': [],
                         'httpVersion': 'HTTP/1.1', 'headers': [],
                         'content': {'size': 0, 'mimeType': ''},
                         'redirectURL': '', 'headersSize': -1,
                         'bodySize': 0},
            'timings': {'send': 0, 'wait': 0, 'receive': 0}}


def redacted(folder, har, name):
    """The file imported and exported again."""
    (folder / 'in.har').write_text(json.dumps(har))
    store, out = folder / f'{name}.db', folder / f'{name}.har'
    done = command('import', '--redact', 'on', '--store', store,
                   folder / 'in.har', env=KEY)
    same(done.returncode, 0, done.stderr)
    same(command('export', '--store', store, '-o', out).returncode, 0)
    return json.loads(out.read_text())


def said(e):
    """What a request says."""
    q = e['request']
    return (q['url'], q.get('postData', {}).get('text'),
            [h for h in q['headers'] if h['name'] == 'Content-Type'])


def value(e):
    """What stands for the secret, decoded from its place."""
    q = e['request']
    text = q.get('postData', {}).get('text', '')
    kind = q.get('postData', {}).get('mimeType', '')
    if 'access_token=' in q['url']:
        return urllib.parse.unquote(q['url'].split('access_token=')[1])
    if 'urlencoded' in kind:
        return urllib.parse.unquote(text.split('password=')[1])
    if 'json' in kind:
        members = json.loads(text)
        if 'event' in members:
            return json.loads(members['event'])['refresh_token']
        return members['client_secret']
    return text.split('\r\n')[3]


@examples(60)
@hypothesis.given(st.lists(places, min_size=1, max_size=8))
def redaction_tells_apart_what_was_apart(chosen):
    """Two requests are equal afterwards exactly when they were before (in
    what they mean: JSON has two ways to write a letter), and what stands for
    a secret depends on nothing but the secret."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=ROOT.name))
    har = {'log': {'version': '1.2', 'entries': [
        entry(i, place) for i, (_, place) in enumerate(chosen)]}}
    once = redacted(folder, har, 'once')['log']['entries']
    same(len(once), len(chosen))
    stands = {}
    for (secret, place), e in zip(chosen, once):
        if secret is None:
            same(said(e)[1] or '', place['body'])
            continue
        got = value(e)
        check(PSEUDONYM.fullmatch(got), (secret, said(e)))
        same(stands.setdefault(secret, got), got)
    same(len(set(stands.values())), len(stands), stands)
    for (a, x), (b, y) in itertools.combinations(zip(chosen, once), 2):
        if a == b:
            same(said(x), said(y))
        elif a[0] != b[0] or a[1].get('type') != b[1].get('type'):
            check(said(x) != said(y), (a, b))
    twice = redacted(folder, {'log': {'version': '1.2', 'entries': once}},
                     'twice')['log']['entries']
    same([said(e) for e in twice], [said(e) for e in once])


if __name__ == '__main__':
    sys.exit(main(redaction_tells_apart_what_was_apart))
