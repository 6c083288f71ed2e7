#!/bin/sh
# SPDX-License-Identifier: MIT
#
# C11 alone: what a compiler or a system offers beyond it is wrapped once, in src/ground. Elsewhere in src/ no
# __attribute__, no builtins, no pragmas, no #if that asks for a compiler or a system.
set -u
words='__attribute__|__builtin_|__asm|__typeof|__extension__|_Pragma|#[ ]*pragma'
platforms='__GNUC__|__clang__|__linux|_WIN|__APPLE__|__x86|__aarch64|__has_'
if find src -name '*.[ch]' ! -path 'src/ground/*' \
    -exec grep -nE "$words|^[ ]*#[ ]*(if|elif).*($platforms)" /dev/null {} +; then
    echo "extensions and platforms belong in src/ground"
    exit 1
fi
exit 0
