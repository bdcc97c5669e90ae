#!/usr/bin/env python3
"""A small API with a memory, for the examples: GET and POST /users, and a page
at / that shows them.  Prints its URL."""

import http.server
import json

USERS = [{'id': 1, 'name': 'Ada'}]

PAGE = b'''<!doctype html>
<title>Users</title>
<h1>Users</h1>
<ul></ul>
<script>
fetch('/users').then(r => r.json()).then(users => {
  for (const { name } of users)
    document.querySelector('ul').append(
      Object.assign(document.createElement('li'), { textContent: name }));
});
</script>
'''


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, status, body, kind='application/json'):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == '/':
            self.answer(200, PAGE, 'text/html')
        elif self.path == '/users':
            self.answer(200, json.dumps(USERS).encode())
        else:
            self.answer(404, b'{"error":"no such thing"}')

    def do_POST(self):
        user = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        USERS.append({'id': len(USERS) + 1, **user})
        self.answer(201, json.dumps(USERS[-1]).encode())

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Api)
    print(f'http://127.0.0.1:{server.server_port}', flush=True)
    server.serve_forever()
