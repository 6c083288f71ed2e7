# SPDX-License-Identifier: MIT
#
# CSV for awk, by the names of the columns (RFC 4180, no line ends within fields).
#
#   FNR == 1 { csv_head($0); next }
#   { csv_row($0); print value["name"], number("packets") + 1 }

function csv_split(line, to,    n, text) {
    n = 0
    for (;;) {
        if (substr(line, 1, 1) == "\"") {
            match(line, /^"([^"]|"")*"/)
            text = substr(line, 2, RLENGTH - 2)
            gsub(/""/, "\"", text)
        } else {
            match(line, /^[^,]*/)
            text = substr(line, 1, RLENGTH)
        }
        to[++n] = text
        line = substr(line, RLENGTH + 1)
        if (line == "") return n
        line = substr(line, 2)
    }
}

function csv_head(line) {
    split("", csv_names)
    csv_columns = csv_split(line, csv_names)
}

# false: another number of columns than the head has.
function csv_row(line,    fields, i, n) {
    n = csv_split(line, fields)
    for (i = 1; i <= csv_columns; i++) value[csv_names[i]] = fields[i]
    return n == csv_columns
}

# value[name] is a string, and compares as one.
function number(name) { return value[name] + 0 }
