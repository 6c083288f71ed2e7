#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each public header compiles alone, without a warning, as C11 and as C++17; a C++ program links and runs.
set -u
: "${WEIR_BUILD:=build}" "${CC:=cc}"
work=$WEIR_BUILD/check/header
mkdir -p "$work" || exit 1
bad=0

cxx=${CXX:-}
for candidate in g++ clang++ c++; do
    [ -n "$cxx" ] || ! command -v $candidate >/dev/null 2>&1 || cxx=$candidate
done
# _DEFAULT_SOURCE because libpcap's own header is not valid without (u_char).
strict="-Wall -Wextra -Wpedantic -Werror -D_DEFAULT_SOURCE -Iinclude"

# shellcheck disable=SC2086 # CC and the flags may be several words
for header in include/weir/*.h; do
    name=${header#include/}
    echo "#include \"$name\"" | $CC -std=c11 $strict -x c -fsyntax-only - || { echo "$header:1: not valid C11"; bad=1; }
    [ -n "$cxx" ] || continue
    echo "#include \"$name\"" | $cxx -std=c++17 $strict -x c++ -fsyntax-only - ||
        { echo "$header:1: not valid C++17"; bad=1; }
done

# shellcheck disable=SC2086
if [ -n "$cxx" ]; then
    $cxx -std=c++17 $strict tests/check_header.cpp "$WEIR_BUILD/libweir.a" -pthread -lpcap -o "$work/check_header" &&
        "$work/check_header" || { echo "tests/check_header.cpp:1: does not build or run"; bad=1; }
fi
[ $bad -eq 0 ] || exit 1
[ -n "$cxx" ] || { echo "no C++ compiler: only C11 looked at"; exit 77; }
exit 0
