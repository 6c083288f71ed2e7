#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every source names its licence in its first lines; no path of the machine it was written on is in any file; no
# tabs in C.
set -u
export LC_ALL=C

# What git would track; of an unpacked archive, everything but what was built.
list() {
    if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f ! -path './build/*' ! -path './.git/*' | sed 's|^\./||'
    fi | while read -r file; do
        [ -f "$file" ] && echo "$file" # git also lists what was just removed
    done
}

files=$(list)
sources=$(echo "$files" | grep -E '\.([ch]|cpp|sh|awk|py|pc\.in)$|^(Makefile|LICENSE|\.gitignore|\.ci/.*|man/.*|tests/checks/.*)$')

offences=$(
    echo "$sources" | xargs -d '\n' awk '
        function judge() { if (file != "" && !found) print file ":1: no SPDX line in the first three" }
        FNR == 1 { judge(); file = FILENAME; found = 0 }
        FNR <= 3 && /SPDX-License-Identifier: MIT/ { found = 1 }
        END { judge() }
    '
    # The bracket keeps this line from matching itself.
    echo "$files" | xargs -d '\n' grep -nIE '(^|[^[:alnum:]_.$}-])/[w]ork(/|$|[^[:alnum:]_-])' /dev/null |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: a path of the machine it was written on/'
    echo "$sources" | grep -E '\.([ch]|cpp)$' | xargs -d '\n' grep -n "$(printf '\t')" /dev/null |
        sed 's/^\([^:]*:[0-9]*\):.*/\1: a tab/'
)
[ -z "$offences" ] && exit 0
echo "$offences"
exit 1
