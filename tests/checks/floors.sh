#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The house's floors: a file in src/ includes its own floor or a lower one, and of the system only the headers
# listed here. A .c with a header of its own name includes that first, so the header is known to stand alone.
set -u

# stdlib.h (malloc), stdio.h, time.h and pcap.h are missing on purpose.
system="errno.h inttypes.h limits.h pthread.h stdalign.h stdatomic.h stdbool.h stddef.h stdint.h
        string.h sys/mman.h sys/random.h sys/syscall.h sys/types.h threads.h unistd.h"

# shellcheck disable=SC2046 # no spaces in the names of sources
set -- $(find src -name '*.[ch]' | sort)
awk -v system_headers="$system" '
    function offence(text) { print FILENAME ":" FNR ": " text; bad = 1 }
    function exists(path, line, found) { found = (getline line < path) >= 0; close(path); return found }

    BEGIN {
        floor["ground"] = 0; floor["stores"] = 1; floor["lenses"] = 2; floor["hold"] = 3
        floor["rooms"] = 4; floor["house"] = 5
        count = split(system_headers, names, /[ \n]+/)
        for (i = 1; i <= count; i++) allowed[names[i]] = 1
    }
    FNR == 1 {
        parts = split(FILENAME, part, "/")
        folder = part[2]
        if (parts != 3 || !(folder in floor)) offence("is in no floor of src/")
        own = FILENAME ~ /\.c$/ ? substr(FILENAME, 5, length(FILENAME) - 5) "h" : ""
        if (own != "" && !exists("src/" own)) own = ""
    }
    /^[ \t]*#[ \t]*include/ {
        if (match($0, /<[^>]*>/)) {
            name = substr($0, RSTART + 1, RLENGTH - 2)
            if (!(name in allowed)) offence("<" name "> is not for the library (see tests/checks/floors.sh)")
        } else if (match($0, /"[^"]*"/)) {
            name = substr($0, RSTART + 1, RLENGTH - 2)
            split(name, part, "/")
            if (name == "weir/weir.h") { }
            else if (!(part[1] in floor)) offence("\"" name "\" does not begin with the name of a floor")
            else if (floor[part[1]] > floor[folder])
                offence("\"" name "\" is a higher floor than " folder)
        } else offence("include without a plain name")
        if (own != "" && name != own) offence("own header \"" own "\" is not the first include")
        own = ""
    }
    END { exit bad }
' "$@" /dev/null
