# Goal: PouchDB, whose every run has identifiers of its own, replicates with a
# recording, by three rule lines.

import json
import shutil
import subprocess
import threading
import urllib.parse

from harness import PATIENCE, Skip, case, check, main, reply, same
from registry import npm, registry

PACKAGES = [f'pouchdb-{name}@9' for name in (
    'core', 'adapter-http', 'adapter-memory', 'replication')]
SYNC = """
const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-memory'))
  .plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-replication'));
(async () => {
  const local = new PouchDB('local', {adapter: 'memory'});
  await local.bulkDocs(
    [{_id: 'a', n: 1}, {_id: 'b', n: 2}, {_id: 'c', n: 3}]);
  const url = process.argv[2], small = {batch_size: 2};
  const pushed = await local.replicate.to(url, small);
  const pulled = await local.replicate.from(url, small);
  const all = await local.allDocs({include_docs: true});
  console.log(JSON.stringify({
    pushed: pushed.docs_written, pulled: pulled.docs_written,
    docs: all.rows.map(row => row.doc)}));
})().catch(e => { console.error(e); process.exit(1); });
"""
# As in README.md.
RULES = """\
* /db/_local/* path ^/db/_local/.+ /db/_local/ID
PUT /db/_local/* ignore json /_id
PUT /db/_local/* ignore json /session_id /history
"""


class Couch:
    """As much of CouchDB as replication asks for."""

    def __init__(self):
        self.docs = {}     # id to revision to document
        self.changes = []  # of them, in order
        self.local = {}    # documents that are not replicated
        self.lock = threading.Lock()
        self.put({'_id': 'd', '_rev': '1-d', 'n': 4,
                  '_revisions': {'start': 1, 'ids': ['d']}})

    def put(self, doc):
        self.docs.setdefault(doc['_id'], {})[doc['_rev']] = doc
        self.changes.append((doc['_id'], doc['_rev']))

    def __call__(self, peer, r):
        path, _, query = r.target.partition('?')
        _, _, what = urllib.parse.unquote(path)[1:].partition('/')
        with self.lock:
            status, answer = self.answer(
                r, what, dict(urllib.parse.parse_qsl(query)),
                json.loads(r.body or b'null'))
        peer.send(reply(json.dumps(answer).encode(), status,
                        [('Content-Type', 'application/json')]))

    def answer(self, r, what, query, asked):
        if what.startswith('_local/'):
            return self.answer_local(r, what, asked)
        if what == '_revs_diff':
            missing = {i: [v for v in revs if v not in self.docs.get(i, {})]
                       for i, revs in asked.items()}
            return '200 OK', {i: {'missing': m}
                              for i, m in missing.items() if m}
        if what == '_bulk_docs':
            for doc in asked['docs']:
                self.put(doc)
            return '201 Created', []
        if what == '_changes':
            since = int(query['since'])
            rows = [{'seq': n, 'id': i, 'changes': [{'rev': v}]}
                    for n, (i, v) in enumerate(self.changes, 1) if n > since]
            return '200 OK', {'results': rows[:int(query['limit'])],
                              'last_seq': len(self.changes)}
        if what == '_bulk_get':
            return '200 OK', {'results': [
                {'id': d['id'], 'docs': [{'ok': self.docs[d['id']][d['rev']]}]}
                for d in asked['docs']]}
        return '200 OK', {'db_name': 'db', 'update_seq': len(self.changes)}

    def answer_local(self, r, what, asked):
        was = self.local.get(what)
        if r.method == 'GET':
            return ('200 OK', was) if was else (
                '404 Not Found', {'error': 'not_found', 'reason': 'missing'})
        number = int(was['_rev'][2:]) + 1 if was else 1
        self.local[what] = {**asked, '_rev': f'0-{number}'}
        return '201 Created', {'ok': True, 'id': what, 'rev': f'0-{number}'}


def install(t):
    registry()
    if not shutil.which('node'):
        raise Skip('there is no node command')
    folder = t.path()
    (folder / 'package.json').write_text('{"name": "x", "version": "1.0.0"}')
    (folder / 'sync.js').write_text(SYNC)
    done = npm('install', *PACKAGES, '--cache', t.path(), '--no-audit',
               '--no-fund', '--no-update-notifier', '--ignore-scripts',
               '--fetch-retries=0', cwd=folder)
    if done.returncode:
        raise Skip('PouchDB cannot be installed')
    return folder


def sync(folder, hark):
    return subprocess.run(
        ['node', 'sync.js', hark.url + '/db'], cwd=folder, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE * 4)


@case(deadline=150)
def PouchDB_replicates_with_a_recording_by_three_rules(t):
    folder = install(t)
    origin = t.origin()
    origin.default = Couch()
    hark = t.hark('record', origin)
    recorded = sync(folder, hark)
    same(recorded.returncode, 0, recorded.stderr)
    same([doc['_id'] for doc in json.loads(recorded.stdout)['docs']],
         ['a', 'b', 'c', 'd'])
    hark.stop()
    origin.stop()
    hark.restart(mode='replay')
    check(sync(folder, hark).returncode != 0, 'it fails without rules')
    hark.told('/db/_local/')
    hark.told(': miss')
    hark.stop()
    rules = t.path('rules')
    rules.write_text(RULES)
    for _ in range(2):
        hark.restart(mode='replay', options=['--rules', rules])
        again = sync(folder, hark)
        same((again.returncode, again.stdout), (0, recorded.stdout),
             again.stderr)
        hark.stop()
        check(' 0 missed' in hark.log.splitlines()[-1], hark.log[-2000:])
    print(f'# {len(origin.requests)} requests recorded')


if __name__ == '__main__':
    main()
