#!/bin/bash
# Sorts the lines of a text and counts how often each occurs, the most frequent first.
##~~ input - the input file
##~~ output - the output file
set -euo pipefail
export LC_ALL=C

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

[[ $# -eq 2 ]] || fail "usage: unique_lines.sh input output"
[[ -f $1 && -r $1 ]] || fail "the input cannot be read: $1"
[[ $(tr -cd '\000' <"$1" | wc -c) -eq 0 ]] || fail "the input is not a text: it holds zero bytes"

sort -- <"$1" | uniq -c | sort -s -k1,1nr >"$2"
printf '%d different lines\n' "$(wc -l <"$2")"
