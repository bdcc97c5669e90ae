"""The servers of a benchmark: nginx and hark, each on its CPU, what /proc says
of them, and their end."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
DEADLINE = 20  # seconds to start or to stop


class Failure(Exception):
    """A benchmark that cannot go on; the text is for its user."""


def pinned(cpu, command):
    """command on one CPU, where there are two to tell apart."""
    if os.cpu_count() < 2:
        return command
    return ["taskset", "-c", str(cpu)] + command


def free_port():
    """A port nobody listens on right now; nginx cannot choose its own."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as r:
            return r.status == 200
    except OSError:
        return False


class Server:
    """A running program: its processes' CPU time and memory, and its end."""

    def __init__(self, name, folder, cpu, command):
        self.name = name
        self.base = None
        self.requests = 0  # that wrk completed against it
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                pinned(cpu, command), cwd=folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)

    def pids(self):
        main = self.process.pid
        with open(f"/proc/{main}/task/{main}/children") as f:
            return [main] + [int(pid) for pid in f.read().split()]

    def cpu(self):
        """Seconds of CPU so far, by the name of the thread that used them."""
        used = {}
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/stat") as f:
                    head, tail = f.read().rsplit(")", 1)
                name = head.split("(", 1)[1]
                user, system = tail.split()[11:13]
                used[name] = used.get(name, 0.0) + \
                    (int(user) + int(system)) / TICK
        return used

    def peak_memory(self):
        """VmHWM in bytes, of the process that has most."""
        most = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as f:
                for line in f:
                    if line.startswith("VmHWM:"):
                        most = max(most, int(line.split()[1]) * 1024)
        return most

    def wait_for(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with "
                              f"{self.process.returncode}: {self.tail()}")
            if time.monotonic() > end:
                raise Failure(f"{self.name} does not get ready")
            time.sleep(0.01)

    def state(self):
        """Whether it still runs and what it said last, for a failure."""
        ended = self.process.poll()
        return (f"{self.name} " +
                ("runs on" if ended is None else f"ended with {ended}") +
                f": {self.tail()}")

    def tail(self):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-5:]).strip()

    def stop(self):
        """Ends it the polite way and says how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} does not stop") from None
        finally:
            self.kill()
        if self.process.returncode != 0:
            raise Failure(f"{self.name} ended with "
                          f"{self.process.returncode}: {self.tail()}")

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
        self.stores = 0

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        for s in self.servers:
            s.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def nginx(self, name, cpu, http):
        """An nginx of one worker with http as the body of its server; PORT
        in it and in its upstreams is written by the caller."""
        port = free_port()
        prefix = self.path(name)
        os.mkdir(prefix)
        with open(os.path.join(prefix, "nginx.conf"), "w") as f:
            f.write(NGINX_CONF.format(
                user="user root;" if os.geteuid() == 0 else "",
                port=port, **http))
        s = Server(name, self.folder, cpu,
                   ["nginx", "-p", prefix, "-e", "stderr", "-c",
                    os.path.join(prefix, "nginx.conf")])
        self.servers.append(s)
        s.base = f"http://127.0.0.1:{port}"
        s.wait_for(lambda: answers(s.base + "/ready"))
        return s

    def gateway(self, name, cpu, mode, url=None, store=None):
        """hark with one worker in that mode."""
        ready = self.path(name + ".ready")
        command = [self.hark, mode, "--workers", "1", "--listen",
                   "127.0.0.1:0", "--ready-file", ready]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        if store is not None:
            command += ["--store", store]
        s = Server(name, self.folder, cpu,
                   command + ([url] if url is not None else []))
        self.servers.append(s)
        s.wait_for(lambda: os.path.exists(ready))
        with open(ready) as f:
            s.base = "http://" + json.load(f)["listen"][0]
        return s

    def store(self):
        """The path of a store that is not there yet."""
        self.stores += 1
        return self.path(f"store{self.stores}.db")

    def end(self, server):
        self.servers.remove(server)
        server.stop()


NGINX_CONF = """\
daemon off;
worker_processes 1;
pid nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/octet-stream;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    sendfile on;
    open_file_cache max=16;
    {outside}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /ready {{ return 200 "ready"; }}
        {inside}
    }}
}}
"""
