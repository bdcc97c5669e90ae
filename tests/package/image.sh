#!/bin/sh
# make check-image: contrib/docker/Dockerfile makes an image in which hark
# answers, without rights and without the sources that it was built from.
#
#	image.sh TARBALL
set -eu
tarball=$1
. "$(dirname "$0")/steps.sh"
needs buildah mmdebstrap

# Of what is built here nothing stays.
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() {
	command buildah --root "$work/images" --runroot "$work/run" "$@"
}

# The image to begin with, made of packages.
begins() {
	mmdebstrap --quiet --variant=apt --include=ca-certificates bookworm \
		"$work/base.tar"
	container=$(buildah from scratch)
	buildah add "$container" "$work/base.tar" /
	buildah commit --rm "$container" docker.io/library/debian:12-slim
	rm "$work/base.tar"
}

builds() {
	mkdir "$work/hark"
	tar -xf "$tarball" -C "$work/hark" --strip-components=1
	buildah bud --pull-never --format=docker -t hark \
		-f "$work/hark/contrib/docker/Dockerfile" "$work/hark"
}

answers() {
	container=$(buildah from --pull-never hark)
	buildah run "$container" -- sh -ec '
		[ "$(id -u)" -eq 10000 ] && [ "$PWD" = /data ]
		[ ! -e /src/hark ]
		hark record --listen 127.0.0.1:0 --ready-file ready \
			http://127.0.0.1:9 &
		while ! [ -s ready ]; do kill -0 $!; done
		at=$(sed "s/.*\"admin\":\"\([^\"]*\)\".*/\1/" ready)
		hark health --admin "$at"
		kill $!
		wait $!
		! hark health --admin "$at"'
}

step 'a Debian image to begin with' begins
step 'the Dockerfile builds' builds
step 'hark answers in a container, without rights' answers
end
