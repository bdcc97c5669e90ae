"""One origin behind one gateway, and what comes through."""

from harness import Shared, same


@Shared
def gateway(t):
    origin = t.origin()
    return origin, t.hark('proxy', origin)


def seen(origin):
    """The one request that reached the origin."""
    requests = origin.take()
    same(len(requests), 1, 'number of requests at the origin')
    return requests[0]


def without_host(message):
    return [(n, v) for n, v in message.headers
            if n.lower() not in ('host', 'connection')]
