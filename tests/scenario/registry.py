# Goal: run npm, where there is one that has a registry to ask.

import os
import re
import shutil
import subprocess

from waits import PATIENCE, Skip


def npm(*argv, cwd=None, timeout=None):
    env = {k: v for k, v in os.environ.items()
           if not k.lower().startswith(('npm_', 'hark_'))
           and not k.lower().endswith('_proxy')}
    return subprocess.run(['npm', *map(str, argv)], cwd=cwd, env=env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout or PATIENCE * 10)


def registry():
    """The configured registry's URL, which is never printed."""
    if not shutil.which('npm'):
        raise Skip('there is no npm command')
    url = npm('config', 'get', 'registry').stdout.strip()
    if not re.match('https?://', url):
        raise Skip('npm has no registry')
    try:
        # Whether it can be reached is npm's to say.
        done = npm('ping', timeout=PATIENCE * 2)
        if done.returncode:
            raise Skip('the registry does not answer')
    except subprocess.TimeoutExpired:
        raise Skip('the registry does not answer') from None
    return url
