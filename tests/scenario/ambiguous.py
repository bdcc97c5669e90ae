# Goal: what scenarios send that two readers could understand differently.
#
# A corpus beside the checkout (../shared/corpus, or HARK_CORPUS) has folders
# smuggling/ and smuggling-responses/: raw messages and an INDEX.tsv with the
# verdict that RFC 9110 and 9112 demand of each.  Without it the messages
# written down here are all there is.

import csv
import os
import pathlib

from harness import Skip, check


def corpus(name):
    beside = os.path.join(os.environ.get('top_srcdir', '.'),
                          '../shared/corpus')
    folder = pathlib.Path(os.environ.get('HARK_CORPUS') or beside) / name
    if not folder.is_dir():
        raise Skip(f'no corpus with {name} beside the checkout')
    with open(folder / 'INDEX.tsv', newline='') as f:
        rows = list(csv.DictReader(f, delimiter='\t',
                                   quoting=csv.QUOTE_NONE))
    check(rows, f'{folder} has no rows')
    return [(row, (folder / row['file']).read_bytes()) for row in rows]


# What must never get through, written as head lines behind "POST / HTTP/1.1"
# and "Host: a", then whatever follows the blank line.
NEXT = b'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
BAD_POSTS = {
    'two lengths that differ':
        (b'Content-Length: 5\r\nContent-Length: 6', b'hello'),
    'a list of lengths': (b'Content-Length: 5, 6', b'hello'),
    'a sign': (b'Content-Length: +5', b'hello'),
    'a negative length': (b'Content-Length: -5', b'hello'),
    'a hexadecimal length': (b'Content-Length: 0x5', b'hello'),
    'an empty length': (b'Content-Length:', b'hello'),
    'a length with junk': (b'Content-Length: 5 a', b'hello'),
    'a length beyond 64 bits':
        (b'Content-Length: 18446744073709551621', b'hello'),
    'a folded length': (b'Content-Length:\r\n 5', b'hello'),
    'space before the colon': (b'Content-Length : 5', b'hello'),
    'both framings': (b'Content-Length: 4\r\nTransfer-Encoding: chunked',
                      b'0\r\n\r\n' + NEXT),
    'both framings the other way':
        (b'Transfer-Encoding: chunked\r\nContent-Length: 4',
         b'0\r\n\r\n' + NEXT),
    'an unknown coding': (b'Transfer-Encoding: xchunked', b'0\r\n\r\n'),
    'chunked twice': (b'Transfer-Encoding: chunked, chunked',
                      b'0\r\n\r\n'),
    'chunked not last': (b'Transfer-Encoding: chunked, identity',
                         b'0\r\n\r\n'),
    'chunked in two lines':
        (b'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
         b'0\r\n\r\n'),
    'a tab in the coding': (b'Transfer-Encoding: \x0bchunked', b'0\r\n\r\n'),
    'a chunk size with a sign':
        (b'Transfer-Encoding: chunked', b'+5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size in 0x':
        (b'Transfer-Encoding: chunked', b'0x5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size beyond 64 bits':
        (b'Transfer-Encoding: chunked',
         b'10000000000000005\r\nhello\r\n0\r\n\r\n'),
    'a chunk that is too short':
        (b'Transfer-Encoding: chunked', b'6\r\nhello\r\n0\r\n\r\n'),
    'a chunk that is too long':
        (b'Transfer-Encoding: chunked', b'4\r\nhello\r\n0\r\n\r\n'),
    'a bare LF behind a chunk size':
        (b'Transfer-Encoding: chunked', b'5\nhello\r\n0\r\n\r\n'),
    'a bare LF in a chunk extension':
        (b'Transfer-Encoding: chunked', b'5;a\nb\r\nhello\r\n0\r\n\r\n'),
    'an empty chunk size': (b'Transfer-Encoding: chunked', b'\r\n\r\n'),
    'a trailer that is no field':
        (b'Transfer-Encoding: chunked', b'0\r\nno field\r\n\r\n'),
    'a NUL in a field': (b'X: a\0b\r\nContent-Length: 0', b''),
    'a bare CR in a field': (b'X: a\rb\r\nContent-Length: 0', b''),
    'a bare LF in the head': (b'X: a\nContent-Length: 0', b''),
    'a field name with a space': (b'X Y: a\r\nContent-Length: 0', b''),
    'an empty field name': (b': a\r\nContent-Length: 0', b''),
    'a line without a colon': (b'nothing\r\nContent-Length: 0', b''),
    'a second Host': (b'Host: b\r\nContent-Length: 0', b''),
}
BAD_STARTS = {
    'no version': b'GET /\r\nHost: a\r\n\r\n',
    'HTTP/2.0': b'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
    'HTTP/1.10': b'GET / HTTP/1.10\r\nHost: a\r\n\r\n',
    'http/1.1': b'GET / http/1.1\r\nHost: a\r\n\r\n',
    'an empty method': b' / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a method that is no token': b'GE(T / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a NUL in the target': b'GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a control character in the target':
        b'GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a space in the target': b'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n',
    'no leading slash': b'GET a HTTP/1.1\r\nHost: a\r\n\r\n',
    'a star with GET': b'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT with a path': b'CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n',
    'no Host': b'GET / HTTP/1.1\r\n\r\n',
    'a Host with a path': b'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    'a Host with userinfo': b'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n',
    'an absolute ftp target':
        b'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'an absolute target without host':
        b'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n',
    'the preface of HTTP/2': b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'TLS': bytes.fromhex('16030100c8010000c40303') + bytes(190),
    'chunked in HTTP/1.0':
        b'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a space before the first field':
        b'GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n',
}

BAD_POSTS |= {
    'two lengths that agree':
        (b'Content-Length: 5\r\nContent-Length: 5', b'hello'),
    'a length with a fraction': (b'Content-Length: 5.0', b'hello'),
    'a length with an exponent': (b'Content-Length: 5e0', b'hello'),
    'a length with a semicolon': (b'Content-Length: 5;', b'hello'),
    'a length with an underscore': (b'Content-Length: 0_5', b'hello'),
    'a quoted length': (b'Content-Length: "5"', b'hello'),
    'a length in other digits':
        (b'Content-Length: \xef\xbc\x95', b'hello'),
    'a length with a no-break space': (b'Content-Length: \xa05', b'hello'),
    'a length with a form feed': (b'Content-Length: 5\x0c', b'hello'),
    'a length behind a NUL': (b'Content-Length: 5\0', b'hello'),
    'a length that ends in a comma': (b'Content-Length: 5,', b'hello'),
    'a length that is folded behind': (b'Content-Length: 5\r\n 6', b'hello'),
    'a NUL in the name of the coding':
        (b'Transfer-Encoding\0: chunked', b'0\r\n\r\n'),
    'a tab behind the name of the coding':
        (b'Transfer-Encoding\t: chunked', b'0\r\n\r\n'),
    'a vertical tab before the name of the coding':
        (b'\x0bTransfer-Encoding: chunked', b'0\r\n\r\n'),
    'a coding that ends in a comma':
        (b'Transfer-Encoding: chunked,', b'0\r\n\r\n'),
    'a coding that begins with a comma':
        (b'Transfer-Encoding: ,chunked', b'0\r\n\r\n'),
    'a coding with a parameter':
        (b'Transfer-Encoding: chunked;q=1', b'0\r\n\r\n'),
    'a coding with another letter':
        (b'Transfer-Encoding: chun\xc2\xadked', b'0\r\n\r\n'),
    'a coding with the sign of Kelvin':
        (b'Transfer-Encoding: chun\xe2\x84\xaaed', b'0\r\n\r\n'),
    'an empty coding': (b'Transfer-Encoding:', b'0\r\n\r\n'),
    'identity': (b'Transfer-Encoding: identity', b'hello'),
    'gzip and chunked': (b'Transfer-Encoding: gzip, chunked', b'0\r\n\r\n'),
    'identity and chunked':
        (b'Transfer-Encoding: identity, chunked', b'0\r\n\r\n'),
    'a folded coding': (b'Transfer-Encoding:\r\n chunked', b'0\r\n\r\n'),
    'a coding that is folded behind':
        (b'Transfer-Encoding: chunked\r\n , identity', b'0\r\n\r\n'),
    'a coding in one name and a length in two':
        (b'Content-Length: 3\r\nContent-Length: 3\r\n'
         b'Transfer-Encoding: chunked', b'0\r\n\r\n'),
    'a coding in capitals and a length':
        (b'TRANSFER-ENCODING: CHUNKED\r\nCONTENT-LENGTH: 5',
         b'0\r\n\r\n'),
    'a CR before the coding':
        (b'X: a\rTransfer-Encoding: chunked', b'0\r\n\r\n'),
    'CR CR LF': (b'X: a\r\r\nContent-Length: 0', b''),
    'CR CR LF at the end': (b'Content-Length: 0\r', b''),
    'LF CR': (b'X: a\n\rContent-Length: 0', b''),
    'a line of white space': (b' \r\nContent-Length: 0', b''),
    'a field name of other letters':
        (b'Content\xe2\x80\x90Length: 5', b'hello'),
    'a name in brackets': (b'(X): a\r\nContent-Length: 0', b''),
    'DEL in a field': (b'X: a\x7f\r\nContent-Length: 0', b''),
    'an escape in a field': (b'X: \x1b[2J\r\nContent-Length: 0', b''),
}
BAD_POSTS |= {'a chunk: ' + name: (b'Transfer-Encoding: chunked', rest)
              for name, rest in {
    'a minus': b'-5\r\nhello\r\n0\r\n\r\n',
    'an underscore': b'0_5\r\nhello\r\n0\r\n\r\n',
    'a space before': b' 5\r\nhello\r\n0\r\n\r\n',
    'a size that is no number': b'five\r\nhello\r\n0\r\n\r\n',
    'other digits': b'\xef\xbc\x95\r\nhello\r\n0\r\n\r\n',
    'a NUL': b'5\0\r\nhello\r\n0\r\n\r\n',
    'a comma': b'5,5\r\nhello\r\n0\r\n\r\n',
    'a word behind a space': b'5 5\r\nhello\r\n0\r\n\r\n',
    'sixteen digits of one': b'FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n',
    'a size that wraps': b'1' + b'0' * 16 + b'\r\n0\r\n\r\n',
    'CR CR LF': b'5\r\r\nhello\r\n0\r\n\r\n',
    'LF CR LF': b'5\n\r\nhello\r\n0\r\n\r\n',
    'LF behind the data': b'5\r\nhello\n0\r\n\r\n',
    'CR behind the data': b'5\r\nhello\r0\r\n\r\n',
    'nothing behind the data': b'5\r\nhello0\r\n\r\n',
    'CR in an extension': b'5;a\rb\r\nhello\r\n0\r\n\r\n',
    'NUL in an extension': b'5;a\0b\r\nhello\r\n0\r\n\r\n',
    'LF as the last line': b'5\r\nhello\r\n0\r\n\n',
    'LF behind the last size': b'5\r\nhello\r\n0\n\r\n',
    'a folded trailer': b'0\r\nX: a\r\n b\r\n\r\n',
    'a trailer with a space': b'0\r\nX Y: a\r\n\r\n',
    'a trailer with CR': b'0\r\nX: a\rb\r\n\r\n',
    'a trailer with LF': b'0\r\nX: a\n\r\n',
    'a trailer without a name': b'0\r\n: a\r\n\r\n',
}.items()}
BAD_STARTS |= {
    'a tab behind the method': b'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'two spaces behind the method': b'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
    'two spaces behind the target': b'GET /  HTTP/1.1\r\nHost: a\r\n\r\n',
    'a space behind the version': b'GET / HTTP/1.1 \r\nHost: a\r\n\r\n',
    'a version with zeros': b'GET / HTTP/01.1\r\nHost: a\r\n\r\n',
    'a version with a comma': b'GET / HTTP/1,1\r\nHost: a\r\n\r\n',
    'a version without a digit': b'GET / HTTP/1.\r\nHost: a\r\n\r\n',
    'another name of the version': b'GET / HTTPS/1.1\r\nHost: a\r\n\r\n',
    'CR CR LF behind the line': b'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n',
    'LF behind the line': b'GET / HTTP/1.1\nHost: a\r\n\r\n',
    'LF before the line': b'\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a NUL before the line': b'\0GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a space before the line': b' GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'CR in the target': b'GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n',
    'LF in the target': b'GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n',
    'a tab in the target': b'GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n',
    'DEL in the target': b'GET /a\x7fb HTTP/1.1\r\nHost: a\r\n\r\n',
    'a fragment': b'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a question alone': b'GET ?a HTTP/1.1\r\nHost: a\r\n\r\n',
    'a host as the target': b'GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n',
    'userinfo in the target':
        b'GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'a backslash in the host':
        b'GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'a port of letters':
        b'GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'a port that is too high':
        b'GET http://a:65536/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT without a port': b'CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT with a scheme':
        b'CONNECT http://a:80 HTTP/1.1\r\nHost: a\r\n\r\n',
    'CONNECT with a length':
        b'CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 5'
        b'\r\n\r\nhello',
    'CONNECT with a coding':
        b'CONNECT a:80 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked'
        b'\r\n\r\n0\r\n\r\n',
}
BAD_STARTS |= {f'the host {host!r}': b'GET / HTTP/1.1\r\nHost: ' + host +
               b'\r\n\r\n' for host in (
    b'', b'a b', b'a\\b', b'a?b', b'a#b', b'a:b', b'a:65536',
    b'a:80:80', b':80', b'[::1', b'[a]', b'[::1]a', b'a\tb', b'"a"',
    b'<a>', b'a|b', b'http://a')}


def refused():
    """Name and bytes of each that has to be refused, whole or not."""
    yield from BAD_STARTS.items()
    for name, (head, rest) in BAD_POSTS.items():
        yield name, b'POST / HTTP/1.1\r\nHost: a\r\n' + head + \
            b'\r\n\r\n' + rest


def _post(head, rest=b''):
    return b'POST /post HTTP/1.1\r\nHost: a\r\n' + head + b'\r\n\r\n' + rest


# What is sound, or may be taken as well as refused, but only in one way.
SOUND = {
    'a length with zeros': _post(b'Content-Length: 0005', b'hello'),
    'a length behind a tab': _post(b'Content-Length:\t5', b'hello'),
    'a tab behind a length': _post(b'Content-Length: 5\t', b'hello'),
    'a length of 0': _post(b'Content-Length: 0'),
    'no length': _post(b'X: a'),
    'a coding in capitals':
        _post(b'TRANSFER-ENCODING: CHUNKED', b'5\r\nHELLO\r\n0\r\n\r\n'),
    'a coding behind a tab':
        _post(b'Transfer-Encoding:\tchunked\t', b'0\r\n\r\n'),
    'zeros': _post(b'Transfer-Encoding: chunked',
                   b'0005\r\nhello\r\n000\r\n\r\n'),
    'extensions': _post(b'Transfer-Encoding: chunked',
                        b'5;a="b;\\"c"\r\nhello\r\n0;a\r\n\r\n'),
    'white space behind a size':
        _post(b'Transfer-Encoding: chunked',
              b'5 \t;a\r\nhello\r\n0\r\n\r\n'),
    'a request as a body':
        _post(b'Content-Length: %d' % len(NEXT), NEXT),
    'a request as a chunk':
        _post(b'Transfer-Encoding: chunked',
              b'%x\r\n' % len(NEXT) + NEXT + b'\r\n0\r\n\r\n'),
    'a request as an extension':
        _post(b'Transfer-Encoding: chunked', b'1;GET /smuggled HTTP/1.1'
              b'\r\na\r\n0\r\n\r\n'),
    'trailers that would frame':
        _post(b'Transfer-Encoding: chunked',
              b'0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n'
              b'Host: b\r\nX-Sum: 7\r\n\r\n'),
    'Connection names the length':
        _post(b'Connection: Content-Length\r\nContent-Length: 5', b'hello'),
    'Connection names the coding':
        _post(b'Connection: Transfer-Encoding\r\n'
              b'Transfer-Encoding: chunked', b'5\r\nhello\r\n0\r\n\r\n'),
    'Connection names the host':
        _post(b'Connection: Host, Cookie\r\nCookie: a\r\n'
              b'Content-Length: 0'),
    'underscores for dashes':
        _post(b'Transfer_Encoding: chunked\r\nContent_Length: 3\r\n'
              b'Content-Length: 5', b'hello'),
    'names that only begin like it':
        _post(b'Content-Length-X: 3\r\nX-Transfer-Encoding: chunked\r\n'
              b'Content-Length: 5', b'hello'),
    'a long method': b'ABCDEFGHIJKLMNOPQRSTUVWXYZ /m HTTP/1.1\r\nHost: a'
        b'\r\nContent-Length: 2\r\n\r\nhi',
    'a body of GET': b'GET /get HTTP/1.1\r\nHost: a\r\nContent-Length: %d'
        b'\r\n\r\n' % len(NEXT) + NEXT,
    'three at once': _post(b'Content-Length: 1', b'a') +
        _post(b'Transfer-Encoding: chunked', b'1\r\nb\r\n0\r\n\r\n') +
        b'GET /get HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/1.0 with a length': b'POST /old HTTP/1.0\r\nConnection: keep-alive'
        b'\r\nContent-Length: 5\r\n\r\nhello',
    'a target of many slashes': b'GET //a//b/../%2e HTTP/1.1\r\nHost: a'
        b'\r\n\r\n',
    'a target with what looks like a version':
        b'GET /a%20HTTP/1.1%0d%0aX:%20b HTTP/1.1\r\nHost: a\r\n\r\n',
    'Expect': _post(b'Expect: 100-continue\r\nContent-Length: 5', b'hello'),
    'Upgrade with a body':
        _post(b'Connection: Upgrade\r\nUpgrade: h2c\r\n'
              b'HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 5',
              b'hello'),
}


# --- answers -----------------------------------------------------------------

OK = b'HTTP/1.1 200 OK\r\n'
EVIL = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
BAD_ANSWERS = {  # what the origin says, then keeps the connection open
    'two lengths that differ':
        OK + b'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    'a negative length': OK + b'Content-Length: -1\r\n\r\n',
    'a length that is no number': OK + b'Content-Length: abc\r\n\r\n',
    'a length beyond 64 bits':
        OK + b'Content-Length: 18446744073709551617\r\n\r\na',
    'both framings': OK + b'Content-Length: 4\r\nTransfer-Encoding: chunked'
        b'\r\n\r\n0\r\n\r\n',
    'a bad first chunk': OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
    'a status of four digits': b'HTTP/1.1 2000 OK\r\n\r\n',
    'a status of letters': b'HTTP/1.1 abc OK\r\n\r\n',
    'another protocol': b'ICY 200 OK\r\n\r\n',
    'no protocol': b'hello there\r\n\r\n',
    'HTTP/2': b'HTTP/2 200\r\n\r\n',
    'a folded line': OK + b'X: a\r\n b\r\nContent-Length: 0\r\n\r\n',
    'an unasked 101': b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n'
        b'Connection: upgrade\r\n\r\n',
    'a field name with a space': OK + b'X Y: a\r\nContent-Length: 0\r\n\r\n',
    'a CR in a field': OK + b'X: a\rb\r\nContent-Length: 0\r\n\r\n',
    'an endless head': OK + b'X: y\r\n' * 60000 + b'\r\n',
}
BAD_ANSWERS |= {
    'two lengths that agree':
        OK + b'Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd',
    'a list of lengths': OK + b'Content-Length: 4, 4\r\n\r\nabcd',
    'a length with a sign': OK + b'Content-Length: +4\r\n\r\nabcd',
    'a length in hexadecimal': OK + b'Content-Length: 0x4\r\n\r\nabcd',
    'an empty length': OK + b'Content-Length:\r\n\r\nabcd',
    'a length with a fraction': OK + b'Content-Length: 4.0\r\n\r\nabcd',
    'a length with a no-break space': OK + b'Content-Length: \xa04\r\n\r\nabcd',
    'chunked twice':
        OK + b'Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n',
    'chunked in two lines': OK + b'Transfer-Encoding: chunked\r\n'
        b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'chunked and identity':
        OK + b'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    'a quoted coding': OK + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    'a vertical tab before the coding':
        OK + b'Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n',
    'a space behind the name of the coding':
        OK + b'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    'a NUL in a field': OK + b'X: a\0b\r\nContent-Length: 0\r\n\r\n',
    'a line without a colon': OK + b'nothing\r\nContent-Length: 0\r\n\r\n',
    'an empty name': OK + b': a\r\nContent-Length: 0\r\n\r\n',
    'a folded first line': OK + b' X: a\r\nContent-Length: 0\r\n\r\n',
    'a bare LF': OK + b'X: a\nContent-Length: 0\r\n\r\n',
    'LF for all': b'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'CR CR LF': OK + b'X: a\r\r\nContent-Length: 0\r\n\r\n',
    'an empty line before it': b'\r\n' + OK + b'Content-Length: 0\r\n\r\n',
    'a status of two digits': b'HTTP/1.1 20 OK\r\n\r\n',
    'a status of 600': b'HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n',
    'a status of 099': b'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n',
    'a status with a sign': b'HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n',
    'two spaces before the status': b'HTTP/1.1  200 OK\r\n\r\n',
    'a tab before the status': b'HTTP/1.1\t200 OK\r\n\r\n',
    'a version of 1.2': b'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/0.9': b'<html>nothing</html>\r\n\r\n',
    'an escape in the reason':
        b'HTTP/1.1 200 \x1b[2J\r\nContent-Length: 0\r\n\r\n',
    'a NUL in the reason': b'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
    'a bad interim answer': b'HTTP/1.1 103 Early\r\nX Y: a\r\n\r\n' + OK +
        b'Content-Length: 0\r\n\r\n',
}
# What is broken off, or is a 502 while that can still be said.
BROKEN_ANSWERS = {
    name: OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' + rest
    for name, rest in {
        'a size with a sign': b'+5\r\nhello\r\n0\r\n\r\n',
        'a size in 0x': b'0x5\r\nhello\r\n0\r\n\r\n',
        'a size with an underscore': b'0_5\r\nhello\r\n0\r\n\r\n',
        'a size behind a space': b' 5\r\nhello\r\n0\r\n\r\n',
        'a size that wraps': b'1' + b'0' * 16 + b'\r\n0\r\n\r\n',
        'no size': b'\r\nhello\r\n0\r\n\r\n',
        'LF behind a size': b'5\nhello\r\n0\r\n\r\n',
        'LF behind data': b'5\r\nhello\n0\r\n\r\n',
        'too much data': b'5\r\nhello!\r\n0\r\n\r\n',
        'LF in an extension': b'5;a\nb\r\nhello\r\n0\r\n\r\n',
        'a NUL in an extension': b'5;\0\r\nhello\r\n0\r\n\r\n',
        'a folded trailer': b'0\r\nX: a\r\n b\r\n\r\n',
        'a trailer that is no field': b'0\r\nnothing\r\n\r\n',
        'LF as the end': b'0\r\n\n',
        'no end': b'5\r\nhello\r\n',
        'half an end': b'0\r\n',
    }.items()}
BROKEN_ANSWERS['a length that is not reached'] = \
    OK + b'Content-Length: 9\r\n\r\nhello'
