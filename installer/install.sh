#!/bin/sh
# Puts cmdsign and its extension under PREFIX (~/.local) and makes them known to the browsers. Run it in a checkout after "make build".
set -eu
cd "$(dirname "$0")/.."
prefix=${PREFIX:-$HOME/.local}
mkdir -p "$prefix/bin"
install -m 755 bin/cmdsign "$prefix/bin/cmdsign"
rm -rf "$prefix/share/cmdsign/extension"
mkdir -p "$prefix/share/cmdsign/extension"
cp -R extension/dist/. "$prefix/share/cmdsign/extension"
exec "$prefix/bin/cmdsign" install "$@"
