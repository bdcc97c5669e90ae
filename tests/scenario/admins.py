# Goal: ask the admin port of a gateway.

import json

from harness import Client

JSON = [('Content-Type', 'application/json')]


def admin_of(hark):
    return json.loads(hark.ready.read_text()).get('admin')


class Admin(Client):
    """A connection to the admin port of hark."""

    def __init__(self, t, hark, token=None):
        super().__init__(admin_of(hark).removeprefix('http://'))
        t.ends.callback(self.close)
        self.fields = [('Authorization', f'Bearer {token}')] if token else []

    def call(self, method, target, body=None, fields=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            fields = [*fields, *JSON]
        fields = [*self.fields, *fields]
        named = any(n == 'Host' for n, _ in fields)
        self.request(method, target, fields, body, host=not named)
        return self.response(method)
