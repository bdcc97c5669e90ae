# Goal: bash and zsh complete hark's command line by the script that hark
# makes of its tables, as somebody who presses Tab sees it.

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

from harness import HARK, Skip, case, check, command, main, same
from waits import PATIENCE

BASH = '''
. ./hark.bash
ask() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    compopt() { :; }
    _hark
    printf '%s\\n' "${COMPREPLY[@]}"
}
ask "$@"
'''


def script(t, shell):
    done = command('completion', shell)
    same((done.returncode, done.stderr), (0, ''))
    return done.stdout


def bash(t, *words):
    """What bash proposes for the last of these words."""
    here = pathlib.Path(t.path('.'))
    (here / 'hark.bash').write_text(script(t, 'bash'))
    for name in ('tape one.db', 'mocks.json'):
        (here / name).write_text('')
    (here / 'folder').mkdir(exist_ok=True)
    done = subprocess.run(['bash', '--norc', '-c', BASH, 'bash', 'hark',
                           *words],
                          cwd=here, capture_output=True, text=True,
                          timeout=PATIENCE)
    same((done.returncode, done.stderr), (0, ''))
    return done.stdout.split('\n')[:-1]


def zsh(t, *lines):
    """Each of these command lines after Tab, and all that zsh has shown."""
    if not shutil.which('zsh'):
        raise Skip('there is no zsh command')
    here = pathlib.Path(t.path('.'))
    functions = here / 'functions'
    functions.mkdir()
    (functions / '_hark').write_text(script(t, 'zsh'))
    (here / 'mocks.json').write_text('')
    (here / '.zshrc').write_text(
        f'PATH={os.path.dirname(os.path.abspath(HARK))}:$PATH\n'
        f'fpath=({functions} $fpath)\n'
        'autoload -U compinit; compinit -u -D\n'
        'LISTMAX=0 PROMPT="ready> " RPROMPT=\n'
        'show() { print -r -- "line<$BUFFER>"; BUFFER= }\n'
        'zle -N show; bindkey "^X" show\n')
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(here)
        os.environ.update(ZDOTDIR=str(here), HOME=str(here), TERM='dumb',
                          COLUMNS='200', LINES='100')
        os.execlp('zsh', 'zsh', '-i')
    after, seen = [], ''
    try:
        wait(fd, 'ready> ')
        for line in lines:
            os.write(fd, line.encode() + b'\t\x18')
            seen += wait(fd, r'line<([^>]*)>')
            after.append(re.findall(r'line<([^>]*)>', seen)[-1])
    finally:
        os.close(fd)
        os.waitpid(pid, 0)
    return after, seen


def wait(fd, pattern):
    seen = ''
    end = time.monotonic() + PATIENCE
    while not re.search(pattern, seen):
        left = end - time.monotonic()
        check(left > 0 and select.select([fd], [], [], left)[0],
              f'{pattern} not in {seen!r}')
        seen += os.read(fd, 65536).decode(errors='replace')
    return seen


@case
def each_command_and_option_occurs_in_both(t):
    names = command('--list-options').stdout.split()
    check(len(names) > 100, names)
    for shell in ('bash', 'zsh'):
        words = set(re.findall(r"[a-z0-9-]+", script(t, shell)))
        same([n for n in names if n not in words], [])


@case
def a_shell_that_there_is_not_is_refused(t):
    done = command('completion', 'fish')
    same((done.returncode, done.stderr),
         (2, 'hark: completion fish: expected bash or zsh\n'))
    same(command('completion').returncode, 2)


@case
def bash_completes_commands(t):
    same(bash(t, 're'), ['record', 'replay', 'reindex'])
    check('check' in bash(t, ''), bash(t, ''))
    same(bash(t, 'help', 'comp'), ['completion'])
    same(bash(t, 'ca', ''), ['init', 'show', 'export', 'install-help'])


@case
def bash_completes_options_of_the_command(t):
    same(bash(t, 'record', '--note'), ['--note-used'])
    check('--no-diff' in bash(t, 'auto', '--no-'), bash(t, 'auto', '--no-'))
    same(bash(t, 'check', '--'), ['--help', '--json', '--strict'])
    same(bash(t, 'list', '--upstream'), [''])


@case
def bash_completes_values(t):
    same(bash(t, 'record', '--durability', ''), ['batch', 'strict', 'off'])
    same(bash(t, 'record', '--durability', '=', 's'), ['strict'])
    same(bash(t, 'record', '--durability', '='), ['batch', 'strict', 'off'])
    same(bash(t, 'replay', '--latency', 'r'), ['recorded'])
    same(bash(t, 'export', '--mode', ''), ['full', 'minimal'])
    same(bash(t, 'run', '--mode', 'fall'), ['fallback'])
    same(bash(t, 'record', '--max-headers', ''), [''])


@case
def bash_completes_files_and_folders(t):
    same(bash(t, 'record', '--store', 'tape'), ['tape one.db'])
    same(bash(t, 'check', 'mo'), ['mocks.json'])
    same(bash(t, 'proxy', '--mocks', '/api', '=', 'mo'), ['mocks.json'])
    same(bash(t, 'record', '--ca-dir', 'f'), ['folder'])
    same(bash(t, 'list', 'mo'), [''])


@case
def bash_completes_the_command_of_run(t):
    same(set(bash(t, 'run', '--store', 'a.db', '--', 'mkfif')), {'mkfifo'})
    same(bash(t, 'run', '--', 'cat', 'mo'), ['mocks.json'])


@case
def bash_has_it_by_tab(t):
    """In its own words, in which = stands alone."""
    here = pathlib.Path(t.path('.'))
    (here / 'hark.bash').write_text(script(t, 'bash'))
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(here)
        os.environ.update(TERM='dumb', PS1='ready> ', HISTFILE='')
        os.execlp('bash', 'bash', '--norc', '--noprofile', '-i')
    try:
        wait(fd, 'ready> ')
        os.write(fd, b'. ./hark.bash; hark() { echo "line<$*>"; }\r')
        wait(fd, r'\n.*ready> ')
        os.write(fd, b'hark rec\t--dura\tst\t--on-miss=dr\t\r')
        seen = wait(fd, r'line<(.*)>\r')
    finally:
        os.close(fd)
        os.waitpid(pid, 0)
    same(re.findall(r'line<(.*)>\r', seen)[-1], 'record --durability strict --on-miss=drop')


@case
def zsh_completes_what_bash_does(t):
    after, _ = zsh(t, 'hark rec', 'hark record --note-u', 'hark help sugg',
                   'hark record --durability str',
                   'hark record --durability=str', 'hark check moc',
                   'hark record --mocks moc', 'hark ca sho',
                   'hark export --bod', 'hark run mkfif', 'hark run -- mkfif',
                   'hark run cat moc')
    same(after, ['hark record ', 'hark record --note-used ',
                 'hark help suggest ', 'hark record --durability strict ',
                 'hark record --durability=strict ',
                 'hark check mocks.json ', 'hark record --mocks mocks.json ',
                 'hark ca show ', 'hark export --bodies=',
                 'hark run mkfifo ', 'hark run -- mkfifo ', 'hark run cat mocks.json '])


@case
def zsh_says_what_an_option_is_for(t):
    after, seen = zsh(t, 'hark record --forward')
    same(after, ['hark record --forward'])
    check('serve clients that name any origin' in seen, seen)


main()
