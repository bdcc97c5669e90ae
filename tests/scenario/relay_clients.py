# Goal: Chromium and programs in Go and Java are recorded at a TLS server and
# replayed without it.  They are big, so make check-clients runs this.

import shutil
import subprocess

from harness import (Skip, case, certificate, check, command, entries, main,
                     reply, same, tls_server)

HOST = 'api.hark.test'  # Go and Chromium use no proxy for loopback's names

GO = '''package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	for _, path := range []string{"/hello", "/hello?again"} {
		r, err := http.Get(os.Args[1] + path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		b, _ := io.ReadAll(r.Body)
		fmt.Print(r.StatusCode, " ", string(b))
	}
}
'''

JAVA = '''import java.net.URI;
import java.net.http.*;

class Ask {
	public static void main(String[] a) throws Exception {
		var client = HttpClient.newHttpClient();
		for (var path : new String[] { "/hello", "/hello?again" }) {
			var q = HttpRequest.newBuilder(URI.create(a[0] + path));
			var r = client.send(q.build(),
			    HttpResponse.BodyHandlers.ofString());
			System.out.print(r.statusCode() + " " + r.body());
		}
	}
}
'''

# What man hark says of Java: it knows neither the proxy's variables nor PEM.
JAVA_SH = '''set -e
keytool -importcert -noprompt -storepass changeit -alias hark \\
    -file "$NODE_EXTRA_CA_CERTS" -keystore "$1/trust" >/dev/null 2>&1
authority=${HTTPS_PROXY#http://}
exec java -Dhttps.proxyHost=${authority%:*} \\
    -Dhttps.proxyPort=${authority#*:} -Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStore="$1/trust" \\
    -Djavax.net.ssl.trustStorePassword=changeit "$1/Ask.java" "$2"
'''

# What the browser does by itself is kept from the proxy, and gets nowhere.
CHROMIUM_SH = '''set -e
export HOME="$1"
mkdir -p "$HOME/.pki/nssdb"
certutil -d "sql:$HOME/.pki/nssdb" -N --empty-password
certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n hark \\
    -i "$NODE_EXTRA_CA_CERTS"
exec "$0" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \\
    --disable-background-networking --disable-component-update \\
    --no-first-run --disable-sync --user-data-dir="$HOME/profile" \\
    --proxy-server="$HTTPS_PROXY" \\
    --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' \\
    --proxy-bypass-list='*.google.com;*.googleapis.com;*.gstatic.com' \\
    --virtual-time-budget=20000 --dump-dom "$2/page"
'''

PAGE = b'''<!doctype html><title>a page</title><p id=p>before</p><script>
fetch('/hello').then(r => r.text()).then(t => {
	document.getElementById('p').textContent = t; })
</script>'''


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f'there is no {program}')


def twice(t, *argv):
    """What the command prints while it is recorded and, without the server,
    again; url stands for the server's."""
    cert, key = certificate(t.path(), 'server', f'DNS:{HOST}')
    origin = t.origin(tls=tls_server(cert, key))
    origin.routes['/hello'] = origin.routes['/hello?again'] = \
        reply(b'hello by TLS\n')
    origin.routes['/page'] = reply(PAGE, headers=[('Content-Type',
                                                   'text/html')])
    origin.routes['/favicon.ico'] = reply(b'')
    url = f'https://{HOST}:{origin.port}'
    store = t.path('run.db')
    env = {'XDG_DATA_HOME': str(t.path()), 'NO_PROXY': '', 'no_proxy': '',
           'NODE_EXTRA_CA_CERTS': ''}
    live = ['--upstream-ca', cert, '--resolve',
            f'{HOST}:{origin.port}:127.0.0.1']
    printed = []
    for mode in ('record', 'replay'):
        done = command('run', '--mode', mode,
                       *(live if mode == 'record' else []), '--store', store,
                       '--no-redact', '--',
                       *(url if a == 'url' else a for a in argv),
                       env=env, timeout=110)
        same(done.returncode, 0, done.stdout + done.stderr)
        printed.append(done.stdout)
        if mode == 'record':
            origin.stop()
            urls = [e['request']['url'] for e in entries(store)]
            check(f'{url}/hello' in urls, urls)
    same(printed[1], printed[0], 'what the command printed')
    return printed[0]


@case(deadline=120)
def a_program_in_Go_runs_again_without_its_server(t):
    need('go')
    source = t.path('main.go')
    source.write_text(GO)
    program = source.with_name('ask')
    built = subprocess.run(
        ['go', 'build', '-o', program, source], capture_output=True,
        text=True, env={'PATH': '/usr/local/bin:/usr/bin:/bin',
                        'HOME': str(t.path()), 'GO111MODULE': 'off',
                        'GOFLAGS': '-p=2', 'CGO_ENABLED': '0'})
    same(built.returncode, 0, built.stderr)
    same(twice(t, program, 'url'), '200 hello by TLS\n' * 2)


@case(deadline=120)
def a_program_in_Java_runs_again_without_its_server(t):
    need('java', 'keytool')
    source = t.path('Ask.java')
    source.write_text(JAVA)
    # The trust store is made anew for each run.
    script = f'rm -f "$1/trust"; {JAVA_SH}'
    same(twice(t, 'sh', '-c', script, 'sh', str(source.parent), 'url'),
         '200 hello by TLS\n' * 2)


@case(deadline=120)
def Chromium_runs_again_without_its_server(t):
    need('chromium', 'certutil')
    out = twice(t, 'sh', '-c', f'rm -rf "$1"; {CHROMIUM_SH}',
                shutil.which('chromium'), str(t.path('home')), 'url')
    check('<p id="p">hello by TLS\n</p>' in out, out)


if __name__ == '__main__':
    main()
