#!/usr/bin/python3
# Goal: two requests have the same normal key exactly when Python, asked what
# they say, sees no difference but those that rules allow.

import decimal
import json
import os
import subprocess
import sys
import urllib.parse

from properties import examples, hypothesis, main, st

PROGRAM = os.path.join(os.environ.get('top_builddir', '.'),
                       'tests/property/keys')
JSON = 'application/json'
FORM = 'application/x-www-form-urlencoded'


class Keys:
    def __init__(self):
        self.program = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, rules, target='/', kind=JSON, body=b''):
        parts = (rules, target, kind, body)
        line = b''.join(
            (p if isinstance(p, bytes) else p.encode('utf-8', 'surrogatepass')
             ).hex().encode() + b'.' for p in parts)
        self.program.stdin.write(line + b'\n')
        self.program.stdin.flush()
        key = self.program.stdout.readline().decode().strip()
        assert len(key) == 32, f'{rules!r}: {key}'
        return key

    def close(self):
        self.program.stdin.close()
        assert self.program.wait() == 0, 'the program failed'


key = Keys()


#
# JSON, and all ways to write it
#

def number(digits, power, negative):
    return decimal.Decimal((int(negative), tuple(map(int, digits)), power))


numbers = st.builds(
    number, st.one_of(st.just('0'), st.from_regex('[1-9][0-9]{0,30}',
                                                  fullmatch=True)),
    st.one_of(st.integers(-8, 8), st.integers(-10 ** 16, 10 ** 16)),
    st.booleans())
texts = st.one_of(st.text(max_size=8), st.text('ab"\\/\x00\n\u00e9\U0001f600',
                                               max_size=6))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from('abc'), texts), inner,
                        max_size=4)),
    max_leaves=12)


def write_number(n, r):
    sign, digits, power = n.as_tuple()
    text = ''.join(map(str, digits)).lstrip('0') or '0'
    more = r.randrange(3)
    text, power = text + '0' * more, power - more
    point = r.randrange(len(text) + 1)
    whole, fraction = text[:point] or '0', text[point:]
    if len(whole) > 1:
        whole = whole.lstrip('0') or '0'
    power += len(fraction)
    out = '-' * (sign or (not n and r.random() < 0.3)) + whole
    if fraction:
        out += '.' + fraction
    if power or r.random() < 0.3:
        out += r.choice('eE')
        out += '-' if power < 0 else r.choice(['', '+'])
        out += '0' * r.randrange(2) + str(abs(power))
    return out


def write_text(s, r):
    out = ''
    for c in s:
        short = {'"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b',
                 '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t'}.get(c)
        units = c.encode('utf-16-be', 'surrogatepass')
        escaped = ''.join(
            f'\\u{units[i:i + 2].hex()}' for i in range(0, len(units), 2))
        if r.random() < 0.3:
            escaped = escaped.upper().replace('\\U', '\\u')
        if short and (r.random() < 0.5 or c != '/'):
            out += r.choice([short, escaped])
        elif c < ' ' or r.random() < 0.3:
            out += escaped
        else:
            out += c
    return f'"{out}"'


def write(v, r):
    def blank():
        return r.choice(['', '', ' ', '\n', '\t \r\n'])
    if isinstance(v, dict):
        members = [(n, write(x, r)) for n, x in v.items()]
        r.shuffle(members)
        # What an equal name behind it overrides.
        for n, _ in list(members):
            if r.random() < 0.1:
                at = [m[0] for m in members].index(n)
                members.insert(r.randrange(at + 1), (n, '[7]'))
        inside = ','.join(f'{blank()}{write_text(n, r)}{blank()}:{x}'
                          for n, x in members)
        out = f'{{{inside}{blank()}}}'
    elif isinstance(v, list):
        out = f'[{",".join(write(x, r) for x in v)}{blank()}]'
    elif isinstance(v, str):
        out = write_text(v, r)
    elif isinstance(v, decimal.Decimal):
        out = write_number(v, r)
    else:
        out = json.dumps(v)
    return blank() + out + blank()


def meant(text):
    """What a text says, with numbers, truths and texts kept apart."""
    def tell(v):
        if isinstance(v, dict):
            return {n: tell(x) for n, x in v.items()}
        if isinstance(v, list):
            return [tell(x) for x in v]
        return type(v).__name__, v
    return tell(json.loads(text, parse_int=decimal.Decimal,
                           parse_float=decimal.Decimal))


def changed(v, r):
    """Something in it is another value, mostly."""
    if isinstance(v, dict) and v and r.random() < 0.8:
        n = r.choice(list(v))
        return {**v, n: changed(v[n], r)}
    if isinstance(v, list) and v and r.random() < 0.8:
        i = r.randrange(len(v))
        return [*v[:i], changed(v[i], r), *v[i + 1:]]
    if isinstance(v, decimal.Decimal):
        return r.choice([str(v), v.copy_negate(),
                         number('1', v.as_tuple()[2], False)])
    return r.choice([None, True, False, '', [], {}, [v], {'a': v},
                     decimal.Decimal(0), decimal.Decimal(1)])


@examples(250)
@hypothesis.given(values, values, st.randoms(use_true_random=False))
def json_has_one_key_exactly_when_it_is_equal(v, other, r):
    one = write(v, r)
    for two in (write(v, r), write(changed(v, r), r), write(other, r)):
        a, b = (key('* * compare json', body=x) for x in (one, two))
        assert (a == b) == (meant(one) == meant(two)), (one, two)


def places(v, path=''):
    """JSON Pointers to all members in it, and how to get there."""
    if isinstance(v, dict):
        for n, x in v.items():
            at = f"{path}/{n.replace('~', '~0').replace('/', '~1')}"
            yield at, v, n
            yield from places(x, at)
    elif isinstance(v, list):
        for i, x in enumerate(v):
            yield from places(x, f'{path}/{i}')


def quoted(pointer):
    return "'" + pointer.replace("'", "''") + "'"


@examples(120)
@hypothesis.given(values, st.randoms(use_true_random=False))
def what_a_pointer_leads_to_can_change_and_nothing_else(v, r):
    found = [p for p in places(v) if '*' not in p[0].split('/') and
             not set(p[0]) & {'\n', '\0'}]
    hypothesis.assume(found)
    pointer, parent, name = r.choice(found)
    rules = {verb: f'* * {verb} json {quoted(pointer)}'
             for verb in ('ignore', 'replace')}
    one = write(v, r)
    keys = {verb: key(rule, body=one) for verb, rule in rules.items()}
    was = parent[name]
    parent[name] = changed(was, r)
    two = write(v, r)
    for verb, rule in rules.items():
        assert key(rule, body=two) == keys[verb], (rule, one, two)
    del parent[name]
    three = write(v, r)
    assert key(rules['ignore'], body=three) == keys['ignore'], one
    assert key(rules['replace'], body=three) != keys['replace'], one
    assert key(rules['ignore'], body=f'[{three}]') != keys['ignore']


@examples(120)
@hypothesis.given(st.lists(values, max_size=5),
                  st.randoms(use_true_random=False))
def a_set_has_one_key_in_any_order(v, r):
    other = list(v)
    r.shuffle(other)
    if other and r.random() < 0.5:
        other[0] = changed(other[0], r)
    one, two = ({'s': x} for x in (v, other))
    texts = write(one, r), write(two, r)
    told = [sorted(map(repr, map(sorted_all, meant(t)['s']))) for t in texts]
    a, b = (key('* * compare json-as-set /s', body=t) for t in texts)
    assert (a == b) == (told[0] == told[1]), texts


def sorted_all(v):
    """The same representation for equal values."""
    if isinstance(v, dict):
        return sorted((n, sorted_all(x)) for n, x in v.items())
    if isinstance(v, list):
        return ['[', *map(sorted_all, v)]
    kind, x = v
    if kind != 'Decimal':
        return v
    if not x:
        return kind, 0
    sign, digits, power = x.as_tuple()
    digits = ''.join(map(str, digits)).lstrip('0')
    short = digits.rstrip('0')
    return kind, sign, short, power + len(digits) - len(short)


pairs = st.lists(st.tuples(st.one_of(st.sampled_from(['a', 'b', 'ts']), texts),
                           texts), max_size=5)


def write_pairs(v, r):
    def coded(s):
        out = ''
        for byte in s.encode('utf-8', 'surrogatepass'):
            c = chr(byte)
            if c == ' ' and r.random() < 0.5:
                out += '+'
            elif c.isascii() and (c.isalnum() or c in '-._~') and \
                    r.random() < 0.7:
                out += c
            else:
                out += r.choice(['%{:02x}', '%{:02X}']).format(byte)
        return out
    return '&'.join(
        coded(n) + ('' if not x and n and r.random() < 0.5 else
                    '=' + coded(x)) for n, x in v)


@examples(120)
@hypothesis.given(pairs, pairs, st.randoms(use_true_random=False))
def pairs_have_one_key_exactly_when_they_are_equal(v, other, r):
    def told(text):
        return urllib.parse.parse_qsl(text, keep_blank_values=True,
                                      encoding='latin-1')
    shuffled = list(v)
    r.shuffle(shuffled)
    one = write_pairs(v, r)
    for two in (write_pairs(v, r), write_pairs(shuffled, r),
                write_pairs(other, r)):
        a, b = told(one), told(two)
        for rule, equal in (
                ('compare json', a == b),
                ('compare query-as-set', sorted(a) == sorted(b)),
                ('ignore query ts', [x for x in a if x[0] != 'ts'] ==
                 [x for x in b if x[0] != 'ts'])):
            left, right = (key(f'* * {rule}', f'/?{x}') for x in (one, two))
            assert (left == right) == equal, (rule, one, two)
            rule = rule.replace('query', 'form')
            left, right = (key(f'* * {rule}', kind=FORM, body=x)
                           for x in (one, two))
            # An empty body is none, one without pairs is not.
            if one and two:
                assert (left == right) == equal, (rule, one, two)


def the_program_ends_well():
    key.close()


if __name__ == '__main__':
    sys.exit(main(json_has_one_key_exactly_when_it_is_equal,
                  what_a_pointer_leads_to_can_change_and_nothing_else,
                  a_set_has_one_key_in_any_order,
                  pairs_have_one_key_exactly_when_they_are_equal,
                  the_program_ends_well))
