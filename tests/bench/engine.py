"""PostgreSQL and pgbouncer as servers of a benchmark: on loopback, in the
folder of the stage, with the settings that they come with, so that a commit
is on the disk when it says so.  They have no CPU of their own."""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import time

import peers
from servers import TICK, Failure, Server, Unable, free_port

NOBODY = 65534
BOUNCER = """\
[databases]
* = host=127.0.0.1 port={engine} user=hark
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 1000
server_reset_query =
"""


def tool(name):
    found = glob.glob(f"/usr/lib/postgresql/15/bin/{name}") + \
        [shutil.which(name, path="/usr/sbin:" + os.environ["PATH"])]
    if found[0] is None:
        raise Unable(f"there is no {name} (Debian packages postgresql-15 and "
                     "pgbouncer)")
    return found[0]


def ordinary(command):
    """PostgreSQL refuses to be root's."""
    return command if os.geteuid() else [
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
        *command]


def owned(path):
    os.mkdir(path, 0o700)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    return path


def versions():
    found = {}
    for name, program in (("PostgreSQL", "postgres"),
                          ("pgbouncer", "pgbouncer")):
        with contextlib.suppress(Unable):
            found[name] = peers.version([tool(program), "--version"])
    return found


class Daemon(Server):
    """What it has used stays known when one of its processes is gone."""

    def cpu(self):
        used = super().cpu()
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
            head, tail = f.read().rsplit(")", 1)
        name = head.split("(", 1)[1]
        gone = sum(int(n) for n in tail.split()[13:15]) / TICK
        return {**used, name: used.get(name, 0.0) + gone}

    def kill(self):
        self.process.send_signal(signal.SIGQUIT)
        super().kill()


class Engine:
    def __init__(self, stage):
        self.stage = stage
        self.databases = 0
        self.pool = None
        stage.open_to_all()
        self.data = owned(stage.fresh("engine"))
        self.port = free_port()
        self.set_up()
        self.server = self.daemon("PostgreSQL", [
            tool("postgres"), "-D", self.data, "-k", "", "-c",
            "listen_addresses=127.0.0.1", "-p", str(self.port)], self.port)

    def set_up(self):
        done = subprocess.run(
            ordinary([tool("initdb"), "-D", self.data, "-U", "hark", "-A",
                      "trust", "-E", "SQL_ASCII", "--locale=C"]),
            cwd=self.data, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"initdb: {done.stderr[-500:]}")

    def daemon(self, name, command, port):
        s = Daemon(name, self.data, None, ordinary(command))
        self.stage.servers.append(s)
        end = time.monotonic() + 30
        while self.ask("SELECT 1", port, patient=True) != "1":
            if s.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"{name} does not get ready: {s.tail()}")
            time.sleep(0.02)
        return s

    def ask(self, sql, port=None, database="postgres", patient=False):
        """What a statement gives, by psql."""
        done = subprocess.run(
            [tool("psql"), "-qXAt", "-h", "127.0.0.1", "-p",
             str(port or self.port), "-U", "hark", "-d", database, "-c", sql],
            capture_output=True, text=True, check=False)
        if done.returncode != 0 and not patient:
            raise Failure(f"{sql}: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()

    def bouncer(self):
        """The port of the pooler in front of it."""
        if self.pool is None:
            port, path = free_port(), os.path.join(self.data, "bouncer.ini")
            with open(path, "w", encoding="ascii") as f:
                f.write(BOUNCER.format(engine=self.port, port=port))
            self.pool = port, self.daemon(
                "pgbouncer", [tool("pgbouncer"), "-q", path], port)
        return self.pool

    def fresh(self):
        """The name of a database with nothing in it."""
        self.databases += 1
        name = f"tapes{self.databases}"
        self.ask(f"CREATE DATABASE {name}")
        return name

    def bytes(self, database):
        return int(self.ask(f"SELECT pg_database_size('{database}')"))

    def logged(self):
        """Bytes of its write-ahead log so far."""
        return int(self.ask(
            "SELECT CAST(pg_current_wal_lsn() - '0/0' AS BIGINT)"))

    def url(self, database, pooled=False):
        port = self.bouncer()[0] if pooled else self.port
        return f"postgresql://hark@127.0.0.1:{port}/{database}"

    def servers(self, pooled):
        return [self.server] + ([self.bouncer()[1]] if pooled else [])


def engine_of(stage):
    return stage.once("engine", lambda: Engine(stage))
