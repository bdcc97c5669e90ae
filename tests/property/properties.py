# Goal: what all property tests share: Hypothesis, its bounds, and TAP.
"""Needs Hypothesis (Debian package python3-hypothesis).  The examples are
always the same ones; HARK_PROPERTY_EXAMPLES=1000 tries that many random ones
per property."""

import os
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.environ.get('top_srcdir', '.'),
                                'tests/scenario'))
# Hundreds of stores, each made safe on disk: in memory if possible.
ROOT = tempfile.TemporaryDirectory(
    prefix='hark-property-',
    dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
os.environ['HYPOTHESIS_STORAGE_DIRECTORY'] = ROOT.name

try:
    import hypothesis
    from hypothesis import strategies as st
except ImportError:
    print('1..0 # SKIP no Hypothesis (Debian package python3-hypothesis)')
    sys.exit(0)

from waits import SANITIZED, check, same  # noqa: E402

__all__ = ['ROOT', 'check', 'examples', 'hypothesis', 'main',
           'same', 'st']

EXAMPLES = int(os.environ.get('HARK_PROPERTY_EXAMPLES', 0))


def examples(n):
    """Bounds a property; a sanitizer makes each example some times slower."""
    n = EXAMPLES or (n // 3 if SANITIZED else n)
    return hypothesis.settings(
        max_examples=n, derandomize=not EXAMPLES, deadline=None,
        database=None, suppress_health_check=list(hypothesis.HealthCheck))


def main(*properties):
    """Proves one after the other; the exit status."""
    print(f'1..{len(properties)}', flush=True)
    failed = 0
    for number, prove in enumerate(properties, 1):
        name = f"{number} - {prove.__name__.replace('_', ' ')}"
        try:
            prove()
            print(f'ok {name}', flush=True)
        except Exception:
            failed = 1
            print(f'not ok {name}')
            for line in traceback.format_exc().splitlines():
                print('# ' + ascii(line)[1:-1][:2000])
    return failed
