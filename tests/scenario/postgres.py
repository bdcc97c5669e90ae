# Goal: give a scenario a PostgreSQL of its own, with databases that are new.

import itertools
import os
import pathlib
import subprocess

from harness import Shared, Skip, command, same

SERVER = pathlib.Path(__file__).resolve().parents[1] / 'postgres/server.sh'
PSQL = '/usr/lib/postgresql/15/bin/psql'
names = itertools.count(1)


class Postgres:
    def __init__(self, folder):
        self.folder = folder

    def sql(self, text, database='postgres'):
        done = subprocess.run(
            [PSQL, '-qAt', '-h', self.folder,
             '-U', 'hark', '-d', database, '-c', text],
            capture_output=True, text=True)
        same((done.returncode, done.stderr), (0, ''), text)
        return done.stdout.strip()

    def file(self, path, database, **variables):
        """Runs SQL that is shipped."""
        done = subprocess.run(
            [PSQL, '-qX', '-h', self.folder, '-U', 'hark', '-d', database,
             '-v', 'ON_ERROR_STOP=1', '-f', SERVER.parents[2] / path,
             *(f'-v{k}={v}' for k, v in variables.items())],
            env=os.environ | {'PGOPTIONS': '-c client_min_messages=warning'},
            capture_output=True, text=True)
        same((done.returncode, done.stderr), (0, ''), path)

    def run(self, what):
        same(subprocess.run([SERVER, what, self.folder]).returncode, 0, what)

    def marked(self):
        """Where its log ends by now."""
        return (self.folder / 'server/log').stat().st_size

    def log(self, mark):
        """What it has said since."""
        with open(self.folder / 'server/log', errors='replace') as f:
            f.seek(mark)
            return f.read()

    def store(self):
        """The URL of one that nobody has used yet."""
        name = f'tapes{next(names)}'
        self.sql(f'CREATE DATABASE {name}')
        return f'postgresql://hark@/{name}?host={self.folder}'

    @staticmethod
    def database(store):
        return store.split('/')[3].split('?')[0]


def built():
    said = command('list', '--store', 'postgresql:///x?host=/nowhere').stderr
    if 'built without' in said:
        raise Skip('hark was built without PostgreSQL')
    return said


def begin(t):
    built()
    top = t.path()
    for folder in (top, *top.parents):
        if str(folder).startswith('/tmp/hark-test-'):
            folder.chmod(0o755)
    folder = top / 'pg'
    done = subprocess.run([SERVER, 'start', folder, str(os.getpid())])
    if done.returncode:
        raise Skip('no PostgreSQL 15 can be started')
    t.ends.callback(subprocess.run, [SERVER, 'stop', folder])
    return Postgres(folder)


postgres = Shared(begin)


def tape(t, routes):
    """A store that has recordings of them."""
    store, origin = postgres().store(), t.origin()
    origin.routes.update(routes)
    hark = t.hark('record', origin, store=store)
    for path in routes:
        same(hark.get(path).status, 200, path)
    hark.stop()
    return store
