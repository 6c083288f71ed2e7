#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Short functions, short files. Counts the lines between the braces of each function; after clang-format these
# stand in column 0, and nothing else does. Limits: 60 lines but for those in long_functions.txt, 90 of 100
# functions at most 40 (of the library alone, and of all), a file in src/ at most 600 lines.
set -u

# shellcheck disable=SC2046 # no spaces in the names of sources
set -- $(find src tools bench include examples -name '*.[ch]' ! -path include/weir/weir.h | sort)
awk '
    function offence(where, text) { print where ": " text; bad = 1 }

    # The name before the first parenthesis that is not an attribute.
    function name_of(signature) {
        gsub(/__attribute__ *\(\([^)]*\)*\)/, "", signature)
        if (!match(signature, /[A-Za-z_0-9]+ *\(/)) return "?"
        signature = substr(signature, RSTART, RLENGTH - 1)
        sub(/ +$/, "", signature)
        return signature
    }
    function quantile(list, count, share) { return count ? list[int((count - 1) * share + 0.5)] : 0 }

    # Prints the summary of the functions whose file begins with prefix.
    function report(what, prefix,    i, j, count, value, sorted, p90) {
        for (i = 0; i < functions; i++) {
            if (index(file_of[i], prefix) != 1) continue
            value = lines_of[i]
            for (j = count++; j > 0 && sorted[j - 1] > value; j--) sorted[j] = sorted[j - 1]
            sorted[j] = value
        }
        p90 = quantile(sorted, count, 0.9)
        printf "%s: %d functions, lines: median %d, p90 %d, longest %d\n", what, count,
            quantile(sorted, count, 0.5), p90, quantile(sorted, count, 1)
        if (p90 > 40) offence(what, "p90 of the function lengths is " p90 ", above 40")
    }

    function end_of_file() {
        if (open) offence(file ":" start, "function without a } in column 0")
        if (file ~ /^src\// && file_lines > 600)
            offence(file ":" file_lines, file_lines " lines, above 600: two rooms?")
        open = 0; signature = ""
    }

    FILENAME == "tests/checks/long_functions.txt" {
        if ($0 !~ /^#/ && NF >= 3) excused[$1 " " $2] = FNR
        else if ($0 !~ /^#/ && NF > 0) offence(FILENAME ":" FNR, "want: FILE FUNCTION REASON")
        next
    }
    FNR == 1 { end_of_file(); file = FILENAME }
    { file_lines = FNR }

    /^[A-Za-z].*\) *\{ *$/ && !/^(typedef|struct|union|enum|extern)/ {
        offence(FILENAME ":" FNR, "the brace of a function stands on its own line: make format")
    }
    /^\{/ { open = 1; start = FNR; next }
    /^\}/ && open {
        name = name_of(signature)
        count = FNR - start - 1
        file_of[functions] = FILENAME
        lines_of[functions++] = count
        if (count > 60) {
            if ((FILENAME " " name) in excused) needed[FILENAME " " name] = 1
            else offence(FILENAME ":" start, name ": " count " lines, above 60")
        }
        open = 0; signature = ""
        next
    }
    !open {
        # A signature is what stands in column 0 since the last end of anything, and its continuation lines.
        if (/^[ \t]*$/ || /^[#}\/]/ || /^ \*/ || /;[ \t]*$/) signature = ""
        else signature = signature $0 " "
    }
    END {
        end_of_file()
        for (key in excused)
            if (!(key in needed))
                offence("tests/checks/long_functions.txt:" excused[key], key " is no longer above 60 lines")
        report("src", "src/")
        report("all", "")
        exit bad
    }
' tests/checks/long_functions.txt "$@"
