#!/usr/bin/env bash
# Runs every fuzz target for the time given, one after the other.
set -euo pipefail
time=${1:-60s}
for package in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
	done
done
