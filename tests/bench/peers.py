"""Where the programs are that hark is compared with.

Packages of npm are installed into a folder below the build folder, those of
Debian are asked for; what cannot be had is left out, loudly."""

import json
import os
import re
import shutil
import subprocess
import sys

from servers import Unable

# Command: (package of npm and its version, or None, and that of Debian, why)
NPM = {
    "mockoon-cli": ("@mockoon/cli", "9.9.0", "node_modules/.bin/mockoon-cli"),
    "mb": ("mountebank", "2.9.1", "node_modules/.bin/mb"),
    "talkback": ("talkback", "4.2.0", "node_modules/talkback"),
    "wiremock": ("wiremock", "3.13.2",
                 "node_modules/wiremock/build/wiremock-standalone-3.13.2.jar"),
}
DEBIAN = {
    "nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk",
    "h2load": "nghttp2-client", "taskset": "util-linux",
    "openssl": "openssl", "mitmdump": "mitmproxy",
    "java": "default-jre-headless", "node": "nodejs", "npm": "npm",
}
_folder = None


def all_cpus():
    return f"0-{os.cpu_count() - 1}"


def install(folder, wanted):
    """Has npm install what of wanted, commands, is not in folder."""
    global _folder
    _folder = os.path.abspath(folder)
    missing = ["@".join(NPM[c][:2]) for c in wanted
               if c in NPM and not os.path.exists(
                   os.path.join(_folder, NPM[c][2]))]
    if not missing or shutil.which("npm") is None:
        return
    os.makedirs(_folder, exist_ok=True)
    with open(os.path.join(_folder, "package.json"), "w",
              encoding="ascii") as f:
        f.write('{"private": true}\n')
    print("npm install", *missing, file=sys.stderr, flush=True)
    with open(os.path.join(_folder, "npm.log"), "wb") as log:
        subprocess.run(
            ["npm", "install", "--no-save", "--no-package-lock", "--no-audit",
             "--no-fund", "--ignore-scripts"] +
            ["@".join(p[:2]) for p in NPM.values()], cwd=_folder, stdout=log,
            stderr=log, stdin=subprocess.DEVNULL, check=False)


def need(command):
    if shutil.which(command) is None:
        raise Unable(f"there is no {command} (Debian package "
                     f"{DEBIAN.get(command, command)})")
    return command


def found(command):
    """What stands at the beginning of a command line."""
    if command not in NPM:
        return [need(command)]
    path = os.path.join(_folder, NPM[command][2])
    if not os.path.exists(path):
        raise Unable(f"npm could not install {NPM[command][0]}; see "
                     "npm.log in its folder")
    if path.endswith(".jar"):
        return [need("java"), "-Xmx1g", "-jar", path]
    need("node")
    return [path]


def package_version(command):
    return NPM[command][1] if command in NPM else \
        version([command, "--version"])


def version(argv):
    if shutil.which(argv[0]) is None:
        return "none"
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seen = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return seen.group(0) if seen else "unknown"
