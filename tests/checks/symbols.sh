#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the library takes from outside (libc_names.txt: no malloc, no clock, no stdio), that it needs libc alone,
# keeps no mutable state of its own, and stays small.
set -u
: "${WEIR_BUILD:=build}"
export LC_ALL=C
archive=$WEIR_BUILD/libweir.a
shared=$WEIR_BUILD/libweir.so
work=$WEIR_BUILD/check/symbols
mkdir -p "$work" || exit 1
# Each test below appends its offences to this file. (A variable set in a pipeline would be lost with its subshell.)
offences=$work/offences
: >"$offences"

# Undefined in some object, defined in none, and not on the list.
nm -A -u "$archive" 2>/dev/null | awk 'NF { sub(/:$/, "", $1); print $NF, $1 }' | sort -u >"$work/wanted"
nm --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$work/defined"
grep -v '^#' tests/checks/libc_names.txt | sort -u - "$work/defined" >"$work/known"
join -v 1 "$work/wanted" "$work/known" |
    awk '{ print $2 ": wants " $1 ", which is not in tests/checks/libc_names.txt" }' >>"$offences"
grep -qx weir_version "$work/defined" || echo "$archive: has no weir_version: is it built?" >>"$offences"

readelf -d "$shared" >"$work/dynamic" || echo "$shared: cannot be read" >>"$offences"
sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' "$work/dynamic" | grep -vE '^(libc\.so\.6|ld-linux.*|libc\.musl-.*)$' |
    sed "s|^|$shared: needs |" >>"$offences"
major=$(sed -n 's/^#define WEIR_VERSION_MAJOR \([0-9]*\)/\1/p' include/weir/weir.h)
grep -q "(SONAME).*\[libweir\.so\.$major\]" "$work/dynamic" ||
    echo "$shared: its soname is not libweir.so.$major" >>"$offences"

# Constants with addresses in them go to .data.rel.ro, which is read-only once loaded.
size -A "$archive" | awk '
    /\(ex / { object = $1 }
    $1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
        print object ": mutable state, " $2 " bytes in " $1
    }' >>"$offences"

strip -o "$work/stripped.so" "$shared" || echo "$shared: cannot be stripped" >>"$offences"
size "$work/stripped.so" | awk -v shared="$shared" -v offences="$offences" 'NR == 2 {
    print "text and data: " $1 + $2 " bytes"
    if ($1 + $2 > 150000) print shared ": " $1 + $2 " bytes of text and data, above 150000" >> offences
}'

cat "$offences"
[ ! -s "$offences" ]
