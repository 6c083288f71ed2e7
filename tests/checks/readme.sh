#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The README's first C block is a whole program: it compiles without a warning, as the compiler comes,
# and links.
set -u
: "${WEIR_BUILD:=build}" "${CC:=cc}"
work=$WEIR_BUILD/check/readme
mkdir -p "$work" || exit 1
[ -f README.md ] || { echo "README.md:1: is missing"; exit 1; }
awk '
    /^```c$/ && !done { inside = 1; next }
    /^```/ { done = done || inside; inside = 0 }
    inside
' README.md >"$work/example.c"
[ -s "$work/example.c" ] || { echo "README.md:1: has no \`\`\`c block"; exit 1; }
line=$(grep -n '^```c$' README.md | head -n 1 | cut -d: -f1)
# shellcheck disable=SC2086 # CC may be several words
$CC -Wall -Wextra -Wpedantic -Werror -Iinclude "$work/example.c" "$WEIR_BUILD/libweir.a" -pthread -lpcap \
    -o "$work/example" || { echo "README.md:$line: the example does not build"; exit 1; }
