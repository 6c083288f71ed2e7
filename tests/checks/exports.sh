#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One list, three places: the WEIR_API names of the header, src/exports.txt, and what libweir.so exports.
set -u
: "${WEIR_BUILD:=build}"
work=$WEIR_BUILD/check/exports
mkdir -p "$work" || exit 1

# A declaration may go over several lines: it is joined up to its first parenthesis.
LC_ALL=C awk '
    /^WEIR_API / { declaration = ""; reading = 1 }
    reading { declaration = declaration " " $0 }
    reading && /\(/ {
        sub(/\(.*/, "", declaration)
        sub(/.*[ *]/, "", declaration)
        print declaration
        reading = 0
    }
' include/weir/weir.h | LC_ALL=C sort >"$work/header"
nm -D --defined-only "$WEIR_BUILD/libweir.so" >"$work/nm" || exit 1
awk '{ print $NF }' "$work/nm" | LC_ALL=C sort >"$work/library"

bad=0
# compare FILE WHAT: says what of src/exports.txt FILE has not, and what it has besides.
compare() {
    LC_ALL=C comm -23 src/exports.txt "$1" | sed "s|^|src/exports.txt: in the list, but not $2: |" >"$work/offences"
    LC_ALL=C comm -13 src/exports.txt "$1" | sed "s|^|src/exports.txt: not in the list, but $2: |" >>"$work/offences"
    cat "$work/offences"
    [ -s "$work/offences" ] && bad=1
}
LC_ALL=C sort -c src/exports.txt || bad=1
compare "$work/header" "WEIR_API in include/weir/weir.h"
compare "$work/library" "exported by libweir.so"
exit $bad
