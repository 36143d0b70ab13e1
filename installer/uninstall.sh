#!/bin/sh
# Undoes install.sh. What was signed, the journal and the configuration stay.
set -eu
prefix=${PREFIX:-$HOME/.local}
"$prefix/bin/cmdsign" uninstall "$@"
rm -f "$prefix/bin/cmdsign"
rm -rf "$prefix/share/cmdsign/extension"
rmdir "$prefix/share/cmdsign" 2>/dev/null || true
