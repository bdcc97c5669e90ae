# Goal: lines of the log can be joined to requests and to their traces, which
# go on as they came.

import json
import re

from harness import case, check, entries, main, reply, same, until

TRACE = '0af7651916cd43dd8448eb211c80319c'
PARENT = f'00-{TRACE}-b7ad6b7169203331-01'


def fields_of(request, name):
    return [v for n, v in request.headers if n.lower() == name]


def lines(hark, text):
    """The lines of the log with this in their message, as JSON."""
    found = [json.loads(line) for line in hark.log.split('\n')[:-1]]
    return [x for x in found if text in x['message']]


@case
def a_trace_goes_on_as_it_came(t):
    origin = t.origin()
    for options in ([], ['--traceparent', 'on']):
        hark = t.hark('proxy', origin, *options)
        hark.get('/', [('Traceparent', PARENT), ('TraceState', 'a=1,b=2'),
                       ('X-Request-Id', 'mine')])
        r, = origin.take()
        same(fields_of(r, 'traceparent'), [PARENT])
        same(fields_of(r, 'tracestate'), ['a=1,b=2'])
        same(fields_of(r, 'x-request-id'), ['mine'])


@case
def no_trace_is_begun_unless_asked_for(t):
    origin = t.origin()
    hark = t.hark('proxy', origin)
    hark.get('/')
    r, = origin.take()
    same(fields_of(r, 'traceparent'), [])


@case
def traces_that_are_begun_are_new_and_not_recorded(t):
    origin = t.origin()
    origin.routes['/a'] = reply(b'a')
    hark = t.hark('record', origin, '--traceparent', '--log', 'json',
                  '--verbose')
    hark.get('/a')
    hark.get('/a')
    made = [fields_of(r, 'traceparent') for r in origin.take()]
    for parent, in made:
        check(re.fullmatch(r'00-[0-9a-f]{32}-[0-9a-f]{16}-01', parent), parent)
    check(made[0] != made[1], made)
    told = until(lambda: len(x := lines(hark, '200 from upstream')) == 2 and x,
                 'two lines')
    # Of several workers it is not said who writes first.
    same({x['trace_id'] for x in told}, {p[3:35] for p, in made})
    hark.stop()
    same(len(entries(hark.store)), 2)
    for e in entries(hark.store):
        check('traceparent' not in json.dumps(e).lower(), e)


@case
def replay_does_not_heed_traces(t):
    """Recorded in one trace each, answered in others, in the same order."""
    origin = t.origin()
    hark = t.hark('record', origin)
    parent = '00-%032x-00f067aa0ba902b7-01'
    for i in (1, 2, 3):
        origin.routes['/a'] = reply(
            b'answer %d' % i, headers=[('Vary', 'traceparent, Accept')])
        hark.get('/a', [('traceparent', parent % i), ('tracestate', f'a={i}')])
    hark.stop()
    hark.restart(mode='replay')
    for i in (1, 2, 3):
        r = hark.get('/a', [('traceparent', parent % (100 + i)),
                            ('tracestate', f'b={i}')])
        same((r.status, r.body), (200, b'answer %d' % i))
    hark.stop()
    hark.restart(mode='replay')
    # Nor are those preferred that were recorded in the same one.
    same(hark.get('/a', [('traceparent', parent % 3)]).body, b'answer 1')
    same(hark.get('/a').body, b'answer 2')


@case
def each_line_about_a_request_says_which(t):
    origin = t.origin()
    mocks = t.path('mocks.json')
    mocks.write_text(json.dumps({'routes': [
        {'endpoint': 'm', 'method': 'post',
         'responses': [{'body': 'x', 'statusCode': 201}]}]}))
    hark = t.hark('proxy', origin, '--mocks', mocks, '--log', 'json',
                  '--verbose')
    c = hark.client()
    c.ask('GET', '/a?b="c"', [('traceparent', PARENT),
                              ('X-Request-Id', 'mine "1"')])
    c.ask('POST', '/m', [('traceparent', 'nonsense')])
    told = until(lambda: len(x := lines(hark, ' us')) == 2 and x, 'two lines')
    a, m = told
    same((a['method'], a['path'], a['status'], a['source']),
         ('GET', '/a?b="c"', 200, 'upstream'))
    same((a['trace_id'], a['x_request_id']), (TRACE, 'mine "1"'))
    same((m['method'], m['path'], m['status'], m['source']),
         ('POST', '/m', 201, 'mock'))
    check('trace_id' not in m and 'x_request_id' not in m, m)
    for x in told:
        check(re.fullmatch(r'127\.0\.0\.1:\d+', x['client']), x)
        check(isinstance(x['duration_us'], int) and x['duration_us'] >= 0, x)
        same(x['level'], 'debug')
    check(a['request'] != m['request'], told)


@case
def a_line_before_the_reply_knows_no_status(t):
    hark = t.hark('record', t.origin())
    hark.get('/some')
    hark.stop()
    hark.stderr.unlink()
    hark.restart(mode='replay', options=['--log', 'json'])
    same(hark.get('/none').status, 501)
    told = until(lambda: lines(hark, 'miss'), 'a miss is told')
    same((told[0]['method'], told[0]['path']), ('GET', '/none'))
    check({'request', 'client', 'status', 'source', 'duration_us'} <=
          set(told[0]), told)


@case
def requests_of_many_clients_have_numbers_of_their_own(t):
    hark = t.hark('proxy', t.origin(), '--log', 'json', '--verbose',
                  '--workers', '3')
    for i in range(20):
        hark.get(f'/{i}')
    told = until(lambda: len(x := lines(hark, '200 from')) == 20 and x,
                 'twenty lines')
    same(len({x['request'] for x in told}), 20)


main()
