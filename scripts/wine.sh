#!/usr/bin/env bash
# Runs the tests of the Windows registry on Wine, in a prefix of their own. Without wine it says so and is content.
#
# Go asks for bcryptprimitives.dll, which Wine has since version 9; for an older one (Debian 12) it's made with mingw:
#   apt-get install wine wine64 gcc-mingw-w64-x86-64-win32
set -euo pipefail
if ! command -v wine >/dev/null; then
	echo "skipped: there's no wine (apt-get install wine wine64)" >&2
	exit 0
fi
work=$(mktemp -d)
trap 'WINEPREFIX=$work/prefix wineserver -k 2>/dev/null || true; rm -rf "$work"' EXIT
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all XDG_RUNTIME_DIR=$work DISPLAY=
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go test -c -o "$work/installer.test.exe" ./installer
wine wineboot --init >/dev/null 2>&1
system=$WINEPREFIX/drive_c/windows/system32
if [ ! -e "$system/bcryptprimitives.dll" ]; then
	if ! command -v x86_64-w64-mingw32-gcc >/dev/null; then
		echo "skipped: this wine has no bcryptprimitives.dll, and there's no mingw to make one (apt-get install gcc-mingw-w64-x86-64-win32)" >&2
		exit 0
	fi
	cat >"$work/prng.c" <<-END
		#include <windows.h>
		#include <ntsecapi.h>
		__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, (ULONG)size); }
	END
	x86_64-w64-mingw32-gcc -shared -o "$system/bcryptprimitives.dll" "$work/prng.c" -ladvapi32
fi
wine "$work/installer.test.exe" -test.run '^TestTheRegistry$' -test.v
