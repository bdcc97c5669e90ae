# Goal: who follows a tape of a shared store is told of changes by the database,
# and asks for them by itself where the database does not tell.

from harness import case, check, main, reply, same, until
from link import Link
from postgres import built, postgres

RARELY = '1h'  # asks nothing more in a case


def changed(origin, one, other):
    """More answers under a key that the other has in memory, each of which is
    recorded when it has heard of the one before."""
    for body in (b'second', b'third', b'fourth'):
        origin.routes['/a'] = reply(body)
        same(one.get('/a').body, body, 'what is recorded')
        until(lambda: other.get('/a').body == body, 'the other has it')


def begun(t, of_one, of_other, *options):
    """Who records on a store and who replays it, by these URLs of it."""
    origin = t.origin()
    origin.routes['/a'] = reply(b'first')
    one = t.hark('record', origin, store=of_one)
    same(one.get('/a').body, b'first', 'what is recorded')
    other = t.hark('replay', *options, store=of_other)
    until(lambda: other.get('/a').status == 200, 'it is replayed')
    same(other.get('/a').body, b'first', 'what is replayed')
    return origin, one, other


@case(deadline=60)
def a_change_is_told_to_who_hardly_ever_asks(t):
    store = postgres().store()
    changed(*begun(t, store, store, '--store-poll', RARELY))


@case(deadline=90)
def who_lost_the_connection_hears_again_behind_it(t):
    store = postgres().store()
    origin, one, other = begun(t, store, store, '--store-poll', RARELY)
    changed(origin, one, other)
    postgres().run('crash')
    postgres().run('again')
    changed(origin, one, other)


def over(link, store):
    """The URL of a store by way of a link."""
    name = postgres().database(store)
    return f'postgresql://hark@127.0.0.1:{link.port}/{name}'


def refusing(t, word):
    """A link to an engine that does not know the word."""
    link, met = Link(t, postgres().folder), []

    def on_bytes(way, data):
        if way == 'out' and word in data:
            met.append(data)
            data = data.replace(word, word[:-1] + b'?')
        return data, None

    link.on_bytes = on_bytes
    return link, met


@case(deadline=60)
def an_engine_that_lets_nobody_listen_is_asked(t):
    store = postgres().store()
    link, met = refusing(t, b'LISTEN')
    origin, one, other = begun(t, store, over(link, store))
    until(lambda: met, 'it tried to listen')
    changed(origin, one, other)
    same(len(met), 1, 'attempts')


@case(deadline=60)
def an_engine_that_lets_nobody_tell_is_asked(t):
    store = postgres().store()
    link, met = refusing(t, b'NOTIFY')
    origin, one, other = begun(t, over(link, store), store)
    until(lambda: met, 'it tried to tell')
    changed(origin, one, other)
    same(len(met), 1, 'attempts')


@case(deadline=60)
def behind_a_pooler_nobody_listens(t):
    built()
    store, pool = postgres().store(), postgres().folder / 'pool'
    if not pool.exists():
        postgres().run('pool')
    name = postgres().database(store)
    postgres().sql(f"ALTER DATABASE {name} SET log_statement = 'all'")
    mark = postgres().marked()
    by = f'postgresql://hark@/{name}?host={pool}&port=6432'
    origin, one, other = begun(t, by, by)
    changed(origin, one, other)
    check('prepared statement' not in other.log, other.log)
    log = postgres().log(mark)
    check('NOTIFY' in log and 'LISTEN' not in log, 'what was said')


main()
