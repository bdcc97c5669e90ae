"""The fixture `api`: a gateway for the whole run and a session for each test.

    API=http://127.0.0.1:8000 pytest        records what is not there yet
    pytest                                  replays, offline
"""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope='session')
def gateway(tmp_path_factory):
    live = os.environ.get('API')
    ready = tmp_path_factory.mktemp('hark') / 'ready.json'
    hark = subprocess.Popen(
        [os.environ.get('HARK', 'hark'), *(['record', live] if live else
                                           ['replay']),
         '--store', os.environ.get('STORE', HERE / 'fixtures.db'),
         '--listen', '127.0.0.1:0', '--ready-file', ready])
    while not ready.exists():               # written whole when it accepts
        assert hark.poll() is None, 'hark did not start'
        time.sleep(0.01)
    yield 'http://' + json.loads(ready.read_text())['listen'][0]
    hark.terminate()
    assert hark.wait() == 0


class Api:
    def __init__(self, url, session):
        self.url, self.session = url, session

    def __call__(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'X-Hark-Session': self.session,
                     'Content-Type': 'application/json'})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@pytest.fixture
def api(gateway, request):
    return Api(gateway, request.node.name)
