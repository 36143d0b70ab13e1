#!/usr/bin/env bash
# Fetches what "make bench" compares with into bin/peers. Nothing is installed into the system but what deps.sh installs anyway: Debian's
# browserpass would put its extension into every Chromium of this computer.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p bin/peers

if [ ! -d bin/peers/browserpass ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
	fetched=$(mktemp -d)
	trap 'rm -rf "$fetched"' EXIT
	if (cd "$fetched" && apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 download -qq webext-browserpass); then
		dpkg-deb -x "$fetched"/*.deb bin/peers/browserpass
	else
		echo "without browserpass: its package can't be fetched" >&2
	fi
fi

CGO_ENABLED=0 go -C tools/bench build -o ../../bin/peers/pdfcpu github.com/pdfcpu/pdfcpu/cmd/pdfcpu ||
	echo "without pdfcpu: it can't be built" >&2
