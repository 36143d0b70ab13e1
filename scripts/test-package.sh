#!/usr/bin/env bash
# Installs the deb of dist/ in a bare Debian, and nothing else but browsers; signs in Chromium and in Firefox as an ordinary user;
# purges it, and compares what is there with what was before.
#
# As root, on Debian with debootstrap: the packages come from this machine's own mirror. BASE=FOLDER keeps the bare Debian with its
# browsers there for the next time. All mounts and processes are in namespaces of their own, which are gone when this ends, however
# it ends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "test-package: $*" >&2; exit 1; }

if [ "${1:-}" != --inside ]; then
	[ "$(id -u)" = 0 ] || fail "needs root, for a root of its own"
	command -v debootstrap >/dev/null || fail "apt-get install debootstrap"
	deb=$(ls dist/cmdsign_*_"$(dpkg --print-architecture)".deb) || fail "make dist"
	work=$(mktemp -d)
	trap 'rm -rf --one-file-system "$work"' EXIT
	CGO_ENABLED=0 go test -c -o "$work/e2e.test" ./extension/e2e
	status=0
	unshare --mount --pid --fork --kill-child --propagation private bash scripts/test-package.sh --inside "$work" "$deb" </dev/null || status=$?
	exit $status
fi
work=$2 deb=$3
base=${BASE:-$work/base}
root=$work/root

inside() { # inside COMMAND...
	chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

apt() { inside apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" </dev/null >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "apt-get $*"; }; }

mounts() {
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
}

# The bare Debian: this machine's release and mirror, whatever is said of them in its apt.
if [ ! -e "$base/.complete" ]; then
	. /etc/os-release
	lines() { apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' "Architecture: $(dpkg --print-architecture)" | sort -u; }
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $VERSION_CODENAME" | head -n 1)
	[ -n "$mirror" ] || fail "apt knows no mirror of Debian $VERSION_CODENAME (apt-get update)"
	debootstrap --variant=minbase --include=ca-certificates "$VERSION_CODENAME" "$base" "$mirror" >"$work/debootstrap.log" || { tail "$work/debootstrap.log" >&2; fail debootstrap; }
	lines 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' >"$base/etc/apt/sources.list"
	apt-config dump Acquire | grep -v '""' >"$base/etc/apt/apt.conf.d/90machine" || true
	mv "$base" "$root"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
	mounts
	apt update
	apt install --no-install-recommends firefox-esr
	apt clean
	umount -R "$root/tmp" "$root/dev" "$root/proc"
	mv "$root" "$base"
	touch "$base/.complete"
fi
cp -a --reflink=auto "$base" "$root"
rm "$root/.complete"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mounts
cp "$deb" "$root/tmp/"
deb=/tmp/$(basename "$deb")

# The package brings a browser that can be driven, if nobody has one: Recommends.
inside apt-get -s install "$deb" </dev/null | grep -q '^Inst chromium ' || fail "the package doesn't bring Chromium"
echo "ok: apt would bring Chromium with it"
apt install --no-install-recommends chromium chromium-sandbox

# What apt and dpkg write of their own doing isn't the package's. /etc/opt was made by a script of base-files', so dpkg takes it for nobody's
# when the last thing in it goes.
files() { (cd "$root" && find . -xdev \( -path ./tmp -o -path ./proc -o -path ./dev -o -path ./home -o -path ./var/cache -o -path ./var/log \
	-o -path './var/lib/apt' -o -path './var/lib/dpkg' \) -prune -o -printf '%p %y %m %l\n' | grep -v '^\./etc/opt d ' | sort); }
inside useradd --create-home maria
files >"$work/before"
apt install --no-install-recommends "$deb"
[ "$(inside cmdsign --version)" = "cmdsign version $(cat VERSION)" ] || fail "another version: $(inside cmdsign --version)"
files >"$work/installed"
! cmp -s "$work/before" "$work/installed" || fail "installing changed nothing"

# The tests, with the few files that they read.
tests=$root/home/maria/tests
mkdir -p "$tests/extension/e2e" "$tests/extension/_locales" "$tests/host/command/example"
cp extension/ID "$tests/extension/"
cp -r extension/_locales/. "$tests/extension/_locales/"
cp host/command/example/contrato-de-exemplo.pdf "$tests/host/command/example/"
cp "$work/e2e.test" "$tests/extension/e2e/"
inside chown -R maria:maria /home/maria
inside su - maria -c 'cd tests/extension/e2e && E2E_INSTALLED=1 ./e2e.test -test.v -test.run "^TestInstalled"' | tee "$work/tests.log"
[ "$(grep -c '^--- PASS: TestInstalledIn' "$work/tests.log")" = 2 ] || fail "two signatures were expected"
echo "ok: signed in Chromium and in Firefox"

apt purge cmdsign
files >"$work/after"
diff "$work/before" "$work/after" || fail "purge left something, or took something"
echo "ok: purge leaves nothing"
