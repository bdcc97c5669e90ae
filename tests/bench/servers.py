"""The servers of a benchmark: programs that each have their CPUs, what /proc
says of them, and their end."""

import contextlib
import glob
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 20  # seconds to stop


class Failure(Exception):
    """What makes a figure worthless; the text is for its reader."""


class Unable(Exception):
    """What a server cannot do, or is not asked for; the text says why."""


def pinned(cpus, command):
    """command on some CPUs, where there are two to tell apart."""
    if os.cpu_count() < 2 or cpus is None:
        return command
    return ["taskset", "-c", cpus] + command


def load_cpus():
    """Those of load and backends: the first half."""
    return f"0-{max(1, os.cpu_count() // 2) - 1}"


def free_port():
    """A port nobody listens on right now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(base, path, method="GET", body=None, fields=None, timeout=60):
    """Status and body of one answer."""
    scheme, host = base.split("://")
    c = http.client.HTTPConnection(host, timeout=timeout) \
        if scheme == "http" else http.client.HTTPSConnection(
            host, timeout=timeout, context=ssl._create_unverified_context())
    try:
        c.request(method, path, body, fields or {})
        answer = c.getresponse()
        return answer.status, answer.read()
    finally:
        c.close()


class Server:
    """A running program: its processes' CPU time and memory, and its end."""

    def __init__(self, name, folder, cpus, command):
        self.name = name
        self.base = None
        self.started = None  # seconds to the first answer
        self.requests = 0  # that wrk completed against it
        self.beside = []  # servers that work for it
        self.tape = None  # the file that it answers from
        self.log = os.path.join(folder, name.replace(" ", "-") + ".log")
        self.begun = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                pinned(cpus, command), cwd=folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)

    def recall(self):
        """Has the kernel read the tape: some take a file's pages back within
        seconds, and what is measured is the server and not the disk."""
        if self.tape is not None:
            with open(self.tape, "rb", buffering=0) as f:
                while f.read(1 << 20):
                    pass

    def pids(self):
        """The program's and its children's, theirs too."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(OSError), \
                    open(f"/proc/{pid}/task/{pid}/children",
                         encoding="ascii") as f:
                found += [int(child) for child in f.read().split()]
        return found

    def cpu(self):
        """Seconds of CPU so far, by the name of the thread that used them."""
        used = {}
        for pid in self.pids():
            for path in glob.glob(f"/proc/{pid}/task/*/stat"):
                with contextlib.suppress(OSError), \
                        open(path, encoding="utf-8", errors="replace") as f:
                    head, tail = f.read().rsplit(")", 1)
                    name = head.split("(", 1)[1]
                    user, system = tail.split()[11:13]
                    used[name] = used.get(name, 0.0) + \
                        (int(user) + int(system)) / TICK
        return used

    def cost(self):
        """The same, with what works for it."""
        used = self.cpu()
        for server in self.beside:
            for name, seconds in server.cpu().items():
                used[name] = used.get(name, 0.0) + seconds
        return used

    def memory(self, kind="VmRSS"):
        """VmRSS or VmHWM in bytes, of the process that has most."""
        most = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), \
                    open(f"/proc/{pid}/status", encoding="utf-8",
                         errors="replace") as f:
                for line in f:
                    if line.startswith(kind + ":"):
                        most = max(most, int(line.split()[1]) * 1024)
        return most

    def wait_for(self, path, wanted, patience):
        """Until path is answered with wanted, by status or exactly."""
        end = time.monotonic() + patience
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, body = ask(self.base, path)
                if wanted in (status, body):
                    self.started = time.monotonic() - self.begun
                    return
            if self.process.poll() is not None:
                raise Failure(self.state())
            if time.monotonic() > end:
                raise Failure(f"{self.name} does not get ready: "
                              f"{self.tail()}")
            time.sleep(0.0005)

    def state(self):
        """Whether it still runs and what it said last, for a failure."""
        ended = self.process.poll()
        return (f"{self.name} " +
                ("runs on" if ended is None else f"ended with {ended}") +
                f": {self.tail()}")

    def tail(self):
        with open(self.log, errors="replace", encoding="utf-8") as f:
            return "".join(f.readlines()[-5:]).strip()[-500:]

    def stop(self):
        """Ends it the polite way and says how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not stop") from None
        finally:
            self.kill()
        if self.process.returncode != 0:
            raise Failure(self.state())

    def kill(self):
        """Whatever is left of it, children too; a master gets a moment to
        reap its workers."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Stage:
    """A folder and the servers in it; both are gone at its end."""

    def __init__(self, folder, hark):
        self.folder = folder
        self.hark = hark
        self.servers = []
        self.made = {}
        self.numbers = 0

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        for s in self.servers:
            s.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_to_all(self):
        """For programs that refuse to be root's."""
        os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, name):
        """A path that is not there yet."""
        self.numbers += 1
        return self.path(f"{self.numbers}-{name}")

    def once(self, key, make):
        """What make() gave the first time that it was asked for."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def launch(self, name, command, port, path, wanted=200, cpus=None,
               patience=20, scheme="http"):
        """A server that listens on port, when it has answered path."""
        last = str(os.cpu_count() - 1)
        s = Server(name, self.folder, cpus or last, command)
        self.servers.append(s)
        s.base = f"{scheme}://127.0.0.1:{port}"
        try:
            s.wait_for(path, wanted, patience)
        except Failure:
            self.end(s, kill=True)
            raise
        return s

    def end(self, server, kill=False):
        self.servers.remove(server)
        if kill:
            server.kill()
        else:
            server.stop()
