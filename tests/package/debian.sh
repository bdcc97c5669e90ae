#!/bin/sh
# make check-debian: the package is built from the sources that `make dist`
# gives, looked over by lintian, installed in a Debian system of its own, used
# there, and purged without a trace.
#
#	debian.sh TARBALL
set -eu
tarball=$1
. "$(dirname "$0")/steps.sh"
needs dpkg-dev debhelper lintian mmdebstrap

builds() {
	mkdir "$work/hark"
	tar -xf "$tarball" -C "$work/hark" --strip-components=1
	cd "$work/hark"
	dpkg-buildpackage -us -uc --build=full
}

is_clean() {
	# Warnings fail, too.
	lintian --fail-on error,warning --allow-root --info \
		"$work"/hark_*.changes
}

installs() {
	cp "$work"/hark_*.deb "$work/hark.deb"
	mmdebstrap --quiet --variant=apt --include=ca-certificates,curl \
		--customize-hook="$hook" bookworm "$work/system.tar"
}

# Runs outside the system, whose root is $1.
hook=$work/hook
cat >"$hook" <<'E2'
#!/bin/sh
set -eu
cd "$1"
left() {	# files of hark's that are not apt's, dpkg's or a log's
	find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o \
		-path ./var/lib/dpkg -o -path ./var/lib/apt -o \
		-path ./var/cache -o -path ./var/log -o -path ./tmp -o \
		-path ./var/lib/systemd \) -prune -o -iname '*hark*' -print
}
inside() {
	chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		DEBIAN_FRONTEND=noninteractive "$@"
}
work=$(dirname "$0")
cp "$work/hark.deb" tmp/hark.deb
inside apt-get -qq install -y --no-install-recommends /tmp/hark.deb
inside hark --version
inside sh -ec '
	cd /tmp
	cat >mocks.json <<M
{"routes":[{"method":"get","endpoint":"hi","responses":[{"body":"packed"}]}]}
M
	hark proxy --mocks mocks.json --listen 127.0.0.1:0 --ready-file ready &
	while ! [ -s ready ]; do kill -0 $!; done
	at=$(sed "s/.*\"listen\":\[\"\([^\"]*\)\".*/\1/" ready)
	[ "$(curl -sS "http://$at/hi")" = packed ]
	kill $!
	wait $!
	hark run --mode record --store t.db -- true
	hark list --store t.db
	rm -f t.db* mocks.json ready'
for file in usr/bin/hark usr/share/man/man1/hark.1.gz \
	lib/systemd/system/hark.service \
	usr/share/bash-completion/completions/hark \
	usr/share/zsh/vendor-completions/_hark \
	usr/share/doc/hark/examples/shell/test.sh; do
	[ -e $file ] || { echo "no $file"; exit 1; }
done
mkdir -p var/lib/private/hark # of a service that ran
inside dpkg --verify hark
inside apt-get -qq purge -y hark
rm tmp/hark.deb
left
[ -z "$(left)" ]
E2
chmod +x "$hook"

step 'dpkg-buildpackage builds the package and its unit tests pass' builds
step 'lintian finds nothing' is_clean
step 'installed, used and purged in a system of its own' installs
end
