# Goal: have npm's packages in a folder, to be asked what theirs would do.

import os
import pathlib
import shutil
import subprocess


class Missing(Exception):
    """They cannot be had; the text says why."""


def installed(top, packages, variable=None):
    """The folder that the environment variable names, where somebody has
    installed the packages, or top, where they are installed now."""
    kept = variable and os.environ.get(variable)
    if kept:
        return pathlib.Path(kept)
    if not shutil.which('npm') or not shutil.which('node'):
        raise Missing('there is no npm')
    env = {k: v for k, v in os.environ.items()
           if not k.lower().startswith('npm_')}
    try:
        done = subprocess.run(
            ['npm', 'install', '--no-save', '--no-package-lock', '--no-audit',
             '--no-fund', '--no-update-notifier', '--ignore-scripts',
             '--fetch-retries=0', '--prefix', top, *packages],
            cwd=top, stdin=subprocess.DEVNULL, capture_output=True, env=env,
            timeout=600)
    except subprocess.TimeoutExpired:
        raise Missing('npm does not come to an end') from None
    if done.returncode:
        raise Missing('npm could not install ' + ' '.join(packages))
    return pathlib.Path(top)
