#!/usr/bin/env bash
# Installs the programs that "make test" or "make demo" needs and that are missing.
# On Debian and its kin, as root or with sudo; elsewhere it names them.
#
#   deps.sh test   everything; an error when something stays missing
#   deps.sh screen what "make test-screen" needs on top
#   deps.sh demo   a browser; cmdsign itself says what it lacks, so never an error
set -euo pipefail
what=${1:?test, screen or demo}

packages=()
need() { # need PACKAGE... -- any of these commands shows that it's there
	local wanted=()
	while [ "$1" != -- ]; do wanted+=("$1"); shift; done
	shift
	for command; do
		if command -v "$command" >/dev/null; then return; fi
	done
	packages+=("${wanted[@]}")
}

# Fonts: without any, a page's picture has no letters.
if [ ! -d "/Applications/Google Chrome.app" ]; then
	need chromium fonts-dejavu-core -- chromium google-chrome google-chrome-stable microsoft-edge brave-browser vivaldi
fi
if [ "$what" = test ]; then
	need gcc libc6-dev -- gcc clang
	need firefox-esr -- firefox-esr firefox
	need xvfb xauth -- Xvfb
	need xdotool -- xdotool
	need poppler-utils -- pdfsig
	need qpdf -- qpdf
	need mupdf-tools -- mutool
	need openssl -- openssl
fi
if [ "$what" = screen ]; then
	need openbox -- openbox
fi
if [ ${#packages[@]} = 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
		as_root=(cannot)
	else
		as_root=(sudo)
	fi
fi
if ! command -v apt-get >/dev/null || [ "${as_root[*]}" = cannot ]; then
	echo "make $what needs these packages; install them and run it again: ${packages[*]}" >&2
	if [ "$what" = demo ]; then exit 0; fi
	exit 1
fi

echo "installing ${packages[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -o Acquire::Retries=3 update -qq </dev/null
"${as_root[@]}" apt-get -o Acquire::Retries=3 install -qq -y --no-install-recommends "${packages[@]}" </dev/null >/dev/null
