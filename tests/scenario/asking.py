# Goal: a command for hark run that asks, and a store that can answer it.

import sys

from harness import reply

GET = """
import os, sys, urllib.request
url = os.environ['HARK_URL']
for target in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url + target) as r:
            print(r.status, r.read().decode())
    except urllib.error.HTTPError as e:
        print(e.code)
"""


def asking(*targets):
    """A command that asks HARK_URL for targets and prints the answers."""
    return [sys.executable, '-c', GET, *targets]


def recorded(t, *targets, store=None, options=()):
    """A store with an answer to each of targets, and no origin."""
    origin = t.origin()
    hark = t.hark('record', origin, *options, store=store)
    for target in targets:
        origin.routes[target] = reply(b'answer ' + target.encode())
        hark.get(target)
    hark.stop()
    origin.stop()
    return hark.store
