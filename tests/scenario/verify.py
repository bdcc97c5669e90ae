# Goal: expectations are held against what came, by curl, hark verify, hark run.

import json
import sys

from admins import Admin, admin_of
from harness import case, check, command, main, same

PASS = {'expect': [{'method': 'POST', 'path': '/v1/pay',
                    'body': {'sum': 2}, 'count': 1}]}
FAIL = {'expect': [{'method': 'POST', 'path': '/v1/pay',
                    'query': {'page': '1'}, 'count': {'exactly': 2}},
                   {'path': '/v1/none', 'count': 'never'}]}


def outcome(*argv):
    r = command(*argv)
    return r.returncode, r.stdout, r.stderr


def mocks(t):
    path = t.path('mocks.json')
    path.write_text(json.dumps({'routes': [
        {'endpoint': 'v1/pay', 'method': 'all',
         'responses': [{'body': 'paid'}]}]}))
    return path


def written(t, expectations):
    path = t.path('expect.json')
    path.write_text(expectations if isinstance(expectations, str)
                    else json.dumps(expectations))
    return path


def paid(t, *options):
    hark = t.hark('proxy', '--mocks', mocks(t), *options)
    t.client(hark).ask('POST', '/v1/pay?page=3', body=b'{"sum": 2, "x": 1}')
    return hark


@case
def a_verification_answers_at_once_and_says_what_is_closest(t):
    hark = paid(t)
    admin = Admin(t, hark)
    r = admin.call('POST', '/v1/verify', PASS)
    same((r.status, r.json['ok'], r.json['checked']), (200, True, 1), r)
    r = admin.call('POST', '/v1/verify', FAIL)
    same((r.status, r.json['ok']), (406, False), r)
    bad, good = r.json['expectations']
    same((good['ok'], bad['ok'], bad['count'], bad['expected']),
         (True, False, 0, 'exactly 2'))
    same([(c['id'], c['path'], c['differences']) for c in bad['closest']],
         [(1, '/v1/pay?page=3',
           ['query page: expected "1", came "3"'])])
    r = admin.call('POST', '/v1/verify', {'expect': [{'methd': 'GET'}]})
    same(r.status, 400)
    check('expect[0]: methd' in r.json['detail'], r.json)


@case
def the_last_request_counts_as_soon_as_it_is_answered(t):
    hark = t.hark('proxy', '--mocks', mocks(t))
    admin = Admin(t, hark)
    for n in range(1, 51):
        t.client(hark).ask('POST', '/v1/pay')
        r = admin.call('POST', '/v1/verify', {'expect': [
            {'path': '/v1/pay', 'count': n}]})
        same(r.status, 200, r.json)


@case
def what_the_log_has_dropped_makes_it_fail_clearly(t):
    hark = t.hark('proxy', '--mocks', mocks(t), '--traffic', '3')
    c = t.client(hark)
    for _ in range(5):
        c.ask('POST', '/v1/pay')
    admin = Admin(t, hark)
    r = admin.call('POST', '/v1/verify', {'expect': [
        {'path': '/v1/pay', 'count': 3}]})
    same((r.status, r.json['dropped']), (406, 2))
    check('not all is known' in r.json['expectations'][0]['why'], r.json)
    r = admin.call('POST', '/v1/verify', {'since': 2, 'expect': [
        {'path': '/v1/pay', 'count': 3}]})
    same(r.status, 200, r.json)
    r = admin.call('POST', '/v1/verify', {'expect': [{'path': '/v1/pay'}]})
    same(r.status, 200, r.json)


@case
def hark_verify_exits_as_it_says(t):
    hark = paid(t, '--admin-token', 's3cret')
    where = ['--admin', admin_of(hark), '--admin-token', 's3cret']

    def verify(expectations, *options):
        return outcome('verify', *(options or where),
                       str(written(t, expectations)))
    status, out, err = verify(PASS)
    same((status, out, err),
         (0, 'ok      POST /v1/pay (exactly 1: 1)\n', ''))
    status, out, err = verify(FAIL)
    same((status, err), (1, ''))
    check('not ok  POST /v1/pay: expected exactly 2, came 0\n' in out and
          '      query page: expected "1", came "3"\n' in out and
          'ok      any /v1/none (never: 0)\n' in out, out)
    status, out, err = verify('{"expect": [}')
    same(status, 2)
    check('expect.json: line 1, column 13' in err, err)
    status, out, err = verify(PASS, *where[:2])
    same(status, 2)
    check('401' in err, err)
    hark.stop()
    status, out, err = verify(PASS)
    same(status, 2)
    check('Connection refused' in err, err)


@case
def hark_verify_asks_a_unix_socket(t):
    path = t.path('admin')
    paid(t, '--admin', f'unix:{path}')
    same(outcome('verify', '--admin', f'unix:{path}', '--json',
                 str(written(t, PASS)))[0], 0)


ASK = ('import os, urllib.request as u; '
       'u.urlopen(os.environ["HARK_URL"] + "/v1/pay?page=3", '
       'b\'{"sum":2}\')')


@case
def hark_run_verifies_when_its_command_has_ended(t):
    store = t.path('hark.db')
    junit, report = t.path('junit.xml'), t.path('report.json')

    def run(expectations, code=ASK):
        return outcome(
            'run', '--mode', 'proxy', '--store', str(store), '--mocks',
            str(mocks(t)), '--verify', str(written(t, expectations)),
            '--junit', str(junit), '--report', str(report), '--',
            sys.executable, '-c', code)
    same(run(PASS)[0], 0)
    check('verify: POST /v1/pay' in junit.read_text(), junit.read_text())
    same(json.loads(report.read_text())['verify'],
         [{'name': 'POST /v1/pay', 'ok': True, 'why': ''}])
    status, out, err = run(FAIL)
    same(status, 9)
    check('POST /v1/pay: expected exactly 2, came 0' in err and
          'query page: expected "1", came "3"' in err, err)
    check('expected exactly 2, came 0' in junit.read_text(),
          junit.read_text())
    same(json.loads(report.read_text())['status'], 9)
    same(run(FAIL, 'raise SystemExit(4)')[0], 4)
    status, out, err = run({'expect': []})
    same(status, 2)
    check('expect.json: expect: expected a list' in err, err)


main()
