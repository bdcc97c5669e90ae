# Goal: make a folder as it is after a power cut, from the log of disk.c.
#
# A disk keeps what was synced.  Of what was written and not synced it may
# keep any part, sector by sector, and of names that were made, changed and
# removed since their folder was synced those up to some moment.

import os
import pathlib
import struct

from waits import HARK, Skip

RECORD = struct.Struct('<B3xIQQII')
SECTOR = 512
ACKNOWLEDGED = ord('A')


def shim():
    built = pathlib.Path(os.environ.get('top_builddir') or
                         pathlib.Path(HARK).resolve().parent)
    path = built / 'tests' / 'scenario' / 'disk.so'
    if not path.exists():
        raise Skip(f'{path} is not built (make {path.name})')
    return path


class Disk:
    """A folder whose files are written through disk.c."""

    def __init__(self, folder, aside):
        self.folder = pathlib.Path(folder).resolve()
        self.log = aside / 'log'
        self.log.write_bytes(b'')
        self.control = aside / 'control'
        self.set()
        self.marks = os.open(self.log, os.O_WRONLY | os.O_APPEND)
        self.before = {str(p): (p.stat().st_ino, p.read_bytes())
                       for p in self.folder.iterdir() if p.is_file()}
        asan = os.environ.get('ASAN_OPTIONS', '')
        self.env = {'LD_PRELOAD': str(shim()),
                    'ASAN_OPTIONS': f'{asan}:verify_asan_link_order=0',
                    'HARK_DISK_FOLDER': str(self.folder),
                    'HARK_DISK_LOG': str(self.log),
                    'HARK_DISK_CONTROL': str(self.control)}

    def set(self, write_errno=0, sync_errno=0, sync_us=0):
        # In place: the program has it mapped.
        how = 'r+b' if self.control.exists() else 'wb'
        with open(self.control, how) as f:
            f.write(struct.pack('=III', write_errno, sync_errno, sync_us))

    def acknowledge(self, number):
        """Somebody has read the whole answer of this number by now."""
        os.write(self.marks, RECORD.pack(ACKNOWLEDGED, 0, number, 0, 0, 0))

    def records(self):
        log = self.log.read_bytes()
        at = 0
        while at < len(log):
            op, path, file, offset, n, _ = RECORD.unpack_from(log, at)
            at += RECORD.size
            name = log[at:at + path].decode()
            at += path
            yield chr(op), name, file, offset, log[at:at + n]
            at += n


class File:
    def __init__(self, content=b''):
        self.synced = bytearray(content)
        self.pending = []

    def apply(self, content, change, dice=None):
        op, at, data = change
        if op == 't':
            if dice is None or dice.random() < 0.5:
                del content[at:]
                content.extend(bytes(at - len(content)))
            return
        end = at + len(data)
        sectors = range(at // SECTOR, (end - 1) // SECTOR + 1)
        kept = [True] * len(sectors)
        if dice is not None:
            kind = dice.random()
            if kind < 0.4:
                return
            if kind < 0.7:  # torn
                kept = [dice.random() < 0.5 for _ in sectors]
        for keep, sector in zip(kept, sectors):
            if keep:
                first = max(at, sector * SECTOR)
                last = min(end, (sector + 1) * SECTOR)
                content.extend(bytes(max(0, last - len(content))))
                content[first:last] = data[first - at:last - at]

    def sync(self):
        for change in self.pending:
            self.apply(self.synced, change)
        self.pending = []

    def after_cut(self, how, dice):
        content = bytearray(self.synced)
        for change in self.pending if how != 'none' else ():
            self.apply(content, change, dice if how == 'some' else None)
        return bytes(content)


class Cut:
    """Reads a log on and on, and makes the folder as of a cut there."""

    def __init__(self, disk):
        self.disk = disk
        self.files = {}
        self.names = {}    # as they are
        self.durable = {}  # as they are on the disk
        self.changes = []  # what happened to names since
        self.acknowledged = []
        for path, (file, content) in disk.before.items():
            self.files[file] = File(content)
            self.names[path] = self.durable[path] = file

    def _file(self, path, file):
        if path.endswith(' (deleted)'):
            return self.files.get(file) or File()
        if self.names.get(path) != file:
            self.files[file] = File()
            self._name('n', path, file)
        return self.files[file]

    def _name(self, *change):
        self.changes.append(change)
        self._rename(self.names, change)

    @staticmethod
    def _rename(names, change):
        op, path, other = change
        if op == 'n':
            names[path] = other
        elif op == 'u':
            names.pop(path, None)
        elif path in names:
            names[other] = names[path] if op == 'l' else names.pop(path)

    def step(self, record):
        op, path, file, at, data = record
        if op == 'A':
            self.acknowledged.append(file)
        elif op in 'wt':
            self._file(path, file).pending.append((op, at, data))
        elif op == 's':
            self._file(path, file).sync()
        elif op == 'd':
            for change in self.changes:
                self._rename(self.durable, change)
            self.changes = []
        elif op == 'u':
            self._name('u', path, None)
        else:
            self._name(op, path, data.decode())

    def make(self, folder, how, dice):
        """how: none, some or all of what was not synced is there."""
        names = dict(self.durable)
        n = {'none': 0, 'all': len(self.changes)}.get(
            how, dice.randint(0, len(self.changes)))
        for change in self.changes[:n]:
            self._rename(names, change)
        for path, file in names.items():
            if not path.endswith('-shm'):  # of memory, in truth
                to = folder / os.path.basename(path)
                to.write_bytes(self.files[file].after_cut(how, dice))
