#!/usr/bin/env bash
# Signs a PDF on the sandbox, where no signature has legal value: sign.sh document.pdf
coproc HOST { "${CMDSIGN:-cmdsign}" converse --env sandbox; }
while read -r line <&"${HOST[0]}"; do
	case $line in
	'{"state":"start"'*) say='{"start":""}' ;;
	'{"state":"stage1_input"}') say='{"phone":"+351 900000001","pin":"1234","pdf_file_path":"'"$(realpath "$1")"'"}' ;;
	'{"state":"stage2_input"'*) say='{"otp":"'"$(sed 's/.*"sandbox_otp":"\([0-9]*\)".*/\1/' <<<"$line")"'"}' ;;
	'{"state":"done"'*) sed 's/.*"file":{"path":"\([^"]*\)".*/\1/' <<<"$line"; exit 0 ;;
	'{"state":"failed"'* | '{"state":"unverified"'*) echo "$line" >&2; exit 1 ;;
	*) continue ;;
	esac
	echo "$say" >&"${HOST[1]}"
done
