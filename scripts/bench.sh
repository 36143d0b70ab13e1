#!/usr/bin/env bash
# Fetches what "make bench" compares with into bin/peers. Nothing is installed into the system but what deps.sh installs anyway: Debian's
# browserpass would put its extension into every Chromium of this computer.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p bin/peers

unpack() { # unpack FOLDER PACKAGE -- of Debian's, beside the system
	if [ -d "bin/peers/$1" ]; then return; fi
	local fetched
	fetched=$(mktemp -d)
	if (cd "$fetched" && apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 download -qq "$2"); then
		dpkg-deb -x "$fetched"/*.deb "bin/peers/$1"
	else
		echo "without $1: its package can't be fetched" >&2
	fi
	rm -rf "$fetched"
}
unpack browserpass webext-browserpass
unpack chromedriver chromium-driver

CGO_ENABLED=0 go -C tools/bench build -o ../../bin/peers/pdfcpu github.com/pdfcpu/pdfcpu/cmd/pdfcpu ||
	echo "without pdfcpu: it can't be built" >&2

if command -v npm >/dev/null; then
	npm ci --prefix tools/bench/peers --no-fund --no-audit --loglevel=error || echo "without the peers in JavaScript: npm can't fetch them" >&2
fi

CGO_ENABLED=0 go -C tools/bench build -o ../../bin/peers/rod ./rod || echo "without rod: it can't be built" >&2
