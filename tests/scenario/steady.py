"""Requests that go on while something else happens."""

import contextlib
import threading

from waits import PATIENCE, same


def told(hark, text, times=1):
    hark.told(text, times)


@contextlib.contextmanager
def traffic(hark, right, n=4, path='/x'):
    """Constant requests on n connections that stay; each answer is right."""
    end, wrong, counts = threading.Event(), [], [0] * n

    def ask(i):
        client = hark.client()
        try:
            while not end.is_set():
                r = client.ask('GET', path)
                if not right(r):
                    raise ValueError(f'{r.status} {r.source} {r.body[:50]}')
                counts[i] += 1
        except Exception as e:
            wrong.append(repr(e))
        finally:
            client.close()
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        end.set()
        for thread in threads:
            thread.join(PATIENCE)
    same(wrong, [])
