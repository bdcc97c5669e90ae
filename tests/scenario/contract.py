# Goal: requests and answers are held against OpenAPI descriptions, whoever
# answers; nothing is changed or held up by it, and what is not as described
# is told in the log, in a field, in the reports and by the exit status.

import gzip
import json
import sys
import xml.etree.ElementTree

from harness import case, check, command, main, reply, same, until

SPEC = """
openapi: 3.0.3
info: {title: Pets, version: '1'}
servers: [{url: https://api.test/v1}]
paths:
  /pets:
    get:
      parameters:
      - {name: limit, in: query, required: true, schema: {type: integer}}
      responses:
        '200':
          description: all
          headers:
            X-Total: {required: true, schema: {type: integer}}
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
      responses: {'201': {description: made}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string}
        pin: {type: string, writeOnly: true}
"""
JSON = [('Content-Type', 'application/json')]
GOOD = JSON + [('X-Total', '1')]


def spec(t, text=SPEC):
    path = t.path('pets.yaml')
    path.write_text(text)
    return path


def pets(body, fields=GOOD):
    return reply(json.dumps(body).encode(), headers=fields)


def verdict(response):
    return response.get('x-hark-contract')


def told(hark, text, times=1):
    until(lambda: hark.log.count(text) >= times,
          f'the log has {text!r} {times} times')


def mocks(t, *responses):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [
        {'endpoint': 'v1/pets', 'responseMode': 'SEQUENTIAL',
         'responses': list(responses)}]}))
    return path


@case
def a_live_answer_is_judged_and_goes_on_unchanged(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--openapi', spec(t))
    origin.routes['/v1/pets?limit=1'] = pets([{'name': 'a'}])
    r = hark.get('/v1/pets?limit=1')
    same((r.status, verdict(r)), (200, 'kept;later=answer'))
    origin.routes['/v1/pets?limit=x'] = pets([{'name': 1, 'pin': ''}], JSON)
    r = hark.get('/v1/pets?limit=x')
    same((r.body, verdict(r)),
         (b'[{"name": 1, "pin": ""}]',
          'violated;request=wrong-parameter;answer=missing-header'
          ';later=answer'))
    told(hark, 'contract of GET /pets: answer write-only, body /0/pin: it is '
         'for requests only (')
    told(hark, 'answer wrong-body, body /0/name: expected string (')
    told(hark, 'pets.yaml#/components/schemas/Pet/properties/name/type)')
    told(hark, 'request wrong-parameter, query limit: expected integer (')


@case
def coded_and_chunked_bodies_are_looked_into(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--openapi', spec(t))
    coded = gzip.compress(b'[{"name": 7}]')

    def chunked(peer, request):
        peer.send(reply(headers=GOOD + [('Content-Encoding', 'gzip'),
                                        ('Transfer-Encoding', 'chunked')],
                        length=False))
        peer.chunked(coded[:9], coded[9:])
    origin.routes['/v1/pets?limit=1'] = chunked
    same(hark.get('/v1/pets?limit=1').body, coded)
    told(hark, 'answer wrong-body, body /0/name: expected string')


@case
def a_long_answer_is_streamed_and_not_looked_into(t):
    origin = t.origin()
    gate = t.gate()
    hark = t.hark('proxy', origin, '--openapi', spec(t),
                  '--max-contract-body', '1k', '--verbose')

    def stream(peer, request):
        peer.send(reply(headers=GOOD + [('Transfer-Encoding', 'chunked')],
                        length=False))
        peer.chunked(b'x' * 3000, last=False)
        gate.wait()
        peer.chunked(b'y')
    origin.routes['/v1/pets?limit=1'] = stream
    c = t.client(hark)
    c.request('GET', '/v1/pets?limit=1')
    head = c.head()
    same(head.get('x-hark-contract'), 'kept;later=answer')
    gate.open()
    same(c.body(head, head.framing).body, b'x' * 3000 + b'y')
    told(hark, 'the body of the answer was not looked into: it is too long')
    check('wrong-body' not in hark.log, hark.log)


@case
def a_recording_is_judged_before_its_head_goes_out(t):
    origin = t.origin()
    hark = t.hark('record', origin)
    origin.routes['/v1/pets?limit=1'] = pets([{'name': 1}])
    origin.routes['/v1/pets?limit=2'] = pets(
        [{'name': 'n' * 1000} for _ in range(3000)])
    hark.get('/v1/pets?limit=1')
    hark.get('/v1/pets?limit=2')
    hark.stop()
    hark.restart(mode='replay', options=[
        '--openapi', spec(t), '--max-contract-body', '4m'])
    r = hark.get('/v1/pets?limit=1')
    same(verdict(r), 'violated;answer=wrong-body')
    same(verdict(hark.get('/v1/pets?limit=2')), 'kept')
    same(verdict(hark.get('/v1/pets?limit=3')), 'kept')  # a miss
    r = hark.ask('POST', '/v1/pets', JSON, b'{}')
    same((r.status, verdict(r)), (501, 'violated;request=wrong-body'))
    hark.stop()
    hark.restart(mode='replay', options=['--openapi', spec(t)])
    same(verdict(hark.get('/v1/pets?limit=2')), 'kept;unchecked=answer')


@case
def a_mock_is_judged_with_each_kind_of_violation(t):
    json_type = {'key': 'Content-Type', 'value': 'application/json'}
    total = {'key': 'X-Total', 'value': '3'}
    file = mocks(
        t, {'body': '[]', 'headers': [json_type, total]},
        {'body': '[{"pin": "1"}]',
         'headers': [json_type, {'key': 'X-Total', 'value': 'many'}]},
        {'body': 'x', 'headers': [{'key': 'Content-Type',
                                   'value': 'text/html'}]},
        {'statusCode': 418}, {'body': '[', 'headers': [json_type, total]})
    hark = t.hark('proxy', '--mocks', file, '--openapi', spec(t))
    same([verdict(hark.get('/v1/pets?limit=1')) for _ in range(5)], [
        'kept', 'violated;answer=wrong-header,wrong-body,write-only',
        'violated;answer=missing-header,wrong-content-type',
        'violated;answer=undocumented-status',
        'violated;answer=wrong-body'])
    for method, target, fields, body, kinds in (
            ('GET', '/v1/pets', [], None, 'missing-parameter'),
            ('GET', '/v1/pets?limit=a', [], None, 'wrong-parameter'),
            ('PUT', '/v1/pets', [], b'', 'undocumented-method'),
            ('GET', '/v1/cats', [], None, 'undocumented-path'),
            ('POST', '/v1/pets', JSON, b'', 'missing-body'),
            ('POST', '/v1/pets', JSON, b'{"id": 1}', 'wrong-body,read-only'),
            ('POST', '/v1/pets', [('Content-Type', 'a/b')], b'x',
             'wrong-content-type')):
        said = verdict(hark.ask(method, target, fields, body))
        same(set(said.split(';')[1][8:].split(',')), set(kinds.split(',')))


@case
def what_has_no_body_yet_or_is_harks_own_is_no_violation(t):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [{
        'endpoint': 'v1/pets', 'responses': [{
            'headers': [{'key': 'Content-Type', 'value': 'application/json'},
                        {'key': 'X-Total', 'value': '1'}],
            'hark': {'stream': {'events': [{'data': 'a'}]}}}]}]}))
    hark = t.hark('proxy', '--mocks', path, '--openapi', spec(t),
                  '--mockoon-admin', 's3cret')
    same(verdict(hark.get('/v1/pets?limit=1')), 'kept;unchecked=answer')
    r = hark.ask('POST', '/mockoon-admin/state/purge',
                 [('Authorization', 's3cret')])
    same(verdict(r), None)
    check('mockoon-admin: request' not in hark.log, hark.log)


@case
def kinds_that_a_description_says_nothing_of_can_be_asked_for(t):
    path = spec(t)
    hark = t.hark('proxy', '--mocks', mocks(t, {'statusCode': 200}),
                  '--openapi', path, '--contract-ignore', 'none')
    r = hark.ask('GET', '/v1/pets?limit=1&x=1', [], b'b')
    check('request=undocumented-query,undocumented-body' in verdict(r), r)
    hark.stop()
    hark.restart(mode='proxy', options=[
        '--mocks', mocks(t, {'statusCode': 404}), '--openapi', path,
        '--contract-ignore', 'undocumented-status,missing-parameter'])
    same(verdict(hark.get('/v1/pets')), 'kept')


@case
def the_field_can_be_turned_off_and_a_prefix_says_what_is_watched(t):
    origin = t.origin()
    hark = t.hark('proxy', origin, '--openapi', f'/shop={spec(t)}')
    same(verdict(hark.get('/elsewhere')), None)
    same(verdict(hark.get('/shop/pets')),
         'violated;request=missing-parameter'
         ';answer=missing-header;later=answer')
    hark.stop()
    hark.restart(mode='proxy', url=origin.url, options=[
        '--openapi', spec(t), '--contract-header=off'])
    same(verdict(hark.get('/v1/pets')), None)
    told(hark, 'request missing-parameter, query limit')


@case
def a_path_is_looked_for_as_the_upstream_is_asked_for_it(t):
    origin = t.origin()
    origin.routes['/v1/pets?limit=1'] = pets([])
    hark = t.hark('proxy', '--upstream', f'/api={origin.url}/v1',
                  '--openapi', spec(t))
    same(verdict(hark.get('/api/pets?limit=1')), 'kept;later=answer')


@case
def the_log_has_each_violation_once_and_then_its_count(t):
    hark = t.hark('proxy', '--mocks', mocks(t, {'statusCode': 418}),
                  '--openapi', spec(t))
    c = t.client(hark)
    for i in range(105):
        c.ask('GET', f'/v1/pets?limit=x{i}')
    told(hark, '100 times so far', 2)
    same(hark.log.count('query limit: expected integer'), 3)
    same(hark.log.count('10 times so far'), 2)
    same(hark.log.count('status 418'), 3)
    for i in range(50):
        c.ask('GET', f'/nowhere/{i}')
    told(hark, 'contract of GET /nowhere/*: request undocumented-path, path: '
         'no path of the description fits', 2)
    same(hark.log.count('/nowhere/*'), 2)


GET = """
import os, sys, urllib.request
for target in sys.argv[1:]:
    try:
        urllib.request.urlopen(os.environ['HARK_URL'] + target).read()
    except urllib.error.HTTPError:
        pass
"""


def run(t, *options, targets=('/v1/pets?limit=1', '/v1/pets?limit=1')):
    return command('run', '--mode', 'proxy', '--store', t.path('hark.db'),
                   *options, '--', sys.executable, '-c', GET, *targets)


@case
def a_run_reports_violations_and_fails_on_request(t):
    file = mocks(t, {'body': '[{}]', 'headers': [
        {'key': 'Content-Type', 'value': 'application/json'}]})
    options = ['--mocks', file, '--openapi', spec(t)]
    report, junit = t.path('report.json'), t.path('junit.xml')
    done = run(t, *options, '--report', report, '--junit', junit,
               '--summary')
    same(done.returncode, 0)
    check('4  contract violations' in done.stderr, done.stderr)
    check('2x  GET /pets: answer missing-header, header X-Total' in
          done.stderr, done.stderr)
    found = json.loads(report.read_text())['contract']
    same((found['total'], found['not_listed'], found['unchecked']), (4, 0, 0))
    one = found['list'][1]
    check(one['rule'].endswith('pets.yaml#/components/schemas/Pet/required'),
          one)
    del one['rule']
    same(one, {'operation': 'GET /pets', 'of': 'answer',
               'kind': 'wrong-body', 'at': 'body /0',
               'why': 'name is missing', 'count': 2})
    suites = {s.get('name'): s for s in
              xml.etree.ElementTree.parse(junit).getroot()}
    same(suites['hark.contract'].get('skipped'), '2')
    done = run(t, *options, '--fail-on', 'contract', '--junit', junit)
    same(done.returncode, 8)
    check('exit status 8' in done.stderr, done.stderr)
    suites = {s.get('name'): s for s in
              xml.etree.ElementTree.parse(junit).getroot()}
    same(suites['hark.contract'].get('failures'), '2')
    done = run(t, *options, '--fail-on', 'contract', targets=())
    same(done.returncode, 0)


@case
def what_cannot_be_used_is_told_at_the_start(t):
    path = spec(t, SPEC.replace('type: array', 'type: list'))
    done = run(t, '--openapi', path, '--mocks', mocks(t, {'body': ''}))
    same(done.returncode, 2)
    check('pets.yaml: #/paths/~1pets/get/responses/200/content/'
          'application~1json/schema/type: expected a type' in done.stderr,
          done.stderr)
    done = run(t, '--fail-on', 'contract', '--mocks', mocks(t, {'body': ''}))
    same(done.returncode, 2)
    check('needs --openapi' in done.stderr, done.stderr)
    done = run(t, '--openapi', spec(t), '--contract-ignore', 'nothing')
    same(done.returncode, 2)
    check('expected none or a list of kinds' in done.stderr, done.stderr)
    path = spec(t, SPEC.replace('type: integer, readOnly',
                                'not: {unevaluatedItems: false}, readOnly')
                .replace('3.0.3', '3.1.0'))
    hark = t.hark('proxy', '--mocks', mocks(t, {'body': ''}),
                  '--openapi', path)
    told(hark, 'unevaluatedItems is not looked at')


main()
