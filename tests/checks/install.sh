#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What make install leaves can be used as strangers will: found by pkg-config, linked both ways, run. make uninstall
# leaves nothing.
set -u
: "${WEIR_BUILD:=build}" "${CC:=cc}"
command -v pkg-config >/dev/null 2>&1 || { echo "no pkg-config"; exit 77; }
work=$(mkdir -p "$WEIR_BUILD/check" && cd "$WEIR_BUILD/check" && pwd)/install || exit 1
rm -rf "$work" && mkdir "$work" || exit 1

# Neither the flags nor the jobs of the make that runs this.
quiet_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s BUILD="$WEIR_BUILD" PREFIX=/opt/weir DESTDIR="$work/root" "$@"
}
# The libraries are built; touch nothing that other checks read.
quiet_make -o all install >"$work/log" 2>&1 || { cat "$work/log"; echo "make install failed"; exit 1; }

cat >"$work/program.c" <<'C'
#include <weir/weir.h>
#include <string.h>
int main(void)
{
    return strcmp(weir_version(), WEIR_VERSION) != 0;
}
C
root=$work/root/opt/weir
export PKG_CONFIG_PATH="$root/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root"
# shellcheck disable=SC2046,SC2086 # flags are lists of words, CC may be
{
    $CC "$work/program.c" $(pkg-config --cflags --libs weir) -o "$work/shared" &&
        LD_LIBRARY_PATH="$root/lib" "$work/shared" || { echo "weir.pc.in:1: cannot link or run shared"; exit 1; }
    $CC "$work/program.c" $(pkg-config --cflags weir) "$root/lib/libweir.a" -pthread -o "$work/static" &&
        "$work/static" || { echo "weir.pc.in:1: cannot link or run static"; exit 1; }
}

for page in man/*.[1-8]; do
    [ -f "$root/share/man/man${page##*.}/${page##*/}" ] || { echo "$page:1: is not installed"; exit 1; }
done

quiet_make uninstall || exit 1
left=$(find "$work/root" ! -type d)
[ -z "$left" ] && exit 0
echo "$left" | sed "s|^$work/root|make uninstall leaves |"
exit 1
