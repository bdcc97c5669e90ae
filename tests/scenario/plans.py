# Goal: what a gateway asks a shared store for each request is found by an
# index, however large the tables are.
#
# auto_explain has the engine log the plan of each statement that it runs, so
# that none is forgotten here.  HARK_BIG=1 has a million entries.

import re

from harness import BIG, Shared, case, check, main, reply, same, until
from postgres import postgres

ENTRIES = 1_000_000 if BIG else 6000
MANY = 500  # rows, for one statement
TAPES = 4  # of which one is asked for

# Copies of the first entry, each with a key and a body of its own.
FILL = '''
INSERT INTO hark_body (id, digest, size, bytes)
    SELECT n, decode(md5('body' || n), 'hex'), 10, '0123456789'
    FROM generate_series(2, {n}) AS n;
INSERT INTO hark_part (parts, at, bytes)
    SELECT n, 0, '0123456789' FROM generate_series(1, {n}) AS n;
DO $$ DECLARE names text; values_ text; BEGIN
    SELECT string_agg(column_name, ','), string_agg(CASE column_name
        WHEN 'id' THEN 'n' WHEN 'tape' THEN '1 + n % {tapes}'
        WHEN 'key' THEN 'decode(md5(''key'' || n), ''hex'')'
        WHEN 'normal_key' THEN 'decode(md5(''normal'' || n), ''hex'')'
        WHEN 'request_body' THEN 'n' WHEN 'response_body' THEN 'n'
        WHEN 'shape' THEN 'shape + n' WHEN 'path' THEN 'path + n'
        ELSE column_name END, ',')
    INTO names, values_ FROM information_schema.columns
    WHERE table_name = 'hark_entry';
    EXECUTE 'INSERT INTO hark_entry (' || names || ') SELECT ' || values_ ||
        ' FROM (SELECT * FROM hark_entry ORDER BY id LIMIT 1) AS e,'
        ' generate_series(1000, {n}) AS n';
END $$;
UPDATE hark_state SET last = {n};
ANALYZE;
'''


def begin(t):
    """A store with that many entries, whose statements are explained."""
    engine, origin = postgres(), t.origin()
    origin.routes['/users/1'] = reply(b'an answer')
    store = engine.store()
    name = engine.database(store)
    for tape in range(1, TAPES + 1):
        hark = t.hark('record', origin, '--tape', f'tape{tape}', store=store)
        hark.get('/users/1')
        hark.stop()
    engine.sql(FILL.format(n=ENTRIES, tapes=TAPES), name)
    for setting in ("session_preload_libraries = 'auto_explain'",
                    'auto_explain.log_min_duration = 0',
                    'auto_explain.log_analyze = on',
                    'auto_explain.log_timing = off'):
        engine.sql(f'ALTER DATABASE {name} SET {setting}')
    return store, origin


filled = Shared(begin)


def plans(engine, mark):
    """Each with its statement, by the text of the log."""
    return re.split(r'^\d{4}-\d\d-\d\d .*(?=duration:)', engine.log(mark),
                    flags=re.M)[1:]


def heavy(plan):
    """Whether it reads many rows of a table, wanted or not."""
    return any(int(n) > MANY for n in re.findall(
        r'(?:actual rows=|Rows Removed by [\w ]*: )(\d+)', plan))


def flat(engine, mark, *tables):
    """None was one; and there were some of each table, by an index."""
    found = plans(engine, mark)
    check(not any(map(heavy, found)),
          lambda: '\n'.join(filter(heavy, found)))
    for table in tables:
        check(any(re.search(rf'Index .*\n?.*on {table}\b', p) for p in found),
              lambda: f'nothing of {table} by an index in {len(found)}')


@case(deadline=300)
def replaying_reads_no_table_whole(t):
    store, _ = filled()
    engine = postgres()
    hark = t.hark('replay', '--tape', 'tape2', store=store)
    mark = engine.marked()
    same(hark.get('/users/1').body, b'an answer', 'a hit')
    for target in ('/users/2', '/orders/77', '/users/1?a=b'):
        check(hark.get(target).status >= 400, 'a miss')
    check(hark.ask('POST', '/users/1', [], b'some body').status >= 400,
          'a miss')
    flat(engine, mark, 'hark_entry', 'hark_body')


@case(deadline=300)
def recording_reads_no_table_whole(t):
    store, origin = filled()
    engine = postgres()
    mark = engine.marked()
    hark = t.hark('auto', origin, '--tape', 'tape3', store=store)
    origin.routes['/long'] = reply(b'0123456789abcdef' * (1 << 17))
    for target in ('/new', '/new', '/long', '/users/1'):
        same(hark.get(target).status, 200, target)
    same(hark.ask('POST', '/new', [], b'a body').status, 200, 'POST')
    hark.stop()
    flat(engine, mark, 'hark_entry', 'hark_body')


@case(deadline=300)
def what_goes_on_all_the_time_reads_no_table_whole(t):
    """Two gateways, one of which sees what the other changes."""
    store, origin = filled()
    engine = postgres()
    one = t.hark('record', origin, '--tape', 'tape4', store=store)
    other = t.hark('replay', '--tape', 'tape4', store=store)
    mark = engine.marked()
    one.get('/seen')
    until(lambda: other.get('/seen').status == 200, 'the other has it')
    flat(engine, mark, 'hark_entry')


@case(deadline=300)
def a_missing_index_would_be_seen(t):
    """The cases above can fail."""
    store, _ = filled()
    engine = postgres()
    hark = t.hark('replay', '--tape', 'tape2', store=store)
    engine.sql('DROP INDEX hark_entry_by_key', engine.database(store))
    mark = engine.marked()
    check(hark.get('/nothing').status >= 400, 'a miss')
    check(any(map(heavy, plans(engine, mark))), 'a plan that is not flat')
    filled.close()


main()
